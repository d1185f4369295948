"""Training: the loops that minimize the objective.

`descend` is mini-batch descent with an optimizer. `minimize_lbfgs` is SciPy's L-BFGS. Both update a
`Run`, the state of training, and report each epoch to a monitor, which decides when to stop. With
L-BFGS, an epoch is an iteration. `train` calls the loop that belongs to the solver.
"""

from typing import Any, NamedTuple

import numpy as np
from scipy.optimize import OptimizeResult, minimize

from scratchmlp.arrays import FloatArray
from scratchmlp.batches import TrainingRows
from scratchmlp.monitor import Monitor
from scratchmlp.objective import Differentiable
from scratchmlp.optimizers import State
from scratchmlp.run import Run
from scratchmlp.solvers import LBFGS, Descent


class Training(NamedTuple):
    """The training of a network: the arguments of `train`, which documents them."""

    objective: Differentiable
    solver: Descent | LBFGS
    monitor: Monitor
    run: Run
    data: TrainingRows


def descend(
    objective: Differentiable, descent: Descent, monitor: Monitor, run: Run, data: TrainingRows
) -> None:
    """Minimize by mini-batch descent: in each epoch, take one step for each batch of rows.

    The arguments are documented in `train`, whose `solver` is `descent` here.
    """
    batches = data.batches(descent.batch_size, drop_last=descent.drop_last)
    # A full batch needs no order.
    shuffle = descent.shuffle and (batches.full is None or descent.shared_generator)
    evaluate, step = objective.at(run.theta), descent.optimizer.step
    state = start_descent(descent, run)
    for _ in range(descent.max_iter):
        monitor.epoch_begin()
        rates = descent.rates(run, len(batches))
        order = run.shuffle(data.n_rows) if shuffle else None
        total = 0.0
        for rate, batch in zip(rates, batches.epoch(order), strict=True):
            value, grad = evaluate(*batch)
            n_rows = batch.n_rows
            total += objective.reported(value, run.theta, n_rows) * n_rows
            step(run.theta, grad, state, rate)
        run.loss = total / batches.n_rows
        run.samples_seen += batches.n_rows
        if monitor.epoch_end(run, rates[0]):
            return
    monitor.stop(f"reached max_iter={descent.max_iter} epochs", finished=False)


def minimize_lbfgs(
    objective: Differentiable, lbfgs: LBFGS, monitor: Monitor, run: Run, data: TrainingRows
) -> None:
    """Minimize by L-BFGS on the full batch.

    L-BFGS computes in float64, because its line search needs this precision. Training stops when
    the gradient is small, unless the monitor stops training earlier. SciPy also stops when the
    relative reduction of the objective in one iteration is below a limit. The default limit is 1e7
    machine epsilons. With a small `tol`, this would happen well before the gradient is small.
    Therefore the limit is lowered in proportion to `tol` if `tol` is below 1e-4, its default. The
    lowest limit is 64 machine epsilons, as in scikit-learn's LogisticRegression.

    The arguments are documented in `train`, whose `solver` is `lbfgs` here.
    """
    batch = data.as_batch(np.float64)
    theta = run.theta.astype(np.float64)
    evaluate = objective.at(theta)
    run.optimizer_state = {}

    def value_and_gradient(x: FloatArray) -> tuple[float, FloatArray]:
        theta[:] = x
        value, grad = evaluate(*batch)
        return value, grad.copy()  # SciPy keeps it, and the next call overwrites `grad`

    def keep(x: FloatArray, value: float) -> None:
        run.theta[:], run.loss = x, objective.reported(float(value), x, data.n_rows)

    def iteration_end(intermediate_result: OptimizeResult) -> None:
        keep(intermediate_result.x, intermediate_result.fun)
        monitor.epoch_begin()  # SciPy reports only the end of an iteration
        if monitor.epoch_end(run, learning_rate=np.nan):
            raise StopIteration  # makes SciPy stop

    ftol = np.finfo(float).eps * np.clip(1e11 * lbfgs.tol, 64, 1e7)
    limits = {"maxiter": lbfgs.max_iter, "maxfun": lbfgs.max_fun}
    result = minimize(
        value_and_gradient,
        theta.copy(),
        method="L-BFGS-B",
        jac=True,
        callback=iteration_end,
        options={**limits, "gtol": lbfgs.tol, "ftol": ftol},
    )
    if monitor.stop_reason:  # the monitor has stopped training
        return
    # After a line search that failed, `x` is the last iterate, but `fun` is not its value. If `fun`
    # is not finite, training diverged.
    if result.status == 2 and np.isfinite(result.fun):
        result.fun = value_and_gradient(result.x)[0]
    keep(result.x, result.fun)
    if not monitor.check_divergence(run):
        reason = f"L-BFGS-B ended with status {result.status}, {result.message}"
        monitor.stop(reason, finished=result.success)


def train(
    objective: Differentiable,
    solver: Descent | LBFGS,
    monitor: Monitor,
    run: Run,
    data: TrainingRows,
) -> bool:
    """Train a network: update `run` in place until the monitor or the solver stops.

    Parameters
    ----------
    objective : Differentiable
        The function to minimize, such as an `Objective`.
    solver : Descent or LBFGS
        The settings. Their type selects the loop.
    monitor : Monitor
        Records the history, keeps the best weights and decides when to stop.
    run : Run
        The state of training. It is changed in place.
    data : TrainingRows
        Training rows, such as a `scratchmlp.batches.Data`.

    Returns
    -------
    bool
        Whether the user interrupted training with Ctrl-C. `run` and `monitor` then stay as they
        were at that moment, and `stop_reason` names the interruption.

    Raises
    ------
    DivergenceError
        See `Monitor.check_divergence`.
    """
    loop: Any = descend if isinstance(solver, Descent) else minimize_lbfgs
    try:
        # The monitor reports divergence.
        with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
            loop(objective, solver, monitor, run, data)
    except KeyboardInterrupt:
        monitor.stop(f"interrupted by the user after {monitor.n_iter} epochs", finished=False)
        return True
    return False


def start_descent(descent: Descent, run: Run) -> State:
    """Let a run start or resume mini-batch descent. Return the state of its optimizer.

    It is the stored state if this has the keys of the optimizer's state, or else a new state. Adam,
    AdamW and NAdam have the same keys, so each of them continues from the others' state.
    """
    new = descent.optimizer.init(run.theta)
    if run.optimizer_state.keys() != new.keys():
        run.optimizer_state = new
    if descent.adaptive is None:
        run.rate_drops = 0  # a later fit with "adaptive" starts at the initial rate again
    return run.optimizer_state
