"""Losses of predictions that are known: to weight estimators, and to compare permuted columns."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.metrics import get_scorer, get_scorer_names
from sklearn.utils._param_validation import StrOptions

from scratchmlp.arrays import FloatArray

#: Values of the parameter `scoring`.
SCORING = [StrOptions(set(get_scorer_names())), callable, None]


#: Maps blended predictions to the loss to minimize.
BlendLoss = Callable[[FloatArray], float]


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


def is_within_error(gain: "pd.Series[float]") -> bool:
    """Return whether the mean gain over folds is at most its standard error; 0 for one fold."""
    error = gain.sem() if len(gain) > 1 else 0.0
    return float(gain.mean()) <= float(error)  # type: ignore[arg-type]


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


def log_probabilities(proba: FloatArray) -> FloatArray:
    """Return the logarithms of probabilities, all finite."""
    return np.log(np.maximum(proba, np.finfo(proba.dtype).tiny))
