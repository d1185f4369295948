"""From a row to a prediction: folds × parts → calibrated → mean."""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax

from scratchmlp.arrays import FloatArray
from scratchmlp.tabular.calibration import Calibration
from scratchmlp.tabular.columns.encoded_table import EncodedTable
from scratchmlp.tabular.inspection.uncertainty import Uncertainty
from scratchmlp.tabular.scoring import log_probabilities
from scratchmlp.tabular.targets import ClassLabels, Targets


class FoldScorer(Protocol):
    """What was trained without one fold: a network, or an estimator of scikit-learn."""

    def scores(self, table: EncodedTable) -> FloatArray:
        """Compute scores of shape (n_samples, n_outputs), from which `Targets` make predictions."""


class Part(NamedTuple):
    """What predicts of an estimator that was fitted once for each fold.

    Attributes
    ----------
    models : sequence of Member or FoldModel
        For each fold, what was trained without it.
    targets : ClassLabels or Numbers
        How scores become predictions. Those of an ensemble may differ: networks with
        ``loss="poisson"`` scale numbers in their own way.
    calibration : Calibration or None
        Calibration of the scores; None for numbers.
    """

    models: Sequence[FoldScorer]
    targets: Targets
    calibration: Calibration | None


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
    targets : ClassLabels or Numbers
        The targets.
    calibration : Calibration or None
        Calibration of the weighted mean. It changes nothing if there is one part.
    uncertainty : Uncertainty
        How wrong out-of-fold predictions are.
    """

    parts: dict[str, Part]
    weights: dict[str, float]
    targets: Targets
    calibration: Calibration | None
    uncertainty: Uncertainty

    def predict(self, table: EncodedTable) -> FloatArray:
        """Predict the rows of a table: the mean over the folds.

        Several parts of a classifier have the geometric mean, rescaled to a sum of 1: their blends
        are calibrated for single folds, and the arithmetic mean would be less extreme than these
        are on average, and therefore no longer calibrated.
        """
        of_folds: Iterator[Any] = (self.predict_fold(n, table) for n in range(self.n_folds))
        if isinstance(self.targets, ClassLabels) and len(self.parts) > 1:
            return softmax(sum(map(log_probabilities, of_folds)) / self.n_folds, axis=1)
        return self.targets.blended(sum(of_folds) / self.n_folds, self.targets.uncalibrated)

    def predict_fold(self, fold: int, table: EncodedTable) -> FloatArray:
        """Predict with what was trained without one fold: the weighted mean of the parts."""
        weighted: Any = 0.0
        for name, part in self.parts.items():
            scores = part.models[fold].scores(table).astype(np.float64, copy=False)
            prediction = part.targets.predictions(scores, part.calibration)
            weighted = weighted + self.weights[name] * prediction
        return self.targets.blended(weighted, self.calibration)

    def predict_parts(self, table: EncodedTable) -> dict[str, FloatArray]:
        """Predict the rows of a table by each part alone, as the ensemble of this part does."""
        alone = partial(self._replace, calibration=self.targets.uncalibrated)
        return {
            name: alone(parts={name: part}, weights={name: 1.0}).predict(table)
            for name, part in self.parts.items()
        }

    def predict_with_regions(
        self, table: EncodedTable, limit: FloatArray
    ) -> tuple[FloatArray, NDArray[Any]]:
        """Return predictions, and their sets of classes or intervals.

        These contain all targets whose error is at most `limit`, a quantile of the scores, times
        the expected one.
        """
        prediction = self.predict(table)
        reach = limit * self.uncertainty.expected_errors(table, prediction)
        return prediction, self.regions(prediction, reach)

    def regions(self, prediction: FloatArray, reach: FloatArray) -> NDArray[Any]:
        """Return the sets or intervals of all targets whose error is at most `reach`.

        Intervals are at least 0 if all parts are networks with a loss of targets like that.
        """
        regions = self.targets.regions(prediction, reach)
        if all(part.targets.output == "exp" for part in self.parts.values()):
            np.maximum(regions, 0.0, out=regions)
        return regions

    @property
    def n_folds(self) -> int:
        """Number of folds."""
        return len(next(iter(self.parts.values())).models)
