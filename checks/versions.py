"""Compare the speed of two checkouts of the package, side by side.

Two processes, one for each checkout and with one BLAS thread each, take turns (before, after,
after, before, ...) on each case; four more pairs of processes then do the same. The cases are short
versions of those of `benchmarks/speed.py`, and some that `versions_worker.py` adds. All times are
processor times, because other processes disturb these less.

Each pair of runs gives a ratio, after / before. A case is slower if the median of its ratios is
above the bar; it is then measured again, and fails if it is slower again.
The exit status is 1 if a case fails.

Usage: python -m checks.versions --before DIR [--after DIR] [--runs N] [--cases TEXT ...]
"""

import argparse
import json
import math
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from benchmarks.lib.machine import commit, describe
from checks.checkouts import HERE, start

BAR = 1.03  # how much slower than before a case may be
PROCESSES = 5  # pairs of processes for each case: memory layout alone makes some slower
SHORTEST = 0.1  # seconds of a run; shorter work is repeated

Pair = tuple[float, float]
Case = tuple[str, str]  # its name, and its dtype


class Worker:
    """A process that works with one checkout."""

    def __init__(self, checkout: Path) -> None:
        self.folder = tempfile.TemporaryDirectory()
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        folder = Path(self.folder.name)
        self.process = start("checks.versions_worker", [], checkout, folder, **pipes)

    def __enter__(self) -> "Worker":
        return self

    def __exit__(self, *exception: Any) -> None:
        self.process.stdin.close()
        self.process.wait()
        self.folder.cleanup()

    def ask(self, question: Any) -> Any:
        """Send a question and wait for the answer."""
        self.process.stdin.write(json.dumps(question) + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            raise RuntimeError(f"A worker ended with status {self.process.wait()}.")
        return json.loads(answer)


def compare_case(before: Worker, after: Worker, case: Case, runs: int) -> list[Pair]:
    """Time both workers once a round, each of them first in every other round."""
    first = max(before.ask(case), after.ask(case))
    repeat = max(1, math.ceil(SHORTEST / first))
    times = []
    for number in range(runs):
        if number % 2:
            second = after.ask(repeat)
            times.append((before.ask(repeat), second))
        else:
            times.append((before.ask(repeat), after.ask(repeat)))
    return times


def compare(checkouts: list[Path], cases: list[Case], runs: int) -> list[Case]:
    """Compare the checkouts in several pairs of processes; return the cases that are slower."""
    seconds: dict[Case, list[Pair]] = {case: [] for case in cases}
    for number in range(PROCESSES):
        with Worker(checkouts[0]) as before, Worker(checkouts[1]) as after:
            for case in cases:
                seconds[case] += compare_case(before, after, case, runs // PROCESSES)
        print(f"{number + 1} of {PROCESSES} pairs of processes are done", file=sys.stderr)
    print(f"\n{'medians':<52}{'before, ms':>12}{'after, ms':>12}{'ratio':>9}{'middle half':>17}")
    return [case for case in cases if report(case, seconds[case])]


def report(case: Case, pairs: list[Pair]) -> bool:
    """Print a line for a case; return whether it is slower after than before."""
    before, after = (1e3 * median(times) for times in zip(*pairs, strict=True))
    ratios = [after / before for before, after in pairs]
    low, middle, high = quantiles(ratios, method="inclusive")
    print(f"{', '.join(case):<52}{before:>12.4g}{after:>12.4g}{middle:>9.3f}", end="")
    print(f"{low:>9.3f} to {high:.3f}{'  slower' if middle > BAR else ''}")
    return middle > BAR


def main() -> int:
    """Compare two checkouts, and return 1 if a case is slower twice."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--before", type=Path, required=True, help="a checkout")
    parser.add_argument("--after", type=Path, default=HERE, help="a checkout; default: this one")
    parser.add_argument("--runs", type=int, default=30, help="pairs of runs of each case")
    parser.add_argument("--cases", nargs="*", default=[""], help="texts that names contain")
    args = parser.parse_args()
    runs = PROCESSES * math.ceil(args.runs / PROCESSES)
    checkouts = [args.before.resolve(), args.after.resolve()]
    print(describe())
    print(f"before: {commit(checkouts[0])}, after: {commit(checkouts[1])}", flush=True)
    with Worker(checkouts[0]) as worker:
        cases = [*map(tuple, worker.ask("cases"))]
    cases = [case for case in cases if any(text in case[0] for text in args.cases)]
    slower = compare(checkouts, cases, runs)
    if slower:
        print(f"\nmeasured again, as the median ratio was above {BAR}:")
        slower = compare(checkouts, slower, runs)
    for case in slower:
        print(f"FAIL  {', '.join(case)}: slower in both measurements")
    print(f"\n{len(cases) - len(slower)} of {len(cases)} cases are not slower")
    return int(bool(slower))


if __name__ == "__main__":
    sys.exit(main())
