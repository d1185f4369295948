"""One member of an ensemble: a network trained without its own fold, and judged on it."""

import heapq
import time
from collections import deque
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from scratchmlp.arrays import FloatArray
from scratchmlp.batches import Data
from scratchmlp.losses import Loss
from scratchmlp.monitor import Monitor
from scratchmlp.network import Network
from scratchmlp.objective import Objective
from scratchmlp.run import DivergenceError, Run
from scratchmlp.schedules import HorizonSchedule, Progress
from scratchmlp.tabular.piecewise import PiecewiseLinearEncoder
from scratchmlp.tabular.recipe import Recipe
from scratchmlp.tabular.tangent import Reparametrized, TangentParametrization
from scratchmlp.training import Descent, train

#: Seconds that there are at least, where the time is over before training begins.
_SHORTEST = 1e-3


class Candidate(NamedTuple):
    """The network around an epoch.

    Attributes
    ----------
    loss : float
        Loss on the member's own fold after this epoch.
    epoch : int
        The epoch, counted from 0.
    theta : ndarray of shape (n_parameters,)
        Parameters: their mean over this epoch and those within the recipe's reach of it.
    """

    loss: float
    epoch: int
    theta: FloatArray


class Bins(NamedTuple):
    """A piecewise-linear encoding of some inputs, to be added to all of them.

    Attributes
    ----------
    encoder : PiecewiseLinearEncoder
        The encoding.
    columns : ndarray of int
        Numbers of the inputs.
    """

    encoder: PiecewiseLinearEncoder
    columns: NDArray[np.intp]

    def fit(self, data: Data) -> "Bins":
        """Fit the encoding, whose bins may depend on the targets."""
        self.encoder.fit(data.X[:, self.columns], data.Y, sample_weight=data.weight)
        return self

    def widen(self, X: FloatArray) -> FloatArray:
        """Add the encoded inputs to the right of all."""
        return np.hstack([X, self.encoder.transform(X[:, self.columns])])


class Course(NamedTuple):
    """What the training of a member leaves.

    Attributes
    ----------
    losses : list of float
        Loss on the member's own fold, epoch by epoch.
    raw : dict of int to ndarray of shape (n_held_out, n_outputs)
        Raw scores of its rows after each epoch, or, of many, after every second, fourth, ... one.
    candidates : list of Candidate
        The best epochs.
    network : Network
        The member's network.
    bins : Bins or None
        What the member adds to its inputs.
    """

    losses: list[float]
    raw: dict[int, FloatArray]
    candidates: list[Candidate]
    network: Network
    bins: Bins | None


class Judge:
    """Measures parameters on a member's own fold, epoch by epoch, and keeps those of the best ones.

    Parameters
    ----------
    parametrization : TangentParametrization
        What makes the network's parameters of those that are trained.
    loss : Loss
        What to measure.
    data : Data
        The fold.
    reach : int
        Epochs on either side of one whose parameters are averaged with its own.
    """

    #: Epochs to choose from later, and the bytes that they may take, as long as some are kept; the
    #: raw scores of all epochs may take as many.
    N_KEPT, N_BYTES, FEWEST_KEPT = 32, 2**26, 4

    def __init__(
        self, parametrization: TangentParametrization, loss: Loss, data: Data, reach: int
    ) -> None:
        self.parametrization = parametrization
        self.loss = loss
        self.X, self.Y, self.weight = data.decoded()
        self.reach = reach
        n_bytes = parametrization.factors.nbytes
        self.n_kept = min(self.N_KEPT, max(self.FEWEST_KEPT, self.N_BYTES // n_bytes))
        self.losses: list[float] = []
        self.raw: dict[int, FloatArray] = {}
        self._every = 1
        self._recent: deque[FloatArray] = deque(maxlen=2 * reach + 1)
        self._heap: list[tuple[float, int, Candidate]] = []

    def __call__(self, phi: FloatArray) -> tuple[float, float]:
        """Return loss and score, as `Monitor` asks for."""
        theta = self.parametrization.theta(phi)
        raw = self.parametrization.network.raw_scores(theta, self.X)
        loss = float(np.average(self.loss.value(self.Y, raw), weights=self.weight))
        self._store(len(self.losses), raw)
        self.losses.append(loss)
        self._recent.append(theta)
        if len(self.losses) > self.reach:
            self._consider(len(self.losses) - 1 - self.reach)
        return loss, -loss

    def _store(self, epoch: int, raw: FloatArray) -> None:
        """Keep an epoch's raw scores; where there are too many, drop every other one."""
        if epoch % self._every == 0:
            self.raw[epoch] = raw
        if len(self.raw) * raw.nbytes > self.N_BYTES:
            self._every *= 2
            self.raw = {e: kept for e, kept in self.raw.items() if e % self._every == 0}

    def _consider(self, epoch: int) -> None:
        """Keep an epoch if it is among the best ones; those around it are known."""
        # The worst one is on top; of equally good epochs the earliest is.
        rank = -self.losses[epoch], epoch
        if len(self._heap) == self.n_kept:
            if rank < self._heap[0][:2]:
                return
            heapq.heappop(self._heap)
        first = len(self.losses) - len(self._recent)
        around = list(self._recent)[max(epoch - self.reach - first, 0) :]
        candidate = Candidate(self.losses[epoch], epoch, np.mean(around, axis=0))
        heapq.heappush(self._heap, (*rank, candidate))

    def finish(self) -> list[Candidate]:
        """Consider the last epochs, after which there are fewer; return the best of all."""
        for epoch in range(max(len(self.losses) - self.reach, 0), len(self.losses)):
            self._consider(epoch)
        return [entry[-1] for entry in self._heap]


class Limit(NamedTuple):
    """A limit of time for all members, some of which train after others.

    Attributes
    ----------
    end : float
        When the last one has to come to its end, as `time.time` tells time.
    rounds : int
        Members that train one after the other from now on, this one included.
    """

    end: float
    rounds: int

    def seconds(self) -> float:
        """Return the time of a member that begins now, more than nothing."""
        return max(self.end - time.time(), _SHORTEST) / self.rounds


class TimedSchedule:
    """A schedule over epochs or over time, whichever is nearer to its end.

    Parameters
    ----------
    schedule : HorizonSchedule
        The schedule.
    limit : Limit or None
        The limit of time.
    """

    def __init__(self, schedule: HorizonSchedule, limit: Limit | None) -> None:
        self.schedule = schedule
        self.end = time.perf_counter() + (limit.seconds() if limit else np.inf)
        self.begin(0.0)

    def begin(self, epoch_seconds: float) -> None:
        """Begin the first epoch, which is expected to take so long: time counts from here."""
        self.start = self.epoch_start = time.perf_counter()
        self.seconds = max(self.end - self.start, _SHORTEST)
        self.epoch_seconds = epoch_seconds

    def end_epoch(self) -> bool:
        """End an epoch, as long as which the next one is expected to be; tell if time is over."""
        now = time.perf_counter()
        self.epoch_start, self.epoch_seconds = now, now - self.epoch_start
        return now - self.start >= self.seconds

    def __call__(self, progress: Progress) -> float:
        """See `Schedule`; it is asked for all steps of an epoch when this begins."""
        over = (self.epoch_start - self.start) / self.seconds
        # An epoch that is too long for the time comes to the schedule's end nevertheless.
        coming = min(self.epoch_seconds / self.seconds, 1 - over)
        t = max(progress.epoch / progress.n_epochs, over + progress.epoch % 1 * coming)
        return self.schedule.factor(min(t, 1.0))


class MemberTasks:
    """The training of a member and its epochs as tasks, for callbacks, and the end of its time.

    Parameters
    ----------
    context : CallbackContext or None
        The member's own task, if callbacks are to hear of it.
    given : dict
        What callbacks are given with each task.
    schedule : TimedSchedule
        Knows the time.
    """

    def __init__(self, context: Any, given: dict[str, Any], schedule: TimedSchedule) -> None:
        self.context = context
        self.given = given
        self.schedule = schedule
        self.epoch: Any = None
        if context:
            context.call_on_fit_task_begin(**given)

    def epoch_begin(self) -> None:
        """Begin the task of an epoch."""
        if self.context:
            self.epoch = self.context.subcontext(task_name="epoch")
            self.epoch.call_on_fit_task_begin(**self.given)

    def epoch_end(self, run: Run, monitor: Monitor) -> str:
        """End it; return why training has to stop, if it has."""
        if self.context and self.epoch.call_on_fit_task_end(**self.given):
            return "a callback asked to stop"
        return "no time is left" if self.schedule.end_epoch() else ""

    def end(self) -> None:
        """End the task of the member."""
        if self.context:
            self.context.call_on_fit_task_end(**self.given)


def train_member(
    recipe: Recipe,
    data: Data,
    rows: tuple[NDArray[np.intp], NDArray[np.intp]],
    bins: Bins | None,
    seed: int,
    limit: Limit | None,
    context: Any = None,
    given: dict[str, Any] | None = None,
) -> Course:
    """Train a network on some rows, and judge it on others.

    Parameters
    ----------
    recipe : Recipe
        How.
    data : Data
        All rows.
    rows : tuple of two ndarrays
        Row numbers for training and for judging.
    bins : Bins or None
        What to add to the inputs: it is fitted to the training rows.
    seed : int
        Random state of the weights and the orders of rows.
    limit : Limit or None
        Limit of time.
    context : CallbackContext, default=None
        The member's task.
    given : dict, default=None
        What callbacks are given with each task.

    Returns
    -------
    Course
        What the training leaves.
    """
    schedule = TimedSchedule(recipe.schedule, limit)
    tasks = MemberTasks(context, given or {}, schedule)
    training, held_out = data.rows(rows[0]), data.rows(rows[1])
    random_state = np.random.RandomState(seed)
    with threadpool_limits(1):
        if bins:
            bins.fit(training)
            training, held_out = (p._replace(X=bins.widen(p.X)) for p in (training, held_out))
        n_outputs = training.Y.shape[1] if training.code is None else len(training.code)
        network = recipe.network(training.X.shape[1], n_outputs)
        parametrization = TangentParametrization(network)
        mean_weight = 1.0 if training.weight is None else float(training.weight.mean())
        objective = Objective(network, recipe.loss, 0.0, mean_weight)
        judge = Judge(parametrization, recipe.judge, held_out, recipe.reach)
        monitor = Monitor(tol=0.0, n_iter_no_change=np.inf, validate=judge, tasks=tasks)
        run = Run(parametrization.initial(random_state), random_state, n_epochs=recipe.n_epochs)
        solver = _solver(recipe, schedule, len(training.X))
        reparametrized = Reparametrized(objective, parametrization)
        if limit:
            schedule.begin(_epoch_seconds(reparametrized, run.theta, training, solver.batch_size))
        try:
            if train(reparametrized, solver, monitor, run, training):
                raise KeyboardInterrupt
        except DivergenceError:
            if not judge.losses:
                raise
    tasks.end()
    return Course(judge.losses, judge.raw, judge.finish(), network, bins)


def _epoch_seconds(
    objective: Reparametrized, phi: FloatArray, data: Data, batch_size: int
) -> float:
    """Tell from the gradient of one batch how long an epoch takes, or a little less."""
    batch = data.rows(slice(0, batch_size)).decoded()
    objective(phi, *batch)  # makes its arrays
    start = time.perf_counter()
    objective(phi, *batch)
    return (time.perf_counter() - start) * len(data.X) / batch_size


def _solver(recipe: Recipe, schedule: TimedSchedule, n_rows: int) -> Descent:
    """Make the mini-batch descent of a recipe, for so many rows."""
    return Descent(
        optimizer=recipe.optimizer,
        schedule=schedule,
        learning_rate_init=recipe.learning_rate_init,
        batch_size=min(recipe.batch_size, n_rows),
        shuffle=True,
        max_iter=recipe.n_epochs,
        drop_last=True,
    )
