"""How much each estimator of an ensemble contributes: weights by greedy selection."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.metrics import get_scorer, get_scorer_names
from sklearn.utils._param_validation import StrOptions

from scratchmlp.arrays import FloatArray
from scratchmlp.tabular.calibration import log_probabilities

#: Number of estimators that are selected, with replacement.
_ROUNDS = 40

#: Values of the parameter `scoring`.
SCORING = [StrOptions(set(get_scorer_names())), callable, None]
#: Maps blended predictions to the loss to minimize.
BlendLoss = Callable[[FloatArray], float]


#: Before the first round, this number / n_samples counts as selected: as much as in all rounds with
#: 400 rows. It was chosen on the fourteen small sets of accuracy.py.
_PRIOR = 400 * _ROUNDS


def select_weights(
    predictions: Sequence[FloatArray], loss: BlendLoss, prior: FloatArray
) -> FloatArray:
    """Weight estimators by greedy selection on the loss of their out-of-fold predictions.

    In each round, the estimator is selected with which the mean of the predictions selected so far
    has the lowest loss. An estimator may be selected several times. Few rows cannot tell which
    estimator is better, so the prior counts as selected before, the more often the fewer rows there
    are.

    Parameters
    ----------
    predictions : sequence of ndarray
        Out-of-fold predictions of each estimator.
    loss : callable
        Maps predictions to their loss.
    prior : ndarray of shape (n_estimators,)
        Weights without any rows, which sum to 1.

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
    >>> from scratchmlp.tabular.blending import select_weights, squared_error
    >>> y, prior = np.linspace(0, 1, 100_000), np.array([1.0, 0.0, 0.0])
    >>> too_low, too_high, far_too_high = y - 1, y + 1, y + 9
    >>> loss = squared_error(y, None)
    >>> select_weights([too_low, too_high, far_too_high], loss, prior).round(2)
    array([0.5, 0.5, 0. ])
    """
    times = prior * _PRIOR / len(predictions[0])
    total: Any = sum(n * each for n, each in zip(times, predictions, strict=True))
    for _ in range(_ROUNDS):
        losses = [loss((total + each) / (times.sum() + 1)) for each in predictions]
        if np.isnan(losses).all():
            raise ValueError(f"The score of predictions must be a number; got {losses[0]}.")
        best = int(np.nanargmin(losses))
        total = total + predictions[best]
        times[best] += 1
    return times / times.sum()


def log_loss(Y: NDArray[np.intp], weight: FloatArray | None) -> BlendLoss:
    """Return the log-loss of class probabilities. `Y` holds the numbers of the true classes."""

    def loss(proba: FloatArray) -> float:
        likelihood = proba[np.arange(len(Y)), Y]
        return -float(np.average(log_probabilities(likelihood), weights=weight))

    return loss


def squared_error(Y: FloatArray, weight: FloatArray | None, scale: Any = 1.0) -> BlendLoss:
    """Return the mean squared error of predictions of the shape of Y, after division by `scale`."""

    def loss(prediction: FloatArray) -> float:
        squares = ((prediction - Y) / scale) ** 2
        return float(np.average(squares, axis=0, weights=weight).mean())

    return loss


class _Predicted(BaseEstimator):
    """An estimator whose input is its prediction, for scikit-learn's scorers."""

    def __sklearn_is_fitted__(self) -> bool:
        return True

    def fit(self, X: Any, y: Any = None) -> "_Predicted":
        """Do nothing."""
        return self


class _PredictedNumbers(RegressorMixin, _Predicted):
    def predict(self, X: FloatArray) -> FloatArray:
        """Return X."""
        return X


class _PredictedClasses(ClassifierMixin, _Predicted):
    def __init__(self, classes_: NDArray[Any]) -> None:
        self.classes_ = classes_

    def predict(self, X: FloatArray) -> NDArray[Any]:
        """Return the class with the highest probability."""
        return self.classes_[X.argmax(axis=1)]

    def predict_proba(self, X: FloatArray) -> FloatArray:
        """Return X."""
        return X

    def decision_function(self, X: FloatArray) -> FloatArray:
        """Return log-odds of the second class, or logarithms of several probabilities."""
        scores = log_probabilities(X)
        return scores[:, 1] - scores[:, 0] if X.shape[1] == 2 else scores


def negative_score(
    scoring: str | Callable[..., float],
    y: NDArray[Any],
    weight: FloatArray | None,
    classes: NDArray[Any] | None,
) -> BlendLoss:
    """Return the negative score of a scorer of scikit-learn.

    Parameters
    ----------
    scoring : str or callable
        Name of a scorer, or a scorer.
    y : ndarray of shape (n_samples,)
        Targets.
    weight : ndarray of shape (n_samples,) or None
        Weights of the rows.
    classes : ndarray of shape (n_classes,) or None
        Class labels; None for a regressor.

    Returns
    -------
    callable
        Maps predictions, or class probabilities, to the loss to minimize.
    """
    scorer = get_scorer(scoring)
    predicted = _PredictedNumbers() if classes is None else _PredictedClasses(classes)
    weights = {} if weight is None else {"sample_weight": weight}
    return lambda prediction: -float(scorer(predicted, prediction, y, **weights))
