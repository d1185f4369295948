"""The metric that ``--metric`` names."""

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import get_scorer_names

from scratchmlp.arrays import FloatArray
from scratchmlp.cli.messages import InputError, did_you_mean
from scratchmlp.reporting.metrics import CLASSES, MACRO_AUC, NUMBERS, Metric, values_of
from scratchmlp.tabular.scoring import negative_score

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
    """Find the metric that ``--metric`` names, and try it on the target.

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
        return MACRO_AUC if found is CLASSES["AUC"] and len(np.unique(y)) > 2 else found
    known = [each for each in get_scorer_names() if _is_for_numbers(each) != is_class]
    scorer = next((each for each in (name, f"neg_{name}") if each in known), None)
    if scorer is None:
        raise InputError(_unknown(name, known, is_class))
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
    """Return whether a scorer of scikit-learn takes fractions, unlike those of classes."""
    y = np.array([0.5, 1.5])
    try:
        with warnings.catch_warnings(action="error", category=UserWarning):
            negative_score(name, y, None, None)(y)
    except (ValueError, AttributeError, UserWarning):
        return False
    return True


def _unknown(name: str, known: list[str], is_class: bool) -> str:
    ours = [*(CLASSES if is_class else NUMBERS)]
    quoted = [f'"{each}"' if " " in each else each for each in ours]
    task = "classification" if is_class else "regression"
    return (
        f"--metric {name} is not a metric of {task}.{did_you_mean(name, [*known, *ours])} Choose "
        f"one of {', '.join(quoted)}, or one of scikit-learn's scorers."
    )


def _of(scorer: str, name: str) -> Callable[[NDArray[Any], FloatArray], float]:
    """Make a function of targets and predictions; errors tell to choose another metric."""
    sign = -1 if scorer.startswith("neg_") else 1

    def function(y: NDArray[Any], predicted: FloatArray) -> float:
        classes = None if predicted.ndim == 1 else np.arange(predicted.shape[1])
        try:
            return -sign * negative_score(scorer, y, None, classes)(predicted)
        except ValueError as error:
            raise InputError(
                f"--metric {name} cannot be computed here: {error} Choose another metric."
            ) from error

    return function
