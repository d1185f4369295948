"""Peak memory of a fit, and of a prediction, beyond the interpreter and the table.

Each case runs in a process of its own, on one thread: one process makes the table only, another
trains on it too, and the difference of the most memory that the two ever held is printed. For a
prediction the second process trains on the first 10,000 rows, and predicts all of them.

The table has 15 columns of numbers, a third of them with missing values, and 15 columns of 2 to 40
categories, as pandas keeps them: small codes. A table of text leaves behind what it was made of,
which a fit then uses again, so that its memory is harder to tell.

Usage: python -m benchmarks memory [--rows N] [--classes N] [--predict] [--check]
"""

import argparse
import os
import resource
import subprocess
import sys
import warnings
from collections.abc import Iterator
from typing import Any

from checks import Check, check
from machine import describe

N_COLUMNS = 15  # of either kind
FEW = 10_000  # rows to train on for a prediction
ROWS = 200_000
MILLION = 1_000_000
# A process counts from the memory of the one that starts it: that one imports no library.


# One process.


def make_table(n_rows: int, n_classes: int) -> tuple[Any, Any]:
    """Make a table and its classes, column after column, in little more memory than they need."""
    import numpy as np
    import pandas as pd

    rng = np.random.default_rng(0)
    columns = {}
    for i in range(N_COLUMNS):
        values = rng.normal(size=n_rows)
        if i % 3 == 0:
            values[rng.integers(n_rows, size=n_rows // 10)] = np.nan
        columns[f"number {i}"] = values
    for i, n_levels in enumerate(np.linspace(2, 40, N_COLUMNS).astype(int)):
        codes = rng.integers(n_levels, size=n_rows, dtype=np.int8)
        levels = [f"level {level}" for level in range(n_levels)]
        columns[f"category {i}"] = pd.Categorical.from_codes(codes, levels)
    return pd.DataFrame(columns, copy=False), rng.integers(n_classes, size=n_rows)


def work(task: str, n_rows: int, n_classes: int) -> None:
    """Do what a process has to do, and print the most kilobytes that it ever held."""
    from scratchmlp.tabular import TabularMLPClassifier

    warnings.simplefilter("ignore")  # one epoch does not converge
    X, y = make_table(n_rows, n_classes)
    model = TabularMLPClassifier(cv=8, max_iter=1, random_state=0)
    if task == "fit":
        model.fit(X, y)
    if task == "predict":
        model.fit(X.iloc[:FEW], y[:FEW]).predict_proba(X)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(peak // 1024 if sys.platform == "darwin" else peak)


# The parent.


def beyond_table(task: str, n_rows: int, n_classes: int = 2) -> float:
    """Return the MB of a task beyond those of a process that only makes the table."""
    with_task, without = (peak_of(one, n_rows, n_classes) for one in (task, "table"))
    return (with_task - without) / 1000


def peak_of(task: str, n_rows: int, n_classes: int) -> int:
    """Return the most kilobytes that a process for a task held."""
    options = ["--rows", str(n_rows), "--classes", str(n_classes), "--work", task]
    one_thread = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
    command = [sys.executable, __file__, *options]
    done = subprocess.run(command, check=True, env=os.environ | one_thread, stdout=subprocess.PIPE)
    return int(done.stdout)


def check_all() -> Iterator[Check]:
    """Measure and check every bar."""
    for task, n_rows, bar in (
        ("fit", ROWS, 250),
        ("fit", MILLION, 2_000),
        ("predict", MILLION, 500),
    ):
        measured = beyond_table(task, n_rows)
        yield check(f"{task}, {n_rows:,} x {2 * N_COLUMNS}: MB", measured, bar, False, digits=0)


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add = parser.add_argument
    add("--rows", type=int, default=ROWS)
    add("--classes", type=int, default=2)
    add("--predict", action="store_true", help="predict all rows after training on 10,000 of them")
    add("--check", action="store_true", help="measure the cases with bars; 1 on a FAIL")
    add("--work", choices=("table", "fit", "predict"), help=argparse.SUPPRESS)  # of one process
    return parser.parse_args()


def main() -> int:
    """Measure and print; return 1 if a check failed."""
    args = arguments()
    if args.work:
        work(args.work, args.rows, args.classes)
        return 0
    print(describe(), flush=True)
    if args.check:
        verdicts = []
        for one in check_all():
            print(one, flush=True)
            verdicts.append(one.verdict)
        return int("FAIL" in verdicts)
    task = "predict" if args.predict else "fit"
    megabytes = beyond_table(task, args.rows, args.classes)
    print(f"{task}, {args.rows:,} rows, {args.classes:,} classes: {megabytes:.0f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
