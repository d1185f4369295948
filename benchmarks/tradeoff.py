"""The picture of `accuracy.py`: how good predictions are against the CPU time of a fit."""

from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Annotation
from matplotlib.ticker import FuncFormatter
from matplotlib.transforms import Bbox

OURS, OTHERS = "tab:red", "0.35"
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


def save(path: Path, *what: Any) -> None:
    """Save the picture in a format of matplotlib's; see `draw` for the rest."""
    figure = Figure(dpi=150)
    draw(figure, *what)
    figure.savefig(path)


def draw(
    figure: Figure,
    title: str,
    summaries: dict[str, dict[str, Any]],
    measures: dict[str, str],
    ours: Collection[str],
) -> None:
    """Draw one panel a measure.

    Parameters
    ----------
    figure : Figure
        Where to draw.
    title : str
        What was averaged over.
    summaries : dict
        For each contestant its ``seconds`` and each of the measures.
    measures : dict
        Measures, with the labels of their axes; less is better.
    ours : collection of str
        The contestants to point out.
    """
    figure.set_size_inches(6.5, 4 * len(measures))  # below each other: readable on a phone
    figure.set_layout_engine("constrained")
    figure.suptitle(f"{title}: lower left is better")
    panels = figure.subplots(len(measures), squeeze=False)[:, 0]
    for ax, (measure, label) in zip(panels, measures.items(), strict=True):
        points = {n: (row["seconds"], row[measure]) for n, row in summaries.items()}
        colors = [OURS if name in ours else OTHERS for name in points]
        ax.scatter(*zip(*points.values(), strict=True), c=colors, s=30, zorder=3)
        ax.set(xscale="log", xlabel="CPU seconds of a fit, one thread", ylabel=label)
        ax.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:g}"))
        ax.margins(0.15)
        ax.spines[["top", "right"]].set_visible(False)
        ax.grid(alpha=0.3)
    figure.draw_without_rendering()  # what follows needs the places of the axes
    figure.set_layout_engine("none")
    for ax, measure in zip(panels, measures, strict=True):
        label_points(ax, {n: (row["seconds"], row[measure]) for n, row in summaries.items()}, ours)


def label_points(ax: Axes, points: dict[str, tuple[float, float]], ours: Collection[str]) -> None:
    """Write each name beside its point, where no other name or point is."""
    pixels = ax.transData.transform(list(points.values()))
    taken = [Bbox.from_extents(x - 6, y - 6, x + 6, y + 6) for x, y in pixels]
    for i, (name, point) in enumerate(points.items()):
        others = [*taken[:i], *taken[i + 1 :]]
        taken.append(place(ax, name, point, OURS if name in ours else "black", others))


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
