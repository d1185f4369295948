"""How long predictions take: ours, in onnxruntime too, and those of boosted trees.

All classifiers are trained at their defaults on 3,000 generated rows with numbers, categories and
missing values. They predict the same new rows, and the first of them alone, on one thread and in
turns. Medians of the CPU times are printed; the time of onnxruntime includes making its arrays. It
gets many rows in blocks, and in one call, which takes longer.
Libraries that are not installed are left out: `accuracy.py` says how to install them.

Usage: python -m benchmarks prediction
"""

import argparse
import time
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

import numpy as np
import pandas as pd
from sklearn.utils import gen_batches

from benchmarks.lib.candidates import CLASSIFIERS, ENSEMBLE, OURS
from benchmarks.lib.machine import describe
from benchmarks.lib.measuring import seconds, threads
from benchmarks.lib.tables import mixed

Predict = Callable[[pd.DataFrame], Any]

TRAINING_ROWS, ROWS = 3_000, 60_000
BLOCK = 1_000  # rows in a call of onnxruntime
NAMES = (ENSEMBLE, OURS, "CatBoost", "HistGradientBoosting", "LightGBM")


def on_onnxruntime(model: Any, block: int) -> Predict:
    """Convert a model of ours, and return a function that predicts a table, in blocks of rows."""
    from onnxruntime import InferenceSession, SessionOptions

    from scratchmlp.io import to_onnx

    options = SessionOptions()
    options.intra_op_num_threads = 1
    session = InferenceSession(to_onnx(model).SerializeToString(), options)

    def predict(table: pd.DataFrame) -> Any:
        inputs = {name: array_of(column)[:, None] for name, column in table.items()}
        return [
            session.run(["probabilities"], {name: each[rows] for name, each in inputs.items()})
            for rows in gen_batches(len(table), block)
        ]

    return predict


def array_of(column: pd.Series) -> np.ndarray:
    """Return a column as an input of an ONNX model: numbers, or text without missing values."""
    if pd.api.types.is_numeric_dtype(column):
        return column.to_numpy(np.float64)
    return column.astype(object).fillna("").to_numpy(object)


def cpu(predict: Predict, rows: pd.DataFrame, n_calls: int) -> float:
    """Return the CPU seconds of a prediction."""
    return seconds(lambda: predict(rows), n_calls, time.process_time)


def main() -> None:
    """Train, predict in turns, and print the medians."""
    argparse.ArgumentParser(description=__doc__.splitlines()[0]).parse_args()
    print(describe("onnxruntime", "catboost", "lightgbm"))
    X, target = mixed(TRAINING_ROWS + ROWS)
    train, new = X[:TRAINING_ROWS], X[TRAINING_ROWS:]
    y = target[:TRAINING_ROWS] > np.median(target)
    with threads(1):
        candidates = {name: CLASSIFIERS[name] for name in NAMES if CLASSIFIERS[name].find()}
        models = {
            name: candidate.make(X, seed=0).fit(train, y) for name, candidate in candidates.items()
        }
        predict: dict[str, Predict] = {name: m.predict_proba for name, m in models.items()}
        if find_spec("onnxruntime"):
            for name in (ENSEMBLE, OURS):
                predict[f"{name}, onnxruntime"] = on_onnxruntime(models[name], BLOCK)
                predict[f"{name}, one call"] = on_onnxruntime(models[name], ROWS)
        runs = [
            {"who": name, "all, s": cpu(call, new, 1), "one, ms": 1e3 * cpu(call, new[:1], 50)}
            for _ in range(3)
            for name, call in predict.items()
        ]
    print(f"medians of CPU times of {ROWS:,} rows and of one")
    print(pd.DataFrame(runs).groupby("who", sort=False).median().round(2).to_string())


if __name__ == "__main__":
    main()
