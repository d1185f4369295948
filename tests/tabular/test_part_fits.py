"""The fits of the parts of an ensemble: failures, shares of the time, and trials."""

import re
import time
from collections import Counter
from typing import ClassVar

import joblib
import numpy as np
import pytest
from sklearn.base import clone
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.exceptions import FitFailedWarning
from sklearn.model_selection import ShuffleSplit
from sklearn.tree import DecisionTreeClassifier

from scratchmlp.tabular import TabularEnsembleClassifier, TabularMLPClassifier, fit
from scratchmlp.tabular.ensemble import cross_fitting, part_fits
from scratchmlp.tabular.ensemble import fit as ensembles
from scratchmlp.tabular.ensemble.blending import select_weights
from scratchmlp.tabular.networks import deadline, part
from tests.helpers.all_parts import all_parts
from tests.helpers.tabular_estimators import FOLDS, table

TREE = ("tree", DecisionTreeClassifier(min_samples_leaf=5))
N = 150
X, NUMBERS = table(N)
LABELS = np.where(NUMBERS > 0, "yes", "no")


def fitted_classifier(*estimators, y=LABELS, **settings):
    """Fit an ensemble of classifiers to the table."""
    return TabularEnsembleClassifier([*estimators], **FOLDS | settings).fit(X, y)


# Failures.


class Fails(DummyClassifier):
    """An estimator that cannot be fitted."""

    def fit(self, X, y, sample_weight=None):
        raise ZeroDivisionError("no wonder")


class Infinite(DummyClassifier):
    """An estimator whose probabilities are nan."""

    def predict_proba(self, X):
        return np.full((len(X), len(self.classes_)), np.nan)


FAILURES = [
    (Fails(), "ZeroDivisionError: no wonder"),
    (Infinite(), "ValueError: its predictions are not finite"),
    (
        DecisionTreeClassifier(max_depth=-1),
        "InvalidParameterError: The 'max_depth' parameter of DecisionTreeClassifier must be an int "
        "in the range [1, inf) or None. Got -1 instead.",
    ),
]


@pytest.mark.parametrize(("estimator", "error"), FAILURES)
def test_an_estimator_that_fails_is_left_out(estimator, error):
    message = re.escape(f"odd is left out of the ensemble: {error}")
    with pytest.warns(FitFailedWarning, match=message):
        model = fitted_classifier(TREE, ("odd", estimator))
    assert model.errors_ == {"odd": error}
    assert list(model.named_estimators_) == list(model.oof_scores_) == ["tree"]
    assert model.weights_ == {"tree": 1}


def test_if_all_fail_the_first_error_is_raised_and_nothing_changes():
    model = fitted_classifier(TREE)
    before = vars(model).copy()
    model.set_params(estimators=[("odd", Fails())])
    with pytest.warns(FitFailedWarning), pytest.raises(ZeroDivisionError):
        model.fit(X, LABELS)
    assert {**vars(model), "estimators": before["estimators"]} == before


# Shares of the time.


def replace_clock(monkeypatch, now):
    """Let ensembles read another clock; the threads of clusters keep theirs."""
    for module in (fit, cross_fitting, deadline, part_fits):
        monkeypatch.setattr_in(module, time, time=now, perf_counter=now)


@pytest.fixture
def limits(monkeypatch):
    """Return a list to which networks in an ensemble add until when their fits must be over."""
    found, train = [], part.train_networks

    def timed(estimator, problem):
        found.append(estimator.max_time)
        return train(estimator, problem)

    monkeypatch.setattr(part, "train_networks", timed)
    return found


def test_estimators_share_the_time_that_is_left_and_one_that_takes_longer_is_left_out(
    limits, monkeypatch
):
    now = [0.0]

    class TakesTwoSeconds(ExtraTreesClassifier):
        def fit(self, X, y, sample_weight=None):
            now[0] += 2.0
            return super().fit(X, y)

    replace_clock(monkeypatch, lambda: now[0])
    monkeypatch.setattr(ensembles, "without_negligible", lambda weights, *arguments: weights)
    trees, networks = TakesTwoSeconds(2, max_depth=1), TabularMLPClassifier(max_iter=1)
    estimators = [("first", networks), ("trees", trees), ("second", networks)]
    model = TabularEnsembleClassifier(estimators, max_time=30.0, **FOLDS)
    found = model.fit(X, LABELS).named_estimators_
    # The trees take 3 fits of 2 s of their 10 s. The times count from the start of `fit`.
    assert limits == [6 + 24 / 2, 30]
    assert (found["first"].max_time, found["second"].max_time) == (30, 30)
    now[0] = 0.0
    message = r"trees is left out .* take 4 s, but 3 s are left .* Increase max_time"
    with pytest.warns(FitFailedWarning, match=message):
        clone(model).set_params(max_time=15.0).fit(X, LABELS)
    assert limits[2:] == [2 + 13 / 2, 15]
    now[0] = 0.0
    alone = TabularEnsembleClassifier([("trees", trees)], max_time=1.0, **FOLDS)
    assert alone.fit(X, LABELS).weights_ == {"trees": 1}  # there is no other


# Trials.


class Counted(DecisionTreeClassifier):
    """Counts its fits, of which each takes a second of a clock. With one level, it learns noise."""

    fits: ClassVar[list[int]] = []

    def fit(self, X, y, sample_weight=None):
        self.fits.append(self.max_depth)
        return super().fit(X, y[::-1] if self.max_depth == 1 else y, sample_weight)


@pytest.fixture
def trial(monkeypatch):
    """Let few rows be enough for a trial, and return the list of fits."""
    monkeypatch.setattr(part_fits, "_FEWEST_ROWS", 100)
    monkeypatch.setattr(Counted, "fits", [])
    return Counted.fits


GOOD, USELESS = Counted(max_depth=4), Counted(max_depth=1)


def test_a_part_without_weight_on_trial_is_fitted_in_two_folds_alone(trial):
    parts = [("good", GOOD), ("fair", Counted(max_depth=3)), ("useless", USELESS)]
    model = TabularEnsembleClassifier(parts, cv=5, random_state=0).fit(X, NUMBERS > 0)
    assert Counter(trial) == {4: 5, 3: 5, 1: 2}
    assert model.dropped_["useless"].startswith("On trial in 2 folds, its weight was below 0.05")
    board = model.leaderboard()
    assert board["folds"].to_dict() == {type(model).__name__: 5, "good": 5, "fair": 5, "useless": 2}
    assert board[["score", "loss"]].notna().all(axis=None)
    others = TabularEnsembleClassifier(parts[:2], cv=5, random_state=0).fit(X, NUMBERS > 0)
    np.testing.assert_array_equal(model.predict_proba(X), others.predict_proba(X))


class FailsLater(Counted):
    """Fails after the trial."""

    def fit(self, X, y, sample_weight=None):
        if len(self.fits) >= 4:
            raise ZeroDivisionError
        return super().fit(X, y, sample_weight)


def test_a_part_that_the_trial_left_takes_the_place_of_one_that_fails_later(trial):
    parts = [("fails", FailsLater(max_depth=4)), ("useless", USELESS)]
    model = TabularEnsembleClassifier(parts, cv=4, random_state=0)
    with pytest.warns(FitFailedWarning, match="fails is left out"):
        model.fit(X, NUMBERS > 0)
    assert list(model.weights_) == ["useless"]
    model.set_params(estimators=parts[:1])
    with pytest.warns(FitFailedWarning), pytest.raises(ZeroDivisionError):
        model.fit(X, NUMBERS > 0)


def test_of_parts_without_weight_on_trial_the_better_half_goes_on(trial):
    parts = [("good", GOOD), ("same", GOOD), ("useless", USELESS), ("another", USELESS)]
    parts = [(name, clone(part).set_params(random_state=0)) for name, part in parts]
    model = TabularEnsembleClassifier(parts, cv=5, random_state=0).fit(X, NUMBERS > 0)
    assert list(model.weights_) == ["good"]
    assert Counter(trial) == {4: 10, 1: 4}


def test_parts_of_little_weight_on_trial_stop(trial, monkeypatch):
    weights = np.array([0.5, 0.41, 0.05, 0.04])
    monkeypatch.setattr(part_fits, "select_weights", lambda *arguments: weights)
    parts = [("good", GOOD), ("same", GOOD), ("enough", USELESS), ("little", USELESS)]
    TabularEnsembleClassifier(parts, cv=5, random_state=0).fit(X, NUMBERS > 0)
    assert Counter(trial) == {4: 10, 1: 7}


def test_the_trial_selects_weights_by_the_rows_of_the_table(trial, monkeypatch):
    found = []

    def select(predictions, loss, preferred, n_rows):
        found.append((len(predictions[0]), n_rows))
        return select_weights(predictions, loss, preferred, n_rows)

    monkeypatch.setattr(part_fits, "select_weights", select)
    TabularEnsembleClassifier([("good", GOOD)], cv=5, random_state=0).fit(X, NUMBERS > 0)
    assert found == [(2 * N // 5, N)]


@pytest.mark.parametrize("settings", [{"cv": 2}, {"scoring": "roc_auc"}])
def test_two_folds_and_scorers_have_no_trial(settings, trial):
    settings = {"cv": 4, "random_state": 0} | settings
    parts = [("good", GOOD), ("useless", USELESS)]
    TabularEnsembleClassifier(parts, **settings).fit(X, NUMBERS > 0)
    assert trial == [4] * settings["cv"] + [1] * settings["cv"]


def test_after_the_trial_the_best_go_on_as_long_as_there_is_time(trial, monkeypatch):
    """The trials take 4 s. The better tree needs 3 s more, and 1 s is left for the other one."""
    replace_clock(monkeypatch, lambda: float(len(trial)))
    parts = [("worse", Counted(max_depth=3)), ("better", Counted(max_depth=6))]
    model = TabularEnsembleClassifier(parts, cv=5, max_time=8.0, random_state=0)
    with pytest.warns(FitFailedWarning, match="worse is left out .* take 2 s, but 0 s are left"):
        model.fit(X, NUMBERS > 0)
    assert trial == [3, 3, 6, 6, 6, 6, 6, 3]
    assert list(model.weights_) == ["better"]


@pytest.mark.parametrize(("max_time", "until"), [(20.0, 2 + 18 - 3), (6.0, 2 + 4 / 2)])
def test_networks_get_what_the_others_will_not_need_or_half(
    max_time, until, trial, limits, monkeypatch
):
    """The trial takes 2 s, and the other folds of the tree 3 s."""
    replace_clock(monkeypatch, lambda: float(len(trial)))
    parts = [("networks", TabularMLPClassifier(max_iter=1)), ("good", GOOD)]
    with all_parts():
        model = TabularEnsembleClassifier(parts, cv=5, max_time=max_time, random_state=0)
        model.fit(X, NUMBERS > 0)
    assert limits == [until]
    assert model.leaderboard()["folds"].tolist() == [5, 5, 5]


def test_the_time_that_other_folds_take_is_rounded_up_to_whole_rounds(trial, monkeypatch):
    """A fit takes 1 s. Two at the same time take 2 s for three folds, and 1.5 s are left."""
    replace_clock(monkeypatch, lambda: float(len(trial)))
    parts = [("good", GOOD), TREE]
    message = "good is left out .* take 2 s, but 1.5 s are left"
    with joblib.parallel_config("threading"), pytest.warns(FitFailedWarning, match=message):
        fitted_classifier(*parts, y=NUMBERS > 0, cv=4, n_jobs=2, max_time=5.0, scoring="roc_auc")


def test_a_part_that_is_fitted_in_all_folds_is_kept_although_no_time_is_left(trial, monkeypatch):
    replace_clock(monkeypatch, lambda: float(len(trial)))
    parts = [("worse", Counted(max_depth=3)), ("better", Counted(max_depth=6))]
    for cv in (3, ShuffleSplit(1, random_state=0)):  # the last step has one fold
        trial.clear()
        model = fitted_classifier(*parts, y=NUMBERS > 0, cv=cv, max_time=4.0)
        assert model.errors_ == {}
        assert (model.leaderboard()["folds"] == len(model.held_out_)).all()


# Progress.


def test_verbose_prints_what_is_fitted_and_in_which_time(trial, capsys):
    networks = TabularMLPClassifier(max_iter=2, hidden_layer_sizes=4)
    quiet = fitted_classifier(TREE, ("networks", networks), cv=3)
    assert capsys.readouterr().out == ""
    told = fitted_classifier(TREE, ("networks", networks), cv=3, verbose=True)
    lines = re.sub(r"\d+\.\d s", "- s", capsys.readouterr().out).splitlines()
    assert lines == [
        "[tree] 2 of 3 folds, - s",
        "[networks] 2 of 3 trained after - s",
        "[networks] 3 of 3 trained after - s",
        "[networks] 3 of 3 folds, - s",
        "[tree] 3 of 3 folds, - s",
    ]
    np.testing.assert_array_equal(told.predict_proba(X), quiet.predict_proba(X))
    networks.set_params(cv=2, verbose=True).fit(X, LABELS)
    assert capsys.readouterr().out.count("[networks] 2 of 2 trained") == 1
