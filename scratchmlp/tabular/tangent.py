"""The neural-tangent parametrization: a network trained through other parameters than its own.

Training moves a vector ``phi`` instead of theta, from which theta follows layer by layer::

    W = phi_W / sqrt(n_in),    b = phi_b / 10,    and in the first layer W = 6 s phi_W / sqrt(n_in)

with a factor s for each input, its row of the first weights. Scores have the same size for any
width, and an optimizer whose steps have the size of its rate, as Adam's, moves the weights of a
wide layer by less than those of a narrow one. The factors s let training enlarge inputs that
matter and shrink others; as they are part of theta's first weights, the trained network is a plain
one. To change variables is exact for every optimizer: what stands here is the chain rule.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from scratchmlp.arrays import FloatArray
from scratchmlp.network import Network
from scratchmlp.objective import Objective


@dataclass(frozen=True)
class TangentParametrization:
    """A map from parameters phi that are trained to the parameters theta of a network.

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
    >>> from scratchmlp.tabular.tangent import TangentParametrization
    >>> network = Network((4, 3, 1), ACTIVATIONS["silu"])
    >>> parametrization = TangentParametrization(network)
    >>> phi = parametrization.initial(np.random.RandomState(0))
    >>> phi.shape, network.n_parameters
    ((23,), 19)
    >>> network.raw_scores(parametrization.theta(phi), np.ones((1, 4), np.float32))
    array([[0.]], dtype=float32)
    """

    network: Network
    dtype: DTypeLike = np.float32

    #: Factors of the inputs' scales and of the biases.
    INPUT_FACTOR, BIAS_FACTOR = 6.0, 0.1

    @cached_property
    def factors(self) -> FloatArray:
        """What phi's part with theta's layout is multiplied by: theta, as if all s were 1."""
        factors = np.full(self.network.n_parameters, self.BIAS_FACTOR, self.dtype)
        for (n_in, _), layer in zip(self.network.shapes, self.network.layers(factors), strict=True):
            layer.weight[...] = n_in**-0.5
        return factors

    def initial(self, random_state: np.random.RandomState) -> FloatArray:
        """Draw phi: theta's biases and phi's weights are standard normal, the last layer is zero.

        Parameters
        ----------
        random_state : RandomState
            Source of the draws, which are made in float64 and then cast.

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
        """Compute the network's parameters.

        Parameters
        ----------
        phi : ndarray of shape (n_parameters + n_features,)
            Parameters that are trained.
        out : ndarray of shape (n_parameters,), default=None
            Where they go; None makes a new array.

        Returns
        -------
        ndarray of shape (n_parameters,)
            theta.
        """
        inner, scales = self._split(phi)
        theta = np.multiply(inner, self.factors, out=out)
        first = self._first(theta)
        first *= scales
        return theta

    def gradient(
        self, phi: FloatArray, grad: FloatArray, out: FloatArray | None = None
    ) -> FloatArray:
        """Carry a gradient back to phi: the chain rule.

        Parameters
        ----------
        phi : ndarray of shape (n_parameters + n_features,)
            Parameters that are trained.
        grad : ndarray of shape (n_parameters,)
            Gradient in theta.
        out : ndarray of shape (n_parameters + n_features,), default=None
            Where the result goes; None makes a new array.

        Returns
        -------
        ndarray of shape (n_parameters + n_features,)
            Gradient in phi.
        """
        out = np.empty_like(phi) if out is None else out
        inner, scales = self._split(phi)
        n = len(inner)
        np.multiply(grad, self.factors, out=out[:n])
        first = self._first(out)
        np.einsum("ij,ij->i", first, self._first(inner), out=out[n:])
        out[n:] *= self.INPUT_FACTOR
        first *= scales
        return out

    def _split(self, phi: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Split phi into the part with theta's layout and the inputs' scales, as a column."""
        n = self.network.n_parameters
        return phi[:n], (self.INPUT_FACTOR * phi[n:])[:, np.newaxis]

    def _first(self, theta: FloatArray) -> FloatArray:
        n_in, n_out = self.network.shapes[0]
        return theta[: n_in * n_out].reshape(n_in, n_out)


class Reparametrized:
    """An objective as a function of phi.

    Parameters
    ----------
    objective : Objective
        Objective of a network, a function of theta.
    parametrization : TangentParametrization
        What makes theta of phi.
    """

    def __init__(self, objective: Objective, parametrization: TangentParametrization) -> None:
        self.objective = objective
        self.parametrization = parametrization
        self.network = objective.network
        self._theta = np.empty_like(parametrization.factors)
        self._grad = np.empty(len(self._theta) + self.network.sizes[0], self._theta.dtype)

    def __call__(
        self, phi: FloatArray, X: Any, Y: FloatArray, weight: FloatArray | None = None
    ) -> tuple[float, FloatArray]:
        """See `Objective`, whose theta is phi here."""
        theta = self.parametrization.theta(phi, out=self._theta)
        value, grad = self.objective(theta, X, Y, weight)
        return value, self.parametrization.gradient(phi, grad, out=self._grad)
