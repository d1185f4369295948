"""How long `import scratchmlp` takes, beside `import sklearn.neural_network`.

Each import runs in processes of its own, alternating; the medians are compared.

Usage: python benchmarks/import_time.py [--runs 10]
"""

import argparse
import subprocess
import sys
from statistics import median

from machine import describe

PACKAGES = ("scratchmlp", "sklearn.neural_network")


def seconds(package: str) -> float:
    """Import a package in a new process and return the seconds that the import took."""
    code = (
        f"import time; start = time.perf_counter(); import {package}; "
        "print(time.perf_counter() - start)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
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
        print(f"import {package:<24} {median(times[package]):.3f} s (median of {runs})")
    print(f"ratio {median(times[PACKAGES[0]]) / median(times[PACKAGES[1]]):.2f}")


if __name__ == "__main__":
    main()
