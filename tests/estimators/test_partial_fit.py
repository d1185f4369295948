"""partial_fit trains for one epoch per call."""

import numpy as np
import pytest
from estimator_examples import SMALL, X_IRIS, Y_IRIS, partial_fit, snapshot

from scratchmlp import DivergenceError
from scratchmlp.optimizers import SGD

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def test_partial_fit_is_one_epoch(Estimator):
    once = Estimator(batch_size=40, random_state=0, max_iter=1).fit(X_IRIS, Y_IRIS)
    partial = partial_fit(Estimator(batch_size=40, random_state=0), X_IRIS, Y_IRIS)
    np.testing.assert_array_equal(partial.theta_, once.theta_)
    for _ in range(2):
        partial_fit(partial, X_IRIS[:60], Y_IRIS[:60])
    assert partial.n_iter_ == 1
    assert partial.stop_reason_ == "partial_fit trains for one epoch"
    assert partial.t_ == 150 + 60 + 60
    assert len(partial.loss_curve_) == 3


def test_partial_fit_follows_a_change_of_learning_rate(Estimator):
    estimator = partial_fit(Estimator(random_state=0), X_IRIS, Y_IRIS)
    before = estimator.theta_.copy()
    partial_fit(estimator.set_params(learning_rate_init=1e-300), X_IRIS, Y_IRIS)
    np.testing.assert_array_equal(estimator.theta_, before)
    assert estimator.history_["learning_rate"] == [0.001, 1e-300]


@pytest.mark.parametrize(
    ("name", "value"),
    [("learning_rate_init", -0.1), ("alpha", -5.0), ("activation", "swish"), ("batch_size", 0)],
)
def test_partial_fit_validates_parameters_every_time(Estimator, name, value):
    estimator = partial_fit(Estimator(**SMALL), X_IRIS, Y_IRIS).set_params(**{name: value})
    before = snapshot(estimator)
    with pytest.raises(ValueError, match=f"The '{name}' parameter of"):
        partial_fit(estimator, X_IRIS, Y_IRIS)
    assert snapshot(estimator) == before


def test_a_failed_partial_fit_changes_nothing(Estimator):
    estimator = partial_fit(Estimator(**SMALL), X_IRIS, Y_IRIS)
    before = snapshot(estimator)
    with pytest.raises(DivergenceError):
        partial_fit(estimator, X_IRIS * 1e200, Y_IRIS)
    with pytest.raises(ValueError, match="NaN"):
        partial_fit(estimator, X_IRIS * np.nan, Y_IRIS)
    assert snapshot(estimator) == before


def test_partial_fit_exists_for_first_order_solvers_only(Estimator):
    assert hasattr(Estimator(solver="adamw"), "partial_fit")
    assert hasattr(Estimator(solver=SGD()), "partial_fit")
    assert not hasattr(Estimator(solver="lbfgs"), "partial_fit")


def test_random_states_that_are_not_the_estimator_s_go_on_by_themselves(Estimator):
    """The user's generator and NumPy's own are not copied: two estimators draw other orders."""
    assert partial_fit(Estimator(), X_IRIS, Y_IRIS)._run["random_state"] is None
    rng = np.random.RandomState(0)
    first, second = (Estimator(random_state=rng, batch_size=40) for _ in range(2))
    for estimator in (first, second):
        partial_fit(estimator, X_IRIS, Y_IRIS)
    second.coefs_, second.intercepts_ = first.coefs_, first.intercepts_
    for estimator in (first, second):
        partial_fit(estimator, X_IRIS, Y_IRIS)
    assert not np.array_equal(first.theta_, second.theta_)
