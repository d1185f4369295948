"""Boosting as people use it who want the best of it: searched, stopped early, and bagged."""

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
import pandas as pd
from scipy.stats import loguniform, randint
from sklearn.base import BaseEstimator, clone, is_classifier
from sklearn.model_selection import (
    KFold,
    RandomizedSearchCV,
    ShuffleSplit,
    StratifiedKFold,
    StratifiedShuffleSplit,
)

from scratchmlp.cli.boosting import careful_boosting

PATIENCE = 50  # rounds without a lower loss
N_BAGGED = 8  # folds, as in our ensembles
N_SEARCHED, N_SEARCH_FOLDS = 20, 3
SEARCHED = {
    "learning_rate": loguniform(0.01, 0.3),
    "max_leaf_nodes": randint(4, 65),
    "min_samples_leaf": randint(2, 61),
    "l2_regularization": loguniform(1e-3, 10),
    "max_features": [0.3, 0.5, 0.7, 1.0],
}


class EarlyStopped(BaseEstimator):
    """Boosting that trains until the loss of held-out rows is lowest.

    Parameters
    ----------
    model : estimator
        Boosting of scikit-learn, CatBoost or LightGBM.
    n_folds : int
        1 holds out a fifth of the rows. More train a model for each fold that is held out;
        the predictions, of classes the probabilities, are averaged arithmetically.
    random_state : int
        Random state of the folds.
    """

    def __init__(self, model: Any, n_folds: int = 1, random_state: int = 0):
        self.model = model
        self.n_folds = n_folds
        self.random_state = random_state

    def fit(self, X: pd.DataFrame, y: np.ndarray) -> Self:
        """Train a model for each fold."""
        splits = self._splitter().split(X, y)
        self.models_ = [fit_until_best(clone(self.model), X, y, *rows) for rows in splits]
        if is_classifier(self.model):
            self.classes_ = self.models_[0].classes_
        return self

    def _splitter(self) -> Any:
        is_class = is_classifier(self.model)
        if self.n_folds == 1:
            one = StratifiedShuffleSplit if is_class else ShuffleSplit
            return one(1, test_size=0.2, random_state=self.random_state)
        folds = StratifiedKFold if is_class else KFold
        return folds(self.n_folds, shuffle=True, random_state=self.random_state)

    def predict_proba(self, X: pd.DataFrame) -> np.ndarray:
        """Average the probabilities."""
        return np.mean([model.predict_proba(X) for model in self.models_], axis=0)

    def predict(self, X: pd.DataFrame) -> np.ndarray:
        """Average the numbers, or return the class of the highest probability."""
        if is_classifier(self.model):
            return self.classes_[self.predict_proba(X).argmax(axis=1)]
        return np.mean([model.predict(X) for model in self.models_], axis=0)


def fit_until_best(
    model: Any, X: pd.DataFrame, y: np.ndarray, train: Sequence[int], held_out: Sequence[int]
) -> Any:
    """Train until the loss of held-out rows has not fallen for 50 rounds; keep the best trees."""
    rows, held = (X.iloc[train], y[train]), (X.iloc[held_out], y[held_out])
    library = type(model).__module__.partition(".")[0]
    if library == "sklearn":
        model.set_params(early_stopping=True, n_iter_no_change=PATIENCE)
        model.fit(*rows, X_val=held[0], y_val=held[1])
        del model._predictors[max(1, model.validation_score_.argmax()) :]  # as the others do
        return model
    if library == "catboost":
        return model.fit(*rows, eval_set=held, early_stopping_rounds=PATIENCE)
    from lightgbm import early_stopping

    return model.fit(
        *rows, eval_X=held[0], eval_y=held[1], callbacks=[early_stopping(PATIENCE, verbose=False)]
    )


def stopped_early(model: Any, seed: int) -> EarlyStopped:
    """Hold out a fifth of the rows, on which boosting stops. The model is not fitted again."""
    return EarlyStopped(model, 1, seed)


def bagged(model: Any, seed: int) -> EarlyStopped:
    """Average eight models, each of which stops early on a fold of its own."""
    return EarlyStopped(model, N_BAGGED, seed)


def careful(model: Any, seed: int) -> Any:
    """Choose among the settings of the command line's comparison."""
    return careful_boosting(is_classifier(model), seed, model.categorical_features)


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
