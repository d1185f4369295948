"""Grid searches over a pipeline with a network: the same search with MLPClassifier and with ours.

Each fit of a search is small, so these times show what a fit costs besides its matrix products.
"""

import time
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import gmean
from sklearn.datasets import load_breast_cancer, load_digits, load_iris, load_wine
from sklearn.model_selection import GridSearchCV
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from benchmarks.lib.measuring import seconds, threads
from benchmarks.lib.workloads import dense
from scratchmlp import ScratchMLPClassifier

NETWORKS = (MLPClassifier, ScratchMLPClassifier)
N_RUNS = 3
RATES = (0.001, 0.003, 0.01)
UNITS = ((8, 16, 32), (50, 100))
TABLES: dict[str, Callable[[], Any]] = {
    "Iris": partial(load_iris, return_X_y=True),
    "wine": partial(load_wine, return_X_y=True),
    "breast cancer": partial(load_breast_cancer, return_X_y=True),
    "2,000×20": partial(dense, 2_000, 20, 3),
    "digits": partial(load_digits, return_X_y=True),
}


def compare(make: Callable[[type], GridSearchCV], X: Any, y: Any) -> pd.DataFrame:
    """Fit the same search with both networks in turns, on one thread.

    Parameters
    ----------
    make : callable
        Makes the search for a class of networks.
    X, y : array-like
        The rows.

    Returns
    -------
    DataFrame
        A row for each network: mean score of the best setting, largest differences of scores and
        probabilities from those of MLPClassifier, median CPU seconds, and how many times as fast.
    """
    fitted: dict[str, GridSearchCV] = {}

    def fit(network: type) -> None:
        fitted[network.__name__] = make(network).fit(X, y)

    with threads(1):
        times = [
            {each.__name__: seconds(partial(fit, each), 1, time.process_time) for each in NETWORKS}
            for _ in range(N_RUNS)
        ]
    theirs = fitted[MLPClassifier.__name__]
    rows = {
        name: {
            "accuracy": model.best_score_,
            "scores differ by": np.abs(scores(model) - scores(theirs)).max(),
            "probabilities by": np.abs(model.predict_proba(X) - theirs.predict_proba(X)).max(),
        }
        for name, model in fitted.items()
    }
    table = pd.DataFrame(rows).T.assign(seconds=pd.DataFrame(times).median())
    return table.assign(**{"times as fast": table["seconds"].iloc[0] / table["seconds"]})


def scores(model: GridSearchCV) -> np.ndarray:
    """Return the score of each setting in each fold."""
    return np.array([model.cv_results_[f"split{k}_test_score"] for k in range(model.n_splits_)])


def search(units: tuple[int, ...], network: type) -> GridSearchCV:
    """Return a search over learning rates and hidden units, in five folds."""
    grid = {
        "network__hidden_layer_sizes": [(number,) for number in units],
        "network__learning_rate_init": RATES,
    }
    pipeline = Pipeline(
        [("scale", StandardScaler()), ("network", network(max_iter=100, random_state=0))]
    )
    return GridSearchCV(pipeline, grid, cv=5)


def search_of_readme(network: type) -> GridSearchCV:
    """Return the search of README, over the network's learning rate and hidden units."""
    grid = {
        "network__hidden_layer_sizes": [(16,), (64,)],
        "network__learning_rate_init": [0.001, 0.003],
    }
    of_readme = network(alpha=1.0, max_iter=500, random_state=0)
    return GridSearchCV(Pipeline([("scale", StandardScaler()), ("network", of_readme)]), grid)


def table_of_readme() -> pd.DataFrame:
    """Fit the search of README with both networks; return a row for each."""
    return compare(search_of_readme, *load_digits(return_X_y=True))


def main_table() -> pd.DataFrame:
    """Search on each table with small and with larger networks; return a row for each search."""
    rows = {}
    for (name, load), units in ((each, units) for each in TABLES.items() for units in UNITS):
        found = compare(partial(search, units), *load())
        rows[f"{name}, {' '.join(map(str, units))} units"] = {
            "MLPClassifier, s": found["seconds"].iloc[0],
            "ours, s": found["seconds"].iloc[1],
            "times as fast": found["times as fast"].iloc[1],
            "scores differ by": found["scores differ by"].iloc[1],
        }
    table = pd.DataFrame(rows).T
    table.loc["geometric mean"] = {"times as fast": gmean(table["times as fast"])}
    return table
