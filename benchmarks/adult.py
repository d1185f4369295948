"""The walk-through of docs/tabular_results.md: who earned more than 50,000 dollars a year.

Usage: python -m benchmarks adult [--adult DIR]
"""

import argparse
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from machine import describe
from quality import calibration_error
from rivals import one_hot_scaled
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, log_loss
from sklearn.pipeline import make_pipeline
from tabular_data import ADULT, adult

from scratchmlp.tabular import TabularMLPClassifier

Target = np.ndarray
FEW = 4_000  # rows, an eighth


def models() -> dict[str, Any]:
    """Make the contestants: each takes the table as it is."""
    return {
        "LogisticRegression": make_pipeline(one_hot_scaled(), LogisticRegression(max_iter=1000)),
        "HistGradientBoosting": HistGradientBoostingClassifier(random_state=0),
        "TabularMLPClassifier": TabularMLPClassifier(n_jobs=-1, random_state=0),
    }


def evaluate(model: Any, X: pd.DataFrame, y: Target, X_test: pd.DataFrame, y_test: Target) -> dict:
    """Fit on the training file, and measure on the test file."""
    start = time.perf_counter()
    model.fit(X, y)
    seconds = time.perf_counter() - start
    P = model.predict_proba(X_test)
    return {
        "accuracy": accuracy_score(y_test, P.argmax(axis=1)),
        "log-loss": log_loss(y_test, P),
        "calibration error": calibration_error(y_test, P),
        "seconds": seconds,
    }


def columns(ensemble: TabularMLPClassifier) -> pd.DataFrame:
    """Return the encoding of each column."""
    table = pd.DataFrame(ensemble.encoder_.columns_).T
    return table[["kind", "center", "scale", "encoding", "n_levels"]].fillna("")


def honesty(ensemble: TabularMLPClassifier, y: Target, test: dict) -> pd.DataFrame:
    """Compare the scores of the out-of-fold predictions with those on the test file."""
    P = ensemble.oof_proba_
    out_of_fold = {
        "accuracy": ensemble.oof_score_,
        "log-loss": log_loss(y, P),
        "calibration error": calibration_error(y, P),
    }
    return pd.DataFrame({"out of fold": out_of_fold, "test file": test}).loc[list(out_of_fold)]


def by_spread(ensemble: TabularMLPClassifier, few: Any, X: pd.DataFrame) -> pd.DataFrame:
    """Group rows by how far the members of an ensemble trained on few rows disagree.

    Then see how much its probabilities change when it is trained on all rows.
    """
    P = few.member_predictions(X)[:, :, 1]
    change = np.abs(ensemble.predict_proba(X)[:, 1] - P.mean(axis=0))
    table = pd.DataFrame({"spread": P.std(axis=0), "change with all rows": change})
    fifth = pd.qcut(table["spread"], 5, labels=[f"fifth {i}" for i in range(1, 6)])
    return table.groupby(fifth, observed=True).mean().rename_axis(None)


def main() -> None:
    """Print every table of the walk-through."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--adult", type=Path, default=ADULT, help="folder of the two files")
    args = parser.parse_args()
    print(describe())
    table = adult(args.adult)
    train, test = table.splits[0]
    X, y, X_test, y_test = table.X.iloc[train], table.y[train], table.X.iloc[test], table.y[test]
    fitted = models()
    scores = {name: evaluate(model, X, y, X_test, y_test) for name, model in fitted.items()}
    ensemble = fitted["TabularMLPClassifier"]
    few = TabularMLPClassifier(n_jobs=-1, random_state=0).fit(X.iloc[:FEW], y[:FEW])
    tables = (
        pd.DataFrame(scores).T,
        columns(ensemble),
        honesty(ensemble, y, scores["TabularMLPClassifier"]),
        by_spread(ensemble, few, X_test),
    )
    for printed in tables:
        print(f"\n{printed.round(4).to_string()}")


if __name__ == "__main__":
    main()
