"""The fits of a search: each network on the training rows of a split, many of them together."""

import time
from collections.abc import Hashable, Mapping, Sequence
from copy import copy
from typing import Any, NamedTuple

import numpy as np
from sklearn.base import clone
from sklearn.pipeline import Pipeline
from sklearn.utils.metaestimators import _safe_split
from sklearn.utils.validation import _check_method_params

from scratchmlp.model_selection.together import (
    NETWORKS,
    PlannedNetwork,
    fit_stacks,
    plan,
    trains_alone,
)

#: Numbers that the training rows of all splits may hold. With more, fits are left to the search.
_MOST_NUMBERS = 2**25
#: Tasks that are planned at the same time. There are fewer if the rows of each of them could not be
#: copied without more than as many numbers, which take 128 MB.
_MOST_AT_ONCE, _MOST_NUMBERS_AT_ONCE = 512, 2**24


class Task(NamedTuple):
    """A fit of a search.

    Attributes
    ----------
    parameters : mapping
        Parameters of the candidate.
    split : int
        Number of the split.
    """

    parameters: Mapping[str, Any]
    split: int


class Fitted(NamedTuple):
    """The result of a task.

    Attributes
    ----------
    estimator : estimator
        A fitted network, or a fitted Pipeline whose last step is one.
    seconds : float
        Its share of the time of training.
    """

    estimator: Any
    seconds: float


class _Inputs(NamedTuple):
    """What networks train on in a split.

    Attributes
    ----------
    estimator : estimator
        The network or, with all other steps fitted, the Pipeline.
    network : estimator
        The network, which is not fitted.
    arguments : tuple of X and y
        Training rows, after the other steps of the Pipeline.
    sample_weight : array-like or None
        Weights of the rows.
    """

    estimator: Any
    network: Any
    arguments: tuple[Any, Any]
    sample_weight: Any

    def with_network(self, network: Any) -> Any:
        """Return the estimator with another network, which shares all other steps."""
        if self.network is self.estimator:
            return network
        pipeline = copy(self.estimator)
        pipeline.steps = [*pipeline.steps[:-1], (pipeline.steps[-1][0], network)]
        return pipeline


class _Candidate(NamedTuple):
    """The network of a task, what it trains on, and what identifies both.

    The key does not include the number of epochs.
    """

    inputs: _Inputs
    network: Any
    key: Hashable


class StackedFits:
    """Fit the networks of a search, many of them together.

    Parameters
    ----------
    estimator : estimator
        The estimator of the search.
    X, y : array-like
        All rows.
    fit_params : dict
        Other arguments of `fit`, for all rows.
    splits : sequence of tuple of two ndarrays
        Row numbers to train on, and row numbers to evaluate on.
    resumable : dict or None, default=None
        Networks that earlier calls have trained for fewer epochs, and that may go on. New ones are
        added. None keeps none.
    """

    def __init__(
        self,
        estimator: Any,
        X: Any,
        y: Any,
        fit_params: dict[str, Any],
        splits: Sequence[Any],
        resumable: dict[Hashable, PlannedNetwork] | None = None,
    ) -> None:
        self.estimator = estimator
        self.X, self.y, self.fit_params, self.splits = X, y, fit_params, splits
        self.resumable = resumable
        self._rows = [np.asarray(train).tobytes() for train, _ in splits]  # identify a split
        self._inputs: dict[Hashable, _Inputs | None] = {}
        self._networks: dict[Hashable, Any] = {}

    @property
    def n_at_once(self) -> int:
        """Number of tasks that `fit` should be called with."""
        return max(1, min(_MOST_AT_ONCE, _MOST_NUMBERS_AT_ONCE // max(1, np.size(self.X))))

    def fit(self, tasks: Sequence[Task]) -> list[Fitted | None]:
        """Fit the networks of some tasks.

        Parameters
        ----------
        tasks : sequence of Task
            The tasks.

        Returns
        -------
        list of Fitted or None
            The result of each task. None if the search is to fit the estimator itself: because it
            has no network that can train with others, because this would not be faster, or because
            its fit fails.
        """
        started = time.perf_counter()
        results: list[Fitted | None] = [None] * len(tasks)
        candidates = {number: self._candidate(task) for number, task in enumerate(tasks)}
        plans = (self._plan(number, each) for number, each in candidates.items() if each)
        for fitted in fit_stacks(plans):
            candidate = candidates[fitted.number]
            assert candidate
            if self.resumable is not None and fitted.can_resume:
                self.resumable[candidate.key] = fitted
            estimator = candidate.inputs.with_network(fitted.network)
            results[fitted.number] = Fitted(estimator, 0.0)
        self._inputs.clear()  # their rows are no longer needed
        n_fitted = sum(each is not None for each in results)
        seconds = (time.perf_counter() - started) / max(1, n_fitted)
        return [each and each._replace(seconds=seconds) for each in results]

    def _candidate(self, task: Task) -> _Candidate | None:
        """Return the network of a task and what it trains on, or None if it must train alone."""
        prefix = network_prefix(self.estimator)
        own = {k[len(prefix) :]: v for k, v in task.parameters.items() if k.startswith(prefix)}
        others = {k: v for k, v in task.parameters.items() if not k.startswith(prefix)}
        network = self._network_of(own, others)
        if network is None or trains_alone(network):
            return None
        inputs = self._inputs_of(task.split, others)
        own.pop("max_iter", None)
        key = self._rows[task.split], *_identity(others), *_identity(own)
        return _Candidate(inputs, network, key) if inputs else None

    def _network_of(self, own: dict[str, Any], others: dict[str, Any]) -> Any:
        """Return a new network with its own parameters, or None if there is none."""
        key = tuple(_identity(others))
        try:
            if key not in self._networks:
                estimator = clone(self.estimator).set_params(**clone(others, safe=False))
                self._networks[key] = _network(estimator)
            network = self._networks[key]
            return network and clone(network).set_params(**clone(own, safe=False))
        except Exception:  # of names that are no parameters: the search will raise it
            return None

    def _plan(self, number: int, candidate: _Candidate) -> PlannedNetwork | None:
        """Prepare the training of a network, or of more epochs of one that can resume."""
        inputs, network, key = candidate
        if self.resumable and key in self.resumable:
            return self.resumable.pop(key).for_epochs(number, network.max_iter)
        return plan(number, network, *inputs.arguments, inputs.sample_weight)

    def _inputs_of(self, split: int, others: dict[str, Any]) -> _Inputs | None:
        """Return what networks train on in a split.

        Candidates that differ in the network only share it: `others` are the other parameters.
        """
        key = split, *_identity(others)
        if key not in self._inputs:
            self._inputs[key] = self._make_inputs(split, others)
        return self._inputs[key]

    def _make_inputs(self, split: int, others: dict[str, Any]) -> _Inputs | None:
        """Select the training rows of a split, and fit the steps before the network to them."""
        estimator = clone(self.estimator).set_params(**clone(others, safe=False))
        network = _network(estimator)
        if network is None:
            return None
        train = self.splits[split][0]
        X, y = _safe_split(estimator, self.X, self.y, train)
        named = _check_method_params(self.X, params=self.fit_params, indices=train)
        try:
            inputs = _record(estimator, network, X, y, named)
        except Exception:  # the pipeline's own fit will raise it
            return None
        X = inputs.arguments[0]
        is_small = len(self.splits) * np.size(X) <= _MOST_NUMBERS  # 1 for sparse X
        return inputs if is_small else None


def _identity(parameters: Mapping[str, Any]) -> list[tuple[str, int]]:
    """Return what identifies parameters: not their values, of which some have no equality."""
    return sorted((name, id(value)) for name, value in parameters.items())


def network_prefix(estimator: Any) -> str:
    """Return with what the names of the network's parameters begin."""
    return f"{estimator.steps[-1][0]}__" if isinstance(estimator, Pipeline) else ""


def _network(estimator: Any) -> Any:
    """Return the network of an estimator, or None if it has none that may train with others."""
    if type(estimator) is Pipeline and estimator.memory is None and not estimator.verbose:
        estimator = estimator[-1]
    return estimator if type(estimator) in NETWORKS else None


def _record(estimator: Any, network: Any, X: Any, y: Any, fit_params: dict[str, Any]) -> _Inputs:
    """Fit the steps before the network, and record what the network is to be fitted to."""
    recorded: list[_Inputs] = []

    def record(X: Any, y: Any, sample_weight: Any = None) -> None:
        recorded.append(_Inputs(estimator, network, (X, y), sample_weight))

    network.fit = record
    try:
        estimator.fit(X, y, **fit_params)
    finally:
        del network.fit
    return recorded[0]
