"""The encoder of raw tables, whose float32 output is the input of a network."""

from collections.abc import Iterable
from numbers import Integral
from typing import Any, ClassVar, Self

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin, _fit_context
from sklearn.utils import Tags
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.validation import (
    _check_categorical_features,
    _check_feature_names_in,
    check_array,
    check_is_fitted,
    validate_data,
)

from scratchmlp.rollback import unchanged_on_failure
from scratchmlp.tabular.column_encoding import (
    NUMERIC,
    encode_column,
    fit_column,
    output_suffixes,
)
from scratchmlp.tabular.columns import Column, kind_of, read_dates, to_pandas


class TabularEncoder(TransformerMixin, BaseEstimator):
    """Encode the columns of a raw table as numbers for a neural network.

    The encoding of a column depends on what it holds:

    - **Numbers** x, and booleans that are not categories, become z = (x - median) / interquartile
      range. Half the range replaces the interquartile range if that is 0. Then a smooth clip,
      z / sqrt(1 + (z / 3)²), limits all values to (-3, 3). Missing numbers are replaced by the
      median, which becomes 0. A column with missing numbers in `fit` also gets an indicator column
      of 0 and 1.
    - **Dates** become days since 1970-01-01 in UTC, and **durations** become days; then they are
      encoded as numbers. Dates without a time zone are taken to be in UTC.
    - **Categories** become a column of 0 and 1 for each level, or a single column of -1 and 1 if
      there are two levels. Missing values, unseen levels and levels beyond `max_categories` are 0
      in all of these columns. In a column with more than ten levels, a level that occurs once in
      `fit` gets no column, because it says nothing about other rows. If the levels of such a column
      occur less than twice on average, they are taken to be names or keys: no level gets a column,
      and only missing values have an indicator column, if there are any.

    Columns that are constant or without any value in `fit` are dropped. If a column is constant
    except for missing values, only the column that marks the missing values remains. `transform`
    requires dropped columns to be present but does not read them. If all columns are dropped, the
    output is a single column of zeros, from which an estimator can still learn the class
    frequencies or the mean.

    Parameters
    ----------
    categorical_features : array-like of {bool, int, str}, 'from_dtype' or None, \
default='from_dtype'
        Which columns are categorical.

        - 'from_dtype': columns of categories, strings or booleans, and object columns whose values
          are not all numbers, dates or durations. But a text column holds dates if every value is a
          date such as "2024-05-17" or "2024-05-17T12:00Z". In `transform`, other text in such a
          column counts as missing, as long as more than half of the values are dates.
        - An array: these columns and no others, as a boolean mask, positions or names, as in
          :class:`~sklearn.ensemble.HistGradientBoostingClassifier`.
        - None: no column.
    max_categories : int, default=64
        Largest number of levels per column that get a column of their own, at least 1. The most
        frequent levels are kept; among equally frequent levels, the first in sorted order.

    Attributes
    ----------
    columns_ : dict of str to dict
        The encoding of each column of the table, by its name ("x0", "x1", ... without names), as
        plain data.

        - "kind": "number", "date", "duration", "category", or "missing" if it had no value.
        - "centre", "scale", "indicator" of numbers, dates and durations: the median, the divisor
          (0.0 if the column was constant and is dropped), and whether missing values have an
          indicator column.
        - "labels", "levels", "encoding", "n_levels" of categories: the kind of the labels, such as
          "text"; the levels with a column of their own (dates as pandas.Timestamp); "one-hot",
          "sign" (one column of -1 and 1), "missing" (only an indicator column) or "none" (dropped);
          and the number of levels in `fit`.
    numeric_outputs_ : ndarray of int
        Positions of the outputs that are scaled numbers, not indicators or levels.
    n_features_in_ : int
        Number of columns of the table.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the columns of the table, if they are strings.

    Raises
    ------
    ValueError
        If a number is infinite, or a column that is not categorical holds anything but numbers,
        booleans, dates and durations. In `transform`, also if a column is missing or holds another
        kind of values than in `fit`, such as numbers instead of text.
    TypeError
        If a label cannot be hashed, such as a list, or the table is sparse.

    See Also
    --------
    PiecewiseLinearEncoder : Encode each number as several numbers, one per bin.

    Notes
    -----
    If `fit` and `transform` receive data frames with column names, columns are matched by name:
    their order does not matter, and additional columns are ignored. A column may have another dtype
    in `transform` if the kind of its values is the same (float instead of int, string or category
    instead of object). A column without any value is always accepted.

    References
    ----------
    Holzmüller, Grinsztajn and Steinwart, "Better by default: strong pre-tuned MLPs and boosted
    trees on tabular data", NeurIPS 2024: scaling and smooth clip.

    Examples
    --------
    >>> import pandas as pd
    >>> from scratchmlp.tabular import TabularEncoder
    >>> table = pd.DataFrame(
    ...     {
    ...         "age": [20, 30, 40, None, 30],
    ...         "city": ["Rome", "Oslo", "Paris", "Rome", None],
    ...         "member": [True, False, True, True, False],
    ...         "country": "NO",
    ...     }
    ... )
    >>> encoder = TabularEncoder().set_output(transform="pandas")
    >>> encoder.fit_transform(table).round(2)
        age  age_missing  city_Oslo  city_Paris  city_Rome  member_True
    0 -1.66          0.0        0.0         0.0        1.0          1.0
    1  0.00          0.0        1.0         0.0        0.0         -1.0
    2  1.66          0.0        0.0         1.0        0.0          1.0
    3  0.00          1.0        0.0         0.0        1.0          1.0
    4  0.00          0.0        0.0         0.0        0.0         -1.0
    >>> encoder.columns_["age"]
    {'kind': 'number', 'centre': 30.0, 'scale': 5.0, 'indicator': True}
    """

    __module__ = "scratchmlp.tabular"  # where users import it from, and pickles too

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "categorical_features": ["array-like", StrOptions({"from_dtype"}), None],
        "max_categories": [Interval(Integral, 1, None, closed="left")],
    }

    def __init__(
        self, categorical_features: Any = "from_dtype", *, max_categories: int = 64
    ) -> None:
        self.categorical_features = categorical_features
        self.max_categories = max_categories

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: Any, y: Any = None) -> Self:
        """Learn the encoding of each column.

        Parameters
        ----------
        X : {array-like, DataFrame} of shape (n_samples, n_features)
            The table.
        y : None
            Ignored.

        Returns
        -------
        TabularEncoder
            The fitted encoder itself.
        """
        with unchanged_on_failure(self):
            table = self._validate_table(X, reset=True)
            names = _check_feature_names_in(self)
            with_dates = [read_dates(column) for _, column in table.items()]
            mask = self._categorical_mask(table, with_dates)
            self.columns_ = {
                name: fit_column(
                    name, column if is_category else dates, is_category, self.max_categories
                )
                for name, (_, column), dates, is_category in zip(
                    names, table.items(), with_dates, mask, strict=True
                )
            }
        return self

    def transform(self, X: Any) -> NDArray[np.float32]:
        """Encode a table.

        Parameters
        ----------
        X : {array-like, DataFrame} of shape (n_samples, n_features)
            The table, with the columns of `fit`.

        Returns
        -------
        ndarray of shape (n_samples, n_features_out), float32
            The encoded columns, in the order of the columns in `fit`; a DataFrame after
            ``set_output(transform="pandas")``.
        """
        check_is_fitted(self)
        table = self._validate_table(X, reset=False)
        widths = [len(output_suffixes(fitted)) for fitted in self.columns_.values()]
        out = np.zeros((len(table), max(1, sum(widths))), np.float32)
        end = 0
        for (name, fitted), (_, column), width in zip(
            self.columns_.items(), table.items(), widths, strict=True
        ):
            end += width
            if width:  # dropped columns are not read
                encode_column(name, column, fitted, out[:, end - width : end])
        return out

    @property
    def numeric_outputs_(self) -> NDArray[np.intp]:
        """Positions of the outputs that are scaled numbers, not indicators or levels."""
        check_is_fitted(self)
        outputs = [
            fitted["kind"] in NUMERIC and not suffix
            for fitted in self.columns_.values()
            for suffix in output_suffixes(fitted)
        ]
        return np.flatnonzero(outputs)

    def get_feature_names_out(self, input_features: Any = None) -> NDArray[np.object_]:
        """Return the names of the encoded columns.

        Parameters
        ----------
        input_features : array-like of str or None, default=None
            Names of the columns of the table, if it had none in `fit`. None names them "x0", "x1",
            ...

        Returns
        -------
        ndarray of shape (n_features_out,), object
            Scaled numbers keep the name of their column. The name of an indicator ends in
            "_missing", and the name of a level in "_" and the level.
        """
        check_is_fitted(self)
        names = _check_feature_names_in(self, input_features)
        # Lone surrogates, such as "\udc80", are escaped: Arrow and Polars reject them in names.
        outputs = [
            f"{name}{suffix}".encode(errors="backslashreplace").decode()
            for name, fitted in zip(names, self.columns_.values(), strict=True)
            for suffix in output_suffixes(fitted)
        ]
        return np.array(list(_distinct(outputs)) or ["zero"], dtype=object)

    def _validate_table(self, X: Any, reset: bool) -> pd.DataFrame:
        """Validate a table, convert it to pandas and put its columns into the order of `fit`."""
        if not nw.dependencies.is_into_dataframe(X):
            array = self._validate_array(X, reset)
            # pandas would make text to strings of pyarrow, which cannot hold lone surrogates.
            return pd.DataFrame(array, dtype=object if array.dtype.kind in "OU" else None)
        table = to_pandas(X)
        if not reset and hasattr(self, "feature_names_in_"):
            table = self._select_by_name(table)
        validate_data(self, table, reset=reset, skip_check_array=True)
        if 0 in table.shape:
            raise ValueError(
                f"The table has {table.shape[0]} rows and {table.shape[1]} columns, but at least "
                "one of each is required. Pass a table that is not empty."
            )
        return table

    def _validate_array(self, X: Any, reset: bool) -> NDArray[Any]:
        """Validate a table that is not a data frame."""
        settings = {"dtype": None, "ensure_all_finite": False}
        # NumPy would convert the numbers in a list of numbers and strings to strings.
        if not hasattr(X, "dtype") and check_array(X, **settings).dtype.kind == "U":
            X = np.array(X, dtype=object)
        return validate_data(self, X, reset=reset, **settings)

    def _select_by_name(self, table: pd.DataFrame) -> pd.DataFrame:
        """Select the columns of `fit` by name and ignore others, as ColumnTransformer does."""
        names = list(self.feature_names_in_)
        if list(table.columns) == names or not all(isinstance(name, str) for name in table):
            return table
        if missing := [name for name in names if name not in table]:
            raise ValueError(
                "X must have all columns that it had in fit, but these are missing: "
                f"{', '.join(map(repr, missing))}. Add them, with missing values if the values are "
                "unknown."
            )
        return table[pd.Index(names, dtype=object)]

    def _categorical_mask(
        self, table: pd.DataFrame, with_dates: "list[Column[Any]]"
    ) -> NDArray[np.bool_]:
        """Return which columns are categorical; `with_dates` are the columns with dates parsed."""
        choice = self.categorical_features
        if isinstance(choice, str):
            return np.array([_is_categorical(column) for column in with_dates])
        mask = _check_categorical_features(table, choice)
        return np.zeros(table.shape[1], bool) if mask is None else mask

    def __sklearn_tags__(self) -> Tags:
        """Declare that the encoder accepts categories and missing values."""
        tags = super().__sklearn_tags__()
        tags.input_tags.categorical = True
        tags.input_tags.allow_nan = True
        tags.transformer_tags.preserves_dtype = ["float32"]
        return tags


def _is_categorical(column: "Column[Any]") -> bool:
    """Return whether the dtype or the values of a column make it categorical."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        return True
    return kind_of(column) in ("flag", "text", "mixed")


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
