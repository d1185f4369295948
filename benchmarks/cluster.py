"""Training one network on a Dask cluster: seconds of a round, workers, and memory.

The clusters run on this machine, as processes with one thread each.

1. A round: one evaluation of the objective, for networks of 1,000 to 1,000,000 parameters and for
   different numbers of partitions. The rows are few, so the time is that of Dask and of sending
   parameters.
2. Workers: L-BFGS on the same rows with one and with two workers, and in this process.
3. Memory: the most that this process and the workers ever held, beside the size of the data.

Usage: python -m benchmarks cluster
"""

import argparse
import resource
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median
from typing import Any

import dask
import dask.array as da
import numpy as np
import pandas as pd
from distributed import Client, LocalCluster
from sklearn.exceptions import ConvergenceWarning
from threadpoolctl import threadpool_limits

from benchmarks.lib.machine import describe
from scratchmlp import ScratchMLPRegressor
from scratchmlp.dask import fit

N_FEATURES = 30
HIDDEN = (100,)
PARTITIONS = (1, 8, 64)
#: Widths of the hidden layer of networks with about 1,000, 100,000 and 1,000,000 parameters.
WIDTHS = (32, 3_200, 32_000)
ROWS = 400_000
EPOCHS = 5


@contextmanager
def cluster(n_workers: int, **options: Any) -> Iterator[Client]:
    """Start worker processes on this machine, which have imported what tasks need."""
    with (
        LocalCluster(
            n_workers=n_workers, threads_per_worker=1, dashboard_address=":0", **options
        ) as workers,
        Client(workers) as client,
    ):
        client.run(lambda: __import__("scratchmlp.dask"))
        yield client


def data(n_rows: int, n_partitions: int) -> tuple[Any, Any]:
    """Make random rows lazily, a partition at a time."""
    chunks = (-(-n_rows // n_partitions), N_FEATURES)
    X = da.random.default_rng(0).normal(size=(n_rows, N_FEATURES), chunks=chunks)
    return X, X[:, 0] * X[:, 1]


def network(hidden: tuple[int, ...], n_epochs: int) -> ScratchMLPRegressor:
    """Make a network that takes one step in each epoch, on all rows."""
    return ScratchMLPRegressor(
        hidden_layer_sizes=hidden,
        batch_size="full",
        max_iter=n_epochs,
        tol=0.0,
        n_iter_no_change=np.inf,
        random_state=0,
    )


def seconds_of_an_epoch(fitted: Any) -> float:
    """Return the median, without the first epoch."""
    return median(fitted.history_["seconds"][1:])


def rounds() -> pd.Series:
    """Time a round with two workers: milliseconds by numbers of parameters and of partitions."""
    found = {}
    with cluster(2):
        for n_partitions in PARTITIONS:
            X, y = data(n_partitions, n_partitions)
            for width in WIDTHS:
                fitted = fit(network((width,), 2 * EPOCHS), X, y)
                found[fitted.n_parameters_, n_partitions] = 1e3 * seconds_of_an_epoch(fitted)
    return pd.Series(found).rename_axis(["parameters", "partitions"])


def workers() -> pd.Series:
    """Time an epoch on all rows: in this process, with one and with two workers."""
    X, y = data(ROWS, 8)
    found = {}
    with threadpool_limits(1), dask.config.set(scheduler="synchronous"):
        arrays = dask.compute(X, y)
        local = network(HIDDEN, EPOCHS).fit(*arrays)
    found["this process"] = seconds_of_an_epoch(local)
    del arrays, local
    for n_workers in (1, 2):
        with cluster(n_workers):
            fitted = fit(network(HIDDEN, EPOCHS), X, y)
        found[f"{n_workers} worker{'s' * (n_workers > 1)}"] = seconds_of_an_epoch(fitted)
    return pd.Series(found)


def memory() -> pd.Series:
    """Train out of memory, and return the MB that this process and a worker held at most."""
    X, y = data(10 * ROWS, 64)
    before = peak()
    with cluster(2, memory_limit="600MB") as client:
        fit(network(HIDDEN, 2), X, y)
        held = client.run(peak)
    return pd.Series(
        {
            "the data": X.nbytes / 1e6,
            "a partition": X.nbytes / 64 / 1e6,
            "the limit of each of two workers": 600.0,
            "a worker, at most": max(held.values()),
            "this process, in addition": peak() - before,
        }
    )


def peak() -> float:
    """Return the MB that a process has held at most."""
    kilobytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return kilobytes / (1e6 if sys.platform == "darwin" else 1e3)


def main() -> None:
    """Print all measurements."""
    argparse.ArgumentParser(description=__doc__.splitlines()[0]).parse_args()
    warnings.simplefilter("ignore", ConvergenceWarning)
    print(describe("dask", "distributed"))
    used = memory()  # first: this process has held little so far
    for title, measured in {
        "A round, in milliseconds, with two workers": rounds().unstack(),
        f"Seconds of an epoch on {ROWS:,} rows, {N_FEATURES} columns, {HIDDEN}": workers(),
        "Memory, in MB": used,
    }.items():
        print(f"\n{title}\n{measured.round(3).to_string()}")


if __name__ == "__main__":
    main()
