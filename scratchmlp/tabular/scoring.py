"""Losses of predictions that are known: to weight and compare estimators, and permuted columns."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import t as student_t
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.metrics import get_scorer, get_scorer_names
from sklearn.utils._param_validation import StrOptions

from scratchmlp.arrays import FloatArray
from scratchmlp.tabular.folds import Rows

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


#: Fewest folds of a standard error: that of two is often near 0, or several times too large.
LEAST_FOLDS = 3
#: Standard errors above which a model is worse for certain.
_MOST_ERRORS = 3.0


class Difference(NamedTuple):
    """By how much the loss of a model is above that of another one.

    Attributes
    ----------
    mean : float
        Mean over the folds.
    standard_error : float
        Its standard error; nan for fewer than three folds.
    n_folds : int
        Number of folds in which both losses are defined.
    """

    mean: float
    standard_error: float
    n_folds: int

    @classmethod
    def of(cls, by_fold: "pd.Series[float]", splits: Sequence[tuple[Rows, Rows]]) -> Self:
        """Return the mean difference over folds and its corrected standard error.

        The training sets of the folds overlap, so the differences are not independent. The
        correction is that of Nadeau and Bengio, "Inference for the generalization error", Machine
        Learning 52, 2003.

        Parameters
        ----------
        by_fold : Series of shape (n_folds,)
            Difference of the losses in each fold. nan is left out.
        splits : sequence of tuple of two ndarrays
            The training rows and the held-out rows of each fold.

        Returns
        -------
        Difference
            The mean and its standard error.
        """
        n_folds = int(by_fold.count())
        if n_folds < LEAST_FOLDS:
            return cls(float(by_fold.mean()), np.nan, n_folds)
        n_training, n_held_out = (sum(map(len, rows)) for rows in zip(*splits, strict=True))
        variance = by_fold.var() * (1 / n_folds + n_held_out / n_training)
        return cls(float(by_fold.mean()), float(np.sqrt(variance)), n_folds)

    @property
    def is_within_error(self) -> bool:
        """Whether the mean is at most its standard error, or at most 0 if that is unknown."""
        return self.mean <= np.nan_to_num(self.standard_error)

    @property
    def likelihood(self) -> float:
        """exp(-t²/2) if the mean is t standard errors above 0, at most 3; 0 if it is further above.

        It is 1 if the error is not known.
        """
        t = max(self.mean, 0.0) / self.standard_error if self.standard_error > 0 else 0.0
        return float(np.exp(-(t**2) / 2)) if t <= _MOST_ERRORS else 0.0

    @property
    def half_interval(self) -> float:
        """Half of the 95% confidence interval of the mean, by Student's t."""
        return float(student_t.ppf(0.975, self.n_folds - 1) * self.standard_error)


def most_probable(proba: FloatArray) -> Rows:
    """Return the number of the class with the highest probability, for each row."""
    return proba.argmax(axis=1)


class Decision(NamedTuple):
    """How the class of a row follows from probabilities: predictions, scores and reports ask here.

    Attributes
    ----------
    positive : int or None, default=None
        Number of the positive class, which a threshold, curves and scores such as precision are
        about. None means the second of two classes, and none of more.
    threshold : float or None, default=None
        Least probability of the positive one of two classes to predict it. None predicts the most
        probable class.
    """

    positive: int | None = None
    threshold: float | None = None

    def positive_of(self, n_classes: int) -> int | None:
        """Return the number of the positive class; None if there is none."""
        return 1 if self.positive is None and n_classes == 2 else self.positive

    def predicted(self, proba: FloatArray) -> Rows:
        """Return the number of the class to predict for each row."""
        positive = self.positive_of(proba.shape[1])
        if self.threshold is None or positive is None:
            return most_probable(proba)
        return np.where(proba[:, positive] >= self.threshold, positive, 1 - positive)


MOST_PROBABLE = Decision()


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
    def __init__(self, classes_: NDArray[Any], decision: Decision) -> None:
        self.classes_ = classes_
        self.decision = decision

    def predict(self, X: FloatArray) -> NDArray[Any]:
        """Return the class to predict."""
        return self.classes_[self.decision.predicted(X)]

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
    decision: Decision = MOST_PROBABLE,
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
    decision : Decision, optional
        How classes follow from probabilities. By default, the most probable one is predicted.

    Returns
    -------
    callable
        Maps predictions, or class probabilities, to the loss to minimize.
    """
    scorer = get_scorer(scoring)
    predicted = _PredictedNumbers() if classes is None else _PredictedClasses(classes, decision)
    weights = {} if weight is None else {"sample_weight": weight}
    return lambda prediction: -float(scorer(predicted, prediction, y, **weights))


def log_probabilities(proba: FloatArray) -> FloatArray:
    """Return the logarithms of probabilities, all finite."""
    return np.log(np.maximum(proba, np.finfo(proba.dtype).tiny))
