"""The state of training: everything that training changes, and that it needs to resume."""

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scratchmlp.arrays import FloatArray
from scratchmlp.optimizers import State
from scratchmlp.utils.public import public


@public("scratchmlp")
class DivergenceError(FloatingPointError, ValueError):
    """Training diverged: weights or loss are no longer finite, or the loss became too large.

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
    """The state of training.

    Attributes
    ----------
    theta : ndarray of shape (n_parameters,)
        The latest parameters.
    random_state : RandomState or dict
        Generator of all random numbers, or its state; see `generator`.
    optimizer_state : dict
        State of the optimizer, empty with L-BFGS.
    order : ndarray of shape (n_samples,) or None
        Row numbers in the order of the last epoch. None means the order of the data.
    split : dict or None
        Rows of early stopping: row numbers "training" and "held_out"; on a cluster "seed" and
        "starts", the first rows of its pieces.
    n_epochs : float
        Planned number of epochs: `max_iter` of the first fit.
    samples_seen : int
        Number of rows trained on, in all epochs.
    rate_drops : int
        How often `scratchmlp.schedules.Adaptive` has lowered the learning rate.
    no_improvement : int
        Number of epochs in a row without improvement.
    loss : float
        Objective of the last epoch, as `scratchmlp.objective.Objective.reported` returns it: the
        mean over the batches, each before its step.
    best_loss : float
        Lowest loss since the last call of `renew_patience`.
    best_score, best_theta : float, ndarray of shape (n_parameters,)
        Highest validation score of early stopping, and the parameters after its epoch.
    best_epoch : int
        Epoch, from 1, of `best_score` or else of `best_loss`.
    history : dict of list
        "loss", "learning_rate" (of the first step) and "seconds" of each epoch. With validation
        data, also "validation_loss" and "score": nan for earlier epochs without, and no entries
        for such epochs at the end.
    """

    theta: FloatArray
    random_state: np.random.RandomState | dict[str, Any]
    optimizer_state: State = field(default_factory=dict)
    order: NDArray[np.intp] | None = None
    split: dict[str, Any] | None = None
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
        """Number of epochs trained so far."""
        return len(self.history["loss"])

    def generator(self) -> np.random.RandomState:
        """Return the random number generator. It is made from its state when it is first needed.

        This takes longer than a step of a small network, which may need no random numbers.
        """
        if isinstance(self.random_state, dict):
            state, self.random_state = self.random_state, np.random.RandomState()
            self.random_state.set_state(state)
        return self.random_state

    def shuffle(self, n_rows: int) -> NDArray[np.intp]:
        """Shuffle the rows for the next epoch.

        It shuffles the order of the last epoch. If there was none, or if the number of rows has
        changed, it shuffles the order of the data.

        Parameters
        ----------
        n_rows : int
            Number of rows.

        Returns
        -------
        ndarray of shape (n_rows,)
            Row numbers in the order of the next epoch.
        """
        if self.order is None or len(self.order) != n_rows:
            self.order = np.arange(n_rows)
        self.order = self.order[self.generator().permutation(n_rows)]
        return self.order

    def copy(self, *, share_history: bool = False) -> "Run":
        """Copy what training changes. The copy shares the random number generator.

        Training never changes old entries of the history: it only appends new ones. A copy may
        share the history, which takes no time, if `unchanged_history_on_failure` follows.
        """
        history = self.history
        if not share_history:
            history = {name: list(column) for name, column in history.items()}
        return replace(
            self,
            theta=self.theta.copy(),
            best_theta=None if self.best_theta is None else self.best_theta.copy(),
            optimizer_state=copy.deepcopy(self.optimizer_state),
            history=history,
        )

    @contextmanager
    def unchanged_history_on_failure(self) -> Iterator[None]:
        """If the block raises an error, remove the epochs that it has added to the history."""
        n_entries = {name: len(column) for name, column in self.history.items()}
        try:
            yield
        except BaseException:
            for name, column in list(self.history.items()):
                del column[n_entries.get(name, 0) :]
                if name not in n_entries:
                    del self.history[name]
            raise

    def renew_patience(self) -> None:
        """Reset the lowest loss and the number of epochs without improvement.

        A fit that resumes a completed one does this first. In contrast,
        `scratchmlp.schedules.Adaptive.lower` resets only the number of epochs without improvement.
        """
        self.best_loss, self.no_improvement = np.inf, 0
