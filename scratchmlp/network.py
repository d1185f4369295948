"""The network: one flat vector of parameters, and what to compute with it.

Notation, used everywhere in the package. X (n_samples, n_features) is the input. Layer l turns
the outputs of the layer below into scores and those into outputs of its own::

    z = a_prev @ W + b,    a = f(z),    with a_prev = X for the first layer.

Where a layer has dropout, the next one's a_prev is its outputs times a random mask.
The scores of the last layer are called ``raw``. ``delta`` is dL/dz, the derivative of the
loss in a layer's scores. All weights W and biases b live in one vector ``theta`` of shape
(n_parameters,): first the weights, layer by layer, then the biases. Layers are views of it, and
``grad``, the gradient of the loss in theta, has the same layout. ``n_in`` and ``n_out`` are the
numbers of units below and above a weight matrix.
"""

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import DTypeLike
from sklearn.utils import gen_batches
from sklearn.utils._chunking import get_chunk_n_rows

from scratchmlp.activations import Activation
from scratchmlp.arrays import FloatArray, memory_order
from scratchmlp.kernels import add_row, threads
from scratchmlp.workspace import Workspace


class Layer(NamedTuple):
    """Views of one layer's parameters in theta (or of its derivatives in the gradient).

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
    """A feedforward network: its shapes and functions, without its parameters.

    Parameters
    ----------
    sizes : tuple of int
        Units of each layer, from the input features to the outputs.
    activation : Activation or tuple of Activation
        Activation of all hidden layers, or of each. The output activation belongs to the loss.
    bias : bool, default=True
        Whether layers add a bias.
    dropout : float or tuple of float, default=0.0
        Share of the outputs of all hidden layers, or of each, that training drops.

    Examples
    --------
    >>> import numpy as np
    >>> from scratchmlp.activations import ACTIVATIONS
    >>> from scratchmlp.network import Network
    >>> network = Network((2, 3, 1), ACTIVATIONS["relu"])
    >>> network.n_weights, network.n_parameters
    (9, 13)
    >>> theta = np.zeros(network.n_parameters)
    >>> network.layers(theta)[1].bias[:] = 5.0
    >>> network.raw_scores(theta, np.ones((4, 2))).ravel()
    array([5., 5., 5., 5.])
    """

    sizes: tuple[int, ...]
    activation: Activation | tuple[Activation, ...]
    bias: bool = True
    dropout: float | tuple[float, ...] = 0.0

    @cached_property
    def activations(self) -> tuple[Activation, ...]:
        """Activation of each hidden layer."""
        return for_each_layer(self.activation, len(self.sizes) - 2)

    @cached_property
    def dropout_rates(self) -> tuple[float, ...]:
        """Dropout of each hidden layer."""
        return for_each_layer(self.dropout, len(self.sizes) - 2)

    @cached_property
    def shapes(self) -> list[tuple[int, int]]:
        """(n_in, n_out) of each weight matrix, from the input up."""
        return list(pairwise(self.sizes))

    @cached_property
    def n_weights(self) -> int:
        """Number of weights: theta[:n_weights] is all of them, theta[n_weights:] the biases."""
        return sum(n_in * n_out for n_in, n_out in self.shapes)

    @cached_property
    def n_parameters(self) -> int:
        """Length of theta."""
        return self.n_weights + self.bias * sum(self.sizes[1:])

    def multiplications(self, n_rows: int, X: Any) -> int:
        """Count the multiplications of the largest matrix product for rows of X.

        Products with a sparse X do not count: BLAS has no part in them.
        """
        dense = self.shapes if isinstance(X, np.ndarray) else self.shapes[1:]
        return n_rows * max((n_in * n_out for n_in, n_out in dense), default=0)

    def layers(self, theta: FloatArray) -> list[Layer]:
        """View a vector of parameters as layers; writing into a view writes into the vector.

        Parameters
        ----------
        theta : ndarray of shape (n_parameters,)
            Parameters, or anything laid out like them.

        Returns
        -------
        list of Layer
            One for each weight matrix, from the input up.
        """
        layers = []
        weight, bias = 0, self.n_weights
        for n_in, n_out in self.shapes:
            W = theta[weight : weight + n_in * n_out].reshape(n_in, n_out)
            layers.append(Layer(W, theta[bias : bias + n_out] if self.bias else None))
            weight += n_in * n_out
            bias += n_out
        return layers

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
            Whether there will be backward passes.
        random_state : RandomState, default=None
            Random number generator for the dropout masks. None disables dropout.

        Returns
        -------
        Workspace
            New arrays.
        """
        rates = self.dropout_rates if random_state else ()
        return Workspace.allocate(
            n_rows,
            dtype,
            self.sizes[1:],
            [getattr(activation, "in_place", False) for activation in self.activations],
            [l for l, rate in enumerate(rates) if rate > 0],
            training=training,
            random_state=random_state,
        )

    def forward(self, layers: list[Layer], X: Any, workspace: Workspace) -> FloatArray:
        """Compute the raw scores of a batch: the forward pass.

        Parameters
        ----------
        layers : list of Layer
            The parameters.
        X : {ndarray, sparse matrix} of shape (n_samples, n_features)
            The batch.
        workspace : Workspace
            Arrays for n_samples rows; on return they hold what the backward pass needs.

        Returns
        -------
        ndarray of shape (n_samples, n_outputs)
            Raw scores: an array of the workspace, which the next pass overwrites.
        """
        workspace.inputs[0] = X
        for i, (weight, bias) in enumerate(layers):
            z = _product(workspace.inputs[i], weight, out=workspace.z[i])
            if bias is not None:
                add_row(z, bias, workspace.ones)
            if i < len(layers) - 1:
                a = workspace.a[i]
                _put(self.activations[i].forward(z, out=a), a)
                mask = workspace.masks.get(i)
                if mask is not None:
                    dropout_mask(workspace.random_state, self.dropout_rates[i], out=mask)
                    np.multiply(a, mask, out=workspace.inputs[i + 1])
        return z

    def backward(
        self, layers: list[Layer], grads: list[Layer], workspace: Workspace, delta: FloatArray
    ) -> None:
        """Compute the gradient in the parameters: the backward pass, after a forward pass.

        The chain rule from the last layer down: dL/dW = a_prevᵀ delta and dL/db = Σ delta over
        the samples; dL/da_prev = delta Wᵀ, which the mask of the layer below, if it has one, and
        then its activation turn into its own delta.

        Parameters
        ----------
        layers : list of Layer
            The parameters that the forward pass used.
        grads : list of Layer
            Where the derivatives go: views of the gradient.
        workspace : Workspace
            What the forward pass left.
        delta : ndarray of shape (n_samples, n_outputs)
            Derivative of the loss in the raw scores.
        """
        for i in reversed(range(len(layers))):
            _product(workspace.inputs[i].T, delta, out=grads[i].weight)
            if grads[i].bias is not None:
                np.matmul(workspace.ones, delta, out=grads[i].bias)
            if i > 0:
                delta = np.matmul(delta, layers[i].weight.T, out=workspace.delta[i - 1])
                mask = workspace.masks.get(i - 1)
                if mask is not None:
                    delta *= mask
                z, a = workspace.z[i - 1], workspace.a[i - 1]
                _put(self.activations[i - 1].backward(z, a, delta), delta)

    def raw_scores(self, theta: FloatArray, X: Any) -> FloatArray:
        """Compute the raw scores of any number of rows, chunk by chunk.

        A chunk is as many rows as the processor's cache and scikit-learn's ``working_memory`` hold.

        Parameters
        ----------
        theta : ndarray of shape (n_parameters,)
            Parameters.
        X : {ndarray, csr matrix} of shape (n_samples, n_features)
            Inputs.

        Returns
        -------
        ndarray of shape (n_samples, n_outputs)
            Raw scores, a new array.
        """
        layers, n_rows = self.layers(theta), X.shape[0]
        row_bytes = 2 * theta.itemsize * sum(self.sizes[1:])
        if n_rows * row_bytes <= _SMALL:
            workspace = self.workspace(n_rows, theta.dtype, training=False)
            return self.forward(layers, X, workspace)
        chunk = n_rows
        if n_rows * row_bytes > _CACHE:
            in_cache = max(_FEWEST_ROWS, _CACHE // row_bytes)
            chunk = get_chunk_n_rows(row_bytes, max_n_rows=min(n_rows, in_cache))
        workspace = self.workspace(chunk, theta.dtype, training=False)
        n_outputs = self.sizes[-1]
        raw = np.empty((n_rows, n_outputs), theta.dtype, order=memory_order(n_outputs))
        with threads(self.multiplications(chunk, X)):
            for rows in gen_batches(n_rows, chunk):
                raw[rows] = self.forward(layers, X[rows], workspace.head(rows.stop - rows.start))
        return raw

    def hidden_activations(self, theta: FloatArray, X: Any, layer: int) -> FloatArray:
        """Compute the outputs of a hidden layer for any number of rows, chunk by chunk.

        The layers up to this one are a network of their own, whose raw scores are the layer's.

        Parameters
        ----------
        theta : ndarray of shape (n_parameters,)
            Parameters.
        X : {ndarray, csr matrix} of shape (n_samples, n_features)
            Inputs.
        layer : int
            The hidden layer: 0 is the one above the input.

        Returns
        -------
        ndarray of shape (n_samples, n_units)
            a = f(z) of the layer, a new array.
        """
        lower = Network(self.sizes[: layer + 2], self.activations[:layer], self.bias)
        layers = self.layers(theta)[: layer + 1]
        weights = [weight.ravel() for weight, _ in layers]
        biases = [bias for _, bias in layers if bias is not None]
        z = lower.raw_scores(np.concatenate(weights + biases), X)
        activation = self.activations[layer]
        a = z if getattr(activation, "in_place", False) else np.empty_like(z)
        _put(activation.forward(z, out=a), a)
        return a


#: Bytes of a chunk's arrays, to fit the processor's cache; rows of a chunk for which it is worth
#: reading the weights; and bytes too few to think about chunks and threads.
_CACHE, _FEWEST_ROWS, _SMALL = 2**19, 512, 2**16


def _product(A: Any, B: FloatArray, out: FloatArray) -> FloatArray:
    """Write A @ B into `out`; A may be sparse."""
    if isinstance(A, np.ndarray):
        return np.matmul(A, B, out=out)
    out[...] = A @ B
    return out


def _put(result: FloatArray | None, out: FloatArray) -> None:
    """Copy a result to where it belongs, unless an activation has written it there itself."""
    if result is not None and result is not out:
        out[...] = result


def for_each_layer(value: Any, n_layers: int) -> tuple[Any, ...]:
    """Give every layer the same value, unless there is a tuple with one for each."""
    return value if isinstance(value, tuple) else (value,) * n_layers


def dropout_mask(random_state: np.random.RandomState, rate: float, out: FloatArray) -> None:
    """Draw the mask that a layer's outputs are multiplied by: 0 or 1 / (1 - rate), at random.

    Each entry is 0 with probability `rate`. The others make up for it (inverted dropout): the mean
    of a mask is 1, so that prediction uses the outputs as they are.

    Parameters
    ----------
    random_state : RandomState
        Source of the draws.
    rate : float
        Probability of a zero, in [0, 1).
    out : ndarray of shape (n_rows, n_units)
        Where the mask goes.

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
