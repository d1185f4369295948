"""What an optimizer is."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from numbers import Real
from typing import Any, ClassVar, TypeAlias

from scipy.linalg import norm
from sklearn.base import BaseEstimator
from sklearn.utils._param_validation import Interval

from scratchmlp.arrays import FloatArray

State: TypeAlias = dict[str, Any]


@dataclass(eq=False, repr=False, kw_only=True)
class Optimizer(BaseEstimator, ABC):
    """Base of the optimizers: a rule, the decay of parameters and the clipping of gradients.

    Hyper-parameters are constructor parameters in scikit-learn's sense, so that ``clone`` works
    and a grid search reaches them, for instance as ``solver__beta_1``. The two below are common to
    all optimizers, and given by name. A subclass with a constructor of its own may leave them out.

    Parameters
    ----------
    weight_decay : float, default=0.0
        λ, at least 0. Before a step all parameters, biases too, shrink: θ ← θ - η λ θ. The decay is
        decoupled from the gradient, and so does not pass through the rule, as an L2 penalty in the
        loss does.
    max_grad_norm : float or None, default=None
        c, above 0. A gradient whose Euclidean norm, over all parameters, is larger is scaled down
        to it, g ← g c / ‖g‖. None leaves gradients as they are.

    References
    ----------
    Loshchilov and Hutter, "Decoupled weight decay regularization", ICLR 2019.

    Pascanu, Mikolov and Bengio, "On the difficulty of training recurrent neural networks", ICML
    2013: clipping, in its section 3.2.

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
    def init(self, theta: FloatArray) -> State:
        """Make the state before the first step.

        Parameters
        ----------
        theta : ndarray of shape (n_parameters,)
            Parameters; only their shape and type matter.

        Returns
        -------
        dict
            Arrays shaped like theta, and numbers.
        """

    def step(self, theta: FloatArray, grad: FloatArray, state: State, learning_rate: float) -> None:
        """Take one step: change `theta` and `state` in place.

        Parameters
        ----------
        theta : ndarray of shape (n_parameters,)
            Parameters.
        grad : ndarray of shape (n_parameters,)
            Gradient of the objective at theta.
        state : dict
            What `init` made and earlier steps left.
        learning_rate : float
            η, a Python float.
        """
        if self.max_grad_norm is not None:
            grad = _clip(grad, float(self.max_grad_norm))
        if self.weight_decay:
            theta *= 1 - learning_rate * float(self.weight_decay)
        self.update(theta, grad, state, learning_rate)

    @abstractmethod
    def update(
        self, theta: FloatArray, grad: FloatArray, state: State, learning_rate: float
    ) -> None:
        """Follow the rule of the class; decay and clipping are done.

        Parameters
        ----------
        theta : ndarray of shape (n_parameters,)
            Parameters, changed in place.
        grad : ndarray of shape (n_parameters,)
            Gradient, which stays as it is.
        state : dict
            What `init` made and earlier steps left, changed in place.
        learning_rate : float
            η, a Python float.
        """


def _clip(grad: FloatArray, longest: float) -> FloatArray:
    """Scale a gradient down to the norm `longest`, in a new array, if it is longer.

    The norm is that of BLAS, which does not overflow where squares would.
    """
    length = norm(grad, check_finite=False)
    return grad * (longest / length) if length > longest else grad
