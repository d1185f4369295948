"""The linear part of an ensemble: numbers as they are, all levels, one penalty for all folds."""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from sklearn.base import clone, is_classifier
from sklearn.linear_model import LogisticRegression, Ridge

from scratchmlp.arrays import FloatArray
from scratchmlp.tabular.ensemble.cross_fitting import CrossFitted
from scratchmlp.tabular.inputs.levels import LevelsPlan
from scratchmlp.tabular.inputs.term_selection import TermSelection
from scratchmlp.tabular.problem import TrainingProblem
from scratchmlp.tabular.targets import ClassTargets, Targets

#: Linear models that may be such a part.
LINEAR = (LogisticRegression, Ridge)
#: Penalties of squared coefficients. With `Ridge`, this many rows halve the effect of a level.
_PENALTIES = (0.01, 0.1, 1.0, 10.0)
#: By how much predictions may leave the range of the targets, as shares of it.
_MARGINS = (0.0, 0.25, 0.5, 1.0)
#: Share of what this gains in held-out rows that a wider range may lose.
_LOST = 0.1


class LogRidge(Ridge):
    """Ridge regression on the logarithms of targets above 0."""

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Fit to the logarithms; targets that are too small for float32 count as the smallest."""
        super().fit(X, np.log(np.maximum(y, np.finfo(np.float32).tiny)), sample_weight)
        return self

    def predict(self, X: Any) -> FloatArray:
        """Return the exponentials of what is linear."""
        return np.exp(super().predict(X))


@dataclass(eq=False, repr=False)
class LinearPart(CrossFitted):
    """LogisticRegression or Ridge as a part of an ensemble, on the inputs of `Levels`.

    Folds of the trial try several penalties, and each one also with logarithms of targets above 0:
    effects may multiply. The model whose out-of-fold predictions have the lowest loss in all of
    them is that of all folds: chosen in each fold on its own, penalties of small tables jump from
    fold to fold. Numbers may leave the range of the targets of `fit`, if that lowers the loss where
    folds hold out targets beyond those of their training rows. Then the widest range counts with
    which hardly any of this gain is lost: new targets may go further.
    """

    def _candidates(self, problem: TrainingProblem) -> list[Any]:
        """Return the linear model with each penalty, and those of logarithms."""
        estimator = self.estimator
        if is_classifier(estimator):
            return [clone(estimator).set_params(C=1 / penalty) for penalty in _PENALTIES]
        models = [estimator]
        if problem.targets.may_be_logarithms:
            models.append(LogRidge(**estimator.get_params()))
        return [
            clone(model).set_params(alpha=penalty) for model in models for penalty in _PENALTIES
        ]

    def _for_loss(self, problem: TrainingProblem) -> TrainingProblem:
        """Return the problem with encoded targets above 0, if their logarithms are tried."""
        targets = problem.targets
        if isinstance(targets, ClassTargets) or not targets.may_be_logarithms:
            return problem
        positive = targets.divided_by_mean(problem.y, problem.sample_weight)
        return problem.for_targets(positive)._replace(terms=problem.terms)

    def _plan(self, seed: int, terms: TermSelection | None) -> LevelsPlan:
        """Return how to fit the inputs of a fold."""
        return LevelsPlan(terms)

    def _targets_for(self, problem: TrainingProblem, scores: FloatArray, n_folds: int) -> Targets:
        """Return targets whose range is as wide as held-out rows support."""
        targets = problem.targets
        if isinstance(targets, ClassTargets):
            return targets
        y, rows = targets.values(problem.data.Y), problem.rows_in(n_folds)
        loss = targets.blend_loss(problem.data.rows(rows), None)
        if isinstance(self.models_[0].estimator, LogRidge):
            targets = targets.exponential(y[rows], scores[rows], problem.sample_weight[rows])

        def loss_within(margin: float) -> float:
            oof = np.full_like(y, np.nan)
            for training, held_out in problem.splits[:n_folds]:
                seen = targets.in_range_of(y[training]).widened(margin)
                oof[held_out] = seen.predictions(scores[held_out], None)
            return loss(oof[rows])

        losses = np.array([loss_within(margin) for margin in _MARGINS])
        gain = losses[0] - losses.min()
        if not gain > 0:
            return targets
        widest = np.flatnonzero(losses <= losses.min() + _LOST * gain)[-1]
        return targets.widened(_MARGINS[widest])
