"""Compare the time of a partial_fit call on a few rows with scikit-learn's.

The calls alternate, on one thread; medians of processor time are compared.

Usage: python -m benchmarks partial_fit
"""

import time
from functools import partial
from statistics import median
from typing import Any

import numpy as np
from machine import describe
from measuring import seconds, threads
from sklearn.neural_network import MLPClassifier, MLPRegressor

from scratchmlp import ScratchMLPClassifier, ScratchMLPRegressor

CLASSES = range(3)
RUNS, CALLS = 25, 20


def data(n_rows: int, classifier: bool) -> tuple[np.ndarray, np.ndarray]:
    """Return rows with 20 features, and their targets."""
    X = np.random.default_rng(0).normal(size=(n_rows, 20))
    return X, np.arange(n_rows) % len(CLASSES) if classifier else X[:, 0]


def times(models: list[Any], X: np.ndarray, y: np.ndarray) -> list[float]:
    """Return the median milliseconds of a call of each model's partial_fit."""
    works = [partial(model.partial_fit, X, y) for model in models]
    runs = [[seconds(work, CALLS, time.process_time) for work in works] for _ in range(RUNS)]
    return [1000 * median(column) for column in zip(*runs, strict=True)]


def main() -> None:
    """Print a line for each estimator and number of rows."""
    print(describe())
    print(f"{'':>24}  scikit-learn      ours  ratio")
    pairs = {
        "classifier": (MLPClassifier, ScratchMLPClassifier, {"classes": CLASSES}),
        "regressor": (MLPRegressor, ScratchMLPRegressor, {}),
    }
    for kind, (*classes, known) in pairs.items():
        for n_rows in (1, 32, 200):
            X, y = data(n_rows, kind == "classifier")
            models = [make(random_state=0).partial_fit(X, y, **known) for make in classes]
            with threads(1):
                theirs, ours = times(models, X, y)
            name = f"{kind}, {n_rows} rows"
            print(f"{name:>24}  {theirs:9.3f} ms  {ours:.3f} ms  {theirs / ours:.2f}")


if __name__ == "__main__":
    main()
