"""Loss and score of rows on a cluster. The scores can be computed from sums over rows."""

import copy
import math
from collections.abc import Callable
from functools import reduce
from typing import Any

import numpy as np
from dask.delayed import delayed
from sklearn.base import is_classifier
from sklearn.metrics import accuracy_score, log_loss

from scratchmlp.arrays import FloatArray
from scratchmlp.dask.data import ClusterData
from scratchmlp.dask.objective import aligned
from scratchmlp.dask.pieces import Piece
from scratchmlp.dask.rounds import added, reduced, task
from scratchmlp.dask.summaries import Moments
from scratchmlp.estimators.prepared import Validate
from scratchmlp.estimators.state import forget_training
from scratchmlp.estimators.targets import MULTILABEL
from scratchmlp.prediction import raw_scores
from scratchmlp.utils.threads import threads


def _accuracy(model: Any, y: Any, raw: FloatArray, weight: Any) -> float:
    return float(accuracy_score(y, model._labels(raw), sample_weight=weight, normalize=False))


def _log_loss(model: Any, y: Any, raw: FloatArray, weight: Any) -> float:
    p = model._proba(raw.copy())
    return -float(log_loss(y, p, labels=model.classes_, sample_weight=weight, normalize=False))


def _squared_errors(model: Any, y: Any, raw: FloatArray, weight: Any) -> FloatArray:
    """Add up the squared errors of each output, for R²."""
    Y = _columns(y)
    squares = (Y - model._predictions(raw).reshape(Y.shape)) ** 2
    return squares.sum(axis=0) if weight is None else weight.astype(np.float64) @ squares


def _columns(y: Any) -> FloatArray:
    return y.reshape(len(y), -1).astype(np.float64)


def _negative_errors(power: int) -> Callable[..., float]:
    """Return a function that adds up -|error|^power, averaged over the outputs."""

    def score(model: Any, y: Any, raw: FloatArray, weight: Any) -> float:
        errors = np.abs(y - model._predictions(raw)) ** power
        errors = errors.reshape(len(errors), -1).mean(axis=1, dtype=np.float64)
        return -float(errors.sum() if weight is None else weight @ errors)

    return score


#: For classifiers and for regressors: the scores, the default first. Each function computes the
#: sums of a score over some rows, from their targets, raw scores and weights.
SCORES: dict[bool, dict[str, Callable[..., Any]]] = {
    True: {"accuracy": _accuracy, "neg_log_loss": _log_loss},
    False: {
        "r2": _squared_errors,
        "neg_mean_squared_error": _negative_errors(2),
        "neg_mean_absolute_error": _negative_errors(1),
    },
}


def check_scoring(estimator: Any) -> None:
    """Raise a ValueError if `scoring` of an estimator cannot be computed on a cluster."""
    known = ("loss", *SCORES[is_classifier(estimator)])
    if estimator.scoring not in (None, *known):
        raise ValueError(
            "On a cluster, a score must be computable from sums over rows: scoring must be None or "
            f"one of {', '.join(map(repr, known))}; got {estimator.scoring!r}. Choose one of them."
        )


def validator(estimator: Any, data: ClusterData) -> Validate:
    """Return a function of theta that computes loss and score on validation data.

    Parameters
    ----------
    estimator : BaseMLP
        The estimator, with the fitted attributes that are known before training. A copy of it is
        sent to the workers.
    data : ClusterData
        The validation data.
    """
    scoring = estimator.scoring
    if scoring == "neg_log_loss" and estimator._kind == MULTILABEL:
        raise ValueError(
            "scoring='neg_log_loss' is not supported for an indicator matrix of several labels. "
            "Choose 'loss', or None for the accuracy."
        )
    model = copy.copy(estimator)
    if hasattr(model, "_run"):
        forget_training(model)
    name = scoring or next(iter(SCORES[is_classifier(estimator)]))
    spread = _spread(data) if name == "r2" else None
    weight = data.total_weight

    def validate(theta: FloatArray) -> tuple[float, float]:
        model.theta_ = theta
        sent = delayed(model, traverse=False)
        pieces = zip(data.inputs, data.pieces, strict=True)
        tasks = [task(evaluate, name, sent, X, piece) for X, piece in pieces]
        loss, score = data.rounds.get(reduced(added, tasks))
        loss /= weight
        if not math.isfinite(loss):
            return loss, math.nan
        if name == "loss":
            return loss, -loss
        if spread is None:
            return loss, float(score / weight)
        return loss, r_squared(score, spread) if data.n_rows > 1 else math.nan

    return validate


def r_squared(squared_errors: FloatArray, spread: FloatArray) -> float:
    """Return R², the mean over the outputs, as `sklearn.metrics.r2_score` defines it.

    A constant output has 1 if it is predicted exactly, and 0 otherwise.

    Parameters
    ----------
    squared_errors : ndarray of shape (n_outputs,)
        Weighted sums of the squared errors.
    spread : ndarray of shape (n_outputs,)
        Weighted sums of the squared deviations of the targets from their mean.
    """
    constant = spread == 0
    shares = squared_errors / np.where(constant, 1.0, spread)
    return float(np.where(constant & (squared_errors > 0), 0.0, 1 - shares).mean())


def _spread(data: ClusterData) -> FloatArray:
    """Return the weighted sums of the squared deviations of the targets from their mean."""
    moments = data.rounds.get_all(task(_target_moments, piece) for piece in data.pieces)
    return reduce(Moments.__add__, moments).m2


@np.errstate(over="ignore", invalid="ignore")  # of the largest numbers, R² is not finite
def _target_moments(piece: Piece) -> Moments:
    return Moments.of(_columns(piece.y), piece.sample_weight)


@np.errstate(over="ignore", invalid="ignore")  # the monitor reports divergence
def evaluate(name: str, model: Any, X: FloatArray, piece: Piece) -> tuple[float, Any]:
    """Sum the loss and the score of that name over the rows of a piece, in a task.

    The score is nan if it is not needed, and R² has the sums of the squared errors.
    """
    _, Y, weight = piece.data(X).arrays()
    with threads(0):
        raw = raw_scores(model._network, aligned(model.theta_), aligned(X))
    losses = model._loss.value(Y, raw).astype(np.float64)
    loss = float(losses.sum() if weight is None else weight @ losses)
    if name == "loss" or not math.isfinite(loss):
        return loss, math.nan
    return loss, SCORES[is_classifier(model)][name](model, piece.y, raw, weight)
