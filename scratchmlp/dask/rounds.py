"""Rounds of tasks on a cluster: submit them, and wait for the result.

A round is a small graph of tasks, whose result is one small object. The scheduler repeats tasks
whose worker dies, and recomputes data that were lost with it, provided that they can be recomputed.
So all data here are results of tasks, never scattered, and no task is bound to a worker.
"""

import warnings
from collections.abc import Callable, Iterable, Sequence
from functools import reduce
from operator import add
from threading import Lock
from traceback import clear_frames
from typing import Any, Self

import dask
import distributed
from dask.delayed import Delayed, delayed
from distributed import CancelledError, Client, Future
from distributed.scheduler import KilledWorker
from distributed.threadpoolexecutor import thread_state

from scratchmlp.utils.public import stacklevel

#: Number of results that a task of a tree of tasks combines.
_FAN_IN = 8
#: Seconds after each of which a round that has not ended looks for workers that take tasks.
_PATIENCE = 30.0
#: The setting of Dask for the size of graphs that it warns of, and a value that is never reached.
_LARGE_GRAPH, _NEVER = "distributed.admin.large-graph-warning-threshold", 2**62
#: Held while the setting is changed, because fits in several threads share it.
_SUBMITTING = Lock()


def task(function: Callable[..., Any], *args: Any) -> Delayed:
    """Make a task of a round. Tasks and futures among the arguments are replaced by results."""
    return delayed(function, pure=False, traverse=False)(*args)


def reduced(combine: Callable[..., Any], tasks: Sequence[Delayed]) -> Delayed:
    """Combine results of tasks by a tree, whose shape depends only on the number of tasks.

    Parameters
    ----------
    combine : callable
        Maps several results to one of the same kind.
    tasks : sequence of Delayed
        At least one task.

    Returns
    -------
    Delayed
        The task that gives the combined result. The order of operations does not depend on where
        and when the tasks run, so the same results are combined to the same bits.
    """
    while len(tasks) > 1:
        tasks = [
            task(combine, *tasks[i : i + _FAN_IN]) if len(tasks) > i + 1 else tasks[i]
            for i in range(0, len(tasks), _FAN_IN)
        ]
    return tasks[0]


def added(first: Any, *others: Any) -> Any:
    """Add up tuples of sums, in the order given."""
    return tuple(reduce(add, sums) for sums in zip(first, *others, strict=True))


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
            "Training on a cluster cannot run in a task, because it would wait for tasks that "
            "need its thread. Free the thread with distributed.worker_client: write "
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


def _occupies_thread() -> bool:
    """Return whether this is a task that has not left the threads of its worker."""
    try:
        distributed.get_worker().get_current_task()
    except (ValueError, LookupError):  # no worker, or no task of it in this thread
        return False
    # `distributed.secede` and `worker_client` end the thread's loop over tasks.
    return getattr(thread_state, "proceed", True)


class Rounds:
    """The rounds of one fit. All of its data on the cluster are released at the end.

    Use it in a ``with`` statement.

    Parameters
    ----------
    client : Client
        The client.
    timeout : float
        Seconds that a round waits while no worker takes tasks.
    """

    def __init__(self, client: Client, timeout: float) -> None:
        self.client = client
        self.timeout = timeout
        self._kept: list[Future] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: Any, error: Any, traceback: Any) -> None:
        self.release(self._kept)
        if kind is KeyboardInterrupt:  # Dask's frames hold tasks that were just sent
            clear_frames(traceback)

    def keep(self, tasks: Iterable[Delayed]) -> list[Future]:
        """Start tasks whose results stay on the cluster, to be used in rounds.

        Parameters
        ----------
        tasks : iterable of Delayed
            The tasks.

        Returns
        -------
        list of Future
            Their results, until they are released.
        """
        futures: list[Future] = self._submit(list(tasks))
        self._kept += futures
        return futures

    def release(self, futures: Sequence[Future]) -> None:
        """Release results on the cluster. Tasks that nothing needs any more are cancelled."""
        dropped = {id(future): future for future in futures}
        self._kept = [future for future in self._kept if id(future) not in dropped]
        for future in dropped.values():
            future.release()

    def get(self, last: Delayed) -> Any:
        """Run a round.

        Parameters
        ----------
        last : Delayed
            The task that computes the result. The result should be small.

        Returns
        -------
        object
            The result.

        Raises
        ------
        RuntimeError
            If workers die again and again, or if the connection to the scheduler is lost.
        TimeoutError
            If no worker takes tasks.
        Exception
            The exception of a task that fails.
        """
        future = self._submit(last)
        try:
            self._wait_for(future)
            return future.result()
        except KilledWorker as error:
            raise RuntimeError(
                "Workers died again and again in the same round of training, probably because "
                "their memory was full. Give them more memory, or divide the data into smaller "
                f"partitions. The last error: {error}"
            ) from error
        except CancelledError as error:
            raise RuntimeError(
                "A round of training was cancelled: the client was closed or restarted, the "
                "connection to the scheduler was lost, or data from client.scatter were lost with "
                "their worker. Fit again with a connected client, and with a collection that can "
                "be computed again."
            ) from error
        finally:
            future.release()

    def get_all(self, tasks: Iterable[Delayed]) -> list[Any]:
        """Run a round whose results are a list of small objects. See `get`."""
        results: list[Any] = self.get(task(_listed, *tasks))
        return results

    def workers(self) -> list[dict[str, Any]]:
        """Return what the scheduler knows of each worker."""
        return list(self.client.scheduler_info(n_workers=-1)["workers"].values())

    def _wait_for(self, future: Future) -> None:
        """Wait for the end of a task, but no longer than `timeout` seconds without workers."""
        step, waited = min(_PATIENCE, self.timeout), 0.0
        while True:
            try:
                future.exception(step)  # `distributed.wait` would ask the current client
                return
            except TimeoutError:
                takes_tasks = any(worker["status"] == "running" for worker in self.workers())
                waited = 0.0 if takes_tasks else waited + step
            if waited >= self.timeout:
                raise TimeoutError(
                    f"The cluster has had no workers for timeout={self.timeout:g} seconds, or only "
                    "some that have paused because their memory is full. Start workers, give them "
                    "more memory, divide the data into smaller partitions, or raise timeout."
                )
            if waited == step:
                self._warn_without_workers()

    def _warn_without_workers(self) -> None:
        warnings.warn(
            "Training waits, because the cluster has no worker that takes tasks, of "
            f"{len(self.workers())} in all. A worker pauses while it uses more of its memory than "
            "distributed.worker.memory.pause, by default 80%. The fit fails after "
            f"timeout={self.timeout:g} seconds: add workers, or give them more memory.",
            stacklevel=stacklevel(),
        )

    def _submit(self, tasks: Any) -> Any:
        """Start one or several tasks, without Dask's warning of large graphs.

        They are large if there are many parameters or large batches. The warning gives advice for
        graphs of the user.
        """
        with _SUBMITTING, dask.config.set({_LARGE_GRAPH: _NEVER}):
            return self.client.compute(tasks)


def as_it_is(result: Any) -> Any:
    """Return a result that is on the cluster."""
    return result


def _listed(*results: Any) -> list[Any]:
    return list(results)
