"""Score and fit time on real tables of mixed types, before and after a change.

The tables and their splits are those of `r_tables.py`, without identifiers. Two rows add such
columns as the sources had: a number for each patient, and first and last names drawn at random from
800 and 500 names.

The two checkouts take turns, table by table and seed by seed, each in a process of its own with one
thread. Results are appended to a file, by the hash of the package's source, and are not measured
twice.

Usage: python -m benchmarks real_tables --before DIR [--tables NAME ...] [--seeds N] [--data DIR]
                                        [--results FILE] [--report-only]
"""

import argparse
import json
import os
import subprocess
import sys
import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any

import keel
import numpy as np
import pandas as pd
import r_tables
from machine import describe
from rivals import OUR_REGRESSOR, OURS, RIVALS, source_hash
from runs import append, evaluate, read, warm_up
from tabular_data import Places, has_numbers, load

WITH_KEYS = ("stroke + id", "covid + id and names")
TABLES = (*r_tables.CLASSES, *r_tables.NUMBERS, *WITH_KEYS)


def with_keys(table: pd.DataFrame, *, names: bool) -> pd.DataFrame:
    """Add a number for each row, in random order, and first and last names that say nothing."""
    rng = np.random.default_rng(0)
    table = table.assign(id=rng.permutation(len(table)) + 1)
    if names:
        for column, n in (("first_name", 800), ("last_name", 500)):
            table[column] = np.char.add("name", rng.integers(n, size=len(table)).astype(str))
    return table


def measure_one(name: str, seed: int, directory: Path) -> dict[str, float]:
    """Fit on two thirds of a table, and measure the predictions for the others."""
    source = name.partition(" ")[0]
    table = load(source, Places(real=directory))
    if name in WITH_KEYS:
        table = replace(table, X=with_keys(table.X, names="names" in name))
    ours = OUR_REGRESSOR if has_numbers(source) else OURS
    return evaluate(RIVALS[ours], table, 0, seed)


# The worker.


def work(directory: Path) -> None:
    """Answer the hash of the package's source, then each pair of table and seed."""
    warnings.simplefilter("ignore")
    print(json.dumps(source_hash()), flush=True)
    for rival in (OURS, OUR_REGRESSOR):
        warm_up(RIVALS[rival])
    for line in sys.stdin:
        print(json.dumps(measure_one(*json.loads(line), directory)), flush=True)


class Worker:
    """A process that fits with the package of one checkout."""

    def __init__(self, checkout: Path, data: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, __file__, "--data", data, "--work"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | {"PYTHONPATH": str(checkout), "OMP_NUM_THREADS": "1"},
        )
        self.source = self.answer()

    def answer(self) -> Any:
        """Wait for an answer."""
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"A worker ended with status {self.process.wait()}.")
        return json.loads(line)

    def ask(self, name: str, seed: int) -> dict[str, float]:
        """Let the process measure a table with a seed."""
        self.process.stdin.write(json.dumps([name, seed]) + "\n")
        self.process.stdin.flush()
        return self.answer()

    def end(self) -> None:
        """Let the process end."""
        self.process.stdin.close()
        self.process.wait()


# The parent.


def measure(workers: list[Worker], args: argparse.Namespace) -> pd.DataFrame:
    """Measure what the file lacks, in turns, and return the runs of these checkouts."""
    sources = [worker.source for worker in workers]
    done = {(run["source"], run["table"], run["seed"]) for run in read(args.results)}
    for seed in range(args.seeds):
        for name in args.tables:
            for worker in workers:
                key = worker.source, name, seed
                if key not in done:
                    run = dict(zip(("source", "table", "seed"), key, strict=True))
                    append(args.results, run | worker.ask(name, seed))
    runs = pd.DataFrame(read(args.results))
    return runs[runs["source"].isin(sources)]


def report(runs: pd.DataFrame, sources: list[str], names: list[str]) -> None:
    """Print a row of Markdown for each table: scores and seconds before and after."""
    print("| table | measure | before | after | seconds before | seconds after |")
    print("|---|---|---|---|---|---|")
    for name in names:
        measures = ("rmse",) if has_numbers(name) else ("auc", "log_loss")
        sides = [runs[(runs["source"] == one) & (runs["table"] == name)] for one in sources]
        cells = [[spread(side[each]) for side in sides] for each in measures]
        seconds = [f"{side['seconds'].mean():.1f}" for side in sides]
        for each, (before, after) in zip(measures, cells, strict=True):
            print(f"| {name} | {each} | {before} | {after} | {' | '.join(seconds)} |")


def spread(values: pd.Series) -> str:
    """Return the mean and the standard deviation over seeds."""
    return f"{values.mean():.4f} ± {values.std():.4f}"


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add = parser.add_argument
    here = Path(__file__).resolve().parents[1]
    add("--before", type=Path, help="a checkout")
    add("--after", type=Path, default=here, help="a checkout; default: this one")
    add("--tables", nargs="+", choices=TABLES, default=list(TABLES), metavar="NAME")
    add("--seeds", type=int, default=3)
    add("--data", type=Path, default=r_tables.DATA, help="folder of the tables")
    add("--results", type=Path, default=keel.CACHE / "real_tables.jsonl", help="file that grows")
    add("--work", action="store_true", help=argparse.SUPPRESS)  # the task of a worker
    return parser.parse_args()


def main() -> None:
    """Measure and report."""
    args = arguments()
    if args.work:
        work(args.data)
        return
    args.results.parent.mkdir(parents=True, exist_ok=True)
    print(describe(), flush=True)
    checkouts = [args.before, args.after] if args.before else [args.after]
    workers = [Worker(checkout.resolve(), args.data) for checkout in checkouts]
    runs = measure(workers, args)
    for worker in workers:
        worker.end()
    report(runs, [worker.source for worker in workers], args.tables)


if __name__ == "__main__":
    main()
