"""Training one network on a Dask cluster: seconds of a round, workers, and memory.

The clusters run on this machine, as processes with one thread each.

1. A round: one evaluation of the objective, for networks of 1,000 to 1,000,000 parameters and for
   different numbers of partitions. The rows are few, so the time is that of Dask and of sending
   parameters.
2. Workers: L-BFGS on the same rows with one and with two workers, and in this process.
3. A model of larger clusters. An iteration takes about ::

       rows * multiplications of a row / (speed of a worker * workers)
       + seconds of a round + 2 * bytes of the parameters / bandwidth

   The speed of a worker, the seconds of a round and the bandwidth are those measured in 1 and 2. So
   the model assumes a network that is as fast as the connections within this machine.
4. Memory: the most that this process and the workers ever held, beside the size of the data.

Usage: python -m benchmarks cluster [--rows N] [--epochs N] [--check]
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
from distributed import Client, LocalCluster
from sklearn.exceptions import ConvergenceWarning
from threadpoolctl import threadpool_limits

from benchmarks.bars import Check, check
from benchmarks.machine import describe
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
    size = -(-n_rows // n_partitions)

    def draw(block: Any, block_info: Any = None) -> Any:
        number = block_info[0]["chunk-location"][0]
        return np.random.default_rng(number).normal(size=block.shape)

    empty = da.zeros((n_rows, N_FEATURES), chunks=(size, N_FEATURES))
    X = empty.map_blocks(draw, dtype=float, meta=np.empty((0, 0)))
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


def rounds(n_epochs: int) -> dict[tuple[int, int], float]:
    """Time a round with two workers, by numbers of parameters and of partitions."""
    found = {}
    with cluster(2):
        for n_partitions in PARTITIONS:
            X, y = data(n_partitions, n_partitions)
            for width in WIDTHS:
                fitted = fit(network((width,), n_epochs), X, y)
                found[fitted.n_parameters_, n_partitions] = seconds_of_an_epoch(fitted)
    return found


def workers(n_rows: int, n_epochs: int) -> dict[str, float]:
    """Time an epoch on all rows: in this process, with one and with two workers."""
    X, y = data(n_rows, 8)
    found = {}
    with threadpool_limits(1), dask.config.set(scheduler="synchronous"):
        arrays = dask.compute(X, y)
        local = network(HIDDEN, n_epochs).fit(*arrays)
    found["this process"] = seconds_of_an_epoch(local)
    del arrays, local
    for n_workers in (1, 2):
        with cluster(n_workers):
            fitted = fit(network(HIDDEN, n_epochs), X, y)
        found[f"{n_workers} worker{'s' * (n_workers > 1)}"] = seconds_of_an_epoch(fitted)
    return found


def predicted(
    n_rows: int, n_workers: int, n_parameters: int, speed: float, a_round: float, bandwidth: float
) -> tuple[float, float]:
    """Model an iteration: seconds to compute, and seconds for the round."""
    compute = n_rows * n_parameters / (speed * n_workers)
    return compute, a_round + 2 * 8 * n_parameters / bandwidth


def memory(n_rows: int) -> dict[str, float]:
    """Train out of memory, and return the MB that this process and a worker held at most."""
    X, y = data(n_rows, 64)
    before = peak()
    with cluster(2, memory_limit="600MB") as client:
        fit(network(HIDDEN, 2), X, y)
        held = client.run(peak)
    return {
        "the data": X.nbytes / 1e6,
        "a partition": X.nbytes / 64 / 1e6,
        "the limit of each of two workers": 600.0,
        "a worker, at most": max(held.values()),
        "this process, in addition": peak() - before,
    }


def peak() -> float:
    """Return the MB that a process has held at most."""
    kilobytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return kilobytes / (1e6 if sys.platform == "darwin" else 1e3)


def report_rounds(times: dict[tuple[int, int], float]) -> None:
    """Print the seconds of rounds."""
    print("\nA round, in milliseconds, with two workers")
    print("parameters  " + "".join(f"{f'{n} partitions':>16}" for n in PARTITIONS))
    for n_parameters in sorted({n for n, _ in times}):
        line = "".join(f"{1e3 * times[n_parameters, n]:16.1f}" for n in PARTITIONS)
        print(f"{n_parameters:10,}  {line}")


def report_model(
    n_rows: int, times: dict[tuple[int, int], float], epochs: dict[str, float]
) -> None:
    """Print what an iteration would take on larger clusters."""
    small, _, large = sorted({n for n, _ in times})
    n_parameters = (N_FEATURES + 2) * HIDDEN[0] + 1
    a_round = times[small, 8]
    bandwidth = 2 * 8 * (large - small) / max(times[large, 8] - a_round, 1e-9)
    speed = n_rows * n_parameters / max(epochs["1 worker"] - a_round, 1e-9)
    print(f"\nA model: rows, workers, and seconds of an iteration with {n_parameters:,} parameters")
    for rows, n in ((n_rows, 2), (10_000_000, 8), (100_000_000, 8), (100_000_000, 64)):
        compute, waiting = predicted(rows, n, n_parameters, speed, a_round, bandwidth)
        print(f"{rows:>12,} rows, {n:>3} workers: {compute:8.3f} computing {waiting:8.3f} waiting")


def checks(epochs: dict[str, float], used: dict[str, float]) -> Iterator[Check]:
    """Compare the measurements with their bars."""
    ratio = epochs["2 workers"] / epochs["1 worker"]
    yield check("seconds with two workers / with one", ratio, 0.7, at_least=False)
    held = used["this process, in addition"] / used["the data"]
    yield check("memory of this process / data", held, 0.1, at_least=False)


def main() -> None:
    """Print all measurements."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rows", type=int, default=ROWS, help="default: %(default)s")
    parser.add_argument("--epochs", type=int, default=EPOCHS, help="default: %(default)s")
    parser.add_argument("--check", action="store_true", help="compare with the bars")
    options = parser.parse_args()
    warnings.simplefilter("ignore", ConvergenceWarning)
    print(describe("dask", "distributed"))
    used = memory(10 * options.rows)  # first: this process has held little so far
    times, epochs = rounds(2 * options.epochs), workers(options.rows, options.epochs)
    report_rounds(times)
    print(f"\nAn epoch with a full batch of {options.rows:,} rows, {N_FEATURES} columns, {HIDDEN}")
    for name, seconds in epochs.items():
        print(f"{name:>14}: {seconds:.3f} s")
    report_model(options.rows, times, epochs)
    print("\nMemory, in MB")
    for name, megabytes in used.items():
        print(f"{name:>34}: {megabytes:8.1f}")
    if options.check:
        print(*checks(epochs, used), sep="\n")


if __name__ == "__main__":
    main()
