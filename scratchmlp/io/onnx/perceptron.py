"""ScratchMLPClassifier and ScratchMLPRegressor as nodes of ONNX."""

from typing import Any

import numpy as np
from scipy.special import expit

from scratchmlp.activations import OUTPUT_ACTIVATIONS
from scratchmlp.estimators.state import fitted_model
from scratchmlp.estimators.targets import MULTILABEL
from scratchmlp.io.onnx.graph import Graph, Value, concat
from scratchmlp.io.onnx.layers import (
    add_class_columns,
    add_label,
    add_prediction,
    argmax,
    express_activation,
    forward,
    log_logistic,
    softmax,
)
from scratchmlp.losses import Loss, own_outputs
from scratchmlp.network import for_each_layer


def export_classifier(graph: Graph, classifier: Any, x: Value | None = None) -> None:
    """Add a fitted ScratchMLPClassifier with its outputs, and an input if `x` is None."""
    classes = np.asarray(classifier.classes_)
    raw = raw_scores(classifier, x or _add_input(graph, classifier))
    index = class_numbers(classifier, raw)
    if is_multilabel(classifier):
        graph.add_output(index.astype(np.int64), "label", len(classes))
    else:
        add_label(index, classes)
    if classifier.out_activation_ == "identity":
        add_class_columns(decisions(classifier, raw), "scores", classes)
    else:
        add_class_columns(probabilities(classifier, raw), "probabilities", classes)


def export_regressor(graph: Graph, regressor: Any, x: Value | None = None) -> None:
    """Add a fitted ScratchMLPRegressor with its output, and an input if `x` is None."""
    y = predictions(regressor, x or _add_input(graph, regressor))
    add_prediction(y, *([] if regressor.n_outputs_ == 1 else [regressor.n_outputs_]))


def raw_scores(estimator: Any, x: Value) -> Value:
    """Return the raw scores, of shape (n_samples, n_outputs)."""
    network, theta, _, _ = fitted_model(estimator)
    activations = for_each_layer(network.activation, len(network.sizes) - 2)
    return forward(x, network.layers(theta), activations)


def predictions(regressor: Any, x: Value) -> Value:
    """Return the predictions of a regressor, of shape (n_samples, n_outputs)."""
    _check_loss(fitted_model(regressor).loss)
    activation = OUTPUT_ACTIVATIONS[regressor.out_activation_]
    return express_activation(activation, raw_scores(regressor, x))


def is_multilabel(classifier: Any) -> bool:
    """Return whether the targets of a classifier are an indicator matrix."""
    return _kind(classifier) == MULTILABEL


def class_numbers(classifier: Any, raw: Value) -> Value:
    """Return the predicted class numbers, of shape (n_samples,).

    For multilabel targets, whether each label is predicted, of shape (n_samples, n_labels).
    """
    if is_multilabel(classifier):
        return expit(raw) > 0.5
    if len(classifier.classes_) == 1:
        return argmax(raw.take([0]))
    if _kind(classifier) == "multiclass":
        return argmax(raw)
    score = decisions(classifier, raw).take([1]).apply("Squeeze", np.array([1], np.int64))
    return (expit(score) > 0.5).astype(np.int64)


def decisions(classifier: Any, raw: Value) -> Value:
    """Return a score for each class or label. Two classes have opposite scores."""
    if is_multilabel(classifier) or _kind(classifier) == "multiclass":
        return raw
    if classifier.n_outputs_ == 2:
        raw = raw.take([1]) - raw.take([0])
    return concat([-raw, raw] if len(classifier.classes_) == 2 else [raw])


def probabilities(classifier: Any, raw: Value) -> Value:
    """Return the probability of each class or label, of shape (n_samples, n_classes)."""
    if is_multilabel(classifier):
        return expit(raw)
    if len(classifier.classes_) == 1:
        return softmax(raw.take([0]))
    if classifier.out_activation_ == "softmax":
        return softmax(raw)
    if _kind(classifier) == "binary":
        return expit(concat([-raw, raw]))
    return softmax(log_logistic(raw))


def _kind(classifier: Any) -> str:
    return str(fitted_model(classifier).targets.kind)


def _add_input(graph: Graph, estimator: Any) -> Value:
    """Add the only input of the model."""
    return graph.add_input("X", np.float32, estimator.n_features_in_, "finite numbers")


def _check_loss(loss: Loss) -> None:
    """Raise an error if a loss has a way of its own to predict."""
    if own := own_outputs(loss):
        raise ValueError(
            f"The loss {loss!r} computes predictions in its own way, and ONNX has no expression "
            f"for it. Fit with a loss that does not define {own}."
        )
