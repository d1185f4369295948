"""The interface of activation functions."""

from typing import Protocol

from scratchmlp.arrays import FloatArray
from scratchmlp.public import public


@public("scratchmlp.activations")
class Activation(Protocol):
    """The two methods that the network calls on an activation function f.

    Any object with these two methods is an activation. It need not derive from this class. It may
    also return new arrays instead of writing into its arguments, which is slower.

    Set the attribute ``in_place`` to True if ``backward`` does not read ``z``. The network then
    overwrites scores with outputs, so that ``z`` and ``a`` are the same array.
    """

    def forward(self, z: FloatArray, out: FloatArray) -> FloatArray:
        """Write a = f(z) into `out`, which may be `z` itself, and return it.

        Parameters
        ----------
        z : ndarray of shape (n_samples, n_units)
            Scores of the layer.
        out : ndarray of shape (n_samples, n_units)
            Array for the outputs.

        Returns
        -------
        ndarray of shape (n_samples, n_units)
            `out`.
        """

    def backward(self, z: FloatArray, a: FloatArray, derivative: FloatArray) -> FloatArray | None:
        """Turn dJ/da into dJ/dz, in place.

        Parameters
        ----------
        z : ndarray of shape (n_samples, n_units)
            Scores of the layer.
        a : ndarray of shape (n_samples, n_units)
            Outputs of the layer, f(z).
        derivative : ndarray of shape (n_samples, n_units)
            dJ/da on entry, dJ/dz on return.
        """
