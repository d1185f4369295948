"""Boosted trees that predict together give the scores of scikit-learn's loop over nodes."""

import pickle

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

from scratchmlp.tabular import TabularEnsembleClassifier, TabularEnsembleRegressor
from scratchmlp.tabular.ensemble.boosted_trees import boosted_trees
from scratchmlp.tabular.fitted_table import fitted_table

RNG = np.random.default_rng(0)
X = RNG.standard_normal((300, 4)).round(1).astype(np.float32)
X[RNG.random(X.shape) < 0.1] = np.nan
TARGETS = {
    "two": (np.nansum(X, axis=1) > 0).astype(int),
    "several": np.digitize(np.nansum(X, axis=1), [-1, 0, 1]),
    "numbers": np.nansum(X, axis=1) ** 2,
}
EXTREME = np.array([[np.inf, -np.inf, np.nan, 0]], np.float32)


def boosting(target, **settings):
    """Return gradient boosting for a target."""
    if target == "numbers":
        return HistGradientBoostingRegressor(early_stopping=False, **settings)
    return HistGradientBoostingClassifier(early_stopping=False, **settings)


@settings(max_examples=40)
@given(
    target=st.sampled_from([*TARGETS]),
    iterations=st.lists(st.integers(1, 6), min_size=1, max_size=3),
    leaves=st.integers(2, 64),
    own=st.booleans(),
)
def test_scores_are_those_of_scikit_learn(target, iterations, leaves, own):
    """Models may have inputs of their own, and stop after different numbers of iterations."""
    inputs = [np.array([3, 1 + n % 2 if own else 1]) for n in range(len(iterations))]
    models = [
        boosting(target, max_iter=n, max_leaf_nodes=leaves, min_samples_leaf=1)
        .fit(X[:, chosen], TARGETS[target])
        for n, chosen in zip(iterations, inputs, strict=True)
    ]  # fmt: skip
    rows = np.vstack([X, EXTREME])
    expected = [m._raw_predict(rows[:, i]) for m, i in zip(models, inputs, strict=True)]
    (trees,) = boosted_trees(models, inputs)
    np.testing.assert_allclose(trees.scores(rows), np.hstack(expected), rtol=0, atol=1e-12)


FALLBACKS = {
    "many leaves": (X, {"max_leaf_nodes": 65, "min_samples_leaf": 1, "max_iter": 3}),
    "categories": (np.abs(X).round(), {"categorical_features": [0]}),
    "no split": (X, {"min_samples_leaf": 200}),
}


@pytest.mark.parametrize("case", FALLBACKS)
def test_what_tables_cannot_hold_is_left_to_scikit_learn(case):
    rows, parameters = FALLBACKS[case]
    model = boosting("numbers", **parameters).fit(rows, TARGETS["numbers"])
    assert boosted_trees([model], [np.arange(4)]) is None


def test_scores_share_as_many_tables_as_hold_them(monkeypatch):
    """Three models of four classes: several tables, of which some have scores of two models."""
    models = [boosting("several", max_iter=n).fit(X, TARGETS["several"]) for n in (3, 5, 4)]
    inputs = [np.arange(4)] * 3
    (whole,) = boosted_trees(models, inputs)
    n_bytes = sum(bits.nbytes for _, bits in whole.tables.values())
    monkeypatch.setattr("scratchmlp.tabular.ensemble.boosted_trees._MOST_BYTES", n_bytes // 3)
    parts = boosted_trees(models, inputs)
    assert len(parts) > 1
    found = np.hstack([each.scores(EXTREME) for each in parts])
    np.testing.assert_array_equal(found, whole.scores(EXTREME))
    monkeypatch.setattr("scratchmlp.tabular.ensemble.boosted_trees._MOST_TABLES", len(parts) - 1)
    assert boosted_trees(models, inputs) is None


def test_large_tables_are_left_to_scikit_learn(monkeypatch):
    model = boosting("numbers").fit(X, TARGETS["numbers"])
    assert boosted_trees([model], [np.arange(4)])
    monkeypatch.setattr("scratchmlp.tabular.ensemble.boosted_trees._MOST_BYTES", 1000)
    assert boosted_trees([model], [np.arange(4)]) is None


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("parameters", [{}, {"max_leaf_nodes": 100, "min_samples_leaf": 1}])
def test_an_ensemble_predicts_the_mean_of_its_folds(target, parameters):
    """Of a table with a column of many levels, which each fold encodes in its own way."""
    Ensemble = TabularEnsembleRegressor if target == "numbers" else TabularEnsembleClassifier
    table = pd.DataFrame(X).assign(town=[f"level {n}" for n in RNG.integers(0, 40, len(X))])
    table.columns = table.columns.astype(str)
    part = boosting(target, max_iter=5, **parameters)
    model = Ensemble([("boosting", part)], cv=3, random_state=0).fit(table, TARGETS[target])
    rows = np.arange(len(X))
    fitted, size = fitted_table(model), len(pickle.dumps(model))
    encoded, blend = fitted.encode(table), fitted.blend
    alone = [blend.predict_folds(encoded, [fold])[0] for fold in range(3)]
    np.testing.assert_allclose(model.member_predictions(table), alone, rtol=0, atol=1e-12)
    assert len(pickle.dumps(model)) == size  # of which the tables are no part
    whole = model.predict(table) if target == "numbers" else model.predict_proba(table)
    one_by_one = [blend.predict(encoded[[row]])[0] for row in rows[:5]]
    np.testing.assert_allclose(whole[:5], one_by_one, rtol=0, atol=1e-12)
