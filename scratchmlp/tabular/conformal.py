"""How sure predictions are: by their errors on rows that members held out.

The out-of-fold prediction for a row comes from members that were not trained on it. Its error is
thus like that for a new row, and a quantile of such errors tells how far off new predictions are.
"""

import math
from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from scratchmlp.arrays import FloatArray

#: Most rows whose scores are kept. Of more rows, these are drawn at random.
_MOST_SCORES = 10_000
#: Number of folds of the rows if a single member held out all of them.
_FOLDS = 5


class HeldOutScores(NamedTuple):
    """How wrong out-of-fold predictions are.

    Attributes
    ----------
    scores : ndarray of shape (n_scores, n_outputs)
        The errors of rows, at least 0: 1 minus the probability of the true class, or absolute
        errors divided by expected ones. Those of each output are in ascending order, so that they
        do not tell which row they belong to.
    weight : ndarray of shape (n_scores, n_outputs) or None
        Weights of the rows, in the order of the scores. None means equal weights.
    """

    scores: FloatArray
    weight: FloatArray | None

    @property
    def n_effective(self) -> float:
        """Number of rows of equal weight that would tell as much."""
        if self.weight is None:
            return float(len(self.scores))
        return effective_number(self.weight[:, 0])

    def quantile(self, coverage: Any) -> FloatArray:
        """Return the scores that a share `coverage` of new rows do not exceed.

        A new row counts as one of the rows. Its weight is the mean weight of rows that are drawn
        with probabilities in proportion to their weights: the sum of squared weights, divided by
        the sum of weights. The number of rows is the effective one: the sum of weights, divided by
        the weight of a new row. Both are what they seem to be for equal weights.

        Parameters
        ----------
        coverage : float
            Share, above 0 and below 1.

        Returns
        -------
        ndarray of shape (n_outputs,)
            The quantile of the scores of each output.

        Raises
        ------
        ValueError
            If the coverage is not between 0 and 1, or if it needs more rows, by their effective
            number: the quantile would be infinite.
        """
        if isinstance(coverage, bool) or not isinstance(coverage, float | int | np.number):
            raise TypeError(f"coverage must be a number, such as 0.9; got {coverage!r}.")
        if not 0 < coverage < 1:
            raise ValueError(
                "coverage is the share of targets to cover, so it must be above 0 and below 1; got "
                f"{coverage!r}."
            )
        weight = np.ones(self.scores.shape) if self.weight is None else self.weight
        total, n_effective, needed = weight[:, 0].sum(), self.n_effective, n_needed(float(coverage))
        if n_effective < needed - 1e-6:
            n_scores = len(self.scores)
            worth = "" if self.weight is None else f", which their weights make {n_effective:.4g}"
            raise ValueError(
                f"coverage={coverage} needs out-of-fold predictions of at least {needed} rows, and "
                f"fit had {n_scores}{worth}. Lower coverage, or fit on more rows."
            )
        wanted = coverage * (1 + 1 / n_effective) * total * (1 - 1e-9)
        last = len(weight) - 1
        sums = np.cumsum(weight, axis=0).T
        places = [min(int(np.searchsorted(each, wanted)), last) for each in sums]
        return self.scores[places, np.arange(len(places))]


def effective_number(weight: FloatArray) -> float:
    """Return how many rows of equal weight would tell as much as rows with these weights."""
    return float(weight.sum() ** 2 / (weight**2).sum())


def n_needed(coverage: float) -> int:
    """Return how many rows with errors a coverage needs."""
    return math.ceil(coverage / (1 - coverage) - 1e-6)  # a quotient may be rounded up


def held_out_scores(scores: FloatArray, weight: FloatArray | None) -> HeldOutScores:
    """Return the scores of each output in ascending order, with their weights.

    Parameters
    ----------
    scores : ndarray of shape (n_scores, n_outputs)
        Scores by row.
    weight : ndarray of shape (n_scores,) or None
        Weights of the rows.

    Returns
    -------
    HeldOutScores
        The sorted scores.
    """
    order = scores.argsort(axis=0)
    in_order = np.take_along_axis(scores, order, axis=0)
    return HeldOutScores(in_order, None if weight is None else weight[order])


def predicted_rows(oof: FloatArray) -> NDArray[np.intp]:
    """Return the numbers of the rows that have out-of-fold predictions: those of others are nan."""
    return np.flatnonzero(np.isfinite(oof.reshape(len(oof), -1)[:, 0]))


def scored_rows(oof: FloatArray) -> NDArray[np.intp]:
    """Return the numbers of the rows whose scores to keep.

    Parameters
    ----------
    oof : ndarray of shape (n_samples,) or (n_samples, n_outputs)
        Out-of-fold predictions; nan for rows that no member held out.

    Returns
    -------
    ndarray of int
        Row numbers, in order: all rows with a prediction, or a random 10,000 of them, always the
        same.
    """
    rows = predicted_rows(oof)
    if len(rows) > _MOST_SCORES:
        rows = np.sort(np.random.RandomState(0).choice(rows, _MOST_SCORES, replace=False))
    return rows


def fold_numbers(
    held_out: Iterable[NDArray[np.intp]], rows: NDArray[np.intp], n_rows: int
) -> NDArray[np.intp]:
    """Return, for each of some rows, the number of a member that held it out.

    If a single member held out all of them, they are divided into folds.
    """
    numbers = np.full(n_rows, -1, np.intp)
    for member, fold in enumerate(held_out):
        numbers[fold] = member
    folds = numbers[rows]
    return np.arange(len(rows)) % _FOLDS if (folds == folds[0]).all() else folds


def kept_weight(weight: FloatArray) -> FloatArray | None:
    """Return the weights of rows as float64, or None if all are equal."""
    return None if (weight == weight[0]).all() else weight.astype(np.float64)
