"""Prediction intervals and sets: their coverage, their ends by hand, and what they refuse."""

import numpy as np
import pandas as pd
import pytest
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.linear_model import Ridge
from sklearn.model_selection import TimeSeriesSplit

from scratchmlp.tabular import (
    TabularEnsembleClassifier,
    TabularEnsembleRegressor,
    TabularMLPClassifier,
    TabularMLPRegressor,
)
from scratchmlp.tabular import uncertainty as module
from scratchmlp.tabular.fitted_table import fitted_table
from scratchmlp.tabular.uncertainty import (
    fit_difficulty,
    held_out_scores,
    scored_rows,
)
from tests.helpers.all_parts import all_parts

SMALL = {"hidden_layer_sizes": 16, "max_iter": 24, "random_state": 0}
CV = {"cv": 3, "random_state": 0}
BOOSTING = ("boosting", HistGradientBoostingRegressor(max_iter=10))
BOOSTED_CLASSES = ("boosting", HistGradientBoostingClassifier(max_iter=10))


def rows(n, seed=0):
    """Return a table whose targets are hard to predict if `x` is large, and classes."""
    rng = np.random.default_rng(seed)
    x, z = rng.uniform(0, 1, n), rng.normal(size=n)
    y = z + np.where(x > 0.5, 2.0, 0.5) * rng.normal(size=n)
    return pd.DataFrame({"x": x, "z": z}), y, np.digitize(y, [-1.0, 1.0])


TRAINING, TEST = rows(450), rows(2000, seed=1)


@pytest.fixture(scope="module")
def networks():
    return TabularMLPRegressor(cv=3, **SMALL).fit(*TRAINING[:2])


@pytest.fixture(scope="module")
def classifier():
    return TabularMLPClassifier(cv=3, **SMALL).fit(TRAINING[0], TRAINING[2])


def coverage_of(ends, y):
    return ((ends[..., 0] <= y) & (y <= ends[..., 1])).mean()


@pytest.mark.parametrize("coverage", [0.5, 0.9])
def test_intervals_cover_new_targets_and_are_wide_where_targets_are_uncertain(networks, coverage):
    X, y, _ = TEST
    ends = networks.predict_interval(X, coverage)
    assert ends.shape == (len(X), 2)
    assert coverage_of(ends, y) == pytest.approx(coverage, abs=0.06)
    width, hard = ends[:, 1] - ends[:, 0], X["x"] > 0.5
    assert width[hard].mean() > 2 * width[~hard].mean()
    np.testing.assert_allclose(ends.mean(axis=1), networks.predict(X))


def test_ensembles_and_each_estimator_alone_are_as_unsure_as_their_own_errors_demand():
    X, y, _ = TEST
    networks = ("networks", TabularMLPRegressor(hidden_layer_sizes=8, max_iter=4))
    far_off = ("bad", DummyRegressor(strategy="constant", constant=2.0))
    with all_parts():
        ensemble = TabularEnsembleRegressor([networks, BOOSTING, far_off], **CV)
        ensemble.fit(*TRAINING[:2])
    alone, networks = ensemble.only("networks"), ensemble.named_estimators_["networks"]
    for each in (ensemble, networks, ensemble.only("boosting"), ensemble.only("bad")):
        assert 0.85 < coverage_of(each.predict_interval(X), y) < 0.95
    np.testing.assert_array_equal(alone.predict_interval(X), networks.predict_interval(X))


def test_sets_cover_new_classes_and_contain_the_most_probable(classifier):
    X, _, y = TEST
    parts = [BOOSTED_CLASSES, ("bad", DummyClassifier())]
    with all_parts():
        ensemble = TabularEnsembleClassifier(parts, **CV).fit(TRAINING[0], TRAINING[2])
    sizes = [ensemble.only(name).predict_set(X).sum(axis=1).mean() for name in ("boosting", "bad")]
    assert sizes[0] < 2.5 < sizes[1] == 3
    for each in (classifier, ensemble, ensemble.only("boosting")):
        found = each.predict_set(X)
        assert found.dtype == bool
        assert found.shape == (len(X), 3)
        assert 0.85 < found[np.arange(len(X)), y].mean() < 0.95
        best = each.predict_proba(X).argmax(axis=1)
        few = each.predict_set(X, coverage=0.01)
        np.testing.assert_array_equal(few, best[:, np.newaxis] == [0, 1, 2])
        assert (found | few == found).all()


def test_a_quantile_by_hand():
    scores, weight = np.array([[3.0], [1.0], [2.0], [4.0]]), np.array([1.0, 5.0, 1.0, 1.0])
    for equal in (None, np.ones(4)):
        known = held_out_scores(scores, equal)
        quantiles = [known.quantile(coverage)[0] for coverage in (0.6, 0.61, 0.8)]
        assert quantiles == [3.0, 4.0, 4.0]  # 0.6 is the third of 5 = 4 + 1
    both = held_out_scores(np.hstack([scores, -scores]), None)
    np.testing.assert_array_equal(both.quantile(0.6), [3.0, -2.0])
    known = held_out_scores(scores, weight)  # of weight 8, and 11.5 with a new row of weight 28 / 8
    assert known.quantile(5 / 11.5) == [1.0]
    assert known.quantile(5.1 / 11.5) == [2.0]
    assert held_out_scores(scores, 7 * weight).quantile(5.1 / 11.5) == [2.0]
    assert known.quantile(2 / 3) == [4.0]
    with pytest.raises(ValueError, match=r"3 rows, and fit had 4, which their weights make 2\.286"):
        known.quantile(0.7)


@pytest.mark.parametrize("n", [9, 99, 999])
def test_a_coverage_needs_so_many_rows(n):
    coverage = n / (n + 1)
    assert held_out_scores(np.arange(n)[:, None], None).quantile(coverage) == [n - 1]
    too_few = held_out_scores(np.arange(n - 1)[:, None], None)
    with pytest.raises(ValueError, match=rf"at least {n} rows, and fit had {n - 1}\. Lower"):
        too_few.quantile(coverage)


REFUSED = [
    *[(wrong, ValueError, "above 0 and below 1") for wrong in (0, 1, np.nan)],
    *[(wrong, TypeError, "must be a number") for wrong in ("0.9", None, True, [0.9])],
]


@pytest.mark.parametrize(("coverage", "error", "message"), REFUSED)
def test_coverages_that_are_refused(networks, classifier, coverage, error, message):
    for predict in (networks.predict_interval, classifier.predict_set):
        with pytest.raises(error, match=message):
            predict(TEST[0][:3], coverage)


SPLITS = [
    ({"cv": TimeSeriesSplit(2)}, None, 300),  # the first rows are in no fold
    ({"cv": 2}, np.repeat([0.0, 1.0, 2.0], 150), 300),
    ({"cv": [(np.arange(250), np.arange(250, 450))]}, None, 200),
    ({"cv": 2, "n_repeats": 2}, None, 450),
]


@pytest.mark.parametrize(("settings", "weight", "n_scores"), SPLITS)
def test_scores_are_those_of_rows_that_members_held_out(settings, weight, n_scores):
    networks = TabularMLPRegressor(**settings, **SMALL).fit(*TRAINING[:2], weight)
    known = fitted_table(networks).blend.uncertainty.scores
    assert len(known.scores) == n_scores
    if weight is not None:
        np.testing.assert_allclose(
            np.unique(known.weight), [2 / 3, 4 / 3], rtol=1e-6
        )  # divided by their mean
    assert 0.8 < coverage_of(networks.predict_interval(TEST[0]), TEST[1]) < 0.98


def test_two_rows_and_several_targets():
    X, y = np.arange(3.0)[:, None], np.arange(3.0)
    for cv, n_rows in ((2, 2), ([([0], [1, 2])], 3)):
        networks = TabularMLPRegressor(cv=cv, **SMALL).fit(X[:n_rows], y[:n_rows])
        assert np.isfinite(networks.predict_interval(X, coverage=0.5)).all()
    with pytest.raises(ValueError, match=r"at least 2 rows .* n_samples=1\. Add rows"):
        networks.fit(X[:1], y[:1])
    X, y, _ = TRAINING
    both = TabularMLPRegressor(cv=2, **SMALL).fit(X, np.column_stack([y, 1000 - 100 * y]))
    ends = both.predict_interval(X)
    assert ends.shape == (len(X), 2, 2)
    np.testing.assert_allclose(ends[:, 1], 1000 - 100 * ends[:, 0, ::-1], rtol=1e-3, atol=1e-2)


def test_intervals_are_at_least_0_if_no_target_is_negative():
    X, y, _ = TRAINING
    counts, weight = np.floor(np.exp(y)), np.ones(len(y))
    model = TabularEnsembleRegressor([("linear", Ridge())], **CV)
    model.fit(X, np.column_stack([y, counts]))
    (low, high), (least, most) = np.moveaxis(model.predict_interval(X), 0, -1)
    assert low.min() < 0
    assert least.min() == 0
    assert (most - least).min() > 0
    center = model.predict(X)
    np.testing.assert_allclose(low + high, 2 * center[:, 0])
    np.testing.assert_allclose(least, np.maximum(2 * center[:, 1] - most, 0))
    counts[0], weight[0] = -1, 0  # in a row that is not learned from
    assert model.fit(X, counts, sample_weight=weight).predict_interval(X).min() == 0
    assert model.fit(X, counts).predict_interval(X).min() < 0


def test_many_rows_are_drawn(monkeypatch):
    monkeypatch.setattr(module, "_MOST_SCORES", 50)
    rows = np.arange(20, 200)
    drawn, _, _ = scored_rows([rows], None)
    assert len(np.unique(drawn)) == 50
    assert drawn.min() >= 20
    np.testing.assert_array_equal(drawn, scored_rows([rows], None)[0])


def test_rows_are_in_the_fold_of_a_member_that_held_them_out():
    _, found, _ = scored_rows([np.array([0, 1]), np.array([3])], None)
    np.testing.assert_array_equal(found, [0, 0, 1])
    _, found, _ = scored_rows([np.arange(9)], None)  # of one member, five folds
    np.testing.assert_array_equal(found, [0, 1, 2, 3, 4, 0, 1, 2, 3])


# The expected sizes of errors.

RNG = np.random.default_rng(0)
INPUTS, ERRORS = RNG.normal(size=(300, 2)), RNG.exponential(size=(300, 2))
FOLDS = np.arange(300) % 3


def test_outputs_share_a_model_of_their_mean_error():
    unit, mean_error = np.array([1.0, 100.0]), ERRORS.mean(axis=1)[:, None]
    found, sizes = fit_difficulty(INPUTS, unit * ERRORS, unit, FOLDS, None)
    alone, expected = fit_difficulty(INPUTS, mean_error, np.ones(1), FOLDS, None)
    np.testing.assert_allclose(sizes, expected * unit)
    np.testing.assert_allclose(found.predict(INPUTS), alone.predict(INPUTS) * unit)


def test_sizes_do_not_depend_on_the_errors_that_they_divide():
    changed = np.where(FOLDS[:, None] == 1, 100.0, ERRORS)
    _, before = fit_difficulty(INPUTS, ERRORS, np.ones(2), FOLDS, None)
    _, after = fit_difficulty(INPUTS, changed, np.ones(2), FOLDS, None)
    np.testing.assert_array_equal(before[FOLDS == 1], after[FOLDS == 1])
    assert (before[FOLDS != 1] < after[FOLDS != 1]).all()


def test_the_least_size_is_a_share_of_the_weighted_mean_error():
    errors, weight = np.array([[0.0], [1.0]] * 150), np.array([3.0, 1.0] * 150)
    found, _ = fit_difficulty(np.zeros((300, 1)), errors, np.ones(1), FOLDS, weight)
    assert found.least == pytest.approx(0.1 * 0.25)
