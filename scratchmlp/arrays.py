"""The array type of the package, and the memory layout of its arrays."""

from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

FloatArray: TypeAlias = NDArray[np.floating[Any]]


def memory_order(n_units: int) -> Literal["C", "F"]:
    """Choose the memory layout of an array with many rows and `n_units` columns.

    An array with few columns is stored column by column ("F"). The maximum or the sum of each row
    is then computed in a few loops over long columns. This is several times as fast as a short loop
    for each row. A wide array is stored row by row ("C"), which makes matrix products faster.
    """
    return "F" if n_units < 64 else "C"


def blocks(n: int, size: int) -> list[slice]:
    """Divide n entries into blocks of `size` entries; the last may have fewer.

    scikit-learn's ``gen_batches`` validates its arguments in the time of a step of a small network.

    Examples
    --------
    >>> from scratchmlp.arrays import blocks
    >>> blocks(5, 2)
    [slice(0, 2, None), slice(2, 4, None), slice(4, 5, None)]
    """
    return [slice(start, min(start + size, n)) for start in range(0, n, size)]


def fewer_rows(array: FloatArray, n_rows: int) -> FloatArray:
    """Return a contiguous array with `n_rows` rows that uses the memory of a larger array."""
    if array.flags.c_contiguous:
        return array[:n_rows]
    # Column by column: the shorter columns must follow each other without gaps.
    n_columns = array.shape[1]
    return array.T.reshape(-1)[: n_rows * n_columns].reshape(n_columns, n_rows).T
