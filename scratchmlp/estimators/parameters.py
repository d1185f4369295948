"""What users say: the parameters of both estimators, and what they stand for in the core.

A name stands for an object of the core, such as an optimizer, and an object for itself.
`Parameters` checks both and makes of them the network, the loss and the solver that a fit needs.
"""

import warnings
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from numbers import Integral, Real
from typing import Any, ClassVar

import numpy as np
from sklearn.base import BaseEstimator, is_classifier
from sklearn.metrics import get_scorer_names
from sklearn.utils._param_validation import (
    HasMethods,
    Interval,
    Options,
    StrOptions,
    validate_parameter_constraints,
)

from scratchmlp.activations import ACTIVATIONS, OUTPUT_ACTIVATIONS, resolve_activation
from scratchmlp.initializers import INITIALIZERS, Initializer
from scratchmlp.losses import LOSSES, Loss, losses_for
from scratchmlp.network import Network
from scratchmlp.optimizers import OPTIMIZERS, SGD, Optimizer
from scratchmlp.schedules import SCHEDULES, Constant, InverseScaling, Progress, Schedule
from scratchmlp.training import LBFGS, Descent


class _Instance(HasMethods):
    """An object with some methods. Its class has them too, but is none."""

    def is_satisfied_by(self, val: Any) -> bool:
        return not isinstance(val, type) and super().is_satisfied_by(val)


class _Function(_Instance):
    """Anything that can be called, but for classes, which would make an object of the arguments."""

    def __init__(self) -> None:
        super().__init__("__call__")

    def __str__(self) -> str:
        return "a callable, not a class"


#: What a parameter may be that is given for all hidden layers, or in a tuple for each.
_ONE_LAYER: dict[str, list[Any]] = {
    "activation": [StrOptions(set(ACTIVATIONS)), _Instance(["forward", "backward"])],
    "dropout": [Interval(Real, 0, 1, closed="left")],
}


def hidden_sizes(given: Any) -> tuple[int, ...]:
    """Return the units of each hidden layer, given in any way that `hidden_layer_sizes` may be."""
    sizes = tuple(given) if isinstance(given, Iterable) else (given,)
    if any(not isinstance(n, Integral) or isinstance(n, bool) or n < 1 for n in sizes):
        raise ValueError(
            "hidden_layer_sizes must be > 0, a whole number of units for each hidden layer "
            f"(an empty tuple for none); got {given!r}."
        )
    return tuple(int(n) for n in sizes)


class Parameters(BaseEstimator, ABC):
    """Parameters of ScratchMLPClassifier and ScratchMLPRegressor, which document them."""

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "hidden_layer_sizes": ["array-like", Interval(Integral, 1, None, closed="left")],
        "activation": [*_ONE_LAYER["activation"], tuple, list],
        "solver": [StrOptions({"lbfgs", *OPTIMIZERS}), Optimizer],
        "alpha": [Interval(Real, 0, None, closed="left")],
        "batch_size": [StrOptions({"auto", "full"}), Interval(Integral, 1, None, closed="left")],
        "learning_rate": [StrOptions({"adaptive", *SCHEDULES}), Schedule, _Function()],
        "learning_rate_init": [Interval(Real, 0, None, closed="neither")],
        "power_t": [Interval(Real, 0, None, closed="left")],
        "max_iter": [Interval(Integral, 1, None, closed="left")],
        "shuffle": ["boolean"],
        "random_state": ["random_state"],
        "tol": [Interval(Real, 0, None, closed="left")],
        "verbose": ["verbose"],
        "warm_start": ["boolean"],
        "momentum": [Interval(Real, 0, 1, closed="both")],
        "nesterovs_momentum": ["boolean"],
        "early_stopping": ["boolean"],
        "validation_fraction": [Interval(Real, 0, 1, closed="left")],
        "beta_1": [Interval(Real, 0, 1, closed="left")],
        "beta_2": [Interval(Real, 0, 1, closed="left")],
        "epsilon": [Interval(Real, 0, None, closed="neither")],
        "n_iter_no_change": [
            Interval(Integral, 1, None, closed="left"),
            Options(Real, {np.inf}),
        ],
        "max_fun": [Interval(Integral, 1, None, closed="left")],
        "output_activation": [StrOptions({"auto", "softmax", "logistic", "identity"})],
        "fit_intercept": ["boolean"],
        "weight_init": [StrOptions(set(INITIALIZERS)), _Function()],
        "dropout": [*_ONE_LAYER["dropout"], tuple, list],
        "scoring": [StrOptions({"loss", *get_scorer_names()}), callable, None],
    }

    @abstractmethod
    def __init__(
        self,
        *,
        hidden_layer_sizes: Any,
        activation: Any,
        solver: str | Optimizer,
        alpha: float,
        batch_size: int | str,
        learning_rate: str | Callable[[Progress], float],
        learning_rate_init: float,
        power_t: float,
        max_iter: int,
        shuffle: bool,
        random_state: Any,
        tol: float,
        verbose: bool,
        warm_start: bool,
        momentum: float,
        nesterovs_momentum: bool,
        early_stopping: bool,
        validation_fraction: float,
        beta_1: float,
        beta_2: float,
        epsilon: float,
        n_iter_no_change: float,
        max_fun: int,
        loss: str | Loss,
        output_activation: str,
        fit_intercept: bool,
        weight_init: str | Initializer,
        dropout: Any,
        scoring: Any,
    ) -> None:
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.solver = solver
        self.alpha = alpha
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.learning_rate_init = learning_rate_init
        self.power_t = power_t
        self.max_iter = max_iter
        self.shuffle = shuffle
        self.random_state = random_state
        self.tol = tol
        self.verbose = verbose
        self.warm_start = warm_start
        self.momentum = momentum
        self.nesterovs_momentum = nesterovs_momentum
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon
        self.n_iter_no_change = n_iter_no_change
        self.max_fun = max_fun
        self.loss = loss
        self.output_activation = output_activation
        self.fit_intercept = fit_intercept
        self.weight_init = weight_init
        self.dropout = dropout
        self.scoring = scoring

    def _make_network(self, sizes: tuple[int, ...]) -> Network:
        n_hidden = len(sizes) - 2
        activation, dropout = (self._by_layer(name, n_hidden) for name in ("activation", "dropout"))
        if self.solver == "lbfgs" and np.any(dropout):
            raise ValueError(
                "solver='lbfgs' needs an objective that stays the same, and dropout draws another "
                f"at each evaluation; got dropout={self.dropout!r}. Choose another solver, 'adam' "
                "for instance, or dropout=0.0."
            )
        return Network(sizes, resolve_activation(activation), self.fit_intercept, dropout)

    def _by_layer(self, name: str, n_hidden: int) -> Any:
        """Check a parameter that may be a sequence with one value for each hidden layer."""
        given = getattr(self, name)
        if not isinstance(given, tuple | list):
            return given
        if len(given) != n_hidden:
            raise ValueError(
                f"{name} must be one value for all hidden layers, or a tuple with one for each of "
                f"the {n_hidden} of hidden_layer_sizes={self.hidden_layer_sizes!r}; got "
                f"{given!r}, which has {len(given)}."
            )
        for value in given:
            validate_parameter_constraints(_ONE_LAYER, {name: value}, type(self).__name__)
        return tuple(given)

    def _make_loss(self, auto: str | None = None) -> Loss:
        """Give a copy of the loss its output activation.

        "auto" means the one that the user's loss has been given with `with_output`, or `auto` where
        the loss can have it, and otherwise the loss's own.
        """
        loss = self._checked_loss()
        output = self.output_activation
        if output == "auto":
            output = loss._output or (auto if auto in loss.outputs else loss.outputs[0])
        if output not in loss.outputs:
            raise ValueError(
                f"loss={self.loss!r} goes with the output activations {', '.join(loss.outputs)}; "
                f"got output_activation={output!r}. Choose one of them, or 'auto'."
            )
        return loss.with_output(output)

    def _checked_loss(self) -> Loss:
        loss = self.loss if isinstance(self.loss, Loss) else LOSSES[self.loss]()
        loss._validate_params()
        outputs = getattr(loss, "outputs", None)
        if not (isinstance(outputs, tuple) and outputs and set(outputs) <= set(OUTPUT_ACTIVATIONS)):
            raise ValueError(
                f"The class of loss={self.loss!r} must have `outputs`, a tuple of the output "
                "activations that the loss can have, its own first, out of "
                f"{', '.join(map(repr, OUTPUT_ACTIVATIONS))}; got {outputs!r}. Write "
                "outputs = ('identity',) into it, for instance."
            )
        kind = "classifier" if is_classifier(self) else "regressor"
        if kind not in loss.estimator_types:
            fitting = ", ".join(f"{name!r}" for name in losses_for(kind))
            raise ValueError(
                f"loss={self.loss!r} is for a {' or '.join(loss.estimator_types)}, and "
                f"{type(self).__name__} is a {kind}. Choose one of {fitting}, or an object of one "
                "of their classes in scratchmlp.losses."
            )
        return loss

    def _make_solver(self, n_rows: int, max_iter: int) -> Descent | LBFGS:
        if self.solver == "lbfgs":
            return LBFGS(self.tol, max_iter, self.max_fun)
        optimizer = self._make_optimizer()
        return Descent(
            optimizer,
            self._make_schedule(optimizer),
            float(self.learning_rate_init),
            self._batch_rows(n_rows),
            self.shuffle,
            max_iter,
        )

    def _make_optimizer(self) -> Optimizer:
        """Give a named optimizer those of its hyper-parameters that are constructor parameters."""
        if isinstance(self.solver, Optimizer):
            self.solver._validate_params()
            return self.solver
        given = {
            "momentum": self.momentum,
            "nesterov": self.nesterovs_momentum,
            "beta_1": self.beta_1,
            "beta_2": self.beta_2,
            "epsilon": self.epsilon,
        }
        optimizer = OPTIMIZERS[self.solver]()
        return optimizer.set_params(**{k: given[k] for k in optimizer.get_params() if k in given})

    def _make_schedule(self, optimizer: Optimizer) -> Callable[[Progress], float]:
        """Find a named schedule; scikit-learn's act with SGD alone."""
        if isinstance(self.learning_rate, Schedule):
            self.learning_rate._validate_params()
        if not isinstance(self.learning_rate, str):
            return self.learning_rate
        if self.learning_rate == "invscaling":
            return InverseScaling(self.power_t) if isinstance(optimizer, SGD) else Constant()
        return SCHEDULES.get(self.learning_rate, Constant)()  # "adaptive" is the monitor's

    def _batch_rows(self, n_rows: int) -> int:
        if isinstance(self.batch_size, str):
            return n_rows if self.batch_size == "full" else min(200, n_rows)
        if self.batch_size > n_rows:
            warnings.warn(
                f"Got batch_size={self.batch_size}, larger than the sample size: it is clipped to "
                f"the {n_rows} training rows. Choose a smaller one, or 'full'.",
                stacklevel=6,
            )
        return min(int(self.batch_size), n_rows)
