from dataclasses import replace

import numpy as np
import pytest
import scipy.sparse
from loss_examples import EXAMPLES, example

from scratchmlp.activations import ACTIVATIONS, resolve_activation
from scratchmlp.losses import LogLoss
from scratchmlp.network import Network
from scratchmlp.objective import Objective


def central_differences(f, theta, h=1e-6):
    steps = h * np.eye(len(theta))
    return np.array([(f(theta + step)[0] - f(theta - step)[0]) / (2 * h) for step in steps])


@pytest.mark.parametrize("sparse", [False, True], ids=["dense", "sparse"])
@pytest.mark.parametrize("bias", [True, False], ids=["bias", "no-bias"])
@pytest.mark.parametrize("loss", EXAMPLES)
@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("hidden", [(), (5,), (4, 3)], ids=str)
def test_gradient_equals_central_differences(hidden, activation, loss, bias, sparse):
    """Relative error below 1e-6, with L2, weights and random biases (zero ones sit on kinks)."""
    rng = np.random.default_rng(1)
    Y, _ = example(loss.output)
    X = rng.normal(size=(len(Y), 4)) * (rng.random((len(Y), 4)) < 0.7)
    X = scipy.sparse.csr_array(X) if sparse else X
    weight = rng.random(len(Y))
    network = Network((4, *hidden, Y.shape[1]), ACTIVATIONS[activation], bias)
    theta = 0.7 * rng.normal(size=network.n_parameters)
    objective = Objective(network, loss, alpha=0.3, mean_weight=weight.mean())

    _, grad = objective(theta, X, Y, weight)
    grad = grad.copy()
    numerical = central_differences(lambda t: objective(t, X, Y, weight), theta)
    assert np.linalg.norm(grad - numerical) < 1e-6 * np.linalg.norm(numerical)
    np.testing.assert_allclose(grad, numerical, rtol=1e-5, atol=1e-8)


@pytest.mark.parametrize("sparse", [False, True], ids=["dense", "sparse"])
@pytest.mark.parametrize("bias", [True, False], ids=["bias", "no-bias"])
@pytest.mark.parametrize("dropout", [0.0, 0.3, (0.0, 0.5)], ids=str)
@pytest.mark.parametrize("activation", [*ACTIVATIONS, ("tanh", "gelu"), ("mish", "relu")], ids=str)
def test_gradient_with_the_same_masks_equals_central_differences(activation, dropout, bias, sparse):
    rng = np.random.default_rng(1)
    Y, _ = example("softmax")
    X = rng.normal(size=(len(Y), 4)) * (rng.random((len(Y), 4)) < 0.7)
    X = scipy.sparse.csr_array(X) if sparse else X
    network = Network((4, 5, 4, 3), resolve_activation(activation), bias, dropout)
    theta = 0.7 * rng.normal(size=network.n_parameters)
    source = np.random.RandomState()
    objective = Objective(network, LogLoss(), alpha=0.3, random_state=source)

    def same_masks(theta):
        source.seed(5)
        return objective(theta, X, Y)

    grad = same_masks(theta)[1].copy()
    numerical = central_differences(same_masks, theta)
    assert np.linalg.norm(grad - numerical) < 1e-6 * np.linalg.norm(numerical)
    np.testing.assert_allclose(grad, numerical, rtol=1e-5, atol=1e-8)


def test_dropout_draws_new_masks_for_each_call(problem):
    network, theta, X, Y = problem
    loss, source = LogLoss(), np.random.RandomState(0)
    thin = Objective(replace(network, dropout=0.5), loss, alpha=0.0, random_state=source)
    assert thin(theta, X, Y)[0] != thin(theta, X, Y)[0]
    off = Objective(replace(network, dropout=0.5), loss, alpha=0.0)
    assert off(theta, X, Y)[0] == Objective(network, loss, alpha=0.0)(theta, X, Y)[0]


@pytest.fixture
def problem():
    Y, _ = example("softmax")
    X = np.random.default_rng(2).normal(size=(len(Y), 4))
    network = Network((4, 5, 3), ACTIVATIONS["tanh"])
    return network, np.random.default_rng(3).normal(size=network.n_parameters), X, Y


def test_value_is_the_formula(problem):
    network, theta, X, Y = problem
    loss = LogLoss()
    weight = np.arange(1.0, len(Y) + 1)
    W = theta[: network.n_weights]
    expected = (weight @ loss.value(Y, network.raw_scores(theta, X)) + 0.5 / 2 * W @ W) / (
        len(Y) * 2.5
    )
    value, _ = Objective(network, loss, alpha=0.5, mean_weight=2.5)(theta, X, Y, weight)
    assert value == pytest.approx(expected, rel=1e-12)


def test_integer_weights_equal_repeated_rows_and_zero_weights_absent_ones(problem):
    network, theta, X, Y = problem
    weight = np.array([0, 3, 1, 0, 2, 1])
    loss = LogLoss()
    weighted = Objective(network, loss, alpha=0.5, mean_weight=weight.mean())
    repeated = Objective(network, loss, alpha=0.5)
    value, grad = weighted(theta, X, Y, weight.astype(float))
    rows = np.repeat(np.arange(len(Y)), weight)
    expected_value, expected_grad = repeated(theta, X[rows], Y[rows])
    assert value == pytest.approx(expected_value, rel=1e-12)
    np.testing.assert_allclose(grad, expected_grad, rtol=1e-10, atol=1e-12)


def test_biases_are_not_penalised(problem):
    network, theta, X, Y = problem
    loss = LogLoss()
    plain = Objective(network, loss, alpha=0.0)(theta, X, Y)[1]
    penalised = Objective(network, loss, alpha=6.0)(theta, X, Y)[1]
    difference = penalised - plain
    np.testing.assert_allclose(difference[: network.n_weights], theta[: network.n_weights])
    np.testing.assert_array_equal(difference[network.n_weights :], 0)


def test_batches_of_any_size_may_follow_each_other(problem):
    network, theta, X, Y = problem
    loss = LogLoss()
    reused = Objective(network, loss, alpha=0.1)
    for rows in (slice(0, 4), slice(4, 6), slice(0, 6), slice(0, 1)):
        value, grad = reused(theta, X[rows], Y[rows])
        fresh_value, fresh_grad = Objective(network, loss, alpha=0.1)(theta, X[rows], Y[rows])
        assert value == fresh_value
        np.testing.assert_array_equal(grad, fresh_grad)


def test_float32_stays_float32(problem):
    network, *arrays = problem
    objective = Objective(
        replace(network, dropout=np.float64(0.2)),
        LogLoss(),
        np.float64(0.1),
        np.float64(2),
        np.random.RandomState(0),
    )
    _, grad = objective(*(a.astype(np.float32) for a in arrays))
    assert grad.dtype == np.float32
