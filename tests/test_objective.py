from dataclasses import replace

import numpy as np
import pytest
import scipy.sparse

from scratchmlp.activations import ACTIVATIONS, resolve_activation
from scratchmlp.losses import LogLoss
from scratchmlp.network import Network
from scratchmlp.objective import Objective
from tests.helpers.loss_examples import example


def central_differences(f, theta, h=1e-6):
    steps = h * np.eye(len(theta))
    return np.array([(f(theta + step)[0] - f(theta - step)[0]) / (2 * h) for step in steps])


def assert_is_central_difference(objective, theta, *batch, before=lambda: None):
    """Assert a relative error below 1e-6; `before` is called before each evaluation."""

    def evaluate(theta):
        before()
        return objective(theta, *batch)

    grad = evaluate(theta)[1].copy()
    numerical = central_differences(evaluate, theta)
    assert np.linalg.norm(grad - numerical) < 1e-6 * np.linalg.norm(numerical)
    np.testing.assert_allclose(grad, numerical, rtol=1e-5, atol=1e-8)


def random_problem(sizes, activation, bias, sparse, dropout=0.0):
    """A network, its parameters (zero biases would sit on kinks), X with zeros, and targets."""
    rng = np.random.default_rng(1)
    Y, _ = example("softmax")
    X = rng.normal(size=(len(Y), 4)) * (rng.random((len(Y), 4)) < 0.7)
    X = scipy.sparse.csr_array(X) if sparse else X
    network = Network((4, *sizes, Y.shape[1]), resolve_activation(activation), bias, dropout)
    return network, 0.7 * rng.normal(size=network.n_parameters), X, Y


# Rows of wide layers are stored in one piece, and columns of narrow ones.
NETWORKS = [((70,), "relu", True, False), ((70,), "gelu", True, False)]
NETWORKS += [((), "relu", True, sparse) for sparse in (False, True)]
NETWORKS += [((5,), activation, True, False) for activation in ACTIVATIONS]
NETWORKS += [((4, 3), activation, False, True) for activation in ACTIVATIONS]


@pytest.mark.parametrize(("hidden", "activation", "bias", "sparse"), NETWORKS)
def test_gradient_equals_central_differences(hidden, activation, bias, sparse):
    """Activations do not depend on the loss, so one loss is enough."""
    network, theta, X, Y = random_problem(hidden, activation, bias, sparse)
    weight = np.random.default_rng(2).random(len(Y))
    objective = Objective(network, LogLoss(), alpha=0.3, mean_weight=weight.mean())
    assert_is_central_difference(objective, theta, X, Y, weight)


DROPPING = [("tanh", 0.3, True, False), ("gelu", (0.0, 0.5), False, False)]
DROPPING += [(("tanh", "gelu"), 0.3, False, True), (("mish", "relu"), (0.0, 0.5), True, True)]


@pytest.mark.parametrize(("activation", "dropout", "bias", "sparse"), DROPPING)
def test_gradient_with_the_same_masks_equals_central_differences(activation, dropout, bias, sparse):
    network, *problem = random_problem((5, 4), activation, bias, sparse, dropout)
    source = np.random.RandomState()
    objective = Objective(network, LogLoss(), alpha=0.3, random_state=source)
    assert_is_central_difference(objective, *problem, before=lambda: source.seed(5))


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
