"""Losses, outputs and probabilities; networks without hidden layers are linear models."""

from functools import partial

import numpy as np
import pytest
from scipy.special import expit, softmax
from sklearn.datasets import load_breast_cancer, load_diabetes, load_wine
from sklearn.linear_model import LogisticRegression, PoissonRegressor, Ridge, RidgeClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import scale

from scratchmlp import ScratchMLPClassifier, ScratchMLPRegressor
from scratchmlp.losses import LogLoss
from tests.helpers.estimator_examples import X_IRIS, Y_IRIS, Y_LABELS

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

TARGETS = {"multiclass": Y_IRIS, "binary": (Y_IRIS == 1).astype(int), "multilabel": Y_LABELS}
LBFGS = {"solver": "lbfgs", "random_state": 0, "hidden_layer_sizes": (10,)}
LINEAR = {"hidden_layer_sizes": (), "solver": "lbfgs", "tol": 1e-10, "max_iter": 1000}


def counts():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(300, 3))
    return X, rng.poisson(np.exp(X @ [0.5, -0.3, 0.2] + 0.1))


def logistic_regression(**parameters):
    return LogisticRegression(tol=1e-10, max_iter=10_000, **parameters)


Classifier = partial(ScratchMLPClassifier, **LINEAR)
Regressor = partial(ScratchMLPRegressor, **LINEAR)
X_WINE, Y_WINE = load_wine(return_X_y=True)
X_CANCER, Y_CANCER = load_breast_cancer(return_X_y=True)
WINE, CANCER = (scale(X_WINE), Y_WINE), (scale(X_CANCER), Y_CANCER)
WEIGHTS = {"class_weight": {0: 5.0, 1: 1.0}}
BALANCED = {"class_weight": "balanced"}
WEIGHTED, EVEN = logistic_regression(**WEIGHTS), logistic_regression(**BALANCED)
IDENTITY = {"loss": "squared_error", "output_activation": "identity"}
LABELS = X_IRIS, Y_LABELS
DIABETES = tuple(map(scale, load_diabetes(return_X_y=True)))
POISSON = PoissonRegressor(alpha=3.0 / 300, tol=1e-9, max_iter=1000)


@pytest.mark.parametrize(
    ("network", "reference", "data", "method", "atol"),
    [
        (Classifier(alpha=0.1), logistic_regression(C=10), WINE, "predict_proba", 1e-4),
        (Classifier(alpha=1, **WEIGHTS), WEIGHTED, CANCER, "predict_proba", 1e-4),
        (Classifier(alpha=1, **BALANCED), EVEN, CANCER, "predict_proba", 1e-4),
        (Classifier(alpha=1, **IDENTITY), RidgeClassifier(), WINE, "decision_function", 1e-5),
        (Classifier(alpha=1, **IDENTITY), RidgeClassifier(), CANCER, "decision_function", 1e-5),
        (Classifier(alpha=1, **IDENTITY), RidgeClassifier(), LABELS, "decision_function", 1e-5),
        (Regressor(alpha=1), Ridge(), DIABETES, "predict", 1e-5),
        (Regressor("poisson", alpha=3), POISSON, counts(), "predict", 1e-4),
    ],
    ids=[
        *("logistic", "weights", "balanced", "ridge of three", "ridge of two", "ridge of labels"),
        *("ridge of numbers", "Poisson"),
    ],
)
def test_a_network_without_hidden_layers_is_a_linear_model(network, reference, data, method, atol):
    """Both minimize the mean loss plus alpha / (2 n) ‖W‖²."""
    outputs = [getattr(model.fit(*data), method)(data[0]) for model in (network, reference)]
    np.testing.assert_allclose(*outputs, rtol=0, atol=atol)


def expected_probabilities(classifier, raw):
    """Compute probabilities from raw scores, by the definitions."""
    if raw.ndim == 1:
        return np.column_stack([expit(-raw), expit(raw)])
    if classifier.out_activation_ == "softmax":
        return softmax(raw, axis=1)
    odds = expit(raw)
    return odds if classifier._kind == "multilabel-indicator" else odds / odds.sum(axis=1)[:, None]


SMOOTH = LogLoss(label_smoothing=0.1)
LOSSES = [("multiclass", "squared_error", "softmax"), ("multiclass", "focal", "logistic")]
LOSSES += [("binary", "squared_error", "auto"), ("binary", "focal", "softmax")]
LOSSES += [("multilabel", "squared_error", "logistic"), ("multilabel", "focal", "auto")]
LOSSES += [("multiclass", SMOOTH, "softmax"), ("binary", SMOOTH, "logistic")]
LOSSES += [("multilabel", SMOOTH, "auto")]


@pytest.mark.parametrize(("target", "loss", "output"), LOSSES)
def test_every_loss_and_output_learns_and_gives_probabilities(target, loss, output):
    y = TARGETS[target]
    classifier = ScratchMLPClassifier(
        loss=loss, output_activation=output, alpha=0.1, max_iter=500, **LBFGS
    ).fit(X_IRIS, y)
    assert classifier.score(X_IRIS, y) > 0.95
    expected = expected_probabilities(classifier, classifier.decision_function(X_IRIS))
    p = classifier.predict_proba(X_IRIS)
    np.testing.assert_allclose(p, expected, rtol=1e-9)
    log_p = classifier.predict_log_proba(X_IRIS)
    np.testing.assert_allclose(log_p, np.log(p), rtol=1e-9, atol=1e-12)
    best = p > 0.5 if target == "multilabel" else classifier.classes_[p.argmax(axis=1)]
    np.testing.assert_array_equal(classifier.predict(X_IRIS), best)


def test_identity_outputs_have_no_probabilities():
    classifier = ScratchMLPClassifier(**IDENTITY, alpha=0.1, max_iter=500, **LBFGS)
    for _ in range(2):
        assert not hasattr(classifier, "predict_proba")
        assert not hasattr(classifier, "predict_log_proba")
        classifier.fit(X_IRIS, Y_LABELS)
    assert classifier.score(X_IRIS, Y_LABELS) > 0.95


OUTPUTS = [("multiclass", np.float32, "auto"), ("binary", np.float32, "softmax")]
OUTPUTS += [("binary", np.float64, "logistic"), ("multilabel", np.float32, "logistic")]


@pytest.mark.parametrize(("target", "dtype", "output"), OUTPUTS)
def test_probabilities_are_never_0_and_their_logarithms_finite(target, dtype, output):
    classifier = ScratchMLPClassifier(output_activation=output, max_iter=1, random_state=0)
    X = X_IRIS.astype(dtype)
    classifier.fit(X, TARGETS[target])
    p, log_p = classifier.predict_proba(X * 1e6), classifier.predict_log_proba(X * 1e6)
    assert p.dtype == log_p.dtype == dtype
    assert (p > 0).all()
    assert np.isfinite(log_p).all()
    assert log_p.min() == np.log(np.finfo(dtype).tiny)
    assert (p < 1).all() if target == "multilabel" else (p <= 1).all()


def test_a_raw_score_of_0_is_the_first_class():
    classifier = ScratchMLPClassifier(hidden_layer_sizes=(), max_iter=1, random_state=0)
    classifier.fit([[-1.0], [1.0]], [0, 1])
    classifier.coefs_[0][:], classifier.intercepts_[0][:] = 1, 0
    np.testing.assert_array_equal(classifier.predict([[-50.0], [0.0], [1e-9]]), [0, 0, 1])


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("target", ["binary", "multilabel"])
def test_a_score_whose_probability_is_one_half_is_the_first_class_as_in_scikit_learn(target, dtype):
    settings, X = {"hidden_layer_sizes": (), "max_iter": 1}, X_IRIS.astype(dtype)
    ours = ScratchMLPClassifier(**settings).fit(X, TARGETS[target])
    theirs = MLPClassifier(**settings | {"hidden_layer_sizes": (2,)}).fit(X, TARGETS[target])
    for network in (ours, theirs):
        for W in network.coefs_:
            W[:] = 0
    predicted = []
    for score in (-1e-17, 1e-17, 2 * np.finfo(dtype).eps):
        for network in (ours, theirs):
            network.intercepts_[-1][:] = score
        np.testing.assert_array_equal(ours.predict(X), theirs.predict(X))
        predicted.append(ours.predict(X[:1]).max())
    assert predicted == [0, 0, 1]


def test_outputs_of_a_regressor_stay_in_their_range():
    X = np.random.default_rng(0).normal(size=(200, 2))
    shares = softmax(X @ [[1.0, -2.0, 0.5], [0.3, 1.0, -1.0]], axis=1)
    settings = {"solver": "lbfgs", "hidden_layer_sizes": (5,), "random_state": 0}
    for output, y in (("logistic", expit(3 * X[:, 0])), ("softmax", shares)):
        regressor = ScratchMLPRegressor(output_activation=output, **settings).fit(X, y)
        assert regressor.score(X, y) > 0.95
        predicted = regressor.predict(10 * X)
        assert predicted.shape == y.shape
        assert predicted.min() >= 0
        assert predicted.max() <= 1
    np.testing.assert_allclose(predicted.sum(axis=1), 1)
