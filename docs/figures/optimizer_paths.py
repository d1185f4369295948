"""The paths of six optimizers over the contours of a long valley, 20 steps each."""

import matplotlib.pyplot as plt
import numpy as np
from drawing import BACKWARD, FORWARD

from scratchmlp.optimizers import SGD, AdaGrad, Adam, RMSProp

curvature = np.array([1.0, 16.0])  # J = (θ₁² + 16 θ₂²) / 2
optimizers = {
    "gradient descent, rate 0.11": (SGD(momentum=0.0), 0.11),
    "momentum 0.8, rate 0.03": (SGD(momentum=0.8, nesterov=False), 0.03),
    "Nesterov 0.8, rate 0.03": (SGD(momentum=0.8), 0.03),
    "AdaGrad, rate 1": (AdaGrad(), 1.0),
    "RMSProp, rate 0.3": (RMSProp(), 0.3),
    "Adam, rate 0.4": (Adam(), 0.4),
}

first, second = np.meshgrid(np.linspace(-2, 5, 200), np.linspace(-1.4, 1.4, 200))
height = (curvature[0] * first**2 + curvature[1] * second**2) / 2
figure, axes = plt.subplots(
    3, 2, figsize=(5.2, 6.0), sharex=True, sharey=True, layout="constrained"
)
for ax, (name, (optimizer, rate)) in zip(axes.flat, optimizers.items(), strict=True):
    theta = np.array([4.0, 1.0])
    path, state = [theta.copy()], optimizer.init(theta)
    for _ in range(20):
        optimizer.step(theta, curvature * theta, state, rate)
        path.append(theta.copy())
    ax.contour(first, second, height, (0.2, 1, 3, 6, 10, 16), colors="#aaaaaa", linewidths=0.8)
    ax.plot(*np.transpose(path), color=FORWARD, marker="o", markersize=3, linewidth=1.2)
    ax.plot(0, 0, "+", color=BACKWARD, markersize=12, markeredgewidth=2)
    ax.set_title(name, fontsize=9.5)
    ax.tick_params(labelsize=9)
figure.supxlabel("$\\theta_1$")
figure.supylabel("$\\theta_2$")
