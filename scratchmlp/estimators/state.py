"""What a fitted estimator shows: layers and history under scikit-learn's names.

An estimator stores its parameters as one vector, `theta_`, and where training stands as a dict.
Everything here is computed from these when it is asked for: stored views would be torn from their
vector by pickling and deep copies. Lists are copies, to which training that goes on adds nothing.
"""

import zlib
from typing import Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from scratchmlp.activations import resolve_activation
from scratchmlp.arrays import FloatArray
from scratchmlp.network import Layer, Network


class FittedAttributes:
    """Fitted attributes of the estimators, whose docstrings describe them."""

    theta_: FloatArray
    loss_: float
    _sizes: tuple[int, ...]
    _bias: bool
    _activation: Any
    _early_stopped: bool
    _latest_theta: FloatArray | None
    _best_checksum: int | None
    _run: dict[str, Any]

    @property
    def _network(self) -> Network:
        check_is_fitted(self)
        return Network(self._sizes, resolve_activation(self._activation), self._bias)

    def _layers(self) -> list[Layer]:
        return self._network.layers(self.theta_)

    def _latest(self) -> FloatArray:
        """Parameters that training goes on from.

        These are `theta_`, also after early stopping if the user has changed it; left as it was,
        it holds the best weights, and training goes on from the latest.
        """
        if self._latest_theta is None or zlib.crc32(self.theta_.data) != self._best_checksum:
            return self.theta_
        return self._latest_theta

    def _fitted(self, name: str) -> Any:
        check_is_fitted(self)
        return self._run[name]

    @property
    def coefs_(self) -> list[FloatArray]:
        return _Views(layer.weight for layer in self._layers())

    @coefs_.setter
    def coefs_(self, values: Any) -> None:
        self.coefs_[:] = values

    @property
    def intercepts_(self) -> list[FloatArray]:
        return _Views(_zeros(w.shape[1], w.dtype) if b is None else b for w, b in self._layers())

    @intercepts_.setter
    def intercepts_(self, values: Any) -> None:
        self.intercepts_[:] = values

    @property
    def history_(self) -> dict[str, list[Any]]:
        history = self._fitted("history")
        n_epochs = len(history["loss"])
        columns = {"epoch": list(range(1, n_epochs + 1)), "loss": list(history["loss"])}
        for name in ("validation_loss", "score"):
            column = history.get(name, [])
            columns[name] = column + [np.nan] * (n_epochs - len(column))
        return columns | {name: list(history[name]) for name in ("learning_rate", "seconds")}

    @property
    def loss_curve_(self) -> list[float]:
        return list(self._fitted("history")["loss"])

    @property
    def best_loss_(self) -> float | None:
        losses = self.loss_curve_
        return None if self._early_stopped else min(losses, default=self.loss_)

    @property
    def validation_scores_(self) -> list[float] | None:
        return self.history_["score"] if self._early_stopped else None

    @property
    def best_validation_score_(self) -> float | None:
        score = self._fitted("best_score")
        return score if self._early_stopped else None

    @property
    def best_epoch_(self) -> int:
        losses = self.loss_curve_
        if self._early_stopped or not losses:
            return self._fitted("best_epoch")
        return 1 + int(np.argmin(losses))

    @property
    def t_(self) -> int:
        return self._fitted("samples_seen")


class _Views(list[FloatArray]):
    """A list of views of theta. Assigning to an entry, or to all, writes into theta."""

    def __setitem__(self, index: Any, value: Any) -> None:
        views = self[index] if isinstance(index, slice) else [self[index]]
        values = list(value) if isinstance(index, slice) else [value]
        shapes = [view.shape for view in views]
        if [np.shape(new) for new in values] != shapes:
            raise ValueError(
                f"Arrays of shapes {shapes} can be assigned here, the shapes of the network's "
                f"layers; got {[np.shape(new) for new in values]}."
            )
        if not all(view.flags.writeable for view in views):
            raise ValueError(
                "The network has no biases (fit_intercept=False): these are read-only."
            )
        for view, new in zip(views, values, strict=True):
            view[...] = new


def _zeros(n: int, dtype: Any) -> FloatArray:
    zeros = np.zeros(n, dtype)
    zeros.flags.writeable = False
    return zeros
