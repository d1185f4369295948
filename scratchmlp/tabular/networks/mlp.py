"""What the tabular MLP classifier and regressor share: a cross-fitted ensemble of networks.

Each member is trained without one part of the rows, its fold. The losses on the folds decide which
epoch each member keeps. The predictions of a member for its fold are out-of-fold predictions. They
estimate how well the ensemble predicts new rows.
"""

from collections.abc import Iterator
from dataclasses import replace
from numbers import Integral
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from sklearn.utils._param_validation import Interval, StrOptions

from scratchmlp.arrays import FloatArray
from scratchmlp.estimators.callback_tasks import CallbackTasks
from scratchmlp.estimators.parameters import hidden_sizes
from scratchmlp.losses import Loss
from scratchmlp.tabular.base import BaseTabular, TrainingProblem
from scratchmlp.tabular.columns.encoded_table import EncodedTable
from scratchmlp.tabular.folds import by_row
from scratchmlp.tabular.inputs.inputs import Bins, unfitted_inputs
from scratchmlp.tabular.inputs.logarithms import Logarithms
from scratchmlp.tabular.networks.deadline import deadlines
from scratchmlp.tabular.networks.epochs import check_kept, choose_epochs, out_of_fold_epochs
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


class BaseTabularMLP(BaseTabular):
    """Base class of TabularMLPClassifier and TabularMLPRegressor, which document the parameters."""

    hidden_layer_sizes: Any
    max_iter: int | str

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

    def _prepare(self, X: Any, y: Any, sample_weight: Any, groups: Any) -> TrainingProblem:
        return self._for_loss(super()._prepare(X, y, sample_weight, groups))

    def _for_loss(self, problem: TrainingProblem) -> TrainingProblem:
        """Return the problem with targets as the loss needs them."""
        return problem

    @property
    def _training_loss(self) -> Loss | None:
        """The loss that the user chose, with its output activation; None for classes."""
        return None

    # Train, keep.

    def _fit_table(
        self, problem: TrainingProblem, tasks: CallbackTasks | None, started: float
    ) -> None:
        recipe, executor = self._chosen_recipe(problem), self._executor(problem)
        plans = self._plans(problem, recipe, tasks, started, executor.n_at_once)
        histories = executor.train(recipe, plans)
        chosen = choose_epochs(histories)
        epochs = out_of_fold_epochs(histories, problem.held_out, recipe.averaging_radius)
        finished = executor.finish(chosen, epochs, problem.held_out)
        self._keep(problem, histories, chosen, finished)

    def _executor(self, problem: TrainingProblem) -> Executor:
        """Return what trains the members."""
        return LocalExecutor(problem.data, self.n_jobs)

    def _chosen_recipe(self, problem: TrainingProblem) -> Recipe:
        """Choose how to train on a table. The estimator's parameters have priority."""
        targets, data = problem.targets, problem.data
        recipe = recommended_recipe(targets, data, problem.n_rows, self._training_loss)
        if not isinstance(self.hidden_layer_sizes, str):
            recipe = replace(recipe, hidden_layer_sizes=hidden_sizes(self.hidden_layer_sizes))
        return recipe if self.max_iter == "auto" else replace(recipe, n_epochs=int(self.max_iter))

    def _plans(
        self,
        problem: TrainingProblem,
        recipe: Recipe,
        tasks: CallbackTasks | None,
        started: float,
        n_at_once: int,
    ) -> Iterator[MemberPlan]:
        """Yield what distinguishes the training of each member from that of the others.

        `inputs` encode some columns anew for a member, in addition to the common encoding.
        `rows` are two arrays of row numbers: those for training, and those of the fold.
        """
        n_members, encoded = len(problem.splits), problem.data.X
        numeric = np.searchsorted(encoded.layout.numbers, problem.encoder.numeric_outputs_)
        logarithms = Logarithms.of_columns(problem.encoder._columns) if recipe.logarithms else None
        ends = deadlines(started, self.max_time, n_members, min(n_at_once, n_members))
        for member, (rows, seed, terms, end) in enumerate(
            zip(problem.splits, problem.seeds, problem.terms, ends, strict=True)
        ):
            encoder = recipe.bins_for(member, len(numeric))
            bins = Bins(encoder, numeric) if encoder else None
            inputs = unfitted_inputs(encoded, seed, terms, bins, logarithms)
            task = tasks.member(recipe.n_epochs) if tasks else None
            yield MemberPlan(*rows, inputs, seed, end, task)

    def _keep(
        self,
        problem: TrainingProblem,
        histories: list[MemberHistory],
        chosen: list[Candidate],
        finished: list[FinishedMember],
    ) -> None:
        """Set the fitted attributes.

        `histories`, `chosen` and `finished` hold, for each member, what its training returned, the
        epoch that it keeps, and its raw scores of its fold.
        """
        self.members_ = [each.member for each in finished]
        self.n_iter_ = max(len(history.losses) for history in histories)
        self.stop_reasons_ = [history.stop_reason for history in histories]
        self.history_ = joined_history(histories)
        self.best_epochs_ = np.array([candidate.epoch + 1 for candidate in chosen])
        held_out, n_rows = problem.held_out, len(problem.data.Y)
        kept = [each.kept for each in finished]
        check_kept(chosen, kept)
        self._calibration = self._targets.calibrate(problem.data, by_row(held_out, kept, n_rows))
        raw = by_row(held_out, [each.out_of_fold for each in finished], n_rows)
        self._keep_predictions(problem, self._targets.out_of_fold(raw, self._calibration))

    # Prediction.

    def _member_prediction(self, number: int, table: EncodedTable) -> FloatArray:
        raw = self.members_[number].raw_scores(table).astype(np.float64)
        return self._targets.predictions(raw, self._calibration)

    @property
    def _n_members(self) -> int:
        return len(self.members_)
