"""The options of a network: the values that each takes, and where it is ignored or refused.

`OPTIONS` declares the parameters of both estimators. Validation and refusals follow from it, and
tests compare it with what each option does.
"""

from dataclasses import dataclass, field
from numbers import Integral, Real
from typing import Any

import numpy as np
from sklearn.metrics import get_scorer_names
from sklearn.utils._param_validation import HasMethods, Interval, Options, StrOptions

from scratchmlp.activations import ACTIVATIONS
from scratchmlp.initializers import INITIALIZERS
from scratchmlp.optimizers import OPTIMIZERS, Optimizer
from scratchmlp.schedules import SCHEDULES, Schedule


class _Instance(HasMethods):
    """An instance with these methods; classes are rejected."""

    def is_satisfied_by(self, val: Any) -> bool:
        return not isinstance(val, type) and super().is_satisfied_by(val)


class _Function(_Instance):
    """A callable; classes are rejected, because a call would only create an instance."""

    def __init__(self, hint: str = "") -> None:
        super().__init__("__call__")
        self.hint = hint  # about other values

    def __str__(self) -> str:
        return f"a callable, not a class{self.hint}"


@dataclass(frozen=True)
class Option:
    """A parameter of a network.

    Attributes
    ----------
    values : list
        What it may be, as scikit-learn's constraints.
    of_each_layer : bool
        Whether it may also be a tuple or list with one value for each hidden layer.
    ignored : tuple of str
        Where it has no effect: names in `PLACES`.
    refused : dict of str to str
        Where it must be off, that is 0, False or None: names in `PLACES`, with the reason.
    """

    values: list[Any]
    of_each_layer: bool = False
    ignored: tuple[str, ...] = ()
    refused: dict[str, str] = field(default_factory=dict)

    @property
    def constraints(self) -> list[Any]:
        """The constraints of the parameter as a whole."""
        return [*self.values, tuple, list] if self.of_each_layer else self.values


#: Where an option may be ignored or refused, in words, and what users can do instead.
PLACES = {
    "lbfgs": ("with solver='lbfgs'", "choose another solver, for instance 'adam'"),
    "cluster": ("on a cluster", "train on data in memory"),
}
_WITHOUT_LBFGS = ("lbfgs",)  # L-BFGS has neither batches nor a learning rate
_BOOLEAN = ["boolean"]
_POSITIVE = [Interval(Real, 0, None, closed="neither")]
_NOT_NEGATIVE = [Interval(Real, 0, None, closed="left")]
_COUNT = [Interval(Integral, 1, None, closed="left")]
_FRACTION = [Interval(Real, 0, 1, closed="left")]
_ACTIVATION = [StrOptions(set(ACTIVATIONS)), _Instance(["forward", "backward"])]
_LEARNING_RATE = [
    StrOptions({"adaptive", *SCHEDULES}),
    Schedule,
    _Function(" (pass a number as learning_rate_init)"),
]
_RANDOM_MASKS = {
    "lbfgs": "L-BFGS needs a deterministic objective, and masks change it in each evaluation",
    "cluster": "its random masks would depend on the partitions",
}

#: The parameters of both estimators, except for `loss` and `class_weight`.
OPTIONS = {
    "hidden_layer_sizes": Option(["array-like", *_COUNT]),
    "activation": Option(_ACTIVATION, of_each_layer=True),
    "solver": Option([StrOptions({"lbfgs", *OPTIMIZERS}), Optimizer]),
    "alpha": Option(_NOT_NEGATIVE),
    "batch_size": Option([StrOptions({"auto", "full"}), *_COUNT], ignored=_WITHOUT_LBFGS),
    "learning_rate": Option(_LEARNING_RATE, ignored=_WITHOUT_LBFGS),
    "learning_rate_init": Option(_POSITIVE, ignored=_WITHOUT_LBFGS),
    "power_t": Option(_NOT_NEGATIVE, ignored=_WITHOUT_LBFGS),
    "max_iter": Option(_COUNT),
    "shuffle": Option(_BOOLEAN, ignored=_WITHOUT_LBFGS),
    "random_state": Option(["random_state"]),
    "tol": Option(_NOT_NEGATIVE),
    "verbose": Option(["verbose"]),
    "warm_start": Option(_BOOLEAN),
    "momentum": Option([Interval(Real, 0, 1, closed="both")], ignored=_WITHOUT_LBFGS),
    "nesterovs_momentum": Option(_BOOLEAN, ignored=_WITHOUT_LBFGS),
    "early_stopping": Option(_BOOLEAN),
    "validation_fraction": Option(_FRACTION),
    "beta_1": Option(_FRACTION, ignored=_WITHOUT_LBFGS),
    "beta_2": Option(_FRACTION, ignored=_WITHOUT_LBFGS),
    "epsilon": Option(_POSITIVE, ignored=_WITHOUT_LBFGS),
    "n_iter_no_change": Option([*_COUNT, Options(Real, {np.inf})]),
    "max_fun": Option(_COUNT),
    "output_activation": Option([StrOptions({"auto", "softmax", "logistic", "identity"})]),
    "fit_intercept": Option(_BOOLEAN),
    "weight_init": Option([StrOptions(set(INITIALIZERS)), _Function()]),
    "dropout": Option(_FRACTION, of_each_layer=True, refused=_RANDOM_MASKS),
    "scoring": Option([StrOptions({"loss", *get_scorer_names()}), callable, None]),
}


def refuse_options(estimator: Any, place: str) -> None:
    """Raise a ValueError if an option of an estimator is on that is refused in such a place."""
    where, instead = PLACES[place]
    for name, option in OPTIONS.items():
        if place in option.refused and np.any(value := getattr(estimator, name)):
            raise ValueError(
                f"{name} is not supported {where}, because {option.refused[place]}; got "
                f"{name}={value!r}. Set {name}={getattr(type(estimator), name)!r}, or {instead}."
            )
