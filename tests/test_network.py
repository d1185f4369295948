from unittest import mock

import numpy as np
import pytest
import scipy.sparse
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.datasets import load_iris
from sklearn.neural_network import MLPClassifier

from scratchmlp.activations import ACTIVATIONS
from scratchmlp.network import INITIALIZERS, Network, Workspace, initialize

sizes = st.lists(st.integers(1, 6), min_size=2, max_size=5).map(tuple)
networks = st.builds(Network, sizes, st.sampled_from(list(ACTIVATIONS.values())), st.booleans())


@given(networks)
def test_layers_view_every_parameter_once(network):
    theta = np.zeros(network.n_parameters)
    for i, layer in enumerate(network.layers(theta), start=1):
        layer.weight[...] += i
        if layer.bias is not None:
            layer.bias[...] -= i
    weights, biases = theta[: network.n_weights], theta[network.n_weights :]
    assert (weights > 0).all()
    assert (biases < 0).all()
    assert [layer.weight.shape for layer in network.layers(theta)] == network.shapes
    assert len(biases) == (sum(network.sizes[1:]) if network.bias else 0)


@settings(deadline=None)
@given(networks, st.integers(1, 20), st.integers(0, 2**32 - 1))
def test_scores_do_not_depend_on_the_chunking_of_rows(network, n_rows, seed):
    rng = np.random.default_rng(seed)
    theta, X = rng.normal(size=network.n_parameters), rng.normal(size=(n_rows, network.sizes[0]))
    whole = network.raw_scores(theta, X)
    three_rows = 2 * 8 * sum(network.sizes[1:]) * 3
    with mock.patch.multiple("scratchmlp.network", _CACHE=three_rows, _SMALL=0):
        chunked = network.raw_scores(theta, X)
    np.testing.assert_allclose(chunked, whole, rtol=1e-12, atol=1e-12)


def test_forward_is_what_the_notation_says():
    rng = np.random.default_rng(0)
    network = Network((3, 4, 2), ACTIVATIONS["tanh"])
    theta, X = rng.normal(size=network.n_parameters), rng.normal(size=(5, 3))
    (W1, b1), (W2, b2) = network.layers(theta)
    expected = np.tanh(X @ W1 + b1) @ W2 + b2
    for inputs in (X, scipy.sparse.csr_array(X), scipy.sparse.csr_matrix(X)):
        np.testing.assert_allclose(network.raw_scores(theta, inputs), expected, rtol=1e-12)


class OutOfPlace:
    """An activation of a user, which needs its scores on the way back: f(z) = z²."""

    def forward(self, z, out):
        return np.square(z, out=out)

    def backward(self, z, a, delta):
        delta *= 2 * z


@pytest.mark.parametrize("activation", [ACTIVATIONS["relu"], OutOfPlace()])
@pytest.mark.parametrize("width", [4, 70])
def test_a_workspace_s_head_is_contiguous_in_its_memory(activation, width):
    workspace = Workspace.allocate(Network((3, width, 2), activation), 10, np.float64)
    head = workspace.head(4)
    for part in ("z", "a", "delta"):
        for whole, few in zip(getattr(workspace, part), getattr(head, part), strict=True):
            if whole is not None:
                assert len(few) == 4
                assert few.flags.c_contiguous or few.flags.f_contiguous
                assert np.shares_memory(whole, few)
    in_place = np.shares_memory(workspace.z[0], workspace.a[1])
    assert in_place == isinstance(activation, type(ACTIVATIONS["relu"]))


@pytest.mark.parametrize("width", [4, 70])
def test_an_activation_may_need_its_scores(width):
    network = Network((3, width, 2), OutOfPlace())
    rng = np.random.default_rng(0)
    theta, X, delta = (rng.normal(size=shape) for shape in (network.n_parameters, (5, 3), (5, 2)))
    workspace, grad = Workspace.allocate(network, 5, np.float64), np.empty(network.n_parameters)
    raw = network.forward(network.layers(theta), X, workspace)
    (W1, b1), (W2, b2) = network.layers(theta)
    np.testing.assert_allclose(raw, (X @ W1 + b1) ** 2 @ W2 + b2, rtol=1e-9)
    network.backward(network.layers(theta), network.layers(grad), workspace, delta)
    expected = X.T @ (delta @ W2.T * 2 * (X @ W1 + b1))
    np.testing.assert_allclose(network.layers(grad)[0].weight, expected, rtol=1e-9)


@pytest.mark.parametrize("activation", ["relu", "logistic"])
def test_glorot_uniform_draws_what_scikit_learn_draws(activation):
    X, y = load_iris(return_X_y=True)
    theirs = MLPClassifier((5, 4), activation, random_state=7, learning_rate_init=1e-300)
    theirs.partial_fit(X, y, classes=[0, 1, 2])
    network = Network((4, 5, 4, 3), ACTIVATIONS[activation])
    theta = initialize(network, "glorot_uniform", activation, np.random.RandomState(7), np.float64)
    for layer, W, b in zip(network.layers(theta), theirs.coefs_, theirs.intercepts_, strict=True):
        np.testing.assert_array_equal(layer.weight, W)
        np.testing.assert_array_equal(layer.bias, b)


def test_standard_normal_weights_have_no_scale():
    network = Network((100, 50, 20), ACTIVATIONS["relu"])
    rng = np.random.RandomState(0)
    theta = initialize(network, "standard_normal", "relu", rng, np.float64)
    assert theta[: network.n_weights].std() == pytest.approx(1, abs=0.05)
    assert (theta[network.n_weights :] == 0).all()


@pytest.mark.parametrize("weight_init", INITIALIZERS)
@pytest.mark.parametrize("bias", [True, False])
def test_initialisers_fill_theta_in_its_dtype(weight_init, bias):
    network = Network((4, 3, 2), ACTIVATIONS["relu"], bias)
    theta = initialize(network, weight_init, "relu", np.random.RandomState(0), np.float32)
    assert theta.shape == (network.n_parameters,)
    assert theta.dtype == np.float32
    assert np.isfinite(theta).all()


def test_a_chunk_has_rows_enough_to_be_worth_reading_the_weights():
    network = Network((3, 5000, 2), ACTIVATIONS["relu"])
    theta, X = np.zeros(network.n_parameters, np.float32), np.zeros((1100, 3), np.float32)
    rows = []
    with mock.patch.object(Network, "forward", lambda self, _, X, __: rows.append(len(X)) or 0):
        network.raw_scores(theta, X)
    assert rows == [512, 512, 76]
