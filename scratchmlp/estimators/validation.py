"""Checks of what goes into an estimator, and of what comes out."""

import math
from typing import Any

import numpy as np
from scipy.sparse import issparse
from sklearn.base import is_regressor
from sklearn.utils import column_or_1d
from sklearn.utils.validation import validate_data

from scratchmlp.arrays import FloatArray
from scratchmlp.estimators.weights import check_largest_weight, check_weights


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
    X, y = validate_data(
        estimator,
        X,
        y,
        accept_sparse="csr",
        dtype=dtype,
        multi_output=True,
        y_numeric=is_regressor(estimator),
        reset=reset,
    )
    if y.shape[1:] == (1,) or (issparse(y) and y.ndim == 1):  # sparse labels are refused
        y = column_or_1d(y, warn=True)
    if sample_weight is None:
        return X, y, None
    weight = check_weights(sample_weight, X)
    check_largest_weight(weight.max())
    return X, y, weight.astype(X.dtype, copy=False)


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
