"""Rows that stay on the cluster in parts, and what the driver knows of each part."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Self

import numpy as np
from dask.delayed import Delayed
from distributed import Future
from numpy.typing import NDArray

from scratchmlp.dask.rounds import Rounds, task


class Failure(NamedTuple):
    """The result of a task that has found a mistake of the user.

    It is a result, so that the driver can report the first partition with a mistake.
    """

    error: Exception


@dataclass(eq=False)
class Parts:
    """Rows that stay on the cluster in parts: one for each partition that has any rows.

    The rows have a global order: those of the first part, then those of the second, and so on.

    Parameters
    ----------
    rounds : Rounds
        The rounds of the fit.
    futures : sequence of Future
        The parts. Each has an attribute `summary`.
    summaries : sequence of object
        Their summaries. Each has an attribute `n_rows`.
    numbers : sequence of int
        The numbers of their partitions, for messages.

    Attributes
    ----------
    starts : ndarray of shape (n_parts + 1,)
        Number of the first row of each part, and the number of all rows.
    """

    rounds: Rounds
    futures: Sequence[Future]
    summaries: Sequence[Any]
    numbers: Sequence[int]

    def __post_init__(self) -> None:
        self.starts = np.cumsum([0, *(summary.n_rows for summary in self.summaries)])

    def __len__(self) -> int:
        """Return the number of rows."""
        return int(self.starts[-1])

    @classmethod
    def stored(cls, rounds: Rounds, tasks: Iterable[Delayed], numbers: Sequence[int] = ()) -> Self:
        """Store the results of tasks, one for each partition.

        Empty parts are left out; if all are empty, the first one stays. `numbers` are those of the
        partitions, by default all of them.
        """
        futures = rounds.keep(tasks)
        numbers = numbers or range(len(futures))
        asked = [task(reporting_failures, _summary_of, part) for part in futures]
        summaries = _results_of(rounds, asked, numbers)
        kept = [i for i, summary in enumerate(summaries) if summary.n_rows] or [0]
        return cls(rounds, *([of[i] for i in kept] for of in (futures, summaries, numbers)))

    def tasks(self, function: Callable[..., Any], *args: Any) -> list[Delayed]:
        """Return a task for each part, which calls a function with `args` and the part."""
        return [task(reporting_failures, function, *args, part) for part in self.futures]

    def results(self, function: Callable[..., Any], *args: Any) -> list[Any]:
        """Run `tasks`, and raise the error of the first one that fails, if any."""
        return _results_of(self.rounds, self.tasks(function, *args), self.numbers)


def reporting_failures(function: Callable[..., Any], *args: Any) -> Any:
    """Call a function. Return a `Failure` if it raises an error, or if an argument is one."""
    failures = [argument for argument in args if isinstance(argument, Failure)]
    if failures:
        return failures[0]
    try:
        return function(*args)
    except (TypeError, ValueError) as error:
        return Failure(error)


def by_part(rows: NDArray[np.intp], starts: NDArray[np.intp]) -> list[tuple[int, NDArray[np.intp]]]:
    """Divide row numbers in ascending order by the parts that the rows are in.

    Parameters
    ----------
    rows : ndarray of int
        Row numbers.
    starts : ndarray of shape (n_parts + 1,)
        Number of the first row of each part, and the number of all rows.

    Returns
    -------
    list of tuple of (int, ndarray of int)
        Number of a part that has any of the rows, and their numbers within it.

    Examples
    --------
    >>> import numpy as np
    >>> from scratchmlp.dask.parts import by_part
    >>> by_part(np.array([0, 2, 7]), np.array([0, 3, 5, 9]))
    [(0, array([0, 2])), (2, array([2]))]
    """
    ends = np.searchsorted(rows, starts)
    used = np.flatnonzero(np.diff(ends)).tolist()
    return [(i, rows[ends[i] : ends[i + 1]] - starts[i]) for i in used]


def _summary_of(part: Any) -> Any:
    return part.summary


def _results_of(rounds: Rounds, tasks: Iterable[Delayed], numbers: Sequence[int]) -> list[Any]:
    results = rounds.get_all(tasks)
    for number, result in zip(numbers, results, strict=True):
        if isinstance(result, Failure):
            error = result.error
            error.args = (f"{error} (in partition {number} of X; the first one is 0)",)
            raise error
    return results
