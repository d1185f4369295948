import numpy as np
import pytest

from scratchmlp.activations import ACTIVATIONS, OUTPUT_ACTIVATIONS

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


def test_values():
    z = np.array([[-1.0, 0.0, 2.0]])
    expected = {
        "identity": z,
        "logistic": 1 / (1 + np.exp(-z)),
        "tanh": np.tanh(z),
        "relu": [[0, 0, 2]],
        "softmax": np.exp(z) / np.exp(z).sum(),
        "exp": np.exp(z),
    }
    assert expected.keys() == EVERY.keys()
    for name, value in expected.items():
        np.testing.assert_allclose(outputs(EVERY[name], z), value, rtol=1e-14)
