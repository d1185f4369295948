"""TabularEnsembleClassifier and TabularEnsembleRegressor as graphs of ONNX."""

from typing import Any

import numpy as np
from sklearn.base import is_classifier

from scratchmlp.io.onnx.folds import fold_predictions
from scratchmlp.io.onnx.graph import Graph
from scratchmlp.io.onnx.predictions import (
    add_classes,
    add_numbers,
    calibrate,
    clip,
    log,
    mean,
    to_targets,
)
from scratchmlp.io.onnx.table import TableValues, add_array, add_table
from scratchmlp.io.onnx.tabular import network_predictions
from scratchmlp.tabular.calibration import Calibration
from scratchmlp.tabular.ensemble import Part
from scratchmlp.tabular.mlp import BaseTabularMLP


def export_ensemble(graph: Graph, ensemble: Any) -> None:
    """Add a fitted ensemble, with its inputs and outputs."""
    table = add_table(graph, ensemble.encoder_)
    array, double = add_array(graph, table), graph.of_dtype(np.float64)
    weighted = [
        double.add("Mul", _part(graph, table, array, name, ensemble), float(weight))
        for name, weight in ensemble.weights_.items()
        if weight
    ]
    blend = weighted[0] if len(weighted) == 1 else double.add("Sum", *weighted)
    if not is_classifier(ensemble):
        add_numbers(double, mean(double, clip(double, blend, ensemble)), ensemble)
        return
    calibration = Calibration(ensemble.temperature_, ensemble.floor_)
    members = calibrate(double, log(double, blend), calibration)
    if ensemble._is_one_alone:
        proba = mean(double, members)
    else:
        proba = double.add("Softmax", mean(double, log(double, members)), axis=-1)
    add_classes(double, proba, ensemble.classes_)


def _part(graph: Graph, table: TableValues, array: str, name: str, ensemble: Any) -> str:
    """Add the predictions of one estimator, of shape (n_members, n_samples, n_outputs)."""
    part: Part = ensemble._parts[name]
    if isinstance(part.fitted, BaseTabularMLP):
        return network_predictions(graph, table, array, part.fitted)
    raw = fold_predictions(graph, table, array, name, part.fitted)
    double = graph.of_dtype(np.float64)
    if part.calibration:
        return calibrate(double, log(double, raw), part.calibration)
    return raw if is_classifier(ensemble) else to_targets(double, raw, ensemble)
