"""What a text file does not say: its encoding, the separator of its columns, its decimal mark."""

import codecs
import csv
import io
import re
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from statistics import mode
from typing import Any

import numpy as np
import pandas as pd

from scratchmlp.cli.messages import InputError, quoted
from scratchmlp.tabular.reading.numbers import find_decimal, read_numbers, without_units

NO_SEPARATOR = "\x1f"  # a control character that stands for "one column"
SAMPLE = 1_000  # rows that decide
#: Separators that are recognized, in the order of trial: the rarer in text, the earlier.
SEPARATORS = {"\t": "tabs", ";": "semicolons", "|": "bars", ",": "commas"}
MOST = 0.9  # of the values of a column are numbers, if its decimal commas are rewritten

_MARKS = {
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
#: How pages, documents and JSON begin, which are text but no tables.
_DOCUMENT = re.compile(
    r"\s*(<(!doctype|html|body|table|\?xml)\b|[\[{]\s*[\[{\"])|%PDF-|\{\\rtf", re.IGNORECASE
)
_CONTROL = re.compile(r"[\x01-\x08\x0e-\x19]")
_SEPARATED = re.compile(r"[\t;|]|,(?! )")  # a comma before a blank is common in text
_NUMBER = re.compile(r"\s*[-+]?[\d.]*,?\d+\s*")

csv.field_size_limit(2**31 - 1)  # cells may be longer than the default, 128 KB


# Encoding.


def decode(data: bytes, chosen: str | None, name: str) -> tuple[str, str]:
    """Convert bytes to text.

    Parameters
    ----------
    data : bytes
        Content of a file.
    chosen : str or None
        The encoding. None takes the one that a byte order mark names, otherwise UTF-8, and
        otherwise cp1252.
    name : str
        Name of the file, for messages.

    Returns
    -------
    text : str
        The text, without a byte order mark.
    encoding : str
        The encoding.

    Raises
    ------
    InputError
        If the bytes are not text in this encoding, or the text is no table.
    """
    marked = (encoding for mark, encoding in _MARKS.items() if data.startswith(mark))
    encodings = [chosen] if chosen else [next(marked, "utf-8"), "cp1252"]
    text = None
    for encoding in encodings:
        with suppress(UnicodeError):
            text = data.decode(encoding).removeprefix("\ufeff")
            break
    if text is None or _is_document(text, encoding):
        raise InputError(
            f"cannot read {name}: it is not the text of a table in "
            f"{chosen or 'UTF-8, UTF-16 with a byte order mark, or cp1252'}. Extract the table "
            "from an archive, or export it from another program as CSV, Excel or Parquet. If it is "
            "text in another encoding, name it with --encoding, for example --encoding shift_jis."
        )
    # pandas loses cells of blank lines that end in a carriage return alone.
    return re.sub(r"\r(?!\n)", "\n", text), encoding


def _is_document(text: str, encoding: str) -> bool:
    """Return whether what was decoded is a page, another document, or binary data."""
    has_control = "\0" in text or (encoding == "cp1252" and bool(_CONTROL.search(text)))
    return has_control or bool(_DOCUMENT.match(text))


# Separator.


def separate(text: str, chosen: str | None) -> tuple[str, str]:
    """Find the separator of the columns.

    Among the separators that split the header, the best one gives each row as many cells as the
    header, and leaves no other separator in the cells.

    Parameters
    ----------
    text : str
        Content of a file.
    chosen : str or None
        The separator; None decides from the text.

    Returns
    -------
    separator : str
        A character, which is `NO_SEPARATOR` if there is only one column.
    text : str
        The text without a first line such as "sep=;", with which Excel names the separator.
    """
    declared = re.match(r"sep=(.)\r?\n", text)
    if declared:
        text = text[declared.end() :]
        chosen = chosen or declared[1]
    return chosen or _find_separator(text), text


def _find_separator(text: str) -> str:
    tables = {mark: [*islice(_records(text, mark), SAMPLE)] for mark in SEPARATORS}
    split = {mark: rows for mark, rows in tables.items() if rows and len(rows[0]) > 1}
    if not split:  # the first line may be a title above the header
        split = {mark: rows for mark, rows in tables.items() if _is_below_a_title(rows)}
        split[NO_SEPARATOR] = [*islice(_records(text, NO_SEPARATOR), SAMPLE)]
    return max(split, key=lambda mark: _score(split[mark])) if len(split) > 1 else next(iter(split))


def _records(text: str, mark: str) -> Iterator[list[str]]:
    """Yield the cells of each line that is not blank."""
    return (cells for _, cells in rows_of(text, mark) if any(cells))


def rows_of(text: str, sep: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the number of the first line of each row of a text, and the cells of the row."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=sep, skipinitialspace=True)
    line = 1
    for cells in reader:
        if cells:
            yield line, cells
        line = reader.line_num + 1


def _is_below_a_title(rows: list[list[str]]) -> bool:
    """Return whether nearly all rows have as many cells, below a first line of one cell."""
    widths = [len(row) for row in rows[1:]] or [1]
    n_cells = mode(widths)
    return n_cells > 1 and widths.count(n_cells) > 0.9 * len(widths)


def _score(rows: list[list[str]]) -> float:
    """Return the share of rows like the most frequent one × the share of cells not separated."""
    widths = [len(row) for row in rows]
    n_cells = widths[0] if widths[0] > 1 else mode(widths)
    fitting = sum(len(row) >= n_cells and not any(row[n_cells:]) for row in rows)
    cells = [cell for row in rows for cell in row if cell]
    whole = sum(not _SEPARATED.search(cell) or bool(_NUMBER.fullmatch(cell)) for cell in cells)
    return fitting * whole / max(1, len(rows) * len(cells))


# Decimal mark.


def find_decimal_commas(
    texts: "dict[str, pd.Series[Any]]", decimal: str | None, semicolons: bool
) -> tuple[list[str], list[str]]:
    """Find the columns of numbers with decimal commas.

    A number such as "12,5" or "1.234,5" has a decimal comma. In a number such as "1,234", the comma
    is a decimal comma if other numbers of the table have one and no column has decimal points.
    Otherwise, it is one if semicolons separate the columns and each number of the column has a
    comma.

    Parameters
    ----------
    texts : dict of str to Series
        The columns of text by name; missing values are nan.
    decimal : {",", "."} or None
        The decimal mark; None decides from the cells.
    semicolons : bool
        Whether semicolons separate the columns.

    Returns
    -------
    found : list of str
        The columns with decimal commas; if no column has decimal points, also columns of whole
        numbers, in which points separate thousands.
    notes : list of str
        Clauses that say in which columns there are decimal commas, and in which the meaning of
        commas is not clear.
    """
    if decimal == ".":
        return [], []
    samples = {name: _sample(column) for name, column in texts.items()}
    with_comma = [name for name, values in samples.items() if any("," in each for each in values)]
    numbers = {name: found for name in with_comma if (found := _numbers_with(samples[name], ","))}
    others = [
        _numbers_with(samples[name], ".") for name in samples if numbers and name not in numbers
    ]
    found = [name for name in numbers if decimal or find_decimal(numbers[name]) == ","]
    if any(find_decimal(each) == "." for each in others):
        return found, [f"decimal commas in {quoted(found)}"] if found else []
    if found:
        found = [name for name in samples if name in numbers or _numbers_with(samples[name], ",")]
    elif semicolons:
        found = [name for name in numbers if all("," in each for each in numbers[name])]
    notes = ["decimal commas"] if found else []
    if unclear := [name for name in numbers if name not in found]:
        notes.append(
            f"in {quoted(unclear)}, the comma of numbers such as 1,234 separates thousands; if it "
            "is the decimal mark, add --decimal comma"
        )
    return found, notes


def _sample(column: "pd.Series[Any]") -> list[str]:
    """Return the values of some rows, without units."""
    known = column.dropna()
    return [*map(without_units, known.iloc[:: len(known) // SAMPLE + 1])]


def _numbers_with(values: list[str], decimal: str) -> list[str]:
    """Return the numbers among values; [] if too few are numbers with this decimal mark."""
    numbers, others = (
        [*np.array(values, dtype=object)[np.isfinite(read_numbers(values, mark))]]
        for mark in (decimal, {",": ".", ".": ","}[decimal])
    )
    has_other = find_decimal(numbers + others) not in (decimal, None)
    return [] if has_other or len(numbers) < MOST * len(values) else numbers
