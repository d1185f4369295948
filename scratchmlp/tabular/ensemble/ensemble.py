"""What the ensembles of networks and other estimators share."""

import pickle
import time
import warnings
from collections.abc import Callable
from copy import copy
from typing import Any, ClassVar, NamedTuple, Self

import numpy as np
import pandas as pd
from sklearn.base import clone, is_classifier, is_regressor
from sklearn.exceptions import FitFailedWarning
from sklearn.utils import Bunch
from sklearn.utils.metaestimators import _BaseComposition
from sklearn.utils.validation import check_is_fitted

from scratchmlp.arrays import FloatArray
from scratchmlp.atomic_fit import of_one_fit
from scratchmlp.batches import Data
from scratchmlp.estimators.callback_tasks import CallbackTasks
from scratchmlp.public import stacklevel
from scratchmlp.run import DivergenceError
from scratchmlp.tabular.base import BaseTabular, TrainingProblem
from scratchmlp.tabular.calibration import NOT_CALIBRATED, Calibration
from scratchmlp.tabular.columns.encoded_table import EncodedTable
from scratchmlp.tabular.ensemble.blending import NEGLIGIBLE, select_weights, without_negligible
from scratchmlp.tabular.ensemble.cross_fitting import cross_fit
from scratchmlp.tabular.ensemble.default_estimators import default_estimators
from scratchmlp.tabular.folds import by_row
from scratchmlp.tabular.inputs.inputs import unfitted_inputs
from scratchmlp.tabular.inspection.uncertainty import HeldOutScores, largest_scores
from scratchmlp.tabular.networks.member import MemberPlan
from scratchmlp.tabular.networks.mlp import BaseTabularMLP
from scratchmlp.tabular.scoring import SCORING, BlendLoss, is_within_error


class Part(NamedTuple):
    """A fitted estimator of an ensemble.

    Attributes
    ----------
    fitted : BaseTabularMLP or list of FoldModel
        The networks, or a fitted estimator for each fold.
    oof : ndarray of shape (n_samples,) or (n_samples, n_outputs)
        Out-of-fold predictions; nan for rows that are in no fold. Empty after `fit`.
    calibration : Calibration or None
        Calibration of the predictions; None for networks and for numbers.
    scores : HeldOutScores
        How wrong the out-of-fold predictions are. Empty during `fit`.
    """

    fitted: Any
    oof: FloatArray
    calibration: Calibration | None = None
    scores: HeldOutScores = HeldOutScores(np.empty((0, 0)), None)

    @property
    def estimators(self) -> Any:
        """The networks, or a list with an estimator of scikit-learn for each fold."""
        networks = isinstance(self.fitted, BaseTabularMLP)
        return self.fitted if networks else [model.estimator for model in self.fitted]

    @property
    def n_members(self) -> int:
        """Number of members of the networks, or number of folds."""
        return len(getattr(self.fitted, "members_", self.fitted))


class BaseTabularEnsemble(_BaseComposition, BaseTabular):
    """Base class of TabularEnsembleClassifier and TabularEnsembleRegressor."""

    estimators: Any
    scoring: Any

    errors_: dict[str, str]
    dropped_: dict[str, str]
    weights_: dict[str, float]
    oof_scores_: dict[str, float]
    oof_score_: float
    oof_loss_: float
    _measured: dict[str, dict[str, Any]]  # columns of `leaderboard`

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **BaseTabular._parameter_constraints,
        "estimators": [list, None],
        "scoring": SCORING,
    }

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

    def _fit_table(
        self, problem: TrainingProblem, tasks: CallbackTasks | None, started: float
    ) -> None:
        if self.estimators is None:
            estimators = default_estimators(problem.data, problem.splits, is_classifier(self))
        else:
            estimators = check_estimators(self)
        problem = problem.with_terms()
        rows = np.unique(np.concatenate(problem.held_out))
        seen: Any = slice(None) if len(rows) == len(problem.data.Y) else rows
        data = problem.data.rows(seen)
        loss = self._checked_loss(data)
        parts = self._fit_parts(estimators, problem, tasks, started)
        self._keep_weighted(parts, seen, loss)
        blend: Any = sum(w * self._parts[name].oof for name, w in self.weights_.items())
        self._calibration = self._fitted_calibration(problem.data, blend)
        self._keep_predictions(problem, self._targets.blended(blend, self._calibration))
        self._measure(parts, problem, lambda oof: loss(oof[seen]))

    def _keep_weighted(self, parts: dict[str, Part], seen: Any, loss: BlendLoss) -> None:
        """Weight the estimators, and keep those whose weight matters."""
        networks = np.array([isinstance(each.fitted, BaseTabularMLP) for each in parts.values()])
        prior = networks / networks.sum() if networks.any() else np.full(len(parts), 1 / len(parts))
        predictions = [part.oof[seen] for part in parts.values()]
        selected = select_weights(predictions, loss, prior)
        weights = without_negligible(selected, predictions, loss, networks)
        self.weights_ = {name: w for name, w in zip(parts, weights.tolist(), strict=True) if w}
        self._parts = {name: parts[name] for name in self.weights_}
        self.dropped_ = {
            name: _reason_to_drop(weight)
            for name, weight in zip(parts, selected, strict=True)
            if name not in self.weights_
        }

    def _fitted_calibration(self, data: Data, blend: FloatArray) -> Calibration | None:
        """Calibrate the weighted predictions. Those of a single estimator are calibrated."""
        if len(self._parts) == 1:
            return self._targets.uncalibrated
        return self._targets.calibrate(data, self._targets.raw_scores(blend))

    def _measure(self, parts: dict[str, Part], problem: TrainingProblem, loss: BlendLoss) -> None:
        """Measure how good each estimator is, also of those that are dropped."""
        readable = self._targets.readable_loss if self.scoring is None else float
        folds = [
            (self._targets.blend_loss(problem.data.rows(rows), None), rows)
            for rows in problem.held_out
        ]

        def by_fold(oof: Any) -> "pd.Series[float]":
            return pd.Series([of_fold(oof[rows]) for of_fold, rows in folds])

        whole: Any = self._out_of_fold
        self.oof_loss_, whole_by_fold = readable(loss(whole)), by_fold(whole)
        self.oof_scores_, losses, as_good = {}, {}, {}
        for name, part in parts.items():
            self.oof_scores_[name] = self._oof_score(problem, part.oof)
            losses[name] = readable(loss(part.oof))
            as_good[name] = is_within_error(by_fold(part.oof) - whole_by_fold)
        self._measured = {"loss": losses, "as_good": as_good, **self._measured}

    def _keep_part_scores(self, scores_of: Callable[[FloatArray], HeldOutScores]) -> None:
        """Keep the scores of each estimator, which `only` needs, instead of its predictions."""
        for name, part in self._parts.items():
            self._parts[name] = part._replace(oof=np.empty(0), scores=scores_of(part.oof))
            if isinstance(part.fitted, BaseTabularMLP):
                part.fitted.__dict__.update(self._with_scores(self._parts[name].scores))
                part.fitted.__dict__.pop(self._oof_name)

    def _checked_loss(self, data: Data) -> BlendLoss:
        """Return the loss that weights minimize, after a trial of the user's scorer."""
        loss = self._targets.blend_loss(data, self.scoring)
        if self.scoring is not None:
            zeros = np.zeros((len(data.Y), data.n_targets))  # all rows have the same prediction
            try:
                loss(self._targets.predictions(zeros, NOT_CALIBRATED))
            except Exception as error:
                raise ValueError(
                    f"scoring={self.scoring!r} cannot score predictions for these targets: {error} "
                    "Choose another scorer, or make one with sklearn.metrics.make_scorer."
                ) from error
        return loss

    def _fit_parts(
        self,
        estimators: list[tuple[str, Any]],
        problem: TrainingProblem,
        tasks: CallbackTasks | None,
        started: float,
    ) -> dict[str, Part]:
        """Cross-fit the estimators, and leave out those that fail.

        Of `max_time`, each estimator gets an equal share of the time that is left. Networks come
        last, because they can use what the others leave. The last estimator is fitted even if there
        is no time, unless the ensemble has another.
        """
        parts: dict[str, Part] = {}
        errors: dict[str, Exception] = {}
        self.errors_ = {}
        self._measured = {"seconds": {}}
        in_order = sorted(estimators, key=lambda pair: isinstance(pair[1], BaseTabularMLP))
        for n_done, (name, estimator) in enumerate(in_order):
            is_networks, n_left = isinstance(estimator, BaseTabularMLP), len(in_order) - n_done
            fit = self._fit_networks if is_networks else self._cross_fit
            is_last_chance = n_left == 1 and not parts and not is_networks
            seconds = None if is_last_chance else self._share(started, n_left)
            seeded = _seeded(problem, in_order[:n_done], is_networks)
            begun = time.perf_counter()
            try:
                parts[name] = fit(estimator, seeded, tasks, started, seconds)
                self._measured["seconds"][name] = time.perf_counter() - begun
            except MemoryError:
                raise
            except Exception as error:
                if is_networks and not isinstance(error, DivergenceError):
                    raise  # such as the error of a callback
                errors[name] = error
                self.errors_[name] = f"{type(error).__name__}: {error}"
                message = f"{name} is left out of the ensemble: {self.errors_[name]}"
                warnings.warn(message, FitFailedWarning, stacklevel=stacklevel())
        if not parts:
            raise next(errors[name] for name, _ in estimators)
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
        problem: TrainingProblem,
        tasks: CallbackTasks | None,
        started: float,
        seconds: float | None,
    ) -> Part:
        """Train networks. They have the parameters of the ensemble, where both have one."""
        networks = clone(estimator)
        own = self.get_params(deep=False)
        common = {name: own[name] for name in networks.get_params(deep=False) if name in own}
        networks.set_params(**common | {"max_time": seconds})
        networks._fit_problem(networks._for_loss(problem), tasks, started)
        return Part(networks, networks._out_of_fold)

    def _cross_fit(
        self,
        estimator: Any,
        problem: TrainingProblem,
        tasks: CallbackTasks | None,
        started: float,
        seconds: float | None,
    ) -> Part:
        """Fit an estimator once for each fold."""
        end = None if seconds is None else started + seconds
        plans = [
            MemberPlan(
                *rows,
                unfitted_inputs(problem.data.X, seed, terms),
                seed,
                None,
                tasks.member(0) if tasks else None,
            )
            for rows, seed, terms in zip(problem.splits, problem.seeds, problem.terms, strict=True)
        ]
        models, predictions = cross_fit(estimator, problem.data, plans, self.n_jobs, end)
        raw = self._targets.raw_scores(by_row(problem.held_out, predictions, len(problem.data.Y)))
        calibration = self._targets.calibrate(problem.data, raw)
        return Part(models, self._targets.predictions(raw, calibration), calibration)

    @property
    def named_estimators_(self) -> Bunch:
        """The fitted estimators by name."""
        named = Bunch()
        named.update({name: part.estimators for name, part in self._parts.items()})
        return named

    @of_one_fit
    def leaderboard(self) -> pd.DataFrame:
        """Compare the estimators of the ensemble with each other, and with all of them together.

        Returns
        -------
        DataFrame
            A row for the ensemble, and one for each estimator that did not fail, with the columns

            - "weight" : its weight. 0 if it was dropped; `dropped_` says why.
            - "score" : accuracy or R² of its out-of-fold predictions.
            - "loss" : their log-loss or root mean squared error (of several targets, in units of
              their standard deviations), with `class_weight`. With `scoring`, the negative score.
            - "as_good" : whether the ensemble of `fit` is not clearly better than it alone, because
              the mean over the folds of the difference in log-loss, or in squared error, is at most
              its standard error. :meth:`only` then gives a smaller model that predicts faster.
            - "seconds" : time of its fit.
            - "bytes" : size of its pickle, which is made for this, or the sum. 0 if it was dropped.

        See Also
        --------
        only : Keep some of the estimators.
        """
        check_is_fitted(self)
        sizes = {name: len(pickle.dumps(part.fitted)) for name, part in self._parts.items()}
        parts = pd.DataFrame(
            {"weight": self.weights_, "score": self.oof_scores_, **self._measured, "bytes": sizes},
            index=list(self.oof_scores_),
        )
        parts = parts.fillna({"weight": 0.0, "bytes": 0}).astype({"bytes": int})
        whole = {
            "weight": 1.0,
            "score": self.oof_score_,
            "loss": self.oof_loss_,
            "as_good": True,
            "seconds": parts["seconds"].sum(min_count=1),
            "bytes": parts["bytes"].sum(),
        }
        return pd.concat([pd.DataFrame(whole, index=[type(self).__name__]), parts])

    # Prediction.

    @of_one_fit
    def only(self, name: str, *names: str) -> Self:
        """Return a smaller ensemble of some of the estimators.

        Parameters
        ----------
        name, *names : str
            Names of estimators in `weights_`.

        Returns
        -------
        estimator
            A copy that holds and uses these estimators alone, with their weights divided by their
            sum. It has no out-of-fold predictions, because those of single estimators are not kept.

            One estimator predicts as it does on its own, with its own `oof_score_`. The mean of
            several keeps the calibration of all. Its `oof_score_` is nan, and intervals and sets
            are as wide as those of the estimator with the largest errors among them, for each
            target: the mean error of a weighted mean is not above that.

        Raises
        ------
        ValueError
            If a name is not in `weights_`.
        """
        check_is_fitted(self)
        chosen = {name, *names}
        for each in (name for name in (name, *names) if name not in self.weights_):
            known, reason = ", ".join(map(repr, self.weights_)), self.dropped_.get(each, "")
            raise ValueError(f"name must be one of {known}; got {each!r}. {reason}".rstrip())
        smaller = copy(self)
        smaller._parts = {each: part for each, part in self._parts.items() if each in chosen}
        smaller.oof_scores_ = {each: self.oof_scores_[each] for each in smaller._parts}
        smaller.weights_ = {each: self.weights_[each] for each in smaller._parts}
        smaller.dropped_ = {}
        if len(chosen) == 1:
            smaller._become_one_alone(name)
        elif len(chosen) < len(self.weights_):
            smaller._become_mean_of_several()
        return smaller

    def _become_one_alone(self, name: str) -> None:
        """Predict as the only estimator does on its own."""
        self.weights_ = {name: 1.0}
        self._calibration = self._targets.uncalibrated
        losses = self._measured["loss"]
        self._forget_whole(self.oof_scores_[name], losses[name], self._parts[name].scores)

    def _become_mean_of_several(self) -> None:
        """Weight the estimators so that the sum is 1 again."""
        total = sum(self.weights_.values())
        self.weights_ = {name: weight / total for name, weight in self.weights_.items()}
        scores = largest_scores([part.scores for part in self._parts.values()])
        self._forget_whole(np.nan, np.nan, scores)

    def _forget_whole(self, score: float, loss: float, scores: HeldOutScores) -> None:
        """Replace what out-of-fold predictions of the whole ensemble told."""
        self.oof_score_, self.oof_loss_ = score, loss
        self.__dict__.update(self._with_scores(scores))
        self.__dict__.pop(self._oof_name, None)  # a file may lack it

    def _member_prediction(self, number: int, table: EncodedTable) -> FloatArray:
        """Return the weighted predictions of what was trained without one fold."""
        blend: Any = 0.0
        for name, weight in self.weights_.items():
            blend = blend + weight * self._part_prediction(self._parts[name], number, table)
        return self._targets.blended(blend, self._calibration)

    @property
    def _n_members(self) -> int:
        return next(iter(self._parts.values())).n_members

    def _part_prediction(self, part: Part, number: int, table: EncodedTable) -> FloatArray:
        """Return the predictions of one estimator that was trained without one fold."""
        if isinstance(part.fitted, BaseTabularMLP):
            return part.fitted._member_prediction(number, table)
        raw = self._targets.raw_scores(part.fitted[number].predict(table))
        return self._targets.predictions(raw, part.calibration)


def _reason_to_drop(weight: float) -> str:
    """Say why an estimator is dropped that had this weight."""
    if weight == 0:
        return "Its weight is 0: it does not lower the loss of the others."
    share = f"{100 * NEGLIGIBLE:g} %"
    return f"Its weight was {weight:.2g}: without it, the loss is at most {share} higher."


def _seeded(
    problem: TrainingProblem, before: list[tuple[str, Any]], is_networks: bool
) -> TrainingProblem:
    """Change the seeds for an estimator, whose like among those before had them already."""
    n_alike = sum(isinstance(each, BaseTabularMLP) == is_networks for _, each in before)
    return problem._replace(seeds=(problem.seeds + n_alike) % np.iinfo(np.int32).max)


def check_estimators(ensemble: Any) -> list[tuple[str, Any]]:
    """Check the named estimators of an ensemble.

    Parameters
    ----------
    ensemble : TabularEnsembleClassifier or TabularEnsembleRegressor
        The ensemble.

    Returns
    -------
    list of tuple of str and estimator
        The estimators, without those that are "drop".

    Raises
    ------
    ValueError
        If they are no pairs of names and estimators, a name is not possible, none is left, one
        is not of the ensemble's kind, or networks have callbacks.
    """
    pairs = ensemble.estimators
    if not pairs or not all(
        isinstance(each, tuple) and len(each) == 2 and isinstance(each[0], str) for each in pairs
    ):
        raise ValueError(
            "estimators must be None or a list of pairs of a name and an estimator, with at least "
            f"one pair; got {pairs!r}."
        )
    ensemble._validate_names([name for name, _ in pairs])
    used = [(name, each) for name, each in pairs if each != "drop"]
    if not used:
        raise ValueError("All estimators are 'drop', but at least one is needed.")
    kind, is_kind = (
        ("classifier", is_classifier) if is_classifier(ensemble) else ("regressor", is_regressor)
    )
    for name, estimator in used:
        is_estimator = hasattr(estimator, "fit") and not isinstance(estimator, type)
        if not is_estimator or not is_kind(estimator):
            raise ValueError(
                f"{type(ensemble).__name__} needs a {kind} as {name!r}; got {estimator!r}."
            )
        if isinstance(estimator, BaseTabularMLP):
            estimator._validate_params()
            if getattr(estimator, "_skl_callbacks", None):
                raise ValueError(
                    f"Only the ensemble calls callbacks, but {name!r} has callbacks of its own. "
                    f"Pass them to set_callbacks of {type(ensemble).__name__}."
                )
    return used
