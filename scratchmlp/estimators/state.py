"""The state of a fitted estimator: arrays and plain data.

This is the only module that turns a run into attributes and back: `fitted_attributes` turns a run
into attributes, and `resumed_run` turns these into a run again. Attributes that depend on labels
are in `scratchmlp.estimators.targets`. A checkpoint and a validator set `theta_` of a copy of the
estimator.

`FittedAttributes` computes public attributes such as `coefs_` whenever they are read. They are not
stored, because pickles and deep copies would turn stored views of `theta_` into separate arrays.
"""

import copy
import zlib
from numbers import Integral
from typing import Any, NamedTuple, NoReturn

import numpy as np
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from scratchmlp.activations import resolve_activation
from scratchmlp.arrays import FloatArray
from scratchmlp.estimators.private_names import PrivateNames
from scratchmlp.losses import Loss
from scratchmlp.monitor import Monitor
from scratchmlp.network import Network
from scratchmlp.run import Run

#: Attributes that scikit-learn's callbacks store in an estimator.
_CALLBACK_STATE = {
    "_skl_callbacks",
    "_skl_callbacks_to_teardown",
    "_callback_fit_ctx",
    "_parent_callback_ctx",
}


def network_attributes(network: Network, activation: Any, loss: Loss) -> dict[str, Any]:
    """Return the fitted attributes that describe a network and are known before training.

    Parameters
    ----------
    network : Network
        The network.
    activation : str, Activation or tuple of these
        The activations that the user passed. They are copied, because the user may later change
        the parameters of an activation object.
    loss : Loss
        The loss, with its output activation.

    Returns
    -------
    dict
        Attributes.
    """
    return {
        "_sizes": network.sizes,
        "_bias": network.bias,
        "_activation": copy.deepcopy(activation),
        "_loss": copy.deepcopy(loss),
        "n_layers_": len(network.sizes),
        "n_outputs_": network.sizes[-1],
        "n_parameters_": network.n_parameters,
    }


def fitted_attributes(estimator: Any, run: Run, monitor: Monitor) -> dict[str, Any]:
    """Return the fitted attributes that result from training.

    They are arrays and plain data. No array is stored twice.

    Parameters
    ----------
    estimator : BaseMLP
        The estimator. Its parameters `warm_start` and `random_state` decide what is stored.
    run : Run
        The state of training.
    monitor : Monitor
        The monitor of this training.

    Returns
    -------
    dict
        Attributes.
    """
    best = run.best_theta
    stored = {k: v for k, v in vars(run).items() if k not in ("theta", "best_theta")}
    if not estimator.warm_start:
        stored |= {"order": None, "split": None}
    # The generator's state is stored only if random_state is an integer. Any other generator
    # belongs to the user, or is NumPy's global one.
    if not isinstance(estimator.random_state, Integral):
        stored["random_state"] = None
    elif isinstance(run.random_state, np.random.RandomState):
        stored["random_state"] = run.random_state.get_state(legacy=False)
    return {
        "theta_": run.theta if best is None else best,
        "_latest_theta": None if best is None else run.theta,
        "_best_checksum": None if best is None else _checksum(best),
        "_early_stopped": monitor.early_stopping,
        "_run": stored,
        "n_iter_": monitor.n_iter,
        "stop_reason_": monitor.stop_reason,
    }


def resumed_run(estimator: Any, network: Network, *, share_history: bool) -> Run:
    """Return a copy of the run of a fitted estimator, from which training can resume.

    Parameters
    ----------
    estimator : BaseMLP
        A fitted estimator.
    network : Network
        The network that the estimator's parameters and the data require now.
    share_history : bool
        See `Run.copy`.

    Returns
    -------
    Run
        The state at the end of the last fit.

    Raises
    ------
    ValueError
        If this network has other layer sizes or biases than the fitted one.
    """
    if network.sizes != estimator._sizes or network.bias != estimator._bias:
        biases = {True: "with biases", False: "without biases"}
        raise ValueError(
            "Training can only resume with the fitted network, of layer sizes "
            f"{estimator._sizes} {biases[estimator._bias]}; parameters and data now require "
            f"{network.sizes} {biases[network.bias]}. Set them back, or fit a new "
            "network with warm_start=False."
        )
    if estimator._run["optimizer_state"] is None:
        raise ValueError(
            "Training cannot resume: this network was saved with training_state=False. Fit a new "
            "network with warm_start=False, or save with training_state=True."
        )
    random_state = estimator._run["random_state"]
    if random_state is None or not isinstance(estimator.random_state, Integral):
        random_state = check_random_state(estimator.random_state)
    best = estimator.theta_ if estimator._early_stopped else None
    stored = {**estimator._run, "random_state": random_state}
    return Run(theta=latest_theta(estimator), best_theta=best, **stored).copy(
        share_history=share_history
    )


def forget_training(estimator: Any) -> None:
    """Remove what only training needs from a fitted estimator. The history stays.

    Training cannot resume: `resumed_run` raises an error.
    """
    forgotten = dict.fromkeys(("optimizer_state", "order", "split", "random_state"))
    estimator._run = estimator._run | forgotten
    estimator._latest_theta = estimator._best_checksum = None


def latest_theta(estimator: Any) -> FloatArray:
    """Return the parameters from which training resumes.

    Without early stopping, these are `theta_`. With early stopping, `theta_` holds the best
    parameters, and training resumes from the latest ones, which are stored as well. If the user
    has changed `theta_` since the fit, training resumes from the changed `theta_`: assigning
    `coefs_` or `intercepts_` forgets the latest ones, and a checksum detects other changes.
    """
    best, latest = estimator.theta_, estimator._latest_theta
    return best if latest is None or _checksum(best) != estimator._best_checksum else latest


def _checksum(theta: FloatArray) -> int:
    """Return a checksum of parameters, which may be a view with gaps."""
    return zlib.crc32(np.ascontiguousarray(theta).data)


def fitted_network(estimator: Any) -> Network:
    """Return the network of a fitted estimator as prediction uses it: without dropout."""
    check_is_fitted(estimator)
    return Network(estimator._sizes, resolve_activation(estimator._activation), estimator._bias)


class FittedModel(NamedTuple):
    """What a fitted estimator predicts with.

    Attributes
    ----------
    network : Network
        The network.
    theta : ndarray of shape (n_parameters,)
        Its parameters.
    loss : Loss
        The loss, with its output activation.
    targets : ClassLabels or RegressionTargets
        They turn raw scores into predictions.
    """

    network: Network
    theta: FloatArray
    loss: Loss
    targets: Any


def fitted_model(estimator: Any) -> FittedModel:
    """Return what a fitted estimator predicts with."""
    network = fitted_network(estimator)
    return FittedModel(network, estimator.theta_, estimator._loss, estimator._targets)


#: The error of setting weights before there is a network.
_NO_NETWORK = (
    "This %(name)s has no network yet whose weights could be set. Call initialize(X, y) first, "
    "which draws weights and does not train."
)


class ReadOnly(property):
    """A fitted attribute that is computed from what training has recorded, and cannot be set."""

    def __set_name__(self, owner: type, name: str) -> None:
        self._attribute = name

    def __set__(self, estimator: Any, value: Any) -> NoReturn:
        raise AttributeError(
            f"{self._attribute} of {type(estimator).__name__} cannot be set, because it follows "
            "from parameters and training. Set parameters, such as output_activation, before the "
            "fit, or give your own values another name."
        )


class FittedAttributes(PrivateNames):
    """Fitted attributes of the estimators. The docstrings of the estimators describe them."""

    theta_: FloatArray
    stop_reason_: str
    n_iter_: int
    n_features_in_: int
    _sizes: tuple[int, ...]
    _bias: bool
    _activation: Any
    _loss: Loss
    _early_stopped: bool
    _latest_theta: FloatArray | None
    _best_checksum: int | None
    _run: dict[str, Any]

    def _from_run(self, name: str) -> Any:
        """Return an attribute of the run as it was after the fit."""
        check_is_fitted(self)
        return self._run[name]

    def __getstate__(self) -> dict[str, Any]:
        """Return the attributes to pickle. Those of a fitted estimator do not include callbacks.

        An unfitted estimator keeps them, because a search sends it to other processes.
        """
        state: dict[str, Any] = super().__getstate__()  # type: ignore[assignment]
        if "theta_" not in state:
            return state
        return {name: value for name, value in state.items() if name not in _CALLBACK_STATE}

    @property
    def coefs_(self) -> list[FloatArray]:
        return _Views(self, "weight")

    @coefs_.setter
    def coefs_(self, values: Any) -> None:
        check_is_fitted(self, msg=_NO_NETWORK)
        self.coefs_[:] = values

    @property
    def intercepts_(self) -> list[FloatArray]:
        return _Views(self, "bias")

    @intercepts_.setter
    def intercepts_(self, values: Any) -> None:
        check_is_fitted(self, msg=_NO_NETWORK)
        self.intercepts_[:] = values

    @ReadOnly
    def out_activation_(self) -> str:
        return self._loss.output

    @ReadOnly
    def history_(self) -> dict[str, list[Any]]:
        history = self._from_run("history")
        n_epochs = len(history["loss"])
        columns = {"epoch": list(range(1, n_epochs + 1)), "loss": list(history["loss"])}
        for name in ("validation_loss", "score"):
            column = history.get(name, [])
            columns[name] = column + [np.nan] * (n_epochs - len(column))
        return columns | {name: list(history[name]) for name in ("learning_rate", "seconds")}

    # Losses are NumPy's floats, as in scikit-learn: they have methods such as round.

    @ReadOnly
    def loss_(self) -> np.float64:
        return np.float64(self._from_run("loss"))

    @ReadOnly
    def loss_curve_(self) -> list[np.float64]:
        return [*np.array(self._from_run("history")["loss"], np.float64)]

    @ReadOnly
    def best_loss_(self) -> np.float64 | None:
        losses = self.loss_curve_
        return None if self._early_stopped else min(losses, default=self.loss_)

    @ReadOnly
    def validation_scores_(self) -> list[float] | None:
        return self.history_["score"] if self._early_stopped else None

    @ReadOnly
    def best_validation_score_(self) -> float | None:
        score = self._from_run("best_score")
        return score if self._early_stopped else None

    @property
    def _no_improvement_count(self) -> int:
        """scikit-learn's name for the number of epochs in a row without improvement."""
        return self._from_run("no_improvement")

    @ReadOnly
    def best_epoch_(self) -> int:
        losses = self.loss_curve_
        if self._early_stopped or not losses:
            return self._from_run("best_epoch")
        return 1 + int(np.argmin(losses))

    @ReadOnly
    def t_(self) -> int:
        return self._from_run("samples_seen")


class _Views(list[FloatArray]):
    """The weights or the biases of a fitted network: a list of views of its theta.

    Assigning to an entry or to a slice gives the network a new theta. What was read before keeps
    its values and no longer belongs to the network. Copies and pickles are plain lists.

    Parameters
    ----------
    estimator : FittedAttributes
        A fitted estimator.
    part : {"weight", "bias"}
        The part of each layer.
    """

    def __init__(self, estimator: "FittedAttributes", part: str) -> None:
        check_is_fitted(estimator)
        self._estimator, self._part, self._theta = estimator, part, estimator.theta_
        super().__init__(_parts(estimator, self._theta, part))

    def __setitem__(self, index: Any, value: Any) -> None:
        theta = np.array(self._estimator.theta_)
        views = _parts(self._estimator, theta, self._part)
        if isinstance(index, slice):
            _write(views[index], list(value))
        else:
            _write([views[index]], [value])
        if self._theta is self._estimator.theta_:
            self._theta = theta
            super().__setitem__(slice(None), views)
        else:  # the other entries were read before other weights were assigned
            super().__setitem__(index, views[index])
        self._estimator.theta_ = theta
        self._estimator._latest_theta = None  # training resumes from what was assigned

    def __reduce_ex__(self, protocol: Any) -> tuple[Any, ...]:
        return list, (list(self),)


def _parts(estimator: Any, theta: FloatArray, part: str) -> list[FloatArray]:
    """View theta as the weights or the biases of each layer; missing biases are zeros."""
    layers = fitted_network(estimator).layers(theta)
    parts = zip([getattr(layer, part) for layer in layers], estimator._sizes[1:], strict=True)
    return [_zeros(n_out, theta.dtype) if values is None else values for values, n_out in parts]


def _write(views: list[FloatArray], values: list[Any]) -> None:
    """Write values into views, unless a shape differs or the views are read-only."""
    shapes = [view.shape for view in views]
    if [np.shape(new) for new in values] != shapes:
        raise ValueError(
            f"Arrays of shapes {shapes} can be assigned here, the shapes of the network's "
            f"layers; got {[np.shape(new) for new in values]}."
        )
    if not all(view.flags.writeable for view in views):
        raise ValueError("The network has no biases (fit_intercept=False): these are read-only.")
    for view, new in zip(views, values, strict=True):
        view[...] = new


def _zeros(n: int, dtype: Any) -> FloatArray:
    """Return read-only zeros, which stand for the biases of a network without biases."""
    zeros = np.zeros(n, dtype)
    zeros.flags.writeable = False
    return zeros
