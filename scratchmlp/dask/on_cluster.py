"""What all estimators on a cluster share: a client, a timeout, and the rounds of a fit."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from numbers import Real
from typing import Any, ClassVar, Self

import distributed
from distributed import Client
from distributed.threadpoolexecutor import thread_state
from sklearn.base import BaseEstimator
from sklearn.utils._param_validation import Interval

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
        client = find_client(self.client)
        wait_for_a_worker(client, self.timeout)
        with Rounds(client) as rounds:
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


def find_client(given: Client | None) -> Client:
    """Return the client that the user passed, or the current one.

    Raises
    ------
    ValueError
        If there is none, or if it is asynchronous or closed.
    RuntimeError
        In a task that occupies a thread of its worker, which training might wait for.
    """
    if _occupies_thread():
        raise RuntimeError(
            "Training and scoring on a cluster cannot run in a task, because they would wait for "
            "tasks that need its thread. Free the thread with distributed.worker_client: write "
            "`with worker_client() as client:`, and pass client=client in its block."
        )
    try:
        client = given or distributed.default_client()
    except ValueError as error:
        raise ValueError(
            "A client of a Dask cluster is needed, and there is no current one. Make one first, "
            "for instance with distributed.Client(), or pass it as client=..."
        ) from error
    if client.asynchronous:
        raise ValueError("The client must not be asynchronous. Pass Client(asynchronous=False).")
    if client.status in ("closing", "closed"):
        raise ValueError(
            f"The client is {client.status}. Make a new one with distributed.Client(), and pass it "
            "as client=..., or None for the current client."
        )
    return client


def wait_for_a_worker(client: Client, timeout: float) -> None:
    """Wait until the cluster has a worker. Raise a TimeoutError after `timeout` seconds."""
    try:
        client.wait_for_workers(1, timeout)
    except TimeoutError as error:
        raise TimeoutError(
            f"The cluster has had no workers for timeout={timeout:g} seconds. Training needs at "
            "least one: start workers, or raise timeout if they start later."
        ) from error


def _occupies_thread() -> bool:
    """Return whether this is a task that has not left the threads of its worker."""
    try:
        distributed.get_worker().get_current_task()
    except (ValueError, LookupError):  # no worker, or no task of it in this thread
        return False
    # `distributed.secede` and `worker_client` end the thread's loop over tasks.
    return getattr(thread_state, "proceed", True)
