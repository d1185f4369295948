"""Encoders, TabularMLP* and TabularEnsemble* as graphs of ONNX."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.base import is_classifier

from scratchmlp.io.onnx.encoded_table import TableValues, add_array, add_table
from scratchmlp.io.onnx.folds import add_linear, fold_predictions
from scratchmlp.io.onnx.graph import Graph
from scratchmlp.io.onnx.inputs import Positions, add_bins, bin_outputs, member_inputs
from scratchmlp.io.onnx.layers import (
    add_class_columns,
    add_label,
    add_prediction,
    forward,
    log_logistic,
)
from scratchmlp.tabular.calibration import Calibration
from scratchmlp.tabular.columns.encoder import TabularEncoder
from scratchmlp.tabular.networks.member import Member
from scratchmlp.tabular.reading.values import LARGEST
from scratchmlp.tabular.targets import ClassLabels, Numbers


def export_encoder(graph: Graph, encoder: Any) -> None:
    """Add a fitted TabularEncoder or PiecewiseLinearEncoder, with its inputs and its output."""
    n_outputs = len(encoder.get_feature_names_out())
    graph.add_output(encode(graph, encoder), "encoded", np.float32, n_outputs)


def encode(graph: Graph, encoder: Any) -> str:
    """Add a fitted encoder and its inputs, and return its output, float32."""
    if isinstance(encoder, TabularEncoder):
        return add_array(graph, add_table(graph, encoder))
    outputs = bin_outputs(encoder, range(encoder.n_features_in_))
    if not len(outputs):
        raise ValueError("No column has bins, so the model would have no outputs.")
    double = graph.of_dtype(np.float64)
    x = graph.add_input("X", np.float64, encoder.n_features_in_, "numbers; NaN if missing")
    missing = graph.gather(double.add("IsNaN", x), outputs[:, 0])
    known = double.add("Where", double.add("IsNaN", x), 0.0, x)
    value, order = add_bins(graph, double.add("Clip", known, -LARGEST, LARGEST), outputs)
    return graph.add("Where", missing, 0.0, graph.gather(value, order))


def export_linear(graph: Graph, linear: Any, x: str) -> None:
    """Add a fitted LogisticRegression or Ridge for encoded rows `x`, with its outputs."""
    y = add_linear(graph, linear, x)
    if is_classifier(linear):
        _add_classes(graph, y, linear.classes_)
    else:
        add_prediction(graph, graph.cast(y, np.float32), *linear.coef_.shape[:-1])


def export_blend(graph: Graph, estimator: Any) -> None:
    """Add a fitted TabularMLP* or TabularEnsemble*, with its inputs and outputs.

    The nodes are those of `Blend.predict`, for all folds at once.
    """
    table, blend = add_table(graph, estimator.encoder_), estimator._blend
    array, double = add_array(graph, table), graph.of_dtype(np.float64)
    weighted = [
        double.add("Mul", _part(graph, table, array, name, part), float(blend.weights[name]))
        for name, part in blend.parts.items()
    ]
    folds = weighted[0] if len(weighted) == 1 else double.add("Sum", *weighted)
    match blend.targets:
        case Numbers() as targets:
            _add_numbers(double, _mean(double, _clip(double, folds, targets)), targets)
        case ClassLabels(classes) if len(weighted) == 1:
            _add_classes(double, _mean(double, folds), classes)
        case ClassLabels(classes):
            folds = _calibrate(double, _log(double, folds), blend.calibration)
            proba = double.add("Softmax", _mean(double, _log(double, folds)), axis=-1)
            _add_classes(double, proba, classes)


def _part(graph: Graph, table: TableValues, array: str, name: str, part: Any) -> str:
    """Add the predictions of a `Part`, of shape (n_folds, n_samples, n_outputs), float64."""
    double, is_class = graph.of_dtype(np.float64), isinstance(part.targets, ClassLabels)
    if isinstance(part.models[0], Member):
        raw = _member_scores(graph, table, array, part.models)
    else:
        raw = fold_predictions(graph, table, array, name, part.models)
        raw = _log(double, raw) if is_class else raw
    if is_class:
        return _calibrate(double, raw, part.calibration)
    return _to_targets(double, raw, part.targets)


def _member_scores(graph: Graph, table: TableValues, array: str, members: Sequence[Member]) -> str:
    """Add the raw scores of all members.

    Members with the same number of inputs are computed together, in batched products of matrices.

    Parameters
    ----------
    graph : Graph
        The graph.
    table : TableValues
        The encoded table.
    array : str
        Result of `add_array`.
    members : sequence of Member
        The networks.

    Returns
    -------
    str
        Raw scores, of shape (n_members, n_samples, n_outputs), float64.
    """
    inputs = [each.inputs for each in members]
    features, positions = member_inputs(graph, table, array, table.layout.n_outputs, inputs)
    widths = np.array([len(each) for each in positions])
    order = np.argsort(widths, kind="stable")
    hidden = [
        _first_layers(graph, features, [positions[i] for i in group], [members[i] for i in group])
        for group in np.split(order, np.flatnonzero(np.diff(widths[order])) + 1)
    ]
    a = graph.concat(hidden, axis=0)
    if (np.diff(order) != 1).any():
        a = graph.gather(a, np.argsort(order), axis=0)
    activations = members[0].network.activations
    upper = _layers(members, slice(1, None))
    return graph.cast(forward(graph, a, upper, activations[1:]), np.float64)


def _first_layers(
    graph: Graph, features: str, positions: list[Positions], members: list[Member]
) -> str:
    """Add the outputs of the first layers of members with equally many inputs.

    Their shape is (n_members, n_samples, n_units).
    """
    same = all(np.array_equal(each, positions[0]) for each in positions)
    if same:
        x = graph.gather(features, positions[0][np.newaxis])
    else:
        x = graph.gather(features, np.stack(positions))
    x = graph.add("Transpose", x, perm=[1, 0, 2])  # from (n_samples, n_members, n_inputs)
    return forward(graph, x, _layers(members, slice(1)), members[0].network.activations[:1])


def _layers(members: Sequence[Member], which: slice) -> list[tuple[Any, Any]]:
    """Return the weights and biases of some layers, stacked over members."""
    layers = [each.network.layers(each.theta)[which] for each in members]
    return [
        (np.stack([W for W, _ in layer]), np.stack([b for _, b in layer])[:, np.newaxis])
        for layer in zip(*layers, strict=True)
    ]


# From raw scores to predictions, in float64.


def _calibrate(graph: Graph, raw: str, calibration: Calibration) -> str:
    """Add `Calibration.probabilities`, with classes along the last axis."""
    scores = graph.add("Div", raw, float(calibration.temperature))
    if calibration.floor > 0:
        log_p = graph.add("LogSoftmax", scores, axis=-1)
        above = graph.add("Sub", log_p, float(np.log(calibration.floor)))
        factor = log_logistic(graph, graph.add("Mul", above, 2.0))
        scores = graph.add("Add", log_p, factor)
    return graph.add("Softmax", scores, axis=-1)


def _log(graph: Graph, proba: str) -> str:
    """Add the logarithms of probabilities, all finite."""
    return graph.add("Log", graph.add("Max", proba, float(np.finfo(np.float64).tiny)))


def _mean(graph: Graph, members: str) -> str:
    """Add the mean over members, which are the first axis."""
    return graph.add("ReduceMean", members, axes=[0], keepdims=0)


def _to_targets(graph: Graph, raw: str, targets: Numbers) -> str:
    """Add the targets for raw scores of networks, or for predictions of standardized targets."""
    if targets.output == "exp":
        raw = graph.add("Exp", raw)
    y = graph.add("Mul", raw, np.asarray(targets.deviation, np.float64))
    y = graph.add("Add", y, np.asarray(targets.mean, np.float64))
    return _clip(graph, y, targets)


def _clip(graph: Graph, y: str, targets: Numbers) -> str:
    """Limit predictions to the range of the targets in `fit`."""
    y = graph.add("Max", y, np.asarray(targets.low, np.float64))
    return graph.add("Min", y, np.asarray(targets.high, np.float64))


def _add_classes(graph: Graph, proba: str, classes: Any) -> None:
    """Add the outputs of a classifier for probabilities, of shape (n_samples, n_classes)."""
    classes = np.asarray(classes)
    add_label(graph, graph.add("ArgMax", proba, axis=1, keepdims=0), classes)
    add_class_columns(graph, graph.cast(proba, np.float32), "probabilities", classes)


def _add_numbers(graph: Graph, y: str, targets: Numbers) -> None:
    """Add the output of a regressor for predictions, of shape (n_samples, n_outputs)."""
    shape = () if targets.one_column else (len(targets.low),)
    add_prediction(graph, graph.cast(y, np.float32), *shape)
