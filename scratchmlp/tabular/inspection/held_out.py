"""The rows of `fit`, passed again: checks, and predictions by the folds that held them out."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import cached_property, partial
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import check_consistent_length
from sklearn.utils.validation import _num_samples

from scratchmlp.arrays import FloatArray
from scratchmlp.tabular.columns.encoded_table import EncodedTable, Place
from scratchmlp.tabular.fitted_table import FittedTable
from scratchmlp.tabular.folds import Rows, by_row, rows_in
from scratchmlp.tabular.prediction import Blend
from scratchmlp.tabular.scoring import BlendLoss
from scratchmlp.utils.threads import one_thread

_ROWS = 2**13  # that are predicted at the same time, if a fold holds out fewer

#: Columns that change, and the row from which each row has their values.
Change = tuple[Place, Rows]
#: Largest loss of out-of-fold predictions that tell rows apart, as a share of that of a constant,
#: and fewest rows.
_CLEAR, _FEWEST_ROWS = 0.95, 20
_OTHER_ROWS = "For other rows, call sklearn.inspection.permutation_importance."


def folds_of(fitted: FittedTable, X: Any, y: Any) -> list[Rows]:
    """Return the rows that each fold held out in `fit`, and check the number of rows.

    The number is that of the out-of-fold predictions. Without them, only the last row that was held
    out is known.
    """
    if fitted.held_out is None:
        raise ValueError(
            "oof_importances needs to know which rows each fold held out, but this estimator "
            "was saved with training_state=False. Save it with training_state=True, fit it "
            "again, or call sklearn.inspection.permutation_importance with rows that were not "
            "used in fit."
        )
    oof, n_rows = fitted.oof, _num_samples(X)
    least = 1 + int(rows_in(fitted.held_out)[-1]) if oof is None else len(oof)
    if n_rows < least or (oof is not None and n_rows > least):
        raise ValueError(
            f"X must have {'at least ' * (oof is None)}the {least} rows of fit, in the same "
            f"order; got {n_rows} rows. {_OTHER_ROWS}"
        )
    check_consistent_length(X, y)
    return fitted.held_out


def check_targets(fitted: FittedTable, held_out: list[Rows], y: Any) -> NDArray[Any]:
    """Check that targets are numbers, or labels of known classes, and those of `fit`.

    The out-of-fold predictions must have the score that they had in `fit`.
    """
    targets, rows = fitted.blend.targets, rows_in(held_out)
    y = targets.check(y, "oof_importances")
    if targets.classes is not None and len(unknown := np.setdiff1d(y, targets.classes)):
        raise ValueError(
            f"y has the class {unknown.tolist()[0]!r}, not seen in fit. Pass the targets of fit."
        )
    if fitted.oof is None:
        return y
    weight = None if fitted.row_weight is None else fitted.row_weight[rows]
    score = targets.score(targets.values(targets.encode(y))[rows], fitted.oof[rows], weight)
    if not np.isclose(score, fitted.oof_score, atol=1e-6, equal_nan=True):
        raise ValueError(
            "X and y must have the rows of fit, in the same order. With this y, the "
            f"out-of-fold predictions of fit have a score of {score:.3g}, but oof_score_ is "
            f"{fitted.oof_score:.3g}. Pass the table and the targets of fit. {_OTHER_ROWS}"
        )
    return y


def check_predictions(
    fitted: FittedTable, loss: BlendLoss, rows: Rows, predictions: FloatArray
) -> None:
    """Check that predictions of rows are better than a constant, if those of `fit` were."""
    if fitted.oof is None or len(rows) < _FEWEST_ROWS:
        return
    oof = fitted.oof[rows]
    constant = loss(np.broadcast_to(oof.mean(axis=0), oof.shape))
    if loss(oof) < _CLEAR * constant < constant < (now := loss(predictions)):
        raise ValueError(
            f"X must have the rows of fit, in the same order. The loss of its predictions is "
            f"{now:.3g}, above that of a constant, {constant:.3g}; that of the out-of-fold "
            f"predictions of fit is {loss(oof):.3g}. Pass the table of fit. {_OTHER_ROWS}"
        )


class OutOfFold:
    """Predictions of each row by the folds that held it out, or of new rows by all folds.

    Parameters
    ----------
    blend : Blend
        What predicts.
    table : EncodedTable
        The rows.
    held_out : list of ndarray of int, or None
        Which of them each fold held out, which may be none; None for rows that were not in `fit`.
    """

    def __init__(self, blend: Blend, table: EncodedTable, held_out: list[Rows] | None) -> None:
        self.table = table if held_out is None else table.held_out()
        self.predictors: list[tuple[Rows, Callable[[EncodedTable], FloatArray]]]
        if held_out is None:
            self.predictors = [(np.arange(len(table)), blend.predict)]
        else:
            self.predictors = [
                (rows, partial(_predict_by_fold, blend, fold))
                for fold, rows in enumerate(held_out)
                if len(rows)
            ]

    @cached_property
    def predictions(self) -> FloatArray:
        """Predictions of the rows as they are."""
        return next(self.permuted([(Place([], [], []), np.arange(len(self.table)))]))

    def permuted(self, changes: Iterable[Change]) -> Iterator[FloatArray]:
        """Predict the rows after each of several changes: some columns, and their new order.

        Several changes are predicted at the same time, because calls with few rows are slow.
        """
        largest, left = max(len(rows) for rows, _ in self.predictors), iter(changes)
        while batch := list(islice(left, max(1, _ROWS // largest))):
            yield from self._predict(batch)

    def _predict(self, changes: list[Change]) -> Iterator[FloatArray]:
        # If the processors are busy, threads would wait for each other in each of many calls.
        with one_thread():
            predictions = [
                predict(exchange(self.table, rows, changes)) for rows, predict in self.predictors
            ]
        held_out, is_vector = [rows for rows, _ in self.predictors], predictions[0].ndim == 1
        split = [np.split(each.reshape(len(each), -1), len(changes)) for each in predictions]
        for of_change in zip(*split, strict=True):
            found = by_row(held_out, list(of_change), len(self.table))
            yield found[:, 0] if is_vector else found


def _predict_by_fold(blend: Blend, fold: int, table: EncodedTable) -> FloatArray:
    """Predict rows with what was trained without a fold."""
    return blend.predict_folds(table, [fold])[0]


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
