"""Small fits of encoders and tabular estimators, for `same_numbers.py`."""

from functools import partial
from itertools import product
from typing import Any

import numpy as np
import pandas as pd
from grid import (
    REGRESSORS,
    Configurations,
    Outputs,
    Rows,
    fits,
    label,
    rows_of,
    weighted,
    weights,
)
from sklearn.model_selection import (
    GroupKFold,
    ParameterGrid,
    RepeatedKFold,
    ShuffleSplit,
    TimeSeriesSplit,
)

from scratchmlp.tabular import (
    PiecewiseLinearEncoder,
    TabularEncoder,
    TabularMLPClassifier,
    TabularMLPRegressor,
)

TABULAR = (
    *("n_iter_", "best_epochs_", "temperature_", "oof_proba_", "oof_prediction_", "oof_score_"),
    *("classes_", "n_features_in_", "feature_names_in_", "predict", "predict_proba"),
    *("predict_log_proba", "member_predictions"),
)


def table(n_rows: int = 90, seed: int = 0) -> pd.DataFrame:
    """Make a table of all kinds of columns, with missing values."""
    rng = np.random.default_rng(seed)
    number = rng.standard_normal(n_rows)
    day = pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 400, n_rows), unit="D")
    columns = {
        "number": number,
        "heavy": np.where(rng.random(n_rows) < 0.2, np.nan, np.exp(3 * number)),
        "count": rng.integers(0, 4, n_rows),
        "flag": rng.random(n_rows) < 0.4,
        "city": rng.choice(["Rome", "Oslo", "Paris", None], n_rows),
        "size": pd.Categorical(rng.choice(["S", "M", "L"], n_rows), ["S", "M", "L", "XL"]),
        "day": pd.Series(day).where(rng.random(n_rows) < 0.9),
        "written": day.strftime("%Y-%m-%d"),
        "lasting": pd.to_timedelta(rng.integers(0, 99, n_rows), unit="h"),
        "key": [f"k{i}" for i in range(n_rows)],
        "constant": 1.0,
    }
    return pd.DataFrame(columns)


def tabular_rows(kind: str) -> Rows:
    """Return a table and its targets."""
    if kind in ("binary", "multiclass", "number", "numbers"):
        return rows_of(kind)
    X = table()
    signal = X["number"].to_numpy() + (X["city"] == "Rome").to_numpy()
    return X, np.digitize(signal, [0, 1]).astype(str) if kind == "mixed classes" else 9 * signal


def fit_table(kind: str, form: Any, parameters: Outputs, given: Any) -> Outputs:
    """Fit an ensemble on a table."""
    X, y = tabular_rows(kind)
    regression = kind in (*REGRESSORS, "mixed numbers")
    estimator = TabularMLPRegressor if regression else TabularMLPClassifier
    small = {"cv": 3, "max_iter": 5, "hidden_layer_sizes": (16, 16), "random_state": 0}
    model = estimator(**(small | parameters)).fit(X, y, **(given(X, y) if given else {}))
    found = {"columns_": repr(model.encoder_.columns_), "encoded": model.encoder_.transform(X)}
    for name in filter(partial(hasattr, model), TABULAR):
        value = getattr(model, name)
        found[name] = value(X) if callable(value) else value
    return found


def grouped(X: Any, y: Any) -> Outputs:
    """Give rows groups of three."""
    return {"groups": np.arange(len(y)) // 3}


def tables() -> Configurations:
    """Ensembles on tables of numbers and on mixed ones."""
    kinds = ("binary", "multiclass", "number", "numbers", "mixed classes", "mixed numbers")
    ensembles = partial(fits, forms=["table"], work=fit_table)
    yield from ensembles(kinds, given=(None, weighted, grouped), cv=[2, 4])
    yield from ensembles(kinds[:3], cv=[ShuffleSplit(2, random_state=0), TimeSeriesSplit(3)])
    yield from ensembles(kinds[2:4], cv=[RepeatedKFold(n_splits=2, n_repeats=2, random_state=0)])
    yield from ensembles(kinds, given=(grouped,), cv=[GroupKFold(3)])
    yield from ensembles(kinds, hidden_layer_sizes=[8, (), (9, 8, 7)], max_iter=[12])
    skewed = ["balanced", {0: 1, 1: 2, 2: 3}]
    yield from ensembles(["multiclass"], given=(None, weighted), class_weight=skewed)
    chosen = [None, ["city", "size", "written", "key"], ["count", "city", "size", "flag", "key"]]
    yield from ensembles(["mixed classes"], categorical_features=chosen)
    yield from ensembles(kinds[::2], max_time=[1e6])
    yield from ensembles(["multiclass", "number"], max_iter=["auto"], random_state=[1], n_jobs=[2])


def encoders() -> Configurations:
    """Encode tables and numbers, both those of the fit and new ones."""

    def encode(**parameters: Any) -> Outputs:
        encoder = TabularEncoder(**parameters).fit(table())
        found = {"columns_": repr(encoder.columns_), "names": encoder.get_feature_names_out()}
        return found | {"seen": encoder.transform(table()), "new": encoder.transform(table(40, 1))}

    def bend(weight: Any, **parameters: Any) -> Outputs:
        X = np.column_stack([rows_of("number")[0], np.arange(150) % 4, np.ones(150)])
        X[::7, 0] = np.nan
        encoder = PiecewiseLinearEncoder(**parameters).fit(X, rows_of("number")[1], weight)
        found = {"bin_edges_": encoder.bin_edges_, "encodings_": encoder.encodings_}
        names = encoder.get_feature_names_out()
        return found | {
            "names": names,
            "seen": encoder.transform(X),
            "new": encoder.transform(2 * X),
        }

    chosen = ["from_dtype", ["count", "city", "size", "flag", "key"]]
    for parameters in ParameterGrid({"categorical_features": chosen, "max_categories": [2, 64]}):
        yield label(encode, **parameters), partial(encode, **parameters)
    options = {"strategy": ["quantile", "tree"], "encoding": ["linear", "steps", "both", "auto"]}
    options |= {"n_bins": [2, 8], "min_samples_leaf": [1, 10]}
    for parameters, weight in product(ParameterGrid(options), (None, weights(150))):
        kind = "plain" if weight is None else "weighted"
        yield label("bins", kind, **parameters), partial(bend, weight, **parameters)


GROUPS = (tables, encoders)
