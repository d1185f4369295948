"""Predictions of rows by the folds that held them out, with some columns permuted."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import cached_property, partial
from itertools import islice

import numpy as np

from scratchmlp.arrays import FloatArray
from scratchmlp.tabular.columns.encoded_table import EncodedTable, Place
from scratchmlp.tabular.folds import Rows, by_row
from scratchmlp.tabular.prediction import Blend
from scratchmlp.utils.threads import one_thread

_ROWS = 2**13  # that are predicted at the same time, if a fold holds out fewer

Change = tuple[Place, Rows]


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
            by_fold = [(rows, partial(_by_fold, blend, fold)) for fold, rows in enumerate(held_out)]
            self.predictors = [each for each in by_fold if len(each[0])]

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


def _by_fold(blend: Blend, fold: int, table: EncodedTable) -> FloatArray:
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
