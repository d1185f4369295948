"""Folds that are stratified, of whole groups, or in the order of time."""

import numpy as np
import pytest

from scratchmlp.cli import folds
from scratchmlp.cli.folds import inner_folds, make_folds
from scratchmlp.cli.messages import InputError

N = 60
CLASSES, NUMBERS = np.arange(N) % 2, np.arange(float(N))


def test_large_tables_get_fewer_folds(monkeypatch):
    y = np.repeat(["yes", "no"], 30)
    assert make_folds(y, True).description == "5 stratified folds"
    monkeypatch.setattr(folds, "SMALL", 50)
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
    for train, test in splits:
        assert set(y[test]) == {"common", "rare"}
        for _, held_out in inner_folds(y).split(train, y[train]):
            assert set(y[train][held_out]) == {"common", "rare"}


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
