"""Training: the loops that make the objective small, and the monitor that watches them.

`train` serves every estimator. It takes a `Run`, all that training changes and all that it needs
to go on later, and hands it to one of two loops: mini-batch descent with an optimizer of
`scratchmlp.optimizers`, or L-BFGS through scipy. Both report each epoch (for L-BFGS, each
iteration) to a `Monitor`, which keeps the history and the best weights and decides when to stop.
"""

import copy
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import OptimizeResult, minimize
from sklearn.utils import gen_batches

from scratchmlp.activations import FloatArray
from scratchmlp.losses import Loss
from scratchmlp.network import Network
from scratchmlp.objective import Objective
from scratchmlp.optimizers import Optimizer, State
from scratchmlp.schedules import Progress, Schedule


class DivergenceError(FloatingPointError, ValueError):
    """Training diverged: weights or loss are no longer finite, or the loss grew out of bounds.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from scratchmlp import DivergenceError, ScratchMLPRegressor
    >>> X, y = load_diabetes(return_X_y=True)
    >>> regressor = ScratchMLPRegressor(solver="sgd", learning_rate_init=10.0, random_state=0)
    >>> try:
    ...     regressor.fit(X, y)
    ... except DivergenceError:
    ...     print("lower learning_rate_init")
    lower learning_rate_init
    """


class Data(NamedTuple):
    """Rows to train on.

    Attributes
    ----------
    X : {ndarray, csr matrix} of shape (n_samples, n_features)
        Inputs.
    Y : ndarray of shape (n_samples, n_outputs)
        Targets.
    weight : ndarray of shape (n_samples,) or None
        Weight of each row; None is one for each.
    """

    X: Any
    Y: FloatArray
    weight: FloatArray | None

    def rows(self, index: Any) -> "Data":
        """Select rows with a slice or an array of row numbers."""
        weight = None if self.weight is None else self.weight[index]
        return Data(self.X[index], self.Y[index], weight)


@dataclass
class Run:
    """Where training stands: what it changes, and all that it needs to go on later.

    Attributes
    ----------
    theta : ndarray of shape (n_parameters,)
        The latest parameters.
    random_state : RandomState
        Source of the row orders.
    optimizer_state : dict
        State of the optimizer; empty with L-BFGS.
    order : ndarray of shape (n_samples,) or None
        Order of the rows in the last epoch, which the next one shuffles; None is their own.
    split : tuple of two ndarrays or None
        Row numbers for training and for validation, if rows were split off.
    samples_seen : int
        Rows trained on so far; one that is seen in three epochs counts three times.
    rate_factor : float
        What "adaptive" has made of the learning rate so far.
    no_improvement : int
        Epochs since the last improvement.
    loss : float
        Training objective in the last epoch: the mean over its batches.
    best_loss, best_score : float
        Lowest training loss and highest validation score so far.
    best_epoch : int
        Epoch of the best score, or of the lowest loss without validation.
    best_theta : ndarray of shape (n_parameters,) or None
        Parameters with the best score; None without validation.
    history : dict of list
        One entry an epoch: "epoch", "loss", "score" (nan without validation), "learning_rate"
        (nan with L-BFGS) and "seconds".
    """

    theta: FloatArray
    random_state: np.random.RandomState
    optimizer_state: State = field(default_factory=dict)
    order: NDArray[np.intp] | None = None
    split: tuple[NDArray[np.intp], NDArray[np.intp]] | None = None
    samples_seen: int = 0
    rate_factor: float = 1.0
    no_improvement: int = 0
    loss: float = np.nan
    best_loss: float = np.inf
    best_score: float = -np.inf
    best_epoch: int = 0
    best_theta: FloatArray | None = None
    history: dict[str, list[Any]] = field(
        default_factory=lambda: {
            key: [] for key in ("epoch", "loss", "score", "learning_rate", "seconds")
        }
    )

    def copy(self) -> "Run":
        """Copy everything that training changes in place."""
        return replace(
            self,
            theta=self.theta.copy(),
            random_state=copy.deepcopy(self.random_state),
            optimizer_state=copy.deepcopy(self.optimizer_state),
            history={key: list(column) for key, column in self.history.items()},
        )


@dataclass(frozen=True)
class Descent:
    """Settings of mini-batch descent.

    Parameters
    ----------
    optimizer : Optimizer
        Turns gradients into steps.
    schedule : Schedule
        Factor of the learning rate at the beginning of each epoch.
    learning_rate_init : float
        Learning rate before the schedule.
    batch_size : int
        Rows of a batch.
    shuffle : bool
        Whether each epoch shuffles the rows.
    max_iter : int
        Largest number of epochs.
    """

    optimizer: Optimizer
    schedule: Schedule
    learning_rate_init: float
    batch_size: int
    shuffle: bool
    max_iter: int


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


class Monitor:
    """Watches training: keeps the history and the best weights of a run, decides when to stop.

    An epoch improves when the validation score exceeds the best one so far by `tol`, or, without
    validation, when the training loss is lower than the best by `tol`.

    Parameters
    ----------
    tol : float
        Smallest change that counts as an improvement.
    n_iter_no_change : int or inf
        Training stops after more than so many epochs in a row without improvement.
    adaptive : bool, default=False
        Divide the learning rate by five instead of stopping, until it is 1e-6 or less.
    score : callable, default=None
        Maps theta to the score on validation data, higher is better. With it, the weights of the
        best epoch are kept.
    verbose : bool, default=False
        Whether to print a line an epoch.

    Attributes
    ----------
    n_iter : int
        Epochs watched.
    stop_reason : str
        Why training stopped, as a sentence.
    converged : bool
        Whether it stopped because nothing more was to be gained.
    """

    def __init__(
        self,
        tol: float,
        n_iter_no_change: float,
        *,
        adaptive: bool = False,
        score: Callable[[FloatArray], float] | None = None,
        verbose: bool = False,
    ) -> None:
        self.tol = tol
        self.n_iter_no_change = n_iter_no_change
        self.adaptive = adaptive
        self.score = score
        self.verbose = verbose
        self.n_iter = 0
        self.stop_reason = ""
        self.converged = False
        self._clock = time.perf_counter()

    def epoch_end(self, run: Run, learning_rate: float) -> bool:
        """Record an epoch and decide whether training stops.

        Parameters
        ----------
        run : Run
            The training that is watched.
        learning_rate : float
            Learning rate of the epoch.

        Returns
        -------
        bool
            Whether to stop.

        Raises
        ------
        DivergenceError
            See `diverged`.
        """
        if self.diverged(run):
            return True
        score = self.score(run.theta) if self.score else np.nan
        self._record(run, score, learning_rate)
        improved = self._update_best(run, score)
        run.no_improvement = 0 if improved else run.no_improvement + 1
        if run.no_improvement <= self.n_iter_no_change:
            return False
        if self.adaptive and learning_rate > 1e-6:
            run.rate_factor /= 5
            run.no_improvement = 0
            return False
        return self._stop_converged(run)

    def _record(self, run: Run, score: float, learning_rate: float) -> None:
        now = time.perf_counter()
        self.n_iter += 1
        row = (len(run.history["epoch"]) + 1, run.loss, score, learning_rate, now - self._clock)
        for column, value in zip(run.history.values(), row, strict=True):
            column.append(value)
        self._clock = now
        if self.verbose:
            validation = f", validation score = {score:.6f}" if self.score else ""
            print(f"Iteration {row[0]}, loss = {run.loss:.8f}{validation}")

    def _update_best(self, run: Run, score: float) -> bool:
        """Keep what is best so far; return whether the epoch improved by at least tol."""
        if self.score is None:
            improved = run.loss <= run.best_loss - self.tol
            if run.loss < run.best_loss:
                run.best_loss, run.best_epoch = run.loss, run.history["epoch"][-1]
            return improved
        improved = score >= run.best_score + self.tol
        if score > run.best_score:
            run.best_score, run.best_epoch = score, run.history["epoch"][-1]
            run.best_theta = run.theta.copy()
        return improved

    def _stop_converged(self, run: Run) -> bool:
        what = "validation score" if self.score else "training loss"
        self.stop_reason = (
            f"{what} did not improve by tol={self.tol:g} for {self.n_iter_no_change} epochs; "
            f"best at epoch {run.best_epoch}"
        )
        self.converged = True
        return True

    def diverged(self, run: Run) -> bool:
        """Tell whether training diverged; if so, go back to the best weights.

        Parameters
        ----------
        run : Run
            The training that is watched.

        Returns
        -------
        bool
            Whether it diverged.

        Raises
        ------
        DivergenceError
            If loss or weights are not finite, or the loss exceeds 1e10 times its first value,
            and there are no best weights to go back to.
        """
        losses = run.history["loss"]
        first = losses[0] if losses else run.loss
        if not (np.isfinite(run.loss) and np.isfinite(run.theta).all()):
            what = "Solver produced non-finite parameter weights or loss"
        elif run.loss > 1e10 * max(first, np.finfo(float).eps):
            what = f"The loss grew from {first:.3g} to {run.loss:.3g}"
        else:
            return False
        last = f"the last finite loss was {losses[-1]:.3g}" if losses else "no loss was finite"
        message = (
            f"{what} in epoch {len(losses) + 1}; {last}. Scale X (for instance with "
            "StandardScaler) or, unless the solver is 'lbfgs', lower learning_rate_init"
        )
        if run.best_theta is None:
            raise DivergenceError(f"{message}.")
        run.theta[:] = run.best_theta
        run.optimizer_state.clear()
        self.stop_reason = f"{message}; the weights of epoch {run.best_epoch} are kept"
        return True


def train(
    network: Network,
    loss: Loss,
    alpha: float,
    solver: Descent | LBFGS,
    monitor: Monitor,
    run: Run,
    data: Data,
) -> bool:
    """Train a network: change `run` in place until the monitor or the solver stops.

    Parameters
    ----------
    network : Network
        The network.
    loss : Loss
        Loss of its raw scores.
    alpha : float
        Strength of the L2 penalty.
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
        Whether the user interrupted training (Ctrl-C); `run` and `monitor` are then as after the
        last whole epoch or step.

    Raises
    ------
    DivergenceError
        See `Monitor.epoch_end`.
    """
    mean_weight = 1.0 if data.weight is None else float(data.weight.mean())
    objective = Objective(network, loss, alpha, mean_weight)
    try:
        with np.errstate(over="ignore", invalid="ignore"):  # the monitor reports divergence
            if isinstance(solver, Descent):
                _descend(objective, solver, monitor, run, data)
            else:
                _minimize(objective, solver, monitor, run, data)
    except KeyboardInterrupt:
        monitor.stop_reason = f"interrupted by the user after {monitor.n_iter} epochs"
        return True
    return False


def _descend(objective: Objective, solver: Descent, monitor: Monitor, run: Run, data: Data) -> None:
    """Mini-batch descent: an epoch is one pass over the rows, a step for each batch."""
    n_rows = data.X.shape[0]
    shuffle = solver.shuffle and solver.batch_size < n_rows  # a full batch has no order
    order = run.order
    if order is None or len(order) != n_rows:
        order = np.arange(n_rows)
    for _ in range(solver.max_iter):
        progress = Progress(run.samples_seen, epoch=len(run.history["epoch"]))
        rate = solver.learning_rate_init * solver.schedule(progress) * run.rate_factor
        if shuffle:
            order = run.order = order[run.random_state.permutation(n_rows)]
        total = 0.0
        for batch in gen_batches(n_rows, solver.batch_size):
            rows = data.rows(order[batch] if shuffle else batch)
            value, grad = objective(run.theta, *rows)
            solver.optimizer.update(run.theta, grad, run.optimizer_state, rate)
            total += value * (batch.stop - batch.start)
        run.loss = total / n_rows
        run.samples_seen += n_rows
        if monitor.epoch_end(run, rate):
            return
    monitor.stop_reason = f"reached max_iter={solver.max_iter} epochs"


def _minimize(objective: Objective, solver: LBFGS, monitor: Monitor, run: Run, data: Data) -> None:
    """L-BFGS on the full batch, in float64: its line search needs the digits.

    It stops by its own criterion, the size of the gradient, unless the monitor stops it earlier.
    scipy would also stop when an iteration gains less than 1e7 machine epsilons of the objective,
    well before a small tol is reached. Below the default tol of 1e-4 that share shrinks with tol,
    down to the 64 epsilons of LogisticRegression.
    """
    data = Data(data.X.astype(np.float64, copy=False), *data[1:])

    def value_and_gradient(x: FloatArray) -> tuple[float, FloatArray]:
        value, grad = objective(x, *data)
        return value, grad.copy()

    def iteration_end(intermediate_result: OptimizeResult) -> None:
        run.theta[:], run.loss = intermediate_result.x, float(intermediate_result.fun)
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
    run.theta[:], run.loss = result.x, float(result.fun)
    if not monitor.stop_reason and not monitor.diverged(run):
        monitor.stop_reason = f"L-BFGS-B ended with status {result.status}, {result.message}"
        monitor.converged = result.success
