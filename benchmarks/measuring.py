"""Measure time in alternating runs."""

import gc
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from importlib.util import find_spec
from statistics import median
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from benchmarks.contestants import CONTESTANTS, Work
from benchmarks.workloads import Case


@dataclass(frozen=True)
class Timing:
    """Seconds of each run of each contestant, on one case in one dtype."""

    case: Case
    dtype: str
    seconds: dict[str, list[float]]

    def median(self, contestant: str) -> float:
        """Return the median in seconds, nan if the contestant did not run."""
        return median(self.seconds.get(contestant, [np.nan]))

    def ratio(self, contestant: str) -> float:
        """Return a contestant's median in ours, nan if it did not run."""
        return self.median(contestant) / self.median("ours")


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
    make(replace(case, epochs=1), X[:400], y[:400])()


def measure(case: Case, dtype: str, n_threads: int) -> Timing:
    """Time all contestants on one case in one dtype, in turns: drift hits all alike."""
    X, y = case.load(dtype)
    makers = {k: v for k, v in CONTESTANTS[case.kind].items() if k in ("ours", *case.against)}
    if not find_spec("torch"):
        makers.pop("torch", None)
    with threads(n_threads):
        for make in makers.values():
            warm_up(make, case, X, y)
        works = {contestant: make(case, X, y) for contestant, make in makers.items()}
        runs = [
            {name: seconds(work, case.repeat) for name, work in works.items()}
            for _ in range(case.runs)
        ]
    return Timing(case, dtype, {name: [run[name] for run in runs] for name in works})
