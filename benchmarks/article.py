"""Test accuracy of the article's network on Iris, ten seeds, without and with biases.

Usage: python -m benchmarks article
"""

import warnings

import numpy as np
from machine import describe
from sklearn.exceptions import ConvergenceWarning

from scratchmlp.cli.article import article_network, article_split

SEEDS = range(10)


def accuracies(fit_intercept: bool) -> list[float]:
    """Train on the article's split, once a seed; return the accuracies on its 30 test rows."""
    train, test = article_split()
    networks = (article_network(fit_intercept=fit_intercept, random_state=seed) for seed in SEEDS)
    return [network.fit(*train).score(*test) for network in networks]


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
