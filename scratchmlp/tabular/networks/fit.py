"""The fit of networks to a table: one for each fold, alone or as a part of an ensemble.

Each member is trained without one part of the rows, its fold. The losses on the folds decide which
epoch each member keeps. The predictions of a member for its fold are out-of-fold predictions. They
estimate how well the ensemble predicts new rows.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from scratchmlp.arrays import FloatArray
from scratchmlp.estimators.parameters import hidden_sizes
from scratchmlp.tabular.calibration import Calibration
from scratchmlp.tabular.columns.encoder import fitted_columns
from scratchmlp.tabular.fitted_table import FittedTable, known_before
from scratchmlp.tabular.folds import by_row
from scratchmlp.tabular.inputs.inputs import Bins, InputsPlan
from scratchmlp.tabular.inputs.logarithms import positive_numbers
from scratchmlp.tabular.networks.deadline import Deadline, deadlines
from scratchmlp.tabular.networks.epochs import (
    N_FIRST,
    check_kept,
    choose_epochs,
    last_epoch,
    out_of_fold_epochs,
)
from scratchmlp.tabular.networks.executor import Executor, LocalExecutor
from scratchmlp.tabular.networks.member import MemberHistory, MemberPlan, joined_history
from scratchmlp.tabular.networks.recipe import Recipe, recommended_recipe
from scratchmlp.tabular.new_entities import without_entities
from scratchmlp.tabular.prediction import Blend, Part, out_of_fold
from scratchmlp.tabular.problem import TrainingProblem
from scratchmlp.tabular.uncertainty import Uncertainty

#: Name of the only part of an estimator of networks alone.
NETWORKS = "networks"


@dataclass(frozen=True, eq=False, kw_only=True)
class FittedNetworks(FittedTable):
    """What networks learn of a table.

    Attributes
    ----------
    history : dict of str to ndarray
        How the members were trained, epoch by epoch.
    best_epochs : ndarray of shape (n_members,), int
        Epoch that each member keeps, from 1.
    n_iter : int
        Largest number of epochs of a member.
    stop_reasons : list of str
        Why the training of each member ended.
    """

    ATTRIBUTES = (*FittedTable.ATTRIBUTES, "history", "best_epochs", "n_iter", "stop_reasons")

    history: dict[str, NDArray[Any]]
    best_epochs: NDArray[np.int_]
    n_iter: int
    stop_reasons: list[str]

    @property
    def part(self) -> Part:
        """What predicts."""
        return self.blend.parts[NETWORKS]

    @property
    def members(self) -> Any:
        """The trained networks."""
        return self.part.models

    @property
    def calibration(self) -> Calibration | None:
        """Calibration of the raw scores; None for numbers."""
        return self.part.calibration

    def to_state(self) -> dict[str, Any]:
        """Return the record as files name what is in it."""
        return super().to_state() | {"members_": self.members}

    @classmethod
    def blend_in(cls, state: dict[str, Any]) -> Blend:
        """Return what predicts, from a state."""
        part = Part(state["members_"], state["_targets"], state.get("_calibration"))
        return _alone(part, state["_uncertainty"])


class TrainedNetworks(NamedTuple):
    """Networks that have been trained, before anybody knows how wrong they are.

    Attributes
    ----------
    problem : TrainingProblem
        What they were trained on, with targets as their loss needs them.
    part : Part
        What predicts.
    oof : ndarray of shape (n_samples,) or (n_samples, n_outputs)
        Calibrated out-of-fold predictions.
    training : dict of str to object
        How they were trained: further fields of `FittedNetworks`.
    """

    problem: TrainingProblem
    part: Part
    oof: FloatArray
    training: dict[str, Any]

    def fitted(self, uncertainty: Uncertainty, oof: FloatArray | None) -> FittedNetworks:
        """Return the record of the fit, with these out-of-fold predictions."""
        return FittedNetworks(
            blend=_alone(self.part, uncertainty)._replace(new_entities=self.problem.new_entities),
            oof=oof,
            oof_score=self.problem.score(self.oof),
            **known_before(self.problem),
            **self.training,
        )


def _alone(part: Part, uncertainty: Uncertainty) -> Blend:
    """Return what networks alone predict with."""
    targets = part.targets
    return Blend({NETWORKS: part}, {NETWORKS: 1.0}, targets, targets.uncalibrated, uncertainty)


def fit_networks(
    estimator: Any, problem: TrainingProblem, executor: Executor | None = None
) -> FittedNetworks:
    """Fit networks alone to a table.

    Parameters
    ----------
    estimator : TabularMLPClassifier or TabularMLPRegressor
        The parameters.
    problem : TrainingProblem
        What to train on.
    executor : Executor or None, default=None
        Where to train members. None means processes of this machine.

    Returns
    -------
    FittedNetworks
        What they have learned.
    """
    trained = train_networks(estimator, problem, executor)
    problem, oof = trained.problem, trained.oof
    fitted = trained.fitted(problem.uncertainty_of(oof)(oof), oof)
    if new := without_entities(problem):
        predicted = out_of_fold(trained.part, new.data.X, new.held_out)
        fitted, _ = fitted.measured_on_new(new, {NETWORKS: predicted})
    return fitted


def train_networks(
    estimator: Any, problem: TrainingProblem, executor: Executor | None = None
) -> TrainedNetworks:
    """Train a member for each fold: see `fit_networks`."""
    executor = executor or LocalExecutor(estimator.n_jobs)
    problem = estimator._for_loss(problem)
    recipe = chosen_recipe(estimator, problem)
    histories = _train(estimator, problem, recipe, executor)
    held_out, targets, n_rows = problem.held_out, problem.targets, len(problem.data.Y)
    chosen = choose_epochs(histories)
    epochs = out_of_fold_epochs(histories, held_out, recipe.averaging_radius)
    finished = executor.finish(problem.data, chosen, epochs, held_out)
    check_kept(chosen, [member.kept for member in finished])
    kept = by_row(held_out, [member.kept for member in finished], n_rows)
    calibration = targets.calibrate(problem.data, kept, problem.rows_in())
    raw = by_row(held_out, [member.out_of_fold for member in finished], n_rows)
    training = {
        "history": joined_history(histories),
        "best_epochs": np.array([candidate.epoch + 1 for candidate in chosen]),
        "n_iter": max(len(history.losses) for history in histories),
        "stop_reasons": [history.stop_reason for history in histories],
    }
    part = Part([member.member for member in finished], targets, calibration)
    return TrainedNetworks(problem, part, targets.out_of_fold(raw, calibration), training)


def chosen_recipe(estimator: Any, problem: TrainingProblem) -> Recipe:
    """Choose how to train on a table. The estimator's parameters have priority."""
    targets, data = problem.targets, problem.data
    recipe = recommended_recipe(targets, data, problem.n_rows, estimator._training_loss)
    sizes, max_iter = estimator.hidden_layer_sizes, estimator.max_iter
    if not isinstance(sizes, str):
        recipe = replace(recipe, hidden_layer_sizes=(hidden_sizes(sizes),))
    return recipe if max_iter == "auto" else replace(recipe, n_epochs=int(max_iter))


def _train(
    estimator: Any, problem: TrainingProblem, recipe: Recipe, executor: Executor
) -> list[MemberHistory]:
    """Train the first members, which show how many epochs are enough, and then the others."""
    members = range(len(problem.splits))
    first, others = members[:N_FIRST], members[N_FIRST:]
    groups = [len(first), len(others)]
    ends = deadlines(problem.started, estimator.max_time, groups, executor.n_at_once)
    data = problem.data
    histories = executor.train(recipe, data, member_plans(problem, recipe, ends, first))
    if estimator.verbose:
        _print_progress(len(first), problem)
    limited = replace(recipe, last_epoch=last_epoch(histories, recipe.n_epochs))
    plans = member_plans(problem, limited, ends, others)
    histories += executor.train(limited, data, plans)
    if estimator.verbose and others:
        _print_progress(len(members), problem)
    return histories


def _print_progress(n_trained: int, problem: TrainingProblem) -> None:
    """Print how many networks are trained, and how long after the start of `fit`."""
    seconds = time.time() - problem.started
    print(
        f"[networks] {n_trained} of {len(problem.splits)} trained after {seconds:.1f} s", flush=True
    )


def member_plans(
    problem: TrainingProblem, recipe: Recipe, ends: list[Deadline], members: range
) -> Iterator[MemberPlan]:
    """Yield what distinguishes the training of some members from that of the others."""
    layout = problem.data.X.layout
    numeric = np.searchsorted(layout.numbers, problem.encoder.numeric_outputs_)
    positive = positive_numbers(fitted_columns(problem.encoder)) if recipe.logarithms else {}
    n_epochs = recipe.last_epoch or recipe.n_epochs
    for member in members:
        encoder = recipe.bins_for(member, len(numeric))
        bins = Bins(encoder, numeric) if encoder else None
        seed, terms = problem.seeds[member], problem.terms[member]
        inputs = InputsPlan(seed, terms, bins, positive)
        task = problem.tasks.subtask(n_epochs) if problem.tasks else None
        yield MemberPlan(member, *problem.splits[member], inputs, seed, ends[member], task)
