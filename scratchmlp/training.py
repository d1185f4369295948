"""Training: the loops that make the objective small.

`train` serves every estimator. It hands a `Run`, where training stands, to one of two loops:
mini-batch descent with an optimizer of `scratchmlp.optimizers`, or L-BFGS through scipy. Both
report each epoch (for L-BFGS, each iteration) to a `Monitor`, which decides when to stop.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.optimize import OptimizeResult, minimize

from scratchmlp.arrays import FloatArray
from scratchmlp.batches import Batches, Data
from scratchmlp.kernels import threads
from scratchmlp.monitor import Monitor
from scratchmlp.optimizers import Optimizer
from scratchmlp.run import Run
from scratchmlp.schedules import Progress

#: Types of numbers; `numbers.Real` would take four times as long to recognise them.
_NUMBERS = (int, float, np.integer, np.floating)


@dataclass(frozen=True)
class Descent:
    """Settings of mini-batch descent.

    Parameters
    ----------
    optimizer : Optimizer
        Turns gradients into steps.
    schedule : Schedule or callable
        Maps `Progress` to a factor of the learning rate; any callable is asked for every step.
    learning_rate_init : float
        Learning rate before the schedule.
    batch_size : int
        Rows of a batch.
    shuffle : bool
        Whether each epoch shuffles the rows.
    max_iter : int
        Largest number of epochs.
    drop_last : bool, default=False
        See `Batches`.
    """

    optimizer: Optimizer
    schedule: Callable[[Progress], float]
    learning_rate_init: float
    batch_size: int
    shuffle: bool
    max_iter: int
    drop_last: bool = False

    def rates(self, run: Run, n_steps: int) -> list[float]:
        """Compute the learning rate of each step of the coming epoch.

        Parameters
        ----------
        run : Run
            Where training stands.
        n_steps : int
            Steps of an epoch.

        Returns
        -------
        list of float
            Python floats: a NumPy scalar would turn float32 parameters into float64 ones.

        Raises
        ------
        ValueError
            If the schedule returns anything but a finite number of at least 0.
        """
        rate, epoch = self.learning_rate_init, run.epoch
        for _ in range(run.rate_drops):
            rate /= 5
        n_asked = n_steps if getattr(self.schedule, "stepwise", True) else 1
        rates = [
            rate * self._factor(Progress(run.samples_seen, epoch + step / n_steps, run.n_epochs))
            for step in range(n_asked)
        ]
        return rates * (n_steps // n_asked)

    def _factor(self, progress: Progress) -> float:
        factor = self.schedule(progress)
        if not (isinstance(factor, _NUMBERS) and 0 <= factor < math.inf):
            raise ValueError(
                "A learning rate schedule must return a finite number >= 0, by which "
                f"learning_rate_init is multiplied; learning_rate={self.schedule!r} returned "
                f"{factor!r} for {progress}. Correct it, or choose another learning_rate."
            )
        return float(factor)


@dataclass(frozen=True)
class LBFGS:
    """Settings of L-BFGS.

    Parameters
    ----------
    tol : float
        Converged when no component of the gradient is larger.
    max_iter : int
        Largest number of iterations.
    max_fun : int
        Largest number of evaluations of the objective.
    """

    tol: float
    max_iter: int
    max_fun: int


def train(
    objective: Any,
    solver: Descent | LBFGS,
    monitor: Monitor,
    run: Run,
    data: Data,
) -> bool:
    """Train a network: change `run` in place until the monitor or the solver stops.

    Parameters
    ----------
    objective : Objective
        What to make small.
    solver : Descent or LBFGS
        Which loop, with its settings.
    monitor : Monitor
        Records the history, keeps the best weights, decides when to stop.
    run : Run
        Where training stands.
    data : Data
        Training rows.

    Returns
    -------
    bool
        Whether the user interrupted training (Ctrl-C); `run` and `monitor` are then as the
        interruption left them.

    Raises
    ------
    DivergenceError
        See `Monitor.check_divergence`.
    """
    n_rows = solver.batch_size if isinstance(solver, Descent) else data.X.shape[0]
    largest = objective.network.multiplications(n_rows, data.X)
    try:  # the monitor reports divergence
        with np.errstate(over="ignore", invalid="ignore"), threads(largest):
            if isinstance(solver, Descent):
                _descend(objective, solver, monitor, run, data)
            else:
                _minimize(objective, solver, monitor, run, data)
    except KeyboardInterrupt:
        monitor.stop_reason = f"interrupted by the user after {monitor.n_iter} epochs"
        return True
    return False


def _descend(objective: Any, solver: Descent, monitor: Monitor, run: Run, data: Data) -> None:
    """Mini-batch descent: an epoch is one pass over the rows, a step for each batch."""
    n_rows = data.X.shape[0]
    batches = Batches(data, solver.batch_size, drop_last=solver.drop_last)
    shuffle = solver.shuffle and batches.whole is None  # a full batch has no order
    order = np.arange(n_rows) if run.order is None or len(run.order) != n_rows else run.order
    if not monitor.adaptive:
        run.rate_drops = 0
    state, step = solver.optimizer.init(run.theta), solver.optimizer.step
    if run.optimizer_state.keys() == state.keys():  # neither a new run nor another optimizer
        state = run.optimizer_state
    run.optimizer_state = state
    for _ in range(solver.max_iter):
        monitor.epoch_begin()
        rates = solver.rates(run, len(batches.slices))
        if shuffle:
            order = run.order = order[run.random_state.permutation(n_rows)]
        total = 0.0
        for rate, rows in zip(rates, batches.epoch(order if shuffle else None), strict=True):
            value, grad = objective(run.theta, *rows)
            step(run.theta, grad, state, rate)
            total += value * rows[0].shape[0]
        run.loss = total / batches.n_rows
        run.samples_seen += batches.n_rows
        if monitor.epoch_end(run, rates[0]):
            return
    monitor.stop_reason = f"reached max_iter={solver.max_iter} epochs"


def _minimize(objective: Any, solver: LBFGS, monitor: Monitor, run: Run, data: Data) -> None:
    """L-BFGS on the full batch, in float64: its line search needs the digits.

    It stops by its own criterion, the size of the gradient, unless the monitor stops it earlier.
    scipy would also stop when an iteration gains less than 1e7 machine epsilons of the objective,
    well before a small tol is reached. Below the default tol of 1e-4 that share shrinks with tol,
    down to the 64 epsilons of LogisticRegression.
    """
    X, Y, weight = data.decoded()
    X = X.astype(np.float64, copy=False)
    run.optimizer_state = {}

    def value_and_gradient(x: FloatArray) -> tuple[float, FloatArray]:
        value, grad = objective(x, X, Y, weight)
        return value, grad.copy()

    def iteration_end(intermediate_result: OptimizeResult) -> None:
        run.theta[:], run.loss = intermediate_result.x, float(intermediate_result.fun)
        monitor.epoch_begin()  # scipy does not say when an iteration begins
        if monitor.epoch_end(run, learning_rate=np.nan):
            raise StopIteration

    ftol = np.finfo(float).eps * np.clip(1e11 * solver.tol, 64, 1e7)
    result = minimize(
        value_and_gradient,
        run.theta.astype(np.float64),
        method="L-BFGS-B",
        jac=True,
        callback=iteration_end,
        options={
            "maxiter": solver.max_iter,
            "maxfun": solver.max_fun,
            "gtol": solver.tol,
            "ftol": ftol,
        },
    )
    if monitor.stop_reason:
        return
    run.theta[:], run.loss = result.x, float(result.fun)
    if not monitor.check_divergence(run):
        monitor.stop_reason = f"L-BFGS-B ended with status {result.status}, {result.message}"
        monitor.finished = result.success
