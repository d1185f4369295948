"""What all estimators on a cluster share: a client, a timeout, and the rounds of a fit."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from numbers import Real
from typing import Any, ClassVar, Self

from distributed import Client
from sklearn.base import BaseEstimator
from sklearn.utils._param_validation import Interval

from scratchmlp.dask.clients import find_client
from scratchmlp.dask.rounds import Rounds

#: The rounds of the fit that runs in this thread.
_ROUNDS: ContextVar[Rounds] = ContextVar("rounds")


def current_rounds() -> Rounds:
    """Return the rounds of the fit or the score that runs in this thread."""
    return _ROUNDS.get()


class OnCluster(BaseEstimator):
    """An estimator with a client. It is in front of the class of a local estimator."""

    client: Client | None
    timeout: float

    _local_class: ClassVar[type[Any]]
    #: Parameters and fitted attributes that the local estimators do not have.
    _not_local: ClassVar[tuple[str, ...]] = ("client", "timeout")

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "client": [Client, None],
        "timeout": [Interval(Real, 0, None, closed="neither")],
    }

    @contextmanager
    def _rounds(self) -> Iterator[Rounds]:
        """Connect to the cluster for a fit or a score. At the end, release all data on it."""
        with Rounds(find_client(self.client), self.timeout) as rounds:
            token = _ROUNDS.set(rounds)
            try:
                yield rounds
            finally:
                _ROUNDS.reset(token)

    def _fitted(self) -> dict[str, Any]:
        """Return the fitted attributes of a local estimator."""
        return {
            name: value
            for name, value in vars(self).items()
            if (name[0] == "_" or name[-1] == "_") and name not in self._not_local
        }

    def _local(self, fitted: dict[str, Any]) -> Any:
        """Return a local estimator with the same parameters, and these fitted attributes."""
        parameters = self.get_params(deep=False)
        local = self._local_class(
            **{name: value for name, value in parameters.items() if name not in self._not_local}
        )
        local.__dict__.update(fitted)
        return local

    # The client is of this process.

    def __getstate__(self) -> dict[str, Any]:
        """Return the attributes to pickle, without the client: it belongs to this process."""
        return super().__getstate__() | {"client": None}

    def __sklearn_clone__(self) -> Self:
        """Return a clone that shares the client."""
        bare = object.__new__(type(self))  # scikit-learn would copy the client
        bare.__dict__ = vars(self) | {"client": None}
        clone: Self = super(OnCluster, bare).__sklearn_clone__()
        clone.client = self.client
        return clone
