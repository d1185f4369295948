"""Small fitted models of every kind, which the tests of model files share."""

import warnings
from datetime import date
from decimal import Decimal
from functools import cache
from importlib import import_module

import numpy as np
import pandas as pd
from scipy.sparse import issparse
from sklearn.base import clone
from sklearn.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
)
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from scratchmlp import ScratchMLPClassifier, ScratchMLPRegressor
from scratchmlp.io import TRUSTED
from scratchmlp.io.files import model_bytes
from scratchmlp.tabular import (
    PiecewiseLinearEncoder,
    TabularEncoder,
    TabularEnsembleClassifier,
    TabularEnsembleRegressor,
    TabularMLPClassifier,
    TabularMLPRegressor,
)
from tests.helpers.all_parts import all_parts

SMALL = {"hidden_layer_sizes": (5, 4), "max_iter": 4, "random_state": 0}
TABULAR = {"cv": 2, "random_state": 0}
NETWORKS = {"max_iter": 3, "hidden_layer_sizes": 8}


def trusted_types():
    """Return the types of scikit-learn that a file may contain, except for functions."""
    paths = [name.rpartition(".") for name in TRUSTED if name.startswith("sklearn.")]
    found = [getattr(import_module(module), name, None) for module, _, name in paths]
    return [each for each in found if isinstance(each, type)]


def varied_table(n_rows=160):
    """Return a table with a column of each kind and encoding, the same on every computer."""
    i = np.arange(n_rows)
    wave = np.sin(i).round(3)
    day = pd.Timestamp("2020-02-03") + pd.to_timedelta(i * 5 % 490, "D")
    moment = day + pd.to_timedelta(i * 7 % 24, "h")
    texts = [f"{k:08b}".replace("0", "red ").replace("1", "old ") for k in i]
    cycle = {
        "two labels": ["no", "yes"],
        "labels": ["Oslo", "Rome", "Å", None],
        "mixed labels": [1, "a", 2.5, None],
        "labels of numbers": [0.5, 1e9 + 1, 3],
        "labels of dates": [day[0], day[1], day[2]],
        "labels of zones": [day[0].tz_localize("Asia/Tokyo"), day[1].tz_localize("Asia/Tokyo")],
        "labels of durations": [pd.Timedelta(1, "h"), pd.Timedelta(2, "h"), pd.NaT],
        "labels of days": [date(2020, 1, 1), date(2021, 5, 6), date(2022, 3, 4)],
        "labels of decimals": [Decimal("1.5"), Decimal(2), Decimal(3)],
        "flags": [True, False, False],
        "flags as text": ["true", "false", None],
        "quarters": ["2020Q1", "2020Q3", "2021Q4"],
        "one number or none": [3.0, np.nan],
        "one label": ["x"],
        "nothing": [np.nan],
    }
    columns = {
        "number": np.where(i % 7, wave, np.nan),
        "skewed": wave * wave * wave,
        "kilograms": [f"{50 + 9 * x:.1f} kg" for x in wave],
        "decimal commas": [f"{x:.2f}".replace(".", ",") for x in wave],
        "unreadable": ["many", *map(str, wave[1:])],
        "zip": 20_000 + i * i % 31,
        "many labels": [f"shop {k * k % 211 if k % 3 else 0}" if k % 5 else None for k in i],
        "single labels": [f"{'AB'[k % 2]}/{k}" for k in i],
        "single labels or none": [f"{'AB'[k % 2]}/{k}" if k % 5 else None for k in i],
        "day": day,
        "moment": pd.Series(moment).where(i % 6 > 0),
        "zone": moment.tz_localize("America/New_York", ambiguous="NaT", nonexistent="NaT"),
        "month": day.to_period("M"),
        "compact day": day.strftime("%Y%m%d").astype(int),
        "day first": day.strftime("%d.%m.%Y"),
        "duration": pd.to_timedelta(i * i % 99, "h"),
        "time": moment.strftime("%H:%M"),
        "text": pd.Series(texts).where(i % 8 > 0),
        "text without terms": [f"{chr(0x4E00 + 2 * k)} {chr(0x4E01 + 2 * k)}" for k in i],
        "customer_id": [f"C{k:03}" if k % 9 else None for k in i],
        "key": [f"key {k}" for k in i],
    }
    table = pd.DataFrame(columns | {k: pd.Series(v * n_rows)[:n_rows] for k, v in cycle.items()})
    labels = [name for name in table if name.startswith(("labels of", "single"))]
    return table.astype(dict.fromkeys([*labels, "one label"], "category"))


VARIED = varied_table()
SOME = ["number", "skewed", "labels", "many labels", "text", "moment", "kilograms", "day first"]
TABLE = VARIED[[*SOME, "labels of dates", "flags"]]
#: Rows with known and with new categories.
ROWS = pd.concat([TABLE[:20], TABLE[9:20].assign(labels="unseen", **{"many labels": None})])
LABELS = np.array(["no", "yes", "perhaps"])[np.arange(len(TABLE)) % 3]
NUMBERS = np.nan_to_num(TABLE["number"]) + TABLE["skewed"]
TWO_NUMBERS = np.column_stack([NUMBERS, -NUMBERS])
X = np.random.default_rng(1).normal(size=(60, 4))
CLASSES = np.arange(60) % 3

WARM = ScratchMLPClassifier(warm_start=True, early_stopping=True, **SMALL)
PIPELINE = make_pipeline(StandardScaler(), ScratchMLPClassifier(**SMALL))
ALPHAS = {"scratchmlpclassifier__alpha": [0.1, 0.001]}
CLASSIFIERS = [
    ("networks", TabularMLPClassifier(**NETWORKS)),
    ("boosting", HistGradientBoostingClassifier(max_iter=1)),
    ("trees", ExtraTreesClassifier(2, max_leaf_nodes=9)),
    ("forest", RandomForestClassifier(2, max_leaf_nodes=9)),
    ("linear", LogisticRegression()),
]
REGRESSORS = [
    ("networks", TabularMLPRegressor(**NETWORKS)),
    ("boosting", HistGradientBoostingRegressor(max_iter=1)),
    ("trees", ExtraTreesRegressor(2, max_leaf_nodes=9)),
    ("linear", Ridge()),
]
LONGER = TabularEnsembleClassifier(
    [("networks", TabularMLPClassifier(max_iter=20, hidden_layer_sizes=4))], **TABULAR
)
ENCODINGS = ["from_dtype", "single labels", "single labels or none"]
#: An estimator, rows and targets.
FITS = {
    "classifier": (WARM, X, CLASSES),
    "regressor": (ScratchMLPRegressor(**SMALL), X, X[:, :2]),
    "multilabel": (ScratchMLPClassifier(**SMALL), X, (X > 0).astype(int)),
    "pipeline": (PIPELINE, X, CLASSES == 1),
    "search": (GridSearchCV(PIPELINE, ALPHAS, cv=2, scoring="roc_auc_ovr"), X, CLASSES),
    "bins": (PiecewiseLinearEncoder(n_bins=3), X, None),
    "encoder": (TabularEncoder(max_categories=60), TABLE, None),
    "tabular classifier": (TabularMLPClassifier(**TABULAR, **NETWORKS), TABLE, LABELS),
    "tabular regressor": (TabularMLPRegressor(**TABULAR, **NETWORKS), TABLE, TWO_NUMBERS),
    "ensemble classifier": (TabularEnsembleClassifier(CLASSIFIERS, **TABULAR), TABLE, LABELS),
    "ensemble regressor": (TabularEnsembleRegressor(REGRESSORS, **TABULAR), TABLE, NUMBERS),
}
#: Models of columns of each kind and encoding, for files that are kept.
VARIED_FITS = {
    "varied encoder": (TabularEncoder(ENCODINGS), VARIED, None),
    "varied classifier": (LONGER, VARIED, VARIED["skewed"] > 0),
}


@cache
def fitted(name):
    """Return a model of `FITS` or `VARIED_FITS`, which all tests share."""
    estimator, rows, targets = (FITS | VARIED_FITS)[name]
    with warnings.catch_warnings(action="ignore"), all_parts():
        return clone(estimator).fit(rows, targets)


@cache
def file_of(name, training_state=True):
    """Return the content of the file of a model."""
    return model_bytes(fitted(name), training_state=training_state)


def inputs(model):
    """Return rows that a model of `FITS` or `VARIED_FITS` predicts."""
    tables = {each.shape[1]: each for each in (X, VARIED)}
    return tables.get(getattr(model, "n_features_in_", None), TABLE)


METHODS = ["predict", "predict_proba", "decision_function", "transform"]
METHODS += ["member_predictions", "predict_interval", "predict_set"]


def _dense(values):
    return values.toarray() if issparse(values) else np.asarray(values)


def predictions(model, rows=None):
    """Return all that a model predicts, as arrays by the name of the method."""
    if rows is None:
        rows = ROWS if inputs(model) is TABLE else inputs(model)
    methods = [method for method in METHODS if hasattr(model, method)]
    with warnings.catch_warnings(action="ignore"):
        return {method: _dense(getattr(model, method)(rows)) for method in methods}


@cache
def expected(name):
    """Return what the model `name` predicts."""
    return predictions(fitted(name))


def same(a, b, rows=None):
    """Return whether two models predict the same, bit for bit; `b` may be the name of one."""
    theirs = expected(b) if isinstance(b, str) else predictions(b, rows)
    return _bits(predictions(a, rows)) == _bits(theirs)


def _bits(arrays):
    return {
        name: (each.dtype, each.shape, each.tolist() if each.dtype == object else each.tobytes())
        for name, each in arrays.items()
    }
