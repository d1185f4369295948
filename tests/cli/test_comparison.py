"""How models are compared: folds, metrics and the models themselves."""

import numpy as np
import pandas as pd
import pytest
from all_parts import all_parts
from cli_output import BASELINE, ENSEMBLES, LINEAR, NETWORKS, TREES
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline

from scratchmlp.cli import comparison
from scratchmlp.cli.comparison import make_folds
from scratchmlp.cli.kinds import NO_ROLES, Roles, decide_columns, read_columns
from scratchmlp.cli.messages import InputError
from scratchmlp.cli.metrics import score
from scratchmlp.cli.table import Table, load_table
from scratchmlp.tabular import TabularEnsembleClassifier, TabularMLPRegressor


def table_of(columns, is_class, roles=NO_ROLES):
    X = pd.DataFrame(columns)
    fitted, notes = decide_columns(X, roles)
    return Table(X, np.arange(len(X)), is_class, notes, fitted)


def encoder_of(table):
    return read_columns(table.X, table.columns)[1]


@pytest.mark.parametrize("is_class", [True, False])
def test_the_ensemble_is_compared_with_trees_a_linear_model_and_a_constant(is_class):
    table, number = table_of({"a": [1.0, 2.0], "b": ["x", "y"]}, is_class), 0 if is_class else 1
    models = comparison.models_for(table, encoder_of(table))
    assert list(models) == [ENSEMBLES[number], TREES, LINEAR[number], BASELINE]
    own, *others = comparison.models_for(table, encoder_of(table), "networks")
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
    with all_parts():
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
    models = comparison.models_for(table, encoder_of(table), seed=3, jobs=2, max_time=1.5)
    ensemble, trees, *_ = models.values()
    assert (ensemble.random_state, ensemble.n_jobs, ensemble.max_time) == (3, 2, 1.5)
    assert trees[-1].random_state == 3


def test_all_models_are_told_what_columns_are():
    roles = Roles(categorical=["zip", "target"], text=["note"], date=["day"])
    columns = {"zip": ["123", "456"] * 9, "note": ["a b", "c"] * 9, "day": ["2020-01-01"] * 18}
    table = table_of(columns, True, roles)
    ensemble, trees, linear, _ = comparison.models_for(table, encoder_of(table)).values()
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


# Folds that are stratified, of whole groups, or in the order of time.


N = 60
CLASSES, NUMBERS = np.arange(N) % 2, np.arange(float(N))


def test_large_tables_get_fewer_folds(monkeypatch):
    y = np.repeat(["yes", "no"], 30)
    assert make_folds(y, True).description == "5 stratified folds"
    monkeypatch.setattr(comparison, "SMALL", 50)
    assert make_folds(y, True).description == "3 stratified folds"
    assert make_folds(NUMBERS, False).description == "3 folds"
    repeated = make_folds(y, True, n_repeats=2)
    assert repeated.description == "3 stratified folds, repeated 2 times"
    assert len(repeated.splits) == 6


@pytest.mark.parametrize("n_folds", [3, 4, 5, 9])
def test_no_fold_is_without_a_row_of_the_rarest_class(n_folds):
    y = np.repeat(["common", "rare"], [50, n_folds])
    splits = make_folds(y, True).splits
    assert 2 <= len(splits) <= n_folds
    assert all(set(y[test]) == {"common", "rare"} for _, test in splits)


@pytest.mark.parametrize("y", [CLASSES, NUMBERS], ids=["classes", "numbers"])
def test_the_seed_shuffles_the_folds(y):
    options = [{"seed": 0}, {"seed": 1}, {"seed": 1}]
    for more in ({}, {"groups": np.arange(N) // 4}):
        a, b, c = (make_folds(y, y is CLASSES, **each, **more).splits for each in options)
        assert [rows.tolist() for _, rows in a] != [rows.tolist() for _, rows in b]
        assert [rows.tolist() for _, rows in b] == [rows.tolist() for _, rows in c]


# Groups.


@pytest.mark.parametrize("n_groups", [3, 4, 12])
@pytest.mark.parametrize("y", [CLASSES, NUMBERS], ids=["classes", "numbers"])
def test_rows_of_a_group_are_in_one_fold(n_groups, y):
    groups = np.random.default_rng(0).permutation(N) % n_groups
    splits, description, left_out = make_folds(y, y is CLASSES, groups=groups)
    assert description == f"{min(5, n_groups)} folds of whole groups"
    assert left_out == []
    for training, held_out in splits:
        assert not {*groups[training]} & {*groups[held_out]}
        assert len({*groups[training]}) >= 2  # for the folds of the ensemble
    assert sorted(np.concatenate([rows for _, rows in splits])) == list(range(N))


@pytest.mark.parametrize("y", [CLASSES, NUMBERS], ids=["classes", "numbers"])
def test_too_few_groups_are_refused(y):
    with pytest.raises(InputError, match=r"--groups has 2 different values .* at least 3 groups"):
        make_folds(y, y is CLASSES, groups=np.arange(N) % 2)


def test_groups_of_a_single_class_each_are_refused_if_nothing_is_left_to_learn():
    y = np.repeat([0, 1], [50, 10])
    groups = np.r_[np.arange(50) % 2, np.full(10, 2)]
    splits, _, left_out = make_folds(y, True, groups=groups)
    assert all(len(np.unique(y[training])) == 2 for training, _ in splits)
    assert left_out[0].startswith("models are not evaluated on 10 rows of classes without a row to")
    assert left_out[1].startswith("left out 1 split without rows of two classes to train on")


# Time.


def test_later_rows_are_predicted_from_earlier_ones():
    times = np.sort(np.random.default_rng(0).integers(20, size=N))
    times = np.unique(times, return_inverse=True)[1]
    splits, description, _ = make_folds(NUMBERS, False, times=times)
    assert description == f"{len(splits)} splits by time"
    assert len(splits) > 2
    for training, held_out in splits:
        assert times[training].max() < times[held_out].min()  # rows of a time are not separated
        assert len({*times[training]}) >= 3  # for the folds of the ensemble
    assert splits[-1][1][-1] == N - 1


@pytest.mark.parametrize(("n_times", "n_splits"), [(9, 2), (12, 3), (18, 5), (60, 5)])
def test_few_times_get_fewer_splits(n_times, n_splits):
    splits = make_folds(NUMBERS, False, times=np.arange(N) * n_times // N).splits
    assert len(splits) == n_splits


def test_too_few_times_are_refused():
    with pytest.raises(InputError, match=r"--time has 8 different values .* at least 9 are needed"):
        make_folds(NUMBERS, False, times=np.arange(N) * 8 // N)


def test_classes_that_come_later_are_not_scored_before_they_are_known():
    y = np.repeat(["a", "b", "late"], [35, 19, 6])
    y[:6] = "b"
    splits, _, left_out = make_folds(y, True, times=np.arange(N))
    assert all(np.isin(y[held_out], y[training]).all() for training, held_out in splits)
    assert left_out == [
        "models are not evaluated on 6 rows of classes without a row to train on in the same "
        "split: 'late'"
    ]


def test_one_class_after_the_other_is_refused():
    y = np.repeat(["a", "b"], [58, 2])
    with pytest.raises(InputError, match="every split has training rows of a single class"):
        make_folds(y, True, times=np.arange(N))
