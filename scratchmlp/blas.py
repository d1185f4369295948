"""What NumPy does not say of BLAS: two of its routines, and how many threads it uses.

NumPy computes ``y += a * x`` in two passes, through an array for ``a * x``; axpy needs one. And
where NumPy adds a row to every row of a matrix, ger, which adds an outer product, is several times
as fast. On small arrays both save most of the time of a call.
"""

from contextlib import AbstractContextManager
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from scipy.linalg import blas
from threadpoolctl import ThreadpoolController

from scratchmlp.activations import FloatArray

_AXPY: dict[Any, Any] = {np.dtype(np.float32): blas.saxpy, np.dtype(np.float64): blas.daxpy}
_GER: dict[Any, Any] = {np.dtype(np.float32): blas.sger, np.dtype(np.float64): blas.dger}


def add_scaled(y: FloatArray, a: float, x: FloatArray) -> None:
    """Add a multiple of a vector in place: y ← y + a x.

    Parameters
    ----------
    y : ndarray of shape (n,)
        What is added to, contiguous, in float32 or float64.
    a : float
        Factor.
    x : ndarray of shape (n,)
        What is added, of the same type.

    Examples
    --------
    >>> import numpy as np
    >>> from scratchmlp.blas import add_scaled
    >>> y = np.array([1.0, 2.0])
    >>> add_scaled(y, 0.5, np.array([4.0, 4.0]))
    >>> y
    array([3., 4.])
    """
    added = _AXPY[y.dtype](x, y, a=a)
    if added is not y:  # a copy, since y is not contiguous
        y[...] = added


def add_row(Z: FloatArray, row: FloatArray, ones: FloatArray) -> None:
    """Add a row to each row of a matrix, in place: Z ← Z + 1 rowᵀ, with a column 1 of ones.

    Parameters
    ----------
    Z : ndarray of shape (n, m)
        What is added to, contiguous, in float32 or float64.
    row : ndarray of shape (m,)
        The row.
    ones : ndarray of shape (n,)
        Ones.

    Examples
    --------
    >>> import numpy as np
    >>> from scratchmlp.blas import add_row
    >>> Z = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    >>> add_row(Z, np.array([10.0, 20.0, 30.0]), np.ones(2))
    >>> Z
    array([[11., 22., 33.],
           [14., 25., 36.]])
    """
    ger = _GER[Z.dtype]
    if Z.flags.f_contiguous:
        ger(1.0, ones, row, a=Z, overwrite_a=1)
    else:  # ger wants column-major matrices: Zᵀ ← Zᵀ + row 1ᵀ
        ger(1.0, row, ones, a=Z.T, overwrite_a=1)


#: Multiplications of a matrix product from which on several threads share it.
_SHARED = 4_000_000


def threads(n_multiplications: int) -> AbstractContextManager[Any]:
    """Limit the threads of BLAS to those that make it faster.

    Where products are small, one: threads that wait for each other cost more than they do. Where
    they are large, one for the BLAS that SciPy brings, whose routines above gain nothing from
    more: its threads and those of the BLAS that NumPy brings would keep each other from the cores.
    The limit is that of the whole process.

    Parameters
    ----------
    n_multiplications : int
        Multiplications of the largest product: rows times inputs times outputs of a layer.

    Returns
    -------
    context manager
        With the limit inside, and what was before it outside.
    """
    return _pools(scipy_alone=n_multiplications >= _SHARED).limit(limits=1)


@cache
def _pools(scipy_alone: bool) -> ThreadpoolController:
    """Find the thread pools of BLAS: all of them, or SciPy's own if it has one."""
    pools = ThreadpoolController().select(user_api="blas")
    if not scipy_alone:
        return pools
    brought_by_scipy = [
        pool["filepath"]
        for pool in pools.info()
        if any(folder.name.split(".")[0] == "scipy" for folder in Path(pool["filepath"]).parents)
    ]
    return pools.select(filepath=brought_by_scipy)
