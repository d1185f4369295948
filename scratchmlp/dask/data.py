"""Training rows on a cluster, and the batches of an epoch."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from distributed import Future
from numpy.typing import DTypeLike, NDArray

from scratchmlp.arrays import FloatArray
from scratchmlp.batches import Batches, Data, sampled
from scratchmlp.dask.pieces import Piece, PieceSummary
from scratchmlp.dask.rounds import Rounds, task


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


@dataclass(eq=False)
class ClusterData:
    """Rows to train or validate on that stay on the cluster.

    The rows have a global order: those of the first piece, then those of the second, and so on.

    Parameters
    ----------
    rounds : Rounds
        The rounds of the fit.
    pieces : sequence of Future
        The pieces: `scratchmlp.dask.pieces.Piece` with at least one row.
    summaries : sequence of PieceSummary
        Their summaries.

    Attributes
    ----------
    starts : ndarray of shape (n_pieces + 1,)
        Number of the first row of each piece, and the number of all rows.
    """

    rounds: Rounds
    pieces: Sequence[Future]
    summaries: Sequence[PieceSummary]

    def __post_init__(self) -> None:
        self.starts = np.cumsum([0, *(summary.n_rows for summary in self.summaries)])

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return int(self.starts[-1])

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
        pieces = by_piece(np.sort(rows), self.starts)
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
        found = self.rounds.get_all(task(_extremes, piece) for piece in self.pieces)
        low, high = zip(*found, strict=True)
        return np.min(low, axis=0), np.max(high, axis=0)

    def sample(self, n_rows: int) -> Data:
        """Bring up to `n_rows` rows to the driver: see `scratchmlp.batches.Data.sample`."""
        parts = self.batch(sampled(self.n_rows, n_rows)).parts
        found = self.rounds.get_all(task(Piece.take, self.pieces[i], rows) for i, rows in parts)
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


def by_piece(
    rows: NDArray[np.intp], starts: NDArray[np.intp]
) -> list[tuple[int, NDArray[np.intp]]]:
    """Divide row numbers in ascending order by the pieces that the rows are in.

    Parameters
    ----------
    rows : ndarray of int
        Row numbers.
    starts : ndarray of shape (n_pieces + 1,)
        Number of the first row of each piece, and the number of all rows.

    Returns
    -------
    list of tuple of (int, ndarray of int)
        Number of a piece that has any of the rows, and their numbers within it.

    Examples
    --------
    >>> import numpy as np
    >>> from scratchmlp.dask.data import by_piece
    >>> by_piece(np.array([0, 2, 7]), np.array([0, 3, 5, 9]))
    [(0, array([0, 2])), (2, array([2]))]
    """
    ends = np.searchsorted(rows, starts)
    used = np.flatnonzero(np.diff(ends)).tolist()
    return [(i, rows[ends[i] : ends[i + 1]] - starts[i]) for i in used]


def _compact(rows: NDArray[np.intp]) -> NDArray[np.unsignedinteger]:
    """Return row numbers in ascending order in the smallest type, because they are sent."""
    return rows.astype(np.min_scalar_type(rows[-1]))


def joined_weights(weights: Sequence[Any]) -> Any:
    """Join the weights of several pieces. None, which all of them are then, stays None."""
    return None if weights[0] is None else np.concatenate(weights)
