"""What all estimators for raw tables promise: networks alone, and ensembles with others."""

import functools
import pickle
from contextlib import nullcontext

import hypothesis.strategies as st
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from joblib import Parallel, delayed
from scipy.sparse import csr_array
from scipy.stats import gmean
from sklearn import config_context
from sklearn.base import clone, is_classifier
from sklearn.callback import ProgressBar
from sklearn.exceptions import NotFittedError, UndefinedMetricWarning
from sklearn.metrics import accuracy_score, r2_score
from sklearn.model_selection import GroupKFold, KFold, PredefinedSplit, TimeSeriesSplit
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor
from sklearn.utils import get_tags
from sklearn.utils.estimator_checks import parametrize_with_checks

from scratchmlp import ScratchMLPClassifier
from scratchmlp.callbacks import ModelCheckpoint, TimeLimit
from scratchmlp.tabular import (
    TabularEncoder,
    TabularEnsembleClassifier,
    TabularEnsembleRegressor,
    TabularMLPClassifier,
    TabularMLPRegressor,
)
from scratchmlp.tabular.columns.encoder import encode_with
from scratchmlp.tabular.prediction import Blend
from scratchmlp.tabular.preparation import problem_of
from tests.helpers.fuzzing import examples
from tests.helpers.tabular_estimators import (
    ESTIMATORS,
    Counter,
    out_of_fold,
    predictions,
    table,
    targets_for,
)

ROWS = "numbers are scaled by quantiles of rows, and repeated rows change what trees draw at random"
X, NUMBERS = table()
NEW, NEW_NUMBERS = table(2000, seed=1)
CLASSIFIERS = [each for each in ESTIMATORS.values() if is_classifier(each)]


def name_of(estimator):
    return type(estimator).__name__


for_all = pytest.mark.parametrize("estimator", ESTIMATORS.values(), ids=name_of)
for_classifiers = pytest.mark.parametrize("estimator", CLASSIFIERS, ids=name_of)


def quick(estimator, **settings):
    """Return a copy of an estimator with two folds, whose networks have few epochs."""
    name = "networks__max_iter" if hasattr(estimator, "estimators") else "max_iter"
    return clone(estimator).set_params(**{name: 4, "cv": 2} | settings)


def fit(estimator, X=X, numbers=NUMBERS, **arguments):
    """Fit a copy of an estimator."""
    return clone(estimator).fit(X, targets_for(estimator, numbers), **arguments)


#: Inspecting the table takes a quarter of these checks; those of the ensembles do it.
NETWORKS = {"cv": 2, "hidden_layer_sizes": 16, "inspect_table": False}


def checks(*estimators):
    """Parametrize a test with scikit-learn's checks of estimators, and ignore what data deserve."""
    warnings = "ignore:y has one class", "ignore:the column:UserWarning"
    every = parametrize_with_checks(
        [*estimators],
        expected_failed_checks=lambda estimator: {
            "check_sample_weight_equivalence_on_dense_data": ROWS
        },
    )
    few = pytest.mark.filterwarnings(*warnings, r"ignore:\d columns tell:UserWarning")
    return lambda test: few(every(test))


@checks(
    TabularMLPClassifier(**NETWORKS, max_iter=16),
    TabularEnsembleRegressor([("tree", DecisionTreeRegressor(min_samples_leaf=5))], cv=2),
)
def test_scikit_learn_check(estimator, check):
    check(estimator)


@pytest.mark.nightly
@checks(
    TabularMLPRegressor(**NETWORKS, max_iter=16),
    TabularEnsembleClassifier([("tree", DecisionTreeClassifier(min_samples_leaf=5))], cv=2),
)
def test_scikit_learn_check_at_night(estimator, check):
    check(estimator)


@pytest.fixture(scope="module", params=ESTIMATORS)
def fitted(request):
    return fit(ESTIMATORS[request.param])


# Predictions.


def test_it_learns_from_a_raw_table_and_estimates_its_score_of_new_rows(fitted):
    tags = get_tags(fitted)
    assert tags.input_tags.categorical
    assert tags.input_tags.string
    assert tags.input_tags.allow_nan
    score = fitted.score(NEW, targets_for(fitted, NEW_NUMBERS))
    assert score > 0.8
    assert fitted.oof_score_ == pytest.approx(score, abs=0.1)
    y, oof = targets_for(fitted, NUMBERS), out_of_fold(fitted)
    if is_classifier(fitted):
        assert fitted.oof_score_ == accuracy_score(y, fitted.classes_[oof.argmax(axis=1)])
    else:
        assert fitted.oof_score_ == pytest.approx(r2_score(y, oof))
        assert tags.target_tags.multi_output


def test_predictions_are_the_mean_of_the_members(fitted):
    members, found = fitted.member_predictions(NEW), predictions(fitted, NEW)
    assert members.shape == (3, *found.shape)
    if isinstance(fitted, TabularEnsembleClassifier):
        mean = gmean(members, axis=0)
        mean /= mean.sum(axis=1, keepdims=True)
    else:
        mean = members.mean(axis=0)
    np.testing.assert_allclose(found, mean)
    if is_classifier(fitted):
        np.testing.assert_array_equal(fitted.predict(NEW), fitted.classes_[found.argmax(axis=1)])
        np.testing.assert_allclose(fitted.predict_log_proba(NEW), np.log(found))


def test_predictions_do_not_depend_on_memory(fitted):
    expected = fitted.member_predictions(NEW)
    with config_context(working_memory=0.01):  # MB
        np.testing.assert_allclose(fitted.member_predictions(NEW), expected, rtol=1e-5)


def test_pickles_and_clones_that_were_fitted_before_predict_the_same(fitted):
    """So do estimators with `n_jobs`, as a test of callbacks shows."""
    again = fit(fitted, X[::2], -NUMBERS[::2]).fit(X, targets_for(fitted, NUMBERS))
    for other in (pickle.loads(pickle.dumps(fitted)), again):
        np.testing.assert_array_equal(predictions(other, NEW), predictions(fitted, NEW))
        np.testing.assert_array_equal(out_of_fold(other), out_of_fold(fitted))


def test_columns_are_found_by_name_and_one_row_is_enough(fitted):
    expected = predictions(fitted, NEW)
    np.testing.assert_array_equal(predictions(fitted, NEW[["member", "city", "age"]]), expected)
    assert len(fitted.predict(NEW.iloc[[0]])) == 1


@for_classifiers
def test_attributes_of_an_estimator_that_is_not_fitted(estimator):
    for name in ("classes_", "temperature_", "floor_"):
        with pytest.raises(NotFittedError, match="is not fitted yet"):
            getattr(estimator, name)


@pytest.mark.parametrize("Estimator", [TabularMLPRegressor, TabularEnsembleRegressor])
def test_predictions_stay_within_the_range_of_the_targets(Estimator):
    estimator = quick(ESTIMATORS[Estimator.__name__], cv=3)
    found = fit(estimator).predict(NEW.assign(age=1000 * NEW["age"]))
    assert NUMBERS.min() <= found.min() <= found.max() <= NUMBERS.max()
    equal = estimator.fit(X, np.full(len(X), 0.1))
    assert {*equal.predict(X)} == {0.1}  # (0.1 + 0.1 + 0.1) / 3 would be above 0.1


# Targets.


@for_classifiers
def test_classes_may_be_rare_or_a_single_one(estimator):
    y, model = targets_for(estimator, NUMBERS).astype("U4"), quick(estimator, cv=4)
    for n_rare in (1, 3):
        y[:n_rare] = "rare"
        model.fit(X, y)
        assert len(model.held_out_) == 4
        assert model.predict_proba(X).shape == (120, 3)
    few = model.fit([[0], [1], [2], [3]], [0, 0, 1, 1])
    assert len(few.held_out_) == 2
    with pytest.warns(UserWarning, match="y has one class, 'yes', so every prediction"):
        model.fit(X, np.full(len(X), "yes"))
    np.testing.assert_array_equal(model.predict_proba(X), np.ones((len(X), 1)))


Y = pd.Series(NUMBERS)


WRONG_TARGETS = [
    (TabularMLPRegressor, Y.astype(str) + "!", "use TabularMLPClassifier or TabularEnsembleCl"),
    (TabularMLPRegressor, Y.astype(object).where(Y.index != 7, "bad"), "got 'bad'"),
    (TabularMLPRegressor, pd.to_datetime(Y), "Convert dates and durations to numbers"),
    (TabularMLPRegressor, np.ones(len(Y), "f4,i4"), "must be numbers; got"),
    (TabularMLPRegressor, Y * 1e200, r"must be 0 or between 1e-150 and 1e\+150; got .*e\+20"),
    (TabularMLPRegressor, Y * 1e-309, r"must be 0 or between 1e-150 and 1e\+150; got .*e-3"),
    (TabularEnsembleRegressor, np.c_[Y, Y * 1e-309], r"must be 0 or between .* got .*e-3"),
    (TabularMLPClassifier, np.resize([-1.7e308, 1.7e308], 120), "label type: continuous"),
    (ScratchMLPClassifier, np.resize([-1.7e308, 1.7e308], 120), "label type: continuous"),
]


@pytest.mark.parametrize(("Estimator", "y", "message"), WRONG_TARGETS)
def test_targets_of_the_other_kind(Estimator, y, message):
    with pytest.raises(ValueError, match=message):
        Estimator().fit(X[["member"]], y)


@pytest.mark.parametrize("power", [-490, 480])
def test_targets_of_any_scale_are_predicted_alike(power):
    model = quick(ESTIMATORS["TabularMLPRegressor"])
    plain, scaled = clone(model).fit(X, NUMBERS), clone(model).fit(X, np.ldexp(NUMBERS, power))
    np.testing.assert_array_equal(scaled.predict(X), np.ldexp(plain.predict(X), power))
    assert scaled.oof_score_ == plain.oof_score_


def test_targets_of_rows_without_weight_may_be_far_away():
    weight = np.where(np.arange(len(X)) < 100, 1e-200, 0.0)
    far = np.where(weight > 0, 1e-200 * NUMBERS, 1e140)
    model = quick(ESTIMATORS["TabularMLPRegressor"]).fit(X, far, weight)
    assert np.abs(model.predict(X)).max() < 1e-199


# Weights.

WEIGHT = np.random.RandomState(2).uniform(0.5, 3.0, len(X)).astype(np.float32).astype(np.float64)


def outputs(estimator, weight):
    """Return predictions and scores after few epochs."""
    model = fit(quick(estimator), sample_weight=weight)
    return [model.member_predictions(X), model.oof_score_, getattr(model, "temperature_", 1.0)]


@functools.cache
def expected_outputs(name, *, is_weighted):
    return outputs(ESTIMATORS[name], WEIGHT if is_weighted else None)


def assert_alike(found, expected, **tolerance):
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, **tolerance)


@pytest.mark.random
@for_all
@examples(2)
@given(share=st.floats(-0.9, 0.9), dtype=st.sampled_from([np.float32, np.float64]))
def test_a_power_of_two_in_the_weights_changes_nothing(estimator, share, dtype):
    weight = np.ldexp(WEIGHT, int(share * np.finfo(dtype).maxexp)).astype(dtype)
    expected = expected_outputs(name_of(estimator), is_weighted=True)
    assert_alike(outputs(estimator, weight), expected, rtol=0)


@pytest.mark.random
@for_all
@examples(2)
@given(constant=st.floats(1e-300, 1e300))
def test_a_constant_in_the_weights_changes_nothing(estimator, constant):
    for weight, is_weighted in ((WEIGHT, True), (np.ones(len(X)), False)):
        expected = expected_outputs(name_of(estimator), is_weighted=is_weighted)
        assert_alike(outputs(estimator, constant * weight), expected, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("constant", [1e-6, 1e6])
def test_a_constant_in_the_class_weights_changes_nothing(constant):
    weighted = clone(ESTIMATORS["TabularMLPClassifier"])
    weighted.set_params(class_weight={"yes": constant, "no": constant})
    expected = expected_outputs("TabularMLPClassifier", is_weighted=True)
    assert_alike(outputs(weighted, WEIGHT * 1e-40), expected, rtol=1e-3)


@for_all
def test_rows_of_weight_zero_are_absent(estimator):
    weighted = fit(quick(estimator), sample_weight=np.tile([1.0, 0.0], 60))
    absent = fit(quick(estimator), X[::2], NUMBERS[::2])
    np.testing.assert_allclose(predictions(weighted, X), predictions(absent, X))
    oof = out_of_fold(weighted)
    assert np.isnan(oof[1::2]).all()
    np.testing.assert_allclose(oof[::2], out_of_fold(absent))


@for_classifiers
def test_class_weights_are_weights_of_rows(estimator):
    y, weights = targets_for(estimator, NUMBERS), {"yes": 8, "no": 1}
    by_class = fit(clone(estimator).set_params(class_weight=weights))
    by_row = fit(estimator, sample_weight=np.where(y == "yes", 8.0, 1.0))
    more, same, base = (
        each.predict_proba(X)[:, 1].mean() for each in (by_class, by_row, fit(estimator))
    )
    assert more > base + 0.05
    assert same == pytest.approx(more, abs=0.05)
    both = fit(by_class, sample_weight=WEIGHT)  # scores have the weights of rows alone
    right = both.classes_[both.oof_proba_.argmax(axis=1)] == y
    assert both.oof_score_ == pytest.approx(np.average(right, weights=WEIGHT))


# Folds and groups.


@for_all
def test_rows_of_a_group_are_held_out_together(estimator):
    groups = np.array([f"patient {i}" for i in np.arange(len(X)) // 24])
    model = fit(quick(estimator, cv=8), groups=groups)
    assert len(model.held_out_) == 5  # as many as there are groups
    for rows in model.held_out_:
        assert not {*groups[rows]} & {*np.delete(groups, rows)}
    splitter = fit(quick(estimator, cv=GroupKFold(4)), groups=groups)
    assert len(splitter.held_out_) == 4
    uneven = fit(model, groups=np.repeat([0, 1, 2, 3], [7, 36, 3, 74]))
    assert 2 <= len(uneven.held_out_) <= 4
    assert np.isfinite(out_of_fold(uneven)).all()
    assert len(fit(quick(estimator, cv=8), groups=groups < "patient 2").held_out_) == 2


def test_repeats_split_the_rows_again():
    model = ESTIMATORS["TabularMLPRegressor"]
    first, again = (fit(quick(model, n_repeats=n)).held_out_ for n in (1, 2))
    np.testing.assert_array_equal(first, again[:2])
    assert not np.array_equal(again[0], again[2])
    np.testing.assert_array_equal(np.sort(np.concatenate(again[2:])), np.arange(len(X)))


MASK = np.arange(len(X)) < 80


@pytest.mark.parametrize(
    "split",
    [([*range(80)], [*range(80, 120)]), (MASK, ~MASK), (np.arange(80), np.arange(-40, 0))],
)
def test_splits_may_be_lists_masks_or_count_from_the_end(split):
    weight = np.r_[0.0, np.ones(119)]
    networks = TabularMLPClassifier(cv=[split])
    [(training, held_out)] = problem_of(networks, X, NUMBERS > 0, weight).splits
    np.testing.assert_array_equal(training, range(1, 80))
    np.testing.assert_array_equal(held_out, range(80, 120))


@for_all
@pytest.mark.filterwarnings("error")  # such as scikit-learn's, that R² needs two rows
def test_a_single_row_that_is_held_out_has_no_r2(estimator):
    said = pytest.warns(UndefinedMetricWarning, match="cv holds out a single row.* at least two")
    with nullcontext() if is_classifier(estimator) else said as found:
        model = fit(quick(estimator, cv=2 * [(np.arange(119), [119])]))
    assert found is None or len(found) == 1
    assert np.isfinite(out_of_fold(model)[119]).all()
    scores = [model.oof_score_, *getattr(model, "oof_scores_", {}).values()]
    if is_classifier(model):
        assert {*scores} <= {0, 1}
    else:
        assert np.isnan(scores).all()
    with pytest.raises(ValueError, match="At least 2 of the rows that were held out"):
        model.oof_importances(X, targets_for(model, NUMBERS))


@for_all
def test_a_column_may_have_no_value_in_the_training_rows_of_a_fold(estimator):
    rng = np.random.default_rng(0)
    late = np.where(np.arange(60) >= 50, rng.normal(size=60), np.nan)
    X, numbers = pd.DataFrame({"x": rng.normal(size=60), "late": late}), rng.normal(size=60)
    model = fit(quick(estimator, cv=TimeSeriesSplit(3)), X, numbers + X["x"])
    assert getattr(model, "errors_", {}) == {}
    uncertain = model.predict_set if is_classifier(model) else model.predict_interval
    assert np.isfinite(uncertain(X, 0.5)).all()


@for_all
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.DataConversionWarning")
def test_a_table_without_usable_columns(estimator):
    constant = pd.DataFrame({"a": [1.0] * len(X)})
    found = predictions(fit(quick(estimator), constant), constant)
    known = [NUMBERS <= 0, NUMBERS > 0] if is_classifier(estimator) else [NUMBERS]
    assert found[0] == pytest.approx(np.squeeze(np.mean(known, axis=1)), abs=0.2)
    assert (found == found[0]).all()


# Failures.

NO, YES = np.flatnonzero(NUMBERS <= 0), np.flatnonzero(NUMBERS > 0)
THIRD = np.arange(120) % 3
NO_FOLD, NO_TRAINING = {"sample_weight": THIRD != 1}, {"sample_weight": NUMBERS > 0}
REFUSED = [
    # parameters, arguments of fit, error, message
    ({}, {"y": Y.round().where(Y.index > 2)}, ValueError, "3 of the 120 values of y are missing"),
    ({}, {"y": "left"}, ValueError, r"y is 'left', .* X=df.drop\(columns='left'\) and y=df"),
    ({}, {"y": np.array(["a", 1] * 60, object)}, ValueError, "y mixes strings|be numbers; got 'a'"),
    ({}, {"y": None}, ValueError, "requires y to be passed, but the target y is None"),
    ({}, {"y": csr_array(NUMBERS[:, None] > 0)}, TypeError, "Sparse data was passed for y"),
    ({}, {"sample_weight": np.inf}, ValueError, "(?i)input sample_weight contains infinity"),
    ({}, {"sample_weight": THIRD * np.nan}, ValueError, "(?i)input sample_weight contains nan"),
    ({}, {"groups": np.zeros(120)}, ValueError, "at least 2 groups are needed; got 1"),
    ({}, {"groups": [None, *range(119)]}, ValueError, "1 of the 120 values of groups are missing"),
    ({}, {"groups": "city"}, ValueError, r"name of a column\. Pass groups=X\['city'\]\."),
    ({}, {"groups": np.array([1, "a"] * 60, object)}, TypeError, r"Got \['int', 'str'\]"),
    ({"cv": GroupKFold(4)}, {}, ValueError, "groups"),
    ({"cv": [([0, 1], [120])]}, {}, ValueError, "for 120 rows: .*index 120 is out.*Change cv"),
    ({"cv": [([0.0, 1.0], [2])]}, {}, ValueError, "cv must give .*must be of integer.*Change cv"),
    (
        {"cv": PredefinedSplit(np.full(120, -1))},
        {},
        ValueError,
        "cv has no splits, but .* Change cv",
    ),
    ({"cv": KFold(3), "n_repeats": 2}, {}, ValueError, "n_repeats=2 needs a number .*KFold"),
    ({"cv": PredefinedSplit(THIRD)}, NO_FOLD, ValueError, "split 1 .* 80 and 0"),
    ({"cv": [(NO, YES)]}, NO_TRAINING, ValueError, "split 0 .* 0 and .*Change cv"),
]


@for_all
@pytest.mark.parametrize(("settings", "arguments", "error", "message"), REFUSED)
def test_what_fit_refuses(estimator, settings, arguments, error, message):
    given = {"y": targets_for(estimator, NUMBERS)} | arguments
    with pytest.raises(error, match=message):
        clone(estimator).set_params(**settings).fit(X, **given)


@for_all
@pytest.mark.filterwarnings("ignore:tree is left out")
def test_a_failure_changes_nothing(estimator):
    class Stops(Counter):
        def on_fit_task_end(self, *_, **__):
            raise RuntimeError("stop")

    class FailsToEnd(Counter):
        def teardown(self, estimator, context):
            raise RuntimeError("torn down")

    model = fit(quick(estimator))
    before = dict(vars(model))
    with pytest.raises(ValueError, match="Column 'age' holds infinity"):
        model.fit(X.assign(age=np.inf), targets_for(model, NUMBERS))
    assert vars(model) == before
    before = dict(vars(model.set_callbacks(Stops())))
    with pytest.raises(RuntimeError, match="stop"):
        model.fit(X, targets_for(model, -NUMBERS))
    assert vars(model) == before
    before = dict(vars(model.set_callbacks(FailsToEnd())))
    with pytest.raises(RuntimeError, match="torn down"):
        model.fit(X, targets_for(model, -NUMBERS))
    assert vars(model) == before


REJECTED = [
    (pd.DataFrame(np.ones((9, 3)), columns=["a", "b", "a"]), "^X has two columns named 'a'. "),
    (pd.DataFrame(np.ones((9, 3)), columns=[1, 2, 1]), "^X has two columns named 1. Rename"),
    (pd.Series(np.ones(9), name="a"), r"a Series, .* X\.iloc\[\[0\]\] .* X\[\['a'\]\] instead"),
]


@pytest.mark.parametrize(("table", "message"), REJECTED)
def test_tables_that_are_rejected(fitted, table, message):
    for read in (fitted.predict, lambda table: clone(fitted).fit(table, np.arange(9) % 2)):
        with pytest.raises(ValueError, match=message):
            read(table)


def test_lazy_tables_are_rejected(fitted):
    lazy = pytest.importorskip("polars").LazyFrame({"a": np.arange(9.0)})
    for read in (fitted.predict, lambda table: clone(fitted).fit(table, np.arange(9) % 2)):
        with pytest.raises(TypeError, match=r"^X is a LazyFrame, .* Pass X\.collect\(\)"):
            read(lazy)


# Callbacks, processes and threads.


@pytest.mark.parametrize(("name", "n_jobs"), [*zip(ESTIMATORS, [2, None, None, 2], strict=True)])
def test_callbacks_see_members_and_epochs_and_get_the_fitted_estimator(name, n_jobs, capfd):
    plain, counter = fit(quick(ESTIMATORS[name])), Counter()
    model = quick(ESTIMATORS[name], n_jobs=n_jobs).set_callbacks(ProgressBar(), counter)
    model.fit(X, targets_for(model, NUMBERS))
    shown = capfd.readouterr().out
    assert f"{name} - fit" in shown
    assert "member" in shown
    assert "100%" in shown
    assert counter.n_running == 0
    for each in (model, counter.fitted, pickle.loads(pickle.dumps(model))):
        np.testing.assert_array_equal(predictions(each, X), predictions(plain, X))


def memory_of(encoded):
    parts = encoded.numbers, encoded.codes
    return [type(part).__name__ for part in parts], [part.filename for part in parts]


def test_processes_share_one_memory_map_of_the_encoded_table():
    random_state = np.random.RandomState(0)
    numbers = pd.DataFrame(random_state.normal(size=(20_000, 15))).add_prefix("number ")
    cities = pd.DataFrame(random_state.choice(["Bern", "Rome"], (20_000, 15))).add_prefix("city ")
    encoded, _ = encode_with(TabularEncoder().fit(numbers.join(cities)), numbers.join(cities))
    one, two = Parallel(n_jobs=2, batch_size=1)(delayed(memory_of)(encoded) for _ in range(2))
    assert one == two
    assert one[0] == ["memmap", "memmap"]


@pytest.mark.parametrize("callback", [TimeLimit(1), ModelCheckpoint("network.skops")])
def test_callbacks_of_single_networks_name_the_alternative(callback):
    with pytest.raises(TypeError, match="takes a limit of time as max_time"):
        TabularMLPClassifier().set_callbacks(callback).fit(X, NUMBERS > 0)


@for_all
def test_a_second_fit_in_another_thread_does_not_mix_with_predictions(estimator, monkeypatch):
    model = fit(quick(estimator))
    of_first, predict_folds = predictions(model, X), Blend.predict_folds

    def fit_meanwhile(self, encoded, folds):
        monkeypatch.undo()
        model.fit(X, targets_for(model, -NUMBERS))
        return predict_folds(self, encoded, folds)

    monkeypatch.setattr(Blend, "predict_folds", fit_meanwhile)
    np.testing.assert_array_equal(predictions(model, X), of_first)
    assert (predictions(model, X) != of_first).any()
