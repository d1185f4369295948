"""The networks of TabularMLP estimators: recipe, time, the choice of epochs and the history."""

import time

import numpy as np
import pandas as pd
import pytest
from joblib import parallel_config
from sklearn.base import clone
from sklearn.datasets import load_wine
from sklearn.metrics import log_loss

from scratchmlp import DivergenceError
from scratchmlp.activations import ACTIVATIONS
from scratchmlp.batches import Data
from scratchmlp.losses import LogLoss, SquaredError
from scratchmlp.network import Network
from scratchmlp.schedules import CosLog4, Progress
from scratchmlp.tabular import TabularMLPClassifier, TabularMLPRegressor
from scratchmlp.tabular.networks import deadline
from scratchmlp.tabular.networks.deadline import (
    NO_LIMIT,
    OUT_OF_TIME,
    Deadline,
    TimedSchedule,
    deadlines,
)
from scratchmlp.tabular.networks.epochs import (
    check_kept,
    choose_epochs,
    last_epoch,
    out_of_fold_epochs,
)
from scratchmlp.tabular.networks.executor import LocalExecutor
from scratchmlp.tabular.networks.fit import chosen_recipe
from scratchmlp.tabular.networks.fold_evaluator import Candidate, FoldEvaluator
from scratchmlp.tabular.networks.member import MemberHistory
from scratchmlp.tabular.networks.recipe import (
    classification_recipe,
    enough_epochs,
    evenness,
    regression_recipe,
)
from scratchmlp.tabular.networks.tangent import TangentParametrization
from scratchmlp.tabular.preparation import problem_of
from tests.helpers.tabular_estimators import ESTIMATORS, Counter, table, targets_for

X, NUMBERS = table()
LABELS = NUMBERS > 0
SOFTMAX = LogLoss().with_output("softmax")


# The recipe.


@pytest.mark.parametrize("recipe", [classification_recipe, regression_recipe])
def test_more_rows_get_fewer_epochs_and_smaller_networks(recipe):
    found = [recipe(n) for n in (100, 5000, 50_000, 10**9)]
    epochs, units = [r.n_epochs for r in found], [sum(r.hidden_layer_sizes[0]) for r in found]
    assert epochs == sorted(epochs, reverse=True)
    assert epochs[0] > epochs[-1] > 1
    assert units == sorted(units, reverse=True)
    assert units[0] > units[-1]


def test_members_take_turns_with_both_sizes_and_both_bins():
    recipe = classification_recipe(500)
    settings = [
        (recipe.network(member, 3, 2).sizes, recipe.bins_for(member, 3) is None)
        for member in range(8)
    ]
    assert len({*settings[:4]}) == 4
    assert settings[:4] == settings[4:]


def test_many_columns_get_few_bins_or_none():
    recipe = classification_recipe(5000)
    first, second, third, _ = (recipe.bins_for(member, 10).n_bins for member in range(4))
    assert first == third != second  # members take turns
    assert recipe.bins_for(0, 100).n_bins < first
    assert recipe.bins_for(0, 0) is recipe.bins_for(0, 10_000) is None


def test_uneven_classes_and_many_rows_are_smoothed_less():
    def smoothing(*arguments):
        return classification_recipe(*arguments).loss.label_smoothing

    assert smoothing(100) > smoothing(100_000) == pytest.approx(10 * smoothing(1_000_000))
    assert smoothing(100, evenness(np.array([99.0, 1.0]))) < 0.1 * smoothing(100)
    assert [evenness(np.full(n, 7.0)) for n in (1, 2, 3)] == pytest.approx([1, 1, 1])
    X, y = np.arange(40.0)[:, None], np.arange(40) < 8
    chosen = []
    for class_weight in (None, "balanced"):  # which makes the classes even
        model = TabularMLPClassifier(class_weight=class_weight, cv=2, random_state=0)
        chosen.append(chosen_recipe(model, problem_of(model, X, y)).loss.label_smoothing)
    assert chosen[0] == pytest.approx(chosen[1] * evenness(np.array([32.0, 8.0])))


# What is fitted.


def test_multiclass_probabilities_are_calibrated():
    X, y = load_wine(return_X_y=True, as_frame=True)
    model = TabularMLPClassifier(cv=4, hidden_layer_sizes=32, max_iter=64, random_state=0)
    assert log_loss(y[1::2], model.fit(X[::2], y[::2]).predict_proba(X[1::2])) < 0.15


@pytest.mark.parametrize("name", ["TabularMLPClassifier", "TabularMLPRegressor"])
def test_history_has_a_row_for_each_member_and_epoch(name):
    model = clone(ESTIMATORS[name])
    model.fit(X, targets_for(model, NUMBERS))
    assert model.members_[0].network.sizes[1:-1] == (16,)  # as the user wants
    history = pd.DataFrame(model.history_)
    n_epochs = history.groupby("member")["epoch"].max()
    assert n_epochs.max() == model.n_iter_ <= 32
    assert len(history) == n_epochs.sum()
    by_epoch = history.groupby("epoch")["loss"].mean()
    assert by_epoch[32] < by_epoch[1]
    kept = history[history["epoch"] == model.best_epochs_[history["member"]]]
    assert (kept["validation_loss"].to_numpy() < history["validation_loss"].mean()).all()
    assert (history["seconds"] > 0).all()
    assert history["learning_rate"].nunique() > 8
    one_epoch = clone(model).set_params(max_iter=1).fit(X, targets_for(model, NUMBERS))
    assert (one_epoch.best_epochs_ == 1).all()


@pytest.mark.parametrize("hidden_layer_sizes", [4, (64, 64)])
def test_the_same_if_inputs_are_computed_batch_by_batch(monkeypatch, hidden_layer_sizes):
    X, numbers = table(400)
    networks = TabularMLPClassifier(cv=2, max_iter=2, random_state=0)
    networks.set_params(hidden_layer_sizes=hidden_layer_sizes)
    expected = clone(networks).fit(X, numbers > 0).predict_proba(X)
    monkeypatch.setattr("scratchmlp.tabular.inputs.inputs._LARGEST_ARRAY", 0)
    monkeypatch.setattr("scratchmlp.tabular.networks.member._FEW_INPUTS", 0)
    np.testing.assert_array_equal(networks.fit(X, numbers > 0).predict_proba(X), expected)


# The limit of time.


@pytest.mark.parametrize("max_time", [0.3, 1e-9])
def test_max_time_ends_training(max_time):
    model = TabularMLPClassifier(max_iter=10**6, max_time=max_time, random_state=0)
    model.fit(X, LABELS)  # it would take an hour
    assert 1 <= model.n_iter_ < 10**6
    assert model.stop_reasons_ == [OUT_OF_TIME] * 8


@pytest.mark.parametrize(("seconds", "horizon"), [(0.5, 1.0), (1e-9, 1.0), (1e6, 50.0)])
def test_an_epoch_that_is_too_long_goes_through_the_whole_schedule(seconds, horizon):
    schedule = TimedSchedule(CosLog4(), Deadline(time.time() + seconds, 1))
    schedule.start(epoch_seconds=100.0)
    epochs = np.arange(10) / 10
    factors = [schedule(Progress(0, epoch, 50)) for epoch in epochs]
    expected = [CosLog4().factor(epoch / horizon) for epoch in epochs]
    np.testing.assert_allclose(factors, expected, atol=1e-3)


def test_the_next_epoch_is_expected_to_take_as_long_as_the_last(monkeypatch):
    now = [0.0]
    monkeypatch.setattr_in(deadline, time, time=lambda: now[0], perf_counter=lambda: now[0])
    schedule = TimedSchedule(CosLog4(), Deadline(10.0, 1))
    schedule.start(epoch_seconds=0.0)
    # Of 10 s, 4 are over, and half of the next epoch takes 2; later, all the time is over.
    for now[0], t, reason in ((4.0, 0.6, ""), (9.0, 0.95, ""), (10.5, 1.0, OUT_OF_TIME)):
        assert schedule.epoch_end(None, None) == reason
        factor = CosLog4().factor(t)
        assert schedule(Progress(0, 1.5, 50)) == pytest.approx(factor, abs=1e-3)


@pytest.mark.parametrize(("n_done", "t"), [(10, 10 / 50), (4, 0.5 * 20 / 50)])
def test_a_member_needs_time_for_its_own_epochs_alone(monkeypatch, n_done, t):
    now = [0.0]
    monkeypatch.setattr_in(deadline, time, time=lambda: now[0], perf_counter=lambda: now[0])
    schedule = TimedSchedule(CosLog4(), Deadline(10.0, 1), last_epoch=20)
    schedule.start(epoch_seconds=0.0)
    now[0] = 5.0  # of 10 s for 20 epochs of the 50 of the schedule
    schedule.epoch_end(None, None)
    assert schedule(Progress(0, n_done, 50)) == pytest.approx(CosLog4().factor(t), abs=1e-3)


def test_the_schedule_knows_how_long_the_first_epoch_will_take_and_which_is_the_last(monkeypatch):
    started, start = [], TimedSchedule.start

    def recorded(schedule, epoch_seconds):
        started.append((epoch_seconds, schedule.last_epoch))
        start(schedule, epoch_seconds)

    monkeypatch.setattr(TimedSchedule, "start", recorded)
    monkeypatch.setattr("scratchmlp.tabular.networks.member._epoch_seconds", lambda *arguments: 7.0)
    TabularMLPRegressor(cv=3, max_iter=1, max_time=60).fit(X, NUMBERS)
    assert started == [(0.0, np.inf), (7.0, np.inf)] * 2 + [(0.0, 1), (7.0, 1)]


def test_members_share_the_time():
    assert deadlines(5.0, 10.0, [5], 2) == [Deadline(15.0, rounds) for rounds in (3, 2, 2, 1, 1)]
    assert deadlines(5.0, 10.0, [2, 0], 1) == [Deadline(15.0, 2), Deadline(15.0, 1)]
    assert deadlines(5.0, None, [2, 1], 1) == [NO_LIMIT] * 3
    assert 4 < Deadline(time.time() + 10, 2).seconds() < 6
    assert Deadline(time.time() - 10, 2).seconds() > 0


def test_members_that_train_at_the_same_time_have_the_same_deadline(monkeypatch):
    found = []

    def recorded(executor, recipe, data, plans):
        plans = list(plans)
        found.extend(plan.deadline.rounds for plan in plans)
        return train(executor, recipe, data, plans)

    train = LocalExecutor.train
    monkeypatch.setattr(LocalExecutor, "train", recorded)
    with parallel_config(backend="threading"):  # processes would take long to start
        TabularMLPClassifier(cv=5, max_iter=1, max_time=10, n_jobs=2).fit(X, LABELS)
    assert found == [3, 3, 2, 1, 1]


# Choosing epochs.


def history_of(losses):
    """A member whose score of its one row is the number of the epoch."""
    raw = {epoch: np.array([[float(epoch)]]) for epoch in range(len(losses))}
    candidates = [Candidate(x, i, np.array([i])) for i, x in enumerate(losses)]
    return MemberHistory(losses, raw, candidates, None, None, "", {})


CHOSEN = [
    # 2 + 1 is less than 1 + 2.5, which has the first member's own best epoch.
    ([[3.0, 1.0, 2.0], [5.0, 4.0, 0.0]], [2, 2]),
    ([[1.0, 1.0]], [1]),  # the last of equals
    ([[3.0], [1.0, 2.0, 0.5]], [0, 2]),  # not all members reached it
    # It stays at its last loss, or the mean would fall to the losses of the easier fold.
    ([[9.0, 5.0], [1.0, 0.5, 0.6, 0.7]], [1, 1]),
    ([[2.0, 1.0, 1e300], [9.0, 5.0, 4.0, 3.0]], [1, 3]),  # divergence
]


@pytest.mark.parametrize(("losses", "chosen"), CHOSEN)
def test_epochs_are_chosen_by_the_member_and_by_all(losses, chosen):
    assert [each.epoch for each in choose_epochs([history_of(each) for each in losses])] == chosen


def test_first_members_show_how_many_epochs_are_enough():
    early, late = history_of([5.0, 1.0, 2.0, 3.0]), history_of([5.0, 4.0, 4.1, 3.9])
    assert last_epoch([early], 100) == 20  # more than 2.5 times 2
    assert last_epoch([early], 8) == 5
    assert last_epoch([early], 4) == 4
    assert last_epoch([late], 45) == 10
    assert last_epoch([late], 20) == 10
    assert last_epoch([early, late], 20) == 5  # the lowest mean
    hurried = early._replace(stop_reason=OUT_OF_TIME)
    assert last_epoch([late, hurried], 20) == 20


class LongestTasks(Counter):
    """A callback that notes how many epochs each member may take."""

    found = ()

    def on_fit_task_begin(self, estimator, context):
        if context.task_name == "member":
            self.found = (*self.found, context.max_subtasks)


def test_members_stop_when_they_are_done():
    X, _ = table(1200)  # 900 for training, in batches of 256
    y = np.random.RandomState(1).rand(1200) < 0.5  # nothing to learn
    longest = LongestTasks()
    model = TabularMLPClassifier(cv=4, max_iter=40, random_state=0).set_callbacks(longest)
    history = pd.DataFrame(model.fit(X, y).history_)
    n_epochs = history.groupby("member").size().to_list()
    best = history.loc[history.groupby("member")["validation_loss"].idxmin(), "epoch"].to_list()
    enough = longest.found[2]
    assert longest.found == (40, 40, enough, enough)
    least = 22  # of 3 steps each, which are 64
    first = [max(least, enough_epochs(each, 40)) for each in best[:2]]
    assert n_epochs == [*first, enough, enough]
    assert model.n_iter_ == max(n_epochs) < 40
    own = [
        f"the best epoch, {epoch}, shows that {n} epochs are enough"
        for epoch, n in zip(best, first, strict=False)
    ]
    seen = f"the first members show that {enough} epochs are enough"
    assert model.stop_reasons_ == [*own, seen, seen]


def test_out_of_fold_scores_are_of_an_epoch_that_the_fold_did_not_choose():
    losses = [9.0, 9.0, 9.0, 0.0], [3.0, 1.0, 2.0], [3.0, 2.0, 2.5]
    first, *others = histories = [history_of(each) for each in losses]
    # The first would choose 3, and only it came so far.
    assert out_of_fold_epochs(histories, [[0], [1], [2]], 0) == [[1], [1], [1]]
    assert out_of_fold_epochs(others, [[1], [2]], averaging_radius=5) == [[0, 1, 2]] * 2
    assert out_of_fold_epochs([first], [[0]], 0) == [[3]]  # no other member: the last
    hard, easy = history_of([9.0, 5.0]), history_of([1.0, 0.5, 0.6, 0.7])
    assert out_of_fold_epochs([hard, easy, easy], [[0], [1], [2]], 0)[2] == [1]


def test_members_that_held_out_the_same_row_do_not_choose_epochs_for_each_other():
    held_out = [[0, 1], [2, 3], [0, 2], [1, 3]]

    def epochs(best):
        losses = [[float(epoch != each) for epoch in range(5)] for each in best]
        return out_of_fold_epochs([history_of(each) for each in losses], held_out, 0)

    assert epochs([0, 0, 0, 0]) == [[0]] * 4
    for other, partner in enumerate([1, 0, 3, 2]):
        best = np.where(np.arange(4) == other, 3, 0)
        assert [member for member, found in enumerate(epochs(best)) if found == [3]] == [partner]


# The loss on the fold.


def evaluator_of(n_inputs, n_rows=1):
    """An evaluator of a network of one weight for each input, whose targets are 0."""
    network = Network((n_inputs, 1), ACTIVATIONS["identity"], bias=False)
    data = Data(np.ones((n_rows, n_inputs)), np.zeros((n_rows, 1)), None, None)
    return FoldEvaluator(TangentParametrization(network, np.float64), SquaredError(), data, 0)


def test_an_evaluator_keeps_as_many_epochs_and_scores_as_memory_allows(monkeypatch):
    assert [evaluator_of(n_inputs).n_kept for n_inputs in (1, 2**20, 2**22)] == [32, 8, 4]
    monkeypatch.setattr(FoldEvaluator, "N_BYTES", 5 * 2 * 8)  # the scores of five epochs
    evaluator = evaluator_of(1, n_rows=2)
    evaluator.n_kept = 2
    for _ in range(13):
        evaluator(np.zeros(2))
    assert list(evaluator.raw) == [0, 4, 8, 12]
    assert evaluator.losses == [0.0] * 13
    kept = sorted(candidate.epoch for candidate in evaluator.candidates())
    assert kept == [11, 12]  # of equally good epochs, the last


@pytest.mark.parametrize(("averaging_radius", "n_epochs"), [(0, 90), (2, 1), (2, 2), (2, 90)])
def test_an_evaluator_keeps_the_best_epochs_and_averages_around_them(averaging_radius, n_epochs):
    rng = np.random.RandomState(0)
    parametrization = TangentParametrization(Network((2, 3), ACTIVATIONS["identity"]))
    data = Data(rng.normal(size=(7, 2)), np.eye(3)[rng.randint(3, size=7)], None, None)
    evaluator = FoldEvaluator(parametrization, SOFTMAX, data, averaging_radius)
    phis = rng.normal(size=(n_epochs, len(parametrization.initial(rng))))
    thetas = [parametrization.theta(phi) for phi in phis]
    losses = [evaluator(phi)[0] for phi in phis]
    assert list(evaluator.raw) == [*range(n_epochs)]
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
    evaluator = evaluator_of(1)
    evaluator.n_kept = 3
    for output in (1.0, bad, 2.0, bad, 3.0, bad, bad):
        with np.errstate(invalid="ignore"):
            evaluator(np.array([output, 1 / 6]))
    assert sorted(c.loss for c in evaluator.candidates()) == [0.5, 2.0, 4.5]
    assert evaluator.losses[1] == np.inf


# Divergence.


def test_a_member_that_keeps_infinite_parameters_is_an_error():
    chosen = [Candidate(0.5, 3, np.array([])), Candidate(np.inf, 6, np.array([]))]
    check_kept(chosen[:1], [np.zeros((2, 1))])
    with pytest.raises(DivergenceError, match=r"Member 1 .* epoch, 7, the loss on its fold is inf"):
        check_kept(chosen, [np.zeros((2, 1))] * 2)
    with pytest.raises(DivergenceError, match=r"Member 0 .* its outputs must be finite"):
        check_kept(chosen[:1], [np.array([[0.0], [np.nan]])])


@pytest.mark.parametrize("n_epochs", [0, 3])
def test_a_member_that_diverges_keeps_an_earlier_epoch_if_there_is_one(n_epochs, monkeypatch):
    def diverging(objective, solver, monitor, run, data):
        for loss in [1.0] * n_epochs + [np.inf]:
            monitor.epoch_begin()
            run.loss = loss
            monitor.epoch_end(run, 0.1)

    monkeypatch.setattr("scratchmlp.tabular.networks.member.train", diverging)
    model, tasks = TabularMLPRegressor(cv=2, max_iter=5, random_state=0), Counter()
    model.set_callbacks(tasks)
    if not n_epochs:
        with pytest.raises(DivergenceError, match="The loss grew to inf"):
            model.fit(X, NUMBERS)
        return
    reasons = model.fit(X, NUMBERS).stop_reasons_
    assert all(each.startswith("The loss grew from 1 to inf (epoch 4;") for each in reasons)
    assert (model.best_epochs_ <= n_epochs).all()
    assert tasks.n_running == 0


@pytest.mark.parametrize("Estimator", [TabularMLPClassifier, TabularMLPRegressor])
def test_averaged_parameters_are_evaluated(Estimator, monkeypatch):
    candidates = FoldEvaluator.candidates

    def spoiled(evaluator):
        return [c._replace(theta=np.nan * c.theta) for c in candidates(evaluator)]

    monkeypatch.setattr(FoldEvaluator, "candidates", spoiled)
    model = Estimator(cv=2, max_iter=2, random_state=0)
    with pytest.raises(DivergenceError, match="Member 0 diverged"):
        model.fit(X, targets_for(model, NUMBERS))
