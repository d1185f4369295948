import numpy as np
import pytest
from sklearn.datasets import load_iris

from scratchmlp.activations import ACTIVATIONS
from scratchmlp.losses import LOSSES
from scratchmlp.network import Network
from scratchmlp.optimizers import SGD
from scratchmlp.schedules import Constant, InverseScaling
from scratchmlp.training import LBFGS, Data, Descent, DivergenceError, Monitor, Run, train


def run_of(theta=(0.0, 0.0)):
    return Run(np.array(theta), np.random.RandomState(0))


def watch(monitor, losses, run=None, learning_rate=0.1):
    """Show a monitor these losses; return the number of epochs until it stops, or None."""
    run = run or run_of()
    for epoch, loss in enumerate(losses, start=1):
        run.loss = loss
        if monitor.epoch_end(run, learning_rate):
            return epoch
    return None


def test_stops_after_more_than_n_iter_no_change_epochs_without_improvement():
    monitor, run = Monitor(tol=0.1, n_iter_no_change=2), run_of()
    assert watch(monitor, [1.0, 0.5, 0.45, 0.42, 0.41, 0.4], run) == 5
    assert monitor.converged
    assert run.best_loss == 0.41
    assert run.best_epoch == 5
    assert monitor.stop_reason == (
        "training loss did not improve by tol=0.1 for 2 epochs; best at epoch 5"
    )


def test_an_improvement_by_exactly_tol_counts():
    assert watch(Monitor(tol=0.25, n_iter_no_change=1), [1.0, 0.75, 0.5, 0.25]) is None


def test_with_a_score_the_score_decides_and_the_best_weights_are_kept():
    scores = iter([0.5, 0.9, 0.8, 0.9, 0.7])
    monitor = Monitor(tol=0.0, n_iter_no_change=10, score=lambda theta: next(scores))
    run = run_of()
    for epoch in range(5):
        run.theta[:], run.loss = epoch, 1.0
        monitor.epoch_end(run, 0.1)
    np.testing.assert_array_equal(run.best_theta, [1, 1])
    assert (run.best_score, run.best_epoch) == (0.9, 2)
    assert run.history["score"] == [0.5, 0.9, 0.8, 0.9, 0.7]
    assert run.best_loss == np.inf


def test_a_score_of_nan_is_no_improvement():
    monitor = Monitor(tol=0.0, n_iter_no_change=1, score=lambda theta: np.nan)
    assert watch(monitor, [1.0, 0.9, 0.8]) == 2


def test_adaptive_divides_the_rate_by_five_until_it_is_tiny():
    monitor, run = Monitor(tol=0.1, n_iter_no_change=1, adaptive=True), run_of()
    rates, stopped = [], False
    while not stopped:
        rates.append(0.001 * run.rate_factor)
        run.loss = 1.0
        stopped = monitor.epoch_end(run, rates[-1])
    # An improving epoch, then two without improvement at every rate down to the last one.
    expected = 0.001 / 5.0 ** np.repeat(range(6), 2)
    np.testing.assert_allclose(rates[1:], expected)
    assert rates[-1] <= 1e-6 < rates[-3]


def test_history_has_one_entry_an_epoch():
    monitor, run = Monitor(tol=0.0, n_iter_no_change=10), run_of()
    watch(monitor, [3.0, 2.0], run, learning_rate=0.1)
    assert run.history["epoch"] == [1, 2]
    assert run.history["loss"] == [3.0, 2.0]
    assert run.history["learning_rate"] == [0.1, 0.1]
    assert np.isnan(run.history["score"]).all()
    assert all(seconds > 0 for seconds in run.history["seconds"])


def test_verbose_prints_the_newest_entry(capsys):
    watch(Monitor(tol=0, n_iter_no_change=9, score=lambda _: 0.5, verbose=True), [3.0, 2.0])
    assert capsys.readouterr().out == (
        "Iteration 1, loss = 3.00000000, validation score = 0.500000\n"
        "Iteration 2, loss = 2.00000000, validation score = 0.500000\n"
    )


@pytest.mark.parametrize(
    ("losses", "message"),
    [
        ([np.inf], "Solver produced non-finite.*epoch 1; no loss was finite.*StandardScaler"),
        ([2.0, np.nan], "Solver produced non-finite.*epoch 2; the last finite loss was 2"),
        ([2.0, 3e10], "The loss grew from 2 to 3e.10 in epoch 2.*lower learning_rate_init"),
    ],
)
def test_divergence_is_noticed_at_once(losses, message):
    with pytest.raises(DivergenceError, match=message):
        watch(Monitor(tol=0, n_iter_no_change=9), losses)


def test_non_finite_weights_are_divergence_too():
    with pytest.raises(DivergenceError, match="Solver produced non-finite parameter weights"):
        watch(Monitor(tol=0, n_iter_no_change=9), [1.0], run_of([np.nan, 0.0]))


def test_divergence_goes_back_to_the_best_weights_if_there_are_any():
    monitor, run = Monitor(tol=0, n_iter_no_change=9, score=lambda theta: 1.0), run_of([1.0, 2.0])
    assert watch(monitor, [1.0], run) is None
    run.theta[:] = np.nan
    assert watch(monitor, [np.nan], run) == 1
    np.testing.assert_array_equal(run.theta, [1.0, 2.0])
    assert not monitor.converged
    assert monitor.stop_reason.endswith("the weights of epoch 1 are kept")


@pytest.fixture
def iris():
    X, y = load_iris(return_X_y=True)
    X = (X - X.mean(axis=0)) / X.std(axis=0)
    network = Network((4, 3, 3), ACTIVATIONS["tanh"])
    theta = np.random.default_rng(0).normal(size=network.n_parameters)
    return network, LOSSES["log_loss"]("softmax"), theta, Data(X, np.eye(3)[y], None)


def descent(optimizer=None, schedule=None, batch_size=50, shuffle=True, max_iter=20):
    optimizer = optimizer or SGD(momentum=0.0)
    return Descent(optimizer, schedule or Constant(), 0.1, batch_size, shuffle, max_iter)


def train_iris(iris, solver, monitor=None, random_state=0):
    network, loss, theta, data = iris
    run = Run(theta.copy(), np.random.RandomState(random_state))
    if isinstance(solver, Descent):
        run.optimizer_state = solver.optimizer.init(theta)
    monitor = monitor or Monitor(tol=0.0, n_iter_no_change=np.inf)
    interrupted = train(network, loss, 0.01, solver, monitor, run, data)
    return run, monitor, interrupted


@pytest.mark.parametrize("solver", [descent(), LBFGS(1e-4, 100, 1000)], ids=["descent", "lbfgs"])
def test_training_lowers_the_loss(iris, solver):
    run, monitor, interrupted = train_iris(iris, solver)
    losses = run.history["loss"]
    assert losses[-1] < 0.5 * losses[0]
    assert losses == sorted(losses, reverse=True)
    assert monitor.n_iter == len(losses)
    assert not interrupted


def test_descent_without_shuffling_is_the_loop_written_out(iris):
    network, loss, theta, data = iris
    run, _, _ = train_iris(iris, descent(batch_size=40, shuffle=False, max_iter=1))
    by_hand = theta.copy()
    for start in (0, 40, 80, 120):
        X, Y = data.X[start : start + 40], data.Y[start : start + 40]
        (W1, b1), (W2, b2) = network.layers(by_hand)
        a = np.tanh(X @ W1 + b1)
        delta_2 = (loss.predict(a @ W2 + b2) - Y) / len(X)
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


@pytest.mark.parametrize("shuffle", [True, False])
def test_a_run_that_goes_on_is_the_run_that_never_stopped(iris, shuffle):
    network, loss, _, data = iris
    optimizer = SGD(momentum=0.9)
    straight, _, _ = train_iris(iris, descent(optimizer, InverseScaling(), shuffle=shuffle))
    half = descent(optimizer, InverseScaling(), shuffle=shuffle, max_iter=10)
    run, monitor, _ = train_iris(iris, half)
    resumed = run.copy()
    train(network, loss, 0.01, half, monitor, resumed, data)
    np.testing.assert_array_equal(resumed.theta, straight.theta)
    assert resumed.history["loss"] == straight.history["loss"]
    assert len(run.history["loss"]) == 10  # the copy went on, the original did not


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
    assert not monitor.converged
    assert not np.array_equal(run.theta, iris[2])


@pytest.mark.parametrize("settings", [{"tol": 0.0, "max_iter": 3, "max_fun": 1000}])
def test_lbfgs_says_when_it_did_not_converge(iris, settings):
    run, monitor, _ = train_iris(iris, LBFGS(**settings))
    assert not monitor.converged
    assert "LIMIT" in monitor.stop_reason
    assert len(run.history["loss"]) == 3


def test_lbfgs_meets_its_tolerance(iris):
    run, monitor, _ = train_iris(iris, LBFGS(tol=1e-8, max_iter=5000, max_fun=50_000))
    assert monitor.converged
    network, loss, _, data = iris
    from scratchmlp.objective import Objective

    _, grad = Objective(network, loss, 0.01)(run.theta, *data)
    assert np.abs(grad).max() < 1e-5
