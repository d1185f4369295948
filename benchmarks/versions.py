"""Compare the speed of two checkouts of the package, side by side.

Two processes, one for each checkout and with one BLAS thread each, take turns (before, after,
after, before, ...) on each case; four more pairs of processes then do the same. The cases are short
versions of those of `speed.py`, and some that `versions_worker.py` adds. Imports of the package are
timed in new processes, which take turns too. All times are processor times, because other
processes disturb these less.

Each pair of runs gives a ratio, after / before. A case is slower if the median of its ratios is
above the bar; it is then measured again, and fails if it is slower again.
The exit status is 1 if a case fails.

Usage: python -m benchmarks versions --before DIR [--after DIR] [--runs N] [--cases TEXT ...]
"""

import argparse
import json
import math
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median, quantiles
from typing import Any

BAR = 1.03  # how much slower than before a case may be
PROCESSES = 5  # pairs of processes for each case: memory layout alone makes some slower
SHORTEST = 0.1  # seconds of a run; shorter work is repeated
IMPORT_RUNS = 10
IMPORTS = ("scratchmlp", "scratchmlp.tabular")

Clock = Callable[[], float]
Pair = tuple[float, float]
Case = tuple[str, str]  # its name, and its dtype or "import"


class Worker:
    """A process that works with one checkout."""

    def __init__(self, checkout: Path) -> None:
        script = Path(__file__).with_name("versions_worker.py")
        self.process = subprocess.Popen(
            [sys.executable, script, checkout],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | {"PYTHONPATH": str(checkout), "PYTHONHASHSEED": "0"},
        )

    def __enter__(self) -> "Worker":
        return self

    def __exit__(self, *exception: Any) -> None:
        self.process.stdin.close()
        self.process.wait()

    def ask(self, question: Any) -> Any:
        """Send a question and wait for the answer."""
        self.process.stdin.write(json.dumps(question) + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            raise RuntimeError(f"A worker ended with status {self.process.wait()}.")
        return json.loads(answer)


@dataclass(frozen=True)
class Comparison:
    """Seconds of each pair of runs of one case."""

    name: str
    dtype: str
    seconds: list[Pair]

    @property
    def ratios(self) -> list[float]:
        """After / before of each pair."""
        return [after / before for before, after in self.seconds]

    @property
    def is_slower(self) -> bool:
        """Whether the median ratio is above the bar."""
        return median(self.ratios) > BAR

    def __str__(self) -> str:
        before, after = (1e3 * median(times) for times in zip(*self.seconds, strict=True))
        low, middle, high = quantiles(self.ratios, method="inclusive")
        times = f"{before:>12.4g}{after:>12.4g}"
        return f"{self.name:<44}{self.dtype:<8}{times}{middle:>9.3f}{low:>9.3f} to {high:.3f}"


HEADING = (
    f"{'medians':<44}{'dtype':<8}{'before, ms':>12}{'after, ms':>12}{'ratio':>9}{'middle half':>17}"
)


def take_turns(before: Clock, after: Clock, runs: int) -> list[Pair]:
    """Time both once a round, each of them first in every other round."""
    times = []
    for number in range(runs):
        if number % 2:
            second = after()
            times.append((before(), second))
        else:
            times.append((before(), after()))
    return times


def compare_case(before: Worker, after: Worker, case: Case, runs: int) -> list[Pair]:
    """Compare two workers on one case."""
    first = max(before.ask(case), after.ask(case))
    repeat = max(1, math.ceil(SHORTEST / first))
    return take_turns(partial(before.ask, repeat), partial(after.ask, repeat), runs)


def import_seconds(package: str, checkout: Path) -> float:
    """Import a package of a checkout in a new process; return the CPU seconds that it took."""
    clock = "from time import process_time as clock; start = clock()"
    code = f"{clock}; import {package}; print(clock() - start)"
    run = [sys.executable, "-c", code]
    return float(subprocess.run(run, capture_output=True, check=True, cwd=checkout).stdout)


def compare_import(checkouts: list[Path], package: str, runs: int) -> list[Pair]:
    """Compare how long an import takes, in new processes."""
    before, after = (partial(import_seconds, package, checkout) for checkout in checkouts)
    before(), after()  # compile, and fill the disk cache
    return take_turns(before, after, runs)


def compare(checkouts: list[Path], cases: list[Case], runs: int) -> list[Comparison]:
    """Compare the checkouts on cases and imports, in several pairs of processes."""
    seconds: dict[Case, list[Pair]] = {case: [] for case in cases}
    for number in range(PROCESSES):
        with Worker(checkouts[0]) as before, Worker(checkouts[1]) as after:
            for case in cases:
                if case[1] == "import":
                    seconds[case] += compare_import(checkouts, case[0], IMPORT_RUNS // PROCESSES)
                else:
                    seconds[case] += compare_case(before, after, case, runs // PROCESSES)
        print(f"{number + 1} of {PROCESSES} pairs of processes are done", file=sys.stderr)
    return [Comparison(*case, times) for case, times in seconds.items()]


def report(comparisons: list[Comparison]) -> list[Case]:
    """Print a line for each case; return those that are slower after than before."""
    print(f"\n{HEADING}")
    for found in comparisons:
        print(found, "  slower" if found.is_slower else "")
    return [(found.name, found.dtype) for found in comparisons if found.is_slower]


def commit(checkout: Path) -> str:
    """Name the commit that is checked out, and whether there are changes."""
    command = ["git", "-C", checkout, "describe", "--always", "--dirty"]
    return subprocess.run(command, capture_output=True, text=True).stdout.strip() or "no commit"


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    here = Path(__file__).resolve().parents[1]
    parser.add_argument("--before", type=Path, required=True, help="a checkout")
    parser.add_argument("--after", type=Path, default=here, help="a checkout; default: this one")
    parser.add_argument("--runs", type=int, default=30, help="pairs of runs of each case")
    parser.add_argument("--cases", nargs="*", default=[""], help="texts that names contain")
    args = parser.parse_args()
    args.runs = PROCESSES * math.ceil(args.runs / PROCESSES)
    return args


def main() -> int:
    """Compare two checkouts, and return 1 if a case is slower twice."""
    args, start = arguments(), time.perf_counter()
    checkouts = [args.before.resolve(), args.after.resolve()]
    with Worker(checkouts[0]) as worker:
        about = worker.ask("introduce")
    print(about["machine"])
    print(f"before: {commit(checkouts[0])}, after: {commit(checkouts[1])}")
    print(f"{args.runs} pairs of runs of each case in {PROCESSES} pairs of processes, ", end="")
    print(f"{IMPORT_RUNS} of each import; bar {BAR}", flush=True)
    cases = [*about["cases"], *((package, "import") for package in IMPORTS)]
    cases = [(name, kind) for name, kind in cases if any(text in name for text in args.cases)]
    slower = report(compare(checkouts, cases, args.runs))
    if slower:
        print(f"\nmeasured again, as the median ratio was above {BAR}:")
        slower = report(compare(checkouts, slower, args.runs))
    for name, dtype in slower:
        print(f"FAIL  {name}, {dtype}: slower in both measurements")
    print(f"\n{len(cases) - len(slower)} of {len(cases)} cases are not slower; ", end="")
    print(f"{time.perf_counter() - start:.0f} s")
    return int(bool(slower))


if __name__ == "__main__":
    sys.exit(main())
