"""Encoders and estimators for raw tables as ONNX models."""

import json
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, clone, is_classifier
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.ensemble import (
    BaggingClassifier,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.linear_model import LogisticRegression, Ridge, RidgeClassifier
from sklearn.model_selection import PredefinedSplit
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.semi_supervised import LabelSpreading
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from scratchmlp import ScratchMLPClassifier, ScratchMLPRegressor
from scratchmlp.io import load, save, to_onnx
from scratchmlp.tabular import (
    PiecewiseLinearEncoder,
    TabularEncoder,
    TabularEnsembleClassifier,
    TabularEnsembleRegressor,
    TabularMLPClassifier,
    TabularMLPRegressor,
)
from scratchmlp.tabular.columns.encoder import encode_with
from scratchmlp.tabular.ensemble import default_estimators, fit
from scratchmlp.tabular.inputs.inputs import Inputs
from tests.helpers import model_files
from tests.helpers.all_parts import all_parts
from tests.helpers.onnx_runs import RUNTIMES, check_exported, run, table_inputs
from tests.helpers.tabular_estimators import defaults

onnx = pytest.importorskip("onnx")

pytestmark = [
    pytest.mark.filterwarnings(f"ignore::sklearn.exceptions.{name}")
    for name in ("ConvergenceWarning", "DataConversionWarning", "FitFailedWarning")
]
N_ROWS = 200
NETWORK = {"hidden_layer_sizes": 4, "max_iter": 3, "random_state": 0}


NUMBERS = ["number", "skewed", "heavy-tailed", "large", "one number or none"]
LABELS = ["labels", "two labels", "labels of numbers"]
FEW = ["number", "labels", "day"]
#: Columns without outputs are "constant" and "key".
COLUMNS = [
    *NUMBERS,
    *LABELS,
    *("zip", "flags or none", "many numbers or none", "day", "moment", "duration"),
    *("single labels", "single labels or none", "labels of dates"),
    *("many labels", "flags", "labels of durations", "customer_id", "constant", "key"),
    "route code",
]


I = np.arange(1200)
MORE = {
    "heavy-tailed": np.exp(I * I % 97 / 16),
    "large": 1.7e9 + I * I % 1000,
    "flags or none": pd.Series(I % 3 > 0, dtype="boolean").where(I % 6 > 0),
    "many numbers or none": pd.Categorical(np.where(I % 6, I * I % 211 + 16_777_216, np.nan)),
    "constant": 1.0,
    "route code": pd.Series(10_000 + I * I % 211, dtype="Int64").where(I % 6 > 0),
}
SOURCE = model_files.varied_table(len(I)).assign(**MORE)


def make_table(names, seed=0, n=N_ROWS):
    return SOURCE[names].sample(n, random_state=seed, ignore_index=True)


def new_rows(names, seed=0, n=40):
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


# Encoders.


@pytest.mark.parametrize("name", COLUMNS)
def test_encoders_of_each_kind_of_column(name):
    table = make_table(list({name: 0, "number": 0}))
    check_exported(TabularEncoder().fit(table), table, new_rows([*table]))


def test_whole_numbers_are_looked_up_without_a_matrix_of_rows_and_levels():
    table = pd.DataFrame({"zip": 10_000 + np.arange(1200) % 211})
    encoder = TabularEncoder().fit(table)
    assert "MatMul" not in {node.op_type for node in to_onnx(encoder).graph.node}
    near = [10_000.5, -10_000, 1e300, -1e300, np.nan, 2.0**63, 2.0**32 + 10_000]
    check_exported(encoder, table, pd.DataFrame({"zip": near}))


@pytest.mark.parametrize("size", [0.5, 1.0, 1e20])
def test_categories_that_are_any_numbers(size):
    table = pd.DataFrame({"level": size * (np.arange(120) % 6 - 2), "number": np.arange(120.0)})
    encoder = TabularEncoder(categorical_features=["level"]).fit(table)
    unseen = pd.DataFrame({"level": [size / 4, 1.5 * size, np.nan, 1e300], "number": 1.0})
    check_exported(encoder, table, unseen)


def test_outputs_have_the_order_of_the_columns():
    table = make_table(["two labels", "large"])
    encoder = TabularEncoder().fit(table)
    assert encoder.get_feature_names_out().tolist() == ["two labels_yes", "large"]
    check_exported(encoder, table)


@pytest.mark.filterwarnings("ignore:overflow")  # in the reference
@pytest.mark.parametrize("factor", [1.7e308, 2e300, 1e-50, 1e-310])  # also 0 in float32, subnormal
def test_encoders_of_the_largest_and_smallest_numbers(factor):
    values = factor * np.random.default_rng(0).uniform(-0.9, 1, N_ROWS)
    limits = [0, 1e-310, 1e-60, 1e-45, 1, 1e100, 1e300, 1.1e300, 1.7e308]
    new = pd.DataFrame({"x": [*values, *limits, *np.negative(limits)]})
    encoder = TabularEncoder(numeric_features=["x"]).fit(pd.DataFrame({"x": values}))
    check_exported(encoder, new, encoding_error=0)


def test_columns_of_which_only_the_missing_values_inform():
    rng, n = np.random.default_rng(0), 40
    words = [f"{chr(20_000 + 2 * i)}{chr(20_001 + 2 * i)}" for i in range(n)]  # none repeats
    table = pd.DataFrame({"customer_id": [f"c{i}" for i in range(n)], "note": words})
    table = table.where(rng.random(table.shape) < 0.8)
    encoder = TabularEncoder(text_features=["note"]).fit(table)
    assert [each["kind"] for each in encoder.columns_.values()] == ["identifier", "text"]
    assert encoder.get_feature_names_out().tolist() == ["customer_id_missing", "note_missing"]
    check_exported(encoder, table, encoding_error=0)


@pytest.mark.parametrize("freq", ["D", "7h", "97s"])
def test_waves_are_the_same_numbers(freq):
    table = pd.DataFrame({"date": pd.date_range("2019-06-01", periods=1500, freq=freq)})
    encoder = TabularEncoder().fit(table)
    assert any(name.endswith("_sin") for name in encoder.get_feature_names_out())
    check_exported(encoder, table, encoding_error=0)


def test_calendars_of_six_centuries():
    dates = pd.date_range("1679-01-01", "2261-12-31", freq="61D17h")
    days = ("1700-12-31", "1900-02-28", "1900-03-01", "1970-01-01", "2000-03-01", "2004-12-31")
    first = pd.to_datetime([f"{year}-01-01" for year in range(2080, 2120)])
    last = first - pd.Timedelta("1D")
    table = pd.DataFrame({"date": [*dates, *map(pd.Timestamp, days), *first, *last]})
    check_exported(TabularEncoder().fit(table), table)


@pytest.mark.parametrize("encoding", ["linear", "steps", "both", "auto"])
def test_bins_and_networks_of_bins(encoding):
    names = ["large", "constant", "number", "skewed", "one number or none"]
    X, new = (make_table(names, seed).to_numpy() for seed in (0, 1))
    new[:3, 0] = np.nan, 1e308, -1e308
    encoder = PiecewiseLinearEncoder(encoding=encoding)
    check_exported(encoder.fit(X), X, new)
    check_exported(make_pipeline(encoder, ScratchMLPRegressor(**NETWORK)).fit(X, X[:, :2]), X)


def test_a_single_bin_of_the_smallest_numbers():
    X = 1e-50 * np.array([[10.0], [11.0]])
    encoder = PiecewiseLinearEncoder(strategy="tree", encoding="linear").fit(X, [1, 1])
    check_exported(encoder, X)


# Estimators.


def targets(task, n=N_ROWS):
    rng = np.random.default_rng(0)
    y = rng.integers(0, 3, n)
    return {
        "binary": np.array(["no", "yes"])[y % 2],
        "half known": np.where(make_table(["skewed"], 3, n)["skewed"] > 0, "high", y % 2),
        "multiclass": y,
        "booleans": y > 0,
        "counts": y,
        "one number": rng.normal(1e4, 1e3, n),
        "two numbers": rng.normal(size=(n, 2)),
    }[task]


SMALL = {"max_iter": 2, "hidden_layer_sizes": 4}
DEEP = {"max_iter": 2, "hidden_layer_sizes": (7, 6)}
TO_FLOAT64 = FunctionTransformer(np.float64)
SCALED = make_pipeline(StandardScaler(), LogisticRegression())
TREE = {"max_leaf_nodes": 9}
CLASSIFIERS = [*model_files.CLASSIFIERS, ("tree", DecisionTreeClassifier(**TREE))]
REGRESSORS = [*model_files.REGRESSORS, ("tree", DecisionTreeRegressor(**TREE))]
REGRESSORS.append(("forest", RandomForestRegressor(2)))
if find_spec("skl2onnx"):
    CLASSIFIERS.append(("pipeline", SCALED))
    REGRESSORS.append(("pipeline", make_pipeline(StandardScaler(), Ridge())))
OF_TWO = [part for part in REGRESSORS if part[0] != "boosting"]
#: Estimators, targets and columns.
ESTIMATORS = {
    "networks": (TabularMLPClassifier(cv=3, **DEEP), "binary", COLUMNS),
    "networks of booleans": (TabularMLPClassifier(cv=4, **SMALL), "booleans", LABELS),
    "networks for a number": (TabularMLPRegressor(cv=3, **DEEP), "one number", COLUMNS),
    "networks for numbers": (TabularMLPRegressor(cv=4, **SMALL), "two numbers", NUMBERS),
    "networks for counts": (TabularMLPRegressor(loss="poisson", cv=2, **SMALL), "counts", FEW),
    "networks for a quantile": (
        TabularMLPRegressor(loss="quantile", cv=2, **SMALL),
        "one number",
        FEW,
    ),
    "ensemble": (TabularEnsembleClassifier(CLASSIFIERS, cv=3), "binary", LABELS),
    "ensemble of classes": (TabularEnsembleClassifier(CLASSIFIERS, cv=2), "multiclass", FEW),
    "ensemble for a number": (TabularEnsembleRegressor(REGRESSORS, cv=2), "one number", COLUMNS),
    "ensemble for numbers": (TabularEnsembleRegressor(OF_TWO, cv=2), "two numbers", FEW),
    "default ensemble": (TabularEnsembleClassifier(cv=2), "half known", ["skewed", *FEW]),
    "shares": (TabularEnsembleClassifier([("prior", DummyClassifier())], cv=2), "multiclass", FEW),
    "means": (TabularEnsembleRegressor([("mean", DummyRegressor())], cv=2), "two numbers", FEW),
    "linear": (make_pipeline(TabularEncoder(), LogisticRegression()), "binary", FEW),
    "ridge for a number": (make_pipeline(TabularEncoder(), Ridge()), "one number", FEW),
    "ridge": (make_pipeline(TabularEncoder(), TO_FLOAT64, Ridge()), "two numbers", FEW),
    "network": (make_pipeline(TabularEncoder(), ScratchMLPClassifier(**NETWORK)), "binary", FEW),
}


@cache
def fitted(name):
    estimator, task, names = ESTIMATORS[name]
    if "random_state" in estimator.get_params():
        estimator.set_params(random_state=0)
    with all_parts():
        return estimator.fit(make_table(names, 3), targets(task))


@pytest.mark.parametrize("name", ESTIMATORS)
def test_estimators(name):
    check_exported(fitted(name), new_rows(ESTIMATORS[name][2], 3, n=20))


def test_networks_for_a_number_have_each_kind_of_input():
    """Nodes for an input are tested by these networks only if it has columns."""
    estimator = fitted("networks for a number")
    table = encode_with(estimator.encoder_, make_table(COLUMNS, 3))[0]
    for field in Inputs._fields:
        without = [
            each.inputs._replace(**{field: () if field == "supervised" else None})
            for each in estimator.members_
        ]
        pairs = zip(without, estimator.members_, strict=True)
        assert any(less.array(table).shape[1] < each.network.sizes[0] for less, each in pairs), (
            field
        )


@pytest.mark.parametrize("part", [TabularMLPRegressor(**SMALL), Ridge()])
def test_an_input_without_nodes_is_refused(part, monkeypatch):
    array = Inputs.array

    def with_another(*args):
        X = array(*args)
        return np.hstack([X, X[:, :1]])

    monkeypatch.setattr(Inputs, "array", with_another)
    model = TabularEnsembleRegressor([("part", part)], cv=2, random_state=0)
    model.fit(make_table(FEW), targets("one number"))
    with pytest.raises(ValueError, match=r"has \d+ inputs, but there are ONNX nodes for"):
        to_onnx(model)


#: Rows, targets, and whether these are classes, for which the defaults have each of their classes.
SIZES = [(900, 2, True), (5000, 2, True), (900, 1, False), (5000, 1, False)]
DEFAULTS = {
    type(estimator): estimator
    for n_rows, n_targets, classifier in SIZES
    for estimator in defaults(n_rows, n_targets, classifier=classifier).values()
}


def test_default_estimators_are_known():
    names = vars(default_estimators).values()
    known = {name for name in names if isinstance(name, type) and issubclass(name, BaseEstimator)}
    assert known == {*DEFAULTS}


#: Settings with which the default estimators are trained fast.
FEWER = SMALL | {"n_estimators": 10, "max_iter": 5}


@pytest.mark.parametrize("estimator", DEFAULTS.values(), ids=lambda each: type(each).__name__)
def test_default_estimators_are_saved_loaded_and_exported(estimator, tmp_path):
    part = clone(estimator)
    for name in part.get_params().keys() & FEWER.keys():
        part.set_params(**{name: FEWER[name]})
    is_class = is_classifier(part)
    Ensemble = TabularEnsembleClassifier if is_class else TabularEnsembleRegressor
    y, rows = targets("multiclass" if is_class else "one number"), new_rows(FEW, 3, n=20)
    check_saved_and_exported(Ensemble([("part", part)], cv=2, random_state=0), y, rows, tmp_path)


@pytest.mark.parametrize("target", ["multiclass", "one number"])
def test_the_linear_part_is_saved_loaded_and_exported(target, monkeypatch, tmp_path):
    """It is the default estimator that has inputs of its own."""
    is_class = target == "multiclass"
    linear = [("linear", LogisticRegression() if is_class else Ridge())]
    monkeypatch.setattr(fit, "default_estimators", lambda *arguments: linear)
    Ensemble = TabularEnsembleClassifier if is_class else TabularEnsembleRegressor
    rows = new_rows(FEW, 3, n=20)
    check_saved_and_exported(Ensemble(cv=2, random_state=0), targets(target), rows, tmp_path)


def check_saved_and_exported(model, y, rows, tmp_path):
    """Fit a model, and check that its file and its graph predict what it predicts."""
    model.fit(make_table(FEW, 3), y)
    save(model, tmp_path / "model.skops")
    loaded = load(tmp_path / "model.skops")
    np.testing.assert_array_equal(loaded.member_predictions(rows), model.member_predictions(rows))
    check_exported(model, rows)


def test_single_estimators_of_an_ensemble():
    ensemble = fitted("ensemble of classes")
    for name in ensemble.weights_:
        check_exported(ensemble.only(name), new_rows(FEW, 4, n=20))


@pytest.mark.parametrize("task", ["multiclass", "one number"])
def test_networks_of_many_rows(task):
    """They have other bins: steps and quantiles, and members with equally many inputs."""
    names = [*NUMBERS, "labels", "many labels"]
    Networks = TabularMLPRegressor if "number" in task else TabularMLPClassifier
    estimator = Networks(cv=4, max_iter=1, random_state=0)
    check_exported(estimator.fit(make_table(names, 0, 1200), targets(task, 1200)), new_rows(names))


def test_boosting_on_dates():
    """Full-size boosting splits the training data as finely as float32 allows."""
    rng, n = np.random.default_rng(0), 400
    dates = pd.Series(pd.date_range("2020-01-01", periods=n, freq="7h"))
    table = pd.DataFrame({"date": dates, "x": rng.normal(size=n)}).sample(frac=1, random_state=0)
    angle = 2 * np.pi * (dates.dt.day_of_year / 365 + dates.dt.hour / 24)
    y = np.sin(angle[table.index]) + 0.3 * rng.normal(size=n)
    boosting = [("boosting", HistGradientBoostingRegressor())]
    model = TabularEnsembleRegressor(boosting, cv=2, inspect_table=False, random_state=0)
    check_exported(model.fit(table, y), table)


@pytest.mark.parametrize("loss", ["poisson", "gamma"])
def test_boosting_with_a_loss_of_positive_targets(loss):
    table, y = make_table(NUMBERS), 1 + targets("counts")
    boosting = [("boosting", HistGradientBoostingRegressor(loss=loss, max_iter=5))]
    estimator = TabularEnsembleRegressor(boosting, cv=2, random_state=0).fit(table, y)
    check_exported(estimator, new_rows(NUMBERS))


def test_folds_without_rows_of_a_class():
    table, y = make_table(NUMBERS), targets("multiclass")
    fold = np.arange(N_ROWS) % 3
    y = np.where((y == 1) & (fold > 0), 2, y)  # so that one fold has all rows of a class
    parts = [part for part in CLASSIFIERS if part[0] in ("boosting", "forest", "linear")]
    estimator = TabularEnsembleClassifier(parts, cv=PredefinedSplit(fold), random_state=0)
    with all_parts():
        check_exported(estimator.fit(table, y), new_rows(NUMBERS))
    assert len(estimator.named_estimators_["forest"][0].classes_) == 2


# What is refused.


REFUSED = [
    ({"review": SOURCE["text"]}, "Column 'review' is free text"),
    ({"a": ["x", 1] * 100}, "Column 'a' has categories of several kinds"),
    ({"a": ["", "b"] * 50}, "Column 'a' has the category ''"),
    ({"a": ["", *(f"s{i}" for i in range(80))] * 5}, "Column 'a' has the category ''"),
    ({"label": range(5)}, "name of column 'label', because it is that of an output"),
    ({"": [0.5, 1, 2]}, "name of column '', because it is empty"),
    ({"a": pd.Categorical([2**53, 2**53 + 1] * 9)}, "'a' has categories that are the same"),
    ({"a": [1] * 5}, "No column of the table has outputs"),
]


@pytest.mark.parametrize(("columns", "message"), REFUSED)
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


def test_bins_without_outputs_are_refused():
    encoder = PiecewiseLinearEncoder().fit(np.ones((9, 2)))
    with pytest.raises(ValueError, match="No column has bins"):
        to_onnx(encoder)


SIZES_OF_TARGETS = [
    TabularMLPRegressor(cv=2, **SMALL),
    TabularEnsembleRegressor([("linear", Ridge())], cv=2),
    make_pipeline(TabularEncoder(), TO_FLOAT64, Ridge()),
]


@pytest.mark.parametrize("estimator", SIZES_OF_TARGETS, ids=lambda each: type(each).__name__)
@pytest.mark.parametrize("size", [1e57, 1e-82])
def test_targets_that_float32_does_not_hold_are_refused(estimator, size):
    table, y = make_table(FEW), targets("two numbers")
    check_exported(estimator.fit(table, np.column_stack([1e-30 * y, 0 * y[:, 0]])), table)
    message = r"Predictions are up to \d.*, but .* float32: .* between 1e-37 and 1e\+37\. Divide"
    with pytest.raises(ValueError, match=message):
        to_onnx(estimator.fit(table, y * [1.0, size]))


OF_CATEGORIES = HistGradientBoostingClassifier(max_iter=2, categorical_features=[1])
UNEQUAL = BaggingClassifier(DecisionTreeClassifier(), random_state=0)
RIDGES = make_pipeline(TabularEncoder(), RidgeClassifier())
TANH = make_pipeline(TabularEncoder(), FunctionTransformer(np.tanh), LogisticRegression())


def alone(estimator):
    return TabularEnsembleClassifier([("mine", estimator)], cv=2)


def mine(kind):
    """Return a subclass, which could predict other numbers."""
    return type(f"My{kind.__name__}", (kind,), {})


def described(*steps, pipeline=Pipeline):
    """Return a pipeline, and how it is named."""
    kinds = [type(step).__name__ for step in steps]
    named = [*zip("abc", steps, strict=False)]
    return pipeline(named), f"got {pipeline.__name__} of {' and '.join(kinds)}"


ENCODER, LINEAR = TabularEncoder(), LogisticRegression()
SUBCLASSES = [
    described(ENCODER, mine(LogisticRegression)()),
    described(ENCODER, mine(ScratchMLPClassifier)(**NETWORK)),
    described(mine(TabularEncoder)(), LINEAR),
    described(ENCODER, mine(FunctionTransformer)(np.float64), LINEAR),
    described(ENCODER, LINEAR, pipeline=mine(Pipeline)),
    (mine(TabularEncoder)(), "got MyTabularEncoder"),
    (mine(TabularMLPClassifier)(**SMALL, cv=2), "got MyTabularMLPClassifier"),
    (mine(TabularEnsembleClassifier)([("a", LINEAR)], cv=2), "got MyTabularEnsembleClassifier"),
]


@pytest.mark.parametrize(("estimator", "named"), SUBCLASSES, ids=[name for _, name in SUBCLASSES])
def test_subclasses_are_refused(estimator, named):
    estimator.fit(make_table(FEW), targets("binary"))
    with pytest.raises(TypeError, match=f"no subclasses of these, which .*; {named}\\."):
        to_onnx(estimator)


class Reversed(Pipeline):
    def predict_proba(self, X):
        return super().predict_proba(X)[:, ::-1]


UNCONVERTED = [
    (TANH, TypeError, "got Pipeline of .* and FunctionTransformer and LogisticRegression"),
    (RIDGES, TypeError, r"pipelines of an encoder .*; got Pipeline of .* and RidgeClassifier\."),
    (alone(mine(LogisticRegression)()), ValueError, "cannot convert MyLogisticRegression, the"),
    (alone(mine(RandomForestClassifier)(2)), ValueError, "cannot convert MyRandomForest"),
    (alone(Reversed(SCALED.steps)), ValueError, r"Reversed, the .*'mine'.* other numbers"),
    (alone(UNEQUAL), ValueError, r"BaggingClassifier, the .*'mine'.* other numbers"),
    (alone(OF_CATEGORIES), ValueError, r"splits categories.*categorical_features=None"),
    (alone(LabelSpreading()), ValueError, r"cannot convert LabelSpreading, the .*'mine'"),
    (alone(SCALED), ImportError, r"Pipeline, the estimator 'mine'.* needs skl2onnx"),
]


@pytest.mark.parametrize(("estimator", "error", "message"), UNCONVERTED)
def test_estimators_that_cannot_be_converted_are_named(estimator, error, message, monkeypatch):
    pytest.importorskip("skl2onnx")
    estimator.fit(make_table(["number", "large"]).fillna(0.5), targets("binary"))
    if error is ImportError:
        monkeypatch.setattr("scratchmlp.utils.extras.find_spec", lambda name: name != "skl2onnx")
    with pytest.raises(error, match=message):
        to_onnx(estimator)


# Names and descriptions.


def test_columns_without_outputs_are_no_inputs_and_inputs_say_what_they_are():
    names = ["constant", "labels", "moment", "flags", "duration", "number"]
    model = to_onnx(TabularEncoder().fit(make_table(names)))
    assert {each.name: each.doc_string for each in model.graph.input} == {
        "labels": "string; empty if missing",
        "moment": "days since 1970-01-01 in UTC, as a number; NaN if missing",
        "flags": "1 for true, 0 for false; NaN if missing",
        "duration": "days, as a number; NaN if missing",
        "number": "number; NaN if missing",
    }
    opsets = {(each.domain, each.version) for each in model.opset_import}
    assert opsets == {("", 17), ("ai.onnx.ml", 3)}


def test_columns_may_have_the_names_of_inner_values():
    table = make_table(["number", "labels"])
    plain = to_onnx(TabularEncoder().fit(table))
    inner = [each for node in plain.graph.node for each in node.output if each != "encoded"]
    inner += [each.name for each in plain.graph.initializer]
    table = pd.DataFrame(dict.fromkeys(inner, table["number"]))
    check_exported(TabularEncoder().fit(table), table)


def test_names_without_a_table_that_has_any():
    model = to_onnx(TabularEncoder().fit(make_table(["number", "large"]).to_numpy()))
    assert [each.name for each in model.graph.input] == ["x0", "x1"]


def test_values_that_mean_missing():
    names = ["number", "zip", "day", "labels", "many labels", "flags", "route code"]
    table = make_table(names).astype({"day": object, "zip": object})
    values = {"number": -999, "zip": 99_999, "day": pd.Timestamp("1900-01-01"), "labels": "none"}
    values |= {"many labels": "none", "route code": -999}
    rows = np.random.default_rng(0).random(len(table)) < 0.1
    table.loc[rows, [*values]] = [*values.values()]
    missing_values = [-999, 99_999, "1900-01-01", "none", 0]
    encoder = TabularEncoder(missing_values=missing_values).fit(table.infer_objects())
    assert all(each["share_missing"] > 0 for n, each in encoder.columns_.items() if n != "flags")
    check_exported(encoder, table.infer_objects())


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_the_model_of_the_page_on_serving_which_was_exported_once_predicts_the_same(runtime):
    folder = Path(__file__).parents[2] / "docs" / "serving"
    content = json.loads((folder / "customers.json").read_text(encoding="utf-8"))
    model = onnx.load(folder / "churned.onnx")
    inputs = table_inputs(model, pd.DataFrame(content["customers"]))
    proba = run(runtime, model, inputs)["probabilities"]
    np.testing.assert_allclose(proba, content["probabilities"], rtol=0, atol=1e-5)
