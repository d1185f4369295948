"""Optimizers: how a gradient becomes a step.

An optimizer is its hyper-parameters and nothing else. What it must remember from one step to the
next is its state, a dict of arrays shaped like theta and of numbers, so that training can be
saved, copied and gone on with. `Optimizer.init` makes the state, and training calls
`Optimizer.step`, which shortens long gradients, decays the parameters and leaves the rest to the
rule of the class, `Optimizer.update`. In the equations below, g is the gradient and η the learning
rate; products, squares and roots are taken element by element.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from numbers import Real
from typing import Any, ClassVar

import numpy as np
from sklearn.utils._param_validation import Interval

from scratchmlp.arrays import FloatArray
from scratchmlp.kernels import add_scaled
from scratchmlp.optimizer import Optimizer, State

_FRACTION = [Interval(Real, 0, 1, closed="left")]
_POSITIVE = [Interval(Real, 0, None, closed="neither")]


@dataclass(eq=False, repr=False)
class SGD(Optimizer):
    """Gradient descent, plain or with momentum.

    Plain (momentum 0): θ ← θ - η g. With momentum μ: v ← μ v - η g, then θ ← θ + v; with
    Nesterov's: θ ← θ + μ v - η g, the step that the next v would begin with.

    Parameters
    ----------
    momentum : float, default=0.9
        μ, in [0, 1].
    nesterov : bool, default=True
        Whether to look ahead.
    weight_decay : float, default=0.0
        λ of the decay before each step; see `Optimizer`.
    max_grad_norm : float or None, default=None
        Norm that longer gradients are scaled down to; see `Optimizer`.

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

    def init(self, theta: FloatArray) -> State:
        """See `Optimizer.init`."""
        return {"velocity": np.zeros_like(theta)} if self.momentum else {}

    def update(
        self, theta: FloatArray, grad: FloatArray, state: State, learning_rate: float
    ) -> None:
        """See `Optimizer.update`."""
        if not self.momentum:
            add_scaled(theta, -learning_rate, grad)
            return
        momentum = float(self.momentum)
        for w, g, v in _blocks(theta, grad, state["velocity"]):
            v *= momentum
            add_scaled(v, -learning_rate, g)
            if self.nesterov:
                add_scaled(w, momentum, v)
                add_scaled(w, -learning_rate, g)
            else:
                w += v


@dataclass(eq=False, repr=False)
class AdaGrad(Optimizer):
    """Steps that shrink where gradients have been large: s ← s + g², θ ← θ - η g / (√s + ε).

    Parameters
    ----------
    epsilon : float, default=1e-8
        ε, keeps the quotient finite.
    weight_decay : float, default=0.0
        λ of the decay before each step; see `Optimizer`.
    max_grad_norm : float or None, default=None
        Norm that longer gradients are scaled down to; see `Optimizer`.

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

    def init(self, theta: FloatArray) -> State:
        """See `Optimizer.init`."""
        return {"sum_of_squares": np.zeros_like(theta)}

    def update(
        self, theta: FloatArray, grad: FloatArray, state: State, learning_rate: float
    ) -> None:
        """See `Optimizer.update`."""
        for w, g, s in _blocks(theta, grad, state["sum_of_squares"]):
            s += g * g
            add_scaled(w, -learning_rate, _over_root(g, s, self.epsilon))


@dataclass(eq=False, repr=False)
class RMSProp(Optimizer):
    """AdaGrad with a fading memory: s ← ρ s + (1 - ρ) g², θ ← θ - η g / (√s + ε).

    Parameters
    ----------
    rho : float, default=0.9
        ρ, in [0, 1): how much of the mean square a step keeps.
    epsilon : float, default=1e-8
        ε, keeps the quotient finite.
    weight_decay : float, default=0.0
        λ of the decay before each step; see `Optimizer`.
    max_grad_norm : float or None, default=None
        Norm that longer gradients are scaled down to; see `Optimizer`.

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

    def init(self, theta: FloatArray) -> State:
        """See `Optimizer.init`."""
        return {"mean_square": np.zeros_like(theta)}

    def update(
        self, theta: FloatArray, grad: FloatArray, state: State, learning_rate: float
    ) -> None:
        """See `Optimizer.update`."""
        for w, g, s in _blocks(theta, grad, state["mean_square"]):
            _decay(s, self.rho, g * g)
            add_scaled(w, -learning_rate, _over_root(g, s, self.epsilon))


@dataclass(eq=False, repr=False)
class Adam(Optimizer):
    """Steps of about one learning rate along a mean gradient, whatever its scale.

    At step t: m ← β₁ m + (1 - β₁) g, v ← β₂ v + (1 - β₂) g². Both means start at zero and so are
    too small at first; the correction is folded into the rate, η_t = η √(1 - β₂ᵗ) / (1 - β₁ᵗ),
    and θ ← θ - η_t m / (√v + ε).

    Parameters
    ----------
    beta_1 : float, default=0.9
        β₁, in [0, 1): memory of the mean gradient.
    beta_2 : float, default=0.999
        β₂, in [0, 1): memory of the mean squared gradient.
    epsilon : float, default=1e-8
        ε, keeps the quotient finite.
    weight_decay : float, default=0.0
        λ of the decay before each step; see `Optimizer`.
    max_grad_norm : float or None, default=None
        Norm that longer gradients are scaled down to; see `Optimizer`.

    References
    ----------
    Kingma and Ba, "Adam: a method for stochastic optimization", ICLR 2015. The folded form is at
    the end of its section 2; its ε stands beside √v, not beside the corrected root.

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

    def init(self, theta: FloatArray) -> State:
        """See `Optimizer.init`."""
        return {"t": 0, "mean": np.zeros_like(theta), "mean_square": np.zeros_like(theta)}

    def update(
        self, theta: FloatArray, grad: FloatArray, state: State, learning_rate: float
    ) -> None:
        """See `Optimizer.update`."""
        state["t"] += 1
        t = state["t"]
        rate = learning_rate * (1 - self.beta_2**t) ** 0.5 / (1 - self.beta_1**t)
        for w, g, m, v in _blocks(theta, grad, state["mean"], state["mean_square"]):
            _decay(m, self.beta_1, g)
            _decay(v, self.beta_2, g * g)
            add_scaled(w, -rate, _over_root(m, v, self.epsilon))


@dataclass(eq=False, repr=False, kw_only=True)
class AdamW(Adam):
    """Adam with decoupled weight decay by default: before Adam's step, θ ← θ - η λ θ.

    The decay does not pass through Adam's division by √v, as an L2 penalty in the loss does.

    Parameters
    ----------
    beta_1 : float, default=0.9
        β₁, in [0, 1): memory of the mean gradient.
    beta_2 : float, default=0.999
        β₂, in [0, 1): memory of the mean squared gradient.
    epsilon : float, default=1e-8
        ε, keeps the quotient finite.
    weight_decay : float, default=0.01
        λ, at least 0.
    max_grad_norm : float or None, default=None
        Norm that longer gradients are scaled down to; see `Optimizer`.

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
    """Adam that looks ahead, as Nesterov's momentum does.

    m and v are Adam's. In the step t the mean gradient is replaced by the one that the next step
    would begin with, n = β₁ m / (1 - β₁ᵗ⁺¹) + (1 - β₁) g / (1 - β₁ᵗ), and
    θ ← θ - η √(1 - β₂ᵗ) n / (√v + ε).

    Parameters
    ----------
    beta_1 : float, default=0.9
        β₁, in [0, 1): memory of the mean gradient.
    beta_2 : float, default=0.999
        β₂, in [0, 1): memory of the mean squared gradient.
    epsilon : float, default=1e-8
        ε, keeps the quotient finite.
    weight_decay : float, default=0.0
        λ of the decay before each step; see `Optimizer`.
    max_grad_norm : float or None, default=None
        Norm that longer gradients are scaled down to; see `Optimizer`.

    References
    ----------
    Dozat, "Incorporating Nesterov momentum into Adam", ICLR 2016 workshop. β₁ is the same in all
    steps, where the paper lets it grow to its value; ε stands beside √v, as in `Adam`.

    Examples
    --------
    >>> import numpy as np
    >>> from scratchmlp.optimizers import NAdam
    >>> theta, optimizer = np.array([4.0, -0.1]), NAdam(beta_1=0.5)
    >>> optimizer.step(theta, np.sign(theta), optimizer.init(theta), learning_rate=0.25)
    >>> theta.round(3)
    array([3.667, 0.233])
    """

    def update(
        self, theta: FloatArray, grad: FloatArray, state: State, learning_rate: float
    ) -> None:
        """See `Optimizer.update`."""
        state["t"] += 1
        t, beta_1 = state["t"], float(self.beta_1)
        rate = learning_rate * (1 - self.beta_2**t) ** 0.5
        of_mean, of_gradient = beta_1 / (1 - beta_1 ** (t + 1)), (1 - beta_1) / (1 - beta_1**t)
        for w, g, m, v in _blocks(theta, grad, state["mean"], state["mean_square"]):
            _decay(m, beta_1, g)
            _decay(v, self.beta_2, g * g)
            ahead = of_mean * m
            add_scaled(ahead, of_gradient, g)
            add_scaled(w, -rate, _over_root(ahead, v, self.epsilon))


def _decay(mean: FloatArray, beta: float, new: FloatArray) -> None:
    """Move an exponential mean in place: mean ← β mean + (1 - β) new."""
    mean *= float(beta)
    add_scaled(mean, 1 - float(beta), new)


def _over_root(numerator: FloatArray, s: FloatArray, epsilon: float) -> FloatArray:
    """Compute numerator / (√s + ε), a new array."""
    root = np.sqrt(s)
    root += float(epsilon)
    return np.divide(numerator, root, out=root)


#: Bytes of a block: the vectors of an optimizer, cut so, stay in the processor's cache.
_BLOCK = 2**18


def _blocks(*vectors: FloatArray) -> Iterator[tuple[FloatArray, ...]]:
    """Cut vectors of equal length and type into blocks; yield the blocks side by side."""
    size = _BLOCK // vectors[0].itemsize
    for start in range(0, len(vectors[0]), size):
        yield tuple(vector[start : start + size] for vector in vectors)


#: Optimizers by name.
OPTIMIZERS: dict[str, type[Optimizer]] = {
    "sgd": SGD,
    "adagrad": AdaGrad,
    "rmsprop": RMSProp,
    "adam": Adam,
    "adamw": AdamW,
    "nadam": NAdam,
}
