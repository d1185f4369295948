"""Read the user's table from a file: CSV and its like, Excel or Parquet.

pandas reads the cells. Text stays text here: what a column is, the encoder of the table decides.
"""

import bz2
import gzip
import io
import lzma
import re
import sys
import zipfile
from collections import Counter
from collections.abc import Mapping, Sequence, Set
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scratchmlp.cli.decimal_marks import find_decimal_marks
from scratchmlp.cli.messages import InputError, count, did_you_mean, quote, quoted
from scratchmlp.cli.options import DEFAULT, FileFormat
from scratchmlp.cli.text_files import SAMPLE, n_titles, no_header, note_titles, read_text
from scratchmlp.tabular.reading.from_text import with_other_mark
from scratchmlp.tabular.reading.missing import words_for_missing
from scratchmlp.tabular.reading.values import different_values
from scratchmlp.utils.extras import install_command

STDIN = "-"
#: What decompresses a file, by its first bytes.
_DECOMPRESS = {b"\x1f\x8b": gzip.decompress, b"BZh": bz2.decompress, b"\xfd7zXZ\0": lzma.decompress}
#: Parts of a zip file that is a workbook: .xlsx, .xlsb or .ods.
_OF_WORKBOOKS = {"xl/workbook.xml", "xl/workbook.bin", "content.xml"}
_OLD_WORKBOOK = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # .xls


class RawTable(NamedTuple):
    """A table as it is in its file.

    Attributes
    ----------
    frame : DataFrame of shape (n_samples, n_columns)
        Text columns have the dtype object, the cells as they are written, and nan for missing
        values. Columns of Excel and Parquet files can have any other dtype.
    notes : list of str
        A sentence about each decision that the user should know.
    sep : str or None
        Separator of the columns of a text file; None for other files.
    words : mapping of str to Series
        The words that count as missing values, with the number of cells, by text column. Columns
        without such words are left out.
    marks : mapping of str to {",", "."}
        Decimal marks of the columns of text, where they are known.
    clear : set of str
        Columns whose cells can have only this mark.
    """

    frame: pd.DataFrame
    notes: Sequence[str] = ()
    sep: str | None = None
    words: "Mapping[str, pd.Series[int]]" = MappingProxyType({})
    marks: Mapping[str, str] = MappingProxyType({})
    clear: Set[str] = frozenset()

    def readable(self, name: str, decimal: str | None = None) -> "pd.Series[Any]":
        """Return a column for a reader that takes `decimal` for its mark.

        Without `decimal`, the reader finds the mark if the column tells it, and otherwise takes a
        point. If the reader would take a wrong mark, the numbers are written with its mark.
        """
        if decimal is None and name in self.clear:
            return self.frame[name]
        decimal = decimal or "."
        mark = self.marks.get(name, decimal)
        return self.frame[name] if mark == decimal else with_other_mark(self.frame[name], mark)


def read_file(path: str, how: FileFormat = DEFAULT) -> RawTable:
    """Read a table.

    Parameters
    ----------
    path : str
        Path of a CSV, Excel or Parquet file, which may be compressed; "-" stands for stdin.
    how : FileFormat, optional
        How to read it.

    Returns
    -------
    RawTable
        The table, and notes about how it was read.

    Raises
    ------
    InputError
        If the file cannot be read, or contains no table.
    """
    name = "stdin" if path == STDIN else path
    raw = _read_cells(_read_bytes(path, name), how, name)
    if raw.frame.empty:
        raise InputError(
            f"{name} has no rows below its header. Add rows, or the header if it is missing."
        )
    frame = _named(raw.frame, name)
    words, code_notes = _mark_missing(frame, how.keep_na)
    nameless = [each for each, given in zip(frame, raw.frame, strict=True) if not given]
    frame = frame.drop(columns=[each for each in nameless if frame[each].isna().all()])
    texts = {str(each): frame[each] for each in frame if _is_text(frame[each])}
    marks, clear, mark_notes = find_decimal_marks(texts, how.decimal, raw.sep == ";", how.marks)
    notes = [f"{name}: {note}" for note in [*raw.notes, *code_notes, *mark_notes]]
    return RawTable(frame, notes, raw.sep, words, marks, clear)


def _is_text(column: "pd.Series[Any]") -> bool:
    """Return whether a column of a raw table contains text."""
    return column.dtype == object


# From bytes to cells.


def _read_bytes(path: str, name: str) -> bytes:
    if path == STDIN and (sys.stdin is None or sys.stdin.isatty()):
        raise InputError(
            'the table "-" is stdin, but nothing is sent to stdin. Send a file with "< DATA.csv", '
            "or give the path of a file."
        )
    try:
        return sys.stdin.buffer.read() if path == STDIN else Path(path).read_bytes()
    except OSError as error:
        raise InputError(
            f"cannot read {name}: {error.strerror or error}. Give the path of a local CSV, Excel "
            "or Parquet file."
        ) from error


def _read_cells(data: bytes, how: FileFormat, name: str) -> RawTable:
    """Read a file; the columns have the names of its header, which may be empty or repeated."""
    try:
        data = _unpack(data, name)
        is_workbook = data.startswith(_OLD_WORKBOOK) or _OF_WORKBOOKS & {*_files_in(data)}
        if how.sheet is not None and not is_workbook:
            raise InputError(f"{name} is no Excel file, so it has no sheets. Remove --sheet.")
        if is_workbook:
            return _read_excel(data, how, name)
        if data.startswith(b"PAR1"):
            return _read_parquet(data, how, name)
    except (InputError, MemoryError):
        raise
    except Exception as error:  # pandas and the decompressors raise many types
        remedy = "Save the table again, for example as CSV."
        if isinstance(error, ImportError):
            remedy = f"Excel and Parquet files need {install_command('files')}."
        reason = str(error).split("\n")[0].strip(". ")
        raise InputError(f"cannot read {name}: {reason}. {remedy}") from error
    cells, notes, sep = read_text(data, how, name)
    raw = _below_header(cells, name)
    return raw._replace(notes=[*notes, *raw.notes], sep=sep)


def _unpack(data: bytes, name: str) -> bytes:
    """Decompress a file. Workbooks stay as they are, although new ones are zip files."""
    for start, decompress in _DECOMPRESS.items():
        if data.startswith(start):
            return decompress(data)
    files = _files_in(data)
    if not files or _OF_WORKBOOKS & {*files}:
        return data
    if "scratchmlp.json" in files:
        raise InputError(f"{name} is a model saved with --save, not a table. Use it with --load.")
    if len(files) > 1:
        raise InputError(
            f"cannot read {name}: it is an archive of {count(len(files), 'file')}: "
            f"{quoted(files)}. Extract the file with the table, and give its path."
        )
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return archive.read(files[0])


def _files_in(data: bytes) -> list[str]:
    """Return the names of the files in a zip file; [] for any other file."""
    if not zipfile.is_zipfile(io.BytesIO(data)):
        return []
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return [each for each in archive.namelist() if not re.search(r"/$|^__MACOSX/", each)]


def _below_header(cells: pd.DataFrame, name: str) -> RawTable:
    """Name the columns by the first row."""
    if cells.empty:
        raise InputError(f"{name} is empty. It needs a header and rows.")
    header = ["" if pd.isna(cell) else str(cell).strip() for cell in cells.iloc[0]]
    frame = cells.iloc[1:].reset_index(drop=True).set_axis(header, axis="columns")
    note = "all names in the header are numbers; if it is a row, add a header"
    return RawTable(frame, [note] if _are_numbers(header) else [])


# Excel and Parquet files, whose columns have types.


def _read_excel(data: bytes, how: FileFormat, name: str) -> RawTable:
    """Read a sheet of a workbook, without empty rows."""
    with pd.ExcelFile(io.BytesIO(data), engine="calamine") as file:
        names = [*map(str, file.sheet_names)]
        sheet = _find_sheet(how.sheet, names, name)
        cells = pd.read_excel(
            file,
            sheet_name=sheet,
            header=None,
            dtype=object,
            keep_default_na=False,
            na_values="",
        )
    where = f"the sheet {quote(sheet)} of {name}" if len(names) > 1 else name
    cells = cells[how.header :]
    if how.header is not None and cells[:1].isna().all(axis=None):
        raise no_header(how.header, where)
    cells, titles = cells.dropna(how="all"), []
    if how.header is None:
        rows = cells[:SAMPLE].fillna("").astype(str).map(str.strip).to_numpy().tolist()
        titles = [row[0] for row in rows[: n_titles(rows)]]
    raw = _below_header(cells[len(titles) :], where)
    notes = [*note_titles(titles), *raw.notes]
    if how.sheet is None and len(names) > 1:
        first = f"only the first of {len(names)} sheets is read, {quote(sheet)}"
        notes.insert(0, f"{first}; for another one, add --sheet")
    return RawTable(_with_types(raw.frame), notes)


def _find_sheet(given: str | None, names: list[str], name: str) -> str:
    """Return the name of the sheet that ``--sheet`` names, or else counts from 0."""
    if given is None:
        return names[0]
    if given in names:
        return given
    if given.isdecimal() and int(given) < len(names):
        return names[int(given)]
    raise InputError(
        f"{name} has no sheet {quote(given)}, which --sheet names.{did_you_mean(given, names)} Its "
        f"sheets: {quoted(names)}."
    )


def _read_parquet(data: bytes, how: FileFormat, name: str) -> RawTable:
    """Read a Parquet file; a named index becomes a column."""
    if how.header is not None:
        raise InputError(
            f"{name} is a Parquet file, which names its columns without a header. Remove --header."
        )
    frame = pd.read_parquet(io.BytesIO(data))
    frame = frame.reset_index(drop=frame.index.names == [None])
    names = [str(each).strip() for each in frame]
    return RawTable(_with_types(frame.set_axis(names, axis="columns")))


def _with_types(frame: pd.DataFrame) -> pd.DataFrame:
    """Convert the cells of each column of objects to one type."""
    columns = [_with_one_type(frame.iloc[:, i]) for i in range(frame.shape[1])]
    return pd.concat(columns, axis="columns") if columns else frame


def _with_one_type(column: "pd.Series[Any]") -> "pd.Series[Any]":
    """Convert a column of objects to numbers, booleans or dates if all are, otherwise to text."""
    if not column.notna().any():
        return column
    column = column.infer_objects()
    if column.dtype != object and not isinstance(column.dtype, pd.StringDtype):
        return column
    kind = pd.api.types.infer_dtype(column, skipna=True)
    if kind in ("date", "datetime"):
        return column.astype("datetime64[us]")
    if kind == "decimal":
        return column.astype(float)
    return column.astype(object).map(str, na_action="ignore").astype(object)


# Header.


def _named(frame: pd.DataFrame, name: str) -> pd.DataFrame:
    """Name the columns without a name as pandas does: "Unnamed: 0" for the first column."""
    header = [*map(str, frame)]
    given = [each for each in header if each]
    if repeated := [each for i, each in enumerate(given) if each in given[:i]]:
        remedy = "Add a header." if _are_numbers(header) else "Rename one of them."
        raise InputError(f"{name} has two columns named {quote(repeated[0])}. {remedy}")
    names = []
    for i, each in enumerate(header):
        new = each or f"Unnamed: {i}"
        while not each and new in given:
            new += ".1"
        names.append(new)
    return frame.set_axis(names, axis="columns")


def _are_numbers(header: list[str]) -> bool:
    """Return whether all names are numbers: then the first line is probably a row."""
    names = pd.Series([each.replace(",", ".") for each in header if each], dtype=object)
    return len(names) > 0 and bool(pd.to_numeric(names, errors="coerce").notna().all())


# Missing values.


def _mark_missing(
    frame: pd.DataFrame, keep_na: Literal[True] | Sequence[str]
) -> tuple[dict[str, "pd.Series[int]"], list[str]]:
    """Strip the cells of text columns and mark missing ones, in place.

    Returns
    -------
    words : dict of str to Series
        See `RawTable.words`.
    notes : list of str
        A clause about columns in which "NA" is a value, although the user has not said so.
    """
    words, codes = {}, []
    for name in [str(each) for each in frame if _is_text(frame[each])]:
        different = different_values(frame[name])
        values = [*map(str.strip, different.unique)]
        is_kept = keep_na is True or name in keep_na
        missing = {*values} & ({""} if is_kept else words_for_missing({*values}))
        known = [np.nan if value in missing else value for value in values]
        cells = np.array([*known, np.nan], dtype=object)[different.codes]  # -1 is of missing values
        frame[name] = pd.Series(cells, frame.index, dtype=object)
        if lost := missing - {""}:
            words[name] = _rows_of_words(values, different.counts, lost)
        if not is_kept and "NA" in known:
            codes.append(name)
    note = (
        "NA is a value, not a missing one, among the codes of capital letters in "
        f"{quoted(codes)}; leave a cell empty if its value is missing"
    )
    return words, [note] if codes else []


def _rows_of_words(
    values: list[str], counts: NDArray[np.intp], words: Set[str]
) -> "pd.Series[int]":
    """Count in how many rows each of some words stands: the most frequent first, then by name."""
    rows = Counter(dict.fromkeys(sorted(words), 0))
    for value, n in zip(values, counts, strict=True):
        if value in words:  # " NA" and "NA" are one word
            rows[value] += int(n)
    return pd.Series(dict(rows.most_common()))


def without_infinite(table: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
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


def as_text(column: "pd.Series[Any]") -> "pd.Series[Any]":
    """Return a column as the file shows it; missing values stay missing.

    Whole numbers of Excel and Parquet files have no decimals, although missing values among them
    make them floats.
    """
    if column.dtype == object:  # text
        return column
    text = column.astype(str).astype(object).where(column.notna())
    if column.dtype.kind == "f" and all(each.endswith(".0") for each in text.dropna()):
        return text.map(lambda each: each.removesuffix(".0"), na_action="ignore")
    return text
