"""The encoder of raw tables, whose float32 output is the input of a network."""

from dataclasses import KW_ONLY, dataclass
from numbers import Integral
from typing import Any, ClassVar, Self

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin, _fit_context
from sklearn.utils import Tags
from sklearn.utils._param_validation import Interval
from sklearn.utils.validation import (
    _check_feature_names_in,
    check_array,
    check_is_fitted,
    validate_data,
)

from scratchmlp.atomic_fit import all_at_once
from scratchmlp.tabular.columns.any_column import (
    Columns,
    fit_column,
    output_names,
)
from scratchmlp.tabular.columns.encoded_table import EncodedTable, encode_table
from scratchmlp.tabular.columns.plain import PlainState
from scratchmlp.tabular.columns.text import TextColumn, TextEncoder
from scratchmlp.tabular.reading.findings import REMEDIES_AFTER_FIT, Note, describe, warn_of
from scratchmlp.tabular.reading.kinds import find_kinds
from scratchmlp.tabular.reading.missing import (
    MISSING_VALUES_CONSTRAINTS,
    MissingValues,
    mark_missing,
    missing_values_of,
)
from scratchmlp.tabular.reading.roles import ROLE_CONSTRAINTS, column_roles
from scratchmlp.tabular.reading.values import check_collected, check_is_no_series, to_pandas

#: Parameters that say how columns are read, and which values they take.
READING_CONSTRAINTS = ROLE_CONSTRAINTS | MISSING_VALUES_CONSTRAINTS


@dataclass(eq=False, repr=False)
class TabularEncoder(PlainState, TransformerMixin, BaseEstimator):
    """Encode the columns of a raw table as numbers for a neural network.

    The encoding of a column depends on its content:

    - **Numbers** x, and booleans that are not categories, become z = (x - median) / interquartile
      range. If the interquartile range is 0, half the range replaces it. Then a smooth clip,
      z / sqrt(1 + (z / 3)²), limits all values to (-3, 3). Missing numbers are replaced by the
      median, which becomes 0. A column with missing numbers in `fit` also gets an indicator column
      of 0 and 1.
    - **Dates** become days since 1970-01-01 in UTC, and **durations** become days; then they are
      encoded as numbers. Dates without a time zone are taken to be in UTC. If months or hours
      differ, the position in the year ("_month") or in the day ("_hour") is added, as a number in
      [-1, 1) and as its sine and cosine. If days of the week differ, each of them gets a column of
      0 and 1 ("_weekday_Mon"). All these additional columns are 0 for missing dates.
    - **Categories** become a column of 0 and 1 for each level, or a single column of -1 and 1 if
      there are two levels. Missing values and levels without a column of their own are 0 in all of
      these columns. In a column with more than ten levels, a level that occurs once in `fit` gets
      no column, because it says nothing about other rows. If there are more than `max_categories`
      levels, only the most frequent levels with at least ten rows get a column (with up to ten
      levels, with any number of rows). Another column ("_frequency") contains the logarithm of the
      level's count, divided by the logarithm of the largest count. It is 0 for levels that are
      unseen or occur once. If values are missing in `fit`, such a column also gets an indicator.
      Whole numbers that are taken for codes also stay numbers if there are so many levels.
    - **Text** becomes up to 30 components ("_svd1", ...) of a truncated singular value
      decomposition of TF-IDF. The terms are words and, if the texts have up to 30 words on average,
      sequences of two to four characters within words. Terms that occur in a single text are not
      counted. Only the first 5,000 characters of a text are used. The components of missing text
      are 0. If text is missing in `fit`, there is an indicator column.

    The targets have no influence. Ensembles such as :class:`TabularMLPClassifier` add encodings of
    many categories and of text that depend on the targets.

    A text column is numeric if its values are numbers such as "1,234.50", "€ 12", "12 %" or "5 kg".
    The decimal mark, a point or a comma, is chosen for the whole column. A text column contains
    dates if its values are dates in a common form, such as "17.03.2020", "03/17/2020 2:05 PM" or
    "17 Mar 2020". If no day is above 12, the day comes first in dates with points or hyphens, and
    the month in dates with slashes. Times of the day, such as "14:05", are durations, and "true"
    and "false" are booleans. A few values that cannot be read, such as "n.a.", become missing
    values. Text with leading zeros, such as "007", is categorical.

    In data frames, `fit` also looks for whole numbers that are not quantities. Codes, such as zip
    codes, are encoded as categories. They have the same number of digits, and repeat although they
    are a small part of the numbers in their range, or the name of the column says that they are
    codes. Identifiers are left out: text or whole numbers that are different in each row, if the
    name, such as "customer_id", or the values show that they only identify rows. Row numbers that
    pandas has saved as a column without a name are left out too, and so are columns with a single
    value or without any value. If an identifier or a column with a single value is missing in some
    rows of `fit`, an indicator of missing values remains. `transform` does not require columns
    without outputs. If no column has outputs, the output is a single column of zeros, from which an
    estimator can still learn the class frequencies or the mean.

    `fit` warns of what it leaves out, guesses, or cannot read, and says what to do about it.
    `columns_` contains the reason for each column. In NumPy arrays, nothing is guessed, and columns
    with a single number are dropped without a warning.

    Parameters
    ----------
    categorical_features : array-like of {bool, int, str}, 'from_dtype' or None, \
default='from_dtype'
        Which columns are categorical.

        - 'from_dtype': columns of categories or booleans, codes, and columns of text or objects
          that are not read as numbers, dates or durations.
        - An array that contains 'from_dtype', such as ``["from_dtype", "zip"]``: the named columns
          in addition to these.
        - Another array: only these columns, as a boolean mask, positions or names, as in
          :class:`~sklearn.ensemble.HistGradientBoostingClassifier`. Then no column is taken for
          codes or identifiers.
        - None: no column.
    numeric_features : array-like of {bool, int, str} or None, default=None
        Columns of numbers that could be taken for codes or identifiers. All values that are not
        numbers become missing values.
    text_features : array-like of {bool, int, str} or None, default=None
        Columns of free text, in addition to those that are recognized: text of 1.5 words or more on
        average, with many different values.
    date_features : array-like of {bool, int, str} or None, default=None
        Columns of dates. All values that are not dates become missing values.
    missing_values : number, str, array-like or dict, default=None
        Values that mean missing, such as 999, in `fit` and in `transform`: one or several for all
        columns, or a dict of column name, or position, to one or several. Numbers are compared as
        numbers, also if they are text, such as "999.00". Other text, and dates such as
        "1900-01-01", must be as they are written.
    max_categories : int, default=64
        Maximum number of levels with a column of their own, for each column. At least 1. The most
        frequent levels are kept; among equally frequent levels, the first in sorted order.

    Attributes
    ----------
    columns_ : dict of str to dict
        The encoding of each column of the table, by its name ("x0", "x1", ... without names), as
        plain data.

        - "kind": "number", "date", "duration", "category", "text", or, for columns that are left
          out, "identifier", "constant" (a single value) or "missing" (no value).
        - "reason": why the column is of this kind, in words. "why": the same in a word, such as
          "choice" or "code"; not if its values or its dtype alone say so.
        - "decimal", "units", "date_format", "unreadable" of text that was read as numbers or dates:
          the decimal mark, signs or units, the format, and values that could not be read. "zone" of
          dates: their time zone, if they have one.
        - "share_missing": the share of missing values in `fit`, if any are. "indicator": whether an
          indicator column marks them; categories have this only if their "encoding" is "many".
        - "center", "scale" of numbers, dates, durations and many codes: the median, and the divisor
          (0.0 if there is a single value, which is dropped).
        - "expected" of categories and text: the kind of their values, such as "text".
        - "levels", "encoding", "n_levels" of categories: the levels with a column of their own
          (dates as pandas.Timestamp); "one-hot", "sign" (one column of -1 and 1), "many" (more than
          `max_categories` levels), "missing" (only an indicator column) or "none" (dropped); and
          the number of levels in `fit`.
        - "other_levels", "counts" of "many" categories: further levels that repeat, and the numbers
          of rows of "levels" and "other_levels".
        - "cycles", "weekdays" of dates: the cycles, "month" and "hour", in which the dates differ,
          and the days of the week, from 0 for Monday, unless there is only one.
        - "n_components" of text: the number of components.
    notes_ : list of tuple of two str
        What `fit` warned of, as plain data: the case, such as "identifier" or "unreadable", and a
        clause such as "left out columns with a single value: a, b".
    text_encoders_ : dict of str to object
        Fitted vectorizers and singular value decomposition of each column of text, by its name.
    numeric_outputs_ : ndarray of int
        Positions of the outputs that are numbers in a range, not indicators, levels or components
        of text.
    n_features_in_ : int
        Number of columns of the table.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the columns of the table, if they are strings.

    Raises
    ------
    ValueError
        If two columns have the same name, a number is infinite, a date or a duration is beyond
        292,000 years, or a column that `categorical_features` excludes contains text or other
        values than numbers, booleans, dates and durations. In `transform`, also if a column is
        missing, or contains another kind of values than in `fit`, such as numbers instead of text.
    TypeError
        If a label cannot be hashed, such as a list, or the table is sparse or a LazyFrame.

    Warns
    -----
    DataConversionWarning
        If columns are left out, if their kind is a guess, if values cannot be read, or if texts are
        cut. In `transform`, if other values cannot be read or texts are cut, or if dates have no
        time zone, but those in `fit` had one other than UTC, or the reverse. For ten or more rows,
        also if all values of a column are categories that are not known from `fit`, or if all are
        missing, which must have a probability below 0.001 if values are missing as often as in
        `fit`.

    See Also
    --------
    PiecewiseLinearEncoder : Encode each number as several numbers, one per bin.

    Notes
    -----
    If `fit` and `transform` receive data frames with column names, columns are matched by name:
    their order does not matter, and additional columns are ignored. A column may have another dtype
    in `transform` if the kind of its values is the same (float instead of int, string or category
    instead of object), or if it is text that can be read. A column without any value is always
    accepted.

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
    >>> [encoder.columns_["age"][key] for key in ("reason", "center", "scale", "share_missing")]
    ['numbers', 30.0, 5.0, 0.2]
    """

    categorical_features: Any = "from_dtype"
    _: KW_ONLY
    numeric_features: Any = None
    text_features: Any = None
    date_features: Any = None
    missing_values: Any = None
    max_categories: int = 64

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **READING_CONSTRAINTS,
        "max_categories": [Interval(Integral, 1, None, closed="left")],
    }

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
        with all_at_once(self) as fitted:
            fitted._learn(X)
            warn_of(fitted.notes_)
        return self

    def _learn(self, X: Any) -> None:
        """Set the fitted attributes, without warnings."""
        table = self._validate_table(X, reset=True)
        names = list(_check_feature_names_in(self))
        roles = column_roles(table, **{name: getattr(self, name) for name in ROLE_CONSTRAINTS})
        found = find_kinds(names, table, roles, guess=nw.dependencies.is_into_dataframe(X))
        self._columns: Columns = {
            name: fit_column(name, column, each, self.max_categories)
            for (name, each), (_, column) in zip(found.items(), table.items(), strict=True)
        }
        notes = [note for each in found.values() for note in each.notes]
        notes += [Note(each.unrepeated, n) for n, each in self._columns.items() if each.unrepeated]
        self._notes = [(note.case, note.column, {**note.values}) for note in notes]
        self.notes_ = describe(notes)

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
        encoded, notes = self._encode(X)
        warn_of(notes, REMEDIES_AFTER_FIT)
        return encoded.to_array()

    def _encode(self, X: Any) -> tuple[EncodedTable, list[tuple[str, str]]]:
        """Encode a table, also what is encoded anew for each fold.

        The second result is what to warn of, as in `notes_`.
        """
        check_is_fitted(self)
        table = self._validate_table(X, reset=False)
        encoded, notes = encode_table(table, self._columns)
        return encoded, describe(notes)

    @property
    def columns_(self) -> dict[str, dict[str, Any]]:
        """The encoding of each column of the table, as plain data."""
        check_is_fitted(self)
        return {name: column.plain() for name, column in self._columns.items()}

    @property
    def text_encoders_(self) -> dict[str, TextEncoder]:
        """Fitted encoders of the columns of text."""
        check_is_fitted(self)
        columns = self._columns.items()
        return {name: each.encoder for name, each in columns if isinstance(each, TextColumn)}

    @property
    def numeric_outputs_(self) -> NDArray[np.intp]:
        """Positions of the outputs that are numbers in a range."""
        check_is_fitted(self)
        columns = self._columns.values()
        in_range = [suffix in each.ranges for each in columns for suffix in each.suffixes()]
        return np.flatnonzero(in_range)

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
            Scaled numbers keep the name of their column. Other names append to it, such as
            "age_missing", "city_Oslo", "shop_frequency", "since_month", "since_hour_sin",
            "since_weekday_Mon" and "review_svd1".
        """
        check_is_fitted(self)
        names = _check_feature_names_in(self, input_features)
        outputs = output_names(dict(zip(names, self._columns.values(), strict=True)))
        return np.array(outputs or ["zero"], dtype=object)

    def _validate_table(self, X: Any, reset: bool) -> pd.DataFrame:
        """Validate a table, convert it to pandas and put its columns into the order of `fit`.

        Values that mean missing are missing in the result.
        """
        table = self._to_table(X, reset)
        names = list(_check_feature_names_in(self))
        if reset:
            self._missing_values: MissingValues = missing_values_of(names, self.missing_values)
        if not self._missing_values:
            return table
        labels = dict(zip(names, table.columns, strict=True))  # integers if there are no names
        marked = {labels[name]: values for name, values in self._missing_values.items()}
        columns = {} if reset else self._columns
        readings = {labels[name]: each.reading for name, each in columns.items()}
        return mark_missing(table, marked, readings)

    def _to_table(self, X: Any, reset: bool) -> pd.DataFrame:
        """Return a valid table, with its columns in the order of `fit`."""
        check_collected(X)
        if not nw.dependencies.is_into_dataframe(X):
            array = self._validate_array(X, reset)
            # pandas would make text to strings of pyarrow, which cannot hold lone surrogates.
            return pd.DataFrame(array, dtype=object if array.dtype.kind in "OU" else None)
        table = to_pandas(X)
        if not reset and hasattr(self, "feature_names_in_"):
            table = _select_by_name(table, self._columns)
        validate_data(self, table, reset=reset, skip_check_array=True)
        if 0 in table.shape:
            raise ValueError(
                f"The table has {table.shape[0]} rows and {table.shape[1]} columns, but at least "
                "one of each is required. Pass a table that is not empty."
            )
        return table

    def _validate_array(self, X: Any, reset: bool) -> NDArray[Any]:
        """Validate a table that is not a data frame."""
        check_is_no_series(X)
        settings = {"dtype": None, "ensure_all_finite": False}
        # NumPy would convert the numbers in a list of numbers and strings to strings.
        if not hasattr(X, "dtype") and check_array(X, **settings).dtype.kind == "U":
            X = np.array(X, dtype=object)
        return validate_data(self, X, reset=reset, **settings)

    def __sklearn_tags__(self) -> Tags:
        """Declare that the encoder accepts categories and missing values."""
        tags = super().__sklearn_tags__()
        tags.input_tags.categorical = True
        tags.input_tags.allow_nan = True
        tags.transformer_tags.preserves_dtype = ["float32"]
        return tags


def _select_by_name(table: pd.DataFrame, columns: Columns) -> pd.DataFrame:
    """Select the columns of `fit` by name and ignore others, as ColumnTransformer does.

    Columns without outputs may be missing, and are NaN.
    """
    names = list(columns)
    if list(table.columns) == names or not all(isinstance(name, str) for name in table):
        return table
    used = [name for name in names if columns[name].n_outputs]
    if missing := [name for name in used if name not in table]:
        raise ValueError(
            "X must have all columns that it had in fit, but these are missing: "
            f"{', '.join(map(repr, missing))}. Add them, with missing values if the values are "
            "unknown."
        )
    return table.reindex(columns=pd.Index(names, dtype=object))
