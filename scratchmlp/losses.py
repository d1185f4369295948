"""Loss functions and their gradients.

A loss compares the targets Y of each sample with the raw scores of the last layer. It owns the
output activation, which turns raw scores into predictions. Its gradient is the derivative with
respect to the raw scores, from which backpropagation starts. Values and gradients are per sample
and unweighted: `scratchmlp.objective` adds sample weights, the mean and the L2 penalty.
``Y``, ``raw`` and the gradient have shape (n_samples, n_outputs), the value (n_samples,).
"""

import copy
from abc import ABC, abstractmethod
from dataclasses import dataclass
from numbers import Real
from typing import Any, ClassVar, Self

import numpy as np
from scipy.special import log_expit, xlogy
from sklearn.base import BaseEstimator
from sklearn.utils._param_validation import Interval

from scratchmlp.activations import OUTPUT_ACTIVATIONS, Activation
from scratchmlp.arrays import FloatArray

__all__ = [
    "LOSSES", "AbsoluteError", "ErrorLoss", "FocalLoss", "HuberLoss", "LogLoss", "Loss",
    "PoissonLoss", "QuantileLoss", "SquaredError", "losses_for",
]  # fmt: skip


class Loss(BaseEstimator, ABC):
    """Base class of losses: a function of targets and raw scores, with an output activation.

    A grid search can set the hyper-parameters, for instance as ``loss__gamma``. The estimators
    choose the output activation for the targets, and set it with `with_output`.

    A loss of your own sets `outputs` and defines `value_and_gradient`. Its constructor keeps each
    parameter in an attribute of the same name. If it overrides `predictions`, `n_raw` or
    `output_activation`, only ScratchMLPRegressor can use it.

    Attributes
    ----------
    outputs : tuple of str
        Class attribute: possible output activations, the default first.
    estimator_types : tuple of str
        Class attribute: "classifier", "regressor" or, by default, both.
    """

    outputs: ClassVar[tuple[str, ...]]
    estimator_types: ClassVar[tuple[str, ...]] = ("classifier", "regressor")

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {}
    _output: str | None = None

    @property
    def output(self) -> str:
        """Name of the output activation."""
        return self._output or self.outputs[0]

    @property
    def output_activation(self) -> Activation:
        """The output activation."""
        return OUTPUT_ACTIVATIONS[self.output]

    def with_output(self, output: str) -> Self:
        """Return a copy of the loss with the given output activation.

        Parameters
        ----------
        output : str
            Name of an output activation, one of `outputs`.

        Returns
        -------
        Loss
            The copy. An estimator that is given this loss uses its output activation, unless the
            estimator's parameter `output_activation` names another one.
        """
        bound = copy.copy(self)
        bound._output = output
        return bound

    def __sklearn_clone__(self) -> Self:
        clone: Self = super().__sklearn_clone__()
        return clone if self._output is None else clone.with_output(self._output)

    def n_raw(self, n_targets: int) -> int:
        """Return the number of raw scores of each row.

        Parameters
        ----------
        n_targets : int
            Number of targets of each row.

        Returns
        -------
        int
            Number of outputs of the network.
        """
        return n_targets

    @property
    def target_range(self) -> tuple[float, float]:
        """Smallest and largest allowed target: the range that the output activation can predict."""
        return _OUTPUT_RANGES[self.output]

    def check_targets(self, Y: FloatArray) -> None:
        """Check that the loss can be computed for targets.

        Parameters
        ----------
        Y : ndarray of shape (n_samples, n_targets)
            Targets.

        Raises
        ------
        ValueError
            If a target is outside `target_range`. With the output activation softmax, also if there
            is only one target, or if the targets of a row do not sum to 1.
        """
        if self.output == "softmax" and Y.shape[1] == 1:
            raise ValueError(
                "output_activation='softmax' shares a whole among two or more targets; got one. "
                "Choose 'logistic' for targets between 0 and 1."
            )
        low, high = self.target_range
        if Y.min() < low or Y.max() > high:
            raise ValueError(
                f"The output activation {self.output!r} predicts numbers from {low:g} to "
                f"{high:g}, but y goes from {Y.min():g} to {Y.max():g}. Scale y, or choose "
                "another loss or output_activation."
            )
        if self.output == "softmax" and not np.allclose(Y.sum(axis=1), 1, atol=0.01):
            raise ValueError(
                "output_activation='softmax' predicts shares of a whole, but the rows of y do not "
                f"all sum to 1: their sums go from {Y.sum(axis=1).min():g} to "
                f"{Y.sum(axis=1).max():g}. Divide each row by its sum, or choose 'logistic'."
            )

    def predictions(self, raw: FloatArray) -> FloatArray:
        """Turn raw scores into predictions with the output activation.

        Parameters
        ----------
        raw : ndarray of shape (n_samples, n_outputs)
            Scores before the output activation.

        Returns
        -------
        ndarray of shape (n_samples, n_targets)
            Predictions, a new array.
        """
        return self.output_activation.forward(raw, np.empty_like(raw))

    @abstractmethod
    def value_and_gradient(self, Y: FloatArray, raw: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Compute the loss of each sample and its gradient with respect to the raw scores.

        Parameters
        ----------
        Y : ndarray of shape (n_samples, n_outputs)
            Targets.
        raw : ndarray of shape (n_samples, n_outputs)
            Scores before the output activation.

        Returns
        -------
        value : ndarray of shape (n_samples,)
            Loss of each sample, unweighted.
        gradient : ndarray of shape (n_samples, n_outputs)
            Derivative of each sample's loss with respect to its raw scores, unweighted, in a new
            array.
        """

    def value(self, Y: FloatArray, raw: FloatArray) -> FloatArray:
        """Return the loss of each sample; see `value_and_gradient`."""
        return self.value_and_gradient(Y, raw)[0]

    def gradient(self, Y: FloatArray, raw: FloatArray) -> FloatArray:
        """Return the gradient of each sample's loss; see `value_and_gradient`."""
        return self.value_and_gradient(Y, raw)[1]


#: Smallest and largest prediction of each output activation.
_OUTPUT_RANGES = {
    "identity": (-np.inf, np.inf),
    "logistic": (0.0, 1.0),
    "softmax": (0.0, 1.0),
    "exp": (0.0, np.inf),
}


class ErrorLoss(Loss):
    """Base class of losses that depend only on the errors e = f(raw) - Y.

    A subclass defines `of_error`, with the derivative with respect to e. The chain rule turns it
    into the gradient: the identity f leaves it unchanged, and the logistic function, with output p,
    multiplies it by p (1 - p).
    """

    outputs: ClassVar[tuple[str, ...]] = ("identity", "logistic")

    @abstractmethod
    def of_error(self, error: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Compute the loss of each sample and its derivative with respect to the errors.

        Parameters
        ----------
        error : ndarray of shape (n_samples, n_outputs)
            Predictions minus targets.

        Returns
        -------
        value : ndarray of shape (n_samples,)
            Loss of each sample.
        slope : ndarray of shape (n_samples, n_outputs)
            The derivative. It may be the array `error` itself.
        """

    def value_and_gradient(self, Y: FloatArray, raw: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Compute the loss of f(raw) - Y and its gradient: see `Loss.value_and_gradient`."""
        prediction = self.predictions(raw)
        value, gradient = self.of_error(prediction - Y)
        self.output_activation.backward(raw, prediction, gradient)
        return value, gradient


@dataclass(eq=False, repr=False)
class LogLoss(Loss):
    """Cross-entropy between targets and predicted probabilities, in nats.

    The loss of a sample is -Σ_c Y_c log p_c with softmax outputs p, and
    -Σ_c [Y_c log p_c + (1 - Y_c) log(1 - p_c)] with logistic outputs. In both cases the gradient is
    p - Y; see :doc:`/backpropagation/losses`. It is computed from raw scores, so that it is
    accurate even if p rounds to 0 or 1.

    Parameters
    ----------
    label_smoothing : float, default=0.0
        ε, in [0, 1): targets become (1 - ε) Y + ε / K for K classes, K = 2 for logistic outputs,
        which discourages overconfident predictions.

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
        """Compute -Σ_c Y_c log p_c (softmax) and gradient p - Y: see `Loss.value_and_gradient`."""
        if self.label_smoothing:
            Y = self.smoothed(Y)
        if self.output == "logistic":
            return (np.logaddexp(0, raw) - Y * raw).sum(axis=1), self.predictions(raw) - Y
        # log Σ_k exp(raw_k) - Σ_c Y_c raw_c is the same for the shifted scores, as Σ_c Y_c = 1.
        shifted = raw - raw.max(axis=1, keepdims=True)
        p = np.exp(shifted)
        total = p.sum(axis=1, keepdims=True)
        shifted *= Y
        value = np.log(total[:, 0]) - shifted.sum(axis=1)
        p *= 1 / total
        p -= Y
        return value, p

    def smoothed(self, Y: FloatArray) -> FloatArray:
        """Return the smoothed targets, (1 - ε) Y + ε / K.

        Parameters
        ----------
        Y : ndarray of shape (n_samples, n_outputs)
            Targets.

        Returns
        -------
        ndarray of shape (n_samples, n_outputs)
            Smoothed targets, in a new array.
        """
        epsilon = float(self.label_smoothing)
        n_classes = Y.shape[1] if self.output == "softmax" else 2
        return (1 - epsilon) * Y + epsilon / n_classes


@dataclass(eq=False, repr=False)
class FocalLoss(Loss):
    """Log-loss with a lower weight on samples that are already predicted well.

    With q = 1 - p, the loss of a sample is -Σ_c Y_c q_c^γ log p_c with softmax outputs, and
    -Σ_c [Y_c q_c^γ log p_c + (1 - Y_c) p_c^γ log q_c] with logistic outputs. Probabilities are less
    extreme than with the log-loss. See :doc:`/backpropagation/losses`, and :doc:`/imbalance` for a
    better remedy for rare classes.

    Parameters
    ----------
    gamma : float, default=2.0
        γ, at least 0. A larger γ puts less weight on easy samples; 0 gives the log-loss.

    References
    ----------
    Lin et al., "Focal loss for dense object detection", ICCV 2017. `class_weight` has the weights
    of the classes in its equation 5.

    Examples
    --------
    >>> import numpy as np
    >>> from scratchmlp.losses import FocalLoss, LogLoss
    >>> Y, raw = np.eye(2), np.array([[3.0, 0.0], [3.0, 0.0]])  # confident: right, then wrong
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
        """Call `of_softmax` or `of_logistic`; see `Loss.value_and_gradient`."""
        return (self.of_softmax if self.output == "softmax" else self.of_logistic)(Y, raw)

    def of_softmax(self, Y: FloatArray, raw: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Compute -Σ_c Y_c q_c^γ log p_c and its gradient: see `Loss.value_and_gradient`."""
        gamma = float(self.gamma)
        log_p = raw - raw.max(axis=1, keepdims=True)
        log_p -= np.log(np.exp(log_p).sum(axis=1, keepdims=True))
        p = np.exp(log_p)
        # If p rounds to 1, q = 0 and log p / q below would be 0 / 0.
        q = np.maximum(-np.expm1(log_p), np.finfo(raw.dtype).tiny)
        factor = Y * q**gamma
        slope = factor * (gamma * p * log_p / q - 1)  # p times d(loss)/dp
        return -(factor * log_p).sum(axis=1), slope - p * slope.sum(axis=1, keepdims=True)

    def of_logistic(self, Y: FloatArray, raw: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Compute -Σ_c [Y_c q_c^γ log p_c + (1 - Y_c) p_c^γ log q_c] and its gradient."""
        gamma = float(self.gamma)
        log_p, log_q = log_expit(raw), log_expit(-raw)
        p, q = np.exp(log_p), np.exp(log_q)
        yes, no = Y * q**gamma, (1 - Y) * p**gamma
        value = -(yes * log_p + no * log_q).sum(axis=1)
        return value, yes * (gamma * p * log_p - q) + no * (p - gamma * q * log_q)


class SquaredError(ErrorLoss):
    """Half the squared distance between targets and predictions, Σ_c (f(raw)_c - Y_c)² / 2.

    The mean of the targets minimizes it. With logistic outputs it is the loss of the article's
    Equations 3 and 4.

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
    """Sum of the absolute errors, Σ_c abs(f(raw)_c - Y_c).

    The median of the targets minimizes it, so outliers have no more influence than other samples.

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
    """Squared error for small errors and absolute error for large ones, summed over the outputs.

    The loss of an error e is e² / 2 where abs(e) <= d, and d (abs(e) - d / 2) elsewhere.

    Parameters
    ----------
    delta : float, default=1.0
        d, above 0, in the unit of the targets.

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
        """Compute Σ_c s_c (e_c - s_c / 2), with derivative s, which is e clipped to [-d, d]."""
        limit = float(self.delta)
        slope = np.clip(error, -limit, limit)
        return (slope * (error - 0.5 * slope)).sum(axis=1), slope


@dataclass(eq=False, repr=False)
class QuantileLoss(ErrorLoss):
    """Pinball loss, which the τ-quantile of the targets minimizes, summed over the outputs.

    The loss of an error e = f(raw) - Y is (1 - τ) e for e > 0 and -τ e for e < 0. With τ = 0.9,
    nine of ten targets are below the prediction.

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

    The loss of a sample is Σ_c [Y_c log(Y_c / p_c) - Y_c + p_c] with p = exp(raw), where
    0 log 0 = 0. Its gradient is p - Y.

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
        """Compute Σ_c [Y_c log(Y_c / p_c) - Y_c + p_c] and its gradient p - Y: see `Loss`."""
        gradient = self.predictions(raw) - Y
        value = (xlogy(Y, Y) - Y * raw + gradient).sum(axis=1)
        return value, gradient


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


def output_for(loss: Loss, preferred: str | None) -> str:
    """Return the output activation that the user has set, or else the preferred or first one."""
    return loss._output or (preferred if preferred in loss.outputs else loss.outputs[0])


def own_outputs(loss: Loss) -> str:
    """Name the methods by which a loss predicts in a way of its own, separated by commas."""
    names = ("predictions", "n_raw", "output_activation")
    return ", ".join(n for n in names if getattr(type(loss), n) is not getattr(Loss, n))


def losses_for(estimator_type: str) -> dict[str, type[Loss]]:
    """Return the losses that estimators of one type can train with, by name.

    Parameters
    ----------
    estimator_type : {"classifier", "regressor"}
        Type of the estimator, as scikit-learn names it.

    Returns
    -------
    dict of str to type
        A subset of `LOSSES`.

    Examples
    --------
    >>> from scratchmlp.losses import losses_for
    >>> list(losses_for("classifier"))
    ['log_loss', 'squared_error', 'focal']
    """
    return {name: loss for name, loss in LOSSES.items() if estimator_type in loss.estimator_types}
