"""Behavior in which scikit-learn is wrong, compared with ours.

Each test shows both, so that it fails as soon as scikit-learn fixes its behavior. The same
rows, with their reasons, are in docs/comparison.md.
"""

import pickle
from itertools import product

import numpy as np
import pytest
from sklearn.datasets import load_iris, make_regression
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import Ridge
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.preprocessing import scale

from scratchmlp import DivergenceError, ScratchMLPClassifier, ScratchMLPRegressor
from scratchmlp.monitor import Monitor
from tests.helpers.estimator_examples import SMALL, partial_fit

pytestmark = [
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
    pytest.mark.filterwarnings("ignore:overflow encountered:RuntimeWarning"),
    pytest.mark.filterwarnings("ignore:invalid value encountered:RuntimeWarning"),
]

X, Y = load_iris(return_X_y=True)
X = scale(X)
PLAIN = {**SMALL, "solver": "sgd", "momentum": 0.0, "learning_rate_init": 0.01}
THEIRS, OURS = (MLPClassifier, MLPRegressor), (ScratchMLPClassifier, ScratchMLPRegressor)
PAIRS = pytest.mark.parametrize(("Theirs", "Ours"), [*zip(THEIRS, OURS, strict=True)])
#: Each of the four estimators, with whether it is ours.
EACH = pytest.mark.parametrize(
    ("Estimator", "ours"), [*product(THEIRS, [False]), *product(OURS, [True])]
)


def same(one, other):
    return all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


def write(estimator, weight, bias):
    """Make a network with a single weight in each of its layers."""
    for array in estimator.coefs_:
        array[:] = weight
    for array in estimator.intercepts_:
        array[:] = bias


# Weights.


@EACH
def test_weights_cancel_in_scikit_learn_s_mini_batches(Estimator, ours):
    """scikit-learn's weights have no effect if all rows of a batch have the same weight."""
    settings = {**PLAIN, "batch_size": 50, "shuffle": False, "alpha": 0.0}
    data = X[:100], (Y[:100] > 0).astype(float)
    weighted = Estimator(**settings).fit(*data, np.repeat([1.0, 50.0], 50)).coefs_
    plain = Estimator(**settings).fit(*data).coefs_
    change = max(np.abs(a / b - 1).max() for a, b in zip(weighted, plain, strict=True))
    assert change > 1e-2 if ours else change < 1e-12


@PAIRS
def test_a_batch_of_zero_weights_stops_scikit_learn(Theirs, Ours):
    settings = {**PLAIN, "batch_size": 50, "shuffle": False}
    weight, y = np.repeat([0.0, 1.0], [50, 100]), Y % 2
    with pytest.raises(ZeroDivisionError), np.errstate(all="ignore"):
        Theirs(**settings).fit(X, y, weight)
    absent = Ours(**settings).fit(X[50:], y[50:])
    assert same(Ours(**settings).fit(X, y, weight).coefs_, absent.coefs_)


@PAIRS
def test_negative_weights_are_accepted(Theirs, Ours):
    weight = np.where(Y == 0, -1.0, 1.0)
    Theirs(**SMALL).fit(X, Y, weight)
    with pytest.raises(ValueError, match="Negative values in data passed to `sample_weight`"):
        Ours(**SMALL).fit(X, Y, weight)


# Losses and probabilities.


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
    y = labels.astype(int)
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


def test_negative_counts_are_accepted():
    MLPRegressor(loss="poisson", **SMALL).fit(X, Y - 1)
    with pytest.raises(ValueError, match="predicts numbers from 0 to inf, but y goes from -1"):
        ScratchMLPRegressor(loss="poisson", **SMALL).fit(X, Y - 1)


# Continued training.


@EACH
def test_partial_fit_repeats_one_shuffle(Estimator, ours):
    """From the second call on, an int as random_state gives every call the same order of rows.

    Plain descent from the same weights with batches of one ends elsewhere for each order.
    """
    estimator, outcomes = partial_fit(Estimator(**PLAIN, batch_size=1), X, Y), []
    for _ in range(2):
        write(estimator, 0.1, 0.0)
        outcomes.append(partial_fit(estimator, X, Y).coefs_[0].copy())
    assert np.array_equal(*outcomes) == (not ours)


@EACH
@pytest.mark.parametrize("solver", ["sgd", "adam"])
def test_warm_start_forgets_the_optimizer_and_the_order(Estimator, ours, solver):
    """Three epochs and three more equal six epochs only here."""
    settings = {"hidden_layer_sizes": (5,), "random_state": 0, "solver": solver, "batch_size": 40}
    straight = Estimator(max_iter=6, **settings).fit(X, Y)
    halves = Estimator(max_iter=3, warm_start=True, **settings).fit(X, Y).fit(X, Y)
    assert same(halves.coefs_, straight.coefs_) == ours
    assert (halves.loss_curve_ == straight.loss_curve_) == ours


@PAIRS
def test_warm_start_forgets_that_adaptive_has_lowered_the_rate(Theirs, Ours):
    settings = {**SMALL, "solver": "sgd", "learning_rate": "adaptive", "warm_start": True}
    theirs, ours = (E(tol=1e3, n_iter_no_change=1, **settings).fit(X, Y) for E in (Theirs, Ours))
    assert theirs._optimizer.learning_rate == pytest.approx(0.001 / 5**2)
    for estimator in (theirs, ours):
        estimator.set_params(tol=0.0, max_iter=1).fit(X, Y)
    assert theirs._optimizer.learning_rate == 0.001
    assert ours.history_["learning_rate"][-2:] == pytest.approx([0.001 / 5, 0.001 / 5**2])


@EACH
def test_warm_start_draws_another_validation_split(Estimator, ours, monkeypatch):
    """scikit-learn then validates on rows that it was trained on."""
    held_out = []

    def recording_split(*arrays, **kwargs):
        parts = train_test_split(*arrays, **kwargs)
        held_out.append(parts[1])
        return parts

    theirs = "sklearn.neural_network._multilayer_perceptron"
    for module in (theirs, "scratchmlp.estimators.in_memory"):
        monkeypatch.setattr(f"{module}.train_test_split", recording_split)
    settings = SMALL | {"random_state": np.random.RandomState(0)}
    Estimator(early_stopping=True, warm_start=True, **settings).fit(X, Y).fit(X, Y)
    assert len(held_out) == (1 if ours else 2)
    assert ours or not np.array_equal(*held_out)


@EACH
def test_warm_start_has_no_patience_left(Estimator, ours):
    """If the first fit has stopped, scikit-learn's second fit stops after one epoch."""
    settings = {"hidden_layer_sizes": (5,), "random_state": 0, "warm_start": True, "tol": 0.1}
    estimator = Estimator(max_iter=500, **settings).fit(X, Y)
    assert estimator.n_iter_ < 500
    assert estimator.fit(X, Y).n_iter_ == (12 if ours else 1)


@EACH
def test_warm_start_goes_on_from_the_best_weights(Estimator, ours):
    settings = {"hidden_layer_sizes": (5,), "random_state": 0, "learning_rate_init": 0.1}
    estimator = Estimator(early_stopping=True, warm_start=True, **settings).fit(X, Y)
    best = [W.copy() for W in estimator.coefs_]
    if not ours:
        estimator.best_loss_ = np.inf  # as people do, because the next fit would fail
    estimator.set_params(early_stopping=False, max_iter=1, learning_rate_init=1e-12).fit(X, Y)
    distance = max(abs(W - W_best).max() for W, W_best in zip(estimator.coefs_, best, strict=True))
    assert (distance > 1e-3) == ours


@EACH
def test_the_lines_of_verbose_count_the_epochs_of_each_fit(Estimator, ours, capsys):
    settings = {"max_iter": 2, "verbose": True, "warm_start": True}
    Estimator(**SMALL | settings).fit(X, Y).fit(X, Y)
    lines = [line for line in capsys.readouterr().out.splitlines() if "Iteration" in line]
    numbers = [int(line.split()[1].rstrip(",")) for line in lines]
    assert numbers == ([1, 2, 3, 4] if ours else [1, 2, 1, 2])


@PAIRS
def test_warm_start_ignores_other_hidden_sizes(Theirs, Ours):
    theirs, ours = (E(warm_start=True, **SMALL).fit(X, Y) for E in (Theirs, Ours))
    assert theirs.set_params(hidden_layer_sizes=(7,)).fit(X, Y).coefs_[0].shape == (4, 5)
    with pytest.raises(ValueError, match=r"layer sizes \(4, 5, .*require \(4, 7, "):
        ours.set_params(hidden_layer_sizes=(7,)).fit(X, Y)


@EACH
def test_predictions_change_with_the_activation(Estimator, ours):
    estimator = Estimator(**SMALL).fit(X, Y)
    predict = getattr(estimator, "predict_proba", estimator.predict)
    before = predict(X)
    estimator.set_params(activation="logistic")
    assert np.array_equal(predict(X), before) == ours


@EACH
def test_partial_fit_does_not_see_a_change_of_learning_rate(Estimator, ours):
    estimator = partial_fit(Estimator(**SMALL), X, Y)
    before = [array.copy() for array in estimator.coefs_]
    partial_fit(estimator.set_params(learning_rate_init=1e-300), X, Y)
    assert same(estimator.coefs_, before) == ours


# Solvers.


@EACH
def test_early_stopping_is_ignored_with_lbfgs(Estimator, ours):
    stopped, plain = (
        Estimator(solver="lbfgs", early_stopping=early_stopping, **SMALL).fit(X, Y)
        for early_stopping in (True, False)
    )
    assert same(stopped.coefs_, plain.coefs_) == (not ours)
    assert len(getattr(stopped, "validation_scores_", [])) == (5 if ours else 0)


@PAIRS
def test_early_stopping_makes_partial_fit_fail(Theirs, Ours):
    with pytest.raises(ValueError, match="partial_fit does not support early_stopping=True"):
        partial_fit(Theirs(early_stopping=True, **SMALL), X, Y)
    ignored = partial_fit(Ours(early_stopping=True, **SMALL), X, Y)
    assert same(ignored.coefs_, partial_fit(Ours(**SMALL), X, Y).coefs_)


@EACH
def test_lbfgs_stops_before_tol_is_reached(Estimator, ours):
    """With a small tol, L-BFGS stops by the relative decrease of the objective in an iteration."""
    settings = {"hidden_layer_sizes": (5,), "solver": "lbfgs", "activation": "tanh", "alpha": 0.1}
    settings |= {"max_iter": 5000, "max_fun": 50_000, "random_state": 0}
    coarse, fine = (Estimator(tol=tol, **settings).fit(X, Y) for tol in (1e-6, 1e-9))
    assert (fine.n_iter_ > coarse.n_iter_) == ours


@pytest.mark.parametrize(
    ("Estimator", "ours"), [(MLPRegressor, False), (ScratchMLPRegressor, True)]
)
def test_lbfgs_misses_the_minimum_of_several_targets(Estimator, ours):
    """Its line search sees the mean of the squared errors, but the gradient of their sum."""
    targets = np.column_stack([X @ np.arange(4), Y])
    settings = {"hidden_layer_sizes": (), "solver": "lbfgs", "alpha": 1.0, "random_state": 0}
    estimator = Estimator(**settings, tol=1e-6, max_iter=500).fit(X, targets)
    ridge = Ridge(alpha=1.0).fit(X, targets).coef_.T
    assert np.allclose(estimator.coefs_[0], ridge, atol=1e-5) == ours
    penalty = np.sum(estimator.coefs_[0] ** 2) / 2 / len(X)
    error = np.mean((estimator.predict(X) - targets) ** 2) / 2
    assert estimator.loss_ == pytest.approx(error + penalty)  # the mean in both


@EACH
def test_float32_becomes_float64_with_lbfgs(Estimator, ours):
    estimator = Estimator(solver="lbfgs", **SMALL).fit(X.astype(np.float32), Y)
    assert estimator.coefs_[0].dtype == (np.float32 if ours else np.float64)


def test_a_regressor_with_lbfgs_has_a_partial_fit():
    assert hasattr(MLPRegressor(solver="lbfgs"), "partial_fit")
    for Estimator in (ScratchMLPRegressor, MLPClassifier, ScratchMLPClassifier):
        assert not hasattr(Estimator(solver="lbfgs"), "partial_fit")


# Failures.


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


@PAIRS
def test_ctrl_c_is_swallowed(Theirs, Ours, monkeypatch):
    """A search around the estimator would continue with its next candidate."""
    name, after_epoch = "_update_no_improvement_count", Theirs._update_no_improvement_count
    Interrupted = type("Interrupted", (Theirs,), {name: interrupting(after_epoch, call=3)})
    monkeypatch.setattr(Monitor, "_update_best", interrupting(Monitor._update_best, call=3))
    with pytest.warns(UserWarning, match="Training interrupted by user"):
        theirs = Interrupted(**SMALL).fit(X, Y)
    ours = Ours(**SMALL)
    with pytest.raises(KeyboardInterrupt):
        ours.fit(X, Y)
    assert theirs.loss_curve_ == pytest.approx(ours.loss_curve_)
    assert len(ours.loss_curve_) == 3
    np.testing.assert_allclose(ours.predict(X), theirs.predict(X))


def test_ctrl_c_after_early_stopping_has_found_good_weights_keeps_these(monkeypatch):
    settings = {**SMALL, "early_stopping": True, "learning_rate_init": 0.05, "max_iter": 20}
    whole, cut = ScratchMLPClassifier(**settings).fit(X, Y), ScratchMLPClassifier(**settings)
    monkeypatch.setattr(Monitor, "_update_best", interrupting(Monitor._update_best, call=20))
    with pytest.raises(KeyboardInterrupt):
        cut.fit(X, Y)
    assert whole.best_epoch_ < 20
    assert same(cut.coefs_, whole.coefs_)


def test_a_loss_of_1e59_passes_silently():
    data, y = make_regression(n_samples=100, n_features=5, random_state=0)
    settings = {**SMALL, "activation": "identity", "solver": "sgd", "learning_rate_init": 0.1}
    assert 1e59 < MLPRegressor(**settings).fit(data, y).loss_ < np.inf
    with pytest.raises(DivergenceError, match=r"The loss grew from .* lower learning_rate_init"):
        ScratchMLPRegressor(**settings).fit(data, y)


@EACH
def test_nan_is_noticed_after_the_last_epoch(Estimator, ours, capsys):
    settings = {**SMALL, "solver": "sgd", "learning_rate_init": 1e200, "max_iter": 30}
    with pytest.raises(ValueError, match="Solver produced non-finite parameter weights"):
        Estimator(verbose=True, n_iter_no_change=30, **settings).fit(X, Y)
    assert len(capsys.readouterr().out.splitlines()) == (1 if ours else 30)


@PAIRS
def test_lbfgs_returns_nan_with_a_warning(Theirs, Ours):
    with pytest.warns(ConvergenceWarning, match="lbfgs failed to converge after 0 iteration"):
        theirs = Theirs(solver="lbfgs", **SMALL).fit(1e200 * X, Y)
    assert np.isnan(theirs.loss_)
    with pytest.raises(DivergenceError, match=r"The loss grew to nan.*Scale X"):
        Ours(solver="lbfgs", **SMALL).fit(1e200 * X, Y)


def test_divergence_after_early_stopping_has_found_good_weights_is_a_warning():
    """scikit-learn trains for all epochs, and only warns that they were too few."""
    settings = {**PLAIN, "learning_rate_init": 1.0, "activation": "identity", "max_iter": 20}
    data, y = load_iris(return_X_y=True)
    with pytest.warns(ConvergenceWarning, match="Maximum iterations"):
        theirs = MLPRegressor(early_stopping=True, **settings).fit(data, y)
    assert np.isnan(theirs.loss_)
    assert theirs.n_iter_ == 20
    with pytest.warns(ConvergenceWarning, match="the weights of epoch 1 are kept"):
        ours = ScratchMLPRegressor(early_stopping=True, **settings).fit(data, y)
    assert ours.n_iter_ < 5
    assert np.isfinite(ours.theta_).all()


@EACH
@pytest.mark.parametrize("warm_start", [False, True])
def test_a_failed_fit_changes_a_fitted_estimator(Estimator, ours, warm_start):
    estimator = Estimator(solver="sgd", warm_start=warm_start, **SMALL).fit(X, Y)
    before = pickle.dumps(vars(estimator))
    with pytest.raises(ValueError, match="non-finite"):
        estimator.set_params(learning_rate_init=1e200).fit(X, Y)
    estimator.set_params(learning_rate_init=0.001)
    assert (pickle.dumps(vars(estimator)) == before) == ours


def of_other_shapes(Estimator):
    estimator = Estimator(**SMALL).fit(X, Y)
    estimator.coefs_ = estimator.coefs_[:1]
    estimator.predict(X)


MISTAKES = [
    (lambda Estimator: Estimator(hidden_layer_sizes=(2.5,)).fit(X, Y), TypeError, "must be > 0"),
    (of_other_shapes, IndexError, "can be assigned here"),
]


@PAIRS
@pytest.mark.parametrize(("mistake", "theirs", "ours"), MISTAKES)
def test_invalid_values_raise_other_errors(Theirs, Ours, mistake, theirs, ours):
    with pytest.raises(theirs):
        mistake(Theirs)
    with pytest.raises(ValueError, match=ours):
        mistake(Ours)


def test_labels_of_several_types_raise_another_error():
    mixed = np.array(["a", 1], dtype=object)
    with pytest.raises(TypeError):
        MLPClassifier().fit(X[:2], mixed)
    with pytest.raises(ValueError, match="mixes strings"):
        ScratchMLPClassifier().fit(X[:2], mixed)
