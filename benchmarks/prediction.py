"""Compare the time of predicting many rows: our tabular classifiers against boosted trees.

All are trained at their defaults on 3,000 generated rows with numbers, categories and missing
values, and predict the same new rows on one thread, in turns. The medians of the CPU times are
printed. Libraries that are not installed are left out: `accuracy.py` says how to install them.

Usage: python -m benchmarks prediction [--rows N] [--rounds N]
"""

import argparse
import time
from collections.abc import Callable
from importlib.util import find_spec
from statistics import median
from typing import Any

import numpy as np
import pandas as pd
from machine import describe
from measuring import seconds, threads
from rivals import CLASSIFIERS, ENSEMBLE, OURS
from tabular_data import mixed

TRAINING_ROWS = 3_000
NAMES = (ENSEMBLE, OURS, "CatBoost", "HistGradientBoosting", "LightGBM")


def on_onnxruntime(model: Any, table: pd.DataFrame) -> Callable[[], Any]:
    """Convert a model of ours, and return a function that predicts the table with it."""
    from onnxruntime import InferenceSession, SessionOptions

    from scratchmlp.io import to_onnx

    options = SessionOptions()
    options.intra_op_num_threads = 1
    session = InferenceSession(to_onnx(model).SerializeToString(), options)
    columns = {
        name: column.astype(np.float64)
        if pd.api.types.is_numeric_dtype(column)
        else column.astype(object).fillna("")
        for name, column in table.items()
    }
    inputs = {name: column.to_numpy()[:, None] for name, column in columns.items()}
    return lambda: session.run(["probabilities"], inputs)


def main() -> None:
    """Train, predict in turns, and print the medians."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=60_000, help="rows to predict")
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()
    print(describe("onnxruntime", "catboost", "lightgbm"))
    X, target = mixed(TRAINING_ROWS + args.rows)
    train, new = X[:TRAINING_ROWS], X[TRAINING_ROWS:]
    y = target[:TRAINING_ROWS] > np.median(target)
    with threads(1):
        rivals = {name: CLASSIFIERS[name] for name in NAMES if CLASSIFIERS[name].find()}
        models = {name: rival.make(X, seed=0).fit(train, y) for name, rival in rivals.items()}
        predict = {name: lambda m=m: m.predict_proba(new) for name, m in models.items()}
        if find_spec("onnxruntime"):
            for name in (ENSEMBLE, OURS):
                predict[f"{name}, onnxruntime"] = on_onnxruntime(models[name], new)
        times = [
            {name: seconds(call, 1, time.process_time) for name, call in predict.items()}
            for _ in range(args.rounds)
        ]
    print(f"{f'CPU seconds for {args.rows:,} rows':<50}{'median':>8}")
    for name in predict:
        print(f"{name:<50}{median(row[name] for row in times):8.2f}")


if __name__ == "__main__":
    main()
