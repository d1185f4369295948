"""How the members of an ensemble are trained: the choices that users need not make."""

from dataclasses import dataclass, field
from typing import Any

from sklearn.base import clone

from scratchmlp.activations import ACTIVATIONS
from scratchmlp.losses import LogLoss, Loss, SquaredError
from scratchmlp.network import Network
from scratchmlp.optimizers import AdamW
from scratchmlp.schedules import CosLog4, HorizonSchedule
from scratchmlp.tabular.piecewise import PiecewiseLinearEncoder


@dataclass(frozen=True)
class Recipe:
    """How the members of an ensemble are trained.

    Parameters
    ----------
    loss : Loss
        What training makes small.
    judge : Loss
        What the epochs are compared by, on rows that were held out.
    n_epochs : int
        Epochs of training.
    hidden_layer_sizes : tuple of int, default=(128, 128)
        Units of each hidden layer.
    activation : str, default="silu"
        Activation of the hidden layers.
    bins : tuple of PiecewiseLinearEncoder or None, default=(None,)
        What members see their numbers spread by beside the numbers themselves; one after the other
        takes the next.
    learning_rate_init : float, default=0.06
        Learning rate before the schedule.
    schedule : HorizonSchedule, default=CosLog4()
        Schedule over the epochs.
    optimizer : Optimizer, default=AdamW(beta_2=0.95, weight_decay=0.02)
        What turns gradients into steps.
    batch_size : int, default=256
        Rows of a batch; a last one that has fewer is left out.
    """

    loss: Loss
    judge: Loss
    n_epochs: int
    hidden_layer_sizes: tuple[int, ...] = (128, 128)
    activation: str = "silu"
    bins: tuple[PiecewiseLinearEncoder | None, ...] = (None,)
    learning_rate_init: float = 0.06
    schedule: HorizonSchedule = field(default_factory=CosLog4)
    optimizer: Any = field(default_factory=lambda: AdamW(beta_2=0.95, weight_decay=0.02))
    batch_size: int = 256

    @property
    def reach(self) -> int:
        """Epochs on either side of the best one whose parameters are averaged with its own."""
        return min(3, round(self.n_epochs / 40))

    def bins_for(self, member: int, n_columns: int) -> PiecewiseLinearEncoder | None:
        """Choose a member's bins for so many columns of numbers: fewer if columns are many."""
        encoder = self.bins[member % len(self.bins)]
        if encoder is None or n_columns == 0:
            return None
        n_bins = min(encoder.n_bins, _MOST_OUTPUTS // n_columns)
        return clone(encoder).set_params(n_bins=n_bins) if n_bins >= _FEWEST_BINS else None

    def network(self, n_features: int, n_outputs: int) -> Network:
        """Make the network for so many inputs and outputs."""
        sizes = (n_features, *self.hidden_layer_sizes, n_outputs)
        return Network(sizes, ACTIVATIONS[self.activation])


#: Inputs that the bins of all columns may add, and the fewest bins of a column that are worth it.
_MOST_OUTPUTS, _FEWEST_BINS = 1024, 4
#: Rows from which on finer bins have enough of them, and from which on trees need no company.
_MANY, _VERY_MANY = 1000, 10_000


def classification_recipe(n_rows: int) -> Recipe:
    """Choose how to train classifiers on so many rows.

    With more rows labels are smoothed less: probabilities need not be kept from the extremes where
    the data show that these are right.
    """
    smoothing = 0.1 * min(1.0, 5000 / n_rows)
    loss = LogLoss(label_smoothing=smoothing).with_output("softmax")
    return _recipe(n_rows, loss=loss, judge=LogLoss().with_output("softmax"))


def regression_recipe(n_rows: int) -> Recipe:
    """Choose how to train regressors on so many rows."""
    loss = SquaredError().with_output("identity")
    return _recipe(n_rows, loss=loss, judge=loss, activation="mish")


def _recipe(n_rows: int, **chosen: Any) -> Recipe:
    """Add to what was chosen what follows from the rows alone."""
    batch_size = 128 if n_rows < _MANY else 256
    return Recipe(n_epochs=_epochs(n_rows), bins=_bins(n_rows), batch_size=batch_size, **chosen)


def _epochs(n_rows: int) -> int:
    """128, and beyond 2,000 rows fewer: the number of steps grows slowly."""
    return max(8, round(128 * min(1.0, 2000 / n_rows) ** 0.89))


def _bins(n_rows: int) -> tuple[PiecewiseLinearEncoder | None, ...]:
    """Choose bins for the members in turn: members that differ err differently.

    Trees find the values that matter where most rows share a few, but only from enough rows.
    """
    if n_rows < _MANY:
        return None, PiecewiseLinearEncoder(8, strategy="tree")
    coarse = "quantile" if n_rows < _VERY_MANY else "tree"
    return (
        PiecewiseLinearEncoder(16, strategy=coarse, encoding="auto"),
        PiecewiseLinearEncoder(32, strategy="tree", encoding="auto"),
    )
