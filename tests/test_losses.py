import numpy as np
import pytest
from loss_examples import PAIRS, example
from scipy.special import expit, softmax
from sklearn.metrics import log_loss, mean_poisson_deviance, mean_squared_error

from scratchmlp.losses import LOSSES


@pytest.mark.parametrize(("name", "output"), PAIRS)
def test_gradient_equals_central_differences(name, output):
    loss, (Y, raw), h = LOSSES[name](output), example(output), 1e-6
    for j in range(raw.shape[1]):
        step = np.zeros_like(raw)
        step[:, j] = h
        slope = (loss.value(Y, raw + step) - loss.value(Y, raw - step)) / (2 * h)
        np.testing.assert_allclose(loss.gradient(Y, raw)[:, j], slope, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize(("name", "output"), PAIRS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_shapes_and_dtype_are_kept_and_arguments_unchanged(name, output, dtype):
    loss, (Y, raw) = LOSSES[name](output), example(output, dtype=dtype)
    before = Y.copy(), raw.copy()
    value, gradient = loss.value_and_gradient(Y, raw)
    assert value.shape == (len(raw),)
    assert gradient.shape == loss.predict(raw).shape == raw.shape
    assert value.dtype == gradient.dtype == loss.predict(raw).dtype == dtype
    np.testing.assert_array_equal(Y, before[0])
    np.testing.assert_array_equal(raw, before[1])


@pytest.mark.parametrize(("name", "output"), PAIRS)
def test_a_perfect_prediction_costs_nothing(name, output):
    loss, (Y, raw) = LOSSES[name](output), example(output)
    raw = {
        "softmax": 50 * Y,
        "logistic": 100 * Y - 50,
        "identity": Y,
        "exp": np.log(np.maximum(Y, 1e-30)),
    }[output]
    value, gradient = loss.value_and_gradient(Y, raw)
    np.testing.assert_allclose(value, 0, atol=1e-12)
    np.testing.assert_allclose(gradient, 0, atol=1e-12)


@pytest.mark.parametrize(("name", "output"), [pair for pair in PAIRS if pair[1] != "exp"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_extreme_scores_stay_finite(name, output, dtype):
    loss, (Y, raw) = LOSSES[name](output), example(output, dtype=dtype)
    value, gradient = loss.value_and_gradient(Y, np.sign(raw) * dtype(1e4))
    assert np.isfinite(value).all()
    assert np.isfinite(gradient).all()


def test_confident_and_wrong_costs_the_score_not_the_clipped_probability():
    wrong = np.array([[0.0, 1000.0]]), np.array([[1.0, 0.0]])
    assert LOSSES["log_loss"]("softmax").value(wrong[1], wrong[0]) == 1000
    assert LOSSES["log_loss"]("logistic").value(np.array([[1.0]]), np.array([[-1000.0]])) == 1000


def test_losses_are_those_of_scikit_learn_s_metrics():
    Y, raw = example("softmax")
    value = LOSSES["log_loss"]("softmax").value(Y, raw).mean()
    assert value == pytest.approx(log_loss(Y.argmax(axis=1), softmax(raw, axis=1)))

    Y, raw = example("logistic", n_samples=30, n_outputs=1)
    value = LOSSES["log_loss"]("logistic").value(Y, raw).mean()
    assert value == pytest.approx(log_loss(Y.ravel(), expit(raw.ravel())))

    Y, raw = example("identity")
    value = LOSSES["squared_error"]("identity").value(Y, raw).mean()
    assert value == pytest.approx(mean_squared_error(Y, raw) * Y.shape[1] / 2)

    Y, raw = example("exp", n_outputs=1)
    value = LOSSES["poisson"]("exp").value(Y, raw).mean()
    assert value == pytest.approx(mean_poisson_deviance(Y.ravel(), np.exp(raw).ravel()) / 2)
