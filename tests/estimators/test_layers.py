"""Layers: their activations, dropout, biases and outputs."""

import copy

import numpy as np
import pytest
import scipy.sparse
from estimator_examples import SMALL, X_IRIS, Y_IRIS, joblib_round_trip, partial_fit, raw_scores
from sklearn.base import clone
from sklearn.datasets import make_regression
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV

from scratchmlp import ScratchMLPRegressor
from scratchmlp.activations import ACTIVATIONS

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


class OwnTanh:
    """A user's activation, which does not work in place."""

    def forward(self, z, out):
        return np.tanh(z, out=out)

    def backward(self, z, a, delta):
        delta *= 1 - a * a


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


def test_without_hidden_layers_the_network_is_linear():
    X, y = make_regression(n_samples=60, n_features=3, noise=1.0, random_state=0)
    network = ScratchMLPRegressor(
        hidden_layer_sizes=(), solver="lbfgs", alpha=0.0, tol=1e-10, max_iter=1000
    ).fit(X, y)
    design = np.column_stack([X, np.ones(len(X))])
    solution = np.linalg.lstsq(design, y)[0]
    np.testing.assert_allclose(network.coefs_[0].ravel(), solution[:3], rtol=1e-5)
    np.testing.assert_allclose(network.intercepts_[0], solution[3:], rtol=1e-4)


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
    with pytest.raises(ValueError, match="was fitted without hidden layers"):
        linear.hidden_activations(X_IRIS)


def test_what_hidden_activations_are_asked_of_is_validated(Estimator):
    with pytest.raises(NotFittedError):
        Estimator().hidden_activations(X_IRIS)
    estimator = Estimator(**SMALL).fit(X_IRIS, Y_IRIS)
    with pytest.raises(ValueError, match="X has 3 features, but"):
        estimator.hidden_activations(X_IRIS[:, :3])
