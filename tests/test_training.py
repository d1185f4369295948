import dataclasses
from unittest import mock

import numpy as np
import pytest
from scipy.optimize import minimize
from sklearn.datasets import load_iris

from scratchmlp.activations import ACTIVATIONS
from scratchmlp.batches import Data
from scratchmlp.losses import LogLoss
from scratchmlp.monitor import Monitor
from scratchmlp.network import Network
from scratchmlp.objective import Objective
from scratchmlp.optimizers import SGD, Adam
from scratchmlp.run import Run
from scratchmlp.schedules import Constant, Cosine, Progress
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


def train_iris(iris, solver, monitor=None, **kept):
    network, loss, theta, data = iris
    run = Run(theta.copy(), np.random.RandomState(0), **kept)
    monitor = monitor or Monitor(tol=0.0, n_iter_no_change=np.inf)
    train(Objective(network, loss, 0.01), solver, monitor, run, data)
    return run, monitor


def test_a_schedule_is_asked_for_every_step(iris):
    asked = []

    def schedule(progress):
        asked.append(progress)
        return 1 - 0.1 * progress.epoch

    run, _ = train_iris(iris, descent(schedule=schedule, max_iter=2), n_epochs=5)
    assert asked == [Progress(150 * k, k + i / 3, 5) for k in range(2) for i in range(3)]
    assert run.history["learning_rate"] == pytest.approx([0.1, 0.09])  # of each first step


def test_each_step_has_its_own_rate(iris):
    """If the rate is 0 except in the first of three steps, the other steps change nothing."""
    one, two = (
        train_iris(iris, descent(schedule=schedule, max_iter=1, shuffle=False))[0]
        for schedule in (lambda p: 0 if p.epoch else 1, Constant())
    )
    network, loss, theta, data = iris
    _, grad = Objective(network, loss, 0.01)(theta, *data.rows(slice(50)).as_batch())
    np.testing.assert_allclose(one.theta, theta - 0.1 * grad, rtol=1e-12)
    assert not np.allclose(two.theta, one.theta)


@pytest.mark.parametrize(
    "bad", [None, np.nan, np.inf, -0.1, 1j, np.array([0.5, 0.5]), Cosine()], ids=repr
)
def test_what_a_schedule_must_not_return(iris, bad):
    solver = descent(schedule=lambda progress: bad if progress.epoch > 1 else 1.0)
    with pytest.raises(ValueError, match="must return a finite number >= 0") as error:
        train_iris(iris, solver)
    assert f"returned {bad!r} for Progress(samples_seen=150, epoch=1.33" in str(error.value)


@pytest.mark.parametrize(("tol", "n_epsilons"), [(1e-3, 1e7), (1e-6, 1e5), (1e-12, 64)])
def test_the_gain_that_ends_lbfgs_shrinks_with_tol(iris, tol, n_epsilons, monkeypatch):
    """scipy's default is 1e7 machine epsilons of the objective."""
    spy = mock.Mock(wraps=minimize)
    monkeypatch.setattr("scratchmlp.training.minimize", spy)
    train_iris(iris, LBFGS(tol, max_iter=7, max_fun=9))
    ftol = pytest.approx(n_epsilons * np.finfo(float).eps, rel=1e-9, abs=0)
    expected = {"maxiter": 7, "maxfun": 9, "gtol": tol, "ftol": ftol}
    assert spy.call_args.kwargs["options"] == expected


def test_a_solver_takes_no_state_of_another_kind(iris):
    network, loss, _, data = iris
    run, monitor = train_iris(iris, descent(SGD(momentum=0.9), max_iter=2))
    train(Objective(network, loss, 0.01), descent(Adam(), max_iter=2), monitor, run, data)
    assert run.optimizer_state["t"] == 2 * 3
    train(Objective(network, loss, 0.01), LBFGS(1e-4, 3, 100), monitor, run, data)
    assert run.optimizer_state == {}


@pytest.mark.parametrize("solver", [descent(Adam()), LBFGS(1e-4, 100, 1000)], ids=["adam", "lbfgs"])
def test_a_run_that_diverges_ends_with_the_best_weights(iris, solver):
    class Diverge(Monitor):
        def epoch_end(self, run, learning_rate):
            if self.n_iter == 2:
                run.loss = np.nan
            return super().epoch_end(run, learning_rate)

    monitor = Diverge(0.0, 9, validate=lambda theta: (0.25, 1.0), early_stopping=True)
    run, monitor = train_iris(iris, solver, monitor)
    np.testing.assert_array_equal(run.theta, run.best_theta)
    assert (run.loss, run.optimizer_state) == (run.history["loss"][0], {})
    assert monitor.stop_reason.endswith("the weights of epoch 1 are kept")
    assert not monitor.finished


def test_rows_that_are_left_out_count_neither_as_loss_nor_as_seen(iris):
    network, loss, theta, data = iris
    solver = dataclasses.replace(descent(batch_size=149, shuffle=False, max_iter=1), drop_last=True)
    run, _ = train_iris(iris, solver)
    assert run.samples_seen == 149
    rows = data.rows(slice(149)).as_batch()
    assert run.loss == pytest.approx(Objective(network, loss, 0.01)(theta, *rows)[0])
