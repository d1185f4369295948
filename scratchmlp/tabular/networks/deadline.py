"""The deadline of an ensemble, which `max_time` sets, and a schedule that meets it."""

import math
import time
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from scratchmlp.monitor import Monitor, Observer
from scratchmlp.run import Run
from scratchmlp.schedules import HorizonSchedule, Progress

#: Seconds that training gets at least, even if no time is left when it begins.
_SHORTEST = 1e-3
#: Why the training of a member ended, if it ended at its deadline.
OUT_OF_TIME = "no time is left of max_time"


class Deadline(NamedTuple):
    """The time by which all members must be trained, and the number of rounds until then.

    Attributes
    ----------
    end : float
        Time by which all members must be trained. It is a time of `time.time`, because this clock
        is the same in all processes.
    rounds : int
        Number of rounds that are left, including the round of this member. In a round, several
        members are trained at the same time.
    """

    end: float
    rounds: int

    def seconds(self) -> float:
        """Return the seconds that the member has if it begins now: an equal share per round."""
        return max(self.end - time.time(), _SHORTEST) / self.rounds


#: The deadline of members that may take any time.
NO_LIMIT = Deadline(math.inf, 1)


def deadlines(
    started: float, max_time: float | None, groups: Sequence[int], n_at_once: int
) -> list[Deadline]:
    """Return the deadline of each member.

    Parameters
    ----------
    started : float
        Time at which the fit began, from `time.time`.
    max_time : float or None
        Seconds that the fit may take. None means no limit.
    groups : sequence of int
        Numbers of members. Those of a group begin when those of the groups before it have ended.
    n_at_once : int
        Number of members that are trained at the same time.

    Returns
    -------
    list of Deadline
        One deadline for each member.
    """
    if max_time is None:
        return [NO_LIMIT] * sum(groups)
    rounds: list[int] = []
    for n_members in reversed(groups):
        later = max(rounds, default=0)
        of_group = (-(-(n_members - member) // n_at_once) for member in range(n_members))
        rounds = [later + n for n in of_group] + rounds
    return [Deadline(started + max_time, n) for n in rounds]


class TimedSchedule(Observer):
    """A schedule that follows the epochs or the time, whichever is nearer to its end.

    It is also an observer of the monitor: it asks to stop when no time is left.

    Parameters
    ----------
    schedule : HorizonSchedule
        The learning-rate schedule.
    deadline : Deadline
        The deadline of the member. With `NO_LIMIT`, the schedule follows the epochs.
    last_epoch : float, default=inf
        Epoch after which training ends anyway, counted from 1. The time is only needed for the part
        of the schedule until then.
    """

    def __init__(
        self, schedule: HorizonSchedule, deadline: Deadline, last_epoch: float = np.inf
    ) -> None:
        self.schedule = schedule
        self.last_epoch = last_epoch
        self.end = time.perf_counter() + deadline.seconds()
        self.start(0.0)

    def start(self, epoch_seconds: float) -> None:
        """Start the clock.

        `train_member` calls this again right before training if there is a deadline.

        Parameters
        ----------
        epoch_seconds : float
            Expected duration of the first epoch in seconds.
        """
        self.started = self.epoch_started = time.perf_counter()
        self.seconds = max(self.end - self.started, _SHORTEST)
        self.epoch_seconds = epoch_seconds

    def epoch_end(self, run: Run, monitor: Monitor) -> str:
        """Measure the epoch, and ask to stop if no time is left.

        The next epoch is expected to take as long as this one.
        """
        now = time.perf_counter()
        self.epoch_started, self.epoch_seconds = now, now - self.epoch_started
        return OUT_OF_TIME if now - self.started >= self.seconds else ""

    def __call__(self, progress: Progress) -> float:
        """Return the factor of the learning rate.

        This is called for all steps of an epoch before the first step.
        """
        # `over` is the share of the time that has passed. `coming` is the share that the next epoch
        # is expected to take. If less time is left, the schedule reaches its end in this epoch, or
        # the place where it would be after the last epoch.
        over = (self.epoch_started - self.started) / self.seconds
        coming = min(self.epoch_seconds / self.seconds, 1 - over)
        end = min(self.last_epoch / progress.n_epochs, 1.0)
        t = max(progress.epoch / progress.n_epochs, end * (over + progress.epoch % 1 * coming))
        return self.schedule.factor(min(t, 1.0))
