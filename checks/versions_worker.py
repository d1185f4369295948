"""The work that `versions.py` times. Each line of JSON that is read is answered with another."""

import json
import sys
import time
import warnings
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from itertools import product
from typing import Any

import numpy as np
from sklearn.datasets import load_breast_cancer, load_diabetes
from sklearn.exceptions import ConvergenceWarning

from benchmarks.lib.measuring import seconds, threads, warm_up
from benchmarks.lib.timed import MAKERS, Work, estimator
from benchmarks.lib.workloads import CASES, DTYPES, Case
from scratchmlp import ScratchMLPClassifier, ScratchMLPRegressor
from scratchmlp.tabular import TabularMLPClassifier, TabularMLPRegressor


def case_work(case: Case, dtype: str) -> Work:
    """Prepare our part of a case of `speed.py`, with fewer epochs."""
    make = MAKERS[case.kind]["ours"]
    case = replace(case, epochs=max(1, case.epochs // 5))
    X, y = case.load(dtype)
    warm_up(make, case, X, y)
    return make(case, X, y)


def fit_work(dtype: str, **parameters: Any) -> Work:
    """Fit a classifier to digits."""
    X, y = CASES["digits"].load(dtype)
    case = replace(CASES["digits"], epochs=10)
    return lambda: estimator(ScratchMLPClassifier, case, **parameters).fit(X, y)


def partial_fit_work(dtype: str) -> Work:
    """Pass over digits twice, in pieces of 100 rows."""
    X, y = CASES["digits"].load(dtype)
    pieces = [slice(start, start + 100) for start in range(0, len(y), 100)] * 2

    def work() -> None:
        model = estimator(ScratchMLPClassifier, CASES["digits"], batch_size="auto")
        for rows in pieces:
            model.partial_fit(X[rows], y[rows], classes=np.arange(10))

    return work


def regression_work(dtype: str) -> Work:
    """Fit a regressor to diabetes, with early stopping that does not stop it."""
    X, y = load_diabetes(return_X_y=True)
    X, case = (20 * X).astype(dtype), replace(CASES["digits"], epochs=30, batch=50)
    return lambda: estimator(ScratchMLPRegressor, case, early_stopping=True).fit(X, y / 100)


def table_work(dtype: str, method: str) -> Work:
    """Call a method of estimators for tables."""
    fitted = []
    for kind, (X, y) in (
        (TabularMLPClassifier, load_breast_cancer(return_X_y=True)),
        (TabularMLPRegressor, load_diabetes(return_X_y=True)),
    ):
        model = kind(cv=2, max_iter=10, random_state=0).fit(X.astype(dtype), y)
        fitted.append((getattr(model, method), (X, y) if method == "fit" else (X,)))
    return lambda: [call(*given) for call, given in fitted]


WORKS: dict[str, Callable[[str], Work]] = {
    **{case.title: partial(case_work, case) for case in CASES.values()},
    "digits, (100,), L-BFGS": partial(fit_work, solver="lbfgs"),
    "digits, early stopping, dropout": partial(fit_work, early_stopping=True, dropout=0.2),
    "digits, partial_fit of 100 rows": partial_fit_work,
    "regression, early stopping": regression_work,
}
TABLES: dict[str, Callable[[str], Work]] = {
    "tabular fits": partial(table_work, method="fit"),
    "tabular predictions": partial(table_work, method="predict"),
}


def main() -> None:
    """Answer "cases", a case to prepare, and how often to repeat it, with its seconds."""
    warnings.simplefilter("ignore", ConvergenceWarning)
    answers, sys.stdout = sys.stdout, sys.stderr  # nothing else may write answers
    work: Work = list  # until the first case
    with threads(1):
        for line in sys.stdin:
            question = json.loads(line)
            if question == "cases":
                answer: Any = [*product(WORKS, DTYPES), *product(TABLES, ["float64"])]
            elif isinstance(question, list):
                name, dtype = question
                work = (WORKS | TABLES)[name](dtype)
                work()  # the first run takes longer
                answer = seconds(work, 1, time.process_time)
            else:
                answer = seconds(work, question, time.process_time)
            print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    main()
