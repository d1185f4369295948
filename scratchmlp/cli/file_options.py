"""The options of the command line that say how a table is read."""

import argparse
from typing import Any

from scratchmlp.cli.help import FILE
from scratchmlp.cli.messages import InputError, quote
from scratchmlp.cli.reading import FileFormat

_NAMES = {"tab": "\t", r"\t": "\t", "semicolon": ";", "bar": "|", "comma": ",", "space": " "}
_DECIMALS = {"comma": ",", "point": ".", ",": ",", ".": "."}


def add_file_options(parser: argparse.ArgumentParser) -> None:
    """Add ``--sep``, ``--decimal``, ``--encoding`` and ``--keep-na`` to a parser."""
    add = parser.add_argument_group("table file", FILE).add_argument
    add(
        "--sep",
        type=_separator,
        help="separator of the columns: comma, semicolon, tab, bar, space or another character",
    )
    add(
        "--decimal",
        type=_decimal_mark,
        metavar="MARK",
        help="decimal mark, comma or point: it decides whether 1,234 is 1.234 or 1234",
    )
    add("--encoding", type=_encoding, help="encoding of the text, such as utf-8 or cp1252")
    add(
        "--keep-na",
        nargs="*",
        metavar="COLUMN",
        help="columns in which words such as NA are values, and only empty cells are missing; "
        "without names, all columns",
    )


def take_file_format(arguments: dict[str, Any]) -> FileFormat:
    """Remove the options of `add_file_options` from parsed arguments, and return their values."""
    sep, decimal, encoding, names = map(arguments.pop, ("sep", "decimal", "encoding", "keep_na"))
    return FileFormat(sep, decimal, encoding, () if names is None else names or True)


def _separator(text: str) -> str:
    """Return the separator that ``--sep`` names, by a character or by a word."""
    found = _NAMES.get(text.lower(), text)
    if len(found) != 1 or found.isalnum() or found in "\"'.-+_\r\n":
        raise InputError(
            f"--sep is {quote(text)}, which cannot separate columns. Choose comma, semicolon, tab, "
            'bar or space, or another punctuation mark, in quotes: for example --sep ":".'
        )
    return found


def _decimal_mark(text: str) -> str:
    """Return the decimal mark that ``--decimal`` names: "," or "."."""
    if text.lower() not in _DECIMALS:
        raise InputError(f"--decimal is {quote(text)}. Choose comma or point.")
    return _DECIMALS[text.lower()]


def _encoding(text: str) -> str:
    """Return the encoding that ``--encoding`` names; raise an error if Python has none."""
    try:
        b"abcd".decode(text)
    except (LookupError, ValueError) as error:
        raise InputError(
            f"--encoding is {quote(text)}, which is no encoding of text. Choose one that Python "
            "has, for example utf-8, utf-16, cp1252, cp1251, shift_jis or gb18030."
        ) from error
    return text
