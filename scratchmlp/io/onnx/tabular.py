"""Encoders, TabularMLP* and TabularEnsemble* as graphs of ONNX."""

from collections import defaultdict
from collections.abc import Sequence
from itertools import chain
from typing import Any, assert_never

import numpy as np
from sklearn.base import is_classifier

from scratchmlp.io.onnx.encoded_table import TableValues, add_array, add_table
from scratchmlp.io.onnx.folds import add_linear, fold_predictions
from scratchmlp.io.onnx.graph import Graph, Value, concat
from scratchmlp.io.onnx.inputs import Positions, add_bins, bin_outputs, fold_inputs
from scratchmlp.io.onnx.layers import (
    add_class_columns,
    add_label,
    add_prediction,
    argmax,
    check_sizes,
    forward,
    log_logistic,
    softmax,
)
from scratchmlp.tabular.calibration import Calibration
from scratchmlp.tabular.columns.encoder import TabularEncoder
from scratchmlp.tabular.columns.numeric import CLIP
from scratchmlp.tabular.fitted_table import FittedTable, fitted_table
from scratchmlp.tabular.networks.member import Member
from scratchmlp.tabular.prediction import Blend
from scratchmlp.tabular.reading.values import LARGEST
from scratchmlp.tabular.targets import ClassTargets, NumericTargets


def export_encoder(graph: Graph, encoder: Any) -> None:
    """Add a fitted TabularEncoder or PiecewiseLinearEncoder, with its inputs and its output."""
    n_outputs = len(encoder.get_feature_names_out())
    graph.add_output(encode(graph, encoder), "encoded", n_outputs)


def encode(graph: Graph, encoder: Any) -> Value:
    """Add a fitted encoder and its inputs, and return its output, float32."""
    if isinstance(encoder, TabularEncoder):
        return add_array(add_table(graph, encoder))
    outputs = bin_outputs(encoder, range(encoder.n_features_in_))
    if not len(outputs):
        raise ValueError("No column has bins, so the model would have no outputs.")
    x = graph.add_input("X", np.float64, encoder.n_features_in_, "numbers; NaN if missing")
    missing = np.isnan(x)
    value, order = add_bins(x.mask(missing, 0).clip(-LARGEST, LARGEST), outputs)
    return value.take(order).mask(missing.take(outputs[:, 0]), 0)


def export_linear(graph: Graph, linear: Any, x: Value) -> None:
    """Add a fitted LogisticRegression or Ridge for encoded rows `x`, with its outputs."""
    y = add_linear(linear, x)
    if is_classifier(linear):
        _add_classes(y, linear.classes_)
    else:
        W, b = np.atleast_2d(linear.coef_), np.atleast_1d(linear.intercept_)
        check_sizes(abs(b) + CLIP * abs(W).sum(axis=1, dtype=np.float64))
        add_prediction(y.astype(np.float32), *linear.coef_.shape[:-1])


def export_blend(graph: Graph, estimator: Any) -> None:
    """Add a fitted TabularMLP* or TabularEnsemble*, with its inputs and outputs.

    The nodes are those of `Blend.predict`, for all folds at once.
    """
    fitted: FittedTable = fitted_table(estimator)
    table, blend = add_table(graph, fitted.encoder), fitted.blend
    array = add_array(table)
    weights = _weights(table, blend)
    first, *others = [
        _part(table, array, name, part) * weights[name] for name, part in blend.parts.items()
    ]
    folds = first.apply("Sum", *others) if others else first
    shares = _shares(table, blend)
    calibration: Any = blend.calibration  # None for numbers
    match blend.targets:
        case NumericTargets() as targets:
            _add_numbers(_mean(_clip(folds, targets), shares), targets)
        case ClassTargets(classes) if others:
            logs = _log(_calibrate(_log(folds), calibration, len(classes)))
            _add_classes(softmax(_mean(logs, shares)), classes)
        case ClassTargets(classes):
            _add_classes(_mean(folds, shares), classes)
        case _:
            assert_never(blend.targets)


def _weights(table: TableValues, blend: Blend) -> dict[str, Any]:
    """Return the weights of the parts, of shape (n_samples, 1) if they depend on the row."""
    unseen, entities = blend.weights_unseen, table.layout.known_entities.values()
    if unseen is None or table.codes is None:
        return blend.weights
    codes = table.codes.take([each.place.codes[0] for each in entities])
    is_unknown = codes.apply("ReduceMin", axes=[1], keepdims=1) <= -1
    return {
        name: codes.graph.constant(np.array(known)).mask(is_unknown, unseen[name])
        for name, known in blend.weights.items()
    }


def _shares(table: TableValues, blend: Blend) -> Value | None:
    """Add `NewEntities.weights_of`, of shape (n_folds, n_samples, 1); None if all are equal."""
    new = blend.new_entities
    if new is None or table.codes is None:
        return None
    codes = table.codes.take(table.layout.columns[new.column].place.codes[0])
    fold = codes.graph.constant(new.folds).take(codes, axis=0).apply("Unsqueeze", np.array([0, 2]))
    is_new = fold == np.arange(blend.n_folds)[:, np.newaxis, np.newaxis]
    knows = 1.0 - is_new.astype(np.float64)
    return knows / knows.apply("ReduceSum", np.array([0]), keepdims=1)


def _part(table: TableValues, array: Value, name: str, part: Any) -> Value:
    """Add the predictions of a `Part`, of shape (n_folds, n_samples, n_outputs), float64."""
    are_networks = isinstance(part.models[0], Member)
    if are_networks:
        scores = _member_scores(table, array, part.models)
    else:
        scores = fold_predictions(table, array, name, part.models)
    if isinstance(part.targets, NumericTargets):
        return _to_targets(scores, part.targets)
    raw, n_classes = scores if are_networks else _log(scores), len(part.targets.classes)
    return _calibrate(raw, part.calibration, n_classes)


def _member_scores(table: TableValues, array: Value, members: Sequence[Member]) -> Value:
    """Add the raw scores of all members.

    Members of the same layer sizes are computed together, in batched products of matrices.

    Parameters
    ----------
    table : TableValues
        The encoded table.
    array : Value
        Result of `add_array`.
    members : sequence of Member
        The networks.

    Returns
    -------
    Value
        Raw scores, of shape (n_members, n_samples, n_outputs), float64.
    """
    inputs = [each.inputs for each in members]
    widths = [each.network.sizes[0] for each in members]
    features, positions = fold_inputs(table, array, table.layout.n_outputs, inputs, widths)
    groups: dict[Any, list[int]] = defaultdict(list)
    for number, member in enumerate(members):
        groups[member.network.sizes].append(number)
    scores = concat(
        [
            _alike_scores(features, [positions[i] for i in group], [members[i] for i in group])
            for group in groups.values()
        ],
        axis=0,
    )
    order = [*chain.from_iterable(groups.values())]
    return scores if order == sorted(order) else scores.take(np.argsort(order), axis=0)


def _alike_scores(features: Value, positions: list[Positions], members: list[Member]) -> Value:
    """Add the raw scores of members of the same layer sizes."""
    same = all(np.array_equal(each, positions[0]) for each in positions)
    x = features.take(np.stack(positions[:1] if same else positions))
    x = x.apply("Transpose", perm=[1, 0, 2])  # from (n_samples, n_members, n_inputs)
    return forward(x, _layers(members), members[0].network.activations).astype(np.float64)


def _layers(members: Sequence[Member]) -> list[tuple[Any, Any]]:
    """Return the weights and biases of the layers, stacked over members."""
    layers = [each.network.layers(each.theta) for each in members]
    return [
        (np.stack([W for W, _ in layer]), np.stack([b for _, b in layer])[:, np.newaxis])
        for layer in zip(*layers, strict=True)
    ]


# From raw scores to predictions, in float64.


def _calibrate(raw: Value, calibration: Calibration, n_classes: int) -> Value:
    """Return `Calibration.probabilities`, with classes along the last axis."""
    scores = raw / calibration.temperature
    if calibration.floor > 0:
        log_p = scores.apply("LogSoftmax", axis=-1)
        scores = log_p + log_logistic((log_p - np.log(calibration.floor)) * 2)
    uniform = calibration.uniform_share / n_classes
    return softmax(scores) * (1.0 - calibration.uniform_share) + uniform


def _log(proba: Value) -> Value:
    """Return the logarithms of probabilities, all finite."""
    return np.log(proba.at_least(np.finfo(np.float64).tiny))


def _mean(folds: Value, shares: Value | None) -> Value:
    """Return the mean over folds, which are the first axis, weighted if there are shares."""
    if shares is None:
        return folds.apply("ReduceMean", axes=[0], keepdims=0)
    return (folds * shares).apply("ReduceSum", np.array([0]), keepdims=0)


def _to_targets(raw: Value, targets: NumericTargets) -> Value:
    """Return the targets for raw scores of networks, or for predictions of encoded targets."""
    y = np.exp(raw) if targets.output == "exp" else raw
    return _clip(y * targets.deviation + targets.mean, targets)


def _clip(y: Value, targets: NumericTargets) -> Value:
    """Limit predictions to the range of the targets in `fit`."""
    return y.at_least(targets.low).at_most(targets.high)


def _add_classes(proba: Value, classes: Any) -> None:
    """Add the outputs of a classifier for probabilities, of shape (n_samples, n_classes)."""
    classes = np.asarray(classes)
    add_label(argmax(proba), classes)
    add_class_columns(proba.astype(np.float32), "probabilities", classes)


def _add_numbers(y: Value, targets: NumericTargets) -> None:
    """Add the output of a regressor for predictions, of shape (n_samples, n_outputs)."""
    check_sizes(np.maximum(abs(targets.low), abs(targets.high)))
    add_prediction(y.astype(np.float32), *(() if targets.one_column else targets.low.shape))
