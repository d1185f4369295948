"""Layers, activations, probabilities and labels as nodes of ONNX."""

import json
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

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
from scratchmlp.arrays import FloatArray
from scratchmlp.io.onnx.graph import Graph


def forward(
    graph: Graph,
    x: str,
    layers: Sequence[tuple[FloatArray, FloatArray | None]],
    activations: Sequence[Any],
) -> str:
    """Add the forward pass of a network, or of several networks of the same shape.

    Parameters
    ----------
    graph : Graph
        The graph.
    x : str
        Inputs, of shape (n_samples, n_in) or (n_networks, n_samples, n_in).
    layers : sequence of tuple of ndarray and ndarray or None
        Weights, of shape (n_in, n_out) or (n_networks, n_in, n_out), and biases, of shape (n_out,)
        or (n_networks, 1, n_out).
    activations : sequence of Activation
        Activation of each of the first layers.

    Returns
    -------
    str
        z of the last layer, or its outputs if there is an activation for each layer.
    """
    for number, (W, b) in enumerate(layers):
        x = graph.add("MatMul", x, W.astype(graph.dtype))
        if b is not None:
            x = graph.add("Add", x, b.astype(graph.dtype))
        if number < len(activations):
            x = express_activation(graph, activations[number], x)
    return x


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


def log_logistic(graph: Graph, z: str) -> str:
    """Add log σ(z) = min(z, 0) - log(1 + exp(-abs(z))), which cannot overflow."""
    exp = graph.add("Exp", graph.add("Neg", graph.add("Abs", z)))
    rest = graph.add("Log", graph.add("Add", exp, 1.0))
    return graph.add("Sub", graph.add("Min", z, 0.0), rest)


def add_label(graph: Graph, index: str, classes: NDArray[Any]) -> None:
    """Add the output "label" of a classifier.

    Parameters
    ----------
    graph : Graph
        The graph.
    index : str
        Class numbers, of shape (n_samples,).
    classes : ndarray of shape (n_classes,)
        Class labels: strings, integers, booleans or floats.

    Raises
    ------
    ValueError
        If labels are of another kind, or of several kinds.
    """
    labels = label_array(classes)
    graph.add_output(graph.add("Gather", labels, index), "label", labels.dtype)


def add_prediction(graph: Graph, y: str, *shape: int) -> None:
    """Add the output of a regressor, of shape (n_samples, *shape).

    Parameters
    ----------
    graph : Graph
        The graph.
    y : str
        Predictions, of shape (n_samples, n_outputs), float32.
    *shape : int
        Number of outputs. Without it, the only column becomes an output of one dimension.
    """
    if not shape:
        y = graph.add("Squeeze", y, np.array([1], np.int64))
    graph.add_output(y, "prediction", np.float32, *shape)


def add_class_columns(graph: Graph, value: str, name: str, classes: NDArray[Any]) -> None:
    """Add an output with a column for each class, and say in the model which column is which.

    Parameters
    ----------
    graph : Graph
        The graph.
    value : str
        The value, of shape (n_samples, n_classes), float32.
    name : str
        Name of the output.
    classes : ndarray of shape (n_classes,)
        Class labels, or the numbers of the labels of multilabel targets.
    """
    labels = json.dumps(classes.tolist(), ensure_ascii=False)
    description = f"columns in the order of the classes: {labels}"
    graph.add_output(value, name, np.float32, len(classes), description=description)
    graph.properties["classes"] = labels


def label_array(classes: NDArray[Any]) -> NDArray[Any]:
    """Return class labels as an array of a type that ONNX has.

    Parameters
    ----------
    classes : ndarray of shape (n_classes,)
        Class labels.

    Returns
    -------
    ndarray of shape (n_classes,), object for strings, int64, bool or float64
        The labels.

    Raises
    ------
    ValueError
        If labels are of another kind, or of several kinds.
    """
    values = classes.tolist()
    kinds = {np.result_type(type(value)).kind for value in values}
    for kind, dtype in {"U": object, "b": np.bool_, "i": np.int64, "f": np.float64}.items():
        if kinds == {kind}:
            return np.array(values, dtype)
    raise ValueError(
        f"The classes {values} have no type of ONNX in common. Fit with labels that are all "
        "strings, all integers, all booleans or all floats."
    )
