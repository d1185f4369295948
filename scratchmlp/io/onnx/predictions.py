"""What the estimators for raw tables predict from raw scores, as nodes of ONNX, in float64."""

from typing import Any

import numpy as np

from scratchmlp.io.onnx.graph import Graph
from scratchmlp.io.onnx.outputs import add_class_columns, add_label, log_logistic
from scratchmlp.tabular.calibration import Calibration


def calibrate(graph: Graph, raw: str, calibration: Calibration) -> str:
    """Add `Calibration.probabilities`, with classes along the last axis."""
    scores = graph.add("Div", raw, float(calibration.temperature))
    if calibration.floor > 0:
        log_p = graph.add("LogSoftmax", scores, axis=-1)
        above = graph.add("Sub", log_p, float(np.log(calibration.floor)))
        factor = log_logistic(graph, graph.add("Mul", above, 2.0))
        scores = graph.add("Add", log_p, factor)
    return graph.add("Softmax", scores, axis=-1)


def log(graph: Graph, proba: str) -> str:
    """Add the logarithms of probabilities, all finite."""
    return graph.add("Log", graph.add("Max", proba, float(np.finfo(np.float64).tiny)))


def mean(graph: Graph, members: str) -> str:
    """Add the mean over members, which are the first axis."""
    return graph.add("ReduceMean", members, axes=[0], keepdims=0)


def to_targets(graph: Graph, raw: str, regressor: Any) -> str:
    """Add the targets for raw scores of networks, or for predictions of standardized targets."""
    if regressor._output == "exp":
        raw = graph.add("Exp", raw)
    y = graph.add("Mul", raw, np.asarray(regressor._deviation, np.float64))
    y = graph.add("Add", y, np.asarray(regressor._mean, np.float64))
    return clip(graph, y, regressor)


def clip(graph: Graph, y: str, regressor: Any) -> str:
    """Limit predictions to the range of the targets in `fit`."""
    y = graph.add("Max", y, np.asarray(regressor._low, np.float64))
    return graph.add("Min", y, np.asarray(regressor._high, np.float64))


def add_classes(graph: Graph, proba: str, classes: Any) -> None:
    """Add the outputs of a classifier for probabilities, of shape (n_samples, n_classes)."""
    classes = np.asarray(classes)
    add_label(graph, graph.add("ArgMax", proba, axis=1, keepdims=0), classes)
    add_class_columns(graph, graph.cast(proba, np.float32), "probabilities", classes)


def add_numbers(graph: Graph, y: str, regressor: Any) -> None:
    """Add the output of a regressor for predictions, of shape (n_samples, n_outputs)."""
    if regressor._one_column:
        y = graph.add("Squeeze", y, np.array([1], np.int64))
    shape = () if regressor._one_column else (len(regressor._low),)
    graph.add_output(graph.cast(y, np.float32), "prediction", np.float32, *shape)
