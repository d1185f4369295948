"""One small estimator for raw tables of each class, and a table that all of them learn from."""

import numpy as np
import pandas as pd
from sklearn.base import is_classifier
from sklearn.model_selection import KFold
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from scratchmlp.batches import Data
from scratchmlp.tabular import (
    TabularEncoder,
    TabularEnsembleClassifier,
    TabularEnsembleRegressor,
    TabularMLPClassifier,
    TabularMLPRegressor,
)
from scratchmlp.tabular.columns.encoder import encode_with
from scratchmlp.tabular.ensemble.default_estimators import default_estimators

SMALL = {"hidden_layer_sizes": 16, "max_iter": 32}
TREE = {"min_samples_leaf": 5}
FOLDS = {"cv": 3, "random_state": 0}
CLASSIFIERS = [
    ("networks", TabularMLPClassifier(**SMALL)),
    ("tree", DecisionTreeClassifier(**TREE)),
]
REGRESSORS = [("networks", TabularMLPRegressor(**SMALL)), ("tree", DecisionTreeRegressor(**TREE))]
ESTIMATORS = {
    "TabularMLPClassifier": TabularMLPClassifier(**SMALL, **FOLDS),
    "TabularMLPRegressor": TabularMLPRegressor(**SMALL, **FOLDS),
    "TabularEnsembleClassifier": TabularEnsembleClassifier(CLASSIFIERS, **FOLDS),
    "TabularEnsembleRegressor": TabularEnsembleRegressor(REGRESSORS, **FOLDS),
}


def table(n=120, seed=0):
    """Return a table of several kinds of columns, and numbers that depend on them."""
    rng = np.random.RandomState(seed)
    age, city = rng.uniform(20, 60, n), rng.choice(["Rome", "Oslo", "Paris"], n)
    X = pd.DataFrame({"age": age, "city": city, "member": rng.rand(n) < 0.5})
    X.loc[::9, "age"] = np.nan
    X.loc[::11, "city"] = None
    numbers = (age - 40) / 10 + 2 * (city == "Oslo") - X["member"]
    return X, numbers.to_numpy()


def targets_for(estimator, numbers):
    """Return numbers, or classes that depend on them."""
    return np.where(numbers > 0, "yes", "no") if is_classifier(estimator) else numbers


def predictions(estimator, X):
    """Return probabilities or numbers."""
    return estimator.predict_proba(X) if is_classifier(estimator) else estimator.predict(X)


def out_of_fold(estimator):
    """Return probabilities or numbers for the rows of `fit`."""
    return estimator.oof_proba_ if is_classifier(estimator) else estimator.oof_prediction_


def defaults(n_rows, n_targets, *, classifier, effort="thorough"):
    """Return the default estimators by name, for a table of one column."""
    encoder = TabularEncoder().fit(pd.DataFrame({"a": np.arange(10.0) ** 2}))
    X = encode_with(encoder, pd.DataFrame({"a": np.zeros(n_rows)}))[0]
    Y = np.arange(n_rows) % n_targets if classifier else np.zeros((n_rows, n_targets))
    one_hot = np.broadcast_to(0.0, (n_targets, n_targets))  # only its shape is asked for
    data = Data(X, Y, None, one_hot if classifier else None)
    splits = [*KFold(3).split(Y)]
    return dict(default_estimators(data, splits, n_rows, effort))


class Counter:
    """A callback that counts the tasks that are running, and keeps the fitted estimator."""

    n_running, fitted = 0, None
    setup = teardown = lambda self, estimator, context: None

    def on_fit_task_begin(self, estimator, context):
        self.n_running += 1

    def on_fit_task_end(self, estimator, context, *, fitted_estimator=None):
        self.n_running -= 1
        self.fitted = fitted_estimator
        assert (self.fitted is None) == (context.task_name != "fit")  # not before all are trained
