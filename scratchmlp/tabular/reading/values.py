"""The kind of the values of a column, and their conversion to numbers or text."""

import datetime
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scratchmlp.tabular.vocabulary import MOST_CHARACTERS, ValueKind

Floats = NDArray[np.float64]

#: Limit of numbers: larger ones are clipped, so that the difference of two numbers stays finite.
LARGEST = 1e300
#: Limit of exact numbers: float64 rounds some whole numbers beyond it.
EXACT = 2**53
_BY_DTYPE: dict[str, ValueKind] = {
    "b": "flag",
    "i": "number",
    "u": "number",
    "f": "number",
    "M": "date",
    "m": "duration",
    "c": "complex",
}
_BY_VALUES: dict[str, ValueKind] = {
    "boolean": "flag",
    "integer": "number",
    "floating": "number",
    "mixed-integer-float": "number",
    "decimal": "number",
    "complex": "complex",
    "string": "text",
    "date": "date",
    "datetime": "date",
    "datetime64": "date",
    "timedelta": "duration",
    "timedelta64": "duration",
    "time": "duration",  # of the day
    "empty": "missing",
}
_DAY = np.timedelta64(1, "D")


class ColumnError(ValueError):
    """A column cannot be used: the message says why in Python, the attributes as data.

    Attributes
    ----------
    case : {'role', 'excluded', 'complex', 'kind'}
        No value is what the user says that the column is; the user excludes what it holds; its
        numbers are complex; or it holds another kind of values than in `fit`.
    column : str
        Name of the column.
    values : mapping of str to object
        What was found.
    """

    def __init__(
        self,
        message: str,
        case: Literal["role", "excluded", "complex", "kind"],
        column: str,
        values: Mapping[str, Any] = MappingProxyType({}),
    ) -> None:
        super().__init__(message, case, column, {**values})  # pickles contain these
        self.case, self.column, self.values = case, column, values

    def __str__(self) -> str:
        return str(self.args[0])


@dataclass(frozen=True, eq=False)
class Different:
    """The different values of a column.

    Attributes
    ----------
    codes : ndarray of shape (n_samples,), int
        Position among the different values; -1 for missing values.
    unique : list
        The different values, in the order in which they first occur.
    counts : ndarray of int
        How often each occurs.
    """

    codes: NDArray[np.intp]
    unique: list[Any]
    counts: NDArray[np.intp]

    @cached_property
    def text(self) -> list[str]:
        """The different values as text, without blanks around them."""
        return [to_text(value).strip() for value in self.unique]


def different_values(column: "pd.Series[Any]") -> Different:
    """Find the different values of a column."""
    codes, unique = pd.factorize(column.to_numpy(dtype=object))
    return Different(codes, list(unique), np.bincount(codes[codes >= 0], minlength=len(unique)))


def to_text(value: object) -> str:
    """Convert a value to text, of which only the first `MOST_CHARACTERS` characters are kept."""
    return str(value)[:MOST_CHARACTERS]


def to_python(value: Any) -> Any:
    """Return a value as a number or text of Python, and a whole number as an int if it is exact."""
    value = value.item() if isinstance(value, np.generic) else value
    if isinstance(value, float) and value.is_integer() and abs(value) < EXACT:
        return int(value)
    return value if isinstance(value, bool | int | float | str | None) else str(value)


def kind_of(column: "pd.Series[Any] | pd.Index[Any]") -> ValueKind:
    """Return the kind of values of a column, from its dtype or, for objects, from the values."""
    dtype = column.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        return kind_of(dtype.categories)
    if isinstance(dtype, pd.StringDtype):
        return "text"
    if isinstance(dtype, pd.PeriodDtype):
        return "date"
    if dtype.kind in _BY_DTYPE:
        return _BY_DTYPE[dtype.kind]
    found = pd.api.types.infer_dtype(column, skipna=True)
    if found not in _BY_VALUES:  # pandas does not skip a NaT among numbers
        found = pd.api.types.infer_dtype(column.dropna(), skipna=True)
    return _BY_VALUES.get(found, "mixed")


def to_numbers(column: "pd.Series[Any]", kind: str) -> Floats:
    """Convert a column of numbers, dates or durations to floats.

    Parameters
    ----------
    column : Series of shape (n_samples,)
        The column, of any dtype.
    kind : {'number', 'date', 'duration'}
        Kind of the column.

    Returns
    -------
    ndarray of shape (n_samples,), float64
        Numbers as they are, dates as days since 1970-01-01 in UTC, durations as days. Missing
        values are NaN.

    Raises
    ------
    OverflowError
        If a number is infinite.
    OutOfBoundsDatetime, OutOfBoundsTimedelta
        If a date or a duration is beyond microseconds of 64 bits, which are 292,000 years.
    """
    if kind == "date":
        dates = to_dates(column).dt.as_unit("us").to_numpy("datetime64[us]")
        return (dates - np.datetime64(0, "us")) / _DAY
    if kind == "duration":
        return _to_durations(column).dt.as_unit("us").to_numpy("timedelta64[us]") / _DAY
    if isinstance(column.dtype, np.dtype) and column.dtype.kind in "biuf":
        values = column.to_numpy(np.float64)  # with `na_value`, pandas searches for missing ones
    else:
        values = column.to_numpy(np.float64, na_value=np.nan)
    if np.isinf(values).any():
        raise OverflowError("infinite")
    return np.clip(values, -LARGEST, LARGEST)


def _without_categories(column: "pd.Series[Any]") -> "pd.Series[Any]":
    """Return categories as periods or objects, Arrow's dates and times too, others unchanged."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        kind = column.dtype.categories.dtype
        return column.astype(kind if isinstance(kind, pd.PeriodDtype) else object)
    is_object = column.dtype.type in (datetime.date, datetime.time)
    return column.astype(object) if is_object else column


def to_dates(column: "pd.Series[Any]") -> "pd.Series[Any]":
    """Convert periods to the dates of their beginning, and objects to dates in UTC."""
    column = _without_categories(column)
    if isinstance(column.dtype, pd.PeriodDtype):
        return column.dt.to_timestamp()
    if column.dtype.kind == "M":
        return column
    try:
        return pd.to_datetime(column, utc=True).dt.tz_localize(None)
    except pd.errors.OutOfBoundsDatetime:  # pandas 2 counts nanoseconds: from 1677 to 2262
        dates = [pd.Timestamp(value).as_unit("us").to_datetime64() for value in column]
        return pd.Series(np.array(dates, "datetime64[us]"), column.index)


def _to_durations(column: "pd.Series[Any]") -> "pd.Series[Any]":
    """Convert objects to durations; times of the day are those since midnight."""
    column = _without_categories(column)
    if column.dtype.kind == "O":
        column = column.map(_without_day)
    try:
        return pd.to_timedelta(column)
    except pd.errors.OutOfBoundsTimedelta:  # pandas 2 counts nanoseconds: up to 292 years
        durations = [
            None if pd.isna(value) else pd.Timedelta(value).as_unit("us").to_timedelta64()
            for value in column
        ]
        return pd.Series(np.array(durations, "timedelta64[us]"), column.index)


def _without_day(value: Any) -> Any:
    """Return a time of the day as text, which pandas converts, and other durations unchanged."""
    return str(value.replace(tzinfo=None)) if isinstance(value, datetime.time) else value


@contextmanager
def naming_column(name: str) -> Iterator[None]:
    """Name the column in errors about its values.

    Raises
    ------
    ValueError
        If a number is infinite.
    TypeError
        If a label cannot be hashed.
    Exception
        Any other error, with the name of the column in a note.
    """
    try:
        yield
    except OverflowError as error:
        raise ValueError(
            f"Column {name!r} holds infinity, but numbers must be finite or missing. Replace it by "
            "NaN or by a finite number."
        ) from error
    except ColumnError:
        raise
    except Exception as error:
        if not (isinstance(error, TypeError) and "unhashable" in str(error)):
            error.add_note(f"The error is about column {name!r}.")
            raise
        # scikit-learn's check_dtype_object looks for "argument must be a string ... number".
        raise TypeError(
            f"Column {name!r} holds a value that cannot be a category ({error}): an argument must "
            "be a string, a number or another hashable value. Convert the column with astype(str), "
            "or leave it out."
        ) from error
