from unittest import mock

import numpy as np
import pytest
import scipy.sparse
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.datasets import load_iris
from sklearn.neural_network import MLPClassifier

from scratchmlp.activations import ACTIVATIONS, Identity, Logistic, resolve_activation
from scratchmlp.initializers import INITIALIZERS, glorot_uniform, initialize
from scratchmlp.network import Network, dropout_mask

sizes = st.lists(st.integers(1, 6), min_size=2, max_size=5).map(tuple)
one = st.sampled_from(list(ACTIVATIONS.values()))
networks = sizes.flatmap(
    lambda sizes: st.builds(
        Network, st.just(sizes), one | st.tuples(*[one] * (len(sizes) - 2)), st.booleans()
    )
)


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


@settings(deadline=None)
@given(networks.filter(lambda network: len(network.sizes) > 2), st.data())
def test_the_layers_above_a_hidden_layer_go_on_from_its_outputs(network, data):
    layer = data.draw(st.integers(0, len(network.sizes) - 3))
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    theta, X = rng.normal(size=network.n_parameters), rng.normal(size=(9, network.sizes[0]))
    three_rows = 2 * 8 * sum(network.sizes[1:]) * 3
    with mock.patch.multiple("scratchmlp.network", _CACHE=three_rows, _SMALL=0):
        a = network.hidden_activations(theta, X, layer)
    above = network.activations[layer + 1 :]
    for (weight, bias), activation in zip(
        network.layers(theta)[layer + 1 :], [*above, Identity()], strict=True
    ):
        z = a @ weight + (0 if bias is None else bias)
        a = activation.forward(z, np.empty_like(z))
    np.testing.assert_allclose(a, network.raw_scores(theta, X), rtol=1e-12, atol=1e-12)


def test_forward_is_what_the_notation_says():
    rng = np.random.default_rng(0)
    network = Network((3, 4, 2), ACTIVATIONS["tanh"])
    theta, X = rng.normal(size=network.n_parameters), rng.normal(size=(5, 3))
    (W1, b1), (W2, b2) = network.layers(theta)
    expected = np.tanh(X @ W1 + b1) @ W2 + b2
    for inputs in (X, scipy.sparse.csr_array(X), scipy.sparse.csr_matrix(X)):
        np.testing.assert_allclose(network.raw_scores(theta, inputs), expected, rtol=1e-12)


def test_each_layer_may_have_an_activation_of_its_own():
    rng = np.random.default_rng(0)
    network = Network((3, 4, 5, 2), (ACTIVATIONS["tanh"], ACTIVATIONS["elu"]))
    theta, X = rng.normal(size=network.n_parameters), rng.normal(size=(5, 3))
    (W1, b1), (W2, b2), (W3, b3) = network.layers(theta)
    z = np.tanh(X @ W1 + b1) @ W2 + b2
    expected = np.where(z > 0, z, np.exp(z) - 1) @ W3 + b3
    np.testing.assert_allclose(network.raw_scores(theta, X), expected, rtol=1e-12)


class OutOfPlace:
    """An activation of a user, which needs its scores on the way back: f(z) = z²."""

    def forward(self, z, out):
        return np.square(z, out=out)

    def backward(self, z, a, delta):
        delta *= 2 * z


def values(arrays):
    return arrays.values() if isinstance(arrays, dict) else arrays


@pytest.mark.parametrize("activation", [ACTIVATIONS["relu"], OutOfPlace()])
@pytest.mark.parametrize("width", [4, 70])
@pytest.mark.parametrize("dropout", [0.0, 0.5])
def test_a_workspace_s_head_is_contiguous_in_its_memory(activation, width, dropout):
    network = Network((3, width, 2), activation, dropout=dropout)
    rng = np.random.RandomState(0)
    workspace = network.workspace(10, np.float64, random_state=rng)
    head = workspace.head(4)
    assert head.random_state is rng
    assert len(workspace.masks) == (dropout > 0)
    for part in ("z", "a", "inputs", "delta", "masks"):
        wholes, heads = getattr(workspace, part), getattr(head, part)
        for whole, few in zip(*map(values, (wholes, heads)), strict=True):
            if whole is not None:
                assert len(few) == 4
                assert few.flags.c_contiguous or few.flags.f_contiguous
                assert np.shares_memory(whole, few)
    in_place = np.shares_memory(workspace.z[0], workspace.a[0])
    assert in_place == isinstance(activation, type(ACTIVATIONS["relu"]))
    assert (workspace.inputs[1] is workspace.a[0]) == (dropout == 0)


@pytest.mark.parametrize("width", [4, 70])
def test_an_activation_may_need_its_scores(width):
    network = Network((3, width, 2), OutOfPlace())
    rng = np.random.default_rng(0)
    theta, X, delta = (rng.normal(size=shape) for shape in (network.n_parameters, (5, 3), (5, 2)))
    workspace, grad = network.workspace(5, np.float64), np.empty(network.n_parameters)
    raw = network.forward(network.layers(theta), X, workspace)
    (W1, b1), (W2, b2) = network.layers(theta)
    np.testing.assert_allclose(raw, (X @ W1 + b1) ** 2 @ W2 + b2, rtol=1e-9)
    network.backward(network.layers(theta), network.layers(grad), workspace, delta)
    expected = X.T @ (delta @ W2.T * 2 * (X @ W1 + b1))
    np.testing.assert_allclose(network.layers(grad)[0].weight, expected, rtol=1e-9)


@pytest.mark.parametrize("rate", [0.1, 0.5, np.float64(0.9)])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_dropout_mask_has_mean_one(rate, dtype):
    mask = np.empty((1000, 100), dtype)
    dropout_mask(np.random.RandomState(0), rate, out=mask)
    np.testing.assert_allclose(np.unique(mask), [0, 1 / (1 - rate)], rtol=1e-6)
    # Five standard errors.
    assert (mask == 0).mean() == pytest.approx(rate, abs=5 * (rate * (1 - rate) / mask.size) ** 0.5)
    assert mask.mean() == pytest.approx(1, abs=5 * (rate / (1 - rate) / mask.size) ** 0.5)


def test_dropout_leaves_scores_right_on_average():
    """With a linear output: each of many equal rows has a mask of its own."""
    rng = np.random.default_rng(0)
    network = Network((3, 8, 2), ACTIVATIONS["tanh"], dropout=0.3)
    theta, X = rng.normal(size=network.n_parameters), np.repeat(rng.normal(size=(1, 3)), 20000, 0)
    workspace = network.workspace(len(X), np.float64, random_state=np.random.RandomState(0))
    raw = network.forward(network.layers(theta), X, workspace)
    error = raw.mean(axis=0) - network.raw_scores(theta, X[:1])[0]
    assert (raw.std(axis=0) > 0.1).all()
    assert (np.abs(error) < 5 * raw.std(axis=0) / len(X) ** 0.5).all()


def test_dropout_by_layer_multiplies_that_layer_s_outputs_by_its_mask():
    rng = np.random.default_rng(0)
    network = Network((3, 4, 5, 2), ACTIVATIONS["tanh"], dropout=(0.0, 0.4))
    theta, X = rng.normal(size=network.n_parameters), rng.normal(size=(6, 3))
    (W1, b1), (W2, b2), (W3, b3) = network.layers(theta)
    mask = np.empty((6, 5))
    dropout_mask(np.random.RandomState(7), 0.4, out=mask)
    expected = (mask * np.tanh(np.tanh(X @ W1 + b1) @ W2 + b2)) @ W3 + b3
    workspace = network.workspace(6, np.float64, random_state=np.random.RandomState(7))
    raw = network.forward(network.layers(theta), X, workspace)
    np.testing.assert_allclose(raw, expected, rtol=1e-12)


def test_prediction_has_no_dropout():
    rng = np.random.default_rng(0)
    thin, whole = (Network((3, 8, 2), ACTIVATIONS["tanh"], dropout=rate) for rate in (0.5, 0.0))
    theta, X = rng.normal(size=thin.n_parameters), rng.normal(size=(5, 3))
    np.testing.assert_array_equal(thin.raw_scores(theta, X), whole.raw_scores(theta, X))


def test_without_dropout_nothing_is_drawn():
    network = Network((3, 8, 8, 2), ACTIVATIONS["tanh"], dropout=(0.0, 0.0))
    rng = mock.Mock(spec=np.random.RandomState)
    workspace = network.workspace(5, np.float64, random_state=rng)
    network.forward(network.layers(np.ones(network.n_parameters)), np.ones((5, 3)), workspace)
    assert rng.mock_calls == []


@pytest.mark.parametrize("activation", ["relu", "logistic"])
def test_glorot_uniform_draws_what_scikit_learn_draws(activation):
    X, y = load_iris(return_X_y=True)
    theirs = MLPClassifier((5, 4), activation, random_state=7, learning_rate_init=1e-300)
    theirs.partial_fit(X, y, classes=[0, 1, 2])
    network = Network((4, 5, 4, 3), ACTIVATIONS[activation])
    theta = initialize(network, "glorot_uniform", np.random.RandomState(7), np.float64)
    for layer, W, b in zip(network.layers(theta), theirs.coefs_, theirs.intercepts_, strict=True):
        np.testing.assert_array_equal(layer.weight, W)
        np.testing.assert_array_equal(layer.bias, b)


@pytest.mark.parametrize(
    ("activation", "factors"),
    [
        (("logistic", "tanh"), (2, 6, 6)),
        (("tanh", "logistic"), (6, 2, 2)),
        (("logistic", "logistic"), (2, 2, 2)),
        ("logistic", (2, 2, 2)),
        ("logistic", (2,)),
        ((), (6,)),
    ],
)
def test_glorot_uniform_goes_by_the_activation_that_weights_feed(activation, factors):
    """The output layer, which feeds none, goes by the last hidden layer's."""
    sizes = (4, 5, 4, 3) if len(factors) == 3 else (4, 3)
    network = Network(sizes, resolve_activation(activation))
    theta = initialize(network, "glorot_uniform", np.random.RandomState(7), np.float64)
    rng = np.random.RandomState(7)
    for layer, factor in zip(network.layers(theta), factors, strict=True):
        bound = np.sqrt(factor / sum(layer.weight.shape))
        for drawn in layer:
            np.testing.assert_array_equal(drawn, rng.uniform(-bound, bound, drawn.shape))


VARIANCES = {
    "glorot_uniform": 2 / (400 + 100),
    "he_normal": 2 / 400,
    "he_uniform": 2 / 400,
    "lecun_normal": 1 / 400,
    "standard_normal": 1,
}


@pytest.mark.parametrize("weight_init", INITIALIZERS)
def test_initialisers_have_their_variance_and_shape(weight_init):
    draw = INITIALIZERS[weight_init]
    weight, bias = draw(np.random.RandomState(0), 400, 100, ACTIVATIONS["relu"])
    scaled = weight / VARIANCES[weight_init] ** 0.5
    assert scaled.mean() == pytest.approx(0, abs=0.025)  # five standard errors
    assert scaled.var() == pytest.approx(1, abs=0.036)
    fourth_moment = 9 / 5 if weight_init.endswith("uniform") else 3
    assert (scaled**4).mean() == pytest.approx(fourth_moment, rel=0.1)
    assert (bias == 0).all() == (weight_init != "glorot_uniform")


def test_an_initialiser_may_be_a_function():
    network = Network((4, 3, 2), (Logistic(),))
    named, given = (
        initialize(network, weight_init, np.random.RandomState(0), np.float64)
        for weight_init in ("glorot_uniform", glorot_uniform)
    )
    np.testing.assert_array_equal(given, named)


@pytest.mark.parametrize(
    ("drawn", "got"),
    [
        ((np.ones((3, 4)), np.ones(3)), r"\[\(3, 4\), \(3,\)\]"),
        ((np.ones((4, 3)), 0.0), r"\[\(4, 3\), \(\)\]"),
        ((np.ones((4, 3)),), r"\[\(4, 3\)\]"),
        (np.ones((4, 3)), "ndarray"),
        (None, "NoneType"),
    ],
)
def test_an_initialiser_s_shapes_are_checked(drawn, got):
    network = Network((4, 3, 2), ACTIVATIONS["relu"])
    with pytest.raises(ValueError, match=rf"shapes \(4, 3\) and \(3,\); got .*{got}"):
        initialize(network, lambda *_: drawn, np.random.RandomState(0), np.float64)


@pytest.mark.parametrize("weight_init", INITIALIZERS)
@pytest.mark.parametrize("bias", [True, False])
def test_initialisers_fill_theta_in_its_dtype(weight_init, bias):
    network = Network((4, 3, 2), ACTIVATIONS["relu"], bias)
    theta = initialize(network, weight_init, np.random.RandomState(0), np.float32)
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


class Forgetful:
    """A tanh that returns new arrays and writes into none."""

    def forward(self, z, out):
        return np.tanh(z)

    def backward(self, z, a, delta):
        return delta * (1 - a * a)


class Silent(Forgetful):
    """One that writes, and returns nothing."""

    def forward(self, z, out):
        np.tanh(z, out=out)


@pytest.mark.parametrize("own", [Forgetful(), Silent()])
def test_an_activation_may_return_new_arrays_or_nothing(own):
    passes = []
    for activation in (ACTIVATIONS["tanh"], own):
        network = Network((4, 5, 3), activation)
        theta = np.random.RandomState(0).standard_normal(network.n_parameters)
        layers, grad = network.layers(theta), np.zeros_like(theta)
        workspace = network.workspace(6, np.float64)
        raw = network.forward(layers, np.linspace(-1, 1, 24).reshape(6, 4), workspace).copy()
        network.backward(layers, network.layers(grad), workspace, np.ones((6, 3)))
        hidden = network.hidden_activations(theta, np.ones((6, 4)), 0)
        passes.append((raw, grad, hidden))
    for expected, result in zip(*passes, strict=True):
        np.testing.assert_array_equal(result, expected)
