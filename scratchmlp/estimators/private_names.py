"""Private methods of scikit-learn's MLP that other people's code uses, and what replaces them.

A method with a name in `REPLACED` can only be written for scikit-learn's MLP. Other private names,
such as ``_fit``, are free for subclasses. :doc:`/comparison` says what replaces those.
"""

import warnings
from inspect import getattr_static
from typing import Any, NoReturn

from scratchmlp.utils.public import stacklevel

_GRADIENT = (
    "Pass a Loss object as `loss` to train on your own loss; `check_gradient(estimator, X, y)` "
    "returns the gradient."
)
_OUTPUTS = (
    "`hidden_activations(X, i)` returns the outputs of hidden layer i, and `predict_proba(X)` or "
    "`predict(X)` those of the network; pass an Activation object as `activation`, or set "
    "`dropout`, to change the layers."
)

#: Private methods of scikit-learn's MLP, with what replaces each.
REPLACED = {
    "_forward_pass": _OUTPUTS,
    "_forward_pass_fast": _OUTPUTS,
    "_backprop": _GRADIENT,
    "_compute_loss_grad": _GRADIENT,
    "_loss_grad_lbfgs": _GRADIENT,
    "_init_coef": "Pass a function as `weight_init`, such as those in `scratchmlp.initializers`.",
    "_fit_stochastic": "`partial_fit(X, y)` trains for one epoch; pass an Optimizer object as "
    "`solver`, a Schedule as `learning_rate` or callbacks to `set_callbacks` to change training.",
    "_fit_lbfgs": '`fit` with `solver="lbfgs"` trains; callbacks follow each iteration.',
    "_update_no_improvement_count": "Set `scoring`, or let a callback stop training; "
    "`stop_reason_` says what has stopped it.",
    "_score_with_function": "`score(X, y)` returns the score; `scoring` chooses that of early "
    "stopping.",
}


class _Replaced:
    """A private method of scikit-learn's MLP: reading it says what replaces it."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __get__(self, estimator: Any, owner: type) -> NoReturn:
        raise AttributeError(
            f"{owner.__name__} has no {self.name!r}, a private method of scikit-learn's MLP. "
            f"{REPLACED[self.name]}"
        )


class PrivateNames:
    """An estimator that says what replaces private methods of scikit-learn's MLP."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Warn of a class that overrides a method in `REPLACED`, which nothing calls."""
        super().__init_subclass__(**kwargs)
        for name, replacement in REPLACED.items():
            if not isinstance(getattr_static(cls, name), _Replaced):
                warnings.warn(
                    f"{cls.__name__} overrides {name!r}, a private method of scikit-learn's MLP, "
                    f"which this package does not call. {replacement}",
                    stacklevel=stacklevel(),
                )


for _name in REPLACED:
    setattr(PrivateNames, _name, _Replaced(_name))
