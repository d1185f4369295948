"""The network: one flat vector of parameters, with a forward and a backward pass.

The whole package uses this notation. X (n_samples, n_features) is the input. Layer l computes its
scores z from the outputs of the layer below, and its own outputs a from z::

    z = a_prev @ W + b,    a = f(z),    with a_prev = X in the first layer.

If the layer below has dropout, a_prev is the product of that layer's outputs and a random mask.
The scores of the last layer are called ``raw``. J is the objective that training minimizes.
``delta`` is dJ/dz, the derivative of J with respect to the scores of a layer. In code and
equations, l counts layers and i counts rows.

All weights W and biases b are stored in one vector ``theta`` of shape (n_parameters,): first the
weights of all layers, then the biases of all layers. The W and b of a layer are views of this
vector. ``grad``, the gradient of J with respect to theta, has the same layout. A weight matrix has
the shape (n_in, n_out): ``n_in`` units are below it, and ``n_out`` units above it.
"""

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import DTypeLike
from scipy.sparse import issparse

from scratchmlp.activations import Activation, wrapped
from scratchmlp.arrays import FloatArray, memory_order
from scratchmlp.kernels import add_row, product
from scratchmlp.workspace import Workspace


class Layer(NamedTuple):
    """Weights and biases of one layer as views of theta, or their derivatives as views of grad.

    Attributes
    ----------
    weight : ndarray of shape (n_in, n_out)
        W in z = a_prev @ W + b.
    bias : ndarray of shape (n_out,) or None
        b, or None in a network without biases.
    """

    weight: FloatArray
    bias: FloatArray | None


@dataclass(frozen=True)
class Network:
    """A feedforward network: layer sizes and activations, but no parameters.

    Its methods take the parameters as an argument.

    Parameters
    ----------
    sizes : tuple of int
        Number of units of each layer, from the input features to the outputs.
    activation : Activation or tuple of Activation
        Activation of all hidden layers or, as a tuple, of each hidden layer. The output activation
        belongs to the loss.
    bias : bool, default=True
        Whether layers have biases.
    dropout : float or tuple of float, default=0.0
        Dropout rate of all hidden layers or, as a tuple, of each hidden layer.

    Examples
    --------
    >>> import numpy as np
    >>> from scratchmlp.activations import ACTIVATIONS
    >>> from scratchmlp.network import Network
    >>> from scratchmlp.prediction import raw_scores
    >>> network = Network((2, 3, 1), ACTIVATIONS["relu"])
    >>> network.n_weights, network.n_parameters, network.dropout_rates
    (9, 13, (0.0,))
    >>> theta = np.zeros(network.n_parameters)
    >>> network.layers(theta)[1].bias[:] = 5.0
    >>> raw_scores(network, theta, np.ones((4, 2))).ravel()
    array([5., 5., 5., 5.])
    """

    sizes: tuple[int, ...]
    activation: Activation | tuple[Activation, ...]
    bias: bool = True
    dropout: float | tuple[float, ...] = 0.0

    # Shapes.

    @cached_property
    def activations(self) -> tuple[Activation, ...]:
        """Activation of each hidden layer."""
        return tuple(map(wrapped, for_each_layer(self.activation, len(self.sizes) - 2)))

    @cached_property
    def dropout_rates(self) -> tuple[float, ...]:
        """Dropout rate of each hidden layer."""
        return for_each_layer(self.dropout, len(self.sizes) - 2)

    @cached_property
    def shapes(self) -> list[tuple[int, int]]:
        """Shape (n_in, n_out) of each weight matrix, beginning at the input."""
        return list(pairwise(self.sizes))

    @cached_property
    def n_weights(self) -> int:
        """Number of weights: theta[:n_weights] holds all weights, theta[n_weights:] the biases."""
        return sum(n_in * n_out for n_in, n_out in self.shapes)

    @cached_property
    def n_parameters(self) -> int:
        """Length of theta."""
        return self.n_weights + self.bias * sum(self.sizes[1:])

    def layers(self, theta: FloatArray) -> list[Layer]:
        """View a vector of parameters as layers. Writing into a view writes into the vector.

        Parameters
        ----------
        theta : ndarray of shape (n_parameters,)
            Parameters, or any vector with the same layout.

        Returns
        -------
        list of Layer
            One layer for each weight matrix, beginning at the input.
        """
        layers, weight, bias = [], 0, self.n_weights
        for n_in, n_out in self.shapes:
            W = theta[weight : weight + n_in * n_out].reshape(n_in, n_out)
            layers.append(Layer(W, theta[bias : bias + n_out] if self.bias else None))
            weight += n_in * n_out
            bias += n_out
        return layers

    def __getstate__(self) -> dict[str, Any]:
        """Return the four parameters, without what is computed from them."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}

    # The two passes.

    def forward(self, layers: list[Layer], X: Any, workspace: Workspace) -> FloatArray:
        """Compute the raw scores of a batch: the forward pass.

        Parameters
        ----------
        layers : list of Layer
            Views of the parameters.
        X : {ndarray, sparse matrix} of shape (n_samples, n_features)
            Inputs of the batch.
        workspace : Workspace
            Arrays for n_samples rows. On return they hold what the backward pass needs.

        Returns
        -------
        ndarray of shape (n_samples, n_outputs)
            Raw scores. The array belongs to the workspace, so the next pass overwrites it.
        """
        workspace.inputs[0] = X
        for l, (W, b) in enumerate(layers):
            z = product(workspace.inputs[l], W, out=workspace.z[l])  # z = a_prev W
            if b is not None:
                add_row(z, b, workspace.ones)  # z = a_prev W + b
            if l < len(layers) - 1:
                a = workspace.a[l]
                self.activations[l].forward(z, out=a)  # a = f(z)
                mask = workspace.masks.get(l)
                if mask is not None:  # a_prev of the next layer = a · mask
                    dropout_mask(workspace.random_state, self.dropout_rates[l], out=mask)
                    np.multiply(a, mask, out=workspace.inputs[l + 1])
        return z

    def backward(
        self, layers: list[Layer], grads: list[Layer], workspace: Workspace, delta: FloatArray
    ) -> None:
        """Compute the gradient with respect to the parameters: the backward pass.

        It applies the chain rule, from the last layer to the first. Call `forward` with the same
        layers and workspace first.

        Parameters
        ----------
        layers : list of Layer
            Views of the parameters that the forward pass used.
        grads : list of Layer
            Views of grad. They are overwritten.
        workspace : Workspace
            The arrays that the forward pass filled.
        delta : ndarray of shape (n_samples, n_outputs)
            dJ/draw, the derivative of the objective with respect to the raw scores.
        """
        for l in reversed(range(len(layers))):
            W_grad, b_grad = grads[l]
            product(workspace.inputs[l].T, delta, out=W_grad)  # dJ/dW = a_prevᵀ delta
            if b_grad is not None:
                np.matmul(workspace.ones, delta, out=b_grad)  # dJ/db = Σ_i delta_i
            if l > 0:
                W, below = layers[l].weight, workspace.delta[l - 1]
                if delta.shape[1] == 1:  # an outer product: broadcasting is several times as fast
                    np.multiply(delta, W.T, out=below)
                else:
                    np.matmul(delta, W.T, out=below)  # dJ/da_prev = delta Wᵀ
                mask = workspace.masks.get(l - 1)
                if mask is not None:
                    below *= mask  # a_prev = a · mask, so dJ/da = dJ/da_prev · mask
                z, a = workspace.z[l - 1], workspace.a[l - 1]
                self.activations[l - 1].backward(z, a, below)  # dJ/dz = dJ/da f'(z)
                delta = below

    def workspace(
        self,
        n_rows: int,
        dtype: DTypeLike,
        *,
        training: bool = True,
        random_state: np.random.RandomState | None = None,
    ) -> Workspace:
        """Allocate the arrays that `forward` and `backward` fill.

        Parameters
        ----------
        n_rows : int
            Largest number of rows of a batch.
        dtype : dtype
            Type of the parameters and the input.
        training : bool, default=True
            Whether to allocate the arrays of the backward pass, too.
        random_state : RandomState, default=None
            Random number generator for the dropout masks. None disables dropout.

        Returns
        -------
        Workspace
            New arrays.
        """
        z = [np.empty((n_rows, n), dtype, order=memory_order(n)) for n in self.sizes[1:]]
        a = [
            scores if getattr(activation, "in_place", False) else np.empty_like(scores)
            for scores, activation in zip(z[:-1], self.activations, strict=True)
        ]
        rates = self.dropout_rates if random_state else ()
        masks = {l: np.empty_like(z[l]) for l, rate in enumerate(rates) if rate > 0}
        inputs = [np.empty_like(outputs) if l in masks else outputs for l, outputs in enumerate(a)]
        delta = [np.empty_like(scores) for scores in z[:-1] * training]  # none for prediction
        return Workspace(z, a, inputs, delta, masks, random_state)

    def multiplications(self, n_rows: int, X: Any) -> int:
        """Count the multiplications of the largest matrix product in a pass over `n_rows` rows.

        The product with X is not counted if X is sparse, because BLAS does not compute it.
        """
        dense = self.shapes[1:] if issparse(X) else self.shapes
        return n_rows * max((n_in * n_out for n_in, n_out in dense), default=0)


def for_each_layer(value: Any, n_layers: int) -> tuple[Any, ...]:
    """Return a tuple with a value for each layer: `value` itself if it is a tuple already."""
    return value if isinstance(value, tuple) else (value,) * n_layers


def dropout_mask(random_state: Any, rate: float, out: FloatArray) -> None:
    """Draw a random mask, by which dropout multiplies the outputs of a layer.

    Each entry is 0 with probability `rate`, and 1 / (1 - rate) otherwise. The expected value of an
    entry is therefore 1, and prediction uses the outputs unchanged (inverted dropout).

    Parameters
    ----------
    random_state : RandomState
        Random number generator.
    rate : float
        Probability of a zero, in [0, 1).
    out : ndarray of shape (n_rows, n_units)
        Array that is overwritten with the mask.

    References
    ----------
    Srivastava, Hinton, Krizhevsky, Sutskever and Salakhutdinov, "Dropout: a simple way to prevent
    neural networks from overfitting", JMLR 15, 2014.

    Examples
    --------
    >>> import numpy as np
    >>> from scratchmlp.network import dropout_mask
    >>> mask = np.empty((2, 4))
    >>> dropout_mask(np.random.RandomState(0), 0.5, out=mask)
    >>> mask
    array([[2., 2., 2., 2.],
           [0., 2., 0., 2.]])
    """
    out[...] = random_state.random_sample(out.shape) >= rate
    out *= 1 / (1 - float(rate))
