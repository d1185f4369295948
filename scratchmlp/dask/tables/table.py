"""A table on a cluster, as the driver sees it: how it is read and encoded."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from dask.delayed import Delayed
from distributed import Future

from scratchmlp.dask.collections import Given, divided
from scratchmlp.dask.data import by_piece
from scratchmlp.dask.pieces import Failure, reporting_failures
from scratchmlp.dask.preparation import results_of
from scratchmlp.dask.rounds import Rounds, as_it_is, task
from scratchmlp.dask.tables.rows import (
    encode,
    joined,
    learn,
    packed,
    read,
    sample,
    select,
    summary_of,
    take,
    without_table,
)
from scratchmlp.tabular.columns.encoded_table import EncodedTable, Layout, layout_of
from scratchmlp.tabular.columns.encoder import TabularEncoder
from scratchmlp.tabular.folds import Rows
from scratchmlp.tabular.reading.findings import NoteCase, warn_of

#: Number of rows from which the encoder learns. Of more rows, these are drawn at random.
MOST_LEARNED = 200_000


@dataclass(eq=False)
class Parts:
    """The rows of a table, which stay on the cluster in parts: one for each partition with rows.

    Parameters
    ----------
    rounds : Rounds
        The rounds of the fit.
    futures : sequence of Future
        The parts.
    lengths : sequence of int
        Their numbers of rows.
    numbers : sequence of int
        The numbers of their partitions, for messages.

    Attributes
    ----------
    starts : ndarray of shape (n_parts + 1,)
        Number of the first row of each part, and the number of all rows.
    """

    rounds: Rounds
    futures: Sequence[Future]
    lengths: Sequence[int]
    numbers: Sequence[int]

    def __post_init__(self) -> None:
        self.starts = np.cumsum([0, *self.lengths])

    def __len__(self) -> int:
        """Return the number of rows."""
        return int(self.starts[-1])


class UnencodedTable(Parts):
    """A table that is not encoded: `X` of `scratchmlp.tabular.problem.problem_of`.

    Its parts are `RawRows`.
    """

    @property
    def shape(self) -> tuple[int]:
        """Shape, of which scikit-learn reads the number of rows."""
        return (len(self),)

    def __getitem__(self, rows: Any) -> Any:
        """Raise an error: only splitters that look at the table ask for its rows."""
        raise TypeError(
            "cv is a splitter that looks at the rows of X, but these stay on the cluster. Use a "
            "number of folds, or a splitter that needs the targets or the groups alone."
        )


@dataclass(eq=False)
class ClusterTable(Parts):
    """An encoded table: `X` of the rows that members are trained on.

    Its parts are `EncodedRows`.

    Parameters
    ----------
    rounds, futures, lengths, numbers
        See `Parts`.
    layout : Layout
        Where the outputs of encoded rows are.
    n_bytes : int
        Memory that all rows take.
    """

    layout: Layout
    n_bytes: int

    def __getitem__(self, rows: Rows) -> EncodedTable:
        """Bring a few rows, whose numbers are in ascending order, to the driver."""
        return select(self.rounds.get_all(self.taken(rows)), np.arange(len(rows)))

    def taken(self, rows: Rows) -> list[Delayed]:
        """Return tasks that select rows, whose numbers are in ascending order.

        There is one for each part that has some of the rows.
        """
        return [
            task(partial(take, packed(own)), self.futures[i])
            for i, own in by_piece(rows, self.starts)
        ]


def read_all(rounds: Rounds, given: Given) -> tuple[UnencodedTable, dict[str, Any]]:
    """Read the partitions, and bring all but the table to the driver.

    Parameters
    ----------
    rounds : Rounds
        The rounds of the fit.
    given : Given
        X, y, the weights and the groups.

    Returns
    -------
    table : UnencodedTable
        The rows of partitions that are not empty.
    others : dict of str to ndarray, Series, DataFrame or number
        "y", and "sample_weight" and "groups" if they were passed.
    """
    weight = given["sample_weight"]
    numbers = {"sample_weight": weight} if np.isscalar(weight) else {}  # for all rows
    given = {name: rows for name, rows in given.items() if name not in numbers}
    _, *names = given
    raw = rounds.keep(task(reporting_failures, read, names, *pieces) for pieces in divided(given))
    found = results_of(rounds, [task(reporting_failures, without_table, part) for part in raw])
    kept = [i for i, (n_rows, _) in enumerate(found) if n_rows]
    lengths = [found[i][0] for i in kept]
    columns = [found[i][1] for i in kept or [0]]  # of an empty partition if all are empty
    others = {name: joined([part[name] for part in columns]) for name in columns[0]}
    return UnencodedTable(rounds, [raw[i] for i in kept], lengths, kept), others | numbers


def encode_all(
    encoder: TabularEncoder, X: UnencodedTable, present: Rows
) -> tuple[TabularEncoder, ClusterTable]:
    """Fit an encoder and encode a table. The rows that are not encoded are released.

    Parameters
    ----------
    encoder : TabularEncoder
        An encoder that is not fitted.
    X : UnencodedTable
        The table.
    present : ndarray of int
        Numbers of the rows from which the encoder learns. If there are more than `MOST_LEARNED`, it
        learns from a random sample, always the same.

    Returns
    -------
    encoder : TabularEncoder
        The fitted encoder.
    table : ClusterTable
        The encoded table.
    """
    is_sampled = len(present) > MOST_LEARNED
    if is_sampled:
        drawn = np.random.RandomState(0).choice(present, MOST_LEARNED, replace=False)
        present = np.sort(drawn)
    fitted = X.rounds.keep([_learning(encoder, X, present)])
    learned = X.rounds.get(task(as_it_is, *fitted))
    if isinstance(learned, Failure):
        raise learned.error
    warn_of(learned.notes_)
    encoded = X.rounds.keep(task(reporting_failures, encode, *fitted, part) for part in X.futures)
    summaries = [task(reporting_failures, summary_of, part) for part in encoded]
    sizes, notes = zip(*results_of(X.rounds, summaries, X.numbers), strict=True)
    X.rounds.release([*fitted, *X.futures])
    if is_sampled:  # otherwise the encoder has seen all values
        _warn_of_unreadable(dict(zip(X.numbers, notes, strict=True)))
    layout = layout_of(learned.fitted_columns)
    return learned, ClusterTable(X.rounds, encoded, X.lengths, X.numbers, layout, sum(sizes))


def _learning(encoder: TabularEncoder, X: UnencodedTable, rows: Rows) -> Delayed:
    """Return the task that fits an encoder to some rows."""
    samples = [
        task(sample, None if len(own) == X.lengths[i] else own, X.futures[i])
        for i, own in by_piece(rows, X.starts)
    ]
    return task(reporting_failures, partial(learn, encoder), *samples)


def _warn_of_unreadable(notes: dict[int, list[tuple[NoteCase, str]]]) -> None:
    """Warn of values that cannot be read, in the first partition that has some.

    `notes` are those of each partition, by its number.
    """
    found = [
        (number, clause)
        for number, clauses in notes.items()
        for case, clause in clauses
        if case == "unreadable"
    ]
    if found:
        number, clause = found[0]
        n_others = len({other for other, _ in found} - {number})
        more = f", and there are such values in {n_others} other partitions" * (n_others > 0)
        warn_of([("unreadable", f"in partition {number}, {clause}{more}")])
