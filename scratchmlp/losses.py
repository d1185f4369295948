"""Loss functions: how wrong raw scores are, sample by sample, and in which direction.

A loss compares targets Y with the raw scores of the last layer and owns the activation that
turns those scores into predictions. Its gradient is taken in the raw scores, so that
backpropagation starts from it directly. Values and gradients are per sample and unweighted:
weights, means and penalties belong to `scratchmlp.objective`.

Shapes: ``Y`` and ``raw`` are (n_samples, n_outputs), a loss's value is (n_samples,).
"""

from abc import ABC, abstractmethod
from typing import ClassVar

import numpy as np
from scipy.special import xlogy

from scratchmlp.activations import OUTPUT_ACTIVATIONS, FloatArray


class Loss(ABC):
    """A loss of raw scores, with the output activation that it owns.

    Parameters
    ----------
    output : str
        Name of the output activation, one of the class's `outputs`.
    """

    outputs: ClassVar[tuple[str, ...]]

    def __init__(self, output: str) -> None:
        self.output = output
        self.output_activation = OUTPUT_ACTIVATIONS[output]

    def predict(self, raw: FloatArray) -> FloatArray:
        """Turn raw scores into predictions with the output activation.

        Parameters
        ----------
        raw : ndarray of shape (n_samples, n_outputs)
            Scores before the output activation.

        Returns
        -------
        ndarray of shape (n_samples, n_outputs)
            Predictions, a new array.
        """
        return self.output_activation.forward(raw, np.empty_like(raw))

    @abstractmethod
    def value_and_gradient(self, Y: FloatArray, raw: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Compute the loss of each sample and its gradient, sharing what they share.

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
            Derivative of each sample's loss in its raw scores, a new array.
        """

    def value(self, Y: FloatArray, raw: FloatArray) -> FloatArray:
        """Return the loss of each sample: see `value_and_gradient`."""
        return self.value_and_gradient(Y, raw)[0]

    def gradient(self, Y: FloatArray, raw: FloatArray) -> FloatArray:
        """Return the gradient of each sample's loss: see `value_and_gradient`."""
        return self.value_and_gradient(Y, raw)[1]


class LogLoss(Loss):
    """Cross-entropy between targets and predicted probabilities, in nats.

    With softmax outputs p, for exclusive classes (Σ_c Y_c = 1), a sample's loss is
    -Σ_c Y_c log p_c. With logistic outputs each column is a yes-or-no question of its own and
    the loss is -Σ_c [Y_c log p_c + (1 - Y_c) log(1 - p_c)]. Either way the gradient in the raw
    scores is p - Y (derived in docs/backpropagation.md).

    Logarithms are taken of sums of exponentials of raw scores, never of rounded probabilities,
    so that the loss is right however confident the network is.
    """

    outputs = ("softmax", "logistic")

    def value_and_gradient(self, Y: FloatArray, raw: FloatArray) -> tuple[FloatArray, FloatArray]:
        """See `Loss.value_and_gradient`."""
        if self.output == "softmax":
            return self._softmax(Y, raw)
        value = (np.logaddexp(0, raw) - Y * raw).sum(axis=1)
        return value, self.predict(raw) - Y

    def _softmax(self, Y: FloatArray, raw: FloatArray) -> tuple[FloatArray, FloatArray]:
        shifted = raw - raw.max(axis=1, keepdims=True)
        p = np.exp(shifted)
        total = p.sum(axis=1, keepdims=True)
        shifted *= Y
        value = np.log(total[:, 0]) - shifted.sum(axis=1)
        p *= 1 / total
        p -= Y
        return value, p


class SquaredError(Loss):
    """Half the squared distance between targets and predictions, Σ_c (f(raw)_c - Y_c)² / 2.

    Its gradient in the predictions is f(raw) - Y; the output activation carries it on to the raw
    scores. With the identity that changes nothing; with logistic outputs it multiplies by
    p (1 - p), as in the article's Equations 3 and 4.

    Examples
    --------
    >>> import numpy as np
    >>> from scratchmlp.losses import SquaredError
    >>> SquaredError("identity").value_and_gradient(np.array([[5.0]]), np.array([[3.0]]))
    (array([2.]), array([[-2.]]))
    """

    outputs = ("identity", "softmax", "logistic")

    def value_and_gradient(self, Y: FloatArray, raw: FloatArray) -> tuple[FloatArray, FloatArray]:
        """See `Loss.value_and_gradient`."""
        prediction = self.predict(raw)
        delta = prediction - Y
        value = 0.5 * (delta * delta).sum(axis=1)
        self.output_activation.backward(raw, prediction, delta)
        return value, delta


class PoissonLoss(Loss):
    """Half the Poisson deviance of counts Y ≥ 0 and rates exp(raw), summed over the outputs.

    A sample's loss is Σ_c [Y_c log(Y_c / p_c) - Y_c + p_c] with p = exp(raw), where 0 log 0 = 0;
    its gradient in raw is p - Y.

    Examples
    --------
    >>> import numpy as np
    >>> from scratchmlp.losses import PoissonLoss
    >>> PoissonLoss("exp").value_and_gradient(np.array([[0.0]]), np.array([[0.0]]))
    (array([1.]), array([[1.]]))
    """

    outputs = ("exp",)

    def value_and_gradient(self, Y: FloatArray, raw: FloatArray) -> tuple[FloatArray, FloatArray]:
        """See `Loss.value_and_gradient`."""
        delta = self.predict(raw) - Y
        value = (xlogy(Y, Y) - Y * raw + delta).sum(axis=1)
        return value, delta


#: Losses by name.
LOSSES: dict[str, type[Loss]] = {
    "log_loss": LogLoss,
    "squared_error": SquaredError,
    "poisson": PoissonLoss,
}
