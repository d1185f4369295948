"""What a fit prepares for training."""

from typing import Any, NamedTuple

from scratchmlp.arrays import FloatArray
from scratchmlp.batches import Data
from scratchmlp.estimators.targets import ClassTargets, NumericTargets
from scratchmlp.loss import Loss
from scratchmlp.network import Network
from scratchmlp.run import Run


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
        Weights of the training rows as the user passed them, without class weights.
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
    held_out: tuple[Data, Any] | None = None

    def rows(self, index: Any) -> "Prepared":
        """Return a copy with the selected training rows only."""
        weight = None if self.sample_weight is None else self.sample_weight[index]
        return self._replace(data=self.data.rows(index), y=self.y[index], sample_weight=weight)
