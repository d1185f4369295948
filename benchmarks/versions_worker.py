"""The work that `versions.py` times, done by a process that imports one of the two checkouts.

It answers each line of JSON that it reads with another.
"""

import json
import sys
import time
import warnings
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from contestants import CONTESTANTS, Work, estimator
from machine import describe
from measuring import CORES, busy_cores, seconds, threads, warm_up
from sklearn.datasets import load_breast_cancer, load_diabetes
from sklearn.exceptions import ConvergenceWarning
from speed import blas
from workloads import CASES, DTYPES, Case, digits

import scratchmlp
from scratchmlp import ScratchMLPClassifier, ScratchMLPRegressor
from scratchmlp.tabular import TabularMLPClassifier, TabularMLPRegressor


def case_work(case: Case, dtype: str) -> Work:
    """Prepare our part of a case of `speed.py`, in its quick version."""
    make = CONTESTANTS[case.kind]["ours"]
    case = case.quick()
    X, y = case.load(dtype)
    warm_up(make, case, X, y)
    return make(case, X, y)


def fit_work(parameters: dict[str, Any], dtype: str) -> Work:
    """Fit a classifier to digits."""
    X, y = digits()
    X = X.astype(dtype)
    case = replace(CASES["digits"], epochs=10)

    def work() -> None:
        estimator(ScratchMLPClassifier, case, **parameters).fit(X, y)

    return work


def partial_fit_work(dtype: str) -> Work:
    """Pass over digits twice, in pieces of 100 rows."""
    X, y = digits()
    X, classes = X.astype(dtype), np.unique(y)
    pieces = [slice(start, start + 100) for start in range(0, len(y), 100)] * 2

    def work() -> None:
        model = estimator(ScratchMLPClassifier, CASES["digits"], batch_size="auto")
        for rows in pieces:
            model.partial_fit(X[rows], y[rows], classes=classes)

    return work


def regression_work(dtype: str) -> Work:
    """Fit a regressor to diabetes, with early stopping that does not stop it."""
    X, y = load_diabetes(return_X_y=True)
    X, case = (20 * X).astype(dtype), replace(CASES["digits"], epochs=30, batch=50)

    def work() -> None:
        estimator(ScratchMLPRegressor, case, early_stopping=True).fit(X, y / 100)

    return work


def table_work(predict: bool, dtype: str) -> Work:
    """Fit tabular estimators, or predict with them."""
    tables = load_breast_cancer(return_X_y=True), load_diabetes(return_X_y=True)
    kinds = (TabularMLPClassifier, TabularMLPRegressor)
    models = [kind(cv=2, max_iter=10, random_state=0) for kind in kinds]
    data = [(X.astype(dtype), y) for X, y in tables]
    for model, (X, y) in zip(models, data, strict=True):
        model.fit(X, y)

    def work() -> None:
        for model, (X, y) in zip(models, data, strict=True):
            model.predict(X) if predict else model.fit(X, y)

    return work


WORKS: dict[str, Callable[[str], Work]] = {
    **{case.title: partial(case_work, case) for case in CASES.values()},
    "digits, (100,), L-BFGS": partial(fit_work, {"solver": "lbfgs"}),
    "digits, (100,), early stopping, dropout": partial(
        fit_work, {"early_stopping": True, "dropout": 0.2}
    ),
    "digits, partial_fit of 100 rows": partial_fit_work,
    "regression, early stopping": regression_work,
}
TABLES: dict[str, Callable[[str], Work]] = {
    "tabular fits": partial(table_work, False),
    "tabular predictions": partial(table_work, True),
}


def introduce() -> dict[str, Any]:
    """Say what this process runs on and which cases it knows."""
    machine = f"{describe()}, {blas()}, 1 of {CORES} cores; others use {busy_cores():.1f}"
    return {"machine": machine, "cases": [*product(WORKS, DTYPES), *product(TABLES, ["float64"])]}


def main(checkout: str) -> None:
    """Answer "introduce", a case to prepare, and how often to repeat it, with its seconds."""
    imported = Path(scratchmlp.__file__)
    if not imported.is_relative_to(checkout):
        raise ImportError(f"scratchmlp was imported from {imported}, which is not in {checkout}.")
    warnings.simplefilter("ignore", ConvergenceWarning)
    answers, sys.stdout = sys.stdout, sys.stderr  # nothing else may write answers
    work: Work = list  # until the first case
    with threads(1):
        for line in sys.stdin:
            question = json.loads(line)
            if question == "introduce":
                answer: Any = introduce()
            elif isinstance(question, list):
                name, dtype = question
                work = (WORKS | TABLES)[name](dtype)
                work()  # the first run takes longer
                answer = seconds(work, 1, time.process_time)
            else:
                answer = seconds(work, question, time.process_time)
            print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
