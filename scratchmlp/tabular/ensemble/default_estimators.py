"""The default estimators of the ensembles: networks, a linear model, boosted and random trees."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
)
from sklearn.linear_model import LogisticRegression, Ridge

from scratchmlp.batches import Data
from scratchmlp.tabular.folds import Rows
from scratchmlp.tabular.networks.mlp import TabularMLPClassifier, TabularMLPRegressor

#: From this number of rows, a fold has enough rows to stop boosting early.
_MANY = 1000
#: From this number of rows, forests take too long for what they add.
_VERY_MANY = 10_000
#: Fewest rows for boosting, which bins numbers.
_FEWEST_ROWS = 20
#: Most rows for a linear model. With more, networks are as good where it is good.
_MOST_LINEAR_ROWS = 20_000
#: Most rows times inputs times classes of a linear model, whose inputs are one array.
_MOST_PRODUCTS = 2**26
#: Most rows times classes for forests, whose leaves hold a probability for each class.
_MOST_PROBABILITIES = 50_000
#: Randomized trees of a fold for few rows. Of 50, half of the time is not for growing them.
_N_TREES = 30
#: Most columns that random trees look at for a split. Of more, each tree looks at a random part.
_MOST_COLUMNS = 100
#: Most trees of boosting, times columns: each iteration trains a tree for each class.
_MOST_TREES = 15_000
#: Fewest iterations. If there are only enough trees for fewer, boosting is not used.
_FEWEST_ITERATIONS = 10
#: Settings of gradient boosting with larger trees, which does not stop early.
_DEEP = {
    "learning_rate": 0.1,
    "max_iter": 60,
    "max_leaf_nodes": 31,
    "min_samples_leaf": 3,
    "early_stopping": False,
}
#: Other settings of gradient boosting beside a linear model alone, where they lower the loss.
_WITHOUT_NETWORKS = {"l2_regularization": 1.0}


def default_estimators(
    data: Data, splits: Sequence[tuple[Rows, Rows]], n_rows: int, effort: str
) -> list[tuple[str, Any]]:
    """Choose the estimators of an ensemble, by the number of rows, columns and classes.

    Parameters
    ----------
    data : Data
        All rows; X is an `EncodedTable`.
    splits : sequence of tuple of two ndarrays
        Training rows and held-out rows of each fold.
    n_rows : int
        Number of rows with a weight above 0, by which the estimators are chosen.
    effort : {"fast", "thorough"}
        The parameter of the ensemble.

    Returns
    -------
    list of tuple of str and estimator
        Names and estimators that are not fitted.
    """
    linear = _linear(data, splits, n_rows)
    boosting = _boosting(data, n_rows, _boosting_settings(n_rows))
    if effort == "fast" and boosting is not None:
        candidates = [("linear", linear), ("boosting", boosting.set_params(**_WITHOUT_NETWORKS))]
    else:
        has_classes = data.class_targets is not None
        is_deep = has_classes and n_rows >= _MANY
        candidates = [
            ("networks", TabularMLPClassifier() if has_classes else TabularMLPRegressor()),
            ("linear", linear),
            ("boosting", boosting),
            ("deep boosting", _boosting(data, n_rows, _DEEP) if is_deep else None),
            *_random_trees(data, n_rows),
        ]
    return [(name, estimator) for name, estimator in candidates if estimator is not None]


def _linear(data: Data, splits: Sequence[tuple[Rows, Rows]], n_rows: int) -> Any:
    """Return a linear model; None if it would fail or take too long."""
    if not (data.X.numbers.shape[1] or data.X.codes.shape[1] or data.X.terms):
        return None
    has_classes = data.class_targets is not None
    if has_classes and any(len(np.unique(data.Y[training])) < 2 for training, _ in splits):
        return None
    n_inputs = data.X.layout.n_outputs + sum(terms.shape[1] for terms in data.X.terms)
    if n_rows > _MOST_LINEAR_ROWS or n_rows * n_inputs * data.n_targets > _MOST_PRODUCTS:
        return None
    return LogisticRegression(max_iter=500) if has_classes else Ridge(tol=1e-6)


def _boosting(data: Data, n_rows: int, settings: dict[str, Any]) -> Any:
    """Return gradient boosting; None if it would fail or take too long."""
    has_classes = data.class_targets is not None
    if n_rows < _FEWEST_ROWS or not (has_classes or data.n_targets == 1):
        return None
    n_columns = max(10, data.X.numbers.shape[1] + data.X.codes.shape[1])
    n_trees = data.n_targets if data.n_targets > 2 else 1  # in each iteration
    n_iterations = min(settings["max_iter"], _MOST_TREES // (n_columns * n_trees))
    if n_iterations < _FEWEST_ITERATIONS:
        return None
    # Fewer iterations need larger steps.
    rate = settings["learning_rate"] * (settings["max_iter"] / n_iterations) ** 0.5
    Boosting = HistGradientBoostingClassifier if has_classes else HistGradientBoostingRegressor
    fitted = {"max_iter": n_iterations, "learning_rate": rate, "max_features": 0.5}
    return Boosting(**settings | fitted)


def _boosting_settings(n_rows: int) -> dict[str, Any]:
    """Return the settings of gradient boosting: few, large steps."""
    if n_rows < _MANY:
        settings = {"learning_rate": 0.2, "max_iter": 25, "early_stopping": False}
        return settings | {"max_leaf_nodes": 8, "min_samples_leaf": 5, "l2_regularization": 3.0}
    settings = {"l2_regularization": 10.0, "early_stopping": True}
    if n_rows < _VERY_MANY:
        steps = {"learning_rate": 0.16, "max_iter": 150, "n_iter_no_change": 7}
        return settings | steps | {"max_leaf_nodes": 16, "min_samples_leaf": 1}
    steps = {"learning_rate": 0.3, "max_iter": 75, "n_iter_no_change": 5}
    return settings | steps | {"max_leaf_nodes": 31, "min_samples_leaf": 5}


def _random_trees(data: Data, n_rows: int) -> list[tuple[str, Any]]:
    """Return randomized trees, with their names; nothing if they would take too long."""
    if n_rows * data.n_targets > _MOST_PROBABILITIES or n_rows >= _VERY_MANY:
        return []
    n_columns = data.X.numbers.shape[1] + data.X.codes.shape[1]
    most = min(0.9, _MOST_COLUMNS / max(1, n_columns))
    if data.class_targets is None:
        few = ExtraTreesRegressor(_N_TREES, min_samples_leaf=2, max_features=min(0.5, most))
        return [("extra trees", few)] if n_rows < _MANY else []
    if n_rows >= _MANY:
        return [("forest", RandomForestClassifier(50, criterion="entropy", max_features=most))]
    few = ExtraTreesClassifier(_N_TREES, min_samples_leaf=2, max_features="sqrt")
    full = ExtraTreesClassifier(_N_TREES, max_features=most)
    return [("extra trees", few), ("full trees", full)]
