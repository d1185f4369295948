"""The fits of a search: each network on the training rows of a split, many of them together."""

import time
from collections.abc import Hashable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np
from sklearn import config_context
from sklearn.base import clone
from sklearn.pipeline import Pipeline
from sklearn.utils.metaestimators import _safe_split
from sklearn.utils.validation import _check_method_params

from scratchmlp.model_selection.inputs import (
    Inputs,
    KeptSteps,
    fit_steps,
    network_of,
    network_prefix,
)
from scratchmlp.model_selection.together import ReadyEstimator, fit_stacks, make_ready, trains_alone

#: Numbers that the inputs of networks may hold at the same time. Once there are more, no further
#: steps are fitted here.
_MOST_NUMBERS = 2**25
#: Tasks that get ready at the same time. There are fewer if the rows of each of them could not be
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
    """What is fitted for a task: nothing, unless its network can train with others.

    Attributes
    ----------
    steps : KeptSteps or None
        The steps before the network, if it is part of a pipeline.
    network : ScratchMLPClassifier, ScratchMLPRegressor or None
        The network. None if it must be fitted alone.
    seconds : float or None
        Its share of the time of training.
    """

    steps: KeptSteps | None = None
    network: Any = None
    seconds: float | None = None

    @contextmanager
    def given_to(self, estimator: Any) -> Iterator[None]:
        """Let an estimator take over what is fitted, when it is fitted in the block."""
        network = network_of(estimator)
        if self.network is not None:
            network._trained = vars(self.network)
        if self.steps is not None:
            estimator.set_params(memory=self.steps)
        try:
            # The parameters of a trained network are valid, and so are those of fitted steps.
            with config_context(skip_parameter_validation=self.network is not None):
                yield
        finally:
            if self.network is not None:  # another fit must not take it over
                vars(network).pop("_trained", None)
            if self.steps is not None:
                estimator.set_params(memory=None)


class _Candidate(NamedTuple):
    """A network that is to be fitted, and what to."""

    network: Any
    inputs: Inputs


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
        resumable: dict[Hashable, ReadyEstimator] | None = None,
    ) -> None:
        self.estimator = estimator
        self.X, self.y, self.fit_params, self.splits = X, y, fit_params, splits
        self.resumable = resumable
        self._prefix = network_prefix(estimator)
        self._inputs: dict[Hashable, Inputs | None] = {}

    @property
    def n_at_once(self) -> int:
        """Number of tasks that `fit` should be called with."""
        return max(1, min(_MOST_AT_ONCE, _MOST_NUMBERS_AT_ONCE // max(1, np.size(self.X))))

    def fit(self, tasks: Sequence[Task]) -> list[Fitted]:
        """Fit the networks of some tasks.

        Parameters
        ----------
        tasks : sequence of Task
            The tasks.

        Returns
        -------
        list of Fitted
            What is fitted for each task.
        """
        started = time.perf_counter()
        candidates = [self._candidate(task) for task in tasks]
        self._inputs.clear()  # the candidates have what is still needed
        ready = ((n, self._ready(tasks[n], each)) for n, each in enumerate(candidates) if each)
        networks = {}
        for n, fitted in fit_stacks(ready):
            networks[n] = fitted.estimator
            if self.resumable is not None and fitted.can_resume:
                self.resumable[self._key(tasks[n])] = fitted
        seconds = (time.perf_counter() - started) / max(1, len(networks))
        shares = dict.fromkeys(networks, seconds)
        return [
            Fitted(each.inputs.steps, networks.get(n), shares.get(n)) if each else Fitted()
            for n, each in enumerate(candidates)
        ]

    def _candidate(self, task: Task) -> _Candidate | None:
        """Return the network of a task and its inputs, or None if it cannot train with others."""
        try:
            estimator = clone(self.estimator).set_params(**clone(task.parameters, safe=False))
        except Exception:  # of names that are no parameters: the search will raise it
            return None
        if not _is_plain(estimator) or trains_alone(network_of(estimator)):
            return None
        network = network_of(estimator)
        inputs = self._inputs_of(task, estimator)
        return inputs and _Candidate(network, inputs)

    def _inputs_of(self, task: Task, estimator: Any) -> Inputs | None:
        """Return what the network of a task is fitted to.

        Candidates that differ in the network only share it.
        """
        others = {k: v for k, v in task.parameters.items() if not k.startswith(self._prefix)}
        key = task.split, *_identity(others)
        if key not in self._inputs:
            self._inputs[key] = self._make_inputs(task.split, estimator)
        return self._inputs[key]

    def _make_inputs(self, split: int, estimator: Any) -> Inputs | None:
        """Select the training rows of a split, and fit the steps before the network to them."""
        if sum(each.n_numbers for each in self._inputs.values() if each) > _MOST_NUMBERS:
            return None
        train = self.splits[split][0]
        try:
            X, y = _safe_split(estimator, self.X, self.y, train)
            params = _check_method_params(self.X, params=self.fit_params, indices=train)
            return fit_steps(estimator, X, y, params)
        except Exception:  # the estimator's own fit will raise it
            return None

    def _ready(self, task: Task, candidate: _Candidate) -> ReadyEstimator | None:
        """Prepare the training of a network, or of more epochs of one that can resume."""
        network, inputs = candidate
        if self.resumable and (known := self.resumable.pop(self._key(task), None)):
            return known.resumed(network.max_iter)
        if not inputs.params.keys() <= {"sample_weight"}:
            return None
        return make_ready(network, inputs.X, inputs.y, **inputs.params)

    def _key(self, task: Task) -> Hashable:
        """Return what identifies a task in several calls, but for the number of epochs."""
        epochs = f"{self._prefix}max_iter"
        parameters = {name: v for name, v in task.parameters.items() if name != epochs}
        return np.asarray(self.splits[task.split][0]).tobytes(), *_identity(parameters)


def _identity(parameters: Mapping[str, Any]) -> list[tuple[str, int]]:
    """Return what identifies parameters: not their values, of which some have no equality.

    The search keeps its candidates until it ends, so that no other value gets the same id.
    """
    return sorted((name, id(value)) for name, value in parameters.items())


def _is_plain(estimator: Any) -> bool:
    """Return whether an estimator is no pipeline with a `memory` or a `fit` of its own."""
    if not isinstance(estimator, Pipeline):
        return True
    return type(estimator) is Pipeline and estimator.memory is None and not estimator.verbose
