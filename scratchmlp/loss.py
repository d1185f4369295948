"""The base classes of losses."""

import copy
from abc import ABC, abstractmethod
from typing import Any, ClassVar, Self

import numpy as np
from sklearn.base import BaseEstimator

from scratchmlp.activations import OUTPUT_ACTIVATIONS, Activation
from scratchmlp.arrays import FloatArray
from scratchmlp.public import public


@public("scratchmlp.losses")
class Loss(BaseEstimator, ABC):
    """Base class of losses: a function of targets and raw scores, with an output activation.

    Hyper-parameters are constructor parameters, as in scikit-learn: ``clone`` works, and a grid
    search can set them, for instance as ``loss__gamma``. The output activation is not a
    constructor parameter. The estimators choose it to suit the targets, and set it with
    `with_output`.

    To write a loss of your own, derive from this class, set `outputs` and define
    `value_and_gradient`. The constructor must keep each parameter in an attribute of the same name.

    Attributes
    ----------
    outputs : tuple of str
        Class attribute: names of the output activations that work with this loss. The first one is
        the default.
    estimator_types : tuple of str
        Class attribute: types of the estimators that can train with this loss. The default is
        ("classifier", "regressor").
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

    def predictions(self, raw: FloatArray, out: FloatArray | None = None) -> FloatArray:
        """Turn raw scores into predictions with the output activation.

        Parameters
        ----------
        raw : ndarray of shape (n_samples, n_outputs)
            Scores before the output activation.
        out : ndarray of shape (n_samples, n_outputs), default=None
            Array for the predictions, which may be `raw`. None means a new array.

        Returns
        -------
        ndarray of shape (n_samples, n_outputs)
            Predictions.
        """
        return self.output_activation.forward(raw, np.empty_like(raw) if out is None else out)

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


@public("scratchmlp.losses")
class ErrorLoss(Loss):
    """Base class of losses that depend only on the errors e = f(raw) - Y.

    A subclass defines `of_error`, which returns the derivative with respect to e. By the chain
    rule, the output activation f turns this into the derivative with respect to the raw scores. The
    identity leaves the derivative unchanged. The logistic function, with output p, multiplies the
    derivative by p (1 - p).
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
