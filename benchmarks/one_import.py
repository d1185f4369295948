"""What one changed import gives: the same search with MLPClassifier and with ours.

It is the search of README: handwritten digits, a pipeline with a scaler, two learning rates, two
sizes and five folds, on one thread. Its fits are timed in turns with each class, and with ours in
a search that trains networks together. Printed are medians of CPU seconds and how far the results
are from those of MLPClassifier.

Usage: python -m benchmarks one_import
"""

import argparse
import time
from collections.abc import Callable
from functools import partial

import numpy as np
import pandas as pd
from sklearn.datasets import load_digits
from sklearn.model_selection import GridSearchCV
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from benchmarks.machine import describe
from benchmarks.measuring import seconds, threads
from scratchmlp import ScratchMLPClassifier
from scratchmlp.model_selection import StackedGridSearchCV

N_RUNS = 3
GRID = {
    "network__hidden_layer_sizes": [(16,), (64,)],
    "network__learning_rate_init": [0.001, 0.003],
}


def search(Search: type, Network: type) -> GridSearchCV:
    """Return the search, unfitted."""
    network = Network(alpha=1.0, max_iter=500, random_state=0)
    return Search(Pipeline([("scale", StandardScaler()), ("network", network)]), GRID)


SEARCHES: dict[str, Callable[[], GridSearchCV]] = {
    "MLPClassifier": partial(search, GridSearchCV, MLPClassifier),
    "ScratchMLPClassifier": partial(search, GridSearchCV, ScratchMLPClassifier),
    "ScratchMLPClassifier, stacked": partial(search, StackedGridSearchCV, ScratchMLPClassifier),
}


def main() -> None:
    """Fit in turns, and print times and differences."""
    argparse.ArgumentParser(description=__doc__.splitlines()[0]).parse_args()
    print(describe())
    X, y = load_digits(return_X_y=True)
    fitted: dict[str, GridSearchCV] = {}

    def fit(name: str) -> None:
        fitted[name] = SEARCHES[name]().fit(X, y)

    with threads(1):
        times = [
            {name: seconds(partial(fit, name), 1, time.process_time) for name in SEARCHES}
            for _ in range(N_RUNS)
        ]
    theirs = fitted["MLPClassifier"]
    rows = {
        name: {
            "accuracy": model.best_score_,
            "scores differ by": np.abs(scores(model) - scores(theirs)).max(),
            "probabilities by": np.abs(model.predict_proba(X) - theirs.predict_proba(X)).max(),
        }
        for name, model in fitted.items()
    }
    table = pd.DataFrame(rows).T.assign(seconds=pd.DataFrame(times).median())
    table["times as fast"] = table["seconds"].iloc[0] / table["seconds"]
    print(table.to_string(float_format="{:.3g}".format))


def scores(model: GridSearchCV) -> np.ndarray:
    """Return the accuracy of each setting in each fold."""
    return np.array([model.cv_results_[f"split{k}_test_score"] for k in range(model.n_splits_)])


if __name__ == "__main__":
    main()
