"""Checks of the values of networks, and of what they are made of."""

from collections.abc import Callable
from numbers import Integral, Real
from typing import Any

import numpy as np

from scratchmlp.activations import ACTIVATIONS, OUTPUT_ACTIVATIONS, resolve_activation
from scratchmlp.estimators.base import BaseMLP
from scratchmlp.estimators.classifier import ScratchMLPClassifier
from scratchmlp.io.array_headers import is_number
from scratchmlp.io.errors import require
from scratchmlp.losses import Loss
from scratchmlp.network import Network
from scratchmlp.run import Run

_FLOATS = (np.float32, np.float64)
#: Words of the state of NumPy's random number generator.
_WORDS = 624


def check_theta(theta: Any, network: Network) -> None:
    """Check the parameters of a network."""
    require(
        isinstance(theta, np.ndarray)
        and theta.dtype.type in _FLOATS
        and theta.shape == (network.n_parameters,),
        f"a network of {network.sizes} has not {network.n_parameters:,} parameters.",
    )
    require(np.isfinite(theta).all(), "parameters are not finite.")


def check_network(network: Network) -> None:
    """Check the description of a network."""
    sizes, layers = network.sizes, network.activation
    n_hidden = check_sizes(sizes)
    for each in layers if isinstance(layers, tuple) else (layers,):
        require(_is_activation(each), f"{each!r:.80} is no activation.")
    require(
        not isinstance(layers, tuple) or len(layers) == n_hidden,
        "a network has not one activation for each layer.",
    )
    require(type(network.bias) is bool, "bias is not true or false.")
    rates = network.dropout_rates
    valid = len(rates) == n_hidden and all(is_number(rate) and 0 <= rate < 1 for rate in rates)
    require(valid, "the dropout rates are not in [0, 1).")


def check_sizes(sizes: Any) -> int:
    """Check the sizes of layers, and return the number of hidden layers."""
    valid = isinstance(sizes, tuple) and len(sizes) > 1
    valid = valid and all(isinstance(n, int | np.integer) and 0 < n < 2**40 for n in sizes)
    require(valid and {*map(type, sizes)} <= {int, np.int64}, "layers have no sizes.")
    return len(sizes) - 2


def check_feature_names(estimator: Any, n_features: Any) -> None:
    """Check the number of features, and their names if they have some."""
    n = estimator.n_features_in_
    require(isinstance(n, Integral) and n == n_features, "features are missing.")
    names: Any = getattr(estimator, "feature_names_in_", None)
    if names is not None:
        valid = isinstance(names, np.ndarray) and names.shape == (n,) and names.dtype == object
        valid = valid and all(isinstance(name, str) for name in names)
        require(valid, "features have no names.")


def _is_activation(each: Any) -> bool:
    return callable(getattr(each, "forward", None)) and callable(getattr(each, "backward", None))


def _check_mlp(estimator: BaseMLP) -> None:
    """Check a fitted network."""
    if not hasattr(estimator, "theta_"):
        return
    n_hidden = check_sizes(estimator._sizes)
    given = estimator._activation
    for each in given if isinstance(given, tuple) else (given,):
        named = isinstance(each, str) and each in ACTIVATIONS
        require(named or _is_activation(each), f"{each!r:.80} is no activation.")
    require(
        not isinstance(given, tuple) or len(given) == n_hidden,
        "a network has not one activation for each layer.",
    )
    require(type(estimator._bias) is bool, "bias is not true or false.")
    network = Network(estimator._sizes, resolve_activation(given), estimator._bias)
    check_theta(estimator.theta_, network)
    described = estimator.n_layers_, estimator.n_outputs_, estimator.n_parameters_
    expected = len(network.sizes), network.sizes[-1], network.n_parameters
    require(described == expected, "the network is not the one it describes.")
    check_feature_names(estimator, network.sizes[0])
    loss, output = estimator._loss, estimator.out_activation_
    require(
        isinstance(loss, Loss) and output == loss.output and output in OUTPUT_ACTIVATIONS,
        "the output activation is not that of the loss.",
    )
    _check_run(estimator)
    # Predictions of a row show whether the outputs, the classes and their labels fit together.
    raw = np.zeros((1, network.sizes[-1]), estimator.theta_.dtype)
    convert: Any = getattr(estimator, "_labels", None) or getattr(estimator, "_predictions", None)
    require(convert(raw).shape[0] == 1, "the network predicts nothing.")


def _check_classifier(estimator: ScratchMLPClassifier) -> None:
    """Check the classes of a fitted classifier."""
    if not hasattr(estimator, "theta_"):
        return
    classes, kind = estimator.classes_, estimator._kind
    require(
        kind in ("binary", "multiclass", "multilabel-indicator"),
        "the kind of targets does not exist.",
    )
    multilabel = kind == "multilabel-indicator"
    require(
        (estimator._label_binarizer is not None) == multilabel
        and isinstance(classes, np.ndarray)
        and classes.ndim == 1,
        "the classifier has no classes.",
    )
    n_outputs = estimator.n_outputs_
    one_output = kind == "binary" and estimator._loss.output != "softmax"
    expected = 1 if one_output else len(classes) if multilabel else max(2, len(classes))
    valid = len(classes) and n_outputs == expected and (kind != "binary" or len(classes) <= 2)
    require(valid, f"a network of {n_outputs} outputs has {len(classes)} classes.")


def _check_run(estimator: BaseMLP) -> None:
    """Check what training continues from."""
    run, theta = estimator._run, estimator.theta_
    fields = set(Run.__dataclass_fields__) - {"theta", "best_theta"}
    require(isinstance(run, dict) and set(run) == fields, "training has other values.")
    latest, checksum = estimator._latest_theta, estimator._best_checksum
    valid = latest is None or _is_like(latest, theta)
    require(
        valid and isinstance(checksum, int | None), "the latest parameters do not fit the network."
    )
    require(
        isinstance(estimator._early_stopped, bool | np.bool_),
        "it is not known whether training stopped early.",
    )
    counts = ("samples_seen", "rate_drops", "no_improvement", "best_epoch")
    valid = all(isinstance(run[name], Integral) and run[name] >= 0 for name in counts)
    numbers = ("n_epochs", "loss", "best_loss", "best_score")
    valid = valid and all(isinstance(run[name], Real) for name in numbers)
    valid = valid and isinstance(estimator.n_iter_, Integral)
    valid = valid and isinstance(estimator.loss_, Real)
    require(
        valid and isinstance(estimator.stop_reason_, str),
        "training has counted something else than epochs and rows.",
    )
    state = run["optimizer_state"]
    valid = state is None or isinstance(state, dict)
    valid = valid and all(
        isinstance(name, str) and (isinstance(value, Real) or _is_like(value, theta))
        for name, value in (state or {}).items()
    )
    require(valid, "the state of the optimizer is not one of this network.")
    _check_rows(run)
    _check_history(run["history"])
    if run["random_state"] is not None:
        require(isinstance(run["random_state"], dict), "the random state is no dict.")
        generator = np.random.RandomState()
        generator.set_state(run["random_state"])
        _check_random_state(generator)


def _check_rows(run: dict[str, Any]) -> None:
    """Check the numbers of rows."""
    order, split = run["order"], run["split"]
    if order is not None:
        n_times = np.bincount(order)  # of negative numbers, it raises an error
        valid = order.dtype.kind == "i" and order.ndim == 1 and len(n_times) == len(order)
        require(valid and (n_times == 1).all(), "the order of rows is no permutation.")
    if split is not None:
        valid = isinstance(split, tuple) and len(split) == 2
        valid = valid and all(part.dtype.kind == "i" and part.ndim == 1 for part in split)
        require(valid, "the validation split has no rows, or has a row twice.")
        rows = np.concatenate(split)
        valid = len(np.unique(rows)) == len(rows) and rows.min(initial=0) >= 0
        require(valid, "the validation split has no rows, or has a row twice.")


def _check_history(history: Any) -> None:
    """Check the columns of the history."""
    columns = {"loss", "learning_rate", "seconds"}
    valid = isinstance(history, dict) and columns <= set(history)
    valid = valid and set(history) <= columns | {"validation_loss", "score"}
    valid = valid and all(isinstance(column, list) for column in history.values())
    require(valid, "the history has other columns.")
    n_epochs = len(history["loss"])
    for name, column in history.items():
        valid = len(column) == n_epochs if name in columns else len(column) <= n_epochs
        valid = valid and all(isinstance(value, Real) for value in column)
        require(valid, f"the history of {name} is no list of numbers.")


def _check_random_state(generator: np.random.RandomState) -> None:
    """Check the position in a generator's state, which compiled code trusts."""
    state: Any = generator.get_state(legacy=False)
    position = state["state"]["pos"] if state["bit_generator"] == "MT19937" else 0
    require(0 <= position <= _WORDS, "a random number generator has no such position.")


def _is_like(value: Any, theta: np.ndarray) -> bool:
    """Return whether a value is an array with the shape and type of theta."""
    is_array = isinstance(value, np.ndarray) and value.shape == theta.shape
    return is_array and value.dtype == theta.dtype


def _check_numbers(activation: Any) -> None:
    """Check the parameters of an activation."""
    valid = all(is_number(value) for value in vars(activation).values())
    require(valid, "an activation has no numbers as parameters.")


CHECKS: dict[type, Callable[[Any], None]] = {
    BaseMLP: _check_mlp,
    Network: check_network,
    ScratchMLPClassifier: _check_classifier,
    np.random.RandomState: _check_random_state,
    **dict.fromkeys({type(each) for each in ACTIVATIONS.values()}, _check_numbers),
}
