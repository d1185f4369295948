"""Scores of rows on a cluster: those that can be computed from sums over rows."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from sklearn.metrics import accuracy_score, log_loss

from scratchmlp.arrays import FloatArray
from scratchmlp.dask.summaries import Moments


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
    return RSquared.of(y, model._predictions(raw.copy()), weight)


def _negative_errors(power: int) -> Callable[..., float]:
    """Return a function that adds up -|error|^power, averaged over the outputs."""

    def score(model: Any, y: Any, raw: FloatArray, weight: Any) -> float:
        errors = np.abs(y - model._predictions(raw.copy())) ** power
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
