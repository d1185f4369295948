"""Encoders, TabularMLPClassifier and TabularMLPRegressor as graphs of ONNX."""

from typing import Any

import numpy as np
from sklearn.base import is_classifier

from scratchmlp.io.onnx.graph import Graph
from scratchmlp.io.onnx.inputs import add_bins, bin_outputs
from scratchmlp.io.onnx.members import member_scores
from scratchmlp.io.onnx.predictions import add_classes, add_numbers, calibrate, mean, to_targets
from scratchmlp.io.onnx.table import TableValues, add_array, add_table
from scratchmlp.tabular.calibration import Calibration
from scratchmlp.tabular.columns import LARGEST
from scratchmlp.tabular.encoder import TabularEncoder


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


def export_networks(graph: Graph, networks: Any) -> None:
    """Add a fitted TabularMLPClassifier or TabularMLPRegressor, with its inputs and outputs."""
    table = add_table(graph, networks.encoder_)
    members = network_predictions(graph, table, add_array(graph, table), networks)
    average = mean(graph.of_dtype(np.float64), members)
    if is_classifier(networks):
        add_classes(graph, average, networks.classes_)
    else:
        add_numbers(graph, average, networks)


def network_predictions(graph: Graph, table: TableValues, array: str, networks: Any) -> str:
    """Add the calibrated probabilities, or the predicted targets, of all members.

    Parameters
    ----------
    graph : Graph
        The graph.
    table : TableValues
        The encoded table.
    array : str
        Result of `add_array`.
    networks : TabularMLPClassifier or TabularMLPRegressor
        The fitted networks.

    Returns
    -------
    str
        Predictions, of shape (n_members, n_samples, n_outputs), float64.
    """
    raw, double = member_scores(graph, table, array, networks.members_), graph.of_dtype(np.float64)
    if is_classifier(networks):
        return calibrate(double, raw, Calibration(networks.temperature_, networks.floor_))
    return to_targets(double, raw, networks)
