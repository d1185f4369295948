"""How many rows each member trains on, by the memory of the workers."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from scratchmlp.dask.tables.rows import Rows

#: Part of the memory of a worker that members may take.
_PART = 0.5
#: Memory that training takes at most, in units of the encoded rows of the member.
_COPIES = 3

Splits = Sequence[tuple[Rows, Rows]]
Workers = Sequence[tuple[float, int]]


def most_rows(choice: Any, splits: Splits, workers: Workers, n_bytes: int, n_rows: int) -> Any:
    """Return the number of training rows of a member, or None if it trains on all.

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
    int or None
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
    >>> from scratchmlp.dask.tables.shares import most_rows
    >>> splits = [(np.arange(50, 1000), np.arange(50))] * 20
    >>> print(most_rows("auto", splits, [(8e9, 1)], n_bytes=10**9, n_rows=1000))
    None
    >>> most_rows("auto", splits, [(8e9, 2)], n_bytes=10**9, n_rows=1000)
    450
    """
    most_held_out = max(len(held_out) for _, held_out in splits)
    if choice == "all":
        return None
    if choice != "auto":
        return int(choice) if choice < max(len(rows) for rows, _ in splits) else None
    rooms = [(_PART * memory, n_threads) for memory, n_threads in workers]
    if all(n_bytes * (1 + _COPIES * n_threads) <= room for room, n_threads in rooms):
        return None
    per_row = n_bytes / n_rows * (1 + _COPIES)
    room_rows = min(int(room / (n_threads * per_row)) for room, n_threads in rooms)
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
