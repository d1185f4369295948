"""What out-of-fold predictions promise for new rows, and what comes of it.

Each estimator is fitted to at most 2,000 training rows of each table. Its out-of-fold predictions
and its predictions for the test rows are measured alike. The tables and splits are those of
`accuracy.py`: the small sets, and the real tables, unless others are named.

Usage: python -m benchmarks out_of_fold [--sets GROUP|NAME ...] [--seeds N]
                                        [--data DIR] [--adult DIR] [--real DIR]
"""

import argparse
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keel
import numpy as np
import pandas as pd
import r_tables
from machine import describe
from quality import classification, regression
from runs import can_read, one_thread
from tabular_data import ADULT, GROUPS, NAMES, Places, Table, has_numbers, load, n_folds, names_of

from scratchmlp import tabular

ROWS = 2_000
SETS = ["small", "real", "real-regression"]
MEASURES = ("error", "log_loss", "rmse")


def measure(name: str, estimator: Any, table: Table, fold: int, seed: int) -> dict[str, Any]:
    """Fit once; return the measures of out-of-fold predictions and of those for the test rows."""
    train, test = table.splits[fold]
    if len(train) > ROWS:
        train = np.random.default_rng(seed).choice(train, ROWS, replace=False)
    model = estimator.set_params(random_state=seed).fit(table.X.iloc[train], table.y[train])
    if has_numbers(name):
        scale = table.y.std()
        promised = regression(table.y[train], model.oof_prediction_, scale)
        found = regression(table.y[test], model.predict(table.X.iloc[test]), scale)
    else:
        promised = classification(table.y[train], model.oof_proba_)
        found = classification(table.y[test], model.predict_proba(table.X.iloc[test]))
    return {
        "table": name,
        "estimator": type(estimator).__name__.removesuffix("Classifier").removesuffix("Regressor"),
        **{f"{key} promised": promised.get(key, np.nan) for key in MEASURES},
        **{f"{key} found": found.get(key, np.nan) for key in MEASURES},
    }


def measure_all(args: argparse.Namespace) -> Iterator[dict[str, Any]]:
    """Fit both kinds of estimators to all folds of the tables that can be read."""
    places = Places(args.data, args.adult, args.real)
    for name in names_of(args.sets):
        if not can_read(name, places):
            continue
        kind = "Regressor" if has_numbers(name) else "Classifier"
        for each in ("TabularMLP", "TabularEnsemble"):
            for seed in range(args.seeds):
                for fold in range(n_folds(name)):
                    estimator = getattr(tabular, each + kind)()
                    row = measure(name, estimator, load(name, places), fold, seed)
                    print(row, flush=True)
                    yield row


def summarize(rows: pd.DataFrame) -> pd.DataFrame:
    """Average over folds and seeds, then over tables.

    Returns
    -------
    DataFrame
        For each estimator: how many percentage points the accuracy for new rows is higher than that
        of out-of-fold predictions, how many percent the log-loss or RMSE is lower (geometric mean),
        and on how many tables it is lower.

    Examples
    --------
    >>> row = {"table": "wine", "estimator": "ours", "rmse promised": np.nan, "rmse found": np.nan}
    >>> row |= {"error promised": 0.10, "error found": 0.08}
    >>> row |= {"log_loss promised": 0.4, "log_loss found": 0.3}
    >>> summarize(pd.DataFrame([row])).to_dict("records")
    [{'tables': 1, 'accuracy higher (points)': 2.0, 'loss lower (%)': 25.0, 'loss lower on': 1}]
    """
    means = rows.groupby(["estimator", "table"]).mean()
    loss = (means["log_loss found"] / means["log_loss promised"]).fillna(
        means["rmse found"] / means["rmse promised"]
    )
    points = 100 * (means["error promised"] - means["error found"])
    return pd.DataFrame(
        {
            "tables": loss.groupby("estimator").size(),
            "accuracy higher (points)": points.groupby("estimator").mean(),
            "loss lower (%)": 100 * (1 - np.exp(np.log(loss).groupby("estimator").mean())),
            "loss lower on": (loss < 1).groupby("estimator").sum(),
        }
    ).round(2)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add = parser.add_argument
    add("--sets", nargs="+", choices=[*GROUPS, *NAMES], default=SETS, metavar="NAME")
    add("--seeds", type=int, default=1, help="random states")
    add("--data", type=Path, default=keel.CACHE, help="folder for KEEL's package")
    add("--adult", type=Path, default=ADULT, help="folder of adult.data and adult.test")
    add("--real", type=Path, default=r_tables.DATA, help="folder of the real tables")
    args = parser.parse_args()
    print(describe())
    args.data.mkdir(parents=True, exist_ok=True)  # for KEEL's package
    warnings.simplefilter("ignore")
    with one_thread():
        rows = pd.DataFrame(measure_all(args))
    print(f"\n{summarize(rows).to_string()}")


if __name__ == "__main__":
    main()
