"""The cells of a text file, whose encoding, separator and titles the text itself tells."""

import codecs
import csv
import io
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import islice, zip_longest
from statistics import mode
from typing import NamedTuple

import pandas as pd

from scratchmlp.cli.messages import InputError, count, quoted
from scratchmlp.cli.options import FileFormat
from scratchmlp.tabular.reading.numbers import without_units

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

TITLE = "If titles stand above the header, add --header with the number of its row, counted from 0."

csv.field_size_limit(2**31 - 1)  # cells may be longer than the default, 128 KB


def read_text(data: bytes, how: FileFormat, name: str) -> tuple[pd.DataFrame, list[str], str]:
    """Read the cells of a text file.

    Blank lines are left out, and so are empty cells beyond the columns. Cells that a row lacks are
    empty.

    Parameters
    ----------
    data : bytes
        Content of the file.
    how : FileFormat
        How to read it.
    name : str
        Name of the file, for messages.

    Returns
    -------
    cells : DataFrame of shape (1 + n_samples, n_columns)
        The cells as they are written. The first row is the header.
    notes : list of str
        A sentence about each decision that the user should know.
    sep : str
        Separator of the columns.

    Raises
    ------
    InputError
        If the bytes are not the text of a table.
    """
    text, encoding = _decode(data, how.encoding, name)
    text = _below_line(text, how.header, name)
    sep, text = _separate(text, how.sep)
    titles: list[str] = []
    if how.header is None:
        text, titles = _without_titles(text, sep)
    marks = SEPARATORS.get(sep, repr(sep))
    lines = _if_equal(text, sep) or _measure(text, sep, marks, name)
    notes = [*note_titles(titles), *_notes_on_form(sep, marks, encoding, lines)]
    return _cells(text, sep, lines, name), notes, sep


def _notes_on_form(sep: str, marks: str, encoding: str, lines: "_Lines") -> Iterator[str]:
    """Say how the text is written, if it is not UTF-8 with commas and rows of equal length."""
    facts = []
    if sep != ",":
        is_single = sep == NO_SEPARATOR
        facts.append("a single column" if is_single else f"columns separated by {marks}")
    if not encoding.lower().startswith(("utf-8", "utf8")):
        facts.append(f"encoding {encoding}")
    if facts:
        yield ", ".join(facts)
    if lines.shorter:
        yield (
            f"{count(len(lines.shorter), 'row')} with fewer cells than the header, the first in "
            f"line {lines.shorter[0]}; the last cells are missing values there"
        )


# Encoding.


def _decode(data: bytes, chosen: str | None, name: str) -> tuple[str, str]:
    """Convert bytes to text, and return the encoding too.

    Without a choice, it is the one that a byte order mark names, otherwise UTF-8, and otherwise
    cp1252.
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


# The row of the header.


def _below_line(text: str, header: int | None, name: str) -> str:
    """Blank the lines above the header, so that the other lines keep their numbers."""
    if header is None:
        return text
    lines = re.finditer(r"^(?=.*\S)", text, re.MULTILINE)  # that are not blank
    line = next(islice(lines, header, None), None)
    if line is None:
        raise no_header(header, name)
    return "\n" * text.count("\n", 0, line.start()) + text[line.start() :]


def no_header(header: int, name: str) -> InputError:
    """Say that there are no names in the row of ``--header``."""
    return InputError(
        f"--header is {header}, but row {header} of {name}, counted from 0, is empty. Give the "
        "number of the row that names the columns."
    )


# Separator.


def _separate(text: str, chosen: str | None) -> tuple[str, str]:
    """Find the separator of the columns, and blank a first line such as "sep=;" of Excel.

    Among the separators that split the header, the best one gives each row as many cells as the
    header, and leaves no other separator in the cells. It is `NO_SEPARATOR` for a single column.
    """
    declared = re.match(r"sep=(.)\r?\n", text)
    if declared:
        text = "\n" + text[declared.end() :]
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
    return (cells for _, cells in _rows_of(text, mark) if any(cells))


def _rows_of(text: str, sep: str) -> Iterator[tuple[int, list[str]]]:
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


def _without_titles(text: str, sep: str) -> tuple[str, list[str]]:
    """Blank the titles above the header, and return them: see `n_titles`."""
    lines = [(line, [*map(str.strip, row)]) for line, row in islice(_rows_of(text, sep), SAMPLE)]
    lines = [(line, row) for line, row in lines if any(row)]
    if n := n_titles([row for _, row in lines]):
        start = lines[n][0] - 1
        text = "\n" * start + text.split("\n", start)[start]
    return text, [row[0] for _, row in lines[:n]]


def note_titles(titles: Sequence[str]) -> list[str]:
    """Say which titles above the header are not read."""
    if not titles:
        return []
    rows = "the row above the header is" if len(titles) == 1 else "the rows above the header are"
    return [f"{rows} not read: {quoted(titles)}; if the first row is the header, add --header 0"]


# The cells of the header, and of the rows below it.


class _Lines(NamedTuple):
    """Numbers of lines: of the header, of the last row, and of rows with fewer cells."""

    header: int
    last: int
    shorter: list[int]
    n_columns: int


def _if_equal(text: str, sep: str) -> _Lines | None:
    """Count the cells by their separators, if no cell is quoted and all rows have equally many."""
    n_blank = len(text) - len(text.lstrip("\n"))
    lines = text.strip("\n").split("\n")
    n_separators = {line.count(sep) for line in lines}
    if '"' in text or len(n_separators) > 1 or not lines[0].strip().strip(sep):
        return None
    return _Lines(n_blank + 1, n_blank + len(lines), [], n_separators.pop() + 1)


def _measure(text: str, sep: str, marks: str, name: str) -> _Lines:
    """Count the cells of each row; raise an error if one has more cells than the header."""
    rows = _rows_of(text, sep)
    first, header = next(((line, row) for line, row in rows if any(row)), (1, []))
    last, shorter = first, []
    for last, row in rows:
        if any(map(str.strip, row[len(header) :])):
            raise InputError(
                f"line {last} of {name} has {count(len(row), 'cell')}, but the header has "
                f"{len(header)}. If a cell contains {marks}, write the cell in double quotes. If "
                f"{marks} do not separate the columns, name the separator with --sep. {TITLE}"
            )
        if len(row) < len(header) and any(map(str.strip, row)):
            shorter.append(last)
    return _Lines(first, last, shorter, len(header))


def _cells(text: str, sep: str, lines: _Lines, name: str) -> pd.DataFrame:
    """Read the cells of the header and of the rows below it."""
    try:
        return pd.read_csv(
            io.StringIO(text, newline=""),
            sep=sep,
            header=None,
            skiprows=lines.header - 1,
            usecols=range(lines.n_columns),
            dtype=object,
            na_filter=False,
            skipinitialspace=True,
            engine="c" if sep.isascii() else "python",
        )
    except pd.errors.EmptyDataError:
        return pd.DataFrame()
    except pd.errors.ParserError as error:
        raise InputError(
            f"a double quote in line {lines.last} of {name} is not closed. Close it; a double "
            'quote within a cell is written twice ("").'
        ) from error
