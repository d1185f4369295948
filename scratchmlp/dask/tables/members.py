"""Members that are trained on a cluster: their rows, what the driver sends, and what workers do.

A member is one task, which depends on encoded rows of all partitions. Its rows are selected on the
worker, and training is that of `scratchmlp.tabular.networks.member`.
"""

import math
from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any

import numpy as np
from distributed import Future, Reschedule, get_worker

from scratchmlp.batches import Data
from scratchmlp.dask.objective import aligned
from scratchmlp.dask.rounds import Rounds, as_it_is, task
from scratchmlp.dask.tables.rows import EncodedRows, packed, select, unpacked
from scratchmlp.dask.tables.table import ClusterTable
from scratchmlp.monitor import Observer
from scratchmlp.tabular.columns.encoded_table import EncodedTable
from scratchmlp.tabular.folds import Rows
from scratchmlp.tabular.inputs.inputs import Inputs
from scratchmlp.tabular.networks.fold_evaluator import Candidate
from scratchmlp.tabular.networks.member import (
    FinishedMember,
    MemberHistory,
    MemberPlan,
    finish_member,
    train_member,
)
from scratchmlp.tabular.networks.recipe import Recipe

#: Part of the memory of a worker that members may take.
_PART = 0.5
#: Memory that training takes at most, in units of the encoded rows of the member.
_COPIES = 3

Splits = Sequence[tuple[Rows, Rows]]
Workers = Sequence[tuple[float, int]]


class EncodedParts:
    """Encoded rows on the worker that trains a member: `X` of its `Data`.

    Parameters
    ----------
    parts : sequence of EncodedRows or EncodedTable
        The rows, in parts that follow each other.
    numbers : ndarray of int or None
        Their numbers among all rows, in ascending order. None means that these are all rows.
    """

    def __init__(self, parts: Sequence[EncodedRows | EncodedTable], numbers: Rows | None) -> None:
        self.tables = [part.table if isinstance(part, EncodedRows) else part for part in parts]
        self.numbers = numbers

    def __getitem__(self, rows: Rows) -> EncodedTable:
        """Select rows by number, among all rows."""
        inside = rows if self.numbers is None else np.searchsorted(self.numbers, rows)
        return select(self.tables, inside)


class EndIfReleased(Observer):
    """Ends the training of a member whose task is released.

    A fit that fails or is interrupted releases its tasks, but a worker cannot stop a task that it
    executes. It marks the task as cancelled, and waits for its end.
    """

    def __init__(self) -> None:
        self.tasks = get_worker().state.tasks
        self.key = get_worker().get_current_task()

    def epoch_begin(self) -> None:
        """Raise an exception if the task is released.

        `Reschedule` loses nothing if the task is needed again in this moment.
        """
        task = self.tasks.get(self.key)
        if task is None or task.state == "cancelled":
            raise Reschedule


class ClusterExecutor:
    """Trains and evaluates members on a cluster: an `Executor` of networks.

    Parameters
    ----------
    rounds : Rounds
        The rounds of the fit.
    n_at_once : int
        Number of threads of all workers.
    whole : bool
        Whether members train on all rows outside of their fold. Workers then share the encoded rows
        of all partitions. Otherwise, only the rows of a member are sent.
    """

    def __init__(self, rounds: Rounds, n_at_once: int, *, whole: bool) -> None:
        self.rounds = rounds
        self.n_at_once = n_at_once
        self.whole = whole
        self.targets: Future | None = None
        self.trained: list[Future] = []

    def train(self, recipe: Recipe, data: Data, plans: Iterable[MemberPlan]) -> list[MemberHistory]:
        """Train members. What is large in their histories stays on the cluster, and is empty."""
        if self.targets is None:
            targets = partial(as_it_is, without_inputs(data))
            [self.targets] = self.rounds.keep([task(targets)])  # a result, as all data of a fit
        trained: list[Future] = []
        for plan in plans:
            rows, parts = self._rows_of(data.X, np.union1d(plan.training, plan.held_out))
            train = partial(train_on_worker, recipe, _packed_plan(plan), rows)
            trained += self.rounds.keep([task(train, parts, self.targets)])
        self.trained += trained
        return self.rounds.get_all([task(without_arrays, history) for history in trained])

    def finish(
        self, data: Data, chosen: list[Candidate], epochs: list[list[int]], held_out: list[Rows]
    ) -> list[FinishedMember]:
        """Keep an epoch of each member, and evaluate it on its fold: see `finish_member`."""
        kept: list[Future] = []
        for history, candidate, of_fold, fold in zip(
            self.trained, chosen, epochs, held_out, strict=True
        ):
            rows, parts = self._rows_of(data.X, np.unique(fold))
            finish = partial(finish_on_worker, candidate.epoch, of_fold, packed(fold), rows)
            kept += self.rounds.keep([task(finish, history, parts)])
        tasks = [task(as_it_is, member) for member in kept]
        finished = self.rounds.get_all(tasks)  # lost members train again
        self.rounds.release(self.trained + kept)
        return [_aligned(member) for member in finished]

    def _rows_of(self, table: ClusterTable, rows: Rows) -> tuple[Any, list[Any]]:
        """Return the numbers of the rows that a task gets, and what it gets them from."""
        if self.whole:
            return None, list(table.futures)
        return packed(rows), table.taken(rows)


def most_rows(
    choice: int | str, splits: Splits, workers: Workers, n_bytes: int, n_rows: int
) -> int | str:
    """Return the number of training rows of a member, or 'all' if it trains on all of them.

    Parameters
    ----------
    choice : int, 'auto' or 'all'
        The parameter `rows_per_member`.
    splits : sequence of tuple of two ndarrays
        For each member, the row numbers for training and those of its fold.
    workers : sequence of tuple of (float, int)
        Memory of each worker in bytes, and its threads.
    n_bytes : int
        Memory of all encoded rows.
    n_rows : int
        Number of all rows.

    Returns
    -------
    int or 'all'
        The number of rows.

    Raises
    ------
    ValueError
        If 'auto' finds no room for as many training rows as a fold has rows.

    Notes
    -----
    With all rows, the threads of a worker share the encoded rows of the table, and each takes
    `_COPIES` times as much again to train a member. With fewer rows, each thread gets the rows of
    its member alone.

    Examples
    --------
    >>> import numpy as np
    >>> from scratchmlp.dask.tables.members import most_rows
    >>> splits = [(np.arange(50, 1000), np.arange(50))] * 20
    >>> most_rows("auto", splits, [(8e9, 1)], n_bytes=10**9, n_rows=1000)
    'all'
    >>> most_rows("auto", splits, [(8e9, 2), (float("inf"), 1)], n_bytes=10**9, n_rows=1000)
    450
    """
    if not isinstance(choice, str):
        return int(choice) if choice < max(len(rows) for rows, _ in splits) else "all"
    if choice == "all":
        return choice
    rooms = [(_PART * memory, n_threads) for memory, n_threads in workers]
    if all(n_bytes * (1 + _COPIES * n_threads) <= room for room, n_threads in rooms):
        return "all"
    most_held_out = max(len(held_out) for _, held_out in splits)
    per_row = n_bytes / n_rows * (1 + _COPIES)
    room_rows = int(min(room / (n_threads * per_row) for room, n_threads in rooms))
    if room_rows < 2 * most_held_out:
        n_folds = math.ceil(2 * n_rows / max(room_rows, 1))
        raise ValueError(
            f"A member needs memory for its fold and for as many training rows. The largest fold "
            f"has {most_held_out:,} rows, and a thread of the smallest worker has memory for "
            f"{room_rows:,} rows in all. Use cv={n_folds:,} or more, or workers with more memory "
            "or fewer threads. rows_per_member sets the number of training rows without this check."
        )
    return room_rows - most_held_out


def shared(splits: Splits, seeds: Sequence[int], n_training: int) -> list[tuple[Rows, Rows]]:
    """Draw training rows at random for each member, from those that it does not hold out.

    Parameters
    ----------
    splits : sequence of tuple of two ndarrays
        For each member, the row numbers for training and those of its fold.
    seeds : sequence of int
        Random state of each member.
    n_training : int
        Number of rows to draw.

    Returns
    -------
    list of tuple of two ndarrays
        The splits, with fewer training rows.
    """
    drawn = []
    for (training, held_out), seed in zip(splits, seeds, strict=True):
        if len(training) > n_training:
            random_state = np.random.RandomState([seed, 1])  # training uses `seed` alone
            places = random_state.choice(len(training), n_training, replace=False)
            training = training[np.sort(places)]
        drawn.append((training, held_out))
    return drawn


def train_on_worker(
    recipe: Recipe, plan: MemberPlan, numbers: Any, parts: Sequence[Any], targets: Data
) -> MemberHistory:
    """Train a member, in a task. The row numbers of the plan, and `numbers`, are packed.

    Training ends early if the task is released.
    """
    plan = plan._replace(training=unpacked(plan.training), held_out=unpacked(plan.held_out))
    Y = targets.Y if targets.class_targets is None else targets.Y.astype(np.intp)
    data = targets._replace(X=EncodedParts(parts, unpacked(numbers)), Y=Y)
    return train_member(recipe, data, plan, [EndIfReleased()])


def finish_on_worker(
    epoch: int,
    out_of_fold_epochs: list[int],
    held_out: Any,
    numbers: Any,
    history: MemberHistory,
    parts: Sequence[Any],
) -> FinishedMember:
    """Evaluate what a member keeps on its fold, in a task. The row numbers are packed."""
    fold = EncodedParts(parts, unpacked(numbers))[unpacked(held_out)]
    candidates = [kept._replace(theta=aligned(kept.theta)) for kept in history.candidates]
    history = history._replace(candidates=candidates)
    return finish_member(history, epoch, out_of_fold_epochs, fold)


def without_arrays(history: MemberHistory) -> MemberHistory:
    """Return a history whose arrays and inputs are empty, for the choice of epochs."""
    empty = np.empty(0)
    return history._replace(
        raw=dict.fromkeys(history.raw, empty),
        candidates=[candidate._replace(theta=empty) for candidate in history.candidates],
        inputs=Inputs((), None),
    )


def without_inputs(data: Data) -> Data:
    """Return rows without their inputs. Class numbers have the smallest type, to be sent."""
    if data.class_targets is None:
        return data._replace(X=None)
    return data._replace(X=None, Y=data.Y.astype(np.min_scalar_type(data.class_targets.shape[1])))


def _packed_plan(plan: MemberPlan) -> MemberPlan:
    return plan._replace(training=packed(plan.training), held_out=packed(plan.held_out))


def _aligned(finished: FinishedMember) -> FinishedMember:
    """Return a member that computes with the same last bits as one that has not been sent."""
    member = finished.member
    return finished._replace(member=member._replace(theta=aligned(member.theta)))
