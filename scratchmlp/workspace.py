"""The arrays of one forward and backward pass, allocated once and reused for every batch."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from scratchmlp.arrays import FloatArray, fewer_rows


@dataclass(eq=False)
class Workspace:
    """The arrays that a forward and a backward pass fill.

    `Network.workspace` makes a workspace. `memory_order` chooses the memory layout of each array.

    Parameters
    ----------
    z : list of ndarray of shape (n_rows, n_out)
        Scores of each layer.
    a : list of ndarray of shape (n_rows, n_units)
        Outputs of each hidden layer. If the activation of a layer works in place, this is the same
        array as in `z`.
    inputs : list of ndarray of shape (n_rows, n_units)
        Inputs of each layer except the first. They are the outputs of the layer below. If that
        layer has dropout, they are a separate array for the product of its outputs and the mask.
        The attribute `inputs` has an additional first entry: X, which the forward pass sets.
    delta : list of ndarray of shape (n_rows, n_units)
        dJ/dz of each hidden layer. The list is empty in a workspace for prediction.
    masks : dict of int to ndarray of shape (n_rows, n_units)
        Dropout masks of the hidden layers that have dropout. The keys are layer numbers.
    random_state : RandomState or None
        Random number generator for the masks.

    Attributes
    ----------
    ones : ndarray of shape (n_rows,)
        A vector of ones. The product of this vector and a matrix is the sum of the matrix's rows.
    """

    z: list[FloatArray]
    a: list[FloatArray]
    inputs: list[Any]
    delta: list[FloatArray]
    masks: dict[int, FloatArray]
    random_state: np.random.RandomState | None
    _head: "Workspace | None" = field(default=None, init=False)

    def __post_init__(self) -> None:
        self.inputs = [None, *self.inputs]
        self.ones = np.ones(len(self.z[0]), self.z[0].dtype)

    @property
    def n_rows(self) -> int:
        """Largest number of rows of a batch."""
        return len(self.ones)

    def head(self, n_rows: int) -> "Workspace":
        """Return a workspace for `n_rows` rows that shares the memory of this one.

        The last one is kept: in each epoch, the last batch may have fewer rows than the others.
        """
        if n_rows == self.n_rows:
            return self
        if self._head is None or self._head.n_rows != n_rows:
            self._head = self._make_head(n_rows)
        return self._head

    def _make_head(self, n_rows: int) -> "Workspace":
        z, a, inputs, delta = (
            [fewer_rows(array, n_rows) for array in arrays]
            for arrays in (self.z, self.a, self.inputs[1:], self.delta)
        )
        masks = {l: fewer_rows(mask, n_rows) for l, mask in self.masks.items()}
        return Workspace(z, a, inputs, delta, masks, self.random_state)
