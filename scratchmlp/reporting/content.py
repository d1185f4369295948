"""What a report consists of: sections with paragraphs, tables and pictures."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from scratchmlp.evaluation.numbers import Cell, Number


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
