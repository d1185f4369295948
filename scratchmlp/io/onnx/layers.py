"""Layers, activations, probabilities and labels as nodes of ONNX."""

import json
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import erf, expit

from scratchmlp import activations
from scratchmlp.arrays import FloatArray
from scratchmlp.io.onnx.graph import Value

#: Sizes between which float32 has all its digits, with some room.
_LEAST, _LARGEST = 1e-37, 1e37


def forward(
    x: Value,
    layers: Sequence[tuple[FloatArray, FloatArray | None]],
    functions: Sequence[Any],
) -> Value:
    """Add the forward pass of a network, or of several networks of the same shape.

    Parameters
    ----------
    x : Value
        Inputs, of shape (n_samples, n_in) or (n_networks, n_samples, n_in).
    layers : sequence of tuple of ndarray and ndarray or None
        Weights, of shape (n_in, n_out) or (n_networks, n_in, n_out), and biases, of shape (n_out,)
        or (n_networks, 1, n_out).
    functions : sequence of Activation
        Activation of each of the first layers.

    Returns
    -------
    Value
        z of the last layer, or its outputs if there is an activation for each layer.
    """
    for number, (W, b) in enumerate(layers):
        x = x @ W if b is None else x @ W + b
        if number < len(functions):
            x = express_activation(functions[number], x)
    return x


def express_activation(activation: Any, z: Value) -> Value:
    """Add an activation of hidden layers or of outputs.

    Parameters
    ----------
    activation : Activation
        The activation.
    z : Value
        Scores, with units along the last axis.

    Returns
    -------
    Value
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
    return EXPRESSIONS[type(activation)](z)


def softmax(z: Value) -> Value:
    """Return the softmax along the last axis."""
    return z.apply("Softmax", axis=-1)


def argmax(scores: Value) -> Value:
    """Return the number of the largest score of each row, int64."""
    return scores.apply("ArgMax", dtype=np.int64, axis=1, keepdims=0)


def log_logistic(z: Value) -> Value:
    """Return log σ(z) = min(z, 0) - log(1 + exp(-abs(z))), which cannot overflow."""
    return z.at_most(0) - np.log(np.exp(-np.abs(z)) + 1)


def _gelu(z: Value) -> Value:
    """Return z Φ(z) = z (1 + erf(z / √2)) / 2."""
    return z * 0.5 * (erf(z * math.sqrt(0.5)) + 1)


def _mish(z: Value) -> Value:
    """Return z n / (n + 2) with e = exp(min(z, 20)) and n = e (e + 2), as `activations.Mish`."""
    e = np.exp(z.at_most(20))
    n = e * (e + 2)
    return z * (n / (n + 2))


#: f(z), by the class of the activation.
EXPRESSIONS: dict[type, Callable[[Value], Value]] = {
    activations.Identity: lambda z: z,
    activations.Logistic: expit,
    activations.Tanh: np.tanh,
    activations.ReLU: lambda z: z.apply("Relu"),
    activations.LeakyReLU: lambda z: z.apply("LeakyRelu", alpha=0.01),
    activations.ELU: lambda z: z.apply("Elu", alpha=1.0),
    activations.SELU: lambda z: z.apply(
        "Selu",
        alpha=activations.SELU.negative_scale / activations.SELU.scale,
        gamma=activations.SELU.scale,
    ),
    activations.GELU: _gelu,
    activations.SiLU: lambda z: z * expit(z),
    activations.Mish: _mish,
    activations.Softplus: lambda z: z.apply("Softplus"),
    activations.Softmax: softmax,
    activations.Exponential: np.exp,
}


def add_label(index: Value, classes: NDArray[Any]) -> None:
    """Add the output "label" of a classifier.

    Parameters
    ----------
    index : Value
        Class numbers, of shape (n_samples,).
    classes : ndarray of shape (n_classes,)
        Class labels: strings, integers, booleans or floats.

    Raises
    ------
    ValueError
        If labels are of another kind, or of several kinds.
    """
    labels = index.graph.constant(label_array(classes))
    index.graph.add_output(labels.take(index, axis=0), "label")


def add_prediction(y: Value, *shape: int) -> None:
    """Add the output of a regressor, of shape (n_samples, *shape).

    Parameters
    ----------
    y : Value
        Predictions, of shape (n_samples, n_outputs), float32.
    *shape : int
        Number of outputs. Without it, the only column becomes an output of one dimension.
    """
    y = y if shape else y.apply("Squeeze", np.array([1], np.int64))
    y.graph.add_output(y, "prediction", *shape)


def check_sizes(largest: FloatArray) -> None:
    """Raise an error unless float32, the type of predictions, can hold those of each output.

    Parameters
    ----------
    largest : ndarray of shape (n_outputs,)
        The largest absolute value that an output may have.

    Raises
    ------
    ValueError
        If one is not 0, but too small or too large.
    """
    wrong = (largest > 0) & ((largest < _LEAST) | (largest > _LARGEST))
    if wrong.any():
        raise ValueError(
            f"Predictions are up to {largest[wrong][0]:.3g}, but an ONNX model predicts float32: "
            f"the largest must be 0 or between {_LEAST:g} and {_LARGEST:g}. Divide the targets by "
            "a constant, and fit again."
        )


def add_class_columns(value: Value, name: str, classes: NDArray[Any]) -> None:
    """Add an output with a column for each class, and say in the model which column is which.

    Parameters
    ----------
    value : Value
        The value, of shape (n_samples, n_classes), float32.
    name : str
        Name of the output.
    classes : ndarray of shape (n_classes,)
        Class labels, or the numbers of the labels of multilabel targets.
    """
    labels = json.dumps(classes.tolist(), ensure_ascii=False)
    description = f"columns in the order of the classes: {labels}"
    value.graph.add_output(value, name, len(classes), description=description)
    value.graph.properties["classes"] = labels


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
