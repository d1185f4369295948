"""Data, settings and small functions that the tests of the estimators share."""

import io
import pickle
from contextlib import contextmanager

import joblib
import numpy as np
import pytest
from sklearn.base import is_classifier
from sklearn.datasets import load_iris

X_IRIS, Y_IRIS = load_iris(return_X_y=True)
X_IRIS = (X_IRIS - X_IRIS.mean(axis=0)) / X_IRIS.std(axis=0)
Y_LABELS = np.column_stack([Y_IRIS > 0, Y_IRIS > 1, X_IRIS[:, 0] > 0, Y_IRIS == 0]).astype(int)
SMALL = {"hidden_layer_sizes": (5,), "max_iter": 5, "random_state": 0}


class OwnTanh:
    """A user's activation, which writes into the arrays that it is given and returns nothing."""

    def forward(self, z, out):
        np.tanh(z, out=out)

    def backward(self, z, a, delta):
        delta *= 1 - a * a


class Recorder:
    """A callback that records its arguments, and asks to stop or raises an error at an epoch.

    With error_at="teardown", it raises the error when it is torn down.
    """

    def __init__(self, stop_at=None, error_at=None):
        self.told, self.models, self.given = [], [], []
        self.stop_at, self.error_at = stop_at, error_at

    def setup(self, estimator, context):
        self.told.append("setup")

    def teardown(self, estimator, context):
        self.told.append("teardown")
        if self.error_at == "teardown":
            raise RuntimeError("from a teardown")

    def on_fit_task_begin(self, estimator, context, *, X=None, y=None, metadata=None):
        self.told.append(("begin", context.task_name, context.task_id))
        self.given.append((X, y, metadata))

    def on_fit_task_end(self, estimator, context, *, fitted_estimator=None):
        self.told.append(("end", context.task_name, context.task_id))
        self.models.append(fitted_estimator)
        if context.task_name == "epoch" and context.task_id == self.error_at:
            raise RuntimeError("from a callback")
        return context.task_name == "epoch" and context.task_id == self.stop_at


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


def by_joblib(estimator):
    file = io.BytesIO()
    joblib.dump(estimator, file)
    file.seek(0)
    return joblib.load(file)


def raw_scores(estimator, X):
    if is_classifier(estimator):
        return estimator.decision_function(X)
    return estimator.predict(X)[:, np.newaxis]


def partial_fit(estimator, X, y, **kwargs):
    if is_classifier(estimator):
        kwargs["classes"] = [0, 1, 2]
    return estimator.partial_fit(X, y, **kwargs)
