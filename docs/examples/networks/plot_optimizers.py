"""
Comparing optimizers
====================

An optimizer turns a gradient into a step. This example trains the same network with every
optimizer of the package, from the same initial weights and on the same batches.
"""

# %%
# Each optimizer with its best learning rate
# ------------------------------------------
# A single learning rate for all would compare rates, not optimizers. Therefore each optimizer is
# tried with seven rates, and the best one is kept: the rate whose highest loss in the last ten
# epochs is lowest. This excludes rates with an unsteady loss. With ``tol=0`` and
# ``n_iter_no_change=np.inf`` all networks train for 30 epochs, so the warning about ``max_iter`` is
# ignored.

import warnings

import numpy as np
import pandas as pd
from matplotlib import pyplot as plt
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning

from scratchmlp import ScratchMLPClassifier
from scratchmlp.optimizers import OPTIMIZERS
from scratchmlp.plotting import TrainingCurveDisplay

X, y = load_digits(return_X_y=True)
optimizers = {
    "sgd": {"solver": "sgd", "momentum": 0.0},
    "momentum": {"solver": "sgd", "nesterovs_momentum": False},
    "nesterov": {"solver": "sgd"},
    "nesterov, cosine": {"solver": "sgd", "learning_rate": "cosine"},
    **{name: {"solver": name} for name in OPTIMIZERS if name != "sgd"},
}


def train(rate, **optimizer):
    """Train a network of 32 hidden units for 30 epochs."""
    network = ScratchMLPClassifier((32,), batch_size=100, max_iter=30, random_state=0)
    network.set_params(tol=0, n_iter_no_change=np.inf, learning_rate_init=rate, **optimizer)
    with warnings.catch_warnings(action="ignore", category=ConvergenceWarning):
        return network.fit(X / 16, y)


best = {}
for name, optimizer in optimizers.items():
    tried = [train(rate, **optimizer) for rate in (0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0)]
    best[name] = min(tried, key=lambda network: max(network.loss_curve_[-10:]))

# %%
# Loss by epoch
# -------------
# The rows are sorted by the last loss, from highest to lowest:

best = dict(sorted(best.items(), key=lambda item: -item[1].loss_))
table = pd.DataFrame({name: network.loss_curve_ for name, network in best.items()})
table = table.set_axis(range(1, 31)).loc[[1, 3, 10, 30]].T.rename_axis(columns="epoch").round(4)
table.insert(0, "rate", [network.learning_rate_init for network in best.values()])
print(table)

# %%
# The curves have the same order. The lower panel shows the learning rate of the cosine schedule.

figure, ax = plt.subplots(figsize=(6, 5), layout="constrained")
display = TrainingCurveDisplay.from_estimator(best, ax=ax)
display.ax_.set_title(f"The same network, {len(best)} optimizers")

# %%
# These are training losses after a few epochs. To compare the quality on new rows, use validation
# data.
