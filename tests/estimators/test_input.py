"""Input of training and prediction: types, layouts, memory, weights of zero."""

import tracemalloc
from unittest import mock

import numpy as np
import pandas as pd
import pytest
import scipy.sparse
from estimator_examples import SMALL, X_IRIS, Y_IRIS
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils.validation import validate_data

from scratchmlp import ScratchMLPClassifier, ScratchMLPRegressor
from scratchmlp.activations import ACTIVATIONS

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def test_sparse_labels_of_one_dimension_are_refused(Estimator):
    y = scipy.sparse.coo_array(Y_IRIS)
    for arguments in ({"y": y}, {"y": Y_IRIS, "X_val": X_IRIS, "y_val": y}):
        with pytest.raises(TypeError, match="Sparse data was passed for y, but dense data"):
            Estimator(**SMALL).fit(X_IRIS, **arguments)


@pytest.mark.parametrize("Matrix", [scipy.sparse.csr_array, scipy.sparse.coo_matrix])
def test_sparse_input_gives_the_dense_result(Estimator, Matrix):
    X = np.where(np.abs(X_IRIS) > 0.7, X_IRIS, 0)
    dense = Estimator(batch_size=40, **SMALL).fit(X, Y_IRIS)
    sparse = Estimator(batch_size=40, **SMALL).fit(Matrix(X), Y_IRIS)
    np.testing.assert_allclose(sparse.theta_, dense.theta_, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(sparse.predict(Matrix(X)), dense.predict(X), rtol=1e-9)


@pytest.mark.parametrize("solver", ["sgd", "adam", "lbfgs"])
@pytest.mark.parametrize("early_stopping", [False, True])
def test_float32_stays_float32(Estimator, solver, early_stopping):
    X = X_IRIS.astype(np.float32)
    weight = np.linspace(0.5, 2, len(X))
    estimator = Estimator(solver=solver, early_stopping=early_stopping, **SMALL)
    estimator.fit(X, Y_IRIS, weight)
    assert estimator.theta_.dtype == np.float32
    assert all(a.dtype == np.float32 for a in estimator.coefs_ + estimator.intercepts_)
    reference = Estimator(solver=solver, early_stopping=early_stopping, **SMALL)
    reference.fit(X_IRIS, Y_IRIS, weight)
    np.testing.assert_allclose(estimator.theta_, reference.theta_, rtol=1e-3, atol=1e-4)
    if Estimator is ScratchMLPRegressor:
        assert estimator.predict(X).dtype == np.float32


def test_the_layout_of_X_does_not_matter(Estimator):
    """A DataFrame becomes an array in column order."""
    settings = {**SMALL, "batch_size": 40}
    fitted = [Estimator(**settings).fit(X, Y_IRIS) for X in (X_IRIS, np.asfortranarray(X_IRIS))]
    np.testing.assert_allclose(fitted[0].theta_, fitted[1].theta_, rtol=1e-9, atol=1e-12)


def test_a_row_of_weight_zero_may_hold_anything_finite(Estimator):
    X, weight = X_IRIS.copy(), np.ones(150)
    X[0], weight[0] = 1e300, 0
    without = Estimator(**SMALL).fit(X_IRIS[1:], Y_IRIS[1:])
    np.testing.assert_array_equal(Estimator(**SMALL).fit(X, Y_IRIS, weight).theta_, without.theta_)


def test_negative_weights_are_refused(Estimator):
    with pytest.raises(ValueError, match="Negative values"):
        Estimator().fit(X_IRIS, Y_IRIS, -np.ones(150))


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


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda X: np.where(X > 1, np.nan, X), "contains NaN"),
        (lambda X: np.where(X > 1, -np.inf, X), "contains infinity"),
        (lambda X: X[:, :3], "X has 3 features, but"),
        (lambda X: X[0], "Expected 2D array, got 1D array"),
        (lambda X: X[:0], "Found array with 0 sample"),
        (lambda X: X.astype(complex), "Complex data not supported"),
    ],
)
def test_what_is_predicted_on_is_validated(Estimator, change, message):
    estimator = Estimator(**SMALL).fit(X_IRIS, Y_IRIS)
    with pytest.raises(ValueError, match=message):
        estimator.predict(change(X_IRIS))


@pytest.mark.filterwarnings("ignore:the matrix subclass")
def test_validation_is_skipped_only_where_it_would_change_nothing(Estimator, monkeypatch):
    estimator = Estimator(**SMALL).fit(X_IRIS, Y_IRIS)
    spy = mock.Mock(wraps=validate_data)
    monkeypatch.setattr("scratchmlp.estimators.base.validate_data", spy)
    estimator.predict(X_IRIS)
    spy.assert_not_called()
    estimator.predict(X_IRIS.astype(np.float32))
    spy.assert_called_once()
    with pytest.raises(TypeError, match=r"np.matrix is not supported"):
        estimator.predict(np.asmatrix(X_IRIS))


def test_what_needs_converting_is_predicted_on_alike(Estimator):
    estimator = Estimator(**SMALL).fit(X_IRIS, Y_IRIS)
    expected = estimator.predict(X_IRIS)
    for X in (X_IRIS.tolist(), X_IRIS.astype(object), np.asfortranarray(X_IRIS), X_IRIS.copy()):
        np.testing.assert_allclose(estimator.predict(X), expected, rtol=1e-12)
    huge = 1e306 * np.sign(X_IRIS)  # their sum is not finite
    with np.errstate(over="ignore", invalid="ignore"):
        assert estimator.predict(huge).shape == expected.shape
    named = Estimator(**SMALL).fit(pd.DataFrame(X_IRIS, columns=list("abcd")), Y_IRIS)
    with pytest.warns(UserWarning, match="X does not have valid feature names"):
        named.predict(X_IRIS)


@pytest.mark.parametrize("dtype", [">f8", np.float16])
def test_parameters_of_another_type_are_predicted_with(Estimator, dtype):
    """Pickles from another machine may have another byte order."""
    estimator = Estimator(**SMALL).fit(X_IRIS, Y_IRIS)
    expected = estimator.predict(X_IRIS)
    estimator.theta_ = estimator.theta_.astype(dtype)
    np.testing.assert_allclose(estimator.predict(X_IRIS), expected, rtol=0.02)


@pytest.mark.parametrize("activation", sorted(ACTIVATIONS))
def test_numbers_in_another_byte_order(activation):
    X = X_IRIS.astype(">f4")
    settings = {"hidden_layer_sizes": (3,), "activation": activation, "max_iter": 2}
    with pytest.warns(ConvergenceWarning):
        net = ScratchMLPClassifier(**settings, random_state=0).fit(X, Y_IRIS)
    assert np.isfinite(net.predict_proba(X)).all()
