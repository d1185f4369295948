"""Ensembles on a Dask cluster: members that train on all rows, or on a share of them.

Each table is trained on in this process, and on a local cluster, where members train on all rows
outside of their fold, and on fewer. Printed are the seconds of `fit` and the loss of out-of-fold
and of test predictions: log-loss of classes, or root mean squared error of numbers divided by the
standard deviation of the test targets.

"homes" is drawn at random: 400,000 training rows and 100,000 test rows of the table "mixed" of
`lib/tables.py`, whose target becomes three classes in "homes, classes".

The last table tells the memory that the training of a member takes beside the encoded rows of a
table of 100 random numbers. `rows_per_member="auto"` assumes that it grows by no more than
`scratchmlp.dask.tables.members._COPIES` times their size.

Usage: python -m benchmarks cluster_tables [--tables NAME ...] [--shares SHARE ...] [--cv N]
                                           [--data DIR]
"""

import argparse
import time
import tracemalloc
import warnings
from pathlib import Path
from typing import Any

import dask.dataframe as dd
import numpy as np
import pandas as pd
from sklearn.metrics import log_loss, root_mean_squared_error

from benchmarks.cluster import cluster
from benchmarks.lib.machine import describe
from benchmarks.lib.tables import CACHE, Table, load, mixed
from scratchmlp import dask
from scratchmlp.dask.tables.members import EncodedParts
from scratchmlp.dask.tables.rows import bytes_of
from scratchmlp.tabular import TabularMLPClassifier, TabularMLPRegressor
from scratchmlp.tabular.networks.deadline import NO_LIMIT
from scratchmlp.tabular.networks.fit import chosen_recipe, member_plans
from scratchmlp.tabular.networks.member import train_member
from scratchmlp.tabular.preparation import problem_of

TABLES = ("covid", "diamonds", "adult", "homes", "homes, classes")
N_PARTITIONS, N_WORKERS, N_HOMES = 16, 2, 400_000


def read(name: str, data: Path) -> Table:
    """Read a table, or draw homes, a fifth of which is for testing."""
    if not name.startswith("homes"):
        return load(name, data)
    X, y = mixed(N_HOMES * 5 // 4)
    if name == "homes, classes":
        y = np.digitize(y, np.quantile(y, [1 / 3, 2 / 3]))
    rows = np.arange(len(y))
    return Table(X, y, [(rows[:N_HOMES], rows[N_HOMES:])])


def loss(y: np.ndarray, predictions: np.ndarray) -> float:
    """Return the loss of predictions."""
    if predictions.ndim == 2:
        return log_loss(y, predictions)
    return root_mean_squared_error(y, predictions) / np.std(y)


def fit(model: Any, X: pd.DataFrame, y: np.ndarray, rows_per_member: Any) -> float:
    """Fit a model, on the cluster if members have a number of rows, and return the seconds."""
    targets = pd.Series(y, X.index)
    started = time.perf_counter()
    if rows_per_member is None:
        model.fit(X, targets)
    else:
        parts = (dd.from_pandas(each, npartitions=N_PARTITIONS) for each in (X, targets))
        dask.fit(model, *parts, rows_per_member=rows_per_member)
    return time.perf_counter() - started


def print_fits(table: Table, shares: list[float], cv: int) -> None:
    """Print a row for the fit in this process, and for each number of rows on the cluster."""
    [(training, test)] = table.splits
    X, y = table.X.iloc[training].reset_index(drop=True), table.y[training]
    is_classifier = not np.issubdtype(y.dtype, np.floating)
    kind = TabularMLPClassifier if is_classifier else TabularMLPRegressor
    names = {None: f"local, n_jobs={N_WORKERS}", "all": "cluster, all rows"}
    for rows_per_member in (None, "all", *(int(share * len(y)) for share in shares)):
        model = kind(cv=cv, random_state=0, n_jobs=N_WORKERS)
        seconds = fit(model, X, y, rows_per_member)
        name = names.get(rows_per_member) or f"cluster, {rows_per_member:,} rows"
        out_of_fold = model.oof_proba_ if is_classifier else model.oof_prediction_
        predict = model.predict_proba if is_classifier else model.predict
        losses = loss(y, out_of_fold), loss(table.y[test], predict(table.X.iloc[test]))
        print(f"| {name} | {losses[0]:.4f} | {losses[1]:.4f} | {seconds:.1f} |", flush=True)


def member_memory(n_rows: int, cv: int) -> tuple[float, float]:
    """Return the megabytes of encoded rows, and the most that a member takes beside them."""
    X = np.random.default_rng(0).standard_normal((n_rows, 100))
    y = (X[:, 0] > X[:, 1]).astype(int)
    model = TabularMLPClassifier(cv=cv, max_iter=1, random_state=0)
    problem = problem_of(model, X, y)
    recipe = chosen_recipe(model, problem)
    [plan] = member_plans(problem, recipe, [NO_LIMIT] * cv, range(1, 2))
    parts = [problem.data.X[rows] for rows in np.array_split(np.arange(n_rows), N_PARTITIONS)]
    n_bytes = sum(map(bytes_of, parts))
    tracemalloc.start()
    train_member(recipe, problem.data._replace(X=EncodedParts(parts, None)), plan)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return n_bytes / 1e6, peak / 1e6


def main() -> None:
    """Measure all tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tables", nargs="*", choices=TABLES, default=TABLES)
    parser.add_argument("--shares", nargs="*", type=float, default=[1 / 2, 1 / 4, 1 / 8])
    parser.add_argument("--cv", type=int, default=8)
    parser.add_argument("--data", type=Path, default=CACHE, help="folder of the tables")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    print(describe("dask", "distributed"))
    with cluster(N_WORKERS):
        for name in arguments.tables:
            table = read(name, arguments.data)
            print(f"\n{name}: {len(table.splits[0][0]):,} rows\n")
            print("| | out of fold | test | seconds |\n|---|---|---|---|")
            print_fits(table, arguments.shares, arguments.cv)
    print("\n| rows | encoded rows, MB | a member, MB |\n|---|---|---|")
    for n_rows in (50_000, 100_000, 200_000):
        encoded, member = member_memory(n_rows, arguments.cv)
        print(f"| {n_rows:,} | {encoded:.0f} | {member:.0f} |")


if __name__ == "__main__":
    main()
