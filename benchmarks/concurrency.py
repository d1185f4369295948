"""Fit and predict in several threads, and compare with the time of the same work one by one.

The numbers of BLAS threads are printed before and after. On Linux, ``taskset -c 0`` runs it on one
core.

Usage: python -m benchmarks concurrency
"""

import time
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event

import numpy as np
from machine import describe
from sklearn.datasets import load_digits, load_iris
from sklearn.exceptions import ConvergenceWarning
from threadpoolctl import threadpool_info, threadpool_limits

from scratchmlp import ScratchMLPClassifier

X, Y = load_digits(return_X_y=True)
IRIS = load_iris(return_X_y=True)
WIDE = np.random.default_rng(0).normal(size=(4000, 400))
LABELS = np.arange(4000) % 10


def blas_threads() -> list[int]:
    """Return the number of threads of each BLAS library."""
    return [pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"]


def small_fit(epochs: int = 20) -> ScratchMLPClassifier:
    """Fit a network whose products are small."""
    return ScratchMLPClassifier(max_iter=epochs, random_state=0, n_iter_no_change=epochs).fit(X, Y)


def tiny_fit(seed: int) -> ScratchMLPClassifier:
    """Fit a network to Iris, which takes more Python code than computation."""
    return ScratchMLPClassifier(max_iter=300, random_state=seed).fit(*IRIS)


def large_fit(epochs: int = 4) -> ScratchMLPClassifier:
    """Fit a network whose products are large enough for several BLAS threads."""
    model = ScratchMLPClassifier((256, 128), max_iter=epochs, random_state=0)
    return model.fit(WIDE, LABELS)


def timed(work: Callable[[], object]) -> float:
    """Return the seconds of a call."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


@contextmanager
def predicting(n_threads: int) -> Iterator[list[int]]:
    """Let threads predict, and count their predictions."""
    model, done, counts = small_fit(1), Event(), [0] * n_threads

    def predict(i: int) -> None:
        while not done.is_set():
            model.predict(X)
            counts[i] += 1

    with ThreadPoolExecutor(n_threads) as pool:
        for i in range(n_threads):
            pool.submit(predict, i)
        try:
            yield counts
        finally:
            done.set()


def together(work: Callable[[int], object], sizes: list[int]) -> Callable[[], object]:
    """Return a function that runs the same work in as many threads as there are sizes."""

    def run() -> None:
        with ThreadPoolExecutor(len(sizes)) as pool:
            list(pool.map(work, sizes))

    return run


def show(title: str, alone: float, took: float, before: list[int]) -> None:
    """Print a line."""
    ratio = took / alone
    print(f"{title:58} {alone:7.2f} s {took:7.2f} s {ratio:6.2f}  {before} -> {blas_threads()}")


def main() -> None:
    """Print a line for each way of sharing a process."""
    warnings.simplefilter("ignore", ConvergenceWarning)
    print(describe())
    print(f"{'':58} {'serial':>9} {'threads':>9}  ratio  BLAS threads")
    small_fit(), large_fit(), tiny_fit(0)
    before = blas_threads()
    serial = timed(small_fit) + timed(lambda: small_fit(300))
    took = timed(together(small_fit, [20, 300]))
    show("fits of 20 and of 300 epochs in two threads", serial, took, before)
    before = blas_threads()
    serial = timed(lambda: [tiny_fit(seed) for seed in range(8)])
    with ThreadPoolExecutor(2) as pool:
        took = timed(lambda: list(pool.map(tiny_fit, range(8))))
    show("8 fits on Iris in two threads", serial, took, before)
    model = small_fit(1)
    prediction = timed(lambda: [model.predict(X) for _ in range(20)]) / 20
    for held in (None, 2):
        before = blas_threads()
        with threadpool_limits(held):
            serial = timed(small_fit)
            with predicting(4) as counts, ThreadPoolExecutor(1) as pool:
                took = pool.submit(timed, small_fit).result()
        title = "a fit while four threads predict" + (", main holds a limit of 2" if held else "")
        show(title, serial + sum(counts) * prediction, took, before)
    for n in (2, 4):
        before = blas_threads()
        serial = sum(timed(large_fit) for _ in range(n))
        took = timed(together(large_fit, [4] * n))
        show(f"{n} fits with large products in as many threads", serial, took, before)


if __name__ == "__main__":
    main()
