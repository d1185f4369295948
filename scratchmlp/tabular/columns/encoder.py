"""The encoder of raw tables, whose float32 output is the input of a network."""

from collections.abc import Collection
from copy import copy
from dataclasses import KW_ONLY, dataclass, field, replace
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

from scratchmlp.tabular.columns.any_column import Columns, fit_column, output_names
from scratchmlp.tabular.columns.categories import CategoricalColumn
from scratchmlp.tabular.columns.encoded_table import EncodedTable, encode_table
from scratchmlp.tabular.columns.numeric import NumberColumn
from scratchmlp.tabular.columns.plain import PlainState
from scratchmlp.tabular.columns.text import TextColumn, TextEncoder
from scratchmlp.tabular.notes import Note, NoteCase, describe, warn_of
from scratchmlp.tabular.reading.codes import as_codes
from scratchmlp.tabular.reading.found import Found
from scratchmlp.tabular.reading.kinds import find_kinds
from scratchmlp.tabular.reading.missing import (
    MISSING_VALUES_CONSTRAINTS,
    MissingValues,
    mark_missing,
    missing_values_of,
)
from scratchmlp.tabular.reading.roles import ROLE_CONSTRAINTS, column_roles
from scratchmlp.tabular.reading.tables import check_collected, check_is_no_series, to_pandas
from scratchmlp.utils.atomic_fit import all_at_once

#: Parameters that say how columns are read, and which values they take.
READING_CONSTRAINTS = ROLE_CONSTRAINTS | MISSING_VALUES_CONSTRAINTS


@dataclass(eq=False, repr=False)
class TabularEncoder(PlainState, TransformerMixin, BaseEstimator):
    """Encode the columns of a raw table as numbers for a neural network.

    The content of a column decides what it becomes; :doc:`/columns` has all rules.

    - Numbers, dates and durations (in days) are scaled by median and interquartile range, and
      clipped to (-3, 3) by z / sqrt(1 + (z / 3)²). Missing ones become 0 and, if there are any in
      `fit`, get an indicator. Dates add parts of the year and day, and days of the week.
    - Categories become a column of 0 and 1 for each level, or -1 and 1 for two levels. Of many
      levels, the most frequent get columns, and another column holds the frequency.
    - Text becomes up to 30 numbers that summarize its words.
    - Identifiers, and columns with one value or none, are left out.

    Numbers, dates and durations may be text, such as "1,234.50 €" or "17.03.2020". If no day is
    above 12, dates with slashes start with the month, others with the day. In NumPy arrays, nothing
    is guessed. Targets have no influence.

    Parameters
    ----------
    categorical_features : array-like of {bool, int, str}, 'from_dtype' or None, \
default='from_dtype'
        Which columns are categorical.

        - 'from_dtype': categories, booleans, codes (whole numbers such as zip codes, or text such
          as "007"), and text or objects that cannot be read.
        - An array that contains 'from_dtype', such as ``["from_dtype", "zip"]``: these and the
          named columns.
        - Another array: only these columns; no column is then taken for codes or identifiers.
        - None: no column.
    numeric_features : array-like of {bool, int, str} or None, default=None
        Columns of numbers, not of codes or identifiers. Other values in them count as missing.
    text_features : array-like of {bool, int, str} or None, default=None
        Columns of free text, besides those that are recognized.
    date_features : array-like of {bool, int, str} or None, default=None
        Columns of dates. Other values in them count as missing.
    missing_values : number, str, array-like or dict, default=None
        Values that mean missing, such as 999, for all columns, or a dict of them by column name or
        position. Numbers also match text such as "999.00"; other text must be exact.
    max_categories : int, default=64
        Maximum number of levels of a column with a column of their own, at least 1.

    Attributes
    ----------
    columns_ : dict of str to dict
        For each column of the table ("x0", "x1", ... without names):

        - "kind": "number", "date", "duration", "category", "text" or, if it is left out,
          "identifier", "constant" or "missing".
        - "reason" of this kind, as a sentence, and "why", as a word, such as "choice" or "code".
        - "decimal", "units", "some_without_units", "date_format", "date_marks", "unreadable": how
          text was read; "zone" of dates.
        - "n_rows" and "share_missing" in `fit`, and "indicator": whether an output marks missing
          values.
        - "center", "scale" of numbers: median and divisor (0.0 for a single value); "deciles", from
          the lowest to the highest, and "decile_counts": rows up to each.
        - "levels" of categories: those with a column of their own; "n_levels": number of all;
          "counts": rows of each level that is kept.
        - "encoding" of categories: "one-hot", "sign" (-1 and 1), "many", "missing" (only an
          indicator) or "none".
        - "other_levels" of "many": further levels that repeat.
        - "expected" of categories and text: the kind of their values.
        - "cycles" of dates: which of "month" and "hour" differ; "weekdays": days, from Monday (0).
        - "names_entity" of categories: whether they name what rows belong to, such as persons;
          "is_held_out": whether folds hold out whole values, in an estimator. Both are hidden in
          some training rows: see :doc:`/what_can_mislead_you`.
        - "n_components" of text.
    notes_ : list of tuple of two str
        What `fit` warned of: a case, such as "identifier", and a clause.
    text_encoders_ : dict of str to object
        Vectorizers and singular value decomposition of each column of text.
    numeric_outputs_ : ndarray of int
        Positions of the outputs that are numbers in a range.
    n_features_in_, feature_names_in_ : int, ndarray of str
        Number of columns, and their names if strings.

    Raises
    ------
    ValueError
        If column names repeat, a number is infinite, a date is beyond 292,000 years, or a column
        excluded from `categorical_features` cannot be read. In `transform`, also if a column is
        missing or has another kind of values.
    TypeError
        If a label cannot be hashed, such as a list, or the table is sparse or a LazyFrame.

    Warns
    -----
    DataConversionWarning
        If columns are left out or guessed, values cannot be read, or texts are cut. In `transform`,
        also if time zones differ, or if all values of a column are unseen or missing.

    See Also
    --------
    PiecewiseLinearEncoder : Encode each number as several numbers, one per bin.

    Notes
    -----
    Columns of data frames are matched by name, also if names are numbers, such as years; additional
    ones are ignored, and those that were left out are not required. Columns of arrays are matched
    by position, and so are those whose names are strings in `fit` only, or in `transform` only, of
    which scikit-learn warns. Dtypes may change if the kind of values does not.
    If no column has outputs, the output is a column of zeros.

    References
    ----------
    Holzmüller, Grinsztajn and Steinwart, "Better by default", NeurIPS 2024: scaling and clip.

    Examples
    --------
    >>> import pandas as pd
    >>> from scratchmlp.tabular import TabularEncoder
    >>> table = pd.DataFrame(
    ...     {
    ...         "age": [20, 30, 40, None],
    ...         "city": ["Rome", "Oslo", "Paris", None],
    ...         "member": [True, False, True, True],
    ...     }
    ... )
    >>> encoder = TabularEncoder().set_output(transform="pandas")
    >>> encoder.fit_transform(table).round(2)
        age  age_missing  city_Oslo  city_Paris  city_Rome  member_True
    0 -0.95          0.0        0.0         0.0        1.0          1.0
    1  0.00          0.0        1.0         0.0        0.0         -1.0
    2  0.95          0.0        0.0         1.0        0.0          1.0
    3  0.00          1.0        0.0         0.0        0.0          1.0
    >>> encoder.columns_["age"]["center"]
    30.0
    """

    categorical_features: Any = "from_dtype"
    _: KW_ONLY
    numeric_features: Any = None
    text_features: Any = None
    date_features: Any = None
    missing_values: Any = None
    max_categories: int = 64

    notes_: list[tuple[NoteCase, str]] = field(init=False)
    _columns: Columns = field(init=False)
    #: Names of the columns of a data frame, as text; those of an array have none.
    _labels: list[str] = field(init=False)
    _missing_values: MissingValues = field(init=False)
    #: What was found in `fit`, as plain data.
    _notes: list[tuple[NoteCase, str, dict[str, Any]]] = field(init=False)

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

        Examples
        --------
        >>> import pandas as pd
        >>> from scratchmlp.tabular import TabularEncoder
        >>> dates = pd.DataFrame({"since": ["17.03.2020", "05.04.2021", "30.12.2021"]})
        >>> encoder = TabularEncoder().fit(dates)
        >>> encoder.columns_["since"]["kind"], list(encoder.get_feature_names_out()[:2])
        ('date', ['since', 'since_month'])
        """
        with all_at_once(self) as fitted:
            learn_columns(fitted, X)
            warn_of(fitted.notes_)
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
        encoded, notes = encode_with(self, X)
        warn_of(notes, is_new=True)
        return encoded.to_array()

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

    def _to_table(self, X: Any, reset: bool) -> pd.DataFrame:
        """Return a valid table, with its columns in the order of `fit`."""
        check_collected(X)
        if not nw.dependencies.is_into_dataframe(X):
            array = self._validate_array(X, reset)
            if reset:
                self._labels = []
            # pandas would make text to strings of pyarrow, which cannot hold lone surrogates.
            return pd.DataFrame(array, dtype=object if array.dtype.kind in "OU" else None)
        table = to_pandas(X)
        if reset:
            self._labels = [*map(str, table.columns)]
        elif self._labels and _are_names(table.columns) == hasattr(self, "feature_names_in_"):
            table = _select_by_name(table, self._columns, self._labels)
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


def learn_columns(encoder: TabularEncoder, X: Any) -> None:
    """Set the fitted attributes of an encoder, without warnings."""
    table = valid_table(encoder, X, reset=True)
    names = list(_check_feature_names_in(encoder))
    roles = column_roles(table, **{name: getattr(encoder, name) for name in ROLE_CONSTRAINTS})
    found = find_kinds(names, table, roles, guess=nw.dependencies.is_into_dataframe(X))
    encoder._columns = {
        name: fit_column(name, column, each, encoder.max_categories)
        for (name, each), (_, column) in zip(found.items(), table.items(), strict=True)
    }
    notes = [note for each in found.values() for note in each.notes]
    notes += [Note(each.unrepeated, n) for n, each in encoder._columns.items() if each.unrepeated]
    encoder._notes = [(note.case, note.column, {**note.values}) for note in notes]
    encoder.notes_ = describe(notes)


def encode_with(encoder: TabularEncoder, X: Any) -> tuple[EncodedTable, list[tuple[NoteCase, str]]]:
    """Encode a table with a fitted encoder, also what is encoded anew for each fold.

    The second result is what to warn of, as in `notes_`.
    """
    check_is_fitted(encoder)
    encoded, notes = encode_table(valid_table(encoder, X), encoder._columns)
    return encoded, describe(notes)


def valid_table(encoder: TabularEncoder, X: Any, *, reset: bool = False) -> pd.DataFrame:
    """Validate a table, convert it to pandas and put its columns into the order of `fit`.

    Values that mean missing are missing in the result. With `reset`, the encoder learns the names
    of the columns, and which of their values mean missing.
    """
    table = encoder._to_table(X, reset)
    names = list(_check_feature_names_in(encoder))
    if reset:
        encoder._missing_values = missing_values_of(names, encoder.missing_values)
    if not encoder._missing_values:
        return table
    labels = dict(zip(names, table.columns, strict=True))  # integers if there are no names
    marked = {labels[name]: values for name, values in encoder._missing_values.items()}
    columns = {} if reset else encoder._columns
    readings = {labels[name]: each.reading for name, each in columns.items()}
    return mark_missing(table, marked, readings)


def fitted_columns(encoder: TabularEncoder) -> Columns:
    """Return the fitted columns as records, by name."""
    return encoder._columns


def notes_on_columns(encoder: TabularEncoder) -> list[Note]:
    """Return what was found in `fit`, column by column."""
    return [Note(*each) for each in encoder._notes]


def values_for_missing(encoder: TabularEncoder) -> MissingValues:
    """Return the values that mean missing, by column: what `missing_values` says of the table."""
    return encoder._missing_values


def with_marks(encoder: TabularEncoder, names: Collection[str], **marks: Any) -> TabularEncoder:
    """Return a fitted encoder with fields of some columns of categories changed."""
    marked: Columns = {
        name: replace(each, **marks)
        for name, each in encoder._columns.items()
        if name in names and isinstance(each, CategoricalColumn)
    }
    return _with_columns(encoder, marked)


def with_codes(
    encoder: TabularEncoder, alike: Collection[str], X: Any, rows: NDArray[np.intp]
) -> TabularEncoder:
    """Return a fitted encoder in which some whole numbers are codes, where it may guess.

    Parameters
    ----------
    encoder : TabularEncoder
        The fitted encoder.
    alike : collection of str
        Names of columns of which rows with the same value are alike.
    X : {DataFrame, array-like} of shape (n_samples, n_features)
        The table of `fit`.
    rows : ndarray of int
        The rows whose values have a code.

    Returns
    -------
    TabularEncoder
        Another encoder, or the same one if none of these columns holds numbers.
    """
    if not alike:
        return encoder
    numbers, given = may_take_for_codes(encoder, X), valid_table(encoder, X).items()
    codes: Columns = {}
    for name, (_, column) in zip(encoder._columns, given, strict=True):
        if name in alike and name in numbers:
            found = _alike(name, numbers[name], column.iloc[rows])
            found = found._replace(names_entity=True)
            codes[name] = fit_column(name, column, found, encoder.max_categories)
    return _with_columns(encoder, codes)


def _alike(name: str, column: NumberColumn, given: "pd.Series[Any]") -> Found:
    """Return a column of numbers, whose equal values were found to be alike, as one of codes."""
    found = Found("number", column.reason, column.values_of(given), column.reading)
    return as_codes(name, found, "rows of the same number are alike", "code")


def may_take_for_codes(encoder: TabularEncoder, X: Any) -> dict[str, NumberColumn]:
    """Return the columns of numbers that a fitted encoder may take for codes, given its table."""
    roles = column_roles(
        valid_table(encoder, X), **{name: getattr(encoder, name) for name in ROLE_CONSTRAINTS}
    )
    if not nw.dependencies.is_into_dataframe(X) or "no category" in roles:
        return {}
    return {
        name: column
        for name, column in encoder._columns.items()
        if isinstance(column, NumberColumn) and column.why != "choice"
    }


def _with_columns(encoder: TabularEncoder, changed: Columns) -> TabularEncoder:
    """Return a fitted encoder with other records of some columns; itself if there are none."""
    if not changed:
        return encoder
    other = copy(encoder)
    other._columns = encoder._columns | changed
    return other


def _are_names(labels: "pd.Index[Any]") -> bool:
    """Return whether the columns have names for scikit-learn, which are strings."""
    return all(isinstance(label, str) for label in labels)


def _select_by_name(table: pd.DataFrame, columns: Columns, labels: list[str]) -> pd.DataFrame:
    """Select the columns of `fit` by name and ignore others, as ColumnTransformer does.

    Columns without outputs may be missing, and are NaN. Names that are not strings, such as years,
    are compared as text, and then become positions: scikit-learn takes them for no names.
    """
    given = [*map(str, table.columns)]
    if given == labels:
        return table
    used = [label for label, each in zip(labels, columns.values(), strict=True) if each.n_outputs]
    if missing := [label for label in used if label not in given]:
        raise ValueError(
            "X must have all columns that it had in fit, but these are missing: "
            f"{', '.join(map(repr, missing))}. Add them, with missing values if the values are "
            "unknown."
        )
    selected = table.set_axis(pd.Index(given, dtype=object), axis=1)
    selected = selected.reindex(columns=pd.Index(labels, dtype=object))
    return selected if _are_names(table.columns) else selected.set_axis(range(len(labels)), axis=1)
