"""How models are compared: folds, metrics and the models themselves."""

import numpy as np
import pandas as pd
import pytest
from cli_output import BASELINE, ENSEMBLES, LINEAR, NETWORKS, TREES
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline

from scratchmlp.cli import comparison
from scratchmlp.cli.kinds import decide_columns
from scratchmlp.cli.messages import InputError
from scratchmlp.cli.metrics import score
from scratchmlp.cli.roles import NO_ROLES, Roles
from scratchmlp.cli.table import Table, load_table
from scratchmlp.tabular import TabularEnsembleClassifier, TabularMLPRegressor


def table_of(columns, is_class, roles=NO_ROLES):
    X = pd.DataFrame(columns)
    fitted, notes = decide_columns(X, roles)
    return Table(X, np.arange(len(X)), is_class, notes, fitted)


@pytest.mark.parametrize("is_class", [True, False])
def test_the_ensemble_is_compared_with_trees_a_linear_model_and_a_constant(is_class):
    table, number = table_of({"a": [1.0, 2.0], "b": ["x", "y"]}, is_class), 0 if is_class else 1
    models = comparison.models_for(table)
    assert list(models) == [ENSEMBLES[number], TREES, LINEAR[number], BASELINE]
    own, *others = comparison.models_for(table, comparison.Settings(model="networks"))
    assert own == NETWORKS[number]
    assert others == [TREES, LINEAR[number], BASELINE]


@pytest.mark.parametrize("is_class", [True, False])
def test_all_models_get_the_same_folds(is_class):
    y = np.arange(20) % 2 if is_class else np.arange(20.0)
    plan = comparison.make_plan(y, is_class)
    dummy = DummyClassifier() if is_class else DummyRegressor()
    results = comparison.compare({"a": dummy, "b": dummy}, pd.DataFrame({"x": y}), y, plan)
    assert list(results) == ["a", "b"]
    for metric in plan.metrics:
        scores = results["a"][metric.name]
        assert len(scores) == 5
        pd.testing.assert_series_equal(scores, results["b"][metric.name])


def test_each_part_of_an_ensemble_is_scored_on_the_same_rows():
    x = np.random.default_rng(0).normal(size=60)
    X, y = pd.DataFrame({"x": x}), np.where(x > 0, "u", "v")
    plan = comparison.make_plan(y, True)
    parts = [("linear", LogisticRegression()), ("constant", DummyClassifier())]
    ensemble = TabularEnsembleClassifier(parts, cv=2, random_state=0)
    folds = comparison.compare({"ensemble": ensemble}, X, y, plan)["ensemble"]
    for (_, held_out), fold in zip(plan.folds.splits, folds.to_dict("records"), strict=True):
        assert list(fold["parts"]) == ["linear", "constant"]
        for name, part in fold["parts"].items():
            alone = fold["estimator"].only(name)
            expected = score(alone, X.iloc[held_out], 1 * (y[held_out] == "v"), plan.metrics)
            assert part == {**expected, "weight": fold["estimator"].weights_[name]}


@pytest.fixture
def fits(monkeypatch):
    """The `cv` and the groups of each fit of an ensemble."""
    calls = []

    def fit(self, X, y, sample_weight=None, *, groups=None):
        calls.append((self.cv, groups))
        return self

    def predict(self, X):
        return np.zeros(len(X))

    monkeypatch.setattr(TabularMLPRegressor, "fit", fit)
    monkeypatch.setattr(TabularMLPRegressor, "predict", predict)
    return calls


def test_the_folds_of_the_ensemble_consist_of_whole_groups_too(fits):
    y, groups = np.arange(40.0), np.arange(40) // 4
    plan = comparison.make_plan(y, False, groups=groups)
    models = {"ensemble": TabularMLPRegressor(), "linear": make_pipeline(Ridge())}
    comparison.compare(models, pd.DataFrame({"x": y}), y, plan)
    for (_, passed), (training, _) in zip(fits, plan.folds.splits, strict=True):
        np.testing.assert_array_equal(passed, groups[training])


@pytest.mark.parametrize("n_rows", [10, 40, 500])
def test_the_members_of_the_ensemble_hold_out_later_rows(n_rows, fits):
    y = np.arange(float(n_rows))
    plan = comparison.make_plan(y, False, times=np.arange(n_rows))
    comparison.compare({"ensemble": TabularMLPRegressor()}, pd.DataFrame({"x": y}), y, plan)
    assert len(fits) == len(plan.folds.splits)
    for (cv, passed), (rows, _) in zip(fits, plan.folds.splits, strict=True):
        assert passed is None
        splits = list(cv.split(rows))
        assert 2 <= len(splits) <= 8
        assert all(training.max() < held_out.min() for training, held_out in splits)
        assert all(len(training) >= 0.7 * len(rows) - 8 for training, _ in splits)


def test_seed_jobs_and_max_time_are_passed_on():
    table = table_of({"a": ["u", "v"], "b": ["x", "y"]}, True)
    settings = comparison.Settings(seed=3, jobs=2, max_time=1.5)
    ensemble, trees, *_ = comparison.models_for(table, settings).values()
    assert (ensemble.random_state, ensemble.n_jobs, ensemble.max_time) == (3, 2, 1.5)
    assert trees[-1].random_state == 3


def test_all_models_are_told_what_columns_are():
    roles = Roles(categorical=["zip", "target"], text=["note"], date=["day"])
    columns = {"zip": ["123", "456"] * 9, "note": ["a b", "c"] * 9, "day": ["2020-01-01"] * 18}
    table = table_of(columns, True, roles)
    ensemble, trees, linear, _ = comparison.models_for(
        table, comparison.Settings(roles=roles)
    ).values()
    for encoder in (ensemble, linear[0]):
        assert (encoder.categorical_features, encoder.text_features) == (["zip"], ["note"])
    ((_, _, codes),) = trees[0].transformers
    assert codes == ["zip"]
    assert trees[0].remainder.text_features == ["note"]


def test_a_table_that_a_model_cannot_use_is_refused():
    y = np.arange(20) % 2
    X = pd.DataFrame({"a": ["1.5"] * 10 + ["2.5"] * 5 + ["x"] * 5})
    plan = comparison.make_plan(y, True, times=np.arange(20))
    with pytest.raises(InputError, match=r"linear cannot use the table: .*'x'"):
        comparison.compare({"linear": LogisticRegression()}, X, y, plan)


def test_classes_may_be_written_as_decimal_numbers(csv):
    """scikit-learn would take such numbers for a regression target."""
    table = load_table(csv(pd.DataFrame({"a": range(20), "y": [1.5, 2.5] * 10})), "y")
    assert table.is_class
    assert len(comparison.make_plan(table.y, table.is_class).folds.splits) == 5
