"""The batches of several networks that train together."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scratchmlp.arrays import FloatArray
from scratchmlp.batches import Data, epoch_slices
from scratchmlp.run import Run
from scratchmlp.solvers import Descent


class StackedBatches:
    """The batches of several networks; see `Batches`.

    Parameters
    ----------
    data : sequence of Data
        Training rows of each network: equal numbers of them, with equal `class_targets`.
    runs : sequence of Run
        State of training of each network, which shuffles its rows.
    solver : Descent
        Batch size, and whether rows are shuffled.

    Attributes
    ----------
    n_rows : int
        Number of rows in an epoch.
    slices : list of slice
        The rows of each batch, in the order of the epoch.
    """

    def __init__(self, data: Sequence[Data], runs: Sequence[Run], solver: Descent) -> None:
        n_rows = len(data[0].X)
        self.slices = epoch_slices(n_rows, solver.batch_size, drop_last=solver.drop_last)
        self.n_rows = self.slices[-1].stop
        self.is_whole = self.slices == [slice(0, n_rows)]
        self.runs = list(runs) if solver.shuffle else None
        self.class_targets = data[0].class_targets
        distinct = {id(each.X): each.X for each in data}  # networks may share their inputs
        starts = dict(zip(distinct, range(0, len(distinct) * n_rows, n_rows), strict=True))
        self.X = np.concatenate(list(distinct.values()))
        self.rows = np.array([[starts[id(each.X)]] for each in data]) + np.arange(n_rows)
        self.Y = np.stack([each.Y for each in data])
        weights = [each.sample_weight for each in data]
        self.weight = None if weights[0] is None else np.stack(weights)  # type: ignore[arg-type]
        self._whole: Any = None

    def keep(self, kept: list[int]) -> None:
        """Drop other networks."""
        self.rows, self.Y = self.rows[kept], self.Y[kept]
        self.weight = None if self.weight is None else self.weight[kept]
        self.runs = self.runs and [self.runs[i] for i in kept]
        self._whole = None

    def epoch(self) -> Iterator[tuple[FloatArray, FloatArray, FloatArray | None]]:
        """Yield inputs, of shape (n_networks, n_features, n_rows), targets and weights."""
        if self.is_whole:
            if self._whole is None:
                self._whole = self._batch(np.arange(self.n_rows)[np.newaxis])
            yield self._whole
            return
        n_rows = self.rows.shape[1]
        order = np.arange(n_rows)[np.newaxis]
        if self.runs:
            order = np.stack([run.shuffle(n_rows) for run in self.runs])
        for batch in self.slices:
            yield self._batch(order[:, batch])

    def _batch(self, order: NDArray[np.intp]) -> tuple[FloatArray, FloatArray, FloatArray | None]:
        """Select rows by number."""
        X = self.X.take(np.take_along_axis(self.rows, order, axis=1), axis=0).mT
        if self.class_targets is None:
            Y = np.take_along_axis(self.Y, order[:, :, np.newaxis], axis=1).mT
        else:
            classes = np.take_along_axis(self.Y, order, axis=1)
            Y = self.class_targets.take(classes, axis=1).swapaxes(0, 1)
        weight = None if self.weight is None else np.take_along_axis(self.weight, order, axis=1)
        return (np.ascontiguousarray(X) if self.is_whole else X), np.ascontiguousarray(Y), weight
