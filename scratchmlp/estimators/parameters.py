"""The parameters of both estimators, and the network, loss and solver that they describe.

A parameter such as `solver` is either an object or the name of a class, for instance "adam" for
`scratchmlp.optimizers.Adam`. `Parameters` makes the network, the loss and the solver for a fit.
`scratchmlp.estimators.options` says which values each parameter takes.
"""

import warnings
from abc import ABC
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from numbers import Integral
from typing import Any, ClassVar

import numpy as np
from sklearn.base import is_classifier

from scratchmlp.activations import OUTPUT_ACTIVATIONS, resolve_activation
from scratchmlp.estimators.mixins import SuggestsNames
from scratchmlp.estimators.options import OPTIONS, refuse_options
from scratchmlp.initializers import Initializer
from scratchmlp.losses import LOSSES, Loss, losses_for, output_for, own_outputs
from scratchmlp.network import Network
from scratchmlp.optimizers import OPTIMIZERS, SGD, Optimizer, with_plain_numbers
from scratchmlp.schedules import SCHEDULES, Adaptive, Constant, InverseScaling, Progress, Schedule
from scratchmlp.solvers import LBFGS, Descent
from scratchmlp.utils.public import stacklevel


def hidden_sizes(given: Any) -> tuple[int, ...]:
    """Check `hidden_layer_sizes`; return the number of units of each hidden layer as a tuple."""
    sizes = tuple(given) if np.iterable(given) else (given,)
    if any(not isinstance(n, Integral) or isinstance(n, bool) or n < 1 for n in sizes):
        raise ValueError(
            "hidden_layer_sizes must be > 0: an integer, or a tuple with one integer for each "
            f"hidden layer; got {given!r}. For a network without hidden layers, use ()."
        )
    return tuple(int(n) for n in sizes)


@dataclass(kw_only=True, eq=False, repr=False)
class KeywordParameters:
    """Parameters with a keyword of both estimators, which document them."""

    solver: str | Optimizer = "adam"
    alpha: float = 0.0001
    batch_size: int | str = "auto"
    learning_rate: str | Callable[[Progress], float] = "constant"
    learning_rate_init: float = 0.001
    power_t: float = 0.5
    max_iter: int = 200
    shuffle: bool = True
    random_state: Any = None
    tol: float = 1e-4
    verbose: bool = False
    warm_start: bool = False
    momentum: float = 0.9
    nesterovs_momentum: bool = True
    early_stopping: bool = False
    validation_fraction: float = 0.1
    beta_1: float = 0.9
    beta_2: float = 0.999
    epsilon: float = 1e-8
    n_iter_no_change: float = 10
    max_fun: int = 15000
    loss: str | Loss
    output_activation: str = "auto"
    fit_intercept: bool = True
    weight_init: str | Initializer = "glorot_uniform"
    dropout: Any = 0.0
    scoring: Any = None


class Parameters(KeywordParameters, SuggestsNames, ABC):
    """Parameters of ScratchMLPClassifier and ScratchMLPRegressor, which document them.

    An estimator is a dataclass of its parameters: it adds those that are not in `KeywordParameters`
    or differ, in the order of scikit-learn.
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        name: option.constraints for name, option in OPTIONS.items()
    }

    hidden_layer_sizes: Any
    activation: Any

    @classmethod
    @cache
    def _get_param_names(cls) -> list[str]:
        """Return the names of the parameters. scikit-learn inspects them anew in each clone."""
        return super()._get_param_names()

    def _make_network(self, sizes: tuple[int, ...]) -> Network:
        n_hidden = len(sizes) - 2
        activation, dropout = (self._by_layer(name, n_hidden) for name in ("activation", "dropout"))
        if self.solver == "lbfgs":
            refuse_options(self, "lbfgs")
        return Network(sizes, resolve_activation(activation), self.fit_intercept, dropout)

    def _by_layer(self, name: str, n_hidden: int) -> Any:
        """Return a parameter that is one value or a tuple with one value for each hidden layer."""
        given = getattr(self, name)
        if not isinstance(given, tuple | list):
            return given
        if len(given) != n_hidden:
            raise ValueError(
                f"{name} must be one value for all hidden layers, or a tuple with one value for "
                f"each of the {n_hidden} layers in hidden_layer_sizes={self.hidden_layer_sizes!r}; "
                f"got {given!r}, which has {len(given)}."
            )
        for value in given:
            self._validate_param(name, value, {name: OPTIONS[name].values})
        return tuple(given)

    def _make_loss(self, auto: str | None = None) -> Loss:
        """Return a copy of the loss with its output activation.

        If `output_activation` is "auto", it is the one that the user set with `Loss.with_output`.
        Otherwise it is `auto` if the loss supports it, and the default of the loss if not.
        """
        loss = loss_of(self)
        output = self.output_activation
        if output == "auto":
            output = output_for(loss, auto)
        if output not in loss.outputs:
            raise ValueError(
                f"loss={self.loss!r} supports these output activations: {', '.join(loss.outputs)}; "
                f"got output_activation={output!r}. Choose one of them, or 'auto'."
            )
        return loss.with_output(output)

    def _make_solver(self, n_rows: int) -> Descent | LBFGS:
        if self.solver == "lbfgs":
            return LBFGS(self.tol, self.max_iter, self.max_fun)
        optimizer = with_plain_numbers(self._make_optimizer())
        adapts = self.learning_rate == "adaptive" and isinstance(optimizer, SGD)
        return Descent(
            optimizer,
            self._make_schedule(optimizer),
            float(self.learning_rate_init),
            self._batch_rows(n_rows),
            self.shuffle,
            self.max_iter,
            adaptive=Adaptive() if adapts else None,
            shared_generator=not isinstance(self.random_state, Integral),
        )

    def _make_optimizer(self) -> Optimizer:
        """Return the optimizer; some named ones get hyper-parameters from this estimator."""
        if isinstance(self.solver, Optimizer):
            self.solver._validate_params()
            return self.solver
        adam = {"beta_1": self.beta_1, "beta_2": self.beta_2, "epsilon": self.epsilon}
        given: dict[str, dict[str, Any]] = {
            "sgd": {"momentum": self.momentum, "nesterov": self.nesterovs_momentum},
            "adagrad": {"epsilon": self.epsilon},
            "rmsprop": {"epsilon": self.epsilon},
            **dict.fromkeys(("adam", "adamw", "nadam"), adam),
        }
        return OPTIMIZERS[self.solver](**given.get(self.solver, {}))

    def _make_schedule(self, optimizer: Optimizer) -> Callable[[Progress], float]:
        """Return the schedule; as in scikit-learn, "invscaling" has an effect only with SGD."""
        if isinstance(self.learning_rate, Schedule):
            self.learning_rate._validate_params()
        if not isinstance(self.learning_rate, str):
            return self.learning_rate
        if self.learning_rate == "invscaling":
            return InverseScaling(self.power_t) if isinstance(optimizer, SGD) else Constant()
        return SCHEDULES.get(self.learning_rate, Constant)()  # "adaptive" is not in SCHEDULES

    def _batch_rows(self, n_rows: int) -> int:
        if isinstance(self.batch_size, str):
            return n_rows if self.batch_size == "full" else min(200, n_rows)
        if self.batch_size > n_rows:
            warnings.warn(
                f"batch_size={self.batch_size} is larger than the number of training samples, so "
                f"it is clipped to {n_rows}. Choose a smaller batch_size, or 'full'.",
                stacklevel=stacklevel(),
            )
        return min(int(self.batch_size), n_rows)


def refuse_own_outputs(loss: Loss, estimator: Any) -> None:
    """Raise an error if a loss predicts in a way of its own, which an estimator would not use."""
    if own := own_outputs(loss):
        raise ValueError(
            f"loss={loss!r} defines {own}, which {type(estimator).__name__} would not use: it "
            "applies the output activation to one raw score for each target. Remove this from the "
            "class of the loss, or use ScratchMLPRegressor, which asks the loss."
        )


def loss_of(estimator: Any) -> Loss:
    """Return the loss that the parameter `loss` of an estimator names, or check the loss it is.

    Parameters
    ----------
    estimator : estimator
        A classifier or a regressor.

    Returns
    -------
    Loss
        The loss, with the output activation that the user set, if any.

    Raises
    ------
    ValueError
        If the loss has invalid parameters, or is for another type of estimator.
    """
    loss = estimator.loss
    if isinstance(loss, str):
        return LOSSES[loss]()
    loss._validate_params()
    outputs = getattr(loss, "outputs", None)
    if not (isinstance(outputs, tuple) and outputs and set(outputs) <= set(OUTPUT_ACTIVATIONS)):
        raise ValueError(
            f"The class of loss={loss!r} must define `outputs`, a tuple of the output "
            "activations that the loss supports, the default first, out of "
            f"{', '.join(map(repr, OUTPUT_ACTIVATIONS))}; got {outputs!r}. Write "
            "outputs = ('identity',) in the class, for instance."
        )
    kind = "classifier" if is_classifier(estimator) else "regressor"
    if kind not in loss.estimator_types:
        fitting = ", ".join(f"{name!r}" for name in losses_for(kind))
        raise ValueError(
            f"loss={loss!r} is for a {' or '.join(loss.estimator_types)}, but "
            f"{type(estimator).__name__} is a {kind}. Choose one of {fitting}, or an instance of "
            "one of their classes in scratchmlp.losses."
        )
    return loss
