"""The inputs of the models of all folds, as nodes of ONNX.

The folds share most of their inputs. What they do not share, such as bins, is computed for all
folds at the same time. The model of each fold then selects its own inputs.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from scratchmlp.io.onnx.encoded_table import TableValues
from scratchmlp.io.onnx.graph import Value, concat, scaled
from scratchmlp.tabular.inputs.inputs import Inputs
from scratchmlp.tabular.inputs.logarithms import scaled_logarithms
from scratchmlp.tabular.inputs.piecewise import PiecewiseLinearEncoder
from scratchmlp.tabular.inputs.target_encoding import TargetEncoding
from scratchmlp.tabular.reading.values import Floats

Positions = NDArray[np.intp]


def fold_inputs(
    table: TableValues,
    shared: Value,
    n_shared: int,
    folds: Sequence[Inputs],
    widths: Sequence[int],
) -> tuple[Value, list[Positions]]:
    """Add the inputs of the models of all folds.

    Parameters
    ----------
    table : TableValues
        The encoded table.
    shared : Value
        The first inputs of each fold, of shape (n_samples, n_shared), float32.
    n_shared : int
        Number of these.
    folds : sequence of Inputs
        The fitted inputs of each fold.
    widths : sequence of int
        Number of inputs of the model of each fold.

    Returns
    -------
    features : Value
        Values of shape (n_samples, n_features), float32.
    positions : list of ndarray of int
        Which of them are the inputs of each fold, in the order of `Inputs.array`.

    Raises
    ------
    ValueError
        If something that `Inputs.array` appends has no nodes here.
    """
    parts, n_features = [shared], n_shared
    positions = [[np.arange(n_shared)] for _ in folds]
    for add in (_target_encodings, _bins, _logarithms):
        for value, added in add(table, folds):
            parts.append(value)
            for own, new in zip(positions, added, strict=True):
                own.append(n_features + new)
            n_features += sum(map(len, added))
    inputs = [np.concatenate(own) for own in positions]
    for n_added, width in zip(map(len, inputs), widths, strict=True):
        if n_added != width:
            raise ValueError(
                f"The model of a fold has {width} inputs, but there are ONNX nodes for {n_added}. "
                "Each input that Inputs.array appends needs nodes in scratchmlp/io/onnx/inputs.py."
            )
    return concat(parts), inputs


# Each of these functions adds values, and says which columns of them are inputs of each fold.


def _target_encodings(
    table: TableValues, folds: Sequence[Inputs]
) -> Iterator[tuple[Value, list[Positions]]]:
    """Add `TargetEncoding.transform` of all folds, for one column after the other."""
    # Only text has other supervised encodings, and tables with text are refused.
    supervised = [each for inputs in folds for each in inputs.supervised]
    encodings = [each.tables for each in supervised if isinstance(each, TargetEncoding)]
    if not encodings:
        return
    for number, column in enumerate(table.layout.coded_as("many")):
        tables = [each[number] for each in encodings]
        assert table.codes is not None
        encoded = table.codes.graph.constant(np.hstack(tables).astype(np.float32))
        value = encoded.take(table.codes.take(column.place.codes[0]), axis=0)
        widths = [each.shape[1] for each in tables]
        yield value, _divided(np.arange(sum(widths)), widths)


def _bins(table: TableValues, folds: Sequence[Inputs]) -> Iterator[tuple[Value, list[Positions]]]:
    """Add `Bins.transform` of all folds."""
    found = [
        bin_outputs(each.bins.encoder, each.bins.columns) if each.bins else np.empty((0, 3))
        for each in folds
    ]
    outputs = np.concatenate(found)
    if not len(outputs):
        return
    assert table.imputed is not None
    value, order = add_bins(table.imputed.astype(np.float64), outputs)
    yield value, _divided(order, [len(each) for each in found])


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


def add_bins(numbers: Value, outputs: Floats) -> tuple[Value, Positions]:
    """Add the outputs of bins for numbers that are not missing.

    Bins are computed in float64: they can be so narrow that rounding errors would move numbers into
    other bins.

    Parameters
    ----------
    numbers : Value
        Numbers of shape (n_samples, n_columns), float64.
    outputs : ndarray of shape (n_outputs, 3)
        Result of `bin_outputs`, of which at least one.

    Returns
    -------
    value : Value
        Values of shape (n_samples, n_outputs), float32.
    order : ndarray of int
        Where the outputs are among these.
    """
    is_step, parts = np.isnan(outputs[:, 2]), []
    if not is_step.all():
        column, low, width = outputs[~is_step].T
        x = scaled(numbers.take(column), low[np.newaxis], width[np.newaxis])
        parts.append(x.clip(0, 1).astype(np.float32))
    if is_step.any():
        column, edge, _ = outputs[is_step].T
        parts.append((numbers.take(column) >= edge[np.newaxis]).astype(np.float32))
    return concat(parts), np.argsort(np.argsort(is_step, kind="stable"))


def _logarithms(
    table: TableValues, folds: Sequence[Inputs]
) -> Iterator[tuple[Value, list[Positions]]]:
    """Add `Logarithms.transform` of all folds."""
    chosen = [each.logarithms for each in folds]
    counts = [0 if each is None else len(each.columns) for each in chosen]
    if not sum(counts):
        return
    known = [each for each in chosen if each is not None]
    columns, scales, widths = map(np.concatenate, zip(*known, strict=True))
    assert table.imputed is not None
    z = table.imputed.astype(np.float64).take(columns)
    logarithms = scaled_logarithms(z, scales[np.newaxis], widths[np.newaxis])
    yield logarithms.astype(np.float32), _divided(np.arange(sum(counts)), counts)


def _divided(positions: Positions, counts: Sequence[int]) -> list[Positions]:
    """Divide positions by folds."""
    return np.split(positions, np.cumsum(counts)[:-1])
