"""The kinds of the columns of a table, and the conversion of their values.

The kind of a column is "number", "date", "duration", "flag" (booleans), "text", "mixed" (other
values, or values of several kinds), "complex" (which the encoders reject), or "missing" (no values,
if its dtype does not tell the kind).
"""

import datetime
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd
from numpy.typing import NDArray

Floats = NDArray[np.float64]

#: Descriptions of the kinds, for messages.
WORDS = {
    "number": "numbers",
    "date": "dates",
    "duration": "durations",
    "flag": "booleans",
    "text": "text",
    "mixed": "values of several kinds",
    "complex": "complex numbers",
}
#: Limit of numbers: larger ones are clipped, so that the difference of two numbers stays finite.
LARGEST = 1e300
#: Characters of a value that are read. Terms of text with millions of them would take minutes and
#: gigabytes.
MOST_CHARACTERS = 5000

_BY_DTYPE = {
    "b": "flag",
    "i": "number",
    "u": "number",
    "f": "number",
    "M": "date",
    "m": "duration",
    "c": "complex",
}
_BY_VALUES = {
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
    "empty": "missing",
}
_DAY = np.timedelta64(1, "D")


def check_collected(X: Any) -> None:
    """Raise an error for a lazy table of Polars, which is a query without rows."""
    if nw.dependencies.is_polars_lazyframe(X):
        raise TypeError("X is a LazyFrame, but a table with rows is required. Pass X.collect().")


def to_text(value: object) -> str:
    """Convert a value to text, of which only the first `MOST_CHARACTERS` characters are kept."""
    return str(value)[:MOST_CHARACTERS]


def to_pandas(X: Any) -> pd.DataFrame:
    """Convert a data frame of any library that scikit-learn accepts to pandas.

    Columns are converted through NumPy, which does not require pyarrow.

    Raises
    ------
    ValueError
        If two columns have the same name.
    """
    if isinstance(X, pd.DataFrame):
        if repeated := X.columns[X.columns.duplicated()].tolist():
            raise ValueError(f"X has two columns named {repeated[0]!r}. Rename one of them.")
        return X
    frame = nw.from_native(X, eager_only=True)
    columns = {name: frame[name].to_numpy() for name in frame.columns}
    # Structs become an array of two dimensions: one array for each row.
    return pd.DataFrame({k: list(rows) if rows.ndim > 1 else rows for k, rows in columns.items()})


def check_is_no_series(X: Any) -> None:
    """Raise an error if a table is a Series: a single row or column of a DataFrame."""
    if isinstance(X, pd.Series):
        raise ValueError(
            "X is a Series, but it must be a table. With double brackets, a row or a column of a "
            "DataFrame is one: pass X.iloc[[0]] instead of X.iloc[0], or X[['a']] instead of "
            "X['a']."
        )


def kind_of(column: "pd.Series[Any]") -> str:
    """Return the kind of a column, from its dtype or, for object columns, from its values."""
    dtype = column.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        return kind_of(pd.Series(dtype.categories))
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
        return pd.to_timedelta(_values(column)).dt.as_unit("us").to_numpy("timedelta64[us]") / _DAY
    values = column.to_numpy(np.float64, na_value=np.nan)
    if np.isinf(values).any():
        raise OverflowError("infinite")
    return np.clip(values, -LARGEST, LARGEST)


def _values(column: "pd.Series[Any]") -> "pd.Series[Any]":
    """Return a column of categories or of Arrow's dates as objects, and any other one unchanged."""
    if isinstance(column.dtype, pd.CategoricalDtype) or column.dtype.type is datetime.date:
        return column.astype(object)
    return column


def to_dates(column: "pd.Series[Any]") -> "pd.Series[Any]":
    """Convert periods to the dates of their beginning, and objects to dates in UTC."""
    column = _values(column)
    if isinstance(column.dtype, pd.PeriodDtype):
        return column.dt.to_timestamp()
    if column.dtype.kind == "M":
        return column
    try:
        return pd.to_datetime(column, utc=True).dt.tz_localize(None)
    except pd.errors.OutOfBoundsDatetime:  # pandas 2 counts nanoseconds: from 1677 to 2262
        dates = [pd.Timestamp(value).as_unit("us").to_datetime64() for value in column]
        return pd.Series(np.array(dates, "datetime64[us]"), column.index)


@contextmanager
def naming_column(name: str) -> Iterator[None]:
    """Turn errors about values into errors that name the column."""
    try:
        yield
    except OverflowError as error:
        raise ValueError(
            f"Column {name!r} holds infinity, but numbers must be finite or missing. Replace it by "
            "NaN or by a finite number."
        ) from error
    except TypeError as error:
        # scikit-learn's check_dtype_object looks for "argument must be a string ... number".
        raise TypeError(
            f"Column {name!r} holds a value that cannot be a category ({error}): an argument must "
            "be a string, a number or another hashable value. Convert the column with astype(str), "
            "or leave it out."
        ) from error
