"""A failed fit changes nothing; a fit that the user interrupts keeps its progress."""

import functools
import itertools
import pickle
import warnings

import numpy as np
import pytest
from estimator_examples import SMALL, X_IRIS, Y_IRIS, partial_fit, snapshot, state
from sklearn.exceptions import ConvergenceWarning

from scratchmlp import DivergenceError, ScratchMLPClassifier, ScratchMLPRegressor
from scratchmlp.monitor import Monitor

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


@pytest.mark.parametrize(
    "change",
    [
        lambda X, y: (np.where(X[0, 0] == X, np.nan, X), y),
        lambda X, y: (X[:, :2], y),
        lambda X, y: (X[:10], y),
        lambda X, y: (X, None),
    ],
    ids=["nan", "fewer features", "lengths differ", "no y"],
)
@pytest.mark.parametrize("warm_start", [False, True])
def test_a_failed_fit_changes_nothing(Estimator, change, warm_start):
    estimator = Estimator(warm_start=warm_start, **SMALL).fit(X_IRIS, Y_IRIS)
    before = snapshot(estimator)
    X, y = change(X_IRIS, Y_IRIS)
    if X.shape[1] == 2:  # valid for a new network, if the other arguments are valid
        y = y[:-1]
    with pytest.raises(ValueError):  # noqa: PT011 - which one is not the point here
        estimator.fit(X, y)
    assert snapshot(estimator) == before


def test_wrong_arguments_of_fit_are_named_with_the_class_of_the_user(Estimator):
    with pytest.raises(TypeError, match=rf"^{Estimator.__name__}\.fit\(\) got .* 'eval_set'"):
        Estimator().fit(X_IRIS, Y_IRIS, eval_set=[])


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


@pytest.mark.parametrize("warm_start", [False, True])
def test_a_fit_that_diverges_changes_nothing(Estimator, warm_start):
    estimator = Estimator(solver="sgd", warm_start=warm_start, **SMALL).fit(X_IRIS, Y_IRIS)
    estimator.set_params(learning_rate_init=1e9, alpha=1.0)
    before = snapshot(estimator)
    with pytest.raises(DivergenceError, match="lower learning_rate_init"):
        estimator.fit(X_IRIS, Y_IRIS)
    assert snapshot(estimator) == before


@pytest.mark.parametrize("warm_start", [False, True])
def test_a_schedule_that_fails_in_a_later_epoch_changes_nothing(Estimator, warm_start):
    estimator = Estimator(
        learning_rate=lambda progress: np.nan if progress.epoch >= 7 else 1.0,
        warm_start=True,
        **SMALL,
    ).fit(X_IRIS, Y_IRIS)
    estimator.set_params(warm_start=warm_start, max_iter=10)
    fitted = ("theta_", "_run")
    before = {name: pickle.dumps(vars(estimator)[name]) for name in fitted}
    with pytest.raises(ValueError, match=r"must return a finite number >= 0.*returned nan"):
        estimator.fit(X_IRIS, Y_IRIS)
    assert {name: pickle.dumps(vars(estimator)[name]) for name in fitted} == before


def test_an_epsilon_that_vanishes_in_float32_gives_no_numpy_warning(Estimator):
    """The gradient of units that are 0 is the tiny penalty, and its square vanishes as well."""
    X, y = np.ones((4, 1), np.float32), [0, 1, 1, 1]
    estimator = Estimator(hidden_layer_sizes=(9,), alpha=1e-30, epsilon=1e-300, random_state=0)
    with pytest.raises(DivergenceError):
        estimator.fit(X, y)


def test_an_unfitted_estimator_stays_unfitted_when_fit_fails(Estimator):
    estimator = Estimator(solver="sgd", learning_rate_init=1e6, random_state=0)
    before = state(estimator)
    with pytest.raises(DivergenceError):
        estimator.fit(X_IRIS * 1e4, Y_IRIS)
    assert state(estimator) == before


def test_a_warning_made_an_error_is_a_failed_fit(Estimator):
    estimator = Estimator(max_iter=2)
    with warnings.catch_warnings(action="error"), pytest.raises(ConvergenceWarning):
        estimator.fit(X_IRIS, Y_IRIS)
    assert not hasattr(estimator, "theta_")


@pytest.mark.parametrize("method", ["fit", "partial_fit"])
def test_ctrl_c_keeps_what_was_learnt_and_is_raised_again(Estimator, method, monkeypatch):
    epoch_end = Monitor.epoch_end
    last = 3 if method == "fit" else 1

    def interrupted_epoch_end(monitor, run, learning_rate):
        epoch_end(monitor, run, learning_rate)
        if monitor.n_iter == last:
            raise KeyboardInterrupt

    monkeypatch.setattr(Monitor, "epoch_end", interrupted_epoch_end)
    estimator = Estimator(random_state=0)
    train = estimator.fit if method == "fit" else functools.partial(partial_fit, estimator)
    with pytest.raises(KeyboardInterrupt):
        train(X_IRIS, Y_IRIS)
    assert estimator.n_iter_ == last
    assert estimator.stop_reason_ == f"interrupted by the user after {last} epochs"
    assert estimator.predict(X_IRIS).shape == (150,)


class Stop:
    """A callback that stops training after the first epoch."""

    def setup(self, estimator, context):
        pass

    teardown = on_fit_task_begin = setup

    def on_fit_task_end(self, estimator, context):
        return not context.max_subtasks


@pytest.mark.parametrize(
    ("how", "learning_rate"),
    [
        *itertools.product(["fit", "validation", "partial_fit", "callback"], [1e10, 1e300]),
        ("early_stopping", 1e300),  # with 1e10 the validation loss is finite: the weights are kept
    ],
)
def test_a_last_step_that_diverges_is_an_error(Estimator, how, learning_rate):
    """The loss of an epoch precedes its last step. Here this step is the only one."""
    estimator = Estimator(
        solver="sgd",
        learning_rate_init=learning_rate,
        hidden_layer_sizes=(5,),
        max_iter=10 if how == "callback" else 1,
        early_stopping=how == "early_stopping",
        random_state=0,
    )
    fit = functools.partial(partial_fit, estimator) if how == "partial_fit" else estimator.fit
    more = {"X_val": X_IRIS[::5], "y_val": Y_IRIS[::5]} if how == "validation" else {}
    if how == "callback":
        estimator.set_callbacks(Stop())
    with pytest.raises(DivergenceError, match=r"(The loss grew|Solver produced).*Scale X"):
        fit(X_IRIS, Y_IRIS, **more)
    assert not hasattr(estimator, "theta_")


@pytest.mark.parametrize("solver", ["sgd", "adam", "lbfgs"])
def test_an_outlier_with_almost_no_weight_is_no_divergence(solver):
    rng = np.random.default_rng(0)
    X, y, weight = rng.normal(size=(400, 3)), rng.normal(size=400), np.ones(400)
    y[0], weight[0] = 1e7, 1e-16
    regressor = ScratchMLPRegressor(hidden_layer_sizes=(5,), solver=solver, random_state=0)
    regressor.fit(X, y, weight)
    np.testing.assert_allclose(regressor.loss_, 0.5, atol=0.1)


def test_best_weights_that_overflow_on_training_rows_are_an_error():
    """Here the validation rows are far smaller than those that training has learned from."""
    regressor = ScratchMLPRegressor(
        hidden_layer_sizes=(3, 3),
        activation="identity",
        solver="sgd",
        learning_rate_init=1e104,
        early_stopping=True,
        max_iter=1,
        random_state=0,
    )
    with pytest.raises(DivergenceError, match=r"The loss grew from .* to nan"):
        regressor.fit(X_IRIS, Y_IRIS, X_val=np.zeros((9, 4)), y_val=np.zeros(9))
    assert not hasattr(regressor, "theta_")


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
