"""Predictions of rows by the members that held them out, with some columns permuted."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import islice
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from scratchmlp.arrays import FloatArray
from scratchmlp.tabular.encoded_table import EncodedTable
from scratchmlp.tabular.folds import Rows
from scratchmlp.tabular.selection import by_row
from scratchmlp.tabular.table_encoding import Place
from scratchmlp.threads import threads

_ROWS = 2**13  # that a member predicts at the same time, if it holds out fewer

Change = tuple[Place, Rows]


class OutOfFold:
    """Predictions of each row by the members that held it out.

    Parameters
    ----------
    estimator : BaseTabular
        The fitted estimator.
    table : EncodedTable
        The rows.
    held_out : list of ndarray of int
        Which of them each member held out, which may be none.
    """

    def __init__(self, estimator: Any, table: EncodedTable, held_out: list[Rows]) -> None:
        self.estimator, self.table = estimator, table
        self.held_out = {number: rows for number, rows in enumerate(held_out) if len(rows)}

    def predictions(self) -> FloatArray:
        """Predict the rows as they are."""
        return next(self.permuted([(Place([], [], []), np.arange(len(self.table)))]))

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
                self.estimator._member_prediction(number, exchange(self.table, rows, changes))
                for number, rows in self.held_out.items()
            ]
        is_vector = predictions[0].ndim == 1
        split = [np.split(each.reshape(len(each), -1), len(changes)) for each in predictions]
        for of_change in zip(*split, strict=True):
            found = by_row(list(self.held_out.values()), list(of_change), len(self.table))
            yield found[:, 0] if is_vector else found


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
