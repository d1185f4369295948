"""Columns of text whose values are numbers, dates, times or booleans.

`read_text` decides whether a column is one of these. A few values that cannot be read become
missing values, with a note. `read_again` reads the same column of another table in the same way.
"""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scratchmlp.tabular.reading.dates import (
    ISO,
    DateFormat,
    are_compact_dates,
    dates_without_order,
    find_date_format,
    read_dates,
    read_times,
)
from scratchmlp.tabular.reading.findings import Found, Note, Reading
from scratchmlp.tabular.reading.numbers import (
    common_unit,
    find_decimal,
    read_flags,
    read_numbers,
    units_of,
)
from scratchmlp.tabular.reading.values import (
    MOST_CHARACTERS,
    VALUES,
    Different,
    Kind,
    Why,
    different_values,
    to_text,
)

#: Words for missing values in any column of a file: those of pandas.read_csv, and "?" of the
#: classic data sets.
# fmt: off
MISSING_IN_FILES = frozenset([
    "", "?", "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN",
    "<NA>", "N/A", "NA", "NULL", "NaN", "None", "n/a", "nan", "null",
])
# fmt: on
#: Those that people write as values too, such as "None" for a house without a garage. Programs
#: write the others.
MAY_BE_VALUES = frozenset(["None", "NA", "N/A", "n/a"])
#: Words for missing values in columns of numbers and dates, in lower case. In other columns, words
#: such as "unknown" may be categories.
MISSING = {word.lower() for word in MISSING_IN_FILES} | {
    *("-", "--", ".", "n.a.", "n.a", "nat", "nil", "missing", "unknown", "not available"),
    *("not applicable", "#value!", "inf", "+inf", "-inf", "infinity", "-infinity"),
}
MIN_CODES = 3  # different codes of capital letters, beside NA
MANY = 10  # different values; with fewer, a value that cannot be read may be a category
FEW = 0.05  # share of the values that may be unreadable, or that make codes if they begin with 0
PROBED = 500  # different values that decide whether reading a column as numbers is hopeless
_WHOLE = re.compile(r"[-+]?\d+", re.ASCII)
_ROOM = re.compile(r"\d+E\d+", re.ASCII)  # "2E3" is rather a room than the number 2000
_CODE = re.compile("[A-Z]{2,5}")
_PADDED = re.compile(r"0\d+", re.ASCII)


def words_for_missing(values: set[str]) -> frozenset[str]:
    """Return the words that are no values in a column of a file, given its different values.

    These are `MISSING_IN_FILES`, without "NA" among codes of two to five capital letters, such as
    those of countries.
    """
    others = values - MISSING_IN_FILES
    are_codes = all(_CODE.fullmatch(value) for value in others)
    return MISSING_IN_FILES - {"NA"} if len(others) >= MIN_CODES and are_codes else MISSING_IN_FILES


def read_text(name: str, column: "pd.Series[Any]", values: Different) -> Found | None:
    """Read a column of text as booleans, numbers, dates or times of the day.

    Parameters
    ----------
    name : str
        Name of the column, for notes.
    column : Series of shape (n_samples,)
        Text, or text and numbers. At least one value is not missing.
    values : Different
        Its different values.

    Returns
    -------
    Found or None
        What the column is. None if it is none of these.
    """
    padded = [_PADDED.fullmatch(text) is not None for text in values.text]
    if values.counts[padded].sum() > FEW * values.counts.sum():  # codes, such as "007"
        return None
    if all(map(_ROOM.fullmatch, values.text)):
        return None
    kinds: list[Kind] = ["flag", "number", "date", "duration"]
    if len(values.unique) > 2 and are_compact_dates(values.text):
        kinds.remove("number")
    kinds = [kind for kind in kinds if not _is_hopeless(kind, values)]
    found = (_read_as(kind, name, column, values) for kind in kinds)
    return next(filter(None, found), None)


def note_numbers_among_text(name: str, values: Different) -> list[Note]:
    """Note that half or more of the values of a column of categories are numbers.

    Parameters
    ----------
    name : str
        Name of the column.
    values : Different
        Its different values: text, or text and numbers.

    Returns
    -------
    list of Note
        A note, or none.
    """
    numbers = ~pd.isna(_read(values, "number", Reading()))
    n_known, n_numbers = int(values.counts.sum()), int(values.counts[numbers].sum())
    padded = any(map(_PADDED.fullmatch, values.text))
    if padded or numbers.all() or numbers.sum() <= MANY or n_numbers < n_known / 2:
        return []
    others = [text for text, is_number in zip(values.text, numbers, strict=True) if not is_number]
    found = {"n_numbers": n_numbers, "others": others, "n_known": n_known}
    return [Note("mixed", name, found)]


def read_text_as(
    kind: Kind, name: str, column: "pd.Series[Any]", form: DateFormat | None = None
) -> Found | None:
    """Read a column of text as values of one kind, because the user says that it is of this kind.

    Parameters
    ----------
    kind : {'number', 'date'}
        Kind of values.
    name : str
        Name of the column, for notes.
    column : Series of shape (n_samples,)
        Text, or text and numbers.
    form : DateFormat or None, default=None
        How dates are written. None lets the values decide.

    Returns
    -------
    Found or None
        What the column is. Other values are missing. None if all values are missing.
    """
    return _read_as(kind, name, column, different_values(column), form, many_may_fail=True)


def _read_as(
    kind: Kind,
    name: str,
    column: "pd.Series[Any]",
    values: Different,
    form: DateFormat | None = None,
    *,
    many_may_fail: bool = False,
) -> Found | None:
    """Read a column as values of one kind, which all but a few values must be."""
    form = form or (find_date_format(values.text) if kind == "date" else None)
    reading = _how_written(kind, values, form)
    read = _read(values, kind, reading)
    unread = pd.isna(read)
    if unread.all() or not (many_may_fail or _are_few(values, unread)):
        return None
    can_read = [text for text, bad in zip(values.text, unread, strict=True) if not bad]
    converted = _rows(read, values, column, kind)
    notes = [*_notes_on_numbers(name, can_read)] if kind == "number" else []
    if form and form.ambiguous:
        notes.append(Note("order", name, {"example": can_read[0], "order": form.order}))
    notes += note_unreadable(name, column, converted, kind)
    unreadable = tuple(text for text, bad in zip(values.text, unread, strict=True) if bad)
    reading = replace(reading, unreadable=unreadable)
    reason, why = _reason(kind, reading, form)
    return Found(kind, reason, converted, reading, notes, form, why)


def read_again(column: "pd.Series[Any]", kind: Kind, reading: Reading) -> "pd.Series[Any]":
    """Read a column of text as the same column was read in `fit`.

    Parameters
    ----------
    column : Series of shape (n_samples,)
        Text, or text and numbers.
    kind : {'number', 'date', 'duration', 'flag'}
        What the column was in `fit`.
    reading : Reading
        How its values were written in `fit`.

    Returns
    -------
    Series of shape (n_samples,)
        Converted values. Those that cannot be read are missing.
    """
    values = different_values(column)
    read = _read(values, kind, reading)
    if kind == "number" and pd.isna(read).all():  # "true" is 1 if columns must be no categories
        read = _read(values, "flag", reading).astype(np.float64)
    return _rows(read, values, column, kind)


def read_numbers_of(column: "pd.Series[Any]", decimal: str) -> "pd.Series[Any]":
    """Read the numbers of a column of text whose decimal mark is known; other values stay text."""
    values = different_values(column)
    reading = replace(_how_written("number", values, None), decimal=decimal)
    read = _rows(_read(values, "number", reading), values, column, "number")
    return column.where(read.isna(), read)


def note_unreadable(
    name: str,
    column: "pd.Series[Any]",
    read: "pd.Series[Any]",
    kind: Kind,
    known: Collection[str] = (),
) -> list[Note]:
    """Note the values of a column that could not be read, if there are any.

    Parameters
    ----------
    name : str
        Name of the column.
    column : Series of shape (n_samples,)
        The column.
    read : Series of shape (n_samples,)
        Its values. Those that could not be read are missing.
    kind : {'number', 'date', 'duration', 'flag'}
        What the column is.
    known : collection of str
        Values that need no note, because the user knows of them.

    Returns
    -------
    list of Note
        A note on values of another kind, and one on dates of unknown order, if there are any.
    """
    lost = [to_text(value).strip() for value in column[column.notna() & read.isna()]]
    unclear = {*dates_without_order(lost)} if kind == "date" else set()
    others = [value for value in lost if value not in unclear]
    dates = [value for value in lost if value in unclear]
    found, notes = {"kind": kind, "n_known": int(column.notna().sum())}, []
    if not all(word in known or word.lower() in known for word in others):
        notes.append(Note("unreadable", name, found | {"values": others}))
    if not all(word in known for word in dates):
        notes.append(Note("unreadable", name, found | {"values": dates, "any_order": True}))
    return notes


def _are_few(values: Different, unread: NDArray[np.bool_]) -> bool:
    """Return whether the values that cannot be read are few enough to be missing values.

    All of them may be words for missing values. Others must be few, or one word such as
    "unlimited", which the indicator of missing values then stands for. They must not be categories
    beside a few numbers, such as "3+" beside 0, 1 and 2.
    """
    others = unread & [text.lower() not in MISSING for text in values.text]
    if not others.any():
        return True
    n_known, n_others = values.counts.sum(), values.counts[others].sum()
    one_word = others.sum() == 1 and values.counts[~unread].sum() >= n_known / 2
    return bool((~unread).sum() > MANY and (n_others <= max(1, FEW * n_known) or one_word))


def _is_hopeless(kind: Kind, values: Different) -> bool:
    """Return whether half of the first different values of a long column are not of a kind."""
    if len(values.unique) <= 2 * PROBED:
        return False
    some = Different(values.codes[:0], values.unique[:PROBED], values.counts[:PROBED])
    return bool(pd.isna(_read(some, kind, Reading())).mean() > 0.5)


def _read(values: Different, kind: Kind, reading: Reading) -> NDArray[Any]:
    """Read the different values of a column; those that cannot be read are NaN, NaT or None."""
    if kind == "flag":
        return np.array(read_flags(values.text), dtype=object)
    if kind == "duration":
        return read_times(values.text)
    if kind == "date":
        dates = _read_dates(values.text, reading.date_format)
        # Dates in ISO 8601 format are clear in any column.
        return dates.where(dates.notna(), read_dates(values.text, ISO)).to_numpy()
    text = [value.removesuffix(reading.units or "") for value in values.text]
    # What the values tell themselves counts more than what those of `fit` told.
    numbers = read_numbers(text, _decimal(values) or reading.decimal or ".")
    for i, value in enumerate(values.unique):
        if not isinstance(value, str):  # a number among text
            numbers[i] = value
    return numbers


def _read_dates(text: list[str], pattern: str | None) -> pd.DatetimeIndex:
    """Read dates in the format of `fit`, or in their own if that one cannot read some of them."""
    dates = read_dates(text, pattern or ISO)
    if pattern is None or dates.isna().any():
        form = find_date_format(text)
        own = read_dates(text, form.pattern) if form else dates
        if form and not (pattern and form.ambiguous) and len(own.dropna()) > len(dates.dropna()):
            return own
    return dates


def _rows(
    read: NDArray[Any], values: Different, column: "pd.Series[Any]", kind: Kind
) -> "pd.Series[Any]":
    """Put what was read for the different values into the rows of the column."""
    rows = pd.Series(read).reindex(values.codes).set_axis(column.index)
    if kind == "duration":
        return pd.to_timedelta(rows, unit="D")
    return rows.astype(bool) if kind == "flag" and rows.notna().all() else rows


def _decimal(values: Different) -> str | None:
    """Return the decimal mark of the numbers of a column, or None if no value tells."""
    return find_decimal(to_text(value) for value in values.unique if isinstance(value, str))


def _how_written(kind: Kind, values: Different, form: DateFormat | None) -> Reading:
    """Say how numbers or dates are written."""
    if form:
        return Reading(date_format=form.pattern)
    if kind != "number":
        return Reading()
    unit = common_unit([text for text in values.text if text.lower() not in MISSING])
    units = unit or " ".join(units_of(values.text))
    return Reading(decimal=_decimal(values) or ".", units=units or None)


def _reason(kind: Kind, reading: Reading, form: DateFormat | None) -> tuple[str, Why]:
    """Say why a column is of a kind, also in a word."""
    if form:
        return f"dates written as {form.order}", "writing"
    how = [reading.units] if reading.units else []
    how += ["decimal commas"] * (reading.decimal == ",")
    if how:
        return f"numbers with {' and '.join(how)}", "writing"
    return VALUES[kind].from_text, "values"


def _notes_on_numbers(name: str, values: Sequence[str]) -> Iterator[Note]:
    """Yield notes on what is guessed or dropped of numbers that are text."""
    units = units_of(values)
    if len(units) > 1 or (units and not all(units[0] in value for value in values)):
        yield Note("units", name, {"units": units})
    if all(map(_WHOLE.fullmatch, values)):
        yield Note("numbers", name)


def note_long(name: str, column: "pd.Series[Any]") -> list[Note]:
    """Note the texts of which `to_texts` cuts the end, if there are any."""
    known = column.astype(object).dropna()  # map of categories may return categories
    lengths = known.map(lambda value: len(str(value)))
    n_long = int((lengths > MOST_CHARACTERS).sum())
    return [Note("long", name, {"n_long": n_long, "n_known": len(lengths)})] if n_long else []
