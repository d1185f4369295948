"""The tabular estimators: raw tables in, predictions out."""

import pickle
import time

import hypothesis
import numpy as np
import pandas as pd
import pytest
from hypothesis import strategies as st
from joblib import Parallel, delayed
from scipy.sparse import csr_array
from scipy.special import softmax
from sklearn import config_context
from sklearn.base import clone
from sklearn.callback import ProgressBar
from sklearn.datasets import load_diabetes, load_wine, make_classification
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.metrics import accuracy_score, log_loss, r2_score
from sklearn.model_selection import GroupKFold, KFold, PredefinedSplit, TimeSeriesSplit
from sklearn.utils import get_tags
from sklearn.utils.estimator_checks import parametrize_with_checks

from scratchmlp import DivergenceError, ScratchMLPClassifier
from scratchmlp.activations import ACTIVATIONS
from scratchmlp.batches import Data
from scratchmlp.callbacks import ModelCheckpoint, TimeLimit
from scratchmlp.losses import LogLoss, SquaredError
from scratchmlp.network import Network
from scratchmlp.schedules import CosLog4, Progress
from scratchmlp.tabular import (
    TabularEncoder,
    TabularEnsembleClassifier,
    TabularEnsembleRegressor,
    TabularMLPClassifier,
    TabularMLPRegressor,
    calibration,
)
from scratchmlp.tabular.calibration import Calibration, fit_calibration
from scratchmlp.tabular.folds import make_splits
from scratchmlp.tabular.networks.deadline import OUT_OF_TIME, Deadline, TimedSchedule, deadlines
from scratchmlp.tabular.networks.epochs import (
    check_kept,
    choose_epochs,
    enough_epochs,
    out_of_fold_epochs,
)
from scratchmlp.tabular.networks.executor import LocalExecutor
from scratchmlp.tabular.networks.fold_evaluator import Candidate, FoldEvaluator
from scratchmlp.tabular.networks.member import MemberHistory
from scratchmlp.tabular.networks.recipe import classification_recipe, evenness, regression_recipe
from scratchmlp.tabular.networks.tangent import TangentParametrization

ROWS = "numbers are scaled by quantiles of rows, and training is in float32, whose rounding shows"


@pytest.mark.filterwarnings("ignore:y has one class")
@parametrize_with_checks(
    # Three members: more would do the same.
    [TabularMLPClassifier(cv=3, max_iter=16), TabularMLPRegressor(cv=3, max_iter=16)],
    expected_failed_checks=lambda estimator: {
        "check_sample_weight_equivalence_on_dense_data": ROWS
    },
    xfail_strict=False,  # rounding is not the same everywhere
)
def test_scikit_learn_check(estimator, check):
    check(estimator)


def table(n=120, seed=0):
    """A table of several kinds of columns, a class that depends on them, and a number that does."""
    rng = np.random.RandomState(seed)
    age, city = rng.uniform(20, 60, n), rng.choice(["Rome", "Oslo", "Paris"], n)
    X = pd.DataFrame({"age": age, "city": city, "member": rng.rand(n) < 0.5})
    X.loc[::9, "age"] = np.nan
    X.loc[::11, "city"] = None
    number = (age - 40) / 10 + 2 * (city == "Oslo") - X["member"]
    return X, np.where(number > 0, "yes", "no"), number.to_numpy()


@pytest.fixture(scope="module")
def classifier():
    X, y, _ = table()
    return TabularMLPClassifier(max_iter=32, random_state=0).fit(X, y)


@pytest.fixture(scope="module")
def regressor():
    X, _, y = table()
    return TabularMLPRegressor(max_iter=32, random_state=0).fit(X, y)


def test_it_learns_from_a_raw_table(classifier, regressor):
    X, y, number = table(seed=1)
    assert classifier.score(X, y) > 0.8
    assert regressor.score(X, number) > 0.8


def test_history_has_a_row_for_each_member_and_epoch(classifier):
    history = pd.DataFrame(classifier.history_)
    assert list(history) == [
        "member", "epoch", "loss", "validation_loss", "learning_rate", "seconds",
    ]  # fmt: skip
    n_epochs = history.groupby("member")["epoch"].max()
    assert n_epochs.max() == classifier.n_iter_ <= 32
    assert len(history) == n_epochs.sum()
    by_epoch = history.groupby("epoch")["loss"].mean()
    assert by_epoch[32] < by_epoch[1]
    kept = history[history["epoch"] == classifier.best_epochs_[history["member"]]]
    assert (kept["validation_loss"].to_numpy() < history["validation_loss"].mean()).all()
    assert (history["seconds"] > 0).all()
    assert history["learning_rate"].nunique() > 8


def test_out_of_fold_scores_are_near_those_of_new_rows(classifier, regressor):
    X, y, number = table(2000, seed=1)
    assert classifier.oof_score_ == pytest.approx(classifier.score(X, y), abs=0.1)
    assert regressor.oof_score_ == pytest.approx(regressor.score(X, number), abs=0.1)


def test_out_of_fold_attributes(classifier, regressor):
    _, y, number = table()
    assert classifier.oof_proba_.shape == (120, 2)
    np.testing.assert_allclose(classifier.oof_proba_.sum(axis=1), 1)
    predicted = classifier.classes_[classifier.oof_proba_.argmax(axis=1)]
    assert classifier.oof_score_ == accuracy_score(y, predicted)
    assert regressor.oof_prediction_.shape == (120,)
    assert regressor.oof_score_ == pytest.approx(r2_score(number, regressor.oof_prediction_))
    for model in (classifier, regressor):
        assert len(model.held_out_) == len(model.members_)
        np.testing.assert_array_equal(np.sort(np.concatenate(model.held_out_)), range(120))


def test_predictions_are_the_mean_of_the_members(classifier, regressor):
    X, _, _ = table(seed=1)
    members = classifier.member_predictions(X)
    assert members.shape == (8, 120, 2)
    np.testing.assert_allclose(members.mean(axis=0), classifier.predict_proba(X))
    members = regressor.member_predictions(X)
    assert members.shape == (8, 120)
    np.testing.assert_allclose(members.mean(axis=0), regressor.predict(X))


def test_predictions_do_not_depend_on_memory(classifier):
    X, _, _ = table(seed=1)
    expected = classifier.member_predictions(X)
    with config_context(working_memory=0.01):  # MB
        np.testing.assert_allclose(classifier.member_predictions(X), expected, rtol=1e-5)


@pytest.mark.parametrize("hidden_layer_sizes", [4, (64, 64)])
def test_the_same_if_inputs_are_computed_batch_by_batch(monkeypatch, hidden_layer_sizes):
    X, y, _ = table(400)
    networks = TabularMLPClassifier(
        cv=2, max_iter=2, hidden_layer_sizes=hidden_layer_sizes, random_state=0
    )
    expected = clone(networks).fit(X, y).predict_proba(X)
    monkeypatch.setattr("scratchmlp.tabular.inputs.inputs._LARGEST_ARRAY", 0)
    monkeypatch.setattr("scratchmlp.tabular.networks.member._FEW_INPUTS", 0)
    np.testing.assert_array_equal(networks.fit(X, y).predict_proba(X), expected)


@pytest.mark.parametrize("Estimator", [TabularMLPClassifier, TabularMLPRegressor])
def test_the_same_for_any_number_of_jobs(Estimator):
    X, y, number = table()
    y = y if Estimator is TabularMLPClassifier else number
    one, two = (Estimator(max_iter=16, n_jobs=n, random_state=0).fit(X, y) for n in (None, 2))
    assert one.stop_reasons_ == two.stop_reasons_
    np.testing.assert_array_equal(one.member_predictions(X), two.member_predictions(X))


def test_pickles_and_clones_predict_the_same(classifier):
    X, _, _ = table(seed=1)
    again = pickle.loads(pickle.dumps(classifier))
    np.testing.assert_array_equal(again.predict_proba(X), classifier.predict_proba(X))
    np.testing.assert_array_equal(
        clone(classifier).fit(*table()[:2]).predict_proba(X), classifier.predict_proba(X)
    )


def test_columns_are_found_by_name(classifier):
    X, _, _ = table(seed=1)
    proba = classifier.predict_proba(X)
    np.testing.assert_array_equal(classifier.predict_proba(X[["member", "city", "age"]]), proba)
    with pytest.raises(ValueError, match="missing: 'age'"):
        classifier.predict(X.drop(columns="age"))
    with pytest.raises(ValueError, match="Column 'age'"):
        classifier.predict(X.assign(age="young"))


def test_multiclass_probabilities_are_calibrated():
    X, y = load_wine(return_X_y=True, as_frame=True)
    model = TabularMLPClassifier(max_iter=64, random_state=0).fit(X[::2], y[::2])
    proba = model.predict_proba(X[1::2])
    assert log_loss(y[1::2], proba) < 0.15
    np.testing.assert_array_equal(model.predict(X[1::2]), proba.argmax(axis=1))
    np.testing.assert_allclose(model.predict_log_proba(X[1::2]), np.log(proba))


def test_predictions_stay_within_the_range_of_the_targets():
    X, y = load_diabetes(return_X_y=True)
    model = TabularMLPRegressor(max_iter=16, random_state=0).fit(X, y)
    predicted = model.predict(100 * X)
    assert predicted.min() >= y.min()
    assert predicted.max() <= y.max()


def test_several_numbers():
    X, y = load_diabetes(return_X_y=True)
    model = TabularMLPRegressor(cv=3, max_iter=16, random_state=0).fit(X, np.c_[y, -3 * y])
    assert model.predict(X).shape == model.oof_prediction_.shape == (442, 2)
    assert model.member_predictions(X).shape == (3, 442, 2)
    assert model.oof_score_ > 0.4


def test_sparse_targets_are_refused():
    X, _, y = table()
    for Estimator in (TabularMLPClassifier, TabularMLPRegressor):
        with pytest.raises(TypeError, match="Sparse data was passed for y"):
            Estimator().fit(X, csr_array(y[:, np.newaxis] > 0))


@pytest.mark.parametrize("n_rare", [1, 2, 3])
def test_classes_may_be_rare(n_rare):
    X, y = make_classification(60, random_state=0)
    y[:n_rare] = 2
    model = TabularMLPClassifier(max_iter=4, random_state=0).fit(X, y)
    assert len(model.members_) == 8
    assert model.predict_proba(X).shape == (60, 3)


def test_two_rows_of_each_class_are_enough():
    model = TabularMLPClassifier(max_iter=4, random_state=0).fit([[0], [1], [2], [3]], [0, 0, 1, 1])
    assert len(model.members_) == 2
    with pytest.raises(ValueError, match=r"at least 2 rows .* n_samples=1\. Add rows"):
        TabularMLPRegressor().fit([[0]], [0])


def test_one_class_alone_is_sure():
    X, _, _ = table()
    with pytest.warns(UserWarning, match="y has one class, 'yes', so every prediction"):
        model = TabularMLPClassifier(cv=2, max_iter=1).fit(X, np.full(120, "yes"))
    np.testing.assert_array_equal(model.predict_proba(X), np.ones((120, 1)))


def test_rows_of_weight_zero_are_absent():
    X, y, _ = table()
    weight = np.tile([1.0, 0.0], 60)
    model = TabularMLPClassifier(cv=3, max_iter=4, random_state=0)
    weighted = clone(model).fit(X, y, sample_weight=weight)
    absent = clone(model).fit(X[::2], y[::2])
    np.testing.assert_allclose(weighted.predict_proba(X), absent.predict_proba(X))
    assert np.isnan(weighted.oof_proba_[1::2]).all()


def test_class_weights_are_weights_of_rows():
    X, y, _ = table()
    model = TabularMLPClassifier(cv=3, max_iter=4, random_state=0)
    by_class = clone(model).set_params(class_weight={"yes": 3, "no": 1}).fit(X, y)
    by_row = clone(model).fit(X, y, sample_weight=np.where(y == "yes", 3.0, 1.0))
    plain = clone(model).fit(X, y)
    more, base = by_class.predict_proba(X)[:, 1].mean(), plain.predict_proba(X)[:, 1].mean()
    assert more > base + 0.05
    assert by_row.predict_proba(X)[:, 1].mean() == pytest.approx(more, abs=0.05)


def test_groups_reach_the_splitter():
    X, y, _ = table()
    groups = np.arange(120) // 30
    model = TabularMLPClassifier(cv=GroupKFold(4), max_iter=2, random_state=0)
    assert len(model.fit(X, y, groups=groups).members_) == 4
    with pytest.raises(ValueError, match="groups"):
        clone(model).fit(X, y)


def test_splitters_that_leave_rows_in_no_fold_or_in_several():
    X, y, number = table()
    model = TabularMLPRegressor(cv=TimeSeriesSplit(3), max_iter=2, random_state=0).fit(X, number)
    assert np.isnan(model.oof_prediction_[:30]).all()
    assert np.isfinite(model.oof_prediction_[30:]).all()
    twice = [*KFold(2).split(X), *KFold(3).split(X)]
    model = TabularMLPClassifier(cv=twice, max_iter=2, random_state=0).fit(X, y)
    assert len(model.members_) == 5
    assert np.isfinite(model.oof_proba_).all()


def test_a_single_row_that_is_held_out_has_no_r2():
    X, y, number = table()
    rows = [(np.arange(119), [119])]  # pytest makes scikit-learn's warning an error
    regressor = TabularMLPRegressor(cv=rows, max_iter=2, random_state=0).fit(X, number)
    assert np.isnan(regressor.oof_score_)
    assert np.isfinite(regressor.oof_prediction_[119])
    ensemble = TabularEnsembleRegressor([("networks", regressor)], cv=rows).fit(X, number)
    assert np.isnan([ensemble.oof_score_, ensemble.only("networks").oof_score_]).all()
    with pytest.raises(ValueError, match="At least 2 of the rows that were held out"):
        ensemble.oof_importances(X, number)
    classifier = TabularMLPClassifier(cv=rows, max_iter=2, random_state=0).fit(X, y)
    assert classifier.oof_score_ in (0, 1)


@pytest.mark.parametrize("max_time", [1.0, 1e-9])
def test_max_time_ends_training(max_time):
    X, y, _ = table()
    started = time.perf_counter()
    model = TabularMLPClassifier(max_iter=10**6, max_time=max_time, random_state=0).fit(X, y)
    assert 1 <= model.n_iter_ < 10**6
    assert model.stop_reasons_ == [OUT_OF_TIME] * 8
    assert time.perf_counter() - started < max_time + 5  # it would be an hour
    if max_time == 1.0:
        assert model.oof_score_ > 0.8


@pytest.mark.parametrize(("seconds", "horizon"), [(0.5, 1.0), (1e-9, 1.0), (1e6, 50.0)])
def test_an_epoch_that_is_too_long_goes_through_the_whole_schedule(seconds, horizon):
    schedule = TimedSchedule(CosLog4(), Deadline(time.time() + seconds, 1))
    schedule.start(epoch_seconds=100.0)
    epochs = np.arange(10) / 10
    factors = [schedule(Progress(0, epoch, 50)) for epoch in epochs]
    expected = [CosLog4().factor(epoch / horizon) for epoch in epochs]
    np.testing.assert_allclose(factors, expected, atol=1e-3)


def test_the_schedule_knows_how_long_the_first_epoch_will_take(monkeypatch):
    started = []

    class Recorded(TimedSchedule):
        def start(self, epoch_seconds):
            started.append(epoch_seconds)
            super().start(epoch_seconds)

    monkeypatch.setattr("scratchmlp.tabular.networks.member.TimedSchedule", Recorded)
    monkeypatch.setattr("scratchmlp.tabular.networks.member._epoch_seconds", lambda *arguments: 7.0)
    TabularMLPRegressor(cv=2, max_iter=1, max_time=60).fit(*table()[::2])
    assert started == [0.0, 7.0] * 2


def test_tags_say_which_tables_are_accepted():
    tags = get_tags(TabularMLPRegressor()).input_tags
    assert tags.categorical
    assert tags.string
    assert tags.allow_nan


def test_after_the_deadline_the_schedule_is_at_its_end():
    schedule = TimedSchedule(CosLog4(), Deadline(time.time() + 1, 1))
    schedule.start(epoch_seconds=1.0)
    schedule.epoch_started += 1.5  # as if the last epoch had taken longer
    assert schedule(Progress(0, 0.5, 50)) == pytest.approx(CosLog4().factor(1.0))


def test_a_large_table_is_learned_from_in_a_single_epoch():
    rng = np.random.RandomState(0)
    X = rng.normal(size=(20_000, 3))
    y = X[:, 0] * X[:, 1] > 0
    model = TabularMLPClassifier(
        cv=2, max_time=0.1, hidden_layer_sizes=(128, 128), random_state=0
    ).fit(X, y)
    assert model.n_iter_ == 1
    assert model.oof_score_ > 0.8


def test_members_share_the_time():
    assert deadlines(5.0, 10.0, [5], 2) == [Deadline(15.0, rounds) for rounds in (3, 2, 2, 1, 1)]
    first, others = (3, 3), (2, 1, 1)
    assert deadlines(5.0, 10.0, [2, 3], 2) == [Deadline(15.0, n) for n in (*first, *others)]
    assert deadlines(5.0, 10.0, [2, 0], 1) == [Deadline(15.0, 2), Deadline(15.0, 1)]
    assert deadlines(5.0, None, [2, 1], 1) == [None] * 3
    assert 4 < Deadline(time.time() + 10, 2).seconds() < 6
    assert Deadline(time.time() - 10, 2).seconds() > 0


def test_members_that_train_at_the_same_time_have_the_same_deadline(monkeypatch):
    found = []

    def recorded(executor, recipe, plans):
        plans = list(plans)
        found.extend(plan.deadline.rounds for plan in plans)
        return train(executor, recipe, plans)

    train = LocalExecutor.train
    monkeypatch.setattr(LocalExecutor, "train", recorded)
    TabularMLPClassifier(cv=5, max_iter=1, max_time=10, n_jobs=2, random_state=0).fit(*table()[:2])
    assert found == [3, 3, 2, 1, 1]


def test_failure_changes_nothing():
    X, y, _ = table()
    model = TabularMLPClassifier(max_iter=2, random_state=0).fit(X, y)
    before = dict(vars(model))
    with pytest.raises(ValueError, match="Column 'age' holds infinity"):
        model.fit(X.assign(age=np.inf), y)
    assert vars(model) == before


@pytest.fixture(
    scope="module",
    params=[
        TabularEncoder(),
        TabularMLPClassifier(max_iter=1, cv=2),
        TabularMLPRegressor(max_iter=1, cv=2),
        TabularEnsembleClassifier([("linear", LogisticRegression())], cv=2),
        TabularEnsembleRegressor([("linear", LinearRegression())], cv=2),
    ],
    ids=lambda model: type(model).__name__,
)
def readers(request):
    """What reads a table: `fit`, and `predict` or `transform` of an estimator that is fitted."""
    X, y = pd.DataFrame({"a": np.arange(20.0), "b": np.arange(20.0) ** 2}), np.arange(20) % 2
    model = clone(request.param).fit(X, y)
    use = model.transform if hasattr(model, "transform") else model.predict
    return lambda X: model.fit(X, y), use


@pytest.mark.parametrize("names", [["a", "b", "a"], [1, 2, 1]])
def test_columns_of_the_same_name_are_rejected(readers, names):
    for read in readers:
        with pytest.raises(ValueError, match=f"^X has two columns named {names[0]!r}. Rename one"):
            read(pd.DataFrame(np.ones((20, 3)), columns=names))


def test_lazy_tables_are_rejected(readers):
    frame = pytest.importorskip("polars").DataFrame({"a": np.arange(20.0), "b": np.ones(20)})
    for read in readers:
        with pytest.raises(TypeError, match=r"^X is a LazyFrame, .* Pass X\.collect\(\)"):
            read(frame.lazy())


@pytest.mark.parametrize("n_jobs", [None, 2])
def test_a_progress_bar_over_members_and_epochs(n_jobs, capfd):
    X, y, _ = table()
    model = TabularMLPClassifier(cv=3, max_iter=2, n_jobs=n_jobs, random_state=0)
    plain = clone(model).fit(X, y).predict_proba(X)
    model.set_callbacks(ProgressBar()).fit(X, y)
    np.testing.assert_array_equal(model.predict_proba(X), plain)
    shown = capfd.readouterr().out
    assert "TabularMLPClassifier - fit" in shown
    assert "member" in shown
    assert pickle.loads(pickle.dumps(model)).score(X, y) == model.score(X, y)


@pytest.mark.parametrize("callback", [TimeLimit(1), ModelCheckpoint("network.skops")])
def test_callbacks_of_single_networks_name_the_alternative(callback):
    X, y, _ = table()
    with pytest.raises(TypeError, match="takes a limit of time as max_time"):
        TabularMLPClassifier().set_callbacks(callback).fit(X, y)


@pytest.mark.parametrize("Estimator", [TabularMLPClassifier, TabularMLPRegressor])
def test_rows_of_a_group_are_held_out_together(Estimator):
    X, y, number = table()
    groups = np.array([f"patient {i}" for i in np.arange(120) // 24])
    model = Estimator(max_iter=1, random_state=0)
    classifier = Estimator is TabularMLPClassifier
    Y = np.unique(y, return_inverse=True)[1] if classifier else number
    state = np.random.RandomState(0)
    splits = make_splits(8, X, Y, groups, np.arange(120), state, classifier=classifier)
    assert len(splits) == 5  # as many as there are groups
    for training, held_out in splits:
        assert not set(groups[training]) & set(groups[held_out])
    target = y if classifier else number
    assert len(model.fit(X, target, groups=groups).members_) == 5
    with pytest.raises(ValueError, match="at least 2 groups are needed; got 1"):
        model.fit(X, target, groups=np.zeros(120))
    with pytest.raises(ValueError, match="1 of the 120 values of groups are missing"):
        model.fit(X, target, groups=[None, *groups[1:]])
    with pytest.raises(ValueError, match=r"name of a column\. Pass groups=X\['city'\]\."):
        model.fit(X, target, groups="city")


def test_groups_of_several_types_are_refused(classifier):
    X, y, _ = table()
    with pytest.raises(TypeError, match=r"uniformly strings or numbers. Got \['int', 'str'\]"):
        TabularMLPClassifier(max_iter=1).fit(X, y, groups=np.array([1, "a"] * 60, dtype=object))


@pytest.mark.parametrize(
    ("split", "message"),
    [
        (([0, 1], [120]), "index 120 is out of bounds"),
        (([0.0, 1.0], [2]), "must be of integer"),
        ((["a"], ["b"]), "must be of integer"),
    ],
)
def test_splits_that_are_not_of_rows_are_refused(split, message):
    X, y, _ = table()
    with pytest.raises(ValueError, match=f"cv must give .* for 120 rows: .*{message}.*Change cv"):
        TabularMLPClassifier(cv=[split], max_iter=1).fit(X, y)


def test_few_uneven_groups_make_fewer_folds():
    groups = np.repeat([0, 1, 2, 3], [2, 11, 1, 22])
    X, y = np.random.RandomState(0).normal(size=(36, 2)), np.isin(groups, [0, 2])
    model = TabularMLPClassifier(max_iter=1, random_state=0).fit(X, y, groups=groups)
    assert 2 <= len(model.members_) <= 4
    assert np.isfinite(model.oof_proba_).all()


def test_splits_may_be_lists_masks_or_count_from_the_end():
    X, y, _ = table()
    mask = np.arange(120) < 80
    weight = np.ones(120)
    weight[0] = 0
    expected = None
    for split in (
        (list(range(80)), list(range(80, 120))),
        (mask, ~mask),
        (np.arange(80), np.arange(-40, 0)),
    ):
        model = TabularMLPClassifier(cv=[split], max_iter=2, random_state=0)
        found = model.fit(X, y, weight).predict_proba(X)
        expected = found if expected is None else expected
        np.testing.assert_array_equal(found, expected)
    with pytest.raises(ValueError, match="cv has none"):
        TabularMLPClassifier(cv=PredefinedSplit(np.full(120, -1))).fit(X, y)


@pytest.mark.parametrize(
    ("Estimator", "change", "message"),
    [
        (
            TabularMLPClassifier,
            lambda y: y.where(np.arange(120) > 2),
            "3 of the 120 values of y",
        ),
        (
            TabularMLPRegressor,
            lambda y: y.where(np.arange(120) > 2),
            "3 of the 120 values of y",
        ),
        (TabularMLPRegressor, lambda y: y.astype(str) + "!", "use TabularMLPClassifier"),
        (TabularMLPRegressor, lambda y: y.astype(object).where(y.index != 7, "bad"), "got 'bad'"),
        (
            TabularMLPRegressor,
            lambda y: pd.to_datetime(y),
            "Convert dates and durations to numbers",
        ),
        (
            TabularMLPRegressor,
            lambda y: np.ones(len(y), "f4,i4"),
            "must be numbers; got",
        ),
        (TabularMLPRegressor, lambda y: y * 1e200, "must be at most 1e\\+150; got"),
    ],
)
def test_targets_are_refused(Estimator, change, message):
    X, _, number = table()
    y = pd.Series(number)
    y = y.round() if Estimator is TabularMLPClassifier else y
    with pytest.raises(ValueError, match=message):
        Estimator().fit(X, change(y))


@pytest.mark.parametrize("Estimator", [TabularMLPClassifier, TabularMLPRegressor])
def test_the_name_of_the_target_is_no_target(Estimator):
    with pytest.raises(
        ValueError, match=r"y is 'left', .* X=df.drop\(columns='left'\) and y=df\['"
    ):
        Estimator().fit(pd.DataFrame({"x": [1.0, 2.0], "left": [0, 1]}), "left")


@pytest.mark.parametrize(
    "Estimator",
    [
        TabularMLPClassifier,
        TabularMLPRegressor,
        TabularEnsembleClassifier,
        TabularEnsembleRegressor,
    ],
)
def test_wrong_arguments_are_named_with_the_class_of_the_user(Estimator):
    X, y, _ = table()
    expected = (
        rf"^{Estimator.__name__}\.fit\(\) got an unexpected keyword argument 'eval_set'\. "
        r"Its parameters are X, y, sample_weight, groups\.$"
    )
    with pytest.raises(TypeError, match=expected):
        Estimator().fit(X, y, eval_set=[(X, y)])
    with pytest.raises(TypeError, match=rf"^{Estimator.__name__}\.fit\(\) missing .* 'y'"):
        Estimator().fit(X)
    with pytest.raises(TypeError, match=rf"^{Estimator.__name__}\.predict\(\) got .* 'eval_set'"):
        Estimator().predict(X, eval_set=[(X, y)])


@pytest.mark.parametrize("row", [lambda X: X.iloc[0], lambda X: X["age"]])
def test_a_series_is_no_table(classifier, row):
    X, y, _ = table()
    with pytest.raises(ValueError, match=r"X is a Series, .* pass X\.iloc\[\[0\]\] instead"):
        classifier.predict(row(X))
    with pytest.raises(ValueError, match=r"or X\[\['a'\]\] instead of X\['a'\]\."):
        TabularMLPClassifier().fit(X["age"], y)
    assert len(classifier.predict(X.iloc[[0]])) == 1


def test_the_score_of_rows_held_out_is_that_of_rows_without_class_weights():
    X, y, _ = table()
    model = TabularMLPClassifier(class_weight={"yes": 9, "no": 1}, max_iter=8, random_state=0)
    weight = np.random.RandomState(0).uniform(size=120)
    model.fit(X, y, weight)
    right = model.classes_[model.oof_proba_.argmax(axis=1)] == y
    assert model.oof_score_ == pytest.approx(np.average(right, weights=weight))


def test_a_fold_without_weight_is_refused():
    X, y, _ = table()
    fold = np.arange(120) % 3
    with pytest.raises(ValueError, match="split 1 of cv has 80 and 0"):
        TabularMLPClassifier(cv=PredefinedSplit(fold)).fit(X, y, fold != 1)


def test_a_member_without_weight_to_train_on_is_refused():
    X, y, _ = table()
    rows = np.argsort(y)
    n_no = np.count_nonzero(y == "no")
    splits = [(rows[:n_no], rows[n_no:]), (rows[n_no:], rows[:n_no])]
    with pytest.raises(ValueError, match=f"split 0 of cv has 0 and {120 - n_no}. Change cv, or"):
        TabularMLPClassifier(cv=splits, class_weight={"no": 0}).fit(X, y)


# The scale of weights and of targets.


def outputs(Estimator, weight=None, **parameters):
    """Fit a small ensemble to a raw table; return its predictions and scores."""
    X, y, number = table(60)
    y = y if Estimator is TabularMLPClassifier else number
    model = Estimator(cv=2, max_iter=2, hidden_layer_sizes=4, random_state=0, **parameters)
    model.fit(X, y, weight)
    return [model.member_predictions(X), model.oof_score_, getattr(model, "temperature_", 1.0)]


BOTH = pytest.mark.parametrize("Estimator", [TabularMLPClassifier, TabularMLPRegressor])
WEIGHT = np.random.RandomState(2).uniform(0.5, 3.0, 60)


@BOTH
@hypothesis.settings(max_examples=10, deadline=None)
@hypothesis.given(share=st.floats(-0.9, 0.9), dtype=st.sampled_from([np.float32, np.float64]))
def test_a_power_of_two_in_the_weights_changes_nothing(Estimator, share, dtype):
    power = int(share * np.finfo(dtype).maxexp)
    weight = np.ldexp(WEIGHT, power).astype(dtype)
    for one, other in zip(outputs(Estimator, weight), outputs(Estimator, WEIGHT), strict=True):
        np.testing.assert_array_equal(one, other)


@BOTH
@hypothesis.settings(max_examples=10, deadline=None)
@hypothesis.given(constant=st.floats(1e-300, 1e300))
def test_a_constant_in_the_weights_changes_nothing(Estimator, constant):
    plain, equal = outputs(Estimator, WEIGHT), outputs(Estimator)
    for one, other in zip(outputs(Estimator, constant * WEIGHT), plain, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-3, atol=1e-5)
    for one, other in zip(outputs(Estimator, constant * np.ones(60)), equal, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("constant", [1e-6, 0.3, 1e6])
def test_a_constant_in_the_class_weights_changes_nothing(constant):
    given = {"yes": constant, "no": constant}
    plain = outputs(TabularMLPClassifier, WEIGHT)
    weighted = outputs(TabularMLPClassifier, WEIGHT * 1e-40, class_weight=given)
    for one, other in zip(weighted, plain, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-3)


@BOTH
@pytest.mark.parametrize("weight", [np.inf, np.full(60, np.nan), np.full(60, 1e400)])
def test_weights_that_are_not_finite_are_refused_by_name(Estimator, weight):
    with pytest.raises(ValueError, match=r"(?i)input sample_weight contains (infinity|nan)"):
        outputs(Estimator, weight)


@pytest.mark.parametrize("power", [-1000, -500, 480])
def test_targets_of_any_scale_are_predicted_alike(power):
    X, _, y = table()
    model = TabularMLPRegressor(cv=2, max_iter=4, random_state=0)
    plain, scaled = clone(model).fit(X, y), clone(model).fit(X, np.ldexp(y, power))
    np.testing.assert_array_equal(scaled.predict(X), np.ldexp(plain.predict(X), power))
    assert scaled.oof_score_ == plain.oof_score_


def test_targets_of_rows_without_weight_may_be_far_away():
    X, _, y = table()
    weight = np.where(np.arange(120) < 100, 1e-200, 0.0)
    far = np.where(weight > 0, 1e-200 * y, 1e140)
    model = TabularMLPRegressor(cv=2, max_iter=2, random_state=0).fit(X, far, weight)
    assert np.abs(model.predict(X)).max() < 1e-199


# Choosing epochs.


def history_of(losses):
    """A member whose score of its one row is the number of the epoch."""
    raw = {epoch: np.array([[float(epoch)]]) for epoch in range(len(losses))}
    candidates = [Candidate(x, i, np.array([i])) for i, x in enumerate(losses)]
    return MemberHistory(losses, raw, candidates, None, None, "", {})


def test_epochs_are_chosen_by_the_member_and_by_all():
    first, second = choose_epochs([history_of([3.0, 1.0, 2.0]), history_of([5.0, 4.0, 0.0])])
    assert first.epoch == 2  # 2 + 1, where its own best has 1 + 2.5
    assert second.epoch == 2
    assert choose_epochs([history_of([1.0, 1.0])])[0].epoch == 1  # the last of equals


def test_epochs_that_not_all_members_reached():
    short, long = choose_epochs([history_of([3.0]), history_of([1.0, 2.0, 0.5])])
    assert (short.epoch, long.epoch) == (0, 2)


def test_a_member_that_ended_early_stays_at_its_last_loss():
    """Otherwise, the mean would fall to the losses of the easier fold."""
    hard, easy = history_of([9.0, 5.0]), history_of([1.0, 0.5, 0.6, 0.7])
    assert [each.epoch for each in choose_epochs([hard, easy])] == [1, 1]
    assert out_of_fold_epochs([hard, easy, easy], [[0], [1], [2]], 0)[2] == [1]


def test_the_last_loss_before_divergence_does_not_hide_the_others():
    exploded, other = history_of([2.0, 1.0, 1e300]), history_of([9.0, 5.0, 4.0, 3.0])
    assert [each.epoch for each in choose_epochs([exploded, other])] == [1, 3]


def test_first_members_show_how_many_epochs_are_enough():
    early, late = history_of([5.0, 1.0, 2.0, 3.0]), history_of([5.0, 4.0, 4.1, 3.9])
    assert enough_epochs([early], 100) == 20  # more than 2.5 times 2
    assert enough_epochs([early], 8) == 5
    assert enough_epochs([early], 4) == 4
    assert enough_epochs([late], 45) == 10
    assert enough_epochs([late], 20) == 10
    assert enough_epochs([early, late], 20) == 5  # the lowest mean
    hurried = early._replace(stop_reason=OUT_OF_TIME)
    assert enough_epochs([late, hurried], 20) == 20


class LongestTasks:
    """A callback that notes how many epochs each member may take."""

    setup = teardown = on_fit_task_end = lambda self, *arguments, **more: None

    def __init__(self):
        self.found = []

    def on_fit_task_begin(self, estimator, context):
        if context.task_name == "member":
            self.found.append(context.max_subtasks)


def test_members_stop_when_they_are_done():
    X, _, _ = table(400)
    y = np.random.RandomState(0).rand(400) < 0.5  # nothing to learn
    longest = LongestTasks()
    model = TabularMLPClassifier(cv=4, max_iter=40, random_state=0).set_callbacks(longest)
    history = pd.DataFrame(model.fit(X, y).history_)
    n_epochs = history.groupby("member").size().to_list()
    best = history.loc[history.groupby("member")["validation_loss"].idxmin(), "epoch"].to_list()
    enough = longest.found[2]
    assert longest.found == [40, 40, enough, enough]
    assert n_epochs == [best[0] + 21, best[1] + 21, enough, enough]
    assert model.n_iter_ == max(n_epochs) < 40
    assert model.stop_reasons_ == [
        *(
            f"validation loss did not improve by tol=0 for 21 epochs; best at epoch {epoch}"
            for epoch in best[:2]
        ),
        *[f"the first members show that {enough} epochs are enough"] * 2,
    ]


def test_out_of_fold_scores_are_of_an_epoch_that_the_fold_did_not_choose():
    histories = [
        history_of([9.0, 9.0, 9.0, 0.0]),
        history_of([3.0, 1.0, 2.0]),
        history_of([3.0, 2.0, 2.5]),
    ]
    # The first would choose 3, and only it came so far.
    assert out_of_fold_epochs(histories, [[0], [1], [2]], 0) == [[1], [1], [1]]
    assert out_of_fold_epochs(histories[1:], [[1], [2]], averaging_radius=5) == [[0, 1, 2]] * 2
    assert out_of_fold_epochs(histories[:1], [[0]], 0) == [[3]]  # no other member: the last


def test_members_that_held_out_the_same_row_do_not_choose_epochs_for_each_other():
    held_out = [[0, 1], [2, 3], [0, 2], [1, 3]]

    def epochs(best):
        losses = [[float(epoch != each) for epoch in range(5)] for each in best]
        return out_of_fold_epochs([history_of(each) for each in losses], held_out, 0)

    assert epochs([0, 0, 0, 0]) == [[0]] * 4
    for other, partner in enumerate([1, 0, 3, 2]):
        best = np.where(np.arange(4) == other, 3, 0)
        assert [member for member, found in enumerate(epochs(best)) if found == [3]] == [partner]


def test_an_evaluator_keeps_fewer_scores_of_many_epochs(monkeypatch):
    monkeypatch.setattr(FoldEvaluator, "N_BYTES", 5 * 4 * 8)
    network = Network((1, 2), ACTIVATIONS["identity"])
    parametrization = TangentParametrization(network, np.float64)
    data = Data(np.ones((2, 1)), np.eye(2), None, None)
    evaluator = FoldEvaluator(parametrization, LogLoss().with_output("softmax"), data, 0)
    for _ in range(13):
        evaluator(parametrization.initial(np.random.RandomState(0)))
    assert list(evaluator.raw) == [0, 4, 8, 12]
    assert len(evaluator.losses) == 13


@pytest.mark.parametrize("n_epochs", [1, 2, 5, 90])
@pytest.mark.parametrize("averaging_radius", [0, 2])
def test_an_evaluator_keeps_the_best_epochs_and_averages_around_them(averaging_radius, n_epochs):
    rng = np.random.RandomState(0)
    network = Network((2, 3), ACTIVATIONS["identity"])
    parametrization = TangentParametrization(network)
    data = Data(rng.normal(size=(7, 2)), np.eye(3)[rng.randint(3, size=7)], None, None)
    evaluator = FoldEvaluator(
        parametrization, LogLoss().with_output("softmax"), data, averaging_radius
    )
    phis = rng.normal(size=(n_epochs, len(parametrization.initial(rng))))
    thetas = [parametrization.theta(phi) for phi in phis]
    losses = [evaluator(phi)[0] for phi in phis]
    best = np.argsort(losses, kind="stable")[: FoldEvaluator.N_KEPT]
    kept = evaluator.candidates()
    assert sorted(c.epoch for c in kept) == sorted(best)
    for c in kept:
        around = thetas[max(0, c.epoch - averaging_radius) : c.epoch + averaging_radius + 1]
        np.testing.assert_allclose(c.theta, np.mean(around, axis=0))
        assert c.loss == losses[c.epoch]


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_loss_that_is_not_finite_is_the_worst(bad):
    """It must not replace a good epoch, whatever their order."""
    network = Network((1, 1), ACTIVATIONS["identity"], bias=False)
    parametrization = TangentParametrization(network, np.float64)
    data = Data(np.ones((1, 1)), np.zeros((1, 1)), None, None)
    evaluator = FoldEvaluator(parametrization, SquaredError(), data, 0)
    evaluator.n_kept = 3
    for output in (1.0, bad, 2.0, bad, 3.0, bad, bad):
        with np.errstate(invalid="ignore"):
            evaluator(np.array([output, 1 / 6]))
    assert sorted(c.loss for c in evaluator.candidates()) == [0.5, 2.0, 4.5]
    assert evaluator.losses[1] == np.inf


def test_a_member_that_keeps_infinite_parameters_is_an_error():
    chosen = [Candidate(0.5, 3, np.array([])), Candidate(np.inf, 6, np.array([]))]
    check_kept(chosen[:1], [np.zeros((2, 1))])
    with pytest.raises(DivergenceError, match=r"Member 1 .* epoch, 7, the loss on its fold is inf"):
        check_kept(chosen, [np.zeros((2, 1))] * 2)
    with pytest.raises(DivergenceError, match=r"Member 0 .* its outputs must be finite"):
        check_kept(chosen[:1], [np.array([[0.0], [np.nan]])])


class Counter:
    """A callback that counts the tasks that are running, and keeps the fitted estimator."""

    n_running, fitted = 0, None
    setup = teardown = lambda self, estimator, context: None

    def on_fit_task_begin(self, estimator, context):
        self.n_running += 1

    def on_fit_task_end(self, estimator, context, *, fitted_estimator=None):
        self.n_running -= 1
        self.fitted = fitted_estimator


def test_callbacks_get_the_fitted_estimator_when_all_tasks_have_ended():
    X, y, _ = table()
    model, counter = TabularMLPClassifier(cv=2, max_iter=2, random_state=0), Counter()
    model.set_callbacks(counter).fit(X, y)
    assert counter.n_running == 0
    np.testing.assert_array_equal(counter.fitted.predict_proba(X), model.predict_proba(X))


@pytest.mark.parametrize("n_epochs", [0, 3])
def test_a_member_that_diverges_keeps_an_earlier_epoch_if_there_is_one(n_epochs, monkeypatch):
    def diverging(objective, solver, monitor, run, data):
        for loss in [1.0] * n_epochs + [np.inf]:
            monitor.epoch_begin()
            run.loss = loss
            monitor.epoch_end(run, 0.1)

    monkeypatch.setattr("scratchmlp.tabular.networks.member.train", diverging)
    model, counter = TabularMLPRegressor(cv=2, max_iter=5, random_state=0), Counter()
    model.set_callbacks(counter)
    if not n_epochs:
        with pytest.raises(DivergenceError, match="The loss grew to inf"):
            model.fit(*table()[::2])
        return
    reasons = model.fit(*table()[::2]).stop_reasons_
    assert all(each.startswith("The loss grew from 1 to inf (epoch 4;") for each in reasons)
    assert (model.best_epochs_ <= n_epochs).all()
    assert counter.n_running == 0


def test_averaged_parameters_are_evaluated(monkeypatch):
    candidates = FoldEvaluator.candidates

    def spoiled(evaluator):
        return [c._replace(theta=np.nan * c.theta) for c in candidates(evaluator)]

    monkeypatch.setattr(FoldEvaluator, "candidates", spoiled)
    for Estimator in (TabularMLPClassifier, TabularMLPRegressor):
        with pytest.raises(DivergenceError, match="Member 0 diverged"):
            outputs(Estimator)


def test_an_evaluator_of_a_large_network_keeps_few_epochs():
    network = Network((2**22, 1), ACTIVATIONS["identity"])
    data = Data(np.zeros((1, 1)), np.zeros((1, 1)), None, None)
    evaluator = FoldEvaluator(
        TangentParametrization(network), LogLoss().with_output("softmax"), data, 0
    )
    assert evaluator.n_kept == 4


def test_many_columns_get_few_bins_or_none():
    recipe = classification_recipe(2000)
    assert [recipe.bins_for(i, 10).n_bins for i in range(3)] == [16, 32, 16]
    assert [recipe.bins_for(i, 100).n_bins for i in range(3)] == [10, 10, 10]
    assert recipe.bins_for(0, 500) is None
    assert recipe.bins_for(0, 0) is None
    assert classification_recipe(100).bins_for(0, 10) is None
    assert classification_recipe(100).bins_for(1, 10).n_bins == 8


def test_regressors_take_more_steps_in_fewer_epochs():
    def steps(n_rows):
        recipe = regression_recipe(n_rows)
        return recipe.n_epochs, recipe.batch_size

    sizes = (999, 1000, 2000, 9999, 10_000)
    assert [steps(n) for n in sizes] == [(128, 128), (64, 64), (64, 64), (15, 64), (31, 256)]


def test_few_rows_leave_the_temperature_near_one():
    raw = np.array([[3.0, -3.0], [-3.0, 3.0]] * 5)
    Y = np.eye(2)[[0, 1] * 5]  # all are right: without a prior it would be 1/16
    assert 0.5 < fit_calibration(Data(None, Y, None), raw).temperature < 2


@pytest.mark.parametrize("weight", [np.ones(100), np.arange(1.0, 101.0)])
def test_no_calibration_near_the_one_found_is_more_probable(weight):
    p = softmax(8 * np.random.RandomState(0).normal(size=(100, 3)), axis=1)
    Y, smoothed = drawn(p), np.log(0.8 * p + 0.2 / 3)
    effective = weight.sum() ** 2 / (weight**2).sum()

    def negative_log_posterior(temperature, floor):
        p = Calibration(temperature, floor).probabilities(smoothed)
        penalties = np.log(temperature) ** 2 / 2 + 3 * floor / calibration._MEAN_FLOOR
        return effective * log_loss(Y, p, sample_weight=weight) + penalties

    temperature, floor = fit_calibration(Data(None, Y, weight), smoothed)
    near = [(0.99, 0), (1.01, 0), (1, -0.001), (1, 0.001)]
    others = [negative_log_posterior(temperature * factor, floor + step) for factor, step in near]
    assert negative_log_posterior(temperature, floor) < min(others)


def test_labels_at_random_are_not_predicted():
    """Half of them are, by the members' word on rows held out: they do not choose their epochs."""
    scores, losses = [], []
    for seed in range(12):
        rng = np.random.RandomState(seed)
        X, y = rng.normal(size=(60, 4)), np.arange(60) % 2
        model = TabularMLPClassifier(max_iter=48, random_state=seed).fit(X, y)
        scores.append(model.oof_score_)
        losses.append(log_loss(y, model.oof_proba_))
    assert abs(np.mean(scores) - 0.5) < 2 * 0.5 / np.sqrt(12 * 60)  # two standard errors
    assert np.mean(losses) > np.log(2)


def test_few_rows_do_not_make_sure():
    """Two normal distributions that overlap; here and there, twenty rows do not show that."""
    losses, surest = [], []
    for seed in range(5):
        rng = np.random.RandomState(seed)
        y, new_y = np.arange(20) % 2, np.arange(1000) % 2
        X, new = (rng.normal(size=(len(z), 2)) + 3 * z[:, None] * [1, 0] for z in (y, new_y))
        model = TabularMLPClassifier(max_iter=64, random_state=seed).fit(X, y)
        losses.append(log_loss(new_y, model.predict_proba(new)))
        model._calibration = model._calibration._replace(temperature=1 / 16)  # the lowest
        surest.append(log_loss(new_y, model.predict_proba(new)))
    assert np.mean(losses) < 0.5 < np.mean(surest)


def test_rows_that_hardly_count_do_not_make_sure():
    raw = np.array([[3.0, -3.0], [-3.0, 3.0]] * 50)
    Y = np.eye(2)[[0, 1] * 50]
    weight = np.where(np.arange(100) < 3, 1.0, 1e-9)
    few = fit_calibration(Data(None, Y[:3], None), raw[:3])
    assert fit_calibration(Data(None, Y, weight), raw) == pytest.approx(few, rel=1e-2)
    assert (
        fit_calibration(Data(None, Y, np.full(100, 0.1)), raw).temperature < 0.9 * few.temperature
    )


@pytest.mark.parametrize("constant", [1e-44, 1e-24, 1.0, 1e19, 3e38])
def test_calibration_does_not_depend_on_the_scale_of_float32_weights(constant):
    rng = np.random.RandomState(0)
    raw, Y = rng.normal(size=(50, 2)), np.eye(2)[rng.randint(2, size=50)]
    weight = np.full(50, constant, np.float32)
    expected = fit_calibration(Data(None, Y, None), raw)
    assert fit_calibration(Data(None, Y, weight), raw) == pytest.approx(expected, rel=1e-3)


def drawn(p):
    """Draw a one-hot target for each row of probabilities."""
    rng = np.random.RandomState(1)
    return np.eye(p.shape[1])[(p.cumsum(axis=1) < rng.rand(len(p), 1)).sum(axis=1)]


def test_calibration_undoes_a_factor():
    raw = np.random.RandomState(0).normal(size=(20000, 3))
    Y = drawn(softmax(raw, axis=1))
    assert fit_calibration(Data(None, Y, None), 2.5 * raw).temperature == pytest.approx(
        2.5, rel=0.1
    )


def test_calibration_undoes_label_smoothing():
    p = softmax(np.random.RandomState(0).normal(size=(20000, 2)) * [0, 4] - [0, 4], axis=1)
    Y, smoothed = drawn(p), 0.95 * p + 0.05 / 2
    found = fit_calibration(Data(None, Y, None), np.log(smoothed))
    only_temperature = Calibration(found.temperature, 0.0).probabilities(np.log(smoothed))
    assert found.floor > 0.01
    assert log_loss(Y, found.probabilities(np.log(smoothed))) < log_loss(Y, p) + 0.001
    assert log_loss(Y, only_temperature) > log_loss(Y, p) + 0.005


def test_a_floor_keeps_the_order_of_probabilities():
    raw = np.column_stack([np.zeros(200), np.linspace(-50, 50, 200)])
    p = Calibration(1.0, 0.05).probabilities(raw)
    assert (np.diff(p, axis=0) * [-1, 1] >= 0).all()
    assert (np.diff(p, axis=0) * [-1, 1]).max() > 0.01
    np.testing.assert_allclose(p.sum(axis=1), 1)


def test_calibration_of_many_scores_uses_some_rows(monkeypatch):
    raw, Y = np.tile(np.float32([5, 0, 0]), (100, 1)), np.eye(3, dtype=np.float32)[[0, 1] * 50]
    assert fit_calibration(Data(None, Y, None), raw).temperature > 1  # every second row is wrong
    monkeypatch.setattr(calibration, "_MOST_SCORES", 150)
    assert fit_calibration(Data(None, Y, None), raw).temperature < 1


def test_uneven_classes_and_many_rows_are_smoothed_less():
    def smoothing(*arguments):
        return classification_recipe(*arguments).loss.label_smoothing

    assert smoothing(100) == smoothing(2500) == 0.1
    assert smoothing(25_000) == pytest.approx(0.01)
    assert smoothing(100, evenness(np.array([99.0, 1.0]))) == pytest.approx(0.0081, rel=0.01)
    assert [evenness(np.full(n, 7.0)) for n in (1, 2, 3)] == pytest.approx([1, 1, 1])


def test_class_weights_that_make_classes_even_keep_the_smoothing():
    X, y = np.arange(40.0)[:, None], np.arange(40) < 8
    settings = {"cv": 2, "max_iter": 1, "random_state": 0}
    found = []
    for class_weight in (None, "balanced"):
        model = TabularMLPClassifier(class_weight=class_weight, **settings).fit(X, y)
        found.append(model._chosen_recipe(model._prepare(X, y, None, None)).loss.label_smoothing)
    assert found == pytest.approx([0.1 * evenness(np.array([32.0, 8.0])), 0.1])


@pytest.mark.parametrize("Classifier", [TabularMLPClassifier, ScratchMLPClassifier])
def test_huge_numbers_are_no_labels(Classifier):
    with pytest.raises(ValueError, match="Unknown label type: continuous"):
        Classifier().fit(np.arange(40.0).reshape(-1, 1), np.resize([-1.7e308, 1.7e308], 40))


@pytest.mark.parametrize("groups", [None, np.arange(120) // 4], ids=["rows", "groups"])
@pytest.mark.parametrize("Estimator", [TabularMLPClassifier, TabularMLPRegressor])
def test_repeats_split_the_rows_again(Estimator, groups):
    X, y, number = table()
    y = y if Estimator is TabularMLPClassifier else number
    model = Estimator(cv=3, n_repeats=2, max_iter=2, random_state=0).fit(X, y, groups=groups)
    assert len(model.members_) == 6
    first = clone(model).set_params(n_repeats=1).fit(X, y, groups=groups).held_out_
    again = model.held_out_
    for rows, others in zip(first, again[:3], strict=True):
        np.testing.assert_array_equal(rows, others)
    assert not np.array_equal(again[0], again[3])
    np.testing.assert_array_equal(np.sort(np.concatenate(again[3:])), np.arange(120))


def test_a_splitter_cannot_be_repeated():
    X, y, _ = table()
    with pytest.raises(ValueError, match=r"n_repeats=2 needs a number of folds as cv.*KFold"):
        TabularMLPClassifier(cv=KFold(3), n_repeats=2).fit(X, y)


def test_large_tables_get_small_networks():
    assert classification_recipe(9_999).hidden_layer_sizes == (128, 128)
    assert classification_recipe(10_000).hidden_layer_sizes == (64,)
    assert regression_recipe(9_999).hidden_layer_sizes == (128, 128)
    assert regression_recipe(10_000).hidden_layer_sizes == (64, 64)
    X, y, _ = table()
    model = TabularMLPClassifier(cv=2, max_iter=1, hidden_layer_sizes=(3,), random_state=0)
    assert model.fit(X, y).members_[0].network.sizes[1:-1] == (3,)


def memory_of(encoded):
    return [type(part).__name__ for part in (encoded.numbers, encoded.codes)], [
        part.filename for part in (encoded.numbers, encoded.codes)
    ]


def test_processes_share_one_memory_map_of_the_encoded_table():
    random_state = np.random.RandomState(0)
    numbers = pd.DataFrame(random_state.normal(size=(20_000, 15))).add_prefix("number ")
    cities = pd.DataFrame(random_state.choice(["Bern", "Rome"], (20_000, 15))).add_prefix("city ")
    encoded, _ = TabularEncoder().fit(numbers.join(cities))._encode(numbers.join(cities))
    one, two = Parallel(n_jobs=2, batch_size=1)(delayed(memory_of)(encoded) for _ in range(2))
    assert one == two
    assert one[0] == ["memmap", "memmap"]
