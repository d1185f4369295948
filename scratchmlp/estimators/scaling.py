"""Numbers near the limits of floating point, whose sums and products overflow or vanish.

Scaling by a power of two changes no digit of a number, so ordinary data give the same results with
and without it. Networks refuse such weights: their penalty depends on the scale.
"""

from typing import Any

import numpy as np
from sklearn.metrics import r2_score
from sklearn.utils import assert_all_finite
from sklearn.utils.validation import _check_sample_weight

from scratchmlp.arrays import FloatArray

#: Limits of the largest weight.
_LEAST, _MOST = 1e-18, 1e18


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


def check_largest_weight(largest: float) -> None:
    """Check that sums and products of weights neither overflow nor vanish, also in float32."""
    if not _LEAST <= largest <= _MOST:
        raise ValueError(
            f"The largest of sample_weight must be from {_LEAST:g} to {_MOST:g}; got {largest:g}. "
            "Divide the weights by their mean, and alpha too if it was chosen for them."
        )


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
