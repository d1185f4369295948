"""The objective: what training makes small, as a function of the parameters alone."""

from typing import Any

import numpy as np

from scratchmlp.arrays import FloatArray
from scratchmlp.kernels import add_scaled
from scratchmlp.losses import Loss
from scratchmlp.network import Layer, Network
from scratchmlp.workspace import Workspace


class Objective:
    """Weighted mean loss of a batch plus an L2 penalty, with its gradient in theta.

    For a batch of n rows with weights w_i it is ::

        (Σ_i w_i loss_i + alpha / 2 · ‖W‖²) / (n · mean_weight),

    where W is all weights and no biases, and mean_weight the mean of w over all training rows.
    For the full batch the denominator is Σ_i w_i, so that an integer weight equals as many
    repeated rows and a weight of zero an absent row, penalty included; in a mini-batch heavy
    rows still count for more. This is the only place where weights, means and penalties exist.

    Parameters
    ----------
    network : Network
        The network.
    loss : Loss
        Loss of its raw scores.
    alpha : float
        Strength of the L2 penalty.
    mean_weight : float, default=1.0
        Mean weight of the training rows.
    random_state : RandomState, default=None
        Source of the dropout masks, which make each call another objective. None is no dropout.

    Examples
    --------
    A linear model with the single weight 1, at x = 3, where 5 is wanted:

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

    def __init__(
        self,
        network: Network,
        loss: Loss,
        alpha: float,
        mean_weight: float = 1.0,
        random_state: np.random.RandomState | None = None,
    ) -> None:
        self.network = network
        self.loss = loss
        self.alpha = float(alpha)  # a NumPy scalar would turn float32 arrays into float64 ones
        self.mean_weight = float(mean_weight)
        self.random_state = random_state
        self._theta: FloatArray | None = None
        self._layers: list[Layer] = []
        self._grad: FloatArray | None = None
        self._grads: list[Layer] = []
        self._workspace: Workspace | None = None

    def __call__(
        self, theta: FloatArray, X: Any, Y: FloatArray, weight: FloatArray | None = None
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
        weight : ndarray of shape (n_samples,), default=None
            Weight of each row; None is one for each.

        Returns
        -------
        value : float
            The objective.
        grad : ndarray of shape (n_parameters,)
            Its gradient, an array that the next call overwrites.
        """
        layers = self._views(theta)
        grad, grads, workspace = self._arrays(theta, X.shape[0])
        raw = self.network.forward(layers, X, workspace)
        losses, delta = self.loss.value_and_gradient(Y, raw)
        if weight is not None:
            losses *= weight
            delta *= weight[:, np.newaxis]
        scale = 1 / (X.shape[0] * self.mean_weight)
        delta *= scale
        self.network.backward(layers, grads, workspace, delta)

        W = theta[: self.network.n_weights]
        add_scaled(grad[: self.network.n_weights], self.alpha * scale, W)
        return scale * float(losses.sum() + self.alpha / 2 * np.dot(W, W)), grad

    def _views(self, theta: FloatArray) -> list[Layer]:
        """Layers of theta; descent passes the same vector each time, so they are kept."""
        if theta is not self._theta:
            self._theta, self._layers = theta, self.network.layers(theta)
        return self._layers

    def _arrays(self, theta: FloatArray, n_rows: int) -> tuple[FloatArray, list[Layer], Workspace]:
        """Gradient, its layers and workspace, made for the first batch and kept for the others."""
        if self._grad is None:
            self._grad = np.empty_like(theta)
            self._grads = self.network.layers(self._grad)
        if self._workspace is None or self._workspace.n_rows < n_rows:
            self._workspace = self.network.workspace(
                n_rows, theta.dtype, random_state=self.random_state
            )
        return self._grad, self._grads, self._workspace.head(n_rows)
