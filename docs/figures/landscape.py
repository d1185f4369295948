"""The landscape of networks.md: the loss of 400 networks by learning rate and number of units."""

import warnings

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import make_moons
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import log_loss

from scratchmlp import ScratchMLPClassifier

X, y = make_moons(200, noise=0.25, random_state=0)
X_new, y_new = make_moons(2000, noise=0.25, random_state=1)
rates = np.geomspace(0.0001, 1, 20)
widths = np.unique(np.geomspace(1, 120, 26).astype(int))[:20]
networks = [
    ScratchMLPClassifier(
        (width,), learning_rate_init=rate, tol=0, n_iter_no_change=np.inf, random_state=0
    )
    for width in widths
    for rate in rates
]
with warnings.catch_warnings(action="ignore", category=ConvergenceWarning):
    for each in networks:
        each.fit(X, y)
losses = np.array([log_loss(y_new, each.predict_proba(X_new)) for each in networks])
losses = losses.reshape(len(widths), len(rates))
row, column = np.unravel_index(losses.argmin(), losses.shape)

figure, ax = plt.subplots(figsize=(5.2, 4.2), layout="constrained")
levels = np.geomspace(0.17, 1, 25)
surface = ax.contourf(rates, widths, losses, levels, norm="log", cmap="viridis_r", extend="both")
ax.plot(rates[column], widths[row], "w*", markersize=15, markeredgecolor="k")
ax.set(xscale="log", yscale="log", xlabel="initial learning rate", ylabel="hidden units")
ax.set_yticks([1, 3, 10, 30], ["1", "3", "10", "30"])
ax.minorticks_off()
colors = figure.colorbar(surface, label="log-loss on new points", ticks=[0.2, 0.3, 0.4, 0.6, 0.8])
colors.ax.minorticks_off()
colors.ax.set_yticklabels(["0.2", "0.3", "0.4", "0.6", "0.8"])
