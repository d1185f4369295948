"""Initializers, which draw the first parameters of a network at random."""

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import DTypeLike

from scratchmlp.activations import Activation, Identity, Logistic
from scratchmlp.arrays import FloatArray
from scratchmlp.network import Network, for_each_layer


def glorot_uniform(
    random_state: np.random.RandomState, n_in: int, n_out: int, activation: Activation
) -> tuple[FloatArray, FloatArray]:
    """Draw the weights and biases of a layer as scikit-learn does, from a uniform distribution.

    Its bounds are ±sqrt(6 / (n_in + n_out)), with 2 instead of 6 for the logistic activation.

    Parameters
    ----------
    random_state : RandomState
        Random number generator.
    n_in, n_out : int
        Numbers of inputs and outputs of the layer.
    activation : Activation
        Activation of the layer. For the output layer, that of the last hidden layer.

    Returns
    -------
    weight : ndarray of shape (n_in, n_out)
        Weights.
    bias : ndarray of shape (n_out,)
        Biases.

    References
    ----------
    Glorot and Bengio, "Understanding the difficulty of training deep feedforward neural
    networks", AISTATS 2010.
    """
    bound = np.sqrt((2 if isinstance(activation, Logistic) else 6) / (n_in + n_out))
    weight = random_state.uniform(-bound, bound, (n_in, n_out))
    return weight, random_state.uniform(-bound, bound, n_out)


def standard_normal(
    random_state: np.random.RandomState, n_in: int, n_out: int, activation: Activation
) -> tuple[FloatArray, FloatArray]:
    """Draw weights from the standard normal distribution, and set biases to zero.

    Parameters and return values are those of `glorot_uniform`.
    """
    return random_state.standard_normal((n_in, n_out)), np.zeros(n_out)


def he_normal(
    random_state: np.random.RandomState, n_in: int, n_out: int, activation: Activation
) -> tuple[FloatArray, FloatArray]:
    """Draw weights from a normal distribution of variance 2 / n_in, and set biases to zero.

    The factor 2 compensates for ReLU, which sets half of the scores to 0. Parameters and return
    values are those of `glorot_uniform`.

    References
    ----------
    He, Zhang, Ren and Sun, "Delving deep into rectifiers: surpassing human-level performance on
    ImageNet classification", ICCV 2015.
    """
    return random_state.normal(0, np.sqrt(2 / n_in), (n_in, n_out)), np.zeros(n_out)


def he_uniform(
    random_state: np.random.RandomState, n_in: int, n_out: int, activation: Activation
) -> tuple[FloatArray, FloatArray]:
    """Draw weights uniformly within ±sqrt(6 / n_in), and set biases to zero.

    The variance is 2 / n_in, as in `he_normal`. Parameters and return values are those of
    `glorot_uniform`.
    """
    bound = np.sqrt(6 / n_in)
    return random_state.uniform(-bound, bound, (n_in, n_out)), np.zeros(n_out)


def lecun_normal(
    random_state: np.random.RandomState, n_in: int, n_out: int, activation: Activation
) -> tuple[FloatArray, FloatArray]:
    """Draw weights from a normal distribution of variance 1 / n_in, and set biases to zero.

    Scores then have the same variance as the inputs of the layer, which the SELU activation
    requires. Parameters and return values are those of `glorot_uniform`.

    References
    ----------
    LeCun, Bottou, Orr and Müller, "Efficient BackProp", in Neural networks: tricks of the trade,
    1998.
    """
    return random_state.normal(0, np.sqrt(1 / n_in), (n_in, n_out)), np.zeros(n_out)


Initializer: TypeAlias = Callable[..., tuple[FloatArray, FloatArray]]


#: Initializers by name.
INITIALIZERS: dict[str, Initializer] = {
    "glorot_uniform": glorot_uniform,
    "he_normal": he_normal,
    "he_uniform": he_uniform,
    "lecun_normal": lecun_normal,
    "standard_normal": standard_normal,
}


def initialize(
    network: Network,
    weight_init: str | Initializer,
    random_state: np.random.RandomState,
    dtype: DTypeLike,
) -> FloatArray:
    """Draw the parameters of a network layer by layer, weights before biases.

    Parameters
    ----------
    network : Network
        The network.
    weight_init : str or callable
        Name of an initializer, or a function with the parameters and return values of
        `glorot_uniform`.
    random_state : RandomState
        Random number generator. Parameters are drawn in float64 and then cast to `dtype`.
    dtype : dtype
        Type of the parameters.

    Returns
    -------
    ndarray of shape (n_parameters,)
        theta.

    Raises
    ------
    ValueError
        If a function does not return a weight and a bias of the layer's shapes and of real
        numbers, or if parameters are not finite.
    """
    draw = INITIALIZERS[weight_init] if isinstance(weight_init, str) else weight_init
    theta = np.empty(network.n_parameters, dtype)
    layers = zip(network.shapes, network.layers(theta), _above(network), strict=True)
    for (n_in, n_out), layer, activation in layers:
        drawn = draw(random_state, n_in, n_out, activation)
        _check_drawn(drawn, n_in, n_out)
        layer.weight[...] = drawn[0]
        if layer.bias is not None:
            layer.bias[...] = drawn[1]
    if not np.isfinite(theta).all():
        raise ValueError(
            f"weight_init={weight_init!r} returned NaN, infinity or a number that is too large for "
            f"{theta.dtype}. It must return finite numbers. Correct it, or choose one of "
            f"{', '.join(map(repr, INITIALIZERS))}."
        )
    return theta


def _above(network: Network) -> tuple[Activation, ...]:
    """Return the activation to pass to the initializer for each layer.

    The output layer takes that of the last hidden layer.
    """
    hidden = for_each_layer(network.activation, len(network.sizes) - 2)
    return hidden + (hidden[-1:] or for_each_layer(network.activation, 1) or (Identity(),))


def _check_drawn(drawn: Any, n_in: int, n_out: int) -> None:
    """Check the return value of a user's initializer."""
    shapes = [np.shape(part) for part in drawn] if isinstance(drawn, tuple) else type(drawn)
    if shapes != [(n_in, n_out), (n_out,)]:
        raise ValueError(
            "weight_init must return a tuple (weight, bias), for this layer of shapes "
            f"{(n_in, n_out)} and {(n_out,)}; got {shapes}. Return both even with "
            "fit_intercept=False, as scratchmlp.initializers.glorot_uniform does."
        )
    dtypes = [np.asarray(part).dtype for part in drawn]
    if any(dtype.kind not in "biuf" for dtype in dtypes):
        raise ValueError(
            f"weight_init must return real numbers; got a weight of type {dtypes[0]} and a bias of "
            f"type {dtypes[1]}. Convert them, complex numbers with .real."
        )
