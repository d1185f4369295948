"""Early stopping on held-out rows, and what it keeps when training continues."""

import functools

import numpy as np
import pytest
from estimator_examples import SMALL, X_IRIS, Y_IRIS, partial_fit, snapshot

from scratchmlp import DivergenceError, ScratchMLPClassifier

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_early_stopping_keeps_the_weights_of_the_best_epoch(Estimator, solver):
    settings = {"hidden_layer_sizes": (20,), "random_state": 3, "solver": solver}
    estimator = Estimator(
        early_stopping=True, learning_rate_init=0.05, max_iter=300, **settings
    ).fit(X_IRIS, Y_IRIS)
    assert estimator.n_iter_ < 300
    assert f"validation {estimator._metric} did not improve" in estimator.stop_reason_
    assert estimator.best_validation_score_ == max(estimator.validation_scores_)
    best = 1 + int(np.argmax(estimator.validation_scores_))
    assert estimator.best_epoch_ == best
    assert estimator.best_loss_ is None
    # Training up to the best epoch only gives the weights that were kept.
    again = Estimator(early_stopping=True, learning_rate_init=0.05, max_iter=best, **settings).fit(
        X_IRIS, Y_IRIS
    )
    np.testing.assert_array_equal(again.theta_, estimator.theta_)


@pytest.mark.parametrize(
    ("fraction", "message"),
    [
        (0.0, "hold out validation_fraction=0.0 of n_samples=150. test_size=0.0 should be"),
        (0.005, "hold out validation_fraction=0.005 of n_samples=150. The validation set is too s"),
        (0.999, "hold out validation_fraction=0.999 of n_samples=150.*train set will be empty"),
    ],
)
def test_early_stopping_needs_rows_to_validate_and_to_train_on(Estimator, fraction, message):
    with pytest.raises(ValueError, match=message):
        Estimator(early_stopping=True, validation_fraction=fraction).fit(X_IRIS, Y_IRIS)


def test_early_stopping_works_with_weights_however_many_are_zero(Estimator):
    """Rows of weight zero are removed first, so both parts contain rows with weight."""
    weight = np.zeros(150)
    rows = np.r_[0:10, 50:60, 100:110]
    weight[rows] = 1.0
    settings = {"early_stopping": True, "max_iter": 20, "random_state": 0}
    weighted = Estimator(**settings).fit(X_IRIS, Y_IRIS, weight)
    absent = Estimator(**settings).fit(X_IRIS[rows], Y_IRIS[rows])
    np.testing.assert_allclose(weighted.theta_, absent.theta_, rtol=1e-10)
    assert weighted.validation_scores_ == pytest.approx(absent.validation_scores_)


def test_the_validation_score_is_that_of_the_whole_network(Estimator):
    estimator = Estimator(
        dropout=0.9, early_stopping=True, warm_start=True, **{**SMALL, "max_iter": 1}
    ).fit(X_IRIS, Y_IRIS)
    held_out = estimator._run["split"][1]
    score = estimator.score(X_IRIS[held_out], Y_IRIS[held_out])
    assert estimator.validation_scores_ == [pytest.approx(score)]


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_warm_start_with_early_stopping_measures_the_best_weights_on_the_new_data(
    Estimator, solver
):
    settings = {"learning_rate_init": 0.05, "max_iter": 100, "random_state": 0}
    y = Y_IRIS == 1 if Estimator is ScratchMLPClassifier else X_IRIS[:, 0]
    estimator = Estimator(solver=solver, early_stopping=True, warm_start=True, **settings)
    estimator.fit(X_IRIS, y)
    other = ~y if Estimator is ScratchMLPClassifier else -y
    assert estimator.fit(X_IRIS, other).score(X_IRIS, other) > 0.8


def test_warm_start_draws_a_new_split_for_another_validation_fraction(Estimator):
    estimator = Estimator(early_stopping=True, warm_start=True, **SMALL).fit(X_IRIS, Y_IRIS)
    estimator.set_params(validation_fraction=0.5).fit(X_IRIS, Y_IRIS)
    assert estimator.t_ == 5 * 135 + 5 * 75


@pytest.mark.parametrize("between", ["partial_fit", "no early stopping"])
def test_early_stopping_after_training_without_it_begins_anew(Estimator, between):
    settings = {"hidden_layer_sizes": (8,), "learning_rate_init": 0.02, "random_state": 0}
    estimator = Estimator(warm_start=True, early_stopping=True, max_iter=60, **settings)
    estimator.fit(X_IRIS, Y_IRIS).set_params(learning_rate_init=0.5)
    if between == "partial_fit":
        partial_fit(estimator, X_IRIS, np.roll(Y_IRIS, 50))
    else:
        estimator.set_params(early_stopping=False, max_iter=2).fit(X_IRIS, np.roll(Y_IRIS, 50))
    estimator.set_params(early_stopping=True, learning_rate_init=1e-3, max_iter=20)
    estimator.fit(X_IRIS, Y_IRIS)
    new = estimator.validation_scores_[-estimator.n_iter_ :]
    assert estimator.best_validation_score_ == max(new)
    first_new = len(estimator.validation_scores_) - len(new) + 1
    assert estimator.best_epoch_ == first_new + int(np.argmax(new))


def test_best_weights_are_forgotten_where_rows_are_others(Estimator):
    """The new split may hold out rows that the network was trained on."""
    estimator = Estimator(early_stopping=True, warm_start=True, **SMALL).fit(X_IRIS, Y_IRIS)
    estimator.set_params(max_iter=1, solver="sgd", learning_rate_init=0.5)
    estimator.fit(X_IRIS[10:], np.roll(Y_IRIS, 50)[10:])
    assert estimator.best_epoch_ == 6
    assert estimator.best_validation_score_ == estimator.validation_scores_[-1]


@pytest.mark.parametrize("method", ["fit", "partial_fit"])
def test_divergence_after_early_stopping_raises_where_nothing_is_measured(Estimator, method):
    estimator = Estimator(solver="sgd", early_stopping=True, warm_start=True, **SMALL).fit(
        X_IRIS, Y_IRIS
    )
    estimator.set_params(learning_rate_init=1e308, alpha=1.0, early_stopping=False)
    before = snapshot(estimator)
    train = estimator.fit if method == "fit" else functools.partial(partial_fit, estimator)
    with pytest.raises(DivergenceError):
        train(X_IRIS * 1e5, Y_IRIS)
    assert snapshot(estimator) == before


def test_partial_fit_ignores_early_stopping(Estimator):
    estimator = Estimator(early_stopping=True, random_state=0, hidden_layer_sizes=(5,))
    partial_fit(estimator, X_IRIS, Y_IRIS)
    assert estimator.validation_scores_ is None
