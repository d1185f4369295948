"""What a report consists of: paragraphs, tables, and pictures and how these are drawn."""

import warnings
from base64 import b64encode
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from io import BytesIO
from typing import Any, NamedTuple

import pandas as pd

from scratchmlp.evaluation.numbers import Cell, Number

FAINT = "#7f7f7f"  # of what curves are compared with
OUTER = 0.02  # share of the values at each end that may be far from the others
FAR = 3  # times the range of the others
PANEL = (6.0, 4.5)  # inches of each picture in a file
_SETTINGS = {
    "text.parse_math": False,  # names may contain dollar signs
    "svg.fonttype": "none",  # text stays text
    "svg.hashsalt": "scratchmlp",  # the same picture has the same content each time
    "axes.spines.top": False,
    "axes.spines.right": False,
    "font.size": 10.0,
    "legend.frameon": False,
}
#: Missing glyphs, which the browser has, a legend that is slow, and uneven ticks of dates.
_WARNINGS = ("Glyph", "Creating legend with loc", "AutoDateLocator was unable")


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


class Folded(NamedTuple):
    """What readers see once they open it. On paper, it is open.

    Attributes
    ----------
    summary : str
        The line that opens it.
    parts : sequence of str, Table or Picture
        What it contains.
    """

    summary: str
    parts: Sequence[str | Table | Picture]


class Section(NamedTuple):
    """A part of a report with a heading.

    Attributes
    ----------
    name : str
        Identifier of the heading in the page.
    title : str
        Heading.
    parts : sequence of str, dict of str to Number, Table, Picture or Folded
        What the section contains. A str is a paragraph, a dict important numbers by name.
    """

    name: str
    title: str
    parts: Sequence[str | dict[str, Number] | Table | Picture | Folded]


# How pictures are drawn: each as an image of the page, or several side by side in a file.


def image(picture: Picture) -> str:
    """Draw a picture for a page.

    Parameters
    ----------
    picture : Picture
        The picture.

    Returns
    -------
    str
        The address of an image that contains the picture itself, as SVG without a background.
    """
    with _figure(picture.size) as figure:
        picture.plot(figure.subplots())
        file = BytesIO()
        metadata = dict.fromkeys(("Date", "Creator", "Format", "Type"))
        figure.savefig(file, format="svg", transparent=True, metadata=metadata)
    return f"data:image/svg+xml;base64,{b64encode(file.getvalue()).decode()}"


def side_by_side(pictures: Sequence[Picture], file_format: str) -> bytes:
    """Draw pictures in one file, each below its title.

    Parameters
    ----------
    pictures : sequence of Picture
        The pictures, from left to right.
    file_format : str
        "png", "svg" or "pdf".

    Returns
    -------
    bytes
        The content of the file.
    """
    width, height = PANEL
    with _figure((width * len(pictures), height)) as figure:
        axes = figure.subplots(1, len(pictures), squeeze=False)[0]
        for ax, picture in zip(axes, pictures, strict=True):
            picture.plot(ax)
            ax.set_title(f"{picture.title}\n{ax.get_title()}".strip())
        file = BytesIO()
        figure.savefig(file, format=file_format, dpi=150)
    return file.getvalue()


def are_near(values: "pd.Series[Any]") -> "pd.Series[bool]":
    """Return which numbers or dates to show: others are so far off that they would stretch an axis.

    Such a value is often no measurement: 999,999 may stand for a missing one.

    Parameters
    ----------
    values : Series of shape (n_values,)
        Numbers as floats, or dates; none is missing.

    Returns
    -------
    Series of bool
        False for at most 2% of the values at each end: those that are farther from the others than
        three times the range of the others.
    """
    is_date = values.dtype.kind == "M"
    numbers = values.dt.as_unit("us").astype("int64").astype(float) if is_date else values
    low, high = numbers.quantile([OUTER, 1 - OUTER], interpolation="nearest")
    margin = FAR * (high - low)
    return numbers.between(low - margin, high + margin) if margin else numbers.notna()


@contextmanager
def _figure(size: tuple[float, float]) -> Iterator[Any]:
    """Yield an empty figure. What is drawn in the block does not depend on the user's own style."""
    import matplotlib
    from matplotlib.figure import Figure

    settings: dict[str, Any] = dict(matplotlib.rcParamsDefault) | _SETTINGS
    settings.pop("backend")
    with warnings.catch_warnings(), matplotlib.rc_context(settings):  # type: ignore[arg-type]
        for message in _WARNINGS:
            warnings.filterwarnings("ignore", message)
        yield Figure(figsize=size, layout="constrained")
