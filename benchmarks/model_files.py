"""Time saving and loading a model file, beside a pickle of the same model.

The models are a `TabularMLPClassifier` of eight networks, which has bars, and a
`TabularEnsembleClassifier` of eight networks and what else it keeps. Imports are not counted.

Usage: python -m benchmarks model_files [--runs 20] [--check]
"""

import argparse
import pickle
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from statistics import median

import numpy as np
import pandas as pd
from checks import check
from machine import describe

from scratchmlp.io import load, save
from scratchmlp.tabular import TabularEnsembleClassifier, TabularMLPClassifier

#: Most milliseconds.
BARS = {"save": 150.0, "load": 40.0}


Ensemble = TabularMLPClassifier | TabularEnsembleClassifier


def model(ensemble: Ensemble) -> Ensemble:
    """Fit an ensemble. The parameters of eight networks take about one megabyte."""
    rng = np.random.default_rng(0)
    table = pd.DataFrame(rng.normal(size=(1200, 12)), columns=list("abcdefghijkl"))
    table["color"] = rng.choice(["red", "green", "blue"], 1200)
    labels = np.where(table["a"] + rng.normal(size=1200) > 0, "yes", "no")
    with warnings.catch_warnings(action="ignore"):
        return ensemble.fit(table, labels)


def seconds(job: Callable[[], object], runs: int) -> float:
    """Return the median of the seconds of a job, after one run that imports."""
    job()
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        job()
        times.append(time.perf_counter() - start)
    return median(times)


def measure(ensemble: Ensemble, runs: int) -> dict[str, float]:
    """Print and return the milliseconds of saving and loading an ensemble."""
    with tempfile.TemporaryDirectory() as folder:
        path, pickled = Path(folder) / "model.skops", Path(folder) / "model.pickle"
        jobs = {
            "save": lambda: save(ensemble, path),
            "load": lambda: load(path),
            "save a pickle": lambda: pickled.write_bytes(pickle.dumps(ensemble)),
            "load a pickle": lambda: pickle.loads(pickled.read_bytes()),
        }
        times = {name: 1000 * seconds(job, runs) for name, job in jobs.items()}
        print(f"\n{type(ensemble).__name__}")
        for name, value in times.items():
            print(f"{name:<16} {value:6.1f} ms (median of {runs})")
        print(f"{path.stat().st_size:,} bytes; a pickle has {pickled.stat().st_size:,}")
    return times


def main() -> None:
    """Print the times and the sizes."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=20, help="repetitions of each job")
    parser.add_argument(
        "--check", action="store_true", help="exit with status 1 if a bar is missed"
    )
    options = parser.parse_args()
    print(describe())
    times = measure(model(TabularMLPClassifier(max_iter=2, random_state=0)), options.runs)
    measure(model(TabularEnsembleClassifier(random_state=0)), min(options.runs, 5))
    print()
    results = [check(f"{name}, ms", times[name], bar, False) for name, bar in BARS.items()]
    print(*results, sep="\n")
    if options.check and any(result.verdict == "FAIL" for result in results):
        sys.exit(1)


if __name__ == "__main__":
    main()
