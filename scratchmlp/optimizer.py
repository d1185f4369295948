"""The base class of optimizers, and two operations that several update rules share."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from numbers import Real
from typing import Any, ClassVar, TypeAlias

import numpy as np
from scipy.linalg import norm
from sklearn.base import BaseEstimator
from sklearn.utils import gen_batches
from sklearn.utils._param_validation import Interval

from scratchmlp.arrays import FloatArray
from scratchmlp.kernels import add_scaled
from scratchmlp.public import public

#: An array of shape (n_parameters,), laid out like theta.
Vector: TypeAlias = FloatArray
State: TypeAlias = dict[str, Any]


@public("scratchmlp.optimizers")
@dataclass(eq=False, repr=False, kw_only=True)
class Optimizer(BaseEstimator, ABC):
    """Base class of optimizers: an update rule, weight decay and gradient clipping.

    Hyper-parameters are constructor parameters, as in scikit-learn: ``clone`` works, and a grid
    search can set them, for instance as ``solver__beta_1``. All optimizers have the two parameters
    below, which are keyword-only. A subclass that defines its own constructor may omit them.

    Parameters
    ----------
    weight_decay : float, default=0.0
        λ, at least 0. All parameters, including biases, shrink before each step: θ ← θ - η λ θ.
        The decay is decoupled: unlike an L2 penalty, it is not part of the gradient that the update
        rule receives.
    max_grad_norm : float or None, default=None
        c, above 0: the largest allowed Euclidean norm of the gradient with respect to all
        parameters. A longer gradient is scaled down to this norm: g ← g c / ‖g‖. None does not clip
        gradients.

    Attributes
    ----------
    elementwise : bool
        Class attribute: whether `update` treats each entry separately, so that entry i of the
        result depends only on entry i of the gradient, theta and the state, and whether it changes
        the arrays of the state in place. `step` then calls it on blocks of large vectors, which
        stay in the processor's cache. It is False for a class that defines `update` without it.

    References
    ----------
    Loshchilov and Hutter, "Decoupled weight decay regularization", ICLR 2019.

    Pascanu, Mikolov and Bengio, "On the difficulty of training recurrent neural networks", ICML
    2013. Section 3.2 describes clipping.

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

    elementwise: ClassVar[bool] = False

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "weight_decay": [Interval(Real, 0, None, closed="left")],
        "max_grad_norm": [Interval(Real, 0, None, closed="neither"), None],
    }

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        owner = next(base for base in cls.__mro__ if "update" in vars(base))
        if "elementwise" not in {**vars(owner), **vars(cls)}:
            cls.elementwise = False  # the rule may need whole vectors

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
            grad = _clip(grad, number(self.max_grad_norm))
        if np.any(self.weight_decay):
            theta *= 1 - learning_rate * number(self.weight_decay)
        if not self.elementwise or theta.nbytes <= _BLOCK:
            self.update(theta, grad, state, learning_rate)
            return
        # `update` changes arrays through views. Numbers, such as the count of steps, begin with the
        # same value in each block, so that all blocks take the same step. They are stored last.
        for block in gen_batches(len(theta), _BLOCK // theta.itemsize):
            part = {k: v[block] if isinstance(v, np.ndarray) else v for k, v in state.items()}
            self.update(theta[block], grad[block], part, learning_rate)
        state |= {k: v for k, v in part.items() if not isinstance(v, np.ndarray)}

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


#: Size of a block in bytes. Such blocks of several vectors fit into the processor's cache.
_BLOCK = 2**18


def number(value: Any) -> Any:
    """Return a hyper-parameter as a float; a NumPy scalar would turn float32 arrays into float64.

    An array, with the hyper-parameter of each of several networks, is returned unchanged.
    """
    return value if isinstance(value, np.ndarray) else float(value)


def _clip(grad: Vector, longest: Any) -> Vector:
    """Return the gradient, or a copy scaled down to the norm `longest` if it is longer.

    SciPy's `norm` calls BLAS, which does not overflow even if the squares of the entries would.
    """
    if grad.ndim == 2:  # of several networks
        lengths = np.array([[norm(each, check_finite=False)] for each in grad])
        return grad * (longest / np.maximum(lengths, longest)).astype(grad.dtype)
    length = norm(grad, check_finite=False)
    return grad * (longest / length) if length > longest else grad


def update_mean(mean: Vector, beta: Any, new: Vector) -> None:
    """Update an exponential moving average in place: mean ← β mean + (1 - β) new."""
    mean *= number(beta)
    add_scaled(mean, 1 - number(beta), new)


def divide_by_root(numerator: Vector, s: Vector, epsilon: Any) -> Vector:
    """Return numerator / (√s + ε) in a new array."""
    root = np.sqrt(s)
    root += number(epsilon)
    return np.divide(numerator, root, out=root)
