"""The neural-tangent parametrization: the chain rule, and its effect on optimizers."""

import numpy as np
import pytest

from scratchmlp.activations import ACTIVATIONS
from scratchmlp.losses import LogLoss
from scratchmlp.network import Network
from scratchmlp.objective import Objective
from scratchmlp.optimizers import SGD, Adam
from scratchmlp.tabular.networks.tangent import Reparametrized, TangentParametrization

NETWORKS = pytest.mark.parametrize(
    ("sizes", "bias"), [((3, 2), True), ((3, 4, 2), False), ((3, 5, 4, 2), True)]
)


def made(sizes, bias=True):
    """Return a parametrization, a random phi, and the objective and data of a small batch."""
    network = Network(sizes, ACTIVATIONS["silu"], bias)
    rng = np.random.RandomState(0)
    X, Y = rng.standard_normal((6, 3)), np.eye(2)[rng.randint(2, size=6)]
    parametrization = TangentParametrization(network, np.float64)
    phi = rng.standard_normal(network.n_parameters + 3)
    objective = Objective(network, LogLoss().with_output("softmax"), alpha=0.1)
    return parametrization, phi, objective, X, Y


@NETWORKS
def test_theta_is_what_the_module_says(sizes, bias):
    parametrization, phi, *_ = made(sizes, bias)
    network = parametrization.network
    theta = parametrization.theta(phi)
    layers, inner = network.layers(theta), network.layers(phi[: network.n_parameters])
    scales = 6 * phi[network.n_parameters :]
    np.testing.assert_allclose(layers[0].weight, scales[:, None] * inner[0].weight / np.sqrt(3))
    for layer, of_phi, (n_in, _) in list(zip(layers, inner, network.shapes, strict=True))[1:]:
        np.testing.assert_allclose(layer.weight, of_phi.weight / np.sqrt(n_in))
    if bias:
        np.testing.assert_allclose(theta[network.n_weights :], 0.1 * phi[network.n_weights : -3])


@NETWORKS
def test_the_gradient_is_that_of_central_differences(sizes, bias):
    parametrization, phi, objective, X, Y = made(sizes, bias)
    at = Reparametrized(objective, parametrization).at
    numerical = [
        (at(phi + step)(X, Y)[0] - at(phi - step)(X, Y)[0]) / 2e-6
        for step in 1e-6 * np.eye(len(phi))
    ]
    grad = at(phi)(X, Y)[1]
    np.testing.assert_allclose(grad, numerical, rtol=1e-6, atol=1e-9)
    of_theta, out = objective(parametrization.theta(phi), X, Y)[1], np.empty_like(phi)
    assert parametrization.gradient(phi, of_theta, out=out) is out
    np.testing.assert_array_equal(parametrization.gradient(phi, of_theta), grad)


def test_initial_values():
    network = Network((400, 300, 2), ACTIVATIONS["silu"])
    parametrization = TangentParametrization(network)
    phi = parametrization.initial(np.random.RandomState(0))
    hidden, last = network.layers(parametrization.theta(phi))
    assert phi.dtype == hidden.weight.dtype == np.float32
    assert hidden.weight.std() == pytest.approx(1 / 20, rel=0.02)
    assert hidden.bias.std() == pytest.approx(1, rel=0.1)
    assert not last.weight.any()
    assert not last.bias.any()
    np.testing.assert_allclose(6 * phi[network.n_parameters :], 1, rtol=1e-6)


@pytest.mark.parametrize(
    ("optimizer", "power"), [(SGD(momentum=0), 2), (Adam(epsilon=1e-300), 1)], ids=["sgd", "adam"]
)
def test_factors_are_learning_rate_factors_of_theta(optimizer, power):
    """Adam's steps are as long as its rate: a factor f of theta is one of the rate. SGD's is f²."""
    parametrization, phi, objective, X, Y = made((3, 4, 2))
    n, factors = parametrization.network.n_parameters, parametrization.factors
    phi[n:] = 1 / 6  # the scales are not trained here
    theta = parametrization.theta(phi)
    state, state_of_theta = optimizer.init(phi), optimizer.init(theta)
    moved = theta.copy()
    for _ in range(3):
        grad = Reparametrized(objective, parametrization).at(phi)(X, Y)[1]
        grad[n:] = 0
        optimizer.step(phi, grad, state, 0.01)
        before = moved.copy()
        optimizer.step(moved, objective(moved, X, Y)[1], state_of_theta, 0.01)
        moved = before + (moved - before) * factors**power
    np.testing.assert_allclose(parametrization.theta(phi), moved, rtol=1e-10)
