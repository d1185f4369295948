"""Loss against the time of a fit on the fresh tables, as measured by benchmarks/fresh.py.

Models with the highest losses are left out, so that the names of the others do not cover each
other.
"""

import sys
from pathlib import Path

import matplotlib.pyplot as plt
from labels import GRAY, color, label_points
from matplotlib.ticker import FuncFormatter

sys.path.insert(0, str(Path.cwd().parents[1]))  # a figure is drawn in its own folder

from benchmarks.fresh import GROUPS, STORED
from benchmarks.lib.differences import ENSEMBLE, main_loss, mean_seconds, median_ratio
from benchmarks.lib.runs import latest

HIGHEST = 1.06
PANELS = {
    "classes": "log-loss / ensemble's",
    "numbers": "RMSE / ensemble's",
}

SHORT = {
    "HistGradientBoosting": "HGB",
    ", early stopping": ", early",
    "blend, 8 folds": "blend",
}


def short(name: str) -> str:
    """Shorten the name of a candidate."""
    for long, instead in SHORT.items():
        name = name.replace(long, instead)
    return name


runs = latest(STORED)
figure, panels = plt.subplots(2, sharex=True, figsize=(6.4, 9), layout="constrained")
points = []
for ax, (group, label) in zip(panels, PANELS.items(), strict=True):
    of_group = runs[runs["table"].isin(GROUPS[group])]
    losses = main_loss(of_group)
    of_ours = mean_seconds(of_group, ENSEMBLE)
    places = {
        name: (mean_seconds(of_group, name) / of_ours, median_ratio(losses, name))
        for name in losses
    }
    places = {name: place for name, place in places.items() if place[1] < HIGHEST}
    ax.scatter(*zip(*places.values(), strict=True), c=[color(n, GRAY) for n in places], zorder=3)
    ax.set(xscale="log", ylabel=label)
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    ax.axhline(1, color="0.4", linewidth=1)
    ax.margins(x=0.25, y=0.1)
    ax.spines[["top", "right"]].set_visible(False)
    ax.grid(alpha=0.3)
    points.append({short(name): place for name, place in places.items()})
panels[-1].set_xlabel("time of a fit / ensemble's")
figure.draw_without_rendering()  # what follows needs the places of the axes
figure.set_layout_engine("none")
for ax, of_panel in zip(panels, points, strict=True):
    label_points(ax, of_panel, line=1)
