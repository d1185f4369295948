"""The type of the package's arrays, and their layout in memory."""

from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

FloatArray: TypeAlias = NDArray[np.floating[Any]]


def memory_order(n_units: int) -> Literal["C", "F"]:
    """Return the layout of an array with so many columns and many rows.

    Where columns are few, each is laid out in one piece ("F"): a row's maximum or sum then is a
    loop over long columns, several times as fast as many loops over short rows. Products of wide
    arrays are faster when rows are in one piece ("C").
    """
    return "F" if n_units < 64 else "C"


def fewer_rows(array: FloatArray, n_rows: int) -> FloatArray:
    """Lay an array of fewer rows, contiguous again, into the memory of another."""
    if array.flags.c_contiguous:
        return array[:n_rows]
    n_columns = array.shape[1]
    return array.T.reshape(-1)[: n_rows * n_columns].reshape(n_columns, n_rows).T
