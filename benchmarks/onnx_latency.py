"""Compare the time of one-row predictions: onnxruntime against the estimators themselves.

Both predict the same row again and again, on one thread, in alternating rounds. The medians are
compared. onnxruntime should be faster. Estimators for tables get a DataFrame of one row.
onnxruntime gets arrays, and the time includes their construction from text and numbers.

Usage: python -m benchmarks onnx_latency [--rounds 5]
"""

import argparse
import time
from collections.abc import Callable
from statistics import median
from typing import Any

import numpy as np
import pandas as pd
from machine import describe

from scratchmlp import ScratchMLPClassifier
from scratchmlp.io import to_onnx
from scratchmlp.tabular import (
    TabularEnsembleClassifier,
    TabularEnsembleRegressor,
    TabularMLPClassifier,
    TabularMLPRegressor,
)

N_ROWS = 500
N_CALLS = 50  # in each round


def make_table() -> pd.DataFrame:
    """Return numbers, categories and dates, some of which are missing."""
    rng = np.random.default_rng(0)
    table = pd.DataFrame({f"number {i}": rng.normal(size=N_ROWS) for i in range(8)})
    for i in range(4):
        table[f"category {i}"] = rng.choice(["a", "b", "c", "d"], N_ROWS)
    table["date"] = pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 999, N_ROWS), "D")
    return table.where(rng.random(table.shape) < 0.95)


def plain_row(table: pd.DataFrame) -> dict[str, Any]:
    """Return the first row as a service receives it: text, numbers, and dates as days."""
    row = {}
    for name, value in table.iloc[0].items():
        missing = "" if name.startswith("category") else np.nan
        days = isinstance(value, pd.Timestamp)
        known = value.timestamp() / 86_400 if days else value
        row[name] = missing if pd.isna(value) else known
    return row


def as_inputs(row: dict[str, Any]) -> dict[str, Any]:
    """Return a row as inputs of a model."""
    return {
        name: np.array([[value]], object if isinstance(value, str) else np.float64)
        for name, value in row.items()
    }


def seconds(call: Callable[[], Any]) -> float:
    """Return the seconds of a call, the mean of several."""
    start = time.perf_counter()
    for _ in range(N_CALLS):
        call()
    return (time.perf_counter() - start) / N_CALLS


def compare(name: str, predict: Callable[[], Any], run: Callable[[], Any], rounds: int) -> None:
    """Print the medians of both times, and their ratio."""
    predict(), run()  # the first call allocates memory
    times = np.array([(seconds(predict), seconds(run)) for _ in range(rounds)])
    ours, theirs = (1e3 * median(each) for each in times.T)
    print(f"{name:<28} {ours:8.3f} ms {theirs:8.3f} ms {ours / theirs:7.1f}")


def main() -> None:
    """Compare single networks, ensembles of networks, and ensembles with trees."""
    from onnxruntime import InferenceSession, SessionOptions

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    print(describe("onnx", "onnxruntime"))
    print(f"{'one row':<28} {'scratchmlp':>11} {'onnxruntime':>11} {'ratio':>7}")
    options = SessionOptions()
    options.intra_op_num_threads = 1
    X = np.random.default_rng(0).normal(size=(N_ROWS, 20)).astype(np.float32)
    table, y = make_table(), X[:, 0] + X[:, 1]
    network = ScratchMLPClassifier(max_iter=200, tol=0.01, random_state=0).fit(X, y > 0)
    session = InferenceSession(to_onnx(network).SerializeToString(), options)
    compare(
        type(network).__name__,
        lambda: network.predict_proba(X[:1]),
        lambda: session.run(["probabilities"], {"X": X[:1]}),
        rounds,
    )
    row = plain_row(table)
    for estimator in (
        TabularMLPClassifier(random_state=0),
        TabularMLPRegressor(random_state=0),
        TabularEnsembleClassifier(random_state=0),
        TabularEnsembleRegressor(random_state=0),
    ):
        is_classifier = hasattr(estimator, "predict_proba")
        estimator.fit(table, y > 0 if is_classifier else y)
        predict = estimator.predict_proba if is_classifier else estimator.predict
        session = InferenceSession(to_onnx(estimator).SerializeToString(), options)
        output = ["probabilities" if is_classifier else "prediction"]
        np.testing.assert_allclose(
            session.run(output, as_inputs(row))[0], predict(table[:1]), rtol=1e-4, atol=1e-5
        )
        compare(
            type(estimator).__name__,
            lambda predict=predict: predict(table[:1]),
            lambda session=session, output=output: session.run(output, as_inputs(row)),
            rounds,
        )


if __name__ == "__main__":
    main()
