"""Scaling by powers of two.

It changes no digit of a number, so ordinary data give the same results with and without it. But
sums and products of numbers near the limits of floating point then neither overflow nor vanish.
"""

from typing import Any

import numpy as np
from sklearn.metrics import r2_score
from sklearn.utils import assert_all_finite
from sklearn.utils.validation import _check_sample_weight

from scratchmlp.arrays import FloatArray


def exponents(values: Any) -> Any:
    """Return, for each column, the e for which the largest absolute value is in [2^e, 2^(e+1)).

    Parameters
    ----------
    values : ndarray of shape (n_samples,) or (n_samples, n_columns)
        Finite numbers.

    Returns
    -------
    int or ndarray of shape (n_columns,)
        The exponents. A column of zeros has -1.
    """
    return np.frexp(np.abs(values).max(axis=0))[1] - 1


def scale_weights(weight: FloatArray, exponent: int, dtype: Any) -> FloatArray:
    """Divide weights by 2^exponent.

    Parameters
    ----------
    weight : ndarray of shape (n,)
        Finite weights, at least 0.
    exponent : int
        That of the largest of all weights: see `exponents`.
    dtype : dtype
        Type of the result.

    Returns
    -------
    ndarray of shape (n,)
        The scaled weights, below 2. Those that are too small for quotients in `dtype` are 0.
    """
    scaled = np.ldexp(weight, -exponent).astype(dtype, copy=False)
    limits = np.finfo(scaled.dtype)
    scaled[scaled < limits.tiny / limits.eps] = 0.0
    return scaled


@np.errstate(over="ignore", invalid="ignore")  # an infinite weight is reported
def check_weights(sample_weight: Any, X: Any, *, all_zero: bool = False) -> FloatArray:
    """Check the weights that a user passed.

    Parameters
    ----------
    sample_weight : array-like of shape (n_samples,), number or None
        The weights. None means equal weights.
    X : {array-like, sparse matrix} of shape (n_samples, n_features)
        The rows.
    all_zero : bool, default=False
        Whether all weights may be 0, because these are some of the rows only.

    Returns
    -------
    ndarray of shape (n_samples,)
        The weights.

    Raises
    ------
    ValueError
        If there is not one weight for each row, if a weight is negative or not finite, or if all
        weights are 0.
    """
    weight = _check_sample_weight(
        sample_weight,
        X,
        dtype=np.float64,
        ensure_non_negative=True,
        allow_all_zero_weights=all_zero,
    )
    assert_all_finite(weight, input_name="sample_weight")  # scikit-learn does not check a number
    return weight


def scaled_weights(sample_weight: Any, X: Any, dtype: Any) -> tuple[FloatArray, int]:
    """Check the weights that a user passed, and divide them by a power of two.

    The largest scaled weight is in [1, 2), so that sums and products of weights of any size are
    finite. Only ratios of weights matter, apart from the L2 penalty, which needs the exponent.

    Parameters
    ----------
    sample_weight, X : object
        See `check_weights`.
    dtype : dtype
        Type of the result.

    Returns
    -------
    weight : ndarray of shape (n_samples,)
        Result of `scale_weights`.
    exponent : int
        The weights were divided by 2^exponent.
    """
    weight = check_weights(sample_weight, X)
    exponent = int(exponents(weight))
    return scale_weights(weight, exponent, dtype), exponent


@np.errstate(over="ignore", invalid="ignore")  # an infinite error gives -inf
def scaled_r2(y: Any, predictions: FloatArray, sample_weight: FloatArray | None) -> float:
    """Compute R² of targets of any scale: the squares of scaled ones are finite.

    Parameters
    ----------
    y : ndarray of shape (n_samples,) or (n_samples, n_outputs)
        Targets.
    predictions : ndarray of the shape of `y`
        Predictions.
    sample_weight : ndarray of shape (n_samples,) or None
        Weight of each row.

    Returns
    -------
    float
        R², the mean over the outputs. nan if there is a single row: R² compares the errors with the
        spread of the targets. -inf if an error is too large for floating point.
    """
    if len(y) < 2:
        return np.nan
    if y.dtype.kind != "f":
        y = y.astype(predictions.dtype)
    down = -exponents(y)
    y, predictions = np.ldexp(y, down), np.ldexp(predictions, down)
    if not np.isfinite(predictions).all():
        return -np.inf
    return float(r2_score(y, predictions, sample_weight=sample_weight))
