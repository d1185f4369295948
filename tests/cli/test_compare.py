"""Comparisons: what they print, the models that take part, and the demonstration on Iris."""

import re
import sys
import warnings
from inspect import signature
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.linear_model import LogisticRegression

from scratchmlp.cli import article, comparison
from scratchmlp.cli.baselines import BASELINES, numbers_and_categories, numbers_and_text
from scratchmlp.cli.columns import decide_columns
from scratchmlp.cli.comparison import with_option
from scratchmlp.cli.evaluation import make_evaluation
from scratchmlp.cli.messages import InputError
from scratchmlp.cli.models import models_for
from scratchmlp.cli.options import Roles
from scratchmlp.cli.scores import Scores
from scratchmlp.cli.table import Table
from scratchmlp.evaluation.metrics import values_of
from scratchmlp.io import load
from scratchmlp.tabular import (
    TabularEnsembleClassifier,
    TabularMLPClassifier,
    TabularMLPRegressor,
)
from scratchmlp.tabular.columns import encoder
from scratchmlp.tabular.misleading import findings
from tests.helpers.all_parts import all_parts
from tests.helpers.cli_output import (
    BASELINE,
    ENSEMBLES,
    LINEAR,
    TREES,
    lines_of_models,
    png_size,
    run,
    scores,
)
from tests.helpers.patches import Patches

TARGETS = ["class", "number"]

# What a comparison prints.


@pytest.mark.parametrize("target", TARGETS)
def test_four_models_and_the_parts_of_the_ensemble_are_compared(target, trained):
    out, number = trained[target].out, TARGETS.index(target)
    rows = lines_of_models(out)
    names = [ENSEMBLES[number], TREES, LINEAR[number], BASELINE]
    assert all(row.startswith(name) for row, name in zip(rows, names, strict=True))
    lines = out.splitlines()
    first, parts = lines.index(rows[0]), ("networks", "boosting", "extra trees")
    for name, line in zip(parts, lines[first + 1 :], strict=False):
        assert re.match(rf"  {name}, weight 0.33  .*\d$", line)
    assert lines[first + 4] == rows[1]
    assert max(map(len, out.partition("Mean")[2].partition("Saved")[0].splitlines())) <= 90
    position = 2 if target == "class" else 0
    losses = {name: scores(row)[position] for name, row in zip(names, rows, strict=True)}
    losses["networks alone"] = scores(lines[first + 1].partition("0.33")[2])[position]
    metric = {"class": "log-loss", "number": "RMSE"}[target]
    assert f"\nLowest {metric}: {min(losses, key=losses.get)}. Fit times are wall times," in out
    assert losses[names[0]] < losses[BASELINE]


def test_the_table_is_described_before_the_scores(trained):
    assert trained["class"].out.startswith(
        "Predicting 'class' (classification, 2 classes): 80 rows, 5 columns\n"
        "  classes: big 44 (55.0%), small 36 (45.0%)\n"
        "  numeric: size (12 missing), cost in $, with a $\n"
        "  dates: day (dates written as year-month-day)\n"
        "  boolean: size_missing\n"
        "  categorical: code (3 values)\n"
        "  not used to predict: key (--id)\n"
        "\n"
        "Mean ± standard deviation over 3 stratified folds, for random rows\n"
    )
    assert trained["number"].out.startswith("Predicting 'number' (regression): 80 rows, 5 columns")
    assert re.search(r" accuracy +log-loss +AUC +fit \(s\)\n", trained["class"].out)
    assert re.search(r" RMSE +R² +fit \(s\)\n", trained["number"].out)


def visits(n=90):
    """Three uneven classes, groups of three rows, and days in another order than the rows."""
    rng = np.random.default_rng(0)
    size = rng.normal(size=n)
    table = pd.DataFrame(
        {
            "patient": np.arange(n) // 3,
            "day": pd.date_range("2020-01-01", periods=n)[rng.permutation(n)],
            "size": size.round(3),
            "one": "x",
            "row": [f"row{i}" for i in range(n)],
            "zip": rng.choice([10_001, 10_002, 10_003], n),
            "class": np.where(size > 1.2, "big", np.where(size > -0.2, "middle", "small")),
        }
    )
    table.loc[:1, "class"] = "rare"
    return table


BY_PATIENT = "--groups patient --id day --metric f1_macro --max-time 1"
BY_DAY = "--time day --date day --ignore patient --metric balanced_accuracy"
CHANGES = [
    (BY_PATIENT, "over 3 folds of whole groups, for rows of new groups\n"),
    (BY_PATIENT, "  numeric: size\n  categorical: zip (3 values, your choice)\n"),
    (BY_PATIENT, "  not used to predict: day (--id), patient (--groups)\n"),
    (BY_PATIENT, "\nHighest f1_macro: "),
    (BY_DAY, "over 3 splits by time, for later rows\n"),
    (BY_DAY, "  dates: day (dates written as year-month-day)\n"),
    (BY_DAY, "  not used to predict: patient (--ignore)\n"),
    (BY_DAY, "\nHighest balanced accuracy: "),
]


@pytest.mark.usefixtures("brief", "uncompared")
@pytest.mark.parametrize("options", [BY_PATIENT, BY_DAY])
def test_what_options_change(options, csv, tmp_path):
    model, table = tmp_path / "class.model", visits()
    fixed = ["--target", "class", "--categorical", "zip", "--save", model]
    out, err = run(csv(table), *fixed, *options.split())
    assert "left out 2 rows of classes with fewer than 3 rows: 'rare'" in err
    assert re.search(r"\n  classes: \w+ \d\d \(\d\d.\d%\), \w+ \d\d ", out)
    assert "  left out: one (every value is 'x'), row (every value is different). To" in out
    assert [line for given, line in CHANGES if given == options and line not in out] == []
    assert f"To predict: python -m scratchmlp NEW.csv --load {model}\n" in out
    new = csv(table.drop(columns=["patient", "one", "row"]))  # what the model has left out
    assert run(new, "--load", model)[0].startswith("day," if "--id" in options else "prediction")


def misleading_rows():
    """Rows of persons, who each add something to a target, and a column that tells the classes."""
    rng = np.random.default_rng(0)
    person = rng.permutation(np.repeat(np.arange(60), 8))
    own = rng.normal(size=(2, 60))[:, person]
    table = pd.DataFrame({"person": [f"P{i}" for i in person], "size": own[0].round(3)})
    table["weeks"] = np.where(rng.random(len(person)) < 0.1, 999, rng.integers(1, 9, len(person)))
    amount = 3 * own[1] + rng.normal(size=len(person))
    table["paid"] = np.where(amount > 0, "late", "in time")
    return table.assign(amount=amount.round(2))


@pytest.mark.usefixtures("brief", "uncompared")
def test_what_would_mislead_is_said_with_the_option_that_helps(csv):
    table, known = misleading_rows(), ["--target", "amount", "--ignore", "paid"]
    out, err = run(csv(table), *known)
    assert "folds, for random rows of known values of person\n" in out
    assert "scratchmlp: rows of the same person are alike: a quick model has a root mean" in err
    assert "If all rows that you will predict are of new values, add --groups 'person'" in err
    sentinel = (
        r"\d+ values of weeks are 999, and all others are 1 to 8. If this number .* add --na "
    )
    assert re.search(f"{sentinel}'weeks=999'", err)
    assert "are 999" not in run(csv(table), *known, "--na", "weeks=999")[1]
    times = table.assign(week=np.arange(len(table)))
    for given in (["--groups", "person"], ["--time", "week"]):  # the user has decided
        out, err = run(csv(times), *known, *given)
        assert "are alike" not in err
        assert "of known values" not in out
    leak = table.assign(paid=table["paid"].map({"late": 2.5, "in time": 0.5}), late=table["paid"])
    _, err = run(csv(leak.drop(columns="amount")), "--target", "late")
    assert "the column paid alone predicts 100.0 % of the rows right" in err
    assert "Is it known when you predict? If not, add --ignore 'paid'." in err
    assert "Not looked for" not in err
    _, err = run(csv(table.head(60)), *known)
    alike = "persons or times whose rows are alike (60 rows, 100 are needed)"
    assert f"scratchmlp: Not looked for: {alike}.\n" in err


@pytest.mark.usefixtures("brief", "uncompared")
def test_a_saved_model_has_found_what_was_said_above_the_scores(csv, tmp_path):
    model = tmp_path / "y.model"
    _, err = run(csv(misleading_rows()), "--target", "amount", "--save", model)
    found = [note for note in load(model).findings_ if note.case in ("entity", "sentinel")]
    assert len(found) == 2
    assert [note for note in found if f"scratchmlp: {with_option(note)}\n" not in err] == []


def test_compared_ensembles_hide_persons_as_the_saved_one_does(csv, monkeypatch, brief, tmp_path):
    compared, original = [], comparison.compare

    def compare(*given):
        compared.append(original(*given))
        return compared[-1]

    monkeypatch.setattr(comparison, "compare", compare)
    table = misleading_rows().rename(columns={"person": "who"})
    rng = np.random.default_rng(1)
    firms = rng.permutation(np.repeat(rng.choice(900, 96, replace=False), 5))
    table = table.assign(firm_id=firms)
    run(csv(table), "--target", "amount", "--ignore", "paid", "--save", tmp_path / "who.model")
    [results] = compared
    for model in [*results[ENSEMBLES[1]]["estimator"], load(tmp_path / "who.model")]:
        notes = [note for note in model.findings_ if note.case == "hidden"]
        assert {note.column for note in notes} == {"who", "firm_id"}


def test_all_compared_models_get_the_columns_of_the_ensemble(csv, monkeypatch, brief):
    """Whole numbers turn out to name what rows belong to, after columns have been decided."""
    compared, original = [], comparison.compare

    def compare(*given):
        compared.append(original(*given))
        return compared[-1]

    monkeypatch.setattr(comparison, "compare", compare)
    table = misleading_rows().rename(columns={"person": "lot"})
    table["lot"] = 7 * table["lot"].str[1:].astype(int)
    out, err = run(csv(table), "--target", "amount", "--ignore", "paid")
    assert "  numeric: lot, size" in out
    assert "rows of the same lot are alike" in err
    [results] = compared
    ours, trees, linear, _ = (result["estimator"][0] for result in results.values())
    assert [*ours.feature_names_in_] == [*trees.feature_names_in_] == [*linear.feature_names_in_]
    kinds = {name: each["kind"] for name, each in ours.encoder_.columns_.items()}
    assert kinds == {name: each["kind"] for name, each in linear[0].columns_.items()}
    assert kinds["lot"] == "category"
    assert trees[0].transformers_[0][2] == ["lot"]


@pytest.mark.parametrize("entities", [[], ["patient"], ["patient", "other"]])
def test_ensembles_hide_the_columns_that_they_are_told_to(entities):
    """Whatever the name of a column and the training rows of a fold say."""
    X = pd.DataFrame(
        {name: [f"{name}{i % 30}" for i in range(120)] for name in ("patient", "other")}
    )
    y = np.arange(120.0)
    evaluation = make_evaluation(y, False)._replace(entities=entities)
    models = {"ours": TabularMLPRegressor(cv=2, max_iter=1, inspect_table=False)}
    for model in comparison.compare(models, X, y, evaluation)["ours"]["estimator"]:
        assert [note.column for note in model.findings_ if note.case == "hidden"] == entities


@pytest.mark.usefixtures("brief", "uncompared")
@pytest.mark.parametrize("options", [[], ["--time", "weeks"]])
def test_columns_are_decided_and_inspected_once(options, csv, tmp_path, monkeypatch):
    calls, table = [], misleading_rows()

    def count(owner, name):
        original = getattr(owner, name)

        def counted(first, X, **settings):
            calls.append((name, len(X)))
            return original(first, X, **settings)

        monkeypatch.setattr(owner, name, counted)

    count(encoder, "learn_columns")
    for module in (comparison, findings):
        count(module, "find_misleading")
    run(csv(table), "--target", "amount", "--save", tmp_path / "y.model", *options)
    of_all_rows = [name for name, n_rows in calls if n_rows == len(table)]
    assert of_all_rows == ["learn_columns", "find_misleading"]


def test_the_seed_reaches_the_folds(trained, monkeypatch, uncompared):
    calls, compare = [], comparison.compare
    monkeypatch.setattr(comparison, "compare", lambda *a: calls.append(a) or compare(*a))
    for seed in (0, 7):
        run(trained["class"].path, "--target", "class", "--seed", seed)
    (*_, first), (*_, second) = calls
    assert first.folds.splits[0][1].tolist() != second.folds.splits[0][1].tolist()


@pytest.mark.usefixtures("brief")
def test_a_limit_of_time_that_ends_training_is_named(trained, csv, tmp_path):
    table = trained["class"].table[["size", "class"]]
    options = ["--target", "class", "--max-time", "1e-9", "--save", tmp_path / "y.model"]
    out, err = run(csv(table), *options)
    cut = "--max-time cut short 3 of 3 fits of TabularEnsembleClassifier: the comparison is unfair"
    assert f"\n{cut} to it.\n" in out
    assert "cut short" not in trained["class"].out
    for fits in ("3 of 3 fits", "1 of 1 fit"):
        assert (
            "\nscratchmlp: --max-time 1e-09 ended the training of the networks before all epochs, "
            f"in {fits}. Increase or remove --max-time: the predictions may then be better.\n"
            "scratchmlp: --max-time 1e-09 is too short for boosting, which the ensemble leaves out "
            f"in {fits}. Increase or remove it.\n"
            "scratchmlp: --max-time 1e-09 is too short for extra trees, "
        ) in err
    assert all(line.startswith("scratchmlp: ") for line in err.splitlines())
    assert "ended the training" not in trained["class"].err


# The models.


def test_all_models_are_told_what_columns_are():
    roles = Roles(categorical=["zip", "target"], text=["note"], date=["day"])
    columns = {"zip": ["123", "456"] * 9, "note": ["a b", "c"] * 9, "day": ["2020-01-01"] * 18}
    X = pd.DataFrame(columns)
    table = Table(X, X, True, [], decide_columns(X, roles)[0])
    ensemble, trees, linear, _ = models_for(table).values()
    for each in (ensemble, linear[0]):
        assert (each.categorical_features, each.text_features) == (["zip"], ["note"])
    ((_, _, codes),) = trees[0].transformers
    assert codes == ["zip"]
    assert trees[0].remainder.text_features == ["note"]


def test_each_part_of_an_ensemble_is_scored_on_the_same_rows():
    x = np.random.default_rng(0).normal(size=60)
    X, y = pd.DataFrame({"x": x}), np.where(x > 0, "u", "v")
    evaluation = make_evaluation(y, True)
    parts = [("linear", LogisticRegression()), ("constant", DummyClassifier())]
    ensemble = TabularEnsembleClassifier(parts, cv=2, random_state=0)
    models = {"ensemble": ensemble, "a": DummyClassifier(), "b": DummyClassifier()}
    with all_parts():
        results = comparison.compare(models, X, y, evaluation)
    assert list(results) == ["ensemble", "a", "b"]
    for metric in evaluation.metrics:
        pd.testing.assert_series_equal(results["a"][metric.name], results["b"][metric.name])
    folds = results["ensemble"].to_dict("records")
    for (_, held_out), fold in zip(evaluation.folds.splits, folds, strict=True):
        assert list(fold["parts"]) == ["linear", "constant"]
        for name, part in fold["parts"].items():
            alone = fold["estimator"].only(name)
            P = alone.predict_proba(X.iloc[held_out])
            expected = values_of(evaluation.metrics, 1 * (y[held_out] == "v"), P)
            assert part == {**expected, "weight": fold["estimator"].weights_[name]}


# Models of other packages.


class StandIn(BaseEstimator):
    """Boosted trees that accept what the packages accept: numbers, and categories or text."""

    error, num_leaves, cat_features = None, None, ()

    def __init__(self, **parameters):
        self.names = [*parameters]
        vars(self).update(parameters)

    def get_params(self, deep=True):
        return {name: getattr(self, name) for name in self.names}

    def fit(self, X, y, eval_set=None):
        if self.error is not None:
            raise self.error
        warnings.warn("The argument 'eval_set' is deprecated, use others", FutureWarning, 2)
        self.eval_set_, self.y_ = eval_set, y
        text = X.columns[list(self.cat_features)]
        categories = text if len(text) else X.select_dtypes("category").columns
        assert X[categories].map(lambda value: isinstance(value, str | float)).all(axis=None)
        assert (X.drop(columns=categories).dtypes == np.float64).all()
        assert X.columns.str.fullmatch(r"x\d+").all()
        self.model_ = self._trees(categorical_features=list(categories), max_iter=9).fit(X, y)
        self.classes_ = getattr(self.model_, "classes_", None)
        return self

    def predict(self, X):
        return self.model_.predict(X)


class Regressor(RegressorMixin, StandIn):
    _trees = HistGradientBoostingRegressor


class Classifier(ClassifierMixin, StandIn):
    _trees = HistGradientBoostingClassifier

    def predict_proba(self, X):
        return self.model_.predict_proba(X)


@pytest.fixture
def stand_ins(monkeypatch):
    """Stand-ins of both packages."""
    for package, name in (("catboost", "CatBoost"), ("lightgbm", "LGBM")):
        estimators = {f"{name}Classifier": Classifier, f"{name}Regressor": Regressor}
        monkeypatch.setitem(sys.modules, package, SimpleNamespace(**estimators))


#: By the parameter of `models_for`: options that give it another value.
OPTIONS = {
    "model": ["--model", "networks"],
    "effort": ["--fast"],
    "seed": ["--seed", 7],
    "jobs": ["--jobs", 2],
    "max_time": ["--max-time", 1.5],
    "baselines": ["--with", "lightgbm"],
}


class Made(Exception):  # noqa: N818
    """Raised instead of a comparison, with its models."""


@pytest.mark.usefixtures("stand_ins")
def test_every_option_about_models_reaches_one(trained, monkeypatch):
    def stop(*arguments, **settings):
        raise Made(*map(repr, models_for(*arguments, **settings).values()))

    def models(*options):
        with pytest.raises(Made) as made:
            run(trained["class"].path, "--target", "class", *options)
        return made.value.args

    for module in [each for name, each in sys.modules.items() if name.startswith("scratchmlp.cli")]:
        if "models_for" in vars(module):
            monkeypatch.setattr(module, "models_for", stop)
    parameters = signature(models_for).parameters.values()
    assert [each.name for each in parameters if each.default is not each.empty] == [*OPTIONS]
    usual = models()
    assert [name for name, options in OPTIONS.items() if models(*options) == usual] == []


@pytest.fixture
def training(trained):
    """Tables with columns of all kinds, and a name that LightGBM does not accept."""
    n = len(trained["class"].table)
    more = {'a, "{1}"': np.arange(n) % 7, "time": [f"{i % 24:02}:{i % 60:02}" for i in range(n)]}
    return {target: each.table.assign(**more) for target, each in trained.items()}


@pytest.mark.usefixtures("brief", "stand_ins")
@pytest.mark.parametrize("target", TARGETS)
def test_models_of_other_packages_are_compared_on_the_same_folds(target, training, csv):
    baselines = ["--with", "lightgbm", "--with", "catboost", "lightgbm", "--jobs", "1"]
    out, err = run(csv(training[target]), "--target", target, "--model", "networks", *baselines)
    names = [line.split("  ")[0] for line in out.partition("fit (s)\n")[2].splitlines()]
    linear = LINEAR[target == "number"]
    assert names[1:6] == [TREES, "LightGBM", "CatBoost", linear, BASELINE]
    assert "scratchmlp: split 1 of 3 ......\n" in err


@pytest.mark.usefixtures("brief", "uncompared", "stand_ins")
@pytest.mark.parametrize("keep", ["model", "best"])
def test_models_of_other_packages_are_not_kept(keep, training, csv, tmp_path, monkeypatch):
    names, compare = ["TabularMLPClassifier", "CatBoost", TREES], comparison.compare
    second = TREES if keep == "model" else names[0]

    def compare_names(*arguments):
        return dict.fromkeys(names, compare(*arguments)[BASELINE])

    monkeypatch.setattr(comparison, "compare", compare_names)
    best = {True: "CatBoost", False: second}
    monkeypatch.setattr(Scores, "best", lambda scores: best["CatBoost" in scores.results])
    monkeypatch.setattr(Scores, "verdict", lambda scores: "")
    model = tmp_path / "class.model"
    options = ["--model", "networks", "--with", "catboost", "--keep", keep, "--save", model]
    out, err = run(csv(training["class"]), "--target", "class", *options)
    note = "scratchmlp: --keep best chooses among the other models. Those "
    assert err.startswith(note) == (keep == "best")
    reason = "the model of --keep best. CatBoost has the lowest log-loss, but cannot be saved. To"
    if keep == "model":
        reason = (
            f"the model of --keep model. To save {TREES}, which has the lowest log-loss of those"
        )
    assert f"Saved the networks in {model}. It is {reason} " in out
    assert isinstance(load(model), TabularMLPClassifier)


EARLY = {
    "catboost": {"iterations": 1_000, "early_stopping_rounds": 50, "thread_count": 2},
    "lightgbm": {"n_estimators": 2_000, "learning_rate": 0.05, "early_stopping_round": 50},
}
SILENT = {"catboost": {"verbose": False, "allow_writing_files": False}, "lightgbm": {"verbose": -1}}
LEAVES = {"catboost": {}, "lightgbm": {True: 8, False: 31}}  # for classes, for numbers


@pytest.mark.usefixtures("stand_ins")
@pytest.mark.parametrize("package", BASELINES)
def test_models_of_other_packages_stop_early_on_a_fifth_of_the_rows(package):
    X, classes = pd.DataFrame({"x": np.arange(100.0)}), np.repeat([0, 1, 2], [79, 20, 1])
    for y in (classes, X["x"].to_numpy()):
        with warnings.catch_warnings(action="error"):  # also not those of LightGBM 4.7
            model = BASELINES[package].make(y is classes, [], 2, 7).fit(X, y)[-1].models_[0]
        [(held_out, y_held_out)] = model.eval_set_
        assert vars(model).items() >= (EARLY[package] | SILENT[package]).items()
        assert model.random_state == 7
        assert model.num_leaves == LEAVES[package].get(y is classes)
        if y is classes:  # the only row of the last one is in training
            assert np.bincount(y_held_out).tolist() in ([16, 4], [15, 4])
            assert np.unique(model.y_).tolist() == [0, 1, 2]
        assert len(held_out) in (19, 20)
        np.testing.assert_array_equal(np.sort([*model.y_, *y_held_out]), np.sort(y))


def test_columns_are_converted_to_what_the_packages_accept():
    columns = {
        "size": [1.5, None],
        "code": ["01", None],
        "day": pd.to_datetime(["1970-01-03", None]),
        "flag": [True, False],
        "wait": pd.to_timedelta(["12:00:00", None]),
    }
    table = pd.DataFrame(columns)
    converted = numbers_and_categories(table, ["code", "flag"])
    assert list(converted) == ["x0", "x1", "x2", "x3", "x4"]
    assert converted["x0"].cat.categories.to_list() == ["01"]
    assert converted["x0"].isna().to_list() == [False, True]
    assert converted["x1"].to_list() == ["True", "False"]
    assert converted.iloc[0, 2:].to_list() == [1.5, 2.0, 0.5]
    assert converted.iloc[1, 2:].isna().all()
    text = numbers_and_text(table, ["code", "flag"])
    assert text["x0"].to_list() == ["01", "missing"]
    pd.testing.assert_frame_equal(text.iloc[:, 2:], converted.iloc[:, 2:])
    assert numbers_and_text(table[["size"]], []).to_numpy()[0] == [1.5]


OWN_ERROR = type("LightGBMError", (Exception,), {})  # as packages have


@pytest.mark.parametrize(("name", "error"), [("LightGBM", OWN_ERROR), ("linear", ValueError)])
def test_an_error_of_a_model_is_reported(name, error, monkeypatch):
    monkeypatch.setattr(Regressor, "error", error("no rows"))
    X, y = pd.DataFrame({"x": range(20)}), np.arange(20.0)
    with pytest.raises(InputError, match=f"^{name} cannot use the table: no rows$"):
        comparison.compare({name: Regressor()}, X, y, make_evaluation(y, False))


# Without arguments: what this is, a small network and a tuned one on Iris, and what to do next.


@pytest.fixture(scope="module")
def iris(tmp_path_factory):
    pytest.importorskip("matplotlib")
    path = tmp_path_factory.mktemp("iris") / "iris.png"

    with Patches.context() as monkeypatch:
        for name, fewer in (("GRID", 20), ("HIDDEN_UNITS", (4, 8))):
            monkeypatch.setattr(article, name, fewer)
        return *run("--plot", path), path


def test_the_demonstration_says_first_what_it_is_and_last_what_to_do_next(iris, capsys):
    first, *_, last = iris[0].splitlines()
    assert first.startswith("scratchmlp: neural networks")
    assert last == "python -m scratchmlp my.csv --target COLUMN"
    (code,) = re.findall(r'^python -c "\n(.*)"$', iris[0], flags=re.M | re.S)
    exec(
        code.replace("load_digits", "load_iris").replace(
            "random_state", "max_iter=800, random_state"
        )
    )
    scores_of_folds = re.findall(r"[01]\.\d*", capsys.readouterr().out)
    assert len(scores_of_folds) == 5
    assert min(map(float, scores_of_folds)) > 0.8


def test_the_article_s_network_learns(iris):
    out = iris[0]
    assert re.search(r"without biases +with biases", out)
    rows = re.findall(r"^(10*)((?: +\d\.\d{3}){8})$", out, flags=re.M)
    assert [epoch for epoch, _ in rows] == ["1", "10", "100", "1000", "10000"]
    first, *_, last = (np.array(values.split(), float).reshape(2, 2, 2) for _, values in rows)
    accuracy, loss = last[..., 0], last[..., 1]
    assert (accuracy > first[..., 0]).all()
    assert (loss < first[..., 1]).all()
    assert (accuracy[1] > accuracy[0]).all()  # with biases, without
    assert (accuracy[1] >= 0.9).all()


def test_the_tuned_network_is_within_a_standard_deviation_of_logistic_regression(iris):
    out, err, picture = iris
    network, linear = map(scores, lines_of_models(out))
    assert network[0] >= linear[0] - linear[1]
    assert network[2] <= linear[2] + linear[3]
    assert "over 5 stratified folds" in out
    chosen = r"Chosen most often: learning rate 0\.\d+ and \d+ hidden units, in \d of 5 folds"
    assert re.search(chosen, out)
    learned = re.findall(r"^(?:epoch|10*) .*$", out, flags=re.M)
    header = next(line for line in out.splitlines() if "fit (s)" in line)
    for aligned in (learned, [header, *lines_of_models(out)]):
        assert len({*map(len, aligned)}) == 1
    assert png_size(picture) == (1800, 675)
    assert f"\nSaved {picture}.\nLeft: The loss of the small network" in out
    lines = err.splitlines()
    assert all(line.startswith("scratchmlp: ") for line in lines)
    dots = [line for line in lines if ".." in line]
    assert dots[0] == "scratchmlp: split 1 of 5 .."
    pattern = r"scratchmlp: split (\d) of 5, about \d+ (seconds?|minutes?) left \.\."
    assert [re.fullmatch(pattern, line)[1] for line in dots[1:]] == ["2", "3", "4", "5"]
    assert lines[-1] == f"scratchmlp: drawing {picture}"
