"""Loss and score of rows on a cluster."""

import math
from collections.abc import Callable
from functools import partial, reduce
from operator import add
from typing import Any, NamedTuple

import numpy as np
from dask.delayed import delayed
from sklearn.base import is_classifier
from sklearn.utils import check_consistent_length
from sklearn.utils.validation import _check_sample_weight

from scratchmlp.arrays import FloatArray
from scratchmlp.dask.collections import Partition
from scratchmlp.dask.objective import aligned
from scratchmlp.dask.pieces import Piece, reporting_failures
from scratchmlp.dask.preparation import without_failures
from scratchmlp.dask.prepared import ClusterPrepared
from scratchmlp.dask.rounds import Rounds, reduced, task
from scratchmlp.dask.scoring import SCORES, RSquared
from scratchmlp.estimators.targets import MULTILABEL
from scratchmlp.prediction import raw_scores
from scratchmlp.threads import threads


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


def check_scoring(estimator: Any, kind: str | None = None) -> None:
    """Check that `scoring` can be computed on a cluster.

    Parameters
    ----------
    estimator : DaskMLP
        The estimator.
    kind : str, default=None
        Kind of the targets of a classifier, if it is known.

    Raises
    ------
    ValueError
        If it cannot.
    """
    names, scoring = SCORES[is_classifier(estimator)], estimator.scoring
    known = ", ".join(map(repr, ("loss", *names)))
    if not (
        scoring is None or scoring == "loss" or (isinstance(scoring, str) and scoring in names)
    ):
        raise ValueError(
            "On a cluster, a score must be computable from sums over rows: scoring must be None or "
            f"one of {known}; got {scoring!r}. Choose one of them."
        )
    if scoring == "neg_log_loss" and kind == MULTILABEL:
        raise ValueError(
            "scoring='neg_log_loss' is not supported for an indicator matrix of several labels. "
            "Choose 'loss', or None for the accuracy."
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
    check_scoring(model, getattr(model, "_kind", None))
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
        score = score_function(model, scoring)(model, piece.y, raw, weight)
    return Scored(len(X), piece.summary.weight, loss, score)


def score(
    model: Any,
    rounds: Rounds,
    partitions: list[Partition],
    of_rows: Callable[..., Scored | None] | None = None,
) -> float:
    """Compute the default score of an estimator on a cluster.

    Parameters
    ----------
    model : estimator
        A fitted estimator. It is sent to the workers.
    rounds : Rounds
        Rounds.
    partitions : list of Partition
        The rows.
    of_rows : callable, default=score_rows
        Sums the score over the rows of a partition.

    Returns
    -------
    float
        Accuracy or R².
    """
    sent = delayed(model, traverse=False)
    of_rows = of_rows or score_rows
    tasks = [task(reporting_failures, of_rows, sent, *each) for each in partitions]
    results = without_failures(rounds.get_all(tasks), range(len(tasks)))
    found = [each for each in results if each is not None]
    if not found:
        raise ValueError("X has no rows with a weight other than 0. A score needs at least one.")
    return combined(*found).value()


def score_rows(model: Any, X: Any, y: Any, sample_weight: Any) -> Scored | None:
    """Sum the default score over the rows of a partition, in a task."""
    check_consistent_length(X, y, None if np.isscalar(sample_weight) else sample_weight)
    if not len(X):
        return None
    y = np.asarray(y)
    y = y[:, 0] if y.shape[1:] == (1,) else y
    with threads(0):
        raw = model._from_raw(X, lambda raw: raw)
    return scored(partial(score_function(model, None), model), X, y, raw, sample_weight)


def scored(
    sums: Callable[..., Any], X: Any, y: Any, predictions: Any, sample_weight: Any
) -> Scored | None:
    """Sum a score over the rows with a weight other than 0.

    Parameters
    ----------
    sums : callable
        Computes the sums of the score from targets, predictions and weights.
    X : object
        The rows.
    y : ndarray of shape (n_samples,) or (n_samples, n_outputs)
        Their targets.
    predictions : ndarray of shape (n_samples,) or (n_samples, n_outputs)
        Their predictions, or raw scores.
    sample_weight : array-like of shape (n_samples,), number or None
        Their weights. None means 1.

    Returns
    -------
    Scored or None
        The sums, or None if all weights are 0.
    """
    weight = None
    if sample_weight is not None:
        weight = _check_sample_weight(sample_weight, X, dtype=float, allow_all_zero_weights=True)
        kept = weight != 0  # scikit-learn refuses weights that are all 0
        y, predictions, weight = y[kept], predictions[kept], weight[kept]
        if not len(y):
            return None
    total = float(len(y) if weight is None else weight.sum())
    return Scored(len(y), total, 0.0, sums(y, predictions, weight))


def score_function(model: Any, scoring: str | None) -> Callable[..., Any]:
    """Return the function that computes the sums of a score. None means the default score."""
    names = SCORES[is_classifier(model)]
    return names[scoring or next(iter(names))]


def combined(first: Scored, *others: Scored) -> Scored:
    """Add up sums, in the order given."""
    n_rows, weights, losses, scores = zip(first, *others, strict=True)
    none = any(each is None for each in scores)
    return Scored(sum(n_rows), sum(weights), sum(losses), None if none else reduce(add, scores))
