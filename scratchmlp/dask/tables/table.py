"""A table on a cluster, as the driver sees it: how it is read and encoded."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
from dask.delayed import Delayed
from numpy.typing import NDArray

from scratchmlp.dask.collections import Given, divided
from scratchmlp.dask.parts import Failure, Parts, by_part, reporting_failures
from scratchmlp.dask.rounds import Rounds, as_it_is, task
from scratchmlp.dask.tables.rows import (
    codes_of,
    encode,
    joined,
    learn,
    packed,
    read,
    sample,
    select,
    take,
    with_columns,
)
from scratchmlp.tabular.columns.any_column import Columns
from scratchmlp.tabular.columns.encoded_table import ColumnLayout, EncodedTable, Layout, layout_of
from scratchmlp.tabular.columns.encoder import TabularEncoder, fitted_columns
from scratchmlp.tabular.folds import Rows
from scratchmlp.tabular.notes import warn_of

#: Number of rows from which the encoder learns. Of more rows, these are drawn at random.
MOST_LEARNED = 200_000


class UnencodedTable(Parts):
    """A table that is not encoded: `X` of `scratchmlp.tabular.preparation.problem_of`.

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

    Its parts are `EncodedRows`. `layout` says where the outputs of encoded rows are.
    """

    layout: Layout

    @property
    def n_bytes(self) -> int:
        """Memory that all rows take."""
        return sum(summary.n_bytes for summary in self.summaries)

    def __getitem__(self, rows: Rows) -> EncodedTable:
        """Bring a few rows, whose numbers are in ascending order, to the driver."""
        return select(self.rounds.get_all(self.taken(rows)), np.arange(len(rows)))

    def taken(self, rows: Rows) -> list[Delayed]:
        """Return tasks that select rows, whose numbers are in ascending order.

        There is one for each part that has some of the rows.
        """
        return [
            task(partial(take, packed(own)), self.futures[i])
            for i, own in by_part(rows, self.starts)
        ]

    def codes_of(self, columns: Sequence[ColumnLayout]) -> NDArray[np.int32]:
        """Bring the codes of some columns to the driver."""
        return np.concatenate(self.results(partial(codes_of, columns)))

    def with_columns(self, columns: Columns) -> "ClusterTable":
        """See `EncodedTable.with_columns`. The rows of this table are released."""
        new = Parts.stored(self.rounds, self.tasks(partial(with_columns, columns)), self.numbers)
        self.rounds.release(self.futures)
        return replace(self, futures=new.futures, layout=layout_of(columns))


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
    tasks = (task(reporting_failures, read, names, *pieces) for pieces in divided(given))
    table = UnencodedTable.stored(rounds, tasks)
    parts = [summary.others for summary in table.summaries]
    return table, {name: joined([part[name] for part in parts]) for name in parts[0]} | numbers


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
    encoded = Parts.stored(X.rounds, X.tasks(encode, *fitted), X.numbers)
    X.rounds.release([*fitted, *X.futures])
    if is_sampled:  # otherwise the encoder has seen all values
        _warn_of_unreadable(encoded)
    layout = layout_of(fitted_columns(learned))
    return learned, ClusterTable(X.rounds, encoded.futures, encoded.summaries, X.numbers, layout)


def _learning(encoder: TabularEncoder, X: UnencodedTable, rows: Rows) -> Delayed:
    """Return the task that fits an encoder to some rows."""
    samples = [
        task(sample, None if len(own) == X.summaries[i].n_rows else own, X.futures[i])
        for i, own in by_part(rows, X.starts)
    ]
    return task(reporting_failures, partial(learn, encoder), *samples)


def _warn_of_unreadable(encoded: Parts) -> None:
    """Warn of values that cannot be read, in the first partition that has some."""
    found = [
        (number, clause)
        for number, summary in zip(encoded.numbers, encoded.summaries, strict=True)
        for case, clause in summary.notes
        if case == "unreadable"
    ]
    if found:
        number, clause = found[0]
        n_others = len({other for other, _ in found} - {number})
        more = f", and there are such values in {n_others} other partitions" * (n_others > 0)
        warn_of([("unreadable", f"in partition {number}, {clause}{more}")])
