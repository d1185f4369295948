"""Checks of the weights of rows."""

from typing import Any

import numpy as np
from sklearn.utils import assert_all_finite
from sklearn.utils.validation import _check_sample_weight

from scratchmlp.arrays import FloatArray

#: Limits of the largest weight. The penalty of a network depends on the scale of the weights.
_LEAST, _MOST = 1e-18, 1e18


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


def check_total_weight(total: Any, class_weight: Any) -> None:
    """Check the sum of the weights of all rows, multiplied by those of their classes.

    Parameters
    ----------
    total : float
        The sum.
    class_weight : dict, list of dict or "balanced"
        The parameter of the classifier.

    Raises
    ------
    ValueError
        If it is 0 or not finite.
    """
    if not 0 < total < np.inf:
        remedy = "Give one of its classes a weight above 0."
        if total != 0:
            remedy = "Divide the weights of the classes, or sample_weight, by the largest of them."
        raise ValueError(
            f"With class_weight={class_weight!r}, the weights of the rows of `y` sum to {total:g}, "
            f"but the sum must be above 0 and finite. {remedy}"
        )
