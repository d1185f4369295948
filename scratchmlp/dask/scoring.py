"""Loss and score of rows on a cluster. The scores can be computed from sums over rows."""

import copy
import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce
from operator import add
from typing import Any, NamedTuple, Self

import numpy as np
from dask.delayed import delayed
from sklearn.base import is_classifier
from sklearn.metrics import accuracy_score, log_loss

from scratchmlp.arrays import FloatArray
from scratchmlp.dask.data import ClusterData
from scratchmlp.dask.objective import aligned
from scratchmlp.dask.pieces import Piece
from scratchmlp.dask.rounds import reduced, task
from scratchmlp.dask.summaries import Moments
from scratchmlp.estimators.prepared import Validate
from scratchmlp.estimators.state import forget_training
from scratchmlp.estimators.targets import MULTILABEL
from scratchmlp.prediction import raw_scores
from scratchmlp.threads import threads


@dataclass(frozen=True)
class RSquared:
    """Sums for R².

    Attributes
    ----------
    targets : Moments
        Moments of the targets.
    residual : ndarray of shape (n_outputs,)
        Weighted sums of the squared errors.
    """

    targets: Moments
    residual: FloatArray

    @classmethod
    def of(cls, y: FloatArray, predictions: FloatArray, weight: FloatArray | None) -> Self:
        """Compute the sums for some rows."""
        Y = y.reshape(len(y), -1).astype(np.float64)
        squares = (Y - predictions.reshape(Y.shape)) ** 2
        residual = squares.sum(axis=0) if weight is None else weight.astype(np.float64) @ squares
        return cls(Moments.of(Y, weight), residual)

    def __add__(self, other: Self) -> Self:
        """Return the sums for two sets of rows together."""
        return type(self)(self.targets + other.targets, self.residual + other.residual)

    def value(self) -> float:
        """Return R², the mean over the outputs, as `sklearn.metrics.r2_score` defines it.

        A constant output has 1 if it is predicted exactly, and 0 otherwise.
        """
        spread = self.targets.m2
        constant = spread == 0
        shares = self.residual / np.where(constant, 1.0, spread)
        return float(np.where(constant & (self.residual > 0), 0.0, 1 - shares).mean())


def _accuracy(model: Any, y: Any, raw: FloatArray, weight: Any) -> float:
    return float(accuracy_score(y, model._labels(raw), sample_weight=weight, normalize=False))


def _log_loss(model: Any, y: Any, raw: FloatArray, weight: Any) -> float:
    p = model._proba(raw.copy())
    return -float(log_loss(y, p, labels=model.classes_, sample_weight=weight, normalize=False))


def _r2(model: Any, y: Any, raw: FloatArray, weight: Any) -> RSquared:
    return RSquared.of(y, model._predictions(raw), weight)


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
        "r2": _r2,
        "neg_mean_squared_error": _negative_errors(2),
        "neg_mean_absolute_error": _negative_errors(1),
    },
}


class Scored(NamedTuple):
    """Sums over some rows, from which loss and score are computed.

    Attributes
    ----------
    n_rows : int
        Number of rows.
    weight : float
        Sum of the weights.
    loss : float
        Weighted sum of the losses, or 0 if they are not needed.
    score : float, RSquared or None
        Weighted sum of the scores of the rows, or the sums for R². None without a score.
    """

    n_rows: int
    weight: float
    loss: float
    score: Any

    def value(self) -> float:
        """Return the score."""
        if isinstance(self.score, RSquared):
            return self.score.value() if self.n_rows > 1 else math.nan
        return math.nan if self.score is None else float(self.score / self.weight)


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

    def validate(theta: FloatArray) -> tuple[float, float]:
        model.theta_ = theta
        sent = delayed(model, traverse=False)
        pieces = zip(data.inputs, data.pieces, strict=True)
        tasks = [task(evaluate, sent, X, piece) for X, piece in pieces]
        total = data.rounds.get(reduced(combined, tasks))
        value = total.loss / total.weight
        if not math.isfinite(value):
            return value, math.nan
        return value, -value if scoring == "loss" else total.value()

    return validate


@np.errstate(over="ignore", invalid="ignore")  # the monitor reports divergence
def evaluate(model: Any, X: FloatArray, piece: Piece) -> Scored:
    """Sum loss and score over the rows of a piece, in a task."""
    _, Y, weight = piece.data(X).arrays()
    with threads(0):
        raw = raw_scores(model._network, aligned(model.theta_), aligned(X))
    losses = model._loss.value(Y, raw).astype(np.float64)
    loss = float(losses.sum() if weight is None else weight @ losses)
    score = None
    if model.scoring != "loss" and math.isfinite(loss):
        names = SCORES[is_classifier(model)]
        sums = names[model.scoring or next(iter(names))]
        score = sums(model, piece.y, raw, weight)
    return Scored(len(X), piece.summary.weight, loss, score)


def combined(first: Scored, *others: Scored) -> Scored:
    """Add up sums, in the order given."""
    n_rows, weights, losses, scores = zip(first, *others, strict=True)
    none = any(each is None for each in scores)
    return Scored(sum(n_rows), sum(weights), sum(losses), None if none else reduce(add, scores))
