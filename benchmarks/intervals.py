"""How often prediction intervals and sets contain the target, and how wide they are.

Ten regression tables (four real ones, diabetes, and drawn ones) and seven real classification
tables are split at random: up to 1,200 rows for training, up to 2,000 for the test. With few rows,
coverage depends on luck, so tables of at most 500 training rows are split four times as often. 0.9
is asked.
The contestants:

- the ensemble and its networks alone, with `predict_interval` and `predict_set`;
- CV+ (Barber et al., 2021) of the same ensemble: intervals from single members' predictions;
- CQR (Romano, Patterson and Candès, 2019): gradient boosting of the quantiles 0.05 and 0.95, made
  conformal on a quarter of the training rows, or by CV+ on eight folds;
- APS (Romano, Sesia and Candès, 2020) of the same ensemble's probabilities, and gradient boosting
  with a threshold from a quarter of the training rows.

The interval score of Gneiting and Raftery (2007) rewards narrow intervals and punishes targets
outside. "hard" is the coverage in the quarter of the rows with the widest intervals.

Usage: python -m benchmarks intervals [--splits N] [--check] [--data DIR]
"""

import argparse
import sys
import warnings
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import r_tables
from checks import check
from machine import describe
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.datasets import make_friedman1, make_friedman2, make_friedman3
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.model_selection import KFold, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OrdinalEncoder
from tabular_data import REGRESSION, Target, encode, friedman
from threadpoolctl import threadpool_limits

from scratchmlp.tabular import TabularEnsembleClassifier, TabularEnsembleRegressor

COVERAGE, LOW, HIGH = 0.9, 0.89, 0.93  # asked, and the bars for the mean over splits
MOST_TRAINING, MOST_TEST, FEW, OFTEN = 1200, 2000, 400, 4
DRAWN: dict[str, Callable[[], Target]] = {
    "friedman1": partial(friedman, make_friedman1, FEW + MOST_TEST, 1.0),
    "friedman2": partial(friedman, make_friedman2, FEW + MOST_TEST, 125.0),
    "friedman3": partial(friedman, make_friedman3, FEW + MOST_TEST, 0.1),
}
NUMBERS = (*r_tables.NUMBERS, *REGRESSION)
Intervals = dict[str, np.ndarray]


def table(name: str, directory: Path) -> Target:
    """Read or draw a table."""
    if name in r_tables.NUMBERS or name in r_tables.CLASSES:
        X, y = r_tables.load(name, directory)
        return X, y.astype(float) if name in r_tables.NUMBERS else encode(y)
    X, y = (REGRESSION | DRAWN)[name]()
    return X, np.asarray(y, float)


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

    Parameters
    ----------
    low, high : ndarray of shape (n_folds, n_test)
        Predictions of the ends without each fold.
    scores : ndarray of shape (n_training,)
        How far outside of the ends, without the fold of the row, each target is.
    folds : ndarray of shape (n_training,)
        Fold of each row.
    """
    place = rank(len(scores))
    lower = -np.partition(scores - low.T[:, folds], place, axis=1)[:, place]
    upper = np.partition(scores + high.T[:, folds], place, axis=1)[:, place]
    return np.column_stack([lower, upper])


def boosting(quantile: float | None = None) -> object:
    """Return gradient boosting for a quantile of numbers, or for classes."""
    codes = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1, max_categories=200)
    columns = make_column_transformer(
        (codes, make_column_selector(dtype_exclude="number")), remainder="passthrough"
    )
    common = {"early_stopping": True, "random_state": 0}
    if quantile is None:
        return make_pipeline(columns, HistGradientBoostingClassifier(**common))
    model = HistGradientBoostingRegressor(loss="quantile", quantile=quantile, **common)
    return make_pipeline(columns, model)


def ends(X: pd.DataFrame, y: np.ndarray, *others: pd.DataFrame) -> list[np.ndarray]:
    """Fit both quantiles, and predict tables: arrays of two rows each."""
    models = [boosting(q).fit(X, y) for q in ((1 - COVERAGE) / 2, (1 + COVERAGE) / 2)]
    return [np.sort([model.predict(each) for model in models], axis=0) for each in others]


def cqr_split(X: pd.DataFrame, y: np.ndarray, X_test: pd.DataFrame) -> np.ndarray:
    """Compute intervals by CQR with a quarter of the rows for calibration."""
    X, X_held, y, y_held = train_test_split(X, y, test_size=0.25, random_state=0)
    (low, high), test = ends(X, y, X_held, X_test)
    scores = np.sort(np.maximum(low - y_held, y_held - high))
    q = scores[rank(len(scores))]
    return np.column_stack([test[0] - q, test[1] + q])


def cqr_folds(X: pd.DataFrame, y: np.ndarray, X_test: pd.DataFrame) -> np.ndarray:
    """Compute intervals by CQR with CV+."""
    folds, scores, tests = np.empty(len(y), int), np.empty(len(y)), []
    for fold, (rows, held) in enumerate(KFold(8, shuffle=True, random_state=0).split(X)):
        (low, high), test = ends(X.iloc[rows], y[rows], X.iloc[held], X_test)
        folds[held], scores[held] = fold, np.maximum(low - y[held], y[held] - high)
        tests.append(test)
    low, high = np.stack(tests, axis=1)
    return cv_plus(low, high, scores, folds)


def intervals(X: pd.DataFrame, y: np.ndarray, X_test: pd.DataFrame) -> Intervals:
    """Compute the intervals of all contestants."""
    ensemble = TabularEnsembleRegressor(random_state=0).fit(X, y)
    folds = np.empty(len(y), int)
    for fold, rows in enumerate(ensemble.held_out_):
        folds[rows] = fold
    members, errors = ensemble.member_predictions(X_test), np.abs(y - ensemble.oof_prediction_)
    return {
        "ensemble": ensemble.predict_interval(X_test, COVERAGE),
        "networks": ensemble.named_estimators_["networks"].predict_interval(X_test, COVERAGE),
        "CV+ of the ensemble": cv_plus(members, members, errors, folds),
        "CQR, split": cqr_split(X, y, X_test),
        "CQR, CV+": cqr_folds(X, y, X_test),
    }


def measures(found: np.ndarray, y: np.ndarray, deviation: float) -> dict[str, float]:
    """Measure intervals: coverage, and width and interval score in deviations of the targets."""
    low, high = found.T
    covered, width = (low <= y) & (y <= high), high - low
    outside = np.maximum(low - y, 0) + np.maximum(y - high, 0)
    score = width + 2 / (1 - COVERAGE) * outside
    widest = np.argsort(width)[-len(y) // 4 :]
    return {
        "coverage": covered.mean(),
        "hard": covered[widest].mean(),
        "width": width.mean() / deviation,
        "score": score.mean() / deviation,
    }


# Classification.


def aps(oof: np.ndarray, y: np.ndarray, proba: np.ndarray) -> np.ndarray:
    """Compute sets by APS, with random scores, from out-of-fold probabilities."""
    rng = np.random.default_rng(0)

    def scores(p: np.ndarray) -> np.ndarray:
        order = np.argsort(-p, axis=1)
        total = np.cumsum(np.take_along_axis(p, order, axis=1), axis=1)
        result = np.empty_like(p)
        np.put_along_axis(result, order, total, axis=1)
        return result - rng.random((len(p), 1)) * p

    known = np.sort(scores(oof)[np.arange(len(y)), y])
    return scores(proba) <= known[rank(len(known))]


def threshold(X: pd.DataFrame, y: np.ndarray, X_test: pd.DataFrame) -> np.ndarray:
    """Compute sets of gradient boosting with a quarter of the rows for calibration."""
    X, X_held, y, y_held = train_test_split(X, y, test_size=0.25, random_state=0, stratify=y)
    model = boosting().fit(X, y)
    scores = np.sort(1 - model.predict_proba(X_held)[np.arange(len(y_held)), y_held])
    proba = model.predict_proba(X_test)
    found = 1 - proba <= scores[rank(len(scores))]
    found[np.arange(len(proba)), proba.argmax(axis=1)] = True
    return found


def sets(X: pd.DataFrame, y: np.ndarray, X_test: pd.DataFrame) -> dict[str, np.ndarray]:
    """Compute the sets of all contestants."""
    ensemble = TabularEnsembleClassifier(random_state=0).fit(X, y)
    return {
        "ensemble": ensemble.predict_set(X_test, COVERAGE),
        "networks": ensemble.named_estimators_["networks"].predict_set(X_test, COVERAGE),
        "APS of the ensemble": aps(ensemble.oof_proba_, y, ensemble.predict_proba(X_test)),
        "boosting, split": threshold(X, y, X_test),
    }


def measures_of_sets(found: np.ndarray, y: np.ndarray) -> dict[str, float]:
    """Measure sets: coverage, mean size, and the shares of sets with one and with no class."""
    sizes = found.sum(axis=1)
    return {
        "coverage": found[np.arange(len(y)), y].mean(),
        "size": sizes.mean(),
        "one": (sizes == 1).mean(),
        "none": (sizes == 0).mean(),
    }


# The report.


def measure(names: list[str], n_splits: int, directory: Path) -> pd.DataFrame:
    """Measure all contestants on all splits of some tables."""
    rows = []
    for name in names:
        X, y = table(name, directory)
        is_small = name in DRAWN or len(y) <= 750
        for seed in range(n_splits * (OFTEN if is_small else 1)):
            train, test = split(y, name, seed)
            data = X.iloc[train], y[train], X.iloc[test]
            if name in NUMBERS:
                found, of = intervals(*data), partial(measures, deviation=y[train].std())
            else:
                found, of = sets(*data), measures_of_sets
            rows += [
                {"table": name, "who": who, "split": seed, **of(each, y[test])}
                for who, each in found.items()
            ]
        print(f"{name} is done", file=sys.stderr, flush=True)
    return pd.DataFrame(rows)


def report(runs: pd.DataFrame) -> pd.DataFrame:
    """Print a table of Markdown for each measure, and the means; return the mean over splits."""
    kinds = [name for name in runs if name not in ("table", "who", "split")]
    means = runs.groupby(["table", "who"], sort=False)[kinds].mean().reset_index()
    whos = list(dict.fromkeys(runs["who"]))
    for kind in kinds:
        wide = means.pivot(index="table", columns="who", values=kind)[whos]
        wide.loc["mean"] = wide.mean()
        print(f"\n| {kind} | {' | '.join(whos)} |\n|---|{'---|' * len(whos)}")
        for name, values in wide.iterrows():
            print(f"| {name} | {' | '.join(f'{value:.3f}' for value in values)} |")
    return means


def main() -> int:
    """Measure, report and check."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--splits", type=int, default=3)
    parser.add_argument("--check", action="store_true", help="fail if a coverage misses its bars")
    parser.add_argument("--data", type=Path, default=r_tables.DATA, help="folder of real tables")
    args = parser.parse_args()
    warnings.simplefilter("ignore")
    print(describe(), flush=True)
    names = NUMBERS, tuple(r_tables.CLASSES)
    with threadpool_limits(1):
        means = [report(measure(list(each), args.splits, args.data)) for each in names]
    found = [
        check(f"{kind}, {who}: {how} coverage", value, bar, at_least, digits=3)
        for kind, each in zip(("intervals", "sets"), means, strict=True)
        for who in ("ensemble", "networks")
        for how, value, bar, at_least in bars(each[each["who"] == who]["coverage"], kind)
    ]
    print()
    for each in found:
        print(each)
    return int(args.check and any(each.verdict != "PASS" for each in found))


def bars(coverage: pd.Series, kind: str) -> list[tuple[str, float, float, bool]]:
    """Return what is checked of the coverages of all tables.

    Sets always contain the most probable class, so they cover more where most rows are predicted
    right.
    """
    lowest, highest = float(coverage.min()), float(coverage.max())
    at_most = [("highest", highest, HIGH, False)] if kind == "intervals" else []
    return [("lowest", lowest, LOW, True), *at_most]


if __name__ == "__main__":
    sys.exit(main())
