"""Predictions of classes and of numbers: what users call, for networks and ensembles alike."""

from collections.abc import Iterable
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from sklearn.base import ClassifierMixin, RegressorMixin
from sklearn.utils._param_validation import StrOptions
from sklearn.utils.validation import check_is_fitted

from scratchmlp.arrays import FloatArray
from scratchmlp.atomic_fit import of_one_fit
from scratchmlp.tabular.base import BaseTabular, mean
from scratchmlp.tabular.calibration import Calibration
from scratchmlp.tabular.inspection.uncertainty import Difficulty, difficulty_inputs
from scratchmlp.tabular.scoring import log_probabilities
from scratchmlp.tabular.targets import ClassLabels, Numbers


class TabularClassifierMixin(ClassifierMixin, BaseTabular):
    """Classes as targets."""

    class_weight: Any

    oof_proba_: FloatArray
    _targets: ClassLabels
    _targets_type = ClassLabels
    _calibration: Calibration
    _oof_name = "oof_proba_"

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "class_weight": [dict, StrOptions({"balanced"}), None],
    }

    @property
    def classes_(self) -> NDArray[Any]:
        """Class labels, sorted."""
        check_is_fitted(self)
        return self._targets.classes

    @property
    def temperature_(self) -> float:
        """Number by which raw scores are divided before the softmax."""
        check_is_fitted(self)
        return self._calibration.temperature

    @property
    def floor_(self) -> float:
        """Number below which probabilities become much smaller."""
        check_is_fitted(self)
        return self._calibration.floor

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
        class more often than `coverage` says. The page :doc:`/how_sure` says what breaks it.

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


class TabularRegressorMixin(RegressorMixin, BaseTabular):
    """Numbers as targets."""

    oof_prediction_: FloatArray
    _targets: Numbers
    _targets_type = Numbers
    _difficulty: Difficulty
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
        no proven lower bound of the coverage. The page :doc:`/how_sure` says what breaks it.

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
        check_is_fitted(self)
        return self._predict_with_interval(X, self._held_out_scores.quantile(coverage))[1]

    def _predict_with_interval(self, X: Any, limit: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return predictions and intervals around them, whose reach is a multiple of errors.

        Parameters
        ----------
        X : {DataFrame, array-like} of shape (n_samples, n_features)
            The table.
        limit : ndarray of shape (n_outputs,)
            The multiple: a quantile of the scores of out-of-fold predictions.

        Returns
        -------
        predictions : ndarray of shape (n_samples,) or (n_samples, n_outputs)
            What `predict` returns.
        ends : ndarray of shape (n_samples, 2) or (n_samples, n_outputs, 2)
            Lower and upper ends.
        """
        table = self._encode(X)
        prediction = self._mean_of(self._member_predictions(table))
        center = prediction.reshape(len(table), -1)
        sizes = self._difficulty.predict(difficulty_inputs(table, center))
        ends = self._intervals(center, limit * sizes)
        return prediction, ends[:, 0] if self._targets.one_column else ends

    def _intervals(self, center: FloatArray, reach: FloatArray) -> FloatArray:
        """Return lower and upper ends, on the last axis, at a distance from predictions."""
        ends = np.stack([center - reach, center + reach], axis=-1)
        if self._is_positive:
            np.maximum(ends, 0.0, out=ends)
        return ends

    def _mean_of(self, predictions: Iterable[FloatArray]) -> FloatArray:
        """Return the mean of the members, which rounding must not move out of the range."""
        return self._targets.blended(mean(predictions), None)

    @property
    def _is_positive(self) -> bool:
        """Whether no prediction can be below 0, because the loss is one of targets like that."""
        return self._targets.output == "exp"

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags
