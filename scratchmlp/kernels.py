"""Two routines of BLAS that NumPy lacks, and the number of threads of the others.

NumPy computes ``y += a * x`` in two passes, through an array for ``a * x``; axpy needs one. And
where NumPy adds a row to every row of a matrix, ger, which adds an outer product, is several times
as fast. On small arrays both save most of the time of a call.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from scipy.linalg import blas
from threadpoolctl import ThreadpoolController

from scratchmlp.arrays import FloatArray

_AXPY: dict[Any, Any] = {np.dtype(np.float32): blas.saxpy, np.dtype(np.float64): blas.daxpy}
_GER: dict[Any, Any] = {np.dtype(np.float32): blas.sger, np.dtype(np.float64): blas.dger}


def add_scaled(y: FloatArray, a: float, x: FloatArray) -> None:
    """Add a multiple of a vector in place: y ← y + a x.

    Parameters
    ----------
    y : ndarray of shape (n,)
        What is added to: writable, and fastest if contiguous and of type float32 or float64.
    a : float
        Factor.
    x : ndarray of shape (n,)
        What is added, of the same length and type.

    Examples
    --------
    >>> import numpy as np
    >>> from scratchmlp.kernels import add_scaled
    >>> y = np.array([1.0, 2.0])
    >>> add_scaled(y, 0.5, np.array([4.0, 4.0]))
    >>> y
    array([3., 4.])
    """
    axpy = _AXPY.get(y.dtype)
    if axpy and y.flags.c_contiguous:  # of other arrays it would change a copy
        axpy(x, y, a=a)
    else:
        y += a * x


def add_row(Z: FloatArray, row: FloatArray, ones: FloatArray) -> None:
    """Add a row to each row of a matrix, in place: Z ← Z + 1 rowᵀ, with a column 1 of ones.

    Parameters
    ----------
    Z : ndarray of shape (n, m)
        What is added to: writable, and fastest if contiguous and of type float32 or float64.
    row : ndarray of shape (m,)
        The row.
    ones : ndarray of shape (n,)
        Ones.

    Examples
    --------
    >>> import numpy as np
    >>> from scratchmlp.kernels import add_row
    >>> Z = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    >>> add_row(Z, np.array([10.0, 20.0, 30.0]), np.ones(2))
    >>> Z
    array([[11., 22., 33.],
           [14., 25., 36.]])
    """
    ger = _GER.get(Z.dtype)
    if not ger or not Z.flags.forc:  # of other arrays it would change a copy
        Z += row
    elif Z.flags.f_contiguous:
        ger(1.0, ones, row, a=Z, overwrite_a=1)
    else:  # it wants column-major matrices: Zᵀ ← Zᵀ + row 1ᵀ
        ger(1.0, row, ones, a=Z.T, overwrite_a=1)


#: Multiplications of a matrix product from which on several threads share it.
_SHARED = 4_000_000


@contextmanager
def threads(n_multiplications: int) -> Iterator[None]:
    """Limit the threads of BLAS to those that make it faster.

    Where products are small, one: threads that wait for each other cost more than they do. Where
    they are large, one for the BLAS that SciPy brings, whose routines above gain nothing from
    more: its threads and those of the BLAS that NumPy brings would keep each other from the cores.

    The limit is that of the whole process. It holds until the last of those that run at the same
    time, in threads of the user's, is done.

    Parameters
    ----------
    n_multiplications : int
        Multiplications of the largest product: rows times inputs times outputs of a layer.
    """
    limits = [_limit(scipy=True)]
    if n_multiplications < _SHARED:
        limits.append(_limit(scipy=False))
    for limit in limits:
        limit.enter()
    try:
        yield
    finally:
        for limit in limits:
            limit.leave()


class _Limit:
    """One thread for some pools of BLAS, from the first to enter until the last has left."""

    def __init__(self, pools: ThreadpoolController) -> None:
        self.pools = pools
        self.lock = threading.Lock()
        self.n_inside = 0
        self.limiter: Any = None

    def enter(self) -> None:
        with self.lock:
            if self.n_inside == 0:
                self.limiter = self.pools.limit(limits=1)
            self.n_inside += 1

    def leave(self) -> None:
        with self.lock:
            self.n_inside -= 1
            if self.n_inside == 0:
                self.limiter.restore_original_limits()


@cache
def _limit(scipy: bool) -> _Limit:
    """Make the limit of SciPy's own BLAS, if it has one, or of all others."""
    home = Path(blas.__file__).resolve().parents[1]
    brought = {home, home.with_name("scipy.libs")}  # where wheels keep what they bring
    pools = ThreadpoolController().select(user_api="blas")
    files = [pool["filepath"] for pool in pools.info()]
    mine = [f for f in files if scipy is not brought.isdisjoint(Path(f).resolve().parents)]
    return _Limit(pools.select(filepath=mine))
