"""What a shorter fit of an ensemble costs: `effort="fast"`, beside boosting in eight folds.

Every candidate gets the tables of `lib/tables.py`, in the first of their splits, with at most 2,000
training rows, on one thread. Losses are log-losses, or root mean squared errors for numbers, and
times are CPU seconds of `fit`, all divided by those of the default: geometric means over tables, of
log-losses after 0.01 is added. Boosting is that of `lib/candidates.py`, stopped early; LightGBM is
left out if it is not installed. What is in the file is not measured again.

Usage: python -m benchmarks effort [--sets GROUP|NAME ...] [--results FILE] [--data DIR]
"""

import argparse
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.lib.candidates import CANDIDATES, ENSEMBLE, ENSEMBLE_REGRESSOR, Candidate
from benchmarks.lib.machine import describe
from benchmarks.lib.runs import OFFSET, can_read, latest, measure_runs, versions
from benchmarks.lib.tables import CACHE, GROUPS, NAMES, Table, has_numbers, load, names_of

SEED, MOST_ROWS = 0, 2_000
BAGS = ("LightGBM", "HistGradientBoosting")


def candidates(regressor: bool) -> dict[str, Candidate]:
    """Return the candidates for classes, or for numbers, by what the table calls them."""
    ensemble = CANDIDATES[ENSEMBLE_REGRESSOR if regressor else ENSEMBLE]
    fast = replace(ensemble, parameters=ensemble.parameters | {"effort": "fast"})
    suffix = "Regressor, 8 folds" if regressor else ", 8 folds"
    bags = {f"{name}, 8 folds": CANDIDATES[f"{name}{suffix}"] for name in BAGS}
    return {"thorough": ensemble, "fast": fast, **bags}


def first_split(name: str, data: Path) -> Table:
    """Return a table with its first split, of whose training rows a random part may be left."""
    table = load(name, data)
    train, test = table.splits[0]
    kept = np.random.RandomState(SEED).permutation(len(train))[:MOST_ROWS]
    return table._replace(splits=[(train[np.sort(kept)], test)])


def ratios(runs: pd.DataFrame, group: str, tables: Mapping[str, bool]) -> pd.DataFrame:
    """Return losses and times on tables of numbers or of classes, as multiples of the default's."""
    chosen = [name for name, numbers in tables.items() if numbers == (group == "numbers")]
    runs = runs[runs["table"].isin(chosen)]
    loss = runs["rmse"] if group == "numbers" else runs["log_loss"] + OFFSET
    by_table = runs.assign(loss=loss).pivot(index="table", columns="candidate")
    ratio = {of: by_table[of].div(by_table[of]["thorough"], axis=0) for of in ("loss", "seconds")}
    means = {f"{of} / default's": np.exp(np.log(each).mean()) for of, each in ratio.items()}
    means["lower loss on"] = (ratio["loss"] < 1).sum()
    means["seconds, mean"] = by_table["seconds"].mean()
    return pd.DataFrame(means).loc[[*dict.fromkeys(runs["candidate"])]]


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add = parser.add_argument
    add("--sets", nargs="+", choices=[*GROUPS, *NAMES], default=list(GROUPS), metavar="NAME")
    add("--results", type=Path, default=CACHE / "effort.jsonl", help="file that grows")
    add("--data", type=Path, default=CACHE, help="folder of the tables")
    args = parser.parse_args()
    print(describe("lightgbm"), flush=True)
    tables = {name: has_numbers(name) for name in names_of(args.sets) if can_read(name, args.data)}
    for numbers in (False, True):
        who = candidates(numbers)
        wanted = [
            (name, version, table, 0, SEED)
            for table, of in tables.items()
            if of == numbers
            for name, version in versions(who).items()
        ]
        measure_runs(args.results, who, wanted, lambda name, _: first_split(name, args.data))
        group = "numbers" if numbers else "classes"
        table = ratios(latest(args.results, who), group, tables)
        print(f"\n{group}, {sum(of == numbers for of in tables.values())} tables")
        print(table.round(3).to_string())


if __name__ == "__main__":
    main()
