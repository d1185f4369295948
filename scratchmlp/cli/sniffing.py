"""The encoding of a text file, and the separator of its columns: recognized."""

import codecs
import csv
import io
import json
import re
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from statistics import mode

from scratchmlp.cli.messages import InputError

NO_SEPARATOR = "\x1f"  # a control character that stands for "one column"
SAMPLE = 1_000  # rows that decide about the separator
#: Separators that are recognized, in the order of trial: the rarer in text, the earlier.
SEPARATORS = {"\t": "tabs", ";": "semicolons", "|": "bars", ",": "commas"}

_BOMS = {  # in the order of trial: the first one of UTF-32 starts with one of UTF-16
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_TEXT_KINDS = {
    "an HTML page": r"\s*(<!--.*?-->\s*)?<(!doctype html|html|head|body|table)\b",
    "an XML file": r"\s*<\?xml\b",
}
_SEPARATED = re.compile(r"[\t;|]|,(?! )")  # a comma before a blank is common in text
_LINE_END = re.compile(r"[^\S\r\n]*(?:[\r\n]|\Z)")
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
        The encoding; None recognizes UTF-8, UTF-16 and UTF-32, and takes cp1252 otherwise.
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
        If the bytes are not text in this encoding, or not a table.
    """
    found = chosen or _recognized(data)
    try:
        text = data.decode(found)
    except UnicodeError as error:
        raise InputError(_undecoded(data, chosen, name, error)) from error
    text = text.removeprefix("\ufeff")
    _check_text(text, found, name)
    return text, found


def _recognized(data: bytes) -> str:
    """Return the encoding of bytes."""
    for mark, found in _BOMS.items():
        if data.startswith(mark):
            return found
    even, odd = (data[start:2000:2].count(0) for start in (0, 1))
    if len(data) % 2 == 0 and max(even, odd) > 4 * min(even, odd) + len(data[:2000]) // 8:
        return "utf-16-le" if odd > even else "utf-16-be"  # ASCII has a NUL in each pair of bytes
    with suppress(UnicodeDecodeError):
        data.decode("utf-8")
        return "utf-8"
    return "cp1252"


def _undecoded(data: bytes, chosen: str | None, name: str, error: UnicodeError) -> str:
    """Say that bytes are not text in an encoding."""
    if chosen is None and 0 in data:
        return _binary(name)
    if chosen is None:
        return (
            f"the encoding of {name} is neither UTF-8 nor UTF-16 nor cp1252. Name it with "
            "--encoding, for example --encoding shift_jis, or save the file as UTF-8."
        )
    where = data[: getattr(error, "start", 0)].count(b"\n") + 1
    return (
        f"cannot read {name} in the encoding {chosen}: line {where} has other bytes. Remove "
        "--encoding, or choose another one."
    )


def _check_text(text: str, found: str, name: str) -> None:
    """Raise an error if text is not a table: a page, data of another kind, or binary."""
    if "\0" in text or (found == "cp1252" and re.search(r"[\x01-\x08\x0e-\x19]", text)):
        raise InputError(_binary(name))
    kinds = (kind for kind, start in _TEXT_KINDS.items() if re.match(start, text, re.I | re.S))
    if kind := "a JSON file" if _is_json(text) else next(kinds, None):
        raise InputError(
            f"cannot read {name}: it is {kind}, not a table. Export the table as CSV, Excel or "
            "Parquet."
        )


def _binary(name: str) -> str:
    return (
        f"cannot read {name}: it is not text, because it contains NUL bytes or other control "
        "characters. Export the table again as CSV, Excel or Parquet. If it is text in an unusual "
        "encoding, name it with --encoding."
    )


def _is_json(text: str) -> bool:
    """Return whether text starts with an object or a list of JSON that ends its line."""
    start = text.lstrip()
    if not start.startswith(("{", "[")):
        return False
    try:
        end = json.JSONDecoder().raw_decode(start)[1]
    except (ValueError, RecursionError):
        return False
    return _LINE_END.match(start, end) is not None


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
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=mark, skipinitialspace=True)
    return (row for row in rows if any(row))


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
