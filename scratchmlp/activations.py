"""Activation functions: what makes a network more than a chain of linear maps.

An activation turns the scores z of a layer into its outputs a = f(z). To take part in
backpropagation it must also carry a gradient from its outputs back to its inputs: given
dL/da it yields dL/dz, the product of that vector with the Jacobian of f. The two directions
are the two methods of every activation; there is no state.

Shapes: ``z``, ``a``, ``out`` and ``delta`` are all (n_samples, n_units).
"""

from typing import Any, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

FloatArray: TypeAlias = NDArray[np.floating[Any]]


class Activation(Protocol):
    """What the network asks of an activation function.

    Any object with these two methods is an activation; it need not derive from this class. If it
    has an attribute ``in_place`` that is true, ``backward`` does without ``z``, and the network
    writes outputs over scores: there ``a`` and ``z`` are one array.
    """

    def forward(self, z: FloatArray, out: FloatArray) -> FloatArray:
        """Write a = f(z) into `out`, which may be `z` itself, and return it.

        Parameters
        ----------
        z : ndarray of shape (n_samples, n_units)
            Scores of the layer.
        out : ndarray of shape (n_samples, n_units)
            Where the outputs go.

        Returns
        -------
        ndarray of shape (n_samples, n_units)
            `out`.
        """

    def backward(self, z: FloatArray, a: FloatArray, delta: FloatArray) -> None:
        """Turn dL/da into dL/dz, in place.

        Parameters
        ----------
        z : ndarray of shape (n_samples, n_units)
            Scores of the layer.
        a : ndarray of shape (n_samples, n_units)
            Its outputs, f(z).
        delta : ndarray of shape (n_samples, n_units)
            dL/da on entry, dL/dz on return.
        """


class Identity:
    """f(z) = z, with f'(z) = 1."""

    in_place = True

    def forward(self, z: FloatArray, out: FloatArray) -> FloatArray:
        """Write z into `out`."""
        if out is not z:
            np.copyto(out, z)
        return out

    def backward(self, z: FloatArray, a: FloatArray, delta: FloatArray) -> None:
        """Leave `delta` as it is: dL/dz = dL/da."""


class Logistic:
    """f(z) = 1 / (1 + exp(-z)), with f' = f (1 - f).

    Computed as (1 + tanh(z / 2)) / 2, the same function: no exponential can overflow.
    """

    in_place = True

    def forward(self, z: FloatArray, out: FloatArray) -> FloatArray:
        """Write 1 / (1 + exp(-z)) into `out`."""
        np.multiply(z, 0.5, out=out)
        np.tanh(out, out=out)
        out *= 0.5
        out += 0.5
        return out

    def backward(self, z: FloatArray, a: FloatArray, delta: FloatArray) -> None:
        """Multiply `delta` by a (1 - a)."""
        delta *= a * (1 - a)


class Tanh:
    """f(z) = tanh(z), with f' = 1 - f²."""

    in_place = True

    def forward(self, z: FloatArray, out: FloatArray) -> FloatArray:
        """Write tanh(z) into `out`."""
        return np.tanh(z, out=out)

    def backward(self, z: FloatArray, a: FloatArray, delta: FloatArray) -> None:
        """Multiply `delta` by 1 - a²."""
        delta *= 1 - a * a


class ReLU:
    """f(z) = max(0, z), with f' = 1 where z > 0 and 0 elsewhere."""

    in_place = True

    def forward(self, z: FloatArray, out: FloatArray) -> FloatArray:
        """Write max(0, z) into `out`."""
        return np.maximum(z, 0, out=out)

    def backward(self, z: FloatArray, a: FloatArray, delta: FloatArray) -> None:
        """Keep `delta` where the unit was active and set it to 0 elsewhere."""
        delta *= a > 0


class Softmax:
    """f(z)_c = exp(z_c) / Σ_k exp(z_k): scores to the probabilities of exclusive classes.

    The row's maximum is taken off first. This changes nothing (numerator and denominator lose
    the same factor) but keeps the exponentials from overflowing.
    """

    def forward(self, z: FloatArray, out: FloatArray) -> FloatArray:
        """Write the probabilities of each row into `out`."""
        np.subtract(z, z.max(axis=1, keepdims=True), out=out)
        np.exp(out, out=out)
        out /= out.sum(axis=1, keepdims=True)
        return out

    def backward(self, z: FloatArray, a: FloatArray, delta: FloatArray) -> None:
        """Apply the Jacobian da_k/dz_c = a_k (1[k = c] - a_c): a (delta - Σ_k delta_k a_k)."""
        delta -= (delta * a).sum(axis=1, keepdims=True)
        delta *= a


class Exponential:
    """f(z) = exp(z), with f' = f: positive outputs, for rates and counts."""

    def forward(self, z: FloatArray, out: FloatArray) -> FloatArray:
        """Write exp(z) into `out`."""
        return np.exp(z, out=out)

    def backward(self, z: FloatArray, a: FloatArray, delta: FloatArray) -> None:
        """Multiply `delta` by a."""
        delta *= a


#: Activations of hidden layers, by name.
ACTIVATIONS: dict[str, Activation] = {
    "identity": Identity(),
    "logistic": Logistic(),
    "tanh": Tanh(),
    "relu": ReLU(),
}

#: Activations of the output layer, by name. Each belongs to a loss: see `scratchmlp.losses`.
OUTPUT_ACTIVATIONS: dict[str, Activation] = {
    "identity": ACTIVATIONS["identity"],
    "logistic": ACTIVATIONS["logistic"],
    "softmax": Softmax(),
    "exp": Exponential(),
}
