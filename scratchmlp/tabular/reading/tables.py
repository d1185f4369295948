"""Tables of any library as data frames of pandas."""

from typing import Any

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd


def to_pandas(X: Any) -> pd.DataFrame:
    """Convert a data frame of any library that scikit-learn accepts to pandas.

    Columns are converted through NumPy, which does not require pyarrow.

    Raises
    ------
    ValueError
        If two columns have the same name.
    """
    if isinstance(X, pd.DataFrame):
        if not X.columns.is_unique:
            repeated, *_ = X.columns[X.columns.duplicated()].tolist()
            raise ValueError(f"X has two columns named {repeated!r}. Rename one of them.")
        return _without_nullable_floats(X)
    frame = nw.from_native(X, eager_only=True)
    columns = {name: frame[name].to_numpy() for name in frame.columns}
    # Structs become an array of two dimensions: one array for each row.
    table = pd.DataFrame({k: list(rows) if rows.ndim > 1 else rows for k, rows in columns.items()})
    for name, dtype in frame.schema.items():
        if zone := getattr(dtype, "time_zone", None):  # NumPy has the time in UTC
            table[name] = table[name].dt.tz_localize("UTC").dt.tz_convert(zone)
    return table


def _without_nullable_floats(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table with floats of NumPy, in which NaN is missing.

    Arrow, and pandas in some versions, tell NaN, such as 0 / 0, from missing values.
    """
    converted = table.copy(deep=False)
    for name, dtype in table.dtypes.items():
        if dtype.kind == "f" and hasattr(dtype, "numpy_dtype"):
            converted[name] = table[name].to_numpy(dtype.numpy_dtype, na_value=np.nan)
    return converted


def check_collected(X: Any) -> None:
    """Raise an error for a lazy table of Polars, which is a query without rows."""
    if nw.dependencies.is_polars_lazyframe(X):
        raise TypeError("X is a LazyFrame, but a table with rows is required. Pass X.collect().")


def check_is_no_series(X: Any) -> None:
    """Raise an error if a table is a Series: a single row or column of a DataFrame."""
    if isinstance(X, pd.Series):
        raise ValueError(
            "X is a Series, but it must be a table. With double brackets, a row or a column of a "
            "DataFrame is one: pass X.iloc[[0]] instead of X.iloc[0], or X[['a']] instead of "
            "X['a']."
        )
