"""The targets of estimators for raw tables: classes or numbers, and predictions of them."""

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
from scratchmlp.batches import Data
from scratchmlp.estimators.scaling import exponents, scale_products, scaled_r2
from scratchmlp.estimators.targets import class_weights
from scratchmlp.tabular.base import BaseTabular, EncodedTargets

_LARGEST = 1e150  # its square is finite


class TabularClassifierMixin(ClassifierMixin, BaseTabular):
    """Classes as targets."""

    class_weight: Any

    classes_: NDArray[Any]

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "class_weight": [dict, StrOptions({"balanced"}), None],
    }

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
        proba = self.predict_proba(X)
        return np.log(np.maximum(proba, np.finfo(proba.dtype).tiny))

    def _encode_targets(self, y: Any, weight: FloatArray) -> EncodedTargets:
        with np.errstate(over="ignore", invalid="ignore"):  # of numbers of any size
            y = _check_y(y, estimator=self)
            check_classification_targets(y)
        classes, numbers = np.unique(y, return_inverse=True)
        if self.class_weight is not None:
            factors = class_weights(y, classes, self.class_weight, weight)
            weight, _ = scale_products(weight, factors[numbers], np.float32)
        class_targets = np.eye(len(classes), dtype=np.float32)
        return EncodedTargets(numbers, class_targets, weight, {"classes_": classes})

    def _oof_score(self, data: Data, proba: FloatArray, weight: FloatArray) -> float:
        """Return the accuracy of out-of-fold probabilities."""
        seen = np.isfinite(proba[:, 0])
        predicted = proba[seen].argmax(axis=1)
        return float(accuracy_score(data.Y[seen], predicted, sample_weight=weight[seen]))


class TabularRegressorMixin(RegressorMixin, BaseTabular):
    """Numbers as targets."""

    _one_column: bool
    _low: FloatArray
    _high: FloatArray
    _mean: FloatArray
    _deviation: FloatArray

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

    def _encode_targets(self, y: Any, weight: FloatArray) -> EncodedTargets:
        with np.errstate(over="ignore", invalid="ignore"):  # scikit-learn sums the values
            y = check_array(y, ensure_2d=False, dtype=None, estimator=self, input_name="y")
        y = _numbers(y)
        Y = y.reshape(len(y), -1)
        present = Y[weight > 0]
        low, high, power = present.min(axis=0), present.max(axis=0), exponents(present)
        # The squares of scaled targets do not vanish. Rows with weight 0, which may be outside of
        # the range, are ignored.
        Y = np.ldexp(np.clip(Y, low, high), -power)
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
        return EncodedTargets(standardized, None, weight, attributes)

    def _predictions(self, raw: FloatArray) -> FloatArray:
        """Return the targets for predictions of standardized targets."""
        Y = np.clip(self._mean + self._deviation * raw, self._low, self._high)
        return Y[:, 0] if self._one_column else Y

    def _given(self, data: Data) -> FloatArray:
        """Return the targets as the user passed them, up to rounding."""
        return self._predictions(data.Y.astype(np.float64))

    def _oof_score(self, data: Data, prediction: FloatArray, weight: FloatArray) -> float:
        """Return the coefficient of determination of out-of-fold predictions."""
        seen = np.isfinite(prediction.reshape(len(weight), -1)[:, 0])
        y = self._given(data)
        return scaled_r2(y[seen], prediction[seen], weight[seen])

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
