"""Boxes, arrows and colors of the pictures that explain backpropagation.

The pictures are about five inches wide, so that their text is readable on a phone. They are files,
which repositories show too. To draw one again, run in the root of the source, for example:
python docs/figures/one_unit.py docs/_static/one_unit.svg
"""

import sys

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

FORWARD, BACKWARD, NEUTRAL = "#1f5fa8", "#b5480f", "#444444"
PALE = {FORWARD: "#e3edf8", BACKWARD: "#fbe7da", NEUTRAL: "#f2f2f2"}
SIZE = 10.5  # points


def canvas(width: float, height: float) -> tuple[Figure, Axes]:
    """Make axes without frame whose units are inches."""
    figure = plt.figure(figsize=(width, height))
    ax = figure.add_axes((0, 0, 1, 1))
    ax.set(xlim=(0, width), ylim=(0, height))
    ax.axis("off")
    return figure, ax


def save(figure: Figure) -> None:
    """Write the picture to the path that the command names; the same picture is the same file."""
    with plt.rc_context({"svg.hashsalt": ""}):
        figure.savefig(sys.argv[1], metadata={"Date": None})


def box(ax: Axes, x: float, y: float, text: str, color: str = NEUTRAL, size: float = SIZE) -> None:
    """Write a text into a rounded box with its center at (x, y)."""
    style = {"boxstyle": "round,pad=0.4", "facecolor": PALE[color], "edgecolor": color}
    ax.text(x, y, text, ha="center", va="center", fontsize=size, color="black", bbox=style)


def note(ax: Axes, x: float, y: float, text: str, color: str = NEUTRAL, ha: str = "center") -> None:
    """Write a text without a box, in front of lines."""
    behind = {"boxstyle": "square,pad=0.1", "facecolor": "white", "edgecolor": "none"}
    ax.text(x, y, text, ha=ha, va="center", fontsize=SIZE, color=color, bbox=behind)


def arrow(
    ax: Axes, start: tuple[float, float], end: tuple[float, float], color: str = NEUTRAL
) -> None:
    """Draw an arrow between two points."""
    style = {"arrowstyle": "-|>", "color": color, "linewidth": 1.4, "shrinkA": 0, "shrinkB": 0}
    ax.annotate("", end, start, arrowprops=style)
