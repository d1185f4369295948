"""Compare the import time of scratchmlp with that of sklearn.neural_network.

Each import runs in processes of its own, alternating; the medians are compared.

Usage: python benchmarks/import_time.py [--runs 10]
"""

import argparse
import subprocess
import sys
from pathlib import Path
from statistics import median

from machine import describe

#: ``import scratchmlp`` alone imports nothing else.
PACKAGES = ("scratchmlp.estimators.classifier", "sklearn.neural_network")


def seconds(package: str, folder: Path | None = None, clock: str = "perf_counter") -> float:
    """Import a package in a new process and return the seconds that the import took.

    Parameters
    ----------
    package : str
        Its name.
    folder : Path, default=None
        Current folder of the process, where the package is looked up first.
    clock : str, default="perf_counter"
        A function of :mod:`time`.
    """
    code = (
        f"from time import {clock}; start = {clock}(); import {package}; print({clock}() - start)"
    )
    command = [sys.executable, "-c", code]
    run = subprocess.run(command, capture_output=True, text=True, check=True, cwd=folder)
    return float(run.stdout)


def main() -> None:
    """Print the medians and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=10, help="processes for each import")
    runs = parser.parse_args().runs
    for package in PACKAGES:  # fill the disk cache
        seconds(package)
    times = {package: [] for package in PACKAGES}
    for _ in range(runs):
        for package in PACKAGES:
            times[package].append(seconds(package))
    print(describe())
    for package in PACKAGES:
        print(f"import {package:<32} {median(times[package]):.3f} s (median of {runs})")
    print(f"ratio {median(times[PACKAGES[0]]) / median(times[PACKAGES[1]]):.2f}")


if __name__ == "__main__":
    main()
