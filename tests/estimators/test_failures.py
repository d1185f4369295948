"""A call that fails changes nothing, an interrupt keeps the progress, and extremes are named."""

import functools
import itertools
import re
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import is_classifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import r2_score

from scratchmlp import DivergenceError, ScratchMLPClassifier, ScratchMLPRegressor
from scratchmlp.estimators.scaling import scaled_r2
from scratchmlp.monitor import Monitor
from tests.helpers.estimator_examples import SMALL, X_IRIS, Y_IRIS, Recorder, fails, partial_fit

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

DIVERGED = r"(The loss grew|Solver produced).*Scale X"
HUGE_STEPS = {"learning_rate_init": 1e9, "alpha": 1.0}


def fitted(Estimator, state):
    """Return an estimator, new or fitted, and what trains it next."""
    estimator = Estimator(**SMALL, solver="sgd", warm_start=state != "refit")
    if state == "partial_fit":
        return estimator, functools.partial(partial_fit, partial_fit(estimator, X_IRIS, Y_IRIS))
    if state != "new":
        estimator.fit(X_IRIS, Y_IRIS)
    return estimator, estimator.fit


def nan_later(progress):
    return np.nan if progress.epoch >= 1 else 1.0


FAILURES = [
    (np.where(X_IRIS[0, 0] == X_IRIS, np.nan, X_IRIS), Y_IRIS, {}, ValueError, "NaN"),
    (X_IRIS[:, :2], Y_IRIS[:-1], {}, ValueError, "inconsistent numbers of samples"),
    (X_IRIS, None, {}, ValueError, "(?i)requires y to be passed|y should be"),
    (X_IRIS, Y_IRIS, HUGE_STEPS, DivergenceError, "lower learning_rate_init"),
    (X_IRIS * 1e200, Y_IRIS, {"learning_rate_init": 1e9}, DivergenceError, DIVERGED),
    (X_IRIS, Y_IRIS, {"learning_rate": nan_later}, ValueError, "finite number >= 0.*returned nan"),
]


@pytest.mark.parametrize("state", ["new", "refit", "warm start", "partial_fit"])
@pytest.mark.parametrize(("X", "y", "change", "error", "message"), FAILURES)
def test_a_call_that_fails_changes_nothing(Estimator, state, X, y, change, error, message):
    estimator, train = fitted(Estimator, state)
    estimator.set_params(**change)
    with fails(estimator, error, message):
        train(X, y)


def test_a_warning_made_an_error_is_a_failed_fit(Estimator):
    estimator = Estimator(max_iter=2)
    with (
        warnings.catch_warnings(action="error"),
        fails(estimator, ConvergenceWarning, "Maximum iterations"),
    ):
        estimator.fit(X_IRIS, Y_IRIS)


def test_an_estimator_predicts_as_before_during_a_second_fit(Estimator):
    estimator, during_fit = Estimator(**SMALL).fit(X_IRIS, Y_IRIS), []
    before = estimator.predict(X_IRIS)

    def scorer(network, X, y):
        during_fit.append(estimator.predict(X_IRIS))
        return network.score(X, y)

    estimator.set_params(hidden_layer_sizes=(3, 2), early_stopping=True, scoring=scorer)
    estimator.fit(X_IRIS, Y_IRIS)
    np.testing.assert_array_equal(during_fit, [before] * len(during_fit))
    assert len(estimator.coefs_) == 3


INTERRUPTED = [("fit", "adam", 3), ("fit", "lbfgs", 3), ("partial_fit", "adam", 1)]


@pytest.mark.parametrize(("method", "solver", "last"), INTERRUPTED)
def test_ctrl_c_keeps_what_was_learnt_and_is_raised(Estimator, method, solver, last, monkeypatch):
    epoch_end = Monitor.epoch_end

    def interrupted_epoch_end(monitor, run, learning_rate):
        epoch_end(monitor, run, learning_rate)
        if monitor.n_iter == last:
            raise KeyboardInterrupt

    monkeypatch.setattr(Monitor, "epoch_end", interrupted_epoch_end)
    estimator = Estimator(solver=solver, random_state=0)
    train = estimator.fit if method == "fit" else functools.partial(partial_fit, estimator)
    with warnings.catch_warnings(action="error"), pytest.raises(KeyboardInterrupt):
        train(X_IRIS, Y_IRIS)
    assert estimator.n_iter_ == last
    assert estimator.stop_reason_ == f"interrupted by the user after {last} epochs"
    assert estimator.predict(X_IRIS).shape == (150,)


# Divergence.


WAYS = [*itertools.product(["fit", "validation", "partial_fit", "callback"], [1e10, 1e300])]
WAYS.append(("early_stopping", 1e300))  # with 1e10, a finite validation loss keeps the weights


@pytest.mark.parametrize(("how", "learning_rate"), WAYS)
def test_a_last_step_that_diverges_is_an_error(Estimator, how, learning_rate):
    """The loss of an epoch precedes its last step. Here this step is the only one."""
    estimator = Estimator(**SMALL, solver="sgd", learning_rate_init=learning_rate)
    estimator.set_params(max_iter=10 if how == "callback" else 1)
    estimator.set_params(early_stopping=how == "early_stopping")
    fit = functools.partial(partial_fit, estimator) if how == "partial_fit" else estimator.fit
    more = {"X_val": X_IRIS[::5], "y_val": Y_IRIS[::5]} if how == "validation" else {}
    if how == "callback":
        estimator.set_callbacks(Recorder(stop_at=0))
    with pytest.raises(DivergenceError, match=DIVERGED):
        fit(X_IRIS, Y_IRIS, **more)
    assert not hasattr(estimator, "theta_")


@pytest.mark.parametrize("method", ["fit", "partial_fit"])
def test_divergence_after_early_stopping_raises_where_nothing_is_measured(Estimator, method):
    settings = {**SMALL, "solver": "sgd", "early_stopping": True, "warm_start": True}
    estimator = Estimator(**settings).fit(X_IRIS, Y_IRIS)
    estimator.set_params(learning_rate_init=1e308, alpha=1.0, early_stopping=False)
    train = estimator.fit if method == "fit" else functools.partial(partial_fit, estimator)
    with fails(estimator, DivergenceError, DIVERGED):
        train(X_IRIS * 1e5, Y_IRIS)


def test_weights_of_users_that_are_too_large_to_validate_are_not_the_best(Estimator):
    validation = {"X_val": X_IRIS[::5], "y_val": Y_IRIS[::5]}
    estimator = Estimator(**SMALL, solver="sgd", early_stopping=True, warm_start=True)
    estimator.fit(X_IRIS, Y_IRIS, **validation).theta_[:] = 1e200
    with pytest.raises(DivergenceError):
        estimator.fit(X_IRIS, Y_IRIS, **validation)


def test_best_weights_that_overflow_on_training_rows_are_an_error():
    """Here the validation rows are zeros, so that their outputs are 0 whatever the weights are."""
    settings = {"activation": "identity", "solver": "sgd", "learning_rate_init": 1e104}
    settings |= {"hidden_layer_sizes": (3, 3), "early_stopping": True, "max_iter": 1}
    settings["fit_intercept"] = False
    regressor = ScratchMLPRegressor(random_state=0, **settings)
    with fails(regressor, DivergenceError, r"The loss grew from .* to nan"):
        regressor.fit(X_IRIS, Y_IRIS, X_val=np.zeros((9, 4)), y_val=np.zeros(9))


def test_an_epsilon_that_vanishes_in_float32_gives_no_numpy_warning(Estimator):
    """The gradient of units that are 0 is the tiny penalty, and its square vanishes as well."""
    X, y = np.ones((4, 1), np.float32), [0, 1, 1, 1]
    estimator = Estimator(hidden_layer_sizes=(9,), alpha=1e-30, epsilon=1e-300, random_state=0)
    with pytest.raises(DivergenceError):
        estimator.fit(X, y)


def test_a_loss_that_only_float32_cannot_hold_is_no_divergence():
    """L-BFGS computes in float64."""
    y = np.float32(1e25 * X_IRIS[:, 0])
    regressor = ScratchMLPRegressor(solver="lbfgs", **SMALL).fit(np.float32(X_IRIS), y)
    assert np.isfinite(regressor.predict(X_IRIS)).all()
    assert regressor.loss_ > 1e40


def test_the_loss_is_that_of_the_weights_that_lbfgs_goes_back_to():
    """The line search fails: the gradient is steep, but a step along it is too long."""
    X = np.full((2, 16), 1e30)
    X[1] *= -1

    def zeros(random_state, n_in, n_out, activation):
        return np.zeros((n_in, n_out)), np.zeros(n_out)

    classifier = ScratchMLPClassifier(hidden_layer_sizes=(), solver="lbfgs", weight_init=zeros)
    classifier.fit(X, [1, 0])
    assert "ABNORMAL" in classifier.stop_reason_
    np.testing.assert_array_equal(classifier.theta_, np.zeros(17))
    assert classifier.loss_ == pytest.approx(np.log(2))


# Numbers near the limits of floating point: a good result or an error of ours, no warning.


#: The beginnings of the messages that extreme numbers may cause.
EXPECTED = "The loss grew|Solver produced|Input [Xy] contains|The outputs of the network"
SOLVERS = ["sgd", "adam", "adagrad", "lbfgs"]


def extreme_inputs(kind, dtype):
    """Return Iris with extreme numbers: of one size, in one column, or in one row."""
    X, largest = X_IRIS[::3].copy(), float(np.finfo(dtype).max)
    if kind == "largest":
        X = np.sign(X) * largest
    elif kind == "column":
        X[:, 0] *= largest / 10
    elif kind == "row":
        X[0] = largest
    else:
        X *= largest ** float(kind)
    return X.astype(dtype)


def finite_predictions(estimator, X, y):
    """Return predictions and probabilities, or None after one of the expected errors."""
    try:
        estimator.fit(X, y)
        outputs = [estimator.predict(X)]
        if is_classifier(estimator):
            outputs += [estimator.predict_proba(X), estimator.predict_log_proba(X)]
    except ValueError as error:  # DivergenceError is one
        message = str(error)
    else:
        assert all(np.isfinite(each).all() for each in outputs)
        return outputs
    assert re.match(EXPECTED, message)
    return None


EXTREME = [
    # dtype, alpha, rate, early stopping, kinds of inputs that all solvers must be able to fit
    (np.float32, 0.0, 0.1, False, ["-0.5", "-0.97"]),
    (np.float32, 0.0, 1e300, True, []),
    (np.float64, 1e300, 0.1, True, []),
    (np.float64, 1e300, 1e300, False, []),
]


@pytest.mark.parametrize("kind", ["largest", "column", "row", "0.97", "0.5", "-0.5", "-0.97"])
@pytest.mark.parametrize(("dtype", "alpha", "rate", "stops", "must_succeed"), EXTREME)
def test_extreme_inputs_give_finite_outputs_or_an_error(
    Estimator, kind, dtype, alpha, rate, stops, must_succeed
):
    X = extreme_inputs(kind, dtype)
    for solver in SOLVERS:
        estimator = Estimator(**SMALL, solver=solver, alpha=alpha, learning_rate_init=rate)
        estimator.set_params(early_stopping=stops, max_iter=2)
        outputs = finite_predictions(estimator, X, Y_IRIS[::3])
        if kind in must_succeed:
            assert outputs, solver


TARGETS = [
    # size, dtype, loss, whether all solvers must be able to fit
    (1e-300, np.float64, "squared_error", True),
    (1e-30, np.float32, "poisson", True),
    (1e30, np.float32, "huber", False),
    (1e150, np.float64, "poisson", False),
    (1e300, np.float32, "quantile", False),
    (1.7e308, np.float64, "huber", False),
]


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
@pytest.mark.parametrize(("size", "dtype", "loss", "must_succeed"), TARGETS)
def test_extreme_targets_give_finite_predictions_or_an_error(
    size, dtype, loss, must_succeed, solver
):
    X, y = X_IRIS[::3].astype(dtype), np.abs(X_IRIS[::3, 0]) / 3 * size
    for targets in (y, np.r_[y[:1], np.sign(y[1:])]):
        regressor = ScratchMLPRegressor(loss, **SMALL, solver=solver, early_stopping=True)
        outputs = finite_predictions(regressor, X, targets)
        if must_succeed:
            assert outputs


def test_numbers_too_large_for_float32_are_named(Estimator):
    with pytest.raises(ValueError, match=r"Input y contains .* too large for dtype\('float32'\)"):
        ScratchMLPRegressor().fit(np.float32(X_IRIS), 1e300 * Y_IRIS)
    estimator = Estimator(**SMALL).fit(np.float32(X_IRIS), Y_IRIS)
    with pytest.raises(ValueError, match=r"Input X contains .* too large for dtype\('float32'\)"):
        estimator.predict([[1e300] * 4])


@pytest.mark.parametrize("method", ["predict", "hidden_activations"])
def test_outputs_that_overflow_are_an_error(Estimator, method):
    estimator = Estimator(**SMALL, activation="identity").fit(X_IRIS, Y_IRIS)
    call = getattr(estimator, method)
    assert np.isfinite(call(1e306 * np.sign(X_IRIS)).astype(float)).all()
    with pytest.raises(ValueError, match=r"The outputs .* finite float64 .* Scale X as the data"):
        call(np.full((1, 4), 1.7e308) * np.sign(estimator.coefs_[0][:, 0]))


def test_rates_that_overflow_are_an_error():
    """The predictions of Poisson regression are exponentials."""
    regressor = ScratchMLPRegressor("poisson", **SMALL).fit(X_IRIS, Y_IRIS)
    with pytest.raises(ValueError, match=r"one is inf\. Scale X"):
        regressor.predict(1e4 * X_IRIS)


@settings(max_examples=20)
@given(power=st.integers(-960, 960), shape=st.sampled_from([(20,), (20, 2)]))
def test_r2_does_not_depend_on_the_scale(power, shape):
    rng = np.random.default_rng(0)
    y, predictions, weight = rng.normal(size=shape), rng.normal(size=shape), rng.uniform(size=20)
    scaled = np.ldexp(y, power), np.ldexp(predictions, power)
    assert scaled_r2(*scaled, None) == r2_score(y, predictions)
    assert scaled_r2(*scaled, weight) == r2_score(y, predictions, sample_weight=weight)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_r2_of_predictions_that_are_far_too_large_is_very_negative(dtype):
    y = np.linspace(-1e-30, 1e-30, 9)
    for predictions in (np.full(9, 1e30, dtype), np.full(9, np.finfo(dtype).max)):
        assert scaled_r2(y.astype(dtype), predictions, None) < -1e20
