"""The scores of predictions: of a comparison on the command line, and of a report."""

import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.metrics import (
    accuracy_score,
    log_loss,
    make_scorer,
    mean_absolute_error,
    median_absolute_error,
    r2_score,
    recall_score,
    roc_auc_score,
    root_mean_squared_error,
)

from scratchmlp.arrays import FloatArray
from scratchmlp.reporting.content import Number, Table, number, share
from scratchmlp.reporting.evaluated import Evaluated

UNEVEN = 2  # times the rows of the smallest class, from which balanced accuracy is shown

Codes = NDArray[np.intp]


class Metric(NamedTuple):
    """A score of predictions.

    Attributes
    ----------
    name : str
        Name for the user.
    scorer : callable
        scikit-learn's scorer: its value is higher for better models. It takes a model, a table
        and the targets. Classes must be 0, 1, ..., and models must know all classes.
    is_loss : bool
        Whether the scorer is the negative of the metric.
    function : callable or None, default=None
        The metric as a function of numbers and predicted numbers, or of classes 0, 1, ... and their
        probabilities; of two classes, those of the second suffice. None for the metrics of others.
    meaning : str, default=""
        What the metric is, in words.
    is_share : bool, default=False
        Whether it is a share of the rows, which is written in percent.
    """

    name: str
    scorer: Callable[..., float]
    is_loss: bool
    function: Callable[[Any, Any], float] | None = None
    meaning: str = ""
    is_share: bool = False


def default_metrics(counts: NDArray[np.intp] | None) -> list[Metric]:
    """Choose the metrics of a target.

    Balanced accuracy is among them if the largest class has at least twice the rows of the
    smallest.

    Parameters
    ----------
    counts : ndarray of shape (n_classes,) or None
        Number of rows of each class; None for regression.

    Returns
    -------
    list of Metric
        The metrics, the most important first.
    """
    if counts is None:
        return [NUMBERS["RMSE"], NUMBERS["R2"]]
    area = CLASSES["AUC"] if len(counts) <= 2 else MACRO_AUC
    metrics = [CLASSES["accuracy"], CLASSES["log-loss"], area]
    present = counts[counts > 0]
    uneven = present.max() >= UNEVEN * present.min()
    return [*metrics, CLASSES["balanced accuracy"]] if uneven else metrics


# Metrics of classes that the rows may lack: scikit-learn's scorers do not know the other classes.


def _columns(P: FloatArray) -> FloatArray:
    """Return the probabilities of all classes; of two classes, scorers pass the second only."""
    return np.column_stack([1 - P, P]) if P.ndim == 1 else P


def _accuracy(y: Codes, P: FloatArray) -> float:
    return float(accuracy_score(y, _columns(P).argmax(axis=1)))


def _log_loss(y: Codes, P: FloatArray) -> float:
    P = _columns(P)
    return float(log_loss(y, P, labels=np.arange(P.shape[1]))) if P.shape[1] > 1 else np.nan


def auc(y: Codes, P: FloatArray) -> float:
    """Return the mean over the classes of the area under each one's curve against the rest."""
    P = _columns(P)
    present = np.unique(y)
    if len(present) < 2:
        return np.nan
    present = present[1:] if P.shape[1] == 2 else present  # both classes have the same curve
    return float(np.mean([roc_auc_score(y == k, P[:, k]) for k in present]))


def _balanced_accuracy(y: Codes, P: FloatArray) -> float:
    predicted = _columns(P).argmax(axis=1)
    return float(recall_score(y, predicted, labels=np.unique(y), average="macro"))


def _metric(
    name: str,
    function: Callable[..., float],
    meaning: str,
    *,
    is_loss: bool,
    of: str,
    is_share: bool = False,
) -> Metric:
    """Make a metric of what a method of estimators returns."""
    scorer = make_scorer(function, greater_is_better=not is_loss, response_method=of)
    return Metric(name, scorer, is_loss, function, meaning, is_share)


_of_classes = partial(_metric, is_loss=False, of="predict_proba")
_of_numbers = partial(_metric, is_loss=True, of="predict")
_RANKED = "probability that a row of a class gets a higher probability of it than a row of another"
_RIGHT = "share of rows whose class is predicted correctly"
_VARIANCE = "share of the variance that is explained; 1 is perfect, 0 is the mean"
_LOSS = "error of the probabilities; lower is better, 0 is perfect"
#: Metrics of classes and of numbers, by what users type.
CLASSES = {
    "accuracy": _of_classes("accuracy", _accuracy, _RIGHT, is_share=True),
    "log-loss": _of_classes("log-loss", _log_loss, _LOSS, is_loss=True),
    "AUC": _of_classes("AUC", auc, f"{_RANKED} class; 0.5 is chance, 1 is perfect"),
    "balanced accuracy": _of_classes(
        "balanced accuracy",
        _balanced_accuracy,
        f"mean over the classes of the {_RIGHT}",
        is_share=True,
    ),
}
MACRO_AUC = CLASSES["AUC"]._replace(
    name="macro AUC", meaning=f"mean over the classes of the {CLASSES['AUC'].meaning}"
)
NUMBERS = {
    "RMSE": _of_numbers(
        "RMSE", root_mean_squared_error, "root mean squared error, in the unit of the target"
    ),
    "R2": _of_numbers("R²", r2_score, _VARIANCE, is_loss=False),
    "MAE": _of_numbers(
        "mean absolute error", mean_absolute_error, "mean distance of prediction and truth"
    ),
    "median absolute error": _of_numbers(
        "median absolute error", median_absolute_error, "half of the errors are smaller"
    ),
}


@contextmanager
def undefined_without_warning() -> Iterator[None]:
    """Let undefined scores be nan, and those of numbers that are far off infinite."""
    ignore = warnings.catch_warnings(action="ignore", category=UndefinedMetricWarning)
    with ignore, np.errstate(over="ignore", invalid="ignore"):
        yield


def values_of(
    metrics: Iterable[Metric], y: NDArray[Any], predicted: FloatArray
) -> dict[str, float]:
    """Return scores of predictions by the names of the metrics, which have a `function`."""
    values = {}
    with undefined_without_warning():
        for metric in metrics:
            assert metric.function is not None
            values[metric.name] = float(metric.function(y, predicted))
    return values


# The scores of a report.


class Score(NamedTuple):
    """A score of predictions, beside that of a constant prediction.

    Attributes
    ----------
    metric : Metric
        The metric.
    value : float
        Score of the predictions.
    constant : float
        Score of a constant prediction: the shares of the classes, or the mean.
    """

    metric: Metric
    value: float
    constant: float

    @property
    def number(self) -> Number:
        """The score as a cell."""
        return self.written(self.value)

    def written(self, value: float) -> Number:
        """Write a value of the metric as a cell."""
        return share(value) if self.metric.is_share else number(value)


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
    y: NDArray[Any]
    if evaluated.proba is None:
        y, predicted, metrics = evaluated.y, evaluated.prediction, [*NUMBERS.values()]
        constant = np.full(len(y), np.mean(y))
        if np.ptp(y) == 0:
            metrics.remove(NUMBERS["R2"])  # there is no variance to explain
    else:
        y, predicted = evaluated.codes, evaluated.proba
        counts = np.bincount(y, minlength=len(evaluated.classes))
        constant, metrics = np.tile(counts / len(y), (len(y), 1)), default_metrics(counts)
    values, constants = (values_of(metrics, y, each) for each in (predicted, constant))
    return {
        metric.name: Score(metric, values[metric.name], constants[metric.name])
        for metric in metrics
        if np.isfinite(values[metric.name])
    }


def score_table(evaluated: Evaluated, scores: Scores) -> Table:
    """Return a table of the scores, beside those of a constant prediction."""
    constant = "the mean" if evaluated.proba is None else "the shares of the classes"
    rows = [(name, s.number, s.written(s.constant), s.metric.meaning) for name, s in scores.items()]
    header = ("score", "this model", f"always predicting {constant}", "meaning")
    return Table("Scores of the predictions", header, rows)
