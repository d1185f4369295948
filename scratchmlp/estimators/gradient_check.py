"""The gradient of an estimator's objective, computed twice: by the chain rule, and by its limit."""

import copy
from numbers import Real
from typing import Any, NamedTuple

import numpy as np
from sklearn.utils._param_validation import Interval, validate_parameter_constraints

from scratchmlp.arrays import FloatArray
from scratchmlp.estimators.base import BaseMLP
from scratchmlp.network import Layer
from scratchmlp.objective import Objective


class GradientCheck(NamedTuple):
    """What `check_gradient` finds, layer by layer from the input up.

    Attributes
    ----------
    analytic : list of Layer
        Derivatives by backpropagation: ``analytic[0].weight`` has the shape of ``coefs_[0]``,
        ``analytic[0].bias`` that of ``intercepts_[0]``, or is None without biases.
    numerical : list of Layer
        The same by central differences.
    difference : list of float
        Largest difference of the two in each layer, relative to the largest numerical derivative
        of all layers.
    """

    analytic: list[Layer]
    numerical: list[Layer]
    difference: list[float]


def check_gradient(
    estimator: BaseMLP, X: Any, y: Any, sample_weight: Any = None, *, step: float = 1e-6
) -> GradientCheck:
    """Compare the gradient that backpropagation computes with central differences.

    The objective is that of training on all of X, penalty included, at the estimator's parameters;
    if it is not fitted, at those that it would start from. All is computed in float64. With
    dropout every evaluation draws the same masks.

    The numerical derivative in a parameter is (f(θ + h) - f(θ - h)) / 2h, with an error of about
    h². It takes two evaluations for each parameter, so choose a small network and few rows.

    Parameters
    ----------
    estimator : ScratchMLPClassifier or ScratchMLPRegressor
        Fitted or not; it is left as it is.
    X : {array-like, sparse matrix} of shape (n_samples, n_features)
        Inputs.
    y : array-like of shape (n_samples,) or (n_samples, n_outputs)
        Targets, as for `fit`. Where the classifier is fitted, they may lack some of its classes.
    sample_weight : array-like of shape (n_samples,), default=None
        Weight of each row; None is one for each.
    step : float, default=1e-6
        h, above 0.

    Returns
    -------
    GradientCheck
        Both gradients and their largest difference, layer by layer. A difference up to 1e-6 is
        rounding. A larger one in a network of relu units need not be a mistake: where a score
        crosses 0 within the step, there is no derivative.

    Raises
    ------
    TypeError
        If the estimator is none of this package.
    ValueError
        If a parameter or the data break a rule of `fit`.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from scratchmlp import ScratchMLPClassifier, check_gradient
    >>> X, y = load_iris(return_X_y=True)
    >>> network = ScratchMLPClassifier((4,), activation="tanh", random_state=0)
    >>> check = check_gradient(network, X, y)
    >>> check.analytic[1].weight.shape, check.numerical[1].bias.shape
    ((4, 3), (3,))
    >>> max(check.difference) < 1e-6
    True
    """
    if not isinstance(estimator, BaseMLP):
        raise TypeError(
            "check_gradient takes a ScratchMLPClassifier or a ScratchMLPRegressor; got "
            f"{type(estimator).__name__}. Pass the network inside it, and X as it arrives there."
        )
    steps = [Interval(Real, 0, None, closed="neither")]
    validate_parameter_constraints({"step": steps}, {"step": step}, "check_gradient")
    model, fitted = copy.deepcopy(estimator), hasattr(estimator, "theta_")
    model._validate_params()
    network, loss, run, data, _, _ = model._prepare(
        X, y, sample_weight, resume=fitted, incremental=fitted
    )
    mean_weight = 1.0 if data.weight is None else data.weight.mean()
    masks = np.random.RandomState()
    objective = Objective(network, loss, model.alpha, mean_weight, masks)
    rows: list[Any] = [None if a is None else a.astype(np.float64) for a in data.decoded()]

    def evaluate(theta: FloatArray) -> tuple[float, FloatArray]:
        masks.seed(0)
        return objective(theta, *rows)

    theta = (model.theta_ if fitted else run.theta).astype(np.float64)
    analytic, numerical = evaluate(theta)[1].copy(), np.empty_like(theta)
    for i, value in enumerate(theta):
        theta[i] = value + step
        above, _ = evaluate(theta)
        theta[i] = value - step
        below, _ = evaluate(theta)
        theta[i] = value
        numerical[i] = (above - below) / (2 * step)
    error = np.abs(analytic - numerical) / (np.abs(numerical).max() or 1.0)
    difference = [
        float(max(part.max() for part in layer if part is not None))
        for layer in network.layers(error)
    ]
    return GradientCheck(network.layers(analytic), network.layers(numerical), difference)
