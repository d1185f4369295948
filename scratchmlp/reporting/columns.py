"""The section on the data: the target, and what became of each column."""

from typing import Any, assert_never

import numpy as np
import pandas as pd

from scratchmlp.evaluation.evaluated import Evaluated, EvaluatedNumbers
from scratchmlp.evaluation.numbers import Cell, cell, count, number, plain, share
from scratchmlp.reporting.content import Folded, Section, Table
from scratchmlp.tabular.columns.any_column import Column
from scratchmlp.utils.names import listed

MOST_CLASSES = 20  # rows of a table
DESCRIBED_COLUMNS = 200
EXAMPLES = 3  # values of a column of categories


def data_section(evaluated: Evaluated) -> Section:
    """Describe the target and the columns.

    Parameters
    ----------
    evaluated : Evaluated
        The rows.

    Returns
    -------
    Section
        Tables of the target and of the columns, and what the encoder noted.
    """
    clauses = [plain(clause, 500) for _, clause in evaluated.estimator.encoder_.notes_]
    parts: list[Any] = [f"{clause[:1].upper()}{clause[1:]}." for clause in clauses]
    parts.append(_target(evaluated))
    columns, table = evaluated.fitted_columns, evaluated.table
    shown = list(columns.items())[:DESCRIBED_COLUMNS]
    rows = [_row(table[name], fitted) for name, fitted in shown]
    header = ("column", "used as", "missing", "different values", "values", "what was found")
    caption = "Columns to predict from, and what was made of each"
    if len(shown) < len(columns):
        caption += f": the first {DESCRIBED_COLUMNS} of {len(columns):,}"
    parts.append(Folded("All columns", [Table(caption, header, rows)]))
    return Section("data", "What is in the table?", parts)


def _target(evaluated: Evaluated) -> Table:
    """Describe the target."""
    y, name = evaluated.y, plain(evaluated.target)
    if isinstance(evaluated, EvaluatedNumbers):
        values = [float(value) for value in np.quantile(y, [0, 0.25, 0.5, 0.75, 1])]
        texts = ("lowest", "first quartile", "median", "third quartile", "highest")
        pairs = [*zip(texts, values, strict=True), ("mean", float(np.mean(y)))]
        lines = [(text, number(value, 4)) for text, value in pairs]
        return Table(f"Values of {name}, the column to predict", ("statistic", "value"), lines)
    counts = pd.Series(y).value_counts()
    shown = counts.head(MOST_CLASSES)
    rows = [(plain(k), count(n), share(n / len(y))) for k, n in shown.items()]
    caption = f"Classes of {name}, the column to predict"
    if len(shown) < len(counts):
        caption = f"The {MOST_CLASSES} most frequent of the {len(counts)} classes of {name}"
    return Table(caption, ("class", "rows", "share"), rows)


def _row(column: "pd.Series[Any]", fitted: Column) -> tuple[Cell, ...]:
    """Describe a column: a row of the table."""
    missing = int(column.isna().sum())
    return (
        plain(column.name),
        fitted.use,
        count(missing),
        count(column.astype(str).nunique() if column.dtype == object else column.nunique()),
        _values(column, fitted),
        plain(", ".join(fitted.remarks), 200),
    )


def _values(column: "pd.Series[Any]", fitted: Column) -> str:
    """Write the range of a column of numbers or dates, or the most frequent values of others."""
    match fitted.kind:
        case "number" | "duration" | "date":
            if column.notna().any() and len(read := fitted.values_of(column).dropna()):
                return range_of(read)
        case "text":
            return "sentences or other text"
        case "category" | "identifier" | "constant" | "missing":
            pass
        case _:
            assert_never(fitted.kind)
    frequent = column.dropna().astype(str).value_counts().head(EXAMPLES)
    return listed([plain(value, 30) for value in frequent.index])


def range_of(values: "pd.Series[Any]") -> str:
    """Write the lowest and the highest of some numbers, dates or durations."""
    low, high = (_short(value) for value in (values.min(), values.max()))
    return low if low == high else f"{low} to {high}"


def _short(value: Any) -> str:
    """Write a number, a date without an empty time of the day, or a duration."""
    if isinstance(value, pd.Timestamp):
        return str(value.date()) if value == value.normalize() else str(value.floor("s"))
    if isinstance(value, pd.Timedelta):
        return str(value)
    return str(cell(float(value)))
