"""Many networks of one shape, trained together.

A step of a small network takes some thirty calls of NumPy, each for little arithmetic. Networks of
one shape can share most of them. Their parameters are the rows of one matrix, and `np.matmul`
multiplies the matrices of all networks in one call. Each network has its own rows, learning rates,
penalty, optimizer, monitor and state of training. It leaves the stack when it stops. The equations
are in `StackedObjective`.
"""

from collections.abc import Callable, Hashable, Iterator, Sequence
from functools import partial
from itertools import groupby
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import issparse

from scratchmlp.arrays import FloatArray
from scratchmlp.batches import Data, epoch_slices
from scratchmlp.network import Layer, Network
from scratchmlp.objective import Objective
from scratchmlp.optimizers import State
from scratchmlp.run import Run
from scratchmlp.schedules import Constant
from scratchmlp.solvers import Descent
from scratchmlp.training import Training, start_descent

#: Bytes that the arrays of a stack may take. Larger arrays leave the processor's cache, and then
#: networks are as fast one by one.
_CACHE = 2**20
#: Fewest networks of a stack. Fewer gain too little.
_FEWEST = 3


class StackableTraining(Training):
    """The training of a network that may be in a stack: by mini-batches of dense rows in memory.

    There are no dropout, observers and lines of progress. The activations and the loss are those of
    this package, which work on stacks.
    """

    objective: Objective
    solver: Descent
    data: Data

    @property
    def key(self) -> Hashable:
        """The sizes, the functions and the settings that networks of a stack have in common."""
        network, loss = self.objective.network, self.objective.loss
        solver, data, targets = self.solver, self.data, self.data.class_targets
        return (
            network.sizes,
            tuple(type(each) for each in network.activations),
            network.bias,
            type(loss),
            loss.output,
            *vars(loss).items(),
            (data.X.shape, data.X.dtype, data.Y.shape, data.sample_weight is None),
            None if targets is None else targets.tobytes(),
            (solver.batch_size, solver.shuffle, solver.drop_last),
        )

    @property
    def n_together(self) -> int:
        """Number of networks whose arrays fit into the cache, or 1 if a stack is not faster."""
        network = self.objective.network
        n_rows = min(self.solver.batch_size, self.data.n_rows)
        n_numbers = n_rows * (network.sizes[0] + 2 * sum(network.sizes[1:])) + network.n_parameters
        n_networks = _CACHE // (self.run.theta.itemsize * n_numbers)
        return 1 if n_networks < _FEWEST else n_networks


def stackable(training: Training) -> StackableTraining | None:
    """Return the same training if it has a form for stacks, as far as its types tell."""
    is_stackable = (
        isinstance(training.objective, Objective)
        and isinstance(training.solver, Descent)
        and isinstance(training.data, Data)
        and not issparse(training.data.X)
    )
    return StackableTraining(*training) if is_stackable else None


def train_together(trainings: Sequence[StackableTraining]) -> list[Exception | None]:
    """Train networks of one shape: update each run in place until its monitor stops it.

    Parameters
    ----------
    trainings : sequence of StackableTraining
        The networks. All have the same `key`.

    Returns
    -------
    list of Exception or None
        For each network, the error that `scratchmlp.training.train` would raise: a
        `DivergenceError`, or an error of a schedule or a scorer that a user has passed. Such a
        network leaves the stack, and the others go on.
    """
    stack = _Stack(trainings)
    with np.errstate(divide="ignore", over="ignore", invalid="ignore"):  # monitors report it
        while stack.going:
            stack.epoch()
    return stack.errors


class _Stack:
    """Networks that train together.

    Parameters
    ----------
    trainings : sequence of StackableTraining
        The networks.

    Attributes
    ----------
    going : list of StackableTraining
        The networks that have not stopped. Their `run.theta` are rows of `theta`.
    numbers : list of int
        Their numbers in `trainings`.
    errors : list of Exception or None
        What ended the training of each network, if an error did.
    theta : ndarray of shape (n_networks, n_parameters)
        Parameters.
    """

    def __init__(self, trainings: Sequence[StackableTraining]) -> None:
        self.going = list(trainings)
        self.numbers = list(range(len(trainings)))
        self.errors: list[Exception | None] = [None] * len(trainings)
        for each in self.going:
            start_descent(each.solver, each.run)
        data, runs = [each.data for each in self.going], [each.run for each in self.going]
        self.batches = StackedBatches(data, runs, self.going[0].solver)
        self._arrange(np.stack([run.theta for run in runs]))

    def _arrange(self, theta: FloatArray) -> None:
        """Let the runs view their rows, and make what depends on the number of networks."""
        self.theta = theta
        for each, row in zip(self.going, theta, strict=True):
            each.run.theta = row
        self.objective = StackedObjective([each.objective for each in self.going], theta)
        self.steps, row = [], 0
        for _, equal in groupby(self.going, _steps_key):
            trainings = list(equal)
            rows = slice(row, row := row + len(trainings))
            self.steps.append(_Steps(trainings, rows, theta, self.objective.grad))

    def epoch(self) -> None:
        """Train each network for one epoch, and drop those that stop."""
        n_rows, n_steps = self.batches.n_rows, len(self.batches.slices)
        rates = self._each(partial(_begin, n_steps))
        if not self.going:
            return
        total: Any = 0.0
        for step, batch in enumerate(self.batches.epoch()):
            values, _ = self.objective(*batch)
            for each in self.steps:
                each.take(rates[each.rows.start][step])
            total = total + values * batch[0].shape[2]
        first_rates = [of_steps[0] for of_steps in rates]
        self._each(partial(_end, n_rows), (total / n_rows).tolist(), first_rates)

    def _each(self, action: Callable[..., Any], *arguments: Sequence[Any]) -> list[Any]:
        """Call a function for each network. Drop those for which it fails or returns nothing."""
        results = []
        for number, *of_network in zip(self.numbers, self.going, *arguments, strict=True):
            try:
                results.append(action(*of_network))
            except Exception as error:
                self.errors[number] = error
                results.append(None)
        kept = [row for row, result in enumerate(results) if result]
        if len(kept) < len(results):
            self._keep(kept)
        return [results[row] for row in kept]

    def _keep(self, kept: list[int]) -> None:
        """Drop the other networks, whose runs get copies of their parameters."""
        for each in self.going:
            each.run.theta = each.run.theta.copy()
        for steps in self.steps:
            steps.end()
        self.going = [self.going[row] for row in kept]
        self.numbers = [self.numbers[row] for row in kept]
        if kept:
            self.batches.keep(kept)
            self._arrange(self.theta[kept])


def _steps_key(training: StackableTraining) -> Hashable:
    """Return what networks have in common if one optimizer can take the steps of all of them.

    They have equal optimizers that have taken equally many steps, and equal learning rates that do
    not change. Clipping looks at the gradient of one network.
    """
    solver, state = training.solver, training.run.optimizer_state
    if solver.optimizer.max_grad_norm or solver.adaptive or type(solver.schedule) is not Constant:
        return id(training)
    hyper_parameters = type(solver.optimizer), *vars(solver.optimizer).items()
    return hyper_parameters, solver.learning_rate_init, *_numbers(state).items()


def _numbers(state: State) -> dict[str, Any]:
    """Return the entries of an optimizer's state that are numbers, such as the count of steps."""
    return {name: value for name, value in state.items() if not isinstance(value, np.ndarray)}


class _Steps:
    """The steps of neighbours in a stack, whose parameters are one vector to their optimizer.

    An update rule treats each entry of a vector by itself.

    Parameters
    ----------
    trainings : list of StackableTraining
        The networks, which have the same `_steps_key`.
    rows : slice
        Their rows in the stack.
    theta, grad : ndarray of shape (n_networks, n_parameters)
        Parameters and gradients of the stack.
    """

    def __init__(
        self, trainings: list[StackableTraining], rows: slice, theta: FloatArray, grad: FloatArray
    ) -> None:
        self.runs, self.rows = [each.run for each in trainings], rows
        self.optimizer = trainings[0].solver.optimizer
        self.theta, self.grad = theta[rows].reshape(-1), grad[rows].reshape(-1)
        states = [run.optimizer_state for run in self.runs]
        arrays = states[0].keys() - _numbers(states[0])
        joined = {name: np.concatenate([state[name] for state in states]) for name in arrays}
        self.state = states[0] | joined

    def take(self, learning_rate: float) -> None:
        """Take a step of each network."""
        self.optimizer.step(self.theta, self.grad, self.state, learning_rate)

    def end(self) -> None:
        """Give each network its part of the state."""
        for number, run in enumerate(self.runs):
            if run.optimizer_state:  # a monitor has emptied it if training diverged
                part = slice(number * run.theta.size, (number + 1) * run.theta.size)
                run.optimizer_state = {
                    name: value[part].copy() if isinstance(value, np.ndarray) else value
                    for name, value in self.state.items()
                }


def _begin(n_steps: int, training: StackableTraining) -> list[float]:
    """Begin an epoch of a network. Return the rates of its steps."""
    training.monitor.epoch_begin()
    return training.solver.rates(training.run, n_steps)


def _end(n_rows: int, training: StackableTraining, loss: float, rate: float) -> bool:
    """End an epoch of a network. Return whether it goes on."""
    solver, monitor, run = training.solver, training.monitor, training.run
    run.loss = loss
    run.samples_seen += n_rows
    if monitor.epoch_end(run, rate):
        return False
    if monitor.n_iter < solver.max_iter:
        return True
    monitor.stop_reason = solver.limit
    return False


class StackedObjective:
    """The objectives of several networks, and their gradients; see `Objective`.

    Parameters
    ----------
    objectives : sequence of Objective
        The objectives. They have equal networks and losses; `alpha` and `mean_weight` may differ.
    theta : ndarray of shape (n_networks, n_parameters)
        Parameters. They may change in place between calls.
    """

    def __init__(self, objectives: Sequence[Objective], theta: FloatArray) -> None:
        self.network, self.loss = objectives[0].network, objectives[0].loss
        self.alpha = np.array([each.alpha for each in objectives])
        self.mean_weight = np.array([each.mean_weight for each in objectives])
        self.weights = theta[:, : self.network.n_weights]
        self.grad = np.empty_like(theta)
        self._weight_grads = self.grad[:, : self.network.n_weights]
        self._layers, self._grads = _layers(self.network, theta), _layers(self.network, self.grad)
        self._workspaces: dict[int, StackedWorkspace] = {}

    def __call__(
        self, X: FloatArray, Y: FloatArray, weight: FloatArray | None
    ) -> tuple[FloatArray, FloatArray]:
        """Compute the objectives, of shape (n_networks,), and their gradients on batches."""
        workspace = self._workspace_for(X.shape[2])
        raw = self._forward(X, workspace)
        losses, delta = self.loss.value_and_gradient(Y, raw)
        if weight is not None:
            losses *= weight
            delta *= weight[:, np.newaxis]
        delta *= workspace.delta_scale
        self._backward(delta, workspace)
        W = self.weights
        self._weight_grads += workspace.decay * W
        penalty = self.alpha / 2 * np.einsum("kp,kp->k", W, W)
        return workspace.scale * (losses.sum(axis=1) + penalty), self.grad

    def _workspace_for(self, n_rows: int) -> "StackedWorkspace":
        """Return the workspace for a number of rows, which is made when it is first needed."""
        if n_rows not in self._workspaces:
            self._workspaces[n_rows] = StackedWorkspace(self, n_rows)
        return self._workspaces[n_rows]

    def _forward(self, X: FloatArray, workspace: "StackedWorkspace") -> FloatArray:
        """Compute the raw scores; see `Network.forward`."""
        a = workspace.inputs[0] = X
        for l, (W, b) in enumerate(self._layers):
            z = np.matmul(W.mT, a, out=workspace.z[l])  # z = Wᵀ a_prev
            if b is not None:
                z += b[:, :, np.newaxis]  # z = Wᵀ a_prev + b
            if l < len(self._layers) - 1:
                a = workspace.inputs[l + 1]
                self.network.activations[l].forward(z, out=a)  # a = f(z)
        return z

    def _backward(self, delta: FloatArray, workspace: "StackedWorkspace") -> None:
        """Compute the gradient by the chain rule; see `Network.backward`."""
        for l in reversed(range(len(self._layers))):
            W_grad, b_grad = self._grads[l]
            np.matmul(workspace.inputs[l], delta.mT, out=W_grad)  # dJ/dW = a_prev deltaᵀ
            if b_grad is not None:
                np.matmul(delta, workspace.ones, out=b_grad)  # dJ/db = Σ_i delta_i
            if l > 0:
                below = workspace.delta[l - 1]
                np.matmul(self._layers[l].weight, delta, out=below)  # dJ/da_prev = W delta
                z, a = workspace.z[l - 1], workspace.inputs[l]
                self.network.activations[l - 1].backward(z, a, below)  # dJ/dz = dJ/da f'(z)
                delta = below


def _layers(network: Network, theta: FloatArray) -> list[Layer]:
    """View the parameters of several networks as layers; see `Network.layers`.

    All views have one more axis in front.
    """
    layers, numbers = [], np.arange(network.n_parameters)
    for W, b in network.layers(numbers):  # type: ignore[arg-type]  # where the parameters are
        weight = theta[:, W[0, 0] : W[-1, -1] + 1].reshape(-1, *W.shape)
        layers.append(Layer(weight, None if b is None else theta[:, b[0] : b[-1] + 1]))
    return layers


class StackedWorkspace:
    """The arrays of a pass, of shape (n_networks, n_units, n_rows), and its factors.

    Parameters
    ----------
    objective : StackedObjective
        The objectives.
    n_rows : int
        Number of rows of a batch.

    Attributes
    ----------
    z, delta, inputs, ones
        See `Workspace`.
    scale : ndarray of shape (n_networks,)
        1 / (n · mean_weight), the factor of the sum of losses.
    delta_scale : ndarray of shape (n_networks, 1, 1)
        The same, as the factor of `delta`.
    decay : ndarray of shape (n_networks, 1)
        Factor of the weights in the gradient of the penalty.
    """

    def __init__(self, objective: StackedObjective, n_rows: int) -> None:
        network, dtype = objective.network, objective.grad.dtype
        n_networks = len(objective.alpha)
        self.z = [np.empty((n_networks, n, n_rows), dtype) for n in network.sizes[1:]]
        self.delta = [np.empty_like(z) for z in self.z[:-1]]
        self.inputs: list[Any] = [None]
        for z, activation in zip(self.z, network.activations, strict=False):
            self.inputs.append(z if getattr(activation, "in_place", False) else np.empty_like(z))
        self.ones = np.ones(n_rows, dtype)
        self.scale = 1 / (n_rows * objective.mean_weight)
        self.delta_scale = self.scale.astype(dtype)[:, np.newaxis, np.newaxis]
        self.decay = (objective.alpha * self.scale).astype(dtype)[:, np.newaxis]


class StackedBatches:
    """The batches of several networks; see `Batches`.

    Parameters
    ----------
    data : sequence of Data
        Training rows of each network: equal numbers of them, with equal `class_targets`.
    runs : sequence of Run
        State of training of each network, which shuffles its rows.
    solver : Descent
        Batch size, and whether rows are shuffled.

    Attributes
    ----------
    n_rows : int
        Number of rows in an epoch.
    slices : list of slice
        The rows of each batch, in the order of the epoch.
    """

    def __init__(self, data: Sequence[Data], runs: Sequence[Run], solver: Descent) -> None:
        n_rows = len(data[0].X)
        self.slices = epoch_slices(n_rows, solver.batch_size, drop_last=solver.drop_last)
        self.n_rows = self.slices[-1].stop
        self.is_whole = self.slices == [slice(0, n_rows)]
        self.runs = list(runs) if solver.shuffle else None
        self.class_targets = data[0].class_targets
        distinct = {id(each.X): each.X for each in data}  # networks may share their inputs
        starts = dict(zip(distinct, range(0, len(distinct) * n_rows, n_rows), strict=True))
        self.X = np.concatenate(list(distinct.values()))
        self.rows = np.array([[starts[id(each.X)]] for each in data]) + np.arange(n_rows)
        self.Y = np.stack([each.Y for each in data])
        weights = [each.sample_weight for each in data]
        self.weight = None if weights[0] is None else np.stack(weights)  # type: ignore[arg-type]
        self._whole: Any = None

    def keep(self, kept: list[int]) -> None:
        """Drop other networks."""
        self.rows, self.Y = self.rows[kept], self.Y[kept]
        self.weight = None if self.weight is None else self.weight[kept]
        self.runs = self.runs and [self.runs[i] for i in kept]
        self._whole = None

    def epoch(self) -> Iterator[tuple[FloatArray, FloatArray, FloatArray | None]]:
        """Yield inputs, of shape (n_networks, n_features, n_rows), targets and weights."""
        if self.is_whole:
            if self._whole is None:
                self._whole = self._batch(np.arange(self.n_rows)[np.newaxis])
            yield self._whole
            return
        n_rows = self.rows.shape[1]
        order = np.arange(n_rows)[np.newaxis]
        if self.runs:
            order = np.stack([run.shuffle(n_rows) for run in self.runs])
        for batch in self.slices:
            yield self._batch(order[:, batch])

    def _batch(self, order: NDArray[np.intp]) -> tuple[FloatArray, FloatArray, FloatArray | None]:
        """Select rows by number."""
        X = self.X.take(np.take_along_axis(self.rows, order, axis=1), axis=0).mT
        if self.class_targets is None:
            Y = np.take_along_axis(self.Y, order[:, :, np.newaxis], axis=1).mT
        else:
            classes = np.take_along_axis(self.Y, order, axis=1)
            Y = self.class_targets.take(classes, axis=1).swapaxes(0, 1)
        weight = None if self.weight is None else np.take_along_axis(self.weight, order, axis=1)
        return (np.ascontiguousarray(X) if self.is_whole else X), np.ascontiguousarray(Y), weight
