"""How a table is encoded, as nodes of ONNX: one input for each column."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple, assert_never

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scratchmlp.io.onnx.calendar import add_calendar
from scratchmlp.io.onnx.graph import ML, Graph, Value, concat, scaled
from scratchmlp.tabular.columns.any_column import Column, Columns
from scratchmlp.tabular.columns.categories import FewLevels, ManyCodes, ManyLevels
from scratchmlp.tabular.columns.encoded_table import SIGNS, Layout, layout_of
from scratchmlp.tabular.columns.encoder import fitted_columns, values_for_missing
from scratchmlp.tabular.columns.fitted_column import LeftOutColumn
from scratchmlp.tabular.columns.numeric import (
    DateColumn,
    DurationColumn,
    NumberColumn,
    ScaledColumn,
    clip_smoothly,
)
from scratchmlp.tabular.columns.text import TextColumn
from scratchmlp.tabular.reading.missing import numbers_of, texts_of
from scratchmlp.tabular.reading.values import EXACT, LARGEST, kind_of, naming_column, to_numbers
from scratchmlp.tabular.vocabulary import VALUES

#: Names of the outputs of models.
_OUTPUTS = ("label", "probabilities", "scores", "prediction", "encoded")

#: A value with several outputs of a table, and their positions.
Outputs = tuple[Value, Sequence[int] | NDArray[np.intp]]


class TableValues(NamedTuple):
    """The values of a graph that correspond to an `EncodedTable`.

    Attributes
    ----------
    numbers : Value or None
        The outputs that are numbers or indicators, of shape (n_samples, n_numbers), float32. None
        if there are none.
    imputed : Value or None
        The same without NaN, as `EncodedTable.imputed` returns them.
    codes : Value or None
        Codes of the levels, of shape (n_samples, n_categorical), int64. None if there are none.
    layout : Layout
        Where the outputs are.
    """

    numbers: Value | None
    imputed: Value | None
    codes: Value | None
    layout: Layout


def check_columns(columns: Mapping[str, Column]) -> Columns:
    """Check that all columns of a table have an expression in ONNX.

    Parameters
    ----------
    columns : mapping of str to Column
        The columns of a `TabularEncoder`.

    Returns
    -------
    dict of str to Column
        The columns that have outputs: only these become inputs.

    Raises
    ------
    ValueError
        If a column is text, its categories have no type of ONNX, its name cannot be that of an
        input, or no column has outputs.
    """
    used = {name: column for name, column in columns.items() if column.n_outputs}
    if not used:
        raise ValueError(
            "No column of the table has outputs, so the model would have no inputs and always "
            "predict the same."
        )
    for name, column in used.items():
        _check_name(name)
        with naming_column(name):
            _check_column(name, column)
    return used


def add_table(graph: Graph, encoder: Any) -> TableValues:
    """Add an input for each column that has outputs, and its encoding.

    Parameters
    ----------
    graph : Graph
        The graph.
    encoder : TabularEncoder
        The fitted encoder.

    Returns
    -------
    TableValues
        The encoded table.

    Raises
    ------
    ValueError
        See `check_columns`.
    """
    columns, layout = check_columns(fitted_columns(encoder)), layout_of(fitted_columns(encoder))
    inputs = {}
    for name, column in columns.items():
        dtype = object if _is_string(column) else np.float64
        given = graph.add_input(name, dtype, 1, VALUES[column.expected].onnx)
        inputs[name] = _known(given, name, column, values_for_missing(encoder).get(name, ()))
    codes = {name: _codes(inputs[name], each) for name, each in columns.items() if each.coded_as}
    for name, each in columns.items():
        if each.new_is_missing and {"", "_missing"} & {*each.number_suffixes()}:
            missing = "" if _is_string(each) else np.nan
            inputs[name] = inputs[name].mask(codes[name] == -1, missing)
    outputs = [*_number_outputs(columns, layout, inputs, codes)]
    numbers = imputed = _in_order(outputs) if outputs else None
    if numbers and any(each.may_miss for each in layout.columns.values()):
        imputed = numbers.mask(np.isnan(numbers), 0)
    return TableValues(numbers, imputed, concat([*codes.values()]) if codes else None, layout)


def add_array(table: TableValues) -> Value:
    """Add all outputs of an encoded table, of shape (n_samples, n_outputs), float32.

    They are those of `EncodedTable.to_array`.
    """
    layout = table.layout
    outputs: list[Outputs] = []
    if table.imputed:
        outputs.append((table.imputed, layout.numbers))
    levels = [
        (each.place.codes[0], code, output)
        for each in layout.coded_as("one-hot", "many")
        for code, output in enumerate(each.outputs[: each.n_shown])
    ]
    if table.codes and levels:
        column, code, output = np.transpose(levels)
        shown = table.codes.take(column) == code[np.newaxis]
        outputs.append((shown.astype(np.float32), output))
    signs = layout.coded_as("sign")
    if table.codes and signs:
        coded = table.codes.take([each.place.codes[0] for each in signs])
        signed = coded.graph.constant(SIGNS).take(coded, axis=0)
        outputs.append((signed, [each.outputs[0] for each in signs]))
    return _in_order(outputs)


def _in_order(outputs: Sequence[Outputs]) -> Value:
    """Add an array with the outputs in the order of their positions."""
    order = np.argsort(np.concatenate([positions for _, positions in outputs]))
    array = concat([value for value, _ in outputs])
    return array if (np.diff(order) == 1).all() else array.take(order)


def _check_name(name: str) -> None:
    """Raise an error if no input can have the name of a column."""
    if not name or name in _OUTPUTS:
        reason = "that of an output" if name else "empty"
        raise ValueError(
            f"No input of an ONNX model can have the name of column {name!r}, because it is "
            f"{reason}. Rename the column, and fit again."
        )


def _check_column(name: str, column: Column) -> None:
    """Raise an error if a column has no expression."""
    if column.n_terms:
        raise ValueError(
            f"Column {name!r} is free text, for which ONNX has no expression. Leave the column "
            "out, or name it in categorical_features, and fit again."
        )
    if VALUES[column.expected].onnx_type is None:
        raise ValueError(
            f"Column {name!r} has categories of several kinds or of a kind that ONNX does not "
            "have. Convert it with astype(str), and fit again."
        )
    if not _is_string(column):
        numbers = _level_numbers(column)
        if len(np.unique(numbers)) < len(numbers):
            raise ValueError(
                f"Column {name!r} has categories that are the same number in float64. Replace "
                "them, and fit again."
            )
    elif "" in column.coded_levels:
        raise ValueError(
            f"Column {name!r} has the category '', but in an ONNX model an empty string means a "
            "missing value. Replace empty strings by None or by a word, and fit again."
        )


def _is_string(column: Column) -> bool:
    """Return whether the input of a column is strings."""
    return VALUES[column.expected].onnx_type == "string"


def _level_numbers(column: Column) -> Any:
    """Return levels that are not strings as numbers, as `to_numbers` does."""
    levels = [*column.coded_levels]
    if column.expected in ("date", "duration") and levels:
        return to_numbers(pd.Series(levels), column.expected)
    return np.array(levels, np.float64)


def _number_outputs(
    columns: Columns,
    layout: Layout,
    inputs: Mapping[str, Value],
    codes: Mapping[str, Value],
) -> Iterator[Outputs]:
    """Add the outputs that are no levels, in any order."""
    scaled_columns: dict[str, ScaledColumn] = {}
    for name, column in columns.items():
        numbers = layout.columns[name].numbers
        match column:
            case NumberColumn() | DurationColumn() | DateColumn():
                scaled_columns[name] = column
            case ManyCodes():
                scaled_columns[name] = column
                yield _frequency(codes[name], column), [numbers["_frequency"]]
            case ManyLevels():
                yield _frequency(codes[name], column), [numbers["_frequency"]]
                if column.indicator:
                    yield _missing(inputs[name], column), [numbers["_missing"]]
            case FewLevels() | TextColumn() | LeftOutColumn():
                if "_missing" in numbers:
                    yield _missing(inputs[name], column), [numbers["_missing"]]
            case _:
                assert_never(column)
    if scaled_columns:
        values = concat([inputs[name] for name in scaled_columns])
        own = [layout.columns[name].numbers for name in scaled_columns]
        yield from _scaled_outputs(values, [*scaled_columns.values()], own)


def _scaled_outputs(
    values: Value, columns: Sequence[ScaledColumn], places: Sequence[Mapping[str, int]]
) -> Iterator[Outputs]:
    """Add the outputs of numbers, dates and durations, for all columns at the same time.

    They are computed in float64, like those of `ScaledColumn`: large numbers and dates with a
    time need more digits than float32 has, and steps of bins would magnify rounding errors.
    `places` holds the position of each output of a column, by its suffix.
    """
    missing = np.isnan(values)
    center = np.array([[each.center for each in columns]])
    scale = np.array([[each.scale for each in columns]])
    shown = _with_output("", places)
    if shown:
        known = values.mask(missing, center).clip(-LARGEST, LARGEST)
        z = scaled(known, center, np.where(scale > 0, scale, 1.0))
        z = clip_smoothly(z).mask(
            missing, np.array([[np.nan if each.may_miss else 0.0 for each in columns]])
        )
        yield _select(z.astype(np.float32), shown, len(columns)), [places[i][""] for i in shown]
    marked = _with_output("_missing", places)
    if marked:
        indicators = _select(missing.astype(np.float32), marked, len(columns))
        yield indicators, [places[i]["_missing"] for i in marked]
    dated = [i for i, each in enumerate(columns) if isinstance(each, DateColumn)]
    if dated:
        days = _select(values, dated, len(columns))
        yield from add_calendar(days, [places[i] for i in dated])


def _with_output(suffix: str, places: Sequence[Mapping[str, int]]) -> list[int]:
    """Return which columns have an output with a suffix."""
    return [i for i, own in enumerate(places) if suffix in own]


def _select(value: Value, columns: list[int], n_columns: int) -> Value:
    """Select columns, unless they are all."""
    return value if len(columns) == n_columns else value.take(columns)


def _known(given: Value, name: str, column: Column, missing: Sequence[float | str]) -> Value:
    """Add the values of an input without those that mean missing."""
    if _is_string(column):
        return _without_strings(given, texts_of(missing)) if missing else given
    for number in _numbers_of(name, column, missing):
        given = given.mask(given == number, np.nan)
    return given


def _without_strings(given: Value, missing: list[str]) -> Value:
    """Add strings of which some are replaced by empty ones."""
    keys = list(dict.fromkeys(missing))
    found = given.apply(
        "LabelEncoder",
        dtype=np.int64,
        domain=ML,
        keys_strings=keys,
        values_int64s=[1] * len(keys),
        default_int64=0,
    )
    return given.mask(found.astype(np.bool_), "")


def _numbers_of(name: str, column: Column, missing: Sequence[float | str]) -> Any:
    """Return the values that mean missing in a column, as numbers of its input."""
    if column.expected == "flag":  # no number is a boolean
        return ()
    if column.expected == "number":
        return numbers_of(missing)
    read, _ = column.read(name, pd.Series(texts_of(missing), dtype=object))
    return () if kind_of(read) == "text" else to_numbers(read.dropna(), column.expected)


def _missing(values: Value, column: Column) -> Value:
    """Add the indicator of missing categories, of shape (n_samples, 1), float32."""
    if not _is_string(column):
        return np.isnan(values).astype(np.float32)
    empty = {"keys_strings": [""], "values_floats": [1.0], "default_float": 0.0}
    return values.apply("LabelEncoder", dtype=np.float32, domain=ML, **empty)


def _frequency(codes: Value, column: ManyLevels) -> Value:
    """Add the frequency of the level of each code, of shape (n_samples, 1), float32."""
    return codes.graph.constant(column.frequencies.astype(np.float32)).take(codes, axis=0)


def _codes(values: Value, column: Column) -> Value:
    """Add the codes of the levels of a column, of shape (n_samples, 1), int64; -1 for others."""
    if _is_string(column):
        return _looked_up(values, "keys_strings", [*column.coded_levels])
    levels = _level_numbers(column)
    if not ((levels % 1 == 0) & (abs(levels) < EXACT)).all():
        # Before version 4 of ai.onnx.ml, no keys are float64.
        equal = (values == levels[np.newaxis]).astype(np.float64)
        return (equal @ np.arange(1.0, len(levels) + 1)[:, np.newaxis] - 1).astype(np.int64)
    whole = values.astype(np.int64)
    found = _looked_up(whole, "keys_int64s", levels.astype(np.int64).tolist())
    is_whole = (values == whole.astype(np.float64)).astype(np.int64)
    return (found + 1) * is_whole - 1


def _looked_up(values: Value, attribute: str, keys: list[Any]) -> Value:
    """Add the position of each value among the keys, -1 for others.

    The name of the attribute tells the type of the keys.
    """
    codes = {attribute: keys, "values_int64s": [*range(len(keys))], "default_int64": -1}
    return values.apply("LabelEncoder", dtype=np.int64, domain=ML, **codes)
