"""On how many tables the ensemble has a lower loss than others, as measured by accuracy.py."""

import sys
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

sys.path.insert(0, str(Path.cwd().parents[1]))  # a figure is drawn in its own folder

from benchmarks.runs import by_table, latest

OURS, BETTER, WORSE = "TabularEnsemble", "#1f5fa8", "#b5480f"
OTHERS = {
    "CatBoost": "CatBoost",
    "LightGBM": "LightGBM",
    "HistGradientBoosting": "HistGradient-\nBoosting",
    "TabularMLP": "the networks\nalone",
}

losses = by_table(latest(), "log_loss")
rng = np.random.default_rng(1)
figure, ax = plt.subplots(figsize=(5.2, 3.9))
figure.subplots_adjust(left=0.21, right=0.84, bottom=0.18, top=0.87)
for row, other in enumerate(OTHERS):
    ratio = (losses[other] / losses[OURS]).clip(0.75, 3)
    height = row + rng.uniform(-0.22, 0.22, len(ratio))
    ax.scatter(ratio, height, s=22, c=np.where(ratio > 1, BETTER, WORSE), alpha=0.75, linewidths=0)
    wins = f"{(ratio > 1).sum()} of {len(ratio)}"
    ax.text(3.25, row, wins, va="center", color=BETTER, clip_on=False)
ax.axvline(1, color="0.4", linewidth=1)
ax.set(xscale="log", xlim=(0.72, 3.1), ylim=(len(OTHERS) - 0.5, -0.5))
ax.set_xticks([0.8, 1, 1.25, 1.5, 2, 3], ["0.8", "same", "1.25", "1.5", "2", "3 or\nmore"])
ax.minorticks_off()
ax.set_yticks(range(len(OTHERS)), OTHERS.values())
ax.set_xlabel("loss, as a multiple of the ensemble's")
ax.text(3.25, -0.62, "ensemble\nis better", va="bottom", color=BETTER)
ax.spines[["top", "right"]].set_visible(False)
ax.grid(axis="x", alpha=0.3)
