"""What both estimators share: parameters, state, warm start, partial_fit, errors."""

import copy
import functools
import inspect
import io
import pickle
import tracemalloc
import warnings
from unittest import mock

import joblib
import numpy as np
import pandas as pd
import pytest
import scipy.sparse
from sklearn.base import clone
from sklearn.datasets import load_iris, make_regression
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.model_selection import GridSearchCV
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.utils.validation import check_is_fitted, validate_data

from scratchmlp import DivergenceError, ScratchMLPClassifier, ScratchMLPRegressor
from scratchmlp.activations import ACTIVATIONS, Tanh
from scratchmlp.initializers import he_uniform
from scratchmlp.monitor import Monitor
from scratchmlp.optimizers import OPTIMIZERS, SGD, Adam
from scratchmlp.schedules import SCHEDULES, Cosine, HorizonSchedule, InverseScaling

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

PAIRS = [(ScratchMLPClassifier, MLPClassifier), (ScratchMLPRegressor, MLPRegressor)]
X_IRIS, Y_IRIS = load_iris(return_X_y=True)
X_IRIS = (X_IRIS - X_IRIS.mean(axis=0)) / X_IRIS.std(axis=0)
SMALL = {"hidden_layer_sizes": (5,), "max_iter": 5, "random_state": 0}


@pytest.fixture(params=[ScratchMLPClassifier, ScratchMLPRegressor])
def Estimator(request):
    return request.param


def state(estimator):
    """Everything that fit may set, by value."""
    return pickle.dumps(vars(estimator))


def joblib_round_trip(estimator):
    file = io.BytesIO()
    joblib.dump(estimator, file)
    file.seek(0)
    return joblib.load(file)


def assign_whole(estimator, weights):
    estimator.coefs_ = weights


def assign_layers(estimator, weights):
    for i, W in enumerate(weights):
        estimator.coefs_[i] = W


def write_into_views(estimator, weights):
    for view, W in zip(estimator.coefs_, weights, strict=True):
        view[...] = W


def snapshot(estimator):
    """Like `state`, but keyed by name and comparable when a test fails."""
    return {name: pickle.dumps(value) for name, value in vars(estimator).items()}


# Parameters.


@pytest.mark.parametrize(("ours", "theirs"), PAIRS)
def test_scikit_learn_s_parameters_come_first_with_their_order_and_defaults(ours, theirs):
    mine = inspect.signature(ours).parameters
    reference = inspect.signature(theirs).parameters
    assert list(mine)[: len(reference)] == list(reference)
    for name, parameter in reference.items():
        assert mine[name].default == parameter.default
        assert mine[name].kind == parameter.kind
    new = list(mine)[len(reference) :]
    expected = ["output_activation", "fit_intercept", "weight_init"]
    if ours is ScratchMLPClassifier:
        expected = ["loss", *expected, "class_weight"]
    assert new == [*expected, "dropout", "scoring"]
    assert all(mine[name].kind is inspect.Parameter.KEYWORD_ONLY for name in new)


@pytest.mark.parametrize(
    ("name", "value", "fragments"),
    [
        ("activation", "swish", ["'activation' parameter", "'relu'", "'tanh'", "Got 'swish'"]),
        ("activation", ("relu", "swish"), ["'activation' parameter", "'relu'", "Got 'swish'"]),
        ("activation", (("relu", "relu"), "relu"), ["Got ('relu', 'relu')"]),
        (
            "activation",
            ["relu"],
            ["activation must be", "each of the 2", "got ['relu'], which has 1"],
        ),
        (
            "activation",
            object(),
            ["'activation' parameter", "implementing 'forward' and 'backward'"],
        ),
        ("activation", Tanh, ["implementing 'forward' and 'backward'", "Got <class"]),
        ("dropout", 1.0, ["'dropout' parameter", "in the range [0.0, 1.0)", "Got 1.0"]),
        ("dropout", -0.1, ["'dropout' parameter", "Got -0.1"]),
        ("dropout", "half", ["'dropout' parameter", "Got 'half'"]),
        ("dropout", (0.5, 1.5), ["'dropout' parameter", "in the range [0.0, 1.0)", "Got 1.5"]),
        ("dropout", (0.1, 0.2, 0.3), ["dropout must be", "each of the 2", "which has 3"]),
        ("solver", "newton", ["'solver' parameter", "'adagrad'", "'lbfgs'", "Got 'newton'"]),
        ("batch_size", 0, ["'batch_size' parameter", "'full'", "Got 0"]),
        ("alpha", -1.0, ["'alpha' parameter", "Got -1.0"]),
        ("weight_init", "ones", ["'weight_init' parameter", "'glorot_uniform'", "Got 'ones'"]),
        ("weight_init", lambda *_: (0.0, 0.0), ["(4, 6) and (6,)", "got [(), ()]", "Return both"]),
        ("hidden_layer_sizes", (5, 0), ["hidden_layer_sizes must be > 0", "got (5, 0)"]),
        ("hidden_layer_sizes", (2.5,), ["hidden_layer_sizes must be > 0", "got (2.5,)"]),
        ("hidden_layer_sizes", ((2, 3),), ["hidden_layer_sizes must be > 0", "got ((2, 3),)"]),
        ("hidden_layer_sizes", ((1, 2), 3), ["hidden_layer_sizes must be > 0", "got ((1, 2), 3)"]),
        ("hidden_layer_sizes", (True,), ["hidden_layer_sizes must be > 0", "got (True,)"]),
        ("solver", Adam(beta_2=2.0), ["'beta_2' parameter of Adam", "Got 2.0"]),
        ("solver", SGD(momentum=-1.0), ["'momentum' parameter of SGD", "Got -1.0"]),
        ("solver", Adam(max_grad_norm=0), ["'max_grad_norm' parameter of Adam", "Got 0"]),
        ("learning_rate", "linear", ["'cosine'", "'adaptive'", "a callable", "Got 'linear'"]),
        ("learning_rate", Cosine(n_epochs=0), ["'n_epochs' parameter of Cosine", "Got 0"]),
        ("learning_rate", lambda progress: -1, ["a finite number >= 0", "returned -1"]),
        ("learning_rate", Cosine, ["a callable, not a class", "Got <class"]),
        ("weight_init", Cosine, ["a callable, not a class", "Got <class"]),
        (
            "weight_init",
            lambda _, *n: (np.full(n[:2], np.inf), np.ones(n[1])),
            ["must return finit"],
        ),
    ],
)
def test_bad_parameters_are_named_with_their_rule_and_value(Estimator, name, value, fragments):
    estimator = Estimator(hidden_layer_sizes=(6, 5), max_iter=1).fit(X_IRIS, Y_IRIS)
    estimator.set_params(**{name: value})
    before = dict(vars(estimator))
    with pytest.raises(ValueError) as error:  # noqa: PT011 - the fragments say which
        estimator.fit(X_IRIS, Y_IRIS)
    assert all(fragment in str(error.value) for fragment in fragments)
    assert vars(estimator) == before


@pytest.mark.parametrize("sizes", [5, (5,), [5], np.array([5])])
def test_hidden_layer_sizes_may_be_a_number_or_any_sequence(Estimator, sizes):
    estimator = Estimator(hidden_layer_sizes=sizes, max_iter=1).fit(X_IRIS, Y_IRIS)
    assert estimator.coefs_[0].shape == (4, 5)


@pytest.mark.parametrize("solver", [*OPTIMIZERS, "lbfgs"])
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_every_solver_learns_with_every_activation(Estimator, solver, activation):
    rate = {"sgd": 0.1, "adagrad": 0.2, "rmsprop": 0.005}.get(solver, 0.02)
    estimator = Estimator(
        hidden_layer_sizes=(10,),
        activation=activation,
        solver=solver,
        learning_rate_init=rate,
        max_iter=500,
        n_iter_no_change=50,
        random_state=0,
    ).fit(X_IRIS, Y_IRIS)
    assert estimator.score(X_IRIS, Y_IRIS) > 0.9


def test_a_solver_object_is_what_its_name_is(Estimator):
    named = Estimator(solver="sgd", momentum=0.5, **SMALL).fit(X_IRIS, Y_IRIS)
    given = Estimator(solver=SGD(momentum=0.5), **SMALL).fit(X_IRIS, Y_IRIS)
    np.testing.assert_array_equal(given.theta_, named.theta_)


def test_a_solver_object_s_parameters_can_be_searched(Estimator):
    search = GridSearchCV(
        Estimator(solver=Adam(), **SMALL), {"solver__beta_1": [0.5, 0.9]}, cv=3
    ).fit(X_IRIS, Y_IRIS)
    assert search.best_estimator_.solver.beta_1 == search.best_params_["solver__beta_1"]
    thetas = [
        clone(search.estimator).set_params(solver__beta_1=beta_1).fit(X_IRIS, Y_IRIS).theta_
        for beta_1 in (0.5, 0.9)
    ]
    assert not np.array_equal(*thetas)


@pytest.mark.parametrize("name", ["solver__max_grad_norm", "solver__weight_decay"])
@pytest.mark.parametrize("solver", OPTIMIZERS)
def test_decay_and_clipping_can_be_set_and_act(Estimator, solver, name):
    estimator = Estimator(solver=OPTIMIZERS[solver](), batch_size=40, **SMALL)
    thetas = [
        clone(estimator).set_params(**{name: value}).fit(X_IRIS, Y_IRIS).theta_
        for value in (1e-3, 1.0)
    ]
    assert not np.array_equal(*thetas)


@pytest.mark.parametrize("solver", ["sgd", "adam"])
@pytest.mark.parametrize("name", SCHEDULES)
def test_a_schedule_s_name_is_what_its_object_is(Estimator, name, solver):
    """But for the names that scikit-learn has too, which act with "sgd" alone."""
    settings = {"batch_size": 40, "solver": solver, **SMALL}
    named = Estimator(learning_rate=name, **settings).fit(X_IRIS, Y_IRIS)
    acts = solver == "sgd" or issubclass(SCHEDULES[name], HorizonSchedule)
    schedule = SCHEDULES[name]() if acts else (lambda progress: 1.0)
    given = Estimator(learning_rate=schedule, **settings).fit(X_IRIS, Y_IRIS)
    np.testing.assert_array_equal(given.theta_, named.theta_)
    changes = len({*named.history_["learning_rate"]}) > 1
    assert changes == (acts and name != "constant")


def test_schedule_objects_act_with_every_first_order_solver(Estimator):
    estimator = Estimator(learning_rate=InverseScaling(1.0), **SMALL).fit(X_IRIS, Y_IRIS)
    rates = [0.001 / (150 * epoch + 1) for epoch in range(5)]
    assert estimator.history_["learning_rate"] == pytest.approx(rates)


def cosine_rates(n_epochs, horizon):
    return [0.0005 * (1 + np.cos(np.pi * min(e / horizon, 1))) for e in range(n_epochs)]


def test_the_horizon_is_max_iter_of_the_fit_that_began(Estimator):
    estimator = Estimator(learning_rate="cosine", warm_start=True, max_iter=np.int64(4))
    estimator.fit(X_IRIS, Y_IRIS).set_params(max_iter=2).fit(X_IRIS, Y_IRIS)
    assert estimator.history_["learning_rate"] == pytest.approx(cosine_rates(6, 4), abs=1e-15)
    estimator.set_params(warm_start=False).fit(X_IRIS, Y_IRIS)
    assert estimator.history_["learning_rate"] == pytest.approx(cosine_rates(2, 2), abs=1e-15)


def test_partial_fit_has_the_horizon_of_a_fit(Estimator):
    estimator = Estimator(learning_rate="cosine", max_iter=4)
    for _ in range(6):
        partial_fit(estimator, X_IRIS, Y_IRIS)
    assert estimator.history_["learning_rate"] == pytest.approx(cosine_rates(6, 4), abs=1e-15)


def test_a_schedule_s_own_horizon_wins_and_can_be_searched(Estimator):
    estimator = Estimator(learning_rate=Cosine(n_epochs=8), **SMALL).fit(X_IRIS, Y_IRIS)
    assert estimator.history_["learning_rate"] == pytest.approx(cosine_rates(5, 8))
    grid = {"learning_rate__n_epochs": [3, 8]}
    search = GridSearchCV(estimator, grid, cv=3).fit(X_IRIS, Y_IRIS)
    n_epochs = search.best_params_["learning_rate__n_epochs"]
    rates = search.best_estimator_.history_["learning_rate"]
    assert rates == pytest.approx(cosine_rates(5, n_epochs), abs=1e-15)


@pytest.mark.parametrize("name", SCHEDULES)
def test_float32_stays_float32_with_every_schedule(Estimator, name):
    settings = {"learning_rate": SCHEDULES[name](), "batch_size": 40, **SMALL}
    estimator = Estimator(**settings).fit(X_IRIS.astype(np.float32), Y_IRIS)
    assert estimator.theta_.dtype == np.float32


@pytest.mark.filterwarnings("error")
def test_a_schedule_that_has_come_to_its_end_warns_as_any_other(Estimator):
    with pytest.warns(ConvergenceWarning, match="Maximum iterations .2. reached"):
        Estimator(learning_rate="cosine", max_iter=2).fit(X_IRIS, Y_IRIS)


@pytest.mark.parametrize(
    ("name", "one", "other", "solver"),
    [
        ("momentum", 0.0, 0.9, "sgd"),
        ("nesterovs_momentum", False, True, "sgd"),
        ("power_t", 0.5, 0.1, "sgd"),
        ("learning_rate", "constant", "invscaling", "sgd"),
        ("beta_1", 0.9, 0.5, "adam"),
        ("beta_2", 0.999, 0.9, "adamw"),
        ("epsilon", 1e-8, 1.0, "adagrad"),
        ("epsilon", 1e-8, 1.0, "rmsprop"),
        ("alpha", 0.0, 10.0, "adam"),
        ("batch_size", 20, "full", "adam"),
        ("shuffle", True, False, "adam"),
        ("weight_init", "glorot_uniform", "standard_normal", "adam"),
        ("dropout", 0.0, 0.5, "adam"),
        ("dropout", [0.3], (0.4,), "sgd"),
        ("random_state", 0, 1, "adam"),
        ("max_iter", 2, 3, "lbfgs"),
        ("max_fun", 2, 30, "lbfgs"),
        ("tol", 10.0, 0.0, "lbfgs"),
    ],
)
def test_every_parameter_of_the_solvers_acts(Estimator, name, one, other, solver):
    settings = {"hidden_layer_sizes": (5,), "max_iter": 5, "random_state": 0, "batch_size": 40}
    if name == "power_t":
        settings["learning_rate"] = "invscaling"
    thetas = [
        Estimator(solver=solver, **{**settings, name: value}).fit(X_IRIS, Y_IRIS).theta_
        for value in (one, other)
    ]
    assert not np.array_equal(*thetas)


# Activations and dropout, by layer.


class OwnTanh:
    """An activation of a user, which is not said to work in place."""

    def forward(self, z, out):
        return np.tanh(z, out=out)

    def backward(self, z, a, delta):
        delta *= 1 - a * a


def raw_scores(estimator, X):
    classifies = isinstance(estimator, ScratchMLPClassifier)
    return estimator.decision_function(X) if classifies else estimator.predict(X)[:, np.newaxis]


def test_each_hidden_layer_may_have_an_activation_of_its_own(Estimator):
    estimator = Estimator(
        hidden_layer_sizes=[6, 5], activation=["tanh", "softplus"], max_iter=20, random_state=0
    ).fit(X_IRIS, Y_IRIS)
    (W1, W2, W3), (b1, b2, b3) = estimator.coefs_, estimator.intercepts_
    by_hand = np.log1p(np.exp(np.tanh(X_IRIS @ W1 + b1) @ W2 + b2)) @ W3 + b3
    np.testing.assert_allclose(raw_scores(estimator, X_IRIS), by_hand, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_names_objects_and_tuples_of_them_give_the_same_network(Estimator, name):
    settings = {**SMALL, "hidden_layer_sizes": (6, 5), "solver": "sgd"}
    own = OwnTanh() if name == "tanh" else ACTIVATIONS[name]
    first, *others = (
        Estimator(activation=activation, **settings).fit(X_IRIS, Y_IRIS).theta_
        for activation in (name, own, (name, own), [own, name])
    )
    for theta in others:
        np.testing.assert_array_equal(theta, first)


@pytest.mark.parametrize("activation", ["tanh", OwnTanh(), (OwnTanh(),), ("tanh",)])
@pytest.mark.parametrize("duplicate", [lambda e: e, copy.deepcopy, joblib_round_trip])
def test_the_activation_of_the_fit_predicts(Estimator, activation, duplicate):
    estimator = Estimator(activation=activation, **SMALL).fit(X_IRIS, Y_IRIS)
    expected = raw_scores(estimator, X_IRIS)
    twin = duplicate(estimator).set_params(activation="relu")
    np.testing.assert_array_equal(raw_scores(twin, X_IRIS), expected)
    assert not np.allclose(raw_scores(twin.fit(X_IRIS, Y_IRIS), X_IRIS), expected)


def test_a_list_of_activations_that_changes_after_the_fit_does_not_matter(Estimator):
    activation = ["tanh"]
    estimator = Estimator(activation=activation, **SMALL).fit(X_IRIS, Y_IRIS)
    expected = raw_scores(estimator, X_IRIS)
    activation[0] = "softplus"
    np.testing.assert_array_equal(raw_scores(estimator, X_IRIS), expected)


def test_activations_and_dropout_can_be_searched(Estimator):
    grid = {
        "activation": ["relu", ("mish", "tanh"), OwnTanh(), [OwnTanh(), "elu"]],
        "dropout": [0.0, (0.1, 0.0)],
    }
    estimator = Estimator(hidden_layer_sizes=(6, 5), max_iter=20, random_state=0)
    search = GridSearchCV(estimator, grid, cv=2).fit(X_IRIS, Y_IRIS)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    best = clone(estimator).set_params(**search.best_params_).fit(X_IRIS, Y_IRIS)
    np.testing.assert_array_equal(search.best_estimator_.theta_, best.theta_)


def test_a_network_without_hidden_layers_has_nothing_to_activate_or_drop(Estimator):
    settings = {"hidden_layer_sizes": (), "random_state": 0, "max_iter": 5}
    plain = Estimator(**settings).fit(X_IRIS, Y_IRIS)
    for change in ({"activation": (), "dropout": []}, {"dropout": 0.5}):
        other = Estimator(**settings, **change).fit(X_IRIS, Y_IRIS)
        np.testing.assert_array_equal(other.theta_, plain.theta_)


def test_a_function_may_draw_the_weights(Estimator):
    named = Estimator(weight_init="he_uniform", **SMALL).fit(X_IRIS, Y_IRIS)
    given = Estimator(weight_init=he_uniform, **SMALL).fit(X_IRIS, Y_IRIS)
    np.testing.assert_array_equal(clone(given).fit(X_IRIS, Y_IRIS).theta_, named.theta_)
    np.testing.assert_array_equal(given.theta_, named.theta_)


@pytest.mark.parametrize("method", ["fit", "partial_fit"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_dropout_goes_on_as_if_it_had_never_stopped(Estimator, method, dtype):
    X = X_IRIS.astype(dtype)
    settings = {**SMALL, "batch_size": 40, "dropout": [np.float64(0.3)]}
    straight = Estimator(**{**settings, "max_iter": 10}).fit(X, Y_IRIS)
    parts = Estimator(warm_start=True, **settings)
    if method == "fit":
        joblib_round_trip(parts.fit(X, Y_IRIS)).fit(X, Y_IRIS)
        parts.fit(X, Y_IRIS)
    else:
        for _ in range(10):
            parts = copy.deepcopy(partial_fit(parts, X, Y_IRIS))
    assert parts.theta_.dtype == dtype
    np.testing.assert_array_equal(parts.theta_, straight.theta_)


def test_the_validation_score_is_that_of_the_whole_network(Estimator):
    estimator = Estimator(
        dropout=0.9, early_stopping=True, warm_start=True, **{**SMALL, "max_iter": 1}
    ).fit(X_IRIS, Y_IRIS)
    held_out = estimator._run["split"][1]
    score = estimator.score(X_IRIS[held_out], Y_IRIS[held_out])
    assert estimator.validation_scores_ == [pytest.approx(score)]


def test_lbfgs_refuses_dropout_and_says_what_to_do(Estimator):
    for dropout in (0.5, (0.0, 0.5)):
        estimator = Estimator(hidden_layer_sizes=(6, 5))
        with pytest.raises(ValueError, match=r"'lbfgs' needs.*dropout=.*0\.5.*Choose.*'adam'"):
            estimator.set_params(solver="lbfgs", dropout=dropout).fit(X_IRIS, Y_IRIS)
    Estimator(hidden_layer_sizes=(6, 5), solver="lbfgs", dropout=(0, 0.0)).fit(X_IRIS, Y_IRIS)


def test_networks_without_biases(Estimator):
    estimator = Estimator(fit_intercept=False, **SMALL).fit(X_IRIS, Y_IRIS)
    n_out = estimator.n_outputs_
    assert estimator.n_parameters_ == len(estimator.theta_) == 4 * 5 + 5 * n_out
    assert [b.tolist() for b in estimator.intercepts_] == [[0] * 5, [0] * n_out]
    with pytest.raises(ValueError, match=r"no biases .fit_intercept=False.: these are read-only"):
        estimator.intercepts_[0] = np.ones(5)


@pytest.mark.parametrize("Matrix", [scipy.sparse.csr_array, scipy.sparse.coo_matrix])
def test_sparse_input_gives_the_dense_result(Estimator, Matrix):
    X = np.where(np.abs(X_IRIS) > 0.7, X_IRIS, 0)
    dense = Estimator(batch_size=40, **SMALL).fit(X, Y_IRIS)
    sparse = Estimator(batch_size=40, **SMALL).fit(Matrix(X), Y_IRIS)
    np.testing.assert_allclose(sparse.theta_, dense.theta_, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(sparse.predict(Matrix(X)), dense.predict(X), rtol=1e-9)


@pytest.mark.parametrize("solver", ["sgd", "adam", "lbfgs"])
@pytest.mark.parametrize("early_stopping", [False, True])
def test_float32_stays_float32(Estimator, solver, early_stopping):
    X = X_IRIS.astype(np.float32)
    weight = np.linspace(0.5, 2, len(X))
    estimator = Estimator(solver=solver, early_stopping=early_stopping, **SMALL)
    estimator.fit(X, Y_IRIS, weight)
    assert estimator.theta_.dtype == np.float32
    assert all(a.dtype == np.float32 for a in estimator.coefs_ + estimator.intercepts_)
    reference = Estimator(solver=solver, early_stopping=early_stopping, **SMALL)
    reference.fit(X_IRIS, Y_IRIS, weight)
    np.testing.assert_allclose(estimator.theta_, reference.theta_, rtol=1e-3, atol=1e-4)
    if Estimator is ScratchMLPRegressor:
        assert estimator.predict(X).dtype == np.float32


# Fitted state.


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
    # Training again, but only up to the best epoch, ends with the weights that were kept.
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
    """Rows of weight zero are absent, so that neither part can be left without weight."""
    weight = np.zeros(150)
    rows = np.r_[0:10, 50:60, 100:110]
    weight[rows] = 1.0
    settings = {"early_stopping": True, "max_iter": 20, "random_state": 0}
    weighted = Estimator(**settings).fit(X_IRIS, Y_IRIS, weight)
    absent = Estimator(**settings).fit(X_IRIS[rows], Y_IRIS[rows])
    np.testing.assert_allclose(weighted.theta_, absent.theta_, rtol=1e-10)
    assert weighted.validation_scores_ == pytest.approx(absent.validation_scores_)


def test_a_row_of_weight_zero_may_hold_anything_finite(Estimator):
    X, weight = X_IRIS.copy(), np.ones(150)
    X[0], weight[0] = 1e300, 0
    without = Estimator(**SMALL).fit(X_IRIS[1:], Y_IRIS[1:])
    np.testing.assert_array_equal(Estimator(**SMALL).fit(X, Y_IRIS, weight).theta_, without.theta_)


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


def test_the_layout_of_X_does_not_matter(Estimator):
    """Frames come column by column."""
    settings = {**SMALL, "batch_size": 40}
    fitted = [Estimator(**settings).fit(X, Y_IRIS) for X in (X_IRIS, np.asfortranarray(X_IRIS))]
    np.testing.assert_allclose(fitted[0].theta_, fitted[1].theta_, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda X: np.where(X > 1, np.nan, X), "contains NaN"),
        (lambda X: np.where(X > 1, -np.inf, X), "contains infinity"),
        (lambda X: X[:, :3], "X has 3 features, but"),
        (lambda X: X[0], "Expected 2D array, got 1D array"),
        (lambda X: X[:0], "Found array with 0 sample"),
        (lambda X: X.astype(complex), "Complex data not supported"),
    ],
)
def test_what_is_predicted_on_is_validated(Estimator, change, message):
    estimator = Estimator(**SMALL).fit(X_IRIS, Y_IRIS)
    with pytest.raises(ValueError, match=message):
        estimator.predict(change(X_IRIS))


def test_hidden_activations_are_what_the_layer_passes_on(Estimator):
    settings = {**SMALL, "hidden_layer_sizes": (6, 5), "activation": ("tanh", "relu")}
    estimator = Estimator(**settings, dropout=0.5).fit(X_IRIS, Y_IRIS)
    (W1, W2, W3), (b1, b2, b3) = estimator.coefs_, estimator.intercepts_
    first = np.tanh(X_IRIS @ W1 + b1)
    second = np.maximum(first @ W2 + b2, 0)
    for layer, expected in [(0, first), (-2, first), (1, second), (np.int64(-1), second)]:
        for X in (X_IRIS, X_IRIS.tolist(), scipy.sparse.csc_array(X_IRIS)):
            got = estimator.hidden_activations(X, layer)
            np.testing.assert_allclose(got, expected, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(raw_scores(estimator, X_IRIS), got @ W3 + b3, rtol=1e-9, atol=1e-12)


def test_hidden_activations_keep_the_type_of_the_parameters(Estimator):
    estimator = Estimator(**SMALL, fit_intercept=False).fit(X_IRIS.astype(np.float32), Y_IRIS)
    assert estimator.hidden_activations(X_IRIS).dtype == np.float32


@pytest.mark.parametrize("layer", [2, -3, 0.0, None, "last"])
def test_a_hidden_layer_that_does_not_exist_is_refused(Estimator, layer):
    estimator = Estimator(hidden_layer_sizes=(6, 5), max_iter=1).fit(X_IRIS, Y_IRIS)
    message = rf"layer must be .* got {layer!r} for a network with 2 hidden layers, .*\(6, 5\)"
    with pytest.raises(ValueError, match=message):
        estimator.hidden_activations(X_IRIS, layer)
    linear = Estimator(hidden_layer_sizes=(), max_iter=1).fit(X_IRIS, Y_IRIS)
    with pytest.raises(ValueError, match="has no hidden layers"):
        linear.hidden_activations(X_IRIS)


def test_what_hidden_activations_are_asked_of_is_validated(Estimator):
    with pytest.raises(NotFittedError):
        Estimator().hidden_activations(X_IRIS)
    estimator = Estimator(**SMALL).fit(X_IRIS, Y_IRIS)
    with pytest.raises(ValueError, match="X has 3 features, but"):
        estimator.hidden_activations(X_IRIS[:, :3])


@pytest.mark.filterwarnings("ignore:the matrix subclass")
def test_validation_is_skipped_only_where_it_would_change_nothing(Estimator, monkeypatch):
    estimator = Estimator(**SMALL).fit(X_IRIS, Y_IRIS)
    spy = mock.Mock(wraps=validate_data)
    monkeypatch.setattr("scratchmlp.estimators.base.validate_data", spy)
    estimator.predict(X_IRIS)
    spy.assert_not_called()
    estimator.predict(X_IRIS.astype(np.float32))
    spy.assert_called_once()
    with pytest.raises(TypeError, match=r"np.matrix is not supported"):
        estimator.predict(np.asmatrix(X_IRIS))


@pytest.mark.parametrize("order", ["C", "F"])
def test_a_fit_needs_little_memory_beyond_its_data(Estimator, order):
    """An epoch of 5,000 rows and 100 columns, 4 MB, whose batches are 160 kB."""
    rng = np.random.default_rng(0)
    X, y = np.asarray(rng.normal(size=(5000, 100)), order=order), rng.integers(0, 9, 5000)
    tracemalloc.start()
    Estimator(hidden_layer_sizes=(20,), max_iter=1).fit(X, y)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 0.4 * X.nbytes


@pytest.mark.parametrize("dtype", [">f8", np.float16])
def test_parameters_of_another_type_are_predicted_with(Estimator, dtype):
    """Pickles of another machine may have another byte order."""
    estimator = Estimator(**SMALL).fit(X_IRIS, Y_IRIS)
    expected = estimator.predict(X_IRIS)
    estimator.theta_ = estimator.theta_.astype(dtype)
    np.testing.assert_allclose(estimator.predict(X_IRIS), expected, rtol=0.02)


def test_what_needs_converting_is_predicted_on_alike(Estimator):
    estimator = Estimator(**SMALL).fit(X_IRIS, Y_IRIS)
    expected = estimator.predict(X_IRIS)
    for X in (X_IRIS.tolist(), X_IRIS.astype(object), np.asfortranarray(X_IRIS), X_IRIS.copy()):
        np.testing.assert_allclose(estimator.predict(X), expected, rtol=1e-12)
    huge = 1e306 * np.sign(X_IRIS)  # whose sum is not finite
    with np.errstate(over="ignore", invalid="ignore"):
        assert estimator.predict(huge).shape == expected.shape
    named = Estimator(**SMALL).fit(pd.DataFrame(X_IRIS, columns=list("abcd")), Y_IRIS)
    with pytest.warns(UserWarning, match="X does not have valid feature names"):
        named.predict(X_IRIS)


# Going on: warm_start and partial_fit.


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


def test_random_states_that_are_not_the_estimator_s_go_on_by_themselves(Estimator):
    """A user's generator, or NumPy's own, is not copied: two estimators draw different orders."""
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
    settings = {**SMALL, "batch_size": 40, "warm_start": True}
    rng = np.random.RandomState(7)
    before = rng.get_state()[2]
    Estimator(**settings).fit(X_IRIS, Y_IRIS).set_params(random_state=rng).fit(X_IRIS, Y_IRIS)
    assert rng.get_state()[2] != before


def test_best_weights_are_forgotten_where_rows_are_others(Estimator):
    """A new split is drawn, in which rows may be held out that the network was trained on."""
    estimator = Estimator(early_stopping=True, warm_start=True, **SMALL).fit(X_IRIS, Y_IRIS)
    estimator.set_params(max_iter=1, solver="sgd", learning_rate_init=0.5)
    estimator.fit(X_IRIS[10:], np.roll(Y_IRIS, 50)[10:])
    assert estimator.best_epoch_ == 6
    assert estimator.best_validation_score_ == estimator.validation_scores_[-1]


def test_warm_start_refuses_other_layer_sizes(Estimator):
    estimator = Estimator(warm_start=True, **SMALL).fit(X_IRIS, Y_IRIS)
    estimator.set_params(hidden_layer_sizes=(6,))
    with pytest.raises(ValueError, match=r"layer sizes \(4, 5, .*make it \(4, 6, "):
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


def partial_fit(estimator, X, y, **kwargs):
    if isinstance(estimator, ScratchMLPClassifier):
        kwargs["classes"] = [0, 1, 2]
    return estimator.partial_fit(X, y, **kwargs)


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


def test_what_users_hold_of_the_history_does_not_grow(Estimator):
    estimator = partial_fit(Estimator(random_state=0), X_IRIS, Y_IRIS)
    history, losses = estimator.history_, estimator.loss_curve_
    partial_fit(estimator, X_IRIS, Y_IRIS)
    assert {len(column) for column in history.values()} == {len(losses)} == {1}
    losses.clear()
    assert len(estimator.loss_curve_) == 2


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


def test_partial_fit_ignores_early_stopping(Estimator):
    estimator = Estimator(early_stopping=True, random_state=0, hidden_layer_sizes=(5,))
    partial_fit(estimator, X_IRIS, Y_IRIS)
    assert estimator.validation_scores_ is None


# Errors and warnings.


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
    if X.shape[1] == 2:  # legal for a new network, unless the rest is wrong
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


def test_a_warning_made_an_error_is_a_failed_fit(Estimator):
    estimator = Estimator(max_iter=2)
    with warnings.catch_warnings(action="error"), pytest.raises(ConvergenceWarning):
        estimator.fit(X_IRIS, Y_IRIS)
    assert not hasattr(estimator, "theta_")


@pytest.mark.filterwarnings("error")
def test_stopping_at_max_iter_warns_and_says_what_to_try(Estimator):
    with pytest.warns(ConvergenceWarning, match="Maximum iterations .2. reached.*max_iter") as w:
        Estimator(max_iter=2).fit(X_IRIS, Y_IRIS)
    assert w[0].filename == __file__
    assert "StandardScaler" not in str(w[0].message)
    for X in (X_IRIS * [1, 1, 1, 500], scipy.sparse.csr_array(X_IRIS * [1, 1, 1, 500])):
        with pytest.warns(ConvergenceWarning, match="differ in scale .* StandardScaler"):
            Estimator(max_iter=2, learning_rate_init=1e-6).fit(X, Y_IRIS)


@pytest.mark.filterwarnings("error")
def test_lbfgs_warns_when_it_ends_too_early(Estimator):
    with pytest.warns(ConvergenceWarning, match="lbfgs failed to converge after 2 iteration"):
        Estimator(solver="lbfgs", max_iter=2).fit(X_IRIS, Y_IRIS)


@pytest.mark.filterwarnings("error")
def test_converging_and_partial_fit_do_not_warn(Estimator):
    Estimator(max_iter=5000, learning_rate_init=0.01, random_state=0).fit(X_IRIS, Y_IRIS)
    partial_fit(Estimator(), X_IRIS, Y_IRIS)


def test_a_batch_larger_than_the_data_warns(Estimator):
    with pytest.warns(UserWarning, match="batch_size=151.*clipped to the 150 training rows"):
        Estimator(batch_size=151, max_iter=1).fit(X_IRIS, Y_IRIS)


def test_verbose_prints_each_epoch(Estimator, capsys):
    Estimator(verbose=True, max_iter=3).fit(X_IRIS, Y_IRIS)
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(",")[0] for line in lines] == ["Iteration 1", "Iteration 2", "Iteration 3"]


def test_negative_weights_are_refused(Estimator):
    with pytest.raises(ValueError, match="Negative values"):
        Estimator().fit(X_IRIS, Y_IRIS, -np.ones(150))


def test_predictions_do_not_touch_the_estimator(Estimator):
    estimator = Estimator(**SMALL).fit(X_IRIS, Y_IRIS)
    before = state(estimator)
    estimator.predict(X_IRIS)
    estimator.score(X_IRIS, Y_IRIS)
    assert state(estimator) == before


def test_without_hidden_layers_the_network_is_linear():
    X, y = make_regression(n_samples=60, n_features=3, noise=1.0, random_state=0)
    network = ScratchMLPRegressor(
        hidden_layer_sizes=(), solver="lbfgs", alpha=0.0, tol=1e-10, max_iter=1000
    ).fit(X, y)
    design = np.column_stack([X, np.ones(len(X))])
    solution = np.linalg.lstsq(design, y)[0]
    np.testing.assert_allclose(network.coefs_[0].ravel(), solution[:3], rtol=1e-5)
    np.testing.assert_allclose(network.intercepts_[0], solution[3:], rtol=1e-4)
