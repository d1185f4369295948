"""The monitor, which records training and decides when it ends."""

import numpy as np
import pytest

from scratchmlp.monitor import Monitor
from scratchmlp.run import DivergenceError, Run


def run_of(theta=(0.0, 0.0)):
    return Run(np.array(theta), np.random.RandomState(0))


def watch(monitor, losses, run=None):
    """Show a monitor these losses; return the number of epochs until it stops, or None."""
    run = run or run_of()
    for epoch, run.loss in enumerate(losses, start=1):
        if monitor.epoch_end(run, 0.1):
            return epoch
    return None


def patient(**settings):
    """Return a monitor that nothing but divergence and observers stop."""
    return Monitor(tol=0.0, n_iter_no_change=9, **settings)


def stop_early(score):
    """Return settings of a monitor with early stopping; the loss is constant."""
    return {"validate": lambda theta: (0.25, score(theta)), "early_stopping": True}


def test_stops_after_more_than_n_iter_no_change_epochs_without_improvement():
    monitor, run = Monitor(tol=0.1, n_iter_no_change=2), run_of()
    assert watch(monitor, [1.0, 0.5, 0.45, 0.42, 0.41, 0.4], run) == 5
    assert monitor.finished
    assert run.best_loss == 0.41
    assert run.best_epoch == 5
    assert monitor.stop_reason == (
        "training loss did not improve by tol=0.1 in any of the last 3 epochs; best at epoch 5"
    )


def scores(*values):
    """Return settings of early stopping with these scores, one after the other."""
    values = iter(values)
    return stop_early(lambda _: next(values))


IMPROVEMENTS = [
    (Monitor(tol=0.25, n_iter_no_change=1), [1.0, 0.75, 0.5, 0.25], None, 4),  # by exactly tol
    (Monitor(tol=0.0, n_iter_no_change=9), [2.0, 1.0, 1.0], None, 2),  # the first of equals
    (Monitor(tol=0.0, n_iter_no_change=9), [0.0, 1.0], None, 1),  # 0 measures no divergence
    (Monitor(tol=0.0, n_iter_no_change=1, **stop_early(lambda _: np.nan)), [2.0, 1.0], 2, 0),
    (Monitor(tol=0.25, n_iter_no_change=0, **scores(0.25, 0.5, 0.75)), [1.0] * 3, None, 3),
]


@pytest.mark.parametrize(("monitor", "losses", "stops", "best"), IMPROVEMENTS)
def test_what_counts_as_an_improvement(monitor, losses, stops, best):
    run = run_of()
    assert watch(monitor, losses, run) == stops
    assert run.best_epoch == best


def test_verbose_prints_the_newest_entry(capsys):
    watch(patient(), [3.0])  # prints nothing
    watch(patient(verbose=True, **stop_early(lambda _: 0.5)), [3.0, 2.0])
    validation = "validation loss = 0.25000000, validation score = 0.500000\n"
    assert capsys.readouterr().out == (
        f"Iteration 1, loss = 3.00000000, {validation}Iteration 2, loss = 2.00000000, {validation}"
    )


class Observer:
    """An observer that records what the monitor says, and asks to stop at an epoch."""

    def __init__(self, stop_at, reason="enough"):
        self.said, self.stop_at, self.reason = [], stop_at, reason

    def epoch_begin(self):
        self.said.append("begin")

    def epoch_end(self, run, monitor):
        self.said.append(run.epoch)
        return self.reason if run.epoch == self.stop_at else ""


def test_all_observers_are_told_and_the_first_reason_to_stop_wins():
    observers = [Observer(9), Observer(2), Observer(2, "more than enough")]
    monitor = patient(observers=observers)
    monitor.epoch_begin()
    assert watch(monitor, [3.0, 2.0, 1.0]) == 2
    assert (monitor.stop_reason, monitor.finished) == ("enough", True)
    assert [each.said for each in observers] == [["begin", 1, 2]] * 3


def test_observers_hear_of_the_epoch_that_ends_training_and_its_own_reason_stands():
    observer = Observer(stop_at=3)
    monitor = Monitor(tol=0.0, n_iter_no_change=1, observers=[observer])
    assert watch(monitor, [1.0, 2.0, 2.0]) == 3
    assert observer.said == [1, 2, 3]
    assert "training loss did not improve" in monitor.stop_reason


DIVERGENCES = [
    ([np.inf], r"The loss grew to inf \(epoch 1; no loss was finite\).*StandardScaler"),
    ([2.0, np.nan], r"The loss grew from 2 to nan \(epoch 2; the last finite loss was 2\)"),
    ([2.0, 3e10], r"The loss grew from 2 to 3e\+10 \(epoch 2.*lower learning_rate_init"),
    ([1e-12, 1.0], r"The loss grew from 1e-12 to 1 \(epoch 2"),
]


@pytest.mark.parametrize(("losses", "message"), DIVERGENCES)
def test_divergence_is_noticed_at_once(losses, message):
    with pytest.raises(DivergenceError, match=message):
        watch(patient(), losses)


def test_non_finite_weights_are_divergence_too_but_not_those_whose_squares_overflow():
    run = run_of()
    run.theta = np.array([1e30, 1.0], np.float32)
    with np.errstate(over="ignore"):
        assert watch(patient(), [1.0], run) is None
    message = "Solver produced non-finite parameter weights.*need to be preprocessed .epoch 1; no"
    with pytest.raises(DivergenceError, match=message):
        watch(patient(), [1.0], run_of([np.nan, 0.0]))
