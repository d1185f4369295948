"""How good the tabular estimators' predictions are, beside what users would pick instead.

Every contestant gets the same raw tables, at its defaults, on one thread, in three stratified folds
(Adult: its official split), for three random states if it has any. A fit's error, log-loss, area
under the curve, calibration error and CPU seconds are appended to a file as soon as they are known,
so that a run that was stopped goes on where it was, and only what has changed is measured again:
our estimators whenever the package's source has, the others with their versions and parameters.

- `keel.py`, `tabular_data.py`: the data, and why those;
- `rivals.py`: the contestants, and what they are given;
- `quality.py`, `runs.py`: the measures, and how they are averaged.

CatBoost and pytabkit's RealMLP, which brings torch, are best kept in an environment of their own:

    python3 -m venv .venv-peers && .venv-peers/bin/pip install '.[peers]'
    python benchmarks/accuracy.py --peers .venv-peers/bin/python

The bars of --check compare us, with all three random states, with what the file holds of others.
The estimators' passing of scikit-learn's own checks is a matter of tests/test_common.py.

Usage: python benchmarks/accuracy.py [--sets small|large|adult|regression|NAME ...]
                                     [--only CONTESTANT ...] [--quick] [--peers PYTHON]
                                     [--results FILE] [--data DIR] [--adult DIR]
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
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import keel
import pandas as pd
from checks import Check, check, finite, number
from machine import describe
from rivals import CLASSIFIERS, OUR_REGRESSOR, OURS, RIVALS, SEEDS
from runs import latest, measure, summarize
from tabular_data import ADULT, GROUPS, NAMES, Places, names_of

CLASSIFICATION = {"error": "error", "log_loss": "log-loss", "auc": "AUC", "ece": "ECE"}
REGRESSION = {"rmse": "RMSE"}
TITLES = {
    "small": "fourteen small sets",
    "large": "six larger sets",
    "adult": "Adult income, official test file",
    "regression": "regression, RMSE as a share of the target's deviation",
}
LONG = {"error": "error, geometric mean", "log_loss": "log-loss, geometric mean"}


# Checks.


def value(runs: pd.DataFrame, name: str, tables: Sequence[str], key: str) -> float:
    """Average a measure; nan if it is not known, or, for our own, not for every random state."""
    summary = summarize(runs, name, tables)
    enough = name not in (OURS, OUR_REGRESSOR) or len(summary.get("seeds", ())) == len(SEEDS)
    return summary.get(key, math.nan) if enough else math.nan


def check_all(runs: pd.DataFrame) -> Iterator[Check]:
    """Check every bar, measured or not."""
    small = GROUPS["small"]
    for key, bar in (("error", 0.122), ("log_loss", 0.260)):
        measured = value(runs, OURS, small, key)
        yield check(f"small: {CLASSIFICATION[key]}", measured, bar, at_least=False, digits=4)
    yield from check_seconds(runs)
    measured, bar = (sharp_error(runs, name) for name in (OURS, "CatBoost"))
    yield check("phoneme, segment: error, CatBoost's", measured, bar, at_least=False, digits=4)
    adult = {key: value(runs, OURS, ["adult"], key) for key in ("error", "log_loss", "seconds")}
    yield check("adult: accuracy", 1 - adult["error"], 0.871, at_least=True, digits=4)
    yield check("adult: log-loss", adult["log_loss"], 0.282, at_least=False, digits=4)
    yield check("adult: CPU seconds", adult["seconds"], 30, at_least=False, digits=1)
    for name in ("HistGradientBoosting", "CatBoost", "MLPClassifier"):
        measured, bar = (value(runs, who, small, "ece") for who in (OURS, name))
        yield check(f"small: ECE, {name}'s", measured, bar, at_least=False, digits=4)
    for name in ("HistGradientBoostingRegressor", "MLPRegressor"):
        who = (OUR_REGRESSOR, name)
        measured, bar = (value(runs, one, GROUPS["regression"], "rmse") for one in who)
        yield check(f"RMSE, {name}'s", measured, bar, at_least=False, digits=4)


def check_seconds(runs: pd.DataFrame) -> Iterator[Check]:
    """Compare CPU seconds with RealMLP's, if both were measured on one kind of processor."""
    small = GROUPS["small"]
    for name, share in (("RealMLP-TD", 1.0), ("RealMLP-TD, 8 folds", 0.1)):
        fits = runs[runs["contestant"].isin([OURS, name]) & runs["table"].isin(small)]
        ours, theirs = (value(runs, who, small, "seconds") for who in (OURS, name))
        ratio = ours / theirs if fits["cpu"].nunique() == 1 else math.nan
        yield check(f"small: CPU s, ours / {name}", ratio, share, at_least=False)


def sharp_error(runs: pd.DataFrame, name: str) -> float:
    """Average the errors on the two sets with sharp thresholds."""
    return sum(value(runs, name, [table], "error") for table in ("phoneme", "segment")) / 2


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
        is_class = group != "regression"
        names = [name for name in args.only if (name in CLASSIFIERS) == is_class]
        measures = CLASSIFICATION if is_class else REGRESSION
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
    measure(args.results, rivals, args.tables, seeds, Places(args.data, args.adult))
    elsewhere = [name for name in args.only if not RIVALS[name].find()]
    if elsewhere and args.peers:
        measure_elsewhere(args, elsewhere)
    elif elsewhere and not args.measure_only:
        print(f"not installed here: {', '.join(elsewhere)}")


def measure_elsewhere(args: argparse.Namespace, names: list[str]) -> None:
    """Run this script with the other interpreter."""
    command = [args.peers, __file__, "--measure-only", "--only", *names, "--sets", *args.sets]
    for option in ("results", "data", "adult"):
        command += [f"--{option}", str(getattr(args, option))]
    one_thread = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
    quick = ["--quick"] if args.quick else []
    subprocess.run([*command, *quick], check=True, env=os.environ | one_thread)


def write_json(path: Path, machine: str, averages: dict[str, Any], checks: list[Check]) -> None:
    """Write the averages and the checks."""
    rows = {"averages": averages, "checks": [finite(asdict(check)) for check in checks]}
    path.write_text(json.dumps({"machine": machine, **rows}, indent=1))


def small_sets(runs: pd.DataFrame) -> tuple[str, dict[str, Any], dict[str, str], str]:
    """Say what the picture shows: all contestants that were measured on all small sets."""
    found = {name: summarize(runs, name, GROUPS["small"]) for name in CLASSIFIERS}
    found = {name: summary for name, summary in found.items() if summary}
    if not found:
        raise SystemExit("--picture needs a contestant that was measured on all small sets")
    return TITLES["small"], found, LONG, OURS


def main() -> int:
    """Measure, print, and return 1 if a check failed."""
    args = arguments()
    machine = describe("catboost", "pytabkit", "torch")
    print(machine, flush=True)
    if not args.report_only:
        measure_all(args)
    if args.measure_only:
        return 0
    runs = latest(args.results, RIVALS)
    averages = report(args, runs)
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
