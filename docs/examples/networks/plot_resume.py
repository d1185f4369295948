"""
Resume an interrupted fit
=========================

Long training may be interrupted, by a time limit or because a machine fails. A checkpoint saves the
estimator after each epoch. Load it to continue training where it stopped. The final weights are bit
for bit those of a fit that was never interrupted.
"""

# %%
# A network, and a callback that stops it
# ---------------------------------------
# Set ``warm_start=True`` from the beginning. The estimator then stores what it needs to continue
# exactly: the optimizer's state, the order of the rows and the state of the random generator. The
# learning rate decreases over 40 epochs. The callback stops training after a number of epochs and
# stands for any interruption. To stop after some time instead, use
# :class:`~scratchmlp.callbacks.TimeLimit`.

import tempfile
from pathlib import Path

import numpy as np
from sklearn.callback import FitCallback
from sklearn.datasets import load_digits

from scratchmlp import ScratchMLPClassifier
from scratchmlp.callbacks import ModelCheckpoint
from scratchmlp.io import load
from scratchmlp.plotting import TrainingCurveDisplay

X, y = load_digits(return_X_y=True)
X /= 16
cosine = {"learning_rate": "cosine", "learning_rate_init": 0.01, "max_iter": 40}
settings = {**cosine, "n_iter_no_change": np.inf, "warm_start": True, "random_state": 0}


class StopAfter(FitCallback):
    """Stop training after a number of epochs."""

    def __init__(self, n_epochs):
        self.n_epochs = n_epochs

    def on_fit_task_end(self, estimator, context):
        """Ask to stop at the end of the last epoch."""
        done = context.task_name == "epoch" and context.task_id + 1 == self.n_epochs
        if done:
            context.stop_reason = f"stopped after {self.n_epochs} epochs"
        return done


# %%
# Interrupted after 15 epochs
# ---------------------------

folder = tempfile.TemporaryDirectory()
path = Path(folder.name) / "digits.skops"
network = ScratchMLPClassifier((32,), **settings)
network.set_callbacks(ModelCheckpoint(path), StopAfter(15)).fit(X, y)
print(f"{path.name}: {path.stat().st_size / 1024:.0f} KiB")

# %%
# Resumed
# -------
# Load the estimator from the file. The file does not contain callbacks, so set a new one for the
# remaining epochs.

resumed = load(path)
folder.cleanup()
done = resumed.n_iter_
print(f"loaded: {done} epochs")
resumed.set_callbacks(StopAfter(40 - done)).fit(X, y)
print(f"resumed: {resumed.stop_reason_}, {len(resumed.loss_curve_)} in total")

# %%
# Compare with an uninterrupted fit
# ---------------------------------

straight = ScratchMLPClassifier((32,), **settings).set_callbacks(StopAfter(40)).fit(X, y)
print("same weights:", np.array_equal(resumed.theta_, straight.theta_))
print("same losses:", resumed.loss_curve_ == straight.loss_curve_)

# %%
# The history continues across the interruption, and the learning rate follows its schedule.

display = TrainingCurveDisplay.from_estimator(resumed, loss_scale="log")
for ax in display.axes_:
    ax.axvline(done + 0.5, color="0.4", linestyle=":")
display.ax_.text(done + 1, 0.5, "interrupted")
display.ax_.set_title("Interrupted after 15 epochs, then resumed")
