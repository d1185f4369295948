"""What moved the predictions of three new people of the Adult table."""

import matplotlib.pyplot as plt
import numpy as np
from tutorial import moved_most

from scratchmlp.plotting.network import NEGATIVE, POSITIVE

_, panels = plt.subplots(3, figsize=(5.2, 6.2), layout="constrained", sharex=True)
for row, ax in zip((7, 8, 9), panels, strict=True):
    moved, _ = moved_most(row)
    ax.barh(moved.index, moved, color=np.where(moved > 0, POSITIVE, NEGATIVE))
    ax.axvline(0, color="0.4", linewidth=1)
    ax.set_title(f"row {row}", loc="left", size=11)
    ax.spines[["top", "right", "left"]].set_visible(False)
    ax.tick_params(left=False)
panels[-1].set_xlabel("moved the probability by")
