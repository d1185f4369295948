"""The bars of `accuracy.py --check`: our estimators beside constants and others.

A bar that compares needs both sides measured; where CPU seconds are compared, on one kind of
processor. Our estimators need all three random states.
"""

import math
from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd
from checks import Check, check
from rivals import ENSEMBLE, ENSEMBLE_REGRESSOR, OUR_REGRESSOR, OURS, RIVALS, SEEDS
from runs import summarize
from tabular_data import GROUPS, has_numbers

# The ensemble took 2.5 times as long as the networks until these stopped when they were done, which
# halved their time but not that of the trees.
MOST_TIMES = 4.0
LABELS = {"error": "error", "log_loss": "log-loss", "one_minus_auc": "1 - AUC"}
OVER_10_000 = ("magic", "adult", "covid", "diamonds")  # training rows


def check_all(runs: pd.DataFrame) -> Iterator[Check]:
    """Check every bar, measured or not."""
    yield from check_networks(runs)
    yield from check_networks_seconds(runs)
    yield from check_ensemble(runs)
    yield from check_ensemble_seconds(runs)


def value(runs: pd.DataFrame, name: str, tables: Sequence[str], key: str) -> float:
    """Average a measure; nan if it is not known, or, for our own, not for every random state."""
    summary = summarize(runs, name, tables)
    enough = not RIVALS[name].is_ours or len(summary.get("seeds", ())) == len(SEEDS)
    return summary.get(key, math.nan) if enough else math.nan


def ratio(
    runs: pd.DataFrame, names: tuple[str, str], tables: Sequence[str], key: str = "seconds"
) -> float:
    """Divide one contestant's average by the other's.

    CPU seconds of different processors are not compared: the ratio is nan.
    """
    fits = runs[runs["contestant"].isin(names) & runs["table"].isin(tables)]
    if key == "seconds" and fits["cpu"].nunique() != 1:
        return math.nan
    ours, theirs = (value(runs, name, tables, key) for name in names)
    return ours / theirs


# The networks.


def check_networks(runs: pd.DataFrame) -> Iterator[Check]:
    """Check the predictions of the networks alone."""
    small = GROUPS["small"]
    for key, bar in (("error", 0.122), ("log_loss", 0.260)):
        measured = value(runs, OURS, small, key)
        yield check(f"small: {LABELS[key]}", measured, bar, at_least=False, digits=4)
    measured, bar = (sharp_error(runs, name) for name in (OURS, "CatBoost"))
    yield check("phoneme, segment: error, CatBoost's", measured, bar, at_least=False, digits=4)
    yield from check_adult(runs, OURS, accuracy=0.871, log_loss=0.282, seconds=30)
    for name in ("HistGradientBoosting", "CatBoost", "MLPClassifier"):
        measured, bar = (value(runs, who, small, "ece") for who in (OURS, name))
        yield check(f"small: ECE, {name}'s", measured, bar, at_least=False, digits=4)
    for name in ("HistGradientBoostingRegressor", "MLPRegressor"):
        who = (OUR_REGRESSOR, name)
        measured, bar = (value(runs, one, GROUPS["regression"], "rmse") for one in who)
        yield check(f"RMSE, {name}'s", measured, bar, at_least=False, digits=4)


def check_adult(
    runs: pd.DataFrame, name: str, *, accuracy: float, log_loss: float, seconds: float
) -> Iterator[Check]:
    """Check a contestant's predictions for Adult, and the time of its fit."""
    found = {key: value(runs, name, ["adult"], key) for key in ("error", "log_loss", "seconds")}
    group = "adult" if name == OURS else "adult, ensemble"
    yield check(f"{group}: accuracy", 1 - found["error"], accuracy, at_least=True, digits=4)
    yield check(f"{group}: log-loss", found["log_loss"], log_loss, at_least=False, digits=4)
    yield check(f"{group}: CPU seconds", found["seconds"], seconds, at_least=False, digits=1)


def check_networks_seconds(runs: pd.DataFrame) -> Iterator[Check]:
    """Compare CPU seconds with RealMLP's."""
    for name, share in (("RealMLP-TD", 1.0), ("RealMLP-TD, 8 folds", 0.1)):
        measured = ratio(runs, (OURS, name), GROUPS["small"])
        yield check(f"small: CPU s, ours / {name}", measured, share, at_least=False)


def sharp_error(runs: pd.DataFrame, name: str) -> float:
    """Average the errors on the two sets with sharp thresholds."""
    return sum(value(runs, name, [table], "error") for table in ("phoneme", "segment")) / 2


def networks(table: str) -> str:
    """Name the networks for a table's kind of target."""
    return OUR_REGRESSOR if has_numbers(table) else OURS


def worst(what: str, ratios: dict[str, float], bar: float) -> Check:
    """Check the highest of some tables' ratios, which is nan if one of them is."""
    values = np.array(list(ratios.values()))
    name = list(ratios)[values.argmax()]
    return check(f"{what}, at worst ({name})", values.max(), bar, at_least=False)


# The ensembles.


def check_ensemble(runs: pd.DataFrame) -> Iterator[Check]:
    """Check the predictions of networks and trees together."""
    for key in ("log_loss", "one_minus_auc"):
        measured = ratio(runs, (ENSEMBLE, "CatBoost"), GROUPS["real"], key)
        what = f"real: {LABELS[key]}, ensemble / CatBoost"
        yield check(what, measured, 0.98, at_least=False, digits=3)
    who = ENSEMBLE_REGRESSOR, "CatBoostRegressor"
    measured = ratio(runs, who, GROUPS["real-regression"], "rmse")
    yield check("real: RMSE, ensemble / CatBoost", measured, 0.975, at_least=False, digits=3)
    for key, bar in (("error", 0.1217), ("log_loss", 0.2557)):
        measured = value(runs, ENSEMBLE, GROUPS["small"], key)
        yield check(f"small: {LABELS[key]}, ensemble", measured, bar, at_least=False, digits=4)
    yield from check_adult(runs, ENSEMBLE, accuracy=0.8740, log_loss=0.2745, seconds=60)


def check_ensemble_seconds(runs: pd.DataFrame) -> Iterator[Check]:
    """Compare the ensembles' CPU seconds with the networks', and on larger tables with CatBoost's.

    The networks' are compared on every table, and the worst of each group is named.
    """
    for group, tables in GROUPS.items():
        ratios = {
            table: ratio(runs, (ensemble(table), networks(table)), [table])
            for table in tables
            if table not in OVER_10_000
        }
        if ratios:
            yield worst(f"{group}: CPU s, ensemble / networks", ratios, MOST_TIMES)
    for table in OVER_10_000:
        catboost = "CatBoostRegressor" if has_numbers(table) else "CatBoost"
        measured = ratio(runs, (ensemble(table), catboost), [table])
        yield check(f"{table}: CPU s, ensemble / CatBoost", measured, 1, at_least=False)


def ensemble(table: str) -> str:
    """Name the ensemble for a table's kind of target."""
    return ENSEMBLE_REGRESSOR if has_numbers(table) else ENSEMBLE
