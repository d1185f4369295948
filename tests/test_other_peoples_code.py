"""What people do with MLPClassifier and MLPRegressor runs with ours, and gives the same numbers.

Each pattern is a function of both classes, written as in the scripts of users. It runs with
scikit-learn's classes and with ours, and what it returns must agree.
"""

import copy

import numpy as np
import pandas as pd
import pytest
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import TransformedTargetRegressor
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris
from sklearn.ensemble import StackingClassifier, VotingClassifier
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.inspection import partial_dependence, permutation_importance
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import (
    GridSearchCV,
    HalvingGridSearchCV,
    cross_val_predict,
    cross_val_score,
    learning_curve,
    train_test_split,
)
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler, scale
from sklearn.tree import DecisionTreeClassifier

from scratchmlp import ScratchMLPClassifier, ScratchMLPRegressor

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

X, Y = load_iris(return_X_y=True)
X = scale(X)
X_CANCER, Y_CANCER = (values[:200] for values in load_breast_cancer(return_X_y=True))
X_CANCER = scale(X_CANCER)
X_DIABETES, Y_DIABETES = (scale(values) for values in load_diabetes(return_X_y=True))
SMALL = {"hidden_layer_sizes": (8,), "random_state": 0, "max_iter": 20, "learning_rate_init": 0.01}
PATTERNS = []


def pattern(function):
    """Add a pattern to those that are compared."""
    PATTERNS.append(function)
    return function


# Weights: read, set, averaged.


def relu(z):
    return np.maximum(z, 0)


@pattern
def layers_by_hand(Classifier, Regressor):
    model = Classifier(**SMALL | {"hidden_layer_sizes": (8, 5)}).fit(X, Y)
    activations = [X]
    for W, b in zip(model.coefs_, model.intercepts_, strict=True):
        activations.append(relu(activations[-1] @ W + b))
    n_weights = sum(W.size for W in model.coefs_) + sum(b.size for b in model.intercepts_)
    return activations[1:-1], n_weights, model.n_layers_, model.n_outputs_, model.out_activation_


@pattern
def federated_averaging(Classifier, Regressor):
    server = Classifier(**SMALL).partial_fit(X[:1], Y[:1], classes=[0, 1, 2])
    for _ in range(3):
        clients = [copy.deepcopy(server).partial_fit(X[i::3], Y[i::3]) for i in range(3)]
        for name in ("coefs_", "intercepts_"):
            layers = zip(*(getattr(client, name) for client in clients), strict=True)
            setattr(server, name, [np.mean(layer, axis=0) for layer in layers])
    return server.predict_proba(X), server.score(X, Y)


@pattern
def evolution(Classifier, Regressor):
    rng, model = np.random.default_rng(0), Classifier(**SMALL).fit(X, Y)
    best = model.score(X, Y)
    for _ in range(10):
        before = [W.copy() for W in model.coefs_]
        model.coefs_ = [W + 0.1 * rng.standard_normal(W.shape) for W in before]
        if model.score(X, Y) < best:
            model.coefs_ = before
        best = model.score(X, Y)
    return best, model.coefs_


@pattern
def lesions_and_restored_weights(Classifier, Regressor):
    model, scores = Classifier(**SMALL).fit(X, Y), []
    weights, W, b = model.coefs_, model.coefs_[0], model.intercepts_[0]
    for unit in range(8):
        model.coefs_[0] = np.where(np.arange(8) == unit, 0, W)
        model.intercepts_[0] = np.where(np.arange(8) == unit, 0, b)
        scores.append(model.predict_proba(X))
        model.coefs_[0], model.intercepts_[0] = W, b
    model.coefs_ = [0 * weight for weight in weights]
    scores.append(model.predict_proba(X))
    model.coefs_ = weights
    return scores, model.predict_proba(X), weights


@pattern
def central_differences(Classifier, Regressor):
    model, slopes = Regressor(**SMALL).fit(X, Y), []
    W = model.coefs_[0]
    for i, j in np.ndindex(2, 3):
        losses = []
        for step in (1e-3, -1e-3):
            moved = W.copy()
            moved[i, j] += step
            model.coefs_[0] = moved
            losses.append(np.mean((model.predict(X) - Y) ** 2))
        model.coefs_[0] = W
        slopes.append((losses[0] - losses[1]) / 2e-3)
    return slopes, model.predict(X)


@pattern
def swapped_weights(Classifier, Regressor):
    one, other = (Classifier(**SMALL | {"random_state": seed}).fit(X, Y) for seed in (0, 1))
    one.coefs_, other.coefs_ = other.coefs_, one.coefs_
    one.intercepts_, other.intercepts_ = other.intercepts_, one.intercepts_
    ablated = copy.copy(one)
    ablated.coefs_ = [0 * W for W in one.coefs_]
    return [model.predict_proba(X) for model in (one, other, ablated)]


@pattern
def steps_in_place(Classifier, Regressor):
    model = Classifier(**SMALL).fit(X, Y)
    W = model.coefs_[0]
    W *= 0.5
    model.coefs_[1] -= 0.1
    for b in model.intercepts_:
        b += 0.1
    return model.predict_proba(X), W


@pattern
def a_subclass_with_helpers(Classifier, Regressor):
    class Mine(Classifier):
        def __init__(self, random_state=0):
            super().__init__(max_iter=20, random_state=random_state)

        def fit(self, X, y):
            self._random_state = self.random_state
            return super().fit(X, y)

        def _rate(self, X, y):
            return self.score(X, y)

    return Mine().fit(X, Y)._rate(X, Y)


# Training step by step.


@pattern
def a_stream(Classifier, Regressor):
    model, scores = Classifier(**SMALL), []
    for start in range(0, 150, 30):
        rows = slice(start, start + 30)
        if start:
            scores.append(model.score(X[rows], Y[rows]))
        model.partial_fit(X[rows], Y[rows], classes=np.unique(Y))
    return scores, model.loss_curve_, model.t_, model.coefs_


@pattern
def one_row_after_the_other(Classifier, Regressor):
    model, predicted = Regressor(**SMALL), []
    for row, target in zip(X_DIABETES[:20].tolist(), Y_DIABETES[:20], strict=True):
        model.partial_fit([row], [target])
        predicted.append(model.predict([row])[0])
    return predicted


# NumPy's generator.


@pattern
def a_script_with_a_global_seed(Classifier, Regressor):
    np.random.seed(0)  # noqa: NPY002
    drawn = []
    for settings in ({}, {"solver": "sgd"}, {"early_stopping": True}, {"shuffle": False}):
        model = Classifier((8,), max_iter=5, **settings).fit(X, Y)
        X_train, X_test, y_train, y_test = train_test_split(X, Y)
        model.fit(X_train, y_train)
        drawn += [model.predict_proba(X_test), y_test]
    model.partial_fit(X_train, y_train)
    drawn.append(np.random.permutation(9))  # noqa: NPY002
    return drawn


# Targets.


@pattern
def names_as_labels(Classifier, Regressor):
    model = Classifier(**SMALL).fit(pd.DataFrame(X, columns=[*"abcd"]), np.array([*"xyz"])[Y])
    binarizer = model._label_binarizer
    return model._no_improvement_count, binarizer.y_type_, binarizer.transform(["y", "x"]).tolist()


# Subclasses.


def with_memory(Base):
    """Derive a class with a parameter of its own and a method that does more."""

    class WithMemory(Base):
        def __init__(self, keep=3, random_state=None, max_iter=200):
            super().__init__(random_state=random_state, max_iter=max_iter)
            self.keep = keep

        def fit(self, X, y, **kwargs):
            super().fit(X, y, **kwargs)
            self.seen_ = y[: self.keep]
            return self

        def predict(self, X):
            return self.classes_[super().predict_proba(X).argmax(axis=1)]

    return WithMemory


@pattern
def a_subclass(Classifier, Regressor):
    search = GridSearchCV(with_memory(Classifier)(random_state=0, max_iter=5), {"keep": [2, 4]})
    search.fit(X, Y)
    return search.best_estimator_.seen_, search.predict(X), search.cv_results_["mean_test_score"]


# Inside of scikit-learn.


@pattern
def a_pipeline_in_a_search(Classifier, Regressor):
    pipeline = Pipeline([("scale", StandardScaler()), ("mlp", Classifier(**SMALL))])
    grid = {"mlp__hidden_layer_sizes": [(4,), (8, 4)], "mlp__alpha": [1e-4, 1.0]}
    search = GridSearchCV(pipeline, grid, cv=3, scoring="neg_log_loss").fit(X, Y)
    return search.best_params_["mlp__alpha"], search.cv_results_["mean_test_score"]


@pattern
def a_halving_search(Classifier, Regressor):
    grid = {"alpha": [1e-4, 1e-2, 1.0], "activation": ["relu", "tanh"]}
    search = HalvingGridSearchCV(
        Classifier(**SMALL), grid, resource="max_iter", max_resources=20, cv=3, random_state=0
    ).fit(X, Y)
    return search.best_params_["activation"], search.cv_results_["mean_test_score"]


@pattern
def stacked(Classifier, Regressor):
    members = [("mlp", Classifier(**SMALL)), ("tree", DecisionTreeClassifier(random_state=0))]
    stack = StackingClassifier(members, LogisticRegression(), cv=3).fit(X, Y)
    vote = VotingClassifier(members, voting="soft").fit(X, Y)
    return stack.predict_proba(X), vote.predict_proba(X)


@pattern
def a_scaled_target(Classifier, Regressor):
    model = TransformedTargetRegressor(Regressor(**SMALL), transformer=StandardScaler())
    return cross_val_score(make_pipeline(StandardScaler(), model), X_DIABETES, Y_DIABETES, cv=3)


@pattern
def curves(Classifier, Regressor):
    probabilities = cross_val_predict(Classifier(**SMALL), X, Y, method="predict_proba")
    return probabilities, *learning_curve(Classifier(**SMALL), X, Y, cv=3, shuffle=False)


@pattern
def inspected(Classifier, Regressor):
    model = Regressor(**SMALL).fit(X_DIABETES, Y_DIABETES)
    importances = permutation_importance(model, X_DIABETES, Y_DIABETES, random_state=0)
    dependence = partial_dependence(model, X_DIABETES, [2], kind="average")
    return importances.importances, dependence["average"]


# What must hold.


def assert_same(mine, theirs):
    """Compare numbers, arrays, strings, and lists and tuples of these."""
    if isinstance(theirs, list | tuple):
        assert len(mine) == len(theirs)
        for one, other in zip(mine, theirs, strict=True):
            assert_same(one, other)
    elif isinstance(theirs, str) or np.asarray(theirs).dtype.kind in "OUS":
        assert np.array_equal(mine, theirs)
    else:
        np.testing.assert_allclose(mine, theirs, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("script", PATTERNS, ids=lambda script: script.__name__)
def test_a_script_gives_the_same_with_one_changed_import(script):
    theirs = script(MLPClassifier, MLPRegressor)
    assert_same(script(ScratchMLPClassifier, ScratchMLPRegressor), theirs)


def test_calibration_fits_sigmoids_to_log_odds_and_agrees_closely():
    """scikit-learn's estimator has no decision_function: sigmoids are fitted to probabilities."""
    theirs, ours = (
        CalibratedClassifierCV(Estimator(**SMALL), cv=3).fit(X_CANCER, Y_CANCER)
        for Estimator in (MLPClassifier, ScratchMLPClassifier)
    )
    assert (theirs.predict(X_CANCER) == ours.predict(X_CANCER)).mean() > 0.97
