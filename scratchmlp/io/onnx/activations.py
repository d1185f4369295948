"""Activations as nodes of ONNX."""

import math
from collections.abc import Callable
from typing import Any

from scratchmlp.activations import (
    ELU,
    GELU,
    SELU,
    Exponential,
    Identity,
    LeakyReLU,
    Logistic,
    Mish,
    ReLU,
    SiLU,
    Softmax,
    Softplus,
    Tanh,
)
from scratchmlp.io.onnx.graph import Graph


def express_activation(graph: Graph, activation: Any, z: str) -> str:
    """Add an activation of hidden layers or of outputs to a graph.

    Parameters
    ----------
    graph : Graph
        The graph.
    activation : Activation
        The activation.
    z : str
        Scores, with units along the last axis.

    Returns
    -------
    str
        f(z).

    Raises
    ------
    ValueError
        If the activation is not one of this package.
    """
    if type(activation) not in EXPRESSIONS:
        raise ValueError(
            f"The activation {activation!r} is your own, and ONNX has no expression for it. Fit "
            "with an activation of scratchmlp.activations.ACTIVATIONS."
        )
    return EXPRESSIONS[type(activation)](graph, z)


def _silu(graph: Graph, z: str) -> str:
    """Add z σ(z)."""
    return graph.add("Mul", z, graph.add("Sigmoid", z))


def _gelu(graph: Graph, z: str) -> str:
    """Add z Φ(z) = z (1 + erf(z / √2)) / 2."""
    erf = graph.add("Erf", graph.add("Mul", z, math.sqrt(0.5)))
    return graph.add("Mul", graph.add("Mul", z, 0.5), graph.add("Add", erf, 1.0))


def _mish(graph: Graph, z: str) -> str:
    """Add z n / (n + 2) with e = exp(min(z, 20)) and n = e (e + 2), as `activations.Mish` does."""
    e = graph.add("Exp", graph.add("Min", z, 20.0))
    n = graph.add("Mul", e, graph.add("Add", e, 2.0))
    return graph.add("Mul", z, graph.add("Div", n, graph.add("Add", n, 2.0)))


def _operator(name: str, **attributes: Any) -> Callable[[Graph, str], str]:
    """Return a function that adds a single node."""
    return lambda graph, z: graph.add(name, z, **attributes)


#: Functions of a graph and scores that add f(z), by the class of the activation.
EXPRESSIONS: dict[type, Callable[[Graph, str], str]] = {
    Identity: lambda graph, z: z,
    Logistic: _operator("Sigmoid"),
    Tanh: _operator("Tanh"),
    ReLU: _operator("Relu"),
    LeakyReLU: _operator("LeakyRelu", alpha=0.01),
    ELU: _operator("Elu", alpha=1.0),
    SELU: _operator("Selu", alpha=SELU.negative_scale / SELU.scale, gamma=SELU.scale),
    GELU: _gelu,
    SiLU: _silu,
    Mish: _mish,
    Softplus: _operator("Softplus"),
    Softmax: _operator("Softmax", axis=-1),
    Exponential: _operator("Exp"),
}
