"""The scores of fitted models, and the metric that ``--metric`` names."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.metrics import check_scoring, get_scorer, get_scorer_names

from scratchmlp.cli.messages import InputError, did_you_mean
from scratchmlp.reporting.scores import (
    CLASSES,
    MACRO_AUC,
    NUMBERS,
    Metric,
    undefined_without_warning,
)

SHOWN = 4  # metrics, so that a line of the table has less than 100 characters
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
    ours = {_plain(each): metric for each, metric in (CLASSES if is_class else NUMBERS).items()}
    short = _plain(name).removeprefix("neg")
    if (found := ours.get(_ALIASES.get(short, short))) is not None:
        return MACRO_AUC if found.name == "AUC" and len(np.unique(y)) > 2 else found
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
    with undefined_without_warning():
        scores = scorer(model, X, y)
    return {
        metric.name: -scores[metric.name] if metric.is_loss else scores[metric.name]
        for metric in metrics
    }


def _plain(name: str) -> str:
    """Return a name in lower case, without separators: "log-loss", "log_loss" and "logloss"."""
    return name.lower().replace("-", "").replace("_", "").replace(" ", "")


def _is_for_classes(name: str) -> bool:
    """Return whether a scorer of scikit-learn is for classification, not for regression."""
    return "_regression" not in get_scorer(name)._score_func.__module__


def _unknown(name: str, known: list[str], is_class: bool) -> str:
    ours = [*(CLASSES if is_class else NUMBERS)]
    quoted = [f'"{each}"' if " " in each else each for each in ours]
    task = "classification" if is_class else "regression"
    return (
        f"--metric {name} is not a metric of {task}.{did_you_mean(name, [*known, *ours])} Choose "
        f"one of {', '.join(quoted)}, or one of scikit-learn's scorers."
    )


def _named(name: str, scorer: Any) -> Callable[..., float]:
    """Make a scorer whose errors tell the user to choose another metric."""

    def named(model: Any, X: Any, y: NDArray[Any]) -> float:
        try:
            return float(scorer(model, X, y))
        except ValueError as error:
            raise InputError(
                f"--metric {name} cannot be computed here: {error} Choose another metric."
            ) from error

    return named
