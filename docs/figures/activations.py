"""The activation functions of hidden layers, with their slopes."""

import matplotlib.pyplot as plt
import numpy as np
from drawing import BACKWARD, FORWARD

from scratchmlp.activations import ACTIVATIONS

z = np.linspace(-4, 4, 401)[:, np.newaxis]
n = len(ACTIVATIONS)
n_rows = n // 2 + 1  # the last panel is the legend
figure, axes = plt.subplots(
    n_rows, 2, figsize=(5.2, 1.6 * n_rows), sharex=True, sharey=True, layout="constrained"
)
panels, others = axes.flat[:n], axes.flat[n:]
for ax, (name, activation) in zip(panels, ACTIVATIONS.items(), strict=True):
    a = activation.forward(z, np.empty_like(z))
    slope = np.ones_like(z)
    activation.backward(z, a, slope)
    slope[1:][np.abs(np.diff(slope, axis=0)) > 0.3] = np.nan  # a gap where the slope jumps
    ax.axhline(0, color="#bbbbbb", linewidth=0.8)
    ax.axvline(0, color="#bbbbbb", linewidth=0.8)
    (output,) = ax.plot(z, a, color=FORWARD, linewidth=2)
    (derivative,) = ax.plot(z, slope, color=BACKWARD, linewidth=2, linestyle="--")
    ax.set_title(name, fontsize=11)
    ax.set(ylim=(-2, 3), yticks=(-2, -1, 0, 1, 2, 3), xticks=(-4, -2, 0, 2, 4))
    ax.tick_params(labelsize=9)
for ax in panels[-2:]:
    ax.tick_params(labelbottom=True)  # the panel below may have no axis
for ax in others:
    ax.axis("off")
others[-1].legend(
    [output, derivative], ["output $f(z)$", "slope $f\\,'(z)$"], loc="center", frameon=False
)
