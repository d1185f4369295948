"""The raw table, and the cells of its text columns: missing values and decimal commas."""

import re
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from scratchmlp.cli.messages import quote
from scratchmlp.tabular.notes import listed

#: Words for missing values in any column: those of pandas.read_csv, and "?" of the classic data
#: sets. Words such as "unknown" may be categories; they are missing among numbers and dates only,
#: where `tabular.text_reading.MISSING` names them.
# fmt: off
MISSING = frozenset([
    "", "?", "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN",
    "<NA>", "N/A", "NA", "NULL", "NaN", "None", "n/a", "nan", "null",
])
# fmt: on
#: Those that people write as values too, such as "None" for a house without a garage. Programs
#: write the others.
MAY_BE_VALUES = frozenset(["None", "NA", "N/A", "n/a"])
MIN_CODES = 3  # different codes of capital letters, beside NA
MOST = 0.9  # of the values of a column are numbers, if its decimal commas are rewritten
SAMPLE = 10_000  # rows that decide about decimal commas

_UNIT = r"[^\d.,+−-]{0,4}"  # such as a currency sign
_NUMBER = r"""
    (?P<start> [+−-]? {unit} [+−-]? )
    (?P<whole>
        \d{{1,3}} (?P<mark>[{marks}]) \d{{3}} (?: (?P=mark) \d{{3}} )* | \d+ | (?={decimal}\d)
    )
    (?: {decimal} (?P<part>\d+) )?
    (?P<end> (?: [eE] [+-]? \d+ )? {unit} )
"""
_BLANKS = "'\u2019 \u00a0\u2009\u202f"  # apostrophes and blanks that separate thousands
_OTHER = {",": ".", ".": ","}
#: Numbers by their decimal mark.
_NUMBERS = {
    decimal: re.compile(
        _NUMBER.format(unit=_UNIT, marks=_BLANKS + other, decimal=re.escape(decimal)), re.VERBOSE
    )
    for decimal, other in _OTHER.items()
}
Column = pd.Series  # one column of a table


class RawTable(NamedTuple):
    """A table as it is in its file.

    Attributes
    ----------
    frame : DataFrame of shape (n_samples, n_columns)
        Text columns have the dtype object, and nan for missing values. Columns of Excel and Parquet
        files can have any other dtype.
    notes : list of str
        A sentence about each decision that the user should know.
    words : mapping of str to Series
        The words that count as missing values, with the number of cells, by text column. Columns
        without such words are left out.
    sep : str or None
        Separator of the columns of a text file; None for other files.
    other_sheets : mapping of str to sequence of str
        First row of each other sheet of an Excel file, by the name of the sheet.
    with_commas : mapping of str to Series
        The columns whose decimal commas were replaced, as they were before.
    """

    frame: pd.DataFrame
    notes: list[str]
    words: "Mapping[str, pd.Series[int]]" = MappingProxyType({})
    sep: str | None = None
    other_sheets: Mapping[str, Sequence[str]] = MappingProxyType({})
    with_commas: "Mapping[str, Column[Any]]" = MappingProxyType({})

    def as_written(self, name: str) -> "Column[Any]":
        """Return a column with the decimal commas of the file, for classes and identifiers."""
        return self.with_commas.get(name, self.frame[name])


def is_text(column: "Column[Any]") -> bool:
    """Return whether a column of a raw table contains text."""
    return column.dtype == object


# Missing values.


def strip_cells(column: "Column[Any]", keep_na: bool) -> "Column[Any]":
    """Remove blanks around the cells of a text column, and mark missing values.

    Parameters
    ----------
    column : Series of shape (n_samples,)
        Text; cells may be missing already.
    keep_na : bool
        Whether the words of `MISSING` are values. Otherwise they are missing, except "NA" among
        codes of two to five capital letters, such as those of countries.

    Returns
    -------
    Series of shape (n_samples,), object
        Text; missing cells are nan.
    """
    text = {cell.strip() for cell in column.unique() if isinstance(cell, str)}
    missing = {""} if keep_na else MISSING - ({"NA"} if _are_codes(text) else set())

    def strip(cell: object) -> object:
        stripped = cell.strip() if isinstance(cell, str) else ""
        return np.nan if stripped in missing else stripped

    return _with_each(column, strip)


def _with_each(column: "Column[Any]", change: Callable[[Any], object]) -> "Column[Any]":
    """Change each different value of a text column; missing values stay missing."""
    codes, values = pd.factorize(column.to_numpy(dtype=object))
    changed = np.array([*map(change, values), np.nan], dtype=object)  # -1 is the code of missing
    return pd.Series(changed[codes], column.index, dtype=object, name=column.name)


def _are_codes(values: set[str]) -> bool:
    """Return whether the values beside missing ones are different codes of capital letters."""
    values = values - MISSING
    return len(values) >= MIN_CODES and all(re.fullmatch("[A-Z]{2,5}", each) for each in values)


def drop_infinite(table: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """Mark infinite numbers of typed columns as missing, as those of text columns are later.

    Parameters
    ----------
    table : DataFrame of shape (n_samples, n_columns)
        Raw table.

    Returns
    -------
    table : DataFrame of shape (n_samples, n_columns)
        Table without infinite numbers.
    notes : list of str
        A sentence about each column with infinite numbers.
    """
    notes = []
    for name, column in table.items():
        if column.dtype.kind != "f" or not (infinite := column.abs() == np.inf).any():
            continue
        table = table.assign(**{str(name): column.mask(infinite)})
        n_infinite = int(infinite.sum())
        are = "infinite number counts" if n_infinite == 1 else "infinite numbers count"
        notes.append(f"{n_infinite:,} {are} as missing in column {quote(name)}")
    return table, notes


# Decimal commas.


class DecimalCommas(NamedTuple):
    """What was found out about decimal commas.

    Attributes
    ----------
    facts : list of str
        Which columns had decimal commas, in words; [] if none had.
    unclear : list of str
        Names of the columns of numbers such as "1,234", if their meaning is not clear.
    replaced : dict of str to Series
        The columns that had decimal commas, as they were.
    """

    facts: list[str]
    unclear: list[str]
    replaced: "dict[str, Column[Any]]"


def replace_decimal_commas(
    table: pd.DataFrame, decimal: str | None, semicolons: bool
) -> DecimalCommas:
    """Replace decimal commas with points, in place: "1.234,5" becomes "1234.5".

    A number such as "12,5" or "1.234,5" has a decimal comma. In a number such as "1,234", the comma
    is a decimal comma if other numbers of the table have one and no column has decimal points.
    Otherwise, it is one if semicolons separate the columns and each number of the column has a
    comma.

    Parameters
    ----------
    table : DataFrame of shape (n_samples, n_columns)
        Raw table; only its text columns change.
    decimal : {",", "."} or None
        The decimal mark; None decides from the cells.
    semicolons : bool
        Whether semicolons separate the columns.

    Returns
    -------
    DecimalCommas
        The columns with decimal commas, and those whose meaning is not clear.
    """
    names = [str(name) for name in table]
    columns = {name: table[name] for name in names if decimal != "." and is_text(table[name])}
    with_comma = [name for name, cells in columns.items() if _has_comma(cells)]
    found = {name: each for name in with_comma if (each := _numbers(columns[name], ","))}
    others = [name for name in columns if found and name not in found]
    points = any(_is_certain(_numbers(columns[name], ".")) for name in others)
    chosen = [name for name in found if decimal or _is_certain(found[name])]
    if chosen and not points:
        chosen = [name for name in columns if name in found or _numbers(columns[name], ",")]
    elif semicolons and not points:
        chosen = [name for name in found if all(each["part"] for each in found[name])]
    for name in chosen:
        table[name] = _with_points(columns[name])
    where = f" in {listed([*map(quote, chosen)])}" if points else ""
    unclear = [name for name in found if not points and name not in chosen]
    replaced = {name: columns[name] for name in chosen}
    return DecimalCommas([f"decimal commas{where}"] if chosen else [], unclear, replaced)


def _has_comma(column: "Column[Any]") -> bool:
    return any("," in cell for cell in column.unique() if isinstance(cell, str))


def _numbers(column: "Column[Any]", decimal: str) -> list[re.Match[str]]:
    """Match the different numbers of a column; [] if too few of its values are numbers."""
    known = column.dropna()
    values = known.iloc[:: len(known) // SAMPLE + 1].value_counts()
    counts = dict(zip(map(str, values.index), values, strict=True))
    matches = {cell: match for cell in counts if (match := _NUMBERS[decimal].fullmatch(cell))}
    others = {
        cell: match for cell in counts if (match := _NUMBERS[_OTHER[decimal]].fullmatch(cell))
    }
    certain, against = (
        sum(counts[cell] for cell, match in each.items() if _has_one_meaning(match))
        for each in (matches, others)
    )
    n_numbers = sum(counts[cell] for cell in matches)
    if n_numbers < MOST * sum(counts.values()) or against > (1 - MOST) * certain:
        return []
    return list(matches.values())


def _is_certain(numbers: list[re.Match[str]]) -> bool:
    """Return whether numbers have another meaning if points and commas change their roles."""
    return any(map(_has_one_meaning, numbers))


def _has_one_meaning(number: re.Match[str]) -> bool:
    """Return whether the mark of a number cannot separate thousands, unlike those of "1,234"."""
    whole, part, mark = number["whole"], number["part"], number["mark"]
    if part is None:
        return mark is not None and mark in ".," and whole.count(mark) > 1
    return mark is not None or len(part) != 3 or not re.fullmatch(r"[1-9]\d{0,2}", whole)


def _with_points(column: "Column[Any]") -> "Column[Any]":
    """Replace decimal commas with points, and remove thousands separators."""
    return _with_each(column, _with_point)


def _with_point(cell: str) -> str:
    if cell.replace(",", "", 1).lstrip("-").isdecimal():  # the usual case, without a slow match
        return cell.replace(",", ".")
    if (number := _NUMBERS[","].fullmatch(cell)) is None:
        return cell
    part = f".{number['part']}" if number["part"] else ""
    whole = re.sub(r"\D", "", number["whole"])
    return f"{number['start']}{whole}{part}{number['end']}"
