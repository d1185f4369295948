"""What benchmarks of predictions have measured: a fit a line, and averages.

A run is found again by its candidate, that candidate's version, its table, fold and seed, and is
not measured twice. Each line also has the processor and the commit on which it was measured.
"""

import json
import logging
import os
import sys
import time
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.datasets import load_diabetes, load_iris

from benchmarks.lib.candidates import SEEDS, Candidate
from benchmarks.lib.machine import commit, processor
from benchmarks.lib.measuring import threads
from benchmarks.lib.quality import classification, regression
from benchmarks.lib.tables import GROUPS, Table, has_numbers, load, n_folds

RESULTS = Path(__file__).parents[1] / "results"  # the runs that the pages quote
KEY = ("candidate", "version", "table", "fold", "seed")
Key = tuple[str, str, str, int, int]  # their values
# Of errors, log-losses and 1 - AUC, so that a table where all is right does not decide.
OFFSET, REAL_OFFSET = 0.01, 0.001


def measure_tables(
    path: Path, candidates: Mapping[str, Candidate], tables: Sequence[str], data: Path
) -> None:
    """Fit and evaluate every installed model on what is not in the file yet.

    The first seed comes first, for everybody, so that a run that is stopped has compared something.
    """
    readable = [table for table in tables if can_read(table, data)]
    measure_runs(path, candidates, keys(candidates, readable), lambda table, _: load(table, data))


def measure_runs(
    path: Path,
    candidates: Mapping[str, Candidate],
    wanted: Iterable[Key],
    load: Callable[[str, int], Table],
    evaluate: Callable[[Any, Table, int, int], dict[str, float]] | None = None,
) -> None:
    """Measure the runs that are not in the file yet, in their order; append line by line.

    `load` returns a table with its splits for a seed, and `evaluate` measures a fit. Several
    processes may append to one file. Another library's candidate that fails on a table skips its
    other runs on the table.
    """
    warnings.simplefilter("ignore")  # training that did not converge is scored like any other
    logging.disable(logging.INFO)  # torch's trainers report on each of their steps
    path.parent.mkdir(parents=True, exist_ok=True)
    done, warm = set(read(path)[[*KEY]].itertuples(index=False, name=None)), set()
    failed: set[tuple[str, str]] = set()
    state = {"cpu": processor(), "commit": commit()}
    for key in wanted:
        name, _, table, fold, seed = key
        if key in done or (name, table) in failed:
            continue
        if name not in warm:
            warm_up(candidates[name])
            warm.add(name)
        rows = load(table, seed)
        try:
            measures = (evaluate or fit_and_measure)(candidates[name], rows, fold, seed)
        except Exception as error:
            if candidates[name].is_ours:
                raise
            print(f"{name} cannot do {table}: {error}", file=sys.stderr)
            failed.add((name, table))
            continue
        rounded = {kind: float(f"{value:.6g}") for kind, value in measures.items()}
        with path.open("a") as file:
            file.write(json.dumps(dict(zip(KEY, key, strict=True)) | rounded | state) + "\n")
        figures = "  ".join(f"{kind} {value:.4f}" for kind, value in measures.items())
        print(f"{name:<30}{table:<16}fold {fold}  seed {seed}  {figures}", flush=True)


def can_read(table: str, data: Path) -> bool:
    """Tell whether a table can be read, and print why not."""
    try:
        load(table, data)
    except OSError as error:
        print(f"{table} is left out: {error}", file=sys.stderr)
        return False
    return True


def keys(candidates: Mapping[str, Candidate], tables: Sequence[str]) -> Iterator[Key]:
    """List the runs of the candidates that are installed."""
    for seed, (name, version), table in product(SEEDS, versions(candidates).items(), tables):
        fits = has_numbers(table) == candidates[name].regressor
        if fits and (seed == SEEDS[0] or candidates[name].random):
            yield from ((name, version, table, fold, seed) for fold in range(n_folds(table)))


def versions(candidates: Mapping[str, Candidate]) -> dict[str, str]:
    """Return the versions of the candidates that are installed."""
    return {name: candidate.version() for name, candidate in candidates.items() if candidate.find()}


def fit_and_measure(
    candidate: Candidate,
    table: Table,
    fold: int,
    seed: int,
    keep: Callable[[Any], None] = lambda model: None,
) -> dict[str, float]:
    """Fit on the training rows of a split, and measure the predictions for the others."""
    train, test = table.splits[fold]
    X = candidate.columns(table.X)
    model = candidate.make(X, seed)
    with threads(1):
        start = cpu_seconds()
        model.fit(X.iloc[train], table.y[train])
        fitted = cpu_seconds()
        prediction = predict(candidate, model, X.iloc[test])
        seconds = {"seconds": fitted - start, "predict_seconds": cpu_seconds() - fitted}
    keep(model)
    if candidate.regressor:
        return regression(table.y[test], prediction, table.y.std()) | seconds
    assert list(model.classes_) == list(range(table.y.max() + 1))
    return classification(table.y[test], prediction) | seconds


def warm_up(candidate: Candidate) -> None:
    """Fit and predict once on a few rows, for work that only a first run does, such as imports."""
    X, y = (load_diabetes if candidate.regressor else load_iris)(return_X_y=True, as_frame=True)
    with threads(1):
        predict(candidate, candidate.make(X, 0).fit(X.iloc[::2], y.to_numpy()[::2]), X)


def predict(candidate: Candidate, model: Any, X: pd.DataFrame) -> np.ndarray:
    """Predict numbers or probabilities of classes."""
    return model.predict(X) if candidate.regressor else model.predict_proba(X)


def cpu_seconds() -> float:
    """Return the CPU seconds of this process and of the processes that it has waited for."""
    return time.process_time() + sum(os.times()[2:4])


def read(path: Path) -> pd.DataFrame:
    """Read what was measured."""
    return pd.read_json(path, lines=True) if path.exists() else pd.DataFrame(columns=[*KEY, "cpu"])


def latest(path: Path, candidates: Mapping[str, Candidate] | None = None) -> pd.DataFrame:
    """Read the runs of one version of each candidate.

    That is the version installed here of those in `candidates`, and of others the one measured
    last.
    """
    runs = read(path)
    of = runs.groupby("candidate")["version"].last().to_dict() | versions(candidates or {})
    current = runs["version"] == runs["candidate"].map(of)
    return runs[current].drop_duplicates(list(KEY), keep="last")


def merge(path: Path, into: Path) -> None:
    """Append runs to a file, which then has only the last version of each candidate."""
    lines = [line for each in (into, path) for line in each.read_text("utf-8").splitlines()]
    into.write_text("\n".join(lines) + "\n", "utf-8")
    into.write_text("".join(f"{lines[i]}\n" for i in latest(into).index), "utf-8")


def summarize(runs: pd.DataFrame, candidate: str, tables: Sequence[str]) -> dict[str, Any]:
    """Average one candidate's runs over folds and seeds, then over tables.

    Errors, log-losses, 1 - AUC and RMSEs have their geometric mean over tables, all but the last
    after 0.01 is added, or 0.001 if the tables are real ones; the others have their arithmetic
    mean. Only seeds that were measured on every fold of every table count, and are named as
    ``seeds``; without one the result is empty.

    Examples
    --------
    >>> runs = pd.DataFrame({"candidate": "a", "table": "tae", "fold": range(3), "seed": 0})
    >>> summarize(runs.assign(error=0.375), "a", ["tae"])
    {'error': 0.375, 'seeds': [0]}
    >>> summarize(runs.assign(error=0.375), "a", ["tae", "wine"])
    {}
    """
    runs = runs[(runs["candidate"] == candidate) & runs["table"].isin(tables)]
    counts = runs.groupby("seed").size()
    seeds = counts.index[counts == sum(map(n_folds, tables))]
    if seeds.empty:
        return {}
    measures = runs.select_dtypes("float").dropna(axis=1).columns
    means = runs[runs["seed"].isin(seeds)].groupby("table")[list(measures)].mean()
    if "auc" in means:
        means["one_minus_auc"] = 1 - means["auc"]
    offset = REAL_OFFSET if set(tables) <= set(GROUPS["real"]) else OFFSET
    averages = means.mean().to_dict()
    for name in (
        {"error", "log_loss", "one_minus_auc", "rmse"} & {*means} if len(tables) > 1 else ()
    ):
        added = 0 if name == "rmse" else offset
        averages[name] = float(np.exp(np.log(means[name] + added).mean()))
    return averages | {"seeds": seeds.tolist()}
