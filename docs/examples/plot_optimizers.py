"""
Nine ways to take a step
========================

Optimizers turn a gradient into a step, each in its own way. Here nine of them train the same
network from the same weights on the same batches.
"""

# %%
# Nine optimizers, each at its best rate
# --------------------------------------
# One learning rate for all would compare rates, not optimizers. So each tries seven. The one counts
# whose loss is lowest in the worst of the last ten epochs, which rules out rates that are unsteady.
# With ``tol=0`` and endless patience all train for 30 epochs, and the warning that is ignored here
# would tell of that.

import warnings

import numpy as np
import pandas as pd
from matplotlib import pyplot as plt
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning

from scratchmlp import ScratchMLPClassifier
from scratchmlp.plotting import TrainingCurveDisplay

X, y = load_digits(return_X_y=True)
optimizers = {
    "sgd": {"solver": "sgd", "momentum": 0.0},
    "momentum": {"solver": "sgd", "nesterovs_momentum": False},
    "nesterov": {"solver": "sgd"},
    "nesterov, cosine": {"solver": "sgd", "learning_rate": "cosine"},
    "adagrad": {"solver": "adagrad"},
    "rmsprop": {"solver": "rmsprop"},
    "adam": {"solver": "adam"},
    "adamw": {"solver": "adamw"},
    "nadam": {"solver": "nadam"},
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
# From the highest loss at the end to the lowest:

best = dict(sorted(best.items(), key=lambda item: -item[1].loss_))
table = pd.DataFrame({name: network.loss_curve_ for name, network in best.items()})
table = table.set_axis(range(1, 31)).loc[[1, 3, 10, 30]].T.rename_axis(columns="epoch").round(4)
table.insert(0, "rate", [network.learning_rate_init for network in best.values()])
print(table)

# %%
# The curves, in the same order. The rate that falls along half a cosine is in the panel below.

figure, ax = plt.subplots(figsize=(8.6, 6), layout="constrained")
display = TrainingCurveDisplay.from_estimator(best, ax=ax)
display.ax_.set_title("The same network, nine optimizers")

# %%
# These are losses on the training rows after few epochs. What they say about new rows is another
# question, which validation data answer.
