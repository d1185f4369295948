"""The objective of the network 2-3-2 on four rows, step by step, with three learning rates."""

import matplotlib.pyplot as plt
import numpy as np
from drawing import BACKWARD, FORWARD, NEUTRAL

from scratchmlp.activations import ACTIVATIONS
from scratchmlp.losses import LogLoss
from scratchmlp.network import Network
from scratchmlp.objective import Objective

X = np.array([[1.0, 2.0], [2.0, -1.0], [-1.0, 1.0], [0.0, 2.0]])
Y = np.array([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 0.0]])
W_1, b_1 = [0.5, 1.0, -1.0, 1.0, -1.0, 1.0], [-1.5, 0.5, 1.0]
W_2, b_2 = [1.0, -1.0, 2.0, 0.5, 0.5, 1.0], [-1.0, 1.0]
objective = Objective(Network((2, 3, 2), ACTIVATIONS["relu"]), LogLoss(), alpha=0.4)

figure, ax = plt.subplots(figsize=(5.2, 3.4), layout="constrained")
styles = {0.01: (NEUTRAL, ":"), 0.2: (FORWARD, "-"), 3.0: (BACKWARD, "--")}
for rate, (color, line) in styles.items():
    theta, losses = np.array(W_1 + W_2 + b_1 + b_2), []
    for _ in range(61):
        value, grad = objective(theta, X, Y)
        losses.append(value)
        theta -= rate * grad
    ax.plot(losses, color=color, linestyle=line, linewidth=2, label=f"learning rate {rate:g}")
ax.set(xlabel="step", ylabel="objective $J$", yscale="log", ylim=(0.2, 40))
ax.set_yticks([0.2, 0.5, 1, 2, 5, 10, 20], ["0.2", "0.5", "1", "2", "5", "10", "20"])
ax.legend(frameon=False)
