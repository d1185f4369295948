"""What the tabular MLP classifier and regressor share: a cross-fitted ensemble of networks.

Each member is trained without one part of the rows, its fold. The losses on the folds decide which
epoch each member keeps. The predictions of a member for its fold are out-of-fold predictions. They
estimate how well the ensemble predicts new rows.
"""

from abc import abstractmethod
from collections.abc import Iterator
from dataclasses import replace
from numbers import Integral
from typing import Any, ClassVar

import numpy as np
from joblib import effective_n_jobs
from numpy.typing import NDArray
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.parallel import Parallel, delayed

from scratchmlp.arrays import FloatArray
from scratchmlp.batches import Data
from scratchmlp.estimators.callback_tasks import CallbackTasks
from scratchmlp.estimators.parameters import hidden_sizes
from scratchmlp.tabular.base import BaseTabular, PreparedTable
from scratchmlp.tabular.columns.encoded_table import EncodedTable
from scratchmlp.tabular.folds import by_row
from scratchmlp.tabular.inputs.inputs import Bins, unfitted_inputs
from scratchmlp.tabular.inputs.logarithms import Logarithms
from scratchmlp.tabular.networks.deadline import deadlines
from scratchmlp.tabular.networks.epochs import check_kept, choose_epochs, out_of_fold_epochs
from scratchmlp.tabular.networks.fold_evaluator import Candidate
from scratchmlp.tabular.networks.member import (
    FinishedMember,
    Member,
    MemberHistory,
    MemberPlan,
    finish_member,
    joined_history,
    train_member,
)
from scratchmlp.tabular.networks.recipe import Recipe


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

    # What the subclasses add.

    @abstractmethod
    def _recommended(self, data: Data, n_rows: int) -> Recipe:
        """Choose how to train on data, of which `n_rows` rows have a weight above 0."""

    @abstractmethod
    def _keep_out_of_fold(self, data: Data, weight: FloatArray, raw: FloatArray) -> None:
        """Keep out-of-fold predictions and their score.

        `raw` holds out-of-fold raw scores, which are nan for rows that no member held out. `weight`
        holds the weights that the user passed.
        """

    @abstractmethod
    def _predictions(self, raw: FloatArray) -> FloatArray:
        """Return the predictions of one member for its raw scores."""

    # Train, keep.

    def _fit_table(self, table: PreparedTable, tasks: CallbackTasks | None, started: float) -> None:
        recipe = self._chosen_recipe(table)
        histories = self._train(table, recipe, tasks, started)
        chosen = choose_epochs(histories)
        epochs = out_of_fold_epochs(histories, table.held_out, recipe.averaging_radius)
        finished = [
            finish_member(history, candidate.epoch, of_fold, table.data.X[rows])
            for history, candidate, of_fold, rows in zip(
                histories, chosen, epochs, table.held_out, strict=True
            )
        ]
        self._keep(table, histories, chosen, finished)

    def _chosen_recipe(self, table: PreparedTable) -> Recipe:
        """Choose how to train on a table. The estimator's parameters have priority."""
        recipe = self._recommended(table.data, table.n_rows)
        if not isinstance(self.hidden_layer_sizes, str):
            recipe = replace(recipe, hidden_layer_sizes=hidden_sizes(self.hidden_layer_sizes))
        return recipe if self.max_iter == "auto" else replace(recipe, n_epochs=int(self.max_iter))

    def _train(
        self, table: PreparedTable, recipe: Recipe, tasks: CallbackTasks | None, started: float
    ) -> list[MemberHistory]:
        """Train the members, up to `n_jobs` of them at the same time."""
        plans = list(self._plans(table, recipe, tasks, started))
        return Parallel(n_jobs=self.n_jobs, batch_size=1)(
            delayed(train_member)(recipe, table.data, plan) for plan in plans
        )

    def _plans(
        self, table: PreparedTable, recipe: Recipe, tasks: CallbackTasks | None, started: float
    ) -> Iterator[MemberPlan]:
        """Yield what distinguishes the training of each member from that of the others.

        `inputs` encode some columns anew for a member, in addition to the common encoding.
        `rows` are two arrays of row numbers: those for training, and those of the fold.
        """
        n_members, encoded = len(table.splits), table.data.X
        numeric = np.searchsorted(encoded.layout.numbers, table.encoder.numeric_outputs_)
        logarithms = Logarithms.of_columns(table.encoder._columns) if recipe.logarithms else None
        n_at_once = min(self._n_at_once(), n_members)
        ends = deadlines(started, self.max_time, n_members, n_at_once)
        for member, (rows, seed, end) in enumerate(
            zip(table.splits, table.seeds, ends, strict=True)
        ):
            encoder = recipe.bins_for(member, len(numeric))
            bins = Bins(encoder, numeric) if encoder else None
            inputs = unfitted_inputs(encoded, seed, bins, logarithms)
            task = tasks.member(recipe.n_epochs) if tasks else None
            yield MemberPlan(*rows, inputs, seed, end, task)

    def _n_at_once(self) -> int:
        """Return how many members can be trained at the same time."""
        return int(effective_n_jobs(self.n_jobs))

    def _keep(
        self,
        table: PreparedTable,
        histories: list[MemberHistory],
        chosen: list[Candidate],
        finished: list[FinishedMember],
    ) -> None:
        """Set the fitted attributes.

        `histories`, `chosen` and `finished` hold, for each member, what its training returned, the
        epoch that it keeps, and its raw scores of its fold. The order matters: `_keep_out_of_fold`
        uses what `_calibrate` sets.
        """
        self.members_ = [each.member for each in finished]
        self.n_iter_ = max(len(history.losses) for history in histories)
        self.stop_reasons_ = [history.stop_reason for history in histories]
        self.history_ = joined_history(histories)
        self.best_epochs_ = np.array([candidate.epoch + 1 for candidate in chosen])
        held_out, n_rows = table.held_out, len(table.data.Y)
        kept = [each.kept for each in finished]
        check_kept(chosen, kept)
        self._calibrate(table.data, by_row(held_out, kept, n_rows))
        raw = by_row(held_out, [each.out_of_fold for each in finished], n_rows)
        self._keep_out_of_fold(table.data, table.sample_weight, raw)

    # Prediction.

    def _member_prediction(self, number: int, table: EncodedTable) -> FloatArray:
        return self._predictions(self.members_[number].raw_scores(table).astype(np.float64))

    @property
    def _n_members(self) -> int:
        return len(self.members_)
