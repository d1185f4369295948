"""A table on a cluster, as the driver sees it: before and after it is encoded."""

from collections.abc import Sequence
from functools import cached_property, partial
from typing import Any

import numpy as np
from dask.delayed import Delayed
from distributed import Future
from scipy.sparse import csr_array

from scratchmlp.dask.pieces import reporting_failures
from scratchmlp.dask.preparation import without_failures
from scratchmlp.dask.rounds import Rounds, task
from scratchmlp.dask.tables.rows import Rows, packed, select, take
from scratchmlp.tabular.encoded_table import EncodedTable, Layout


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

    def __init__(
        self,
        rounds: Rounds,
        futures: Sequence[Future],
        lengths: Sequence[int],
        numbers: Sequence[int],
    ) -> None:
        self.rounds = rounds
        self.futures = futures
        self.lengths = lengths
        self.numbers = numbers
        self.starts = np.cumsum([0, *lengths])

    def __len__(self) -> int:
        """Return the number of rows."""
        return int(self.starts[-1])

    def ask(self, function: Any, *args: Any) -> list[Any]:
        """Call a function with each part, and return the results, which should be small."""
        tasks = [task(reporting_failures, function, *args, each) for each in self.futures]
        return without_failures(self.rounds.get_all(tasks), self.numbers)

    def divided(self, rows: Rows) -> list[Rows]:
        """Divide row numbers in ascending order by parts, and count them within each part."""
        pieces = np.split(rows, np.searchsorted(rows, self.starts[1:-1]))
        return [each - start for each, start in zip(pieces, self.starts[:-1], strict=True)]


class RawTable(Parts):
    """A table that is not encoded: `X` of `scratchmlp.tabular.base.BaseTabular._prepare`.

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


class ClusterTable(Parts):
    """An encoded table: `X` of the rows that members are trained on.

    Its parts are `EncodedRows`.

    Parameters
    ----------
    parts : Parts
        The parts.
    n_bytes : int
        Memory that all rows take.

    Attributes
    ----------
    most_rows : int or None
        Number of training rows of a member, if it does not train on all rows outside of its fold.
    """

    def __init__(self, parts: Parts, n_bytes: int) -> None:
        super().__init__(parts.rounds, parts.futures, parts.lengths, parts.numbers)
        self.n_bytes = n_bytes
        self.most_rows: int | None = None

    @cached_property
    def _empty(self) -> EncodedTable:
        """An encoded table without rows."""
        empty: EncodedTable = self.rounds.get(self.taken(np.empty(0, np.intp))[0])
        return empty

    @property
    def layout(self) -> Layout:
        """Where the outputs of encoded rows are."""
        return self._empty.layout

    @property
    def terms(self) -> tuple[csr_array, ...]:
        """Indicators of the terms of no rows, for each column of text."""
        return self._empty.terms

    def __getitem__(self, rows: Rows) -> EncodedTable:
        """Bring a few rows, whose numbers are in ascending order, to the driver."""
        return select(self.rounds.get_all(self.taken(rows)), np.arange(len(rows)))

    def taken(self, rows: Rows) -> list[Delayed]:
        """Return tasks that select rows, whose numbers are in ascending order.

        There is one for each part that has some of the rows, and at least one.
        """
        pieces = self.divided(rows)
        used = [i for i, piece in enumerate(pieces) if len(piece)] or [0]
        return [task(partial(take, packed(pieces[i])), self.futures[i]) for i in used]
