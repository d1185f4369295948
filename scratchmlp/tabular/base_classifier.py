"""What the classifiers for raw tables share: predictions of classes."""

from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from sklearn.base import ClassifierMixin
from sklearn.utils._param_validation import StrOptions
from sklearn.utils.validation import check_is_fitted

from scratchmlp.arrays import FloatArray
from scratchmlp.tabular.base import BaseTabular
from scratchmlp.tabular.calibration import Calibration
from scratchmlp.tabular.scoring import log_probabilities
from scratchmlp.tabular.targets import ClassLabels


class BaseTabularClassifier(ClassifierMixin, BaseTabular):
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
        return self.classes_[self._mean_prediction(X).argmax(axis=1)]

    def predict_proba(self, X: Any) -> FloatArray:
        """Predict class probabilities: the mean over the folds.

        Networks and trees have a weighted mean for each fold, and the prediction is the geometric
        mean over the folds, rescaled to a sum of 1.

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

    def predict_set(self, X: Any, coverage: float = 0.9) -> NDArray[np.bool_]:
        """Predict a set of classes for each row: the true class is in it with a given probability.

        A set of one class means that the model is sure. A class is left out if it is less probable
        than the true class was for most rows in `fit`, by their out-of-fold probabilities. These
        come from single folds, which err more than the ensemble, so sets tend to contain the true
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
        ``w`` is the `sample_weight` of the rows that were held out. The number of rows in `fit`
        is the effective one, ``w.sum()**2 / (w**2).sum()``. Class weights do not count.

        References
        ----------
        Sadinle, Lei and Wasserman, "Least ambiguous set-valued classifiers with bounded error
        levels", JASA 114, 2019. Vovk, "Cross-conformal predictors", Annals of Mathematics and
        Artificial Intelligence 74, 2015.

        Examples
        --------
        >>> from sklearn.datasets import load_wine
        >>> from scratchmlp.tabular import TabularMLPClassifier
        >>> X, y = load_wine(return_X_y=True, as_frame=True)
        >>> classifier = TabularMLPClassifier(cv=3, max_iter=16, random_state=0).fit(X[::2], y[::2])
        >>> sets = classifier.predict_set(X[1::2], coverage=0.95)
        >>> sets.shape, bool(sets.any(axis=1).all())
        ((89, 3), True)
        >>> sets[0]
        array([ True, False, False])
        """
        return self._regions(X, coverage)
