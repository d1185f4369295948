"""What counts as missing: words such as NA, and values such as 999 that the user names."""

import re
from collections.abc import Mapping, Sequence
from numbers import Real
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scratchmlp.tabular.reading.found import Reading
from scratchmlp.tabular.reading.numbers import (
    PADDED,
    common_unit,
    find_decimal,
    is_rounded,
    read_numbers,
)
from scratchmlp.tabular.reading.values import (
    EXACT,
    Different,
    Floats,
    different_values,
    naming_column,
    to_numbers,
)
from scratchmlp.utils.names import listed

#: Words for missing values in any column of a file: those of pandas.read_csv, "?" of the classic
#: data sets, and "\\N" of dumps of databases.
# fmt: off
MISSING_IN_FILES = frozenset([
    "", "?", "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN",
    "<NA>", r"\N", "N/A", "NA", "NULL", "NaN", "None", "n/a", "nan", "null",
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
_CODE = re.compile("[A-Z]{2,5}")
#: The parameter of the encoder, and what it takes.
MISSING_VALUES_CONSTRAINTS: dict[str, list[Any]] = {
    "missing_values": ["array-like", dict, Real, str, None]
}
#: The values that mean missing in columns, by name.
MissingValues = Mapping[str, Sequence[float | str]]

#: The time of dates without one, as text.
_MIDNIGHT = re.compile(r"[ T]00:00:00(?:Z|[+-]\d\d:\d\d(?::\d\d)?)?$", re.ASCII)


def words_for_missing(values: set[str]) -> frozenset[str]:
    """Return the words that are no values in a column of a file, given its different values.

    These are `MISSING_IN_FILES`, without "NA" among codes of two to five capital letters, such as
    those of countries.
    """
    others = values - MISSING_IN_FILES
    are_codes = all(_CODE.fullmatch(value) for value in others)
    return MISSING_IN_FILES - {"NA"} if len(others) >= MIN_CODES and are_codes else MISSING_IN_FILES


def missing_values_of(names: Sequence[str], missing_values: Any) -> MissingValues:
    """Return which values mean missing in each column, by its name.

    Parameters
    ----------
    names : sequence of str
        Names of the columns.
    missing_values : number, str, array-like, dict or None
        Parameter of `TabularEncoder`.

    Returns
    -------
    dict of str to list of numbers and str
        The values. Columns without any are left out.

    Raises
    ------
    ValueError
        If there is no such column, or a value is neither a number nor text.
    """
    if missing_values is None:
        return {}
    if not isinstance(missing_values, Mapping):
        return dict.fromkeys(names, _as_list(missing_values))
    known = dict(enumerate(names)) | {name: name for name in names}
    for key in missing_values:
        if key not in known:
            raise ValueError(
                f"missing_values names column {key!r}, which the table does not have. Its columns: "
                f"{listed([*map(repr, names)])}. Name one of them, or its position."
            )
    return {known[key]: _as_list(values) for key, values in missing_values.items()}


def _as_list(given: Any) -> list[float | str]:
    """Return one or several values as a list."""
    is_one = isinstance(given, str) or not np.iterable(given)
    values = [given] if is_one else list(given)
    for value in values:
        if not isinstance(value, Real | str):
            raise ValueError(
                f"missing_values contains {value!r}, but values that mean missing are numbers and "
                "text. Write dates as text, such as '1900-01-01'; None and NaN are missing anyway."
            )
    return values


def mark_missing(
    table: pd.DataFrame,
    missing_values: Mapping[Any, Sequence[float | str]],
    readings: Mapping[Any, Reading] = MappingProxyType({}),
) -> pd.DataFrame:
    """Return a table in which values that mean missing are missing.

    Parameters
    ----------
    table : DataFrame of shape (n_samples, n_features)
        The table, which stays as it is.
    missing_values : mapping of str to sequence of numbers and str
        The values by column. Columns that the table does not have are ignored.
    readings : mapping of str to Reading, optional
        How text was written in `fit`. Otherwise, the values tell.

    Returns
    -------
    DataFrame of shape (n_samples, n_features)
        The table. Numbers are compared as numbers, also if they are text, such as "999.00 €". Other
        text must be as it is written, but for blanks around it.
    """
    marked = table.copy(deep=False)
    for name in table.columns.intersection([*missing_values]):
        with naming_column(str(name)):
            marked[name] = _without(table[name], missing_values[name], readings.get(name))
    return marked


def _without(
    column: "pd.Series[Any]", values: Sequence[float | str], reading: Reading | None
) -> "pd.Series[Any]":
    """Return a column without some values."""
    if column.dtype.kind in "iu" and np.any(abs(to_numbers(column, "number")) >= EXACT):
        column = column.astype(object)  # as floats, different ones would become the same
    if column.dtype.kind in "iuf":
        are_values = _are_among_numbers(column, numbers_of(values))
    else:
        different = different_values(column)
        found = np.append(_are_among(different, values, reading), False)  # -1 is of missing values
        are_values = pd.Series(found[different.codes], column.index)
    if not are_values.any():
        return column
    known = column.mask(are_values)
    is_category = isinstance(column.dtype, pd.CategoricalDtype)
    return known.cat.remove_unused_categories() if is_category else known


def _are_among_numbers(column: "pd.Series[Any]", numbers: Floats) -> "pd.Series[bool]":
    """Return which values of a column of numbers are among some numbers."""
    if column.dtype.kind != "f":
        return column.isin(numbers)
    with np.errstate(over="ignore"):  # float16 rounds, and ends at 65,504
        rounded: NDArray[Any] = numbers.astype(column.dtype.type)
    known = column.to_numpy(np.float64, na_value=np.nan)  # pandas cannot look up float16
    return pd.Series(np.isin(known, rounded), column.index)


def _are_among(
    different: Different, values: Sequence[float | str], reading: Reading | None
) -> NDArray[np.bool_]:
    """Return which different values of a column, which has text or long numbers, are values."""
    texts = [*map(_without_midnight, different.text)]
    how = reading or Reading(units=common_unit(texts), decimal=find_decimal(texts))
    without_unit = [text.removesuffix(how.units or "") for text in texts]
    numbers = read_numbers(without_unit, how.decimal or ".")
    if how.decimal is None:  # such as of categories
        numbers = np.where(np.isnan(numbers), read_numbers(without_unit, ","), numbers)
    written = {*map(_without_midnight, texts_of(values))}
    not_rounded = [each for each in values if not is_rounded(str(each).strip())]
    equal = np.isin(numbers, numbers_of(not_rounded))
    return np.array(
        [
            text in written or (is_equal and not (PADDED.fullmatch(text) or is_rounded(text)))
            for text, is_equal in zip(texts, equal, strict=True)
        ],
        bool,
    )


def _without_midnight(text: str) -> str:
    return _MIDNIGHT.sub("", text)


def texts_of(values: Sequence[float | str]) -> list[str]:
    """Return values as text."""
    return [str(value).strip() for value in values]


def numbers_of(values: Sequence[float | str]) -> Floats:
    """Return the values that are numbers, also as text."""
    texts = [(each, find_decimal([each]) or ".") for each in values if isinstance(each, str)]
    numbers = [float(each) for each in values if not isinstance(each, str)]
    numbers += [read_numbers([text], decimal)[0] for text, decimal in texts]
    return np.array([number for number in numbers if not np.isnan(number)], float)
