"""The training objective J and its gradient."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol, cast

import numpy as np

from scratchmlp.arrays import FloatArray
from scratchmlp.kernels import add_scaled
from scratchmlp.losses import Loss
from scratchmlp.network import Network
from scratchmlp.workspace import Workspace


class Differentiable(Protocol):
    """A function that training can minimize, such as an `Objective`."""

    def at(self, theta: FloatArray) -> Callable[..., tuple[float, FloatArray]]:
        """Return a function that maps a batch to the value and the gradient at `theta`."""

    def reported(self, value: float, theta: FloatArray, n_rows: int) -> float:
        """Return what training reports for a batch of this value: see `Objective.reported`."""
        return value


@dataclass(eq=False)
class Objective:
    """Weighted mean loss of a batch plus an L2 penalty, and the gradient with respect to theta.

    For a batch of n rows with weights w_i, the objective is ::

        J = (Σ_i w_i loss_i + alpha / 2 · ‖W‖²) / (n · mean_weight),

    where W holds all weights without the biases, and mean_weight is the mean of w over all training
    rows. On a full batch the denominator is Σ_i w_i. A row with an integer weight k then has the
    same effect as k copies of the row, and a row with weight 0 has no effect. The penalty is
    divided by the same denominator, so this also holds with alpha > 0. All mini-batches use the
    same mean_weight, so a mini-batch with heavier rows has a larger gradient. Only this class and
    `ObjectiveAt` weight and average the losses of training and add the penalty.

    Training calls `at` once and then evaluates the result on batch after batch. An evaluation has
    two halves: `ObjectiveAt.sums` adds up the losses and gradients of rows, and `penalized` adds
    the penalty. There are two halves because rows may be spread over several machines. Each machine
    then computes `sums` of its own rows, and `penalized` is called once with the total.

    Parameters
    ----------
    network : Network
        The network.
    loss : Loss
        Loss as a function of targets and raw scores.
    alpha : float
        Strength of the L2 penalty.
    mean_weight : float, default=1.0
        Mean weight of the training rows.
    random_state : RandomState, default=None
        Random number generator for the dropout masks. Each evaluation draws new masks. None
        disables dropout.
    n_averaged : int, default=1
        Number of targets over which the loss is averaged where it is reported: see `reported`.

    Examples
    --------
    A linear model with a single weight of 1 predicts 3 for x = 3. The target is 5:

    >>> import numpy as np
    >>> from scratchmlp.activations import ACTIVATIONS
    >>> from scratchmlp.losses import SquaredError
    >>> from scratchmlp.network import Network
    >>> from scratchmlp.objective import Objective
    >>> network = Network((1, 1), ACTIVATIONS["identity"], bias=False)
    >>> objective = Objective(network, SquaredError(), alpha=0.0)
    >>> value, grad = objective(np.array([1.0]), np.array([[3.0]]), np.array([[5.0]]))
    >>> value, grad
    (2.0, array([-6.]))
    """

    network: Network
    loss: Loss
    alpha: float
    mean_weight: float = 1.0
    random_state: np.random.RandomState | None = None
    n_averaged: int = 1

    def __post_init__(self) -> None:
        self.alpha = float(self.alpha)  # a NumPy scalar would turn float32 arrays into float64 ones
        self.mean_weight = float(self.mean_weight)

    def __call__(
        self, theta: FloatArray, X: Any, Y: FloatArray, sample_weight: FloatArray | None = None
    ) -> tuple[float, FloatArray]:
        """Compute the objective and its gradient on a batch.

        Parameters
        ----------
        theta : ndarray of shape (n_parameters,)
            Parameters.
        X : {ndarray, sparse matrix} of shape (n_samples, n_features)
            Inputs.
        Y : ndarray of shape (n_samples, n_outputs)
            Targets.
        sample_weight : ndarray of shape (n_samples,), default=None
            Weight of each row. None means equal weights.

        Returns
        -------
        value : float
            The objective J.
        grad : ndarray of shape (n_parameters,)
            Its gradient dJ/dtheta.
        """
        return self.at(theta)(X, Y, sample_weight)

    def at(self, theta: FloatArray) -> "ObjectiveAt":
        """Return the objective at `theta` as a function of batches.

        Parameters
        ----------
        theta : ndarray of shape (n_parameters,)
            Parameters. They may change in place between evaluations.

        Returns
        -------
        ObjectiveAt
            A function of X, Y and sample_weight.
        """
        return ObjectiveAt(self, theta)

    def penalized(
        self, theta: FloatArray, loss_sum: float, grad: FloatArray, scale: float
    ) -> tuple[float, FloatArray]:
        """Add the penalty to a sum of losses and to its gradient, and scale the sum.

        Parameters
        ----------
        theta : ndarray of shape (n_parameters,)
            Parameters.
        loss_sum : float
            Σ_i w_i loss_i over all rows of the batch.
        grad : ndarray of shape (n_parameters,)
            Gradient of `loss_sum` times `scale`, as `ObjectiveAt.sums` returns it. The gradient of
            the penalty is added in place.
        scale : float
            1 / (n · mean_weight), where n is the number of rows of the batch.

        Returns
        -------
        value : float
            The objective J.
        grad : ndarray of shape (n_parameters,)
            Its gradient dJ/dtheta, in the array that was passed as `grad`.
        """
        n_weights = self.network.n_weights
        W = theta[:n_weights]
        add_scaled(grad[:n_weights], self.alpha * scale, W)
        return scale * float(loss_sum + self.alpha / 2 * np.dot(W, W)), grad

    def reported(self, value: float, theta: FloatArray, n_rows: int) -> float:
        """Return the objective of a batch as it is reported and compared with `tol`.

        scikit-learn trains on the sum of the squared errors of all targets, but reports their mean.
        The penalty is the same in both.

        Parameters
        ----------
        value : float
            The objective J of the batch.
        theta : ndarray of shape (n_parameters,)
            The parameters at which J was evaluated.
        n_rows : int
            Number of rows of the batch.

        Returns
        -------
        float
            J with the mean of the loss over the targets instead of the sum.
        """
        if self.n_averaged == 1:
            return value
        W = theta[: self.network.n_weights]
        penalty = self.alpha / 2 * float(np.dot(W, W)) / (n_rows * self.mean_weight)
        return penalty + (value - penalty) / self.n_averaged


class ObjectiveAt:
    """The objective at one vector of parameters, as a function of batches.

    The gradient, the workspace and the views of the parameters are made once and reused by all
    calls. The parameters may change in place between calls, as they do in mini-batch descent. A
    call uses their current values.

    Parameters
    ----------
    objective : Objective
        The objective.
    theta : ndarray of shape (n_parameters,)
        Parameters.
    """

    def __init__(self, objective: Objective, theta: FloatArray) -> None:
        self.objective = objective
        self.theta = theta
        self.grad = np.empty_like(theta)
        self._layers = objective.network.layers(theta)
        self._grads = objective.network.layers(self.grad)
        self._workspace: Workspace | None = None

    def __call__(
        self, X: Any, Y: FloatArray, sample_weight: FloatArray | None = None
    ) -> tuple[float, FloatArray]:
        """Compute the objective and its gradient on a batch: see `Objective.__call__`.

        The next call overwrites the array of the gradient.
        """
        scale = 1 / (X.shape[0] * self.objective.mean_weight)
        loss_sum, grad = self.sums(X, Y, sample_weight, scale)
        return self.objective.penalized(self.theta, loss_sum, grad, scale)

    def sums(
        self, X: Any, Y: FloatArray, sample_weight: FloatArray | None, scale: float
    ) -> tuple[float, FloatArray]:
        """Sum the losses and their gradients over some rows.

        The sums of several parts of a batch can be added up and passed to `Objective.penalized`.
        Copy the gradient before the next call, which overwrites its array.

        Parameters
        ----------
        X : {ndarray, sparse matrix} of shape (n_samples, n_features)
            Inputs.
        Y : ndarray of shape (n_samples, n_outputs)
            Targets.
        sample_weight : ndarray of shape (n_samples,) or None
            Weight of each row. None means equal weights.
        scale : float
            Factor of the gradient: 1 / (n · mean_weight), where n counts the rows of all parts. It
            multiplies `delta`, which usually has fewer entries than the gradient.

        Returns
        -------
        loss_sum : float
            Σ_i w_i loss_i.
        grad : ndarray of shape (n_parameters,)
            Gradient of `loss_sum` with respect to theta, times `scale`.
        """
        network, workspace = self.objective.network, self._workspace_for(X.shape[0])
        raw = network.forward(self._layers, X, workspace)
        losses, delta = self.objective.loss.value_and_gradient(Y, raw)
        if sample_weight is not None:
            losses *= sample_weight
            delta *= sample_weight[:, np.newaxis]
        delta *= scale
        network.backward(self._layers, self._grads, workspace, delta)
        return cast(float, losses.sum()), self.grad

    def _workspace_for(self, n_rows: int) -> Workspace:
        """Return a workspace for `n_rows` rows, which shares memory with larger ones."""
        if self._workspace is None or self._workspace.n_rows < n_rows:
            self._workspace = self.objective.network.workspace(
                n_rows, self.theta.dtype, random_state=self.objective.random_state
            )
        return self._workspace.head(n_rows)
