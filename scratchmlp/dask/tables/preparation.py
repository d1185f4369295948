"""From dask collections to an encoded table on the cluster: what the driver does."""

from collections.abc import Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from dask.delayed import Delayed

from scratchmlp.dask.pieces import Failure, reporting_failures
from scratchmlp.dask.preparation import without_failures
from scratchmlp.dask.rounds import Rounds, task
from scratchmlp.dask.tables.rows import (
    Rows,
    as_it_is,
    encode,
    joined,
    learn,
    read,
    sample,
    summary_of,
    without_table,
)
from scratchmlp.dask.tables.table import ClusterTable, Parts, RawTable
from scratchmlp.tabular.encoder import TabularEncoder
from scratchmlp.tabular.notes import warn_of

#: Number of rows from which the encoder learns. Of more rows, these are drawn at random.
MOST_LEARNED = 200_000


class Given(NamedTuple):
    """What the user passed to a fit: a table on the cluster, and the rest on the driver.

    Attributes
    ----------
    X : RawTable
        The table.
    others : dict of str to ndarray, Series or DataFrame
        "y", and "sample_weight" and "groups" if they were passed as collections.
    """

    X: RawTable
    others: dict[str, Any]


def read_all(rounds: Rounds, partitions: Sequence[dict[str, Any]]) -> Given:
    """Read the partitions, and bring all but the table to the driver.

    Parameters
    ----------
    rounds : Rounds
        The rounds of the fit.
    partitions : sequence of dict
        Result of `scratchmlp.dask.collections.divided`, with "X".

    Returns
    -------
    Given
        The rows of partitions that are not empty.
    """
    raw = rounds.keep(
        task(reporting_failures, read, each["X"], {k: v for k, v in each.items() if k != "X"})
        for each in partitions
    )
    found = rounds.get_all(task(reporting_failures, without_table, each) for each in raw)
    without_failures(found, range(len(raw)))
    kept = [i for i, (n_rows, _) in enumerate(found) if n_rows]
    lengths = [found[i][0] for i in kept]
    columns = [found[i][1] for i in kept or [0]]  # of an empty partition if all are empty
    others = {name: joined([each[name] for each in columns]) for name in columns[0]}
    return Given(RawTable(rounds, [raw[i] for i in kept], lengths, kept), others)


def encode_all(
    encoder: TabularEncoder, X: RawTable, present: Rows
) -> tuple[TabularEncoder, ClusterTable]:
    """Fit an encoder and encode a table. The rows that are not encoded are released.

    Parameters
    ----------
    encoder : TabularEncoder
        An encoder that is not fitted.
    X : RawTable
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
    tasks = [task(reporting_failures, encode, *fitted, each) for each in X.futures]
    parts = Parts(X.rounds, X.rounds.keep(tasks), X.lengths, X.numbers)
    sizes, notes = zip(*parts.ask(summary_of), strict=True)
    X.rounds.release([*fitted, *X.futures])
    if is_sampled:  # otherwise the encoder has seen all values
        _warn_of_unreadable(dict(zip(X.numbers, notes, strict=True)))
    return learned, ClusterTable(parts, sum(sizes))


def _learning(encoder: TabularEncoder, X: RawTable, rows: Rows) -> Delayed:
    """Return the task that fits an encoder to some rows."""
    samples = [
        task(sample, None if len(piece) == n_rows else piece, part)
        for piece, n_rows, part in zip(X.divided(rows), X.lengths, X.futures, strict=True)
        if len(piece)
    ]
    return task(reporting_failures, partial(learn, encoder), *samples)


def _warn_of_unreadable(notes: dict[int, list[tuple[str, str]]]) -> None:
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
