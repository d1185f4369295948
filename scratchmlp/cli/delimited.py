"""Tables in text files: lines of cells with a separator between them, such as CSV."""

import csv
import gc
import io
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain, dropwhile
from typing import NamedTuple

import pandas as pd

from scratchmlp.cli.cells import RawTable
from scratchmlp.cli.messages import InputError, count
from scratchmlp.cli.sniffing import NO_SEPARATOR, SEPARATORS

_END = "\0"  # a row after the last one; text with NUL bytes is rejected before


class _Row(NamedTuple):
    """The cells of a row, and the number of its first line."""

    line: int
    cells: list[str]


@contextmanager
def _paused_collection() -> Iterator[None]:
    """Pause the garbage collection, which takes more than half of the time of many new rows."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


@_paused_collection()
def read_delimited(text: str, sep: str, name: str) -> RawTable:
    """Read the cells of a text file.

    Parameters
    ----------
    text : str
        Content of the file.
    sep : str
        Separator of the columns.
    name : str
        Name of the file, for messages.

    Returns
    -------
    RawTable
        Cells as they are in the file. The first row that is not empty names the columns. Blank
        lines are left out, and so are empty cells beyond the columns. Cells that a row lacks are
        empty.

    Raises
    ------
    InputError
        If there is no row, a row has more cells than the first one, or a quote is not closed.
    """
    rows = list(dropwhile(lambda row: not any(row.cells), _rows(text, sep)))
    end = rows.pop() if rows else _Row(1, [_END])
    if end.cells != [_END]:
        raise InputError(
            f"a double quote in line {end.line} of {name} is not closed. Close it; a double quote "
            'within a cell is written twice ("").'
        )
    if not rows:
        raise InputError(f"{name} is empty. It needs a header and rows.")
    header, *rows = rows
    n_columns = len(header.cells)
    if n_columns > 1:
        rows = [row for row in rows if len(row.cells) > 1 or row.cells[0].strip()]
    _check_longer(header, rows, sep, name)
    notes = _fill_shorter(rows, n_columns, name)
    cells = dict(enumerate(map(list, zip(*(row.cells for row in rows), strict=False))))
    frame = pd.DataFrame(cells, columns=range(n_columns), dtype=object)
    return RawTable(frame.set_axis(header.cells, axis="columns"), notes)


def _rows(text: str, sep: str) -> Iterator[_Row]:
    """Yield the rows of a text, and `_END`: within the last row if a quote is not closed."""
    lines = chain(io.StringIO(text, newline=""), [_END])
    reader = csv.reader(lines, delimiter=sep, skipinitialspace=True)
    line = 1
    for cells in reader:
        if cells:
            yield _Row(line, cells)
        line = reader.line_num + 1


def _check_longer(header: _Row, rows: list[_Row], sep: str, name: str) -> None:
    """Raise an error if a row has more cells than the header."""
    n_columns = len(header.cells)
    row = next((row for row in rows if any(map(str.strip, row.cells[n_columns:]))), None)
    if row is None:
        return
    counts = (
        f"line {row.line} of {name} has {count(len(row.cells), 'cell')}, but the header has "
        f"{n_columns}"
    )
    if n_columns == 1:
        raise InputError(
            f"{counts}. If the first line is a title, delete it: the header must come first. If "
            "there is only one column, write its cells in double quotes, or add --sep tab."
        )
    marks = "separators" if sep == NO_SEPARATOR else SEPARATORS.get(sep, repr(sep))
    raise InputError(
        f"{counts}. If a cell contains {marks}, write the cell in double quotes. If {marks} do not "
        "separate the columns, name the separator with --sep."
    )


def _fill_shorter(rows: list[_Row], n_columns: int, name: str) -> list[str]:
    """Add empty cells to the rows that have too few; return a sentence about them."""
    shorter = [row for row in rows if len(row.cells) < n_columns]
    for row in shorter:
        row.cells.extend([""] * (n_columns - len(row.cells)))
    if not shorter:
        return []
    return [
        f"{name}: {count(len(shorter), 'row')} with fewer cells than the header, the first in line "
        f"{shorter[0].line}; the last cells are missing values there"
    ]
