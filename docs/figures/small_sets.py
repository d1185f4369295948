"""How good predictions are against the CPU time of a fit, as `benchmarks/accuracy.py` measured."""

import sys
from collections.abc import Iterable
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Annotation
from matplotlib.ticker import FuncFormatter
from matplotlib.transforms import Bbox

sys.path.insert(0, str(Path.cwd().parents[1]))  # a figure is drawn in its own folder

from benchmarks.rivals import CLASSIFIERS
from benchmarks.runs import latest, summarize
from benchmarks.tables import SMALL

MEASURES = {"error": "error, geometric mean", "log_loss": "log-loss, geometric mean"}
RED, GRAY = "tab:red", "0.35"
# Where a label may stand from its point, in points, and its alignments there; the first that is
# free is taken.
PLACES = (
    (7, 0, "left", "center"),
    (-7, 0, "right", "center"),
    (0, 7, "center", "bottom"),
    (0, -7, "center", "top"),
    (7, 9, "left", "bottom"),
    (7, -9, "left", "top"),
    (-7, 9, "right", "bottom"),
    (-7, -9, "right", "top"),
)


def draw(figure: Figure, *measures: str) -> None:
    """Draw one panel a measure: all contestants that were measured on all small sets."""
    runs = latest()
    summaries = {name: summarize(runs, name, SMALL) for name in CLASSIFIERS}
    summaries = {name: summary for name, summary in summaries.items() if summary}
    figure.set_size_inches(6.5, 4 * len(measures))  # below each other: readable on a phone
    figure.set_layout_engine("constrained")
    figure.suptitle("Fourteen small sets: lower left is better")
    panels = figure.subplots(len(measures), squeeze=False)[:, 0]
    points = [
        {name: (row["seconds"], row[measure]) for name, row in summaries.items()}
        for measure in measures
    ]
    for ax, measure, of_measure in zip(panels, measures, points, strict=True):
        colors = [color(name, GRAY) for name in of_measure]
        ax.scatter(*zip(*of_measure.values(), strict=True), c=colors, s=30, zorder=3)
        ax.set(xscale="log", xlabel="CPU seconds of a fit, one thread", ylabel=MEASURES[measure])
        ax.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:g}"))
        ax.margins(0.15)
        ax.spines[["top", "right"]].set_visible(False)
        ax.grid(alpha=0.3)
    figure.draw_without_rendering()  # what follows needs the places of the axes
    figure.set_layout_engine("none")
    for ax, of_measure in zip(panels, points, strict=True):
        label_points(ax, of_measure)


def color(name: str, other: str) -> str:
    """Return the color of a contestant."""
    return RED if name.startswith("Tabular") else other


def label_points(ax: Axes, points: dict[str, tuple[float, float]]) -> None:
    """Write each name beside its point, where no other name or point is."""
    pixels = ax.transData.transform(list(points.values()))
    taken = [Bbox.from_extents(x - 6, y - 6, x + 6, y + 6) for x, y in pixels]
    for i, (name, point) in enumerate(points.items()):
        others = [*taken[:i], *taken[i + 1 :]]
        taken.append(place(ax, name, point, color(name, "black"), others))


def place(
    ax: Axes, name: str, point: tuple[float, float], color: str, others: Iterable[Bbox]
) -> Bbox:
    """Write one name at the first free place, or at the last place if none is."""
    for x, y, horizontal, vertical in PLACES:
        label: Annotation = ax.annotate(
            name, point, (x, y), textcoords="offset points", ha=horizontal, va=vertical, color=color
        )
        box = label.get_window_extent()
        inside = ax.bbox.x0 <= box.x0 and box.x1 <= ax.bbox.x1
        if (x, y, horizontal, vertical) == PLACES[-1] or (
            inside and not box.count_overlaps(others)
        ):
            break
        label.remove()
    return box
