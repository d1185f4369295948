"""Rows to train on, and the batches of an epoch."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import gen_batches

from scratchmlp.arrays import FloatArray, memory_order


class Data(NamedTuple):
    """Rows to train on.

    Attributes
    ----------
    X : {ndarray, csr matrix} of shape (n_samples, n_features)
        Inputs.
    Y : ndarray of shape (n_samples, n_outputs) or (n_samples,)
        Targets; or with `code` the numbers of classes.
    weight : ndarray of shape (n_samples,) or None
        Weight of each row; None is one for each.
    code : ndarray of shape (n_outputs, n_classes) or None
        What the outputs should be for each class: one-hot columns, for instance. Class numbers
        take less memory than their codes, and less time to shuffle.
    """

    X: Any
    Y: Any
    weight: FloatArray | None
    code: FloatArray | None = None

    def rows(self, index: Any) -> "Data":
        """Select rows with a slice or an array of row numbers."""
        weight = None if self.weight is None else self.weight[index]
        return Data(self.X[index], self.Y[index], weight, self.code)

    def decoded(self) -> tuple[Any, FloatArray, FloatArray | None]:
        """Return X, targets of shape (n_samples, n_outputs) in the scores' layout, and weights."""
        Y = self.Y if self.code is None else self.code.take(self.Y, axis=1).T
        return self.X, np.asarray(Y, order=memory_order(Y.shape[1])), self.weight


class Batches:
    """The batches of an epoch; rows in another order are gathered into an array made once.

    Parameters
    ----------
    data : Data
        All rows.
    batch_size : int
        Rows of a batch; the last one may have fewer.
    drop_last : bool, default=False
        Leave a last batch out that has fewer, if it is not the only one. The rows of an epoch in
        another order are then not always the same.

    Attributes
    ----------
    n_rows : int
        Rows of an epoch.
    """

    def __init__(self, data: Data, batch_size: int, *, drop_last: bool = False) -> None:
        self.data = data
        n_rows = data.X.shape[0]
        self.n_rows = n_rows - n_rows % batch_size if drop_last else n_rows
        self.n_rows = self.n_rows or n_rows
        self.slices = list(gen_batches(self.n_rows, batch_size))
        self.whole = data.decoded() if self.slices == [slice(0, n_rows)] else None
        self.X = np.empty((0, 0))

    def epoch(self, order: NDArray[np.intp] | None) -> Iterator[tuple[Any, ...]]:
        """Yield X, targets and weights of each batch; the next one may overwrite X.

        Parameters
        ----------
        order : ndarray of shape (n_samples,) or None
            Row numbers in the order of the epoch; None is the rows' own.
        """
        if self.whole:
            yield self.whole
            return
        for batch in self.slices:
            rows = self.data.rows(batch) if order is None else self._gather(order[batch])
            yield rows.decoded()

    def _gather(self, index: NDArray[np.intp]) -> Data:
        X, Y, weight, code = self.data
        if not (isinstance(X, np.ndarray) and X.flags.c_contiguous):  # take would copy all of X
            return self.data.rows(index)
        if not len(self.X):
            self.X = np.empty((len(index), X.shape[1]), X.dtype)
        X = X.take(index, axis=0, out=self.X[: len(index)], mode="clip")  # "raise" would copy
        return Data(X, Y.take(index, 0), None if weight is None else weight.take(index), code)
