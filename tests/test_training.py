import dataclasses
import itertools
from unittest import mock

import numpy as np
import pytest
from scipy.optimize import minimize
from sklearn.datasets import load_iris

from scratchmlp.activations import ACTIVATIONS
from scratchmlp.batches import Batches, Data
from scratchmlp.losses import LogLoss
from scratchmlp.monitor import Monitor
from scratchmlp.network import Network
from scratchmlp.objective import Objective
from scratchmlp.optimizers import OPTIMIZERS, SGD, Adam
from scratchmlp.run import Run
from scratchmlp.schedules import Adaptive, Constant, Cosine, InverseScaling, Progress
from scratchmlp.solvers import LBFGS, Descent
from scratchmlp.training import train


@pytest.fixture
def iris():
    X, y = load_iris(return_X_y=True)
    X = (X - X.mean(axis=0)) / X.std(axis=0)
    network = Network((4, 3, 3), ACTIVATIONS["tanh"])
    theta = np.random.default_rng(0).normal(size=network.n_parameters)
    return network, LogLoss(), theta, Data(X, np.eye(3)[y], None)


def descent(optimizer=None, schedule=None, batch_size=50, shuffle=True, max_iter=20):
    optimizer = optimizer or SGD(momentum=0.0)
    return Descent(optimizer, schedule or Constant(), 0.1, batch_size, shuffle, max_iter)


def train_iris(iris, solver, monitor=None, random_state=0, alpha=0.01):
    network, loss, theta, data = iris
    run = Run(theta.copy(), np.random.RandomState(random_state))
    monitor = monitor or Monitor(tol=0.0, n_iter_no_change=np.inf)
    interrupted = train(Objective(network, loss, alpha), solver, monitor, run, data)
    return run, monitor, interrupted


@pytest.mark.parametrize("solver", [descent(), LBFGS(1e-4, 100, 1000)], ids=["descent", "lbfgs"])
def test_training_lowers_the_loss(iris, solver):
    run, monitor, interrupted = train_iris(iris, solver)
    losses = run.history["loss"]
    assert losses[-1] < 0.5 * losses[0]
    assert losses == sorted(losses, reverse=True)
    assert monitor.n_iter == len(losses)
    assert not interrupted


@dataclasses.dataclass
class Elsewhere:
    """Rows that give out batches of one object, which only their objective can open."""

    data: Data
    objective: Objective

    @property
    def n_rows(self):
        return self.data.n_rows

    def batches(self, batch_size, *, drop_last=False):
        batches = self.data.batches(batch_size, drop_last=drop_last)
        epoch = batches.epoch
        batches.epoch = lambda order: ((self.close(*batch),) for batch in epoch(order))
        return batches

    def whole(self, dtype):
        return (self.close(*self.data.whole(dtype)),)

    def close(self, *batch):
        return mock.Mock(spec=["shape", "batch"], shape=(len(batch[0]),), batch=batch)

    def at(self, theta):
        return lambda closed: self.objective.at(theta)(*closed.batch)


@pytest.mark.parametrize("solver", [descent(), LBFGS(1e-4, 20, 1000)], ids=["descent", "lbfgs"])
def test_training_does_not_look_into_its_batches(iris, solver):
    network, loss, theta, data = iris
    expected, _, _ = train_iris(iris, solver)
    rows = Elsewhere(data, Objective(network, loss, alpha=0.01))
    run = Run(theta.copy(), np.random.RandomState(0))
    train(rows, solver, Monitor(tol=0.0, n_iter_no_change=np.inf), run, rows)
    np.testing.assert_array_equal(run.theta, expected.theta)


def test_descent_without_shuffling_is_the_loop_written_out(iris):
    network, loss, theta, data = iris
    run, _, _ = train_iris(iris, descent(batch_size=40, shuffle=False, max_iter=1))
    by_hand = theta.copy()
    for start in (0, 40, 80, 120):
        X, Y = data.X[start : start + 40], data.Y[start : start + 40]
        (W1, b1), (W2, b2) = network.layers(by_hand)
        a = np.tanh(X @ W1 + b1)
        delta_2 = (loss.predictions(a @ W2 + b2) - Y) / len(X)
        delta_1 = delta_2 @ W2.T * (1 - a**2)
        penalty = 0.01 / len(X)
        W1_step, b1_step = X.T @ delta_1 + penalty * W1, delta_1.sum(axis=0)
        W2_step, b2_step = a.T @ delta_2 + penalty * W2, delta_2.sum(axis=0)
        W1 -= 0.1 * W1_step
        b1 -= 0.1 * b1_step
        W2 -= 0.1 * W2_step
        b2 -= 0.1 * b2_step
    np.testing.assert_allclose(run.theta, by_hand, rtol=1e-12)
    assert run.samples_seen == 150


def test_the_order_of_a_full_batch_does_not_matter(iris):
    shuffled, _, _ = train_iris(iris, descent(batch_size=150))
    unshuffled, _, _ = train_iris(iris, descent(batch_size=150, shuffle=False))
    np.testing.assert_array_equal(shuffled.theta, unshuffled.theta)


def test_a_schedule_sets_the_rate_of_each_epoch(iris):
    run, _, _ = train_iris(iris, descent(schedule=InverseScaling(1.0), max_iter=3))
    assert run.history["learning_rate"] == pytest.approx([0.1, 0.1 / 151, 0.1 / 301])


def test_a_schedule_is_asked_for_every_step(iris):
    asked = []

    def schedule(progress):
        asked.append(progress)
        return 1 - 0.1 * progress.epoch

    network, loss, theta, data = iris
    run, monitor = Run(theta.copy(), np.random.RandomState(0), n_epochs=5), Monitor(0.0, np.inf)
    solver = descent(schedule=schedule, max_iter=2)
    train(Objective(network, loss, 0.01), solver, monitor, run, data)
    assert asked == [Progress(150 * k, k + i / 3, 5) for k in range(2) for i in range(3)]
    assert run.history["learning_rate"] == pytest.approx([0.1, 0.09])  # of each first step


def test_each_step_has_its_own_rate(iris):
    """If the rate is 0 except in the first of three steps, the other steps change nothing."""
    one, two = (
        train_iris(iris, descent(schedule=schedule, max_iter=1, shuffle=False))[0]
        for schedule in (lambda p: 0 if p.epoch else 1, Constant())
    )
    network, loss, theta, data = iris
    _, grad = Objective(network, loss, 0.01)(theta, *data.rows(slice(50)).arrays())
    np.testing.assert_allclose(one.theta, theta - 0.1 * grad, rtol=1e-12)
    assert not np.allclose(two.theta, one.theta)


@pytest.mark.parametrize("number", [np.float64(0.5), np.float32(0.5), np.int64(1), 1, 0])
def test_factors_become_python_floats(iris, number):
    """A NumPy scalar would turn float32 parameters into float64 ones."""
    run, _, _ = train_iris(iris, descent(schedule=lambda progress: number, max_iter=2))
    assert run.history["learning_rate"] == pytest.approx([0.1 * float(number)] * 2)
    assert {type(rate) for rate in run.history["learning_rate"]} == {float}


@pytest.mark.parametrize(
    "bad", [None, "0.5", np.nan, np.inf, -0.1, 1j, np.array([0.5, 0.5]), Cosine()], ids=repr
)
def test_what_a_schedule_must_not_return(iris, bad):
    solver = descent(schedule=lambda progress: bad if progress.epoch > 1 else 1.0)
    with pytest.raises(ValueError, match="must return a finite number >= 0") as error:
        train_iris(iris, solver)
    assert f"returned {bad!r} for Progress(samples_seen=150, epoch=1.33" in str(error.value)


@pytest.mark.parametrize("n_batches", [1, 3])
def test_an_epoch_has_a_rate_for_each_of_its_batches(iris, n_batches, monkeypatch):
    """With fewer or more rates than batches, some rows would be skipped silently."""
    n_batches_of_two_rates = itertools.repeat(iris[3].arrays(), n_batches)
    monkeypatch.setattr(Batches, "epoch", lambda batches, order: n_batches_of_two_rates)
    with pytest.raises(ValueError, match="zip"):
        train_iris(iris, descent(batch_size=75))


@pytest.mark.parametrize("solver", [descent(), LBFGS(1e-4, 100, 1000)], ids=["descent", "lbfgs"])
def test_settings_of_a_solver_do_not_change(solver):
    """One object may serve several networks at once."""
    with pytest.raises(dataclasses.FrozenInstanceError):
        solver.max_iter = 7


@pytest.mark.parametrize("adaptive", [None, Adaptive()])
def test_without_adaptive_its_drops_are_forgotten(iris, adaptive):
    network, loss, theta, data = iris
    run = Run(theta.copy(), np.random.RandomState(0), rate_drops=2)
    solver = dataclasses.replace(descent(max_iter=1), adaptive=adaptive)
    train(Objective(network, loss, 0.01), solver, Monitor(0.0, np.inf), run, data)
    assert run.rate_drops == (2 if adaptive else 0)
    assert run.history["learning_rate"] == pytest.approx([0.1 / 25 if adaptive else 0.1])


@pytest.mark.parametrize("name", OPTIMIZERS)
@pytest.mark.parametrize("common", [{}, {"weight_decay": 0.1, "max_grad_norm": 0.1}], ids=str)
def test_training_calls_step(iris, name, common):
    """Training calls `step`, which also decays and clips, and not only `update`."""
    run, _, _ = train_iris(iris, descent(OPTIMIZERS[name](**common), max_iter=1, batch_size=150))
    network, loss, theta, data = iris
    by_hand, optimizer = theta.copy(), OPTIMIZERS[name](**common)
    _, grad = Objective(network, loss, 0.01)(theta, *data.arrays())
    optimizer.step(by_hand, grad, optimizer.init(by_hand), 0.1)
    np.testing.assert_array_equal(run.theta, by_hand)


@pytest.mark.parametrize("shuffle", [True, False])
def test_a_run_that_goes_on_is_the_run_that_never_stopped(iris, shuffle):
    network, loss, _, data = iris
    optimizer = SGD(momentum=0.9)
    straight, _, _ = train_iris(iris, descent(optimizer, InverseScaling(), shuffle=shuffle))
    half = descent(optimizer, InverseScaling(), shuffle=shuffle, max_iter=10)
    run, monitor, _ = train_iris(iris, half)
    first_half, resumed = run.theta.copy(), run.copy()
    train(Objective(network, loss, 0.01), half, monitor, resumed, data)
    np.testing.assert_array_equal(resumed.theta, straight.theta)
    assert resumed.history["loss"] == straight.history["loss"]
    np.testing.assert_array_equal(run.theta, first_half)  # only the copy was trained further


@pytest.mark.parametrize("solver", [descent(), LBFGS(1e-4, 100, 1000)], ids=["descent", "lbfgs"])
def test_epochs_begin_and_end_in_turns(iris, solver):
    told = []

    class Recording(Monitor):
        def epoch_begin(self):
            super().epoch_begin()
            told.append("begin")

        def epoch_end(self, run, learning_rate):
            told.append("end")
            return super().epoch_end(run, learning_rate)

    run, _, _ = train_iris(iris, solver, Recording(0.0, np.inf))
    assert told == ["begin", "end"] * run.epoch


@pytest.mark.parametrize("solver", [descent(), LBFGS(1e-4, 100, 1000)], ids=["descent", "lbfgs"])
def test_ctrl_c_ends_training_with_the_latest_weights(iris, solver):
    class Interrupt(Monitor):
        def epoch_end(self, run, learning_rate):
            super().epoch_end(run, learning_rate)
            if self.n_iter == 3:
                raise KeyboardInterrupt
            return False

    run, monitor, interrupted = train_iris(iris, solver, Interrupt(0.0, np.inf))
    assert interrupted
    assert monitor.stop_reason == "interrupted by the user after 3 epochs"
    assert not monitor.finished
    assert not np.array_equal(run.theta, iris[2])


def test_lbfgs_says_when_it_did_not_converge(iris):
    run, monitor, _ = train_iris(iris, LBFGS(tol=0.0, max_iter=3, max_fun=1000))
    assert not monitor.finished
    assert "LIMIT" in monitor.stop_reason
    assert len(run.history["loss"]) == 3


@pytest.mark.parametrize(
    ("tol", "n_epsilons"), [(1e-3, 1e7), (1e-4, 1e7), (1e-6, 1e5), (1e-9, 100), (1e-12, 64)]
)
def test_the_gain_that_ends_lbfgs_shrinks_with_tol(iris, tol, n_epsilons, monkeypatch):
    """scipy's default is 1e7 machine epsilons of the objective."""
    spy = mock.Mock(wraps=minimize)
    monkeypatch.setattr("scratchmlp.training.minimize", spy)
    train_iris(iris, LBFGS(tol, max_iter=7, max_fun=9))
    ftol = pytest.approx(n_epsilons * np.finfo(float).eps, rel=1e-9, abs=0)
    expected = {"maxiter": 7, "maxfun": 9, "gtol": tol, "ftol": ftol}
    assert spy.call_args.kwargs["options"] == expected


def test_lbfgs_leaves_no_state_of_an_optimizer(iris):
    """A descent that follows begins with a new one."""
    network, loss, _, data = iris
    run, monitor, _ = train_iris(iris, descent(Adam(), max_iter=2))
    assert run.optimizer_state
    train(Objective(network, loss, 0.01), LBFGS(1e-4, 3, 100), monitor, run, data)
    assert run.optimizer_state == {}


@pytest.mark.parametrize("tol", [1e-4, 1e-5, 1e-6])
def test_lbfgs_meets_its_tolerance(iris, tol):
    """With a penalty that makes the minimum round: in a long valley gains end it before."""
    solver = LBFGS(tol=tol, max_iter=5000, max_fun=50_000)
    run, monitor, _ = train_iris(iris, solver, alpha=1.0)
    assert monitor.finished
    network, loss, _, data = iris
    _, grad = Objective(network, loss, 1.0)(run.theta, *data.arrays())
    assert np.abs(grad).max() <= tol


@pytest.mark.parametrize("solver", [descent(), LBFGS(1e-4, 100, 1000)], ids=["descent", "lbfgs"])
def test_a_run_that_diverges_ends_with_the_best_weights(iris, solver, monkeypatch):
    class Diverge(Monitor):
        def epoch_end(self, run, learning_rate):
            if self.n_iter == 2:
                run.loss = np.nan
            return super().epoch_end(run, learning_rate)

    monitor = Diverge(0.0, 9, validate=lambda theta: (0.25, 1.0), early_stopping=True)
    run, monitor, _ = train_iris(iris, solver, monitor)
    np.testing.assert_array_equal(run.theta, run.best_theta)
    assert not run.optimizer_state
    assert "weights of epoch 1 are kept" in monitor.stop_reason


def test_another_optimizer_starts_with_a_state_of_its_own(iris):
    network, loss, _, data = iris
    run, monitor, _ = train_iris(iris, descent(SGD(momentum=0.9), max_iter=2))
    train(Objective(network, loss, 0.01), descent(Adam(), max_iter=2), monitor, run, data)
    assert run.optimizer_state["t"] == 2 * 3


def test_rows_that_are_left_out_count_neither_as_loss_nor_as_seen(iris):
    network, loss, _, data = iris
    run, monitor, _ = train_iris(iris, descent(Adam(), max_iter=1))
    n, before = len(data.X), run.samples_seen
    solver = dataclasses.replace(descent(Adam(), max_iter=1), batch_size=n - 1, drop_last=True)
    solver = dataclasses.replace(solver, learning_rate_init=0.0, shuffle=False)
    theta = run.theta.copy()
    train(Objective(network, loss, 0.01), solver, monitor, run, data)
    assert run.samples_seen == before + n - 1
    rows = data.rows(slice(n - 1)).arrays()
    assert run.loss == pytest.approx(Objective(network, loss, 0.01)(theta, *rows)[0])
