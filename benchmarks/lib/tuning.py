"""Other packages as people use them who want the best of them: searched, bagged, and blended."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.stats import loguniform, randint
from sklearn.base import BaseEstimator, clone, is_classifier
from sklearn.model_selection import KFold, RandomizedSearchCV, StratifiedKFold
from sklearn.utils import Tags, get_tags

from scratchmlp.cli.baselines import PATIENCE, EarlyStopping, careful_boosting
from scratchmlp.tabular.folds import shuffled_splits

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


class StoppedXGBoost(EarlyStopping):
    """Early stopping of XGBoost, which prints each round unless `fit` is told not to."""

    def _fit_until_best(
        self, X: pd.DataFrame, y: np.ndarray, X_val: pd.DataFrame, y_val: np.ndarray
    ) -> Any:
        """Train until the loss of the held-out rows is lowest."""
        return clone(self.model).fit(X, y, eval_set=[(X_val, y_val)], verbose=False)


class Folded(EarlyStopping):
    """A model for each fold, without early stopping."""

    def _fit_until_best(
        self, X: pd.DataFrame, y: np.ndarray, X_val: pd.DataFrame, y_val: np.ndarray
    ) -> Any:
        """Train a model without the held-out rows."""
        return clone(self.model).fit(X, y)


STOPPED = {"ensemble": StoppedTrees, "xgboost": StoppedXGBoost, "linear_model": Folded}


def in_folds(model: Any, n_folds: int, seed: int) -> EarlyStopping:
    """Return the model in folds; boosting stops early on the fold that is held out."""
    package = type(model).__module__.removeprefix("sklearn.").partition(".")[0]
    return STOPPED.get(package, EarlyStopping)(model, n_folds, seed)


def stopped_early(model: Any, seed: int) -> EarlyStopping:
    """Hold out a fifth of the rows, on which boosting stops, as the command line's comparison."""
    return in_folds(model, 1, seed)


def bagged(model: Any, seed: int) -> EarlyStopping:
    """Average eight models, each of which stops early on a fold of its own."""
    return in_folds(model, N_BAGGED, seed)


class Blend(BaseEstimator):
    """Bags whose predictions are averaged with the weights that minimize the out-of-fold loss.

    Parameters
    ----------
    bags : sequence of Pipeline
        Their last steps are `bagged`, with the same random state.
    random_state : int
        Random state of the bags.
    """

    def __init__(self, bags: Any, random_state: int = 0) -> None:
        self.bags = bags
        self.random_state = random_state

    def fit(self, X: pd.DataFrame, y: NDArray[Any]) -> "Blend":
        """Fit the bags, and then the weights, which are not negative and have the sum 1."""
        self.bags_ = [clone(bag).fit(X, y) for bag in self.bags]
        Y, random_state = y if is_classifier(self) else y[:, None], self.random_state
        folds = shuffled_splits(N_BAGGED, 1, Y, None, np.random.RandomState(random_state))
        rows = np.concatenate([fold for _, fold in folds])
        parts = [self._out_of_fold(bag, X, [fold for _, fold in folds]) for bag in self.bags_]
        self.weights_ = best_weights(parts, y[rows], is_classifier(self))
        return self

    def _out_of_fold(self, bag: Any, X: pd.DataFrame, folds: list[NDArray[Any]]) -> NDArray[Any]:
        """Predict each fold with the model that has not seen it."""
        X, models = bag[:-1].transform(X), bag[-1].models_
        predictions = [
            self._predict(m, X.iloc[fold]) for m, fold in zip(models, folds, strict=True)
        ]
        return np.concatenate(predictions)

    def _predict(self, model: Any, X: pd.DataFrame) -> NDArray[Any]:
        """Predict numbers, or probabilities of classes."""
        predicted = model.predict_proba(X) if is_classifier(self) else model.predict(X)
        return np.asarray(predicted, dtype=float)

    @property
    def classes_(self) -> NDArray[Any]:
        """The classes of a fitted classifier."""
        return np.asarray(self.bags_[0].classes_)

    def predict(self, X: pd.DataFrame) -> NDArray[Any]:
        """Predict the classes with the highest probability, or numbers."""
        if is_classifier(self):
            return self.classes_[self.predict_proba(X).argmax(axis=1)]
        return self._blend(X)

    def predict_proba(self, X: pd.DataFrame) -> NDArray[Any]:
        """Predict probabilities of classes."""
        return self._blend(X)

    def _blend(self, X: pd.DataFrame) -> NDArray[Any]:
        """Return the weighted mean of the bags' predictions."""
        return np.stack([self._predict(bag, X) for bag in self.bags_], axis=-1) @ self.weights_

    def __sklearn_tags__(self) -> Tags:
        return get_tags(self.bags[0])


def best_weights(parts: list[NDArray[Any]], y: NDArray[Any], is_class: bool) -> NDArray[Any]:
    """Return the weights of predictions that minimize log-loss or squared error, with the sum 1."""
    n, stacked = len(parts), np.stack(parts, axis=-1)

    def loss(weights: NDArray[Any]) -> float:
        blend = stacked @ weights
        if is_class:
            return float(-np.log(blend[np.arange(len(y)), y].clip(1e-15)).mean())
        return float(((blend - y) ** 2).mean())

    sum_is_1 = {"type": "eq", "fun": lambda weights: weights.sum() - 1}
    found = minimize(loss, np.full(n, 1 / n), bounds=[(0, 1)] * n, constraints=sum_is_1)
    return found.x / found.x.sum()


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
