"""What X and y may be: data types, layouts, memory, labels and targets."""

import tracemalloc
from unittest import mock

import numpy as np
import pandas as pd
import pytest
import scipy.sparse
from sklearn.utils.validation import validate_data

from scratchmlp import ScratchMLPClassifier, ScratchMLPRegressor
from scratchmlp.activations import ACTIVATIONS
from scratchmlp.schedules import Cosine
from tests.helpers.estimator_examples import SMALL, X_IRIS, Y_IRIS, Y_LABELS, fails

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

LBFGS = {"solver": "lbfgs", "random_state": 0, "hidden_layer_sizes": (10,), "alpha": 0.1}


# Data of training.


SETTINGS = [{"solver": solver, "early_stopping": True} for solver in ("sgd", "lbfgs")]
SETTINGS += [{"solver": "sgd", "learning_rate": "invscaling", "alpha": np.float64(0.1)}]
SETTINGS += [{"solver": "adam", "learning_rate": Cosine(), "dropout": np.float64(0.2)}]


@pytest.mark.parametrize("settings", SETTINGS)
def test_float32_stays_float32(Estimator, settings):
    X, weight = X_IRIS.astype(np.float32), np.linspace(0.5, 2, len(X_IRIS))
    estimator = Estimator(**SMALL, **settings).fit(X, Y_IRIS, weight)
    assert all(a.dtype == np.float32 for a in estimator.coefs_ + estimator.intercepts_)
    reference = Estimator(**SMALL, **settings).fit(X_IRIS, Y_IRIS, weight)
    np.testing.assert_allclose(estimator.theta_, reference.theta_, rtol=1e-3, atol=1e-4)
    if Estimator is ScratchMLPRegressor:
        assert estimator.predict(X).dtype == np.float32


def test_the_layout_of_X_does_not_matter(Estimator):
    """A DataFrame becomes an array in column order."""
    settings = {**SMALL, "batch_size": 40}
    fitted = [Estimator(**settings).fit(X, Y_IRIS) for X in (X_IRIS, np.asfortranarray(X_IRIS))]
    np.testing.assert_allclose(fitted[0].theta_, fitted[1].theta_, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_numbers_may_have_another_byte_order(activation):
    settings = {**SMALL, "activation": activation, "max_iter": 2}
    net = ScratchMLPClassifier(**settings).fit(X_IRIS.astype(">f4"), Y_IRIS)
    assert np.isfinite(net.predict_proba(X_IRIS.astype(">f4"))).all()


@pytest.mark.parametrize("order", ["C", "F"])
def test_a_fit_needs_little_memory_beyond_its_data(Estimator, order):
    """An epoch of 5,000 rows and 100 columns, 4 MB, whose batches are 160 kB."""
    rng = np.random.default_rng(0)
    X, y = np.asarray(rng.normal(size=(5000, 100)), order=order), rng.integers(0, 9, 5000)
    tracemalloc.start()
    Estimator(hidden_layer_sizes=(20,), max_iter=1).fit(X, y)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 0.4 * X.nbytes


# Data of predictions.


@pytest.mark.filterwarnings("ignore:the matrix subclass")
def test_validation_is_skipped_only_where_it_would_change_nothing(Estimator, monkeypatch):
    estimator = Estimator(**SMALL).fit(X_IRIS, Y_IRIS)
    spy = mock.Mock(wraps=validate_data)
    monkeypatch.setattr("scratchmlp.estimators.validation.validate_data", spy)
    expected = estimator.predict(X_IRIS)
    for X in (np.asfortranarray(X_IRIS), X_IRIS.tolist(), X_IRIS.astype(np.longdouble)):
        np.testing.assert_allclose(estimator.predict(X), expected, rtol=1e-12)
    spy.assert_not_called()
    for X in (X_IRIS.astype(object), scipy.sparse.coo_array(X_IRIS)):
        np.testing.assert_allclose(estimator.predict(X), expected, rtol=1e-12)
    assert spy.call_count == 2
    for X in (np.array(5.0), [1.0, 2.0], X_IRIS[:0], X_IRIS[:, :3].tolist()):
        with pytest.raises(ValueError, match=r"Expected 2D|0 sample|has 3 features"):
            estimator.predict(X)
    huge = 1e306 * np.sign(X_IRIS)  # their sum is not finite
    assert estimator.predict(huge).shape == expected.shape
    with pytest.raises(TypeError, match=r"np.matrix is not supported"):
        estimator.predict(np.asmatrix(X_IRIS))
    table = pd.DataFrame(X_IRIS, columns=list("abcd"))
    named = Estimator(**SMALL).fit(table, Y_IRIS)
    spy.reset_mock()
    np.testing.assert_allclose(named.predict(table), expected, rtol=1e-12)
    spy.assert_not_called()
    with pytest.raises(ValueError, match="in the same order"):
        named.predict(table[[*"badc"]])
    with pytest.warns(UserWarning, match="X does not have valid feature names"):
        named.predict(X_IRIS)


@pytest.mark.parametrize("dtype", [">f8", np.float16])
def test_parameters_of_another_type_are_predicted_with(Estimator, dtype):
    """Pickles from another machine may have another byte order."""
    estimator = Estimator(**SMALL).fit(X_IRIS, Y_IRIS)
    expected = estimator.predict(X_IRIS)
    estimator.theta_ = estimator.theta_.astype(dtype)
    np.testing.assert_allclose(estimator.predict(X_IRIS), expected, rtol=0.02)


# Labels and targets.


@pytest.mark.parametrize("names", [["a", "b", "c"], [False, True, True], [-5, 0, 7], [1.0, 2, 3]])
def test_labels_of_any_type_come_back(names):
    y = np.array(names)[Y_IRIS]
    classifier = ScratchMLPClassifier(max_iter=200, **LBFGS).fit(X_IRIS, y)
    predicted = classifier.predict(X_IRIS)
    assert predicted.dtype == y.dtype
    assert (predicted == y).mean() > 0.95
    np.testing.assert_array_equal(classifier.classes_, np.unique(y))


@pytest.mark.parametrize("output", ["auto", "softmax"])
def test_one_class_alone_is_accepted(output):
    classifier = ScratchMLPClassifier(max_iter=5, output_activation=output)
    classifier.fit(X_IRIS, np.full(150, "only"))
    assert (classifier.predict(X_IRIS) == "only").all()
    np.testing.assert_array_equal(classifier.predict_proba(X_IRIS), np.ones((150, 1)))
    np.testing.assert_array_equal(classifier.predict_log_proba(X_IRIS), np.zeros((150, 1)))


def test_sparse_indicator_targets_come_back_sparse():
    Y = scipy.sparse.csr_array(Y_LABELS)
    classifier = ScratchMLPClassifier(max_iter=300, **LBFGS).fit(X_IRIS, Y)
    predicted = classifier.predict(X_IRIS)
    assert scipy.sparse.issparse(predicted)
    assert (predicted.toarray() == Y_LABELS).mean() > 0.95
    classifier.set_params(early_stopping=True).fit(X_IRIS, Y)
    assert len(classifier.validation_scores_) == classifier.n_iter_


SOFTMAX = {"output_activation": "softmax"}
PAIRS = [[0.5, 0.5], [0.2, 0.1], [1, 0]]
CANNOT_SUPPORT = "'log_loss' supports these output activations: softmax, logistic; .*'identity'"


NO_TARGETS = [
    (ScratchMLPClassifier(), [0.1, 1.2, 1], "Unknown label type: continuous"),
    (
        ScratchMLPClassifier(),
        np.array(["a", 1, "b"], object),
        "'a', with .* int, such as 1",
    ),
    (ScratchMLPClassifier(), np.array([True, "a", "b"], object), "type bool, .*y.astype.str"),
    (ScratchMLPClassifier(), [[0, 2], [1, 1], [2, 0]], "several columns.*MultiOutputClass"),
    (ScratchMLPClassifier(**SOFTMAX), np.eye(3, dtype=int), "exclusive classes.*several lab"),
    (ScratchMLPClassifier(output_activation="identity"), [0, 1, 2], CANNOT_SUPPORT),
    (ScratchMLPRegressor("poisson"), [-1, 2, 3], "'exp' .* from 0 to inf.*from -1 to 3"),
    (ScratchMLPRegressor(output_activation="logistic"), [0, 1, 2], "0 to 1, but y .*0 to 2"),
    (ScratchMLPRegressor(**SOFTMAX), [0, 1, 1], "among two or more targets; got one"),
    (ScratchMLPRegressor(**SOFTMAX), PAIRS, r"not all sum to 1: .* from 0.3 to 1\."),
]


@pytest.mark.parametrize(("estimator", "y", "message"), NO_TARGETS)
def test_targets_that_a_network_cannot_learn_are_refused(estimator, y, message):
    with fails(estimator, ValueError, message):
        estimator.fit([[0.0], [1.0], [2.0]], y)


@pytest.mark.parametrize("dtype", ["M8[D]", "m8[s]"])
def test_dates_and_durations_are_no_targets(dtype):
    X, y = np.ones((4, 1)), np.arange(4)
    for arguments in ({"y": y.astype(dtype)}, {"y": y, "X_val": X, "y_val": y.astype(dtype)}):
        with pytest.raises(ValueError, match=r"Targets must be numbers; got .* Convert dates"):
            ScratchMLPRegressor(max_iter=1).fit(X, **arguments)


def test_sparse_targets_are_refused_unless_they_are_labels_in_several_columns(Estimator):
    y = scipy.sparse.coo_array(Y_IRIS)
    for arguments in ({"y": y}, {"y": Y_IRIS, "X_val": X_IRIS, "y_val": y}):
        with pytest.raises(TypeError, match="Sparse data was passed for y, but dense data"):
            Estimator(**SMALL).fit(X_IRIS, **arguments)
    with pytest.raises(TypeError, match="Sparse data was passed"):
        ScratchMLPRegressor().fit(X_IRIS, scipy.sparse.csr_array(Y_LABELS))
