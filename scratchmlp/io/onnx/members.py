"""The networks of TabularMLPClassifier and TabularMLPRegressor as nodes of ONNX."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from scratchmlp.io.onnx.graph import Graph
from scratchmlp.io.onnx.inputs import Positions, member_inputs
from scratchmlp.io.onnx.outputs import forward
from scratchmlp.io.onnx.table import TableValues
from scratchmlp.tabular.member import Member


def member_scores(graph: Graph, table: TableValues, array: str, members: Sequence[Member]) -> str:
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
