"""Check that two checkouts of the package compute the same numbers, bit for bit.

A process for each checkout runs configurations, with one BLAS thread: networks and estimators for
tables that `tests/configurations` makes from a seed, the number in their name, and every kind of
column. `same_networks.py` and `same_tables.py` say what is done with them. Their outputs are
compared: shapes, dtypes and bytes of arrays, and texts. NaN equals NaN. Stop reasons, warnings,
errors and printed lines may be reworded, each in the same way everywhere; new wordings are listed.

The exit status is 1 if a configuration or an output is missing, if anything but a wording differs,
or if a number differs by more than 1e-12 (relative to numbers above 1, absolute below). It is also
1 if too many configurations raise an error, so that there are few numbers to compare.

Usage: python -m benchmarks same_numbers --before DIR [--after DIR] [--only TEXT]
"""

import argparse
import io
import os
import pickle
import re
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy.sparse import issparse
from threadpoolctl import threadpool_limits

HERE = Path(__file__).resolve().parents[1]
N_NETWORKS, N_BINS, N_TABLES = 1800, 60, 100
LONGEST_NAME = 300
TOLERANCE = 1e-12
MOST_ERRORS = 0.15  # the share of all configurations that may raise one
THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
TIMES = ("seconds", "fit_time", "score_time")  # outputs with these in the name are left out
MESSAGES = ("stop_reason_", "message", "error")

Outputs = dict[str, np.ndarray | str]
Results = dict[str, Outputs]


# The worker.


def flat(name: str, value: Any) -> Iterator[tuple[str, np.ndarray | str]]:
    """Yield the arrays and texts in a nested value, by name."""
    if issparse(value):
        value = {value.format: value.toarray()}
    if isinstance(value, dict):
        for key, part in value.items():
            if not any(word in str(key) for word in TIMES):
                yield from flat(f"{name}[{key}]" if name else str(key), part)
    elif isinstance(value, list | tuple) and not all(np.isscalar(part) for part in value):
        for number, part in enumerate(value):
            yield from flat(f"{name}[{number}]", part)
    else:
        array = np.asarray(value)
        yield name, array if array.dtype.kind in "biuf" else str(array.tolist())


def outputs(work: Callable[[], Any]) -> Outputs:
    """Run one configuration; return its results, its warnings, its error and what it prints."""
    printed = io.StringIO()
    with warnings.catch_warnings(record=True) as caught, redirect_stdout(printed):
        warnings.simplefilter("always")
        try:
            results = work()
        except Exception as error:  # some configurations must fail
            results = {"raised": type(error).__name__, "error": str(error)}
    results["warnings"] = [warning.category.__name__ for warning in caught]
    for number, warning in enumerate(caught):
        results[f"message {number}"] = str(warning.message)
    return dict(flat("", results | {"printed message": printed.getvalue()}))


def chooser(seed: int) -> Callable[[Sequence[Any]], Any]:
    """Return a function that chooses one of a sequence at random."""
    rng = np.random.default_rng(seed)
    return lambda options: options[rng.integers(len(options))]


def seeded(make: Any, n: int) -> Iterator[tuple[str, Callable[[], Any]]]:
    """Yield the name and the work of `n` configurations, which differ in their seed."""
    for seed in range(n):
        with warnings.catch_warnings(action="ignore"):  # of SciPy: not all formats suit all data
            what, work = make(chooser(seed))
        what = re.sub(r"\s+", " ", re.sub(r" at 0x\w+", "", what))
        yield f"{seed}: {what[:LONGEST_NAME]}", work


def configurations() -> Iterator[tuple[str, Callable[[], Any]]]:
    """Yield the name and the work of each configuration."""
    sys.path.append(str(HERE / "tests"))
    import same_networks
    import same_tables

    groups = {
        "networks": seeded(same_networks.networks, N_NETWORKS),
        "numbers": seeded(same_tables.bins, N_BINS),
        "tables": seeded(same_tables.tables, N_TABLES),
        "columns": same_tables.columns(),
        "command line": same_tables.command_line(),
    }
    for group, named in groups.items():
        yield from ((f"{group} {name}", work) for name, work in named)


def run_all(directory: Path, only: str, path: str) -> None:
    """Run the configurations with the package of a checkout, and pickle the results."""
    import scratchmlp  # only here: the parent does without the package

    imported = Path(scratchmlp.__file__)
    if not imported.is_relative_to(directory):
        raise ImportError(f"scratchmlp was imported from {imported}, which is not in {directory}.")
    with threadpool_limits(1):
        results = {name: outputs(work) for name, work in configurations() if only in name}
    Path(path).write_bytes(pickle.dumps(results))


# The parent.


def results_of(directories: list[Path], only: str) -> list[Results]:
    """Run the configurations in a process for each checkout, at the same time."""
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder) / str(number) for number in range(len(directories))]
        workers = []
        for directory, path in zip(directories, paths, strict=True):
            arguments = ["--before", directory, "--only", only, "--write", path]
            environment = os.environ | dict.fromkeys(THREADS, "1") | {"PYTHONPATH": str(directory)}
            command = [sys.executable, __file__, *arguments]
            workers.append(subprocess.Popen(command, env=environment))
        failed = [worker.wait() for worker in workers]
        if any(failed):
            sys.exit(f"A worker failed; exit statuses {failed}.")
        return [pickle.loads(path.read_bytes()) for path in paths]


@dataclass(frozen=True)
class Difference:
    """A difference in one output of a configuration; its size is infinite unless it is numeric."""

    configuration: str
    output: str
    what: str
    size: float = np.inf  # compared with the tolerance

    def __str__(self) -> str:
        return f"{self.configuration}: {self.output}: {self.what}"


def compare(configuration: str, before: Outputs, after: Outputs) -> Iterator[Difference]:
    """Compare the outputs of one configuration, except for wordings."""
    for name in before.keys() | after.keys():
        if name not in before or name not in after:
            where = "before" if name in before else "after"
            yield Difference(configuration, name, f"only {where}")
            continue
        old, new = before[name], after[name]
        if isinstance(old, np.ndarray) and isinstance(new, np.ndarray):
            yield from compare_arrays(configuration, name, old, new)
        elif not (is_message(name) or np.array_equal(old, new)):
            yield Difference(configuration, name, f"{old!s:.80} became {new!s:.80}")


def compare_arrays(
    configuration: str, name: str, old: np.ndarray, new: np.ndarray
) -> Iterator[Difference]:
    """Yield how two arrays differ, if their types or their bytes do."""
    types = [f"{array.dtype} {array.shape}" for array in (old, new)]
    if types[0] != types[1]:
        yield Difference(configuration, name, f"{types[0]} became {types[1]}")
    elif not same_bits(old, new):
        a, b = old.astype(float), new.astype(float)
        with np.errstate(divide="ignore", invalid="ignore"):
            error = np.where((a == b) | (np.isnan(a) & np.isnan(b)), 0.0, np.abs(a - b))
            error[np.isnan(error)] = np.inf
            relative = np.max(np.where(error > 0, error / np.abs(a), 0.0))
            size = np.max(error / np.maximum(1.0, np.abs(a)), initial=0.0)
        text = f"largest difference {error.max():.3g}, relative {relative:.3g}"
        yield Difference(configuration, name, text, size)


def same_bits(old: np.ndarray, new: np.ndarray) -> bool:
    """Tell whether two arrays of one type have the same bytes, except in nan."""
    if old.dtype.kind != "f":
        return old.tobytes() == new.tobytes()
    numbers = ~np.isnan(old)
    return np.array_equal(numbers, ~np.isnan(new)) and (
        old[numbers].tobytes() == new[numbers].tobytes()
    )


def is_message(name: str) -> bool:
    """Tell whether an output is a text for people, which may be reworded."""
    return any(word in name for word in MESSAGES)


def wordings(before: Results, after: Results) -> dict[str, set[str]]:
    """Collect the messages that changed, each with its new wordings."""
    found: dict[str, set[str]] = {}
    for configuration in before.keys() & after.keys():
        old, new = before[configuration], after[configuration]
        for name in filter(is_message, old.keys() & new.keys()):
            found.setdefault(str(old[name]), set()).add(str(new[name]))
    return {old: new for old, new in found.items() if new != {old}}


def n_errors(results: Results) -> int:
    """Return how many configurations raise an error."""
    return sum("raised" in found for found in results.values())


def report(before: Results, after: Results) -> bool:
    """Print the differences; return whether any is more than rounding or a new wording."""
    differences = [
        difference
        for name in before | after
        for difference in compare(name, before.get(name, {}), after.get(name, {}))
    ]
    n_different = len({difference.configuration for difference in differences})
    n_raised, n_outputs = n_errors(before), sum(map(len, before.values()))
    reworded = wordings(before, after)
    print(f"{len(before)} configurations with {n_outputs} outputs; {n_raised} raise an error")
    print(f"{len(before | after) - n_different} identical, {n_different} different")
    for difference in sorted(differences, key=str):
        print(f"  {difference}")
    for old, new in sorted(reworded.items()):
        print(f"reworded: {old}", *sorted(new), sep="\n      to: ")
    ambiguous = any(len(new) > 1 for new in reworded.values())
    return ambiguous or any(difference.size > TOLERANCE for difference in differences)


def main() -> int:
    """Compare two checkouts, and return 1 if they differ or too many configurations fail."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--before", type=Path, required=True, help="a checkout")
    parser.add_argument("--after", type=Path, default=HERE, help="a checkout; default: this one")
    parser.add_argument("--only", default="", help="run configurations with this text in the name")
    parser.add_argument("--write", help=argparse.SUPPRESS)  # the task of a worker
    args = parser.parse_args()
    if args.write:
        run_all(args.before, args.only, args.write)
        return 0
    start = time.perf_counter()
    before, after = results_of([args.before.resolve(), args.after.resolve()], args.only)
    differ = report(before, after)
    too_many = not args.only and n_errors(before) > MOST_ERRORS * len(before)
    if too_many:
        print(f"More than {MOST_ERRORS:.0%} of the configurations raise an error.")
    print(f"{time.perf_counter() - start:.0f} s")
    return int(differ or too_many)


if __name__ == "__main__":
    sys.exit(main())
