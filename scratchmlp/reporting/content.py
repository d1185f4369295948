"""What a report consists of: sections with paragraphs, tables and pictures."""

import unicodedata
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from scratchmlp.plotting.shared import shortened

LONGEST = 60  # characters of a name or a value
#: Marks that change the direction of the text after them, and what XML cannot contain.
_REPLACED = {
    *"\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufffe\uffff"
}


class Number(NamedTuple):
    """A cell with a number.

    Attributes
    ----------
    value : float
        The number with all its digits, which the page contains too.
    text : str
        The number as it is shown.
    shade : float or None
        Strength of the background, from 0 to 1; None for no background.
    """

    value: float
    text: str
    shade: float | None = None


Cell = str | Number


class Table(NamedTuple):
    """A table.

    Attributes
    ----------
    caption : str
        What the table shows.
    header : sequence of str
        Names of the columns.
    rows : sequence of sequence of str or Number
        Cells by row. The first cell names the row.
    """

    caption: str
    header: Sequence[str]
    rows: Sequence[Sequence[Cell]]


class Picture(NamedTuple):
    """A picture, which is not drawn yet.

    Attributes
    ----------
    title : str
        Title, which screen readers read.
    text : str
        Sentences that say what the picture shows.
    plot : callable
        Draws on the matplotlib Axes that it is given.
    size : tuple of float
        Width and height in inches. The page sets the size on the screen.
    """

    title: str
    text: str
    plot: Callable[[Any], object]
    size: tuple[float, float] = (5.2, 3.6)


class Section(NamedTuple):
    """A part of a report with a heading.

    Attributes
    ----------
    name : str
        Identifier of the heading in the page.
    title : str
        Heading.
    parts : sequence of str, dict of str to Number, Table or Picture
        What the section contains. A str is a paragraph, a dict important numbers by name.
    """

    name: str
    title: str
    parts: Sequence[str | dict[str, Number] | Table | Picture]


def plain(value: object, longest: int = LONGEST) -> str:
    """Write a name or a value of the table on one line, without control characters."""
    return "".join(map(_on_one_line, shortened(value, longest)))


def _on_one_line(character: str) -> str:
    """Write white space as a space, and mark control characters."""
    if character.isspace():
        return " "
    is_control = unicodedata.category(character) in ("Cc", "Cs") or character in _REPLACED
    return "\N{REPLACEMENT CHARACTER}" if is_control else character


def significant(value: float, n_digits: int = 2) -> str:
    """Write a number with few significant digits, such as "0.012", "4.5" or "1,200"."""
    if np.isnan(value):
        return "undefined"
    if value == 0:
        return "0"
    if np.isinf(value) or exponent(value) < -5:
        return f"{value:.{n_digits - 1}e}"
    n_decimals = n_digits - 1 - exponent(float(f"{value:.{n_digits - 1}e}"))
    return f"{np.round(value, n_decimals):,.{max(0, n_decimals)}f}"


def exponent(value: float) -> int:
    """Return the exponent of the leading digit of a number other than 0: 2 for 123."""
    return int(f"{value:e}".partition("e")[2])


def number(value: float, n_digits: int = 3) -> Number:
    """Make a cell with a number of few significant digits."""
    return Number(float(value), significant(float(value), n_digits))


def decimals(value: float, n_decimals: int) -> Number:
    """Make a cell with a number of the same decimals as others; 0 has no sign."""
    return Number(float(value), f"{value:z.{n_decimals}f}")


def share(value: float) -> Number:
    """Make a cell with a share in percent."""
    return Number(float(value), "undefined" if np.isnan(value) else f"{value:z.1%}")


def count(value: int, shade: float | None = None) -> Number:
    """Make a cell with a number of rows or the like."""
    return Number(int(value), f"{value:,}", shade)


def cell(value: Any) -> Cell:
    """Make a cell of a value of the user's table."""
    if not isinstance(value, str | bytes) and np.ndim(value) == 0 and pd.isna(value):
        return "missing"
    if isinstance(value, int | np.integer) and not isinstance(value, bool):
        return Number(float(value), str(value))
    if isinstance(value, float | np.floating):
        number = float(value)
        return Number(number, f"{number:.0f}" if 1e6 <= abs(number) < 1e15 else f"{number:.6g}")
    return plain(value)
