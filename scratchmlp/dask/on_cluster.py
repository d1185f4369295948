"""What all estimators on a cluster share: a client, the rounds of a fit, predictions and scores."""

from abc import abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from numbers import Real
from typing import Any, ClassVar, Self

import distributed
from dask import is_dask_collection
from distributed import Client
from distributed.threadpoolexecutor import thread_state
from sklearn.base import BaseEstimator
from sklearn.utils._param_validation import Interval
from sklearn.utils.validation import check_is_fitted

from scratchmlp.dask.collections import partitions
from scratchmlp.dask.predictions import check_rows, predict_lazily
from scratchmlp.dask.rounds import Rounds
from scratchmlp.dask.scoring import score

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

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "client": [Client, None],
        "timeout": [Interval(Real, 0, None, closed="neither")],
    }

    def _store(self, arguments: dict[str, Any]) -> None:
        """Store the arguments of a constructor, which are its local variables, as parameters."""
        self.__dict__.update({k: v for k, v in arguments.items() if k != "self"})

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

    # Predictions of dask collections.

    @abstractmethod
    def _check_columns(self, X: Any) -> None:
        """Check that a dask collection has the columns of `fit`, as far as they are known."""

    @abstractmethod
    def _like(self, method: str, parameters: dict[str, Any]) -> tuple[Any, Any]:
        """Return an array like the predictions of a method, and the names of its columns.

        None means that the columns have no names.
        """

    @abstractmethod
    def _predictor(self) -> Any:
        """Return an estimator that predicts as this one does. It is sent to workers."""

    def _predictor_for(self, X: Any) -> Any:
        """Return `_predictor()` for a dask collection, whose columns are checked."""
        check_is_fitted(self)
        check_rows(X)
        self._check_columns(X)
        return self._predictor()

    def _predict_lazily(self, method: str, X: Any, **parameters: Any) -> Any:
        """Predict a dask collection lazily: see `scratchmlp.dask.predictions.lazy`."""
        model = self._predictor_for(X)
        return predict_lazily(model, method, parameters, X, *self._like(method, parameters))

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Return the accuracy or R², computed on the cluster if X is a dask collection.

        Parameters
        ----------
        X : dask array or DataFrame, or array-like, of shape (n_samples, n_features)
            Input data.
        y : dask array, Series or DataFrame, or array-like
            Targets.
        sample_weight : dask array or Series, or array-like, default=None
            Weight of each sample.

        Returns
        -------
        float
            The score.
        """
        if not is_dask_collection(X):
            return float(super().score(X, y, sample_weight))
        model = self._predictor_for(X)
        with self._rounds() as rounds:
            return score(model, rounds, partitions(X, y, sample_weight))

    # Models without a client.

    def _fitted(self) -> dict[str, Any]:
        """Return the fitted attributes."""
        return {k: v for k, v in vars(self).items() if k[0] == "_" or k[-1] == "_"}

    def _local(self, fitted: dict[str, Any]) -> Any:
        """Return a local estimator with these fitted attributes, and the parameters that it has."""
        names, parameters = self._local_class._get_param_names(), self.get_params(deep=False)
        local = self._local_class(**{k: v for k, v in parameters.items() if k in names})
        local.__dict__.update(fitted)
        return local

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
    wanted = client.submit(int, pure=False)  # adaptive clusters start workers only for tasks
    try:
        client.wait_for_workers(1, timeout)
    except TimeoutError as error:
        raise TimeoutError(
            f"The cluster has had no workers for timeout={timeout:g} seconds, or only some whose "
            "memory is full. Training needs at least one that takes tasks: start workers, or raise "
            "timeout if they start later."
        ) from error
    finally:
        wanted.release()


def _occupies_thread() -> bool:
    """Return whether this is a task that has not left the threads of its worker."""
    try:
        distributed.get_worker().get_current_task()
    except (ValueError, LookupError):  # no worker, or no task of it in this thread
        return False
    # `distributed.secede` and `worker_client` end the thread's loop over tasks.
    return getattr(thread_state, "proceed", True)
