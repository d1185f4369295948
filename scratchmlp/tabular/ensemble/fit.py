"""The fit of an ensemble: fit its parts in the folds, weight them, measure how good they are."""

from collections.abc import Callable
from functools import partial
from itertools import compress
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from sklearn.base import is_classifier, is_regressor

from scratchmlp.arrays import FloatArray
from scratchmlp.tabular.calibration import NOT_CALIBRATED
from scratchmlp.tabular.ensemble.blending import (
    NEGLIGIBLE,
    prior_shares,
    select_weights,
    without_negligible,
)
from scratchmlp.tabular.ensemble.cross_fitting import CrossFitted
from scratchmlp.tabular.ensemble.default_estimators import default_estimators
from scratchmlp.tabular.ensemble.fitted_ensemble import FittedEnsemble
from scratchmlp.tabular.ensemble.linear import LINEAR, LinearPart
from scratchmlp.tabular.ensemble.part_fits import LEAST_WEIGHT, PartFits, describe_error
from scratchmlp.tabular.fitted_table import known_before
from scratchmlp.tabular.folds import Rows
from scratchmlp.tabular.networks.mlp import BaseTabularMLP
from scratchmlp.tabular.networks.part import NetworksPart
from scratchmlp.tabular.new_entities import without_entities
from scratchmlp.tabular.part import PartEstimator
from scratchmlp.tabular.prediction import Blend
from scratchmlp.tabular.problem import TrainingProblem
from scratchmlp.tabular.scoring import Difference
from scratchmlp.tabular.targets import Targets

Scoring = str | Callable[..., float] | None


def fit_ensemble(ensemble: Any, problem: TrainingProblem) -> FittedEnsemble:
    """Fit the estimators in the folds, and weight them, by the parameters of an ensemble."""
    estimators, scoring = part_estimators(ensemble, problem), ensemble.scoring
    problem = problem.with_terms()
    _check_scoring(problem, scoring)
    is_trial, verbose = scoring is None, ensemble.verbose
    fits = PartFits(estimators, problem, ensemble.max_time, trial=is_trial, verbose=verbose)
    fits.fit()
    new = without_entities(problem)
    of_new = fits.predict_held_out(new) if new else {}
    chosen = _weigh_parts(fits, scoring, new, of_new)
    parts = {name: fits.estimators[name] for name in chosen.weights}
    models = {name: part.fitted_part for name, part in parts.items()}
    targets = problem.targets.spanning(each.targets for each in models.values())
    mean: Any = sum(weight * fits.oof[name] for name, weight in chosen.weights.items())
    calibration = targets.uncalibrated
    if len(parts) > 1:
        calibration = targets.calibrate(problem.data, targets.link(mean), problem.rows_in())
    oof = targets.blended(mean, calibration)
    uncertainty_of = problem.uncertainty_of(oof)
    learned = targets, calibration, uncertainty_of(oof)
    fitted = FittedEnsemble(
        blend=Blend(models, chosen.weights, *learned, chosen.weights_unseen, problem.new_entities),
        oof=oof,
        oof_score=problem.score(oof),
        parts=parts,
        errors={name: describe_error(error) for name, error in fits.errors.items()},
        out_of_time=[n for n, each in fits.errors.items() if isinstance(each, TimeoutError)],
        dropped=chosen.dropped,
        **known_before(problem),
        **_compare_parts(fits, targets, scoring, oof),
    )
    own = {name: uncertainty_of(fits.oof[name]) for name in parts}
    if new:
        fitted, unseen = fitted.measured_on_new(new, of_new)
        own = {name: each._replace(unseen=unseen[name]) for name, each in own.items()}
    for name, part in parts.items():
        part.keep_uncertainty(own[name])
    return fitted


# Which estimators.


def part_estimators(ensemble: Any, problem: TrainingProblem) -> dict[str, PartEstimator]:
    """Return the parts to fit, by name, with the parameters of the ensemble where both have one."""
    if ensemble.estimators is None:
        data, splits, n_rows = problem.data, problem.splits, problem.n_rows
        named = default_estimators(data, splits, n_rows, ensemble.effort)
    else:
        named = _named_estimators(ensemble)
    given, parts = ensemble.get_params(deep=False), {}
    for name, estimator in named:
        part = _part_of(estimator, is_default=ensemble.estimators is None)
        part.check_part(name, type(ensemble).__name__)
        parts[name] = part.with_parameters(given)
    return parts


def _part_of(estimator: Any, *, is_default: bool) -> PartEstimator:
    """Return an estimator as a part of an ensemble."""
    if isinstance(estimator, PartEstimator):
        return estimator
    if isinstance(estimator, BaseTabularMLP):
        return NetworksPart(estimator)
    return (LinearPart if is_default and isinstance(estimator, LINEAR) else CrossFitted)(estimator)


def _named_estimators(ensemble: Any) -> list[tuple[str, Any]]:
    """Check the named estimators of an ensemble, and return those that are not "drop"."""
    pairs = ensemble.estimators
    if not pairs or not all(
        isinstance(pair, tuple) and len(pair) == 2 and isinstance(pair[0], str) for pair in pairs
    ):
        raise ValueError(
            "estimators must be None or a list of pairs of a name and an estimator, with at least "
            f"one pair; got {pairs!r}."
        )
    ensemble._validate_names([name for name, _ in pairs])
    used = [(name, estimator) for name, estimator in pairs if estimator != "drop"]
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
    return used


# How much each contributes.


class _Weighted(NamedTuple):
    """Weights of the parts that matter.

    Attributes
    ----------
    weights : dict of str to float
        Weights by name.
    weights_unseen : dict of str to float or None
        Those for rows of unknown entities, such as new persons. None if they are the same.
    dropped : dict of str to str
        Why the others have no weight.
    """

    weights: dict[str, float]
    weights_unseen: dict[str, float] | None
    dropped: dict[str, str]


def _weigh_parts(
    fits: PartFits, scoring: Scoring, new: TrainingProblem | None, of_new: dict[str, FloatArray]
) -> _Weighted:
    """Weight the estimators that are fitted in all folds, and choose those that matter.

    `new` has rows as if they were of new entities, such as persons, and `of_new` what each
    estimator predicts for them: such rows have weights of their own.
    """
    names, oof = fits.complete, {name: fits.oof[name] for name in fits.complete}
    selected, weights = _weights_by_loss(fits, fits.problem, oof, scoring)
    unseen = _weights_by_loss(fits, new, of_new, scoring)[1] if new else weights
    matter = (weights > 0) | (unseen > 0)
    kept = [*compress(names, matter)]
    left = (
        f"On trial in {fits.n_trial} folds, its weight was below {LEAST_WEIGHT:g}: it hardly "
        "lowered the loss of the others. It was not fitted in the other folds."
    )
    reasons = dict(zip(names, map(_reason_to_drop, selected), strict=True))
    return _Weighted(
        dict(zip(kept, weights[matter].tolist(), strict=True)),
        dict(zip(kept, unseen[matter].tolist(), strict=True)) if new else None,
        {name: reasons.get(name, left) for name in fits.oof if name not in kept},
    )


def _weights_by_loss(
    fits: PartFits, problem: TrainingProblem, oof: dict[str, FloatArray], scoring: Scoring
) -> tuple[FloatArray, FloatArray]:
    """Return the weights of estimators by their out-of-fold predictions.

    The second ones are without those that hardly matter.
    """
    rows, targets = problem.rows_in(), fits.problem.targets
    loss = targets.blend_loss(problem.data.rows(rows), scoring)
    predictions = [each[rows] for each in oof.values()]
    by_fold = [_loss_by_fold(problem, targets, each) for each in oof.values()]
    best = min(by_fold, key=pd.Series.mean)
    differences = [Difference.of(each - best, fits.problem.splits) for each in by_fold]
    prior = prior_shares(differences, np.isin([*oof], fits.preferred))
    selected = select_weights(predictions, loss, prior)
    return selected, without_negligible(selected, predictions, loss)


def _reason_to_drop(weight: float) -> str:
    """Say why an estimator is dropped that had this weight."""
    if weight == 0:
        return "Its weight is 0: it does not lower the loss of the others."
    share = f"{100 * NEGLIGIBLE:g} %"
    return f"Its weight was {weight:.2g}: without it, the loss is at most {share} higher."


# How good each is.


def _compare_parts(
    fits: PartFits, targets: Targets, scoring: Scoring, whole: FloatArray
) -> dict[str, Any]:
    """Measure how good each estimator is, also of those that are dropped.

    `whole` are the out-of-fold predictions of the ensemble. Return fields of `FittedEnsemble`.
    """
    readable = targets.readable_loss if scoring is None else float
    problem = fits.problem
    by_fold = partial(_loss_by_fold, problem, targets)

    def loss(oof: Any, n_folds: int | None = None) -> float:
        rows = problem.rows_in(n_folds)
        return readable(targets.blend_loss(problem.data.rows(rows), scoring)(oof[rows]))

    whole_by_fold, oof, n_folds = by_fold(whole), fits.oof, fits.n_folds
    differences = {  # nan in the folds in which an estimator is not fitted
        name: Difference.of(by_fold(each, n_folds[name]) - whole_by_fold, problem.splits)
        for name, each in oof.items()
    }
    measured = {
        "loss": {name: loss(each, n_folds[name]) for name, each in oof.items()},
        "difference": {name: each.mean for name, each in differences.items()},
        "standard_error": {name: each.standard_error for name, each in differences.items()},
        "as_good": {name: each.is_within_error for name, each in differences.items()},
        "folds": {name: n_folds[name] for name in oof},
        "seconds": {name: fits.seconds[name] for name in oof},
    }
    scores = {name: problem.score(each, n_folds[name]) for name, each in oof.items()}
    return {"oof_scores": scores, "oof_loss": loss(whole), "measured": measured}


def _loss_by_fold(
    problem: TrainingProblem, targets: Targets, oof: FloatArray, n_folds: int | None = None
) -> "pd.Series[float]":
    """Return the loss of out-of-fold predictions in each fold, or in the first ones.

    It is nan for a fold without rows.
    """

    def loss(rows: Rows) -> float:
        of_fold = targets.blend_loss(problem.data.rows(rows), None)
        return targets.readable_loss(of_fold(oof[rows]))

    held_out = problem.held_out[:n_folds]
    return pd.Series([loss(rows) if len(rows) else np.nan for rows in held_out])


def _check_scoring(problem: TrainingProblem, scoring: Scoring) -> None:
    """Try the user's scorer."""
    if scoring is None:
        return
    data, targets = problem.data.rows(problem.rows_in()), problem.targets
    zeros = np.zeros((len(data.Y), data.n_targets))  # all rows have the same prediction
    try:
        targets.blend_loss(data, scoring)(targets.predictions(zeros, NOT_CALIBRATED))
    except Exception as error:
        raise ValueError(
            f"scoring={scoring!r} cannot score predictions for these targets: {error} "
            "Choose another scorer, or make one with sklearn.metrics.make_scorer."
        ) from error
