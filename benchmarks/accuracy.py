"""How good the tabular estimators' predictions are, beside what users would pick instead.

Every contestant gets the same raw tables, at its defaults, on one thread, in three stratified folds
(Adult: its official split; real tables: one split, a third for the test), for three random states
if it has any. A fit's error, log-loss, area under the curve, calibration error and CPU seconds are
appended to a file as soon as they are known, so that a run that was stopped goes on where it was,
and only what has changed is measured again: our estimators whenever the package's source has, the
others with their versions and parameters.

- `keel.py`, `r_tables.py`, `tabular_data.py`: the data, and why those;
- `rivals.py`: the contestants, and what they are given;
- `quality.py`, `runs.py`: the measures, and how they are averaged;
- `bars.py`: the bars of --check. Those of memory are in `memory.py`.

CatBoost, LightGBM and pytabkit's RealMLP, which brings torch, are best kept in an environment of
their own:

    python3 -m venv .venv-peers && .venv-peers/bin/pip install '.[peers]'
    python -m benchmarks accuracy --peers .venv-peers/bin/python

The bars of --check compare us, with all three random states, with what the file holds of others.
The estimators' passing of scikit-learn's own checks is a matter of tests/test_common.py.

Usage: python -m benchmarks accuracy [--sets GROUP|NAME ...] [--only CONTESTANT ...] [--quick]
                                     [--peers PYTHON] [--results FILE]
                                     [--data DIR] [--adult DIR] [--real DIR]
                                     [--measure-only | --report-only] [--each]
                                     [--check] [--json FILE] [--picture FILE]
"""

import argparse
import json
import math
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import keel
import pandas as pd
import r_tables
from bars import check_all
from checks import Check, finite, number
from machine import describe
from rivals import CLASSIFIERS, ENSEMBLE, OURS, RIVALS, SEEDS
from runs import duels, latest, measure, summarize
from tabular_data import ADULT, GROUPS, NAMES, Places, has_numbers, names_of

CLASSIFICATION = {"error": "error", "log_loss": "log-loss", "auc": "AUC", "ece": "ECE"}
REAL = {"error": "error", "log_loss": "log-loss", "one_minus_auc": "1 - AUC", "ece": "ECE"}
REGRESSION = {"rmse": "RMSE"}
MEASURES = {"real": REAL, "regression": REGRESSION, "real-regression": REGRESSION}
TITLES = {
    "small": "fourteen small sets",
    "large": "six larger sets",
    "adult": "Adult income, official test file",
    "regression": "regression, RMSE as a share of the target's deviation",
    "real": "seven real tables of classes",
    "real-regression": "four real tables of numbers, RMSE as a share of the target's deviation",
}
LONG = {"error": "error, geometric mean", "log_loss": "log-loss, geometric mean"}


# Tables.


def summaries(
    runs: pd.DataFrame, names: Sequence[str], tables: Sequence[str]
) -> list[dict[str, Any]]:
    """Average each contestant's runs over some tables."""
    return [{"contestant": name, **summarize(runs, name, tables)} for name in names]


def print_table(title: str, rows: list[dict[str, Any]], measures: dict[str, str]) -> None:
    """Print averages, dashes for what was not measured, and the random states behind them."""
    header = "".join(f"{label:>10}" for label in (*measures.values(), "CPU s", "seeds"))
    print(f"\n{title}\n{'':<30}{header}")
    for row in rows:
        cells = [number(row.get(measure, math.nan), 4) for measure in measures]
        cells += [number(row.get("seconds", math.nan)), len(row.get("seeds", ())) or "-"]
        print(f"{row['contestant']:<30}" + "".join(f"{cell:>10}" for cell in cells))


def report(args: argparse.Namespace, runs: pd.DataFrame) -> dict[str, list[dict[str, Any]]]:
    """Print and return the averages over what was asked for of every group of tables."""
    averages = {}
    for group, members in GROUPS.items():
        tables = [name for name in members if name in args.tables]
        names = [name for name in args.only if RIVALS[name].regressor == has_numbers(members[0])]
        measures = MEASURES.get(group, CLASSIFICATION)
        whole = len(tables) == len(members)
        pieces = {TITLES[group] if whole else ", ".join(tables): tables} if tables else {}
        if args.each:
            pieces |= {table: [table] for table in tables}
        for title, piece in pieces.items():
            averages[title] = summaries(runs, names, piece)
            print_table(title, averages[title], measures)
    return averages


# The command.


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add = parser.add_argument
    add("--sets", nargs="+", choices=[*GROUPS, *NAMES], default=list(GROUPS), metavar="NAME")
    add("--only", nargs="+", choices=RIVALS, default=list(RIVALS), metavar="CONTESTANT")
    add("--quick", action="store_true", help="one random state instead of three")
    add("--peers", metavar="PYTHON", help="interpreter for the contestants not installed here")
    add("--results", type=Path, default=keel.CACHE / "accuracy.jsonl", help="file that grows")
    add("--data", type=Path, default=keel.CACHE, help="folder for KEEL's package")
    add("--adult", type=Path, default=ADULT, help="folder of adult.data and adult.test")
    add("--real", type=Path, default=r_tables.DATA, help="folder of the real tables")
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--measure-only", action="store_true", help="print no averages")
    which.add_argument("--report-only", action="store_true", help="take the results as they are")
    add("--each", action="store_true", help="also a table for every set")
    add("--check", action="store_true", help="compare with the bars; 1 on a FAIL")
    add("--json", type=Path, help="file for the averages and checks")
    add("--picture", type=Path, help="file for quality against time on the small sets")
    args = parser.parse_args()
    if args.peers and not shutil.which(args.peers):
        parser.error(f"--peers takes the path of a Python interpreter; there is none: {args.peers}")
    args.tables = names_of(args.sets)
    return args


def measure_all(args: argparse.Namespace) -> None:
    """Measure what is missing, here and with the other interpreter."""
    args.results.parent.mkdir(parents=True, exist_ok=True)
    args.data.mkdir(parents=True, exist_ok=True)
    seeds = SEEDS[:1] if args.quick else SEEDS
    rivals = {name: RIVALS[name] for name in args.only}
    measure(args.results, rivals, args.tables, seeds, Places(args.data, args.adult, args.real))
    elsewhere = [name for name in args.only if not RIVALS[name].find()]
    if elsewhere and args.peers:
        measure_elsewhere(args, elsewhere)
    elif elsewhere and not args.measure_only:
        print(f"not installed here: {', '.join(elsewhere)}")


def measure_elsewhere(args: argparse.Namespace, names: list[str]) -> None:
    """Run this script with the other interpreter."""
    command = [args.peers, __file__, "--measure-only", "--only", *names, "--sets", *args.sets]
    for option in ("results", "data", "adult", "real"):
        command += [f"--{option}", str(getattr(args, option))]
    one_thread = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
    quick = ["--quick"] if args.quick else []
    subprocess.run([*command, *quick], check=True, env=os.environ | one_thread)


def write_json(path: Path, machine: str, averages: dict[str, Any], checks: list[Check]) -> None:
    """Write the averages and the checks."""
    rows = {"averages": averages, "checks": [finite(asdict(check)) for check in checks]}
    path.write_text(json.dumps({"machine": machine, **rows}, indent=1))


def small_sets(
    runs: pd.DataFrame,
) -> tuple[str, dict[str, Any], dict[str, str], tuple[str, ...]]:
    """Say what the picture shows: all contestants that were measured on all small sets."""
    found = {name: summarize(runs, name, GROUPS["small"]) for name in CLASSIFIERS}
    found = {name: summary for name, summary in found.items() if summary}
    if not found:
        raise SystemExit("--picture needs a contestant that was measured on all small sets")
    return TITLES["small"], found, LONG, (OURS, ENSEMBLE)


def main() -> int:
    """Measure, print, and return 1 if a check failed."""
    args = arguments()
    machine = describe("catboost", "lightgbm", "pytabkit", "torch")
    print(machine, flush=True)
    if not args.report_only:
        measure_all(args)
    if args.measure_only:
        return 0
    runs = latest(args.results, {} if args.report_only else RIVALS)
    averages = report(args, runs)
    print(f"\nthe ensemble beside others\n{duels(runs).to_string()}")
    checks = list(check_all(runs)) if args.check else []
    if checks:
        print("\nchecks", *checks, sep="\n")
    if args.json:
        write_json(args.json, machine, averages, checks)
    if args.picture:
        import tradeoff

        tradeoff.save(args.picture, *small_sets(runs))
    return int(any(check.verdict == "FAIL" for check in checks))


if __name__ == "__main__":
    sys.exit(main())
