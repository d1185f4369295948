"""What a fit prepares for training."""

from typing import Any, NamedTuple

import numpy as np

from scratchmlp.arrays import FloatArray
from scratchmlp.batches import Data
from scratchmlp.estimators.targets import ClassTargets, NumericTargets
from scratchmlp.losses import Loss
from scratchmlp.monitor import Monitor
from scratchmlp.network import Network
from scratchmlp.objective import Objective
from scratchmlp.run import Run
from scratchmlp.solvers import LBFGS, Descent
from scratchmlp.training import Training


class Prepared(NamedTuple):
    """What training needs, made from the user's input.

    Attributes
    ----------
    network : Network
        The network.
    loss : Loss
        The loss, with its output activation.
    targets : ClassTargets or NumericTargets
        The kind of targets, and their classes.
    run : Run
        The state of training: a new one, or a copy of that of the last fit.
    data : Data
        Training rows, with encoded targets. Their weights include class weights.
    y : ndarray or sparse matrix
        Targets of the training rows as the user passed them.
    sample_weight : ndarray of shape (n_samples,) or None
        Weights of the training rows as the user passed them, without class weights, but scaled.
    exponent : int
        The user's weights were divided by 2^exponent: see `scratchmlp.estimators.scaling`.
    held_out : tuple of Data and targets, or None
        Validation rows with encoded targets, and their targets as the user passed them. None if
        there is no validation.
    """

    network: Network
    loss: Loss
    targets: ClassTargets | NumericTargets
    run: Run
    data: Data
    y: Any
    sample_weight: FloatArray | None
    exponent: int
    held_out: tuple[Data, Any] | None = None

    def rows(self, index: Any) -> "Prepared":
        """Return a copy with the selected training rows only."""
        weight = None if self.sample_weight is None else self.sample_weight[index]
        return self._replace(data=self.data.rows(index), y=self.y[index], sample_weight=weight)

    @property
    def mean_sample_weight(self) -> float:
        """Mean of the weights of the training rows as the user passed them, but scaled."""
        return self.data._replace(sample_weight=self.sample_weight).mean_weight

    def multiplications(self, solver: Descent | LBFGS) -> int:
        """Count the multiplications of the largest matrix product of a step of training."""
        n_rows = solver.batch_size if isinstance(solver, Descent) else self.data.n_rows
        return self.network.multiplications(n_rows, self.data.X)

    @np.errstate(over="ignore")  # an infinite penalty ends in a DivergenceError
    def objective(
        self,
        alpha: float,
        random_state: np.random.RandomState | None,
        *,
        incremental: bool = False,
    ) -> Objective:
        """Make the training objective. Its penalty is scaled as the weights of the rows are.

        Parameters
        ----------
        alpha : float
            Strength of the L2 penalty, relative to the weights that the user passed.
        random_state : RandomState or None
            Random number generator for the dropout masks. None disables dropout.
        incremental : bool, default=False
            False divides the objective by the mean weight of the rows. True, for partial_fit,
            divides it by the mean of the user's weights without class weights, because one call may
            lack some classes.

        Returns
        -------
        Objective
            The objective.
        """
        mean_weight = self.mean_sample_weight if incremental else self.data.mean_weight
        alpha = np.ldexp(float(alpha), -self.exponent)
        return Objective(self.network, self.loss, alpha, mean_weight, random_state)


class PlannedTraining(NamedTuple):
    """All that trains in a fit.

    Attributes
    ----------
    prepared : Prepared
        What training needs, made from the user's input.
    solver : Descent or LBFGS
        The solver.
    monitor : Monitor
        The monitor.
    objective : Objective
        The objective.
    """

    prepared: Prepared
    solver: Descent | LBFGS
    monitor: Monitor
    objective: Objective

    @property
    def run(self) -> Run:
        """The state of training."""
        return self.prepared.run

    @property
    def training(self) -> Training:
        """The arguments of `scratchmlp.training.train`."""
        return Training(self.objective, self.solver, self.monitor, self.run, self.prepared.data)
