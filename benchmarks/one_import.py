"""What one changed import gives: the same search with MLPClassifier and with ours.

It is the search of README: handwritten digits, a pipeline with a scaler, two learning rates, two
sizes and five folds, on one thread. Its fits are timed in turns with each class. Printed are
medians of CPU seconds and how far the results are from those of MLPClassifier.

Usage: python -m benchmarks one_import
"""

import argparse

from sklearn.datasets import load_digits
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from benchmarks.machine import describe
from benchmarks.searches import compare

GRID = {
    "network__hidden_layer_sizes": [(16,), (64,)],
    "network__learning_rate_init": [0.001, 0.003],
}


def search(Network: type) -> GridSearchCV:
    """Return the search, unfitted."""
    network = Network(alpha=1.0, max_iter=500, random_state=0)
    return GridSearchCV(Pipeline([("scale", StandardScaler()), ("network", network)]), GRID)


def main() -> None:
    """Fit in turns, and print times and differences."""
    argparse.ArgumentParser(description=__doc__.splitlines()[0]).parse_args()
    print(describe())
    table = compare(search, *load_digits(return_X_y=True))
    print(table.to_string(float_format="{:.3g}".format))


if __name__ == "__main__":
    main()
