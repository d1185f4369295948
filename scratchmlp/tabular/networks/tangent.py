"""The neural-tangent parametrization, a rescaling of the parameters that training updates.

Training updates a vector ``phi`` instead of theta. Each layer of theta is a function of phi::

    W = phi_W / sqrt(n_in),    b = phi_b / 10,    and in the first layer W = 6 s phi_W / sqrt(n_in)

Here s is one factor for each input; it scales the row of the first weights that belongs to the
input. The parametrization has three effects:

- The raw scores have the same size for every width of the layers.
- If the steps of an optimizer are about as large as the learning rate, as in Adam, the weights of a
  wide layer change less than those of a narrow one.
- Training can increase the factors s of informative inputs, and decrease the others.

The factors are part of the first weights of theta, so the trained network is a plain network. The
gradient with respect to phi follows from the chain rule, for every optimizer.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from scratchmlp.arrays import FloatArray
from scratchmlp.network import Network
from scratchmlp.objective import Differentiable, Objective


@dataclass(frozen=True)
class TangentParametrization:
    """The map from the trained parameters phi to the parameters theta of a network.

    phi has the layout of theta, followed by one entry s for each input.

    Parameters
    ----------
    network : Network
        The network.
    dtype : dtype, default=float32
        Type of the parameters.

    References
    ----------
    Jacot, Gabriel and Hongler, "Neural tangent kernel: convergence and generalization in neural
    networks", NeurIPS 2018. Holzmüller, Grinsztajn and Steinwart, "Better by default: strong
    pre-tuned MLPs and boosted trees on tabular data", NeurIPS 2024, for the scaling of the inputs,
    the factors 6 and 1 / 10 and the initial values.

    Examples
    --------
    >>> import numpy as np
    >>> from scratchmlp.activations import ACTIVATIONS
    >>> from scratchmlp.network import Network
    >>> from scratchmlp.prediction import raw_scores
    >>> from scratchmlp.tabular.networks.tangent import TangentParametrization
    >>> network = Network((4, 3, 1), ACTIVATIONS["silu"])
    >>> parametrization = TangentParametrization(network)
    >>> phi = parametrization.initial(np.random.RandomState(0))
    >>> phi.shape, network.n_parameters
    ((23,), 19)
    >>> raw_scores(network, parametrization.theta(phi), np.ones((1, 4), np.float32))
    array([[0.]], dtype=float32)
    """

    network: Network
    dtype: DTypeLike = np.float32

    #: The factors 6 of s and 1 / 10 of the biases.
    INPUT_FACTOR, BIAS_FACTOR = 6.0, 0.1

    @cached_property
    def factors(self) -> FloatArray:
        """Factors that turn the part of phi with the layout of theta into theta, if all 6 s = 1."""
        factors = np.full(self.network.n_parameters, self.BIAS_FACTOR, self.dtype)
        for (n_in, _), layer in zip(self.network.shapes, self.network.layers(factors), strict=True):
            layer.weight[...] = n_in**-0.5
        return factors

    def initial(self, random_state: np.random.RandomState) -> FloatArray:
        """Draw the initial phi.

        The weights in phi and the biases in theta have a standard normal distribution. The last
        layer is zero, and each input has the scale 6 s = 1.

        Parameters
        ----------
        random_state : RandomState
            Random number generator. It draws in float64, and phi is then cast to `dtype`.

        Returns
        -------
        ndarray of shape (n_parameters + n_features,)
            phi.
        """
        network = self.network
        phi = random_state.standard_normal(network.n_parameters + network.sizes[0])
        phi[network.n_weights : network.n_parameters] /= self.BIAS_FACTOR
        last = network.layers(phi[: network.n_parameters])[-1]
        last.weight[...] = 0
        if last.bias is not None:
            last.bias[...] = 0
        phi[network.n_parameters :] = 1 / self.INPUT_FACTOR
        return phi.astype(self.dtype)

    def theta(self, phi: FloatArray, out: FloatArray | None = None) -> FloatArray:
        """Compute theta, the parameters of the network.

        Parameters
        ----------
        phi : ndarray of shape (n_parameters + n_features,)
            Trained parameters.
        out : ndarray of shape (n_parameters,), default=None
            Array for the result. None means a new array.

        Returns
        -------
        ndarray of shape (n_parameters,)
            theta.
        """
        n, n_first = self.network.n_parameters, math.prod(self.network.shapes[0])
        theta = np.empty(n, phi.dtype) if out is None else out
        np.multiply(self._first(phi), self._scales(phi), out=self._first(theta))
        np.multiply(phi[n_first:n], self.factors[n_first:], out=theta[n_first:])
        return theta

    def gradient(
        self, phi: FloatArray, grad: FloatArray, out: FloatArray | None = None
    ) -> FloatArray:
        """Apply the chain rule: turn the gradient with respect to theta into that for phi.

        Parameters
        ----------
        phi : ndarray of shape (n_parameters + n_features,)
            Trained parameters.
        grad : ndarray of shape (n_parameters,)
            Gradient with respect to theta.
        out : ndarray of shape (n_parameters + n_features,), default=None
            Array for the result. None means a new array.

        Returns
        -------
        ndarray of shape (n_parameters + n_features,)
            Gradient with respect to phi.
        """
        out = np.empty_like(phi) if out is None else out
        n, n_first = self.network.n_parameters, math.prod(self.network.shapes[0])
        first = self._first(grad)
        np.einsum("ij,ij->i", first, self._first(phi), out=out[n:])
        out[n:] *= self._first_factor
        np.multiply(first, self._scales(phi), out=self._first(out))
        np.multiply(grad[n_first:], self.factors[n_first:], out=out[n_first:n])
        return out

    @property
    def _first_factor(self) -> float:
        """The factor 6 / sqrt(n_in) of s phi_W in the first layer."""
        return self.INPUT_FACTOR * float(self.network.sizes[0] ** -0.5)

    def _scales(self, phi: FloatArray) -> FloatArray:
        """Return, as a column, the factor by which theta differs from phi for each input."""
        return (self._first_factor * phi[self.network.n_parameters :])[:, np.newaxis]

    def _first(self, theta: FloatArray) -> FloatArray:
        n_in, n_out = self.network.shapes[0]
        return theta[: n_in * n_out].reshape(n_in, n_out)


class Reparametrized(Differentiable):
    """The objective as a function of phi.

    Parameters
    ----------
    objective : Objective
        The objective as a function of theta.
    parametrization : TangentParametrization
        Maps phi to theta.
    """

    def __init__(self, objective: Objective, parametrization: TangentParametrization) -> None:
        self.objective = objective
        self.parametrization = parametrization

    def at(self, phi: FloatArray) -> Callable[..., tuple[float, FloatArray]]:
        """Return the objective at `phi` as a function of batches; `phi` may change in place."""
        to_theta, to_gradient = self.parametrization.theta, self.parametrization.gradient
        theta, grad_phi = to_theta(phi), np.empty_like(phi)
        evaluate = self.objective.at(theta)

        def evaluate_phi(
            X: Any, Y: FloatArray, sample_weight: FloatArray | None = None
        ) -> tuple[float, FloatArray]:
            to_theta(phi, out=theta)
            value, grad = evaluate(X, Y, sample_weight)
            return value, to_gradient(phi, grad, out=grad_phi)

        return evaluate_phi
