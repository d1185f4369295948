"""How models are compared: folds, metrics and the models themselves."""

import numpy as np
import pandas as pd
import pytest
from cli_output import BASELINE, ENSEMBLES, LINEAR, TREES
from sklearn.dummy import DummyClassifier, DummyRegressor

from scratchmlp.cli import comparison


def test_large_tables_get_fewer_folds(monkeypatch):
    y = np.repeat(["yes", "no"], 30)
    assert comparison.make_plan(y, True).description == "5 stratified folds"
    monkeypatch.setattr(comparison, "SMALL", 50)
    assert comparison.make_plan(y, True).description == "3 stratified folds"
    assert comparison.make_plan(np.arange(60.0), False).description == "3 folds"
    repeated = comparison.make_plan(y, True, n_repeats=2)
    assert repeated.description == "3 stratified folds, repeated 2 times"
    assert repeated.folds.get_n_splits() == 6


@pytest.mark.parametrize("n_folds", [3, 4, 5, 9])
def test_no_fold_is_without_a_row_of_the_rarest_class(n_folds):
    y = np.repeat(["common", "rare"], [50, n_folds])
    folds = comparison.make_plan(y, True).folds
    assert 2 <= folds.get_n_splits() <= n_folds
    for train, test in folds.split(y, y):
        assert set(y[test]) == {"common", "rare"}
        for _, held_out in comparison.inner_folds(y).split(train, y[train]):
            assert set(y[train][held_out]) == {"common", "rare"}


@pytest.mark.parametrize("is_class", [True, False])
def test_the_ensemble_is_compared_with_trees_a_linear_model_and_a_constant(is_class):
    models = comparison.models_for(pd.DataFrame({"a": [1.0], "b": ["x"]}), is_class)
    assert list(models) == [
        *(pair[0 if is_class else 1] for pair in (ENSEMBLES, TREES, LINEAR)),
        BASELINE,
    ]


@pytest.mark.parametrize("is_class", [True, False])
def test_all_models_get_the_same_folds(is_class):
    y = np.arange(20) % 2 if is_class else np.arange(20.0)
    plan = comparison.make_plan(y, is_class)
    dummy = DummyClassifier() if is_class else DummyRegressor()
    results = comparison.compare({"a": dummy, "b": dummy}, pd.DataFrame({"x": y}), y, plan)
    assert list(results) == ["a", "b"]
    for metric in plan.metrics:
        scores = results["a"][f"test_{metric}"]
        assert len(scores) == 5
        pd.testing.assert_series_equal(scores, results["b"][f"test_{metric}"])
