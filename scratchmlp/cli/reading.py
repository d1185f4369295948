"""Read the user's table from a file: CSV and its like, Excel or Parquet."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import pandas as pd

from scratchmlp.cli.cells import RawTable, is_text, replace_decimal_commas, strip_cells
from scratchmlp.cli.contents import REMEDY, Content, name_of, read_content
from scratchmlp.cli.delimited import read_delimited
from scratchmlp.cli.messages import InputError, quote
from scratchmlp.cli.sniffing import NO_SEPARATOR, SEPARATORS, decode, separate
from scratchmlp.cli.typed import read_excel, read_parquet
from scratchmlp.tabular.notes import listed


class FileFormat(NamedTuple):
    """How a file is read; by default, its content decides.

    Attributes
    ----------
    sep : str or None
        Separator of the columns of a text file.
    decimal : {",", "."} or None
        Decimal mark.
    encoding : str or None
        Encoding of a text file.
    keep_na : bool or sequence of str
        Names of the columns in which words such as NA are values; True stands for all columns.
    """

    sep: str | None = None
    decimal: str | None = None
    encoding: str | None = None
    keep_na: bool | Sequence[str] = ()


def read_file(
    path: str,
    *,
    sep: str | None = None,
    decimal: str | None = None,
    encoding: str | None = None,
    keep_na: bool | Sequence[str] = (),
) -> RawTable:
    """Read a table.

    Parameters
    ----------
    path : str
        Path of a CSV, Excel or Parquet file, which may be compressed; "-" stands for stdin.
    sep, decimal, encoding, keep_na
        See `FileFormat`.

    Returns
    -------
    RawTable
        The table, and notes about how it was read.

    Raises
    ------
    InputError
        If the file cannot be read, or contains no table.
    """
    content, name = read_content(path), name_of(path)
    if content.kind == "text":
        text, encoding = decode(content.data, encoding, name)
        sep, text = separate(text, sep)
        raw = read_delimited(text, sep, name)
    else:
        raw, sep, encoding = _read_typed(content, name), None, "utf-8"
    if raw.frame.empty:
        raise InputError(
            f"{name} has no rows below its header. Add rows, or the header if it is missing."
        )
    header = [str(each).strip() for each in raw.frame]
    frame = raw.frame.set_axis(_unique(header, name), axis="columns")
    words = _mark_missing(frame, keep_na)
    notes = raw.notes + _note_codes(frame, keep_na, name)
    if content.kind != "a Parquet file" and _only_numbers(header):
        notes.append(f"{name}: all names in the header are numbers; if it is a row, add a header")
    nameless = [new for new, given in zip(frame, header, strict=True) if not given]
    frame = frame.drop(columns=[each for each in nameless if frame[each].isna().all()])
    commas = replace_decimal_commas(frame, decimal, sep == ";")
    if commas.unclear:
        notes.append(
            f"{name}: in {listed([*map(quote, commas.unclear)])}, the comma of numbers such as "
            "1,234 separates thousands; if it is the decimal mark, add --decimal comma"
        )
    notes = _description(name, sep, commas.facts, encoding) + notes
    return RawTable(frame, notes, words, sep, raw.other_sheets, commas.replaced)


def _description(name: str, sep: str | None, commas: list[str], encoding: str) -> list[str]:
    """Say how a file was read, unless it has commas between columns, points, and is UTF-8."""
    facts = []
    if sep == NO_SEPARATOR:
        facts.append("a single column")
    elif sep and sep != ",":
        facts.append(f"columns separated by {SEPARATORS.get(sep, repr(sep))}")
    facts += commas
    if not encoding.lower().startswith(("utf-8", "utf8")):
        facts.append(f"encoding {encoding}")
    return [f"{name}: {', '.join(facts)}"] if facts else []


def _read_typed(content: Content, name: str) -> RawTable:
    """Read an Excel or Parquet file; raise an error for any other one."""
    if content.kind not in _READERS:
        remedy = "Use it with --load." if "--save" in content.kind else REMEDY
        raise InputError(f"cannot read {name}: it is {content.kind}, not a table. {remedy}")
    try:
        return _READERS[content.kind](content.data, name)
    except (InputError, MemoryError):
        raise
    except ImportError as error:
        raise InputError(
            f"cannot read {name}: it is {content.kind}, which needs another package "
            f"({_first_line(error)}). Files of the types .xlsx and .parquet need "
            'pip install "scratchmlp[files]". Or save the table as CSV.'
        ) from error
    except Exception as error:  # the readers raise many types
        raise InputError(
            f"cannot read {name}: it is {content.kind} that cannot be read ({_first_line(error)}). "
            "Save the table again, for example as CSV."
        ) from error


def _first_line(error: Exception) -> str:
    return str(error).split("\n")[0].strip(". ")


#: What reads each kind of file.
_READERS: dict[str, Callable[[bytes, str], RawTable]] = {
    "an Excel file": read_excel,
    "an old Excel file": read_excel,
    "an OpenDocument file": read_excel,
    "a Parquet file": read_parquet,
}


# Header.


def _unique(header: list[str], name: str) -> list[str]:
    """Name the columns without a name as pandas does: "Unnamed: 0" for the first column."""
    given = [each for each in header if each]
    if repeated := [each for i, each in enumerate(given) if each in given[:i]]:
        remedy = "Add a header." if _only_numbers(header) else "Rename one of them."
        raise InputError(f"{name} has two columns named {quote(repeated[0])}. {remedy}")
    names = []
    for i, each in enumerate(header):
        new = each or f"Unnamed: {i}"
        while not each and new in given:
            new += ".1"
        names.append(new)
    return names


def _only_numbers(header: list[str]) -> bool:
    """Return whether all names are numbers: then the first line is probably a row."""
    names = pd.Series([each.replace(",", ".") for each in header if each], dtype=object)
    return len(names) > 0 and bool(pd.to_numeric(names, errors="coerce").notna().all())


# Missing values.


def _mark_missing(
    frame: pd.DataFrame, keep_na: bool | Sequence[str]
) -> dict[str, "pd.Series[int]"]:
    """Strip the cells of text columns and mark missing ones, in place; return `RawTable.words`."""
    words = {}
    for name in [str(each) for each in frame if is_text(frame[each])]:
        given = frame[name]
        frame[name] = strip_cells(given, name in _kept(frame, keep_na))
        lost = given[frame[name].isna() & given.notna()].str.strip()
        if (lost != "").any():
            words[name] = lost[lost != ""].value_counts()
    return words


def _note_codes(frame: pd.DataFrame, keep_na: bool | Sequence[str], name: str) -> list[str]:
    """Say in which columns "NA" is kept, although the user has not named them."""
    others = [each for each in frame if each not in _kept(frame, keep_na)]
    codes = [quote(each) for each in others if is_text(frame[each]) and (frame[each] == "NA").any()]
    if not codes:
        return []
    return [
        f"{name}: NA is a value, not a missing one, among the codes of capital letters in "
        f"{listed(codes)}; leave a cell empty if its value is missing"
    ]


def _kept(frame: pd.DataFrame, keep_na: bool | Sequence[str]) -> Sequence[str]:
    """Return the columns in which words are values."""
    return [str(each) for each in frame] if keep_na is True else keep_na or ()
