"""Check that two checkouts of the package compute the same numbers, bit for bit.

A process for each checkout runs configurations, with one BLAS thread: networks and estimators for
tables that `tests/configurations` makes from a seed, the number in their name, and every kind of
column. `same_networks.py` and `same_tables.py` say what is done with them. Their outputs are
compared: shapes, dtypes and bytes of arrays, and texts. NaN equals NaN. Stop reasons, warnings,
errors and printed lines may be reworded, each in the same way everywhere; new wordings are listed.

The exit status is 1 if a configuration or an output is missing, if anything but a wording differs,
or if a number differs by more than 1e-12 (relative to numbers above 1, absolute below). It is also
1 if too many configurations raise an error, so that there are few numbers to compare.

Usage: python -m checks.same_numbers --before DIR [--after DIR] [--only TEXT]
"""

import argparse
import io
import pickle
import re
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import numpy as np
from scipy.sparse import issparse
from threadpoolctl import threadpool_limits

from checks.checkouts import HERE, start

N_NETWORKS, N_BINS, N_TABLES = 1800, 60, 100
LONGEST_NAME = 300
TOLERANCE = 1e-12
MOST_ERRORS = 0.15  # the share of all configurations that may raise one
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
    from checks import same_networks, same_tables  # only here: the parent does without the package

    groups = {
        "networks": seeded(same_networks.networks, N_NETWORKS),
        "numbers": seeded(same_tables.bins, N_BINS),
        "tables": seeded(same_tables.tables, N_TABLES),
        "columns": same_tables.columns(),
        "command line": same_tables.command_line(),
    }
    for group, named in groups.items():
        yield from ((f"{group} {name}", work) for name, work in named)


# The parent.


def results_of(checkouts: list[Path], only: str) -> list[Results]:
    """Run the configurations in a process for each checkout, at the same time."""
    with tempfile.TemporaryDirectory() as temporary:
        folders = [Path(temporary) / name for name in ("before", "after")]
        workers = []
        for checkout, folder in zip(checkouts, folders, strict=True):
            folder.mkdir()
            arguments = ["--before", checkout, "--only", only, "--write", folder / "results"]
            workers.append(start("checks.same_numbers", arguments, checkout, folder))
        failed = [worker.wait() for worker in workers]
        if any(failed):
            sys.exit(f"A worker failed; exit statuses {failed}.")
        return [pickle.loads((folder / "results").read_bytes()) for folder in folders]


def differences(before: Outputs, after: Outputs) -> Iterator[tuple[str, float]]:
    """Yield how outputs of a configuration differ, and by how much: texts by infinity."""
    for name in sorted(before.keys() | after.keys()):
        old, new = before.get(name, "nothing"), after.get(name, "nothing")
        if isinstance(old, str) or isinstance(new, str):
            reworded = is_message(name) and name in before and name in after
            if str(old) != str(new) and not reworded:
                yield f"{name}: {old!s:.80} became {new!s:.80}", np.inf
        elif (old.dtype, old.shape) != (new.dtype, new.shape):
            yield f"{name}: {old.dtype} {old.shape} became {new.dtype} {new.shape}", np.inf
        elif not same_bits(old, new):
            error, scale = errors(old.astype(float), new.astype(float)), np.abs(old.astype(float))
            relative = np.max(error / np.where(error > 0, np.maximum(scale, 1e-300), 1))
            text = f"{name}: largest difference {error.max():.3g}, relative {relative:.3g}"
            yield text, np.max(error / np.maximum(1, scale))


def errors(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return absolute differences; infinite where one number alone is nan."""
    with np.errstate(invalid="ignore"):
        error = np.where((a == b) | (np.isnan(a) & np.isnan(b)), 0.0, np.abs(a - b))
    return np.where(np.isnan(error), np.inf, error)


def same_bits(old: np.ndarray, new: np.ndarray) -> bool:
    """Tell whether two arrays of one type have the same bytes, except in nan."""
    if old.dtype.kind != "f":
        return old.tobytes() == new.tobytes()
    nan = np.isnan(old)
    return np.array_equal(nan, np.isnan(new)) and old[~nan].tobytes() == new[~nan].tobytes()


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
    found = {
        name: [*differences(before.get(name, {}), after.get(name, {}))] for name in before | after
    }
    found = {name: different for name, different in sorted(found.items()) if different}
    n_outputs = sum(map(len, before.values()))
    print(f"{len(before)} configurations with {n_outputs} outputs; ", end="")
    print(f"{n_errors(before)} raise an error")
    print(f"{len(before | after) - len(found)} identical, {len(found)} different")
    for name, different in found.items():
        print(*(f"  {name}: {text}" for text, _ in different), sep="\n")
    reworded = wordings(before, after)
    for old, new in sorted(reworded.items()):
        print(f"reworded: {old}", *sorted(new), sep="\n      to: ")
    ambiguous = any(len(new) > 1 for new in reworded.values())
    return ambiguous or any(size > TOLERANCE for pairs in found.values() for _, size in pairs)


def main() -> int:
    """Compare two checkouts, and return 1 if they differ or too many configurations fail."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--before", type=Path, required=True, help="a checkout")
    parser.add_argument("--after", type=Path, default=HERE, help="a checkout; default: this one")
    parser.add_argument("--only", default="", help="run configurations with this text in the name")
    parser.add_argument("--write", type=Path, help=argparse.SUPPRESS)  # the task of a worker
    args = parser.parse_args()
    if args.write:
        with threadpool_limits(1):
            results = {name: outputs(work) for name, work in configurations() if args.only in name}
        args.write.write_bytes(pickle.dumps(results))
        return 0
    before, after = results_of([args.before, args.after], args.only)
    differ = report(before, after)
    too_many = not args.only and n_errors(before) > MOST_ERRORS * len(before)
    if too_many:
        print(f"More than {MOST_ERRORS:.0%} of the configurations raise an error.")
    return int(differ or too_many)


if __name__ == "__main__":
    sys.exit(main())
