"""The rows to train on, and the batches of an epoch."""

from collections.abc import Iterator
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import DTypeLike, NDArray
from scipy.sparse import issparse
from sklearn.utils import gen_batches
from sklearn.utils.sparsefuncs import min_max_axis

from scratchmlp.arrays import FloatArray, memory_order
from scratchmlp.kernels import take_rows


class Batch(NamedTuple):
    """The rows of a step: the arguments of the objective.

    A batch on a cluster is another named tuple, with the attribute `n_rows`.

    Attributes
    ----------
    X : {ndarray, csr matrix} of shape (n_samples, n_features)
        Inputs.
    Y : ndarray of shape (n_samples, n_outputs)
        Targets.
    sample_weight : ndarray of shape (n_samples,) or None
        Weight of each row. None means equal weights.
    """

    X: Any
    Y: FloatArray
    sample_weight: FloatArray | None

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return len(self.Y)


class TrainingRows(Protocol):
    """Rows to train on, such as `Data`. They may be elsewhere, for instance on a cluster."""

    @property
    def n_rows(self) -> int:
        """Number of rows."""

    def batches(self, batch_size: int, *, drop_last: bool = False) -> "Batches":
        """Return the batches of an epoch. `Batches` documents the parameters."""

    def as_batch(self, dtype: DTypeLike | None = None) -> Any:
        """Return all rows as one batch, with inputs of this type, if one is given."""


class Data(NamedTuple):
    """Rows to train or validate on.

    Attributes
    ----------
    X : {ndarray, csr matrix} of shape (n_samples, n_features)
        Inputs.
    Y : ndarray of shape (n_samples, n_outputs) or (n_samples,)
        Targets. If `class_targets` is given, Y holds the class number of each row instead.
    sample_weight : ndarray of shape (n_samples,) or None
        Weight of each row. None means equal weights.
    class_targets : ndarray of shape (n_outputs, n_classes) or None
        Column k holds the targets of class k, for instance a one-hot vector. If it is given, Y
        holds class numbers, because these take less memory than targets and less time to shuffle.
        None means that Y holds the targets themselves.
    """

    X: Any
    Y: Any
    sample_weight: FloatArray | None
    class_targets: FloatArray | None = None

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return int(self.X.shape[0])

    @property
    def n_targets(self) -> int:
        """Number of targets of each row."""
        return self.Y.shape[1] if self.class_targets is None else len(self.class_targets)

    @property
    def mean_weight(self) -> float:
        """Mean of the weights."""
        return 1.0 if self.sample_weight is None else float(self.sample_weight.mean())

    def rows(self, index: Any) -> "Data":
        """Select rows with a slice or an array of row numbers."""
        weight = None if self.sample_weight is None else self.sample_weight[index]
        return Data(self.X[index], self.Y[index], weight, self.class_targets)

    def sample(self, n_rows: int) -> "Data":
        """Select up to `n_rows` rows at random, the same ones in each call."""
        return self.rows(sampled(self.n_rows, n_rows))

    def extremes(self) -> tuple[FloatArray, FloatArray]:
        """Return the smallest and the largest value of each column of X."""
        if issparse(self.X):
            return min_max_axis(self.X, axis=0)
        return self.X.min(axis=0), self.X.max(axis=0)

    def as_batch(self, dtype: DTypeLike | None = None) -> Batch:
        """Return all rows as one batch, with inputs of this type, if one is given."""
        X = self.X if dtype is None else self.X.astype(dtype, copy=False)
        return Batch(X, _targets(self.Y, self.class_targets), self.sample_weight)

    def batches(self, batch_size: int, *, drop_last: bool = False) -> "Batches":
        """Return the batches of an epoch: see `Batches`."""
        return Batches(self, batch_size, drop_last=drop_last)


class Batches:
    """The batches of an epoch.

    Parameters
    ----------
    data : TrainingRows
        All rows.
    batch_size : int
        Number of rows of a batch. The last batch of an epoch may have fewer.
    drop_last : bool, default=False
        Whether to leave out the last batch of an epoch if it has fewer rows than `batch_size`. It
        is kept if it is the only batch. If rows are shuffled, each epoch leaves out different rows.

    Attributes
    ----------
    n_rows : int
        Number of rows in an epoch, without those that are left out.
    slices : list of slice
        The rows of each batch, in the order of the epoch.
    full : Batch or None
        The batch of all rows, if there is one. None if there are several batches.
    """

    def __init__(self, data: Any, batch_size: int, *, drop_last: bool = False) -> None:
        self.data = data
        n_rows = data.n_rows
        self.slices = epoch_slices(n_rows, batch_size, drop_last=drop_last)
        self.n_rows = self.slices[-1].stop
        # If one batch holds all rows, it is made once and used in every epoch.
        self.full = data.as_batch() if self.slices == [slice(0, n_rows)] else None
        self._X = np.empty((0, 0))  # memory for the inputs of a shuffled batch

    def __len__(self) -> int:
        """Return the number of batches in an epoch."""
        return len(self.slices)

    def epoch(self, order: NDArray[np.intp] | None) -> Iterator[Any]:
        """Yield each batch. The next one may overwrite its X.

        Parameters
        ----------
        order : ndarray of shape (n_samples,) or None
            Row numbers in the order of the epoch. None keeps the order of the data.
        """
        if self.full:
            yield self.full
            return
        for rows in self.slices:
            yield self.successive(rows) if order is None else self.gathered(order[rows])

    def successive(self, rows: slice) -> Any:
        """Return a batch of successive rows."""
        return self.data.rows(rows).as_batch()

    def gathered(self, index: NDArray[np.intp]) -> Any:
        """Return a batch of some rows. Inputs are copied into memory that all batches share."""
        X, Y, weight, class_targets = self.data
        # X.take copies all of X first if X is not contiguous. A sparse X has no such method.
        if not (isinstance(X, np.ndarray) and X.flags.c_contiguous):
            return self.data.rows(index).as_batch()
        if not len(self._X):
            self._X = np.empty((len(index), X.shape[1]), X.dtype)
        X = take_rows(X, index, out=self._X[: len(index)])
        weight = None if weight is None else weight.take(index)
        return Batch(X, _targets(Y.take(index, 0), class_targets), weight)


def _targets(Y: Any, class_targets: FloatArray | None) -> FloatArray:
    """Return the targets of `Data` as an array of shape (n_samples, n_outputs).

    It has the same memory layout as raw scores, with which the loss compares it.
    """
    Y = Y if class_targets is None else class_targets.take(Y, axis=1).T
    return np.asarray(Y, order=memory_order(Y.shape[1]))


def sampled(n_rows: int, n_sampled: int) -> NDArray[np.intp]:
    """Return up to `n_sampled` of `n_rows` row numbers, drawn at random but always the same ones.

    Rows at equal distances would be all alike in data that alternate.
    """
    return np.random.default_rng(0).choice(n_rows, min(n_sampled, n_rows), replace=False)


def epoch_slices(n_rows: int, batch_size: int, *, drop_last: bool) -> list[slice]:
    """Divide the rows of an epoch into batches. `Batches` documents the parameters.

    Returns
    -------
    list of slice
        The rows of each batch, in the order of the epoch.
    """
    kept = n_rows - n_rows % batch_size if drop_last else n_rows
    return list(gen_batches(kept or n_rows, batch_size))  # fewer rows than one batch: keep them
