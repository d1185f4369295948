"""Many networks of one shape, trained together.

A step of a small network takes some thirty calls of NumPy, each for little arithmetic. Networks of
one shape can share these calls. Their parameters are the rows of one matrix, and `np.matmul`
multiplies the matrices of all networks in one call. Each network has its own rows, learning rates,
penalty, monitor and state of training. It leaves the stack when it stops. The equations are in
`scratchmlp.stacked_objective`.
"""

import copy
from collections.abc import Hashable, Sequence
from typing import Any, NamedTuple

import numpy as np

from scratchmlp.activations import ACTIVATIONS
from scratchmlp.batches import Data
from scratchmlp.losses import LOSSES
from scratchmlp.monitor import Monitor
from scratchmlp.objective import Objective
from scratchmlp.optimizer import Optimizer, State
from scratchmlp.optimizers import OPTIMIZERS
from scratchmlp.run import DivergenceError, Run
from scratchmlp.solvers import LBFGS, Descent
from scratchmlp.stacked_batches import StackedBatches
from scratchmlp.stacked_objective import StackedObjective

#: Bytes that the arrays of a stack may take. Larger arrays leave the processor's cache, and then
#: networks are as fast one by one.
_CACHE = 2**20
#: Fewest networks of a stack. Fewer gain too little.
_FEWEST = 3

_ACTIVATIONS = {type(each) for each in ACTIVATIONS.values()}
_LOSSES = set(LOSSES.values())
_OPTIMIZERS = set(OPTIMIZERS.values())


class Training(NamedTuple):
    """The training of one network: the arguments of `scratchmlp.training.train`.

    Attributes
    ----------
    objective : Objective
        The objective.
    solver : Descent or LBFGS
        The solver.
    monitor : Monitor
        The monitor.
    run : Run
        The state of training.
    data : Data
        Training rows.
    """

    objective: Objective
    solver: Descent | LBFGS
    monitor: Monitor
    run: Run
    data: Data

    def stack_key(self) -> Hashable:
        """Return what must be equal in a stack, or None if this network must train alone.

        Only activations, losses and optimizers of this package are known to work on stacks. L-BFGS,
        dropout and sparse rows have no form for stacks. Observers and lines of progress follow one
        network at a time.
        """
        objective, solver, monitor, run, data = self
        network, loss = objective.network, objective.loss
        if (
            not isinstance(solver, Descent)
            or not isinstance(data.X, np.ndarray)
            or type(solver.optimizer) not in _OPTIMIZERS
            or type(loss) not in _LOSSES
            or not {type(each) for each in network.activations} <= _ACTIVATIONS
            or any(network.dropout_rates)
            or monitor.observers
            or monitor.verbose
        ):
            return None
        targets = data.class_targets
        return (
            network.sizes,
            tuple(type(each) for each in network.activations),
            network.bias,
            type(loss),
            loss.output,
            *vars(loss).items(),
            _structure(solver.optimizer),
            (data.X.shape, data.X.dtype, data.Y.shape, data.sample_weight is None),
            None if targets is None else targets.tobytes(),
            (solver.batch_size, solver.shuffle, solver.drop_last, run.epoch),
        )

    def n_together(self) -> int:
        """Return how many networks of this shape a stack should have: 1 if it would not pay."""
        assert isinstance(self.solver, Descent)
        sizes, n_parameters = self.objective.network.sizes, self.objective.network.n_parameters
        n_rows = min(self.solver.batch_size, len(self.data.X))
        n_bytes = self.run.theta.itemsize * (
            n_rows * (sizes[0] + 2 * sum(sizes[1:])) + n_parameters
        )
        n_networks = _CACHE // n_bytes
        return n_networks if n_networks >= _FEWEST else 1


def train_together(trainings: Sequence[Training]) -> list[DivergenceError | None]:
    """Train networks of one shape: update each run in place until its monitor stops it.

    Parameters
    ----------
    trainings : sequence of Training
        The networks. All have the same `Training.stack_key`.

    Returns
    -------
    list of DivergenceError or None
        For each network, the error that `scratchmlp.training.train` would raise.
    """
    stack = _Stack(trainings)
    with np.errstate(divide="ignore", over="ignore", invalid="ignore"):  # monitors report it
        while stack.trainings:
            stack.epoch()
    return [stack.errors.get(id(training.run)) for training in trainings]


class _Stack:
    """Networks that train together.

    Parameters
    ----------
    trainings : sequence of Training
        The networks.

    Attributes
    ----------
    trainings : list of Training
        The networks that have not stopped. Their `run.theta` are rows of `theta`.
    errors : dict of int to DivergenceError
        Errors of networks that have diverged, by the id of the run.
    theta : ndarray of shape (n_networks, n_parameters)
        Parameters.
    state : dict
        State of the optimizer, whose arrays have the shape of theta.
    """

    def __init__(self, trainings: Sequence[Training]) -> None:
        self.trainings = list(trainings)
        self.errors: dict[int, DivergenceError] = {}
        self.batches = _batches(self.trainings)
        self.theta = np.stack([each.run.theta for each in self.trainings])
        self._arrange()
        self.state = self._first_state()
        for _, solver, monitor, run, _ in self.trainings:
            monitor.rescore_best(run)
            if solver.adaptive is None:  # type: ignore[union-attr]
                run.rate_drops = 0

    def _first_state(self) -> State:
        """Return the optimizer's state: a new one, or that of all runs if training resumes."""
        new = self.optimizer.init(self.theta)
        states = [each.run.optimizer_state for each in self.trainings]
        if not all(states):
            return new
        return {
            name: np.stack([state[name] for state in states]) if np.ndim(value) else states[0][name]
            for name, value in new.items()
        }

    def _arrange(self) -> None:
        """Let the runs view the rows of theta, and make what depends on the number of networks."""
        for training, theta in zip(self.trainings, self.theta, strict=True):
            training.run.theta = theta
        self.objective = StackedObjective([each.objective for each in self.trainings], self.theta)
        self.optimizer = _stacked_optimizer([each.solver.optimizer for each in self.trainings])  # type: ignore[union-attr]

    def epoch(self) -> None:
        """Train each network for one epoch, and drop those that stop."""
        n_steps = len(self.batches.slices)
        rates = []
        for _, solver, monitor, run, _ in self.trainings:
            monitor.epoch_begin()
            rates.append(solver.rates(run, n_steps))  # type: ignore[union-attr]
        total: Any = 0.0
        for batch, rate in zip(self.batches.epoch(), zip(*rates, strict=True), strict=True):
            values, grad = self.objective(*batch)
            self.optimizer.step(self.theta, grad, self.state, _one_or_column(rate))
            total = total + values * batch[0].shape[2]
        losses = (total / self.batches.n_rows).tolist()
        ends = zip(self.trainings, losses, rates, strict=True)
        kept = [
            i
            for i, (training, loss, rate) in enumerate(ends)
            if self._goes_on(training, loss, rate[0])
        ]
        if len(kept) < len(self.trainings):
            self._keep(kept)

    def _goes_on(self, training: Training, loss: float, rate: float) -> bool:
        """End an epoch of a network. Return whether it goes on."""
        _, solver, monitor, run, _ = training
        run.loss = loss
        run.samples_seen += self.batches.n_rows
        try:
            if monitor.epoch_end(run, rate):
                return False
        except DivergenceError as error:
            self.errors[id(run)] = error
            return False
        if monitor.n_iter < solver.max_iter:
            return True
        monitor.stop_reason = f"reached max_iter={solver.max_iter} epochs"
        return False

    def _keep(self, kept: list[int]) -> None:
        """Drop the other networks, whose runs get copies of their parameters and their state."""
        for i in set(range(len(self.trainings))) - set(kept):
            run = self.trainings[i].run
            run.theta = run.theta.copy()
            run.optimizer_state = {
                name: value[i].copy() if isinstance(value, np.ndarray) else value
                for name, value in self.state.items()
            }
        self.trainings = [self.trainings[i] for i in kept]
        if kept:
            self.state = {
                name: value[kept] if isinstance(value, np.ndarray) else value
                for name, value in self.state.items()
            }
            self.batches.keep(kept)
            self.theta = self.theta[kept]
            self._arrange()


def _batches(trainings: Sequence[Training]) -> StackedBatches:
    """Make the batches of networks that have equal settings of batches."""
    solver = trainings[0].solver
    assert isinstance(solver, Descent)
    data, runs = [each.data for each in trainings], [each.run for each in trainings]
    return StackedBatches(data, runs, solver)


def _structure(optimizer: Optimizer) -> Hashable:
    """Return the class of an optimizer, and which terms its update has."""
    given = vars(optimizer)
    flags = {k: v for k, v in given.items() if isinstance(v, bool | None)}
    return type(optimizer), *flags.items(), *(bool(v) for v in given.values())


def _stacked_optimizer(optimizers: Sequence[Optimizer]) -> Optimizer:
    """Return an optimizer whose hyper-parameters are those of several optimizers."""
    stacked = copy.copy(optimizers[0])
    for name, first in vars(optimizers[0]).items():
        if not isinstance(first, bool | None):
            values = [float(getattr(each, name)) for each in optimizers]
            setattr(stacked, name, _one_or_column(values))
    return stacked


def _one_or_column(values: Sequence[float]) -> Any:
    """Return the value that all networks have or, if they differ, an array with a column."""
    return values[0] if len(set(values)) == 1 else np.array(values)[:, np.newaxis]
