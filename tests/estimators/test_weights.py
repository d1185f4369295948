"""Weights of rows and of classes: what they are equivalent to, their scale, and errors."""

from functools import partial

import numpy as np
import pytest
import scipy.sparse
from hypothesis import given
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.utils.class_weight import compute_sample_weight

from scratchmlp import ScratchMLPClassifier, ScratchMLPRegressor
from tests.helpers.estimator_examples import SMALL, X_IRIS, Y_IRIS, fails
from tests.helpers.fuzzing import examples

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

X, Y = X_IRIS, Y_IRIS
Y_LABELS = np.column_stack([Y > 0, X[:, 0] > 0]).astype(int)
REPEATS = np.random.default_rng(0).integers(0, 4, len(X))
ROWS = np.repeat(np.arange(len(X)), REPEATS)
WEIGHT = np.random.default_rng(1).uniform(0.5, 3.0, len(X))
FULL = {"hidden_layer_sizes": (6,), "batch_size": "full", "random_state": 0, "max_iter": 30}
FULL["learning_rate_init"] = 0.02
Classifier = partial(ScratchMLPClassifier, **FULL)
Regressor = partial(ScratchMLPRegressor, **FULL)


def assert_same_weights(one, other):
    """Assert that two results agree up to a relative difference of 1e-7."""
    largest = np.abs(other.theta_).max()
    np.testing.assert_allclose(one.theta_, other.theta_, rtol=0, atol=1e-7 * largest)


# Equivalences.


WEIGHTED = [
    (Classifier(solver="sgd", alpha=0.0), Y),
    (Classifier(solver="adam", alpha=1.0), Y_LABELS),
    (Regressor(solver="sgd", alpha=1.0), X[:, 0] * X[:, 1]),
    (Regressor(solver="lbfgs", alpha=0.0, loss="poisson"), Y),
    (Classifier(solver="lbfgs", alpha=1.0, class_weight={0: 3.0, 1: 0.5}), Y),
    (Classifier(solver="sgd", alpha=1.0, class_weight={0: 0, 1: 1, 2: 4}), Y),
]


@pytest.mark.parametrize(("estimator", "y"), WEIGHTED)
def test_integer_weights_equal_repeated_rows_and_zeros_absent_ones(estimator, y):
    """A quarter of the rows have weight 0. Repeated rows change the frequencies of classes."""
    weighted = clone(estimator).fit(X, y, sample_weight=REPEATS)
    assert_same_weights(weighted, estimator.fit(X[ROWS], y[ROWS]))
    np.testing.assert_allclose(weighted.loss_curve_, estimator.loss_curve_, rtol=1e-7)


def test_a_row_of_weight_zero_may_hold_anything_finite(Estimator):
    A, weight = X.copy(), np.ones(150)
    A[0], weight[0] = 1e300, 0
    without = Estimator(**SMALL).fit(X[1:], Y[1:])
    np.testing.assert_array_equal(Estimator(**SMALL).fit(A, Y, weight).theta_, without.theta_)


ABSENT = [(0, "balanced", "lbfgs"), (2, "balanced", "sgd"), (0, {0: 3.0, 1: 0.5, 2: 1.0}, "adam")]


@pytest.mark.parametrize(("absent", "class_weight", "solver"), ABSENT)
def test_a_class_whose_rows_have_no_weight_does_not_count(absent, class_weight, solver):
    """The remaining classes are weighted as if there were no other class."""
    weight = np.where(absent == Y, 0, REPEATS)
    by_hand = np.zeros(150)
    left = np.repeat(np.arange(150), weight)
    by_hand[left] = compute_sample_weight(class_weight, Y[left])
    one, other = (Classifier(class_weight=w, solver=solver) for w in (class_weight, None))
    assert_same_weights(one.fit(X, Y, weight), other.fit(X, Y, weight * by_hand))


CLASS_WEIGHTS = [
    (Y, "balanced", "sgd"),
    (np.array(["x", "y", "z"])[Y], {"x": 1.0, "y": 20.0, "z": 3.0}, "sgd"),
    (np.array([-1.0, 0.0, 7.0])[Y], {-1.0: 1.0, 0.0: 20.0, 7.0: 3.0}, "lbfgs"),
    (Y_LABELS, "balanced", "adam"),
    (Y_LABELS, [{0: 1, 1: 2}, {0: 3.0, 1: 1.5}], "sgd"),
]


@pytest.mark.parametrize(("y", "class_weight", "solver"), CLASS_WEIGHTS)
def test_class_weights_are_sample_weights_multiplied_over_labels(y, class_weight, solver):
    A, y = X[10:], y[10:]
    weighted = Classifier(class_weight=class_weight, solver=solver).fit(A, y)
    plain = Classifier(solver=solver)
    assert not np.allclose(weighted.theta_, plain.fit(A, y).theta_, rtol=1e-3)
    assert_same_weights(weighted, plain.fit(A, y, compute_sample_weight(class_weight, y)))
    if y.ndim == 2:
        assert_same_weights(weighted, weighted.fit(A, scipy.sparse.csr_array(y)))


def test_a_class_of_weight_zero_is_not_trained_on_but_known():
    classifier = ScratchMLPClassifier(class_weight={2: 0}, solver="lbfgs", random_state=0)
    classifier.fit(X, Y)
    assert list(classifier.classes_) == [0, 1, 2]
    assert set(classifier.predict(X)) == {0, 1}


def test_class_weights_act_in_partial_fit_however_the_classes_come():
    """Sample weights are relative to their call; class weights are not, even with one class."""
    settings = {"solver": "sgd", "momentum": 0.0, "alpha": 0.0, "learning_rate_init": 0.01}
    plain, weighted = (
        Classifier(**settings, class_weight=given).partial_fit(X, Y, classes=[0, 1, 2])
        for given in (None, {0: 1.0, 2: 9.0})
    )
    for rows, factor in ((Y == 0, 1), (Y == 1, 1), (Y == 2, 9)):
        weighted.theta_[:] = plain.theta_
        before = plain.theta_.copy()
        steps = [
            net.partial_fit(X[rows], Y[rows], sample_weight=np.full(50, 3.0)).theta_ - before
            for net in (weighted, plain)
        ]
        np.testing.assert_allclose(steps[0], factor * steps[1], rtol=1e-6, atol=1e-12)


@pytest.mark.parametrize("rate", [0.1, 1e4])
@pytest.mark.parametrize("first", [False, True])
def test_a_call_of_partial_fit_may_have_classes_of_weight_zero_alone(first, rate):
    """Only the penalty acts: it multiplies each weight by the same factor, and biases stay."""
    settings = {"solver": "sgd", "momentum": 0.0, "alpha": 1.0, "learning_rate_init": 0.1}
    classifier = Classifier(**settings, class_weight={0: 0.0})
    start = slice(50 if first else 150)
    classifier.partial_fit(X[start], Y[start], classes=[0, 1, 2])
    before = classifier.theta_.copy()
    theta = classifier.set_params(learning_rate_init=rate).partial_fit(X[:50], Y[:50]).theta_
    n_weights = 4 * 6 + 6 * 3
    np.testing.assert_allclose(theta[:n_weights], (1 - rate / 50) * before[:n_weights])
    np.testing.assert_array_equal(theta[n_weights:], before[n_weights:])
    with pytest.raises(ValueError, match="at least one non-zero"):
        classifier.partial_fit(X[:50], Y[:50], sample_weight=np.zeros(50))


def test_float32_stays_float32_with_class_weights():
    classifier, A, y = Classifier(class_weight="balanced"), X[20:].astype(np.float32), Y[20:]
    theta = classifier.fit(A, y).theta_
    assert theta.dtype == np.float32
    np.testing.assert_array_equal(classifier.fit(A, y, np.ones(130)).theta_, theta)


# The scale of weights.


def trained(Estimator, weight, how, solver="sgd", dtype=np.float64, alpha=0.0):
    """Train for three epochs with weights, in one of several ways; return all numbers in a row."""
    estimator = Estimator(**SMALL | {"max_iter": 3}, solver=solver, alpha=alpha)
    estimator.set_params(early_stopping=how == "early_stopping")
    data, more = X.astype(dtype), {}
    if how == "validation":
        more = {"X_val": data[::5], "y_val": Y[::5], "sample_weight_val": weight[::5]}
    if how == "partial_fit" and Estimator is ScratchMLPClassifier:
        more = {"classes": [0, 1, 2]}
    train = estimator.partial_fit if how == "partial_fit" else estimator.fit
    train(data, Y, weight, **more)
    curves = [estimator.history_[name] for name in ("loss", "validation_loss", "score")]
    return np.concatenate([estimator.theta_, *curves])


WAYS = [("sgd", "fit"), ("sgd", "partial_fit"), ("adam", "validation"), ("adam", "early_stopping")]
WAYS += [("lbfgs", "fit"), ("lbfgs", "validation")]
DTYPES, ALPHAS = st.sampled_from([np.float32, np.float64]), st.sampled_from([0.0, 1.0])


@pytest.mark.random
@examples(20)
@given(way=st.sampled_from(WAYS), power=st.integers(-59, 58), dtype=DTYPES, alpha=ALPHAS)
def test_a_power_of_two_in_weights_and_penalty_changes_nothing(Estimator, way, power, dtype, alpha):
    solver, how = way
    plain = trained(Estimator, WEIGHT, how, solver, dtype, alpha)
    result = trained(Estimator, np.ldexp(WEIGHT, power), how, solver, dtype, np.ldexp(alpha, power))
    np.testing.assert_array_equal(result, plain)


@pytest.mark.random
@examples(20)
@given(way=st.sampled_from(WAYS), constant=st.floats(1e-17, 1e17))
def test_a_constant_in_the_weights_changes_nothing_without_a_penalty(Estimator, way, constant):
    solver, how = way
    plain = trained(Estimator, WEIGHT, how, solver)
    result = trained(Estimator, WEIGHT * constant, how, solver)
    np.testing.assert_allclose(result, plain, rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize("weight", [np.float32(9e17), 1e18, 1e-18, 2**59, True])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_equal_weights_of_any_size_and_type_are_no_weights(Estimator, weight, dtype):
    result = trained(Estimator, np.full(150, weight), "validation", "adam", dtype)
    plain = trained(Estimator, np.ones(150), "validation", "adam", dtype)
    np.testing.assert_allclose(result, plain, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("constant", [1e-300, 1e300])
def test_the_scale_of_class_weights_does_not_matter_without_a_penalty(constant):
    given = dict.fromkeys(range(3), constant)
    scaled, plain = (Classifier(alpha=0.0, class_weight=w).fit(X, Y, WEIGHT) for w in (given, None))
    np.testing.assert_allclose(scaled.theta_, plain.theta_, rtol=0, atol=1e-4)


def test_balanced_weights_of_a_class_that_hardly_counts_are_finite():
    weight = np.where(Y == 0, 1e-290, 1e9)
    classifier = Classifier(class_weight="balanced").fit(X, Y, weight)
    assert np.isfinite(classifier.theta_).all()


def test_class_weights_act_in_partial_fit_however_small_or_large_they_are():
    """A batch with one class alone is not refused, although another class counts far more."""
    small, large = (
        Classifier(class_weight={0: 1.0, 1: w, 2: w}, alpha=0.0, learning_rate_init=0.001)
        for w in (1e-300, 1e300)
    )
    for classifier in (small, large):
        classifier.partial_fit(X[:50], Y[:50], classes=[0, 1, 2])
    np.testing.assert_array_equal(small.theta_, large.theta_)
    before = small.theta_.copy()
    np.testing.assert_allclose(small.partial_fit(X[50:], Y[50:]).theta_, before, atol=0.05)
    with pytest.raises(FloatingPointError, match=r"Solver produced|The loss grew"):
        large.partial_fit(X[50:], Y[50:])


def test_a_penalty_that_is_huge_next_to_the_weights_is_named():
    """Weights act as repeated rows do: with tiny ones, the penalty alone is left."""
    weight = np.full(150, 1e-17)
    with pytest.raises(FloatingPointError, match="lower alpha if it is far larger"):
        Classifier(solver="sgd").fit(X, Y, weight)
    shrunk = Classifier(solver="lbfgs", alpha=1e-7).fit(X, Y, weight)
    n_weights = 4 * 6 + 6 * 3
    assert np.abs(shrunk.theta_[:n_weights]).max() < 1e-3


@pytest.mark.parametrize("solver", ["sgd", "adam", "lbfgs"])
def test_an_outlier_with_almost_no_weight_is_no_divergence(solver):
    rng = np.random.default_rng(0)
    A, y, weight = rng.normal(size=(400, 3)), rng.normal(size=400), np.ones(400)
    y[0], weight[0] = 1e7, 1e-16
    regressor = ScratchMLPRegressor(hidden_layer_sizes=(5,), solver=solver, random_state=0)
    regressor.fit(A, y, weight)
    np.testing.assert_allclose(regressor.loss_, 0.5, atol=0.1)


# Errors.


REFUSED = [(np.inf, "sample_weight contains infinity"), (np.nan, "sample_weight contains nan")]
REFUSED += [(-np.ones(150), "Negative values"), (np.zeros(150), "at least one non-zero")]
REFUSED += [
    (np.full(150, weight), r"from 1e-18 to 1e\+18; got .*the weights by their mean, and alpha")
    for weight in (5e-324, 9e-19, 2e18, 1e308)
]


@pytest.mark.parametrize(("weight", "message"), REFUSED)
def test_weights_are_finite_and_at_least_0(Estimator, weight, message):
    estimator = Estimator(**SMALL)
    with fails(estimator, ValueError, f"(?i){message}"):
        estimator.fit(X, Y, sample_weight=weight)
    with fails(estimator, ValueError, f"(?i)sample_weight_val: .*{message}"):
        estimator.fit(X, Y, X_val=X, y_val=Y, sample_weight_val=weight)


def test_partial_fit_does_not_know_all_rows_and_cannot_balance_them():
    classifier = Classifier(max_iter=1).fit(X, Y).set_params(class_weight="balanced")
    with fails(classifier, ValueError, "'balanced' is not supported for partial_fit.*compute_c"):
        classifier.partial_fit(X, Y)


BAD = [
    ("heavy", Y, "'class_weight' parameter of ScratchMLPClassifier must be"),
    ({0: -1.0}, Y, r"got \{0: -1.0\} for the classes.*must be finite and at least 0"),
    ({0: 0, 1: 0, 2: 0}, Y, r"sum to 0, but .* above 0 and finite\. Give one of"),
    ({0: 1e308, 1: 1e308}, Y, "sum to inf, but .* Divide the weights of the classes"),
    (
        [{1: 1e300}, {1: 1e300}, {1: 0}, {}],
        np.c_[Y_LABELS, Y_LABELS],
        "sum to nan, but .* Divide the weights of the classes",
    ),
    ([{0: 1, 1: 2}, 3], Y_LABELS, "a list with one dict for each column"),
    ({"a": 1.0}, Y, r"got \{'a': 1.0\} for the classes \[0, 1, 2\]. The classes, \[0, 1, 2\]"),
    ({1: "x"}, Y, r"maps classes to numbers; got \{1: 'x'\} for the classes"),
    ([{0: 1}], Y, r"a dict, or for multilabel a list.*for 1 column\."),
    ({0: 1}, Y_LABELS, r"one dict for each column of y.*got \{0: 1\} for 2 columns"),
]


@pytest.mark.parametrize(("class_weight", "y", "message"), BAD)
def test_bad_class_weights_get_an_error_that_teaches(class_weight, y, message):
    classifier = ScratchMLPClassifier(class_weight=class_weight)
    with fails(classifier, ValueError, message):
        classifier.fit(X, y)
