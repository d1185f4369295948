"""From a row to a prediction: folds × parts → calibrated → mean."""

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import gen_batches

from scratchmlp.arrays import FloatArray
from scratchmlp.tabular.calibration import Calibration
from scratchmlp.tabular.columns.encoded_table import EncodedTable, SharedTable
from scratchmlp.tabular.folds import Rows, by_row
from scratchmlp.tabular.targets import Targets
from scratchmlp.tabular.uncertainty import Uncertainty

#: Rows that are predicted at the same time, and the fewest of them. All models read what is encoded
#: of them, while it is in the processor's cache.
_ROWS, _FEWEST_ROWS = 2**12, 64


class FoldScorer(Protocol):
    """What was trained without one fold: a network, or an estimator of scikit-learn."""

    def scores(self, table: EncodedTable) -> FloatArray:
        """Compute scores of shape (n_samples, n_outputs), from which `Targets` make predictions."""


class AllFolds(Protocol):
    """What computes the scores of all folds of a part together, which is faster."""

    def scores(self, table: EncodedTable) -> Iterable[FloatArray]:
        """Compute the scores of each fold: see `FoldScorer`."""


class Part(NamedTuple):
    """What predicts of an estimator that was fitted once for each fold.

    Attributes
    ----------
    models : sequence of Member or FoldModel
        For each fold, what was trained without it.
    targets : ClassTargets or NumericTargets
        How scores become predictions. Those of an ensemble may differ: networks with
        ``loss="poisson"`` scale numbers in their own way.
    calibration : Calibration or None
        Calibration of the scores; None for numbers.
    together : AllFolds or None, default=None
        What computes the scores of all models together. None if nothing is faster.
    """

    models: Sequence[FoldScorer]
    targets: Targets
    calibration: Calibration | None
    together: AllFolds | None = None

    def predictions(self, table: EncodedTable, folds: Sequence[int]) -> FloatArray:
        """Predict the rows by some folds, one fold after the other."""
        if self.together and [*folds] == [*range(len(self.models))]:
            scores = self.together.scores(table)
        else:
            scores = (self.models[fold].scores(table) for fold in folds)
        joined = np.concatenate([*scores]).astype(np.float64, copy=False)
        return self.targets.predictions(joined, self.calibration)


def out_of_fold(part: Part, table: EncodedTable, held_out: Sequence[Rows]) -> FloatArray:
    """Predict each row of a table by the folds that held it out, and return the mean."""
    folds = {fold: rows for fold, rows in enumerate(held_out) if len(rows)}
    found = [part.predictions(table[rows], [fold]) for fold, rows in folds.items()]
    mean = by_row([*folds.values()], [each.reshape(len(each), -1) for each in found], len(table))
    return mean[:, 0] if found[0].ndim == 1 else mean


class NewEntities(NamedTuple):
    """To which fold an entity is new, such as a person of whom it has no training row.

    What is trained without a fold then predicts worse for this person than all others, which know
    the person. So the others alone predict.

    Attributes
    ----------
    column : str
        Name of the column that tells the entity.
    folds : ndarray of shape (n_entities + 1,), int
        Number of the fold for each code; -1 for entities that are new to none. The last one is -1,
        for rows of no known entity.
    """

    column: str
    folds: NDArray[np.intp]

    def weights_of(self, table: EncodedTable, folds: Sequence[int]) -> FloatArray:
        """Return the weights of some folds in the mean, of shape (n_folds, n_samples).

        If an entity is new to all of these folds, they have equal weights.
        """
        codes = table.codes_of([table.layout.columns[self.column]])[:, 0]
        knows = self.folds[codes] != np.reshape(folds, (-1, 1))
        knows |= ~knows.any(axis=0)
        return knows / knows.sum(axis=0)


class Blend(NamedTuple):
    """What an estimator for raw tables predicts with: one part, or weighted parts.

    It is read from the estimator once, at the beginning of a prediction. The prediction thus is one
    of a single fit, even if another thread fits the estimator in the meantime.

    Attributes
    ----------
    parts : dict of str to Part
        The parts by name.
    weights : dict of str to float
        Their weights, which sum to 1.
    targets : ClassTargets or NumericTargets
        The targets.
    calibration : Calibration or None
        Calibration of the weighted mean. It changes nothing if there is one part.
    uncertainty : Uncertainty
        How wrong out-of-fold predictions are.
    weights_unseen : dict of str to float or None, default=None
        The weights for rows of unknown entities, such as new persons. None if they are the same.
    new_entities : NewEntities or None, default=None
        Which entities are new to a fold. None if there are none.
    """

    parts: dict[str, Part]
    weights: dict[str, float]
    targets: Targets
    calibration: Calibration | None
    uncertainty: Uncertainty
    weights_unseen: dict[str, float] | None = None
    new_entities: NewEntities | None = None

    def weights_of(self, table: EncodedTable) -> dict[str, FloatArray]:
        """Return the weights of each part for the rows of a table."""
        unseen, is_unknown = self.weights_unseen or self.weights, table.is_unknown
        return {
            name: np.where(is_unknown, unseen[name], known) for name, known in self.weights.items()
        }

    def predict(self, table: EncodedTable, folds: Sequence[int] | None = None) -> FloatArray:
        """Predict the rows of a table: the mean over the folds, or over some of them.

        Folds to which the entity of a row is new have no part in its mean.
        """
        folds = range(self.n_folds) if folds is None else folds
        return np.concatenate([self._predict(chunk, folds) for chunk in _chunks(table)])

    def _predict(self, table: EncodedTable, folds: Sequence[int]) -> FloatArray:
        new, of_folds = self.new_entities, self.predict_folds(table, folds)
        weights = new.weights_of(table, folds) if new else None
        return self.targets.mean_of_folds(of_folds, weights, are_blends=len(self.parts) > 1)

    def predict_folds(self, table: EncodedTable, folds: Sequence[int]) -> FloatArray:
        """Predict with what was trained without a fold: the weighted mean of the parts.

        Parameters
        ----------
        table : EncodedTable
            The rows.
        folds : sequence of int
            The folds.

        Returns
        -------
        ndarray of shape (n_folds, n_samples) or (n_folds, n_samples, n_outputs)
            Predictions of each fold.
        """
        weighted: Any = 0.0
        for name, weights in self.weights_of(table).items():
            if weights.any():
                predicted = self.parts[name].predictions(table, folds)
                weighted = weighted + (np.tile(weights, len(folds)) * predicted.T).T
        blended = self.targets.blended(weighted, self.calibration)
        return blended.reshape(len(folds), len(table), *blended.shape[1:])

    def predict_by_fold(self, table: EncodedTable) -> FloatArray:
        """Predict the rows of a table by all folds: see `predict_folds`."""
        folds = range(self.n_folds)
        chunks = [self.predict_folds(chunk, folds) for chunk in _chunks(table)]
        return np.concatenate(chunks, axis=1)

    def predict_parts(self, table: EncodedTable) -> dict[str, FloatArray]:
        """Predict the rows of a table by each part alone, as the ensemble of this part does."""
        alone = partial(self._replace, calibration=self.targets.uncalibrated)
        return {
            name: alone(parts={name: part}, weights={name: 1.0}, weights_unseen=None).predict(table)
            for name, part in self.parts.items()
        }

    def predict_with_sets(
        self, table: EncodedTable, coverage: float
    ) -> tuple[FloatArray, NDArray[Any]]:
        """Return predictions, and their sets of classes or intervals."""
        self.uncertainty.scores.quantile(coverage)  # which checks it before the predictions
        prediction = self.predict(table)
        reach = self.uncertainty.reach(table, prediction, coverage)
        return prediction, self.targets.prediction_sets(prediction, reach)

    @property
    def n_folds(self) -> int:
        """Number of folds."""
        return len(next(iter(self.parts.values())).models)


def _chunks(table: EncodedTable) -> Iterator[EncodedTable]:
    """Yield the rows of a table, a few at a time."""
    if len(table) <= _ROWS:  # without the validation of `gen_batches`
        yield SharedTable.of(table)
        return
    for rows in gen_batches(len(table), _ROWS, min_batch_size=_FEWEST_ROWS):
        yield SharedTable.of(table[rows])
