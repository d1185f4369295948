"""
Early stopping with wrong labels
================================

A network that is trained for long enough memorizes wrong labels. Validation data show when this
begins, even if their own labels are wrong equally often. Early stopping scores the network on them
after each epoch and keeps the weights of the best epoch.
"""

# %%
# Digits with wrong labels
# ------------------------
# On average, a fifth of the training and validation labels is replaced by another digit. The labels
# of the test rows are correct.

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
# With and without early stopping
# -------------------------------
# Both networks get the same rows, the same seed and 100 epochs. With early stopping, a network
# keeps the weights of its best epoch; without it, the weights of the last epoch. All networks train
# until ``max_iter``, so the warning about it is ignored. Each of ten seeds gives a different split,
# different wrong labels and different initial weights.

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
# Training curves
# ---------------
# These are the curves of the last seed. The training loss keeps decreasing. The validation loss
# soon increases again, because the network becomes confident in wrong labels. The dot marks the
# epoch with the best score, whose weights are kept.

display = TrainingCurveDisplay.from_estimator(stopper)
display.ax_.set_title("Memorizing wrong labels")
