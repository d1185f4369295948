"""From a raw table to the float32 inputs of a network, column by column."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
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
from scratchmlp.tabular.columns import (
    WORDS,
    Column,
    Floats,
    kind_of,
    numbers,
    read_dates,
    to_pandas,
    written_dates,
)
from scratchmlp.tabular.levels import encode_levels, fit_levels, level_names

NUMERIC = ("number", "date", "duration")
ALMOST_INFINITE = (
    1e100  # where the smooth clip has long reached its limit, squares are still finite
)
REMEDIES = {
    "number": "Convert it with pandas.to_numeric",
    "date": "Convert it with pandas.to_datetime",
    "duration": "Convert it with pandas.to_timedelta",
    "flag": "Convert it to booleans",
    "text": "Convert it with astype(str)",
}


class TabularEncoder(TransformerMixin, BaseEstimator):
    """Turn the columns of a raw table into numbers that suit a neural network.

    What becomes of a column follows from what it holds:

    - **Numbers** x (booleans too, when they are no categories): z = (x - median) / interquartile
      range, or half the range where the interquartile range is 0, then a smooth clip,
      z / sqrt(1 + (z / 3)²), which keeps every value within (-3, 3). Missing numbers take the
      median, which is 0, and a column that has some in `fit` gets an indicator column of 0 and 1
      beside it.
    - **Dates** become days since 1970-01-01 (in UTC, as those without a time zone are taken to be),
      and durations become days; then they are numbers.
    - **Categories** get a column of 0 and 1 for each level. A column of two levels becomes a
      single one of -1 and 1. Missing and unseen levels are 0 in all columns of theirs, as are those
      that `max_categories` leaves without a column. If there are more than ten levels, those that
      occur once in `fit` have none either, as they say nothing about other rows. If they occur
      less than twice on average, they are taken for names or keys: no level has a column, and
      only an indicator of missing ones is left, if there are any.

    Columns that are constant, or without any value, in `fit` are dropped; one that is constant but
    for missing values keeps the column that tells these apart. `transform` does not look at what
    was dropped, though it has to be there. If nothing at all is left, the
    output is a single column of zeros, from which an estimator can still learn the class
    frequencies or the mean.

    Parameters
    ----------
    categorical_features : array-like of {bool, int, str}, 'from_dtype' or None, \
default='from_dtype'
        Which columns are categories.

        - 'from_dtype': those of categories, strings or booleans, and those of objects that are not
          all numbers, dates or durations; but text of which each value is a date, such as
          "2024-05-17" or "2024-05-17T12:00Z", is dates. In `transform`, text that is none then
          counts as missing, as long as most values are.
        - An array: these and no others, as a mask, as positions or as names, as for
          :class:`~sklearn.ensemble.HistGradientBoostingClassifier`.
        - None: none of them.
    max_categories : int, default=64
        Largest number of levels of a column that have a column of their own, at least 1: the most
        frequent ones and, of equally frequent ones, those that come first when sorted.

    Attributes
    ----------
    columns_ : dict of str to dict
        What became of each column of the table, by its name ("x0", "x1", ... if it has none), in
        plain data.

        - "kind": "number", "date", "duration", "category", or "missing" if it had no value.
        - "centre", "scale", "indicator", of the first three: the median, what is divided by (0.0:
          the column is constant and was dropped), and whether missing values have a column.
        - "labels", "levels", "encoding", "n_levels", of categories: what they are made of, such as
          "text"; the levels with a column of their own (dates are of type pandas.Timestamp);
          "one-hot", "sign" (one column of -1 and 1), "missing" (the indicator alone) or "none"
          (dropped); and how many levels there were.
    numeric_outputs_ : ndarray of int
        Positions of the outputs that are numbers, neither indicators nor levels.
    n_features_in_ : int
        Number of columns of the table.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of its columns, if they are strings.

    Raises
    ------
    ValueError
        If a number is infinite, or a column holds values that are neither numbers nor dates nor
        durations and is no category. In `transform`, also if a column is missing or holds another
        kind of values than in `fit`: numbers instead of text, for instance.
    TypeError
        If labels cannot be hashed, such as lists, or the table is sparse.

    See Also
    --------
    PiecewiseLinearEncoder : Spreads numbers over several columns.

    Notes
    -----
    If `fit` and `transform` are given data frames with names, columns are found by name: their
    order does not matter, and additional ones are ignored. A column may come back with another
    dtype for the same kind of values (int as float, object as string or category), and one
    without any value always passes.

    References
    ----------
    Holzmüller, Grinsztajn and Steinwart, "Better by default: strong pre-tuned MLPs and boosted
    trees on tabular data", NeurIPS 2024, where scaling and smooth clip come from.

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
        """Learn what becomes of each column.

        Parameters
        ----------
        X : {array-like, DataFrame} of shape (n_samples, n_features)
            The table.
        y : None
            Ignored: the encoding does not look at targets.

        Returns
        -------
        TabularEncoder
            The fitted encoder itself.
        """
        with unchanged_on_failure(self):
            table = self._table(X, reset=True)
            names = _check_feature_names_in(self)
            dated = [read_dates(column) for _, column in table.items()]
            mask = self._categorical(table, dated)
            self.columns_ = {
                name: self._describe(name, column if is_category else dates, is_category)
                for name, (_, column), dates, is_category in zip(
                    names, table.items(), dated, mask, strict=True
                )
            }
        return self

    def transform(self, X: Any) -> NDArray[np.float32]:
        """Encode a table.

        Parameters
        ----------
        X : {array-like, DataFrame} of shape (n_samples, n_features)
            The table, with the columns that it had in `fit`.

        Returns
        -------
        ndarray of shape (n_samples, n_features_out), float32
            The encoded columns, those of one column of `X` side by side, in the order of `fit`;
            a DataFrame after ``set_output(transform="pandas")``.
        """
        check_is_fitted(self)
        table = self._table(X, reset=False)
        widths = [len(_suffixes(fitted)) for fitted in self.columns_.values()]
        out = np.zeros((len(table), max(1, sum(widths))), np.float32)
        end = 0
        for (name, fitted), (_, column), width in zip(
            self.columns_.items(), table.items(), widths, strict=True
        ):
            end += width
            if width:  # what was dropped is not looked at
                _encode(name, column, fitted, out[:, end - width : end])
        return out

    @property
    def numeric_outputs_(self) -> NDArray[np.intp]:
        """Positions of the outputs that are numbers, neither indicators nor levels."""
        check_is_fitted(self)
        outputs = [
            fitted["kind"] in NUMERIC and not suffix
            for fitted in self.columns_.values()
            for suffix in _suffixes(fitted)
        ]
        return np.flatnonzero(outputs)

    def get_feature_names_out(self, input_features: Any = None) -> NDArray[np.object_]:
        """Name the encoded columns.

        Parameters
        ----------
        input_features : array-like of str or None, default=None
            Names of the columns of the table, for one that had none in `fit`. By default they are
            "x0", "x1", ...

        Returns
        -------
        ndarray of shape (n_features_out,), object
            The name of a number's column is its own; "_missing" or "_" and the level are added for
            the others.
        """
        check_is_fitted(self)
        names = _check_feature_names_in(self, input_features)
        outputs = [
            f"{name}{suffix}"
            for name, fitted in zip(names, self.columns_.values(), strict=True)
            for suffix in _suffixes(fitted)
        ]
        return np.array(list(_distinct(outputs)) or ["zero"], dtype=object)

    def _table(self, X: Any, reset: bool) -> pd.DataFrame:
        """Validate a table, and bring its columns into the order of `fit`."""
        if not nw.dependencies.is_into_dataframe(X):
            return pd.DataFrame(self._array(X, reset))
        table = to_pandas(X)
        if not reset and hasattr(self, "feature_names_in_"):
            table = self._in_order(table)
        validate_data(self, table, reset=reset, skip_check_array=True)
        if 0 in table.shape:
            raise ValueError(
                f"Found a table of {table.shape[0]} sample(s) and {table.shape[1]} feature(s), "
                "where at least one of each is required."
            )
        return table

    def _array(self, X: Any, reset: bool) -> NDArray[Any]:
        settings = {"dtype": None, "ensure_all_finite": False}
        # NumPy would turn the numbers of a mixed list into strings.
        if not hasattr(X, "dtype") and check_array(X, **settings).dtype.kind == "U":
            X = np.array(X, dtype=object)
        return validate_data(self, X, reset=reset, **settings)

    def _in_order(self, table: pd.DataFrame) -> pd.DataFrame:
        """Find the columns by name, as ColumnTransformer does: others are ignored."""
        names = list(self.feature_names_in_)
        if list(table.columns) == names or not all(isinstance(name, str) for name in table):
            return table
        if missing := [name for name in names if name not in table]:
            raise ValueError(
                "X must have the columns that it had in fit, and these are missing: "
                f"{', '.join(map(repr, missing))}. Add them, without values if these are unknown."
            )
        return table[names]

    def _categorical(self, table: pd.DataFrame, dated: "list[Column[Any]]") -> NDArray[np.bool_]:
        """Tell which columns are categories; by their dtypes once dates are read."""
        choice = self.categorical_features
        if isinstance(choice, str):
            return np.array([_is_categorical(column) for column in dated])
        mask = _check_categorical_features(table, choice)
        return np.zeros(table.shape[1], bool) if mask is None else mask

    def _describe(self, name: str, column: "Column[Any]", is_category: bool) -> dict[str, Any]:
        """Learn what becomes of one column."""
        kind = kind_of(column)
        if not column.notna().any():
            return {"kind": "missing"}
        if kind == "complex" or (kind in ("text", "mixed") and not is_category):
            remedy = (
                "Take their real part or their size."
                if kind == "complex"
                else "Name it in categorical_features, where all columns of categories have to be "
                "named unless it is 'from_dtype', or convert it."
            )
            raise ValueError(
                f"Column {name!r} holds {WORDS[kind]}, and only numbers, dates and durations can "
                f"be used as such. {remedy}"
            )
        with _naming(name):
            if is_category:
                labels = column.to_numpy(dtype=object)
                return {"kind": "category", "labels": kind} | fit_levels(
                    labels, self.max_categories
                )
            kind = "number" if kind == "flag" else kind
            return {"kind": kind} | _fit_numbers(numbers(column, kind))

    def __sklearn_tags__(self) -> Tags:
        """Say what the encoder accepts."""
        tags = super().__sklearn_tags__()
        tags.input_tags.categorical = True
        tags.input_tags.allow_nan = True
        tags.transformer_tags.preserves_dtype = ["float32"]
        return tags


def _is_categorical(column: "Column[Any]") -> bool:
    """Tell from its dtype, or from its values, whether a column is one of categories."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        return True
    return kind_of(column) in ("flag", "text", "mixed")


def _fit_numbers(values: Floats) -> dict[str, Any]:
    """Find centre and scale of a column that has some number."""
    known = values[~np.isnan(values)]
    low, quarter, centre, three_quarters, high = np.quantile(known, [0, 0.25, 0.5, 0.75, 1])
    scale = three_quarters - quarter or (high - low) / 2
    return {
        "centre": float(centre),
        "scale": float(scale),
        "indicator": len(known) < len(values),
    }


def _suffixes(fitted: dict[str, Any]) -> list[str]:
    """Name what one column becomes; the suffixes follow its own name."""
    if fitted["kind"] in NUMERIC:
        return [""] * (fitted["scale"] > 0) + ["_missing"] * fitted["indicator"]
    if fitted["kind"] == "category":
        return [f"_{name}" for name in level_names(fitted)]
    return []


def _distinct(names: Iterable[str]) -> Iterable[str]:
    """Give a number to names that have been there: levels 1 and "1" have the same."""
    taken: set[str] = set()
    for name in names:
        number, distinct = 1, name
        while distinct in taken:
            number += 1
            distinct = f"{name}_{number}"
        taken.add(distinct)
        yield distinct


def _checked(name: str, column: "Column[Any]", fitted: dict[str, Any]) -> "Column[Any]":
    """Check that a column holds what it held in `fit`. Without any value, it always does."""
    expected, received = fitted.get("labels", fitted["kind"]), kind_of(column)
    kinds = {expected, received}
    # True equals 1, as a number and as a label. Where labels are mixed, any kind may come alone.
    if len(kinds) == 1 or kinds == {"number", "flag"}:
        return column
    if fitted["kind"] == "date" and received == "text":
        dates = written_dates(column)
        if dates.notna().sum() > column.notna().sum() / 2:
            return dates  # what is none, among many that are, is as good as missing
    if "mixed" in kinds and fitted["kind"] == "category":
        return column
    if not column.notna().any():
        return pd.Series(np.full(len(column), np.nan))
    role = "categories made of " if "labels" in fitted else ""
    raise ValueError(
        f"Column {name!r} held {role}{WORDS[expected]} in fit and holds {WORDS[received]} now. "
        f"{REMEDIES[expected]}, or fit again on such values."
    )


def _encode(
    name: str, column: "Column[Any]", fitted: dict[str, Any], out: NDArray[np.float32]
) -> None:
    """Write what one column becomes into its columns of the output."""
    column = _checked(name, column, fitted)
    with _naming(name):
        if fitted["kind"] == "category":
            encode_levels(column.to_numpy(dtype=object), fitted, out)
        else:
            _encode_numbers(numbers(column, fitted["kind"]), fitted, out)


def _encode_numbers(values: Floats, fitted: dict[str, Any], out: NDArray[np.float32]) -> None:
    """Write numbers, scaled and clipped, and where they are missing."""
    if fitted["indicator"]:
        out[:, -1] = np.isnan(values)
    if fitted["scale"] > 0:
        with np.errstate(over="ignore"):  # a tiny scale
            z = (values - fitted["centre"]) / fitted["scale"]
        np.clip(z, -ALMOST_INFINITE, ALMOST_INFINITE, out=z)
        z /= np.sqrt(1 + (z / 3) ** 2)
        out[:, 0] = np.nan_to_num(z, copy=False)


@contextmanager
def _naming(name: str) -> Iterator[None]:
    """Say in errors which column they are about."""
    try:
        yield
    except OverflowError as error:
        raise ValueError(
            f"Column {name!r} holds infinity, and numbers must be finite or missing. Replace it by "
            "NaN or by the largest number that makes sense."
        ) from error
    except TypeError as error:
        raise TypeError(
            f"Column {name!r} holds labels that cannot be told apart ({error}), and the argument "
            "must be a string, a number or another hashable value. Convert it with astype(str), or "
            "leave it out."
        ) from error
