"""How good the tabular estimators' predictions are, beside what users would pick instead.

Every candidate gets the same raw tables, at its defaults, on one thread, in three stratified folds
(Adult: its official split; real tables: one split, a third for the test), for three random states
if it has any. A fit's error, log-loss, area under the curve, calibration error and CPU seconds are
appended to a file as soon as they are known, so that a run that was stopped goes on where it was,
and only what has changed is measured again: our estimators whenever the package's source has, the
others with their versions and parameters. ``--stored`` prints the runs that the pages quote, which
are in the repository, and the commit, versions and processors that they are of.
Its last counts are wins, ties and losses as `lib/differences.py` defines them: a table that is
split once has no standard error, and counts as unknown.

- `lib/tables.py`: the data, and where they come from;
- `lib/candidates.py`: the candidates, and what they are given;
- `lib/quality.py`, `lib/runs.py`: the measures, and how they are averaged.

Candidates that are not installed are left out. An environment of their own has them all:

    python3 -m venv .venv-peers && .venv-peers/bin/pip install '.[peers]'
    OMP_NUM_THREADS=1 .venv-peers/bin/python -m benchmarks accuracy

Usage: python -m benchmarks accuracy [--sets GROUP|NAME ...] [--only CANDIDATE ...] [--each]
                                     [--results FILE | --stored] [--data DIR]
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from benchmarks.lib.candidates import CANDIDATES
from benchmarks.lib.differences import ENSEMBLE, main_loss, outcomes
from benchmarks.lib.machine import describe
from benchmarks.lib.runs import RESULTS, latest, measure_tables, summarize
from benchmarks.lib.tables import CACHE, GROUPS, NAMES, has_numbers, names_of

STORED = RESULTS / "accuracy.jsonl"


def print_table(
    title: str, runs: pd.DataFrame, names: Sequence[str], tables: Sequence[str]
) -> None:
    """Print each candidate's averages over some tables, with dashes for what was not measured."""
    averages = pd.DataFrame([summarize(runs, name, tables) for name in names], names)
    print(f"\n{title}\n{averages.to_string(na_rep='-', float_format='{:.4f}'.format)}")


def report(args: argparse.Namespace, runs: pd.DataFrame) -> None:
    """Print the averages over what was asked for of every group of tables."""
    for group, members in GROUPS.items():
        tables = [name for name in members if name in args.tables]
        names = [
            name for name in args.only if CANDIDATES[name].regressor == has_numbers(members[0])
        ]
        if tables:
            whole = len(tables) == len(members)
            print_table(group if whole else ", ".join(tables), runs, names, tables)
        for table in tables if args.each else ():
            print_table(table, runs, names, [table])
    print_outcomes(main_loss(runs).groupby(level=["table", "fold"]).mean())  # over seeds


def print_outcomes(losses: pd.DataFrame) -> None:
    """Count the tables where the ensemble wins, ties and loses against each candidate."""
    if ENSEMBLE in losses:
        counts = {name: outcomes(losses, name) for name in losses if name != ENSEMBLE}
        print(f"\nthe ensemble's wins, ties and losses by tables\n{pd.DataFrame(counts).T}")


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add = parser.add_argument
    add("--sets", nargs="+", choices=[*GROUPS, *NAMES], default=list(GROUPS), metavar="NAME")
    add("--only", nargs="+", choices=CANDIDATES, default=list(CANDIDATES), metavar="CANDIDATE")
    add("--results", type=Path, default=CACHE / "accuracy.jsonl", help="file that grows")
    add("--stored", action="store_true", help="print the runs of the repository, measure nothing")
    add("--data", type=Path, default=CACHE, help="folder of the tables")
    add("--each", action="store_true", help="also a table for every set")
    args = parser.parse_args()
    if args.stored and not STORED.exists():
        parser.error(f"{STORED} is missing: restore it with git checkout, or leave --stored out")
    args.tables = names_of(args.sets)
    print(describe("catboost", "lightgbm", "pytabkit", "torch"), flush=True)
    if args.stored:
        runs = latest(STORED)
    else:
        candidates = {name: CANDIDATES[name] for name in args.only}
        measure_tables(args.results, candidates, args.tables, args.data)
        runs = latest(args.results, CANDIDATES)
    report(args, runs)
    state = runs.reindex(columns=["version", "cpu", "commit"]).drop_duplicates()
    print(f"\nmeasured\n{state.to_string(index=False, na_rep='-')}")


if __name__ == "__main__":
    main()
