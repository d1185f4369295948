"""Checks of what goes into an estimator, and of what comes out."""

import math
from typing import Any

import numpy as np
from scipy.sparse import issparse
from sklearn.base import is_regressor
from sklearn.utils import assert_all_finite, check_consistent_length, column_or_1d
from sklearn.utils.validation import _check_sample_weight, _check_y, validate_data

from scratchmlp.arrays import FloatArray

#: Limits of the largest weight. The penalty of a network depends on the scale of the weights.
_LEAST, _MOST = 1e-18, 1e18


@np.errstate(over="ignore", invalid="ignore")  # infinite numbers are reported
def validate_rows(
    estimator: Any, X: Any, y: Any, sample_weight: Any, dtype: Any, *, reset: bool
) -> tuple[Any, Any, Any]:
    """Check X, y and the weights, and convert X to one of the data types in `dtype`.

    Parameters
    ----------
    estimator : BaseMLP
        The estimator.
    X, y, sample_weight : object
        What the user passed.
    dtype : dtype or tuple of dtypes
        Data types that X may have.
    reset : bool
        True stores the number and the names of the features of X. False checks X against those of
        the fitted estimator.

    Returns
    -------
    tuple of X, y, sample_weight
        Three arrays. X may be a CSR matrix, y may be a sparse matrix, and sample_weight may be
        None.
    """
    targets = {"multi_output": True, "y_numeric": is_regressor(estimator)}
    plain = None if reset or y is None else _plain_numbers(estimator, X, dtype)
    if plain is None:
        X, y = validate_data(
            estimator, X, y, accept_sparse="csr", dtype=dtype, reset=reset, **targets
        )
    else:
        X, y = plain, _check_y(y, estimator=estimator, **targets)
        check_consistent_length(X, y)
    if y.shape[1:] == (1,) or (issparse(y) and y.ndim == 1):  # sparse labels are refused
        y = column_or_1d(y, warn=True)
    if sample_weight is None:
        return X, y, None
    weight = check_weights(sample_weight, X)
    check_largest_weight(weight.max())
    return X, y, weight.astype(X.dtype, copy=False)


def validate_inputs(estimator: Any, X: Any) -> Any:
    """Check X against a fitted estimator, and convert it to the type of the parameters."""
    dtype = estimator.theta_.dtype
    plain = _plain_numbers(estimator, X, dtype)
    if plain is not None:
        return plain
    return validate_data(estimator, X, accept_sparse="csr", dtype=dtype, reset=False)


def _plain_numbers(estimator: Any, X: Any, dtype: Any) -> FloatArray | None:
    """Convert X without scikit-learn's validation, which takes longer than a step on a few rows.

    Parameters
    ----------
    estimator : BaseMLP
        An estimator that knows its features.
    X : object
        What the user passed.
    dtype : dtype
        Type of the result.

    Returns
    -------
    ndarray of shape (n_samples, n_features), or None
        The finite numbers of an array, a list or a data frame with the right columns. None if X may
        be wrong, or if it needs more than a conversion.
    """
    columns, names = getattr(X, "columns", None), getattr(estimator, "feature_names_in_", None)
    if columns is None and type(X) not in (np.ndarray, list):
        return None
    if (None if columns is None else list(columns)) != (None if names is None else names.tolist()):
        return None
    values = np.asarray(X)
    if values.dtype.kind not in "biuf" or values.ndim != 2:
        return None
    if values.shape[1] != estimator.n_features_in_ or not len(values):
        return None
    values = values.astype(dtype, copy=False)
    return values if sum_is_finite(values) else None


def sum_is_finite(values: FloatArray) -> bool:
    """Check quickly whether an array is finite.

    If the sum of finite values overflows, the result is False. This only costs a full validation.
    """
    return math.isfinite(values.sum())


def check_outputs(outputs: FloatArray) -> FloatArray:
    """Return the outputs of a network, or raise an error if they are not finite."""
    if not (sum_is_finite(outputs) or np.isfinite(outputs).all()):
        raise ValueError(
            f"The outputs of the network for X overflow: they must be finite {outputs.dtype} "
            f"numbers, but one is {outputs[~np.isfinite(outputs)][0]}. Scale X as the data that "
            "the network was trained on."
        )
    return outputs


def has_validation_data(X: Any, y: Any, sample_weight: Any) -> bool:
    """Return whether the user passed validation data, which need both X_val and y_val."""
    missing = [name for name, each in (("X_val", X), ("y_val", y)) if each is None]
    if len(missing) == 2 and sample_weight is None:
        return False
    if missing:
        raise ValueError(
            "Validation data are X_val and y_val together, with sample_weight_val if rows "
            f"have weights; {' and '.join(missing)} was not given."
        )
    return True


def check_validation_rows(estimator: Any, n_rows: int) -> None:
    """Check that there are enough rows of the user to validate on."""
    if estimator.early_stopping and n_rows < 2:
        raise ValueError(
            f"Early stopping needs at least 2 rows to validate on; got {n_rows}. Pass more, or set "
            "early_stopping=False."
        )


# Weights of rows.


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
