"""What the ensembles of networks and other estimators share."""

import time
import warnings
from abc import abstractmethod
from collections.abc import Iterator
from copy import copy
from typing import Any, ClassVar, NamedTuple, Self

import numpy as np
from sklearn.base import clone, is_classifier
from sklearn.exceptions import FitFailedWarning
from sklearn.metrics import get_scorer_names
from sklearn.utils import Bunch
from sklearn.utils._param_validation import StrOptions
from sklearn.utils.metaestimators import _BaseComposition
from sklearn.utils.validation import check_is_fitted

from scratchmlp.arrays import FloatArray
from scratchmlp.batches import Data
from scratchmlp.estimators.callback_tasks import CallbackTasks
from scratchmlp.tabular.base import BaseTabular, PreparedTable, mean
from scratchmlp.tabular.blending import BlendLoss, select_weights
from scratchmlp.tabular.cross_fitting import cross_fit
from scratchmlp.tabular.default_estimators import default_estimators
from scratchmlp.tabular.encoded_table import EncodedTable
from scratchmlp.tabular.inputs import unfitted_inputs
from scratchmlp.tabular.member import MemberPlan
from scratchmlp.tabular.mlp import BaseTabularMLP
from scratchmlp.tabular.selection import by_row


class Part(NamedTuple):
    """A fitted estimator of an ensemble.

    Attributes
    ----------
    fitted : BaseTabularMLP or list of FoldModel
        The networks, or a fitted estimator for each fold.
    oof : ndarray of shape (n_samples,) or (n_samples, n_outputs)
        Out-of-fold predictions; nan for rows that are in no fold.
    temperature : float
        Temperature that calibrates the predictions; 1 for networks and for numbers.
    """

    fitted: Any
    oof: FloatArray
    temperature: float = 1.0

    @property
    def estimators(self) -> Any:
        """The networks, or a list with an estimator of scikit-learn for each fold."""
        networks = isinstance(self.fitted, BaseTabularMLP)
        return self.fitted if networks else [model.estimator for model in self.fitted]


class BaseTabularEnsemble(_BaseComposition, BaseTabular):
    """Base class of TabularEnsembleClassifier and TabularEnsembleRegressor."""

    estimators: Any
    scoring: Any

    named_estimators_: Bunch
    weights_: dict[str, float]
    oof_scores_: dict[str, float]
    oof_score_: float

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **BaseTabular._parameter_constraints,
        "estimators": [list, None],
        "scoring": [StrOptions(set(get_scorer_names())), callable, None],
    }

    # What the subclasses add.

    @abstractmethod
    def _networks_oof(self, networks: Any) -> FloatArray:
        """Return the out-of-fold predictions of fitted networks."""

    @abstractmethod
    def _temperature(self, data: Data, raw: FloatArray) -> float:
        """Return the temperature that calibrates out-of-fold predictions of a `FoldModel`."""

    @abstractmethod
    def _from_raw(self, raw: FloatArray, temperature: float) -> FloatArray:
        """Return calibrated predictions for those of a `FoldModel`."""

    @abstractmethod
    def _blend_loss(self, data: Data) -> BlendLoss:
        """Return the loss that weights minimize. `data` holds the rows of some fold."""

    @abstractmethod
    def _calibrated(self, blend: FloatArray) -> FloatArray:
        """Calibrate weighted predictions."""

    def _uncalibrate(self) -> None:
        """Undo the calibration, if there is one."""

    @abstractmethod
    def _keep_out_of_fold(self, data: Data, weight: FloatArray, blend: FloatArray) -> None:
        """Calibrate the weighted out-of-fold predictions, and keep them."""

    @abstractmethod
    def _oof_score(self, data: Data, predictions: FloatArray, weight: FloatArray) -> float:
        """Score out-of-fold predictions."""

    # Fit.

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the parameters, with `deep` also those of the named estimators.

        Parameters
        ----------
        deep : bool, default=True
            Whether to include the estimators by their names, and their parameters.

        Returns
        -------
        dict
            Parameters by name.
        """
        return self._get_params("estimators", deep=deep)

    def set_params(self, **params: Any) -> Self:
        """Set parameters of the ensemble, replace a named estimator or set its parameters.

        Parameters
        ----------
        **params : dict
            Parameters, such as `cv=5`, `boosting=estimator` or `boosting__max_iter=50`.

        Returns
        -------
        self
            The estimator.
        """
        self._set_params("estimators", **params)
        return self

    def _fit_table(self, table: PreparedTable, tasks: CallbackTasks | None, started: float) -> None:
        estimators = self._checked_estimators(table.data)
        parts = self._fit_parts(estimators, table, tasks, started)
        seen = np.isfinite(next(iter(parts.values())).oof.reshape(len(table.data.Y), -1)[:, 0])
        weights = select_weights(
            [part.oof[seen] for part in parts.values()], self._blend_loss(table.data.rows(seen))
        )
        self.weights_ = dict(zip(parts, weights.tolist(), strict=True))
        self._parts = {name: part._replace(oof=np.empty(0)) for name, part in parts.items()}
        self.named_estimators_ = Bunch(**{name: part.estimators for name, part in parts.items()})
        blend = sum(w * part.oof for w, part in zip(weights, parts.values(), strict=True))
        self._keep_out_of_fold(table.data, table.sample_weight, blend)
        self.oof_scores_ = {
            name: self._oof_score(table.data, part.oof, table.sample_weight)
            for name, part in parts.items()
        }

    def _checked_estimators(self, data: Data) -> list[tuple[str, Any]]:
        """Return the named estimators, or the default ones, and check them."""
        if self.estimators is None:
            return default_estimators(data, is_classifier(self))
        if not self.estimators or not all(
            isinstance(each, tuple) and len(each) == 2 and isinstance(each[0], str)
            for each in self.estimators
        ):
            raise ValueError(
                "estimators must be None or a list of pairs of a name and an estimator, with at "
                f"least one pair; got {self.estimators!r}."
            )
        self._validate_names([name for name, _ in self.estimators])
        kind = "classifier" if is_classifier(self) else "regressor"
        for name, estimator in self.estimators:
            if not hasattr(estimator, "fit") or is_classifier(estimator) != is_classifier(self):
                raise ValueError(
                    f"{type(self).__name__} needs a {kind} as {name!r}; got {estimator!r}."
                )
        return list(self.estimators)

    def _fit_parts(
        self,
        estimators: list[tuple[str, Any]],
        table: PreparedTable,
        tasks: CallbackTasks | None,
        started: float,
    ) -> dict[str, Part]:
        """Cross-fit the estimators, and leave out those that fail.

        Of `max_time`, each estimator gets an equal share of the time that is left. Networks come
        last, because they can use what the others leave.
        """
        parts: dict[str, Part] = {}
        errors: list[Exception] = []
        in_order = sorted(estimators, key=lambda pair: isinstance(pair[1], BaseTabularMLP))
        for n_done, (name, estimator) in enumerate(in_order):
            fit = self._fit_networks if isinstance(estimator, BaseTabularMLP) else self._cross_fit
            seconds = self._share(started, len(in_order) - n_done)
            try:
                parts[name] = fit(estimator, table, tasks, started, seconds)
            except Exception as error:
                errors.append(error)
                message = f"{name} is left out of the ensemble: {type(error).__name__}: {error}"
                warnings.warn(message, FitFailedWarning, stacklevel=2)
        if not parts:
            raise errors[0]
        return {name: parts[name] for name, _ in estimators if name in parts}

    def _share(self, started: float, n_left: int) -> float | None:
        """Return in which time after the start the next of `n_left` estimators must be fitted."""
        if self.max_time is None:
            return None
        passed = time.time() - started
        return passed + max(self.max_time - passed, 0.0) / n_left

    def _fit_networks(
        self,
        estimator: BaseTabularMLP,
        table: PreparedTable,
        tasks: CallbackTasks | None,
        started: float,
        seconds: float | None,
    ) -> Part:
        """Train networks. They have the parameters of the ensemble, where both have one."""
        networks = clone(estimator)
        own = self.get_params(deep=False)
        common = {name: own[name] for name in networks.get_params(deep=False) if name in own}
        networks.set_params(**common | {"max_time": seconds})
        networks._fit_prepared(table, tasks, started)
        return Part(networks, self._networks_oof(networks))

    def _cross_fit(
        self,
        estimator: Any,
        table: PreparedTable,
        tasks: CallbackTasks | None,
        started: float,
        seconds: float | None,
    ) -> Part:
        """Fit an estimator once for each fold."""
        nothing = np.array([], np.intp)
        end = None if seconds is None else started + seconds
        plans = [
            MemberPlan(
                *rows,
                unfitted_inputs(table.data.X, None, nothing, seed),
                seed,
                None,
                tasks.member(0) if tasks else None,
            )
            for rows, seed in zip(table.splits, table.seeds, strict=True)
        ]
        models, predictions = cross_fit(estimator, table.data, plans, self.n_jobs, end)
        raw = by_row(table.held_out, predictions, len(table.data.Y))
        temperature = self._temperature(table.data, raw)
        return Part(models, self._from_raw(raw, temperature), temperature)

    # Prediction.

    def only(self, name: str) -> Self:
        """Return a copy that predicts with one estimator alone.

        Parameters
        ----------
        name : str
            Name of the estimator.

        Returns
        -------
        estimator
            The copy. It shares the fitted estimators.
        """
        check_is_fitted(self)
        if name not in self.weights_:
            names = ", ".join(map(repr, self.weights_))
            raise ValueError(f"name must be one of {names}; got {name!r}.")
        alone = copy(self)
        alone.weights_ = {each: float(each == name) for each in self.weights_}
        alone._uncalibrate()
        return alone

    def _mean_prediction(self, X: Any) -> FloatArray:
        """Return the weighted mean of the estimators' predictions, calibrated.

        Each estimator's predictions are averaged over the folds before they are calibrated: the
        mean of several probabilities is less extreme than each of them.
        """
        table = self._encode(X)
        blend: Any = 0.0
        for name, weight in self.weights_.items():
            if weight:
                blend = blend + weight * self._part_mean(self._parts[name], table)
        return self._calibrated(blend)

    def _part_mean(self, part: Part, table: EncodedTable) -> FloatArray:
        """Return the mean of an estimator's predictions over the folds."""
        if isinstance(part.fitted, BaseTabularMLP):
            return mean(part.fitted._member_predictions(table))
        raw = mean(model.predict(table) for model in part.fitted)
        return self._from_raw(raw, part.temperature)

    def _member_predictions(self, table: EncodedTable) -> Iterator[FloatArray]:
        """Yield, for each fold, the weighted predictions of what was trained without it."""
        used = {name: weight for name, weight in self.weights_.items() if weight}
        streams = [self._part_predictions(self._parts[name], table) for name in used]
        for predictions in zip(*streams, strict=True):
            weighted = zip(used.values(), predictions, strict=True)
            yield self._calibrated(sum(weight * each for weight, each in weighted))

    def _part_predictions(self, part: Part, table: EncodedTable) -> Iterator[FloatArray]:
        """Yield the predictions of one estimator, for each fold."""
        if isinstance(part.fitted, BaseTabularMLP):
            yield from part.fitted._member_predictions(table)
        else:
            for model in part.fitted:
                yield self._from_raw(model.predict(table), part.temperature)
