"""How long training and prediction take, beside MLPClassifier, torch and the bare products.

All do the same work, taking turns in one process, and the medians of their times are compared:

- ours, and scikit-learn's MLPClassifier, with the same parameters otherwise at their defaults;
- torch, eager, with fused optimizers, where it is installed (`pip install torch`; its build for
  processors alone is enough); on a full batch it does not shuffle;
- the floor: the matrix products of the same steps alone, in arrays made beforehand;
- one by one: in a search, our networks without stacks;
- callbacks: what our fit does for them although none is set, alone.

Making and casting the data is not timed, nor is a first, short run of each. The peak of memory
that a fit needs beyond its data is measured in a process of its own. With --check, our work is
also timed on all cores, case by case, unless other processes use them before or after: BLAS
threads that wait for a core make products many times slower.

Usage: python -m benchmarks speed [--quick] [--threads 1|all|N] [--cases NAME ...] [--scaling]
                                  [--check] [--json FILE]
"""

import argparse
import json
import math
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import asdict
from typing import Any, NamedTuple

from checks import Check, check, finite, number
from contestants import CONTESTANTS
from machine import describe
from measuring import (
    ALL_CORES,
    CORES,
    SCALING_BASE,
    Growth,
    Peak,
    Timing,
    busy_cores,
    measure,
    peaks,
    scaling,
)
from sklearn.exceptions import ConvergenceWarning
from threadpoolctl import threadpool_info
from workloads import CASES, DTYPES

SLOWER_ON_ALL_CORES = 1.1  # how much slower than on one thread a case may be
CALLBACKS = 0.02  # the share of a fit that asking for callbacks may take


class Ratio(NamedTuple):
    """A ratio of two contestants' times, and how its bar reads."""

    name: str
    over: str
    under: str
    bar: str
    at_least: bool


COLUMNS = *CONTESTANTS["fit"], "one by one"
RATIOS = (
    Ratio("sklearn / ours", "MLPClassifier", "ours", "sklearn", at_least=True),
    Ratio("torch / ours", "torch", "ours", "torch", at_least=True),
    Ratio("ours / floor", "ours", "floor", "floor", at_least=False),
    Ratio("one by one / ours", "one by one", "ours", "alone", at_least=True),
    Ratio("all / one core", ALL_CORES, "ours", "", at_least=False),
)


# Checks.


def check_times(timings: list[Timing]) -> Iterator[Check]:
    """Check the ratios of every case in every dtype, measured or not."""
    measured = {(timing.case, timing.dtype): timing for timing in timings}
    for name, case in CASES.items():
        for dtype in DTYPES:
            timing = measured.get((name, dtype), Timing(name, dtype, {}))
            bars = asdict(case.bars(dtype)) | {"": SLOWER_ON_ALL_CORES}
            for ratio in RATIOS:
                bar, what = bars[ratio.bar], f"{name}, {dtype}: {ratio.name}"
                if bar is not None:
                    yield check(what, timing.ratio(ratio.over, ratio.under), bar, ratio.at_least)
            if "callbacks" in case.against:
                share = timing.ratio("callbacks", "ours")
                yield check(f"{name}, {dtype}: callbacks / ours", share, CALLBACKS, at_least=False)


def check_peaks(peaks: list[Peak]) -> Iterator[Check]:
    """Check that a fit of ours needs no more memory than MLPClassifier's."""
    measured = {(peak.case, peak.dtype): peak.ours / peak.sklearn for peak in peaks}
    for name in (name for name, case in CASES.items() if case.has_memory):
        for dtype in DTYPES:
            what = f"{name}, {dtype}: memory, ours / sklearn"
            yield check(what, measured.get((name, dtype), math.nan), 1.0, at_least=False)


# Tables.


def duration(seconds: float) -> str:
    """Write seconds with a unit that fits them."""
    if math.isnan(seconds):
        return "-"
    unit, factor = next(u for u in (("s", 1), ("ms", 1e3), ("µs", 1e6)) if seconds * u[1] >= 1)
    return f"{seconds * factor:.3g} {unit}"


def line(label: str, dtype: str, *cells: str) -> str:
    """Align one line of a table."""
    return f"{label:<44}{dtype:<8}" + "".join(f"{cell:>18}" for cell in cells)


def timing_line(timing: Timing) -> str:
    """Write the medians and ratios of one case in one dtype."""
    medians = (duration(timing.median(name)) for name in COLUMNS)
    ratios = (number(timing.ratio(ratio.over, ratio.under)) for ratio in RATIOS)
    return line(CASES[timing.case].title, timing.dtype, *medians, *ratios)


def peak_line(peak: Peak) -> str:
    """Write the memory of one case in one dtype."""
    cells = (f"{value:.3g} MB" for value in (peak.X, peak.ours, peak.sklearn))
    return line(CASES[peak.case].title, peak.dtype, *cells)


def growth_line(growth: Growth) -> str:
    """Write how the time grows with one quantity."""
    points = (f"{n:,}: {duration(t)}" for n, t in zip(growth.sizes, growth.seconds, strict=True))
    cells = "".join(f"{point:>18}" for point in points)
    return f"{growth.quantity:<9}{cells}   exponent {growth.exponent:.2f}"


def blas() -> str:
    """Name the BLAS libraries in use and the kernels that they chose."""
    found = [info for info in threadpool_info() if info["user_api"] == "blas"]
    names = {f"{i['internal_api']} {i['version']} ({i.get('architecture')})" for i in found}
    return ", ".join(sorted(names))


def report(heading: str, rows: Iterator[Any], write: Callable[[Any], str]) -> list[Any]:
    """Print a table line by line as it is measured; return what was measured."""
    print(f"\n{heading}")
    measured = []
    for row in rows:
        print(write(row), flush=True)
        measured.append(row)
    return measured


# The command.


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="fewer epochs and runs, no memory")
    parser.add_argument("--threads", default="1", help="a number, or 'all'; default 1")
    parser.add_argument("--cases", nargs="*", choices=CASES, default=list(CASES), metavar="NAME")
    parser.add_argument("--scaling", action="store_true", help="also how our fit time grows")
    parser.add_argument("--check", action="store_true", help="compare with the bars; 1 on a FAIL")
    parser.add_argument("--json", help="file for all that was measured")
    args = parser.parse_args()
    args.threads = CORES if args.threads == "all" else int(args.threads)
    if args.check and args.threads != 1:
        parser.error("the bars of --check are for --threads 1")
    return args


def measure_all(args: argparse.Namespace) -> dict[str, list[Any]]:
    """Measure and print what the command line asks for."""
    cases = {name: CASES[name].quick() if args.quick else CASES[name] for name in args.cases}
    columns = [*COLUMNS, *(ratio.name for ratio in RATIOS)]
    timings = (
        measure(name, case, dtype, args.threads, all_cores=args.check)
        for name, case in cases.items()
        for dtype in DTYPES
    )
    measured = {"timings": report(line("medians", "dtype", *columns), timings, timing_line)}
    if not args.quick:
        measured["peaks"] = report(
            line("peak memory of fit beyond X", "dtype", "X", "ours", "MLPClassifier"),
            peaks(cases),
            peak_line,
        )
    if args.scaling:
        measured["scaling"] = report(
            f"our fit time, float32, from {SCALING_BASE}",
            scaling(args.threads, runs=3),
            growth_line,
        )
    return measured


def write_json(path: str, machine: str, args: argparse.Namespace, measured: dict) -> None:
    """Write all that was measured, run by run."""
    rows = {key: [finite(asdict(row)) for row in rows] for key, rows in measured.items()}
    with open(path, "w") as file:
        json.dump({"machine": machine, "arguments": vars(args), **rows}, file, indent=1)


def main() -> int:
    """Measure, print, and return 1 if a check failed."""
    args = arguments()
    warnings.simplefilter("ignore", ConvergenceWarning)  # every fit runs all of its epochs
    start = time.perf_counter()
    cores = f"{args.threads} of {CORES} cores; others use {busy_cores():.1f}"
    machine = f"{describe('torch')}, {blas()}, {cores}"
    print(machine)
    measured = measure_all(args)
    if args.check:
        checks = [*check_times(measured["timings"]), *check_peaks(measured.get("peaks", []))]
        measured["checks"] = report("checks", iter(checks), str)
    if args.json:
        write_json(args.json, machine, args, measured)
    print(f"\n{time.perf_counter() - start:.0f} s")
    return int(any(check.verdict == "FAIL" for check in measured.get("checks", ())))


if __name__ == "__main__":
    sys.exit(main())
