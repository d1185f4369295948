"""Measure time in alternating runs."""

import gc
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from importlib.util import find_spec
from typing import Any

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from benchmarks.lib.timed import MAKERS, Work
from benchmarks.lib.workloads import Case


@contextmanager
def threads(n: int) -> Iterator[None]:
    """Let BLAS, OpenMP and torch use `n` threads."""
    if "torch" in sys.modules:
        sys.modules["torch"].set_num_threads(n)
    with threadpool_limits(n):
        yield


def seconds(work: Work, repeat: int, clock: Callable[[], float] = time.perf_counter) -> float:
    """Time one call, as the mean of `repeat`, without the garbage collector."""
    gc.collect()
    gc.disable()
    try:
        start = clock()
        for _ in range(repeat):
            work()
        return (clock() - start) / repeat
    finally:
        gc.enable()


def warm_up(make: Callable[..., Work], case: Case, X: Any, y: np.ndarray) -> None:
    """Run once on a few rows, for work that only a first run does, such as imports."""
    make(replace(case, epochs=1, batch=min(case.batch, 400)), X[:400], y[:400])()


def median_seconds(case: Case, dtype: str, n_threads: int) -> pd.Series:
    """Time all candidates in turns, as drift hits all alike; return the medians in seconds.

    On one thread, these are CPU seconds, which other programs disturb less.
    """
    X, y = case.load(dtype)
    makers = {k: v for k, v in MAKERS[case.kind].items() if k in ("ours", *case.against)}
    if not find_spec("torch"):
        makers.pop("torch", None)
    clock = time.process_time if n_threads == 1 else time.perf_counter
    with threads(n_threads):
        for make in makers.values():
            warm_up(make, case, X, y)
        works = {candidate: make(case, X, y) for candidate, make in makers.items()}
        runs = [
            {name: seconds(work, case.repeat, clock) for name, work in works.items()}
            for _ in range(case.runs)
        ]
    return pd.DataFrame(runs).median()
