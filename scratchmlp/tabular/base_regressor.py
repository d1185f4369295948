"""What the regressors for raw tables share: predictions of numbers."""

from typing import Any

from sklearn.base import RegressorMixin

from scratchmlp.arrays import FloatArray
from scratchmlp.tabular.base import BaseTabular
from scratchmlp.tabular.targets import Numbers


class BaseTabularRegressor(RegressorMixin, BaseTabular):
    """Numbers as targets."""

    oof_prediction_: FloatArray
    _targets: Numbers
    _targets_type = Numbers
    _oof_name = "oof_prediction_"

    def predict(self, X: Any) -> FloatArray:
        """Predict the targets: the mean over the folds, weighted if there are weights.

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

    def predict_interval(self, X: Any, coverage: float = 0.9) -> FloatArray:
        """Predict an interval for each row: the target is in it with a given probability.

        This is conformal prediction from cross-validation ("CV-style"), around the prediction of
        the ensemble. The interval is the prediction, plus and minus a multiple of the expected
        error of the row, which a small model of errors predicts. The multiple is a quantile of the
        errors of the out-of-fold predictions for the rows in `fit`, each divided by its expected
        size. These predictions come from single folds, which err more than their mean, so
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
        ``w`` is the `sample_weight` of the rows that were held out. The number of rows in `fit`
        is the effective one, ``w.sum()**2 / (w**2).sum()``.

        References
        ----------
        Lei, G'Sell, Rinaldo, Tibshirani and Wasserman, "Distribution-free predictive inference for
        regression", JASA 113, 2018, section 5.2. Vovk, "Cross-conformal predictors", Annals of
        Mathematics and Artificial Intelligence 74, 2015.

        Examples
        --------
        >>> from sklearn.datasets import load_diabetes
        >>> from scratchmlp.tabular import TabularMLPRegressor
        >>> X, y = load_diabetes(return_X_y=True, as_frame=True)
        >>> regressor = TabularMLPRegressor(cv=3, max_iter=16, random_state=0).fit(X[::2], y[::2])
        >>> low, high = regressor.predict_interval(X[1::2]).T
        >>> bool(((low <= y[1::2]) & (y[1::2] <= high)).mean() > 0.85)
        True
        """
        return self._regions(X, coverage)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags
