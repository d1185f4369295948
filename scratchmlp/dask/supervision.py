"""What the scheduler knows about a round: which tasks and workers it waits for.

The functions run on the scheduler, called by `distributed.Client.run_on_scheduler`.
"""

import math
from dataclasses import dataclass
from typing import Any

from distributed.metrics import time


@dataclass(frozen=True)
class Situation:
    """What a round waits for.

    Attributes
    ----------
    pending : tuple of (key, state, worker)
        The tasks that are not done, their states, and the addresses of the workers that they are
        assigned to, or "". It stays the same if the round makes no progress.
    n_workers : int
        Number of workers of the cluster.
    hung : tuple of str
        Addresses of the workers that seem to hang: they have not reported to the scheduler for too
        long, or they have executed a task of the round for too long, if tasks are short.
    busy : bool
        Whether a worker that tasks are assigned to executes tasks of others, or any tasks, if those
        of the round may be long. Tasks of others are also those that were cancelled while they ran.
    broken : bool
        Whether a task waits for one that has failed. It would wait for ever. The scheduler can get
        into this state if workers die while failed tasks are repeated.
    """

    pending: tuple[tuple[Any, str, str], ...]
    n_workers: int
    hung: tuple[str, ...]
    busy: bool
    broken: bool


def look(
    key: Any, timeout: float, long_tasks: bool, dask_scheduler: Any, caller: Any = None
) -> Situation:
    """Describe the situation of a round.

    Parameters
    ----------
    key : str
        Key of the task that computes the result of the round.
    timeout : float
        Seconds after which a worker seems to hang.
    long_tasks : bool
        Whether tasks of the round may take longer. Then only workers that do not report to the
        scheduler seem to hang.
    dask_scheduler : Scheduler
        The scheduler, passed by `run_on_scheduler`.
    caller : str, default=None
        Key of the task that waits for the round, if it is one.

    Returns
    -------
    Situation
        The situation.
    """
    tasks = _pending(dask_scheduler.tasks.get(key))
    assigned = {task.processing_on for task in tasks if task.processing_on}
    workers, now = dask_scheduler.workers.values(), time()
    hung = {worker.address for worker in workers if now - worker.last_seen > timeout}
    short = set() if long_tasks else tasks
    for worker in assigned:
        if any(worker.executing.get(task, 0) > timeout for task in short):
            hung.add(worker.address)
    known = short | {dask_scheduler.tasks.get(caller)}
    return Situation(
        tuple(sorted((str(t.key), t.state, _address(t)) for t in tasks)),
        len(workers),
        tuple(sorted(hung)),
        any(worker.executing.keys() - known or _executes_cancelled(worker) for worker in assigned),
        any(each.state == "erred" for task in tasks for each in task.dependencies),
    )


#: Seconds that a nanny has to end the process of a worker. It needs about five if the worker hangs.
#: A nanny that takes longer is told to leave with its worker.
_PATIENCE = 30.0


async def restart(workers: tuple[str, ...], dask_scheduler: Any) -> None:
    """Restart workers, or remove those that have no nanny. Their tasks go to other workers.

    Parameters
    ----------
    workers : tuple of str
        Addresses of the workers.
    dask_scheduler : Scheduler
        The scheduler, passed by `run_on_scheduler`.
    """
    await dask_scheduler.restart_workers(
        workers=list(workers),
        timeout=_PATIENCE,
        wait_for_workers=False,
        on_error="return",
        stimulus_id="scratchmlp-worker-hangs",
    )


def resources(dask_scheduler: Any) -> list[tuple[float, int]]:
    """Return the memory of each worker in bytes, which may be infinite, and its threads."""
    workers = dask_scheduler.workers.values()
    return [(float(worker.memory_limit or math.inf), worker.nthreads) for worker in workers]


def _pending(task: Any) -> set[Any]:
    """Return the tasks that are not done among a task and those that it depends on."""
    pending, unseen = set(), [task] if task else []
    while unseen:
        task = unseen.pop()
        if task.state not in ("memory", "erred") and task not in pending:
            pending.add(task)
            unseen.extend(task.dependencies)
    return pending


def _executes_cancelled(worker: Any) -> bool:
    """Return whether a worker executes tasks that the scheduler has forgotten, by its own count."""
    counts = getattr(worker, "metrics", {}).get("task_counts", {})
    return bool(counts.get("cancelled"))


def _address(task: Any) -> str:
    return task.processing_on.address if task.processing_on else ""
