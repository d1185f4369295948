"""Measurements of `speed.py`: time in alternating runs, memory in separate processes."""

import gc
import math
import multiprocessing
import os
import sys
import time
import tracemalloc
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from contestants import CONTESTANTS, Work
from sklearn.exceptions import ConvergenceWarning
from threadpoolctl import threadpool_limits
from workloads import DTYPES, Bars, Case, dense

CORES = os.cpu_count() or 1
ALL_CORES = "ours, all cores"
BUSY = 0.25  # cores in use by other processes, from which all cores are not there to be used


@dataclass(frozen=True)
class Timing:
    """Seconds of each run of each contestant, on one case in one dtype."""

    case: str
    dtype: str
    seconds: dict[str, list[float]]

    def median(self, contestant: str) -> float:
        """Return the median in seconds, nan if the contestant did not run."""
        return median(self.seconds.get(contestant, [math.nan]))

    def ratio(self, over: str, under: str) -> float:
        """Return a ratio of medians, nan without one of them."""
        return self.median(over) / self.median(under)


@dataclass(frozen=True)
class Peak:
    """MB that the fits of one case allocate at most, beyond X."""

    case: str
    dtype: str
    X: float
    ours: float
    sklearn: float


@dataclass(frozen=True)
class Growth:
    """Median seconds of our fit as one quantity grows, as size to the power of `exponent`."""

    quantity: str
    sizes: tuple[int, ...]
    seconds: list[float]
    exponent: float


@contextmanager
def threads(n: int) -> Iterator[None]:
    """Let BLAS, OpenMP and torch use `n` threads."""
    torch = sys.modules.get("torch")
    if torch:
        torch.set_num_threads(n)
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


def take_turns(
    works: dict[str, Work], n_threads: dict[str, int], runs: int, repeat: int = 1
) -> dict[str, list[float]]:
    """Time each work once a round, so that drift of the machine hits all alike."""
    times: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(runs):
        for name, work in works.items():
            with threads(n_threads[name]):
                times[name].append(seconds(work, repeat))
    return times


def warm_up(make: Callable[..., Work], case: Case, X: Any, y: np.ndarray) -> None:
    """Run once on a few rows, for work that only a first run does, such as imports."""
    make(replace(case, epochs=1), X[:400], y[:400])()


def busy_cores(interval: float = 0.5) -> float:
    """Measure how many cores other processes use; 0 on a system without /proc/stat."""

    def ticks() -> tuple[int, int]:
        user, nice, system, idle, wait, *other = map(int, stat.read_text().split()[1:9])
        return idle + wait, user + nice + system + idle + wait + sum(other)

    stat = Path("/proc/stat")
    if not stat.exists():
        return 0.0
    idle, total = ticks()
    time.sleep(interval)
    idle, total = (after - before for after, before in zip(ticks(), (idle, total), strict=True))
    return CORES * (1 - idle / total)


def measure(name: str, case: Case, dtype: str, n_threads: int, all_cores: bool) -> Timing:
    """Time all contestants on one case in one dtype."""
    X, y = case.load(dtype)
    makers = {k: v for k, v in CONTESTANTS[case.kind].items() if k in ("ours", *case.against)}
    if not find_spec("torch"):
        makers.pop("torch", None)
    with threads(n_threads):
        for make in makers.values():
            warm_up(make, case, X, y)
    works = {contestant: make(case, X, y) for contestant, make in makers.items()}
    limits = dict.fromkeys(works, n_threads)
    if all_cores and busy_cores() < BUSY:
        works[ALL_CORES], limits[ALL_CORES] = works["ours"], CORES
    times = take_turns(works, limits, case.runs, case.repeat)
    if ALL_CORES in times and busy_cores() >= BUSY:
        del times[ALL_CORES]
    return Timing(name, dtype, times)


def peak(contestant: str, case: Case, dtype: str) -> tuple[float, float]:
    """Return the MB of X and those that a fit allocates at most; for a process of its own."""
    warnings.simplefilter("ignore", ConvergenceWarning)
    X, y = case.load(dtype)
    if case.batch < X.shape[0]:
        case = replace(case, epochs=1)  # the others need no more, but for a line of history
    make = CONTESTANTS[case.kind][contestant]
    with threads(1):
        warm_up(make, case, X, y)
        work = make(case, X, y)
        gc.collect()
        tracemalloc.start()
        work()
    parts = (X,) if isinstance(X, np.ndarray) else (X.data, X.indices, X.indptr)
    return sum(part.nbytes for part in parts) / 1e6, tracemalloc.get_traced_memory()[1] / 1e6


def peaks(cases: dict[str, Case]) -> Iterator[Peak]:
    """Measure the fits among the cases, each in a new process, as many at a time as cores."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(CORES, mp_context=context, max_tasks_per_child=1) as pool:
        fits = [
            (n, case, dtype) for n, case in cases.items() if case.has_memory for dtype in DTYPES
        ]
        jobs = [
            [pool.submit(peak, who, case, dtype) for who in ("ours", "MLPClassifier")]
            for _, case, dtype in fits
        ]
        for (name, _, dtype), (ours, sklearn) in zip(fits, jobs, strict=True):
            yield Peak(name, dtype, *ours.result(), sklearn.result()[1])


SCALING_BASE = {"rows": 8_000, "features": 64, "width": 128, "depth": 2}
SCALING = {
    "rows": (4_000, 8_000, 16_000, 32_000),
    "features": (64, 256, 512, 1_024),
    "width": (128, 256, 512, 1_024),
    "depth": (1, 2, 4, 8),
}


def scaling_work(rows: int, features: int, width: int, depth: int) -> Work:
    """Two epochs of a network of `depth` hidden layers, in float32."""
    hidden = (width,) * depth
    case = Case("", lambda: dense(rows, features), hidden, 2, Bars(), Bars())
    return CONTESTANTS["fit"]["ours"](case, *case.load("float32"))


def scaling(n_threads: int, runs: int) -> Iterator[Growth]:
    """Fit with sizes of each quantity, the others held at the base; fit a line to the logs."""
    for quantity, sizes in SCALING.items():
        works = {str(n): scaling_work(**(SCALING_BASE | {quantity: n})) for n in sizes}
        times = take_turns(works, dict.fromkeys(works, n_threads), runs)
        medians = [median(runs) for runs in times.values()]
        exponent = np.polyfit(np.log(sizes), np.log(medians), 1)[0]
        yield Growth(quantity, sizes, medians, float(exponent))
