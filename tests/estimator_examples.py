"""Data, settings and small functions that the tests of the estimators share."""

import io
import pickle

import joblib
import numpy as np
from sklearn.datasets import load_iris

from scratchmlp import ScratchMLPClassifier

X_IRIS, Y_IRIS = load_iris(return_X_y=True)
X_IRIS = (X_IRIS - X_IRIS.mean(axis=0)) / X_IRIS.std(axis=0)
SMALL = {"hidden_layer_sizes": (5,), "max_iter": 5, "random_state": 0}


def state(estimator):
    """Return the values of all attributes that fit may set."""
    return pickle.dumps(vars(estimator))


def snapshot(estimator):
    """Return the same as `state`, by name, so that a failed test shows the difference."""
    return {name: pickle.dumps(value) for name, value in vars(estimator).items()}


def joblib_round_trip(estimator):
    file = io.BytesIO()
    joblib.dump(estimator, file)
    file.seek(0)
    return joblib.load(file)


def raw_scores(estimator, X):
    classifies = isinstance(estimator, ScratchMLPClassifier)
    return estimator.decision_function(X) if classifies else estimator.predict(X)[:, np.newaxis]


def partial_fit(estimator, X, y, **kwargs):
    if isinstance(estimator, ScratchMLPClassifier):
        kwargs["classes"] = [0, 1, 2]
    return estimator.partial_fit(X, y, **kwargs)
