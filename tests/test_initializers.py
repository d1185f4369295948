import numpy as np
import pytest

from scratchmlp.activations import ACTIVATIONS, resolve_activation
from scratchmlp.initializers import INITIALIZERS, initialize
from scratchmlp.network import Network


@pytest.mark.parametrize(
    ("activation", "factors"),
    [(("logistic", "tanh"), (2, 6, 6)), (("tanh", "logistic"), (6, 2, 2)), ((), (6,))],
)
def test_glorot_uniform_goes_by_the_activation_that_weights_feed(activation, factors):
    """The output layer uses the activation of the last hidden layer."""
    sizes = (*(4, 5, 4, 6)[: len(factors)], 3)
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


WRONG = [((np.ones((3, 4)), np.ones(3)), r"\[\(3, 4\), \(3,\)\]")]
WRONG += [((np.ones((4, 3)),), r"\[\(4, 3\)\]"), (np.ones((4, 3)), "ndarray")]


@pytest.mark.parametrize(("drawn", "got"), WRONG)
def test_an_initialiser_s_shapes_are_checked(drawn, got):
    network = Network((4, 3, 2), ACTIVATIONS["relu"])
    with pytest.raises(ValueError, match=rf"shapes \(4, 3\) and \(3,\); got .*{got}"):
        initialize(network, lambda *_: drawn, np.random.RandomState(0), np.float64)
