"""Training continues in another process as if it had never stopped."""

import pickle
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_digits, load_iris
from sklearn.preprocessing import scale

from scratchmlp import ScratchMLPClassifier, ScratchMLPRegressor
from scratchmlp.callbacks import ModelCheckpoint
from scratchmlp.io import load
from scratchmlp.optimizers import OPTIMIZERS
from scratchmlp.schedules import Cosine

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

X, Y = load_digits(return_X_y=True)
X, Y = X[:300] / 16, Y[:300]
EPOCHS = 4


def assert_same(resumed, straight):
    """Assert that the results of training are equal, except for its duration."""
    np.testing.assert_array_equal(resumed.theta_, straight.theta_)
    np.testing.assert_array_equal(resumed._latest(), straight._latest())
    for name in straight.history_.keys() - {"seconds"}:
        np.testing.assert_array_equal(resumed.history_[name], straight.history_[name])
    assert resumed.best_epoch_ == straight.best_epoch_
    assert resumed.t_ == straight.t_
    assert resumed.loss_ == straight.loss_


def estimators(**settings):
    """For every first-order solver, make a classifier with early stopping and a regressor."""
    settings |= {"hidden_layer_sizes": (20, 10), "max_iter": EPOCHS, "warm_start": True}
    settings |= {"dropout": (0.3, 0.1), "learning_rate": Cosine(n_epochs=2 * EPOCHS)}
    settings |= {"batch_size": 64, "tol": 0, "random_state": 7}
    made = {}
    for solver in OPTIMIZERS:
        made["classifier", solver] = ScratchMLPClassifier(
            **settings, solver=solver, early_stopping=True
        )
        made["regressor", solver] = ScratchMLPRegressor(**settings, solver=solver)
    return made


GO_ON = """
import pickle, sys, warnings
warnings.simplefilter("ignore")
with open(sys.argv[1], "rb") as file:
    estimators, X, y = pickle.load(file)
with open(sys.argv[1], "wb") as file:
    pickle.dump({key: estimator.fit(X, y) for key, estimator in estimators.items()}, file)
"""


def test_half_the_epochs_and_half_in_another_process_are_all_the_epochs(tmp_path):
    halves = {key: estimator.fit(X, Y) for key, estimator in estimators().items()}
    path = tmp_path / "estimators.pickle"
    path.write_bytes(pickle.dumps((halves, X, Y)))
    subprocess.run([sys.executable, "-c", GO_ON, str(path)], check=True)
    resumed = pickle.loads(path.read_bytes())
    for key, estimator in estimators().items():
        straight = estimator.set_params(max_iter=2 * EPOCHS).fit(X, Y)
        assert len(straight.loss_curve_) == 2 * EPOCHS
        assert_same(resumed[key], straight)


TRAIN = """
import sys
from sklearn.datasets import load_digits
from scratchmlp import ScratchMLPClassifier
from scratchmlp.callbacks import ModelCheckpoint

X, y = load_digits(return_X_y=True)
net = ScratchMLPClassifier(
    (30,), max_iter=100_000, n_iter_no_change=100_000, tol=0, dropout=0.2,
    warm_start=True, early_stopping=True, random_state=3,
)
net.set_callbacks(ModelCheckpoint(sys.argv[1])).fit(X[:300] / 16, y[:300])
"""


def test_training_goes_on_from_the_checkpoint_of_a_killed_process(tmp_path):
    path = tmp_path / "net.skops"
    process = subprocess.Popen([sys.executable, "-c", TRAIN, str(path)])
    deadline = time.monotonic() + 60
    while not path.exists() or load(path).n_iter_ < 3:
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()

    saved = load(path)
    n_epochs = saved.n_iter_ + 5
    straight = clone(saved).set_params(max_iter=n_epochs).fit(X, Y)
    assert_same(saved.set_params(max_iter=5).fit(X, Y), straight)


class Killed:
    """A callback that raises an error after an epoch."""

    def __init__(self, n_epochs):
        self.n_epochs = n_epochs

    def setup(self, estimator, context): ...

    def teardown(self, estimator, context): ...

    def on_fit_task_begin(self, estimator, context): ...

    def on_fit_task_end(self, estimator, context):
        if context.task_id + 1 == self.n_epochs:
            raise RuntimeError("killed")


@pytest.mark.parametrize("Estimator", [ScratchMLPClassifier, ScratchMLPRegressor])
@pytest.mark.parametrize("early_stopping", [False, True])
def test_training_from_a_checkpoint_ends_where_patience_would_have(
    Estimator, early_stopping, tmp_path
):
    data = scale(load_iris().data), load_iris().target
    net = Estimator(hidden_layer_sizes=(8,), learning_rate_init=0.05, tol=1e-3, max_iter=500)
    net.set_params(warm_start=True, early_stopping=early_stopping, random_state=0)
    straight = clone(net).fit(*data)
    assert "did not improve" in straight.stop_reason_
    n_epochs, path = straight.n_iter_ - 5, tmp_path / "net.skops"
    with pytest.raises(RuntimeError, match="killed"):
        net.set_callbacks(ModelCheckpoint(path), Killed(n_epochs)).fit(*data)
    resumed = load(path).set_params(max_iter=500 - n_epochs).fit(*data)
    assert_same(resumed, straight)
    assert resumed.stop_reason_ == straight.stop_reason_
    again = resumed.fit(*data)  # the count of epochs without improvement restarts at 0
    assert again.n_iter_ > 10
