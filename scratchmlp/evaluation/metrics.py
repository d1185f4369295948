"""The metrics of predictions, and their names: of a comparison, and of a report."""

import warnings
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.metrics import (
    accuracy_score,
    get_scorer,
    get_scorer_names,
    log_loss,
    mean_absolute_error,
    median_absolute_error,
    r2_score,
    recall_score,
    roc_auc_score,
    root_mean_squared_error,
)

from scratchmlp.arrays import FloatArray
from scratchmlp.evaluation.numbers import Number, number, share
from scratchmlp.tabular.scoring import MOST_PROBABLE, Decision, negative_score
from scratchmlp.utils.names import most_similar

UNEVEN = 2  # times the rows of the smallest class, from which balanced accuracy is shown

Codes = NDArray[np.intp]
Weight = FloatArray | None


class MetricError(ValueError):
    """A metric is not known, or cannot be computed for a target."""


class Metric(NamedTuple):
    """A score of predictions.

    Attributes
    ----------
    name : str
        Name for the user.
    function : callable
        The metric as a function of numbers and predicted numbers, or of classes 0, 1, ..., the
        probabilities of all classes and a `Decision`, and of `sample_weight`. The rows may lack
        some of the classes. Of two classes, the second is the positive one.
    is_loss : bool
        Whether lower is better.
    meaning : str
        What the metric is, in words.
    is_share : bool, default=False
        Whether it is a share of the rows, which is written in percent.
    """

    name: str
    function: Callable[..., float]
    is_loss: bool
    meaning: str
    is_share: bool = False

    def cell(self, value: float) -> Number:
        """Make a cell of a value of the metric."""
        return share(value) if self.is_share else number(value)


def _accuracy(
    y: Codes, P: FloatArray, how: Decision = MOST_PROBABLE, sample_weight: Weight = None
) -> float:
    return float(accuracy_score(y, how.predicted(P), sample_weight=sample_weight))


def _log_loss(
    y: Codes, P: FloatArray, how: Decision = MOST_PROBABLE, sample_weight: Weight = None
) -> float:
    if P.shape[1] == 1:
        return np.nan
    return float(log_loss(y, P, labels=np.arange(P.shape[1]), sample_weight=sample_weight))


def _auc(
    y: Codes, P: FloatArray, how: Decision = MOST_PROBABLE, sample_weight: Weight = None
) -> float:
    """Return the mean over the classes of the area under each one's curve against the rest."""
    present = np.unique(y)
    if len(present) < 2:
        return np.nan
    present = present[1:] if P.shape[1] == 2 else present  # both classes have the same curve
    areas = [roc_auc_score(y == k, P[:, k], sample_weight=sample_weight) for k in present]
    return float(np.mean(areas))


def _balanced_accuracy(
    y: Codes, P: FloatArray, how: Decision = MOST_PROBABLE, sample_weight: Weight = None
) -> float:
    options = {"labels": np.unique(y), "average": "macro", "sample_weight": sample_weight}
    return float(recall_score(y, how.predicted(P), **options))


_RIGHT = "share of rows whose class is predicted correctly"
_RANKED = "probability that a row of a class gets a higher probability of it than a row of another"
_AREA = f"{_RANKED} class; 0.5 is chance, 1 is perfect"
_LOSS = "error of the probabilities; lower is better, 0 is perfect"
_BALANCED = f"mean over the classes of the {_RIGHT}"
_SQUARED = "root mean squared error, in the unit of the target"
_VARIANCE = "share of the variance that is explained; 1 is perfect, 0 is the mean"
_DISTANCE = "mean distance of prediction and truth"
_HALF = "half of the errors are smaller"
#: Metrics of classes and of numbers, by what users type.
CLASSES = {
    "accuracy": Metric("accuracy", _accuracy, False, _RIGHT, is_share=True),
    "log-loss": Metric("log-loss", _log_loss, True, _LOSS),
    "AUC": Metric("AUC", _auc, False, _AREA),
    "balanced accuracy": Metric(
        "balanced accuracy", _balanced_accuracy, False, _BALANCED, is_share=True
    ),
}
MACRO_AUC = Metric("macro AUC", _auc, False, f"mean over the classes of the {_AREA}")
NUMBERS = {
    "RMSE": Metric("RMSE", root_mean_squared_error, True, _SQUARED),
    "R2": Metric("R²", r2_score, False, _VARIANCE),
    "MAE": Metric("mean absolute error", mean_absolute_error, True, _DISTANCE),
    "median absolute error": Metric("median absolute error", median_absolute_error, True, _HALF),
}
#: Other names of our metrics, without blanks and the like.
_ALIASES = {
    "rootmeansquarederror": "rmse",
    "meanabsoluteerror": "mae",
    "r²": "r2",
    "rocauc": "auc",
    "rocaucovr": "auc",
    "macroauc": "auc",
    "balancedacc.": "balancedaccuracy",
}


def default_metrics(counts: NDArray[Any] | None) -> list[Metric]:
    """Choose the metrics of a target.

    Balanced accuracy is among them if the largest class has at least twice the rows of the
    smallest.

    Parameters
    ----------
    counts : ndarray of shape (n_classes,) or None
        Number of rows of each class, or the sum of their weights; None for regression.

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


def values_of(
    metrics: Iterable[Metric],
    y: NDArray[Any],
    predicted: FloatArray,
    sample_weight: Weight = None,
    decision: Decision = MOST_PROBABLE,
) -> dict[str, float]:
    """Return scores of predictions by the names of the metrics.

    Undefined scores are nan, and those of numbers that are far off infinite.
    """
    given: tuple[Any, ...] = y, predicted
    if predicted.ndim > 1:
        given = _second_is_positive(y, predicted, decision)
    if sample_weight is not None:  # a class without weight has no recall and no curve
        used = sample_weight > 0
        given = given[0][used], given[1][used], *given[2:]
        sample_weight = sample_weight[used]
    ignore = warnings.catch_warnings(action="ignore", category=UndefinedMetricWarning)
    with ignore, np.errstate(over="ignore", invalid="ignore"):
        return {
            metric.name: float(metric.function(*given, sample_weight=sample_weight))
            for metric in metrics
        }


def _second_is_positive(
    y: Codes, P: FloatArray, decision: Decision
) -> tuple[Codes, FloatArray, Decision]:
    """Exchange two classes if the first is the positive one: scores take the second for it."""
    if P.shape[1] != 2 or decision.positive != 0:
        return y, P, decision
    return 1 - y, P[:, ::-1], decision._replace(positive=1)


# Metrics that users name.


def find_metric(name: str, y: NDArray[Any], is_class: bool) -> Metric:
    """Find the metric that a user names, and try it on the target.

    Parameters
    ----------
    name : str
        One of our names, such as "log-loss", or the name of a scorer of scikit-learn.
    y : ndarray of shape (n_samples,)
        Target.
    is_class : bool
        Whether the target holds classes.

    Returns
    -------
    Metric
        The metric.

    Raises
    ------
    MetricError
        If there is no such metric, or it does not suit the target.
    """
    ours = {_plain(each): metric for each, metric in (CLASSES if is_class else NUMBERS).items()}
    short = _plain(name).removeprefix("neg")
    if (found := ours.get(_ALIASES.get(short, short))) is not None:
        return MACRO_AUC if found is CLASSES["AUC"] and len(np.unique(y)) > 2 else found
    scorer = next((each for each in (name, f"neg_{name}") if each in get_scorer_names()), None)
    if scorer is None or _is_for_numbers(scorer) == is_class:
        raise MetricError(_unknown(name, is_class))
    metric = Metric(scorer.removeprefix("neg_"), _of(scorer, name), scorer.startswith("neg_"), "")
    if is_class:
        labels, y = np.unique(y, return_inverse=True)
        values_of([metric], y, np.eye(len(labels))[y])
    else:
        values_of([metric], y, np.full(len(y), y.mean()))
    return metric


def _plain(name: str) -> str:
    """Return a name in lower case, without separators: "log-loss", "log_loss" and "logloss"."""
    return name.lower().replace("-", "").replace("_", "").replace(" ", "")


def _is_for_numbers(name: str) -> bool:
    """Return whether a scorer of scikit-learn is about numbers, not classes."""
    return str(get_scorer(name)._score_func.__module__) == r2_score.__module__


def _unknown(name: str, is_class: bool) -> str:
    known = [each for each in get_scorer_names() if _is_for_numbers(each) != is_class]
    ours = [*(CLASSES if is_class else NUMBERS)]
    quoted = [f'"{each}"' if " " in each else each for each in ours]
    task = "classification" if is_class else "regression"
    similar = most_similar(name, [*known, *ours])
    meant = f" Did you mean {similar!r}?" if similar else ""
    return (
        f"{name} is not a metric of {task}.{meant} Choose one of {', '.join(quoted)}, or one of "
        "scikit-learn's scorers."
    )


def _of(scorer: str, name: str) -> Callable[..., float]:
    """Make a function of targets and predictions; errors tell to choose another metric."""
    sign = -1 if scorer.startswith("neg_") else 1

    def function(
        y: NDArray[Any], predicted: FloatArray, *how: Decision, sample_weight: Weight = None
    ) -> float:
        classes = None if predicted.ndim == 1 else np.arange(predicted.shape[1])
        try:
            return -sign * negative_score(scorer, y, sample_weight, classes, *how)(predicted)
        except ValueError as error:
            raise MetricError(
                f"{name} cannot be computed here: {error} Choose another metric."
            ) from error

    return function
