"""Columns of text whose values are numbers, dates, times or booleans.

`read_text` decides whether a column is one of these, and how its values are written. A few values
that cannot be read become missing values, with a note. `read_column` reads the same column of
another table as it was written in `fit`: each value by itself, whatever the others are.
"""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from itertools import compress
from numbers import Real
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scratchmlp.tabular.notes import Note
from scratchmlp.tabular.reading.codes import lose_digits
from scratchmlp.tabular.reading.dates import (
    COMPACT,
    FORMATS,
    ISO,
    DateFormat,
    are_compact_dates,
    are_written_alike,
    dates_without_order,
    find_date_format,
    marks_of,
    read_clear_dates,
    read_dates,
    read_times,
)
from scratchmlp.tabular.reading.found import Found, Reading
from scratchmlp.tabular.reading.missing import MISSING
from scratchmlp.tabular.reading.numbers import (
    PADDED,
    are_plain,
    common_unit,
    find_decimal,
    is_rounded,
    read_flags,
    read_numbers,
    units_of,
)
from scratchmlp.tabular.reading.values import Different, different_values, kind_of, to_text
from scratchmlp.tabular.vocabulary import MOST_CHARACTERS, VALUES, ValueKind, Why

MANY = 10  # different values; with fewer, a value that cannot be read may be a category
FEW = 0.05  # share of the values that may be unreadable
PROBED = 500  # different values that decide whether reading a column as numbers is hopeless
_WHOLE = re.compile(r"[-+]?\d+", re.ASCII)
_ROOM = re.compile(r"\d+E\d+", re.ASCII)  # "2E3" is rather a room than the number 2000
_MARK_NAMES = {".": "point", ",": "comma"}


# What a column is.


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
    if lose_digits(name, values):
        return None
    if all(map(_ROOM.fullmatch, values.text)):
        return None
    kinds: list[ValueKind] = ["flag", "number", "date", "duration"]
    if len(values.unique) > 2 and are_compact_dates(values.text):
        kinds.remove("number")
    hopeful = (kind for kind in kinds if not _is_hopeless(kind, values))
    found = (_read_as(kind, name, column, values) for kind in hopeful)
    return next(filter(None, found), None)


def read_text_as(
    kind: ValueKind, name: str, column: "pd.Series[Any]", form: DateFormat | None = None
) -> Found | None:
    """Read a column of text as numbers or dates, because the user says that it holds these.

    Other values are missing. None if all are. Without a form of dates, the values decide.
    """
    return _read_as(kind, name, column, different_values(column), form, many_may_fail=True)


def _read_as(
    kind: ValueKind,
    name: str,
    column: "pd.Series[Any]",
    values: Different,
    form: DateFormat | None = None,
    *,
    many_may_fail: bool = False,
) -> Found | None:
    """Read a column as values of one kind, which all but a few values must be."""
    form = form or _date_format(kind, values)
    reading = _how_written(kind, values, form)
    read = _read_different(values, kind, reading)
    unread = pd.isna(read)
    if unread.all() or not (many_may_fail or _are_few(values, unread)):
        return None
    can_read = [text for text, bad in zip(values.text, unread, strict=True) if not bad]
    converted = _in_rows(read, values, column, kind)
    notes = [*_notes_on_numbers(name, can_read, reading)] if kind == "number" else []
    if form and form.ambiguous:
        notes.append(Note("order", name, {"example": can_read[0], "order": form.order}))
    notes += _note_unreadable(name, column, converted, kind, reading)
    has_units = reading.units is None or all(_has_units(text, reading) for text in can_read)
    reading = replace(
        reading,
        some_without_units=not has_units,
        date_marks=marks_of(can_read, form.pattern) if form else (),
        unreadable=tuple(values.text[i] for i in np.flatnonzero(unread)),
    )
    reason, why = _reason(kind, reading, form)
    return Found(VALUES[kind].column, reason, converted, reading, notes, form, why)


def _are_few(values: Different, unread: NDArray[np.bool_]) -> bool:
    """Return whether the values that cannot be read are few enough to be missing values.

    All of them may be words for missing values. Others must be few, or one word such as
    "unlimited", which the indicator of missing values then stands for. They must not be categories
    beside a few numbers, such as "3+" beside 0, 1 and 2.
    """
    lost = np.flatnonzero(unread)
    others = lost[[values.text[i].lower() not in MISSING for i in lost]]
    if not len(others):
        return True
    n_known, n_others = values.counts.sum(), values.counts[others].sum()
    one_word = len(others) == 1 and values.counts[~unread].sum() >= n_known / 2
    return bool((~unread).sum() > MANY and (n_others <= max(1, FEW * n_known) or one_word))


def _is_hopeless(kind: ValueKind, values: Different) -> bool:
    """Return whether half of the first different values of a long column are not of a kind."""
    if len(values.unique) <= 2 * PROBED:
        return False
    some = Different(values.codes[:0], values.unique[:PROBED], values.counts[:PROBED])
    reading = _how_written(kind, some, _date_format(kind, some))
    return bool(pd.isna(_read_different(some, kind, reading)).mean() > 0.5)


def is_readable(column: "pd.Series[Any]") -> bool:
    """Return whether a column is text, or text and numbers."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        return False
    kind = kind_of(column)
    return kind == "text" or (kind == "mixed" and all(map(_is_text_or_number, column.dropna())))


def _is_text_or_number(value: Any) -> bool:
    return isinstance(value, str | Real) and not isinstance(value, bool | np.bool_)


# How its values are written.


def _date_format(kind: ValueKind, values: Different) -> DateFormat | None:
    return find_date_format(values.text) if kind == "date" else None


def _how_written(kind: ValueKind, values: Different, form: DateFormat | None = None) -> Reading:
    """Say how numbers or dates are written."""
    if kind == "date":
        return Reading(date_format=form.pattern if form else ISO)
    if kind != "number":
        return Reading()
    decimal = _decimal(values) or "."
    if are_plain(values.text):
        return Reading(decimal=decimal)
    unit = common_unit([text for text in values.text if text.lower() not in MISSING])
    units = unit or " ".join(units_of(values.text))
    return Reading(decimal=decimal, units=units or None)


def _decimal(values: Different) -> str | None:
    """Return the decimal mark of the numbers of a column, or None if no value tells."""
    are_text = [isinstance(value, str) for value in values.unique]
    return find_decimal(values.text if all(are_text) else compress(values.text, are_text))


def _has_units(number: str, reading: Reading) -> bool:
    """Return whether a number that is text has the unit of a column, or one of its signs."""
    units = reading.units or ""
    if signs := units_of([number]):
        return {*signs} <= {*units.split()} or bool(units and number.endswith(units))
    return reading.some_without_units or number.endswith(units)


def expected_writing(kind: ValueKind, values: Sequence[str], reading: Reading) -> str:
    """Say how the numbers or dates of a column are written, if values are written in another way.

    These are words such as "with a decimal point"; "" if the values are no numbers or dates anyway.
    """
    if kind == "number" and reading.decimal:
        other = find_decimal(values) not in (None, reading.decimal)
        return f"with a decimal {_MARK_NAMES[reading.decimal]}" if other else ""
    if kind == "date" and reading.date_format and find_date_format(values):
        return f"in the order {FORMATS[reading.date_format]}"
    return ""


def _reason(kind: ValueKind, reading: Reading, form: DateFormat | None) -> tuple[str, Why]:
    """Say why a column is of a kind, also in a word."""
    if form:
        return f"dates written as {form.order}", "writing"
    how = [reading.units] if reading.units else []
    how += ["decimal commas"] * (reading.decimal == ",")
    if how:
        return f"numbers with {' and '.join(how)}", "writing"
    return VALUES[kind].from_text, "values"


# Values as they are written.


def read_column(
    name: str, column: "pd.Series[Any]", kind: ValueKind, reading: Reading
) -> tuple["pd.Series[Any]", list[Note]]:
    """Read text, or compact dates, as the same column was read in `fit`: each value by itself.

    Parameters
    ----------
    name : str
        Name of the column, for notes.
    column : Series of shape (n_samples,)
        The column.
    kind : str
        The kind of its values in `fit`: a key of `VALUES`.
    reading : Reading
        How they were written, if they were text.

    Returns
    -------
    values : Series of shape (n_samples,)
        Values of the kind that the column had in `fit`. Values that cannot be read are missing. If
        none can be read, although not all are words for missing values or known from `fit`, the
        column is returned as it is.
    notes : list of Note
        Notes on numbers with another unit, and on values that cannot be read, unless `fit` found
        the same ones.
    """
    if kind not in ("number", "date", "duration", "flag"):
        return column, []
    text = column.astype(object) if isinstance(column.dtype, pd.CategoricalDtype) else column
    if kind == "date" and reading.date_format == COMPACT:
        text = _digits_as_text(text)
    if not is_readable(text):
        return column, []
    values = different_values(text)
    read, notes = _read_different(values, kind, reading), []
    if kind == "number":
        notes = _note_other_units(name, values, read, reading)
        read = _with_long_codes(read, values)
    converted = _in_rows(read, values, text, kind)
    known = {*reading.unreadable, *MISSING}
    unread = _note_unreadable(name, text, converted, kind, reading, known)
    if unread and not converted.notna().any():
        return column, []
    return converted, notes + unread


def _digits_as_text(column: "pd.Series[Any]") -> "pd.Series[Any]":
    """Return whole numbers as text, such as "20200317" for a date, and other values unchanged."""
    if column.dtype.kind not in "iufO":
        return column
    return column.astype(object).map(
        lambda value: f"{value:.10g}" if isinstance(value, Real) else value, na_action="ignore"
    )


def _with_long_codes(numbers: NDArray[Any], values: Different) -> NDArray[Any]:
    """Return numbers of which those that float64 rounds are integers: they may be codes."""
    are_long = [*map(is_rounded, values.text)]
    if not any(are_long):
        return numbers
    texts = zip(numbers, values.text, are_long, strict=True)
    return np.array([int(text) if is_long else each for each, text, is_long in texts], object)


def _read_different(values: Different, kind: ValueKind, reading: Reading) -> NDArray[Any]:
    """Read each different value of a column; those that cannot be read are NaN, NaT or None.

    What a value becomes depends on `reading` alone, not on the other values: a row of a table must
    mean the same as the row alone.
    """
    if kind == "flag":
        return np.array(read_flags(values.text), dtype=object)
    if kind == "duration":
        return read_times(values.text)
    if kind == "date":
        if reading.date_format is None:  # they were no text in `fit`
            return read_clear_dates(values.text).to_numpy()
        dates = read_dates(values.text, reading.date_format)
        known = dates.notna() & are_written_alike(values.text, reading.date_marks)
        # Dates in ISO 8601 format are clear in any column.
        return dates.where(known, read_dates(values.text, ISO)).to_numpy()
    text = [value.removesuffix(reading.units or "") for value in values.text]
    numbers = read_numbers(text, reading.decimal or ".")
    if reading.decimal is None:  # "true" is 1 if columns must be no categories
        numbers = np.where(np.isnan(numbers), np.array(read_flags(text), np.float64), numbers)
    for i, value in enumerate(values.unique):
        if not isinstance(value, str):  # a number among text
            numbers[i] = value
    return numbers


def _in_rows(
    read: NDArray[Any], values: Different, column: "pd.Series[Any]", kind: ValueKind
) -> "pd.Series[Any]":
    """Put what was read for the different values into the rows of the column."""
    rows = pd.Series(read).reindex(values.codes).set_axis(column.index)
    if kind == "duration":
        return pd.to_timedelta(rows, unit="D")
    return rows.astype(bool) if kind == "flag" and rows.notna().all() else rows


def with_other_mark(column: "pd.Series[Any]", decimal: str) -> "pd.Series[Any]":
    """Write the numbers of a column of text with the other decimal mark than `decimal`.

    "1.234,5 kg" becomes "1234.5 kg" if the mark is a comma. Values that are no numbers stay.
    """
    other = {".": ",", ",": "."}[decimal]
    marks = str.maketrans({decimal: other, other: ""})
    values = different_values(column)
    reading = replace(_how_written("number", values), decimal=decimal)
    are_numbers = ~pd.isna(_read_different(values, "number", reading))
    swapped = {
        text: text.translate(marks) if is_number else text
        for text, is_number in zip(values.unique, are_numbers, strict=True)
    }
    return column.map(swapped, na_action="ignore")


# Notes.


def _notes_on_numbers(name: str, values: Sequence[str], reading: Reading) -> Iterator[Note]:
    """Yield notes on what is guessed or dropped of numbers that are text."""
    units = units_of(values) if reading.units else []
    if len(units) > 1 or (units and not all(units[0] in value for value in values)):
        yield Note("units", name, {"units": units})
    if all(map(_WHOLE.fullmatch, values)):
        yield Note("numbers", name)


def note_numbers_among_text(name: str, values: Different) -> list[Note]:
    """Note that all values of a column of categories are long numbers, or that half are numbers."""
    numbers = ~pd.isna(_read_different(values, "number", _how_written("number", values)))
    n_known, n_numbers = int(values.counts.sum()), int(values.counts[numbers].sum())
    are_long = any(map(is_rounded, values.text))
    if are_long and numbers.all():
        return [Note("codes", name)]
    padded = any(map(PADDED.fullmatch, values.text))
    if are_long or padded or numbers.all() or numbers.sum() <= MANY or n_numbers < n_known / 2:
        return []
    others = [text for text, is_number in zip(values.text, numbers, strict=True) if not is_number]
    found = {"n_numbers": n_numbers, "others": others, "n_known": n_known}
    return [Note("mixed", name, found)]


def _note_other_units(
    name: str, values: Different, read: NDArray[Any], reading: Reading
) -> list[Note]:
    """Note the numbers that are text, and whose unit is not that of `fit`, if there are any."""
    others = [
        isinstance(value, str) and not np.isnan(number) and not _has_units(text, reading)
        for value, text, number in zip(values.unique, values.text, read, strict=True)
    ]
    if not any(others):
        return []
    n_others, n_known = int(values.counts[others].sum()), int(values.counts.sum())
    examples = [text for text, other in zip(values.text, others, strict=True) if other]
    found = {"n_others": n_others, "values": examples, "n_known": n_known}
    return [Note("other units", name, found | {"units": reading.units})]


def _note_unreadable(
    name: str,
    column: "pd.Series[Any]",
    read: "pd.Series[Any]",
    kind: ValueKind,
    reading: Reading,
    known: Collection[str] = (),
) -> list[Note]:
    """Note the values of a column that could not be read, of which the user does not know yet.

    These are missing in `read`. Dates of unknown order have a note of their own.
    """
    lost = [to_text(value).strip() for value in column[read.isna()].dropna()]
    if not lost:
        return []
    unclear = {*dates_without_order(lost)} if kind == "date" else set()
    others = [value for value in lost if value not in unclear]
    dates = [value for value in lost if value in unclear]
    found, notes = {"kind": kind, "n_known": int(column.notna().sum())}, []
    if not all(word in known or word.lower() in known for word in others):
        expected = expected_writing(kind, others, reading)
        notes.append(Note("unreadable", name, found | {"values": others, "expected": expected}))
    if not all(word in known for word in dates):
        notes.append(Note("unreadable", name, found | {"values": dates, "any_order": True}))
    return notes


def note_long(name: str, column: "pd.Series[Any]") -> list[Note]:
    """Note the texts of which `to_texts` cuts the end, if there are any."""
    known = column.astype(object).dropna()  # map of categories may return categories
    lengths = known.map(lambda value: len(str(value)))
    n_long = int((lengths > MOST_CHARACTERS).sum())
    return [Note("long", name, {"n_long": n_long, "n_known": len(lengths)})] if n_long else []
