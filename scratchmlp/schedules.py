"""Learning-rate schedules: the learning rate as a function of the progress of training.

A schedule is a callable that takes a `Progress` and returns the factor by which the initial
learning rate is multiplied, a finite number of at least 0. "adaptive" is not a schedule in this
sense, because it needs the training loss: see `Adaptive`.
"""

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any, ClassVar, NamedTuple

from sklearn.base import BaseEstimator
from sklearn.utils._param_validation import Interval

from scratchmlp.run import Run


class Progress(NamedTuple):
    """The progress of training before a step.

    Attributes
    ----------
    samples_seen : int
        Number of samples trained on before this epoch. A sample counts once for each epoch.
    epoch : float
        Number of epochs done, including the fraction of the current epoch.
    n_epochs : float
        Planned number of epochs: the value of `max_iter` of the estimator when training began.
    """

    samples_seen: int
    epoch: float
    n_epochs: float


class Schedule(BaseEstimator, ABC):
    """Base class of schedules.

    A grid search can set the hyper-parameters, for instance as ``learning_rate__n_epochs``.

    Attributes
    ----------
    stepwise : bool
        Whether the factor is computed for every step, not once per epoch, which is faster.
    """

    stepwise: ClassVar[bool] = True
    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {}

    @abstractmethod
    def __call__(self, progress: Progress) -> float:
        """Return the factor by which the initial learning rate is multiplied.

        Parameters
        ----------
        progress : Progress
            Progress of training.

        Returns
        -------
        float
            The factor, at least 0.
        """


class Constant(Schedule):
    """A constant learning rate: the factor is 1.

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
    """A learning rate that falls from epoch to epoch.

    The factor is 1 / (s + 1)^p, where s is `Progress.samples_seen`.

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
    """Base class of schedules that depend on t, the fraction of the planned epochs that is done.

    t grows from 0 to 1 over `n_epochs` epochs and then stays 1.

    Parameters
    ----------
    n_epochs : int or None, default=None
        Number of epochs over which the learning rate changes, at least 1. None takes the planned
        number of epochs of training, `Progress.n_epochs`.
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
        """Return the factor by which the initial learning rate is multiplied.

        Parameters
        ----------
        t : float
            Fraction of the planned epochs that is done, in [0, 1].

        Returns
        -------
        float
            The factor, at least 0.
        """


class Cosine(HorizonSchedule):
    """A learning rate that falls to 0 along half a cosine.

    The factor is (1 + cos(π t)) / 2.

    Parameters
    ----------
    n_epochs : int or None, default=None
        See :class:`HorizonSchedule`, also for t.

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
    """Four cycles from 0 to the initial learning rate and back, each twice as long as the last.

    The factor is 1/2 - cos(2π log₂(1 + 15 t)) / 2.

    Parameters
    ----------
    n_epochs : int or None, default=None
        See :class:`HorizonSchedule`, also for t.

    References
    ----------
    Holzmüller, Grinsztajn and Steinwart, "Better by default", NeurIPS 2024.

    Examples
    --------
    >>> from scratchmlp.schedules import CosLog4, Progress
    >>> round(CosLog4()(Progress(samples_seen=15000, epoch=100.0, n_epochs=200)), 3)
    0.074
    """

    def factor(self, t: float) -> float:
        """See `HorizonSchedule.factor`."""
        return 0.5 - math.cos(2 * math.pi * math.log2(1 + 15 * t)) / 2


class FlatCosine(HorizonSchedule):
    """The initial learning rate for half of the epochs, then half a cosine down to 0.

    The factor is (1 + cos(π max(0, 2t - 1))) / 2.

    Parameters
    ----------
    n_epochs : int or None, default=None
        See :class:`HorizonSchedule`, also for t.

    References
    ----------
    Holzmüller, Grinsztajn and Steinwart, "Better by default", NeurIPS 2024.

    Examples
    --------
    >>> from scratchmlp.schedules import FlatCosine, Progress
    >>> FlatCosine()(Progress(samples_seen=22500, epoch=150.0, n_epochs=200))
    0.5
    """

    def factor(self, t: float) -> float:
        """See `HorizonSchedule.factor`."""
        return _half_cosine(max(0.0, 2 * t - 1))


@dataclass(eq=False, repr=False)
class OneCycle(HorizonSchedule):
    """A warm-up to the initial learning rate, then a longer descent, along half cosines.

    Parameters
    ----------
    n_epochs : int or None, default=None
        See :class:`HorizonSchedule`.
    warmup : float, default=0.3
        Fraction of the epochs in which the learning rate rises, in [0, 1).
    start : float, default=0.04
        Factor at the beginning, at least 0.
    end : float, default=4e-6
        Factor at the end, at least 0.

    References
    ----------
    Smith and Topin, "Super-convergence: very fast training of neural networks using large learning
    rates", 2018, where the learning rate is linear.

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
    """Return (1 + cos(π t)) / 2, which falls from 1 at t = 0 to 0 at t = 1."""
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


class Adaptive:
    """Lower the learning rate when training stalls: scikit-learn's "adaptive".

    When training has not improved for too many epochs in a row, the monitor calls `lower`. It is no
    `Schedule`, because the rate depends on the loss or the validation score.

    Examples
    --------
    >>> import numpy as np
    >>> from scratchmlp.run import Run
    >>> from scratchmlp.schedules import Adaptive
    >>> run = Run(theta=np.zeros(2), random_state=np.random.RandomState(0))
    >>> Adaptive().lower(run, learning_rate=0.1), Adaptive().rate(0.1, run)
    (True, 0.02)
    """

    #: The rate is divided by this number.
    DIVISOR = 5
    #: A rate of this size or less is not lowered: training stops instead.
    SMALLEST = 1e-6

    def rate(self, learning_rate_init: float, run: Run) -> float:
        """Return the learning rate of the next epoch.

        Parameters
        ----------
        learning_rate_init : float
            Initial learning rate.
        run : Run
            The state of training.

        Returns
        -------
        float
            The initial rate, divided by five as often as the rate was lowered.
        """
        rate = learning_rate_init
        for _ in range(run.rate_drops):  # repeated division rounds as scikit-learn's does
            rate /= self.DIVISOR
        return rate

    def lower(self, run: Run, learning_rate: float) -> bool:
        """Lower the rate, unless it is small already.

        This resets the number of epochs without improvement, so that training continues. Unlike
        `Run.renew_patience`, it keeps the lowest loss.

        Parameters
        ----------
        run : Run
            The state of training.
        learning_rate : float
            Learning rate of the last epoch.

        Returns
        -------
        bool
            Whether the rate was lowered.
        """
        if learning_rate <= self.SMALLEST:
            return False
        run.rate_drops += 1
        run.no_improvement = 0
        return True
