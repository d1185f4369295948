"""Data, settings and small functions that the tests of the estimators share."""

import io
import pickle
from contextlib import contextmanager

import joblib
import numpy as np
import pytest
from sklearn.datasets import load_iris

from scratchmlp import ScratchMLPClassifier

X_IRIS, Y_IRIS = load_iris(return_X_y=True)
X_IRIS = (X_IRIS - X_IRIS.mean(axis=0)) / X_IRIS.std(axis=0)
SMALL = {"hidden_layer_sizes": (5,), "max_iter": 5, "random_state": 0}


class OwnTanh:
    """A user's activation, which writes into the arrays that it is given and returns nothing."""

    def forward(self, z, out):
        np.tanh(z, out=out)

    def backward(self, z, a, delta):
        delta *= 1 - a * a


def snapshot(estimator):
    """Return the values of all attributes by name, so that a failed test shows the difference."""
    attributes = vars(estimator).items()
    return {name: value if callable(value) else pickle.dumps(value) for name, value in attributes}


@contextmanager
def fails(estimator, error, match):
    """Expect an error in the block, which leaves the estimator as it was."""
    before = snapshot(estimator)
    with pytest.raises(error, match=match):
        yield
    assert snapshot(estimator) == before


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
