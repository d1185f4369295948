"""Numbers near the limits of floating point: a good result or an error of ours, no warning."""

import itertools
import re

import hypothesis
import numpy as np
import pytest
from estimator_examples import SMALL, X_IRIS, Y_IRIS
from hypothesis import strategies as st
from sklearn.base import is_classifier
from sklearn.metrics import r2_score

from scratchmlp import ScratchMLPRegressor
from scratchmlp.estimators.scaling import exponents, scale_weights, scaled_r2, scaled_weights

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

TINY, LARGEST = np.finfo(float).smallest_subnormal, np.finfo(float).max


# Scaling.


@pytest.mark.parametrize("largest", [TINY, 1e-300, 1.0, 1.5, 3.0, LARGEST])
def test_the_largest_scaled_weight_is_in_1_to_2(largest):
    weight = np.array([largest, 0.0, largest / 2])
    scaled, exponent = scaled_weights(weight, np.ones((3, 1)), np.float64)
    assert 1 <= scaled[0] < 2
    np.testing.assert_array_equal(np.ldexp(scaled, exponent), weight)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_weights_too_small_for_quotients_are_zero(dtype):
    limit = np.finfo(dtype).tiny / np.finfo(dtype).eps
    scaled = scale_weights(np.array([1.0, limit, limit / 2]), 0, dtype)
    assert scaled.dtype == dtype
    np.testing.assert_array_equal(scaled, [1.0, limit, 0.0])


@hypothesis.settings(max_examples=50, deadline=None)
@hypothesis.given(
    power=st.integers(-960, 960),
    shape=st.sampled_from([(20,), (20, 2)]),
    weighted=st.booleans(),
)
def test_r2_does_not_depend_on_the_scale(power, shape, weighted):
    rng = np.random.default_rng(0)
    y, predictions = rng.normal(size=shape), rng.normal(size=shape)
    weight = rng.uniform(size=20) if weighted else None
    expected = r2_score(y, predictions, sample_weight=weight)
    scaled = np.ldexp(y, power), np.ldexp(predictions, power)
    assert scaled_r2(*scaled, weight) == expected


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_r2_of_predictions_that_are_far_too_large_is_very_negative(dtype):
    y = np.linspace(-1e-30, 1e-30, 9)
    for predictions in (np.full(9, 1e30, dtype), np.full(9, np.finfo(dtype).max)):
        assert scaled_r2(y.astype(dtype), predictions, None) < -1e20
    assert list(exponents(np.array([[4.0, 0.0], [-9.0, 0.0]]))) == [3, -1]


# Extreme data and parameters.


def extreme_inputs(kind, dtype):
    """Return Iris with extreme numbers: of one size, in one column, or in one row."""
    X, largest = X_IRIS[::3].copy(), float(np.finfo(dtype).max)
    if kind == "largest":
        X = np.sign(X) * largest
    elif kind == "constant":
        X[:] = largest
    elif kind == "column":
        X[:, 0] *= largest / 10
    elif kind == "row":
        X[0] = largest
    else:
        X *= largest ** float(kind)
    return X.astype(dtype), Y_IRIS[::3]


#: The beginnings of the messages that extreme numbers may cause.
EXPECTED = "The loss grew|Solver produced|Input [Xy] contains|The outputs of the network"
KINDS = ["largest", "constant", "column", "row", "0.97", "0.5", "-0.5", "-0.97"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("solver", ["sgd", "adam", "adagrad", "lbfgs"])
def test_extreme_inputs_give_finite_outputs_or_an_error(Estimator, solver, dtype, kind):
    X, y = extreme_inputs(kind, dtype)
    for early_stopping, alpha, rate in itertools.product((False, True), (0.0, 1e300), (0.1, 1e300)):
        estimator = Estimator(
            **SMALL, solver=solver, alpha=alpha, learning_rate_init=rate
        ).set_params(early_stopping=early_stopping, max_iter=2)
        message = ""
        try:
            estimator.fit(X, y)
            outputs = estimator.predict(X)
        except ValueError as error:  # DivergenceError is one
            message = str(error)
        if message:
            assert re.match(EXPECTED, message)
            assert alpha > 0 or rate > 1 or not kind.startswith("-")
            continue
        assert np.isfinite(outputs).all()
        if is_classifier(estimator):
            p = estimator.predict_proba(X)
            np.testing.assert_allclose(p.sum(axis=1), 1, rtol=1e-5)
            assert np.isfinite(estimator.predict_log_proba(X)).all()


@pytest.mark.parametrize(
    "loss", ["squared_error", "absolute_error", "huber", "quantile", "poisson"]
)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("size", [1e-300, 1e-30, 1e30, 1e150, 1e300, 1.7e308])
def test_extreme_targets_give_finite_predictions_or_an_error(size, dtype, loss):
    X, y = X_IRIS[::3].astype(dtype), np.abs(X_IRIS[::3, 0]) / 3 * size
    for solver, outlier in itertools.product(("adam", "lbfgs"), (False, True)):
        regressor = ScratchMLPRegressor(loss, **SMALL, solver=solver, early_stopping=True)
        message = ""
        try:
            regressor.fit(X, np.r_[y[:1], np.sign(y[1:])] if outlier else y)
        except ValueError as error:
            message = str(error)
        if message:
            assert re.match(EXPECTED, message)
            assert size > 1
            continue
        assert np.isfinite(regressor.predict(X)).all()


def test_targets_too_large_for_float32_are_named():
    with pytest.raises(ValueError, match=r"Input y contains .* too large for dtype\('float32'\)"):
        ScratchMLPRegressor().fit(np.float32(X_IRIS), 1e300 * Y_IRIS)


@pytest.mark.parametrize("method", ["predict", "hidden_activations"])
def test_outputs_that_overflow_are_an_error(Estimator, method):
    estimator = Estimator((5,), activation="identity", random_state=0, max_iter=2)
    if not is_classifier(estimator):
        estimator.set_params(loss="squared_error", hidden_layer_sizes=(5,))
    estimator.fit(X_IRIS, Y_IRIS)
    call = getattr(estimator, method)
    assert np.isfinite(call(1e306 * np.sign(X_IRIS)).astype(float)).all()
    with pytest.raises(ValueError, match=r"The outputs .* finite float64 .* Scale X as the data"):
        call(np.full((1, 4), 1.7e308) * np.sign(estimator.coefs_[0][:, 0]))
    with pytest.raises(ValueError, match=r"Input X contains .* too large for dtype\('float32'\)"):
        type(estimator)(**SMALL).fit(np.float32(X_IRIS), Y_IRIS).predict([[1e300] * 4])


def test_rates_that_overflow_are_an_error():
    """The predictions of Poisson regression are exponentials."""
    regressor = ScratchMLPRegressor("poisson", **SMALL).fit(X_IRIS, Y_IRIS)
    with pytest.raises(ValueError, match=r"one is inf\. Scale X"):
        regressor.predict(1e4 * X_IRIS)
