"""How a table is encoded, as nodes of ONNX: one input for each column."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple, assert_never

import numpy as np
import pandas as pd

from scratchmlp.io.onnx.calendar import add_calendar
from scratchmlp.io.onnx.graph import ML, Graph, check_name
from scratchmlp.tabular.columns.any_column import Column, Columns
from scratchmlp.tabular.columns.calendar import Calendar
from scratchmlp.tabular.columns.categories import FewLevels, ManyLevels
from scratchmlp.tabular.columns.encoded_table import SIGNS, Layout, layout_of
from scratchmlp.tabular.columns.fitted_column import LeftOutColumn
from scratchmlp.tabular.columns.numeric import (
    ALMOST_INFINITE,
    CLIP,
    DateColumn,
    DurationColumn,
    NumberColumn,
    ScaledColumn,
)
from scratchmlp.tabular.columns.text import TextColumn
from scratchmlp.tabular.reading.values import LARGEST, VALUES, naming_column, to_numbers

#: Outputs of a table, each with the name of the column and the suffix of the output.
Outputs = tuple[str, list[tuple[str, str]]]


class TableValues(NamedTuple):
    """The values of a graph that correspond to an `EncodedTable`.

    Attributes
    ----------
    numbers : str or None
        The outputs that are numbers or indicators, of shape (n_samples, n_numbers), float32. None
        if there are none.
    imputed : str or None
        The same without NaN, as `EncodedTable.imputed` returns them.
    codes : str or None
        Codes of the levels, of shape (n_samples, n_categorical), int64. None if there are none.
    layout : Layout
        Where the outputs are.
    """

    numbers: str | None
    imputed: str | None
    codes: str | None
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
        check_name(name)
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
    columns, layout = check_columns(encoder._columns), layout_of(encoder._columns)
    for name, column in columns.items():
        dtype = object if _is_string(column) else np.float64
        graph.add_input(name, dtype, 1, _description(column))
    codes = {name: _codes(graph, name, each) for name, each in columns.items() if each.coded_as}
    numbers = imputed = _numbers(graph, columns, codes)
    if numbers and any(each.may_miss for each in layout.columns):
        imputed = graph.add("Where", graph.add("IsNaN", numbers), 0.0, numbers)
    return TableValues(numbers, imputed, graph.concat([*codes.values()]) if codes else None, layout)


def add_array(graph: Graph, table: TableValues) -> str:
    """Add all outputs of an encoded table, of shape (n_samples, n_outputs), float32.

    They are those of `EncodedTable.to_array`.
    """
    layout, parts, positions = table.layout, [], []
    if table.imputed:
        parts.append(table.imputed)
        positions += layout.numbers.tolist()
    levels = [
        (each.place.codes[0], code, output)
        for each in layout.coded_as("one-hot", "many")
        for code, output in enumerate(each.outputs[: each.n_shown])
    ]
    if table.codes and levels:
        column, code, output = np.transpose(levels)
        shown = graph.add("Equal", graph.gather(table.codes, column), code[np.newaxis])
        parts.append(graph.cast(shown, np.float32))
        positions += output.tolist()
    signs = layout.coded_as("sign")
    if table.codes and signs:
        coded = graph.gather(table.codes, [each.place.codes[0] for each in signs])
        parts.append(graph.add("Gather", SIGNS, coded, axis=0))
        positions += [each.outputs[0] for each in signs]
    order = np.argsort(positions)
    array = graph.concat(parts)
    return array if (np.diff(order) == 1).all() else graph.gather(array, order)


def _check_column(name: str, column: Column) -> None:
    """Raise an error if a column has no expression."""
    if column.n_terms:
        raise ValueError(
            f"Column {name!r} is free text, for which ONNX has no expression. Leave the column "
            "out, or name it in categorical_features, and fit again."
        )
    if not _description(column):
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
    """Return whether the input of a column is strings: text, or identifiers that may be missing."""
    return column.expected in ("text", "missing")


def _description(column: Column) -> str:
    """Say how an input contains the values of a column; "" if it cannot."""
    return VALUES["text" if _is_string(column) else column.expected].onnx


def _level_numbers(column: Column) -> Any:
    """Return levels that are not strings as numbers, as `to_numbers` does."""
    levels = [*column.coded_levels]
    if column.expected in ("date", "duration") and levels:
        return to_numbers(pd.Series(levels), column.expected)
    return np.array(levels, np.float64)


def _numbers(graph: Graph, columns: Columns, codes: dict[str, str]) -> str | None:
    """Add the outputs that are no levels, in the order of the columns. None if there are none."""
    wanted = [
        (name, suffix)
        for name, column in columns.items()
        for suffix in column.suffixes()[column.n_coded_outputs :]
    ]
    if not wanted:
        return None
    outputs = [*_outputs(graph, columns, codes)]
    found = [key for _, keys in outputs for key in keys]
    order = [found.index(key) for key in wanted]
    array = graph.concat([value for value, _ in outputs])
    return array if order == list(range(len(found))) else graph.gather(array, order)


def _outputs(graph: Graph, columns: Columns, codes: dict[str, str]) -> Iterator[Outputs]:
    """Add the outputs that are no levels, in any order."""
    scaled: dict[str, ScaledColumn] = {}
    calendars: dict[str, Calendar] = {}
    for name, column in columns.items():
        match column:
            case NumberColumn() | DurationColumn():
                scaled[name] = column
            case DateColumn():
                scaled[name], calendars[name] = column, column.calendar
            case ManyLevels():
                frequencies = column.frequencies.astype(np.float32)
                yield graph.add("Gather", frequencies, codes[name], axis=0), [(name, "_frequency")]
            case FewLevels() | TextColumn() | LeftOutColumn():
                pass
            case _:
                assert_never(column)
    if scaled:
        yield from _scaled_outputs(graph.of_dtype(np.float64), scaled, calendars)
    for name, column in columns.items():
        if name not in scaled and "_missing" in column.suffixes()[column.n_coded_outputs :]:
            yield _missing(graph, name, column), [(name, "_missing")]


def _scaled_outputs(
    g: Graph, columns: dict[str, ScaledColumn], calendars: dict[str, Calendar]
) -> Iterator[Outputs]:
    """Add the outputs of numbers, dates and durations, for all columns at the same time.

    They are computed in float64, like those of `ScaledColumn`: large numbers and dates with a
    time need more digits than float32 has, and steps of bins would magnify rounding errors.
    """
    names = [*columns]
    values = g.concat(names)
    missing = g.add("IsNaN", values)
    centers = np.array([[each.center for each in columns.values()]])
    scales = np.array([[each.scale for each in columns.values()]])
    scaled = np.flatnonzero(scales > 0)
    if len(scaled):
        known = g.add("Clip", g.add("Where", missing, centers, values), -LARGEST, LARGEST)
        z = g.scale(known, centers, np.where(scales > 0, scales, 1.0))
        z = g.add("Clip", z, -ALMOST_INFINITE, ALMOST_INFINITE)
        third = g.add("Div", z, CLIP)
        root = g.add("Sqrt", g.add("Add", g.add("Mul", third, third), 1.0))
        replaced = np.array([[np.nan if each.may_miss else 0.0 for each in columns.values()]])
        z = g.cast(g.add("Where", missing, replaced, g.add("Div", z, root)), np.float32)
        yield _columns(g, z, scaled, len(names)), [(names[i], "") for i in scaled]
    marked = np.array([i for i, each in enumerate(columns.values()) if each.indicator], np.intp)
    if len(marked):
        indicators = _columns(g, g.cast(missing, np.float32), marked, len(names))
        yield indicators, [(names[i], "_missing") for i in marked]
    if calendars:
        positions = np.array([names.index(name) for name in calendars])
        yield from add_calendar(g, _columns(g, values, positions, len(names)), calendars)


def _columns(graph: Graph, value: str, columns: Any, n_columns: int) -> str:
    """Select columns, unless they are all."""
    return value if len(columns) == n_columns else graph.gather(value, columns)


def _missing(graph: Graph, name: str, column: Column) -> str:
    """Add the indicator of missing categories, of shape (n_samples, 1), float32."""
    if not _is_string(column):
        return graph.cast(graph.add("IsNaN", name), np.float32)
    empty = {"keys_strings": [""], "values_floats": [1.0], "default_float": 0.0}
    return graph.add("LabelEncoder", name, domain=ML, **empty)


def _codes(graph: Graph, name: str, column: Column) -> str:
    """Add the codes of the levels of a column, of shape (n_samples, 1), int64; -1 for others."""
    codes = np.arange(len(column.coded_levels))
    if _is_string(column):
        return graph.add(
            "LabelEncoder",
            name,
            domain=ML,
            keys_strings=[*column.coded_levels],
            values_int64s=codes.tolist(),
            default_int64=-1,
        )
    equal = graph.add("Equal", name, _level_numbers(column)[np.newaxis])
    position = graph.add("MatMul", graph.cast(equal, np.float64), (codes[:, np.newaxis] + 1.0))
    return graph.cast(graph.of_dtype(np.float64).add("Sub", position, 1.0), np.int64)
