"""Where training stands: a run."""

import copy
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scratchmlp.arrays import FloatArray
from scratchmlp.optimizer import State


class DivergenceError(FloatingPointError, ValueError):
    """Training diverged: weights or loss are no longer finite, or the loss grew out of bounds.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from scratchmlp import DivergenceError, ScratchMLPRegressor
    >>> X, y = load_diabetes(return_X_y=True)
    >>> regressor = ScratchMLPRegressor(solver="sgd", learning_rate_init=10.0, random_state=0)
    >>> try:
    ...     regressor.fit(X, y)
    ... except DivergenceError:
    ...     print("lower learning_rate_init")
    lower learning_rate_init
    """


@dataclass
class Run:
    """Where training stands: what it changes, and all that it needs to go on later.

    Attributes
    ----------
    theta : ndarray of shape (n_parameters,)
        The latest parameters.
    random_state : RandomState
        Source of the validation split and of the row orders.
    optimizer_state : dict
        State of the optimizer; empty with L-BFGS.
    order : ndarray of shape (n_samples,) or None
        Order of the rows in the last epoch, which the next one shuffles; None is their own.
    split : tuple of two ndarrays or None
        Row numbers for training and for validation, if rows were split off.
    n_epochs : float
        Epochs after which training is meant to end: the horizon of learning-rate schedules, which
        stays the same when training goes on.
    samples_seen : int
        Rows trained on so far; one that is seen in three epochs counts three times.
    rate_drops : int
        How often "adaptive" has divided the learning rate by five.
    no_improvement : int
        Epochs since the last improvement.
    loss : float
        Training objective in the last epoch: the mean over its batches.
    best_loss, best_score : float
        Lowest training loss, since patience was last renewed, and highest validation score.
    best_epoch : int
        Epoch of the best score, or without validation of that lowest loss.
    best_theta : ndarray of shape (n_parameters,) or None
        Parameters with the best score; None without validation.
    history : dict of list
        One entry an epoch: "loss", "learning_rate" (of its first step; nan with L-BFGS) and
        "seconds". With the first validation data come "validation_loss" and "score", nan for
        epochs before.
    """

    theta: FloatArray
    random_state: np.random.RandomState
    optimizer_state: State = field(default_factory=dict)
    order: NDArray[np.intp] | None = None
    split: tuple[NDArray[np.intp], NDArray[np.intp]] | None = None
    n_epochs: float = np.inf
    samples_seen: int = 0
    rate_drops: int = 0
    no_improvement: int = 0
    loss: float = np.nan
    best_loss: float = np.inf
    best_score: float = -np.inf
    best_epoch: int = 0
    best_theta: FloatArray | None = None
    history: dict[str, list[Any]] = field(
        default_factory=lambda: {key: [] for key in ("loss", "learning_rate", "seconds")}
    )

    @property
    def epoch(self) -> int:
        """Epochs trained so far."""
        return len(self.history["loss"])

    def copy(self) -> "Run":
        """Copy the vectors that training changes in place.

        The history, to which it only appends, is shared, and so is the generator, which may be the
        user's.
        """
        return replace(
            self,
            theta=self.theta.copy(),
            best_theta=None if self.best_theta is None else self.best_theta.copy(),
            optimizer_state=copy.deepcopy(self.optimizer_state),
        )

    def snapshot(self) -> "Run":
        """Copy all that training changes, for whoever keeps it while training goes on."""
        history = {name: list(column) for name, column in self.history.items()}
        return replace(self.copy(), history=history)

    def renew_patience(self) -> None:
        """Forget the lowest loss, and how long ago it was: what follows is measured afresh."""
        self.best_loss, self.no_improvement = np.inf, 0
