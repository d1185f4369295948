"""Continued training with warm_start."""

import numpy as np
import pandas as pd
import pytest
from estimator_examples import SMALL, X_IRIS, Y_IRIS, joblib_round_trip

from scratchmlp.optimizers import OPTIMIZERS
from scratchmlp.schedules import Cosine

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


@pytest.mark.parametrize("solver", OPTIMIZERS)
@pytest.mark.parametrize("early_stopping", [False, True])
def test_warm_start_goes_on_as_if_it_had_never_stopped(Estimator, solver, early_stopping):
    settings = {
        "hidden_layer_sizes": (5,),
        "solver": solver,
        "random_state": 0,
        "batch_size": 40,
        "early_stopping": early_stopping,
        "learning_rate": "invscaling",
    }
    straight = Estimator(max_iter=8, **settings).fit(X_IRIS, Y_IRIS)
    halves = Estimator(max_iter=4, warm_start=True, **settings)
    halves.fit(X_IRIS, Y_IRIS).fit(X_IRIS, Y_IRIS)
    assert halves.loss_curve_ == straight.loss_curve_
    assert halves.validation_scores_ == straight.validation_scores_
    assert halves.n_iter_ == 4
    assert halves.t_ == straight.t_
    np.testing.assert_array_equal(halves.theta_, straight.theta_)


@pytest.mark.parametrize("solver", OPTIMIZERS)
def test_warm_start_goes_on_with_a_schedule_over_both_fits(Estimator, solver):
    settings = {
        "hidden_layer_sizes": (5,),
        "solver": OPTIMIZERS[solver](weight_decay=0.01, max_grad_norm=0.5),
        "learning_rate": Cosine(n_epochs=8),
        "random_state": 0,
        "batch_size": 40,
        "tol": 0,
        "n_iter_no_change": np.inf,
        "warm_start": True,
    }
    straight = Estimator(max_iter=8, **settings).fit(X_IRIS, Y_IRIS)
    halves = Estimator(max_iter=4, **settings).fit(X_IRIS, Y_IRIS).fit(X_IRIS, Y_IRIS)
    np.testing.assert_array_equal(halves.theta_, straight.theta_)
    history = pd.DataFrame(halves.history_).drop(columns="seconds")
    pd.testing.assert_frame_equal(
        history, pd.DataFrame(straight.history_)[history.columns], check_exact=True
    )
    assert len(history) == 8


def test_warm_start_gives_a_harder_problem_its_whole_patience(Estimator):
    settings = {"hidden_layer_sizes": (5,), "learning_rate_init": 0.05, "random_state": 0}
    estimator = Estimator(warm_start=True, max_iter=300, **settings).fit(X_IRIS, Y_IRIS)
    easy = estimator.best_loss_
    estimator.set_params(alpha=30.0).fit(X_IRIS, Y_IRIS)
    losses = estimator.loss_curve_[-estimator.n_iter_ :]
    assert losses[0] > 2 * easy
    assert losses[-1] < 0.9 * losses[0]
    assert estimator.n_iter_ > 11
    assert estimator.best_loss_ == min(estimator.loss_curve_) == easy


def test_adaptive_does_not_slow_down_what_follows_it(Estimator):
    estimator = Estimator(
        solver="sgd",
        learning_rate="adaptive",
        tol=1e3,
        n_iter_no_change=1,
        warm_start=True,
        **SMALL,
    ).fit(X_IRIS, Y_IRIS)
    assert estimator.history_["learning_rate"][-1] < 0.001
    for change in ({"learning_rate": "constant"}, {"solver": "adam"}):
        estimator.set_params(**change).fit(X_IRIS, Y_IRIS)
        assert estimator.history_["learning_rate"][-1] == 0.001


def assign_whole(estimator, weights):
    estimator.coefs_ = weights


def assign_layers(estimator, weights):
    for i, W in enumerate(weights):
        estimator.coefs_[i] = W


def write_into_views(estimator, weights):
    for view, W in zip(estimator.coefs_, weights, strict=True):
        view[...] = W


@pytest.mark.parametrize("early_stopping", [False, True])
@pytest.mark.parametrize("persist", [lambda e: e, joblib_round_trip], ids=["itself", "joblib"])
@pytest.mark.parametrize("write", [assign_whole, assign_layers, write_into_views])
def test_training_goes_on_from_the_weights_that_users_write(
    Estimator, early_stopping, persist, write
):
    estimator = Estimator(
        solver="sgd",
        momentum=0.0,
        warm_start=True,
        early_stopping=early_stopping,
        **SMALL,
    ).fit(X_IRIS, Y_IRIS)
    estimator = persist(estimator)
    given = [W * 0 + 0.5 for W in estimator.coefs_]
    write(estimator, given)
    estimator.set_params(learning_rate_init=1e-12).fit(X_IRIS, Y_IRIS)
    for W, start in zip(estimator.coefs_, given, strict=True):
        np.testing.assert_allclose(W, start, atol=1e-6)


def test_a_generator_that_is_set_later_acts_at_once(Estimator):
    settings = {**SMALL, "batch_size": 40, "warm_start": True}
    rng = np.random.RandomState(7)
    before = rng.get_state()[2]
    Estimator(**settings).fit(X_IRIS, Y_IRIS).set_params(random_state=rng).fit(X_IRIS, Y_IRIS)
    assert rng.get_state()[2] != before


def test_warm_start_refuses_other_layer_sizes(Estimator):
    estimator = Estimator(warm_start=True, **SMALL).fit(X_IRIS, Y_IRIS)
    estimator.set_params(hidden_layer_sizes=(6,))
    with pytest.raises(ValueError, match=r"layer sizes \(4, 5, .*require \(4, 6, "):
        estimator.fit(X_IRIS, Y_IRIS)
    estimator.set_params(hidden_layer_sizes=(5,), fit_intercept=False)
    with pytest.raises(ValueError, match=r"with biases.*without biases"):
        estimator.fit(X_IRIS, Y_IRIS)


def test_warm_start_may_change_solver_and_data(Estimator):
    estimator = Estimator(warm_start=True, batch_size=20, **SMALL).fit(X_IRIS, Y_IRIS)
    for solver in ("lbfgs", "sgd", "adam"):
        estimator.set_params(solver=solver).fit(X_IRIS[::2], Y_IRIS[::2])
    assert len(estimator.loss_curve_) == 4 * 5
    assert np.isfinite(estimator.theta_).all()
