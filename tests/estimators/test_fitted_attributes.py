"""Fitted attributes: weights and how to change them, history; warnings."""

import copy
import pickle
import re
from time import perf_counter

import joblib
import numpy as np
import pandas as pd
import pytest
import scipy.sparse
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.preprocessing import robust_scale, scale

from scratchmlp import DivergenceError, ScratchMLPClassifier, ScratchMLPRegressor
from tests.helpers.estimator_examples import SMALL, X_IRIS, Y_IRIS, partial_fit

ignore_convergence = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def pickled(value):
    return pickle.loads(pickle.dumps(value))


def test_unfitted_attributes_raise_not_fitted(Estimator):
    estimator = Estimator()
    for name in ("coefs_", "loss_curve_", "history_", "t_", "best_loss_"):
        assert not hasattr(estimator, name)
        with pytest.raises(NotFittedError):
            getattr(estimator, name)


@ignore_convergence
def test_fitted_attributes(Estimator):
    estimator, began = Estimator(hidden_layer_sizes=(5, 6), max_iter=7), perf_counter()
    estimator.fit(X_IRIS, Y_IRIS)
    assert 0 < min(estimator.history_["seconds"]) < perf_counter() - began
    n_out = 3 if Estimator is ScratchMLPClassifier else 1
    assert [W.shape for W in estimator.coefs_] == [(4, 5), (5, 6), (6, n_out)]
    assert [b.shape for b in estimator.intercepts_] == [(5,), (6,), (n_out,)]
    assert estimator.n_parameters_ == len(estimator.theta_)
    assert estimator.loss_ == estimator.loss_curve_[-1]
    assert estimator.best_loss_ == min(estimator.loss_curve_)
    assert estimator.best_epoch_ == 7
    assert estimator.validation_scores_ is None
    assert estimator.best_validation_score_ is None
    assert estimator.stop_reason_ == "reached max_iter=7 epochs"
    assert {len(column) for column in estimator.history_.values()} == {7}
    assert estimator.history_["epoch"] == [1, 2, 3, 4, 5, 6, 7]


def test_lbfgs_that_starts_at_the_minimum(Estimator):
    estimator = Estimator(hidden_layer_sizes=(), solver="lbfgs", tol=1e6).fit(X_IRIS, Y_IRIS)
    assert (estimator.n_iter_, estimator.best_epoch_, estimator.loss_curve_) == (0, 0, [])
    assert estimator.best_loss_ == estimator.loss_
    assert np.isfinite(estimator.loss_)


@ignore_convergence
def test_coefs_can_be_written_to(Estimator):
    estimator = Estimator(**SMALL).fit(X_IRIS, Y_IRIS)
    n_out = estimator.n_outputs_
    estimator.coefs_[0] = np.zeros((4, 5))
    estimator.intercepts_ = [np.full(5, 2.0), np.arange(n_out)]
    estimator.coefs_[-1][:] = 0
    np.testing.assert_array_equal(estimator.theta_[: 20 + 5 * n_out], 0)
    np.testing.assert_array_equal(estimator.theta_[-n_out:], np.arange(n_out))
    with pytest.raises(ValueError, match=r"shapes \[\(4, 5\)\] can be assigned.*\[\(5, 4\)\]"):
        estimator.coefs_[0] = np.zeros((5, 4))
    with pytest.raises(ValueError, match="can be assigned"):
        estimator.coefs_ = [np.zeros((4, 5))]


@ignore_convergence
def test_lists_of_weights_that_were_read_together_stay_those_of_the_network(Estimator):
    estimator = Estimator(**SMALL).fit(X_IRIS, Y_IRIS)
    coefs, intercepts = estimator.coefs_, estimator.intercepts_
    coefs[0] = np.ones((4, 5))
    intercepts[:1] = [np.full(5, 2.0)]
    coefs[1] = 3 * coefs[1]
    expected = [np.ones((4, 5)), coefs[1], np.full(5, 2.0), intercepts[1]]
    for found, array in zip([*estimator.coefs_, *estimator.intercepts_], expected, strict=True):
        np.testing.assert_array_equal(found, array)
    coefs = estimator.coefs_
    coefs[0] = np.zeros((4, 5))
    coefs[1][:] = 7  # in place
    np.testing.assert_array_equal(estimator.coefs_[1], coefs[1])


@ignore_convergence
def test_an_assignment_to_weights_that_fails_changes_nothing(Estimator):
    estimator = Estimator(**SMALL).fit(X_IRIS, Y_IRIS)
    theta, before = estimator.theta_, estimator.theta_.copy()
    with pytest.raises(ValueError, match="could not convert"):
        estimator.coefs_ = [np.ones((4, 5)), np.full(estimator.coefs_[1].shape, "a")]
    assert estimator.theta_ is theta
    np.testing.assert_array_equal(theta, before)


@ignore_convergence
@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, pickled])
def test_copies_of_lists_of_weights_are_lists(Estimator, copied):
    weights = Estimator(**SMALL).fit(X_IRIS, Y_IRIS).coefs_
    assert type(copied(weights)) is list
    for found, array in zip(copied(weights), weights, strict=True):
        np.testing.assert_array_equal(found, array)


@ignore_convergence
def test_weights_of_a_read_only_network_can_be_set(Estimator, tmp_path):
    joblib.dump(Estimator(**SMALL).fit(X_IRIS, Y_IRIS), tmp_path / "network.joblib")
    for name in ("coefs_", "intercepts_"):
        network = joblib.load(tmp_path / "network.joblib", mmap_mode="r")
        before = network.coefs_ + network.intercepts_
        setattr(network, name, [array + 1 for array in getattr(network, name)])
        network.intercepts_[0] = before[-2]
        after = network.coefs_ + network.intercepts_
        changed = [not np.array_equal(*pair) for pair in zip(before, after, strict=True)]
        assert changed == ([True, True, False, False] if name == "coefs_" else [False] * 3 + [True])
        network.coefs_[0][:] = 0  # the new vector can be written to
        network.partial_fit(X_IRIS, Y_IRIS)


@ignore_convergence
def test_theta_may_be_a_view_with_gaps(Estimator):
    settings = {"early_stopping": True, "solver": "sgd", **SMALL}
    one, other = (Estimator(**settings).fit(X_IRIS, Y_IRIS) for _ in range(2))
    one.theta_ = np.repeat(2 * one.theta_, 2)[::2]
    other.theta_ = 2 * other.theta_
    for network in (one, other):
        network.partial_fit(X_IRIS, Y_IRIS)
    np.testing.assert_array_equal(one.theta_, other.theta_)


@ignore_convergence
def test_a_refit_leaves_arrays_taken_earlier_alone(Estimator):
    estimator = Estimator(**SMALL).fit(X_IRIS, Y_IRIS)
    taken = estimator.coefs_[0]
    before = taken.copy()
    estimator.set_params(random_state=1).fit(X_IRIS, Y_IRIS)
    np.testing.assert_array_equal(taken, before)
    assert not np.array_equal(estimator.coefs_[0], before)


def test_what_users_hold_of_the_history_does_not_grow(Estimator):
    estimator = partial_fit(Estimator(random_state=0), X_IRIS, Y_IRIS)  # and does not warn
    history, losses = estimator.history_, estimator.loss_curve_
    partial_fit(estimator, X_IRIS, Y_IRIS)
    assert {len(column) for column in history.values()} == {len(losses)} == {1}
    losses.clear()
    assert len(estimator.loss_curve_) == 2


# Warnings.


def test_stopping_at_max_iter_warns_and_says_what_to_try(Estimator):
    with pytest.warns(ConvergenceWarning, match="Maximum iterations .2. reached.*max_iter") as w:
        Estimator(max_iter=2, learning_rate="cosine").fit(X_IRIS, Y_IRIS)
    assert w[0].filename == __file__


TWO = np.array([[1.0], [-1.0]] * 1000)
NORMAL = np.random.default_rng(0).normal(size=(2000, 2))
OUTLIER = NORMAL.copy()
OUTLIER[777, 1] = 1e5  # not among every tenth row
RARE = scale(NORMAL) * [1, 0]
RARE[777, 1] = 1.0  # the only row of its category
SCALE, CLIP = (
    r"scale by a factor of {}: .*column {}.*column {} .*\. Put a {}Scaler",
    "Clip them, or take",
)
ADVICE = [
    (TWO * [1, 100], None),
    (np.hstack([TWO, np.full((2000, 1), 0.3)]), None),  # its deviation is not 0, by rounding
    (scale(NORMAL), None),
    (RARE, None),
    (scale(RARE), None),
    (np.hstack([TWO * [1, 101], np.ones((2000, 1))]), SCALE.format(101, 0, 1, "Standard")),
    (TWO * [1e150, 1e-160], SCALE.format("inf", 1, 0, "Standard")),
    (scipy.sparse.csr_array(TWO * [1, 500]), SCALE.format(500, 0, 1, "MaxAbs")),
    (scale(OUTLIER), rf"Column 1 of X has outliers: .* to 44\.7, but .* range of 0\.001.*{CLIP}"),
    (robust_scale(OUTLIER), rf"Column 1 of X has outliers: .*{CLIP}"),
    (pd.DataFrame(OUTLIER, columns=["a", "b"]), rf"Column 'b' of X has outliers: .*{CLIP}"),
    (np.hstack([OUTLIER, TWO * 1e4]), rf"column 2 by 2e\+04.*StandardScaler.*Column 1.*{CLIP}"),
]


@pytest.mark.parametrize("early_stopping", [False, True])
@pytest.mark.parametrize(("X", "advice"), ADVICE)
def test_the_warning_advises_on_columns_that_need_it_alone(Estimator, X, advice, early_stopping):
    network = Estimator(max_iter=2, early_stopping=early_stopping, random_state=0)
    with pytest.warns(ConvergenceWarning) as w:
        network.set_params(learning_rate_init=1e-6).fit(X, [0, 1] * 1000)
    message = str(w[0].message)
    if advice:
        assert re.search(advice, message)
    else:
        assert message.endswith("change learning_rate_init.")
    assert ("StandardScaler" in message) == ("StandardScaler" in (advice or ""))
    assert "RobustScaler" not in message


def test_a_warm_start_does_not_repeat_the_advice(Estimator):
    network = Estimator(max_iter=1, warm_start=True, random_state=0)
    for _ in range(2):
        with pytest.warns(ConvergenceWarning) as w:
            network.fit(TWO * [1, 500], [0, 1] * 1000)
    assert str(w[0].message).endswith("change learning_rate_init.")


def test_an_outlier_among_the_held_out_rows_is_none_of_the_scale():
    held_out = ScratchMLPRegressor(max_iter=1, early_stopping=True, warm_start=True, random_state=0)
    with pytest.warns(ConvergenceWarning):
        row = held_out.fit(NORMAL, NORMAL[:, 0])._run["split"]["held_out"][0]
    X = NORMAL.copy()
    X[row, 1] = 1e5
    with pytest.warns(ConvergenceWarning, match=r"_init\. Column 1 .* to 44\.7") as w:
        held_out.set_params(warm_start=False).fit(scale(X), X[:, 0])
    assert "StandardScaler" not in str(w[0].message)


def test_divergence_names_the_column_with_outliers():
    network = ScratchMLPRegressor(solver="sgd", learning_rate_init=1.0, random_state=0)
    with pytest.raises(DivergenceError, match=r"lower learning_rate_init\. Column 1 of X has out"):
        network.fit(scale(OUTLIER) * 10, OUTLIER[:, 1])


@ignore_convergence
def test_a_batch_larger_than_the_data_warns(Estimator):
    message = r"batch_size=151 .* samples.*clipped to 150\. Choose"
    with pytest.warns(UserWarning, match=message) as in_fit:
        estimator = Estimator(batch_size=151, max_iter=1).fit(X_IRIS, Y_IRIS)
    with pytest.warns(UserWarning, match=message) as in_partial_fit:
        estimator.partial_fit(X_IRIS, Y_IRIS)
    assert [w[0].filename for w in (in_fit, in_partial_fit)] == [__file__] * 2
