"""Small fits of encoders and tabular estimators, for `same_numbers.py`."""

import re
import subprocess
import sys
import tempfile
from functools import cache, partial
from importlib.util import find_spec
from itertools import product
from pathlib import Path
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
from grid_columns import exported, loaded, table_of, unpickled
from sklearn.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
)
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import (
    GroupKFold,
    ParameterGrid,
    RepeatedKFold,
    ShuffleSplit,
    TimeSeriesSplit,
)

from scratchmlp import report
from scratchmlp.tabular import (
    PiecewiseLinearEncoder,
    TabularEncoder,
    TabularEnsembleClassifier,
    TabularEnsembleRegressor,
    TabularMLPClassifier,
    TabularMLPRegressor,
)

TABULAR = (
    *("n_iter_", "best_epochs_", "temperature_", "oof_proba_", "oof_prediction_", "oof_score_"),
    *("classes_", "n_features_in_", "feature_names_in_", "predict", "predict_proba"),
    *("predict_log_proba", "member_predictions", "weights_", "oof_scores_", "errors_", "floor_"),
    *("held_out_", "predict_set", "predict_interval"),
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
    return found | learned(model, X)


def learned(model: Any, X: Any) -> Outputs:
    """Return the fitted attributes of a tabular estimator, and what it predicts."""
    found = {name: getattr(model, name) for name in TABULAR if hasattr(model, name)}
    return {name: value(X) if callable(value) else value for name, value in found.items()}


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


# Estimators of columns of all kinds.

N_ROWS = 120
PLAIN = (
    *("numbers, gaps", "skewed", "kilograms", "two labels", "labels of strings", "booleans"),
    *("many labels, gaps", "zip", "labels of dates", "moments, gaps", "lengths", "months"),
    *("customer_id, gaps", "keys", "one number", "nothing"),
)
ALL = (
    *PLAIN,
    *("text, gaps", "text without terms", "mixed labels", "single labels, gaps", "decimals"),
    *("booleans as text, gaps", "decimal commas", "unreadable numbers", "unclear order", "zones"),
    *("compact days", "frequent labels, gaps"),
)


def targets(kind: str, X: pd.DataFrame) -> np.ndarray:
    """Make targets from numbers, labels and dates."""
    signal = X["skewed"].rank(pct=True) + (X["two labels"] == "yes") + X["numbers, gaps"].isna()
    signal = (signal + X["moments, gaps"].dt.month.fillna(0) / 12).to_numpy()
    if kind == "two classes":
        return np.where(signal > np.median(signal), "yes", "no")
    if kind == "classes":
        return np.digitize(signal, [0.7, 1.4, 2])
    return {
        "number": 90 * signal,
        "numbers": np.column_stack([signal, -9 * signal]),
        "counts": np.floor(3 * signal),
    }[kind]


def estimator_of(kind: str, form: str) -> Any:
    """Make networks or an ensemble."""
    small = {"cv": 2, "random_state": 0}
    is_classifier = kind.endswith("classes")
    networks = TabularMLPClassifier if is_classifier else TabularMLPRegressor
    settings = {"max_iter": 2, "hidden_layer_sizes": (8,)}
    if form == "networks":
        return networks(**small, **settings)
    parts: list[tuple[str, Any]] = [("networks", networks(**settings))]
    if is_classifier:
        parts += [("boosting", HistGradientBoostingClassifier(max_iter=3))]
        parts += [("trees", ExtraTreesClassifier(3)), ("linear", LogisticRegression())]
        return TabularEnsembleClassifier(parts, **small)
    if kind != "numbers":
        parts += [("boosting", HistGradientBoostingRegressor(max_iter=3))]
    parts += [("trees", ExtraTreesRegressor(3)), ("linear", Ridge())]
    return TabularEnsembleRegressor(parts, **small)


def fit_columns(kind: str, form: str, parameters: Outputs, given: Any) -> Outputs:
    """Fit an estimator on columns of all kinds."""
    X, new = table_of(ALL, N_ROWS), table_of(ALL, 40, 1)
    y = targets(kind, X)
    model = estimator_of(kind, form).set_params(**parameters)
    model.fit(X, y, **(given(X, y) if given else {}))
    return {"columns_": repr(model.encoder_.columns_)} | learned(model, new)


def columns_of_estimators() -> Configurations:
    """Fit networks and ensembles on columns of all kinds."""
    kinds, forms = ("classes", "number", "numbers"), ("networks", "ensemble")
    estimators = partial(fits, work=fit_columns)
    yield from estimators(kinds, forms, (None, weighted))
    yield from estimators(kinds[:2], forms[:1], (grouped,), n_repeats=[2])
    yield from estimators(["two classes"], forms[:1], class_weight=["balanced"])
    yield from estimators(["counts"], forms[:1], (weighted,), loss=["poisson"])
    yield from estimators(["two classes"], forms[1:], scoring=["accuracy"], n_repeats=[2])
    yield from estimators(["number"], forms[1:], scoring=["neg_mean_absolute_error"])
    roles = {"categorical_features": ["from_dtype", "kilograms"], "numeric_features": ["zip"]}
    roles |= {"text_features": ["keys"], "date_features": ["unclear order"]}
    yield from estimators(["classes"], forms, **{role: [names] for role, names in roles.items()})


# Readers of a fitted estimator, of rows of the fit and of new rows.

REPORTED = ('"importance"', '"dependence"', '"data"')  # sections of a report


def copied(model: Any, X: Any, y: Any, new: Any) -> Outputs:
    """Describe what a pickle and a model file hold."""
    return {"pickled": learned(unpickled(model), new), "saved": learned(loaded(model), new)}


def in_onnx(model: Any, X: Any, y: Any, new: Any) -> Outputs:
    """Run what an ONNX file holds."""
    return exported(model, X, new)


def measured(model: Any, X: Any, y: Any, new: Any) -> Outputs:
    """Measure which columns matter."""
    groups = {"sizes": ["skewed", "kilograms"], "all": [*X.columns]}
    repeats = {"n_repeats": 2, "random_state": 0}
    given = {"columns": groups, "sample_weight": weights(len(y))}
    return {
        "each": model.oof_importances(X, y, **repeats),
        "groups": model.oof_importances(X, y, **given, **repeats),
    }


def alone(model: Any, X: Any, y: Any, new: Any) -> Outputs:
    """Predict with each estimator of an ensemble."""
    return {name: learned(model.only(name), new) for name in model.weights_}


def reported(model: Any, X: Any, y: Any, new: Any) -> Outputs:
    """Return what a report says of the columns."""
    sections = re.split("<section aria-labelledby=", report(model, X, y))
    texts = [re.sub(r"<svg.*?</svg>|<[^>]*>", " ", text, flags=re.DOTALL) for text in sections]
    return {text.split('"')[1]: text for text in texts if text.startswith(REPORTED)}


@cache
def fitted(kind: str, form: str, names: tuple[str, ...]) -> Any:
    """Fit an estimator for several readers."""
    X = table_of(names, N_ROWS)
    return estimator_of(kind, form).fit(X, targets(kind, X))


def readers() -> Configurations:
    """Read fitted estimators of columns of all kinds."""

    def read(kind: str, form: str, names: tuple[str, ...], reader: Any) -> Outputs:
        X = table_of(names, N_ROWS)
        return reader(fitted(kind, form, names), X, targets(kind, X), table_of(names, 40, 1))

    others = {"networks": reported, "ensemble": alone}
    for kind, form in product(("classes", "number"), others):
        for reader in (copied, measured, others[form]):
            yield label(reader, kind, form), partial(read, kind, form, ALL, reader)
        if find_spec("onnx"):
            yield label(in_onnx, kind, form), partial(read, kind, form, PLAIN, in_onnx)


def command_line() -> Configurations:
    """Compare and save networks, and predict, from text files."""

    def command(folder: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        run = [sys.executable, "-m", "scratchmlp", *arguments]
        return subprocess.run(run, cwd=folder, capture_output=True, text=True)

    def predict() -> Outputs:
        X, new = table_of(PLAIN, 30), table_of(PLAIN, 20, 1)
        X["target"] = targets("two classes", X)
        with tempfile.TemporaryDirectory() as folder:
            X.to_csv(Path(folder) / "table.csv", index=False)
            new.to_csv(Path(folder) / "new.csv", index=False)
            fit = ["table.csv", "--target", "target", "--model", "networks", "--save", "model"]
            fitted = command(folder, *fit)
            predicted = command(folder, "new.csv", "--load", "model")
        return {
            "columns": [line for line in fitted.stdout.splitlines() if line.startswith("  ")],
            "predictions": predicted.stdout.split(),
            "messages": [fitted.stderr, predicted.stderr],
        }

    yield "networks", predict


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


GROUPS = (tables, columns_of_estimators, readers, command_line, encoders)
