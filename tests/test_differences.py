"""Behavior in which scikit-learn is wrong, compared with ours.

Each test shows both, so that it fails as soon as scikit-learn fixes its behavior. The same
rows, with their reasons, are in docs/comparison.md.
"""

import pickle

import numpy as np
import pytest
from sklearn.datasets import load_iris, make_regression
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.preprocessing import scale

from scratchmlp import DivergenceError, ScratchMLPClassifier, ScratchMLPRegressor
from scratchmlp.monitor import Monitor

pytestmark = [
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
    pytest.mark.filterwarnings("ignore:overflow encountered:RuntimeWarning"),
    pytest.mark.filterwarnings("ignore:invalid value encountered:RuntimeWarning"),
]

X, Y = load_iris(return_X_y=True)
X = scale(X)
NUMBERS = X[:, 0] * X[:, 1]
SMALL = {"hidden_layer_sizes": (5,), "max_iter": 5, "random_state": 0}
PLAIN = {**SMALL, "solver": "sgd", "momentum": 0.0, "learning_rate_init": 0.01}
PAIRS = pytest.mark.parametrize(
    ("Theirs", "Ours"),
    [(MLPClassifier, ScratchMLPClassifier), (MLPRegressor, ScratchMLPRegressor)],
    ids=["classifier", "regressor"],
)


def same(one, other):
    return all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


def copies(arrays):
    return [array.copy() for array in arrays]


def write(estimator, weight, bias):
    """Make a network with a single weight in each of its layers."""
    for array in estimator.coefs_:
        array[:] = weight
    for array in estimator.intercepts_:
        array[:] = bias


# Weights.


@PAIRS
def test_weights_cancel_in_scikit_learn_s_mini_batches(Theirs, Ours):
    """scikit-learn's weights have no effect if all rows of a batch have the same weight."""
    rows, weight = np.arange(100), np.repeat([1.0, 50.0], 50)
    settings = {**PLAIN, "batch_size": 50, "shuffle": False, "alpha": 0.0}
    y = (Y > 0).astype(float)
    theirs = [Theirs(**settings).fit(X[rows], y[rows], w).coefs_ for w in (weight, None)]
    assert all(np.allclose(a, b, rtol=1e-12) for a, b in zip(*theirs, strict=True))
    ours = [Ours(**settings).fit(X[rows], y[rows], w).coefs_ for w in (weight, None)]
    assert not np.allclose(ours[0][0], ours[1][0], rtol=1e-2)


@PAIRS
def test_a_batch_of_zero_weights_stops_scikit_learn(Theirs, Ours):
    settings = {**PLAIN, "batch_size": 50, "shuffle": False}
    weight, y = np.repeat([0.0, 1.0], [50, 100]), Y % 2
    with pytest.raises(ZeroDivisionError), np.errstate(all="ignore"):
        Theirs(**settings).fit(X, y, weight)
    weighted = Ours(**settings).fit(X, y, weight)
    absent = Ours(**settings).fit(X[50:], y[50:])
    assert same(weighted.coefs_, absent.coefs_)


# Losses and probabilities.


def test_squared_error_of_several_outputs_is_averaged_but_its_gradient_summed():
    """scikit-learn's loss_ of two outputs is half of what its gradient descends."""
    targets = np.column_stack([NUMBERS, X[:, 2]])
    settings = {**PLAIN, "alpha": 0.0, "max_iter": 1, "batch_size": 150}
    theirs = MLPRegressor(**settings).fit(X, targets)
    ours = ScratchMLPRegressor(**settings).fit(X, targets)
    assert ours.loss_ == pytest.approx(2 * theirs.loss_, rel=1e-12)
    for mine, reference in zip(ours.coefs_, theirs.coefs_, strict=True):
        np.testing.assert_allclose(mine, reference, rtol=1e-9)
    untouched = ScratchMLPRegressor(**{**settings, "learning_rate_init": 1e-300}).fit(X, targets)
    error = untouched.predict(X) - targets
    assert ours.loss_ == pytest.approx(0.5 * (error**2).sum(axis=1).mean(), rel=1e-12)


def test_log_loss_is_clipped():
    """A row that is wrong by 500 costs 500 nats; scikit-learn says 36.04."""
    settings = {**SMALL, "activation": "identity", "hidden_layer_sizes": (1,)}
    settings |= {"warm_start": True, "max_iter": 1, "alpha": 0.0}
    losses = []
    for Estimator in (MLPClassifier, ScratchMLPClassifier):
        estimator = Estimator(**settings).fit([[0.0], [1.0]], [0, 1])
        write(estimator, 0.0, 500.0)
        losses.append(estimator.fit([[0.0], [1.0]], [0, 1]).loss_)
    assert losses[0] == pytest.approx(-np.log(np.finfo(float).eps) / 2, rel=1e-3)
    assert losses[1] == pytest.approx(500 / 2, rel=1e-12)


@pytest.mark.parametrize("labels", [Y > 0, Y, np.column_stack([Y > 0, Y > 1])], ids=[2, 3, "multi"])
def test_log_probabilities_of_minus_infinity(labels):
    y = np.asarray(labels).astype(int)
    theirs, ours = (E(**SMALL).fit(X, y) for E in (MLPClassifier, ScratchMLPClassifier))
    with np.errstate(divide="ignore"):
        assert np.isneginf(theirs.predict_log_proba(1e6 * X)).any()
    assert np.isfinite(ours.predict_log_proba(1e6 * X)).all()
    assert (theirs.predict_proba(1e6 * X) == 0).any()
    assert (ours.predict_proba(1e6 * X) > 0).all()
    if y.ndim == 2:
        assert theirs.predict_proba(1e6 * X).max() == 1
        assert ours.predict_proba(1e6 * X).max() < 1


def test_a_rare_event_loses_its_digits():
    """The first column of two is 1 - p there, which rounds to 0 or to 1.1e-16."""
    probabilities = []
    for Estimator in (MLPClassifier, ScratchMLPClassifier):
        estimator = Estimator(**SMALL).fit(X, Y > 0)
        write(estimator, 0.0, 50.0)
        probabilities.append(estimator.predict_proba(X[:1])[0, 0])
    assert probabilities[0] == 0
    assert probabilities[1] == pytest.approx(np.exp(-50), rel=1e-12)


def test_one_class_alone_has_two_columns():
    only = np.zeros(150)
    assert MLPClassifier(**SMALL).fit(X, only).predict_proba(X).shape == (150, 2)
    assert ScratchMLPClassifier(**SMALL).fit(X, only).predict_proba(X).shape == (150, 1)


# Continued training.


def partial_fit(estimator, X, y):
    classes = {"classes": [0, 1, 2]} if hasattr(estimator, "predict_proba") else {}
    return estimator.partial_fit(X, y, **classes)


@PAIRS
def test_partial_fit_repeats_one_shuffle(Theirs, Ours):
    """From the second call on, an int as random_state gives every call the same order of rows.

    Plain descent from the same weights with batches of one ends elsewhere for each order.
    """
    outcomes = []
    for Estimator in (Theirs, Ours):
        estimator = partial_fit(Estimator(**PLAIN, batch_size=1), X, Y)
        outcomes.append([])
        for _ in range(3):
            write(estimator, 0.1, 0.0)
            outcomes[-1].append(partial_fit(estimator, X, Y).coefs_[0].copy())
    theirs, ours = outcomes
    assert same(theirs[1:], theirs[:-1])
    assert not any(np.array_equal(ours[i], ours[j]) for i, j in [(0, 1), (0, 2), (1, 2)])


@PAIRS
@pytest.mark.parametrize("solver", ["sgd", "adam"])
def test_warm_start_forgets_the_optimizer_and_the_order(Theirs, Ours, solver):
    """Three epochs and three more equal six epochs only here."""
    settings = {"hidden_layer_sizes": (5,), "random_state": 0, "solver": solver, "batch_size": 40}
    for Estimator, goes_on in ((Theirs, False), (Ours, True)):
        straight = Estimator(max_iter=6, **settings).fit(X, Y)
        halves = Estimator(max_iter=3, warm_start=True, **settings).fit(X, Y).fit(X, Y)
        assert same(halves.coefs_, straight.coefs_) == goes_on
        assert (halves.loss_curve_ == straight.loss_curve_) == goes_on


@PAIRS
def test_warm_start_forgets_that_adaptive_has_lowered_the_rate(Theirs, Ours):
    settings = {**SMALL, "solver": "sgd", "learning_rate": "adaptive", "warm_start": True}
    theirs, ours = (
        Estimator(tol=1e3, n_iter_no_change=1, **settings).fit(X, Y) for Estimator in (Theirs, Ours)
    )
    assert theirs._optimizer.learning_rate == pytest.approx(0.001 / 5**2)
    assert ours.history_["learning_rate"][-1] == pytest.approx(0.001 / 5)
    settings = {"tol": 0.0, "max_iter": 1}
    theirs.set_params(**settings).fit(X, Y)
    ours.set_params(**settings).fit(X, Y)
    assert theirs._optimizer.learning_rate == 0.001
    assert ours.history_["learning_rate"][-1] == pytest.approx(0.001 / 5**2)


@PAIRS
def test_warm_start_draws_another_validation_split(Theirs, Ours, monkeypatch):
    """scikit-learn then validates on rows that it was trained on."""
    settings = {**SMALL, "early_stopping": True, "warm_start": True}
    for Estimator, leaks in ((Theirs, True), (Ours, False)):
        estimator = Estimator(**{**settings, "random_state": np.random.RandomState(0)})
        held_out = []
        for module in (
            "sklearn.neural_network._multilayer_perceptron",
            "scratchmlp.estimators.validation",
        ):
            monkeypatch.setattr(f"{module}.train_test_split", recording_split(held_out))
        estimator.fit(X, Y).fit(X, Y)
        assert (len(held_out) == 2 and not np.array_equal(*held_out)) == leaks
        assert len(estimator.validation_scores_) == 10


def recording_split(held_out):
    """Split as scikit-learn does, and keep the first array's validation part."""

    def split(*arrays, **kwargs):
        parts = train_test_split(*arrays, **kwargs)
        held_out.append(parts[1])
        return parts

    return split


@PAIRS
def test_warm_start_has_no_patience_left(Theirs, Ours):
    """If the first fit has stopped, scikit-learn's second fit stops after one epoch."""
    settings = {"hidden_layer_sizes": (5,), "random_state": 0, "warm_start": True, "tol": 0.1}
    for Estimator, epochs in ((Theirs, 1), (Ours, 12)):
        estimator = Estimator(max_iter=500, **settings).fit(X, Y)
        assert estimator.n_iter_ < 500
        assert estimator.fit(X, Y).n_iter_ == epochs


@PAIRS
def test_warm_start_ignores_other_hidden_sizes(Theirs, Ours):
    for Estimator in (Theirs, Ours):
        estimator = Estimator(warm_start=True, **SMALL).fit(X, Y)
        estimator.set_params(hidden_layer_sizes=(7,))
        if Estimator is Theirs:
            assert estimator.fit(X, Y).coefs_[0].shape == (4, 5)
        else:
            with pytest.raises(ValueError, match=r"layer sizes \(4, 5, .*require \(4, 7, "):
                estimator.fit(X, Y)


@PAIRS
def test_partial_fit_does_not_see_a_change_of_learning_rate(Theirs, Ours):
    for Estimator, follows in ((Theirs, False), (Ours, True)):
        estimator = partial_fit(Estimator(**SMALL), X, Y)
        before = copies(estimator.coefs_)
        partial_fit(estimator.set_params(learning_rate_init=1e-300), X, Y)
        assert same(estimator.coefs_, before) == follows


# Solvers.


@PAIRS
def test_early_stopping_is_ignored_with_lbfgs(Theirs, Ours):
    for Estimator, acts in ((Theirs, False), (Ours, True)):
        stopped, plain = (
            Estimator(solver="lbfgs", early_stopping=early_stopping, **SMALL).fit(X, Y)
            for early_stopping in (True, False)
        )
        assert same(stopped.coefs_, plain.coefs_) != acts
        assert hasattr(stopped, "validation_scores_") == acts
    assert len(stopped.validation_scores_) == stopped.n_iter_ == 5


@PAIRS
def test_early_stopping_makes_partial_fit_fail(Theirs, Ours):
    with pytest.raises(ValueError, match="partial_fit does not support early_stopping=True"):
        partial_fit(Theirs(early_stopping=True, **SMALL), X, Y)
    ignored = partial_fit(Ours(early_stopping=True, **SMALL), X, Y)
    assert same(ignored.coefs_, partial_fit(Ours(**SMALL), X, Y).coefs_)


@PAIRS
def test_lbfgs_stops_before_tol_is_reached(Theirs, Ours):
    """With a small tol, L-BFGS stops by the relative decrease of the objective in an iteration."""
    settings = {"hidden_layer_sizes": (5,), "solver": "lbfgs", "activation": "tanh", "alpha": 0.1}
    settings |= {"max_iter": 5000, "max_fun": 50_000, "random_state": 0}
    for Estimator, acts in ((Theirs, False), (Ours, True)):
        coarse, fine = (Estimator(tol=tol, **settings).fit(X, Y) for tol in (1e-6, 1e-9))
        assert (fine.n_iter_ > coarse.n_iter_) == acts


@PAIRS
def test_float32_becomes_float64_with_lbfgs(Theirs, Ours):
    for Estimator, dtype in ((Theirs, np.float64), (Ours, np.float32)):
        estimator = Estimator(solver="lbfgs", **SMALL).fit(X.astype(np.float32), Y)
        assert {array.dtype for array in estimator.coefs_} == {np.dtype(dtype)}


def test_a_regressor_with_lbfgs_has_a_partial_fit():
    assert hasattr(MLPRegressor(solver="lbfgs"), "partial_fit")
    assert not hasattr(ScratchMLPRegressor(solver="lbfgs"), "partial_fit")
    assert not hasattr(MLPClassifier(solver="lbfgs"), "partial_fit")
    assert not hasattr(ScratchMLPClassifier(solver="lbfgs"), "partial_fit")


# Failures.


@PAIRS
def test_negative_weights_are_accepted(Theirs, Ours):
    weight = np.where(Y == 0, -1.0, 1.0)
    Theirs(**SMALL).fit(X, Y, weight)
    with pytest.raises(ValueError, match="Negative values in data passed to `sample_weight`"):
        Ours(**SMALL).fit(X, Y, weight)


def test_negative_counts_are_accepted():
    MLPRegressor(loss="poisson", **SMALL).fit(X, Y - 1)
    with pytest.raises(ValueError, match="predicts numbers from 0 to inf, but y goes from -1"):
        ScratchMLPRegressor(loss="poisson", **SMALL).fit(X, Y - 1)


@PAIRS
def test_ctrl_c_is_swallowed(Theirs, Ours, monkeypatch):
    """A search around the estimator would continue with its next candidate."""
    for update in (
        (Theirs, "_update_no_improvement_count"),
        (Monitor, "_update_best"),
    ):
        monkeypatch.setattr(*update, interrupting(getattr(*update), call=3))
    with pytest.warns(UserWarning, match="Training interrupted by user"):
        theirs = Theirs(**SMALL).fit(X, Y)
    ours = Ours(**SMALL)
    with pytest.raises(KeyboardInterrupt):
        ours.fit(X, Y)
    assert theirs.loss_curve_ == pytest.approx(ours.loss_curve_)
    assert len(ours.loss_curve_) == 3
    np.testing.assert_allclose(ours.predict(X), theirs.predict(X))


def interrupting(function, call):
    """Wrap a function so that it raises KeyboardInterrupt in the given call."""
    calls = []

    def interrupted(*args, **kwargs):
        calls.append(args)
        result = function(*args, **kwargs)
        if len(calls) == call:
            raise KeyboardInterrupt
        return result

    return interrupted


def test_ctrl_c_after_early_stopping_has_found_good_weights_keeps_these(monkeypatch):
    settings = {**SMALL, "early_stopping": True, "learning_rate_init": 0.05, "max_iter": 20}
    whole = ScratchMLPClassifier(**settings).fit(X, Y)
    monkeypatch.setattr(Monitor, "_update_best", interrupting(Monitor._update_best, call=20))
    cut = ScratchMLPClassifier(**settings)
    with pytest.raises(KeyboardInterrupt):
        cut.fit(X, Y)
    assert whole.best_epoch_ < 20
    assert same(cut.coefs_, whole.coefs_)


def test_a_loss_of_1e59_passes_silently():
    data, y = make_regression(n_samples=100, n_features=5, random_state=0)
    settings = {"hidden_layer_sizes": (5,), "activation": "identity", "solver": "sgd"}
    settings |= {"learning_rate_init": 0.1, "max_iter": 5, "random_state": 0}
    assert 1e59 < MLPRegressor(**settings).fit(data, y).loss_ < np.inf
    with pytest.raises(DivergenceError, match=r"The loss grew from .* lower learning_rate_init"):
        ScratchMLPRegressor(**settings).fit(data, y)


@PAIRS
def test_nan_is_noticed_after_the_last_epoch(Theirs, Ours, capsys):
    settings = {**SMALL, "solver": "sgd", "learning_rate_init": 1e200, "max_iter": 30}
    for Estimator, epochs in ((Theirs, 30), (Ours, 1)):
        with pytest.raises(ValueError, match="Solver produced non-finite parameter weights"):
            Estimator(verbose=True, n_iter_no_change=30, **settings).fit(X, Y)
        assert len(capsys.readouterr().out.splitlines()) == epochs


@PAIRS
def test_lbfgs_returns_nan_with_a_warning(Theirs, Ours):
    settings = {**SMALL, "solver": "lbfgs"}
    with pytest.warns(ConvergenceWarning, match="lbfgs failed to converge after 0 iteration"):
        theirs = Theirs(**settings).fit(1e200 * X, Y)
    assert np.isnan(theirs.loss_)
    with pytest.raises(DivergenceError, match=r"The loss grew to nan.*Scale X"):
        Ours(**settings).fit(1e200 * X, Y)


def test_divergence_after_early_stopping_has_found_good_weights_is_a_warning():
    """scikit-learn trains for all epochs, and only warns that they were too few."""
    settings = {**SMALL, "solver": "sgd", "momentum": 0.0, "learning_rate_init": 1.0}
    settings |= {"activation": "identity", "max_iter": 20, "early_stopping": True}
    data, y = load_iris(return_X_y=True)
    with pytest.warns(ConvergenceWarning, match="Maximum iterations"):
        theirs = MLPRegressor(**settings).fit(data, y)
    assert np.isnan(theirs.loss_)
    assert theirs.n_iter_ == 20
    with pytest.warns(ConvergenceWarning, match="the weights of epoch 1 are kept"):
        ours = ScratchMLPRegressor(**settings).fit(data, y)
    assert ours.n_iter_ < 5
    assert np.isfinite(ours.theta_).all()


@PAIRS
@pytest.mark.parametrize("warm_start", [False, True])
def test_a_failed_fit_changes_a_fitted_estimator(Theirs, Ours, warm_start):
    settings = {**SMALL, "solver": "sgd", "warm_start": warm_start}
    for Estimator, changes in ((Theirs, True), (Ours, False)):
        estimator = Estimator(**settings).fit(X, Y)
        before = pickle.dumps(vars(estimator))
        estimator.set_params(learning_rate_init=1e200)
        with pytest.raises(ValueError, match="non-finite"):
            estimator.fit(X, Y)
        estimator.set_params(learning_rate_init=0.001)
        assert (pickle.dumps(vars(estimator)) != before) == changes
