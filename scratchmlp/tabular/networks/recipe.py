"""The recipe: settings for training the members of an ensemble, chosen for the user."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, assert_never

import numpy as np
from numpy.typing import NDArray
from scipy.stats import entropy
from sklearn.base import clone

from scratchmlp.activations import ACTIVATIONS
from scratchmlp.batches import Data
from scratchmlp.losses import LogLoss, Loss, SquaredError
from scratchmlp.network import Network
from scratchmlp.optimizers import AdamW
from scratchmlp.schedules import CosLog4, HorizonSchedule, Progress
from scratchmlp.solvers import Descent
from scratchmlp.tabular.inputs.piecewise import PiecewiseLinearEncoder
from scratchmlp.tabular.targets import ClassTargets, NumericTargets, Targets


@dataclass(frozen=True)
class Recipe:
    """How the members of an ensemble are trained.

    Parameters
    ----------
    loss : Loss
        Training loss.
    evaluation_loss : Loss
        Loss on held-out rows, by which epochs are compared.
    n_epochs : int
        Number of epochs of the learning-rate schedule: training takes no more.
    hidden_layer_sizes : tuple of tuple of int, default=((128, 128),)
        Number of units of each hidden layer. The members take turns, as they do with `bins`.
    activation : str, default="silu"
        Activation of the hidden layers.
    bins : tuple of PiecewiseLinearEncoder or None, default=(None,)
        Encoders of the numeric inputs. Their outputs are appended to the inputs. The members take
        turns: the first member uses the first encoder, and so on. None appends nothing.
    logarithms : bool, default=False
        Whether logarithms of positive numbers are appended to the inputs.
    learning_rate_init : float, default=0.06
        Learning rate before the schedule.
    schedule : HorizonSchedule, default=CosLog4()
        Learning-rate schedule over the epochs.
    optimizer : Optimizer, default=AdamW(beta_2=0.95, weight_decay=0.02)
        Turns gradients into steps.
    batch_size : int, default=256
        Number of rows of a batch. Each epoch leaves out a last batch with fewer rows.
    last_epoch : int or None, default=None
        Training ends after this epoch, counted from 1. None means that the losses of the member on
        its own fold decide: see `enough_epochs`.
    """

    loss: Loss
    evaluation_loss: Loss
    n_epochs: int
    hidden_layer_sizes: tuple[tuple[int, ...], ...] = ((128, 128),)
    activation: str = "silu"
    bins: tuple[PiecewiseLinearEncoder | None, ...] = (None,)
    logarithms: bool = False
    learning_rate_init: float = 0.06
    schedule: HorizonSchedule = field(default_factory=CosLog4)
    optimizer: Any = field(default_factory=lambda: AdamW(beta_2=0.95, weight_decay=0.02))
    batch_size: int = 256
    last_epoch: int | None = None

    @property
    def averaging_radius(self) -> int:
        """Number of epochs on either side of an epoch in its averaging window."""
        return min(3, round(self.n_epochs / 40))

    def bins_for(self, member: int, n_columns: int) -> PiecewiseLinearEncoder | None:
        """Return the encoder of a member for `n_columns` numeric inputs.

        With many columns, each column has fewer bins. With very many, the result is None.
        """
        encoder = self.bins[member % len(self.bins)]
        if encoder is None or n_columns == 0:
            return None
        n_bins = min(encoder.n_bins, _MOST_OUTPUTS // n_columns)
        return clone(encoder).set_params(n_bins=n_bins) if n_bins >= _FEWEST_BINS else None

    def network(self, member: int, n_features: int, n_outputs: int) -> Network:
        """Make the network of a member. Of two sizes, the turns are 0, 1, 1, 0: with both bins."""
        hidden = self.hidden_layer_sizes[(member + 1) // 2 % len(self.hidden_layer_sizes)]
        return Network((n_features, *hidden, n_outputs), ACTIVATIONS[self.activation])

    def solver(self, schedule: Callable[[Progress], float], n_rows: int) -> Descent:
        """Make the mini-batch descent of a member with `n_rows` training rows."""
        return Descent(
            optimizer=self.optimizer,
            schedule=schedule,
            learning_rate_init=self.learning_rate_init,
            batch_size=min(self.batch_size, n_rows),
            shuffle=True,
            max_iter=self.n_epochs,
            drop_last=True,
        )


def enough_epochs(best: int, n_epochs: int) -> int:
    """Return the number of epochs that are enough, of at most `n_epochs`, if epoch `best` is best.

    It is 2.5 times the best epoch: the next cycle of the learning rate, which is twice as long as
    the one before, has shown that it does not lower the loss. It is at least a fifth of all epochs,
    where the second cycle ends.

    Examples
    --------
    >>> from scratchmlp.tabular.networks.recipe import enough_epochs
    >>> enough_epochs(20, 128), enough_epochs(2, 128), enough_epochs(60, 128)
    (50, 26, 128)
    """
    return min(n_epochs, math.ceil(max(2.5 * best, n_epochs / 5)))


#: Maximum number of inputs that the bins of all columns may add.
_MOST_OUTPUTS = 1024
#: Fewest bins of a column. If there is only room for fewer, nothing is encoded.
_FEWEST_BINS = 4
#: From this number of rows, all members have bins, bins are finer and batches are larger.
_MANY = 1000
#: From this number of rows, all bins are found by decision trees.
_VERY_MANY = 10_000


def recommended_recipe(targets: Targets, data: Data, n_rows: int, loss: Loss | None) -> Recipe:
    """Choose how to train on data, of which `n_rows` rows have a weight above 0.

    The loss is that of numbers; None for classes.
    """
    match targets:
        case ClassTargets():
            counts = np.bincount(data.Y, data.sample_weight, len(targets.classes))
            return classification_recipe(n_rows, evenness(counts))
        case NumericTargets():
            return regression_recipe(n_rows, loss)
        case _:
            assert_never(targets)


def classification_recipe(n_rows: int, evenness: float = 1.0) -> Recipe:
    """Choose how to train classifiers on `n_rows` rows.

    Labels are smoothed less with more rows, because many rows can show whether extreme
    probabilities are right. They are also smoothed less if the classes are uneven: most rows are
    then surely of the largest class, and equal shares for all classes would be far from the truth.

    With few rows, half of the members have larger networks, which make other errors.

    With very many rows, one small hidden layer is as good as two large ones, in less than half the
    time: on magic it is better, and level on covid and Adult.
    """
    smoothing = 0.1 * evenness * min(1.0, 2500 / n_rows)
    loss = LogLoss(label_smoothing=smoothing).with_output("softmax")
    recipe = _recipe(n_rows, loss=loss, evaluation_loss=LogLoss().with_output("softmax"))
    if n_rows < _MANY:
        return replace(recipe, hidden_layer_sizes=((128, 128), (256, 128, 64)))
    return recipe if n_rows < _VERY_MANY else replace(recipe, hidden_layer_sizes=((64,),))


def evenness(counts: NDArray[Any]) -> float:
    """Return the entropy of the shares of classes, divided by that of equal shares.

    Examples
    --------
    >>> import numpy as np
    >>> from scratchmlp.tabular.networks.recipe import evenness
    >>> evenness(np.array([5.0, 5.0])), round(evenness(np.array([95.0, 5.0])), 2)
    (1.0, 0.29)
    """
    if len(counts) == 1:
        return 1.0
    return float(entropy(counts, base=len(counts)))


def regression_recipe(n_rows: int, loss: Loss | None = None) -> Recipe:
    """Choose how to train regressors on `n_rows` rows, with the squared error if `loss` is None.

    From 1,000 rows, batches are smaller and epochs fewer than those of classifiers: twice as many
    steps fit the numbers better in the same time. This gains nothing with very many rows, where
    two layers of half the size are as good in half the time.
    """
    loss = SquaredError().with_output("identity") if loss is None else loss
    recipe = _recipe(n_rows, loss=loss, evaluation_loss=loss, activation="mish", logarithms=True)
    if _MANY <= n_rows < _VERY_MANY:
        return replace(recipe, n_epochs=recipe.n_epochs // 2, batch_size=64)
    return recipe if n_rows < _VERY_MANY else replace(recipe, hidden_layer_sizes=((64, 64),))


def _recipe(n_rows: int, **chosen: Any) -> Recipe:
    """Make a recipe with the settings `chosen`. The others depend on the number of rows."""
    batch_size = 128 if n_rows < _MANY else 256
    bins = _bin_encoders(n_rows)
    return Recipe(n_epochs=_n_epochs(n_rows), bins=bins, batch_size=batch_size, **chosen)


def _n_epochs(n_rows: int) -> int:
    """Return 128 for up to 2,000 rows, and fewer epochs for more rows.

    The number of steps then grows only slowly with the number of rows.
    """
    return max(5, round(128 * min(1.0, 2000 / n_rows) ** 0.89))


def _bin_encoders(n_rows: int) -> tuple[PiecewiseLinearEncoder | None, ...]:
    """Choose the encoders that members use in turn.

    Members with different inputs make different errors. Decision trees find good bins even if most
    rows share a few values, but they need many rows to find many bins.
    """
    if n_rows < _MANY:
        return None, PiecewiseLinearEncoder(8, strategy="tree")
    coarse = "quantile" if n_rows < _VERY_MANY else "tree"
    return (
        PiecewiseLinearEncoder(16, strategy=coarse, encoding="auto"),
        PiecewiseLinearEncoder(32, strategy="tree", encoding="auto"),
    )
