"""The objectives of several networks of one shape, and their gradients.

The equations are those of `scratchmlp.network`, transposed, with one more axis in front that counts
the networks. Scores and outputs of a layer have the shape (n_networks, n_units, n_rows)::

    z = Wᵀ a_prev + b,    a = f(z),    dJ/dW = a_prev deltaᵀ,    dJ/da_prev = W delta.

Rows come last because arrays of small networks have many rows and few units. Activations and losses
are those of single networks: they work on arrays of any shape whose axis 1 counts the units.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from scratchmlp.arrays import FloatArray
from scratchmlp.network import Layer, Network
from scratchmlp.objective import Objective


class StackedObjective:
    """The objectives of several networks, and their gradients; see `Objective`.

    Parameters
    ----------
    objectives : sequence of Objective
        The objectives. They have equal networks and losses; `alpha` and `mean_weight` may differ.
    theta : ndarray of shape (n_networks, n_parameters)
        Parameters. They may change in place between calls.
    """

    def __init__(self, objectives: Sequence[Objective], theta: FloatArray) -> None:
        self.network, self.loss = objectives[0].network, objectives[0].loss
        self.alpha = np.array([each.alpha for each in objectives])
        self.mean_weight = np.array([each.mean_weight for each in objectives])
        self.weights = theta[:, : self.network.n_weights]
        self.grad = np.empty_like(theta)
        self._weight_grads = self.grad[:, : self.network.n_weights]
        self._layers, self._grads = _layers(self.network, theta), _layers(self.network, self.grad)
        self._workspaces: dict[int, StackedWorkspace] = {}

    def __call__(
        self, X: FloatArray, Y: FloatArray, weight: FloatArray | None
    ) -> tuple[FloatArray, FloatArray]:
        """Compute the objectives, of shape (n_networks,), and their gradients on batches."""
        workspace = self._workspace_for(X.shape[2])
        raw = self._forward(X, workspace)
        losses, delta = self.loss.value_and_gradient(Y, raw)
        if weight is not None:
            losses *= weight
            delta *= weight[:, np.newaxis]
        delta *= workspace.delta_scale
        self._backward(delta, workspace)
        W = self.weights
        self._weight_grads += workspace.decay * W
        penalty = self.alpha / 2 * np.einsum("kp,kp->k", W, W)
        return workspace.scale * (losses.sum(axis=1) + penalty), self.grad

    def _workspace_for(self, n_rows: int) -> "StackedWorkspace":
        """Return the workspace for a number of rows, which is made when it is first needed."""
        if n_rows not in self._workspaces:
            self._workspaces[n_rows] = StackedWorkspace(self, n_rows)
        return self._workspaces[n_rows]

    def _forward(self, X: FloatArray, workspace: "StackedWorkspace") -> FloatArray:
        """Compute the raw scores; see `Network.forward`."""
        a = workspace.inputs[0] = X
        for l, (W, b) in enumerate(self._layers):
            z = np.matmul(W.mT, a, out=workspace.z[l])  # z = Wᵀ a_prev
            if b is not None:
                z += b[:, :, np.newaxis]  # z = Wᵀ a_prev + b
            if l < len(self._layers) - 1:
                a = workspace.inputs[l + 1]
                self.network.activations[l].forward(z, out=a)  # a = f(z)
        return z

    def _backward(self, delta: FloatArray, workspace: "StackedWorkspace") -> None:
        """Compute the gradient by the chain rule; see `Network.backward`."""
        for l in reversed(range(len(self._layers))):
            W_grad, b_grad = self._grads[l]
            np.matmul(workspace.inputs[l], delta.mT, out=W_grad)  # dJ/dW = a_prev deltaᵀ
            if b_grad is not None:
                np.matmul(delta, workspace.ones, out=b_grad)  # dJ/db = Σ_i delta_i
            if l > 0:
                below = workspace.delta[l - 1]
                np.matmul(self._layers[l].weight, delta, out=below)  # dJ/da_prev = W delta
                z, a = workspace.z[l - 1], workspace.inputs[l]
                self.network.activations[l - 1].backward(z, a, below)  # dJ/dz = dJ/da f'(z)
                delta = below


def _layers(network: Network, theta: FloatArray) -> list[Layer]:
    """View the parameters of several networks as layers; see `Network.layers`.

    All views have one more axis in front.
    """
    layers, numbers = [], np.arange(network.n_parameters)
    for W, b in network.layers(numbers):  # type: ignore[arg-type]  # where the parameters are
        weight = theta[:, W[0, 0] : W[-1, -1] + 1].reshape(-1, *W.shape)
        layers.append(Layer(weight, None if b is None else theta[:, b[0] : b[-1] + 1]))
    return layers


class StackedWorkspace:
    """The arrays of a pass, of shape (n_networks, n_units, n_rows), and its factors.

    Parameters
    ----------
    objective : StackedObjective
        The objectives.
    n_rows : int
        Number of rows of a batch.

    Attributes
    ----------
    z, delta, inputs, ones
        See `Workspace`.
    scale : ndarray of shape (n_networks,)
        1 / (n · mean_weight), the factor of the sum of losses.
    delta_scale : ndarray of shape (n_networks, 1, 1)
        The same, as the factor of `delta`.
    decay : ndarray of shape (n_networks, 1)
        Factor of the weights in the gradient of the penalty.
    """

    def __init__(self, objective: StackedObjective, n_rows: int) -> None:
        network, dtype = objective.network, objective.grad.dtype
        n_networks = len(objective.alpha)
        self.z = [np.empty((n_networks, n, n_rows), dtype) for n in network.sizes[1:]]
        self.delta = [np.empty_like(z) for z in self.z[:-1]]
        self.inputs: list[Any] = [None]
        for z, activation in zip(self.z, network.activations, strict=False):
            self.inputs.append(z if getattr(activation, "in_place", False) else np.empty_like(z))
        self.ones = np.ones(n_rows, dtype)
        self.scale = 1 / (n_rows * objective.mean_weight)
        self.delta_scale = self.scale.astype(dtype)[:, np.newaxis, np.newaxis]
        self.decay = (objective.alpha * self.scale).astype(dtype)[:, np.newaxis]
