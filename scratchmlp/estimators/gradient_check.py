"""A check of the gradient: backpropagation is compared with central differences."""

import copy
from numbers import Real
from typing import Any, NamedTuple

import numpy as np
from sklearn.utils._param_validation import Interval, validate_parameter_constraints

from scratchmlp.arrays import FloatArray
from scratchmlp.estimators.base import BaseMLP
from scratchmlp.estimators.in_memory import PreparedRows, RowsInMemory
from scratchmlp.estimators.own_objects import try_objects
from scratchmlp.network import Layer


class GradientCheck(NamedTuple):
    """The result of `check_gradient`: both gradients, layer by layer from the input to the output.

    Attributes
    ----------
    analytic : list of Layer
        Derivatives by backpropagation. ``analytic[0].weight`` has the shape of ``coefs_[0]``, and
        ``analytic[0].bias`` that of ``intercepts_[0]``. The bias is None without biases.
    numerical : list of Layer
        Derivatives by central differences, in the same form.
    difference : list of float
        Largest absolute difference between the two in each layer, divided by the largest absolute
        numerical derivative in all layers.
    """

    analytic: list[Layer]
    numerical: list[Layer]
    difference: list[float]


def check_gradient(
    estimator: BaseMLP, X: Any, y: Any, sample_weight: Any = None, *, step: float = 1e-6
) -> GradientCheck:
    """Compare the gradient of backpropagation with central differences.

    The gradient is that of the training objective on all samples in X, including the L2 penalty. It
    is computed at the weights and biases of the estimator; if the estimator is not fitted, at the
    initial ones. All computations are in float64. With dropout, all evaluations use the same masks.

    The numerical derivative with respect to a parameter is (J(θ + h) - J(θ - h)) / 2h, where J is
    the objective. Its error is about h², plus a rounding error of about 1e-16 J / h. It needs two
    evaluations for each parameter, so choose a small network and few samples.

    Parameters
    ----------
    estimator : ScratchMLPClassifier or ScratchMLPRegressor
        The estimator, fitted or not. It is not changed.
    X : {array-like, sparse matrix} of shape (n_samples, n_features)
        Input data.
    y : array-like of shape (n_samples,) or (n_samples, n_outputs)
        Targets, as for `fit`. If a classifier is fitted, some of its classes may be absent.
    sample_weight : array-like of shape (n_samples,), default=None
        Weight of each sample. None means equal weights.
    step : float, default=1e-6
        The step h of the central differences, above 0.

    Returns
    -------
    GradientCheck
        Both gradients and their largest difference in each layer. A difference of up to 1e-6 is a
        rounding error. A larger difference is usually a mistake, but not always in a network with
        relu units: relu has no derivative at 0, and the input of a unit may cross 0 within a step.

    Raises
    ------
    TypeError
        If the estimator is not a ScratchMLPClassifier or ScratchMLPRegressor.
    ValueError
        If a parameter or the data are invalid, as in `fit`.

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
            "check_gradient requires a ScratchMLPClassifier or a ScratchMLPRegressor; got "
            f"{type(estimator).__name__}. Pass the network inside it, and the X that the network "
            "receives."
        )
    steps = [Interval(Real, 0, None, closed="neither")]
    validate_parameter_constraints({"step": steps}, {"step": step}, "check_gradient")
    model, fitted = copy.deepcopy(estimator), hasattr(estimator, "theta_")
    model._validate_params()
    if fitted:  # nothing resumes, so a file may lack what training would resume from
        model._run = model._run | {"optimizer_state": {}}
        model.warm_start = True
    classes = getattr(model, "classes_", None)
    prepared = model._prepare(RowsInMemory((X, y, sample_weight), classes=classes))
    assert isinstance(prepared, PreparedRows)
    try_objects(prepared)
    network, data = prepared.network, prepared.data
    masks = np.random.RandomState()
    objective = prepared.objective(model.alpha, masks)
    batch: list[Any] = [None if a is None else a.astype(np.float64) for a in data.as_batch()]

    def evaluate(theta: FloatArray) -> tuple[float, FloatArray]:
        masks.seed(0)
        return objective.at(theta)(*batch)

    theta = (model.theta_ if fitted else prepared.run.theta).astype(np.float64)
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
