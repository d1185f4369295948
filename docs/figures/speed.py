"""How many times as long other libraries take, from the table of the page on performance."""

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

page = (Path.cwd().parent / "comparison.md").read_text(encoding="utf-8")  # drawn in its folder
table = page.split("\n|---|---|---|---|\n")[1].split("\n\n")[0]
rows = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in table.splitlines()]
work = [row[0].replace(", (", ",\n(").replace(", 81", ",\n81") for row in rows]
ratios = [[float("nan") if cell == "—" else float(cell) for cell in row[2:]] for row in rows]

figure, ax = plt.subplots(figsize=(5.4, 4.8), layout="constrained")
places = np.arange(len(rows))
styles = (("MLPClassifier", "#1f5fa8", -0.2), ("torch, eager", "#e08214", 0.2))
for (name, color, shift), ratio in zip(styles, zip(*ratios, strict=True), strict=True):
    bars = ax.barh(places + shift, np.nan_to_num(ratio), 0.38, color=color, label=name)
    labels = ["" if np.isnan(value) else f"{value:.2f}" for value in ratio]
    behind = {"boxstyle": "square,pad=0.1", "facecolor": "white", "edgecolor": "none"}
    ax.bar_label(bars, labels, padding=3, bbox=behind)  # in front of the line
ax.axvline(1, color="0.3", linewidth=1)
ax.text(1.03, -0.62, "scratchmlp = 1", color="0.2", ha="left", va="bottom")
ax.set_yticks(places, work)
ax.set(xlabel="time / time of scratchmlp", ylim=(len(rows) - 0.4, -1), xlim=(0, 6.4))
ax.spines[["top", "right"]].set_visible(False)
ax.legend(loc="center right", bbox_to_anchor=(1, 0.53), frameon=False)
