"""Rounds of tasks, apart from networks."""

import threading
import time

import numpy as np
import pytest
from distributed import wait

from scratchmlp.dask.rounds import Rounds, moves, reduced, task


@pytest.mark.parametrize("n_tasks", [1, 2, 8, 9, 65])
def test_a_tree_combines_all_results_in_their_order(client, n_tasks):
    tasks = [task(str, i) for i in range(n_tasks)]
    with Rounds(client) as rounds:
        found = rounds.get(reduced(lambda *parts: ",".join(parts), tasks))
    assert found == ",".join(map(str, range(n_tasks)))


def test_an_error_of_a_task_is_raised(client):
    with Rounds(client) as rounds:
        for error in (ZeroDivisionError, TimeoutError):
            with pytest.raises(error):
                rounds.get(task(raise_error, error))


def raise_error(error):
    raise error


def test_balance_moves_results_to_workers_that_have_fewer(client):
    first, second = client.nthreads()
    with Rounds(client) as rounds:
        futures = [client.submit(np.full, 10, i, workers=[first], pure=False) for i in range(4)]
        wait(futures)
        balanced = rounds.balance(futures, [10] * 4)
        wait(balanced)
        places = client.who_has(balanced).values()
        assert [len(each) for each in places] == [1] * 4
        assert sorted(place for (place,) in places) == sorted([first, first, second, second])
        assert [each[0] for each in client.gather(balanced)] == [0, 1, 2, 3]


@pytest.mark.parametrize("sizes", [[], [5], [1, 1, 1, 1], [9, 1, 1, 1, 1], [3, 2, 7, 1, 1, 8]])
def test_moves_make_the_largest_share_smaller(sizes):
    threads = {"a": 1, "b": 2, "c": 1}
    owners = ["a"] * len(sizes)
    shares = dict.fromkeys(threads, 0.0) | {"a": float(sum(sizes))}
    for i, worker in moves(owners, sizes, threads):
        shares["a"] -= sizes[i]
        shares[worker] += sizes[i] / threads[worker]
    assert max(shares.values()) <= max(sum(sizes) / 4 + max(sizes, default=0), 0)


def test_data_that_are_cancelled_are_an_error(client):
    with Rounds(client) as rounds:
        kept = rounds.keep([task(time.sleep, 2)])
        threading.Timer(0.2, client.cancel, (kept,)).start()
        with pytest.raises(RuntimeError, match="was cancelled: the client was closed"):
            rounds.get(task(abs, *kept))
