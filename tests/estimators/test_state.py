"""Fitted attributes: weights and how to change them, history, copies."""

import copy
import pickle

import numpy as np
import pytest
from estimator_examples import SMALL, X_IRIS, Y_IRIS, joblib_round_trip, partial_fit, state
from sklearn.exceptions import NotFittedError
from sklearn.utils.validation import check_is_fitted

from scratchmlp import ScratchMLPClassifier

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def test_unfitted_attributes_raise_not_fitted(Estimator):
    estimator = Estimator()
    for name in ("coefs_", "loss_curve_", "history_", "t_", "best_loss_"):
        assert not hasattr(estimator, name)
    with pytest.raises(NotFittedError):
        check_is_fitted(estimator)
    with pytest.raises(NotFittedError):
        estimator.predict(X_IRIS)


def test_fitted_attributes(Estimator):
    estimator = Estimator(hidden_layer_sizes=(5, 6), max_iter=7, random_state=0)
    estimator.fit(X_IRIS, Y_IRIS)
    n_out = 3 if Estimator is ScratchMLPClassifier else 1
    assert estimator.n_layers_ == 4
    assert estimator.n_outputs_ == n_out
    assert estimator.n_features_in_ == 4
    assert estimator.n_iter_ == 7
    assert estimator.t_ == 7 * 150
    assert [W.shape for W in estimator.coefs_] == [(4, 5), (5, 6), (6, n_out)]
    assert [b.shape for b in estimator.intercepts_] == [(5,), (6,), (n_out,)]
    assert estimator.n_parameters_ == len(estimator.theta_)
    assert estimator.loss_ == estimator.loss_curve_[-1]
    assert len(estimator.loss_curve_) == 7
    assert estimator.best_loss_ == min(estimator.loss_curve_)
    assert estimator.validation_scores_ is None
    assert estimator.best_validation_score_ is None
    assert estimator.stop_reason_ == "reached max_iter=7 epochs"
    assert {len(column) for column in estimator.history_.values()} == {7}


def test_lbfgs_that_starts_at_the_minimum(Estimator):
    estimator = Estimator(hidden_layer_sizes=(), solver="lbfgs", tol=1e6).fit(X_IRIS, Y_IRIS)
    assert (estimator.n_iter_, estimator.best_epoch_, estimator.loss_curve_) == (0, 0, [])
    assert estimator.best_loss_ == estimator.loss_
    assert np.isfinite(estimator.loss_)


def test_coefs_can_be_written_to(Estimator):
    estimator = Estimator(**SMALL).fit(X_IRIS, Y_IRIS)
    n_out = estimator.n_outputs_
    estimator.coefs_[0] = np.zeros((4, 5))
    estimator.intercepts_ = [np.full(5, 2.0), np.arange(n_out)]
    estimator.coefs_[-1][:] = 0
    np.testing.assert_array_equal(estimator.theta_[: 20 + 5 * n_out], 0)
    np.testing.assert_array_equal(estimator.theta_[-n_out:], np.arange(n_out))
    with pytest.raises(ValueError, match=r"shapes \[\(4, 5\)\] can be assigned.*\[\(5, 4\)\]"):
        estimator.coefs_[0] = np.zeros((5, 4))
    with pytest.raises(ValueError, match="can be assigned"):
        estimator.coefs_ = [np.zeros((4, 5))]


def test_a_refit_leaves_arrays_taken_earlier_alone(Estimator):
    estimator = Estimator(**SMALL).fit(X_IRIS, Y_IRIS)
    taken = estimator.coefs_[0]
    before = taken.copy()
    estimator.set_params(random_state=1).fit(X_IRIS, Y_IRIS)
    np.testing.assert_array_equal(taken, before)
    assert not np.array_equal(estimator.coefs_[0], before)


@pytest.mark.parametrize(
    "duplicate", [copy.deepcopy, lambda e: pickle.loads(pickle.dumps(e)), joblib_round_trip]
)
def test_copies_predict_and_go_on_alike(Estimator, duplicate):
    estimator = Estimator(warm_start=True, batch_size=40, **SMALL).fit(X_IRIS, Y_IRIS)
    twin = duplicate(estimator)
    np.testing.assert_array_equal(twin.predict(X_IRIS), estimator.predict(X_IRIS))
    np.testing.assert_array_equal(
        twin.fit(X_IRIS, Y_IRIS).theta_, estimator.fit(X_IRIS, Y_IRIS).theta_
    )


def test_what_users_hold_of_the_history_does_not_grow(Estimator):
    estimator = partial_fit(Estimator(random_state=0), X_IRIS, Y_IRIS)
    history, losses = estimator.history_, estimator.loss_curve_
    partial_fit(estimator, X_IRIS, Y_IRIS)
    assert {len(column) for column in history.values()} == {len(losses)} == {1}
    losses.clear()
    assert len(estimator.loss_curve_) == 2


def test_predictions_do_not_touch_the_estimator(Estimator):
    estimator = Estimator(**SMALL).fit(X_IRIS, Y_IRIS)
    before = state(estimator)
    estimator.predict(X_IRIS)
    estimator.score(X_IRIS, Y_IRIS)
    assert state(estimator) == before
