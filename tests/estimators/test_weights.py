"""Equivalences of sample weights and class weights."""

from functools import partial

import hypothesis
import numpy as np
import pytest
import scipy.sparse
from hypothesis import strategies as st
from sklearn.datasets import load_breast_cancer, load_iris
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import recall_score
from sklearn.preprocessing import scale
from sklearn.utils.class_weight import compute_sample_weight

from scratchmlp import ScratchMLPClassifier, ScratchMLPRegressor

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

X, Y = load_iris(return_X_y=True)
X = scale(X)
Y_LABELS = np.column_stack([Y > 0, X[:, 0] > 0]).astype(int)
REPEATS = np.random.default_rng(0).integers(0, 4, len(X))
ROWS = np.repeat(np.arange(len(X)), REPEATS)
WEIGHT = np.random.default_rng(1).uniform(0.5, 3.0, len(X))
FULL = {"hidden_layer_sizes": (6,), "batch_size": "full", "random_state": 0, "max_iter": 30}


def assert_same_weights(one, other):
    """Assert that two results agree up to a relative difference of 1e-7."""
    np.testing.assert_allclose(
        one.theta_, other.theta_, rtol=0, atol=1e-7 * np.abs(other.theta_).max()
    )


@pytest.fixture(params=["sgd", "adam", "lbfgs"])
def settings(request):
    return {**FULL, "solver": request.param, "learning_rate_init": 0.02}


@pytest.mark.parametrize("alpha", [0.0, 1.0])
@pytest.mark.parametrize(
    ("Estimator", "y"),
    [
        (ScratchMLPClassifier, Y),
        (ScratchMLPClassifier, Y_LABELS),
        (ScratchMLPRegressor, X[:, 0] * X[:, 1]),
        (partial(ScratchMLPRegressor, loss="poisson"), Y),
    ],
    ids=["classes", "labels", "numbers", "counts"],
)
def test_integer_weights_equal_repeated_rows_and_zeros_absent_ones(settings, alpha, Estimator, y):
    """A quarter of the rows have weight 0."""
    weighted = Estimator(alpha=alpha, **settings).fit(X, y, sample_weight=REPEATS)
    repeated = Estimator(alpha=alpha, **settings).fit(X[ROWS], y[ROWS])
    assert_same_weights(weighted, repeated)
    np.testing.assert_allclose(weighted.loss_curve_, repeated.loss_curve_, rtol=1e-7)


@pytest.mark.parametrize(
    "class_weight", ["balanced", {0: 3.0, 1: 0.5}, {0: 0, 1: 1, 2: 4}], ids=str
)
def test_class_weights_go_with_integer_weights(settings, class_weight):
    """Repeated rows change the class frequencies; weights must change them in the same way."""
    classifier = {**settings, "class_weight": class_weight, "alpha": 1.0}
    weighted = ScratchMLPClassifier(**classifier).fit(X, Y, sample_weight=REPEATS)
    repeated = ScratchMLPClassifier(**classifier).fit(X[ROWS], Y[ROWS])
    assert_same_weights(weighted, repeated)


@pytest.mark.parametrize("absent", [0, 1, 2])
@pytest.mark.parametrize("class_weight", ["balanced", {0: 3.0, 1: 0.5, 2: 1.0}], ids=str)
def test_a_class_whose_rows_have_no_weight_does_not_count(settings, absent, class_weight):
    """The remaining classes are weighted as if there were no other class."""
    weight = np.where(absent == Y, 0, REPEATS)
    by_hand = np.zeros(150)
    left = np.repeat(np.arange(150), weight)
    by_hand[left] = compute_sample_weight(class_weight, Y[left])
    one, other = (ScratchMLPClassifier(class_weight=w, **settings) for w in (class_weight, None))
    assert_same_weights(one.fit(X, Y, weight), other.fit(X, Y, weight * by_hand))


@pytest.mark.parametrize("names", [[0, 1, 2], ["x", "y", "z"], [-1.0, 0.0, 7.0]], ids=str)
@pytest.mark.parametrize("balanced", [True, False])
def test_class_weights_are_sample_weights(settings, names, balanced):
    y = np.array(names)[Y][10:]
    given = "balanced" if balanced else dict(zip(names, [1.0, 20.0, 3.0], strict=True))
    weighted = ScratchMLPClassifier(class_weight=given, **settings).fit(X[10:], y)
    by_hand = ScratchMLPClassifier(**settings).fit(X[10:], y, compute_sample_weight(given, y))
    assert_same_weights(weighted, by_hand)
    unweighted = ScratchMLPClassifier(**settings).fit(X[10:], y)
    assert not np.allclose(weighted.theta_, unweighted.theta_, rtol=1e-3)


@pytest.mark.parametrize("given", ["balanced", [{0: 1, 1: 2}, {0: 3.0, 1: 1.5}]], ids=str)
@pytest.mark.parametrize("container", [np.array, scipy.sparse.csr_array])
def test_class_weights_of_several_labels_are_multiplied(given, container):
    weighted = ScratchMLPClassifier(class_weight=given, **FULL).fit(X, container(Y_LABELS))
    weight = compute_sample_weight(given, Y_LABELS)
    by_hand = ScratchMLPClassifier(**FULL).fit(X, Y_LABELS, weight)
    assert_same_weights(weighted, by_hand)


def test_a_class_of_weight_zero_is_not_trained_on_but_known():
    classifier = ScratchMLPClassifier(class_weight={2: 0}, solver="lbfgs", random_state=0)
    classifier.fit(X, Y)
    assert list(classifier.classes_) == [0, 1, 2]
    assert set(classifier.predict(X)) == {0, 1}


def test_class_weights_are_those_of_logistic_regression():
    linear = {"hidden_layer_sizes": (), "solver": "lbfgs", "alpha": 1.0, "tol": 1e-8}
    for given in ("balanced", {0: 5.0, 1: 1.0}):
        network = ScratchMLPClassifier(class_weight=given, max_iter=1000, **linear)
        reference = LogisticRegression(class_weight=given, tol=1e-10, max_iter=10_000)
        data, y = load_breast_cancer(return_X_y=True)
        data = scale(data)
        np.testing.assert_allclose(
            network.fit(data, y).predict_proba(data),
            reference.fit(data, y).predict_proba(data),
            atol=1e-4,
        )


def test_balanced_weights_find_more_of_a_rare_class():
    rows = np.r_[50:100, 100:105]  # versicolor, and five of the overlapping virginica
    recalls = [
        recall_score(
            Y[50:] == 2,
            ScratchMLPClassifier(class_weight=given, alpha=1.0, solver="lbfgs", random_state=0)
            .fit(X[rows], Y[rows] == 2)
            .predict(X[50:]),
        )
        for given in (None, "balanced")
    ]
    assert recalls[1] > recalls[0] + 0.1


def test_early_stopping_looks_at_the_weighted_score():
    settings = {"early_stopping": True, "max_iter": 5, "random_state": 0, "warm_start": True}
    given = {0: 1.0, 1: 10.0, 2: 0.1}
    classifier = ScratchMLPClassifier(class_weight=given, **settings).fit(X, Y)
    held_out = classifier._run["split"][1]
    score = classifier.set_params(max_iter=1).fit(X, Y).validation_scores_[-1]
    weight = compute_sample_weight(given, Y[held_out])
    latest = ScratchMLPClassifier(**settings).fit(X, Y)
    latest.theta_[:] = classifier._latest_theta
    assert score == pytest.approx(latest.score(X[held_out], Y[held_out], weight))


def test_class_weights_act_in_partial_fit_however_the_classes_come():
    """Sample weights are relative to their call; class weights are not, even with one class."""
    settings = {**FULL, "solver": "sgd", "momentum": 0.0, "alpha": 0.0, "learning_rate_init": 0.01}
    plain, weighted = (
        ScratchMLPClassifier(**settings, class_weight=given).partial_fit(X, Y, classes=[0, 1, 2])
        for given in (None, {0: 1.0, 2: 9.0})
    )
    for rows, factor in ((Y == 0, 1), (Y == 1, 1), (Y == 2, 9)):
        weighted.theta_[:] = plain.theta_
        before = plain.theta_.copy()
        plain.partial_fit(X[rows], Y[rows], sample_weight=np.full(50, 3.0))
        weighted.partial_fit(X[rows], Y[rows], sample_weight=np.full(50, 3.0))
        np.testing.assert_allclose(
            weighted.theta_ - before, factor * (plain.theta_ - before), rtol=1e-6, atol=1e-12
        )
    with pytest.raises(ValueError, match=r"'balanced' is not supported for partial_fit.*compute_c"):
        weighted.set_params(class_weight="balanced").partial_fit(X, Y)


def test_float32_stays_float32_with_class_weights():
    classifier = ScratchMLPClassifier(class_weight="balanced", **FULL)
    data, y = X[20:].astype(np.float32), Y[20:]
    theta = classifier.fit(data, y).theta_
    assert theta.dtype == np.float32
    np.testing.assert_array_equal(classifier.fit(data, y, np.ones(130)).theta_, theta)


# The scale of weights.


def trained(Estimator, weight, how, dtype=np.float64, **parameters):
    """Train for three epochs with weights, in one of several ways; return all numbers."""
    parameters = {"hidden_layer_sizes": (4,), "max_iter": 3, "random_state": 0, **parameters}
    estimator = Estimator(**parameters, early_stopping=how == "early_stopping")
    data, more = X.astype(dtype), {}
    if how == "validation":
        more = {"X_val": data[::5], "y_val": Y[::5], "sample_weight_val": weight[::5]}
    if how == "partial_fit" and Estimator is ScratchMLPClassifier:
        more = {"classes": [0, 1, 2]}
    train = estimator.partial_fit if how == "partial_fit" else estimator.fit
    train(data, Y, weight, **more)
    history = estimator.history_
    return [estimator.theta_, *(history[name] for name in ("loss", "validation_loss", "score"))]


BOTH = pytest.mark.parametrize("Estimator", [ScratchMLPClassifier, ScratchMLPRegressor])
WAYS = [
    (solver, how)
    for solver in ("sgd", "adam", "lbfgs")
    for how in ("fit", "early_stopping", "validation", "partial_fit")
    if (solver, how) != ("lbfgs", "partial_fit")
]


@BOTH
@pytest.mark.parametrize(("solver", "how"), WAYS)
@hypothesis.settings(max_examples=10, deadline=None)
@hypothesis.given(
    power=st.integers(-1000, 1000),
    dtype=st.sampled_from([np.float32, np.float64]),
    alpha=st.sampled_from([0.0, 1.0]),
)
def test_a_power_of_two_in_the_weights_and_the_penalty_changes_nothing(
    Estimator, solver, how, power, dtype, alpha
):
    plain = trained(Estimator, WEIGHT, how, dtype, alpha=alpha, solver=solver)
    scaled = np.ldexp(WEIGHT, power), np.ldexp(alpha, power)
    result = trained(Estimator, scaled[0], how, dtype, alpha=scaled[1], solver=solver)
    for one, other in zip(result, plain, strict=True):
        np.testing.assert_array_equal(one, other)


@BOTH
@pytest.mark.parametrize(("solver", "how"), WAYS)
@hypothesis.settings(max_examples=10, deadline=None)
@hypothesis.given(constant=st.floats(1e-300, 1e300))
def test_a_constant_in_the_weights_changes_nothing_without_a_penalty(
    Estimator, solver, how, constant
):
    plain = trained(Estimator, WEIGHT, how, alpha=0.0, solver=solver)
    result = trained(Estimator, WEIGHT * constant, how, alpha=0.0, solver=solver)
    for one, other in zip(result, plain, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-7, atol=1e-9)


@BOTH
@pytest.mark.parametrize(
    "weight",
    [np.float32(3e38), 1.7e308, 5e-324, 2**60, True],
    ids=["float32", "largest", "smallest", "int", "bool"],
)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_equal_weights_of_any_size_and_type_are_no_weights(Estimator, weight, dtype):
    result = trained(Estimator, np.full(150, weight), "validation", dtype, alpha=0.0)
    plain = trained(Estimator, np.ones(150), "validation", dtype, alpha=0.0)
    for one, other in zip(result, plain, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("y", [Y, Y_LABELS], ids=["classes", "labels"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("constant", [1e-6, 0.3, 1e6])
def test_the_scale_of_class_weights_does_not_matter(y, dtype, constant):
    """Without a penalty."""
    one, c = ({0: factor, 1: factor, 2: factor} for factor in (1.0, constant))
    given = (one, c) if y is Y else ([{0: 1, 1: 1}] * 2, [{0: constant, 1: constant}] * 2)
    plain, scaled = (
        ScratchMLPClassifier(**FULL, alpha=0.0, class_weight=w).fit(X.astype(dtype), y, WEIGHT)
        for w in given
    )
    np.testing.assert_allclose(scaled.theta_, plain.theta_, rtol=0, atol=1e-4)


def test_balanced_weights_of_a_class_that_hardly_counts_are_finite():
    weight = np.where(Y == 0, 1e-307, 1e300)
    classifier = ScratchMLPClassifier(**FULL, class_weight="balanced").fit(X, Y, weight)
    assert np.isfinite(classifier.theta_).all()


def test_class_weights_act_in_partial_fit_however_small_or_large_they_are():
    """A batch with one class alone is not refused, although another class counts far more."""
    small, large = (
        ScratchMLPClassifier(**FULL, class_weight={0: 1.0, 1: w, 2: w}, alpha=0.0)
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
    weight = np.full(150, 1e-300)
    with pytest.raises(FloatingPointError, match="lower alpha if it is far larger"):
        ScratchMLPClassifier(**FULL, solver="sgd").fit(X, Y, weight)
    shrunk = ScratchMLPClassifier(**FULL, solver="lbfgs", alpha=1e-290).fit(X, Y, weight)
    n_weights = 4 * 6 + 6 * 3
    assert np.abs(shrunk.theta_[:n_weights]).max() < 1e-3


@BOTH
@pytest.mark.parametrize("weight", [np.inf, np.nan, np.full(150, np.inf), [np.nan] * 150])
def test_weights_that_are_not_finite_are_refused_by_name(Estimator, weight):
    with pytest.raises(ValueError, match=r"(?i)input sample_weight contains (infinity|nan)"):
        Estimator().fit(X, Y, sample_weight=weight)
    if np.ndim(weight):
        with pytest.raises(ValueError, match="sample_weight contains"):
            Estimator().fit(X, Y, X_val=X, y_val=Y, sample_weight_val=weight)


@pytest.mark.parametrize("given", [np.array([1, 2]), np.array(["balanced"]), "heavy"])
def test_partial_fit_checks_what_class_weight_is(given):
    classifier = ScratchMLPClassifier(**FULL).fit(X, Y).set_params(class_weight=given)
    with pytest.raises(ValueError, match="The 'class_weight' parameter of"):
        classifier.partial_fit(X, Y)


@pytest.mark.parametrize(
    ("class_weight", "y", "message"),
    [
        ("heavy", Y, "'class_weight' parameter of ScratchMLPClassifier must be"),
        ({0: -1.0}, Y, r"got \{0: -1.0\} for the classes.*must be finite and at least 0"),
        ({0: 0, 1: 0, 2: 0}, Y, r"sum to 0, but .* above 0 and finite\. Weigh at least"),
        ({0: 1e308, 1: 1e308}, Y, "sum to inf, but .* none near the limits"),
        ({0: np.inf}, Y, "must be finite"),
        ([{0: -1, 1: -1}] * 2, Y_LABELS, "must be finite and at least 0"),
        (["balanced", "balanced"], Y_LABELS, "a list with one dict for each column"),
        ([{0: 1, 1: 2}, 3], Y_LABELS, "a list with one dict for each column"),
        ({"a": 1.0}, Y, r"got \{'a': 1.0\} for the classes \[0, 1, 2\]. The classes, \[0, 1, 2\]"),
        ({1: "x"}, Y, r"maps classes to numbers; got \{1: 'x'\} for the classes"),
        ([{0: 1}], Y, r"a dict, or for multilabel a list.*for 1 column\."),
        ({0: 1}, Y_LABELS, r"one dict for each column of y.*got \{0: 1\} for 2 columns"),
        ([{0: 1}], Y_LABELS, r"one dict for each column of y.*for 2 columns"),
    ],
)
def test_bad_class_weights_get_an_error_that_teaches(class_weight, y, message):
    with pytest.raises(ValueError, match=message):
        ScratchMLPClassifier(class_weight=class_weight).fit(X, y)
