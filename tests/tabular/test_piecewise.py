"""Bins: their edges, their outputs, and the rows that they are fitted to."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.base import clone
from sklearn.datasets import load_diabetes, load_iris
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor
from sklearn.utils.estimator_checks import parametrize_with_checks

from scratchmlp.batches import Data
from scratchmlp.tabular import PiecewiseLinearEncoder, TabularEncoder
from scratchmlp.tabular.columns.encoder import encode_with
from scratchmlp.tabular.inputs.inputs import Bins
from tests.helpers.fuzzing import examples
from tests.helpers.patches import Patches

ENCODINGS = ["linear", "steps", "both", "auto"]
STRATEGIES = ["quantile", "tree"]
IRIS, SPECIES = load_iris(return_X_y=True)
MIXED = np.c_[
    np.linspace(-1, 1, 60),  # smooth
    np.r_[np.zeros(40), np.arange(1, 21)],  # a frequent value
    np.r_[np.nan, np.linspace(0, 1, 59) ** 3],  # a missing value
    np.full(60, 3.0),  # constant
    np.full(60, np.nan),  # no number at all
    np.arange(60) % 2,  # two values
]


def columns(elements):
    """Return a strategy for matrices with at least two rows."""
    shape = st.tuples(st.integers(2, 30), st.integers(1, 3))
    return shape.flatmap(lambda shape: arrays(np.float64, shape, elements=elements))


ANY = columns(st.floats(allow_infinity=False))
LEVELS = columns(st.sampled_from([0.0, 1.0, 2.5, np.nan]))
INTEGERS = columns(st.integers(-50, 50).map(float))
SETTINGS = {
    "n_bins": st.integers(2, 9),
    "strategy": st.sampled_from(STRATEGIES),
    "encoding": st.sampled_from(ENCODINGS),
}


@parametrize_with_checks(
    [PiecewiseLinearEncoder(), PiecewiseLinearEncoder(strategy="tree", encoding="both")]
)
def test_scikit_learn_check(estimator, check):
    check(estimator)


# Properties.


@pytest.mark.random
@examples(60)
@given(X=ANY | LEVELS, settings=st.fixed_dictionaries(SETTINGS), data=st.data())
def test_outputs_are_in_0_to_1_and_rows_do_not_depend_on_others(X, settings, data):
    y, encoder = np.arange(len(X)) % 2, PiecewiseLinearEncoder(**settings)
    out = encoder.fit(X, y).transform(X)
    assert ((out >= 0) & (out <= 1)).all()
    names = encoder.get_feature_names_out()
    assert len(set(names)) == len(names) == out.shape[1]
    assert all((np.diff(edges) > 0).all() for edges in encoder.bin_edges_)
    assert max(map(len, encoder.bin_edges_)) <= encoder.n_bins + 1
    order = np.array(data.draw(st.permutations(range(len(X)))))
    np.testing.assert_array_equal(encoder.transform(X[order[:3]]), out[order[:3]])
    np.testing.assert_array_equal(encoder.fit(X[order], y[order]).transform(X), out)


@pytest.mark.random
@examples(20)
@given(x=columns(st.floats(-1e6, 1e6)), encoding=st.sampled_from(ENCODINGS))
@example(x=np.array([[0.0], [3e-309], [6e-309], [1.0]]), encoding="linear")  # narrow bins
def test_larger_numbers_have_larger_outputs(x, encoding):
    encoder = PiecewiseLinearEncoder(5, encoding=encoding).fit(x)
    assert (np.diff(encoder.transform(np.sort(x, axis=0)), axis=0) >= 0).all()


@pytest.mark.random
@examples(20)
@given(x=INTEGERS, n_bins=st.integers(2, 9))
def test_linear_outputs_tell_a_number_and_both_are_linear_followed_by_steps(x, n_bins):
    x = x[:, :1]
    linear, steps, both = (
        PiecewiseLinearEncoder(n_bins, encoding=encoding).fit(x) for encoding in ENCODINGS[:3]
    )
    out, edges = linear.transform(x), linear.bin_edges_[0]
    computed = np.interp(out.sum(axis=1), np.arange(len(edges)), edges)
    np.testing.assert_allclose(computed, x[:, 0], atol=1e-9)
    np.testing.assert_array_equal(both.transform(x), np.hstack([out, steps.transform(x)]))


@pytest.mark.random
@examples(20)
@given(x=INTEGERS, data=st.data())
def test_an_integer_weight_is_equivalent_to_repeated_rows(x, data):
    weight = np.array(data.draw(st.lists(st.integers(0, 3), min_size=len(x), max_size=len(x))))
    weight[0] = 1
    weighted = PiecewiseLinearEncoder(4, encoding="auto").fit(x, sample_weight=weight)
    repeated = clone(weighted).fit(np.repeat(x, weight, axis=0))
    np.testing.assert_equal(weighted.bin_edges_, repeated.bin_edges_)
    assert weighted.encodings_ == repeated.encodings_


@pytest.mark.parametrize("power", [-1000, 1000])
@pytest.mark.parametrize("strategy", STRATEGIES)
def test_the_scale_of_weights_does_not_matter(power, strategy):
    weight = np.random.default_rng(0).uniform(0.5, 3, len(IRIS))
    plain, scaled = (
        PiecewiseLinearEncoder(4, strategy=strategy, encoding="auto").fit(IRIS, SPECIES, w)
        for w in (weight, np.ldexp(weight, power))
    )
    np.testing.assert_equal(scaled.bin_edges_, plain.bin_edges_)
    assert scaled.encodings_ == plain.encodings_


# Edges.


@pytest.mark.parametrize("n_bins", [3, 8])
def test_quantile_bins_have_equally_many_rows(n_bins):
    x = np.random.default_rng(0).lognormal(size=(600, 1))
    (edges,) = PiecewiseLinearEncoder(n_bins).fit(x).bin_edges_
    counts, _ = np.histogram(x, edges)
    np.testing.assert_array_equal(counts, 600 // n_bins)
    assert (edges[0], edges[-1]) == (x.min(), x.max())


FREQUENT = [
    ([0, 0, 0, 0, 0, 0, 0, 1, 2], [0, 0.5, 2]),  # a frequent value at the lower end
    ([1, 2, 3, 3, 3, 3, 3, 3, 3], [1, 2.5, 3]),  # at the upper end
    ([0, 5, 5, 5, 5, 5, 5, 5, 9], [0, 2.5, 7, 9]),  # in between
    ([0, 1, 1, 1, 1, 1, 1, 1, 1], [0, 0.5, 1]),  # two values, one of them rare
    ([4, 4, np.nan], [4]),
    ([np.nan, np.nan], []),
]


@pytest.mark.parametrize(("x", "edges"), FREQUENT)
def test_a_frequent_value_has_an_edge_on_both_sides(x, edges):
    (found,) = PiecewiseLinearEncoder(4).fit(np.array(x)[:, None]).bin_edges_
    np.testing.assert_array_equal(found, edges)


@pytest.mark.parametrize(
    ("Tree", "y"),
    [(DecisionTreeClassifier, SPECIES), (DecisionTreeRegressor, IRIS[:, 0] + 0.01)],
)
def test_inner_edges_are_the_thresholds_of_a_tree(Tree, y):
    x = IRIS[:, 2:3]
    tree = Tree(max_leaf_nodes=6, min_samples_leaf=4, random_state=0).fit(x, y).tree_
    encoder = PiecewiseLinearEncoder(6, strategy="tree", min_samples_leaf=4).fit(x, y)
    thresholds = np.sort(tree.threshold[tree.children_left >= 0])
    np.testing.assert_allclose(encoder.bin_edges_[0][1:-1], thresholds, rtol=1e-6)


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_bins_depend_only_on_the_order_of_values(strategy):
    encoder = PiecewiseLinearEncoder(strategy=strategy, encoding="both")
    plain = encoder.fit_transform(IRIS, SPECIES)
    for factor in (1e-300, 1e-30, 1e30, 1e298):
        np.testing.assert_allclose(encoder.fit_transform(IRIS * factor, SPECIES), plain, rtol=1e-9)


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_the_largest_floats(strategy):
    largest = np.finfo(np.float64).max
    X = np.array([[-largest], [0], [largest], [np.nan]])
    encoder = PiecewiseLinearEncoder(2, strategy=strategy).fit(X, [0, 1, 1, 0])
    out = encoder.transform(X)
    np.testing.assert_array_equal(out[[0, 2, 3]], [[0, 0], [1, 1], [0, 0]])
    assert 0 <= out[1].min() <= out[1].max() <= 1
    many = np.resize([-largest, largest, 0.0, largest, largest], (40, 1))
    encoded = encoder.fit_transform(many, many[:, 0] > 0)  # without a warning of their sum
    assert 0 <= encoded.min() < encoded.max() <= 1


def test_trees_take_several_targets_and_weights():
    X, y = load_diabetes(return_X_y=True)
    two = np.column_stack([y, y**2]) + 0.5
    encoder = PiecewiseLinearEncoder(strategy="tree", min_samples_leaf=20)
    edges = encoder.fit(X, two).bin_edges_
    assert all(len(found) <= 9 for found in edges)
    weighted = clone(encoder).fit(X, two, sample_weight=np.arange(len(y))).bin_edges_
    assert any(not np.array_equal(a, b) for a, b in zip(edges, weighted, strict=True))
    one = encoder.fit(X, two[:, :1]).bin_edges_
    np.testing.assert_equal(one, encoder.fit(X, two[:, 0]).bin_edges_)


TREE_EDGES = [
    # Rows with missing numbers are ignored.
    ([1, 2, 3, 4, np.nan, np.nan], [0, 0, 1, 1, 2, 2], [1, 2.5, 4]),
    # Seconds since 1970 are equal in float32.
    (1.7e9 + np.arange(20), np.arange(20) >= 7, [1.7e9, 1.7e9 + 6.5, 1.7e9 + 19]),
    # No integer can hold the target.
    (np.arange(8.0), np.repeat([0.0, 1e75], 4), [0, 3.5, 7]),
]


@pytest.mark.parametrize(("x", "y", "edges"), TREE_EDGES)
def test_edges_of_trees(x, y, edges):
    encoder = PiecewiseLinearEncoder(4, strategy="tree").fit(np.array(x)[:, None], y)
    np.testing.assert_array_equal(encoder.bin_edges_[0], edges)


# Encodings and outputs.


def test_values_of_each_encoding():
    x = np.array([[0.0], [1], [2], [3], [4]])
    new = np.array([[-1.0], [0], [1.25], [2.5], [3.25], [9], [np.nan]])
    encoder = PiecewiseLinearEncoder(2).fit(x)
    linear = [[0, 0], [0, 0], [0.5, 0], [1, 0], [1, 0.5], [1, 1], [0, 0]]
    np.testing.assert_array_equal(encoder.transform(new), linear)
    encoder.set_params(encoding="steps").fit(x)
    np.testing.assert_array_equal(encoder.transform(new), np.c_[[0, 0, 0, 1, 1, 1, 0]])
    for flags in ([0, 1, 1], [0, 0, 1]):  # two bins are enough
        np.testing.assert_array_equal(encoder.fit_transform(np.c_[flags]), np.c_[flags])


def test_auto_encodes_frequent_or_few_values_as_steps_and_constants_have_no_outputs():
    encoder = PiecewiseLinearEncoder(encoding="auto").fit(MIXED)
    assert [encoder.encodings_[j] for j in (0, 1, 2, 5)] == ["linear", "steps", "linear", "steps"]
    assert {name[:2] for name in encoder.get_feature_names_out()} == {"x0", "x1", "x2", "x5"}
    encoder.set_output(transform="pandas")
    assert encoder.fit_transform(pd.DataFrame({"a": [1.0, 1.0]})).shape == (2, 0)


def test_names():
    table = pd.DataFrame({"age": [20.0, 30, 41, 50], "x": [1.0, 1 + 1e-9, 1 + 2e-9, 1 + 3e-9]})
    encoder = PiecewiseLinearEncoder(4, encoding="both").set_output(transform="pandas")
    found = list(encoder.fit_transform(table))
    assert found[:7] == [*(f"age_bin{t}" for t in range(4)), "age>=25", "age>=35.5", "age>=45.5"]
    assert found[-1] == f"x>={float(encoder.bin_edges_[1][3])!r}"  # six digits are not enough


TREE = {"strategy": "tree"}


INVALID = [
    ({"n_bins": 1}, (IRIS,), "'n_bins' parameter .* Got 1"),
    ({"strategy": "uniform"}, (IRIS,), "'strategy' parameter .* Got 'uniform'"),
    ({"encoding": "onehot"}, (IRIS,), "'encoding' parameter .* Got 'onehot'"),
    ({"min_samples_leaf": 0}, (IRIS,), "'min_samples_leaf' parameter .* Got 0"),
    (TREE, (IRIS,), "requires y to be passed"),
    (TREE, (IRIS, np.array([object()] * len(IRIS))), "Unknown label type"),
    ({}, ([[np.inf], [1.0]],), "infinity"),
]


@pytest.mark.parametrize(("settings", "arguments", "message"), INVALID)
def test_invalid_parameters_and_data_are_rejected(settings, arguments, message):
    with pytest.raises(ValueError, match=message):
        PiecewiseLinearEncoder(**settings).fit(*arguments)


def test_a_failed_fit_leaves_the_encoder_unchanged():
    encoder = PiecewiseLinearEncoder().fit(IRIS)
    with pytest.raises(ValueError, match="Negative values"):
        encoder.fit(IRIS[:, :2], sample_weight=np.full(len(IRIS), -1.0))
    assert encoder.transform(IRIS).shape == (150, 32)


def fitted_bins(x, classes, weight=None):
    """Fit bins to a table; return an encoder's edges, and the numbers and weights that it got."""
    X, given, fit = pd.DataFrame({"x": x}), [], PiecewiseLinearEncoder._fit
    table = encode_with(TabularEncoder(numeric_features=["x"]).fit(X), X)[0]
    bins = Bins(PiecewiseLinearEncoder(4, strategy="tree"), np.array([0]))
    with Patches.context() as patches:
        patches.setattr(PiecewiseLinearEncoder, "_fit", lambda *a: given.append(a) or fit(*a))
        fitted = bins.fit(Data(table, classes, weight, np.eye(2)))
    _, numbers, _, weights = given[0]
    return fitted.encoder.bin_edges_[0], numbers[:, 0], weights


@pytest.mark.parametrize("n_rows", [5_000, 30_000])
def test_bins_of_members_come_from_at_most_10_000_rows_with_a_weight(n_rows):
    x = np.linspace(0, 1, n_rows)
    weight = np.where(x < 0.8, 1.0, 0.0)
    edges, X, weights = fitted_bins(x, (x > 0.4).astype(int), weight)
    assert len(X) == min(n_rows, 10_000)
    assert weights.sum() == pytest.approx(weight.sum())
    if n_rows > 10_000:
        assert weights.all()
        assert len(np.unique(X)) == 10_000  # no row is drawn twice
    middle = np.median(X[weights > 0])
    assert edges[1] == pytest.approx(middle, abs=0.01)


def test_bins_of_members_see_all_rows_of_a_rare_class():
    x = np.linspace(0, 1, 50_000)
    rare = (np.arange(50_000) % 10 == 0) & (x > 0.99)
    edges, X, weights = fitted_bins(x, rare.astype(int))
    assert len(X) == 5_000 + rare.sum()
    assert weights.sum() == pytest.approx(50_000)
    assert (weights == 1).sum() == rare.sum()
    above = [weights[edge <= X].sum() / 50_000 for edge in edges[1:-1]]
    assert min(abs(share - 0.01) for share in above) < 0.005
