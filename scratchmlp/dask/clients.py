"""The client of a fit."""

import distributed
from distributed import Client
from distributed.threadpoolexecutor import thread_state


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
