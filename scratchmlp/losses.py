"""Loss functions: how wrong raw scores are, sample by sample, and in which direction.

A loss compares targets Y with the raw scores of the last layer and owns the activation that
turns those scores into predictions. Its gradient is taken in the raw scores, so that
backpropagation starts from it directly. Values and gradients are per sample and unweighted:
weights, means and penalties belong to `scratchmlp.objective`.

Shapes: ``Y`` and ``raw`` are (n_samples, n_outputs), a loss's value is (n_samples,).
"""

from dataclasses import dataclass
from numbers import Real
from typing import Any, ClassVar

import numpy as np
from scipy.special import log_expit, xlogy
from sklearn.utils._param_validation import Interval

from scratchmlp.arrays import FloatArray
from scratchmlp.loss import ErrorLoss, Loss


@dataclass(eq=False, repr=False)
class LogLoss(Loss):
    """Cross-entropy between targets and predicted probabilities, in nats.

    With softmax outputs p, for exclusive classes (Σ_c Y_c = 1), a sample's loss is
    -Σ_c Y_c log p_c. With logistic outputs each column is a yes-or-no question of its own and
    the loss is -Σ_c [Y_c log p_c + (1 - Y_c) log(1 - p_c)]. Either way the gradient in the raw
    scores is p - Y (derived in docs/backpropagation.md).

    Logarithms are taken of sums of exponentials of raw scores, never of rounded probabilities,
    so that the loss is right however confident the network is.

    Label smoothing ε moves the targets a little towards equal shares: Y becomes (1 - ε) Y + ε / K
    for K classes, K = 2 for logistic outputs. The best a network can do then is to be right and
    not quite sure, and no score need grow without end.

    Parameters
    ----------
    label_smoothing : float, default=0.0
        ε, in [0, 1).

    References
    ----------
    Szegedy et al., "Rethinking the Inception architecture for computer vision", CVPR 2016,
    section 7.

    Examples
    --------
    >>> import numpy as np
    >>> from scratchmlp.losses import LogLoss
    >>> Y, raw = np.array([[1.0, 0.0]]), np.array([[0.0, 0.0]])
    >>> LogLoss().value_and_gradient(Y, raw)
    (array([0.69314718]), array([[-0.5,  0.5]]))
    >>> LogLoss(label_smoothing=0.2).gradient(Y, raw)
    array([[-0.4,  0.4]])
    """

    label_smoothing: float = 0.0

    outputs = ("softmax", "logistic")
    estimator_types = ("classifier",)
    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "label_smoothing": [Interval(Real, 0, 1, closed="left")]
    }

    def value_and_gradient(self, Y: FloatArray, raw: FloatArray) -> tuple[FloatArray, FloatArray]:
        """See `Loss.value_and_gradient`."""
        if self.label_smoothing:
            Y = self.smoothed(Y)
        if self.output == "softmax":
            return self._softmax(Y, raw)
        value = (np.logaddexp(0, raw) - Y * raw).sum(axis=1)
        return value, self.predictions(raw) - Y

    def smoothed(self, Y: FloatArray) -> FloatArray:
        """Return smoothed targets, (1 - ε) Y + ε / K.

        Parameters
        ----------
        Y : ndarray of shape (n_samples, n_outputs)
            Targets.

        Returns
        -------
        ndarray of shape (n_samples, n_outputs)
            Smoothed targets, a new array.
        """
        epsilon = float(self.label_smoothing)
        n_classes = Y.shape[1] if self.output == "softmax" else 2
        return (1 - epsilon) * Y + epsilon / n_classes

    def _softmax(self, Y: FloatArray, raw: FloatArray) -> tuple[FloatArray, FloatArray]:
        shifted = raw - raw.max(axis=1, keepdims=True)
        p = np.exp(shifted)
        total = p.sum(axis=1, keepdims=True)
        shifted *= Y
        value = np.log(total[:, 0]) - shifted.sum(axis=1)
        p *= 1 / total
        p -= Y
        return value, p


@dataclass(eq=False, repr=False)
class FocalLoss(Loss):
    """Log-loss that counts a sample for less, the better it is predicted.

    Write q = 1 - p. Where the log-loss has -Y log p, this one has -Y q^γ log p: the factor is
    near 1 where the network is wrong and near 0 where it is right and sure, so that many easy
    samples do not drown the few hard ones. With softmax outputs a sample's loss is
    -Σ_c Y_c q_c^γ log p_c, with logistic ones -Σ_c [Y_c q_c^γ log p_c + (1 - Y_c) p_c^γ log q_c].
    With γ = 0 it is the log-loss. The gradients are derived in docs/backpropagation.md.

    As hard samples weigh more, probabilities are less extreme than those of the log-loss.

    Parameters
    ----------
    gamma : float, default=2.0
        γ, at least 0: how much less easy samples count.

    References
    ----------
    Lin et al., "Focal loss for dense object detection", ICCV 2017. Their α is `class_weight`.

    Examples
    --------
    >>> import numpy as np
    >>> from scratchmlp.losses import FocalLoss, LogLoss
    >>> Y, raw = np.eye(2), np.array([[3.0, 0.0], [3.0, 0.0]])  # right and sure, wrong and sure
    >>> FocalLoss(gamma=2.0).value(Y, raw) / LogLoss().value(Y, raw)
    array([0.00224921, 0.90739747])
    """

    gamma: float = 2.0

    outputs = ("softmax", "logistic")
    estimator_types = ("classifier",)
    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "gamma": [Interval(Real, 0, None, closed="left")]
    }

    def value_and_gradient(self, Y: FloatArray, raw: FloatArray) -> tuple[FloatArray, FloatArray]:
        """See `Loss.value_and_gradient`."""
        gamma = float(self.gamma)
        return (self._softmax if self.output == "softmax" else self._logistic)(Y, raw, gamma)

    def _softmax(
        self, Y: FloatArray, raw: FloatArray, gamma: float
    ) -> tuple[FloatArray, FloatArray]:
        log_p = raw - raw.max(axis=1, keepdims=True)
        log_p -= np.log(np.exp(log_p).sum(axis=1, keepdims=True))
        p = np.exp(log_p)
        # Where p rounds to 1, q = 0 would make log p / q below 0 / 0.
        q = np.maximum(-np.expm1(log_p), np.finfo(raw.dtype).tiny)
        factor = Y * q**gamma
        slope = factor * (gamma * p * log_p / q - 1)  # p times the derivative in p
        return -(factor * log_p).sum(axis=1), slope - p * slope.sum(axis=1, keepdims=True)

    def _logistic(
        self, Y: FloatArray, raw: FloatArray, gamma: float
    ) -> tuple[FloatArray, FloatArray]:
        log_p, log_q = log_expit(raw), log_expit(-raw)
        p, q = np.exp(log_p), np.exp(log_q)
        yes, no = Y * q**gamma, (1 - Y) * p**gamma
        value = -(yes * log_p + no * log_q).sum(axis=1)
        return value, yes * (gamma * p * log_p - q) + no * (p - gamma * q * log_q)


class SquaredError(ErrorLoss):
    """Half the squared distance between targets and predictions, Σ_c (f(raw)_c - Y_c)² / 2.

    Its gradient in the predictions is f(raw) - Y. With logistic outputs this is the loss of the
    article's Equations 3 and 4. It is least where predictions are means.

    Examples
    --------
    >>> import numpy as np
    >>> from scratchmlp.losses import SquaredError
    >>> SquaredError().value_and_gradient(np.array([[5.0]]), np.array([[3.0]]))
    (array([2.]), array([[-2.]]))
    >>> SquaredError().with_output("logistic").predictions(np.array([[0.0]]))
    array([[0.5]])
    """

    outputs = ("identity", "softmax", "logistic")

    def of_error(self, error: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Compute Σ_c e_c² / 2, with derivative e."""
        return 0.5 * (error * error).sum(axis=1), error


class AbsoluteError(ErrorLoss):
    """Absolute errors summed over the outputs, Σ_c abs(f(raw)_c - Y_c).

    Its derivative in an error is the error's sign, 0 at 0: an outlier pulls no more than any other
    sample. It is least where predictions are medians.

    Examples
    --------
    >>> import numpy as np
    >>> from scratchmlp.losses import AbsoluteError
    >>> AbsoluteError().value_and_gradient(np.array([[5.0]]), np.array([[3.0]]))
    (array([2.]), array([[-1.]]))
    """

    estimator_types = ("regressor",)

    def of_error(self, error: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Compute Σ_c abs(e_c), with derivative sign(e)."""
        return np.abs(error).sum(axis=1), np.sign(error)


@dataclass(eq=False, repr=False)
class HuberLoss(ErrorLoss):
    """Squared error for small errors, absolute error for large ones, summed over the outputs.

    An error e costs e² / 2 between -δ and δ, and δ (abs(e) - δ / 2) beyond. Its derivative is e,
    cut off at ±δ: no outlier pulls harder than an error of δ, and near 0 the loss is smooth.

    Parameters
    ----------
    delta : float, default=1.0
        δ, above 0, in the unit of the targets: the size from which an error counts as large.

    References
    ----------
    Huber, "Robust estimation of a location parameter", Annals of Mathematical Statistics 35, 1964.

    Examples
    --------
    >>> import numpy as np
    >>> from scratchmlp.losses import HuberLoss
    >>> HuberLoss(delta=1.0).value_and_gradient(np.array([[5.0]]), np.array([[3.0]]))
    (array([1.5]), array([[-1.]]))
    """

    delta: float = 1.0

    estimator_types = ("regressor",)
    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "delta": [Interval(Real, 0, None, closed="neither")]
    }

    def of_error(self, error: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Compute Σ_c s_c (e_c - s_c / 2), with derivative s, which is e cut off at ±δ."""
        delta = float(self.delta)
        slope = np.clip(error, -delta, delta)
        return (slope * (error - 0.5 * slope)).sum(axis=1), slope


@dataclass(eq=False, repr=False)
class QuantileLoss(ErrorLoss):
    """Pinball loss, least where a share τ of the targets lies below the prediction.

    An error e = f(raw) - Y costs (1 - τ) e where it is positive and -τ e where it is negative,
    summed over the outputs. With τ = 0.9 a prediction that is too low costs nine times as much as
    one that is too high by the same amount, so nine of ten targets end up below. With τ = 0.5 it
    is half the absolute error.

    Parameters
    ----------
    quantile : float, default=0.5
        τ, in (0, 1).

    References
    ----------
    Koenker and Bassett, "Regression quantiles", Econometrica 46, 1978.

    Examples
    --------
    >>> import numpy as np
    >>> from scratchmlp.losses import QuantileLoss
    >>> QuantileLoss(quantile=0.75).value_and_gradient(np.array([[5.0]]), np.array([[3.0]]))
    (array([1.5]), array([[-0.75]]))
    """

    quantile: float = 0.5

    estimator_types = ("regressor",)
    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "quantile": [Interval(Real, 0, 1, closed="neither")]
    }

    def of_error(self, error: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Compute Σ_c s_c e_c, with derivative s: 1 - τ above 0, -τ below, 0 at 0."""
        quantile = float(self.quantile)
        slope = np.clip(np.sign(error), -quantile, 1 - quantile)
        return (slope * error).sum(axis=1), slope


class PoissonLoss(Loss):
    """Half the Poisson deviance of counts Y ≥ 0 and rates exp(raw), summed over the outputs.

    A sample's loss is Σ_c [Y_c log(Y_c / p_c) - Y_c + p_c] with p = exp(raw), where 0 log 0 = 0;
    its gradient in raw is p - Y.

    Examples
    --------
    >>> import numpy as np
    >>> from scratchmlp.losses import PoissonLoss
    >>> PoissonLoss().value_and_gradient(np.array([[0.0]]), np.array([[0.0]]))
    (array([1.]), array([[1.]]))
    """

    outputs = ("exp",)
    estimator_types = ("regressor",)

    def value_and_gradient(self, Y: FloatArray, raw: FloatArray) -> tuple[FloatArray, FloatArray]:
        """See `Loss.value_and_gradient`."""
        delta = self.predictions(raw) - Y
        value = (xlogy(Y, Y) - Y * raw + delta).sum(axis=1)
        return value, delta


#: Losses by name.
LOSSES: dict[str, type[Loss]] = {
    "log_loss": LogLoss,
    "squared_error": SquaredError,
    "poisson": PoissonLoss,
    "focal": FocalLoss,
    "absolute_error": AbsoluteError,
    "huber": HuberLoss,
    "quantile": QuantileLoss,
}


def losses_for(estimator_type: str) -> dict[str, type[Loss]]:
    """Return the losses, by name, that an estimator of this type can train with.

    Parameters
    ----------
    estimator_type : {"classifier", "regressor"}
        scikit-learn's name of the type.

    Returns
    -------
    dict of type
        A part of `LOSSES`.

    Examples
    --------
    >>> from scratchmlp.losses import losses_for
    >>> list(losses_for("classifier"))
    ['log_loss', 'squared_error', 'focal']
    """
    return {name: loss for name, loss in LOSSES.items() if estimator_type in loss.estimator_types}
