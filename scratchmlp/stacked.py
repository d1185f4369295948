"""Many networks of one shape, trained together.

A step of a small network takes some thirty calls of NumPy, each for little arithmetic. Networks of
one shape can share these calls. Their parameters are the rows of one matrix, and `np.matmul`
multiplies the matrices of all networks in one call. Each network has its own rows, learning rates,
penalty, monitor and state of training. It leaves the stack when it stops. The equations are in
`scratchmlp.stacked_objective`.
"""

import copy
from collections.abc import Callable, Hashable, Sequence
from typing import Any

import numpy as np

from scratchmlp.activations import ACTIVATIONS
from scratchmlp.batches import Data
from scratchmlp.losses import LOSSES
from scratchmlp.objective import Objective
from scratchmlp.optimizers import OPTIMIZERS, Optimizer, State
from scratchmlp.solvers import Descent
from scratchmlp.stacked_batches import StackedBatches
from scratchmlp.stacked_objective import StackedObjective
from scratchmlp.training import Training, optimizer_state

#: Bytes that the arrays of a stack may take. Larger arrays leave the processor's cache, and then
#: networks are as fast one by one.
_CACHE = 2**20
#: Fewest networks of a stack. Fewer gain too little.
_FEWEST = 3

_ACTIVATIONS = {type(each) for each in ACTIVATIONS.values()}
_LOSSES = set(LOSSES.values())
_OPTIMIZERS = set(OPTIMIZERS.values())


def stack_key(training: Training) -> Hashable:
    """Return what must be equal in a stack, or None if this network must train alone.

    Only activations, losses and optimizers of this package are known to work on stacks. L-BFGS,
    dropout and sparse rows have no form for stacks. Observers and lines of progress follow one
    network at a time.

    Parameters
    ----------
    training : Training
        The training of a network.

    Returns
    -------
    tuple or None
        The sizes, the functions and the settings that networks of a stack have in common.
    """
    objective, solver, monitor, run, data = training
    if not (
        isinstance(objective, Objective)
        and isinstance(solver, Descent)
        and isinstance(data, Data)
        and isinstance(data.X, np.ndarray)
    ):
        return None
    network, loss, targets = objective.network, objective.loss, data.class_targets
    if (
        type(solver.optimizer) not in _OPTIMIZERS
        or type(loss) not in _LOSSES
        or not {type(each) for each in network.activations} <= _ACTIVATIONS
        or any(network.dropout_rates)
        or monitor.observers
        or monitor.verbose
    ):
        return None
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


def stack_size(training: Training) -> int:
    """Return how many networks a stack should have: 1 if a stack would not be faster.

    Parameters
    ----------
    training : Training
        The training of one of the networks, which has a `stack_key`.

    Returns
    -------
    int
        Number of networks whose arrays fit into the processor's cache together.
    """
    objective, solver, _, run, data = training
    assert isinstance(objective, Objective)
    assert isinstance(solver, Descent)
    sizes, n_parameters = objective.network.sizes, objective.network.n_parameters
    n_rows = min(solver.batch_size, data.n_rows)
    n_numbers = n_rows * (sizes[0] + 2 * sum(sizes[1:])) + n_parameters
    n_networks = _CACHE // (run.theta.itemsize * n_numbers)
    return n_networks if n_networks >= _FEWEST else 1


def train_together(trainings: Sequence[Training]) -> list[Exception | None]:
    """Train networks of one shape: update each run in place until its monitor stops it.

    Parameters
    ----------
    trainings : sequence of Training
        The networks. All have the same `stack_key`.

    Returns
    -------
    list of Exception or None
        For each network, the error that `scratchmlp.training.train` would raise: a
        `DivergenceError`, or an error of a schedule or a scorer that a user has passed. Such a
        network leaves the stack, and the others go on.
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
    errors : dict of int to Exception
        What ended the training of networks, by the id of the run.
    theta : ndarray of shape (n_networks, n_parameters)
        Parameters.
    state : dict
        State of the optimizer, whose arrays have the shape of theta.
    """

    def __init__(self, trainings: Sequence[Training]) -> None:
        self.trainings: list[Any] = list(trainings)
        self.errors: dict[int, Exception] = {}
        solver, runs = self.trainings[0].solver, [each.run for each in self.trainings]
        self.batches = StackedBatches([each.data for each in self.trainings], runs, solver)
        states = [optimizer_state(each.solver, each.run) for each in self.trainings]
        self.state: State = {
            name: np.stack([state[name] for state in states]) if np.ndim(first) else first
            for name, first in states[0].items()
        }
        self.theta = np.stack([run.theta for run in runs])
        self._arrange()
        for _, solver, monitor, run, _ in self.trainings:
            monitor.rescore_best(run)
            if solver.adaptive is None:
                run.rate_drops = 0

    def _arrange(self) -> None:
        """Let the runs view their rows, and make what depends on the number of networks."""
        for i, training in enumerate(self.trainings):
            training.run.theta = self.theta[i]
            training.run.optimizer_state = self._state_of(i)
        self.objective = StackedObjective([each.objective for each in self.trainings], self.theta)
        self.optimizer = _stacked_optimizer([each.solver.optimizer for each in self.trainings])

    def _state_of(self, i: int) -> State:
        """Return the optimizer's state of a network. Its arrays are rows of the stack's."""
        return {k: v[i] if isinstance(v, np.ndarray) else v for k, v in self.state.items()}

    def epoch(self) -> None:
        """Train each network for one epoch, and drop those that stop."""
        n_steps = len(self.batches.slices)
        rates = self._each(lambda i: self._begin(i, n_steps))
        if not rates:
            return
        total: Any = 0.0
        for batch, rate in zip(self.batches.epoch(), zip(*rates, strict=True), strict=True):
            values, grad = self.objective(*batch)
            self.optimizer.step(self.theta, grad, self.state, _one_or_column(rate))
            total = total + values * batch[0].shape[2]
        losses = (total / self.batches.n_rows).tolist()
        self._each(lambda i: self._end(i, losses[i], rates[i][0]))

    def _each(self, action: Callable[[int], Any]) -> list[Any]:
        """Call a function for each network. Drop those for which it fails or returns nothing."""
        results = []
        for i, training in enumerate(self.trainings):
            try:
                results.append(action(i))
            except Exception as error:
                self.errors[id(training.run)] = error
                results.append(None)
        kept = [i for i, result in enumerate(results) if result]
        if len(kept) < len(results):
            self._keep(kept)
        return [results[i] for i in kept]

    def _begin(self, i: int, n_steps: int) -> list[float]:
        """Begin an epoch of a network. Return the rates of its steps."""
        _, solver, monitor, run, _ = self.trainings[i]
        monitor.epoch_begin()
        rates: list[float] = solver.rates(run, n_steps)
        return rates

    def _end(self, i: int, loss: float, rate: float) -> bool:
        """End an epoch of a network. Return whether it goes on."""
        _, solver, monitor, run, _ = self.trainings[i]
        run.loss = loss
        run.samples_seen += self.batches.n_rows
        if monitor.epoch_end(run, rate):
            return False
        if monitor.n_iter < solver.max_iter:
            return True
        monitor.stop_reason = solver.limit
        return False

    def _keep(self, kept: list[int]) -> None:
        """Drop the other networks, whose runs get copies of their parameters and their state."""
        for i in set(range(len(self.trainings))) - set(kept):
            run = self.trainings[i].run
            run.theta = run.theta.copy()
            if run.optimizer_state:  # a monitor has emptied it if training diverged
                run.optimizer_state = copy.deepcopy(self._state_of(i))
        self.trainings = [self.trainings[i] for i in kept]
        if kept:
            self.state = {
                name: value[kept] if isinstance(value, np.ndarray) else value
                for name, value in self.state.items()
            }
            self.batches.keep(kept)
            self.theta = self.theta[kept]
            self._arrange()


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


class _Column(np.ndarray):
    """The values of a hyper-parameter of several networks, in a column. It is true if any is."""

    def __bool__(self) -> bool:
        return bool(np.asarray(self).any())


def _one_or_column(values: Sequence[float]) -> Any:
    """Return the value that all networks have or, if they differ, an array with a column."""
    return values[0] if len(set(values)) == 1 else np.array(values)[:, np.newaxis].view(_Column)
