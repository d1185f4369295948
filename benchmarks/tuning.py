"""Boosting as people use it who want the best of it: searched, stopped early, and bagged."""

from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import loguniform, randint
from sklearn.base import clone, is_classifier
from sklearn.model_selection import KFold, RandomizedSearchCV, StratifiedKFold

from scratchmlp.cli.baselines import PATIENCE, EarlyStopping, careful_boosting

N_BAGGED = 8  # folds, as in our ensembles
N_SEARCHED, N_SEARCH_FOLDS = 20, 3
SEARCHED = {
    "learning_rate": loguniform(0.01, 0.3),
    "max_leaf_nodes": randint(4, 65),
    "min_samples_leaf": randint(2, 61),
    "l2_regularization": loguniform(1e-3, 10),
    "max_features": [0.3, 0.5, 0.7, 1.0],
    "categorical_features": ["from_dtype", None],  # categories, or their codes as numbers
}


class StoppedTrees(EarlyStopping):
    """Early stopping of scikit-learn's boosting."""

    def _fit_until_best(
        self, X: pd.DataFrame, y: np.ndarray, X_val: pd.DataFrame, y_val: np.ndarray
    ) -> Any:
        """Train until the loss of the held-out rows is lowest; then keep the best trees."""
        model = clone(self.model).set_params(early_stopping=True, n_iter_no_change=PATIENCE)
        model.fit(X, y, X_val=X_val, y_val=y_val)
        del model._predictors[max(1, model.validation_score_.argmax()) :]
        return model


def stopped_early(model: Any, seed: int) -> EarlyStopping:
    """Hold out a fifth of the rows, on which boosting stops, as the command line's comparison."""
    return EarlyStopping(model, random_state=seed)


def bagged(model: Any, seed: int) -> EarlyStopping:
    """Average eight models, each of which stops early on a fold of its own."""
    is_of_sklearn = type(model).__module__.startswith("sklearn.")
    return (StoppedTrees if is_of_sklearn else EarlyStopping)(model, N_BAGGED, seed)


def careful(model: Any, seed: int) -> Any:
    """Choose among the settings of the command line's comparison."""
    return careful_boosting(is_classifier(model), seed)


def searched(model: Any, seed: int) -> RandomizedSearchCV:
    """Choose among 20 random settings of scikit-learn's boosting, in three folds."""
    is_class = is_classifier(model)
    folds = StratifiedKFold if is_class else KFold
    return RandomizedSearchCV(
        clone(model).set_params(max_iter=500, early_stopping=True, n_iter_no_change=PATIENCE),
        SEARCHED,
        n_iter=N_SEARCHED,
        scoring="neg_log_loss" if is_class else "neg_root_mean_squared_error",
        cv=folds(N_SEARCH_FOLDS, shuffle=True, random_state=seed),
        random_state=seed,
    )
