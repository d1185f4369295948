"""Loss and score of rows on a cluster. The scores can be computed from sums over rows."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from dask.delayed import delayed
from sklearn.base import is_classifier
from sklearn.metrics import accuracy_score, log_loss, mean_absolute_error, mean_squared_error
from sklearn.preprocessing import StandardScaler

from scratchmlp.arrays import FloatArray
from scratchmlp.dask.data import ClusterData
from scratchmlp.dask.objective import aligned
from scratchmlp.dask.pieces import Piece, joined_scaler
from scratchmlp.dask.rounds import added, reduced, task
from scratchmlp.estimators.prepared import Validate
from scratchmlp.estimators.scaling import r2_of_sums
from scratchmlp.estimators.state import FittedModel
from scratchmlp.estimators.targets import MULTILABEL, ClassLabels
from scratchmlp.prediction import raw_scores
from scratchmlp.utils.threads import threads


def _accuracy(model: FittedModel, y: Any, raw: FloatArray, weight: Any) -> float:
    labels = model.targets.labels(raw)
    return float(accuracy_score(y, labels, sample_weight=weight, normalize=False))


def _log_loss(model: FittedModel, y: Any, raw: FloatArray, weight: Any) -> float:
    p, classes = model.targets.probabilities(raw, model.loss), model.targets.classes
    return -float(log_loss(y, p, labels=classes, sample_weight=weight, normalize=False))


def _negative(error: Callable[..., Any]) -> Callable[..., FloatArray]:
    """Return a function that adds up the negative error of each output."""

    def score(model: FittedModel, y: Any, raw: FloatArray, weight: Any) -> FloatArray:
        n_rows = len(y) if weight is None else weight.sum(dtype=np.float64)
        given = {"sample_weight": weight, "multioutput": "raw_values"}
        return -n_rows * error(y, model.targets.predictions(raw, model.loss), **given)

    return score


#: For classifiers and for regressors: the scores, the default first. Each function computes the
#: sums of a score over some rows, from their targets, raw scores and weights. Those of regressors
#: have an entry for each output.
SCORES: dict[bool, dict[str, Callable[..., Any]]] = {
    True: {"accuracy": _accuracy, "neg_log_loss": _log_loss},
    False: {
        "r2": _negative(mean_squared_error),
        "neg_mean_squared_error": _negative(mean_squared_error),
        "neg_mean_absolute_error": _negative(mean_absolute_error),
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


def validator(
    scoring: str | None, model: FittedModel, data: ClusterData, n_averaged: int
) -> Validate:
    """Return a function of theta that computes loss and score on validation data.

    Parameters
    ----------
    scoring : str or None
        Name of the score.
    model : FittedModel
        The model, whose parameters are replaced by theta.
    data : ClusterData
        The validation data.
    n_averaged : int
        Number of targets over which the loss is averaged: see `Prepared.n_averaged`.
    """
    targets: Any = model.targets
    has_classes = isinstance(targets, ClassLabels)
    if scoring == "neg_log_loss" and has_classes and targets.kind == MULTILABEL:
        raise ValueError(
            "scoring='neg_log_loss' is not supported for an indicator matrix of several labels. "
            "Choose 'loss', or None for the accuracy."
        )
    name = scoring or next(iter(SCORES[has_classes]))
    weight, spread = data.total_weight, None
    if name == "r2":
        scalers = data.rounds.get_all(task(_target_scaler, piece) for piece in data.futures)
        spread = weight * joined_scaler(scalers).var_

    def validate(theta: FloatArray) -> tuple[float, float]:
        sent = delayed(model._replace(theta=theta), traverse=False)
        tasks = [task(evaluate, name, sent, piece) for piece in data.futures]
        loss, score = data.rounds.get(reduced(added, tasks))
        loss /= weight * n_averaged
        if not math.isfinite(loss):
            return loss, math.nan
        if name == "loss":
            return loss, -loss
        if spread is None:
            return loss, float(np.mean(score / weight))
        return loss, r2_of_sums(-score, spread) if data.n_rows > 1 else math.nan

    return validate


def _target_scaler(piece: Piece) -> StandardScaler:
    Y = piece.y.reshape(len(piece.y), -1)
    return StandardScaler().fit(Y, sample_weight=piece.data.sample_weight)


@np.errstate(over="ignore", invalid="ignore")  # the monitor reports divergence
def evaluate(name: str, model: FittedModel, piece: Piece) -> tuple[float, Any]:
    """Sum the loss and the score of that name over the rows of a piece, in a task.

    The score is nan if it is not needed.
    """
    X, Y, weight = piece.data.as_batch()
    with threads(0):
        raw = raw_scores(model.network, aligned(model.theta), aligned(X))
    losses = model.loss.value(Y, raw).astype(np.float64)
    loss = float(losses.sum() if weight is None else weight @ losses)
    if name == "loss" or not math.isfinite(loss):
        return loss, math.nan
    return loss, SCORES[isinstance(model.targets, ClassLabels)][name](model, piece.y, raw, weight)
