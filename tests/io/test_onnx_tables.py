"""Encoders and estimators for raw tables as ONNX models."""

from importlib.util import find_spec

import numpy as np
import pandas as pd
import pytest
from all_parts import all_parts
from onnx_runs import (
    INSTALLED,
    RUNTIMES,
    check_classes,
    check_description,
    check_numbers,
    run,
    table_inputs,
)
from sklearn.ensemble import (
    BaggingClassifier,
    ExtraTreesClassifier,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.exceptions import ConvergenceWarning, DataConversionWarning, FitFailedWarning
from sklearn.linear_model import LogisticRegression, Ridge, RidgeClassifier
from sklearn.model_selection import PredefinedSplit
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from scratchmlp import ScratchMLPClassifier, ScratchMLPRegressor
from scratchmlp.io import to_onnx
from scratchmlp.tabular import (
    PiecewiseLinearEncoder,
    TabularEncoder,
    TabularEnsembleClassifier,
    TabularEnsembleRegressor,
    TabularMLPClassifier,
    TabularMLPRegressor,
)

pytest.importorskip("onnx")

pytestmark = [
    pytest.mark.filterwarnings(f"ignore::{each.__module__}.{each.__name__}")
    for each in (ConvergenceWarning, DataConversionWarning, FitFailedWarning)
]


def _days(rng, n):
    return pd.Series(
        pd.Timestamp("2019-03-01") + pd.to_timedelta(rng.integers(0, 900, n), unit="D")
    )


def _with_missing(column, rng):
    return column.where(rng.random(len(column)) < 0.8)


#: Columns of every kind, as functions of a random state and a number of rows.
COLUMNS = {
    "normal": lambda rng, n: pd.Series(rng.normal(size=n)),
    "skewed": lambda rng, n: pd.Series(rng.lognormal(10, 2, n)),
    "large": lambda rng, n: pd.Series(1.7e9 + rng.integers(0, 1000, n)),
    "counts": lambda rng, n: pd.Series(rng.poisson(2, n)),
    "numbers, missing": lambda rng, n: _with_missing(pd.Series(rng.normal(50, 9, n)), rng),
    "one number, missing": lambda rng, n: _with_missing(pd.Series(np.full(n, 3.0)), rng),
    "text of numbers": lambda rng, n: pd.Series(rng.integers(0, 9, n)).astype(str),
    "strings": lambda rng, n: pd.Series(rng.choice(["Oslo", "Rome", "Å", "nan"], n)),
    "strings, missing": lambda rng, n: _with_missing(pd.Series(rng.choice(list("abc"), n)), rng),
    "two strings": lambda rng, n: pd.Series(rng.choice(["no", "yes"], n)),
    "one string, missing": lambda rng, n: _with_missing(pd.Series(np.full(n, "x")), rng),
    "many strings": lambda rng, n: pd.Series(np.char.add("s", (rng.zipf(1.3, n) % 99).astype(str))),
    "many strings, missing": lambda rng, n: _with_missing(
        pd.Series(np.char.add("s", (rng.zipf(1.2, n) % 200).astype(str))), rng
    ),
    "booleans": lambda rng, n: pd.Series(rng.random(n) < 0.4),
    "booleans, missing": lambda rng, n: _with_missing(
        pd.Series(rng.random(n) < 0.4).astype("boolean"), rng
    ),
    "zip code": lambda rng, n: pd.Series(20_000 + 7 * rng.integers(0, 30, n)),
    "categories of floats": lambda rng, n: pd.Series(rng.choice([0.1, 1e9 + 1, 3], n)).astype(
        "category"
    ),
    "many categories of numbers": lambda rng, n: _with_missing(
        pd.Series(rng.zipf(1.2, n) % 150 + 16_777_216), rng
    ).astype("category"),
    "days": _days,
    "hours": lambda rng, n: _with_missing(
        _days(rng, n) + pd.to_timedelta(rng.integers(0, 86_400, n), unit="s"), rng
    ),
    "categories of dates": lambda rng, n: pd.Series(
        pd.to_datetime(
            rng.choice(["2020-01-01", "2020-01-01T12:30", "1950-02-03"], n), format="ISO8601"
        )
    ).astype("category"),
    "durations": lambda rng, n: pd.Series(pd.to_timedelta(rng.integers(0, 999, n), unit="s")),
    "constant": lambda rng, n: pd.Series(np.ones(n)),
}
N_ROWS = 200


def make_table(names, seed, n=N_ROWS):
    rng = np.random.default_rng(seed)
    return pd.DataFrame({name: COLUMNS[name](rng, n) for name in names})


def new_rows(names, seed, n=60):
    """Return a table with missing, unseen and extreme values."""
    rng = np.random.default_rng(seed + 1000)
    table = make_table(names, seed + 1, n).astype(object)
    for name in names:
        values = table[name].dropna()
        unseen = {str: "unseen", float: -1e12, int: 10**6}.get(type(values.iloc[0]))
        if unseen is not None:
            table.loc[rng.random(n) < 0.2, name] = unseen
        table.loc[rng.random(n) < 0.2, name] = None
    return table.infer_objects()


def as_inputs(model, table):
    """Return inputs of a model. What the encoder reads from text must be numbers for ONNX."""
    table = table.copy()
    for name in {"text of numbers"} & {*table}:
        table[name] = pd.to_numeric(table[name], errors="coerce")
    for name in {*table}:
        if name in ("days", "hours", "categories of dates"):
            table[name] = pd.to_datetime(table[name].astype(object))
        if name == "durations":
            table[name] = pd.to_timedelta(table[name])
    return table_inputs(model, table)


def random_names(seed):
    rng = np.random.default_rng(seed)
    return rng.choice([*COLUMNS], rng.integers(3, 12), replace=False).tolist()


@pytest.mark.parametrize("runtime", RUNTIMES)
@pytest.mark.parametrize("name", [name for name in COLUMNS if name != "constant"])
def test_encoders_of_each_kind_of_column(runtime, name):
    table = make_table([name, "normal"], 0)
    encoder = TabularEncoder().fit(table)
    model = to_onnx(encoder)
    for rows in (table, new_rows([*table], 0)):
        encoded = run(runtime, model, as_inputs(model, rows))["encoded"]
        np.testing.assert_allclose(encoded, encoder.transform(rows), rtol=0, atol=1e-6)


#: Factors of columns whose numbers are close to the limits of floats.
EXTREMES = {
    "beyond the limit": 1.7e308,
    "around the limit": 2e300,
    "0 in float32": 1e-50,
    "subnormal": 1e-310,
}


@pytest.mark.filterwarnings("ignore:overflow")  # in the reference
@pytest.mark.parametrize("runtime", RUNTIMES)
@pytest.mark.parametrize("name", EXTREMES)
def test_encoders_of_the_largest_and_smallest_numbers(runtime, name):
    values = EXTREMES[name] * np.random.default_rng(0).uniform(-0.9, 1, N_ROWS)
    table = pd.DataFrame({"x": values})
    limits = [0, 1e-310, 1e-60, 1e-45, 1, 1e100, 1e300, 1.1e300, 1.7e308]
    new = pd.DataFrame({"x": [*values, *limits, *np.negative(limits)]})
    encoder = TabularEncoder(numeric_features=["x"]).fit(table)
    model = to_onnx(encoder)
    encoded = run(runtime, model, table_inputs(model, new))["encoded"]
    np.testing.assert_array_equal(encoded, encoder.transform(new))


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_a_single_bin_of_the_smallest_numbers(runtime):
    X = 1e-50 * np.array([[10.0], [11.0]])
    encoder = PiecewiseLinearEncoder(strategy="tree", encoding="linear").fit(X, [1, 1])
    encoded = run(runtime, to_onnx(encoder), {"X": X})["encoded"]
    np.testing.assert_allclose(encoded, encoder.transform(X), rtol=0, atol=1e-6)


@pytest.mark.parametrize("runtime", RUNTIMES)
@pytest.mark.parametrize("seed", range(5))
def test_encoders_of_random_tables(runtime, seed):
    names = random_names(seed)
    encoder = TabularEncoder().fit(make_table(names, seed))
    model, rows = to_onnx(encoder), new_rows(names, seed)
    encoded = run(runtime, model, as_inputs(model, rows))["encoded"]
    np.testing.assert_allclose(encoded, encoder.transform(rows), rtol=0, atol=1e-6)


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_columns_of_which_only_the_missing_values_inform(runtime):
    rng, n = np.random.default_rng(0), 40
    words = [f"{chr(20_000 + 2 * i)}{chr(20_001 + 2 * i)}" for i in range(n)]  # none repeats
    table = pd.DataFrame({"customer_id": [f"c{i}" for i in range(n)], "note": words})
    table = table.where(rng.random(table.shape) < 0.8)
    encoder = TabularEncoder(text_features=["note"]).fit(table)
    kinds = [each["kind"] for each in encoder.columns_.values()]
    assert kinds == ["identifier", "text"]
    model = to_onnx(encoder)
    encoded = run(runtime, model, table_inputs(model, table))["encoded"]
    np.testing.assert_array_equal(encoded, encoder.transform(table))
    assert encoded.shape == (n, 2)


@pytest.mark.parametrize("runtime", RUNTIMES)
@pytest.mark.parametrize("freq", ["D", "7h", "97s"])
def test_waves_are_the_same_numbers(runtime, freq):
    table = pd.DataFrame({"date": pd.date_range("2019-06-01", periods=3000, freq=freq)})
    encoder = TabularEncoder().fit(table)
    model = to_onnx(encoder)
    encoded = run(runtime, model, table_inputs(model, table))["encoded"]
    expected = encoder.transform(table)
    waves = [each.endswith(("_sin", "_cos")) for each in encoder.get_feature_names_out()]
    assert any(waves)
    np.testing.assert_array_equal(encoded[:, waves], expected[:, waves])


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_calendars_of_six_centuries(runtime):
    dates = pd.date_range("1679-01-01", "2261-12-31", freq="61D17h")
    edges = [
        f"{year}-{day}"
        for year in (1700, 1900, 1970, 2000, 2004)
        for day in ("01-01", "12-31", "02-28", "03-01")
    ]
    table = pd.DataFrame({"date": [*dates, *map(pd.Timestamp, edges)]})
    encoder = TabularEncoder().fit(table)
    model = to_onnx(encoder)
    encoded = run(runtime, model, table_inputs(model, table))["encoded"]
    np.testing.assert_allclose(encoded, encoder.transform(table), rtol=0, atol=1e-6)


def targets(task, n=N_ROWS):
    rng = np.random.default_rng(0)
    y = rng.integers(0, 3, n)
    return {
        "binary": np.array(["no", "yes"])[y % 2],
        "multiclass": y,
        "booleans": y > 0,
        "one number": rng.normal(1e4, 1e3, n),
        "two numbers": rng.normal(size=(n, 2)),
    }[task]


TASKS = ["binary", "multiclass", "booleans", "one number", "two numbers"]


def check(estimator, rows):
    """Compare predictions with those of the exported model in all runtimes."""
    model = to_onnx(estimator)
    inputs = as_inputs(model, rows)
    check_outputs = check_numbers
    if hasattr(estimator, "classes_"):
        check_outputs = check_classes
        check_description(model, estimator)
    for runtime in INSTALLED:
        check_outputs(run(runtime, model, inputs), estimator, rows)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("task", TASKS)
def test_networks_of_random_tables(task, seed):
    names = random_names(seed + 10)
    Networks = TabularMLPRegressor if "number" in task else TabularMLPClassifier
    settings = {"cv": 3 + seed, "max_iter": 2, "hidden_layer_sizes": (7, 6)[: 2 - seed % 2]}
    estimator = Networks(**settings, random_state=seed)
    estimator.fit(make_table(names, seed), targets(task))
    check(estimator, new_rows(names, seed))


@pytest.mark.parametrize("task", ["multiclass", "one number"])
def test_networks_of_many_rows(task):
    """They have other bins: steps and quantiles, and members with equally many inputs."""
    names = ["normal", "skewed", "counts", "numbers, missing", "strings", "many strings"]
    Networks = TabularMLPRegressor if "number" in task else TabularMLPClassifier
    table = make_table(names, 0, 1200)
    estimator = Networks(cv=4, max_iter=1, random_state=0).fit(table, targets(task, 1200))
    check(estimator, new_rows(names, 0))


@pytest.mark.parametrize("freq", ["D", "7h"])
def test_boosting_on_dates(freq):
    """Full-size boosting splits the training data as finely as float32 allows."""
    rng, n = np.random.default_rng(0), 400
    dates = pd.Series(pd.date_range("2020-01-01", periods=n, freq=freq))
    table = pd.DataFrame({"date": dates, "x": rng.normal(size=n)}).sample(frac=1, random_state=0)
    angle = 2 * np.pi * (dates.dt.day_of_year / 365 + dates.dt.hour / 24)
    y = np.sin(angle[table.index]) + 0.3 * rng.normal(size=n)
    boosting = [("boosting", HistGradientBoostingRegressor())]
    check(TabularEnsembleRegressor(boosting, cv=2, random_state=0).fit(table, y), table)


@pytest.mark.parametrize("task", ["binary", "multiclass", "one number", "two numbers"])
def test_ensembles(task):
    names = random_names(30)
    names = list({*names, "many strings, missing", "numbers, missing", "strings"})
    if "number" in task:
        networks = TabularMLPRegressor(max_iter=2, hidden_layer_sizes=4)
        others = [
            ("boosting", HistGradientBoostingRegressor(max_iter=4)),
            ("forest", RandomForestRegressor(4)),
            ("tree", DecisionTreeRegressor(max_leaf_nodes=9)),
            ("linear", Ridge()),
        ]
        others = others[1:] if task == "two numbers" else others
    else:
        networks = TabularMLPClassifier(max_iter=2, hidden_layer_sizes=4)
        others = [
            ("boosting", HistGradientBoostingClassifier(max_iter=4)),
            ("forest", RandomForestClassifier(4)),
            ("extra trees", ExtraTreesClassifier(4)),
            ("tree", DecisionTreeClassifier(max_leaf_nodes=9)),
            ("linear", LogisticRegression()),
            ("pipeline", make_pipeline(StandardScaler(), LogisticRegression())),
        ]
    Ensemble = TabularEnsembleRegressor if "number" in task else TabularEnsembleClassifier
    estimator = Ensemble([("networks", networks), *others], cv=3, random_state=0)
    with all_parts():
        estimator.fit(make_table(names, 3), targets(task))
    rows = new_rows(names, 3)
    convertible = [n for n in estimator.weights_ if find_spec("skl2onnx") or n != "pipeline"]
    if convertible == list(estimator.weights_):
        check(estimator, rows)
    for name in convertible:
        check(estimator.only(name), rows)


def test_default_ensembles():
    names = ["numbers, missing", "strings", "skewed"]
    table = make_table(names, 0)
    estimator = TabularEnsembleClassifier(cv=2, random_state=0)
    y = np.where(table["skewed"] > 2e4, "high", targets("binary"))
    check(estimator.fit(table, y), new_rows(names, 0))


def test_folds_without_rows_of_a_class():
    names = ["normal", "counts"]
    table, y = make_table(names, 0), targets("multiclass")
    fold = np.arange(N_ROWS) % 3
    y = np.where((y == 1) & (fold > 0), 2, y)  # so that one fold has all rows of a class
    estimators = [
        ("boosting", HistGradientBoostingClassifier(max_iter=3)),
        ("forest", RandomForestClassifier(3)),
        ("linear", LogisticRegression()),
    ]
    estimator = TabularEnsembleClassifier(estimators, cv=PredefinedSplit(fold), random_state=0)
    with all_parts():
        check(estimator.fit(table, y), new_rows(names, 0))
    assert len(estimator.named_estimators_["forest"][0].classes_) == 2


def test_estimators_that_cannot_be_converted_are_named(monkeypatch):
    table = make_table(["numbers, missing", "counts"], 0)
    y = targets("binary")
    pytest.importorskip("skl2onnx")
    forest = BaggingClassifier(DecisionTreeClassifier(), random_state=0)
    estimator = TabularEnsembleClassifier([("mine", forest)], cv=2).fit(table, y)
    with pytest.raises(ValueError, match=r"BaggingClassifier, the .*'mine'.* other numbers"):
        to_onnx(estimator)
    boosting = HistGradientBoostingClassifier(max_iter=2, categorical_features=[1])
    estimator = TabularEnsembleClassifier([("mine", boosting)], cv=2).fit(table, y)
    with pytest.raises(ValueError, match=r"splits categories.*categorical_features=None"):
        to_onnx(estimator)
    linear = make_pipeline(StandardScaler(), LogisticRegression())
    estimator = TabularEnsembleClassifier([("mine", linear)], cv=2).fit(table[["counts"]], y)
    monkeypatch.setattr(
        "scratchmlp.extras.find_spec", lambda name: None if name == "skl2onnx" else name
    )
    with pytest.raises(ImportError, match=r"Pipeline, the estimator 'mine'.* needs skl2onnx"):
        to_onnx(estimator)


def words(n):
    rng = np.random.default_rng(0)
    return [
        " ".join(rng.choice(["big", "red", "dog", "cat", "sun", "sky", "fog"], 6)) for _ in range(n)
    ]


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"review": words(200)}, "Column 'review' is free text"),
        ({"a": ["x", 1] * 100}, "Column 'a' has categories of several kinds"),
        ({"a": ["", "b"] * 50}, "Column 'a' has the category ''"),
        ({"a": [None, "", "b", "c"] * 50}, "Column 'a' has the category ''"),
        ({"a": ["", *(f"s{i}" for i in range(80))] * 5}, "Column 'a' has the category ''"),
        ({"label": range(5)}, "name of column 'label', because it is that of an output"),
        ({"": [0.5, 1, 2]}, "name of column '', because it is empty"),
        ({"a": pd.Categorical([2**53, 2**53 + 1] * 9)}, "'a' has categories that are the same"),
        ({"a": [1] * 5}, "No column of the table has outputs"),
    ],
)
def test_tables_that_have_no_expression_are_refused_by_name(columns, message):
    encoder = TabularEncoder().fit(pd.DataFrame(columns))
    with pytest.raises(ValueError, match=message):
        to_onnx(encoder)


def test_text_of_several_kinds_is_refused_also_if_only_missing_values_are_encoded():
    table = pd.DataFrame({"a": ["甲", 1, "乙", 2.5, None, "丙"]})
    encoder = TabularEncoder(text_features=["a"]).fit(table)
    assert encoder.get_feature_names_out().tolist() == ["a_missing"]
    with pytest.raises(ValueError, match="Column 'a' has categories of several kinds"):
        to_onnx(encoder)


def test_columns_without_outputs_are_no_inputs_and_inputs_say_what_they_are():
    table = make_table(["constant", "strings", "hours", "booleans", "durations", "normal"], 0)
    model = to_onnx(TabularEncoder().fit(table))
    assert {each.name: each.doc_string for each in model.graph.input} == {
        "strings": "string; empty if missing",
        "hours": "days since 1970-01-01 in UTC, as a number; NaN if missing",
        "booleans": "1 for true, 0 for false; NaN if missing",
        "durations": "days, as a number; NaN if missing",
        "normal": "number; NaN if missing",
    }
    assert {(each.domain, each.version) for each in model.opset_import} == {
        ("", 17),
        ("ai.onnx.ml", 3),
    }


@pytest.mark.parametrize("runtime", RUNTIMES)
@pytest.mark.parametrize("encoding", ["linear", "steps", "both", "auto"])
def test_encoders_by_bins(runtime, encoding):
    names = ["normal", "constant", "skewed", "numbers, missing", "counts"]
    X, new = (make_table(names, seed).to_numpy() for seed in (0, 1))
    new[:3, 0] = np.nan, 1e308, -1e308
    encoder = PiecewiseLinearEncoder(encoding=encoding).fit(X)
    for rows in (X, new):
        encoded = run(runtime, to_onnx(encoder), {"X": rows})["encoded"]
        np.testing.assert_allclose(encoded, encoder.transform(rows), rtol=0, atol=1e-6)
    with pytest.raises(ValueError, match="No column has bins"):
        to_onnx(encoder.fit(X[:, [1]]))


@pytest.mark.parametrize("Network", [ScratchMLPClassifier, ScratchMLPRegressor])
def test_pipelines_of_an_encoder_and_a_network(Network):
    names = ["normal", "numbers, missing", "strings", "days"]
    table = make_table(names, 0)
    network = Network(hidden_layer_sizes=4, max_iter=3, random_state=0)
    y = targets("binary" if Network is ScratchMLPClassifier else "two numbers")
    check(make_pipeline(TabularEncoder(), network).fit(table, y), new_rows(names, 0))
    X = table[names[:2]].to_numpy()
    pipeline = make_pipeline(PiecewiseLinearEncoder(4), network).fit(X, y)
    outputs = run("reference", to_onnx(pipeline), {"X": X})
    (check_classes if hasattr(network, "predict_proba") else check_numbers)(outputs, pipeline, X)


@pytest.mark.parametrize("task", TASKS)
def test_pipelines_of_an_encoder_and_a_linear_model(task):
    names = ["normal", "numbers, missing", "strings", "days"]
    linear = Ridge() if "number" in task else LogisticRegression()
    for between in ([], [FunctionTransformer(np.float64)]):
        pipeline = make_pipeline(TabularEncoder(), *between, linear)
        check(pipeline.fit(make_table(names, 0), targets(task)), new_rows(names, 0))


@pytest.mark.parametrize("step", [RidgeClassifier(), FunctionTransformer(np.float32)])
def test_other_pipelines_are_refused_by_name(step):
    table = make_table(["normal", "counts"], 0)
    pipeline = make_pipeline(TabularEncoder(), step).fit(table, targets("binary"))
    with pytest.raises(TypeError, match=r"pipelines of an encoder .*; got Pipeline\."):
        to_onnx(pipeline)


def test_columns_may_have_the_names_of_inner_values():
    table = make_table(["normal", "strings"], 0)
    plain = to_onnx(TabularEncoder().fit(table))
    inner = [each for node in plain.graph.node for each in node.output if each != "encoded"]
    inner += [each.name for each in plain.graph.initializer]
    table = pd.DataFrame(dict.fromkeys(inner, table["normal"]))
    encoder = TabularEncoder().fit(table)
    model = to_onnx(encoder)
    encoded = run("reference", model, table_inputs(model, table))["encoded"]
    np.testing.assert_allclose(encoded, encoder.transform(table), rtol=0, atol=1e-6)


def test_names_without_a_table_that_has_any():
    table = make_table(["normal", "counts"], 0).to_numpy()
    model = to_onnx(TabularEncoder().fit(table))
    assert [each.name for each in model.graph.input] == ["x0", "x1"]
