"""Gradient boosting as a careful person sets it: searched, and stopped early."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.base import clone, is_classifier
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.model_selection import GridSearchCV, KFold, StratifiedKFold

from scratchmlp.cli.folds import limited_threads

N_FOLDS = 3
#: Rows per class, so that a tenth of two folds, on which boosting stops early, has all classes.
LEAST_ROWS = 15
#: The setting without early stopping, which suits any number of rows, and five with it.
FIXED: dict[str, Any] = {"learning_rate": 0.05, "max_leaf_nodes": 4, "early_stopping": False}
EARLY: dict[str, list[Any]] = {
    "early_stopping": [True],
    "max_iter": [500],
    "n_iter_no_change": [50],  # as many as CatBoost and LightGBM get
}
SETTINGS: list[dict[str, list[Any]]] = [
    {},
    {"learning_rate": [0.1], "max_leaf_nodes": [4, 16], **EARLY},
    {"learning_rate": [0.05], "max_leaf_nodes": [8, 16, 31], **EARLY},
]


class BoostingSearch(GridSearchCV):
    """A search that fits the estimator as it is where there are too few rows to search.

    It searches if every class has a row for each fold, and there are `LEAST_ROWS` rows per class.
    """

    def fit(self, X: Any, y: Any) -> "BoostingSearch":
        """Fit the setting with the lowest loss to all rows."""
        counts = np.unique(y, return_counts=True)[1] if is_classifier(self) else np.array([len(y)])
        if counts.min() >= N_FOLDS and counts.mean() >= LEAST_ROWS:
            with limited_threads(len(y)):
                return super().fit(X, y)
        self.best_estimator_ = clone(self.estimator).fit(X, y)
        return self


def chosen_most_often(searches: Sequence[BoostingSearch]) -> Any:
    """Return unfitted boosting with the setting that most of several fitted searches chose."""
    chosen = [clone(search.best_estimator_) for search in searches]
    written = [repr(each) for each in chosen]
    return chosen[written.index(Counter(written).most_common(1)[0][0])]


def careful_boosting(is_class: bool, seed: int) -> BoostingSearch:
    """Make boosting that chooses among six settings in three folds. Categories are codes.

    Parameters
    ----------
    is_class : bool
        Whether the target holds classes.
    seed : int
        Random state of the folds, and of the rows on which boosting stops early.

    Returns
    -------
    BoostingSearch
        Unfitted boosting. Log-loss or RMSE decides which setting is fitted to all rows.
    """
    Boosting = HistGradientBoostingClassifier if is_class else HistGradientBoostingRegressor
    return BoostingSearch(
        Boosting(**FIXED, categorical_features=None, random_state=seed),
        SETTINGS,
        scoring="neg_log_loss" if is_class else "neg_root_mean_squared_error",
        cv=(StratifiedKFold if is_class else KFold)(N_FOLDS, shuffle=True, random_state=seed),
    )
