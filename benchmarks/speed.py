"""How long training and prediction take, beside MLPClassifier and torch.

All do the same work, taking turns in one process, and the medians of their times are compared:

- ours, and scikit-learn's MLPClassifier, with the same parameters otherwise at their defaults;
- torch, eager, with fused optimizers, where it is installed (`pip install torch`; its build for
  processors alone is enough); on a full batch it does not shuffle;
- one by one: in a search, our networks without stacks.

Making and casting the data is not timed, nor is a first, short run of each.

Usage: python -m benchmarks speed [--threads 1|all|N] [--cases NAME ...] [--check]
"""

import argparse
import math
import os
import sys
import warnings
from collections.abc import Iterator

from sklearn.exceptions import ConvergenceWarning
from threadpoolctl import threadpool_info

from benchmarks.bars import Check, number
from benchmarks.machine import describe
from benchmarks.measuring import Timing, measure
from benchmarks.workloads import CASES, DTYPES

OTHERS = ("MLPClassifier", "torch", "one by one")


def check_times(timing: Timing) -> Iterator[Check]:
    """Compare the ratios of a case with its bars."""
    for contestant, bars in timing.case.against.items():
        bar = bars[DTYPES.index(timing.dtype)]
        if bar is not None:
            what = f"{timing.case.title}, {timing.dtype}: {contestant} / ours"
            yield Check(what, timing.ratio(contestant), bar)


def duration(seconds: float) -> str:
    """Write seconds with a unit that fits them."""
    if math.isnan(seconds):
        return "-"
    unit, factor = next(u for u in (("s", 1), ("ms", 1e3), ("µs", 1e6)) if seconds * u[1] >= 1)
    return f"{seconds * factor:.3g} {unit}"


def print_line(label: str, dtype: str, *cells: str) -> None:
    """Print one line of the table."""
    print(f"{label:<44}{dtype:<8}" + "".join(f"{cell:>21}" for cell in cells), flush=True)


def blas() -> str:
    """Name the BLAS libraries in use and the kernels that they chose."""
    found = [info for info in threadpool_info() if info["user_api"] == "blas"]
    names = {f"{i['internal_api']} {i['version']} ({i.get('architecture')})" for i in found}
    return ", ".join(sorted(names))


def main() -> int:
    """Measure, print, and return 1 if a check failed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--threads", default="1", help="a number, or 'all'; default 1")
    parser.add_argument("--cases", nargs="*", choices=CASES, default=list(CASES), metavar="NAME")
    parser.add_argument("--check", action="store_true", help="compare with the bars; 1 on a FAIL")
    args = parser.parse_args()
    n_threads = os.cpu_count() if args.threads == "all" else int(args.threads)
    warnings.simplefilter("ignore", ConvergenceWarning)  # every fit runs all of its epochs
    print(f"{describe('torch')}, {blas()}, {n_threads} of {os.cpu_count()} cores\n")
    print_line("medians", "dtype", "ours", *OTHERS, *(f"{other} / ours" for other in OTHERS))
    checks = []
    for name in args.cases:
        for dtype in DTYPES:
            timing = measure(CASES[name], dtype, n_threads)
            medians = (duration(timing.median(name)) for name in ("ours", *OTHERS))
            ratios = (number(timing.ratio(other)) for other in OTHERS)
            print_line(CASES[name].title, dtype, *medians, *ratios)
            checks += check_times(timing)
    if args.check:
        print("", *checks, sep="\n")
    return int(args.check and any(found.verdict == "FAIL" for found in checks))


if __name__ == "__main__":
    sys.exit(main())
