"""Names beside points, which do not cover each other."""

from collections.abc import Iterable

from matplotlib.axes import Axes
from matplotlib.text import Annotation
from matplotlib.transforms import Bbox

GRAY = "0.35"
OURS = {"TabularEnsemble": "tab:red", "TabularMLP": "tab:orange"}
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
    (7, 2, "left", "bottom"),
    (-7, -9, "right", "top"),
)


def color(name: str, other: str) -> str:
    """Return the color of a candidate."""
    return OURS.get(name, other)


def label_points(ax: Axes, points: dict[str, tuple[float, float]], line: float) -> None:
    """Write each name beside its point, where no other name or point is, nor a line at a height."""
    pixels = ax.transData.transform(list(points.values()))
    taken = [Bbox.from_extents(x - 6, y - 6, x + 6, y + 6) for x, y in pixels]
    height = ax.transData.transform((1, line))[1]
    across = Bbox.from_extents(ax.bbox.x0, height - 1, ax.bbox.x1, height + 1)
    for i, (name, point) in enumerate(points.items()):
        others = [across, *taken[:i], *taken[i + 1 :]]
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
