"""Train a small ensemble on made-up customers, and export it for the page index.html.

Usage: python docs/serving/make_model.py

It writes churned.onnx, the model, and customers.json, a few customers with the probabilities that
Python predicts for them.
"""

import json
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier

from scratchmlp.io import to_onnx
from scratchmlp.tabular import TabularEnsembleClassifier, TabularMLPClassifier

FOLDER = Path(__file__).parent


def make_customers(n_rows: int, seed: int) -> tuple[pd.DataFrame, np.ndarray]:
    """Return a table of customers, and whether each has left."""
    rng = np.random.default_rng(seed)
    age = rng.integers(18, 90, n_rows).astype(float)
    calls = rng.poisson(2, n_rows)
    plan = rng.choice(["basic", "family", "business"], n_rows)
    since = pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 1800, n_rows), unit="D")
    score = 0.6 * calls - 0.03 * (age - 40) + 1.5 * (plan == "basic") + (since.year > 2022) - 2
    churned = np.where(rng.random(n_rows) < 1 / (1 + np.exp(-score)), "yes", "no")
    table = pd.DataFrame(
        {
            "age": age,
            "plan": plan,
            "since": since,
            "calls": calls,
            "paperless": rng.random(n_rows) < 0.5,
        }
    )
    table.loc[rng.random(n_rows) < 0.1, "age"] = np.nan
    table["plan"] = table["plan"].where(rng.random(n_rows) > 0.05, None)
    return table, churned


def main() -> None:
    """Write the model and the customers."""
    X, y = make_customers(600, seed=0)
    estimators = [
        ("networks", TabularMLPClassifier(hidden_layer_sizes=16, max_iter=32)),
        ("boosting", HistGradientBoostingClassifier(max_iter=15, max_leaf_nodes=6)),
    ]
    ensemble = TabularEnsembleClassifier(estimators, cv=4, random_state=0).fit(X, y)
    (FOLDER / "churned.onnx").write_bytes(to_onnx(ensemble).SerializeToString())
    new, _ = make_customers(50, seed=1)
    new.loc[0, "plan"] = "a plan that is not in the training data"
    customers = {
        "age": new["age"].where(new["age"].notna(), None).tolist(),
        "plan": new["plan"].where(new["plan"].notna(), "").tolist(),
        "since": new["since"].dt.strftime("%Y-%m-%d").tolist(),
        "calls": new["calls"].tolist(),
        "paperless": new["paperless"].astype(int).tolist(),
    }
    content = {"customers": customers, "probabilities": ensemble.predict_proba(new).tolist()}
    text = json.dumps(content, indent=1).replace("NaN", "null")
    (FOLDER / "customers.json").write_text(f"{text}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
