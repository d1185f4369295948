"""The learning rate "adaptive" of scikit-learn: it is lowered when training stalls."""

from scratchmlp.run import Run


class Adaptive:
    """Lower the learning rate when training stalls: scikit-learn's "adaptive".

    When training has not improved for too many epochs in a row, the monitor calls `lower`. This
    divides the rate by five, and training continues. If the rate is already 1e-6 or less, training
    stops instead. This class is not a `Schedule`, because the rate depends on the training loss or
    the validation score. `Run.rate_drops` stores how often the rate was lowered.

    Examples
    --------
    >>> import numpy as np
    >>> from scratchmlp.run import Run
    >>> from scratchmlp.adaptive import Adaptive
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
