"""Two BLAS routines that NumPy does not offer, and a limit on the number of BLAS threads.

NumPy computes ``y += a * x`` in two passes, with a temporary array for ``a * x``; the BLAS routine
axpy needs one pass. To add a row to every row of a matrix, the BLAS routine ger, which adds an
outer product, is several times as fast as NumPy. For small arrays, both save most of the time of a
call.
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
    """Add a multiple of x to y, in place: y ← y + a x.

    Parameters
    ----------
    y : ndarray of shape (n,)
        Vector to change. The operation is fastest if it is contiguous and float32 or float64.
    a : float
        Factor.
    x : ndarray of shape (n,)
        Vector to add, of the same length and dtype.

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
    if axpy and y.flags.c_contiguous:  # axpy would change a copy of any other array
        axpy(x, y, a=a)
    else:
        y += a * x


def add_row(Z: FloatArray, row: FloatArray, ones: FloatArray) -> None:
    """Add a row to each row of a matrix, in place: Z ← Z + 1 rowᵀ, where 1 is a vector of ones.

    Parameters
    ----------
    Z : ndarray of shape (n, m)
        Matrix to change. The operation is fastest if it is contiguous and float32 or float64.
    row : ndarray of shape (m,)
        Row to add.
    ones : ndarray of shape (n,)
        Vector of ones, passed so that it need not be created in every call.

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
    if not ger or not Z.flags.forc:  # ger would change a copy of any other array
        Z += row
    elif Z.flags.f_contiguous:
        ger(1.0, ones, row, a=Z, overwrite_a=1)
    else:  # ger needs a column-major matrix, which Zᵀ is: Zᵀ ← Zᵀ + row 1ᵀ
        ger(1.0, row, ones, a=Z.T, overwrite_a=1)


#: Number of multiplications from which a matrix product is faster with several threads.
_SHARED = 4_000_000


@contextmanager
def threads(n_multiplications: int) -> Iterator[None]:
    """Limit the number of BLAS threads to what is fastest for the given matrix products.

    Small products run on one thread, because synchronizing threads takes longer than the product
    itself. For large products, the BLAS of NumPy keeps its threads, and the BLAS of SciPy runs on
    one: the routines of this module do not become faster with more, and the threads of two
    libraries would compete for the same cores.

    The limit applies to the whole process. If several threads of your program enter this context
    at the same time, it holds until the last of them leaves.

    Parameters
    ----------
    n_multiplications : int
        Number of multiplications of the largest product: rows times inputs times outputs of a
        layer.
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
    """A limit of one thread for BLAS thread pools, while at least one caller is inside."""

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
    """Return the limit for SciPy's own BLAS, if it has one, or for all other BLAS libraries."""
    home = Path(blas.__file__).resolve().parents[1]
    brought = {home, home.with_name("scipy.libs")}  # where wheels store their libraries
    pools = ThreadpoolController().select(user_api="blas")
    files = [pool["filepath"] for pool in pools.info()]
    mine = [f for f in files if scipy is not brought.isdisjoint(Path(f).resolve().parents)]
    return _Limit(pools.select(filepath=mine))
