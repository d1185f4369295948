"""Watch a round of tasks: whether it makes progress, and what to do if it does not."""

import logging
import time
from typing import Any

from distributed import Client

from scratchmlp.dask.clients import current_task
from scratchmlp.dask.supervision import Situation, look, restart

_LOGGER = logging.getLogger(__name__)

#: How often a round is repeated or its workers are restarted before it fails.
ATTEMPTS = 3


class BrokenRoundError(Exception):
    """A task waits for one that has failed."""


class Watch:
    """Watch whether a round makes progress."""

    def __init__(self, client: Client, key: Any, timeout: float, long_tasks: bool) -> None:
        self.client = client
        self.timeout = timeout
        self.asked = {
            "key": key,
            "timeout": timeout,
            "long_tasks": long_tasks,
            "caller": current_task(),
        }
        self.last: Situation | None = None
        self.since = time.monotonic()
        self.n_stalls = 0
        self.restarted: list[str] = []

    def look(self) -> None:
        """Restart workers that hang, or raise an error if the round cannot end."""
        now = self.client.run_on_scheduler(look, **self.asked)
        if self.last is None or now.pending != self.last.pending:
            self.last, self.since = now, time.monotonic()
        elif now.broken:
            raise BrokenRoundError
        if time.monotonic() - self.since < self.timeout:
            return
        if not now.n_workers:
            raise TimeoutError(
                f"The cluster has had no workers for timeout={self.timeout:g} seconds. Training "
                "needs at least one: start workers, or raise timeout if they start later."
            )
        if now.busy and not now.hung:  # with tasks of others, for which it must wait
            return
        self.n_stalls += 1
        if now.hung:
            _LOGGER.warning("No progress for %g s; workers restart: %s", self.timeout, now.hung)
            self.restarted += now.hung
            self.client.run_on_scheduler(restart, workers=now.hung)
        if self.n_stalls == ATTEMPTS:
            raise TimeoutError(self._message(now))
        self.since = time.monotonic()

    def _message(self, now: Situation) -> str:
        """Say why a round does not end."""
        waiting = sorted({worker for _, _, worker in now.pending if worker})
        workers = sorted({*self.restarted, *now.hung}) or waiting
        return (
            f"A round of training made no progress for timeout={self.timeout:g} seconds, "
            f"{self.n_stalls} times in a row; the workers that it waited for: "
            f"{', '.join(workers) or 'none takes its tasks'}. They hang, have no memory left, or "
            "take longer than timeout for a partition. Look at their logs, raise timeout, or "
            "divide the data into smaller partitions."
        )
