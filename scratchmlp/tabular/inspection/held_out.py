"""Predictions of rows by the folds that held them out, with some columns permuted.

Also the checks that these rows are those of `fit`, in the same order.
"""

import warnings
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import is_classifier
from sklearn.utils import check_consistent_length
from sklearn.utils.validation import _num_samples
from threadpoolctl import threadpool_limits

from scratchmlp.arrays import FloatArray
from scratchmlp.tabular.columns.encoded_table import EncodedTable, Place
from scratchmlp.tabular.folds import Rows, by_row, predicted_rows
from scratchmlp.utils.public import stacklevel
from scratchmlp.utils.threads import threads

_ROWS = 2**13  # that are predicted at the same time, if a fold holds out fewer

Change = tuple[Place, Rows]


class OutOfFold:
    """Predictions of each row by the folds that held it out.

    Parameters
    ----------
    blend : Blend
        What predicts.
    table : EncodedTable
        The rows.
    held_out : list of ndarray of int
        Which of them each fold held out, which may be none.
    """

    def __init__(self, blend: Any, table: EncodedTable, held_out: list[Rows]) -> None:
        self.blend, self.table = blend, table
        self.held_out = {fold: rows for fold, rows in enumerate(held_out) if len(rows)}

    def predictions(self) -> FloatArray:
        """Predict the rows as they are."""
        return next(self.permuted([unchanged(self.table)]))

    def permuted(self, changes: Iterable[Change]) -> Iterator[FloatArray]:
        """Predict the rows after each of several changes: some columns, and their new order.

        Several changes are predicted at the same time, because calls with few rows are slow.
        """
        largest, left = max(map(len, self.held_out.values())), iter(changes)
        while batch := list(islice(left, max(1, _ROWS // largest))):
            yield from self._predict(batch)

    def _predict(self, changes: list[Change]) -> Iterator[FloatArray]:
        # If the processors are busy, threads would wait for each other in each of many calls.
        with threads(0), threadpool_limits(1, user_api="openmp"):
            predictions = [
                self.blend.predict_folds(exchange(self.table, rows, changes), [fold])[0]
                for fold, rows in self.held_out.items()
            ]
        is_vector = predictions[0].ndim == 1
        split = [np.split(each.reshape(len(each), -1), len(changes)) for each in predictions]
        for of_change in zip(*split, strict=True):
            found = by_row(list(self.held_out.values()), list(of_change), len(self.table))
            yield found[:, 0] if is_vector else found


class AllFolds(OutOfFold):
    """Predictions of rows that were not in `fit`, by all folds together.

    Parameters
    ----------
    blend : Blend
        What predicts.
    table : EncodedTable
        The rows.
    """

    def __init__(self, blend: Any, table: EncodedTable) -> None:
        super().__init__(blend, table, [np.arange(len(table))])

    def _predict(self, changes: list[Change]) -> Iterator[FloatArray]:
        rows = np.arange(len(self.table))
        yield from np.split(self.blend.predict(exchange(self.table, rows, changes)), len(changes))


def unchanged(table: EncodedTable) -> Change:
    """Return the change that leaves all rows of a table as they are."""
    return Place([], [], []), np.arange(len(table))


def exchange(table: EncodedTable, rows: Rows, changes: list[Change]) -> EncodedTable:
    """Return some rows of a table once for each change, with values of other rows.

    Parameters
    ----------
    table : EncodedTable
        The table.
    rows : ndarray of int
        The rows to return.
    changes : list of tuple of (Place, ndarray of shape (n_samples,))
        For each change, columns, and the row from which each row of the table has their values.

    Returns
    -------
    EncodedTable of len(rows) * len(changes) rows
        The rows after the first change, then those after the second, and so on.
    """
    new = table[np.tile(rows, len(changes))]
    for number, (place, order) in enumerate(changes):
        block = slice(number * len(rows), (number + 1) * len(rows))
        for parts, values, columns in (
            (new.numbers, table.numbers, place.numbers),
            (new.codes, table.codes, place.codes),
        ):
            parts[block, columns] = values[order[rows, None], columns]
    sources = [
        np.concatenate([order[rows] if i in place.terms else rows for place, order in changes])
        for i in range(len(table.terms))
    ]
    terms = (each[source] for each, source in zip(table.terms, sources, strict=True))
    return replace(new, terms=tuple(terms))


#: Largest mean square of the difference between the predictions and those of the same rows in
#: `fit`, relative to those of other rows. In 28 fits to small tables, it was at most 0.31 on the
#: rows of `fit`, because only the epochs differ, and between 0.6 and 1.1 in another order.
_DIFFERENT = 0.6
#: Score above that of a constant from which predictions tell rows apart, and number of rows.
_CLEAR, _LEAST_ROWS = 0.1, 20


def rows_held_out(estimator: Any, X: Any, y: Any) -> list[Rows]:
    """Return which rows of `fit` each fold holds out, and check the number of rows.

    The number is that of the out-of-fold predictions. Without them, only the last row that was held
    out is known.

    Parameters
    ----------
    estimator : BaseTabular
        The fitted estimator.
    X : DataFrame or array-like of shape (n_samples, n_features)
        The table.
    y : array-like of shape (n_samples,) or (n_samples, n_outputs)
        The targets.

    Returns
    -------
    list of ndarray of int
        The rows.

    Raises
    ------
    ValueError
        If the estimator does not know the rows, or if the number of rows is another one.
    """
    if not hasattr(estimator, "held_out_"):
        raise ValueError(
            "oof_importances needs to know which rows each fold held out, but this estimator was "
            "saved with training_state=False. Save it with training_state=True, fit it again, or "
            "call sklearn.inspection.permutation_importance with rows that were not used in fit."
        )
    held_out: list[Rows] = estimator.held_out_
    oof, n_rows = estimator.out_of_fold, _num_samples(X)
    least = 1 + max(int(rows.max()) for rows in held_out) if oof is None else len(oof)
    if n_rows < least or (oof is not None and n_rows > least):
        raise ValueError(
            f"X must have {'at least ' * (oof is None)}the {least} rows of fit, in the same order; "
            f"got {n_rows} rows. For other rows, call sklearn.inspection.permutation_importance."
        )
    check_consistent_length(X, y)
    return held_out


def check_rows(
    estimator: Any, y: NDArray[Any], weight: FloatArray, rows: Rows, predictions: FloatArray
) -> None:
    """Check that predictions and targets agree with the out-of-fold predictions of `fit`.

    Nothing is checked if the predictions of `fit` were hardly better than a constant, because they
    cannot tell rows apart.

    Parameters
    ----------
    estimator : BaseTabular
        The fitted estimator.
    y : ndarray of shape (n_samples,) or (n_samples, n_outputs)
        Class numbers or targets of all rows.
    weight : ndarray of shape (n_samples,)
        Weights of all rows.
    rows : ndarray of int
        The rows that are predicted.
    predictions : ndarray of shape (n_rows,) or (n_rows, n_outputs)
        Predictions of these rows by the folds that held them out.

    Raises
    ------
    ValueError
        If the predictions are far from the out-of-fold predictions of `fit`.

    Warns
    -----
    UserWarning
        If the targets give these predictions a far lower score than in `fit`. This is no error,
        because the weights of the rows may have been others.
    """
    gain = estimator.oof_score_ - max(
        _constant_score(estimator, y, each) for each in (None, weight)
    )
    if gain < _CLEAR or len(rows) < _LEAST_ROWS:
        return
    oof = estimator.out_of_fold
    if oof is not None:
        _check_table(oof, rows, predictions)
        rows = predicted_rows(oof)
        predictions = oof[rows]
    score = estimator._targets.score(y[rows], predictions, None)
    if weight[rows].any():  # the weights may be those of `fit`, or others
        score = max(score, estimator._targets.score(y[rows], predictions, weight[rows]))
    if estimator.oof_score_ - score > max(gain / 2, _CLEAR):
        name = "accuracy" if is_classifier(estimator) else "r2"
        warnings.warn(
            f"y does not seem to be that of fit: the out-of-fold predictions have a score ({name}) "
            f"of {score:.3g} with this y, but oof_score_ is {estimator.oof_score_:.3g}. Pass the "
            "targets of fit, in the same order, and its sample_weight if it had one.",
            UserWarning,
            stacklevel=stacklevel(),
        )


def _check_table(oof: FloatArray, rows: Rows, predictions: FloatArray) -> None:
    """Check that predictions are near the out-of-fold predictions of `fit`."""
    oof = oof.reshape(len(oof), -1)
    variance = np.nanvar(oof, axis=0)
    varied = variance > 0
    if not varied.any():
        return  # constant predictions cannot tell rows apart
    scale = np.sqrt(variance[varied])
    oof, found = oof[:, varied] / scale, predictions.reshape(len(rows), -1)[:, varied] / scale
    from_same = np.mean((found - oof[rows]) ** 2)
    from_others = np.mean((found - np.nanmean(oof, axis=0)) ** 2) + 1  # plus the variance
    if from_same > _DIFFERENT * from_others:
        raise ValueError(
            "X must have the rows of fit, in the same order. The predictions of its rows differ "
            f"{from_same / from_others:.2g} times as much (mean square) from the out-of-fold "
            f"predictions of these rows in fit as from those of other rows, which must be at most "
            f"{_DIFFERENT}. Pass the table of fit. For other rows, call "
            "sklearn.inspection.permutation_importance."
        )


def _constant_score(estimator: Any, y: NDArray[Any], weight: FloatArray | None) -> float:
    """Return the score of the most frequent class, or of the mean."""
    if not is_classifier(estimator):
        return 0.0
    counts = np.bincount(y, weight)
    return float(counts.max() / counts.sum())
