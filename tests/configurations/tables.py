"""Tables with columns of every kind, ways to split their rows, and estimators for them."""

import numpy as np
import pandas as pd
from sklearn import ensemble as ensembles
from sklearn import model_selection as splits
from sklearn.linear_model import LogisticRegression, Ridge

from scratchmlp.tabular import (
    TabularEnsembleClassifier,
    TabularEnsembleRegressor,
    TabularMLPClassifier,
    TabularMLPRegressor,
)
from tests.configurations import SEEDS, Case, joined, some_of
from tests.configurations.columns import ACCEPTED, COLUMNS, ORDINARY, REFUSED
from tests.configurations.networks import class_weights, labels, numbers, weights

# Tables.

NAMES = ["a", "b", "a_b", "b_missing", "ä", "", " ", "a\nb", "x0", "\x00"]
ODD_NAMES = [*NAMES, 1, 0, None, np.nan, ("a", 1), 2.5, True, pd.Timestamp("2020"), "\ud800"]
INDEXES = [
    lambda n: pd.RangeIndex(n),
    lambda n: pd.Index(np.arange(n)[::-1]),
    lambda n: pd.Index(["same"] * n),
    lambda n: pd.Index([np.nan] * n),
    lambda n: pd.date_range("2020", periods=n),
    lambda n: pd.MultiIndex.from_tuples([(i, "a") for i in range(n)], names=["a", None]),
]


def column_names(choose, n):
    kind = choose(["text"] * 6 + ["odd", "repeated", "range", "levels"])
    if kind == "range":
        return pd.RangeIndex(n)
    if kind == "levels":
        return pd.MultiIndex.from_tuples([("a", i) for i in range(n)])
    if kind == "repeated":
        return ["a"] * n
    rest = [*(NAMES if kind == "text" else ODD_NAMES)]
    chosen = [rest.pop(choose(range(len(rest)))) for _ in range(n)]
    return chosen if kind == "text" else pd.Index(chosen, dtype=object, tupleize_cols=False)


def header(choose, at_most=4):
    """Choose the kinds and the names of the columns of a table, of which few are refused."""
    kinds = [choose(ACCEPTED) for _ in range(choose(range(1, at_most + 1)))]
    if choose(range(10)) == 9:
        kinds[0] = choose(REFUSED)
    return kinds, column_names(choose, len(kinds))


def table(choose, n_rows, kinds, names):
    """Choose the values and the index of a table with columns of given kinds."""
    rng = np.random.default_rng(choose(SEEDS))
    frame = pd.concat([pd.Series(COLUMNS[kind](rng, n_rows)) for kind in kinds], axis=1)
    return frame.set_axis(names, axis=1).set_axis(choose(INDEXES)(n_rows), axis=0)


def _as_polars(frame):
    import polars as pl

    if any(dtype.kind == "O" for dtype in frame.dtypes):  # polars panics on some objects
        return frame
    values = frame.astype(object).where(frame.notna(), None)
    table = pl.DataFrame({str(name): column.tolist() for name, column in values.items()})
    return frame if pl.Object in table.dtypes else table  # polars cannot pickle objects


def _as_arrow(frame):
    import pyarrow as pa

    table = pa.Table.from_pandas(frame, preserve_index=False)
    for column in table.columns:
        if pa.types.is_dictionary(column.type) and column.null_count == len(column):
            return frame  # pyarrow cannot convert a dictionary without values to NumPy
    return table


CONTAINERS = [
    *[lambda frame: frame] * 8,
    lambda frame: frame.to_numpy(dtype=object),
    lambda frame: frame.astype(object).to_numpy().tolist(),
    _as_polars,
    _as_arrow,
]


def contained(choose, frame):
    """Turn a pandas frame into what users may pass instead."""
    convert = choose(CONTAINERS)
    try:
        return convert(frame)
    except Exception:  # the library cannot hold such a table, or is not installed
        return frame


# Splits and groups: functions of the number of rows.


def _masks(n):
    held_out = np.arange(n) % 2 == 0
    return [(~held_out, held_out), (held_out, ~held_out)]


ORDINARY_SPLITS = {
    "2": lambda n: 2,
    "3": lambda n: 3,
    "KFold": lambda n: splits.KFold(2),
    "RepeatedKFold": lambda n: splits.RepeatedKFold(n_splits=2, n_repeats=2, random_state=0),
    "ShuffleSplit": lambda n: splits.ShuffleSplit(2, test_size=0.4, random_state=0),
    "TimeSeriesSplit": lambda n: splits.TimeSeriesSplit(2),
    "PredefinedSplit": lambda n: splits.PredefinedSplit(np.arange(n) % 3 - 1),
    "list": lambda n: list(splits.KFold(2).split(np.empty(n))) if n > 1 else [],
    "masks": _masks,
}
SPLITS = ORDINARY_SPLITS | {
    "100": lambda n: 100,
    "StratifiedKFold": lambda n: splits.StratifiedKFold(2),
    "one ShuffleSplit": lambda n: splits.ShuffleSplit(1, test_size=1, random_state=0),
    "LeaveOneOut": lambda n: splits.LeaveOneOut() if n < 5 else 2,
    "GroupKFold": lambda n: splits.GroupKFold(2),
    "GroupShuffleSplit": lambda n: splits.GroupShuffleSplit(2, random_state=0),
    "generator": lambda n: splits.KFold(2).split(np.empty(max(n, 2))),
    "one split": lambda n: [(range(n // 2), range(n // 2, n))],
    "lists of booleans": lambda n: [(a.tolist(), b.tolist()) for a, b in _masks(n)],
    "overlapping": lambda n: [(np.arange(n), np.arange(n)), (np.arange(n)[1:], np.arange(n)[-2:])],
    "negative": lambda n: [([0, -1], [-2, 1])],
    "repeated rows": lambda n: [([0, 0, 0, 1], [1, 1])],
    "none": lambda n: [],
    "empty part": lambda n: [(np.arange(n), [])],
    "beyond the rows": lambda n: [([0], [n])],
    "floats": lambda n: [([0.0], [1.0])],
    "text": lambda n: [(["a"], ["b"])],
    "three parts": lambda n: [([0], [1], [2])],
    "numbers": lambda n: [0, 1],
    "0": lambda n: 0,
    "1": lambda n: 1,
}
ORDINARY_GROUPS = [
    *[lambda n: None] * 3,
    lambda n: np.arange(n) // 3,
    lambda n: [f"g{i % 4}" for i in range(n)],
    lambda n: pd.Series(pd.Categorical(["a", "b", "c"] * n)[:n]),
]
GROUPS = [
    *ORDINARY_GROUPS,
    lambda n: np.zeros(n),
    lambda n: np.where(np.arange(n) % 2, np.nan, 1.0),
    lambda n: np.array([1, "a", (1, 2)] * n, dtype=object)[:n],
    lambda n: np.arange(2 * n).reshape(n, 2),
    lambda n: [0],
]

# Estimators.

SMALL = {"cv": 2, "max_iter": 2, "hidden_layer_sizes": (4,), "random_state": 0}
CATEGORICAL = ["from_dtype", None, [0], [True], ["a"], [0, 1], [-1], np.array([False, True])]
ENCODER = {"categorical_features": CATEGORICAL, "max_categories": [1, 2, 64]}
ORDINARY_OPTIONS = {"hidden_layer_sizes": [(), 8, (6, 6)], "max_iter": [1, 5], "max_time": [1e6]}
EXTREME_OPTIONS = {"hidden_layer_sizes": [1, (3, 3)], "max_time": [None, 1e-300]}
EXTREME_OPTIONS["categorical_features"] = CATEGORICAL


def unusual(choose, Estimator):
    """Choose a tabular network, with unusual parameters and an unusual table."""
    n_rows = choose(range(1, 61))
    options = joined(ORDINARY_OPTIONS, EXTREME_OPTIONS) | {"max_iter": [1, 3]}
    targets = labels if Estimator is TabularMLPClassifier else numbers
    y = targets(choose, n_rows, extreme=True)
    if Estimator is TabularMLPClassifier:
        options["class_weight"] = [None]
    parameters = SMALL | some_of(choose, options, 3)
    if "class_weight" in parameters:
        parameters["class_weight"] = class_weights(choose, y, extreme=True)
    if choose([False, False, True]):
        parameters["cv"] = SPLITS[choose(sorted(SPLITS))](n_rows)
    kinds, names = header(choose, 3)
    X = contained(choose, table(choose, n_rows, kinds, names))
    weight = weights(choose, n_rows, extreme=choose([False, True]))
    groups = choose(choose([ORDINARY_GROUPS, ORDINARY_GROUPS, GROUPS]))(n_rows)
    given = {"sample_weight": weight, "groups": groups}
    return Case(Estimator(**parameters), X, y, X, given)


TARGETS = {
    "two classes": lambda signal: np.where(signal > 0, "yes", "no"),
    "classes": lambda signal: np.digitize(signal, [-0.5, 0.5]),
    "number": lambda signal: 90 * signal,
    "numbers": lambda signal: np.column_stack([signal, -9 * signal]),
    "counts": lambda signal: np.floor(np.exp(signal)),
}


def ensemble(kind, networks):
    """Return an ensemble of networks and of a few estimators of scikit-learn."""
    parts = [("networks", networks.set_params(cv=8))]
    if kind.endswith("classes"):
        parts += [("boosting", ensembles.HistGradientBoostingClassifier(max_iter=3))]
        parts += [("trees", ensembles.ExtraTreesClassifier(3)), ("linear", LogisticRegression())]
        parts += [("forest", ensembles.RandomForestClassifier(3))]
        return TabularEnsembleClassifier(parts, cv=2, random_state=0)
    if kind != "numbers":
        parts += [("boosting", ensembles.HistGradientBoostingRegressor(max_iter=3))]
    parts += [("trees", ensembles.ExtraTreesRegressor(3)), ("linear", Ridge())]
    return TabularEnsembleRegressor(parts, cv=2, random_state=0)


def case(choose):
    """Choose networks or an ensemble for a table, with ordinary parameters."""
    beside = choose([[], [], ["person", "text", "many labels"]])  # what training hides, with text
    n_rows = 300 if beside else choose([60, 90, 120])
    kind = choose(sorted(TARGETS))
    others = [name for name in ORDINARY if name not in (*REFUSED, "numbers")]
    others = [*beside, *(choose(others) for _ in range(4 - len(beside)))]
    names = ["numbers", *dict.fromkeys(others)]  # each once
    rows = table(choose, n_rows + 30, names, names)
    rng = np.random.default_rng(choose(SEEDS))
    signal = (rows["numbers"].to_numpy() - 50) / 9 + rng.normal(0, 0.5, n_rows + 30)
    y = TARGETS[kind](signal)[:n_rows]
    Estimator = TabularMLPClassifier if kind.endswith("classes") else TabularMLPRegressor
    estimator = Estimator(**SMALL | some_of(choose, ORDINARY_OPTIONS, 2))
    if kind == "counts":
        estimator.set_params(loss="poisson")
    if choose([False, True]):
        estimator = ensemble(kind, estimator)
    cv = ORDINARY_SPLITS[choose(sorted(ORDINARY_SPLITS))](n_rows)
    estimator.set_params(cv=cv, n_repeats=choose([1, 2]) if isinstance(cv, int) else 1)
    if kind.endswith("classes") and choose([False, False, True]):
        estimator.set_params(class_weight="balanced")
    given = {"sample_weight": weights(choose, n_rows), "groups": choose(ORDINARY_GROUPS)(n_rows)}
    return Case(estimator, rows[:n_rows], y, rows[n_rows:], given)
