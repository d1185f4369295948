"""What networks are fitted to: training rows, after the other steps of a pipeline."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.pipeline import Pipeline


class KeptSteps:
    """The `memory` of pipelines with equal steps, which are fitted to the same rows.

    The first pipeline fits its steps. The others get the same fitted steps, and what these have
    returned.
    """

    location = None  # tells the pipeline that it need not clone its steps

    def __init__(self) -> None:
        self.returned: list[tuple[Any, Any]] = []  # by each step: the new X, and the fitted step

    def cache(self, fit_transform: Callable[..., tuple[Any, Any]], **_: Any) -> Callable[..., Any]:
        """Return a function that a pipeline calls for each step, in their order."""
        kept = iter(list(self.returned))

        def fit_once(*args: Any, **named: Any) -> tuple[Any, Any]:
            result = next(kept, None)
            if result is None:
                result = fit_transform(*args, **named)
                self.returned.append(result)
            return result

        return fit_once


class _Recorder(BaseEstimator):
    """The last step of a pipeline in place of a network: it records what this is fitted to."""

    def __init__(self, network: Any) -> None:
        self.network = network

    def fit(self, X: Any, y: Any = None, **params: Any) -> "_Recorder":
        """Record the arguments."""
        self.arguments = X, y, params
        return self

    def get_metadata_routing(self) -> Any:
        """Return what the network asks for."""
        return self.network.get_metadata_routing()


class Inputs(NamedTuple):
    """What networks are fitted to.

    Attributes
    ----------
    X, y : array-like
        Training rows.
    params : dict
        Other arguments of `fit`.
    steps : KeptSteps or None
        The steps before the network. None without a pipeline.
    """

    X: Any
    y: Any
    params: dict[str, Any]
    steps: KeptSteps | None

    @property
    def n_numbers(self) -> int:
        """Number of values that are kept."""
        returned = [X for X, _ in self.steps.returned] if self.steps else []
        return sum(getattr(X, "nnz", None) or np.size(X) for X in returned or [self.X])


def network_of(estimator: Any) -> Any:
    """Return the last step of a pipeline, or any other estimator itself."""
    return estimator.steps[-1][1] if isinstance(estimator, Pipeline) else estimator


def network_prefix(estimator: Any) -> str:
    """Return with what the names of the network's parameters begin."""
    return f"{estimator.steps[-1][0]}__" if isinstance(estimator, Pipeline) else ""


def fit_steps(estimator: Any, X: Any, y: Any, params: dict[str, Any]) -> Inputs:
    """Fit the steps before the network, and return what the network is to be fitted to.

    Parameters
    ----------
    estimator : estimator
        A network, or a pipeline that ends with one. It is of no use afterwards.
    X, y : array-like
        Training rows.
    params : dict
        Other arguments of its `fit`.

    Returns
    -------
    Inputs
        The arguments of the network's `fit`.
    """
    if not isinstance(estimator, Pipeline):
        return Inputs(X, y, params, None)
    name, network = estimator.steps[-1]
    steps, recorder = KeptSteps(), _Recorder(network)
    estimator.set_params(memory=steps, **{name: recorder}).fit(X, y, **params)
    return Inputs(*recorder.arguments, steps)
