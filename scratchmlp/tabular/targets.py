"""The targets of estimators for raw tables: classes or numbers, and predictions of them."""

import warnings
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import ClassifierMixin, RegressorMixin
from sklearn.metrics import accuracy_score
from sklearn.utils import check_array
from sklearn.utils._param_validation import StrOptions
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import _check_y

from scratchmlp.arrays import FloatArray
from scratchmlp.atomic_fit import of_one_fit
from scratchmlp.batches import Data
from scratchmlp.estimators.scaling import exponents, scaled_r2
from scratchmlp.estimators.targets import check_total_weight, class_weights
from scratchmlp.tabular.base import BaseTabular, EncodedTargets
from scratchmlp.tabular.inspection.uncertainty import (
    Difficulty,
    HeldOutScores,
    fit_difficulty,
    fold_numbers,
    held_out_scores,
    inputs,
    kept_weight,
    scored_rows,
)
from scratchmlp.tabular.reading.findings import stacklevel
from scratchmlp.tabular.scoring import log_probabilities

_LARGEST = 1e150  # its square is finite


class TabularClassifierMixin(ClassifierMixin, BaseTabular):
    """Classes as targets."""

    class_weight: Any

    classes_: NDArray[Any]
    oof_proba_: FloatArray
    _oof_name = "oof_proba_"

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "class_weight": [dict, StrOptions({"balanced"}), None],
    }

    @of_one_fit
    def predict(self, X: Any) -> NDArray[Any]:
        """Predict the class of each row.

        Parameters
        ----------
        X : {DataFrame, array-like} of shape (n_samples, n_features)
            The table.

        Returns
        -------
        ndarray of shape (n_samples,)
            Class with the highest probability.
        """
        proba = self._mean_prediction(X)
        return self.classes_[proba.argmax(axis=1)]

    @of_one_fit
    def predict_proba(self, X: Any) -> FloatArray:
        """Predict class probabilities: the mean of the members'.

        Members of networks and trees have a weighted mean each, and the prediction is their
        geometric mean, rescaled to a sum of 1.

        Parameters
        ----------
        X : {DataFrame, array-like} of shape (n_samples, n_features)
            The table.

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
            Probabilities, with columns in the order of `classes_`.
        """
        return self._mean_prediction(X)

    def predict_log_proba(self, X: Any) -> FloatArray:
        """Predict the logarithms of the class probabilities.

        Parameters
        ----------
        X : {DataFrame, array-like} of shape (n_samples, n_features)
            The table.

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
            Logarithms of `predict_proba`, with columns in the order of `classes_`. All are finite.
        """
        return log_probabilities(self.predict_proba(X))

    @of_one_fit
    def predict_set(self, X: Any, coverage: float = 0.9) -> NDArray[np.bool_]:
        """Predict a set of classes for each row: the true class is in it with a given probability.

        A set of one class means that the model is sure. A class is left out if it is less probable
        than the true class was for most rows in `fit`, by their out-of-fold probabilities. These
        come from single members, which err more than the ensemble, so sets tend to contain the true
        class more often than `coverage` says. The page :doc:`/see_why` says what breaks it.

        Parameters
        ----------
        X : {DataFrame, array-like} of shape (n_samples, n_features)
            The table.
        coverage : float, default=0.9
            Probability that the true class is in the set, above 0 and below 1, for new rows that
            are drawn like the rows in `fit`. With `sample_weight`, these are drawn with
            probabilities in proportion to their weights; see Notes.

        Returns
        -------
        ndarray of shape (n_samples, n_classes), bool
            Which classes are in the set, with columns in the order of `classes_`. The most probable
            class, which `predict` returns, always is.

        Raises
        ------
        ValueError
            If `coverage` is not between 0 and 1, or so high that it needs more rows than `fit` had:
            for 0.99, it needs 99.

        Notes
        -----
        A new row is taken to have the weight of an average draw: ``(w**2).sum() / w.sum()``, where
        ``w`` is the `sample_weight` of the rows that members held out. The number of rows in `fit`
        is the effective one, ``w.sum()**2 / (w**2).sum()``. Class weights do not count.

        References
        ----------
        Sadinle, Lei and Wasserman, "Least ambiguous set-valued classifiers with bounded error
        levels", JASA 114, 2019. Vovk, "Cross-conformal predictors", Annals of Mathematics and
        Artificial Intelligence 74, 2015.
        """
        proba = self._mean_prediction(X)
        return self._sets(proba, self._held_out_scores.quantile(coverage))

    def _sets(self, proba: FloatArray, limit: FloatArray) -> NDArray[np.bool_]:
        """Return the most probable class and all whose error would not exceed a limit."""
        found: NDArray[np.bool_] = 1.0 - proba <= limit
        found[np.arange(len(proba)), proba.argmax(axis=1)] = True
        return found

    def _keep_scores(self, data: Data, weight: FloatArray) -> None:
        rows = scored_rows(self.oof_proba_)
        kept = kept_weight(weight[rows])

        def scores_of(oof: FloatArray) -> HeldOutScores:
            return held_out_scores((1.0 - oof[rows, data.Y[rows]])[:, np.newaxis], kept)

        self._held_out_scores = scores_of(self.oof_proba_)
        self._keep_part_scores(scores_of)

    def _check_targets(self, y: Any) -> NDArray[Any]:
        with np.errstate(over="ignore", invalid="ignore"):  # of numbers of any size
            y = _check_y(y, estimator=self)
            check_classification_targets(y)
        return y

    def _encode_targets(self, y: Any, weight: FloatArray) -> EncodedTargets:
        y = self._check_targets(y)
        classes, numbers = np.unique(y, return_inverse=True)
        if len(classes) == 1:
            warnings.warn(
                f"y has one class, {classes.tolist()[0]!r}, so every prediction will be this one. "
                "Check that y holds the targets.",
                UserWarning,
                stacklevel=stacklevel(),
            )
        if self.class_weight is not None:
            factors = class_weights(y, classes, self.class_weight, weight)
            with np.errstate(over="ignore"):  # an infinite product is reported
                weight = (weight * factors[numbers]).astype(np.float32)
                check_total_weight(weight.sum(), self.class_weight)
        class_targets = np.eye(len(classes), dtype=np.float32)
        return EncodedTargets(numbers, class_targets, weight, {"classes_": classes})

    def _given(self, data: Data) -> NDArray[np.intp]:
        return data.Y

    def _score(self, y: NDArray[Any], proba: FloatArray, weight: FloatArray | None) -> float:
        return float(accuracy_score(y, proba.argmax(axis=1), sample_weight=weight))


class TabularRegressorMixin(RegressorMixin, BaseTabular):
    """Numbers as targets."""

    _one_column: bool
    _low: FloatArray
    _high: FloatArray
    _mean: FloatArray
    _deviation: FloatArray
    _difficulty: Difficulty
    _output: str = "identity"  # activation of the networks' output
    oof_prediction_: FloatArray
    _oof_name = "oof_prediction_"

    @of_one_fit
    def predict(self, X: Any) -> FloatArray:
        """Predict the targets: the mean of the members', weighted if there are weights.

        Parameters
        ----------
        X : {DataFrame, array-like} of shape (n_samples, n_features)
            The table.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_outputs)
            Predictions, within the range of the targets in `fit`.
        """
        return self._mean_prediction(X)

    @of_one_fit
    def predict_interval(self, X: Any, coverage: float = 0.9) -> FloatArray:
        """Predict an interval for each row: the target is in it with a given probability.

        This is conformal prediction from cross-validation ("CV-style"), around the prediction of
        the ensemble. The interval is the prediction, plus and minus a multiple of the expected
        error of the row, which a small model of errors predicts. The multiple is a quantile of the
        errors of the out-of-fold predictions for the rows in `fit`, each divided by its expected
        size. These predictions come from single members, which err more than their mean, so
        intervals tend to contain the target more often than `coverage` says. Unlike CV+, this has
        no proven lower bound of the coverage. The page :doc:`/see_why` says what breaks it.

        Parameters
        ----------
        X : {DataFrame, array-like} of shape (n_samples, n_features)
            The table.
        coverage : float, default=0.9
            Probability that the target is in the interval, above 0 and below 1, for new rows that
            are drawn like the rows in `fit`. With `sample_weight`, these are drawn with
            probabilities in proportion to their weights; see Notes. Of several targets, each one
            has its own interval with this probability. They share the model of errors: it predicts
            their mean error, in units of their standard deviations.

        Returns
        -------
        ndarray of shape (n_samples, 2) or (n_samples, n_outputs, 2)
            Lower and upper ends. They may be outside of the range of the targets in `fit`, as new
            targets may, but those of networks with ``loss="poisson"``, and of ensembles of such
            networks alone, are at least 0.

        Raises
        ------
        ValueError
            If `coverage` is not between 0 and 1, or so high that it needs more rows than `fit` had:
            for 0.99, it needs 99.

        Notes
        -----
        A new row is taken to have the weight of an average draw: ``(w**2).sum() / w.sum()``, where
        ``w`` is the `sample_weight` of the rows that members held out. The number of rows in `fit`
        is the effective one, ``w.sum()**2 / (w**2).sum()``.

        References
        ----------
        Lei, G'Sell, Rinaldo, Tibshirani and Wasserman, "Distribution-free predictive inference for
        regression", JASA 113, 2018, section 5.2. Vovk, "Cross-conformal predictors", Annals of
        Mathematics and Artificial Intelligence 74, 2015.
        """
        table = self._encode(X)
        center = self._mean_of(self._member_predictions(table)).reshape(len(table), -1)
        sizes = self._difficulty.predict(inputs(table, center))
        ends = self._intervals(center, self._held_out_scores.quantile(coverage) * sizes)
        return ends[:, 0] if self._one_column else ends

    def _intervals(self, center: FloatArray, reach: FloatArray) -> FloatArray:
        """Return lower and upper ends, on the last axis, at a distance from predictions."""
        ends = np.stack([center - reach, center + reach], axis=-1)
        if self._is_positive:
            np.maximum(ends, 0.0, out=ends)
        return ends

    @property
    def _is_positive(self) -> bool:
        """Whether no prediction can be below 0, because the loss is one of targets like that."""
        return self._output == "exp"

    def _keep_scores(self, data: Data, weight: FloatArray) -> None:
        rows = scored_rows(self.oof_prediction_)
        scored, kept = data.rows(rows), kept_weight(weight[rows])
        y = self._given(scored).reshape(len(rows), -1)

        def errors_of(oof: FloatArray) -> FloatArray:
            return np.abs(y - oof[rows].reshape(y.shape))

        errors = errors_of(self.oof_prediction_)
        X = inputs(scored.X, self.oof_prediction_[rows].reshape(y.shape))
        folds = fold_numbers(self.held_out_, rows, len(weight))
        self._difficulty, sizes = fit_difficulty(X, errors, self._deviation, folds, kept)
        self._held_out_scores = held_out_scores(errors / sizes, kept)
        self._keep_part_scores(lambda oof: held_out_scores(errors_of(oof) / sizes, kept))

    def _with_scores(self, scores: HeldOutScores) -> dict[str, Any]:
        return super()._with_scores(scores) | {"_difficulty": self._difficulty}

    def _check_targets(self, y: Any) -> NDArray[np.float64]:
        with np.errstate(over="ignore", invalid="ignore"):  # scikit-learn sums the values
            y = check_array(y, ensure_2d=False, dtype=None, estimator=self, input_name="y")
        return _numbers(y)

    def _encode_targets(self, y: Any, weight: FloatArray) -> EncodedTargets:
        y = self._check_targets(y)
        Y = y.reshape(len(y), -1)
        present = Y[weight > 0]
        low, high, power = present.min(axis=0), present.max(axis=0), exponents(present)
        # The squares of scaled targets do not vanish. Rows with weight 0, which may be outside of
        # the range, are ignored.
        numbers = np.clip(Y, low, high)
        Y = np.ldexp(numbers, -power)
        mean = np.average(Y, axis=0, weights=weight)
        deviation = np.average((Y - mean) ** 2, axis=0, weights=weight) ** 0.5
        deviation = np.where(deviation > 0, deviation, 1.0)
        attributes = {
            "_one_column": y.ndim == 1,
            "_low": low,
            "_high": high,
            "_mean": np.ldexp(mean, power),
            "_deviation": np.ldexp(deviation, power),
        }
        standardized = ((Y - mean) / deviation).astype(np.float32)
        return EncodedTargets(standardized, None, weight, attributes, numbers)

    def _targets(self, standardized: FloatArray) -> FloatArray:
        """Return the targets for standardized ones, such as predictions of them."""
        Y = np.clip(self._mean + self._deviation * standardized, self._low, self._high)
        return Y[:, 0] if self._one_column else Y

    def _given(self, data: Data) -> FloatArray:
        return self._targets(data.Y.astype(np.float64))

    def _score(self, y: NDArray[Any], prediction: FloatArray, weight: FloatArray | None) -> float:
        return scaled_r2(y, prediction, weight)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags


def _numbers(y: NDArray[Any]) -> NDArray[np.float64]:
    """Return the targets as float64; check that they are numbers with finite squares."""
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
    if (largest := np.abs(Y).max()) > _LARGEST:
        raise ValueError(
            f"The absolute values of targets must be at most {_LARGEST:g}; got {largest:g}. Divide "
            "the targets by a constant, or take their logarithms."
        )
    return Y
