"""ScratchMLPClassifier and ScratchMLPRegressor as nodes of ONNX."""

from typing import Any

import numpy as np

from scratchmlp.activations import OUTPUT_ACTIVATIONS
from scratchmlp.estimators.targets import MULTILABEL
from scratchmlp.io.onnx.graph import Graph
from scratchmlp.io.onnx.layers import (
    add_class_columns,
    add_label,
    add_prediction,
    express_activation,
    forward,
    log_logistic,
)
from scratchmlp.losses import Loss, own_outputs
from scratchmlp.network import for_each_layer


def export_classifier(graph: Graph, classifier: Any, x: str | None = None) -> None:
    """Add a fitted ScratchMLPClassifier with its outputs, and an input if `x` is None."""
    classes = np.asarray(classifier.classes_)
    raw = raw_scores(graph, classifier, x or _add_input(graph, classifier))
    index = class_numbers(graph, classifier, raw)
    if is_multilabel(classifier):
        graph.add_output(graph.cast(index, np.int64), "label", np.int64, len(classes))
    else:
        add_label(graph, index, classes)
    if classifier.out_activation_ == "identity":
        add_class_columns(graph, decisions(graph, classifier, raw), "scores", classes)
    else:
        add_class_columns(graph, probabilities(graph, classifier, raw), "probabilities", classes)


def export_regressor(graph: Graph, regressor: Any, x: str | None = None) -> None:
    """Add a fitted ScratchMLPRegressor with its output, and an input if `x` is None."""
    y = predictions(graph, regressor, x or _add_input(graph, regressor))
    add_prediction(graph, y, *([] if regressor.n_outputs_ == 1 else [regressor.n_outputs_]))


def raw_scores(graph: Graph, estimator: Any, x: str) -> str:
    """Add the raw scores, of shape (n_samples, n_outputs)."""
    network = estimator._network
    activations = for_each_layer(network.activation, len(network.sizes) - 2)
    return forward(graph, x, network.layers(estimator.theta_), activations)


def predictions(graph: Graph, regressor: Any, x: str) -> str:
    """Add the predictions of a regressor, of shape (n_samples, n_outputs)."""
    loss, raw = regressor._loss, raw_scores(graph, regressor, x)
    _check_loss(loss)
    return express_activation(graph, OUTPUT_ACTIVATIONS[loss.output], raw)


def is_multilabel(classifier: Any) -> bool:
    """Return whether the targets of a classifier are an indicator matrix."""
    return bool(classifier._kind == MULTILABEL)


def class_numbers(graph: Graph, classifier: Any, raw: str) -> str:
    """Add the predicted class numbers, of shape (n_samples,).

    For multilabel targets, whether each label is predicted, of shape (n_samples, n_labels).
    """
    if is_multilabel(classifier):
        return graph.add("Greater", raw, 0.0)
    if len(classifier.classes_) == 1:
        scores = graph.gather(raw, [0])
        return graph.add("ArgMax", scores, axis=1, keepdims=0)
    if classifier._kind == "multiclass" or classifier.n_outputs_ == 2:
        return graph.add("ArgMax", raw, axis=1, keepdims=0)
    flat = graph.add("Squeeze", raw, np.array([1], np.int64))
    return graph.cast(graph.add("Greater", flat, 0.0), np.int64)


def decisions(graph: Graph, classifier: Any, raw: str) -> str:
    """Add a score for each class or label. Two classes have opposite scores."""
    if is_multilabel(classifier) or classifier._kind == "multiclass":
        return raw
    if classifier.n_outputs_ == 2:
        raw = graph.add("Sub", graph.gather(raw, [1]), graph.gather(raw, [0]))
    opposite = graph.add("Neg", raw)
    return graph.concat([opposite, raw] if len(classifier.classes_) == 2 else [raw])


def probabilities(graph: Graph, classifier: Any, raw: str) -> str:
    """Add the probability of each class or label, of shape (n_samples, n_classes)."""
    if is_multilabel(classifier):
        return graph.add("Sigmoid", raw)
    if len(classifier.classes_) == 1:
        return graph.add("Softmax", graph.gather(raw, [0]), axis=-1)
    if classifier.out_activation_ == "softmax":
        return graph.add("Softmax", raw, axis=-1)
    if classifier._kind == "binary":
        both = graph.concat([graph.add("Neg", raw), raw])
        return graph.add("Sigmoid", both)
    return graph.add("Softmax", log_logistic(graph, raw), axis=-1)


def _add_input(graph: Graph, estimator: Any) -> str:
    """Add the only input of the model."""
    return graph.add_input("X", np.float32, estimator.n_features_in_, "finite numbers")


def _check_loss(loss: Loss) -> None:
    """Raise an error if a loss has a way of its own to predict."""
    if own := own_outputs(loss):
        raise ValueError(
            f"The loss {loss!r} computes predictions in its own way, and ONNX has no expression "
            f"for it. Fit with a loss that does not define {own}."
        )
