"""What mistakes cost by threshold, from out-of-fold probabilities: the letters of imbalance.md."""

import matplotlib.pyplot as plt
import numpy as np
from tutorial import model, y

proba = model.oof_proba_[:, 1]
earns = np.array(y == ">50K")
thresholds = np.linspace(0.005, 0.6, 300)
missed = np.array([9 * np.mean(earns & (proba <= each)) for each in thresholds])
wasted = np.array([np.mean(~earns & (proba > each)) for each in thresholds])

figure, ax = plt.subplots(figsize=(5.2, 3.3), layout="constrained")
ax.plot(thresholds, missed, color="#b5480f", linestyle="--")
ax.plot(thresholds, wasted, color="#1f5fa8", linestyle=":", linewidth=2)
ax.plot(thresholds, missed + wasted, color="black")
ax.text(0.3, 0.72, "both")
ax.text(0.36, 0.45, "people missed, 9 each", color="#b5480f")
ax.text(0.3, 0.16, "letters for nothing, 1 each", color="#1f5fa8")
ax.axvline(0.1, color="0.6", linewidth=1)
ax.text(0.108, 0.03, "1 / 10", color="0.3")
ax.set(xlabel="threshold", ylabel="mean cost for a person", ylim=(0, None), xlim=(0, 0.6))
ax.spines[["top", "right"]].set_visible(False)
