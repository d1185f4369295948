"""Activation functions: the nonlinear part of a network.

An activation turns the scores z of a layer into its outputs a = f(z). For backpropagation, it also
turns dJ/da into dJ/dz, where J is the objective: it multiplies dJ/da by the Jacobian of f. These
are the two methods of every `Activation`. Activations have no state.

Shapes: ``z``, ``a``, ``out`` and ``derivative`` are all (n_samples, n_units).
"""

import math
from typing import Any, Protocol

import numpy as np
from scipy.special import ndtr

from scratchmlp.arrays import FloatArray
from scratchmlp.kernels import relu

__all__ = [
    "ACTIVATIONS", "ELU", "GELU", "OUTPUT_ACTIVATIONS", "SELU", "Activation", "Exponential",
    "Identity", "LeakyReLU", "Logistic", "Mish", "ReLU", "SiLU", "Softmax", "Softplus", "Tanh",
    "resolve_activation",
]  # fmt: skip


class Activation(Protocol):
    """The two methods that the network calls on an activation function f.

    Any object with these methods is an activation. It may return new arrays instead of writing into
    its arguments, which is slower. With the attribute ``in_place = True``, `z` and `a` are the same
    array: ``backward`` must then not read `z`.
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


class Identity:
    """f(z) = z, with f'(z) = 1."""

    in_place = True

    def forward(self, z: FloatArray, out: FloatArray) -> FloatArray:
        """Write z into `out`."""
        if out is not z:
            np.copyto(out, z)
        return out

    def backward(self, z: FloatArray, a: FloatArray, derivative: FloatArray) -> None:
        """Leave `derivative` unchanged: dJ/dz = dJ/da."""


class Logistic:
    """f(z) = 1 / (1 + exp(-z)), with f' = f (1 - f).

    It is computed as (1 + tanh(z / 2)) / 2, the same function, because tanh cannot overflow.
    """

    in_place = True

    def forward(self, z: FloatArray, out: FloatArray) -> FloatArray:
        """Write 1 / (1 + exp(-z)) into `out`."""
        np.multiply(z, 0.5, out=out)
        np.tanh(out, out=out)
        out *= 0.5
        out += 0.5
        return out

    def backward(self, z: FloatArray, a: FloatArray, derivative: FloatArray) -> None:
        """Multiply `derivative` by a (1 - a)."""
        derivative *= a * (1 - a)


class Tanh:
    """f(z) = tanh(z), with f' = 1 - f²."""

    in_place = True

    def forward(self, z: FloatArray, out: FloatArray) -> FloatArray:
        """Write tanh(z) into `out`."""
        return np.tanh(z, out=out)

    def backward(self, z: FloatArray, a: FloatArray, derivative: FloatArray) -> None:
        """Multiply `derivative` by 1 - a²."""
        derivative *= 1 - a * a


class ReLU:
    """f(z) = max(0, z), with f' = 1 where z > 0 and 0 elsewhere."""

    in_place = True

    def forward(self, z: FloatArray, out: FloatArray) -> FloatArray:
        """Write max(0, z) into `out`."""
        return relu(z, out)

    def backward(self, z: FloatArray, a: FloatArray, derivative: FloatArray) -> None:
        """Set `derivative` to 0 where the unit is not active."""
        derivative *= a > 0


class LeakyReLU:
    """f(z) = max(z, 0.01 z), with f' = 1 where z > 0 and 0.01 elsewhere.

    A unit learns even if no sample makes it active.

    References
    ----------
    Maas, Hannun and Ng, "Rectifier nonlinearities improve neural network acoustic models",
    ICML 2013.
    """

    in_place = True

    def forward(self, z: FloatArray, out: FloatArray) -> FloatArray:
        """Write max(z, 0.01 z) into `out`."""
        return np.maximum(z, 0.01 * z, out=out)

    def backward(self, z: FloatArray, a: FloatArray, derivative: FloatArray) -> None:
        """Multiply `derivative` by 0.01 where the unit is not active."""
        derivative *= np.maximum(a > 0, 0.01, dtype=a.dtype.type)


class ELU:
    """f(z) = z where z > 0 and exp(z) - 1 elsewhere, with f' = 1 and exp(z) = f + 1.

    References
    ----------
    Clevert, Unterthiner and Hochreiter, "Fast and accurate deep network learning by exponential
    linear units (ELUs)", ICLR 2016, with a factor of 1 in its negative part.
    """

    in_place = True

    def forward(self, z: FloatArray, out: FloatArray) -> FloatArray:
        """Write max(0, z) + exp(min(0, z)) - 1 into `out`."""
        below = np.expm1(np.minimum(z, 0))
        np.maximum(z, 0, out=out)
        out += below
        return out

    def backward(self, z: FloatArray, a: FloatArray, derivative: FloatArray) -> None:
        """Multiply `derivative` by min(0, a) + 1."""
        derivative *= np.minimum(a, 0) + 1


class SELU:
    """f(z) = λ z where z > 0 and c (exp(z) - 1) elsewhere, with f' = λ and c exp(z) = f + c.

    λ and c keep the outputs of each layer at mean 0 and variance 1 if weights have the variance
    1 / n_in (`scratchmlp.initializers.lecun_normal`).

    References
    ----------
    Klambauer, Unterthiner, Mayr and Hochreiter, "Self-normalizing neural networks", NeurIPS 2017,
    equation 2.
    """

    in_place = True
    scale = 1.0507009873554805  # λ
    negative_scale = scale * 1.6732632423543772  # c

    def forward(self, z: FloatArray, out: FloatArray) -> FloatArray:
        """Write λ max(0, z) + c (exp(min(0, z)) - 1) into `out`."""
        below = np.expm1(np.minimum(z, 0))
        below *= self.negative_scale
        np.maximum(z, 0, out=out)
        out *= self.scale
        out += below
        return out

    def backward(self, z: FloatArray, a: FloatArray, derivative: FloatArray) -> None:
        """Multiply `derivative` by λ where a > 0 and by a + c elsewhere."""
        derivative *= np.where(a > 0, self.scale, a + self.negative_scale)


class GELU:
    """f(z) = z Φ(z), with f' = Φ(z) + z φ(z), without the common approximation of Φ by tanh.

    Φ and φ(z) = exp(-z² / 2) / √(2π) are the distribution function and the density of the standard
    normal distribution.

    References
    ----------
    Hendrycks and Gimpel, "Gaussian error linear units (GELUs)", arXiv:1606.08415, 2016.
    """

    def forward(self, z: FloatArray, out: FloatArray) -> FloatArray:
        """Write z Φ(z) into `out`."""
        return np.multiply(z, ndtr(z), out=out)

    def backward(self, z: FloatArray, a: FloatArray, derivative: FloatArray) -> None:
        """Multiply `derivative` by Φ(z) + z φ(z)."""
        slope = np.exp(-0.5 * z * z)
        slope *= z
        slope *= 1 / math.sqrt(2 * math.pi)
        slope += ndtr(z)
        derivative *= slope


class SiLU:
    """f(z) = z σ(z) with σ(z) = 1 / (1 + exp(-z)), and f' = σ + f (1 - σ). Also known as swish.

    References
    ----------
    Elfwing, Uchibe and Doya, "Sigmoid-weighted linear units for neural network function
    approximation in reinforcement learning", Neural Networks 107, 2018.
    """

    def forward(self, z: FloatArray, out: FloatArray) -> FloatArray:
        """Write z / (1 + exp(-z)) into `out`. exp(80) does not overflow.

        In float32, h (1 + tanh(h)) with h = z / 2 takes half the time. Below z = -10, digits of
        numbers near 0 are missing. In float64, it is slower.
        """
        if z.dtype != np.float32:
            return np.divide(z, 1 + np.exp(np.minimum(-z, 80)), out=out)
        half = z * 0.5
        np.tanh(half, out=out)
        out += 1
        out *= half
        return out

    def backward(self, z: FloatArray, a: FloatArray, derivative: FloatArray) -> None:
        """Multiply `derivative` by σ + a (1 - σ), where σ = a / z needs no exponential."""
        sigma = _factor(z, a, at_zero=0.5)
        slope = 1 - sigma
        slope *= a
        slope += sigma
        derivative *= slope


class Mish:
    """f(z) = z t with t = tanh(log(1 + exp(z))), and f' = t + z σ(z) (1 - t²).

    With e = exp(z) and n = e (e + 2), t = n / (n + 2). With u = 2 t / (1 + t),
    σ = u / (1 + √(1 - u)).

    References
    ----------
    Misra, "Mish: a self regularized non-monotonic activation function", BMVC 2020.
    """

    def forward(self, z: FloatArray, out: FloatArray) -> FloatArray:
        """Write z n / (n + 2) into `out`. From z = 20 on, t rounds to 1, and n² cannot overflow."""
        e = np.exp(np.minimum(z, 20))
        n = e * (e + 2)
        return np.multiply(z, n / (n + 2), out=out)

    def backward(self, z: FloatArray, a: FloatArray, derivative: FloatArray) -> None:
        """Multiply `derivative` by t + z σ (1 - t²)."""
        t = _factor(z, a, at_zero=0.6)
        u = 2 * t / (1 + t)
        sigma = u / (1 + np.sqrt(1 - u))
        derivative *= t + z * sigma * (1 - t * t)


@np.errstate(divide="ignore", invalid="ignore")  # where z is 0
def _factor(z: FloatArray, a: FloatArray, at_zero: float) -> FloatArray:
    """Return a / z. Where z is 0, or so small that digits are missing, return the limit."""
    factor = a / z
    small = np.abs(z) < 100 * np.finfo(z.dtype).tiny
    if small.any():
        factor[small] = at_zero
    return factor


class Softplus:
    """f(z) = log(1 + exp(z)), a smooth ReLU, with f' = 1 / (1 + exp(-z)) = 1 - exp(-f).

    It is computed as max(0, z) + log(1 + exp(-abs(z))), the same function, which cannot overflow.

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

    def backward(self, z: FloatArray, a: FloatArray, derivative: FloatArray) -> None:
        """Multiply `derivative` by 1 - exp(-a)."""
        derivative *= -np.expm1(-a)


class Softmax:
    """f(z)_c = exp(z_c) / Σ_k exp(z_k): the probabilities of mutually exclusive classes.

    The maximum of each row is subtracted first, so that no exponential overflows. The result is
    the same, because numerator and denominator are divided by the same number.
    """

    def forward(self, z: FloatArray, out: FloatArray) -> FloatArray:
        """Write the probabilities of each row into `out`."""
        np.subtract(z, z.max(axis=1, keepdims=True), out=out)
        np.exp(out, out=out)
        out /= out.sum(axis=1, keepdims=True)
        return out

    def backward(self, z: FloatArray, a: FloatArray, derivative: FloatArray) -> None:
        """Apply da_k/dz_c = a_k (1[k = c] - a_c): with g = dJ/da, dJ/dz is a (g - Σ_k g_k a_k)."""
        derivative -= (derivative * a).sum(axis=1, keepdims=True)
        derivative *= a


class Exponential:
    """f(z) = exp(z), with f' = f: positive outputs, such as the expected value of a count."""

    def forward(self, z: FloatArray, out: FloatArray) -> FloatArray:
        """Write exp(z) into `out`."""
        return np.exp(z, out=out)

    def backward(self, z: FloatArray, a: FloatArray, derivative: FloatArray) -> None:
        """Multiply `derivative` by a."""
        derivative *= a


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

#: Activations of the output layer, by name. Each loss owns one; see `scratchmlp.losses`.
OUTPUT_ACTIVATIONS: dict[str, Activation] = {
    "identity": ACTIVATIONS["identity"],
    "logistic": ACTIVATIONS["logistic"],
    "softmax": Softmax(),
    "exp": Exponential(),
}


class UserActivation:
    """An activation of a user, whose results end up in the arrays of the network.

    It may return new arrays instead of writing into its arguments.

    Parameters
    ----------
    activation : Activation
        The user's activation.
    """

    def __init__(self, activation: Activation) -> None:
        self.activation = activation
        self.in_place: bool = getattr(activation, "in_place", False)

    def forward(self, z: FloatArray, out: FloatArray) -> FloatArray:
        """Write f(z) into `out`."""
        _put(self.activation.forward(z, out), out)
        return out

    def backward(self, z: FloatArray, a: FloatArray, derivative: FloatArray) -> None:
        """Turn dJ/da into dJ/dz, in place."""
        _put(self.activation.backward(z, a, derivative), derivative)


def _put(result: FloatArray | None, out: FloatArray) -> None:
    """Copy a result into `out`, unless it is there already."""
    if result is not None and result is not out:
        out[...] = result


_OURS = {UserActivation, *map(type, (*ACTIVATIONS.values(), *OUTPUT_ACTIVATIONS.values()))}


def wrapped(activation: Activation) -> Activation:
    """Wrap an activation that a user has written. Return one of this module unchanged."""
    return activation if type(activation) in _OURS else UserActivation(activation)


def resolve_activation(activation: Any) -> Any:
    """Return the activation with a given name; return an activation object unchanged.

    Parameters
    ----------
    activation : str, Activation or tuple of these
        Name of an activation of a hidden layer, an activation, or one of these for each layer.

    Returns
    -------
    Activation or tuple of Activation
        The activation, or one for each layer.

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
