"""Operations that are faster than the way in which NumPy code would usually write them.

NumPy computes ``y += a * x`` in two passes, with a temporary array for ``a * x``; the BLAS routine
axpy needs one pass. To add a row to every row of a matrix, the BLAS routine ger, which adds an
outer product, is several times as fast as NumPy. For small arrays, both save most of the time of a
call.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import blas, norm

from scratchmlp.arrays import FloatArray, blocks

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
        What to add, of the same dtype.

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


def product(A: Any, B: FloatArray, out: FloatArray) -> FloatArray:
    """Write A @ B into `out`. A may be sparse."""
    if isinstance(A, np.ndarray):
        return np.matmul(A, B, out=out)
    out[...] = A @ B
    return out


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


def relu(z: FloatArray, out: FloatArray) -> FloatArray:
    """Write max(0, z) into `out`, which may be `z` itself, and return it.

    NumPy compares z with an array in half the time in which it compares z with a number.
    """
    row_or_column = z.shape[-1] if z.flags.c_contiguous else (len(z), 1)
    return np.maximum(z, np.zeros(row_or_column, z.dtype), out=out)


def take_rows(X: FloatArray, index: NDArray[np.intp], out: FloatArray) -> FloatArray:
    """Write the rows X[index] into `out`, and return it. X must be C-contiguous."""
    # With mode="raise", the default, take would first write to a temporary array.
    return X.take(index, axis=0, out=out, mode="clip")


def clip_norm(grad: FloatArray, longest: float) -> FloatArray:
    """Return a vector, or a copy scaled down to the norm `longest` if it is longer.

    SciPy's `norm` calls BLAS, which does not overflow even if the squares of the entries would.
    """
    length = norm(grad, check_finite=False)
    return grad * (longest / length) if length > longest else grad


#: Size of a block in bytes. Such blocks of several vectors fit into the processor's cache.
_BLOCK = 2**18


def by_blocks(update: Callable[..., None]) -> Callable[..., None]:
    """Let an optimizer's update rule work on large vectors block by block.

    The rule must treat each entry separately: entry i of the result depends only on entry i of the
    gradient, theta and the arrays of the state, which it changes in place.

    Parameters
    ----------
    update : function
        The method `update` of a `scratchmlp.optimizers.Optimizer`.

    Returns
    -------
    function
        The method. Numbers in the state, such as the count of steps, begin with the same value in
        each block, so that all blocks take the same step. They are stored last.
    """

    @wraps(update)
    def in_blocks(
        self: Any,
        theta: FloatArray,
        grad: FloatArray,
        state: dict[str, Any],
        learning_rate: float,
    ) -> None:
        if theta.nbytes <= _BLOCK:
            update(self, theta, grad, state, learning_rate)
            return
        for block in blocks(len(theta), _BLOCK // theta.itemsize):
            part = {k: v[block] if isinstance(v, np.ndarray) else v for k, v in state.items()}
            update(self, theta[block], grad[block], part, learning_rate)
        state |= {k: v for k, v in part.items() if not isinstance(v, np.ndarray)}

    return in_blocks
