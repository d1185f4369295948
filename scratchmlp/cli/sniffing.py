"""What a text file does not say: its encoding, the separator of its columns, its decimal mark."""

import codecs
import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import islice, zip_longest
from statistics import mode
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from scratchmlp.cli.messages import InputError, quote, quoted
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
_DIGIT = re.compile(r"\d")
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
    whole = sum(
        not _SEPARATED.search(cell) or bool(_NUMBER.fullmatch(without_units(cell)))
        for cell in cells
    )
    return fitting * whole / max(1, len(rows) * len(cells))


# Titles above the header.


def n_titles(rows: Sequence[Sequence[str]]) -> int:
    """Count the titles above a header, such as "Sales report 2024"; 0 in case of doubt.

    A title is the only cell of its row. The header is the first row of several cells, all with
    different names and none with a number. It is no row of values: the cells below one of its names
    have digits, but the name has none.

    Parameters
    ----------
    rows : sequence of sequence of str
        The first rows of a table that are not empty.

    Returns
    -------
    int
        The number of rows above the header.
    """
    n = next((i for i, row in enumerate(rows) if sum(map(bool, row)) > 1), 0)
    if n == 0 or not all(row[0] for row in rows[:n]):
        return 0
    names, below = _without_empty_end(rows[n]), rows[n + 1 :]
    if not all(names) or len({*names}) < len(names) or any(map(_NUMBER.fullmatch, names)):
        return 0
    if any(len(_without_empty_end(row)) > len(names) for row in below):
        return 0
    columns = zip_longest(*below, fillvalue="")
    return n if any(map(_is_name_of_numbers, names, columns)) else 0


def _without_empty_end(row: Sequence[str]) -> Sequence[str]:
    """Return a row without the empty cells at its end."""
    return row[: max((i for i, cell in enumerate(row, 1) if cell), default=0)]


def _is_name_of_numbers(name: str, cells: Sequence[str]) -> bool:
    """Return whether a name has no digit, but nearly all cells below it have one."""
    have_digit = [bool(_DIGIT.search(cell)) for cell in cells if cell]
    return not _DIGIT.search(name) and sum(have_digit) > MOST * max(1, len(have_digit))


# Decimal mark.


class DecimalMarks(NamedTuple):
    """The decimal marks of the columns of a table.

    Attributes
    ----------
    marks : dict of str to {",", "."}
        The mark of the columns with points or commas, unless they contain no numbers. The other
        mark separates thousands.
    told : set of str
        Columns whose own numbers tell the mark.
    notes : list of str
        Clauses that say which columns have decimal commas or another mark than in training, and in
        which the meaning of commas is not clear.
    """

    marks: dict[str, str]
    told: set[str]
    notes: list[str]


def find_decimal_marks(
    texts: "dict[str, pd.Series[Any]]",
    decimal: str | None,
    semicolons: bool,
    training: Mapping[str, str] = MappingProxyType({}),
) -> DecimalMarks:
    """Find the decimal marks of the columns of text.

    A number such as "12,5" or "1.234,5" has a decimal comma. If no number of a column tells, such
    as "1,234" or "8.000", the column has the mark that it had in training, unless all columns that
    tell have one mark, and had the other one in training. Otherwise, the other columns decide: the
    mark is a comma if some have decimal commas and none has decimal points. If no column tells,
    those of training decide. If these do not tell either, it is a comma if semicolons separate the
    columns and each number of the column has a comma.

    Parameters
    ----------
    texts : dict of str to Series
        The columns of text by name; missing values are nan.
    decimal : {",", "."} or None
        The decimal mark of columns that do not tell it; None decides as described.
    semicolons : bool
        Whether semicolons separate the columns.
    training : mapping of str to {",", "."}, default={}
        The marks of the columns in training.

    Returns
    -------
    DecimalMarks
        The marks, and notes.
    """
    samples = {name: _sample(column) for name, column in texts.items()}
    samples = {name: s for name, s in samples.items() if any(re.search("[.,]", one) for one in s)}
    training = {} if decimal else training
    told = {name: mark for name, sample in samples.items() if (mark := _told_by(sample))}
    usual = {decimal} if decimal else {*told.values()} or {*training.values()}
    known = told if _have_the_other_mark(told, training) else {**training, **told}
    likely = {n: _likely_mark(s, usual, semicolons) for n, s in samples.items() if n not in known}
    marks = {name: mark for name in samples if (mark := known.get(name) or likely[name])}
    notes = [*_notes_on_commas(samples, marks, training)]
    points = [name for name, mark in likely.items() if mark == "." and not usual]
    if unclear := [n for n in points if any("," in one for one in _numbers(samples[n], ","))]:
        notes.append(
            f"in {quoted(unclear)}, the comma of numbers such as 1,234 separates thousands; if it "
            "is the decimal mark, add --decimal comma"
        )
    return DecimalMarks(marks, {*told}, notes)


def _have_the_other_mark(told: Mapping[str, str], training: Mapping[str, str]) -> bool:
    """Return whether all columns that tell have one mark, and had the other one in training."""
    both = [(mark, training[name]) for name, mark in told.items() if name in training]
    return len({*told.values()}) == 1 and len(both) > 0 and all(new != old for new, old in both)


def _likely_mark(values: list[str], usual: set[str], semicolons: bool) -> str | None:
    """Return the mark of a column that does not tell it; None if it is no column of numbers."""
    commas = _numbers(values, ",")
    only_commas = semicolons and not usual and all("," in one for one in commas)
    if commas and (usual == {","} or only_commas):
        return ","
    return "." if _numbers(values, ".") else None


def _notes_on_commas(
    samples: dict[str, list[str]], marks: Mapping[str, str], training: Mapping[str, str]
) -> Iterator[str]:
    """Yield clauses on columns with decimal commas, and on marks that differ from training."""
    changed = {name: mark for name, mark in marks.items() if training.get(name, mark) != mark}
    if with_commas := [n for n in samples if marks.get(n) == "," and n not in changed]:
        where = f" in {quoted(with_commas)}" if "." in marks.values() else ""
        yield f"decimal commas{where}"
    words = {",": "decimal commas", ".": "decimal points"}
    for mark, other in (",.", ".,"):
        if names := [name for name in changed if changed[name] == mark]:
            cells = [each for name in names for each in samples[name]]
            example = next((each for each in cells if find_decimal([each]) == mark), cells[0])
            found = f"{words[mark]} in {quoted(names)}, such as {quote(example)}"
            yield f"{found}, but {words[other]} in training"


def _sample(column: "pd.Series[Any]") -> list[str]:
    """Return the values of some rows, without units."""
    known = np.flatnonzero(column.notna())
    return [*map(without_units, column.iloc[known[:: len(known) // SAMPLE + 1]])]


def _told_by(values: list[str]) -> str | None:
    """Return the decimal mark that the numbers of a column tell, if it is a column of numbers."""
    mark = find_decimal(values)
    if mark and np.isfinite(read_numbers(values, mark)).sum() >= MOST * len(values):
        return mark
    return None


def _numbers(values: list[str], decimal: str) -> list[str]:
    """Return the numbers among values; [] if too few are numbers with this decimal mark."""
    are_numbers = np.isfinite(read_numbers(values, decimal))
    numbers = [value for value, is_number in zip(values, are_numbers, strict=True) if is_number]
    has_other = find_decimal(numbers) not in (decimal, None)
    return [] if has_other or len(numbers) < MOST * len(values) else numbers
