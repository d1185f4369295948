"""The targets of estimators for raw tables: classes or numbers.

What is learned from `y` before training is a record: `ClassTargets` or `NumericTargets`. Both have
the same methods, and networks and ensembles call them without asking which it is. What training
finds out, such as the calibration, stands beside the record.
"""

import warnings
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.metrics import accuracy_score
from sklearn.utils import check_array
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import _check_y

from scratchmlp.activations import OUTPUT_ACTIVATIONS
from scratchmlp.arrays import FloatArray, blocks
from scratchmlp.batches import Data
from scratchmlp.estimators.scaling import exponents, scaled_r2
from scratchmlp.estimators.targets import check_not_mixed, class_weights
from scratchmlp.estimators.validation import check_total_weight
from scratchmlp.losses import Loss
from scratchmlp.tabular.calibration import NOT_CALIBRATED, Calibration, fit_calibration, softmax
from scratchmlp.tabular.folds import Rows, relative_weights
from scratchmlp.tabular.scoring import (
    BlendLoss,
    log_loss,
    log_probabilities,
    most_probable,
    negative_score,
    squared_error,
)
from scratchmlp.tabular.uncertainty import Difficulty, difficulty_inputs, fit_difficulty
from scratchmlp.utils.public import stacklevel

#: Limits of the largest absolute value of targets, whose square is finite and does not vanish.
_LEAST, _LARGEST = 1e-150, 1e150
#: Least ratio of the largest target to the smallest one with which logarithms are tried: below it,
#: they are nearly linear in the targets.
_LEAST_RATIO = 2.0
_ROWS = 4096  # whose out-of-fold probabilities are computed at the same time


@dataclass(frozen=True, eq=False)
class ClassTargets:
    """The targets of a classifier.

    Attributes
    ----------
    classes : ndarray of shape (n_classes,)
        Class labels, sorted.
    """

    classes: NDArray[Any]

    may_be_logarithms: ClassVar[bool] = False
    oof_name: ClassVar[str] = "oof_proba_"  # the attribute with the out-of-fold predictions
    uncalibrated = NOT_CALIBRATED  # of one estimator, whose predictions are calibrated already
    output = "softmax"

    # Before training.

    @staticmethod
    def check(y: Any, estimator: Any) -> NDArray[Any]:
        """Check the targets that the user passes to an estimator; return an array of labels."""
        with np.errstate(over="ignore", invalid="ignore"):  # of numbers of any size
            y = _check_y(y, estimator=estimator)
            check_not_mixed(y)
            check_classification_targets(y)
        return y

    @classmethod
    def learn(cls, y: NDArray[Any], weight: FloatArray) -> Self:
        """Learn the classes. Warn if there is one alone."""
        classes = np.unique(y)
        if len(classes) == 1:
            warnings.warn(
                f"y has one class, {classes.tolist()[0]!r}, so every prediction will be this one. "
                "Check that y holds the targets.",
                UserWarning,
                stacklevel=stacklevel(),
            )
        return cls(classes)

    def encode(self, y: NDArray[Any]) -> NDArray[np.intp]:
        """Return the number of each row's class."""
        return np.searchsorted(self.classes, y)

    @property
    def class_targets(self) -> FloatArray:
        """One-hot targets of the classes: see `Data`."""
        return np.eye(len(self.classes), dtype=np.float32)

    def weigh(self, y: NDArray[Any], weight: FloatArray, class_weight: Any) -> FloatArray:
        """Multiply the weight of each row by the weight of its class."""
        if class_weight is None:
            return weight
        numbers = self.encode(y)
        sums = np.bincount(numbers, weight, len(self.classes))
        factors = class_weights(self.classes, class_weight, sums)
        with np.errstate(over="ignore"):  # an infinite product is reported
            weight = weight * factors[numbers]
            check_total_weight(weight.sum(), class_weight)
        return relative_weights(weight)

    # From raw scores to predictions.

    def calibrate(self, data: Data, raw: FloatArray, rows: Rows) -> Calibration | None:
        """Fit the calibration to raw scores of `rows` from models that were trained without them.

        `data` and `raw` have all rows.
        """
        return fit_calibration(data, raw, rows)

    def predictions(self, raw: FloatArray, calibration: Calibration | None) -> FloatArray:
        """Return the probabilities for raw scores."""
        assert calibration is not None
        return calibration.probabilities(raw)

    def out_of_fold(self, raw: FloatArray, calibration: Calibration | None) -> FloatArray:
        """Return the same in the memory of the raw scores, because there may be many classes."""
        for rows in blocks(len(raw), _ROWS):
            raw[rows] = self.predictions(raw[rows], calibration)
        return raw

    def link(self, predictions: FloatArray) -> FloatArray:
        """Return raw scores for probabilities that are not calibrated: their logarithms."""
        return log_probabilities(predictions)

    def blended(self, blend: FloatArray, calibration: Calibration | None) -> FloatArray:
        """Calibrate weighted predictions."""
        if calibration == NOT_CALIBRATED:
            return blend  # without rounding
        return self.predictions(self.link(blend), calibration)

    def spanning(self, others: Iterable["Targets"]) -> Self:
        """Return the same targets: those of classes do not differ between estimators."""
        return self

    def mean_of_folds(
        self, of_folds: FloatArray, weights: FloatArray | None, *, are_blends: bool
    ) -> FloatArray:
        """Return the mean of the predictions of all folds, weighted if there are weights.

        Blends of several parts have the geometric mean, rescaled to a sum of 1: they are calibrated
        for single folds, and the arithmetic mean would be less extreme than these are on average,
        and therefore no longer calibrated.
        """
        if are_blends:
            return softmax(_mean(self.link(of_folds), weights))
        return _mean(of_folds, weights)

    # How good predictions are.

    def values(self, Y: NDArray[Any]) -> NDArray[Any]:
        """Return what predictions are compared with: class numbers."""
        return Y

    def score(self, y: NDArray[Any], proba: FloatArray, weight: FloatArray | None) -> float:
        """Return the accuracy, where `y` is as `values` returns it."""
        return float(accuracy_score(y, most_probable(proba), sample_weight=weight))

    def readable_loss(self, loss: float) -> float:
        """Return the log-loss as it is."""
        return loss

    def blend_loss(self, data: Data, scoring: str | Callable[..., float] | None) -> BlendLoss:
        """Return the loss that the weights of an ensemble minimize."""
        if scoring is None:
            return log_loss(data.Y, data.sample_weight)
        return negative_score(scoring, self.classes[data.Y], data.sample_weight, self.classes)

    def errors(self, Y: NDArray[Any], proba: FloatArray) -> FloatArray:
        """Return 1 minus the probability of the true class, of shape (n_samples, 1)."""
        return (1.0 - proba[np.arange(len(Y)), Y])[:, np.newaxis]

    def expected_errors(
        self, data: Data, rows: Rows, oof: FloatArray, folds: Rows, weight: FloatArray | None
    ) -> tuple[None, float]:
        """Return no model of errors, and the unit of all: sets of classes need no other."""
        return None, 1.0

    def prediction_sets(self, proba: FloatArray, reach: FloatArray) -> NDArray[np.bool_]:
        """Return the most probable class and all whose error would be at most `reach`."""
        found: NDArray[np.bool_] = 1.0 - proba <= reach
        found[np.arange(len(proba)), most_probable(proba)] = True
        return found


@dataclass(frozen=True, eq=False)
class NumericTargets:
    """The targets of a regressor, one or several for each row.

    Attributes
    ----------
    one_column : bool
        Whether `y` and predictions have one dimension.
    low, high : ndarray of shape (n_outputs,)
        Range of predictions: that of the targets, without rows of weight 0, or a wider one.
    mean, deviation : ndarray of shape (n_outputs,)
        What is subtracted from the targets, and what they are divided by, for training: the mean
        and the standard deviation, or 0 and the mean after `divided_by_mean`.
    output : str, default="identity"
        Output activation of networks.
    """

    one_column: bool
    low: FloatArray
    high: FloatArray
    mean: FloatArray
    deviation: FloatArray
    output: str = "identity"

    classes = class_targets = uncalibrated = None  # there are none
    oof_name: ClassVar[str] = "oof_prediction_"

    # Before training.

    @staticmethod
    def check(y: Any, estimator: Any) -> NDArray[np.float64]:
        """Check the targets that the user passes to an estimator; return an array of numbers."""
        with np.errstate(over="ignore", invalid="ignore"):  # scikit-learn sums the values
            y = check_array(y, ensure_2d=False, dtype=None, estimator=estimator, input_name="y")
        return _numbers(y)

    @classmethod
    def learn(cls, y: NDArray[np.float64], weight: FloatArray) -> Self:
        """Learn the range, the mean and the deviation of the targets."""
        Y = y.reshape(len(y), -1)
        present = Y[weight > 0]
        low, high, power = present.min(axis=0), present.max(axis=0), exponents(present)
        Y = np.ldexp(np.clip(Y, low, high), -power)  # the squares of scaled targets do not vanish
        mean = np.average(Y, axis=0, weights=weight)
        deviation = np.average((Y - mean) ** 2, axis=0, weights=weight) ** 0.5
        deviation = np.where(deviation > 0, deviation, 1.0)
        return cls(y.ndim == 1, low, high, np.ldexp(mean, power), np.ldexp(deviation, power))

    def for_loss(self, loss: Loss, y: NDArray[np.float64], weight: FloatArray) -> Self:
        """Return these targets as a loss needs them: exponentials are divided by their mean."""
        if loss.output == "identity":
            return self
        loss.check_targets(self._in_range(y))
        return replace(self.divided_by_mean(y, weight), output=loss.output)

    def divided_by_mean(self, y: NDArray[np.float64], weight: FloatArray) -> Self:
        """Return these targets as a loss needs them that takes no negative ones."""
        mean = np.average(self._in_range(y), axis=0, weights=weight)
        return replace(self, mean=np.zeros(len(mean)), deviation=np.where(mean > 0, mean, 1.0))

    @property
    def may_be_logarithms(self) -> bool:
        """Whether a model may learn logarithms, which differ from numbers that are not close."""
        return self.one_column and 0 < _LEAST_RATIO * self.low[0] < self.high[0]

    def exponential(self, y: FloatArray, raw: FloatArray, weight: FloatArray) -> Self:
        """Return these targets for raw scores that are logarithms.

        The exponential of a mean logarithm is less than the mean. So a factor makes the means of
        `y` and of the predictions equal (N. Duan, "Smearing estimate", Journal of the American
        Statistical Association 78, 1983).
        """
        targets = replace(self, output="exp")
        predicted = targets.predictions(raw, None)
        factor = np.average(y, weights=weight) / np.average(predicted, weights=weight)
        return replace(targets, deviation=factor * self.deviation)

    def encode(self, y: NDArray[np.float64]) -> FloatArray:
        """Return standardized targets, of shape (n_samples, n_outputs)."""
        return ((self._in_range(y) - self.mean) / self.deviation).astype(np.float32)

    def _in_range(self, y: NDArray[np.float64]) -> FloatArray:
        """Return targets of shape (n_samples, n_outputs). Those of weight 0 may be out of range."""
        return np.clip(y.reshape(len(y), -1), self.low, self.high)

    def weigh(self, y: NDArray[Any], weight: FloatArray, class_weight: Any) -> FloatArray:
        """Return the weights: there are no classes."""
        return weight

    # From raw scores to predictions.

    def calibrate(self, data: Data, raw: FloatArray, rows: Rows) -> None:
        """Return None: numbers are not calibrated."""

    @np.errstate(over="ignore")  # predictions stay within the range of the targets
    def predictions(self, raw: FloatArray, calibration: Calibration | None) -> FloatArray:
        """Return the targets that raw scores predict."""
        standardized = OUTPUT_ACTIVATIONS[self.output].forward(raw, np.empty_like(raw))
        return self._rescaled(standardized)

    out_of_fold = predictions

    def link(self, predictions: FloatArray) -> FloatArray:
        """Return predictions as they are: of numbers, nothing is fitted to raw scores."""
        return predictions

    def blended(self, blend: FloatArray, calibration: Calibration | None) -> FloatArray:
        """Keep weighted predictions within the range, which rounding may leave."""
        low, high = (self.low[0], self.high[0]) if self.one_column else (self.low, self.high)
        return np.clip(blend, low, high)

    def in_range_of(self, y: FloatArray) -> Self:
        """Return these targets with the range of some of them."""
        Y = y.reshape(len(y), -1)
        return replace(self, low=Y.min(axis=0), high=Y.max(axis=0))

    def widened(self, share: float) -> Self:
        """Return these targets with a range that goes on at both ends, by a share of it.

        Targets of one sign keep it: if the larger end is multiplied by a factor, the end that is
        nearer to 0 is divided by it.
        """
        reach = share * (self.high - self.low)
        low, high = self.low - reach, self.high + reach
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            low = np.where(self.low < 0, low, self.low * np.nan_to_num(self.high / high))
            high = np.where(self.high > 0, high, self.high * np.nan_to_num(self.low / low))
        return replace(self, low=low, high=high)

    def spanning(self, others: Iterable["Targets"]) -> Self:
        """Return these targets with the range of several."""
        ends = [(each.low, each.high) for each in others if isinstance(each, NumericTargets)]
        low, high = zip(*ends, strict=True)
        return replace(self, low=np.min(low, axis=0), high=np.max(high, axis=0))

    def mean_of_folds(
        self, of_folds: FloatArray, weights: FloatArray | None, *, are_blends: bool
    ) -> FloatArray:
        """Return the mean of the predictions of all folds, weighted if there are weights."""
        return self.blended(_mean(of_folds, weights), None)

    def _rescaled(self, standardized: FloatArray) -> FloatArray:
        """Return the targets for standardized ones."""
        Y = np.clip(self.mean + self.deviation * standardized, self.low, self.high)
        return Y[:, 0] if self.one_column else Y

    # How good predictions are.

    def values(self, Y: NDArray[Any]) -> FloatArray:
        """Return what predictions are compared with: targets as the user passed them, rounded."""
        return self._rescaled(Y.astype(np.float64))

    def score(self, y: FloatArray, prediction: FloatArray, weight: FloatArray | None) -> float:
        """Return R², where `y` is as `values` returns it."""
        return scaled_r2(y, prediction, weight)

    def readable_loss(self, loss: float) -> float:
        """Return the root mean squared error; of several targets in units of their deviations."""
        return float(np.sqrt(loss) * (self.deviation[0] if self.one_column else 1.0))

    def blend_loss(self, data: Data, scoring: str | Callable[..., float] | None) -> BlendLoss:
        """Return the loss that the weights of an ensemble minimize."""
        y = self.values(data.Y)
        if scoring is None:
            scale = self.deviation[0] if self.one_column else self.deviation
            return squared_error(y, data.sample_weight, scale)
        return negative_score(scoring, y, data.sample_weight, None)

    def errors(self, Y: NDArray[Any], prediction: FloatArray) -> FloatArray:
        """Return absolute errors, of shape (n_samples, n_outputs)."""
        return np.abs(self.values(Y).reshape(len(Y), -1) - prediction.reshape(len(Y), -1))

    def expected_errors(
        self, data: Data, rows: Rows, oof: FloatArray, folds: Rows, weight: FloatArray | None
    ) -> tuple[Difficulty, FloatArray]:
        """Fit a model of errors, from which the widths of intervals follow: see `fit_difficulty`.

        Parameters
        ----------
        data : Data
            All rows; X is an `EncodedTable`.
        rows : ndarray of int
            Numbers of the rows to fit to.
        oof : ndarray of shape (n_rows,) or (n_rows, n_outputs)
            Out-of-fold predictions of these rows.
        folds : ndarray of shape (n_rows,)
            Fold of each of them.
        weight : ndarray of shape (n_rows,) or None
            Their weights.

        Returns
        -------
        difficulty : Difficulty
            The model.
        sizes : ndarray of shape (n_rows, n_outputs)
            Expected errors by models that were fitted without the fold of the row.
        """
        X = difficulty_inputs(data.X[rows].held_out(), oof)
        return fit_difficulty(X, self.errors(data.Y[rows], oof), self.deviation, folds, weight)

    def prediction_sets(self, prediction: FloatArray, reach: FloatArray) -> FloatArray:
        """Return lower and upper ends, on the last axis, at a distance from predictions.

        They are at least 0 for targets of which none in `fit` is negative.
        """
        center = prediction.reshape(len(prediction), -1)
        least = np.where(self.low < 0, -np.inf, 0.0)
        ends = np.stack([np.maximum(center - reach, least), center + reach], axis=-1)
        return ends[:, 0] if prediction.ndim == 1 else ends


Targets = ClassTargets | NumericTargets


def _mean(of_folds: FloatArray, weights: FloatArray | None) -> FloatArray:
    """Return the mean over folds, the first axis, with weights of shape (n_folds, n_samples)."""
    if weights is None:
        return of_folds.mean(axis=0)
    return np.einsum("fn...,fn->n...", of_folds, weights)


def _numbers(y: NDArray[Any]) -> NDArray[np.float64]:
    """Return the targets as float64; check that they are numbers that have squares."""
    y = y.astype(object) if y.dtype.kind == "V" else y  # pandas would make columns of its fields
    numbers = pd.DataFrame(y).apply(pd.to_numeric, errors="coerce").to_numpy(np.float64)
    wrong = np.isnan(numbers).reshape(y.shape)
    if y.dtype.kind in "Mm" or wrong.any():
        found = y.flat[wrong.argmax()] if wrong.any() else y.flat[0]
        raise ValueError(
            f"Targets must be numbers; got {found!r}. For classes, use TabularMLPClassifier or "
            "TabularEnsembleClassifier. Convert dates and durations to numbers."
        )
    Y = numbers.reshape(y.shape)
    sizes = np.abs(Y.reshape(len(Y), -1)).max(axis=0)
    for size in sizes[(sizes > _LARGEST) | (sizes > 0) & (sizes < _LEAST)]:
        raise ValueError(
            f"The largest absolute value of targets must be 0 or between {_LEAST:g} and "
            f"{_LARGEST:g}; got {size:g}. Multiply the targets by a constant, or take their "
            "logarithms."
        )
    return Y
