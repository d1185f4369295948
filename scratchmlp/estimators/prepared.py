"""How a fit prepares the user's rows, wherever they are: the contract of memory and clusters.

The estimator checks its rows with `Source.check`, chooses targets, loss and network for what that
returns, and calls `Source.convert` and `Source.hold_out`. Rows never call the estimator.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, NamedTuple, Protocol, TypeAlias

import numpy as np
from scipy.sparse import issparse
from sklearn.utils.sparsefuncs import mean_variance_axis

from scratchmlp.arrays import FloatArray
from scratchmlp.batches import Data, TrainingRows
from scratchmlp.estimators.targets import ClassLabels, RegressionTargets
from scratchmlp.losses import Loss, SquaredError
from scratchmlp.monitor import Monitor
from scratchmlp.network import Network
from scratchmlp.objective import Differentiable, Objective
from scratchmlp.prediction import raw_scores
from scratchmlp.run import Run
from scratchmlp.solvers import LBFGS, Descent

#: Number of rows on which the result of training is checked.
CHECKED_ROWS = 200

#: Sizes of columns that differ by a larger factor are advised on.
_FACTOR = 100

#: A function of theta that returns loss and score of the validation data.
Validate: TypeAlias = Callable[[FloatArray], tuple[float, float]]


class Rows(TrainingRows, Protocol):
    """Rows to train or validate on, such as `scratchmlp.batches.Data`."""

    @property
    def mean_weight(self) -> float:
        """Mean of the weights."""

    def sample(self, n_rows: int) -> Data:
        """Return up to `n_rows` rows, drawn at random but always the same ones."""

    def extremes(self) -> tuple[FloatArray, FloatArray]:
        """Return the smallest and the largest value of each column of X."""


class Checked(NamedTuple):
    """Rows that have been checked: what the estimator must know to choose a network for them.

    Attributes
    ----------
    rows : object
        The rows, for `Source.convert`.
    n_features : int
        Number of columns of X.
    n_targets : int
        Number of columns of y.
    dtype : dtype
        Type of X.
    labels : ndarray or sparse matrix
        The targets of a classifier, or a few labels that have the same classes.
    """

    rows: Any
    n_features: int
    n_targets: int
    dtype: Any
    labels: Any


class Source(ABC):
    """The rows that the user passes to a fit. Their methods are called in this order.

    Attributes
    ----------
    given : tuple of X, y and sample_weight
        What the user passed, for callbacks.
    incremental : bool
        Whether these are some rows of a stream, on which `partial_fit` trains for one epoch.
    classes : array-like of shape (n_classes,) or None
        All classes. The first call of `partial_fit` needs them.
    """

    given: tuple[Any, Any, Any]
    incremental: bool = False
    classes: Any = None

    @property
    def may_lack_classes(self) -> bool:
        """Whether y may lack some of the classes of a classifier."""
        return self.incremental or self.classes is not None

    @abstractmethod
    def check(self, estimator: Any, dtype: Any, *, reset: bool) -> Checked:
        """Check the rows, and set or check the attributes of the estimator that describe X.

        Parameters
        ----------
        estimator : BaseMLP
            The estimator.
        dtype : dtype or tuple of dtypes
            Data types that X may have.
        reset : bool
            Whether to set the attributes. If not, X must agree with them.

        Returns
        -------
        Checked
            The checked rows.
        """

    @abstractmethod
    def convert(
        self,
        checked: Checked,
        network: Network,
        loss: Loss,
        targets: ClassLabels | RegressionTargets,
        run: Run,
    ) -> "Prepared":
        """Convert all rows to what training needs. `Prepared` documents the parameters."""

    @abstractmethod
    def hold_out(self, prepared: Any, estimator: Any) -> "Prepared":
        """Choose the rows to train on, and those to validate on.

        The latter are those that the user passed, or those that early stopping holds out.
        """


@dataclass(frozen=True)
class Prepared(ABC):
    """What training needs, made from the user's input.

    Attributes
    ----------
    network : Network
        The network.
    loss : Loss
        The loss, with its output activation.
    targets : ClassLabels or RegressionTargets
        The kind of targets, and their classes.
    run : Run
        The state of training: a new one, or a copy of that of the last fit.
    data : Rows
        Training rows, with encoded targets. Their weights include class weights.
    held_out : Rows or None
        Validation rows. None if there is no validation.
    """

    network: Network
    loss: Loss
    targets: ClassLabels | RegressionTargets
    run: Run
    data: Rows
    held_out: Rows | None

    @property
    def mean_weight(self) -> float:
        """Mean of the weights of the training rows, by which the objective is divided."""
        return self.data.mean_weight

    @property
    def n_averaged(self) -> int:
        """Number of targets over which the loss is averaged where it is reported.

        As in scikit-learn, these are the targets of a squared error. Other losses are summed.
        """
        are_numbers = isinstance(self.targets, RegressionTargets)
        averaged = are_numbers and isinstance(self.loss, SquaredError)
        return self.network.sizes[-1] if averaged else 1

    @abstractmethod
    def multiplications(self, solver: Descent | LBFGS) -> int:
        """Count the multiplications of the largest matrix product of a step in this process."""

    @abstractmethod
    def validator(self, estimator: object) -> Validate | None:
        """Return a function that computes loss and score on the validation data, if there are any.

        `estimator` has the fitted attributes that are known before training.
        """

    @abstractmethod
    def few_of(self, rows: Any) -> Data:
        """Return some of the training rows, or of the held-out rows, in memory."""

    def objective(self, alpha: float, random_state: np.random.RandomState | None) -> Differentiable:
        """Make the training objective.

        Parameters
        ----------
        alpha : float
            Strength of the L2 penalty, relative to the weights that the user passed.
        random_state : RandomState or None
            Random number generator for the dropout masks. None disables dropout.

        Returns
        -------
        Differentiable
            The objective.
        """
        return Objective(
            self.network, self.loss, alpha, self.mean_weight, random_state, self.n_averaged
        )

    def check_last_step(self, monitor: Monitor) -> None:
        """Evaluate the parameters that a fit keeps, because an epoch's loss precedes its last step.

        They are evaluated on some training rows, weighted as in training. Of the best ones of early
        stopping, whose validation loss is finite, only the outputs must be finite here as well. If
        early stopping has kept none, the last ones are evaluated on the validation rows.

        Parameters
        ----------
        monitor : Monitor
            The monitor of training.

        Raises
        ------
        DivergenceError
            See `scratchmlp.monitor.Monitor.check_divergence`.
        """
        run, best, loss, rows = self.run, self.run.best_theta, np.nan, self.data
        if self.held_out is not None and monitor.early_stopping and best is None:
            rows = self.held_out
        X, Y, weight = self.few_of(rows).as_batch()
        raw = raw_scores(self.network, run.theta if best is None else best, X)
        if np.isfinite(raw).all():
            if best is not None:
                return
            # L-BFGS computes in float64, so a loss that only float32 cannot hold is no divergence.
            losses = self.loss.value(Y, raw.astype(np.float64, copy=False))
            loss = float((losses if weight is None else weight * losses).mean())
            # All weights may be 0 in a call of partial_fit.
            loss /= (rows.mean_weight or 1.0) * self.n_averaged
        last = replace(run, best_theta=None, loss=loss)
        monitor.check_divergence(last, f"after epoch {run.epoch}")


# Advice about the columns of X, for users whose training has not converged.


@np.errstate(over="ignore", invalid="ignore", divide="ignore")
def column_advice(prepared: Prepared, names: Any) -> str:
    """Say whether columns of X differ in scale, and which one has the largest outliers.

    An outlier is far outside of the range of nine of ten values. Columns without outliers differ in
    scale if both their ranges and their standard deviations differ. One of the two is not enough:
    the ranges of standardized columns differ, and so do the standard deviations of indicators.

    Parameters
    ----------
    prepared : Prepared
        What training needed.
    names : ndarray of shape (n_features,) or None
        Names of the columns. None means their numbers.

    Returns
    -------
    str
        Sentences, each after a space. An empty string if there is nothing to say.
    """
    low, high = _extremes(prepared)
    width = high - low
    if not width.any():
        return ""
    scaler, some = "a StandardScaler", prepared.data.sample(200).X
    if issparse(some):  # most values are 0: others are no outliers
        scaler = "a MaxAbsScaler"
        spread, usual = np.sqrt(mean_variance_axis(some, axis=0)[1]), width
    else:
        spread, usual = some.std(axis=0), np.ptp(np.percentile(some, [5, 95], axis=0), axis=0)
    names = np.arange(len(low)) if names is None else names
    outside = np.where(usual > 0, width / usual, 0.0)
    # Constant columns do not count; rounding may give them a standard deviation.
    scaled = np.flatnonzero((outside <= _FACTOR) & (width > 0) & (spread > 0))
    advice = ""
    if len(scaled):
        factor = min(size[scaled].max() / size[scaled].min() for size in (width, spread))
        narrow, wide = scaled[width[scaled].argmin()], scaled[width[scaled].argmax()]
        if factor > _FACTOR:
            advice += (
                f" The columns of X differ in scale by a factor of {factor:.0f}: the values of "
                f"column {names.tolist()[narrow]!r} differ by at most {width[narrow]:.3g}, those "
                f"of column {names.tolist()[wide]!r} by {width[wide]:.3g}. Put {scaler} "
                "before the network."
            )
    if outside[i := outside.argmax()] > _FACTOR:
        advice += (
            f" Column {names.tolist()[i]!r} of X has outliers: its values go from {low[i]:.3g} to "
            f"{high[i]:.3g}, but nine of ten are within a range of {usual[i]:.3g}. Clip them, or "
            "take logarithms before scaling."
        )
    return advice


def _extremes(prepared: Prepared) -> tuple[FloatArray, FloatArray]:
    """Return the smallest and the largest value of each column of X, with the held-out rows."""
    parts = [prepared.data]
    if prepared.held_out is not None and prepared.run.split is not None:
        parts.append(prepared.held_out)
    low, high = zip(*(part.extremes() for part in parts), strict=True)
    return np.min(low, axis=0), np.max(high, axis=0)
