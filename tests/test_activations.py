import numpy as np
import pytest
from scipy.special import erf, expit

from scratchmlp.activations import ACTIVATIONS, OUTPUT_ACTIVATIONS
from tests.helpers import contributing

ACTIVATIONS = ACTIVATIONS | {"softsign": contributing.EXAMPLES["Softsign"]()}
EVERY = {**ACTIVATIONS, **OUTPUT_ACTIVATIONS}
Z = np.random.default_rng(0).normal(size=(5, 4))
SCALE, ALPHA = 1.0507009873554805, 1.6732632423543772  # of SELU

#: f(z), and the slope at exactly 0: the left one where left and right differ.
FORMULAS = {
    "identity": (lambda z: z, 1),
    "logistic": (lambda z: 1 / (1 + np.exp(-z)), 0.25),
    "tanh": (np.tanh, 1),
    "relu": (lambda z: np.where(z > 0, z, 0), 0),
    "leaky_relu": (lambda z: np.where(z > 0, z, 0.01 * z), 0.01),
    "elu": (lambda z: np.where(z > 0, z, np.expm1(z)), 1),
    "selu": (lambda z: SCALE * np.where(z > 0, z, ALPHA * np.expm1(z)), SCALE * ALPHA),
    "gelu": (lambda z: z * (1 + erf(z / np.sqrt(2))) / 2, 0.5),
    "silu": (lambda z: z * expit(z), 0.5),
    "mish": (lambda z: z * np.tanh(np.logaddexp(z, 0)), 0.6),
    "softplus": (lambda z: np.logaddexp(z, 0), 0.5),
    "softsign": (lambda z: z / (1 + abs(z)), 1),
    "softmax": (lambda z: np.exp(z) / np.exp(z).sum(), 0),
    "exp": (np.exp, 1),
}


@pytest.fixture(params=EVERY)
def activation(request):
    return EVERY[request.param]


def outputs(activation, z):
    return activation.forward(z, np.empty_like(z))


def outputs_and_slopes(activation, z):
    a, delta = outputs(activation, z), np.ones_like(z)
    activation.backward(z, a, delta)
    return a, delta


@pytest.mark.parametrize("name", EVERY)
def test_values(name):
    formula, slope = FORMULAS[name]
    z = np.array([[-30.0, -1.0, 0.0, 2.0, 30.0]])
    np.testing.assert_allclose(outputs(EVERY[name], z), formula(z), rtol=1e-14, atol=1e-16)
    for zero in (0.0, -0.0):
        _, delta = outputs_and_slopes(EVERY[name], np.array([[zero]]))
        assert delta[0, 0] == pytest.approx(slope, rel=1e-15)


def test_backward_is_the_vector_jacobian_product(activation):
    v, h = np.random.default_rng(1).normal(size=Z.shape), 1e-6
    delta = v.copy()
    activation.backward(Z, outputs(activation, Z), delta)
    for j in range(Z.shape[1]):
        step = np.zeros_like(Z)
        step[:, j] = h
        slope = (outputs(activation, Z + step) - outputs(activation, Z - step)) / (2 * h)
        np.testing.assert_allclose(delta[:, j], (v * slope).sum(axis=1), rtol=1e-6, atol=1e-9)


def test_forward_may_write_over_its_input(activation):
    z = Z.copy()
    np.testing.assert_array_equal(activation.forward(z, out=z), outputs(activation, Z))


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_an_activation_whose_backward_needs_no_scores_says_so(name):
    """The network then writes outputs over scores, and needs half of the memory."""
    activation = ACTIVATIONS[name]
    (a, expected), delta = outputs_and_slopes(activation, Z), np.ones_like(Z)
    activation.backward(np.full_like(Z, np.nan), a, delta)
    needs_no_scores = np.array_equal(delta, expected)
    assert getattr(activation, "in_place", False) == needs_no_scores


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_softmax_of_extreme_scores(dtype):
    z = np.array([[-1e4, 0, 1e4], [1e4, 1e4, 1e4]], dtype)
    a, delta = outputs_and_slopes(EVERY["softmax"], z)
    np.testing.assert_allclose(a, [[0, 0, 1], [1 / 3] * 3], rtol=1e-6)
    np.testing.assert_allclose(delta, 0, atol=1e-6)


def test_float32_stays_float32_and_has_its_digits(activation):
    z = np.linspace(-20, 20, 204, dtype=np.float32).reshape(51, 4)
    singles = outputs_and_slopes(activation, z)
    doubles = outputs_and_slopes(activation, z.astype(np.float64))
    for single, double in zip(singles, doubles, strict=True):
        assert (single.dtype, double.dtype) == (np.float32, np.float64)
        np.testing.assert_allclose(single, double, rtol=1e-5, atol=1e-6)


def test_silu_is_computed_by_tanh_in_float32():
    z = np.linspace(-200, 200, 401, dtype=np.float32)[None]
    half, found = z / 2, outputs(ACTIVATIONS["silu"], z)
    np.testing.assert_array_equal(found, half * (1 + np.tanh(half)))
    exact = outputs(ACTIVATIONS["silu"], z.astype(np.float64))
    np.testing.assert_allclose(found, exact, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", ACTIVATIONS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_far_from_zero_all_are_two_lines(name, dtype):
    """Nothing overflows, and warnings are errors."""
    formula, z = FORMULAS[name][0], np.array([[-1e8, 1e8]])
    with np.errstate(over="ignore"):
        before, here, after = (formula(each) for each in (z / 2, z, 3 * z / 2))
    a, delta = outputs_and_slopes(ACTIVATIONS[name], z.astype(dtype))
    rtol = 4 * np.finfo(dtype).eps
    np.testing.assert_allclose(a, here, rtol, atol=1e-26)
    np.testing.assert_allclose(delta, (after - before) / z, rtol, atol=rtol)
