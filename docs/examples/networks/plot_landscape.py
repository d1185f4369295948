"""
The landscape of 400 networks
=============================

How do the learning rate and the number of hidden units act together? This example trains a network
for each of 400 pairs, and draws the loss on new rows as a landscape over both. The networks are
small: all 400 take a few seconds.
"""

# %%
# 400 networks
# ------------
# Twenty learning rates times twenty widths, all on logarithmic scales. Each network trains for 200
# epochs on 200 points of two half circles.

import time
import warnings

import numpy as np
from matplotlib import pyplot as plt
from sklearn.datasets import make_moons
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import log_loss

from scratchmlp import ScratchMLPClassifier

X, y = make_moons(200, noise=0.25, random_state=0)
X_new, y_new = make_moons(2000, noise=0.25, random_state=1)
rates = np.geomspace(0.0001, 1, 20)
widths = np.unique(np.geomspace(1, 120, 26).astype(int))[:20]


def network(rate, width):
    """Return a network that trains for 200 epochs."""
    return ScratchMLPClassifier(
        (width,), learning_rate_init=rate, tol=0, n_iter_no_change=np.inf, random_state=0
    )


networks = [network(rate, width) for width in widths for rate in rates]
start = time.perf_counter()
with warnings.catch_warnings(action="ignore", category=ConvergenceWarning):
    for each in networks:
        each.fit(X, y)
print(f"{len(networks)} networks in {time.perf_counter() - start:.1f} s")

# %%
# The landscape
# -------------
# Color shows the log-loss on 2,000 new points, and the star marks its minimum. At low rates, 200
# epochs are too few. Wide networks learn as much with smaller steps, so the valley runs from narrow
# networks with high rates to wide networks with low rates. Beyond it, wide networks with high rates
# fit the noise of the training points. Networks of one or two units cannot follow the two half
# circles at any rate. All networks of a width begin with the same weights, so luck with these shows
# in whole rows, such as that of 8 units.

losses = np.reshape(
    [log_loss(y_new, each.predict_proba(X_new)) for each in networks], (len(widths), len(rates))
)
row, column = np.unravel_index(losses.argmin(), losses.shape)
print(
    f"lowest loss: {losses.min():.3f}, with {widths[row]} units and a rate of {rates[column]:.2g}"
)

figure, ax = plt.subplots(figsize=(5.6, 4.4), layout="constrained")
levels = np.geomspace(0.17, 1, 25)
surface = ax.contourf(rates, widths, losses, levels, norm="log", cmap="viridis_r", extend="both")
ax.plot(rates[column], widths[row], "w*", markersize=15, markeredgecolor="k")
ax.set(xscale="log", yscale="log", xlabel="initial learning rate", ylabel="hidden units")
ax.set(title="400 networks on two half circles, 200 epochs")
colors = figure.colorbar(surface, label="log-loss on new points", ticks=[0.2, 0.3, 0.4, 0.6, 0.8])
colors.ax.minorticks_off()
colors.ax.set_yticklabels(["0.2", "0.3", "0.4", "0.6", "0.8"])
