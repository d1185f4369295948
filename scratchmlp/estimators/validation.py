"""Checks of what goes in, of what comes out, and of the network on held-out rows."""

import copy
import math
from collections.abc import Callable
from dataclasses import replace
from inspect import signature
from numbers import Real
from typing import Any

import numpy as np
from scipy.sparse import issparse
from sklearn.base import is_classifier, is_regressor
from sklearn.metrics import check_scoring
from sklearn.model_selection import train_test_split
from sklearn.utils import column_or_1d
from sklearn.utils.validation import validate_data

from scratchmlp.arrays import FloatArray
from scratchmlp.batches import Data
from scratchmlp.estimators.prepared import Prepared
from scratchmlp.estimators.scaling import scaled_weights
from scratchmlp.monitor import Monitor
from scratchmlp.prediction import raw_scores

#: Number of rows on which the result of training is checked.
CHECKED_ROWS = 200


@np.errstate(over="ignore", invalid="ignore")  # infinite numbers are reported
def validate_rows(
    estimator: Any, X: Any, y: Any, sample_weight: Any, dtype: Any, *, reset: bool
) -> tuple[Any, Any, Any, int]:
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
    tuple of X, y, sample_weight, exponent
        Three arrays, and the exponent of `scaled_weights`. X may be a CSR matrix, y may be a sparse
        matrix, and sample_weight may be None.
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
        return X, y, None, 0
    return X, y, *scaled_weights(sample_weight, X, X.dtype)


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


def choose_rows(
    estimator: Any, prepared: Prepared, validation: tuple[Any, Any, Any], *, split: bool
) -> Prepared:
    """Choose the training and the validation rows.

    Rows of weight zero are left out, unless a call of `partial_fit` has no others. Validation rows
    are those that the user passed, or those that early stopping holds out.

    Parameters
    ----------
    estimator : BaseMLP
        The estimator.
    prepared : Prepared
        What training needs, without validation data.
    validation : tuple of X_val, y_val, sample_weight_val
        The user's validation data. All three are None if there are none.
    split : bool
        Whether early stopping may hold out training rows.

    Returns
    -------
    Prepared
        What training needs, with `held_out` set.
    """
    held_out = _validation_data(estimator, prepared, *validation)
    weight = prepared.data.sample_weight
    if weight is not None and weight.any() and not weight.all():
        prepared = prepared.rows(np.flatnonzero(weight))
    if held_out is None and estimator.early_stopping and split:
        training, rows = _split(estimator, prepared)
        held_out = prepared.data.rows(rows), prepared.y[rows]
        prepared = prepared.rows(training)
    return prepared._replace(held_out=held_out)


def _validation_data(
    estimator: Any, prepared: Prepared, X: Any, y: Any, sample_weight: Any
) -> tuple[Data, Any] | None:
    """Check the user's validation data. Return `Prepared.held_out`: encoded rows, and their y."""
    if not has_validation_data(X, y, sample_weight):
        return None
    data, targets, dtype = prepared.data, prepared.targets, prepared.data.X.dtype
    try:
        X, y, sample_weight, _ = validate_rows(estimator, X, y, sample_weight, dtype, reset=False)
        Y = targets.encode_validation(y, prepared.loss, dtype)
        if data.Y.shape[1:] != Y.shape[1:]:
            raise ValueError(f"y has shape {data.Y.shape}, and y_val {Y.shape}.")
        check_validation_rows(estimator, X.shape[0])
        training = prepared.y, prepared.sample_weight
        weight = targets.weigh(y, sample_weight, dtype, training=training)
    except ValueError as error:
        raise ValueError(f"X_val, y_val or sample_weight_val: {error}") from error
    return Data(X, Y, weight, data.class_targets), y


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


def _split(estimator: Any, prepared: Prepared) -> tuple[Any, Any]:
    """Return row numbers for training, and row numbers for validation.

    A resumed run keeps its last split if the numbers of rows still agree. A new split drops the
    best weights of the run, because they may have been trained on rows that are now held out.
    """
    run, Y, fraction = prepared.run, prepared.data.Y, estimator.validation_fraction
    n_rows, n_held_out = len(Y), math.ceil(fraction * len(Y))
    sizes = [n_rows - n_held_out, n_held_out]
    if run.split is not None and [len(rows) for rows in run.split] == sizes:
        return run.split
    try:
        training, held_out = train_test_split(
            np.arange(n_rows),
            test_size=fraction,
            random_state=run.generator(),
            stratify=prepared.targets.strata(Y),
        )
        if n_held_out < 2:
            raise ValueError("The validation set is too small, and needs at least 2 rows.")
    except ValueError as error:
        why = str(error).rstrip(".")
        raise ValueError(
            f"Early stopping cannot hold out validation_fraction={fraction} "
            f"of n_samples={n_rows}. {why}. Change 'validation_fraction' or increase the size "
            f"of your dataset{' (of each class)' if is_classifier(estimator) else ''}."
        ) from error
    run.split, run.best_theta = (training, held_out), None
    return run.split


def validator(
    estimator: Any, prepared: Prepared
) -> Callable[[FloatArray], tuple[float, float]] | None:
    """Return a function that computes loss and score on the validation data.

    Parameters
    ----------
    estimator : BaseMLP
        The estimator, with the fitted attributes that are known before training.
    prepared : Prepared
        What training needs.

    Returns
    -------
    callable or None
        A function of theta that returns loss and score. None if there are no validation data.
    """
    if prepared.held_out is None:
        return None
    network, loss, scoring = prepared.network, prepared.loss, estimator.scoring
    data, y = prepared.held_out
    X, Y, weight = data.arrays()
    model = copy.copy(estimator)
    model.__dict__.pop("feature_names_in_", None)  # X is an array by now, without names
    scorer, weights = _scorer(estimator, weight)

    @np.errstate(over="ignore", invalid="ignore")  # the monitor reports divergence
    def validate(theta: FloatArray) -> tuple[float, float]:
        raw = raw_scores(network, theta, X)
        value = float(np.average(loss.value(Y, raw), weights=weight))
        if not math.isfinite(value):
            return value, np.nan
        if scorer:
            model.theta_ = theta
            return value, _checked(scorer(model, X, y, **weights), scoring)
        # Without a scorer, scoring is "loss" or None.
        return value, -value if scoring else model._score_raw(y, raw, weight)

    return validate


def check_last_step(prepared: Prepared, monitor: Monitor) -> None:
    """Evaluate the parameters that a fit keeps, because an epoch's loss precedes its last step.

    They are evaluated on some training rows, weighted as in training. Of the best ones of early
    stopping, whose validation loss is finite, only the outputs must be finite here as well. If
    early stopping has kept none, the last ones are evaluated on the validation rows.

    Parameters
    ----------
    prepared : Prepared
        What training needed, and its result.
    monitor : Monitor
        The monitor of training.

    Raises
    ------
    DivergenceError
        See `scratchmlp.monitor.Monitor.check_divergence`.
    """
    run, data, best = prepared.run, prepared.data, prepared.run.best_theta
    rows, mean_weight, loss = data.rows(slice(0, CHECKED_ROWS)), data.mean_weight, np.nan
    if prepared.held_out and monitor.early_stopping and best is None:
        rows = prepared.held_out[0]
        mean_weight = rows.mean_weight
    X, Y, weight = rows.arrays()
    raw = raw_scores(prepared.network, run.theta if best is None else best, X)
    if np.isfinite(raw).all():
        if best is not None:
            return
        # L-BFGS computes in float64, so a loss that only float32 cannot hold is no divergence.
        losses = prepared.loss.value(Y, raw.astype(np.float64, copy=False))
        loss = float((losses if weight is None else weight * losses).mean())
        loss /= mean_weight or 1.0  # all weights may be 0 in a call of partial_fit
    monitor.check_divergence(replace(run, best_theta=None, loss=loss), f"after epoch {run.epoch}")


def _scorer(estimator: Any, weight: FloatArray | None) -> tuple[Any, dict[str, Any]]:
    """Return the user's scorer, if any, and the weights as keyword arguments for it."""
    if estimator.scoring in (None, "loss"):
        return None, {}
    scorer = check_scoring(estimator, estimator.scoring)
    # Every scorer of scikit-learn accepts weights and passes them to its metric, which may not
    # accept them. So the signature of the metric decides.
    metric = getattr(scorer, "_score_func", scorer)
    takes_weights = "sample_weight" in signature(metric).parameters
    return scorer, {"sample_weight": weight} if weight is not None and takes_weights else {}


def _checked(score: Any, scoring: Any) -> float:
    """Check that a score is a number, neither nan nor inf. It may be -inf, the worst score."""
    if not (isinstance(score, Real) and score < np.inf):
        raise ValueError(
            "scoring must give a number for the validation data, neither nan nor inf; "
            f"scoring={scoring!r} gave {score!r}. Choose a scorer that is defined on "
            "them, or other validation data."
        )
    return float(score)
