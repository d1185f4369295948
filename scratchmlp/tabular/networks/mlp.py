"""What the tabular MLP classifier and regressor share: a cross-fitted ensemble of networks.

Each member is trained without one part of the rows, its fold. The losses on the folds decide which
epoch each member keeps. The predictions of a member for its fold are out-of-fold predictions. They
estimate how well the ensemble predicts new rows.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from numbers import Integral
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from sklearn.utils._param_validation import Interval, StrOptions

from scratchmlp.arrays import FloatArray
from scratchmlp.estimators.parameters import hidden_sizes
from scratchmlp.losses import Loss
from scratchmlp.run import DivergenceError
from scratchmlp.tabular.base import BaseTabular, TableParameters, TrainingProblem
from scratchmlp.tabular.folds import by_row
from scratchmlp.tabular.inputs.inputs import Bins, unfitted_inputs
from scratchmlp.tabular.inputs.logarithms import Logarithms
from scratchmlp.tabular.networks.deadline import Deadline, deadlines
from scratchmlp.tabular.networks.epochs import (
    N_FIRST,
    check_kept,
    choose_epochs,
    enough_epochs,
    out_of_fold_epochs,
)
from scratchmlp.tabular.networks.executor import Executor, LocalExecutor
from scratchmlp.tabular.networks.fold_evaluator import Candidate
from scratchmlp.tabular.networks.member import (
    FinishedMember,
    Member,
    MemberHistory,
    MemberPlan,
    joined_history,
)
from scratchmlp.tabular.networks.recipe import Recipe, recommended_recipe
from scratchmlp.tabular.part import PartEstimator
from scratchmlp.tabular.prediction import Blend, Part


@dataclass(kw_only=True, eq=False, repr=False)
class NetworkParameters(TableParameters):
    """Parameters of TabularMLPClassifier and TabularMLPRegressor."""

    hidden_layer_sizes: Any = "auto"
    max_iter: int | str = "auto"


class BaseTabularMLP(PartEstimator, NetworkParameters, BaseTabular):
    """Base class of TabularMLPClassifier and TabularMLPRegressor, which document the parameters."""

    _is_preferred = True
    _left_out_after = DivergenceError

    members_: list[Member]
    history_: dict[str, NDArray[Any]]
    best_epochs_: NDArray[np.int_]

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **BaseTabular._parameter_constraints,
        "hidden_layer_sizes": [
            StrOptions({"auto"}),
            "array-like",
            Interval(Integral, 1, None, closed="left"),
        ],
        "max_iter": [StrOptions({"auto"}), Interval(Integral, 1, None, closed="left")],
    }

    # Fit, alone or as a part of an ensemble.

    def fit_problem(self, problem: TrainingProblem, executor: Executor | None = None) -> None:
        """Train a network for each fold.

        Internal: other folders of the package call it.
        """
        problem = self._for_loss(problem)
        oof = self._fit_folds(problem, executor or LocalExecutor(self.n_jobs))
        setattr(self, self._oof_name, oof)
        self._uncertainty = self._uncertainty_of(problem, oof)(oof)

    def _check_part(self, name: str, ensemble: str) -> None:
        self._validate_params()
        if getattr(self, "_skl_callbacks", None):
            raise ValueError(
                f"Only the ensemble calls callbacks, but {name!r} has callbacks of its own. "
                f"Pass them to set_callbacks of {ensemble}."
            )

    def _fit_part(self, problem: TrainingProblem, n_trial: int) -> Iterator[FloatArray]:
        yield self._fit_folds(self._for_loss(problem), LocalExecutor(self.n_jobs))

    def _for_loss(self, problem: TrainingProblem) -> TrainingProblem:
        """Return the problem with targets as the loss needs them."""
        return problem

    @property
    def _training_loss(self) -> Loss | None:
        """The loss that the user chose, with its output activation; None for classes."""
        return None

    # Train, keep.

    def _fit_folds(self, problem: TrainingProblem, executor: Executor) -> FloatArray:
        """Train a member for each fold, and return the out-of-fold predictions."""
        self._keep_problem(problem)
        recipe = self._chosen_recipe(problem)
        histories = self._train(problem, recipe, executor)
        chosen = choose_epochs(histories)
        epochs = out_of_fold_epochs(histories, problem.held_out, recipe.averaging_radius)
        finished = executor.finish(problem.data, chosen, epochs, problem.held_out)
        self._keep_members(histories, chosen, finished)
        oof = self._calibrated(problem, finished)
        self.oof_score_ = self._oof_score(problem, oof)
        return oof

    def _chosen_recipe(self, problem: TrainingProblem) -> Recipe:
        """Choose how to train on a table. The estimator's parameters have priority."""
        targets, data = problem.targets, problem.data
        recipe = recommended_recipe(targets, data, problem.n_rows, self._training_loss)
        if not isinstance(self.hidden_layer_sizes, str):
            recipe = replace(recipe, hidden_layer_sizes=(hidden_sizes(self.hidden_layer_sizes),))
        return recipe if self.max_iter == "auto" else replace(recipe, n_epochs=int(self.max_iter))

    def _train(
        self, problem: TrainingProblem, recipe: Recipe, executor: Executor
    ) -> list[MemberHistory]:
        """Train the first members, which show how many epochs are enough, and then the others."""
        members = range(len(problem.splits))
        first, others = members[:N_FIRST], members[N_FIRST:]
        groups = [len(first), len(others)]
        ends = deadlines(problem.started, self.max_time, groups, executor.n_at_once)
        n_epochs, data = recipe.n_epochs, problem.data
        patient = replace(recipe, patience=n_epochs / 2)
        histories = executor.train(patient, data, self._plans(problem, patient, ends, first))
        limited = replace(recipe, last_epoch=enough_epochs(histories, n_epochs))
        plans = self._plans(problem, limited, ends, others)
        return histories + executor.train(limited, data, plans)

    def _plans(
        self, problem: TrainingProblem, recipe: Recipe, ends: list[Deadline | None], members: range
    ) -> Iterator[MemberPlan]:
        """Yield what distinguishes the training of some members from that of the others.

        `inputs` encode some columns anew for a member, in addition to the common encoding.
        `rows` are two arrays of row numbers: those for training, and those of the fold.
        """
        layout = problem.data.X.layout
        numeric = np.searchsorted(layout.numbers, problem.encoder.numeric_outputs_)
        logarithms = Logarithms.of_columns(problem.encoder._columns) if recipe.logarithms else None
        n_epochs = int(min(recipe.n_epochs, recipe.last_epoch))
        for member in members:
            encoder = recipe.bins_for(member, len(numeric))
            bins = Bins(encoder, numeric) if encoder else None
            seed, terms = problem.seeds[member], problem.terms[member]
            inputs = unfitted_inputs(layout, seed, terms, bins, logarithms)
            task = problem.tasks.subtask(n_epochs) if problem.tasks else None
            yield MemberPlan(member, *problem.splits[member], inputs, seed, ends[member], task)

    def _keep_members(
        self,
        histories: list[MemberHistory],
        chosen: list[Candidate],
        finished: list[FinishedMember],
    ) -> None:
        """Keep the members and how they trained.

        `histories`, `chosen` and `finished` hold, for each member, what its training returned, the
        epoch that it keeps, and its raw scores of its fold.
        """
        check_kept(chosen, [member.kept for member in finished])
        self.members_ = [member.member for member in finished]
        self.n_iter_ = max(len(history.losses) for history in histories)
        self.stop_reasons_ = [history.stop_reason for history in histories]
        self.history_ = joined_history(histories)
        self.best_epochs_ = np.array([candidate.epoch + 1 for candidate in chosen])

    def _calibrated(self, problem: TrainingProblem, finished: list[FinishedMember]) -> FloatArray:
        """Fit the calibration, and return calibrated out-of-fold predictions."""
        held_out, n_rows = problem.held_out, len(problem.data.Y)
        kept = by_row(held_out, [member.kept for member in finished], n_rows)
        self._calibration = self._targets.calibrate(problem.data, kept)
        raw = by_row(held_out, [member.out_of_fold for member in finished], n_rows)
        return self._targets.out_of_fold(raw, self._calibration)

    # Prediction.

    @property
    def _part(self) -> Part:
        return Part(self.members_, self._targets, self._calibration)

    @property
    def blend(self) -> Blend:
        """What predicts, for other folders of the package: the networks alone."""
        parts, weights = {"networks": self._part}, {"networks": 1.0}
        uncalibrated = self._targets.uncalibrated
        return Blend(parts, weights, self._targets, uncalibrated, self._uncertainty)
