"""The scores of predictions, beside those of a constant prediction."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import (
    accuracy_score,
    balanced_accuracy_score,
    log_loss,
    mean_absolute_error,
    median_absolute_error,
    r2_score,
    roc_auc_score,
    root_mean_squared_error,
)

from scratchmlp.arrays import FloatArray
from scratchmlp.reporting.content import Facts, Number, Table, number, share
from scratchmlp.reporting.evaluated import Evaluated

UNEVEN = 2  # times the rows of the smallest class, from which balanced accuracy is shown


class Score(NamedTuple):
    """A score of predictions.

    Attributes
    ----------
    name : str
        Name of the metric.
    value : float
        Score of the predictions.
    constant : float
        Score of a constant prediction: the shares of the classes, or the mean.
    meaning : str
        What the metric is, in words.
    """

    name: str
    value: float
    constant: float
    meaning: str

    @property
    def number(self) -> Number:
        """The score as a cell."""
        return self.written(self.value)

    def written(self, value: float) -> Number:
        """Write a value of the metric as a cell: accuracies in percent."""
        return share(value) if "accuracy" in self.name else number(value)


Scores = dict[str, Score]


def scores_of(evaluated: Evaluated) -> Scores:
    """Return the scores of predictions, by name.

    Parameters
    ----------
    evaluated : Evaluated
        The rows with predictions.

    Returns
    -------
    dict of str to Score
        Scores, the most important first. Those that are undefined for the rows are left out.
    """
    scores = _of_numbers(evaluated) if evaluated.proba is None else _of_classes(evaluated)
    return {each.name: each for each in scores if np.isfinite(each.value)}


def _of_classes(evaluated: Evaluated) -> list[Score]:
    """Score probabilities and predicted classes."""
    assert evaluated.proba is not None
    y, P, classes = evaluated.y, evaluated.proba, evaluated.classes
    counts = np.bincount(evaluated.codes, minlength=len(classes))
    constant = np.tile(counts / len(y), (len(y), 1))
    most = np.full(len(y), classes[counts.argmax()])
    loss = base = float("nan")
    if len(classes) > 1:
        loss, base = (float(log_loss(y, each, labels=classes)) for each in (P, constant))
    several = " (mean over the classes, each against all others)" if len(classes) > 2 else ""
    scores = [
        Score(
            "accuracy",
            accuracy_score(y, evaluated.prediction),
            accuracy_score(y, most),
            "share of rows whose class is predicted correctly",
        ),
        Score(
            "AUC",
            mean_auc(evaluated.codes, P),
            0.5,
            "probability that a row of a class gets a higher probability of it than a row of "
            f"another class{several}; 0.5 is chance, 1 is perfect",
        ),
        Score("log-loss", loss, base, "error of the probabilities; lower is better, 0 is perfect"),
    ]
    present = counts[counts > 0]
    if len(present) > 1 and present.max() >= UNEVEN * present.min():
        scores.append(
            Score(
                "balanced accuracy",
                _balanced(y, evaluated.prediction),
                1 / len(present),
                "mean over the classes of the share of rows predicted correctly",
            )
        )
    return scores


def _balanced(y: NDArray[Any], prediction: NDArray[Any]) -> float:
    """Return the balanced accuracy. Predicted classes may be missing in y."""
    import warnings

    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "y_pred contains classes not in y_true")
        return float(balanced_accuracy_score(y, prediction))


def mean_auc(codes: NDArray[np.intp], P: FloatArray) -> float:
    """Return the mean of the areas under the ROC curves of each class against all others.

    Parameters
    ----------
    codes : ndarray of shape (n_samples,)
        Numbers of the classes.
    P : ndarray of shape (n_samples, n_classes)
        Probabilities.

    Returns
    -------
    float
        The mean over the classes of which there are rows; nan for a single one. Both of two classes
        have the same curve.
    """
    present = np.unique(codes)
    if len(present) < 2:
        return float("nan")
    return float(np.mean([roc_auc_score(codes == k, P[:, k]) for k in present]))


def _of_numbers(evaluated: Evaluated) -> list[Score]:
    """Score predicted numbers."""
    y, mean = evaluated.y, np.full(len(evaluated.y), np.mean(evaluated.y))
    metrics: list[tuple[str, Callable[..., float], str]] = [
        ("R²", r2_score, "share of the variance that is explained; 1 is perfect, 0 is the mean"),
        ("RMSE", root_mean_squared_error, "root mean squared error, in the unit of the target"),
        ("mean absolute error", mean_absolute_error, "mean distance of prediction and truth"),
        ("median absolute error", median_absolute_error, "half of the errors are smaller"),
    ]
    return [
        Score(name, float(metric(y, evaluated.prediction)), float(metric(y, mean)), meaning)
        for name, metric, meaning in metrics
    ]


def facts(scores: Scores) -> Facts:
    """Return the scores as important numbers."""
    return Facts([(each.name, each.number) for each in scores.values()])


def score_table(evaluated: Evaluated, scores: Scores) -> Table:
    """Return a table of the scores, beside those of a constant prediction."""
    constant = "the mean" if evaluated.proba is None else "the shares of the classes"
    rows = [(s.name, s.number, s.written(s.constant), s.meaning) for s in scores.values()]
    header = ("score", "this model", f"always predicting {constant}", "meaning")
    return Table("Scores of the predictions", header, rows)
