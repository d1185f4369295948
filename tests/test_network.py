from contextlib import contextmanager

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scratchmlp import prediction
from scratchmlp.activations import ACTIVATIONS
from scratchmlp.network import Network, dropout_mask
from scratchmlp.prediction import raw_scores
from tests.helpers.patches import Patches

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


@contextmanager
def limited(**limits):
    """Change limits of predictions."""
    with Patches.context() as patches:
        for name, value in limits.items():
            patches.setattr(prediction, name, value)
        yield


@given(networks, st.integers(1, 20), st.integers(0, 2**32 - 1))
def test_scores_do_not_depend_on_the_chunking_of_rows(network, n_rows, seed):
    rng = np.random.default_rng(seed)
    theta, X = rng.normal(size=network.n_parameters), rng.normal(size=(n_rows, network.sizes[0]))
    whole = raw_scores(network, theta, X)
    three_rows = 2 * 8 * sum(network.sizes[1:]) * 3
    with limited(_CACHE=three_rows, _SMALL=0):
        chunked = raw_scores(network, theta, X)
    np.testing.assert_allclose(chunked, whole, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(
    ("rate", "dtype"), [(0.1, np.float64), (0.5, np.float32), (np.float64(0.9), np.float32)]
)
def test_a_dropout_mask_has_mean_one(rate, dtype):
    mask = np.empty((1000, 100), dtype)
    dropout_mask(np.random.RandomState(0), rate, out=mask)
    np.testing.assert_allclose(np.unique(mask), [0, 1 / (1 - rate)], rtol=1e-6)
    # Five standard errors.
    assert (mask == 0).mean() == pytest.approx(rate, abs=5 * (rate * (1 - rate) / mask.size) ** 0.5)
    assert mask.mean() == pytest.approx(1, abs=5 * (rate / (1 - rate) / mask.size) ** 0.5)


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


# Ten rows of 14 float64 numbers fill the cache; twenty are worth reading the weights.
CHUNKS = [(1, 25, [10, 10, 5]), (20, 25, [20, 5]), (1, 10, [10])]


@pytest.mark.parametrize(("fewest", "n_rows", "chunks"), CHUNKS)
def test_chunks_fit_the_cache_unless_they_have_too_few_rows(fewest, n_rows, chunks, monkeypatch):
    network = Network((3, 5, 2), ACTIVATIONS["relu"])
    theta, X = np.zeros(network.n_parameters), np.zeros((n_rows, 3))
    limits = {"_CACHE": 10 * 14 * 8, "_FEWEST_ROWS": fewest, "_SMALL": 0}
    seen = []

    def forward(network, layers, X, workspace):
        seen.append(len(X))
        assert not workspace.delta  # which takes memory, and no prediction needs
        return np.zeros((len(X), 2))

    monkeypatch.setattr(Network, "forward", forward)
    with limited(**limits):
        raw_scores(network, theta, X)
    assert seen == chunks
