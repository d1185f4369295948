"""Score and fit time on real tables of mixed types, before and after a change.

Each table is read as a user would read it, with pandas.read_csv at its defaults, and split once: a
third of the rows is the test set, stratified by class. Classes of fewer than 20 rows are left out.
The tables are without their identifiers. Two rows add such columns as the sources had: a number for
each patient, and first and last names drawn at random from 800 and 500 names.

The two checkouts take turns, table by table and seed by seed, each in a process of its own with one
thread. Results are appended to a file, by the hash of the package's source, and are not measured
twice.

Usage: python benchmarks/real_tables.py --before DIR [--tables NAME ...] [--seeds N] [--data DIR]
                                        [--results FILE] [--report-only]
"""

import argparse
import json
import os
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import keel
import numpy as np
import pandas as pd
from machine import describe
from quality import classification, regression
from rivals import OUR_REGRESSOR, OURS, RIVALS, source_hash
from runs import append, cpu_seconds, one_thread, read, warm_up
from sklearn.model_selection import train_test_split
from tabular_data import encode

from scratchmlp.tabular import TabularMLPClassifier, TabularMLPRegressor

DATA = Path(__file__).resolve().parents[2] / "shared" / "data" / "real"
MIN_ROWS = 20  # of a class
TARGETS = {
    "wa_churn": "churn",
    "mlc_churn": "churn",
    "stroke": "stroke",
    "thyroid": "ThryroidClass",
    "covid": "result",
    "hmda": "deny",
    "lending_club": "Class",
    "ames": "Sale_Price",
    "loans": "interest_rate",
    "star": "math3",
    "diamonds": "price",
}
NUMBERS = ("ames", "loans", "star", "diamonds")  # whose target is a number
WITH_KEYS = ("stroke + id", "covid + id and names")
TABLES = (*TARGETS, *WITH_KEYS)


def load(name: str, directory: Path) -> tuple[pd.DataFrame, np.ndarray]:
    """Read a table and its target, and add the columns that its name says."""
    source = name.partition(" ")[0]
    table = pd.read_csv(directory / f"{source}.csv.gz")
    y = table.pop(TARGETS[source])
    known = y.notna()
    if source not in NUMBERS:
        known &= y.map(y.value_counts()) >= MIN_ROWS
    table, y = table[known].reset_index(drop=True), y[known]
    if name in WITH_KEYS:
        table = with_keys(table, names="names" in name)
    return table, y.to_numpy(float) if source in NUMBERS else encode(y)


def with_keys(table: pd.DataFrame, *, names: bool) -> pd.DataFrame:
    """Add a number for each row, in random order, and first and last names that say nothing."""
    rng = np.random.default_rng(0)
    table = table.assign(id=rng.permutation(len(table)) + 1)
    if names:
        for column, n in (("first_name", 800), ("last_name", 500)):
            table[column] = np.char.add("name", rng.integers(n, size=len(table)).astype(str))
    return table


def evaluate(name: str, seed: int, directory: Path) -> dict[str, float]:
    """Fit on two thirds of a table, and measure the predictions for the others."""
    X, y = load(name, directory)
    is_class = name.partition(" ")[0] not in NUMBERS
    rows = np.arange(len(y))
    train, test = train_test_split(
        rows, test_size=1 / 3, random_state=42, stratify=y if is_class else None
    )
    model = (TabularMLPClassifier if is_class else TabularMLPRegressor)(random_state=seed)
    start = cpu_seconds()
    model.fit(X.iloc[train], y[train])
    seconds = cpu_seconds() - start
    if is_class:
        measures = classification(y[test], model.predict_proba(X.iloc[test]))
    else:
        measures = regression(y[test], model.predict(X.iloc[test]), y.std())
    return measures | {"seconds": seconds}


# The worker.


def work(directory: Path) -> None:
    """Answer the hash of the package's source, then each pair of table and seed."""
    warnings.simplefilter("ignore")
    print(json.dumps(source_hash()), flush=True)
    for rival in (OURS, OUR_REGRESSOR):
        warm_up(RIVALS[rival])
    with one_thread():
        for line in sys.stdin:
            print(json.dumps(evaluate(*json.loads(line), directory)), flush=True)


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
        measures = ("rmse",) if name in NUMBERS else ("auc", "log_loss")
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
    add("--data", type=Path, default=DATA, help="folder of the tables")
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
