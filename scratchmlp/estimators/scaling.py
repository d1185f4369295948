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

#: Smaller numbers need no scaling, unless they are tiny: their squares are far from the limits.
_ORDINARY = 1e9


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


def scale_weights(
    weight: FloatArray, dtype: Any = np.float64, exponent: int | None = None
) -> tuple[FloatArray, int]:
    """Divide weights by a power of two so that the largest is in [1, 2).

    Parameters
    ----------
    weight : ndarray of shape (n,)
        Finite weights, at least 0.
    dtype : dtype, default=float64
        Type of the result.
    exponent : int, default=None
        The exponent of the power of two. None means that of the largest weight. Pass it if the
        weights are some of all weights.

    Returns
    -------
    scaled : ndarray of shape (n,)
        The weights divided by 2^exponent. Weights too small for sums and quotients in `dtype`, next
        to the largest weight, are 0.
    exponent : int
        The exponent.
    """
    exponent = int(exponents(weight)) if exponent is None else exponent
    scaled = np.ldexp(weight, -exponent).astype(dtype, copy=False)
    limits = np.finfo(scaled.dtype)
    scaled[scaled < limits.tiny / limits.eps] = 0.0
    return scaled, exponent


def scale_products(
    weight: FloatArray, factors: FloatArray, dtype: Any = np.float64
) -> tuple[FloatArray, int]:
    """Multiply weights by factors, which may be any finite numbers, and scale the products.

    Parameters
    ----------
    weight : ndarray of shape (n,)
        Scaled weights.
    factors : ndarray of shape (n,)
        Finite factors, at least 0.
    dtype : dtype, default=float64
        Type of the result.

    Returns
    -------
    tuple of ndarray and int
        Result of `scale_weights`.
    """
    mantissas, powers = np.frexp(factors)
    products = weight * mantissas
    largest = int(powers[products > 0].max(initial=np.iinfo(powers.dtype).min // 4))
    scaled, exponent = scale_weights(np.ldexp(products, powers - largest), dtype)
    return scaled, exponent + largest


@np.errstate(over="ignore", invalid="ignore")  # an infinite weight is reported
def check_weights(sample_weight: Any, X: Any, dtype: Any) -> tuple[FloatArray, int]:
    """Check the weights that a user passed, and scale them.

    Parameters
    ----------
    sample_weight : array-like of shape (n_samples,), number or None
        The weights. None means equal weights.
    X : {array-like, sparse matrix} of shape (n_samples, n_features)
        The rows.
    dtype : dtype
        Type of the result.

    Returns
    -------
    tuple of ndarray and int
        Result of `scale_weights`.

    Raises
    ------
    ValueError
        If there is not one weight for each row, if a weight is negative or not finite, or if all
        weights are 0.
    """
    weight = _check_sample_weight(sample_weight, X, dtype=np.float64, ensure_non_negative=True)
    assert_all_finite(weight, input_name="sample_weight")  # scikit-learn does not check a number
    return scale_weights(weight, dtype)


def scaled_r2(y: Any, predictions: FloatArray, sample_weight: FloatArray | None) -> float:
    """Compute R², which does not depend on the scale of a target.

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
        R², the mean over the outputs. nan if a prediction is not finite, or if there is a single
        row: R² compares the errors with the spread of the targets.
    """
    if len(y) < 2:
        return np.nan
    sizes, largest = np.abs(y).max(axis=0), np.abs(predictions).max()
    if not np.isfinite(largest):
        return np.nan
    if sizes.min() > 1 / _ORDINARY and max(sizes.max(), largest) < _ORDINARY:
        return float(r2_score(y, predictions, sample_weight=sample_weight))
    down = -exponents(y)
    y = np.ldexp(y, down)
    dtype = np.result_type(y, predictions)
    limit = np.finfo(dtype).max ** 0.5 / len(y)  # sums of squares stay finite
    with np.errstate(over="ignore"):  # a prediction may be far larger than all targets
        scaled = np.clip(np.ldexp(predictions.astype(dtype), down), -limit, limit)
        return float(r2_score(y, scaled, sample_weight=sample_weight))
