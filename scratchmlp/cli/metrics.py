"""The metrics of a comparison, and the one that ``--metric`` names."""

import warnings
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.metrics import (
    check_scoring,
    get_scorer,
    get_scorer_names,
    log_loss,
    make_scorer,
    mean_absolute_error,
    r2_score,
    recall_score,
    roc_auc_score,
    root_mean_squared_error,
)

from scratchmlp.arrays import FloatArray
from scratchmlp.cli.messages import InputError, did_you_mean

UNEVEN = 2  # times the rows of the smallest class, from which balanced accuracy is shown
SHOWN = 4  # metrics, so that a line of the table has less than 100 characters

Scorer = Callable[..., float]


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
    """

    name: str
    scorer: Scorer
    is_loss: bool

    def best(self, scores: dict[str, float]) -> str:
        """Return the name of the best model, from the metric of each model."""
        sign = -1 if self.is_loss else 1
        return max(scores, key=lambda name: np.nan_to_num(sign * scores[name], nan=-np.inf))


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
        The metrics.
    """
    if counts is None:
        return [_REGRESSION["rmse"], _REGRESSION["r2"]]
    auc = _CLASSIFICATION["auc"]
    metrics = [
        _CLASSIFICATION["accuracy"],
        _CLASSIFICATION["logloss"],
        auc if len(counts) == 2 else auc._replace(name="macro AUC"),
    ]
    uneven = counts.max() >= UNEVEN * counts.min()
    return [*metrics, _CLASSIFICATION["balancedaccuracy"]] if uneven else metrics


def find_metric(name: str, y: NDArray[Any], is_class: bool) -> Metric:
    """Find the metric that ``--metric`` names, and try it on a constant baseline.

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
    InputError
        If there is no such metric, or it does not suit the target.
    """
    short = _plain(name)
    metric = (_CLASSIFICATION if is_class else _REGRESSION).get(_ALIASES.get(short, short))
    if metric is not None:
        several = metric.name == "AUC" and len(np.unique(y)) > 2
        return metric._replace(name="macro AUC") if several else metric
    known = [each for each in get_scorer_names() if _is_for_classes(each) == is_class]
    scorer = next((each for each in (name, f"neg_{name}") if each in known), None)
    if scorer is None:
        raise InputError(_unknown(name, known, is_class))
    metric = Metric(
        scorer.removeprefix("neg_"), _named(name, get_scorer(scorer)), scorer.startswith("neg_")
    )
    dummy = DummyClassifier(strategy="prior") if is_class else DummyRegressor()
    y = np.unique(y, return_inverse=True)[1] if is_class else y
    score(dummy.fit(y[:, None], y), y[:, None], y, [metric])
    return metric


def score(model: Any, X: Any, y: NDArray[Any], metrics: list[Metric]) -> dict[str, float]:
    """Return the scores of a fitted model by the names of the metrics.

    Parameters
    ----------
    model : estimator
        Fitted model.
    X : DataFrame of shape (n_samples, n_features)
        Table.
    y : ndarray of shape (n_samples,)
        Target: numbers, or the numbers of the model's classes.
    metrics : list of Metric
        Metrics. A metric that is undefined for the rows, such as AUC for a single class, is nan.

    Returns
    -------
    dict of str to float
        Scores.
    """
    scorer = check_scoring(model, {metric.name: metric.scorer for metric in metrics})
    ignore_undefined = warnings.catch_warnings(action="ignore", category=UndefinedMetricWarning)
    with ignore_undefined, np.errstate(over="ignore", invalid="ignore"):  # squared errors
        scores = scorer(model, X, y)
    return {
        metric.name: -scores[metric.name] if metric.is_loss else scores[metric.name]
        for metric in metrics
    }


# Metrics of classes that the rows may lack: scikit-learn's scorers do not know the other classes.


def _columns(P: FloatArray) -> FloatArray:
    """Return the probabilities of all classes; of two classes, scorers pass the second only."""
    return np.column_stack([1 - P, P]) if P.ndim == 1 else P


def _log_loss(y: NDArray[np.intp], P: FloatArray) -> float:
    P = _columns(P)
    return float(log_loss(y, P, labels=np.arange(P.shape[1])))


def _auc(y: NDArray[np.intp], P: FloatArray) -> float:
    """Return the mean over the classes of the area under each one's curve against the rest."""
    P = _columns(P)
    present = np.unique(y)
    if len(present) < 2:
        return np.nan
    present = present[1:] if P.shape[1] == 2 else present  # both classes have the same curve
    return float(np.mean([roc_auc_score(y == k, P[:, k]) for k in present]))


def _balanced_accuracy(y: NDArray[np.intp], predicted: NDArray[np.intp]) -> float:
    return float(recall_score(y, predicted, labels=np.unique(y), average="macro"))


def _metric(name: str, function: Callable[..., Any], **options: Any) -> Metric:
    is_loss = not options.get("greater_is_better", True)
    return Metric(name, make_scorer(function, **options), is_loss)


_CLASSIFICATION = {
    "accuracy": Metric("accuracy", get_scorer("accuracy"), False),
    "logloss": _metric(
        "log-loss", _log_loss, greater_is_better=False, response_method="predict_proba"
    ),
    "auc": _metric("AUC", _auc, response_method="predict_proba"),
    "balancedaccuracy": _metric("balanced acc.", _balanced_accuracy),
}
_REGRESSION = {
    "rmse": _metric("RMSE", root_mean_squared_error, greater_is_better=False),
    "r2": _metric("R²", r2_score),
    "mae": _metric("MAE", mean_absolute_error, greater_is_better=False),
}
#: What to type for metrics whose names are hard to type.
_TYPED = {"balanced acc.": "balanced accuracy", "R²": "R2"}
#: scikit-learn's names, and others, of these metrics.
_ALIASES = {
    "negrootmeansquarederror": "rmse",
    "rootmeansquarederror": "rmse",
    "negmeanabsoluteerror": "mae",
    "meanabsoluteerror": "mae",
    "r²": "r2",
    "neglogloss": "logloss",
    "rocauc": "auc",
    "rocaucovr": "auc",
    "macroauc": "auc",
    "balancedacc.": "balancedaccuracy",
}


def _plain(name: str) -> str:
    """Return a name in lower case, without separators: "log-loss", "log_loss" and "logloss"."""
    return name.lower().replace("-", "").replace("_", "").replace(" ", "")


def _is_for_classes(name: str) -> bool:
    """Return whether a scorer of scikit-learn is for classification, not for regression."""
    return "_regression" not in get_scorer(name)._score_func.__module__


def _unknown(name: str, known: list[str], is_class: bool) -> str:
    metrics = (_CLASSIFICATION if is_class else _REGRESSION).values()
    ours = [_TYPED.get(metric.name, metric.name) for metric in metrics]
    quoted = [f'"{each}"' if " " in each else each for each in ours]
    task = "classification" if is_class else "regression"
    return (
        f"--metric {name} is not a metric of {task}.{did_you_mean(name, [*known, *ours])} Choose "
        f"one of {', '.join(quoted)}, or one of scikit-learn's scorers."
    )


def _named(name: str, scorer: Any) -> Scorer:
    """Make a scorer whose errors tell the user to choose another metric."""

    def named(model: Any, X: Any, y: NDArray[Any]) -> float:
        try:
            return float(scorer(model, X, y))
        except ValueError as error:
            raise InputError(
                f"--metric {name} cannot be computed here: {error} Choose another metric."
            ) from error

    return named
