"""What the columns of a table hold, and their values as plain arrays.

A column is of one kind: "number", "date", "duration", "flag" (booleans), "text", "mixed" (any
other values, or several kinds of them), "complex", which nothing here accepts, or "missing" if it
is seen to have no value at all.
"""

from typing import Any

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd
from numpy.typing import NDArray

Column = pd.Series  # one column of a table
Floats = NDArray[np.float64]

#: What a column of each kind holds, in words.
WORDS = {
    "number": "numbers",
    "date": "dates",
    "duration": "durations",
    "flag": "booleans",
    "text": "text",
    "mixed": "values of several kinds",
    "complex": "complex numbers",
}
#: Numbers beyond this count as this, so that differences of two stay finite.
LARGEST = 1e300

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
_DATE = r"\d{4}-\d{2}-\d{2}"
_DAY = np.timedelta64(1, "D")


def to_pandas(X: Any) -> pd.DataFrame:
    """Convert a data frame of any library that scikit-learn accepts.

    It goes column by column through NumPy, which needs no pyarrow.
    """
    if isinstance(X, pd.DataFrame):
        return X
    frame = nw.from_native(X, eager_only=True)
    return pd.DataFrame({name: frame[name].to_numpy() for name in frame.columns})


def kind_of(column: "Column[Any]") -> str:
    """Tell what a column holds, from its dtype or, where that says little, from its values."""
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
    if found not in _BY_VALUES:  # a NaT is no missing number to pandas
        found = pd.api.types.infer_dtype(column.dropna(), skipna=True)
    return _BY_VALUES.get(found, "mixed")


def read_dates(column: "Column[Any]") -> "Column[Any]":
    """Turn text of which each value is a date into dates; any other column stays as it is."""
    if isinstance(column.dtype, pd.CategoricalDtype) or kind_of(column) != "text":
        return column
    known = column.dropna()
    if known.empty or written_dates(known.iloc[:1]).isna().all():  # the first tells most text
        return column
    dates = written_dates(column)
    return dates if dates.notna().sum() == len(known) else column


def written_dates(text: "Column[Any]") -> "Column[Any]":
    """Read dates as files have them, 2024-05-17 or with a time, in UTC; missing where is none."""
    text = _values(text).where(lambda column: column.str.match(_DATE).eq(True))
    return pd.to_datetime(text, format="ISO8601", utc=True, errors="coerce").dt.tz_localize(None)


def numbers(column: "Column[Any]", kind: str) -> Floats:
    """Convert a column of numbers, dates or durations.

    Parameters
    ----------
    column : Series of shape (n_samples,)
        The column, of any dtype.
    kind : {'number', 'date', 'duration'}
        What it holds.

    Returns
    -------
    ndarray of shape (n_samples,), float64
        The numbers; days since 1970-01-01, in UTC; or days. Missing values are NaN.

    Raises
    ------
    OverflowError
        If a number is infinite.
    """
    if kind == "date":
        return (_dates(column) - np.datetime64(0, "us")) / _DAY
    if kind == "duration":
        return pd.to_timedelta(_values(column)).to_numpy("timedelta64[us]") / _DAY
    values = column.to_numpy(np.float64, na_value=np.nan)
    if np.isinf(values).any():
        raise OverflowError("infinite")
    return np.clip(values, -LARGEST, LARGEST)


def _values(column: "Column[Any]") -> "Column[Any]":
    """Take a column out of its categories."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        return column.astype(object)
    return column


def _dates(column: "Column[Any]") -> NDArray[np.datetime64]:
    """Convert a column of dates to microseconds, in UTC."""
    column = _values(column)
    if isinstance(column.dtype, pd.PeriodDtype):
        column = column.dt.to_timestamp()
    elif column.dtype.kind != "M":
        column = pd.to_datetime(column, utc=True)
    return column.to_numpy("datetime64[us]")
