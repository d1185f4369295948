"""Numbers near the limits of floating point, whose sums and products overflow or vanish.

Scaling by a power of two changes no digit of a number, so ordinary data give the same results with
and without it.
"""

from typing import Any

import numpy as np

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
    return _r2(y.reshape(len(y), -1), predictions.reshape(len(y), -1), sample_weight)


def _r2(Y: FloatArray, predictions: FloatArray, sample_weight: FloatArray | None) -> float:
    """Compute what `sklearn.metrics.r2_score` does, which takes longer to check its input."""
    Y = Y.astype(np.result_type(Y, predictions), copy=False)
    weight = 1.0 if sample_weight is None else sample_weight[:, np.newaxis]
    mean = np.average(Y, axis=0, weights=sample_weight)
    errors = (weight * (Y - predictions) ** 2).sum(axis=0)
    spread = (weight * (Y - mean) ** 2).sum(axis=0)
    return r2_of_sums(errors, spread)


def r2_of_sums(errors: FloatArray, spread: FloatArray) -> float:
    """Compute R², the mean over the outputs, from sums of squares of each output.

    A constant output has 1 if it is predicted exactly, or else 0.

    Parameters
    ----------
    errors : ndarray of shape (n_outputs,)
        Sums of squared errors.
    spread : ndarray of shape (n_outputs,)
        Sums of squared differences between the targets and their mean.

    Examples
    --------
    >>> import numpy as np
    >>> from scratchmlp.estimators.scaling import r2_of_sums
    >>> r2_of_sums(np.array([0.5, 0.0]), np.array([2.0, 0.0]))  # the second is constant
    0.875
    """
    constant = spread == 0
    shares = errors / np.where(constant, 1.0, spread)
    return float(np.where(constant & (errors > 0), 0.0, 1 - shares).mean())
