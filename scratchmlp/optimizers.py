"""Optimizers, which update the parameters with the gradient of the objective.

An optimizer object holds hyper-parameters only. What it remembers between steps is its state, a
dict of numbers and of arrays of the shape of theta, so that training can be saved, copied and
resumed. `Optimizer.init` returns the first state. Training calls `Optimizer.step`, which clips the
gradient, decays the parameters and calls `Optimizer.update`, the update rule of the class. In the
equations below, θ is theta, g the gradient and η the learning rate. Products, squares and roots are
taken element by element.
"""

import copy
from abc import ABC, abstractmethod
from dataclasses import dataclass
from numbers import Real
from typing import Any, ClassVar, TypeAlias

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils._param_validation import Interval

from scratchmlp.arrays import FloatArray
from scratchmlp.kernels import add_scaled, by_blocks, clip_norm

__all__ = ["OPTIMIZERS", "SGD", "AdaGrad", "Adam", "AdamW", "NAdam", "Optimizer", "RMSProp"]

#: An array of shape (n_parameters,), laid out like theta.
Vector: TypeAlias = FloatArray
State: TypeAlias = dict[str, Any]


@dataclass(eq=False, repr=False, kw_only=True)
class Optimizer(BaseEstimator, ABC):
    """Base class of optimizers: an update rule, weight decay and gradient clipping.

    A grid search can set the hyper-parameters, for instance as ``solver__beta_1``. A subclass with
    a constructor of its own may omit these two.

    Parameters
    ----------
    weight_decay : float, default=0.0
        λ, at least 0: before each step, θ ← θ - η λ θ for all parameters, including biases. The
        decay is decoupled: the update rule does not see it in the gradient.
    max_grad_norm : float or None, default=None
        c, above 0: a gradient with a larger Euclidean norm is scaled down to it, g ← g c / ‖g‖.
        None does not clip.

    References
    ----------
    Loshchilov and Hutter, "Decoupled weight decay regularization", ICLR 2019. Pascanu, Mikolov and
    Bengio, "On the difficulty of training recurrent neural networks", ICML 2013, section 3.2.

    Examples
    --------
    >>> import numpy as np
    >>> from scratchmlp.optimizers import SGD
    >>> theta, optimizer = np.array([4.0]), SGD(momentum=0.0, weight_decay=0.5, max_grad_norm=1.0)
    >>> optimizer.step(theta, np.array([100.0]), optimizer.init(theta), learning_rate=0.25)
    >>> theta
    array([3.25])
    """

    weight_decay: float = 0.0
    max_grad_norm: float | None = None

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "weight_decay": [Interval(Real, 0, None, closed="left")],
        "max_grad_norm": [Interval(Real, 0, None, closed="neither"), None],
    }

    @abstractmethod
    def init(self, theta: Vector) -> State:
        """Return the state before the first step.

        Parameters
        ----------
        theta : ndarray of shape (n_parameters,)
            Parameters. Only their shape and dtype are used.

        Returns
        -------
        dict
            The state: arrays with the shape of theta, and numbers.
        """

    def step(self, theta: Vector, grad: Vector, state: State, learning_rate: float) -> None:
        """Clip the gradient, decay the parameters and update them, in place.

        Parameters
        ----------
        theta : ndarray of shape (n_parameters,)
            Parameters, changed in place.
        grad : ndarray of shape (n_parameters,)
            Gradient of the objective at theta, not changed.
        state : dict
            State from `init`, changed in place by every step.
        learning_rate : float
            η, a Python float.
        """
        if self.max_grad_norm is not None:
            grad = clip_norm(grad, self.max_grad_norm)
        if self.weight_decay:
            theta *= 1 - learning_rate * self.weight_decay
        self.update(theta, grad, state, learning_rate)

    @abstractmethod
    def update(self, theta: Vector, grad: Vector, state: State, learning_rate: float) -> None:
        """Apply the update rule.

        `step` calls this after it has clipped the gradient and decayed the parameters.

        Parameters
        ----------
        theta : ndarray of shape (n_parameters,)
            Parameters, changed in place.
        grad : ndarray of shape (n_parameters,)
            Gradient, not changed.
        state : dict
            State from `init`, changed in place by every step.
        learning_rate : float
            η, a Python float.
        """


def with_plain_numbers(optimizer: Optimizer) -> Optimizer:
    """Return a copy whose hyper-parameters are Python's numbers.

    NumPy would compute float32 arrays in float64 if a hyper-parameter were one of its own float64
    numbers, which a search sets.
    """
    plain = copy.copy(optimizer)
    for name, value in vars(optimizer).items():
        if isinstance(value, np.generic):
            setattr(plain, name, value.item())
    return plain


def update_mean(mean: Vector, beta: float, new: Vector) -> None:
    """Update an exponential moving average in place: mean ← β mean + (1 - β) new."""
    mean *= beta
    add_scaled(mean, 1 - beta, new)


def divide_by_root(numerator: Vector, s: Vector, epsilon: float) -> Vector:
    """Return numerator / (√s + ε) in a new array."""
    root = np.sqrt(s)
    root += epsilon
    return np.divide(numerator, root, out=root)


_FRACTION = [Interval(Real, 0, 1, closed="left")]
_POSITIVE = [Interval(Real, 0, None, closed="neither")]


@dataclass(eq=False, repr=False)
class SGD(Optimizer):
    """Stochastic gradient descent, plain or with momentum.

    With momentum μ, v ← μ v - η g, then θ ← θ + v, or θ ← θ + μ v - η g with Nesterov's momentum.
    Without momentum, θ ← θ - η g.

    Parameters
    ----------
    momentum : float, default=0.9
        μ, in [0, 1].
    nesterov : bool, default=True
        Whether to use Nesterov's momentum.
    weight_decay, max_grad_norm : float
        See :class:`Optimizer`.

    References
    ----------
    Sutskever et al., "On the importance of initialization and momentum in deep learning",
    ICML 2013.

    Examples
    --------
    >>> import numpy as np
    >>> from scratchmlp.optimizers import SGD
    >>> theta, optimizer = np.array([4.0]), SGD(momentum=0.0)
    >>> optimizer.update(theta, theta, optimizer.init(theta), learning_rate=0.25)
    >>> theta
    array([3.])
    """

    momentum: float = 0.9
    nesterov: bool = True

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **Optimizer._parameter_constraints,
        "momentum": [Interval(Real, 0, 1, closed="both")],
        "nesterov": ["boolean"],
    }

    def init(self, theta: Vector) -> State:
        """See `Optimizer.init`."""
        return {"velocity": np.zeros_like(theta)} if self.momentum else {}

    @by_blocks
    def update(self, theta: Vector, grad: Vector, state: State, learning_rate: float) -> None:
        """Apply v ← μ v - η g, then θ ← θ + v or θ ← θ + μ v - η g: see `Optimizer.update`."""
        if not self.momentum:
            add_scaled(theta, -learning_rate, grad)
            return
        velocity = state["velocity"]
        velocity *= self.momentum
        add_scaled(velocity, -learning_rate, grad)
        if self.nesterov:
            add_scaled(theta, self.momentum, velocity)
            add_scaled(theta, -learning_rate, grad)
        else:
            theta += velocity


@dataclass(eq=False, repr=False)
class AdaGrad(Optimizer):
    """AdaGrad, with s ← s + g², then θ ← θ - η g / (√s + ε).

    Parameters
    ----------
    epsilon : float, default=1e-8
        ε, above 0.
    weight_decay, max_grad_norm : float
        See :class:`Optimizer`.

    References
    ----------
    Duchi, Hazan and Singer, "Adaptive subgradient methods for online learning and stochastic
    optimization", JMLR 12, 2011.

    Examples
    --------
    >>> import numpy as np
    >>> from scratchmlp.optimizers import AdaGrad
    >>> theta, optimizer = np.array([4.0, -0.1]), AdaGrad()
    >>> optimizer.update(theta, np.sign(theta), optimizer.init(theta), learning_rate=0.25)
    >>> theta.round(3)
    array([3.75, 0.15])
    """

    epsilon: float = 1e-8

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **Optimizer._parameter_constraints,
        "epsilon": _POSITIVE,
    }

    def init(self, theta: Vector) -> State:
        """See `Optimizer.init`."""
        return {"sum_of_squares": np.zeros_like(theta)}

    @by_blocks
    def update(self, theta: Vector, grad: Vector, state: State, learning_rate: float) -> None:
        """Apply s ← s + g², then θ ← θ - η g / (√s + ε): see `Optimizer.update`."""
        s = state["sum_of_squares"]
        s += grad * grad
        add_scaled(theta, -learning_rate, divide_by_root(grad, s, self.epsilon))


@dataclass(eq=False, repr=False)
class RMSProp(Optimizer):
    """RMSProp, with s ← ρ s + (1 - ρ) g², then θ ← θ - η g / (√s + ε).

    Parameters
    ----------
    rho : float, default=0.9
        ρ, in [0, 1).
    epsilon : float, default=1e-8
        ε, above 0.
    weight_decay, max_grad_norm : float
        See :class:`Optimizer`.

    References
    ----------
    Tieleman and Hinton, "Lecture 6.5 - RMSProp", Coursera: Neural networks for machine learning,
    2012.

    Examples
    --------
    >>> import numpy as np
    >>> from scratchmlp.optimizers import RMSProp
    >>> theta, optimizer = np.array([4.0, -0.1]), RMSProp(rho=0.75)
    >>> optimizer.update(theta, np.sign(theta), optimizer.init(theta), learning_rate=0.25)
    >>> theta.round(3)
    array([3.5, 0.4])
    """

    rho: float = 0.9
    epsilon: float = 1e-8

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **Optimizer._parameter_constraints,
        "rho": _FRACTION,
        "epsilon": _POSITIVE,
    }

    def init(self, theta: Vector) -> State:
        """See `Optimizer.init`."""
        return {"mean_square": np.zeros_like(theta)}

    @by_blocks
    def update(self, theta: Vector, grad: Vector, state: State, learning_rate: float) -> None:
        """Apply s ← ρ s + (1 - ρ) g², then θ ← θ - η g / (√s + ε): see `Optimizer.update`."""
        s = state["mean_square"]
        update_mean(s, self.rho, grad * grad)
        add_scaled(theta, -learning_rate, divide_by_root(grad, s, self.epsilon))


@dataclass(eq=False, repr=False)
class Adam(Optimizer):
    """Adam: steps along a moving average of gradients, divided by their root mean square.

    At step t, m ← β₁ m + (1 - β₁) g and v ← β₂ v + (1 - β₂) g², then θ ← θ - η_t m / (√v + ε) with
    η_t = η √(1 - β₂ᵗ) / (1 - β₁ᵗ). A step has a size of about η.

    Parameters
    ----------
    beta_1 : float, default=0.9
        β₁, in [0, 1).
    beta_2 : float, default=0.999
        β₂, in [0, 1).
    epsilon : float, default=1e-8
        ε, above 0.
    weight_decay, max_grad_norm : float
        See :class:`Optimizer`.

    References
    ----------
    Kingma and Ba, "Adam: a method for stochastic optimization", ICLR 2015, end of section 2: ε is
    added to √v, not to its corrected value.

    Examples
    --------
    >>> import numpy as np
    >>> from scratchmlp.optimizers import Adam
    >>> theta, optimizer = np.array([4.0, -0.1]), Adam()
    >>> optimizer.update(theta, np.sign(theta), optimizer.init(theta), learning_rate=0.25)
    >>> theta.round(3)
    array([3.75, 0.15])
    """

    beta_1: float = 0.9
    beta_2: float = 0.999
    epsilon: float = 1e-8

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **Optimizer._parameter_constraints,
        "beta_1": _FRACTION,
        "beta_2": _FRACTION,
        "epsilon": _POSITIVE,
    }

    def init(self, theta: Vector) -> State:
        """See `Optimizer.init`."""
        return {"t": 0, "mean": np.zeros_like(theta), "mean_square": np.zeros_like(theta)}

    @by_blocks
    def update(self, theta: Vector, grad: Vector, state: State, learning_rate: float) -> None:
        """Update m and v, then θ ← θ - η_t m / (√v + ε): see `Optimizer.update`."""
        state["t"] += 1
        t = state["t"]
        rate = learning_rate * (1 - self.beta_2**t) ** 0.5 / (1 - self.beta_1**t)
        m, v = state["mean"], state["mean_square"]
        update_mean(m, self.beta_1, grad)
        update_mean(v, self.beta_2, grad * grad)
        add_scaled(theta, -rate, divide_by_root(m, v, self.epsilon))


@dataclass(eq=False, repr=False, kw_only=True)
class AdamW(Adam):
    """Adam with decoupled weight decay by default: before each step of Adam, θ ← θ - η λ θ.

    Unlike an L2 penalty, the decay is not divided by √v.

    Parameters
    ----------
    beta_1, beta_2, epsilon : float
        See :class:`Adam`.
    weight_decay : float, default=0.01
        λ, at least 0.
    max_grad_norm : float or None, default=None
        See :class:`Optimizer`.

    References
    ----------
    Loshchilov and Hutter, "Decoupled weight decay regularization", ICLR 2019.

    Examples
    --------
    >>> import numpy as np
    >>> from scratchmlp.optimizers import AdamW
    >>> theta, optimizer = np.array([4.0, -0.1]), AdamW(weight_decay=1.0)
    >>> optimizer.step(theta, np.sign(theta), optimizer.init(theta), learning_rate=0.25)
    >>> theta.round(3)
    array([2.75 , 0.175])
    """

    weight_decay: float = 0.01


@dataclass(eq=False, repr=False)
class NAdam(Adam):
    """Adam with Nesterov's momentum.

    With m and v of `Adam`, n = β₁ m / (1 - β₁ᵗ⁺¹) + (1 - β₁) g / (1 - β₁ᵗ) at step t, and
    θ ← θ - η √(1 - β₂ᵗ) n / (√v + ε).

    Parameters
    ----------
    beta_1, beta_2, epsilon, weight_decay, max_grad_norm : float
        See :class:`Adam`.

    References
    ----------
    Dozat, "Incorporating Nesterov momentum into Adam", ICLR 2016 workshop. Here β₁ is constant.

    Examples
    --------
    >>> import numpy as np
    >>> from scratchmlp.optimizers import NAdam
    >>> theta, optimizer = np.array([4.0, -0.1]), NAdam(beta_1=0.5)
    >>> optimizer.step(theta, np.sign(theta), optimizer.init(theta), learning_rate=0.25)
    >>> theta.round(3)
    array([3.667, 0.233])
    """

    @by_blocks
    def update(self, theta: Vector, grad: Vector, state: State, learning_rate: float) -> None:
        """Update m and v, then θ ← θ - η √(1 - β₂ᵗ) n / (√v + ε): see `Optimizer.update`."""
        state["t"] += 1
        t, beta_1 = state["t"], self.beta_1
        rate = learning_rate * (1 - self.beta_2**t) ** 0.5
        of_mean, of_gradient = beta_1 / (1 - beta_1 ** (t + 1)), (1 - beta_1) / (1 - beta_1**t)
        m, v = state["mean"], state["mean_square"]
        update_mean(m, beta_1, grad)
        update_mean(v, self.beta_2, grad * grad)
        ahead = of_mean * m
        add_scaled(ahead, of_gradient, grad)
        add_scaled(theta, -rate, divide_by_root(ahead, v, self.epsilon))


#: Optimizers by name.
OPTIMIZERS: dict[str, type[Optimizer]] = {
    "sgd": SGD,
    "adagrad": AdaGrad,
    "rmsprop": RMSProp,
    "adam": Adam,
    "adamw": AdamW,
    "nadam": NAdam,
}
