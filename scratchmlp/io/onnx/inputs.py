"""The inputs of the members of an ensemble, as nodes of ONNX.

The members share most of their inputs. What they do not share, such as bins, is computed for all
members at the same time. Each member then selects its own inputs.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from scratchmlp.io.onnx.encoded_table import TableValues
from scratchmlp.io.onnx.graph import Graph
from scratchmlp.tabular.columns.numeric import CLIP
from scratchmlp.tabular.inputs.inputs import Inputs
from scratchmlp.tabular.inputs.logarithms import LEAST, LEAST_LEFT
from scratchmlp.tabular.inputs.piecewise import PiecewiseLinearEncoder
from scratchmlp.tabular.inputs.target_encoding import TargetEncoding
from scratchmlp.tabular.reading.values import Floats

Positions = NDArray[np.intp]


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
        Which of them are the inputs of each member, in the order of `Inputs.array`.
    """
    parts, n_features = [shared], n_shared
    positions = [[np.arange(n_shared)] for _ in members]
    for add in (_target_encodings, _bins, _logarithms):
        for value, added in add(graph, table, members):
            parts.append(value)
            for own, new in zip(positions, added, strict=True):
                own.append(n_features + new)
            n_features += sum(map(len, added))
    return graph.concat(parts), [np.concatenate(own) for own in positions]


# Each of these functions adds values, and says which columns of them are inputs of each member.


def _target_encodings(
    graph: Graph, table: TableValues, members: Sequence[Inputs]
) -> Iterator[tuple[str, list[Positions]]]:
    """Add `TargetEncoding.transform` of all members, for one column after the other."""
    # Only text has other supervised encodings, and tables with text are refused.
    supervised = [each for member in members for each in member.supervised]
    encodings = [each.tables for each in supervised if isinstance(each, TargetEncoding)]
    if not encodings:
        return
    for number, column in enumerate(table.layout.coded_as("many")):
        tables = [each[number] for each in encodings]
        assert table.codes is not None
        codes = graph.add("Gather", table.codes, np.array(column.place.codes[0]), axis=1)
        value = graph.add("Gather", np.hstack(tables).astype(np.float32), codes, axis=0)
        widths = [each.shape[1] for each in tables]
        yield value, _divided(np.arange(sum(widths)), widths)


def _bins(
    graph: Graph, table: TableValues, members: Sequence[Inputs]
) -> Iterator[tuple[str, list[Positions]]]:
    """Add `Bins.transform` of all members."""
    found = [_member_bins(each) for each in members]
    outputs = np.concatenate(found)
    if not len(outputs):
        return
    assert table.imputed is not None
    value, order = add_bins(graph, graph.cast(table.imputed, np.float64), outputs)
    yield value, _divided(order, [len(each) for each in found])


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


def _logarithms(
    graph: Graph, table: TableValues, members: Sequence[Inputs]
) -> Iterator[tuple[str, list[Positions]]]:
    """Add `Logarithms.transform` of all members."""
    chosen = [each.logarithms for each in members]
    counts = [0 if each is None else len(each.columns) for each in chosen]
    if not sum(counts):
        return
    known = [each for each in chosen if each is not None]
    columns, scales, widths = map(np.concatenate, zip(*known, strict=True))
    assert table.imputed is not None
    double = graph.of_dtype(np.float64)
    z = double.gather(double.cast(table.imputed, np.float64), columns)
    third = double.add("Div", z, CLIP)
    left = double.add("Sub", 1.0, double.add("Mul", third, third))
    left = double.add("Max", left, LEAST_LEFT)
    z = double.add("Div", double.add("Mul", z, scales[None]), double.add("Sqrt", left))
    relative = double.add("Max", double.add("Add", z, 1.0), LEAST)
    logarithms = double.add("Div", double.add("Log", relative), widths[None])
    yield double.cast(logarithms, np.float32), _divided(np.arange(sum(counts)), counts)


def _divided(positions: Positions, counts: Sequence[int]) -> list[Positions]:
    """Divide positions by members."""
    return np.split(positions, np.cumsum(counts)[:-1])
