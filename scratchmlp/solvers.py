"""Solvers: the settings of the two ways to train, mini-batch descent and L-BFGS."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from scratchmlp.optimizers import Optimizer
from scratchmlp.run import Run
from scratchmlp.schedules import Adaptive, Constant, Progress

#: Types of numbers. A check for `numbers.Real` would take four times as long.
_NUMBERS = (int, float, np.integer, np.floating)


@dataclass(frozen=True)
class Descent:
    """Settings of mini-batch descent.

    Parameters
    ----------
    optimizer : Optimizer
        Turns gradients into steps.
    schedule : Schedule or callable
        Maps `Progress` to a factor of the learning rate. It is called once per epoch if its
        attribute `stepwise` is False. Otherwise, or without this attribute, it is called for every
        step.
    learning_rate_init : float
        Learning rate before the schedule.
    batch_size : int
        Number of rows of a batch.
    shuffle : bool
        Whether each epoch shuffles the rows.
    max_iter : int
        Maximum number of epochs.
    drop_last : bool, default=False
        See `scratchmlp.batches.Batches`.
    adaptive : Adaptive or None, default=None
        Lowers the learning rate when training stalls.
    shared_generator : bool, default=False
        Whether others draw from the random number generator, too, such as NumPy's global one. An
        order is then also drawn for full batches, which do not need it: others draw the same
        numbers as after a fit of scikit-learn.
    """

    optimizer: Optimizer
    schedule: Callable[[Progress], float]
    learning_rate_init: float
    batch_size: int
    shuffle: bool
    max_iter: int
    drop_last: bool = False
    adaptive: Adaptive | None = None
    shared_generator: bool = False

    def rates(self, run: Run, n_steps: int) -> list[float]:
        """Return the learning rate of each step of the next epoch.

        Parameters
        ----------
        run : Run
            The state of training.
        n_steps : int
            Number of steps of an epoch.

        Returns
        -------
        list of float
            Python floats: a NumPy scalar would turn float32 parameters into float64 ones.

        Raises
        ------
        ValueError
            If the schedule returns something other than a finite number of at least 0.
        """
        rate = self.learning_rate_init
        if self.adaptive:
            rate = self.adaptive.rate(rate, run)
        if type(self.schedule) is Constant:
            return [rate] * n_steps
        epoch = run.epoch
        n_calls = n_steps if getattr(self.schedule, "stepwise", True) else 1
        rates = [
            rate * self._factor(Progress(run.samples_seen, epoch + step / n_steps, run.n_epochs))
            for step in range(n_calls)
        ]
        return rates * (n_steps // n_calls)  # repeats the rate if it is the same for all steps

    def _factor(self, progress: Progress) -> float:
        """Call the schedule, and check what it returns."""
        factor = self.schedule(progress)
        if not (isinstance(factor, _NUMBERS) and 0 <= factor < math.inf):
            raise ValueError(
                "A learning rate schedule must return a finite number >= 0, by which "
                f"learning_rate_init is multiplied; learning_rate={self.schedule!r} returned "
                f"{factor!r} for {progress}. Correct it, or choose another learning_rate."
            )
        return float(factor)


@dataclass(frozen=True)
class LBFGS:
    """Settings of L-BFGS.

    Parameters
    ----------
    tol : float
        Training has converged when no component of the gradient has a larger absolute value. See
        also `scratchmlp.training.minimize_lbfgs`.
    max_iter : int
        Maximum number of iterations.
    max_fun : int
        Maximum number of evaluations of the objective.
    """

    tol: float
    max_iter: int
    max_fun: int
