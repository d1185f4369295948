"""Initializers: how the parameters of a network are drawn."""

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
    """Draw a layer as scikit-learn does: uniform, scaled to its inputs and outputs.

    Weights and biases are uniform within ±sqrt(6 / (n_in + n_out)), with 2 in place of 6 for the
    logistic activation.

    Parameters
    ----------
    random_state : RandomState
        Source of the draws.
    n_in, n_out : int
        Units below and above the layer's weights.
    activation : Activation
        Activation of the units above, or for the output layer that of the last hidden layer.

    Returns
    -------
    weight : ndarray of shape (n_in, n_out)
        Drawn weights.
    bias : ndarray of shape (n_out,)
        Drawn biases.

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
    """Draw a layer's weights from the standard normal distribution; its biases start at zero.

    Takes the parameters of `glorot_uniform` and returns what it returns.
    """
    return random_state.standard_normal((n_in, n_out)), np.zeros(n_out)


def he_normal(
    random_state: np.random.RandomState, n_in: int, n_out: int, activation: Activation
) -> tuple[FloatArray, FloatArray]:
    """Draw a layer's weights from a normal distribution of variance 2 / n_in; biases are zero.

    Half of the units of a relu layer are silent, which the 2 makes up for. Takes the parameters of
    `glorot_uniform` and returns what it returns.

    References
    ----------
    He, Zhang, Ren and Sun, "Delving deep into rectifiers: surpassing human-level performance on
    ImageNet classification", ICCV 2015.
    """
    return random_state.normal(0, np.sqrt(2 / n_in), (n_in, n_out)), np.zeros(n_out)


def he_uniform(
    random_state: np.random.RandomState, n_in: int, n_out: int, activation: Activation
) -> tuple[FloatArray, FloatArray]:
    """Draw a layer's weights uniformly within ±sqrt(6 / n_in), with `he_normal`'s variance.

    Biases are zero. Takes the parameters of `glorot_uniform` and returns what it returns.
    """
    bound = np.sqrt(6 / n_in)
    return random_state.uniform(-bound, bound, (n_in, n_out)), np.zeros(n_out)


def lecun_normal(
    random_state: np.random.RandomState, n_in: int, n_out: int, activation: Activation
) -> tuple[FloatArray, FloatArray]:
    """Draw a layer's weights from a normal distribution of variance 1 / n_in; biases are zero.

    Scores then have the variance of the layer's inputs, as selu wants it. Takes the parameters of
    `glorot_uniform` and returns what it returns.

    References
    ----------
    LeCun, Bottou, Orr and Müller, "Efficient BackProp", in Neural networks: tricks of the trade,
    1998.
    """
    return random_state.normal(0, np.sqrt(1 / n_in), (n_in, n_out)), np.zeros(n_out)


Initializer: TypeAlias = Callable[..., tuple[FloatArray, FloatArray]]


#: Initialisers of a layer's parameters, by name.
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
    """Draw the parameters of a network, layer by layer, weights before biases.

    Parameters
    ----------
    network : Network
        The network.
    weight_init : str or callable
        Name of the initialiser, or a function with the parameters and results of `glorot_uniform`.
    random_state : RandomState
        Source of the draws, which are made in float64 and then cast.
    dtype : dtype
        Type of the parameters.

    Returns
    -------
    ndarray of shape (n_parameters,)
        theta.

    Raises
    ------
    ValueError
        If a function returns anything but a weight and a bias of the layer's shapes, or parameters
        that are not finite.
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
            "weight_init must return finite numbers, also when they are cast to "
            f"{theta.dtype}; {weight_init!r} returned others. Correct it, or choose one of "
            f"{', '.join(map(repr, INITIALIZERS))}."
        )
    return theta


def _above(network: Network) -> tuple[Activation, ...]:
    """Activation for each layer's initialiser: the outputs, which have none, take the last one."""
    last = network.activations[-1:] or for_each_layer(network.activation, 1) or (Identity(),)
    return network.activations + last


def _check_drawn(drawn: Any, n_in: int, n_out: int) -> None:
    """Check what a user's initialiser returns."""
    shapes = [np.shape(part) for part in drawn] if isinstance(drawn, tuple) else type(drawn)
    if shapes != [(n_in, n_out), (n_out,)]:
        raise ValueError(
            "weight_init must return a tuple of a weight and a bias, here of the shapes "
            f"{(n_in, n_out)} and {(n_out,)}; got {shapes}. Return both, also with "
            "fit_intercept=False, as scratchmlp.initializers.glorot_uniform does."
        )
