"""Out-of-fold predictions: of all estimators, with all ways to split rows, weights and groups."""

import functools

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone, is_classifier
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression, Ridge

from scratchmlp.schedules import CosLog4
from scratchmlp.tabular import (
    TabularEnsembleClassifier,
    TabularEnsembleRegressor,
    TabularMLPClassifier,
    TabularMLPRegressor,
)
from scratchmlp.tabular.fitted_table import fitted_table
from scratchmlp.tabular.networks import recipe
from scratchmlp.tabular.preparation import problem_of
from tests.configurations.tables import SPLITS
from tests.helpers.all_parts import all_parts
from tests.helpers.patches import Patches
from tests.helpers.tabular_estimators import out_of_fold, targets_for

N = 160
SMALL = {"hidden_layer_sizes": 4, "max_iter": 1}
CLASSIFIERS = [("networks", TabularMLPClassifier(**SMALL)), ("linear", LogisticRegression())]
CLASSIFIERS += [("boosting", HistGradientBoostingClassifier(max_iter=3))]
REGRESSORS = [("networks", TabularMLPRegressor(**SMALL)), ("linear", Ridge())]
ESTIMATORS = {
    "networks of classes": TabularMLPClassifier(**SMALL),
    "networks of numbers": TabularMLPRegressor(**SMALL),
    "named classifiers": TabularEnsembleClassifier(CLASSIFIERS),
    "named regressors": TabularEnsembleRegressor(REGRESSORS),
    "default classifiers": TabularEnsembleClassifier(),
    "default regressors": TabularEnsembleRegressor(),
}
WEIGHT = np.where(np.arange(N) % 16, np.random.default_rng(1).integers(1, 3, N), 0)
GROUPS = np.random.default_rng(2).integers(0, 9, N)
#: Parameters of the estimator, and arguments of `fit`.
CASES = {
    "folds": ({"cv": 3}, {}),
    "repeats": ({"cv": 2, "n_repeats": 2}, {}),
    "groups": ({"cv": 2, "n_repeats": 2}, {"sample_weight": WEIGHT, "groups": GROUPS}),
    "KFold": ({"cv": SPLITS["KFold"](N)}, {"sample_weight": WEIGHT}),
    "GroupKFold": ({"cv": SPLITS["GroupKFold"](N)}, {"sample_weight": WEIGHT, "groups": GROUPS}),
    "TimeSeriesSplit": ({"cv": SPLITS["TimeSeriesSplit"](N)}, {"sample_weight": WEIGHT}),
    "ShuffleSplit": ({"cv": SPLITS["ShuffleSplit"](N)}, {}),
}


#: Networks in all cases, and ensembles in those that treat their parts in different ways.
FITS = [(name, case) for name in ESTIMATORS for case in CASES if name.startswith("networks")] + [
    ("named classifiers", "repeats"),
    ("named classifiers", "groups"),
    ("named classifiers", "TimeSeriesSplit"),
    ("named regressors", "GroupKFold"),
    ("named regressors", "ShuffleSplit"),
    ("default classifiers", "KFold"),
    ("default regressors", "TimeSeriesSplit"),
]


def table():
    """Return a number and a column of many categories, and numbers that depend on them."""
    rng = np.random.default_rng(0)
    x, shop = rng.normal(size=N), rng.permutation(N) % 80
    numbers = np.round(4 * x + shop % 7 + rng.normal(size=N))
    return pd.DataFrame({"x": x, "shop": [f"shop {i}" for i in shop]}), numbers


X, NUMBERS = table()
CENTERED = NUMBERS - np.median(NUMBERS)


def fit(estimator, case, y):
    """Fit an estimator in one of the cases.

    All networks have a single epoch. They keep it, and it predicts the fold.
    """
    parameters, arguments = CASES[case]
    with Patches.context() as patch, all_parts():
        patch.setattr(recipe, "_n_epochs", lambda n_rows: 1)
        patch.setattr(CosLog4, "factor", lambda schedule, t: 1.0)  # it would be 0 in this epoch
        estimator = clone(estimator).set_params(random_state=0, inspect_table=False, **parameters)
        return estimator.fit(X, y, **arguments)


@functools.cache
def fitted(name, case):
    estimator = ESTIMATORS[name]
    return fit(estimator, case, targets_for(estimator, CENTERED))


@pytest.mark.parametrize(("name", "case"), FITS)
def test_it_is_the_prediction_of_the_members_that_held_the_row_out(name, case):
    model = fitted(name, case)
    held_out = np.array([np.isin(np.arange(N), rows) for rows in model.held_out_])
    times, members, oof = held_out.sum(axis=0), model.member_predictions(X), out_of_fold(model)
    np.testing.assert_array_equal(np.isnan(oof.reshape(N, -1)).all(axis=1), times == 0)
    # Of rows that several members held out, classifiers average scores, not probabilities.
    rows = np.flatnonzero(times == 1 if is_classifier(model) else times > 0)
    expected = [members[held_out[:, row], row].mean(axis=0) for row in rows]
    np.testing.assert_allclose(oof[rows], np.reshape(expected, oof[rows].shape), rtol=1e-5)


@pytest.mark.parametrize(("name", "case"), FITS)
def test_no_member_trains_on_what_it_holds_out(name, case):
    model, (parameters, arguments) = fitted(name, case), CASES[case]
    weight, groups = arguments.get("sample_weight", np.ones(N)), arguments.get("groups")
    y = targets_for(model, CENTERED)
    splits = problem_of(model, X, y, weight, groups).splits
    groups = np.arange(N) if groups is None else groups
    for (training, held_out), rows in zip(splits, model.held_out_, strict=True):
        np.testing.assert_array_equal(held_out, rows)
        used = np.concatenate([training, held_out])
        assert len(np.unique(used)) == len(used)
        assert weight[used].all()
        assert not {*groups[training]} & {*groups[held_out]}
        if isinstance(parameters["cv"], int):
            assert len(used) == np.count_nonzero(weight)


def before_calibration(model, number):
    """Return what each estimator predicts that was trained without a fold, not yet calibrated."""
    fitted = fitted_table(model)
    encoded = fitted.encode(X)
    return [part.models[number].scores(encoded) for part in fitted.blend.parts.values()]


CHANGED = [
    ("networks of classes", "KFold"),
    ("networks of numbers", "TimeSeriesSplit"),
    ("named classifiers", "TimeSeriesSplit"),
    ("named regressors", "ShuffleSplit"),
]


@pytest.mark.parametrize(("name", "case"), CHANGED)
def test_targets_of_a_fold_change_nothing_in_the_member_that_held_it_out(name, case):
    model = fitted(name, case)
    y, rows = targets_for(model, CENTERED), model.held_out_[0]
    rows = rows[WEIGHT[rows] == 1]  # the mean and the deviation of all targets stay the same
    changed = y.copy()
    changed[rows] = y[rows][::-1]
    after = fit(ESTIMATORS[name], case, changed)
    for number, is_same in ((0, True), (1, False)):
        found = (before_calibration(each, number) for each in (model, after))
        for one, other in zip(*found, strict=True):
            assert np.allclose(one, other, rtol=1e-4, atol=1e-6) == is_same


def test_a_row_s_own_target_has_no_say_in_the_epoch_that_predicts_it():
    first, fold, second, last = np.split(np.arange(N), 4)
    changed = NUMBERS.copy()
    changed[fold] = NUMBERS[fold][::-1]
    splits = [(first, second), (second, last), (first, fold)]  # the first two choose when to stop
    networks = TabularMLPRegressor(cv=splits, hidden_layer_sizes=16, max_iter=24, random_state=0)
    before, after = (clone(networks).fit(X, y) for y in (NUMBERS, changed))
    assert before.best_epochs_[2] != after.best_epochs_[2]
    one, other = (each.oof_prediction_[fold] for each in (before, after))
    np.testing.assert_allclose(one, other, rtol=1e-5)
