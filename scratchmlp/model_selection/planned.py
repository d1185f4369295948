"""Networks that are ready to train, and their training, many of them together."""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator
from dataclasses import replace
from typing import Any, NamedTuple

from sklearn.utils import gen_batches

from scratchmlp import ScratchMLPClassifier, ScratchMLPRegressor
from scratchmlp.estimators.base import BaseMLP
from scratchmlp.estimators.prepared import PlannedTraining
from scratchmlp.estimators.validation import check_last_step
from scratchmlp.kernels import threads
from scratchmlp.rollback import unchanged_on_failure
from scratchmlp.run import DivergenceError
from scratchmlp.schedules import Constant, InverseScaling
from scratchmlp.solvers import Descent
from scratchmlp.stacked import train_together

#: The estimators that may train together. Subclasses may have a `fit` of their own.
NETWORKS = (ScratchMLPClassifier, ScratchMLPRegressor)


class Planned(NamedTuple):
    """A network that is ready to train.

    Attributes
    ----------
    number : int
        Number of the network.
    network : ScratchMLPClassifier or ScratchMLPRegressor
        The network, which is not fitted yet.
    plan : PlannedTraining
        What trains.
    """

    number: int
    network: BaseMLP
    plan: PlannedTraining

    @property
    def can_resume(self) -> bool:
        """Whether more epochs later give the same network as more epochs at once.

        They do not with a learning-rate schedule that plans for the number of epochs.
        """
        solver = self.plan.solver
        schedule = solver.schedule if isinstance(solver, Descent) else None
        return type(schedule) in (Constant, InverseScaling)

    def for_epochs(self, number: int, max_iter: int) -> "Planned":
        """Return the same network with another number, for training up to another epoch."""
        self.network.set_params(max_iter=max_iter)
        self.plan.run.n_epochs = max_iter
        solver = replace(self.plan.solver, max_iter=max_iter)
        return Planned(number, self.network, self.plan._replace(solver=solver))


def plan(number: int, network: BaseMLP, X: Any, y: Any, sample_weight: Any) -> Planned | None:
    """Prepare the training of a network.

    Parameters
    ----------
    number : int
        Number of the network.
    network : ScratchMLPClassifier or ScratchMLPRegressor
        The network.
    X, y, sample_weight : array-like
        Arguments of its `fit`.

    Returns
    -------
    Planned or None
        None if the network can only be fitted alone. This includes invalid arguments and
        parameters: `fit` then raises the error.
    """
    has_callbacks = bool(getattr(network, "_skl_callbacks", None))
    if type(network) not in NETWORKS or network.solver == "lbfgs":
        return None
    if has_callbacks or network.warm_start:
        return None
    try:
        with unchanged_on_failure(network):
            network._validate_params()
            return Planned(number, network, network._plan(X, y, sample_weight))
    except Exception:  # `fit` will raise it
        return None


def fit_stacks(networks: Iterable[Planned | None]) -> Iterator[Planned]:
    """Train networks of equal shapes together, where this is faster than one by one.

    Parameters
    ----------
    networks : iterable of Planned or None
        The networks.

    Yields
    ------
    Planned
        Each network that is fitted now. Those that are missing must be fitted alone.
    """
    by_key: dict[Hashable, list[Planned]] = defaultdict(list)
    for each in networks:
        if each is not None and (key := each.plan.training.stack_key()) is not None:
            by_key[key].append(each)
    for group in by_key.values():
        n_together = group[0].plan.training.n_together()
        for rows in gen_batches(len(group), n_together) if n_together > 1 else ():
            yield from _fit_stack(group[rows])


def _fit_stack(stack: list[Planned]) -> Iterator[Planned]:
    """Train networks of one shape together. Yield those that have not diverged."""
    going = [each for each in stack if not each.plan.monitor.finished]  # others stopped before
    diverged = set()
    if going:
        objective, solver, _, _, data = going[0].plan.training
        assert isinstance(solver, Descent)
        with threads(objective.network.multiplications(solver.batch_size, data.X)):
            errors = train_together([each.plan.training for each in going])
        diverged = {each.number for each, error in zip(going, errors, strict=True) if error}
    for each in stack:
        if each.number in diverged:
            continue  # `fit` will raise the error
        try:
            check_last_step(each.plan.prepared, each.plan.monitor)
            each.network._keep(each.plan)
        except (DivergenceError, Warning):  # a filter may turn warnings into errors
            continue
        yield each
