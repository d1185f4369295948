"""Layers: their activations, biases and outputs."""

import numpy as np
import pytest
import scipy.sparse
from sklearn.exceptions import NotFittedError

from tests.helpers.estimator_examples import SMALL, X_IRIS, Y_IRIS, raw_scores

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def test_a_network_without_hidden_layers_has_nothing_to_activate_or_drop(Estimator):
    settings = {**SMALL, "hidden_layer_sizes": ()}
    plain = Estimator(**settings).fit(X_IRIS, Y_IRIS)
    for change in ({"activation": (), "dropout": []}, {"dropout": 0.5}):
        other = Estimator(**settings, **change).fit(X_IRIS, Y_IRIS)
        np.testing.assert_array_equal(other.theta_, plain.theta_)


def test_networks_without_biases(Estimator):
    estimator = Estimator(fit_intercept=False, **SMALL).fit(X_IRIS.astype(np.float32), Y_IRIS)
    n_out = estimator.n_outputs_
    assert estimator.n_parameters_ == len(estimator.theta_) == 4 * 5 + 5 * n_out
    assert [b.tolist() for b in estimator.intercepts_] == [[0] * 5, [0] * n_out]
    assert estimator.hidden_activations(X_IRIS).dtype == np.float32
    with pytest.raises(ValueError, match=r"no biases .fit_intercept=False.: these are read-only"):
        estimator.intercepts_[0] = np.ones(5)
    with pytest.raises(ValueError, match="read-only"):
        estimator.intercepts_[0][0] = 1


def test_hidden_activations_are_what_the_layer_passes_on(Estimator):
    settings = {**SMALL, "hidden_layer_sizes": (6, 5), "activation": ("tanh", "softplus")}
    estimator = Estimator(**settings, dropout=0.5).fit(X_IRIS, Y_IRIS)
    (W1, W2, W3), (b1, b2, b3) = estimator.coefs_, estimator.intercepts_
    first = np.tanh(X_IRIS @ W1 + b1)
    second = np.log1p(np.exp(first @ W2 + b2))
    for layer, expected in [(0, first), (-2, first), (1, second), (np.int64(-1), second)]:
        for X in (X_IRIS, X_IRIS.tolist(), scipy.sparse.csc_array(X_IRIS)):
            got = estimator.hidden_activations(X, layer)
            np.testing.assert_allclose(got, expected, rtol=1e-9, atol=1e-12)
    np.testing.assert_array_equal(estimator.hidden_activations(X), got)
    np.testing.assert_allclose(raw_scores(estimator, X_IRIS), got @ W3 + b3, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("layer", [2, -3, 0.0, None, "last"])
def test_a_hidden_layer_that_does_not_exist_is_refused(Estimator, layer):
    estimator = Estimator(hidden_layer_sizes=(6, 5), max_iter=1).fit(X_IRIS, Y_IRIS)
    numbers = rf"between -2 and 1; got {layer!r} for a network with 2 hidden layers, .*\(6, 5\)"
    with pytest.raises(ValueError, match=f"layer must be .*{numbers}"):
        estimator.hidden_activations(X_IRIS, layer)


def test_hidden_activations_need_a_fitted_network_with_hidden_layers_and_its_columns(Estimator):
    with pytest.raises(NotFittedError):
        Estimator().hidden_activations(X_IRIS)
    estimator = Estimator(**SMALL).fit(X_IRIS, Y_IRIS)
    with pytest.raises(ValueError, match="X has 3 features, but"):
        estimator.hidden_activations(X_IRIS[:, :3])
    linear = Estimator(hidden_layer_sizes=(), max_iter=1).fit(X_IRIS, Y_IRIS)
    with pytest.raises(ValueError, match="was fitted without hidden layers"):
        linear.hidden_activations(X_IRIS)
