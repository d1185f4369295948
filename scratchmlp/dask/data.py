"""Training rows on a cluster, and the batches of an epoch."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import DTypeLike, NDArray

from scratchmlp.arrays import FloatArray
from scratchmlp.batches import Batches, Data, sampled
from scratchmlp.dask.parts import Parts, by_part
from scratchmlp.dask.pieces import Piece
from scratchmlp.dask.rounds import task


class ClusterBatch(NamedTuple):
    """Rows of a batch, by their numbers.

    Attributes
    ----------
    n_rows : int
        Number of rows.
    parts : list of tuple
        Number of a piece, and which of its rows the batch has: a slice, an array of row numbers, or
        None for all.
    """

    n_rows: int
    parts: list[tuple[int, Any]]


class ClusterData(Parts):
    """Rows to train or validate on that stay on the cluster.

    Its parts are pieces, `scratchmlp.dask.pieces.Piece`.
    """

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return len(self)

    @property
    def total_weight(self) -> float:
        """Sum of the weights."""
        return sum(summary.weight for summary in self.summaries)

    @property
    def mean_weight(self) -> float:
        """Mean of the weights."""
        return self.total_weight / self.n_rows

    def batches(self, batch_size: int, *, drop_last: bool = False) -> "ClusterBatches":
        """Return the batches of an epoch: see `scratchmlp.batches.Batches`."""
        return ClusterBatches(self, batch_size, drop_last=drop_last)

    def as_batch(self, dtype: DTypeLike | None = None) -> ClusterBatch:
        """Return all rows as one batch. Workers convert the inputs to the type of theta."""
        return self.successive(slice(0, self.n_rows))

    def batch(self, rows: NDArray[np.intp]) -> ClusterBatch:
        """Return a batch of some rows. Each piece takes its rows in ascending order."""
        pieces = by_part(np.sort(rows), self.starts)
        return ClusterBatch(len(rows), [(i, _compact(own)) for i, own in pieces])

    def successive(self, rows: slice) -> ClusterBatch:
        """Return a batch of successive rows, without a list of their numbers."""
        parts: list[tuple[int, Any]] = []
        for i, (start, stop) in enumerate(pairwise(self.starts.tolist())):
            first, end = max(rows.start, start) - start, min(rows.stop, stop) - start
            if first < end:
                parts.append((i, None if end - first == stop - start else slice(first, end)))
        return ClusterBatch(rows.stop - rows.start, parts)

    def extremes(self) -> tuple[FloatArray, FloatArray]:
        """Return the smallest and the largest value of each column of X."""
        found = self.rounds.get_all(task(_extremes, piece) for piece in self.futures)
        low, high = zip(*found, strict=True)
        return np.min(low, axis=0), np.max(high, axis=0)

    def sample(self, n_rows: int) -> Data:
        """Bring up to `n_rows` rows to the driver: see `scratchmlp.batches.Data.sample`."""
        parts = self.batch(sampled(self.n_rows, n_rows)).parts
        found = self.rounds.get_all(task(Piece.take, self.futures[i], rows) for i, rows in parts)
        return Data(
            np.concatenate([part.X for part in found]),
            np.concatenate([part.Y for part in found]),
            joined_weights([part.sample_weight for part in found]),
            found[0].class_targets,
        )


class ClusterBatches(Batches):
    """The batches of an epoch on a cluster: `ClusterBatch` of the rows of all pieces together."""

    def successive(self, rows: slice) -> ClusterBatch:
        """Return a batch of successive rows."""
        return self.data.successive(rows)

    def gathered(self, index: NDArray[np.intp]) -> ClusterBatch:
        """Return a batch of some rows."""
        return self.data.batch(index)


def _extremes(piece: Piece) -> tuple[FloatArray, FloatArray]:
    return piece.data.extremes()


def _compact(rows: NDArray[np.intp]) -> NDArray[np.unsignedinteger]:
    """Return row numbers in ascending order in the smallest type, because they are sent."""
    return rows.astype(np.min_scalar_type(rows[-1]))


def joined_weights(weights: Sequence[Any]) -> Any:
    """Join the weights of several pieces. None, which all of them are then, stays None."""
    return None if weights[0] is None else np.concatenate(weights)
