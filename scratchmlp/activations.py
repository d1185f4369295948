"""Activation functions: what makes a network more than a chain of linear maps.

An activation turns the scores z of a layer into its outputs a = f(z). To take part in
backpropagation it must also carry a gradient from its outputs back to its inputs: given
dL/da it yields dL/dz, the product of that vector with the Jacobian of f. The two directions
are the two methods of every activation; there is no state.

Shapes: ``z``, ``a``, ``out`` and ``delta`` are all (n_samples, n_units).
"""

import math
from typing import Any, Protocol

import numpy as np
from scipy.special import ndtr

from scratchmlp.arrays import FloatArray


class Activation(Protocol):
    """What the network asks of an activation function.

    Any object with these two methods is an activation; it need not derive from this class. One that
    returns new arrays instead of writing into those that it is given works too, more slowly. If it
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

    def backward(self, z: FloatArray, a: FloatArray, delta: FloatArray) -> FloatArray | None:
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


class LeakyReLU:
    """f(z) = max(z, 0.01 z), with f' = 1 where z > 0 and 0.01 elsewhere.

    A unit that is never active still learns.

    References
    ----------
    Maas, Hannun and Ng, "Rectifier nonlinearities improve neural network acoustic models",
    ICML 2013.
    """

    in_place = True

    def forward(self, z: FloatArray, out: FloatArray) -> FloatArray:
        """Write max(z, 0.01 z) into `out`."""
        return np.maximum(z, 0.01 * z, out=out)

    def backward(self, z: FloatArray, a: FloatArray, delta: FloatArray) -> None:
        """Multiply `delta` by 0.01 where the unit was not active."""
        delta *= np.maximum(a > 0, 0.01, dtype=a.dtype)


class ELU:
    """f(z) = z where z > 0 and exp(z) - 1 elsewhere, with f' = 1 and exp(z) = f + 1.

    References
    ----------
    Clevert, Unterthiner and Hochreiter, "Fast and accurate deep network learning by exponential
    linear units (ELUs)", ICLR 2016, with α = 1.
    """

    in_place = True

    def forward(self, z: FloatArray, out: FloatArray) -> FloatArray:
        """Write max(0, z) + exp(min(0, z)) - 1 into `out`."""
        below = np.expm1(np.minimum(z, 0))
        np.maximum(z, 0, out=out)
        out += below
        return out

    def backward(self, z: FloatArray, a: FloatArray, delta: FloatArray) -> None:
        """Multiply `delta` by min(0, a) + 1."""
        delta *= np.minimum(a, 0) + 1


class SELU:
    """f(z) = λ z where z > 0 and λ α (exp(z) - 1) elsewhere, with f' = λ and λ α exp(z) = f + λ α.

    With its λ and α, outputs of mean 0 and variance 1 keep these from layer to layer, if weights
    are drawn with variance 1 / n_in (`scratchmlp.initializers.lecun_normal`).

    References
    ----------
    Klambauer, Unterthiner, Mayr and Hochreiter, "Self-normalizing neural networks", NeurIPS 2017.
    """

    in_place = True
    scale = 1.0507009873554805  # λ
    alpha = 1.6732632423543772  # α

    def forward(self, z: FloatArray, out: FloatArray) -> FloatArray:
        """Write λ max(0, z) + λ α (exp(min(0, z)) - 1) into `out`."""
        below = np.expm1(np.minimum(z, 0))
        below *= self.scale * self.alpha
        np.maximum(z, 0, out=out)
        out *= self.scale
        out += below
        return out

    def backward(self, z: FloatArray, a: FloatArray, delta: FloatArray) -> None:
        """Multiply `delta` by λ where a > 0, and by a + λ α elsewhere."""
        delta *= np.where(a > 0, self.scale, a + self.scale * self.alpha)


class GELU:
    """f(z) = z Φ(z), with f' = Φ(z) + z φ(z): exact, without the tanh that often stands in for Φ.

    Φ and φ = exp(-z² / 2) / √(2π) are distribution and density of the standard normal.

    References
    ----------
    Hendrycks and Gimpel, "Gaussian error linear units (GELUs)", arXiv:1606.08415, 2016.
    """

    def forward(self, z: FloatArray, out: FloatArray) -> FloatArray:
        """Write z Φ(z) into `out`."""
        return np.multiply(z, ndtr(z), out=out)

    def backward(self, z: FloatArray, a: FloatArray, delta: FloatArray) -> None:
        """Multiply `delta` by Φ(z) + z φ(z)."""
        slope = np.exp(-0.5 * z * z)
        slope *= z
        slope *= 1 / math.sqrt(2 * math.pi)
        slope += ndtr(z)
        delta *= slope


class SiLU:
    """f(z) = z σ(z) with σ(z) = 1 / (1 + exp(-z)), and f' = σ + f (1 - σ). Also known as swish.

    References
    ----------
    Elfwing, Uchibe and Doya, "Sigmoid-weighted linear units for neural network function
    approximation in reinforcement learning", Neural Networks 107, 2018.
    """

    def forward(self, z: FloatArray, out: FloatArray) -> FloatArray:
        """Write z / (1 + exp(-z)) into `out`."""
        return np.divide(z, self._denominator(z), out=out)

    def backward(self, z: FloatArray, a: FloatArray, delta: FloatArray) -> None:
        """Multiply `delta` by σ + a (1 - σ)."""
        sigma = 1 / self._denominator(z)
        delta *= sigma + a * (1 - sigma)

    def _denominator(self, z: FloatArray) -> FloatArray:
        """Compute 1 + exp(-z), but no more than 1 + exp(80), which float32 still holds."""
        return 1 + np.exp(np.minimum(-z, 80))


class Mish:
    """f(z) = z tanh(log(1 + exp(z))), with f' = t + z σ(z) (1 - t²) for that tanh t.

    σ is the logistic function. With e = exp(z) and n = e (e + 2) these need one exponential:
    t = n / (n + 2), and as 1 - t² = 4 (e + 1)² / (n + 2)² and σ = e / (e + 1), the second term of
    f' is 4 z e (e + 1) / (n + 2)².

    References
    ----------
    Misra, "Mish: a self regularized non-monotonic activation function", BMVC 2020.
    """

    def forward(self, z: FloatArray, out: FloatArray) -> FloatArray:
        """Write z n / (n + 2) into `out`."""
        e = self._exp(z)
        n = e * (e + 2)
        return np.multiply(z, n / (n + 2), out=out)

    def backward(self, z: FloatArray, a: FloatArray, delta: FloatArray) -> None:
        """Multiply `delta` by n / (n + 2) + 4 z e (e + 1) / (n + 2)²."""
        e = self._exp(z)
        n = e * (e + 2)
        delta *= (n + np.minimum(z, 20) * (4 * e * (e + 1) / (n + 2))) / (n + 2)

    def _exp(self, z: FloatArray) -> FloatArray:
        """Compute exp(z) up to z = 20, from where t = 1 in either type; n² must not overflow."""
        return np.exp(np.minimum(z, 20))


class Softplus:
    """f(z) = log(1 + exp(z)), a smooth relu, with f' = 1 / (1 + exp(-z)) = 1 - exp(-f).

    Computed as max(0, z) + log(1 + exp(-abs(z))), the same function: no exponential can overflow.

    References
    ----------
    Dugas, Bengio, Bélisle, Nadeau and Garcia, "Incorporating second-order functional knowledge for
    better option pricing", NeurIPS 2000.
    """

    in_place = True

    def forward(self, z: FloatArray, out: FloatArray) -> FloatArray:
        """Write log(1 + exp(z)) into `out`."""
        rest = np.log1p(np.exp(-np.abs(z)))
        np.maximum(z, 0, out=out)
        out += rest
        return out

    def backward(self, z: FloatArray, a: FloatArray, delta: FloatArray) -> None:
        """Multiply `delta` by 1 - exp(-a)."""
        delta *= -np.expm1(-a)


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
    "leaky_relu": LeakyReLU(),
    "elu": ELU(),
    "selu": SELU(),
    "gelu": GELU(),
    "silu": SiLU(),
    "mish": Mish(),
    "softplus": Softplus(),
}

#: Activations of the output layer, by name. Each belongs to a loss: see `scratchmlp.losses`.
OUTPUT_ACTIVATIONS: dict[str, Activation] = {
    "identity": ACTIVATIONS["identity"],
    "logistic": ACTIVATIONS["logistic"],
    "softmax": Softmax(),
    "exp": Exponential(),
}


def resolve_activation(activation: Any) -> Any:
    """Look an activation up by its name; an object is one already.

    Parameters
    ----------
    activation : str or Activation, or tuple of these
        Names and objects.

    Returns
    -------
    Activation or tuple of Activation
        Objects.

    Examples
    --------
    >>> from scratchmlp.activations import Tanh, resolve_activation
    >>> tanh = Tanh()
    >>> resolve_activation(tanh) is tanh, type(resolve_activation("relu")).__name__
    (True, 'ReLU')
    """
    if isinstance(activation, tuple):
        return tuple(resolve_activation(one) for one in activation)
    return ACTIVATIONS[activation] if isinstance(activation, str) else activation
