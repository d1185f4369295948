"""Mean ranks over the fresh tables, as measured by benchmarks/fresh.py."""

import sys
from pathlib import Path

import matplotlib.pyplot as plt
from labels import GRAY, color

sys.path.insert(0, str(Path.cwd().parents[1]))  # a figure is drawn in its own folder

from benchmarks.fresh import GROUPS, STORED
from benchmarks.lib.differences import alike, main_loss, mean_ranks
from benchmarks.lib.runs import latest

runs = latest(STORED)
losses = main_loss(runs[runs["table"].isin(GROUPS["classes"] + GROUPS["numbers"])])
ranks, groups = mean_ranks(losses), alike(losses)
figure, ax = plt.subplots(figsize=(6, 0.3 * len(ranks) + 1.2), layout="constrained")
rows = {name: row for row, name in enumerate(ranks.index)}
colors = [color(name, GRAY) for name in ranks.index]
ax.scatter(ranks, rows.values(), c=colors, s=30, zorder=3)
for i, group in enumerate(groups):
    place = [ranks.max() + 2.2 + 0.8 * i] * 2  # right of all points and their numbers
    ax.plot(place, [rows[group[0]], rows[group[-1]]], color=GRAY, linewidth=4)
ax.text(1, 1, "not significantly\ndifferent", ha="right", va="bottom", transform=ax.transAxes)
for rank, row in zip(ranks, rows.values(), strict=True):
    ax.annotate(f"{rank:.1f}", (rank, row), (6, 0), textcoords="offset points", va="center")
ax.set_yticks(list(rows.values()), rows)
ax.set_xticks(range(1, round(ranks.max()) + 1, 2))
ax.set(ylim=(len(rows) - 0.5, -0.5), xlabel="mean rank, 1 is best")
ax.spines[["top", "right"]].set_visible(False)
ax.grid(axis="x", alpha=0.3)
