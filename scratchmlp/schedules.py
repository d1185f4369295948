"""Learning-rate schedules: the rate as a function of how far training has come.

A schedule is a callable from `Progress` to a factor by which the initial learning rate is
multiplied, a finite number of at least 0. "adaptive", which needs the training loss, is not among
them: see `scratchmlp.monitor.Monitor`.
"""

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any, ClassVar, NamedTuple

from sklearn.base import BaseEstimator
from sklearn.utils._param_validation import Interval


class Progress(NamedTuple):
    """How far training has come before a step.

    Attributes
    ----------
    samples_seen : int
        Rows trained on when the epoch began; one that was seen in three epochs counts three times.
    epoch : float
        Epochs done so far, with the share of the current one.
    n_epochs : float
        Epochs after which training is meant to end: the horizon, `max_iter` of the estimators when
        training began.
    """

    samples_seen: int
    epoch: float
    n_epochs: float


class Schedule(BaseEstimator, ABC):
    """Base of the schedules.

    As with optimizers, parameters are scikit-learn's: ``clone`` works, and a grid search reaches
    them, for instance as ``learning_rate__n_epochs``.

    Attributes
    ----------
    stepwise : bool
        Whether the factor changes within an epoch. If so, it is computed for every step, otherwise
        once an epoch, which saves time.
    """

    stepwise: ClassVar[bool] = True
    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {}

    @abstractmethod
    def __call__(self, progress: Progress) -> float:
        """Compute the factor of the initial learning rate.

        Parameters
        ----------
        progress : Progress
            How far training has come.

        Returns
        -------
        float
            The factor, at least 0.
        """


class Constant(Schedule):
    """The initial rate throughout: a factor of 1.

    Examples
    --------
    >>> from scratchmlp.schedules import Constant, Progress
    >>> Constant()(Progress(samples_seen=300, epoch=3, n_epochs=200))
    1.0
    """

    stepwise = False

    def __call__(self, progress: Progress) -> float:
        """See `Schedule`."""
        return 1.0


@dataclass(eq=False, repr=False)
class InverseScaling(Schedule):
    """A rate that falls from epoch to epoch as 1 / (s + 1)^p, where s is `samples_seen`.

    Parameters
    ----------
    power_t : float, default=0.5
        p, at least 0.

    Examples
    --------
    >>> from scratchmlp.schedules import InverseScaling, Progress
    >>> InverseScaling()(Progress(samples_seen=99, epoch=1, n_epochs=200))
    0.1
    """

    power_t: float = 0.5

    stepwise = False
    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "power_t": [Interval(Real, 0, None, closed="left")]
    }

    def __call__(self, progress: Progress) -> float:
        """See `Schedule`."""
        return (progress.samples_seen + 1) ** -float(self.power_t)


@dataclass(eq=False, repr=False)
class HorizonSchedule(Schedule):
    """Base of the schedules that are a function of t, the share of the horizon that is done.

    t goes from 0 to 1 over `n_epochs`, and stays 1 beyond them.

    Parameters
    ----------
    n_epochs : int or None, default=None
        Horizon, at least 1. None is that of training, `Progress.n_epochs`.
    """

    n_epochs: int | None = None

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "n_epochs": [Interval(Integral, 1, None, closed="left"), None]
    }

    def __call__(self, progress: Progress) -> float:
        """See `Schedule`."""
        n_epochs = progress.n_epochs if self.n_epochs is None else self.n_epochs
        return self.factor(min(progress.epoch / n_epochs, 1.0))

    @abstractmethod
    def factor(self, t: float) -> float:
        """Compute the factor of the initial learning rate.

        Parameters
        ----------
        t : float
            Share of the horizon that is done, in [0, 1].

        Returns
        -------
        float
            The factor, at least 0.
        """


class Cosine(HorizonSchedule):
    """A rate that falls to 0 along half a cosine: (1 + cos(π t)) / 2.

    Parameters
    ----------
    n_epochs : int or None, default=None
        Horizon; see `HorizonSchedule`.

    References
    ----------
    Loshchilov and Hutter, "SGDR: stochastic gradient descent with warm restarts", ICLR 2017,
    equation 5, without restarts.

    Examples
    --------
    >>> from scratchmlp.schedules import Cosine, Progress
    >>> Cosine(n_epochs=20)(Progress(samples_seen=1500, epoch=10.0, n_epochs=200))
    0.5
    """

    def factor(self, t: float) -> float:
        """See `HorizonSchedule.factor`."""
        return _half_cosine(t)


class CosLog4(HorizonSchedule):
    """Four waves from 0 to 1 and back, each twice as long as the last.

    The factor is 1/2 - cos(2π log₂(1 + 15 t)) / 2: training is restarted three times, and has more
    time to settle after each.

    Parameters
    ----------
    n_epochs : int or None, default=None
        Horizon; see `HorizonSchedule`.

    References
    ----------
    Holzmüller, Grinsztajn and Steinwart, "Better by default: strong pre-tuned MLPs and boosted
    trees on tabular data", NeurIPS 2024.

    Examples
    --------
    >>> from scratchmlp.schedules import CosLog4, Progress
    >>> CosLog4()(Progress(samples_seen=0, epoch=0.0, n_epochs=200))
    0.0
    >>> round(CosLog4()(Progress(samples_seen=15000, epoch=100.0, n_epochs=200)), 3)
    0.074
    """

    def factor(self, t: float) -> float:
        """See `HorizonSchedule.factor`."""
        return 0.5 - math.cos(2 * math.pi * math.log2(1 + 15 * t)) / 2


class FlatCosine(HorizonSchedule):
    """The initial rate for half of the time, then half a cosine down to 0.

    The factor is (1 + cos(π max(0, 2t - 1))) / 2.

    Parameters
    ----------
    n_epochs : int or None, default=None
        Horizon; see `HorizonSchedule`.

    References
    ----------
    Holzmüller, Grinsztajn and Steinwart, "Better by default: strong pre-tuned MLPs and boosted
    trees on tabular data", NeurIPS 2024.

    Examples
    --------
    >>> from scratchmlp.schedules import FlatCosine, Progress
    >>> FlatCosine()(Progress(samples_seen=15000, epoch=100.0, n_epochs=200))
    1.0
    >>> FlatCosine()(Progress(samples_seen=22500, epoch=150.0, n_epochs=200))
    0.5
    """

    def factor(self, t: float) -> float:
        """See `HorizonSchedule.factor`."""
        return _half_cosine(max(0.0, 2 * t - 1))


@dataclass(eq=False, repr=False)
class OneCycle(HorizonSchedule):
    """A warm-up and a long descent: the initial rate is the highest one.

    With c(u) = (1 + cos(π u)) / 2, which falls from 1 to 0, and the warm-up's share w, the factor
    is start + (1 - start) c(1 - t / w) while t < w, then end + (1 - end) c((t - w) / (1 - w)).

    Parameters
    ----------
    n_epochs : int or None, default=None
        Horizon; see `HorizonSchedule`.
    warmup : float, default=0.3
        w, in [0, 1): share of the horizon in which the rate rises.
    start : float, default=0.04
        Factor at the beginning, at least 0.
    end : float, default=4e-6
        Factor at the end, at least 0.

    References
    ----------
    Smith and Topin, "Super-convergence: very fast training of neural networks using large learning
    rates", 2018. Rise and fall are straight there, and half cosines here.

    Examples
    --------
    >>> from scratchmlp.schedules import OneCycle, Progress
    >>> [OneCycle()(Progress(samples_seen=0, epoch=e, n_epochs=10)) for e in (0.0, 3.0, 10.0)]
    [0.04, 1.0, 4e-06]
    """

    warmup: float = 0.3
    start: float = 0.04
    end: float = 4e-6

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **HorizonSchedule._parameter_constraints,
        "warmup": [Interval(Real, 0, 1, closed="left")],
        "start": [Interval(Real, 0, None, closed="left")],
        "end": [Interval(Real, 0, None, closed="left")],
    }

    def factor(self, t: float) -> float:
        """See `HorizonSchedule.factor`."""
        if t < self.warmup:
            return self.start + (1 - self.start) * _half_cosine(1 - t / self.warmup)
        u = (t - self.warmup) / (1 - self.warmup)
        return self.end + (1 - self.end) * _half_cosine(u)


def _half_cosine(t: float) -> float:
    """Fall from 1 at t = 0 to 0 at t = 1."""
    return (1 + math.cos(math.pi * t)) / 2


#: Schedules by name.
SCHEDULES: dict[str, type[Schedule]] = {
    "constant": Constant,
    "invscaling": InverseScaling,
    "cosine": Cosine,
    "coslog4": CosLog4,
    "flat_cosine": FlatCosine,
    "one_cycle": OneCycle,
}
