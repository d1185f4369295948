import numpy as np
import pytest
from scipy.special import erf, expit

from scratchmlp.activations import ACTIVATIONS, OUTPUT_ACTIVATIONS, ReLU, resolve_activation

EVERY = {**ACTIVATIONS, **OUTPUT_ACTIVATIONS}


@pytest.fixture(params=EVERY)
def activation(request):
    return EVERY[request.param]


def outputs(activation, z):
    return activation.forward(z, np.empty_like(z))


def test_backward_is_the_vector_jacobian_product(activation):
    rng = np.random.default_rng(0)
    z, v, h = rng.normal(size=(5, 4)), rng.normal(size=(5, 4)), 1e-6
    delta = v.copy()
    activation.backward(z, outputs(activation, z), delta)
    for j in range(z.shape[1]):
        step = np.zeros_like(z)
        step[:, j] = h
        slope = (outputs(activation, z + step) - outputs(activation, z - step)) / (2 * h)
        np.testing.assert_allclose(delta[:, j], (v * slope).sum(axis=1), rtol=1e-6, atol=1e-9)


def test_forward_may_write_over_its_input(activation):
    z = np.random.default_rng(0).normal(size=(5, 4))
    expected = outputs(activation, z)
    np.testing.assert_array_equal(activation.forward(z, out=z), expected)


def test_an_activation_in_place_needs_no_scores(activation):
    """Such outputs are written over the scores, which are then gone."""
    z = np.random.default_rng(0).normal(size=(5, 4))
    a, delta, expected = outputs(activation, z), np.ones_like(z), np.ones_like(z)
    activation.backward(z, a, expected)
    gone = np.full_like(z, np.nan) if getattr(activation, "in_place", False) else z
    activation.backward(gone, a, delta)
    np.testing.assert_array_equal(delta, expected)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_an_activation_that_needs_no_scores_says_so(name):
    """The network then needs half of the memory for the layer."""
    z = np.random.default_rng(0).normal(size=(5, 4))
    a, delta = outputs(ACTIVATIONS[name], z), np.ones_like(z)
    ACTIVATIONS[name].backward(np.full_like(z, np.nan), a, delta)
    needed = np.isnan(delta).any()
    assert getattr(ACTIVATIONS[name], "in_place", False) == (not needed)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_dtype_is_kept(activation, dtype):
    z = np.linspace(-2, 2, 12, dtype=dtype).reshape(3, 4)
    a = outputs(activation, z)
    delta = np.ones_like(z)
    activation.backward(z, a, delta)
    assert a.dtype == delta.dtype == dtype


@pytest.mark.parametrize("name", sorted(EVERY.keys() - {"exp"}))
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_extreme_scores_stay_finite(name, dtype):
    """Nothing overflows, and warnings are errors; exp alone may, for rates have no bound."""
    z = np.array([[-1e4, 0, 1e4], [1e4, 1e4, 1e4]], dtype)
    a = outputs(EVERY[name], z)
    delta = np.ones_like(z)
    EVERY[name].backward(z, a, delta)
    assert np.isfinite(a).all()
    assert np.isfinite(delta).all()


def test_float32_has_the_digits_of_float32(activation):
    z = np.linspace(-20, 20, 204, dtype=np.float32).reshape(51, 4)
    pairs = []
    for scores in (z, z.astype(np.float64)):
        a, delta = outputs(activation, scores), np.ones_like(scores)
        activation.backward(scores, a, delta)
        pairs.append((a, delta))
    for single, double in zip(*pairs, strict=True):
        np.testing.assert_allclose(single, double, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    ("name", "left", "slope_left", "slope_right"),
    [
        ("leaky_relu", -100, 0.01, 1),
        ("elu", -1, 0, 1),
        ("selu", -1.7580993408473766, 0, 1.0507009873554805),
        ("gelu", 0, 0, 1),
        ("silu", 0, 0, 1),
        ("mish", 0, 0, 1),
        ("softplus", 0, 0, 1),
    ],
)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_far_from_zero_these_are_two_lines(name, left, slope_left, slope_right, dtype):
    z, delta = np.array([[-1e4, 1e4]], dtype), np.ones((1, 2), dtype)
    a = outputs(ACTIVATIONS[name], z)
    ACTIVATIONS[name].backward(z, a, delta)
    rtol = 4 * np.finfo(dtype).eps
    np.testing.assert_allclose(a, [[left, slope_right * 1e4]], rtol, atol=1e-30)
    np.testing.assert_allclose(delta, [[slope_left, slope_right]], rtol, atol=rtol)


@pytest.mark.parametrize("zero", [0.0, -0.0])
def test_slopes_at_exactly_0(zero):
    """The left one, where left and right differ, as each docstring has it."""
    slopes = {
        "relu": 0,
        "leaky_relu": 0.01,
        "elu": 1,
        "selu": 1.0507009873554805 * 1.6732632423543772,
    }
    slopes |= {"identity": 1, "logistic": 0.25, "tanh": 1, "gelu": 0.5, "silu": 0.5, "mish": 0.6}
    slopes |= {"softplus": 0.5, "exp": 1, "softmax": 0}
    assert slopes.keys() == EVERY.keys()
    for name, slope in slopes.items():
        z, delta = np.array([[zero]]), np.ones((1, 1))
        EVERY[name].backward(z, outputs(EVERY[name], z), delta)
        assert delta[0, 0] == pytest.approx(slope, rel=1e-15), name


def test_selu_keeps_mean_and_variance():
    """Its two constants are the solution of these two equations."""
    z = np.linspace(-12, 12, 240_001)
    density = np.exp(-z * z / 2) / np.exp(-z * z / 2).sum()
    a = outputs(ACTIVATIONS["selu"], z[np.newaxis])[0]
    assert density @ a == pytest.approx(0, abs=1e-8)
    assert density @ a**2 == pytest.approx(1, abs=1e-8)


def test_find():
    own = ReLU()
    assert resolve_activation("relu") is ACTIVATIONS["relu"]
    assert resolve_activation(own) is own
    assert resolve_activation(("tanh", own)) == (ACTIVATIONS["tanh"], own)


def test_values():
    z = np.array([[-30.0, -1.0, 0.0, 2.0, 30.0]])
    expected = {
        "identity": z,
        "logistic": 1 / (1 + np.exp(-z)),
        "tanh": np.tanh(z),
        "relu": [[0, 0, 0, 2, 30]],
        "leaky_relu": [[-0.3, -0.01, 0, 2, 30]],
        "elu": [[np.expm1(-30), np.expm1(-1), 0, 2, 30]],
        "selu": 1.0507009873554805 * np.where(z > 0, z, 1.6732632423543772 * np.expm1(z)),
        "gelu": z * (1 + erf(z / np.sqrt(2))) / 2,
        "silu": z * expit(z),
        "mish": z * np.tanh(np.logaddexp(z, 0)),
        "softplus": np.logaddexp(z, 0),
        "softmax": np.exp(z) / np.exp(z).sum(),
        "exp": np.exp(z),
    }
    assert expected.keys() == EVERY.keys()
    for name, value in expected.items():
        np.testing.assert_allclose(outputs(EVERY[name], z), value, rtol=1e-14, atol=1e-16)
