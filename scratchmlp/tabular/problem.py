"""What there is to train: an encoded table, its targets and its folds."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from scratchmlp.arrays import FloatArray
from scratchmlp.batches import Data
from scratchmlp.estimators.callback_tasks import CallbackTasks
from scratchmlp.tabular.columns.encoder import TabularEncoder
from scratchmlp.tabular.folds import Rows, Scored, rows_in
from scratchmlp.tabular.inputs.term_selection import TermSelection
from scratchmlp.tabular.notes import Note
from scratchmlp.tabular.prediction import NewEntities
from scratchmlp.tabular.scoring import LEAST_FOLDS
from scratchmlp.tabular.targets import Targets
from scratchmlp.tabular.uncertainty import Uncertainty, held_out_scores, kept_weight, scored_rows

#: Number of sets of folds without which errors are modelled. Without each of eight folds, intervals
#: are as wide and cover no more, and this takes more than twice the time.
_N_SETS = 3


class TrainingProblem(NamedTuple):
    """What there is to train, made from the user's input.

    Attributes
    ----------
    encoder : TabularEncoder
        The fitted encoder.
    targets : ClassTargets or NumericTargets
        What is learned from the targets before training.
    data : Data
        All rows, with encoded inputs and targets. The weights include class weights. They are None
        if all are 1.
    y : ndarray of shape (n_samples,) or (n_samples, n_outputs)
        Labels or numbers as the user passed them.
    sample_weight : ndarray of shape (n_samples,)
        Weights as the user passed them, without class weights, but divided by their mean.
    splits : list of tuple of two ndarrays
        For each fold, the row numbers for training and those that are held out.
    seeds : ndarray of int
        Random state of each fold.
    terms : list of TermSelection or None
        The terms of text that each fold selects; None if each estimator selects its own.
    n_rows : int
        Number of rows by which hyperparameters are chosen: those with a weight above 0 or, if folds
        train on fewer, as many as they train on.
    scored : str
        For which rows scores of out-of-fold predictions hold: see `what_is_scored`.
    tasks : CallbackTasks or None, default=None
        Task that tells callbacks of the fit. None if there are no callbacks.
    started : float, default=0.0
        Time at which the fit began: `max_time` counts from then.
    findings : sequence of Note, default=()
        What would mislead the user. A fit on a cluster does not look for it.
    new_to : sequence of ndarray of int, default=()
        For each fold, the rows of entities that are new to it: see `with_new_entities`.
    new_entities : NewEntities or None, default=None
        These entities.
    """

    encoder: TabularEncoder
    targets: Targets
    data: Data
    y: NDArray[Any]
    sample_weight: FloatArray
    splits: list[tuple[Rows, Rows]]
    seeds: NDArray[np.int_]
    terms: Sequence[TermSelection | None]
    n_rows: int
    scored: Scored
    tasks: CallbackTasks | None = None
    started: float = 0.0
    findings: Sequence[Note] = ()
    new_to: Sequence[Rows] = ()
    new_entities: NewEntities | None = None

    @property
    def held_out(self) -> list[Rows]:
        """Row numbers that each fold holds out."""
        return [rows for _, rows in self.splits]

    def rows_in(self, n_folds: int | None = None) -> Rows:
        """Return the rows that all folds hold out, or the first ones: those with predictions."""
        return rows_in(self.held_out[:n_folds])

    def score(self, oof: FloatArray, n_folds: int | None = None) -> float:
        """Score out-of-fold predictions of the rows of all folds, or of the first ones."""
        return self._score_of(self.rows_in(n_folds), oof)

    def standard_error(self, oof: FloatArray) -> float:
        """Return the standard error of the score, by a jackknife over folds.

        It is nan with fewer than three folds. It holds for persons, say, if no two folds hold out
        rows of the same one.
        """
        folds = [rows for rows in self.held_out if len(rows)]
        if len(folds) < LEAST_FOLDS:
            return np.nan
        every = self.rows_in()
        scores = [self._score_of(np.setdiff1d(every, rows), oof) for rows in folds]
        return float(np.sqrt((len(folds) - 1) * np.var(scores)))

    def _score_of(self, rows: Rows, oof: FloatArray) -> float:
        """Score the predictions of some rows."""
        y = self.targets.values(self.data.Y)[rows]
        return self.targets.score(y, oof[rows], self.sample_weight[rows])

    def uncertainty_of(self, oof: FloatArray) -> Callable[[FloatArray], Uncertainty]:
        """Return the function that measures how wrong out-of-fold predictions are.

        It measures those of a part of an ensemble, too, in units of the errors to expect of `oof`.
        The models of these are fitted without each of three sets of folds.
        """
        targets, data = self.targets, self.data
        rows, folds, weight = scored_rows(self.held_out, kept_weight(self.sample_weight))
        sets = np.unique(folds, return_inverse=True)[1] % _N_SETS
        difficulty, sizes = targets.expected_errors(data, rows, oof[rows], sets, weight)

        def measure(oof: FloatArray) -> Uncertainty:
            errors = targets.errors(data.Y[rows], oof[rows])
            return Uncertainty(held_out_scores(errors / sizes, weight), difficulty)

        return measure

    def with_other_seeds(self, number: int) -> Self:
        """Return the problem with other seeds, the same for each number; those of 0 stay."""
        return self._replace(seeds=(self.seeds + number) % np.iinfo(np.int32).max)

    def with_terms(self) -> Self:
        """Return the problem with terms that are selected for each fold, once for all estimators.

        This goes through the folds one by one, but no process or estimator selects again.
        """
        if not self.data.X.terms:
            return self
        terms = [TermSelection.fit(self.data.rows(training)) for training, _ in self.splits]
        return self._replace(terms=terms)

    def for_targets(self, targets: Targets) -> Self:
        """Return the same problem with targets that are encoded otherwise.

        Terms are selected anew: by other targets, the last bits of what decides would differ.
        """
        if targets is self.targets:
            return self
        data = self.data._replace(Y=targets.encode(self.y))
        return self._replace(targets=targets, data=data, terms=[None] * len(self.splits))
