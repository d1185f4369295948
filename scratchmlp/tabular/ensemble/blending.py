"""How much each estimator of an ensemble contributes: weights by greedy selection."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scratchmlp.arrays import FloatArray
from scratchmlp.tabular.scoring import BlendLoss, Difference

#: Number of estimators that are selected, with replacement.
_ROUNDS = 40


#: Before the first round, this number / n_samples counts as selected: as much as in all rounds with
#: 400 rows. It was chosen on the fourteen small sets of accuracy.py.
_PRIOR = 400 * _ROUNDS

#: By how much the loss may rise, as a share of it, if an estimator is left out.
NEGLIGIBLE = 0.001


def prior_shares(differences: Sequence[Difference], preferred: NDArray[np.bool_]) -> FloatArray:
    """Share the weight that estimators have before their predictions are weighted.

    It belongs to those that are preferred, unless their losses in the folds are clearly above the
    lowest one: the share that they lose is then divided among the others. An estimator whose loss
    is t standard errors above the lowest counts as exp(-t²/2): see `Difference.likelihood`.

    Parameters
    ----------
    differences : sequence of Difference
        By how much the loss of each estimator is above that of the best one, in all folds.
    preferred : ndarray of shape (n_estimators,), bool
        Which estimators are preferred. There may be none.

    Returns
    -------
    ndarray of shape (n_estimators,)
        Shares, which sum to 1.
    """
    counts = np.array([each.likelihood for each in differences])
    kept = counts[preferred].max(initial=0.0) if (~preferred).any() else 1.0
    shares = np.zeros(len(counts))
    for chosen, share in ((preferred, kept), (~preferred, 1.0 - kept)):
        if share:
            shares[chosen] = share * counts[chosen] / counts[chosen].sum()
    return shares


def select_weights(
    predictions: Sequence[FloatArray],
    loss: BlendLoss,
    prior: FloatArray,
    n_rows: int | None = None,
) -> FloatArray:
    """Weight estimators by greedy selection on the loss of their out-of-fold predictions.

    In each round, the estimator is selected with which the mean of the predictions selected so far
    has the lowest loss. An estimator may be selected several times. Few rows cannot tell which
    estimator is better, so some count as selected before, the more often the fewer rows there are.

    Parameters
    ----------
    predictions : sequence of ndarray
        Out-of-fold predictions of each estimator.
    loss : callable
        Maps predictions to their loss.
    prior : ndarray of shape (n_estimators,)
        Weights without any rows, which sum to 1: see `prior_shares`.
    n_rows : int or None, default=None
        Number of rows of the table. None means that of the predictions.

    Returns
    -------
    ndarray of shape (n_estimators,)
        Weights, which sum to 1.

    Raises
    ------
    ValueError
        If no loss is a number.

    References
    ----------
    Caruana, Niculescu-Mizil, Crew and Ksikes, "Ensemble selection from libraries of models", ICML
    2004.

    Examples
    --------
    >>> import numpy as np
    >>> from scratchmlp.tabular.ensemble.blending import select_weights
    >>> from scratchmlp.tabular.scoring import squared_error
    >>> y, prior = np.linspace(0, 1, 100_000), np.array([1.0, 0.0, 0.0])
    >>> too_low, too_high, far_too_high = y - 1, y + 1, y + 9
    >>> loss = squared_error(y, None)
    >>> select_weights([too_low, too_high, far_too_high], loss, prior).round(2)
    array([0.5, 0.5, 0. ])
    """
    times = prior * _PRIOR / (n_rows or len(predictions[0]))
    total: Any = sum(n * oof for n, oof in zip(times, predictions, strict=True))
    for _ in range(_ROUNDS):
        losses = [loss((total + oof) / (times.sum() + 1)) for oof in predictions]
        if np.isnan(losses).all():
            raise ValueError(f"The score of predictions must be a number; got {losses[0]}.")
        best = int(np.nanargmin(losses))
        total = total + predictions[best]
        times[best] += 1
    return times / times.sum()


def without_negligible(
    weights: FloatArray, predictions: Sequence[FloatArray], loss: BlendLoss
) -> FloatArray:
    """Set weights to 0 from the smallest, while the loss stays nearly the same.

    Parameters
    ----------
    weights : ndarray of shape (n_estimators,)
        Weights, which sum to 1.
    predictions : sequence of ndarray
        Out-of-fold predictions of each estimator.
    loss : callable
        Maps predictions to their loss.

    Returns
    -------
    ndarray of shape (n_estimators,)
        Weights, which sum to 1. The loss of the weighted predictions is at most 0.1 % higher, and
        the largest weight stays. Weights are unchanged if all that are 0 were 0 before.
    """

    def loss_with(weights: FloatArray) -> float:
        blend: Any = sum(w * oof for w, oof in zip(weights, predictions, strict=True) if w)
        return loss(blend)

    lowest = loss_with(weights)
    for number in np.argsort(weights, kind="stable")[:-1]:
        if weights[number]:
            others = np.where(np.arange(len(weights)) == number, 0.0, weights)
            others /= others.sum()
            if loss_with(others) <= lowest + NEGLIGIBLE * abs(lowest):
                weights = others
    return weights
