"""The folds of a comparison, its metrics, and those that `--metric` names."""

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline

from scratchmlp.cli import comparison
from scratchmlp.cli.evaluation import SHOWN, make_evaluation, make_folds, members_by_time
from scratchmlp.cli.messages import InputError
from scratchmlp.evaluation.metrics import default_metrics
from scratchmlp.tabular import TabularMLPRegressor

N = 60
CLASSES, NUMBERS = np.arange(N) % 2, np.arange(float(N))
each_target = pytest.mark.parametrize("y", [CLASSES, NUMBERS], ids=["classes", "numbers"])


def test_there_are_three_folds_unless_the_user_wants_more():
    assert make_folds(CLASSES, True).description == "3 stratified folds, for random rows"
    assert make_folds(NUMBERS, False).description == "3 folds, for random rows"
    assert make_folds(NUMBERS, False, n_splits=10).description == "10 folds, for random rows"
    assert len(make_folds(NUMBERS[:12], False, n_splits=50).splits) == 12


@pytest.mark.parametrize("n_folds", [3, 9])
def test_no_fold_is_without_a_row_of_the_rarest_class(n_folds):
    y = np.repeat(["common", "rare"], [50, n_folds])
    splits = make_folds(y, True, n_splits=5).splits
    assert len(splits) == min(5, n_folds)
    assert all(set(y[test]) == {"common", "rare"} for _, test in splits)


@each_target
def test_the_seed_shuffles_the_folds(y):
    for more in ({}, {"groups": np.arange(N) // 4}):
        a, b, c = (make_folds(y, y is CLASSES, seed=seed, **more).splits for seed in (0, 1, 1))
        assert [rows.tolist() for _, rows in a] != [rows.tolist() for _, rows in b]
        assert [rows.tolist() for _, rows in b] == [rows.tolist() for _, rows in c]


# Groups.


@pytest.mark.parametrize("n_groups", [3, 12])
@each_target
def test_rows_of_a_group_are_in_one_fold(n_groups, y):
    groups = np.random.default_rng(0).permutation(N) % n_groups
    splits, description, left_out, *_ = make_folds(y, y is CLASSES, n_splits=5, groups=groups)
    assert description == f"{min(5, n_groups)} folds of whole groups, for rows of new groups"
    assert left_out == []
    for training, held_out in splits:
        assert not {*groups[training]} & {*groups[held_out]}
        assert len({*groups[training]}) >= 2  # for the folds of the ensemble
    assert sorted(np.concatenate([rows for _, rows in splits])) == list(range(N))


def test_groups_of_a_single_class_each_are_left_out():
    y = np.repeat([0, 1], [50, 10])
    groups = np.r_[np.arange(50) % 2, np.full(10, 2)]
    splits, _, left_out, *_ = make_folds(y, True, groups=groups)
    assert all(len(np.unique(y[training])) == 2 for training, _ in splits)
    assert left_out[0].startswith("models are not evaluated on 10 rows of classes without a row to")
    assert left_out[1].startswith("left out 1 split without rows of two classes to train on")


# Time.


def test_later_rows_are_predicted_from_earlier_ones():
    times = np.sort(np.random.default_rng(0).integers(20, size=N))
    times = np.unique(times, return_inverse=True)[1]
    splits, description, *_ = make_folds(NUMBERS, False, times=times)
    assert description == f"{len(splits)} splits by time, for later rows"
    assert len(splits) > 2
    for training, held_out in splits:
        assert times[training].max() < times[held_out].min()  # rows of a time are not separated
        assert len({*times[training]}) >= 3  # for the folds of the ensemble
    assert splits[-1][1][-1] == N - 1


@pytest.mark.parametrize(
    ("n_rows", "n_times", "n_splits"),
    [(9, 9, 2), (12, 12, 3), (18, 18, 5), (60, 60, 5), (60, 9, 5), (60, 10, 5), (60, 12, 4)],
)
def test_few_rows_or_times_get_fewer_splits(n_rows, n_times, n_splits):
    times = np.arange(n_rows) * n_times // n_rows
    splits = make_folds(NUMBERS[:n_rows], False, n_splits=5, times=times).splits
    assert len(splits) == n_splits
    assert len({*times[splits[0][0]]}) >= 3
    assert min(len(held_out) for _, held_out in splits) >= 3


def test_more_folds_than_times_are_as_many_as_there_can_be():
    splits = make_folds(NUMBERS, False, n_splits=20, times=np.arange(N) * 12 // N).splits
    assert len(splits) == 12 - 3  # the first one trains on three times


def test_classes_that_come_later_are_not_scored_before_they_are_known():
    y = np.repeat(["a", "b", "late"], [35, 19, 6])
    y[:6] = "b"
    splits, _, left_out, *_ = make_folds(y, True, times=np.arange(N))
    assert all(np.isin(y[held_out], y[training]).all() for training, held_out in splits)
    assert left_out == [
        "models are not evaluated on 6 rows of classes without a row to train on in the same "
        "split: 'late'"
    ]


def test_a_single_split_by_time_is_of_later_rows():
    splits, description, *_ = make_folds(
        np.arange(N) > N - 12, True, n_splits=5, times=np.arange(N)
    )
    assert len(splits) == 1
    assert description.endswith("for later rows")


AT_LEAST = r"{} has {} different values .* at least {}"


NOTHING_TO_COMPARE = [
    (CLASSES, "groups", np.arange(N) % 2, AT_LEAST.format("--groups", 2, 3)),
    (NUMBERS, "times", np.arange(N) * 8 // N, AT_LEAST.format("--time", 8, 9)),
    (np.repeat(["a", "b"], [58, 2]), "times", np.arange(N), "training rows of a single class"),
]


@pytest.mark.parametrize(("y", "option", "values", "message"), NOTHING_TO_COMPARE)
def test_groups_and_times_that_leave_nothing_to_compare_are_refused(y, option, values, message):
    with pytest.raises(InputError, match=message):
        make_folds(y, y is not NUMBERS, **{option: values})


# The folds of the ensemble within those of the comparison.


@pytest.fixture
def fits(monkeypatch):
    """The splits of the members of each fit of an ensemble."""
    calls = []

    def predict(self, X):
        return np.zeros(len(X))

    monkeypatch.setattr(
        TabularMLPRegressor, "_fit_problem", lambda self, problem: calls.append(problem.splits)
    )
    monkeypatch.setattr(TabularMLPRegressor, "predict", predict)
    return calls


def test_the_folds_of_the_ensemble_consist_of_whole_groups_too(fits):
    groups = np.arange(N) // 4
    evaluation = make_evaluation(NUMBERS, False, groups=groups)
    models = {"ensemble": TabularMLPRegressor(), "linear": make_pipeline(Ridge())}
    comparison.compare(models, pd.DataFrame({"x": NUMBERS}), NUMBERS, evaluation)
    for splits, (rows, _) in zip(fits, evaluation.folds.splits, strict=True):
        assert len(splits) == 8
        for training, held_out in splits:
            assert not {*groups[rows[training]]} & {*groups[rows[held_out]]}


@pytest.mark.parametrize("n_rows", [10, 40, 500])
def test_the_members_of_the_ensemble_hold_out_later_rows(n_rows, fits):
    y = np.arange(float(n_rows))
    evaluation = make_evaluation(y, False, times=np.arange(n_rows))
    comparison.compare({"ensemble": TabularMLPRegressor()}, pd.DataFrame({"x": y}), y, evaluation)
    for splits, (rows, _) in zip(fits, evaluation.folds.splits, strict=True):
        assert 2 <= len(splits) <= 8
        assert all(training.max() < held_out.min() for training, held_out in splits)
        assert all(len(training) >= 0.7 * len(rows) - 8 for training, _ in splits)


@pytest.mark.parametrize("n_times", [3, 10, 15, 28, 80, 100])
def test_members_separate_no_rows_of_the_same_time(n_times):
    times = np.repeat(np.arange(n_times), np.arange(n_times) % 4 + 1)
    splits = members_by_time(times)
    assert len([*splits]) == 8
    different = {tuple(np.unique(times[held_out])) for _, held_out in splits}
    assert len(different) == min(8, max(2, n_times // 5))
    for training, held_out in splits:
        assert times[training].max() < times[held_out].min()
        assert len({*times[training]}) >= 0.7 * n_times - 2
        assert len({*times[held_out]}) == max(1, n_times // 40)


# Metrics.

TWO = np.arange(90) % 2


def test_a_metric_that_a_fold_cannot_compute_is_named():
    """A logarithm of negative predictions is not defined, as a trial on the mean cannot tell."""
    X, y = pd.DataFrame({"a": np.arange(60.0)}), np.arange(60.0) ** 3
    evaluation = make_evaluation(y, False, metric="neg_mean_squared_log_error")
    with pytest.raises(InputError, match="--metric neg_mean_squared_log_error cannot be computed"):
        comparison.compare({"Ridge": Ridge(), "again": Ridge()}, X, y, evaluation)
    with pytest.raises(InputError, match="--metric r2 is not a metric of classification"):
        make_evaluation(TWO, True, metric="r2")


def test_a_metric_that_is_named_comes_before_the_others():
    first, *others = default_metrics(np.array([30, 30]))
    evaluation = make_evaluation(TWO, True, metric="f1")
    assert [metric.name for metric in evaluation.metrics][:2] == ["f1", first.name]
    assert len(evaluation.metrics) == len({metric.name for metric in evaluation.metrics}) == SHOWN
    evaluation = make_evaluation(TWO, True, metric=others[-1].name)
    assert [metric.name for metric in evaluation.metrics][:2] == [others[-1].name, first.name]
    assert len(evaluation.metrics) == 1 + len(others)
    assert evaluation.decisive is evaluation.metrics[0]
