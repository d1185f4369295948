"""How often prediction intervals and sets contain the target, and how wide they are.

Ten regression tables (four real ones, diabetes, and drawn ones) and seven real classification
tables are split at random: up to 1,200 rows for training, up to 2,000 for the test. With few rows,
coverage depends on luck, so tables of at most 500 training rows are split four times as often. 0.9
is asked.
The candidates:

- the ensemble and its networks alone, with `predict_interval` and `predict_set`;
- CV+ (Barber et al., 2021) of the same ensemble: intervals from single members' predictions;
- CQR (Romano, Patterson and Candès, 2019): gradient boosting of the quantiles 0.05 and 0.95, made
  conformal by CV+ on eight folds.

"hard" is the coverage in the quarter of the rows with the widest intervals.

Usage: python -m benchmarks intervals [--splits N] [--check] [--data DIR]
"""

import argparse
import sys
import warnings
from collections.abc import Iterable
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.datasets import make_friedman1, make_friedman2, make_friedman3
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.model_selection import KFold
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OrdinalEncoder

from benchmarks.lib import tables
from benchmarks.lib.machine import describe
from benchmarks.lib.measuring import threads
from scratchmlp.tabular import (
    TabularEnsembleClassifier,
    TabularEnsembleRegressor,
    TabularMLPClassifier,
    TabularMLPRegressor,
)

COVERAGE, LOW, HIGH = 0.9, 0.89, 0.93  # asked, and the bars for the mean over splits
MOST_TRAINING, MOST_TEST, FEW, OFTEN = 1200, 2000, 400, 4
DRAWN = {
    "friedman1": partial(tables.friedman, make_friedman1, FEW + MOST_TEST, 1.0),
    "friedman2": partial(tables.friedman, make_friedman2, FEW + MOST_TEST, 125.0),
    "friedman3": partial(tables.friedman, make_friedman3, FEW + MOST_TEST, 0.1),
}


def split(y: np.ndarray, name: str, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Draw the rows for training and for the test."""
    order = np.random.default_rng(seed).permutation(len(y))
    n = FEW if name in DRAWN else min(MOST_TRAINING, 2 * len(y) // 3)
    return order[:n], order[n : n + MOST_TEST]


# Regression.


def rank(n: int) -> int:
    """Return the place of the quantile of n scores, counted from 0."""
    return min(int(np.ceil(COVERAGE * (n + 1))), n) - 1


def cv_plus(low: np.ndarray, high: np.ndarray, scores: np.ndarray, folds: np.ndarray) -> np.ndarray:
    """Compute intervals by CV+.

    `low` and `high`, of shape (n_folds, n_test), predict the ends without each fold. `scores` tell
    how far outside of the ends, without the fold of the row, each target is.
    """
    place = rank(len(scores))
    lower = -np.partition(scores - low.T[:, folds], place, axis=1)[:, place]
    upper = np.partition(scores + high.T[:, folds], place, axis=1)[:, place]
    return np.column_stack([lower, upper])


def boosting(quantile: float) -> Pipeline:
    """Return gradient boosting for a quantile."""
    codes = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1, max_categories=200)
    columns = make_column_transformer(
        (codes, make_column_selector(dtype_exclude="number")), remainder="passthrough"
    )
    model = HistGradientBoostingRegressor(
        loss="quantile", quantile=quantile, early_stopping=True, random_state=0
    )
    return make_pipeline(columns, model)


def cqr(X: pd.DataFrame, y: np.ndarray, X_test: pd.DataFrame) -> np.ndarray:
    """Compute intervals by CQR with CV+."""
    folds, scores, tests = np.empty(len(y), int), np.empty(len(y)), []
    for fold, (rows, held) in enumerate(KFold(8, shuffle=True, random_state=0).split(X)):
        quantiles = (1 - COVERAGE) / 2, (1 + COVERAGE) / 2
        models = [boosting(quantile).fit(X.iloc[rows], y[rows]) for quantile in quantiles]
        low, high = np.sort([model.predict(X.iloc[held]) for model in models], axis=0)
        folds[held], scores[held] = fold, np.maximum(low - y[held], y[held] - high)
        tests.append(np.sort([model.predict(X_test) for model in models], axis=0))
    low, high = np.stack(tests, axis=1)
    return cv_plus(low, high, scores, folds)


def intervals(X: pd.DataFrame, y: np.ndarray, X_test: pd.DataFrame) -> dict[str, np.ndarray]:
    """Compute the intervals of all candidates."""
    ensemble = TabularEnsembleRegressor(random_state=0).fit(X, y)
    networks = TabularMLPRegressor(random_state=0).fit(X, y)
    rows = np.concatenate(ensemble.held_out_)  # all but those that are predicted as of new persons
    folds = np.repeat(np.arange(len(ensemble.held_out_)), [*map(len, ensemble.held_out_)])
    errors = np.abs(y - ensemble.oof_prediction_)[rows]
    members = ensemble.member_predictions(X_test)
    return {
        "ensemble": ensemble.predict_interval(X_test, COVERAGE),
        "networks": networks.predict_interval(X_test, COVERAGE),
        "CV+ of the ensemble": cv_plus(members, members, errors, folds),
        "CQR": cqr(X, y, X_test),
    }


def measures(found: np.ndarray, y: np.ndarray, deviation: float) -> dict[str, float]:
    """Measure intervals: coverage, and width in deviations of the targets."""
    low, high = found.T
    covered, width = (low <= y) & (y <= high), high - low
    widest = np.argsort(width)[-len(y) // 4 :]
    return {
        "coverage": covered.mean(),
        "hard": covered[widest].mean(),
        "width": width.mean() / deviation,
    }


# Classification.


def sets(X: pd.DataFrame, y: np.ndarray, X_test: pd.DataFrame) -> dict[str, np.ndarray]:
    """Compute the sets of all candidates."""
    ensemble = TabularEnsembleClassifier(random_state=0).fit(X, y)
    networks = TabularMLPClassifier(random_state=0).fit(X, y)
    return {
        "ensemble": ensemble.predict_set(X_test, COVERAGE),
        "networks": networks.predict_set(X_test, COVERAGE),
    }


def measures_of_sets(found: np.ndarray, y: np.ndarray) -> dict[str, float]:
    """Measure sets: coverage, mean size, and the share of sets with one class."""
    sizes = found.sum(axis=1)
    return {
        "coverage": found[np.arange(len(y)), y].mean(),
        "size": sizes.mean(),
        "one": (sizes == 1).mean(),
    }


# The report.


def measure_intervals(names: Iterable[str], n_splits: int, data: Path) -> pd.DataFrame:
    """Measure all candidates on all splits of some tables."""
    rows = []
    for name in names:
        X, y, *_ = DRAWN[name]() if name in DRAWN else tables.load(name, data)
        y = np.asarray(y)
        is_small = name in DRAWN or len(y) <= 750
        for seed in range(n_splits * (OFTEN if is_small else 1)):
            train, test = split(y, name, seed)
            known = X.iloc[train], y[train], X.iloc[test]
            if tables.has_numbers(name):
                found, of = intervals(*known), partial(measures, deviation=y[train].std())
            else:
                found, of = sets(*known), measures_of_sets
            rows += [{"table": name, "who": who, **of(one, y[test])} for who, one in found.items()]
        print(f"{name} is done", file=sys.stderr, flush=True)
    return pd.DataFrame(rows)


def report(runs: pd.DataFrame) -> pd.DataFrame:
    """Print a table of each measure; return the means over splits."""
    means = runs.groupby(["who", "table"], sort=False).mean()
    for kind in means:
        wide = means[kind].unstack("who")
        wide.loc["mean"] = wide.mean()
        print(f"\n{kind}\n{wide.round(3).to_string()}")
    return means


def main() -> int:
    """Measure, report and check."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--splits", type=int, default=3)
    parser.add_argument("--check", action="store_true", help="fail if a coverage misses its bars")
    parser.add_argument("--data", type=Path, default=tables.CACHE, help="folder of the tables")
    args = parser.parse_args()
    warnings.simplefilter("ignore")
    print(describe(), flush=True)
    named = {"intervals": [*tables.REAL_NUMBERS, *tables.REGRESSION], "sets": tables.REAL_CLASSES}
    missed = False
    for kind, names in named.items():
        with threads(1):
            means = report(measure_intervals(names, args.splits, args.data))
        highest = HIGH if kind == "intervals" else 1  # sets always have the most probable class
        for who in ("ensemble", "networks"):
            coverage = means.loc[who, "coverage"]
            missed |= not coverage.between(LOW, highest).all()
            print(f"\n{kind}, {who}: a coverage of {coverage.min():.3f} to {coverage.max():.3f}")
    return int(args.check and missed)


if __name__ == "__main__":
    sys.exit(main())
