"""The kinds of fitted columns, and what holds for a column of any kind.

A column is a record of one of the classes of `Column`. It names and writes its outputs, and
describes itself as plain data, which is an entry of `TabularEncoder.columns_`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, assert_never

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scratchmlp.tabular.columns.categories import (
    CategoricalColumn,
    FewLevels,
    ManyCodes,
    ManyLevels,
    fit_categories,
)
from scratchmlp.tabular.columns.fitted_column import Encoded, LeftOutColumn
from scratchmlp.tabular.columns.numeric import DateColumn, DurationColumn, NumberColumn
from scratchmlp.tabular.columns.text import TextColumn
from scratchmlp.tabular.notes import Note
from scratchmlp.tabular.reading.dates import dates_without_order, zone_of
from scratchmlp.tabular.reading.found import Found
from scratchmlp.tabular.reading.from_text import expected_writing
from scratchmlp.tabular.reading.values import ColumnError, kind_of, naming_column
from scratchmlp.tabular.vocabulary import VALUES, ValueKind
from scratchmlp.utils.names import shortened

Column = (
    NumberColumn
    | DurationColumn
    | DateColumn
    | FewLevels
    | ManyLevels
    | ManyCodes
    | TextColumn
    | LeftOutColumn
)
#: The fitted columns of a table, by name.
Columns = dict[str, Column]
#: Number of rows from which it is noted that none has a known value: servers predict single rows.
SEVERAL = 10
_CHANCE = 1e-3  # least probability that counts as chance


def fit_column(name: str, column: "pd.Series[Any]", found: Found, max_categories: int) -> Column:
    """Learn the encoding of a column.

    Parameters
    ----------
    name : str
        Name of the column, for messages.
    column : Series of shape (n_samples,)
        The column of the table.
    found : Found
        What the column is.
    max_categories : int
        Largest number of levels with an output of their own.

    Returns
    -------
    Column
        The fitted column.

    Raises
    ------
    ValueError
        If a number is infinite.
    TypeError
        If a label cannot be hashed.
    """
    kind, values = found.kind, found.values
    given: dict[str, Any] = {"reason": found.reason, "why": found.why, "reading": found.reading}
    share_missing = float(values.isna().mean())
    common = given | {"share_missing": share_missing, "n_rows": len(values)}
    with naming_column(name):
        match kind:
            case "number":
                return NumberColumn.fit(values, **common)
            case "duration":
                return DurationColumn.fit(values, **common)
            case "date":
                reading = replace(found.reading, zone=zone_of(column))
                return DateColumn.fit(values, **common | {"reading": reading})
            case "text":
                return TextColumn.fit(values, **common)
            case "category":
                common |= {"names_entity": found.names_entity}
                return fit_categories(values, max_categories, **common)
            case "identifier" | "constant" | "missing":
                indicator = kind == "identifier" and share_missing > 0
                return LeftOutColumn(kind=kind, indicator=indicator, **given)
            case _:
                assert_never(kind)


def encode_column(name: str, given: "pd.Series[Any]", column: Column) -> tuple[Encoded, list[Note]]:
    """Encode a column of a table.

    Parameters
    ----------
    name : str
        Name of the column, for messages.
    given : Series of shape (n_samples,)
        Its values in a table.
    column : Column
        The fitted column.

    Returns
    -------
    encoded : Encoded
        Its outputs.
    notes : list of Note
        Notes on values that cannot be read. With `SEVERAL` or more rows, further notes say that
        there are no values, or that none of them is known.

    Raises
    ------
    ValueError
        If a number is infinite, or the column holds another kind of values than in `fit`.
    TypeError
        If a label cannot be hashed.
    """
    if isinstance(column, LeftOutColumn):
        return column.encode(given), []
    with naming_column(name):
        values, notes = read_new(name, given, column)
        encoded = column.encode(values)
    if isinstance(column, CategoricalColumn) and encoded.codes is not None:
        notes += _note_unseen(name, values, encoded.codes, column)
    return encoded, notes


def read_new(
    name: str, given: "pd.Series[Any]", column: Column
) -> tuple["pd.Series[Any]", list[Note]]:
    """Read a column as in `fit`, and judge what differs.

    Parameters
    ----------
    name : str
        Name of the column, for messages.
    given : Series of shape (n_samples,)
        Its values in a table.
    column : Column
        The fitted column.

    Returns
    -------
    values : Series of shape (n_samples,)
        Values of the kind that they had in `fit`, or only NaN.
    notes : list of Note
        Notes on values that cannot be read and, with `SEVERAL` or more rows, on a column without
        values.

    Raises
    ------
    ColumnError
        If the column holds another kind of values than in `fit`.
    """
    values, notes = column.read(name, given)
    if not values.array.isna().all():  # of a Series, isna() takes five times as long
        _check_kind(name, values, column)
        return values, notes
    if _is_beyond_chance(len(values), column.share_missing):
        notes.append(Note("empty", name))
    return pd.Series(np.nan, values.index), notes  # whatever the dtype was


def _is_beyond_chance(n_rows: int, share_missing: float) -> bool:
    """Return whether chance hardly explains that all of several rows miss the value of a column.

    Parameters
    ----------
    n_rows : int
        Number of rows. The result is False if there are fewer than `SEVERAL`.
    share_missing : float
        Share of missing values in `fit`.

    Returns
    -------
    bool
        True if the probability is below 0.001 that all rows miss the value, if each one does as
        often as in `fit`.
    """
    return n_rows >= SEVERAL and share_missing**n_rows < _CHANCE


def _note_unseen(
    name: str, values: "pd.Series[Any]", codes: NDArray[np.int32], column: CategoricalColumn
) -> list[Note]:
    """Note that no value of a column is a known category, unless this may be chance.

    Categories that occurred once in `fit` have no code. If most categories are such ones, several
    rows may have nothing else. New persons, say, are no surprise.
    """
    if column.is_hidden or codes.max() >= 0 or 2 * len(column.coded_levels) < column.n_levels:
        return []
    known = values.dropna()
    if len(known) < SEVERAL:
        return []
    return [Note("unseen", name, {"example": known.iloc[0]})]


def _check_kind(name: str, values: "pd.Series[Any]", column: Column) -> None:
    """Raise an error if a column holds another kind of values than in `fit`."""
    expected, received = column.expected, kind_of(values)
    if column.is_like(received):
        return
    role = "categories made of " if isinstance(column, CategoricalColumn) else ""
    texts = [*map(str, values.dropna())] if received == "text" else []
    unclear = dates_without_order(texts) if expected == "date" else []
    remedy = _remedy(name, unclear, expected, received)
    if texts and not unclear and (written := expected_writing(expected, texts, column.reading)):
        were = f"Those of fit were {VALUES[expected].words} {written}"
        remedy = f"{were}: write {shortened(texts[0])!r} in the same way"
    raise ColumnError(
        f"Column {name!r} held {role}{VALUES[expected].words} in fit and holds "
        f"{VALUES[received].words} now. {remedy}, or fit again on values of the new kind.",
        "kind",
        name,
        {
            "expected": expected,
            "received": received,
            "example": values.dropna().iloc[0],
            "any_order": bool(unclear),
        },
    )


def _remedy(name: str, unclear: list[str], expected: ValueKind, received: ValueKind) -> str:
    """Say how to convert a column to the kind that it had in `fit`."""
    if (expected, received) == ("text", "number"):
        return (
            f"If it comes from a file, read it with pandas.read_csv(..., dtype={{{name!r}: str}}), "
            "which keeps leading zeros. Otherwise, convert it with astype(str)"
        )
    if unclear:
        return (
            f"Dates such as {unclear[0]!r} could be day-first or month-first. Write them as "
            "2024-05-17, or convert them with pandas.to_datetime, which has the parameter dayfirst"
        )
    return VALUES[expected].conversion


def output_names(columns: Mapping[str, Column]) -> list[str]:
    """Return the names of the outputs of all columns, which are distinct.

    Parameters
    ----------
    columns : mapping of str to Column
        The columns of a table.

    Returns
    -------
    list of str
        Names. Lone surrogates are escaped, because Arrow and Polars reject them.
    """
    names = [f"{name}{suffix}" for name, each in columns.items() for suffix in each.suffixes()]
    return list(_distinct(name.encode(errors="backslashreplace").decode() for name in names))


def _distinct(names: Iterable[str]) -> Iterable[str]:
    """Append a number to repeated names, such as those of the levels 1 and "1"."""
    taken: set[str] = set()
    for name in names:
        number, distinct = 1, name
        while distinct in taken:
            number += 1
            distinct = f"{name}_{number}"
        taken.add(distinct)
        yield distinct
