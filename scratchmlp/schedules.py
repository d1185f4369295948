"""Learning-rate schedules: the rate as a function of how far training has come.

A schedule is a callable from `Progress` to a factor by which the initial learning rate is
multiplied, a Python float. "adaptive", which needs the training loss, is not among them: see
`scratchmlp.monitor.Monitor`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias


class Progress(NamedTuple):
    """How far training has come when an epoch begins.

    Attributes
    ----------
    samples_seen : int
        Rows trained on so far; one that is seen in three epochs counts three times.
    epoch : int
        Epochs done so far.
    """

    samples_seen: int
    epoch: int


Schedule: TypeAlias = Callable[[Progress], float]


@dataclass(frozen=True)
class Constant:
    """The initial rate throughout: a factor of 1.

    Examples
    --------
    >>> from scratchmlp.schedules import Constant, Progress
    >>> Constant()(Progress(samples_seen=300, epoch=3))
    1.0
    """

    def __call__(self, progress: Progress) -> float:
        """Return 1."""
        return 1.0


@dataclass(frozen=True)
class InverseScaling:
    """A rate that falls as 1 / (t + 1)^p, where t is the number of samples seen.

    Parameters
    ----------
    power_t : float, default=0.5
        p, at least 0.

    Examples
    --------
    >>> from scratchmlp.schedules import InverseScaling, Progress
    >>> InverseScaling()(Progress(samples_seen=99, epoch=1))
    0.1
    """

    power_t: float = 0.5

    def __call__(self, progress: Progress) -> float:
        """Return 1 / (samples_seen + 1)^p."""
        return float((progress.samples_seen + 1) ** -float(self.power_t))
