"""What a loss is."""

import copy
from abc import ABC, abstractmethod
from typing import Any, ClassVar, Self

import numpy as np
from sklearn.base import BaseEstimator

from scratchmlp.activations import OUTPUT_ACTIVATIONS, Activation
from scratchmlp.arrays import FloatArray


class Loss(BaseEstimator, ABC):
    """Base of the losses: a loss of raw scores, with the output activation that it owns.

    Hyper-parameters are constructor parameters in scikit-learn's sense, so that ``clone`` works
    and a grid search reaches them, for instance as ``loss__gamma``. The output activation is none
    of them: the estimators choose it to suit the targets, with `with_output`.

    A loss of your own derives from this class, names the `outputs` it can have and writes
    `value_and_gradient`; its constructor keeps each parameter in an attribute of the same name.

    Attributes
    ----------
    outputs : tuple of str
        Of the class: names of the output activations that the loss can have, its own first.
    estimator_types : tuple of str
        Of the class: "classifier", "regressor" or, by default, both: what can train with it.
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
        """Return a copy of the loss that has this output activation.

        Parameters
        ----------
        output : str
            Name of an output activation, one of `outputs`.

        Returns
        -------
        Loss
            The copy. An estimator that is given it keeps its output activation, unless told
            another one.
        """
        bound = copy.copy(self)
        bound._output = output
        return bound

    def __sklearn_clone__(self) -> Self:
        clone: Self = super().__sklearn_clone__()
        return clone if self._output is None else clone.with_output(self._output)

    def predictions(self, raw: FloatArray) -> FloatArray:
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


class ErrorLoss(Loss):
    """Base of the losses of nothing but the errors, e = f(raw) - Y.

    Such a loss writes `of_error`; the output activation carries the derivative on to the raw
    scores. With the identity that changes nothing, with logistic outputs it multiplies by
    p (1 - p).
    """

    outputs: ClassVar[tuple[str, ...]] = ("identity", "logistic")

    @abstractmethod
    def of_error(self, error: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Compute the loss of each sample and its derivative in the errors.

        Parameters
        ----------
        error : ndarray of shape (n_samples, n_outputs)
            Predictions minus targets.

        Returns
        -------
        value : ndarray of shape (n_samples,)
            Loss of each sample.
        slope : ndarray of shape (n_samples, n_outputs)
            Its derivative in the errors; may be `error` itself.
        """

    def value_and_gradient(self, Y: FloatArray, raw: FloatArray) -> tuple[FloatArray, FloatArray]:
        """See `Loss.value_and_gradient`."""
        prediction = self.predictions(raw)
        value, delta = self.of_error(prediction - Y)
        self.output_activation.backward(raw, prediction, delta)
        return value, delta
