"""How a table is encoded, as nodes of ONNX: one input for each column."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from scratchmlp.io.onnx.calendar import add_calendar
from scratchmlp.io.onnx.graph import ML, Graph, check_name
from scratchmlp.tabular.columns.column import NUMERIC, output_suffixes
from scratchmlp.tabular.columns.encoded_table import Layout, layout_of
from scratchmlp.tabular.columns.levels import has_codes, n_level_outputs
from scratchmlp.tabular.columns.numeric import ALMOST_INFINITE
from scratchmlp.tabular.reading.values import LARGEST, naming_column, to_numbers

#: Kinds of labels that are inputs of numbers, and how these are to be understood.
_DAYS = "days since 1970-01-01 in UTC, as a number; NaN if missing"
_NUMBERS = {
    "number": "number; NaN if missing",
    "flag": "1 for true, 0 for false; NaN if missing",
    "date": _DAYS,
    "duration": "days, as a number; NaN if missing",
}
_STRINGS = "string; empty if missing"

#: Outputs of a table, each with the name of the column and the suffix of the output.
Outputs = tuple[str, list[tuple[str, str]]]


class TableValues(NamedTuple):
    """The values of a graph that correspond to an `EncodedTable`.

    Attributes
    ----------
    numbers : str or None
        The outputs that are numbers or indicators, of shape (n_samples, n_numbers), float32. None
        if there are none.
    codes : str or None
        Codes of the levels, of shape (n_samples, n_categorical), int64. None if there are none.
    layout : Layout
        Where the outputs are.
    """

    numbers: str | None
    codes: str | None
    layout: Layout


def check_columns(columns: Mapping[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Check that all columns of a table have an expression in ONNX.

    Parameters
    ----------
    columns : mapping of str to dict
        `TabularEncoder.columns_`.

    Returns
    -------
    dict of str to dict
        The columns that have outputs: only these become inputs.

    Raises
    ------
    ValueError
        If a column is text, its categories have no type of ONNX, its name cannot be that of an
        input, or no column has outputs.
    """
    used = {name: fitted for name, fitted in columns.items() if output_suffixes(fitted)}
    if not used:
        raise ValueError(
            "No column of the table has outputs, so the model would have no inputs and always "
            "predict the same."
        )
    for name, fitted in used.items():
        check_name(name)
        with naming_column(name):
            _check_column(name, fitted)
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
    columns = check_columns(encoder.columns_)
    for name, fitted in columns.items():
        dtype = object if _is_string(fitted) else np.float64
        graph.add_input(name, dtype, 1, _description(fitted))
    codes = {name: _codes(graph, name, each) for name, each in columns.items() if has_codes(each)}
    outputs = [*_numeric_outputs(graph, columns), *_other_outputs(graph, columns, codes)]
    wanted = [
        (name, suffix)
        for name, fitted in columns.items()
        for suffix in output_suffixes(fitted)[n_level_outputs(fitted) :]
    ]
    return TableValues(
        _in_order(graph, outputs, wanted) if wanted else None,
        graph.concat([*codes.values()]) if codes else None,
        layout_of(encoder.columns_),
    )


def add_array(graph: Graph, table: TableValues) -> str:
    """Add all outputs of an encoded table, of shape (n_samples, n_outputs), float32.

    They are those of `EncodedTable.to_array`.
    """
    layout, parts, positions = table.layout, [], []
    if table.numbers:
        parts.append(table.numbers)
        positions.append(layout.numbers)
    if table.codes:
        column = np.repeat(np.arange(len(layout.n_shown)), layout.n_shown)
        first = np.cumsum(layout.n_shown) - layout.n_shown
        level = np.arange(len(column)) - first[column]
        if len(column):
            shown = graph.add("Equal", graph.gather(table.codes, column), level[np.newaxis])
            parts.append(graph.cast(shown, np.float32))
            positions.append(layout.starts[column] + level)
        if layout.signs.any():
            signs = np.array([-1, 1, 0], np.float32)  # of the codes 0, 1 and -1
            coded = graph.gather(table.codes, np.flatnonzero(layout.signs))
            parts.append(graph.add("Gather", signs, coded, axis=0))
            positions.append(layout.starts[layout.signs])
    order = np.argsort(np.concatenate(positions))
    array = graph.concat(parts)
    return array if (np.diff(order) == 1).all() else graph.gather(array, order)


def _check_column(name: str, fitted: dict[str, Any]) -> None:
    """Raise an error if a column has no expression."""
    if fitted.get("n_components"):
        raise ValueError(
            f"Column {name!r} is free text, for which ONNX has no expression. Leave the column "
            "out, or name it in categorical_features, and fit again."
        )
    if "levels" in fitted and fitted["labels"] not in ("text", *_NUMBERS):
        raise ValueError(
            f"Column {name!r} has categories of several kinds or of a kind that ONNX does not "
            "have. Convert it with astype(str), and fit again."
        )
    if "levels" in fitted and not _is_string(fitted):
        numbers = _level_numbers(fitted)
        if len(np.unique(numbers)) < len(numbers):
            raise ValueError(
                f"Column {name!r} has categories that are the same number in float64. Replace "
                "them, and fit again."
            )
    if _is_string(fitted) and "" in _all_levels(fitted):
        raise ValueError(
            f"Column {name!r} has the category '', but in an ONNX model an empty string means a "
            "missing value. Replace empty strings by None or by a word, and fit again."
        )


def _is_string(fitted: dict[str, Any]) -> bool:
    """Return whether the input of a column is strings: text, or identifiers that may be missing."""
    return fitted["kind"] == "identifier" or fitted.get("labels") == "text"


def _description(fitted: dict[str, Any]) -> str:
    """Say how the values of an input are to be understood."""
    return _STRINGS if _is_string(fitted) else _NUMBERS[fitted.get("labels", fitted["kind"])]


def _all_levels(fitted: dict[str, Any]) -> list[Any]:
    """Return the levels with a code, in the order of their codes."""
    return [*fitted.get("levels", ()), *fitted.get("other_levels", ())]


def _level_numbers(fitted: dict[str, Any]) -> Any:
    """Return levels that are not strings as numbers, as `to_numbers` does."""
    levels = _all_levels(fitted)
    if fitted["labels"] in ("date", "duration") and levels:
        return to_numbers(pd.Series(levels), fitted["labels"])
    return np.array(levels, np.float64)


def _in_order(graph: Graph, outputs: list[Outputs], wanted: list[tuple[str, str]]) -> str:
    """Arrange outputs in the order that is wanted."""
    found = [key for _, keys in outputs for key in keys]
    order = [found.index(key) for key in wanted]
    array = graph.concat([value for value, _ in outputs])
    return array if order == list(range(len(found))) else graph.gather(array, order)


def _numeric_outputs(graph: Graph, columns: dict[str, dict[str, Any]]) -> Iterator[Outputs]:
    """Add the outputs of numbers, dates and durations, for all columns at the same time.

    They are computed in float64, like those of `encode_numbers`: large numbers and dates with a
    time need more digits than float32 has, and steps of bins would magnify rounding errors.
    """
    numeric = {name: each for name, each in columns.items() if each["kind"] in NUMERIC}
    if not numeric:
        return
    g, names = graph.of_dtype(np.float64), list(numeric)
    values = g.concat(names)
    missing = g.add("IsNaN", values)
    centers = np.array([[each["centre"] for each in numeric.values()]])
    scales = np.array([[each["scale"] for each in numeric.values()]])
    known = g.add("Where", missing, centers, values)
    scaled = np.flatnonzero(scales > 0)
    if len(scaled):
        known = g.add("Clip", known, -LARGEST, LARGEST)
        z = g.scale(known, centers, np.where(scales > 0, scales, 1.0))
        z = g.add("Clip", z, -ALMOST_INFINITE, ALMOST_INFINITE)
        third = g.add("Div", z, 3.0)
        root = g.add("Sqrt", g.add("Add", g.add("Mul", third, third), 1.0))
        z = g.cast(g.add("Div", z, root), np.float32)
        yield _columns(g, z, scaled, len(names)), [(names[i], "") for i in scaled]
    marked = np.array([i for i, name in enumerate(names) if numeric[name]["indicator"]], np.intp)
    if len(marked):
        indicators = _columns(g, g.cast(missing, np.float32), marked, len(names))
        yield indicators, [(names[i], "_missing") for i in marked]
    dates = [i for i, name in enumerate(names) if numeric[name]["kind"] == "date"]
    if dates:
        days = _columns(g, values, np.array(dates), len(names))
        yield from add_calendar(g, days, {names[i]: numeric[names[i]] for i in dates})


def _columns(graph: Graph, value: str, columns: Any, n_columns: int) -> str:
    """Select columns, unless they are all."""
    return value if len(columns) == n_columns else graph.gather(value, columns)


def _other_outputs(
    graph: Graph, columns: dict[str, dict[str, Any]], codes: dict[str, str]
) -> Iterator[Outputs]:
    """Add the outputs of other columns that are no levels: frequencies, and missing values."""
    for name, fitted in columns.items():
        if fitted["kind"] in NUMERIC:
            continue
        if fitted.get("encoding") == "many":
            log_counts = np.log([*fitted["counts"], 1])
            frequencies = (log_counts / (log_counts.max() or 1.0)).astype(np.float32)
            yield graph.add("Gather", frequencies, codes[name], axis=0), [(name, "_frequency")]
        if fitted.get("indicator") or fitted.get("encoding") == "missing":
            yield _missing(graph, name, fitted), [(name, "_missing")]


def _missing(graph: Graph, name: str, fitted: dict[str, Any]) -> str:
    """Add the indicator of missing categories, of shape (n_samples, 1), float32."""
    if not _is_string(fitted):
        return graph.cast(graph.add("IsNaN", name), np.float32)
    empty = {"keys_strings": [""], "values_floats": [1.0], "default_float": 0.0}
    return graph.add("LabelEncoder", name, domain=ML, **empty)


def _codes(graph: Graph, name: str, fitted: dict[str, Any]) -> str:
    """Add the codes of the levels of a column, of shape (n_samples, 1), int64; -1 for others."""
    levels = _all_levels(fitted)
    codes = np.arange(len(levels))
    if _is_string(fitted):
        return graph.add(
            "LabelEncoder",
            name,
            domain=ML,
            keys_strings=levels,
            values_int64s=codes.tolist(),
            default_int64=-1,
        )
    equal = graph.add("Equal", name, _level_numbers(fitted)[np.newaxis])
    position = graph.add("MatMul", graph.cast(equal, np.float64), (codes[:, np.newaxis] + 1.0))
    return graph.cast(graph.of_dtype(np.float64).add("Sub", position, 1.0), np.int64)
