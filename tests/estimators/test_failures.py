"""A failed fit changes nothing; a fit that the user interrupts keeps its progress."""

import functools
import pickle
import warnings

import numpy as np
import pytest
from estimator_examples import SMALL, X_IRIS, Y_IRIS, partial_fit, snapshot, state
from sklearn.exceptions import ConvergenceWarning

from scratchmlp import DivergenceError
from scratchmlp.monitor import Monitor

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


@pytest.mark.parametrize(
    "change",
    [
        lambda X, y: (np.where(X[0, 0] == X, np.nan, X), y),
        lambda X, y: (X[:, :2], y),
        lambda X, y: (X[:10], y),
        lambda X, y: (X, None),
    ],
    ids=["nan", "fewer features", "lengths differ", "no y"],
)
@pytest.mark.parametrize("warm_start", [False, True])
def test_a_failed_fit_changes_nothing(Estimator, change, warm_start):
    estimator = Estimator(warm_start=warm_start, **SMALL).fit(X_IRIS, Y_IRIS)
    before = snapshot(estimator)
    X, y = change(X_IRIS, Y_IRIS)
    if X.shape[1] == 2:  # valid for a new network, if the other arguments are valid
        y = y[:-1]
    with pytest.raises(ValueError):  # noqa: PT011 - which one is not the point here
        estimator.fit(X, y)
    assert snapshot(estimator) == before


@pytest.mark.parametrize("warm_start", [False, True])
def test_a_fit_that_diverges_changes_nothing(Estimator, warm_start):
    estimator = Estimator(solver="sgd", warm_start=warm_start, **SMALL).fit(X_IRIS, Y_IRIS)
    estimator.set_params(learning_rate_init=1e9, alpha=1.0)
    before = snapshot(estimator)
    with pytest.raises(DivergenceError, match="lower learning_rate_init"):
        estimator.fit(X_IRIS, Y_IRIS)
    assert snapshot(estimator) == before


@pytest.mark.parametrize("warm_start", [False, True])
def test_a_schedule_that_fails_in_a_later_epoch_changes_nothing(Estimator, warm_start):
    estimator = Estimator(
        learning_rate=lambda progress: np.nan if progress.epoch >= 7 else 1.0,
        warm_start=True,
        **SMALL,
    ).fit(X_IRIS, Y_IRIS)
    estimator.set_params(warm_start=warm_start, max_iter=10)
    fitted = ("theta_", "_run")
    before = {name: pickle.dumps(vars(estimator)[name]) for name in fitted}
    with pytest.raises(ValueError, match=r"must return a finite number >= 0.*returned nan"):
        estimator.fit(X_IRIS, Y_IRIS)
    assert {name: pickle.dumps(vars(estimator)[name]) for name in fitted} == before


def test_an_unfitted_estimator_stays_unfitted_when_fit_fails(Estimator):
    estimator = Estimator(solver="sgd", learning_rate_init=1e6, random_state=0)
    before = state(estimator)
    with pytest.raises(DivergenceError):
        estimator.fit(X_IRIS * 1e4, Y_IRIS)
    assert state(estimator) == before


def test_a_warning_made_an_error_is_a_failed_fit(Estimator):
    estimator = Estimator(max_iter=2)
    with warnings.catch_warnings(action="error"), pytest.raises(ConvergenceWarning):
        estimator.fit(X_IRIS, Y_IRIS)
    assert not hasattr(estimator, "theta_")


@pytest.mark.parametrize("method", ["fit", "partial_fit"])
def test_ctrl_c_keeps_what_was_learnt_and_is_raised_again(Estimator, method, monkeypatch):
    epoch_end = Monitor.epoch_end
    last = 3 if method == "fit" else 1

    def interrupted_epoch_end(monitor, run, learning_rate):
        epoch_end(monitor, run, learning_rate)
        if monitor.n_iter == last:
            raise KeyboardInterrupt

    monkeypatch.setattr(Monitor, "epoch_end", interrupted_epoch_end)
    estimator = Estimator(random_state=0)
    train = estimator.fit if method == "fit" else functools.partial(partial_fit, estimator)
    with pytest.raises(KeyboardInterrupt):
        train(X_IRIS, Y_IRIS)
    assert estimator.n_iter_ == last
    assert estimator.stop_reason_ == f"interrupted by the user after {last} epochs"
    assert estimator.predict(X_IRIS).shape == (150,)
