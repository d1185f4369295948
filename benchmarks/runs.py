"""What `accuracy.py` and `ablation.py` have measured: one fit a line of a file, and averages.

A run is found again by its contestant, that contestant's version, its table, fold and seed, and is
not measured twice.
"""

import json
import logging
import os
import sys
import time
import warnings
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from machine import processor
from quality import classification, regression
from rivals import Rival
from sklearn.datasets import load_diabetes, load_iris
from tabular_data import GROUPS, Places, Table, has_numbers, load, n_folds
from threadpoolctl import threadpool_limits

KEY = ("contestant", "version", "table", "fold", "seed")
# Of errors, log-losses and 1 - AUC, so that a table where all is right does not decide.
OFFSET, REAL_OFFSET = 0.01, 0.001


# Measuring.


def measure(
    path: Path,
    rivals: Mapping[str, Rival],
    tables: Sequence[str],
    seeds: Sequence[int],
    at: Places,
) -> None:
    """Fit and evaluate every installed model on what is not in the file yet; append line by line.

    The first seed comes first, for everybody, so that a run that is stopped has compared something.
    """
    warnings.simplefilter("ignore")  # training that did not converge is scored like any other
    logging.disable(logging.INFO)  # torch's trainers report on each of their steps
    done, warm = {tuple(run[key] for key in KEY) for run in read(path)}, set()
    missing = [key for key in keys(rivals, tables, seeds) if key not in done]
    readable = {name for name in dict.fromkeys(key[2] for key in missing) if can_read(name, at)}
    for name, version, table, fold, seed in missing:
        if table not in readable:
            continue
        if name not in warm:
            warm_up(rivals[name])
            warm.add(name)
        measures = evaluate(rivals[name], load(table, at), fold, seed)
        key = dict(zip(KEY, (name, version, table, fold, seed), strict=True))
        append(path, key | measures | {"cpu": processor()})
        figures = "  ".join(f"{kind} {value:.4f}" for kind, value in measures.items())
        print(f"{name:<30}{table:<16}fold {fold}  seed {seed}  {figures}", flush=True)


def can_read(table: str, at: Places) -> bool:
    """Return the reason to skip a table, if there is one."""
    try:
        load(table, at)
    except OSError as error:
        print(f"{table} is left out: {error}", file=sys.stderr)
        return False
    return True


def keys(
    rivals: Mapping[str, Rival], tables: Sequence[str], seeds: Sequence[int]
) -> Iterator[tuple[str, str, str, int, int]]:
    """List the runs of the contestants that are installed."""
    versions = {name: rival.version() for name, rival in rivals.items() if rival.find()}
    for seed in seeds:
        for name, version in versions.items():
            for table in tables:
                fits = has_numbers(table) == rivals[name].regressor
                if fits and (seed == seeds[0] or rivals[name].random):
                    yield from (
                        (name, version, table, fold, seed) for fold in range(n_folds(table))
                    )


def evaluate(rival: Rival, table: Table, fold: int, seed: int) -> dict[str, float]:
    """Fit on the training rows of a split, and measure the predictions for the others."""
    train, test = table.splits[fold]
    model = rival.make(table.X, seed)
    with one_thread():
        start = cpu_seconds()
        model.fit(table.X.iloc[train], table.y[train])
        seconds = cpu_seconds() - start
        if rival.regressor:
            measures = regression(table.y[test], model.predict(table.X.iloc[test]), table.y.std())
        else:
            assert list(model.classes_) == list(range(table.y.max() + 1))
            measures = classification(table.y[test], model.predict_proba(table.X.iloc[test]))
    return measures | {"seconds": seconds}


def warm_up(rival: Rival) -> None:
    """Fit once on a few rows, for work that only a first fit does, such as imports."""
    X, y = (load_diabetes if rival.regressor else load_iris)(return_X_y=True, as_frame=True)
    with one_thread():
        rival.make(X, 0).fit(X.iloc[::2], y.to_numpy()[::2])


def one_thread() -> threadpool_limits:
    """Let BLAS, OpenMP and torch use one thread, those of the libraries loaded so far."""
    if "torch" in sys.modules:
        sys.modules["torch"].set_num_threads(1)
    return threadpool_limits(1)


def cpu_seconds() -> float:
    """Return the CPU seconds of this process and of the processes that it has waited for."""
    return time.process_time() + sum(os.times()[2:4])


# The file.


def append(path: Path, run: dict[str, Any]) -> None:
    """Write one line, at once."""
    with path.open("a") as file:
        file.write(json.dumps(run) + "\n")


def read(path: Path) -> list[dict[str, Any]]:
    """Read what was measured, without a line that a kill has cut.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as directory:
    ...     path = Path(directory) / "runs.jsonl"
    ...     before = read(path)
    ...     append(path, {"contestant": "a", "error": 0.25})
    ...     _ = path.write_text(path.read_text() + '{"contestant": "b", "er')
    ...     before, read(path)
    ([], [{'contestant': 'a', 'error': 0.25}])
    """
    lines = path.read_text().splitlines() if path.exists() else []
    runs = []
    for line in lines:
        try:
            runs.append(json.loads(line))
        except json.JSONDecodeError:
            continue
    return runs


# Averages.


def latest(path: Path, rivals: Mapping[str, Rival]) -> pd.DataFrame:
    """Read the runs of every contestant's current version.

    That is the one installed here, or, for a contestant that is not, the one measured last.
    """
    runs = pd.DataFrame(read(path))
    if runs.empty:
        return pd.DataFrame(columns=[*KEY, "cpu"])
    versions = runs.groupby("contestant")["version"].last().to_dict()
    versions |= {
        n: rival.version() for n, rival in rivals.items() if n in versions and rival.find()
    }
    current = runs["version"] == runs["contestant"].map(versions)
    return runs[current].drop_duplicates(list(KEY), keep="last")


def summarize(runs: pd.DataFrame, contestant: str, tables: Sequence[str]) -> dict[str, Any]:
    """Average one contestant's runs over folds and seeds, then over tables.

    Errors, log-losses, 1 - AUC and RMSEs have their geometric mean over tables, all but the last
    after 0.01 is added where there are several tables, or 0.001 if these are the real ones; the
    others have their arithmetic one. Only seeds that were
    measured on every fold of every table count, and are named as ``seeds``; without one the result
    is empty.

    Examples
    --------
    >>> runs = pd.DataFrame(
    ...     [("a", table, fold, 0, error, 2.0) for table, error in (("wine", 0.0), ("tae", 0.375))
    ...      for fold in range(3)],
    ...     columns=["contestant", "table", "fold", "seed", "error", "seconds"],
    ... )
    >>> round(summarize(runs, "a", ["wine", "tae"])["error"] ** 2, 5)  # 0.01 × 0.385
    0.00385
    >>> summarize(runs, "a", ["tae"])
    {'error': 0.375, 'seconds': 2.0, 'seeds': [0]}
    >>> summarize(runs[1:], "a", ["wine", "tae"])
    {}
    """
    runs = runs[(runs["contestant"] == contestant) & runs["table"].isin(tables)]
    counts = runs.groupby("seed").size()
    seeds = counts.index[counts == sum(map(n_folds, tables))]
    if seeds.empty:
        return {}
    measures = runs.select_dtypes("float").dropna(axis=1).columns
    means = runs[runs["seed"].isin(seeds)].groupby("table")[list(measures)].mean()
    if "auc" in means:
        means["one_minus_auc"] = 1 - means["auc"]
    offset = REAL_OFFSET if set(tables) <= set(GROUPS["real"]) else OFFSET
    averages = {name: float(average(name, means[name].to_numpy(), offset)) for name in means}
    return averages | {"seeds": seeds.tolist()}


def average(measure: str, means: np.ndarray, offset: float) -> float:
    """Average one measure over tables."""
    if len(means) == 1 or measure not in ("error", "log_loss", "one_minus_auc", "rmse"):
        return means.mean()
    return np.exp(np.log(means + (0 if measure == "rmse" else offset)).mean())


def by_table(runs: pd.DataFrame, measure: str) -> pd.DataFrame:
    """Average one measure over folds and seeds: a row a table, a column a contestant.

    Classifiers and regressors share a column, and RMSEs take the place of errors and log-losses.

    Examples
    --------
    >>> runs = pd.DataFrame(
    ...     [("CatBoost", "wine", 0.25, np.nan), ("CatBoostRegressor", "ames", np.nan, 2)],
    ...     columns=["contestant", "table", "error", "rmse"],
    ... )
    >>> by_table(runs, "error").to_dict()
    {'CatBoost': {'ames': 2.0, 'wine': 0.25}}
    """
    contestants = runs["contestant"].str.replace("Classifier|Regressor", "", regex=True)
    means = runs[[measure, "rmse"]].groupby([runs["table"], contestants]).mean()
    return means[measure].fillna(means["rmse"]).unstack()


def duels(runs: pd.DataFrame, ours: str = "TabularEnsemble") -> pd.DataFrame:
    """Count the tables where the loss of our estimator is lower than that of each contestant.

    Returns
    -------
    DataFrame
        For each contestant: the number of tables that both have, on how many the log-loss (or RMSE)
        and the error (or RMSE) are lower, and the median of how many times as long a fit takes.
    """
    losses, errors, seconds = (by_table(runs, name) for name in ("log_loss", "error", "seconds"))
    if ours not in losses:
        return pd.DataFrame()
    both = {other: losses[[ours, other]].dropna().index for other in losses if other != ours}
    return pd.DataFrame(
        {
            other: {
                "tables": len(tables),
                "lower loss": (losses[ours] < losses[other])[tables].sum(),
                "lower error": (errors[ours] < errors[other])[tables].sum(),
                "times as long": (seconds[ours] / seconds[other])[tables].median().round(1),
            }
            for other, tables in both.items()
        }
    ).T
