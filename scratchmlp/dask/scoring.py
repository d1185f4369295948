"""Loss and score of rows on a cluster. The scores can be computed from sums over rows."""

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
from sklearn.utils import check_consistent_length
from sklearn.utils.validation import _check_sample_weight

from scratchmlp.arrays import FloatArray
from scratchmlp.dask.collections import Partition
from scratchmlp.dask.objective import ClusterPrepared, aligned
from scratchmlp.dask.pieces import Piece, reporting_failures
from scratchmlp.dask.preparation import results_of
from scratchmlp.dask.rounds import Rounds, reduced, task
from scratchmlp.dask.summaries import Moments
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


def accuracy(y: Any, predictions: Any, weight: Any) -> float:
    """Return the sum of the weights of rows whose class is predicted."""
    return float(accuracy_score(y, predictions, sample_weight=weight, normalize=False))


def _accuracy(model: Any, y: Any, raw: FloatArray, weight: Any) -> float:
    return accuracy(y, model._labels(raw), weight)


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


def validator(
    model: Any, prepared: ClusterPrepared, scoring: str | None
) -> Callable[[FloatArray], tuple[float, float]]:
    """Return a function that computes loss and score on the validation data.

    Parameters
    ----------
    model : DaskMLP
        The estimator, with the fitted attributes that are known before training. It is sent to the
        workers.
    prepared : ClusterPrepared
        What training needs, with validation data.
    scoring : str or None
        The score.

    Returns
    -------
    callable
        A function of theta that returns loss and score.
    """
    if scoring == "neg_log_loss" and model._kind == MULTILABEL:
        raise ValueError(
            "scoring='neg_log_loss' is not supported for an indicator matrix of several labels. "
            "Choose 'loss', or None for the accuracy."
        )
    data, _ = prepared.held_out

    def validate(theta: FloatArray) -> tuple[float, float]:
        model.theta_ = theta
        sent = delayed(model, traverse=False)
        pieces = zip(data.inputs, data.pieces, strict=True)
        tasks = [task(evaluate, sent, scoring, X, piece) for X, piece in pieces]
        total = data.rounds.get(reduced(combined, tasks))
        value = total.loss / total.weight
        if not math.isfinite(value):
            return value, math.nan
        return value, -value if scoring == "loss" else total.value()

    return validate


@np.errstate(over="ignore", invalid="ignore")  # the monitor reports divergence
def evaluate(model: Any, scoring: str | None, X: FloatArray, piece: Piece) -> Scored:
    """Sum loss and score over the rows of a piece, in a task."""
    _, Y, weight = piece.data(X).arrays()
    with threads(0):
        raw = raw_scores(model._network, aligned(model.theta_), aligned(X))
    losses = model._loss.value(Y, raw).astype(np.float64)
    loss = float(losses.sum() if weight is None else weight @ losses)
    score = None
    if scoring != "loss" and math.isfinite(loss):
        names = SCORES[is_classifier(model)]
        sums = names[scoring or next(iter(names))]
        score = sums(model, piece.y, raw, weight)
    return Scored(len(X), piece.summary.weight, loss, score)


def score(model: Any, rounds: Rounds, partitions: list[Partition]) -> float:
    """Compute the default score of an estimator on a cluster.

    Parameters
    ----------
    model : estimator
        A fitted estimator. It is sent to the workers.
    rounds : Rounds
        Rounds.
    partitions : list of Partition
        The rows.

    Returns
    -------
    float
        Accuracy or R².
    """
    sent = delayed(model, traverse=False)
    tasks = [task(reporting_failures, score_rows, sent, *each) for each in partitions]
    found = [each for each in results_of(rounds, tasks) if each is not None]
    if not found:
        raise ValueError("X has no rows with a weight other than 0. A score needs at least one.")
    return combined(*found).value()


def score_rows(model: Any, X: Any, y: Any, sample_weight: Any) -> Scored | None:
    """Sum the default score over the rows of a partition with a weight other than 0, in a task.

    The result is None if there are none.
    """
    check_consistent_length(X, y, None if np.isscalar(sample_weight) else sample_weight)
    if not len(X):
        return None
    y, weight = np.asarray(y), None
    y = y[:, 0] if y.shape[1:] == (1,) else y
    with threads(0):
        predictions = model.predict(X)
    if sample_weight is not None:
        weight = _check_sample_weight(sample_weight, X, dtype=float, allow_all_zero_weights=True)
        kept = weight != 0  # scikit-learn refuses weights that are all 0
        y, predictions, weight = y[kept], predictions[kept], weight[kept]
        if not len(y):
            return None
    total = float(len(y) if weight is None else weight.sum())
    sums = accuracy if is_classifier(model) else RSquared.of
    return Scored(len(y), total, 0.0, sums(y, predictions, weight))


def combined(first: Scored, *others: Scored) -> Scored:
    """Add up sums, in the order given."""
    n_rows, weights, losses, scores = zip(first, *others, strict=True)
    none = any(each is None for each in scores)
    return Scored(sum(n_rows), sum(weights), sum(losses), None if none else reduce(add, scores))
