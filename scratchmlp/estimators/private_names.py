"""Private names of scikit-learn's MLP that other people's code uses, and what replaces them.

`REPLACED` is the only list: reading or setting such a name, or overriding it in a subclass, raises
an error with its sentence. The table in :doc:`/comparison` shows them all.
"""

from inspect import getattr_static
from typing import Any, NoReturn

_GRADIENT = (
    "Pass a Loss object as `loss` to train on your own loss; `check_gradient(estimator, X, y)` "
    "returns the gradient."
)
_OUTPUTS = (
    "`hidden_activations(X, i)` returns the outputs of hidden layer i, and `predict_proba(X)` or "
    "`predict(X)` those of the network; pass an Activation object as `activation`, or set "
    "`dropout`, to change the layers."
)
_WEIGHTS = "`coefs_` and `intercepts_` hold the weights, with early stopping the best ones."
_LOOP = (
    "`partial_fit(X, y)` trains for one epoch; pass an Optimizer object as `solver`, a Schedule as "
    "`learning_rate` or callbacks to `set_callbacks` to change training."
)
_VALIDATION = "`score(X, y)` returns the score; `scoring` chooses that of early stopping."
_VECTOR = "`theta_` holds all weights and biases; `coefs_` and `intercepts_` are views of it."

#: Private names of scikit-learn's MLP, with what replaces each.
REPLACED = {
    "_forward_pass": _OUTPUTS,
    "_forward_pass_fast": _OUTPUTS,
    "_predict": "`predict(X)` predicts; override `predict` to change predictions.",
    "_backprop": _GRADIENT,
    "_compute_loss_grad": _GRADIENT,
    "_loss_grad_lbfgs": _GRADIENT,
    "_init_coef": "Pass a function as `weight_init`, such as those in `scratchmlp.initializers`.",
    "_initialize": "`initialize(X, y)` draws the weights; `weight_init` says how.",
    "_fit": "`fit` or `partial_fit` trains; override these to do more.",
    "_fit_stochastic": _LOOP,
    "_fit_lbfgs": '`fit` with `solver="lbfgs"` trains; callbacks follow each iteration.',
    "_update_no_improvement_count": "Set `scoring`, or let a callback stop training; "
    "`stop_reason_` says what has stopped it.",
    "_validate_input": "Override `fit`, and check `X` and `y` there.",
    "_check_solver": '`hasattr(estimator, "partial_fit")` says whether the solver has epochs.',
    "_score": _VALIDATION,
    "_score_with_function": _VALIDATION,
    "_optimizer": '`history_["learning_rate"]` holds the rate of each epoch; pass an Optimizer '
    "object as `solver` for one of your own.",
    "_random_state": "Pass a RandomState as `random_state`, and keep it.",
    "_best_coefs": _WEIGHTS,
    "_best_intercepts": _WEIGHTS,
    "_unpack": _VECTOR,
    "_coef_indptr": _VECTOR,
    "_intercept_indptr": _VECTOR,
}


class _Replaced:
    """A private name of scikit-learn's MLP: reading or setting it says what replaces it."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __get__(self, estimator: Any, owner: type | None = None) -> NoReturn:
        self._refuse(owner or type(estimator))

    def __set__(self, estimator: Any, value: Any) -> NoReturn:
        self._refuse(type(estimator))

    def _refuse(self, owner: type) -> NoReturn:
        raise AttributeError(
            f"{owner.__name__} has no {self.name!r}, a private name of scikit-learn's MLP. "
            f"{REPLACED[self.name]}"
        )


class PrivateNames:
    """An estimator that says what replaces private names of scikit-learn's MLP."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Refuse a class that overrides a name in `REPLACED`, which nothing would call.

        Raises
        ------
        TypeError
            If the class has such a name.
        """
        super().__init_subclass__(**kwargs)
        for name, replacement in REPLACED.items():
            if not isinstance(getattr_static(cls, name), _Replaced):
                raise TypeError(
                    f"{cls.__name__} overrides {name!r}, a private name of scikit-learn's MLP, "
                    f"which is not called here. {replacement}"
                )


for _name in REPLACED:
    setattr(PrivateNames, _name, _Replaced(_name))
