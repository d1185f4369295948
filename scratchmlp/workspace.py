"""The arrays of one forward and backward pass, allocated once and reused for every batch."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from scratchmlp.arrays import FloatArray, fewer_rows, memory_order


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

    def __init__(
        self,
        z: list[FloatArray],
        a: list[FloatArray],
        inputs: list[FloatArray],
        delta: list[FloatArray],
        masks: dict[int, FloatArray],
        random_state: np.random.RandomState | None,
    ) -> None:
        self.z = z
        self.a = a
        self.inputs: list[Any] = [None, *inputs]
        self.delta = delta
        self.masks = masks
        self.random_state = random_state
        self.ones = np.ones(len(z[0]), z[0].dtype)

    @classmethod
    def allocate(
        cls,
        n_rows: int,
        dtype: DTypeLike,
        n_units: Sequence[int],
        in_place: Sequence[bool],
        dropped: Sequence[int],
        *,
        training: bool,
        random_state: np.random.RandomState | None,
    ) -> "Workspace":
        """Allocate the arrays.

        Parameters
        ----------
        n_rows : int
            Largest number of rows of a batch.
        dtype : dtype
            Type of the parameters and the input.
        n_units : sequence of int
            Number of units of each layer above the input.
        in_place : sequence of bool
            For each hidden layer, whether its activation works in place.
        dropped : sequence of int
            Numbers of the hidden layers with dropout.
        training : bool
            Whether to allocate the arrays of the backward pass, too.
        random_state : RandomState or None
            Random number generator for the dropout masks.

        Returns
        -------
        Workspace
            New arrays.
        """
        z = [np.empty((n_rows, n), dtype, order=memory_order(n)) for n in n_units]
        hidden = z[:-1]
        a = [
            scores if same else np.empty_like(scores)
            for scores, same in zip(hidden, in_place, strict=True)
        ]
        masks = {l: np.empty_like(z[l]) for l in dropped}
        inputs = [np.empty_like(outputs) if l in masks else outputs for l, outputs in enumerate(a)]
        delta = [np.empty_like(scores) for scores in hidden * training]  # none for prediction
        return cls(z, a, inputs, delta, masks, random_state)

    @property
    def n_rows(self) -> int:
        """Largest number of rows of a batch."""
        return len(self.ones)

    def head(self, n_rows: int) -> "Workspace":
        """Return a workspace for `n_rows` rows that shares the memory of this one."""
        if n_rows == self.n_rows:
            return self
        z, a, inputs, delta = (
            [fewer_rows(array, n_rows) for array in arrays]
            for arrays in (self.z, self.a, self.inputs[1:], self.delta)
        )
        masks = {l: fewer_rows(mask, n_rows) for l, mask in self.masks.items()}
        return Workspace(z, a, inputs, delta, masks, self.random_state)
