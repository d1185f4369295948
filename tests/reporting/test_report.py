"""Which estimators and rows reports take, and the file."""

from copy import copy
from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array
from sklearn.base import is_regressor
from sklearn.dummy import DummyClassifier
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.metrics import confusion_matrix, r2_score
from sklearn.model_selection import KFold, PredefinedSplit, TimeSeriesSplit
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from scratchmlp import io, report
from scratchmlp.evaluation.evaluated import evaluate
from scratchmlp.reporting.mistakes import mistakes_section
from scratchmlp.tabular import (
    MisleadingDataWarning,
    TabularMLPClassifier,
    TabularMLPRegressor,
)
from scratchmlp.tabular.fitted_table import fitted_table, set_fitted
from tests.helpers.one_part import one_part
from tests.helpers.pictures import dependence_on, drawn
from tests.helpers.report_pages import Page

pytestmark = pytest.mark.usefixtures("undrawn")
X = np.random.default_rng(0).normal(size=(60, 2))
Y = (X[:, 0] > 0).astype(int) + (X[:, 1] > 0.5)
QUICK = {"inspect_table": False, "cv": 2, "max_iter": 4, "hidden_layer_sizes": 4, "random_state": 0}


def test_a_file_with_title_and_comparison(tmp_path):
    path = tmp_path / "r.html"
    table = pd.DataFrame({"score": [0.5, 0.25]}, index=["one <b>", "two"])
    model = one_part(make_pipeline(StandardScaler(), LogisticRegression()), X[:30], Y[:30])
    options = {"rows": "new", "path": path, "title": "<My> title", "comparison": table}
    html = report(model, X[30:], Y[30:], **options)
    assert path.read_text(encoding="utf-8") == html
    page = Page(html)
    assert "<My> title" in page.texts
    assert page.table("The model beside others") == {"one <b>": [0.5], "two": [0.25]}
    assert len(page.table("Confusion matrix")) == 3
    assert "positive class" not in page.text


def test_a_file_without_a_folder_is_refused_before_the_work(tmp_path):
    with pytest.raises(FileNotFoundError, match="there is no folder"):
        report(LinearRegression(), X, Y, path=tmp_path / "none" / "r.html")


def test_models_that_learned_nothing_or_leave_out_all_columns_are_called_so():
    html = report(one_part(DummyClassifier(strategy="prior"), X, Y > 0), X, Y > 0)
    assert "no better than the shares of the classes" in html
    assert "How predictions change" not in html
    table = pd.DataFrame({"one": np.ones(60)})
    with pytest.warns(UserWarning, match="single value"):
        model = TabularMLPClassifier(**QUICK).fit(table, Y)
    html = report(model, table, Y)
    assert "from 0 columns (left out: one)" in html
    model = one_part(LinearRegression(), X[:, :1], Y)
    assert "a number, from 1 column. It was" in report(model, X[:, :1], Y)
    assert "What does it look at?" not in html


def test_many_classes_get_tables_of_the_worst(monkeypatch):
    monkeypatch.setattr("scratchmlp.reporting.quality.MOST_CLASSES", 2)
    model = one_part(LogisticRegression(), X, Y)
    page = Page(report(model, X, Y, rows="new"))
    wrong = model.predict(X) != Y
    mistakes = [caption for caption in page.tables if caption.startswith("The most frequent")]
    assert mistakes == ["The most frequent mistakes among 3 classes"]
    counts = [row[2] for row in page.tables[mistakes[0]]]
    assert sum(counts) == wrong.sum()
    assert counts == sorted(counts, reverse=True)
    assert counts[0] > counts[-1]
    matrix = confusion_matrix(Y, model.predict(X))
    for truth, predicted, n, share in page.tables[mistakes[0]]:
        assert n == matrix[int(truth), int(predicted)] > 0
        assert share == pytest.approx(n / (int(truth) == Y).sum())
    first = page.tables[mistakes[0]][0]
    monkeypatch.setattr("scratchmlp.reporting.quality.MOST_PAIRS", 1)
    page = Page(report(model, X, Y, rows="new"))
    assert page.tables[mistakes[0]] == [first]


LOGISTIC, LINEAR = one_part(LogisticRegression(), X, Y), one_part(LinearRegression(), X, Y)
TWO = TabularMLPRegressor(**QUICK).fit(X, X)

REFUSED = [
    (TabularMLPClassifier(), {}, NotFittedError, "not fitted"),
    (LogisticRegression(), {}, TypeError, r"tabular; got LogisticR.* TabularEnsembleClassifier\("),
    (LinearRegression(), {}, TypeError, r"as an ensemble of one part: TabularEnsembleRegressor\("),
    (LOGISTIC, {"rows": "test"}, ValueError, "rows must be 'fit' or 'new'; got 'test'"),
    (LOGISTIC, {"y": np.where(Y == 0, 7, Y)}, ValueError, "was not fitted with: '7'"),
    (TWO, {"y": X}, ValueError, "y should be a 1d array"),
    (TWO, {}, ValueError, r"1d array, got .* shape \(60, 2\)"),
    (LINEAR, {"X": csr_array(X)}, TypeError, "Sparse data was passed for X, but dense data is re"),
    (LINEAR, {"y": ["many", *Y[1:]]}, ValueError, "could not convert string to float"),
    (LOGISTIC, {"y": pd.array([None, *Y[1:]])}, ValueError, "missing"),
    (LINEAR, {"comparison": {"one": {"R²": 0.5}}}, TypeError, r"got dict\. .* pass pandas\.DataFr"),
]


@pytest.mark.parametrize(("estimator", "arguments", "error", "message"), REFUSED)
def test_what_cannot_be_reported_is_refused(estimator, arguments, error, message):
    with pytest.raises(error, match=message):
        report(estimator, **{"X": X, "y": Y, "rows": "new"} | arguments)


def test_rows_of_fit_that_are_refused(classes):
    with pytest.raises(ValueError, match="have 60 rows, but fit had 90"):
        report(classes.estimator, classes.X[:60], classes.y[:60])
    without = copy(classes.estimator)
    set_fitted(without, replace(fitted_table(without), oof=None))
    with pytest.raises(ValueError, match=r"has no oof_proba_\. Pass rows that"):
        report(without, classes.X, classes.y)


FEW = [
    (LINEAR, X[:1], Y[:1]),
    (one_part(LogisticRegression(C=9), X, X[:, 0] > 0), X[1:3], X[1:3, 0] > 0),
    (LINEAR, X[:20], np.full(20, 0.1)),
    (TabularMLPRegressor(**QUICK).fit(X, X[:, 0]), X[:1], [2.0]),
    (LOGISTIC, X[:1], Y[:1]),
    (LOGISTIC, X[Y == 0], Y[Y == 0]),
]


@pytest.mark.parametrize(("estimator", "few", "targets"), FEW)
def test_few_new_rows_or_equal_targets(estimator, few, targets):
    """Scores that are undefined are left out, without warnings."""
    page = Page(report(estimator, few, targets, rows="new"))
    is_one, are_equal = len(few) == 1, len(np.unique(targets)) == 1
    assert not np.isnan([*page.facts.values()]).any()
    assert not any("nan" in row for rows in page.tables.values() for row in rows)
    assert ("What does it look at?" in page.text) != is_one
    if is_regressor(estimator):
        assert ("R²" in page.facts) != are_equal
        assert ("All true values are equal, so these rows cannot tell" in page.text) == are_equal
    if are_equal and not is_one:
        metric = "RMSE" if is_regressor(estimator) else "log-loss"
        caption = "Importance of each column"
        assert page.heads[caption][1] == f"{metric} gets worse by"
        assert any(mean != 0 for mean, _ in page.table(caption).values())


def test_a_constant_target_of_fit():
    estimator = TabularMLPRegressor(**QUICK).fit(X, np.full(60, 2.5))
    page = Page(report(estimator, X, np.full(60, 2.5)))
    assert [*page.facts.values()] == [0]
    assert "so these rows cannot tell whether the model is better than the mean." in page.text


def test_a_model_with_small_errors_no_smaller_than_those_of_the_mean():
    x = X[:, 0]
    for y, is_said in ((10 * x, False), (np.where(np.abs(x) > 1, 10 * x, 0), True)):
        page = Page(report(one_part(LinearRegression(), X, y), X, y))
        half, of_mean = page.table("Scores")["median absolute error"][:2]
        assert (half >= of_mean) == is_said
        said = "Its large errors are smaller than those of the mean, as the RMSE shows."
        assert (said in page.text) == is_said


RANDOM_ROWS = "30 random rows of the 60 held-out ones, because all would take longer"


@pytest.mark.parametrize(("n_most", "which"), [(60, "60 held-out rows"), (30, RANDOM_ROWS)])
def test_the_page_says_why_not_all_rows_are_used(n_most, which, monkeypatch):
    monkeypatch.setattr("scratchmlp.reporting.importances.MEASURED_ROWS", n_most)
    y = X[:, 0] > 0
    page = Page(report(TabularMLPClassifier(**QUICK | {"max_iter": 64}).fit(X, y), X, y))
    assert f"Measured on {which}, 5" in page.text
    covered, _, of_one = page.table("Prediction sets of 60 rows")["90%"]
    assert of_one == 1
    assert covered > 0.9
    assert "It always contains the most probable class, so the share may be higher." in page.text


@pytest.mark.filterwarnings("ignore:y has one class")
@pytest.mark.parametrize("rows", ["fit", "new"])
def test_one_class(rows):
    estimator = TabularMLPClassifier(**QUICK).fit(X, ["a"] * 60)
    page = Page(report(estimator, X, ["a"] * 60, rows=rows))
    assert page.facts == {"accuracy": 1.0}
    assert "The model knows a single class." in page.text


@pytest.mark.parametrize(("n_rows", "are_shown"), [(12, False), (40, True)])
def test_prediction_sets_need_errors_of_enough_rows(n_rows, are_shown):
    rows, y = X[:n_rows], Y[:n_rows] > 0
    page = Page(report(TabularMLPClassifier(**QUICK).fit(rows, y), rows, y))
    assert ("How sure is it?" in page.texts) == are_shown


@pytest.mark.parametrize(("rows", "as_table"), [("fit", False), ("new", True)])
def test_targets_as_text_and_as_a_table_with_one_column(rows, as_table):
    numbers = X[:, 0].round(3)
    text = pd.Series(numbers.astype(str), name="price")
    y = text.astype(float).to_frame() if as_table else text
    estimator = TabularMLPRegressor(**QUICK).fit(X, y)
    page = Page(report(estimator, X, y, rows=rows))
    predicted = estimator.oof_prediction_ if rows == "fit" else estimator.predict(X)
    assert page.facts["R²"] == pytest.approx(r2_score(numbers, predicted), rel=1e-5)
    assert "How well price can be predicted" in page.texts
    assert page.table("Prediction intervals")


def test_the_most_frequent_number_is_on_the_grid():
    gain = np.array([-7.0] + [0.0] * 92 + [*range(1, 30)])[:, None]
    linear = one_part(LinearRegression(), gain, gain[:, 0])
    evaluated = evaluate(linear, gain, gain[:, 0], "new", 0)
    values = drawn(*dependence_on(evaluated, "x0")).lines[0].get_xdata()
    assert {-7.0, 0.0} <= {*values}
    assert len(values) == len({*values})


@pytest.mark.parametrize(("rows", "cv"), [("fit", TimeSeriesSplit(2)), ("new", 2)])
def test_dates_of_python_and_periods(rows, cv):
    """Ranges and partial dependence read them."""
    days = [date(2020, 1 + i % 12, 1) for i in range(60)]
    months = pd.period_range("2020-01", periods=60, freq="M")
    table = pd.DataFrame({0: X[:, 0], 1: days, 2: months})
    y = 100.0 * np.array([day.month for day in days])
    estimator = TabularMLPRegressor(**QUICK | {"cv": cv, "max_iter": 32}).fit(table, y)
    page = Page(report(estimator, table, y, rows=rows))
    columns = page.table("Columns to predict from")
    assert [*columns] == ["x0", "x1", "x2"]
    ranges = [columns[name][3] for name in ("x1", "x2")]
    start = "2020-01-01" if rows == "new" else "2021-09-01"
    assert ranges == ["2020-01-01 to 2020-12-01", f"{start} to 2024-12-01"]
    assert "x1" in page.pictures
    lost = "20 other rows could not be tested this way and are left out"
    assert (lost in page.text) == (rows == "fit")


TRAINING_FIRST, HELD_OUT = PredefinedSplit(np.arange(60) // 40 - 1), "rows like those held out"
OF_ROWS = [
    (2, False, "other rows like these"),
    (2, True, "rows of new groups"),
    ([*KFold(2).split(X)], True, "rows of known groups"),
    (TimeSeriesSplit(2), False, "later rows"),
    (TRAINING_FIRST, False, HELD_OUT),
    ([*TRAINING_FIRST.split()], True, "rows of known groups"),
    ([(np.arange(40), np.arange(40, 50)), (np.arange(40), np.arange(50, 60))], False, HELD_OUT),
]


@pytest.mark.parametrize(("cv", "is_grouped", "of"), OF_ROWS)
def test_a_page_says_for_which_rows_its_scores_hold(cv, is_grouped, of, tmp_path):
    groups = [f"group {i % 20}" for i in range(60)] if is_grouped else None
    model = TabularMLPClassifier(**QUICK | {"cv": cv}).fit(X, Y, groups=groups)
    io.save(model, tmp_path / "model")
    text = Page(report(io.load(tmp_path / "model"), X, Y)).text
    assert f" Expect this quality, or slightly less, for {of}. " in text
    assert ("errors may grow further ahead" in text) == (of == "later rows")
    assert "Expect the same" not in report(model, X, Y, rows="new")


def test_a_page_says_that_its_scores_are_those_of_known_persons():
    person = np.repeat(np.arange(40), 6)
    own, x = np.random.default_rng(0).normal(size=(2, 240))
    table = pd.DataFrame({"person": [f"P{i}" for i in person], "x": x})
    y = 3 * own[person] + x
    with pytest.warns(MisleadingDataWarning, match="same person"):
        model = TabularMLPRegressor(**QUICK | {"inspect_table": True}).fit(table, y)
    of = "slightly less, for other rows like these of known values of person."
    assert of in Page(report(model, table, y)).text


INDEXES = [
    (pd.Index([f"row {i}" for i in range(60)], name="name"), "name"),
    (pd.RangeIndex(60, name="number"), "number"),
    (pd.Index(np.arange(60) + 100), "index"),
    (None, "row, counted from 0"),
]


@pytest.mark.parametrize(("index", "head"), INDEXES)
def test_rows_have_the_labels_of_the_index(index, head):
    table = pd.DataFrame(X, index, ["a", "b"])
    given = X if index is None else table
    in_order = TabularMLPRegressor(**QUICK | {"cv": TimeSeriesSplit(2)}).fit(given, Y)
    labels = [str(label) for label in table.index]  # the first rows have no prediction
    _, shown = mistakes_section(evaluate(in_order, given, Y, "fit", 0), []).parts
    assert shown.header[:2] == [head, "true value"]
    for label, truth, predicted, *_ in shown.rows:
        i = labels.index(label)
        assert truth.value == Y[i]
        assert predicted.value == in_order.oof_prediction_[i]


def test_rows_in_another_order_are_noticed(classes, monkeypatch):
    monkeypatch.setattr("scratchmlp.reporting.page.render", lambda title, sections: title)
    for X in (classes.X, classes.X[::-1]):
        with pytest.raises(ValueError, match="the rows of fit, in the same order"):
            report(classes.estimator, X, classes.y[::-1])


def test_missing_packages_are_named(monkeypatch):
    monkeypatch.setattr(
        "scratchmlp.utils.extras.find_spec", lambda name: None if name == "jinja2" else name
    )
    with pytest.raises(ImportError, match=r"scratchmlp.report needs jinja2.*\.\[report\]"):
        report(None, X, Y)
