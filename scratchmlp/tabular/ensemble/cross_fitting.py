"""Cross-fit any estimator of scikit-learn on an encoded table: one fit for each fold."""

import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from joblib import effective_n_jobs
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, clone
from sklearn.pipeline import Pipeline
from sklearn.utils import get_tags
from sklearn.utils.parallel import Parallel, delayed
from sklearn.utils.validation import has_fit_parameter

from scratchmlp.arrays import FloatArray
from scratchmlp.batches import Data
from scratchmlp.estimators.callback_tasks import CallbackTasks
from scratchmlp.tabular.calibration import Calibration
from scratchmlp.tabular.columns.encoded_table import fill_empty_columns
from scratchmlp.tabular.ensemble.boosted_trees import BOOSTING
from scratchmlp.tabular.ensemble.fold_model import (
    BoostedFolds,
    FoldModel,
    inputs_for,
    takes_missing,
)
from scratchmlp.tabular.folds import Rows, by_row
from scratchmlp.tabular.inputs.inputs import Inputs, InputsPlan
from scratchmlp.tabular.inputs.levels import Levels, LevelsPlan
from scratchmlp.tabular.inputs.term_selection import TermSelection
from scratchmlp.tabular.part import PartEstimator
from scratchmlp.tabular.prediction import Part
from scratchmlp.tabular.problem import TrainingProblem
from scratchmlp.tabular.targets import ClassTargets, Targets
from scratchmlp.utils.threads import one_thread

#: Names of losses that take no negative targets. Boosting and forests lack the tag for this.
_NONNEGATIVE = re.compile("poisson|gamma|tweedie", re.IGNORECASE)
#: A fitted model, and its scores of the rows that its fold holds out.
_Result: TypeAlias = tuple[FoldModel, FloatArray]


class _Fold(NamedTuple):
    """What distinguishes the fit for one fold from those for the others.

    Attributes
    ----------
    training, held_out : ndarray of int
        Row numbers for training, and those of the fold.
    inputs : InputsPlan or LevelsPlan
        How to fit the inputs to the training rows.
    seed : int
        Random state.
    tasks : CallbackTasks or None
        Task that tells callbacks of the fit. None if the ensemble has no callbacks.
    """

    training: Rows
    held_out: Rows
    inputs: InputsPlan | LevelsPlan
    seed: int
    tasks: CallbackTasks | None


@dataclass(eq=False, repr=False)
class CrossFitted(PartEstimator):
    """An estimator of scikit-learn as a part of an ensemble: fitted once for each fold.

    Parameters
    ----------
    estimator : estimator
        The estimator, which is cloned.
    n_jobs : int or None, default=None
        Number of folds at the same time.
    max_time : float or None, default=None
        Seconds from the start of the fit of the ensemble until all folds must be fitted.

    Attributes
    ----------
    models_ : list of FoldModel
        The fitted estimators.
    """

    estimator: Any
    n_jobs: int | None = None
    max_time: float | None = None

    models_: list[FoldModel] = field(init=False)
    _targets: Targets = field(init=False)
    _calibration: Calibration | None = field(init=False)

    def fit_part(self, problem: TrainingProblem, n_trial: int) -> Iterator[FloatArray]:
        """See `PartEstimator`."""
        problem = self._for_loss(problem)
        tasks, estimators = problem.tasks, self._candidates(problem)
        results: list[_Result] = []
        folds = [
            _Fold(*rows, self._plan(seed, terms), seed, tasks and tasks.subtask(0))
            for rows, seed, terms in zip(problem.splits, problem.seeds, problem.terms, strict=True)
        ]
        for some in filter(None, (folds[:n_trial], folds[n_trial:])):
            found = self._fit_folds(estimators, problem.data, some, problem.started)
            best = self._best(problem, found) if len(found) > 1 else 0
            estimators = [estimators[best]]
            results += found[best]
            yield self._keep(problem, results)

    def _candidates(self, problem: TrainingProblem) -> list[Any]:
        """Return the estimators to fit in the first folds: the others get the best one."""
        return [self.estimator]

    def _best(self, problem: TrainingProblem, found: Sequence[Sequence[_Result]]) -> int:
        """Return which estimator has the lowest loss in the first folds."""
        rows = problem.rows_in(len(found[0]))
        loss = problem.targets.blend_loss(problem.data.rows(rows), None)
        return int(np.argmin([loss(self._keep(problem, results)[rows]) for results in found]))

    def _plan(self, seed: int, terms: TermSelection | None) -> InputsPlan | LevelsPlan:
        """Return how to fit the inputs of a fold."""
        return InputsPlan(seed, terms, None, {})

    def _for_loss(self, problem: TrainingProblem) -> TrainingProblem:
        """Return the problem with targets as the loss of the estimator needs them."""
        targets = problem.targets
        if isinstance(targets, ClassTargets) or targets.low.min() < 0:
            return problem
        if not _needs_nonnegative(self.estimator):
            return problem
        return problem.for_targets(targets.divided_by_mean(problem.y, problem.sample_weight))

    def _keep(self, problem: TrainingProblem, results: Sequence[_Result]) -> FloatArray:
        """Keep the models of some folds, and return their calibrated out-of-fold predictions."""
        self.models_ = [model for model, _ in results]
        data, held_out = problem.data, problem.held_out[: len(results)]
        scores = by_row(held_out, [found for _, found in results], len(data.Y))
        self._targets = targets = self._targets_for(problem, scores, len(results))
        self._calibration = targets.calibrate(data, scores, problem.rows_in(len(results)))
        return targets.predictions(scores, self._calibration)

    def _targets_for(self, problem: TrainingProblem, scores: FloatArray, n_folds: int) -> Targets:
        """Return how scores, of rows that the first folds hold out, become predictions."""
        return problem.targets

    def _fit_folds(
        self, estimators: Sequence[Any], data: Data, folds: list[_Fold], started: float
    ) -> list[tuple[_Result, ...]]:
        """Fit estimators in some folds, and return the results of each: see `_fit_fold`.

        The first fold shows whether there is time for the others.

        Raises
        ------
        TimeoutError
            If there is not.
        """
        first = []
        if self.max_time is not None:
            begun = time.time()
            first = [_fit_fold(estimators, data, folds[0])]
            n_rounds = -(-(len(folds) - 1) // effective_n_jobs(self.n_jobs))  # rounded up
            needed = n_rounds * (time.time() - begun)
            left = max(started + self.max_time - time.time(), 0.0)
            if needed > left:
                raise TimeoutError(
                    f"the fits for the other folds would take {needed:.3g} s, but {left:.3g} s are "
                    "left of its share of max_time. Increase max_time"
                )
        others = Parallel(n_jobs=self.n_jobs, batch_size=1)(
            delayed(_fit_fold)(estimators, data, fold) for fold in folds[len(first) :]
        )
        return [*zip(*first, *others, strict=True)]

    @property
    def fitted_part(self) -> Part:
        """See `PartEstimator`."""
        return Part(self.models_, self._targets, self._calibration, self._together)

    @cached_property
    def _together(self) -> BoostedFolds | None:
        """What predicts faster than one model after the other."""
        is_boosting = type(self.models_[0].estimator) in BOOSTING
        return BoostedFolds(self.models_) if is_boosting else None

    def __getstate__(self) -> dict[str, Any]:
        state: dict[str, Any] = super().__getstate__()
        return {name: value for name, value in state.items() if name != "_together"}

    @property
    def named(self) -> list[Any]:
        """See `PartEstimator`."""
        return [model.estimator for model in self.models_]


def _fit_fold(estimators: Sequence[Any], data: Data, fold: _Fold) -> list[_Result]:
    """Fit clones of estimators to the training rows of a fold, and predict the fold.

    The estimators differ in their parameters alone, and get the same inputs: those of a network
    without bins. If they accept missing values, as trees do, these are numbers with missing values,
    and codes of categories. An estimator that stops early, and whose `fit` takes `X_val` and
    `y_val`, gets the fold as validation data.
    """
    if fold.tasks:
        fold.tasks.begin()
    training, held_out = data.rows(fold.training), data.rows(fold.held_out)
    held_out = held_out._replace(X=held_out.X.held_out())
    inputs, supervised = fold.inputs.fit(training)
    table, supervised = inputs.hiding_some(training.X, supervised, fold.seed)
    with one_thread():  # other folds may be fitted at the same time
        X = inputs_for(estimators[0], inputs)(table, supervised)
        if takes_missing(estimators[0]):
            X = fill_empty_columns(X, training.sample_weight)
        training = training._replace(X=X)
        results = [
            _fit_estimator(each, inputs, training, held_out, fold.seed) for each in estimators
        ]
    if fold.tasks:
        fold.tasks.end()
    return results


def _fit_estimator(
    estimator: Any, inputs: Inputs | Levels, training: Data, held_out: Data, seed: int
) -> _Result:
    """Fit a clone of an estimator to training rows, whose X are the inputs: see `_fit_fold`."""
    model = clone(estimator)
    _set_random_states(model, seed)
    least = 1 / (len(training.Y) * training.n_targets)
    fitted = FoldModel(model, inputs, training.n_targets, least)
    model.fit(training.X, _y_of(training), **_fit_arguments(fitted, training, held_out))
    scores = fitted.scores(held_out.X)
    if not np.isfinite(scores).all():
        raise ValueError("its predictions are not finite")
    return fitted, scores


def _needs_nonnegative(estimator: Any) -> bool:
    """Return whether an estimator, or one within it, has a loss that takes no negative targets."""
    return any(
        _NONNEGATIVE.search(value)
        if isinstance(value, str)
        else isinstance(value, BaseEstimator) and get_tags(value).target_tags.positive_only
        for value in (estimator, *estimator.get_params().values())
    )


def _set_random_states(model: Any, seed: int) -> None:
    """Set the random states that are None."""
    unset = [
        name
        for name, value in model.get_params().items()
        if name.split("__")[-1] == "random_state" and value is None
    ]
    model.set_params(**dict.fromkeys(unset, seed))


def _fit_arguments(fitted: FoldModel, training: Data, held_out: Data) -> dict[str, Any]:
    """Return weights, and validation data for an estimator that stops early."""
    model, weight = fitted.estimator, training.sample_weight
    validation: dict[str, Any] = {}
    if has_fit_parameter(model, "X_val") and getattr(model, "early_stopping", False):
        if training.class_targets is not None:  # a class may have no row for training
            held_out = held_out.rows(np.isin(held_out.Y, training.Y))
        if len(held_out.Y):  # else, it may choose training rows
            X_val = inputs_for(model, fitted.inputs)(held_out.X)
            validation = {"X_val": X_val, "y_val": _y_of(held_out)}
    if weight is None or (weight == weight[0]).all():
        return validation
    if isinstance(model, Pipeline) and has_fit_parameter(model[-1], "sample_weight"):
        return {f"{model.steps[-1][0]}__sample_weight": weight}
    if not has_fit_parameter(model, "sample_weight"):
        raise TypeError("its fit takes no sample_weight")
    if validation:
        validation["sample_weight_val"] = held_out.sample_weight
    return validation | {"sample_weight": weight}


def _y_of(data: Data) -> NDArray[Any]:
    """Return class numbers, or targets as `Targets` encode them."""
    return data.Y[:, 0] if data.Y.ndim == 2 and data.Y.shape[1] == 1 else data.Y
