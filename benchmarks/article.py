"""Test accuracy of the article's network on Iris, ten seeds, without and with biases.

Usage: python benchmarks/article.py
"""

import warnings

import numpy as np
from machine import describe
from sklearn.datasets import load_iris
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

from scratchmlp import ScratchMLPClassifier

SEEDS = range(10)


def accuracies(fit_intercept: bool) -> list[float]:
    """Train on the article's split, once a seed; return the accuracies on its 30 test rows."""
    X, y = load_iris(return_X_y=True)
    X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.2, random_state=0)
    scaler = StandardScaler().fit(X_train)
    network = ScratchMLPClassifier(
        hidden_layer_sizes=(4,),
        activation="relu",
        output_activation="logistic",
        loss="squared_error",
        fit_intercept=fit_intercept,
        weight_init="standard_normal",
        solver="sgd",
        momentum=0.0,
        learning_rate_init=0.5,
        batch_size="full",
        max_iter=10_000,
        alpha=0.0,
        tol=0.0,
        n_iter_no_change=10_000,
    )
    scores = []
    for seed in SEEDS:
        network.set_params(random_state=seed).fit(scaler.transform(X_train), y_train)
        scores.append(network.score(scaler.transform(X_test), y_test))
    return scores


def main() -> None:
    """Print the table."""
    print(describe())
    print(f"{'seed':>16}" + "".join(f"{seed:7d}" for seed in SEEDS) + f"{'median':>9}")
    with warnings.catch_warnings():
        # The article runs all of its epochs, converged or not.
        warnings.simplefilter("ignore", ConvergenceWarning)
        for name, fit_intercept in (("without biases", False), ("with biases", True)):
            scores = accuracies(fit_intercept)
            row = "".join(f"{score:7.3f}" for score in scores)
            print(f"{name:>16}{row}{np.median(scores):9.3f}")


if __name__ == "__main__":
    main()
