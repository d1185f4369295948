"""The fit of an estimator to a raw table: check and encode, inspect, train."""

import time
from collections.abc import Sequence
from typing import Any, TypeVar

from scratchmlp.estimators.callback_tasks import fitting
from scratchmlp.tabular.fitted_table import set_fitted
from scratchmlp.tabular.misleading import findings
from scratchmlp.tabular.new_entities import with_alike, with_new_entities
from scratchmlp.tabular.notes import Note, alike_in
from scratchmlp.tabular.preparation import Encode, folds_decide, problem_of
from scratchmlp.tabular.problem import TrainingProblem

#: TabularEnsemble* or TabularMLP*.
Estimator = TypeVar("Estimator")


def fit_raw(estimator: Estimator, X: Any, y: Any, sample_weight: Any, groups: Any) -> Estimator:
    """Fit an estimator to a raw table, in place: see `BaseTabular.fit`."""
    started = time.time()  # this clock is the same in all processes
    with fitting(estimator, (X, y, sample_weight)) as (fitted, tasks):
        problem, found = problem_of(fitted, X, y, sample_weight, groups), []
        if fitted.inspect_table:
            may_be_alike = not folds_decide(fitted, groups)
            found = findings.find_misleading(problem, X, which_are_alike=may_be_alike)
        findings.warn_of_misleading(found)
        problem = with_alike(problem, alike_in(found), X)
        problem = problem._replace(tasks=tasks, started=started, findings=found)
        _train(fitted, problem, groups)
    return estimator


def fit_inspected(
    estimator: Estimator,
    X: Any,
    y: Any,
    groups: Any = None,
    *,
    encode: Encode,
    found: Sequence[Note] = (),
) -> Estimator:
    """Fit an estimator to a table whose columns have been decided and inspected before.

    Parameters
    ----------
    estimator : TabularEnsemble* or TabularMLP*
        The estimator, whose parameters about columns are not used by `encode`.
    X, y, groups : object
        See `fit` of the estimator.
    encode : callable
        Encodes the table: see `encoding_with` and `encoding_hidden`.
    found : sequence of Note, default=()
        What the inspection has found, for `findings_`.

    Returns
    -------
    TabularEnsemble* or TabularMLP*
        The fitted estimator itself.
    """
    started = time.time()
    with fitting(estimator, (X, y, None)) as (fitted, tasks):
        problem = problem_of(fitted, X, y, groups=groups, encode=encode)
        problem = problem._replace(tasks=tasks, started=started, findings=found)
        _train(fitted, problem, groups)
    return estimator


def _train(fitted: Any, problem: TrainingProblem, groups: Any) -> None:
    """Train an estimator, and end the task that tells callbacks of it."""
    if not folds_decide(fitted, groups):
        problem = with_new_entities(problem)
    set_fitted(fitted, fitted._fit_problem(problem))
    if problem.tasks:
        problem.tasks.end(fitted=True)
