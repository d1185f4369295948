"""The inputs of the members of an ensemble, as nodes of ONNX.

The members share most of their inputs. What they do not share, such as bins, is computed for all
members at the same time. Each member then selects its own inputs.
"""

from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from scratchmlp.io.onnx.graph import Graph
from scratchmlp.io.onnx.table import TableValues
from scratchmlp.tabular.columns import Floats
from scratchmlp.tabular.inputs import Inputs
from scratchmlp.tabular.piecewise import PiecewiseLinearEncoder
from scratchmlp.tabular.target_encoding import TargetEncoding

Positions = NDArray[np.intp]


class Features:
    """Values of a graph that members select from.

    Parameters
    ----------
    graph : Graph
        The graph.
    shared : str
        Values that all members have, of shape (n_samples, n_shared), float32.
    n_shared : int
        Number of these.
    """

    def __init__(self, graph: Graph, shared: str, n_shared: int) -> None:
        self.graph = graph
        self._parts = [shared]
        self._n = n_shared

    def append(self, value: str, n_columns: int) -> Positions:
        """Append values, and return their positions."""
        self._parts.append(value)
        self._n += n_columns
        return np.arange(self._n - n_columns, self._n)

    def array(self) -> str:
        """Return all values, of shape (n_samples, n_features)."""
        return self.graph.concat(self._parts)


def member_inputs(
    graph: Graph, table: TableValues, shared: str, n_shared: int, members: Sequence[Inputs]
) -> tuple[str, list[Positions]]:
    """Add the inputs of all members.

    Parameters
    ----------
    graph : Graph
        The graph.
    table : TableValues
        The encoded table.
    shared : str
        The first inputs of each member, of shape (n_samples, n_shared), float32.
    n_shared : int
        Number of these.
    members : sequence of Inputs
        The fitted inputs of each member.

    Returns
    -------
    features : str
        Values of shape (n_samples, n_features), float32.
    positions : list of ndarray of int
        Which of them are the inputs of each member, in the order of `Inputs.of`.
    """
    features = Features(graph, shared, n_shared)
    positions = [[np.arange(n_shared)] for _ in members]
    adders: list[Callable[[Features, TableValues, Sequence[Inputs]], list[Positions]]] = [
        _add_target_encodings,
        _add_bins,
        _add_logarithms,
    ]
    for add in adders:
        for own, added in zip(positions, add(features, table, members), strict=True):
            own.append(added)
    return features.array(), [np.concatenate(own) for own in positions]


def _none(members: Sequence[Inputs]) -> list[Positions]:
    return [np.array([], np.intp) for _ in members]


def _add_target_encodings(
    features: Features, table: TableValues, members: Sequence[Inputs]
) -> list[Positions]:
    """Add `TargetEncoding.transform` of all members."""
    positions, graph = _none(members), features.graph
    # Only text has other supervised encodings, and tables with text are refused.
    supervised = [each for member in members for each in member.supervised]
    encodings = [each.tables for each in supervised if isinstance(each, TargetEncoding)]
    if not encodings:
        return positions
    for number, column in enumerate(table.layout.many):
        tables = [each[number] for each in encodings]
        assert table.codes is not None
        codes = graph.add("Gather", table.codes, np.array(column, np.int64), axis=1)
        widths = [each.shape[1] for each in tables]
        found = features.append(
            graph.add("Gather", np.hstack(tables).astype(np.float32), codes, axis=0), sum(widths)
        )
        parts = np.split(found, np.cumsum(widths)[:-1])
        positions = [np.append(own, new) for own, new in zip(positions, parts, strict=True)]
    return positions


def _add_bins(features: Features, table: TableValues, members: Sequence[Inputs]) -> list[Positions]:
    """Add `Bins.transform` of all members."""
    found = [_member_bins(each) for each in members]
    outputs = np.concatenate(found)
    if not len(outputs):
        return _none(members)
    assert table.numbers is not None
    numbers = features.graph.cast(table.numbers, np.float64)
    value, order = add_bins(features.graph, numbers, outputs)
    positions = features.append(value, len(outputs))[order]
    return np.split(positions, np.cumsum([len(each) for each in found])[:-1])


def _member_bins(inputs: Inputs) -> Floats:
    """Return the outputs of the bins of a member; see `bin_outputs`."""
    if inputs.bins is None:
        return np.empty((0, 3))
    return bin_outputs(inputs.bins.encoder, inputs.bins.columns)


def bin_outputs(encoder: PiecewiseLinearEncoder, columns: Iterable[int]) -> Floats:
    """Return what describes the outputs of bins.

    Parameters
    ----------
    encoder : PiecewiseLinearEncoder
        The fitted encoder.
    columns : iterable of int
        Where its columns are.

    Returns
    -------
    ndarray of shape (n_outputs, 3)
        The column, the lower edge and the width of each output. The width of a step is NaN.
    """
    rows: list[tuple[float, float, float]] = []
    for column, edges, encoding in zip(
        columns, encoder.bin_edges_, encoder.encodings_, strict=True
    ):
        if encoding in ("linear", "both"):
            rows += [(column, low, high - low) for low, high in pairwise(edges)]
        if encoding in ("steps", "both"):
            rows += [(column, edge, np.nan) for edge in edges[1:-1]]
    return np.reshape(rows, (-1, 3)).astype(np.float64)


def add_bins(graph: Graph, numbers: str, outputs: Floats) -> tuple[str, Positions]:
    """Add the outputs of bins for numbers that are not missing.

    Bins are computed in float64: they can be so narrow that rounding errors would move numbers into
    other bins.

    Parameters
    ----------
    graph : Graph
        The graph.
    numbers : str
        Numbers of shape (n_samples, n_columns), float64.
    outputs : ndarray of shape (n_outputs, 3)
        Result of `bin_outputs`, of which at least one.

    Returns
    -------
    value : str
        Values of shape (n_samples, n_outputs), float32.
    order : ndarray of int
        Where the outputs are among these.
    """
    double, (column, low, width) = graph.of_dtype(np.float64), outputs.T
    is_step, parts = np.isnan(width), []
    if not is_step.all():
        linear = ~is_step
        x = double.gather(numbers, column[linear])
        x = double.scale(x, low[None, linear], width[None, linear])
        parts.append(double.cast(double.add("Clip", x, 0.0, 1.0), np.float32))
    if is_step.any():
        x = double.gather(numbers, column[is_step])
        parts.append(double.cast(double.add("GreaterOrEqual", x, low[None, is_step]), np.float32))
    return graph.concat(parts), np.argsort(np.argsort(is_step, kind="stable"))


def _add_logarithms(
    features: Features, table: TableValues, members: Sequence[Inputs]
) -> list[Positions]:
    """Add `Logarithms.transform` of all members."""
    chosen = [each.logarithms for each in members]
    counts = [0 if each is None else len(each.outputs) for each in chosen]
    if not sum(counts):
        return _none(members)
    known = [each for each in chosen if each is not None]
    outputs, scales, widths = (
        np.concatenate([getattr(each, name) for each in known])
        for name in ("outputs", "scales", "widths")
    )
    assert table.numbers is not None
    graph = features.graph.of_dtype(np.float64)
    numbers = graph.cast(table.numbers, np.float64)
    z = graph.gather(numbers, np.searchsorted(table.layout.numbers, outputs))
    third = graph.add("Div", z, 3.0)
    left = graph.add("Max", graph.add("Sub", 1.0, graph.add("Mul", third, third)), 1e-6)
    z = graph.add("Div", graph.add("Mul", z, scales[None]), graph.add("Sqrt", left))
    relative = graph.add("Max", graph.add("Add", z, 1.0), 1e-3)
    logarithms = graph.add("Div", graph.add("Log", relative), widths[None])
    found = features.append(graph.cast(logarithms, np.float32), len(outputs))
    return np.split(found, np.cumsum(counts)[:-1])
