"""How wrong predictions tend to be, by the row: a small model of absolute errors."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingRegressor
from threadpoolctl import threadpool_limits

from scratchmlp.arrays import FloatArray
from scratchmlp.tabular.encoded_table import EncodedTable, fill_empty_columns
from scratchmlp.threads import threads

#: Least expected error, as a share of the mean error. Without it, an interval could be a point.
_FLOOR = 0.1


class Difficulty(NamedTuple):
    """Expected sizes of errors.

    Attributes
    ----------
    model : HistGradientBoostingRegressor or None
        A model of absolute errors, of which each row has one: the mean over the outputs. None means
        that all sizes are equal, because there are too few rows.
    least : float
        Least size, above 0.
    unit : ndarray of shape (n_outputs,)
        What the model and `least` count in: the deviation of each target.
    """

    model: Any
    least: float
    unit: FloatArray

    def predict(self, X: FloatArray) -> FloatArray:
        """Return the expected sizes, of shape (n_samples, n_outputs), for what `inputs` returns."""
        if self.model is None:
            return np.tile(self.unit, (len(X), 1))
        return self.unit * np.maximum(self.model.predict(X), self.least)[:, np.newaxis]


def inputs(table: EncodedTable, prediction: FloatArray) -> FloatArray:
    """Return what the size of an error is predicted from: numbers, codes, and the prediction.

    Parameters
    ----------
    table : EncodedTable
        The rows.
    prediction : ndarray of shape (n_samples, n_outputs)
        Predictions for them.

    Returns
    -------
    ndarray of shape (n_samples, n_inputs)
        The inputs.
    """
    return np.hstack([table.numbers_and_codes(), prediction])


def fit_difficulty(
    X: FloatArray,
    errors: FloatArray,
    unit: FloatArray,
    folds: NDArray[np.intp],
    weight: FloatArray | None,
) -> tuple[Difficulty, FloatArray]:
    """Fit a model of the absolute errors of out-of-fold predictions.

    The model predicts the 0.8-quantile of errors by a few small trees. It decides only how the
    width of intervals is distributed over rows. The quantile of the errors in units of their
    expected sizes decides the coverage. Several outputs share a model of their mean error, so that
    `fit` takes no longer for them.

    Parameters
    ----------
    X : ndarray of shape (n_scores, n_inputs)
        What `inputs` returns for rows that members held out.
    errors : ndarray of shape (n_scores, n_outputs)
        Absolute errors of their out-of-fold predictions.
    unit : ndarray of shape (n_outputs,)
        Deviation of each target, above 0.
    folds : ndarray of shape (n_scores,), int
        Fold of each row.
    weight : ndarray of shape (n_scores,) or None
        Weights of the rows.

    Returns
    -------
    difficulty : Difficulty
        The model, fitted to all rows, for new ones.
    sizes : ndarray of shape (n_scores, n_outputs)
        Expected sizes by models that were fitted without the fold of the row.
    """
    sizes, errors = np.empty(errors.shape), (errors / unit).mean(axis=1)
    with threads(0), threadpool_limits(1, user_api="openmp"):
        for fold in np.unique(folds):
            others = folds != fold
            sizes[~others] = _fitted(X, errors, unit, others, weight).predict(X[~others])
        return _fitted(X, errors, unit, np.full(len(errors), len(errors) > 1), weight), sizes


def _fitted(
    X: FloatArray,
    errors: FloatArray,
    unit: FloatArray,
    rows: NDArray[np.bool_],
    weight: FloatArray | None,
) -> Difficulty:
    """Fit a model to some rows. `errors` holds one for each row, in units."""
    if not rows.any():
        return Difficulty(None, 1.0, unit)
    kept = None if weight is None else weight[rows]
    model = _model().fit(fill_empty_columns(X[rows], kept), errors[rows], kept)
    least = _FLOOR * float(np.average(errors[rows], weights=kept))
    return Difficulty(model, max(least, 1e-9), unit)


def _model() -> HistGradientBoostingRegressor:
    """Return an unfitted model of the size of errors."""
    return HistGradientBoostingRegressor(
        loss="quantile",
        quantile=0.8,
        learning_rate=0.1,
        max_iter=20,
        max_leaf_nodes=8,
        min_samples_leaf=40,
        early_stopping=False,
        random_state=0,
    )
