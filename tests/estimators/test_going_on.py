"""Training goes on: warm_start, partial_fit, copies, checkpoints, and the weights of users."""

import copy
import inspect
import pickle

import numpy as np
import pytest
from sklearn.base import clone

from scratchmlp import DivergenceError, ScratchMLPClassifier, ScratchMLPRegressor
from scratchmlp.callbacks import ModelCheckpoint
from scratchmlp.estimators.state import latest_theta
from scratchmlp.io import load
from scratchmlp.optimizers import OPTIMIZERS
from scratchmlp.schedules import Cosine
from tests.helpers.estimator_examples import (
    SMALL,
    X_IRIS,
    Y_IRIS,
    Recorder,
    by_joblib,
    fails,
    partial_fit,
)
from tests.helpers.option_effects import settings, values

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def assert_same(resumed, straight):
    """Assert that the results of training are equal, except for its duration."""
    np.testing.assert_array_equal(resumed.theta_, straight.theta_)
    np.testing.assert_array_equal(latest_theta(resumed), latest_theta(straight))
    for name in straight.history_.keys() - {"seconds"}:
        np.testing.assert_array_equal(resumed.history_[name], straight.history_[name])
    for name in ("best_epoch_", "best_validation_score_", "best_loss_", "t_", "loss_"):
        assert getattr(resumed, name) == getattr(straight, name)


# As if training had never stopped.


@pytest.mark.parametrize("early_stopping", [False, True])
@pytest.mark.parametrize("solver", OPTIMIZERS)
def test_half_the_epochs_and_half_of_a_copy_are_all_the_epochs(Estimator, solver, early_stopping):
    settings = {"solver": OPTIMIZERS[solver](weight_decay=0.01, max_grad_norm=0.5), "tol": 0}
    settings |= {"learning_rate": Cosine(n_epochs=8), "batch_size": 40, "warm_start": True}
    settings |= {"hidden_layer_sizes": (6, 5), "dropout": (0.3, 0.1), "random_state": np.int64(7)}
    settings["early_stopping"] = early_stopping
    straight = Estimator(**settings, max_iter=8).fit(X_IRIS, Y_IRIS)
    half = Estimator(**settings, max_iter=4).fit(X_IRIS, Y_IRIS)
    copies = copy.deepcopy(half), pickle.loads(pickle.dumps(half)), by_joblib(half)
    for resumed in (*copies, half):
        assert_same(resumed.fit(X_IRIS, Y_IRIS), straight)
        assert (resumed.n_iter_, len(resumed.loss_curve_)) == (4, 8)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_calls_of_partial_fit_are_the_epochs_of_a_fit(Estimator, dtype):
    settings = {**SMALL, "batch_size": 40, "dropout": 0.3, "learning_rate": "cosine"}
    X = X_IRIS.astype(dtype)
    straight, parts = Estimator(**settings).fit(X, Y_IRIS), Estimator(**settings, warm_start=True)
    for _ in range(5):
        parts = copy.deepcopy(partial_fit(parts, X, Y_IRIS))
    assert_same(parts, straight)
    assert parts.theta_.dtype == dtype
    assert parts.n_iter_ == 1
    assert parts.stop_reason_ == "partial_fit trains for one epoch"
    partial_fit(parts, X[:60], Y_IRIS[:60])
    assert parts.t_ == 5 * 150 + 60


@pytest.mark.parametrize(
    ("Estimator", "early_stopping"), [(ScratchMLPClassifier, True), (ScratchMLPRegressor, False)]
)
def test_training_from_a_checkpoint_has_the_patience_left(Estimator, early_stopping, tmp_path):
    net = Estimator(hidden_layer_sizes=(8,), learning_rate_init=0.05, tol=1e-3, max_iter=500)
    net.set_params(warm_start=True, early_stopping=early_stopping, random_state=0)
    straight = clone(net).fit(X_IRIS, Y_IRIS)
    assert "did not improve" in straight.stop_reason_
    n_epochs, path = straight.n_iter_ - 5, tmp_path / "net.skops"
    net.set_callbacks(ModelCheckpoint(path), Recorder(error_at=n_epochs - 1))
    with pytest.raises(RuntimeError, match="from a callback"):
        net.fit(X_IRIS, Y_IRIS)
    resumed = load(path).set_params(max_iter=500 - n_epochs).fit(X_IRIS, Y_IRIS)
    assert_same(resumed, straight)
    assert resumed.stop_reason_ == straight.stop_reason_
    again = resumed.fit(X_IRIS, Y_IRIS)  # the count of epochs without improvement restarts at 0
    assert again.n_iter_ > 10


@pytest.mark.filterwarnings("ignore::RuntimeWarning", "ignore:batch_size:UserWarning")
@pytest.mark.parametrize("name", [*inspect.signature(ScratchMLPClassifier).parameters])
def test_training_goes_on_exactly_with_each_option(name):
    """A copy of the model after its first epoch is trained on. L-BFGS begins anew."""
    default, n_compared = ScratchMLPClassifier(warm_start=True, **settings(name)), 0
    for value in values(ScratchMLPClassifier, name):
        network, recorder = clone(default).set_params(**{name: value}), Recorder()
        n_epochs = network.max_iter
        if network.solver == "lbfgs" or not isinstance(network.random_state, int) or n_epochs == 1:
            continue
        try:
            straight = clone(network).set_callbacks(recorder).fit(X_IRIS, Y_IRIS)
        except (ValueError, DivergenceError):
            continue
        resumed = pickle.loads(pickle.dumps(recorder.models[0])).set_params(max_iter=n_epochs - 1)
        assert_same(resumed.fit(X_IRIS, Y_IRIS), straight)
        n_compared += 1
    assert n_compared, f"no value of {name} trains"


# What may change between two fits.


def test_warm_start_may_change_solver_and_data(Estimator):
    estimator = Estimator(warm_start=True, batch_size=20, **SMALL).fit(X_IRIS, Y_IRIS)
    for solver in ("lbfgs", "sgd", "adam"):
        estimator.set_params(solver=solver).fit(X_IRIS[::2], Y_IRIS[::2])
    assert len(estimator.loss_curve_) == 4 * 5
    assert np.isfinite(estimator.theta_).all()


@pytest.mark.parametrize(("before", "after"), [("auto", "identity"), ("identity", "auto")])
def test_the_output_activation_may_change_between_fits(before, after):
    settings = {"solver": "lbfgs", "hidden_layer_sizes": (10,), "max_iter": 300, "random_state": 0}
    classifier = ScratchMLPClassifier(loss="squared_error", **settings, warm_start=True)
    for output in (before, after):
        classifier.set_params(output_activation=output).fit(X_IRIS, Y_IRIS == 1)
    assert classifier.score(X_IRIS, Y_IRIS == 1) > 0.95


def test_the_horizon_of_a_schedule_is_max_iter_of_the_first_fit_or_partial_fit(Estimator):
    def rates(n_epochs, horizon):
        steps = [min(epoch / horizon, 1) for epoch in range(n_epochs)]
        return pytest.approx([0.0005 * (1 + np.cos(np.pi * step)) for step in steps], abs=1e-15)

    estimator = Estimator(learning_rate="cosine", warm_start=True, max_iter=np.int64(4))
    estimator.fit(X_IRIS, Y_IRIS).set_params(max_iter=2).fit(X_IRIS, Y_IRIS)
    assert estimator.history_["learning_rate"] == rates(6, 4)
    estimator.set_params(warm_start=False).fit(X_IRIS, Y_IRIS)
    assert estimator.history_["learning_rate"] == rates(2, 2)
    incremental = Estimator(learning_rate="cosine", max_iter=4)
    for _ in range(6):
        partial_fit(incremental, X_IRIS, Y_IRIS)
    assert incremental.history_["learning_rate"] == rates(6, 4)


def test_adaptive_does_not_slow_down_what_follows_it(Estimator):
    settings = {**SMALL, "tol": 1e3, "n_iter_no_change": 1, "warm_start": True}
    estimator = Estimator(solver="sgd", learning_rate="adaptive", **settings).fit(X_IRIS, Y_IRIS)
    assert estimator.history_["learning_rate"][-1] < 0.001
    for change in ({"learning_rate": "constant"}, {"solver": "adam"}):
        estimator.set_params(**change).fit(X_IRIS, Y_IRIS)
        assert estimator.history_["learning_rate"][-1] == 0.001


def test_warm_start_gives_a_harder_problem_its_whole_patience(Estimator):
    settings = {**SMALL, "learning_rate_init": 0.05, "max_iter": 300}
    estimator = Estimator(warm_start=True, **settings).fit(X_IRIS, Y_IRIS)
    easy = estimator.best_loss_
    estimator.set_params(alpha=30.0).fit(X_IRIS, Y_IRIS)
    losses = estimator.loss_curve_[-estimator.n_iter_ :]
    assert losses[0] > 2 * easy
    assert losses[-1] < 0.9 * losses[0]
    assert estimator.n_iter_ > 11
    assert estimator.best_loss_ == min(estimator.loss_curve_) == easy


# The best weights of early stopping, when training goes on.


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_the_best_weights_are_scored_again_on_the_new_data(Estimator, solver):
    y = Y_IRIS == 1 if Estimator is ScratchMLPClassifier else X_IRIS[:, 0]
    other = ~y if Estimator is ScratchMLPClassifier else -y
    settings = {"learning_rate_init": 0.05, "max_iter": 100, "random_state": 0, "solver": solver}
    estimator = Estimator(**settings, early_stopping=True, warm_start=True).fit(X_IRIS, y)
    assert estimator.fit(X_IRIS, other).score(X_IRIS, other) > 0.8


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


def test_validation_data_without_early_stopping_restore_no_weights(Estimator):
    settings = {**SMALL, "early_stopping": True, "warm_start": True}
    watched, plain = (Estimator(**settings).fit(X_IRIS, Y_IRIS) for _ in range(2))
    for estimator in (watched, plain):
        estimator.set_params(early_stopping=False, learning_rate_init=0.5)
    watched.fit(X_IRIS, Y_IRIS, X_val=X_IRIS, y_val=Y_IRIS)
    np.testing.assert_array_equal(watched.theta_, plain.fit(X_IRIS, Y_IRIS).theta_)


def test_other_rows_are_split_anew_and_the_best_weights_forgotten(Estimator):
    """The new split may hold out rows that the network was trained on."""
    estimator = Estimator(early_stopping=True, warm_start=True, **SMALL).fit(X_IRIS, Y_IRIS)
    estimator.set_params(max_iter=1, solver="sgd", learning_rate_init=0.5)
    estimator.fit(X_IRIS[10:], np.roll(Y_IRIS, 50)[10:])
    assert estimator.best_epoch_ == 6
    assert estimator.best_validation_score_ == estimator.validation_scores_[-1]
    estimator.set_params(validation_fraction=0.5).fit(X_IRIS, Y_IRIS)
    assert estimator.t_ == 5 * 135 + 126 + 75


# Weights and generators of users.


@pytest.mark.parametrize("early_stopping", [False, True])
@pytest.mark.parametrize("persist", [lambda estimator: estimator, by_joblib])
def test_training_goes_on_from_the_weights_that_users_write(Estimator, early_stopping, persist):
    settings = {**SMALL, "solver": "sgd", "momentum": 0.0, "warm_start": True}
    estimator = Estimator(early_stopping=early_stopping, **settings).fit(X_IRIS, Y_IRIS)
    estimator = persist(estimator)
    given = [W * 0 + 0.5 for W in estimator.coefs_]
    estimator.coefs_ = given
    estimator.set_params(learning_rate_init=1e-12).fit(X_IRIS, Y_IRIS)
    for W, start in zip(estimator.coefs_, given, strict=True):
        np.testing.assert_allclose(W, start, atol=1e-6)


def test_training_goes_on_from_the_best_weights_if_they_are_assigned(Estimator):
    settings = {**SMALL, "solver": "sgd", "momentum": 0.0, "early_stopping": True}
    estimator = Estimator(**settings).fit(X_IRIS, Y_IRIS)
    best = estimator.theta_.copy()
    estimator.coefs_, estimator.intercepts_ = estimator.coefs_, estimator.intercepts_
    estimator.set_params(early_stopping=False, learning_rate_init=1e-12)
    np.testing.assert_allclose(estimator.partial_fit(X_IRIS, Y_IRIS).theta_, best, atol=1e-9)


def test_generators_that_are_not_the_estimator_s_go_on_by_themselves(Estimator):
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


def test_a_generator_that_is_set_later_acts_at_once(Estimator):
    rng = np.random.RandomState(7)
    before = rng.get_state()[2]
    estimator = Estimator(**SMALL, batch_size=40, warm_start=True).fit(X_IRIS, Y_IRIS)
    estimator.set_params(random_state=rng).fit(X_IRIS, Y_IRIS)
    assert rng.get_state()[2] != before


# What must be as before.


ANOTHER = [
    ({"fit_intercept": False}, Y_IRIS, "with biases.*without biases"),
    ({}, np.eye(3, dtype=int)[Y_IRIS], "`y` has multilabel-ind.* .*began with multiclass"),
    ({}, Y_IRIS + 1, r"got \[0 1 2\], `y` has \[1 2 3\].*warm_start=False"),
]


@pytest.mark.parametrize(("change", "y", "message"), ANOTHER)
def test_warm_start_refuses_another_network_and_other_classes(change, y, message):
    classifier = ScratchMLPClassifier(warm_start=True, **SMALL).fit(X_IRIS, Y_IRIS)
    classifier.set_params(**change)
    with fails(classifier, ValueError, message):
        classifier.fit(X_IRIS, y)


def test_partial_fit_may_see_some_classes_at_a_time():
    classifier = ScratchMLPClassifier(learning_rate_init=0.05, random_state=0)
    for c in 20 * [0, 1, 2]:
        classifier.partial_fit(X_IRIS[c == Y_IRIS], Y_IRIS[c == Y_IRIS], classes=[0, 1, 2])
    assert classifier.predict_proba(X_IRIS).shape == (150, 3)
    classifier.partial_fit(X_IRIS, Y_IRIS)
    assert classifier.score(X_IRIS, Y_IRIS) > 0.6


def test_partial_fit_wants_all_classes_in_its_first_call():
    classifier = ScratchMLPClassifier()
    with fails(classifier, ValueError, "classes must be passed on the first call"):
        classifier.partial_fit(X_IRIS, Y_IRIS)
    with fails(classifier, ValueError, "NaN"):
        classifier.partial_fit(X_IRIS * np.nan, Y_IRIS, classes=[0, 1, 2])
    with fails(classifier, ValueError, r"classes not in `self.classes_`: \[2\]"):
        classifier.partial_fit(X_IRIS, Y_IRIS, classes=[0, 1])
    classifier.partial_fit(X_IRIS[:100], Y_IRIS[:100], classes=[0, 1])
    with fails(classifier, ValueError, r"classes not in `self.classes_`: \[2\].*first call"):
        classifier.partial_fit(X_IRIS, Y_IRIS)
    with fails(classifier, ValueError, "is not the same as on last call"):
        classifier.partial_fit(X_IRIS[:100], Y_IRIS[:100], classes=[0, 1, 2])
