"""
Early stopping where labels are wrong
=====================================

A network with time enough learns wrong labels by heart. Validation data tell when it begins to,
also if their own labels are wrong as often. Early stopping looks at them after each epoch and keeps
the weights of the best one.
"""

# %%
# Digits, a fifth of them mislabelled
# -----------------------------------
# On average a fifth of the labels for training and for validation is replaced by another digit.
# The labels of the test rows stay as they are.

import warnings

import numpy as np
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split

from scratchmlp import ScratchMLPClassifier
from scratchmlp.plotting import TrainingCurveDisplay


def noisy_digits(seed):
    """Return clean test data, and training and validation data with wrong labels."""
    rng = np.random.default_rng(seed)
    X, y = load_digits(return_X_y=True)
    X, X_test, y, y_test = train_test_split(X / 16, y, stratify=y, random_state=seed)
    wrong = (y + rng.integers(1, 10, len(y))) % 10
    y = np.where(rng.random(len(y)) < 0.2, wrong, y)
    X, X_val, y, y_val = train_test_split(X, y, random_state=seed)
    return (X, y), {"X_val": X_val, "y_val": y_val}, (X_test, y_test)


# %%
# The same network twice
# ----------------------
# Both get the same rows, the same seed and a hundred epochs. With early stopping a network keeps
# the weights of its best epoch, without it those of its last. None stops before the end, and the
# warning that tells of it is no news here. Each of ten seeds draws another split, other wrong
# labels and other weights.

settings = {"learning_rate_init": 0.01, "max_iter": 100, "tol": 0, "n_iter_no_change": np.inf}
accuracy = []
for seed in range(10):
    training, validation, test = noisy_digits(seed)
    stopper = ScratchMLPClassifier(**settings, early_stopping=True, random_state=seed)
    plain = ScratchMLPClassifier(**settings, random_state=seed)
    with warnings.catch_warnings(action="ignore", category=ConvergenceWarning):
        stopper.fit(*training, **validation)
        plain.fit(*training)
    accuracy.append([stopper.score(*test), plain.score(*test)])
best, last = np.transpose(accuracy)
print(f"median test accuracy, weights of the best epoch: {np.median(best):.3f}")
print(f"median test accuracy, weights of the last epoch: {np.median(last):.3f}")
print(f"the best epoch wins with {(best > last).sum()} of {len(best)} seeds")

# %%
# One run
# -------
# That of the last seed. The loss on the training rows goes on falling. On the validation rows it
# soon rises again, as the network becomes sure of labels that are wrong. The dot is the epoch with
# the best score, whose weights are kept.

display = TrainingCurveDisplay.from_estimator(stopper)
display.ax_.set_title("Learning wrong labels by heart")
