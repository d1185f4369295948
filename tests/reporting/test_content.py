"""Each number of a page is that of the Python API."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sklearn import metrics
from sklearn.dummy import DummyRegressor
from sklearn.inspection import partial_dependence
from sklearn.linear_model import LinearRegression, LogisticRegression

from scratchmlp import report
from scratchmlp.evaluation.evaluated import evaluate
from scratchmlp.evaluation.numbers import (
    number,
    plain,
    significant,
)
from scratchmlp.reporting import dependence, importances, quality, uncertainty
from scratchmlp.reporting.dependence import dependence_section
from scratchmlp.reporting.mistakes import mistakes_section
from scratchmlp.reporting.page import training_section
from scratchmlp.reporting.quality import scores_of
from scratchmlp.reporting.summary import summary_section
from scratchmlp.tabular import (
    TabularEncoder,
    TabularEnsembleClassifier,
    TabularEnsembleRegressor,
    TabularMLPRegressor,
)
from tests.helpers.one_part import one_part
from tests.helpers.pictures import dependence_on, drawn
from tests.helpers.report_pages import Page

pytestmark = pytest.mark.filterwarnings(
    "ignore::scratchmlp.tabular.MisleadingDataWarning"
)  # few rows

ATTACK = "<script>alert('x')</script>"
SMALL = {"cv": 2, "hidden_layer_sizes": 32, "max_iter": 16, "random_state": 0}


def test_scores_of_classes(classes):
    y, P = classes.y, classes.estimator.oof_proba_
    expected = {"accuracy": classes.estimator.oof_score_, "log-loss": metrics.log_loss(y, P)}
    assert classes.page.facts == pytest.approx(expected)
    table = classes.page.table("Scores")
    assert table["AUC"][0] == pytest.approx(metrics.roc_auc_score(y, P[:, 1]))
    share = y.value_counts(normalize=True)
    assert table["accuracy"][:2] == pytest.approx([expected["accuracy"], share.max()])
    assert table["log-loss"][1] == pytest.approx(-(share * np.log(share)).sum())
    assert f"{expected['accuracy']:.1%} of the predictions are right" in classes.page.text
    assert f"would be right for {share.max():.1%}" in classes.page.text


def test_confusion(classes):
    y, estimator = classes.y, classes.estimator
    predicted = estimator.classes_[estimator.oof_proba_.argmax(axis=1)]
    matrix = list(classes.page.table("Confusion matrix").values())
    np.testing.assert_array_equal(matrix, metrics.confusion_matrix(y, predicted))


@pytest.mark.parametrize("limit", [1, -1])
def test_the_second_of_two_classes_is_the_positive_one(limit):
    """In all pictures, however rare it is, and the page says which it is."""
    X = np.random.default_rng(0).normal(size=(60, 2))
    y = np.where(X[:, 0] + X[:, 1] / 9 > limit, "0 high", "1 low")
    model = one_part(LogisticRegression(C=0.1), X, y)
    name, p = model.classes_[1], model.predict_proba(X)[:, 1]
    page = Page(report(model, X, y, rows="new"))
    share = np.mean(y == name)
    n, found = np.sum(y == name), np.sum((y == name) & (model.predict(X) == name))
    others = np.sum(model.predict(X) == name) - found
    told = f"{name}, with {share:.1%} of the rows. The model finds {found} of these {n} rows, and"
    assert f"(the positive class) is {told} takes {others} others for {name}." in page.text
    precision = metrics.average_precision_score(y == name, p)
    assert f">{name} (AP = {precision:.2f})<" in page.pictures["Precision and recall"]
    assert f"Precision by recall, for class {name}, at" in page.text
    evaluated = evaluate(model, X, y, "new", 0)
    calibration = drawn(quality.how_right(evaluated))
    assert calibration.get_xlabel() == f"predicted probability of {name}"
    assert calibration.get_legend() is None
    fractions = calibration.lines[1].get_ydata()
    assert fractions.mean() == pytest.approx(share)
    assert fractions[0] < fractions[-1]
    ax = drawn(*dependence_on(evaluated, "x0"))
    assert ax.get_ylabel() == f"probability of {name}"
    assert ax.get_legend() is None
    values, means = ax.lines[0].get_data()
    expected = [model.predict_proba(np.c_[[v] * 60, X[:, 1]])[:, 1].mean() for v in values]
    np.testing.assert_allclose(means, expected)


def test_scores_of_numbers(numbers):
    y, predicted = numbers.y, numbers.estimator.oof_prediction_
    expected = {
        "R²": numbers.estimator.oof_score_,
        "RMSE": metrics.root_mean_squared_error(y, predicted),
        "mean absolute error": metrics.mean_absolute_error(y, predicted),
        "median absolute error": metrics.median_absolute_error(y, predicted),
    }
    table = numbers.page.table("Scores")
    assert {name: row[0] for name, row in table.items()} == pytest.approx(expected, rel=1e-5)
    assert numbers.page.facts == {name: table[name][0] for name in ("R²", "RMSE")}
    assert table["RMSE"][1] == pytest.approx(y.std(ddof=0))
    errors = numbers.page.table("How large")
    assert errors["90% of the rows"] == pytest.approx([np.quantile(np.abs(y - predicted), 0.9)])


@pytest.mark.parametrize("name", ["classes", "numbers"])
def test_importances_of_rows_of_fit(name, request):
    case = request.getfixturevalue(name)
    expected = case.estimator.oof_importances(
        case.X, case.y, n_repeats=5, max_samples=2000, random_state=0
    )
    table = case.page.table("Importance of each column")
    # Columns that are left out have no importance.
    found = {plain(column): i for i, column in enumerate(expected.names) if column != "key"}
    means, stds = expected.importances_mean, expected.importances_std
    assert table == {
        column: pytest.approx([means[i], stds[i]], abs=1e-9) for column, i in found.items()
    }
    used = [means[i] for i in found.values()]
    assert [values[0] for values in table.values()] == sorted(used, reverse=True)
    assert "from 6 columns (left out: key)." in case.page.text
    pairs = case.page.table("The most strongly correlated")
    (a, b, r), *_ = expected.correlated
    assert pairs[plain(a)] == [plain(b), pytest.approx(r)]


def test_scores_of_new_rows(others):
    predicted = others.estimator.predict(others.X)
    assert others.page.facts["R²"] == pytest.approx(metrics.r2_score(others.y, predicted))
    assert "40 rows that it was not trained on" in others.page.text


@pytest.mark.parametrize("name", ["classes", "numbers"])
@pytest.mark.parametrize("at_once", [7, 1000])
def test_importances_and_dependence_of_new_rows_are_those_of_permuted_tables(
    name, at_once, request, monkeypatch
):
    """However many rows a call predicts; other columns keep their values."""
    monkeypatch.setattr("scratchmlp.tabular.inspection.held_out._ROWS", at_once)
    case = request.getfixturevalue(name)
    X, y = case.X[:20], case.y[:20]
    evaluated = evaluate(case.estimator, X, y, "new", 0)
    score = metrics.get_scorer("neg_log_loss" if name == "classes" else "r2")
    random, expected = np.random.RandomState(0), {}
    with importances.calmly():
        for column in evaluated.fitted_columns:
            if column not in evaluated.unused:
                orders = [random.permutation(20) for _ in range(5)]
                tables = [X.assign(**{column: X[column].to_numpy()[order]}) for order in orders]
                scores = [score(case.estimator, table, y) for table in tables]
                expected[column] = score(case.estimator, X, y) - np.array(scores)
    found = importances.importances_of(evaluated)
    assert dict(zip(found.names, found.repeats, strict=True)) == {
        column: pytest.approx(repeats, abs=1e-5) for column, repeats in expected.items()
    }
    values, means = drawn(*dependence_on(evaluated, ATTACK)).lines[0].get_data()
    column = X.columns.get_loc(ATTACK)
    expected = partial_dependence(
        case.estimator, X, [column], custom_values={column: values}, method="brute"
    )
    np.testing.assert_allclose(means, expected.average[0], rtol=1e-5)


@pytest.mark.usefixtures("undrawn")
@pytest.mark.parametrize("rows", ["fit", "new"])
def test_a_wide_table_names_what_is_not_measured(monkeypatch, rows):
    """Only the columns most correlated with the predictions are measured."""
    monkeypatch.setattr(importances, "MEASURED_COLUMNS", 3)
    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.normal(size=(60, 8)), columns=list("abcdefgh"))
    X["h"] = np.where(X["c"] > 0, "yes", "no")
    y = 5 * X["c"] - 3 * X["f"] + (X["h"] == "yes")
    regressor = TabularMLPRegressor(**SMALL).fit(X, y)
    page = Page(report(regressor, X, y, rows=rows))
    table = page.table("Importance of each column")
    assert [*table] == ["c", "f", "h"]  # in the order of their importance for y
    method = "oof_importances" if rows == "fit" else "permutation_importance"
    assert "Of the 8 columns, only the 3 that are most correlated with the pred" in page.text
    assert method in page.text
    assert page.table("The most strongly correlated")["c"][0] == "h"


FORMS = {"price": "{} €", "share": "{}%", "whole": None}


@pytest.mark.parametrize(("name", "form"), FORMS.items())
def test_partial_dependence_of_text_and_integers_is_that_of_their_numbers(name, form):
    i = np.arange(60)
    table = pd.DataFrame({"price": i / 90, "share": i % 9 / 100, "whole": i * i})
    for text in ("price", "share"):
        table[text] = [FORMS[text].format(value) for value in table[text]]
    model = TabularMLPRegressor(**SMALL).fit(table, i)
    ax = drawn(*dependence_on(evaluate(model, table, i, "new", 0), name))
    values, means = ax.lines[0].get_data()
    changed = [table.assign(**{name: form.format(v) if form else v}) for v in values]
    expected = [model.predict(each).mean() for each in changed]
    np.testing.assert_allclose(means, expected, rtol=1e-6)
    assert np.ptp(values) > 0.07


def test_partial_dependence_predicts_all_values_of_a_column_at_once(monkeypatch):
    table = pd.DataFrame({"size": np.arange(60.0), "other": np.arange(60) % 7})
    evaluated = evaluate(
        TabularMLPRegressor(**SMALL).fit(table, table["size"]), table, table["size"], "new", 0
    )
    sizes, predict = [], dependence.predict

    def counted(estimator, X):
        sizes.append(len(X))
        return predict(estimator, X)

    monkeypatch.setattr(dependence, "predict", counted)
    dependence_on(evaluated, "size")
    assert sizes == [60 * dependence.N_POINTS]


def test_partial_dependence_of_categories_that_are_integers():
    table = pd.DataFrame({"code": np.arange(60) % 4, "size": np.arange(60.0)})
    parameters = {**SMALL, "categorical_features": ["from_dtype", "code"]}
    model = TabularMLPRegressor(**parameters).fit(table, table["code"] % 3)
    (line,) = drawn(*dependence_on(evaluate(model, table, table["code"], "new", 0), "code")).lines
    expected = [model.predict(table.assign(code=code)).mean() for code in range(4)]
    np.testing.assert_allclose(line.get_xdata(), expected, rtol=1e-6)


SENTINEL = 999_999
#: Values, how often each occurs, and which of them are shown.
GRIDS = [
    ([0, 1, 2, SENTINEL], [33, 33, 33, 1], slice(3)),
    ([0, 1, 2, SENTINEL], [49, 48, 1, 2], slice(3)),
    ([0, 1, 2, SENTINEL], [49, 47, 1, 3], slice(4)),  # not rare
    ([0, 1, 2, SENTINEL - 1, SENTINEL], [33, 33, 32, 1, 1], slice(3)),
    ([-999, 0, 1, 2], [1, 33, 33, 33], slice(1, 4)),
    ([-999, 0, 1, 2], [3, 32, 33, 32], slice(4)),
    ([0, 1, 5], [49, 50, 1], slice(2)),
    ([0, 1, 4], [49, 50, 1], slice(3)),  # not far
    ([0, 1], [99, 1], slice(2)),
    ([0, 5, SENTINEL], [98, 1, 1], slice(3)),  # the others have no range
    (pd.to_datetime(["1900-01-01", "2020-01-01", "2020-01-02"]), [1, 49, 50], slice(1, 3)),
]


@pytest.mark.parametrize(("values", "counts", "shown"), GRIDS)
def test_rare_values_that_are_far_from_the_others_are_not_on_the_grid(values, counts, shown):
    values = pd.Series(values)
    if values.dtype == np.int64:
        values = values.astype(float)
    found = dependence._grid(values.repeat(counts))
    np.testing.assert_array_equal(found, values[shown])


def test_a_column_of_0_and_1_is_drawn_as_two_categories():
    X = np.random.default_rng(0).integers(0, [2, 9], size=(60, 2)).astype(float)
    y = X[:, 0] + X[:, 1] / 9
    model = one_part(LinearRegression(), X, y)
    X[0] = 0, SENTINEL
    evaluated = evaluate(model, X, model.predict(X).clip(max=2), "new", 0)
    section = dependence_section(evaluated, importances.importances_of(evaluated))
    _, *pictures, folded = section.parts
    assert "Up to 2% of the values of a column at each end are left out" in folded.parts[0]
    pictures = {picture.title: picture for picture in pictures}
    categories, line = drawn(pictures["x0"]), drawn(pictures["x1"])
    assert [tick.get_text() for tick in categories.get_yticklabels()] == ["0", "1"]
    assert categories.lines[0].get_linestyle() == "None"
    assert categories.get_xlabel() == line.get_ylabel() == "predicted the target"
    np.testing.assert_array_equal(line.lines[0].get_xdata(), np.arange(9))
    assert line.get_xlim()[1] < 10


def test_columns_and_notes(classes):
    table = classes.page.table("Columns to predict from")
    columns = classes.estimator.encoder_.columns_
    assert [*table] == [plain(name) for name in columns]
    kinds = ["numeric", "numeric", "dates", "categorical", "boolean", "left out", "numeric"]
    assert [values[0] for values in table.values()] == kinds
    assert table[ATTACK][1:3] == [10, classes.X.iloc[:, 0].nunique()]
    assert table['day" onload="x'][3] == "2023-01-01 to 2023-03-31"
    found = {name: values[4] for name, values in table.items()}
    assert found[ATTACK] == found["flag"] == ""
    assert found["cost in $"] == columns["cost in $"]["reason"] == "numbers with $"
    assert found["same"] == ""
    assert found["key"] == "every value is different"
    counts = classes.y.value_counts()
    expected = {label: [n, n / 90] for label, n in counts.items()}
    assert classes.page.table("Classes of <u>t</u>, the column to predict") == expected
    clause = dict(classes.estimator.encoder_.notes_)["identifier"]
    assert clause[1:] in classes.page.text


def test_worst_mistakes(classes, numbers):
    P, estimator = classes.estimator.oof_proba_, classes.estimator
    codes = np.searchsorted(estimator.classes_, classes.y)
    p_true = P[np.arange(len(P)), codes]
    wrong = np.flatnonzero(P.argmax(axis=1) != codes)
    worst = wrong[np.argsort(p_true[wrong], kind="stable")[:10]]
    table = classes.page.table("The worst mistakes")
    assert [*table] == [str(i) for i in worst]
    assert [values[2] for values in table.values()] == pytest.approx(list(p_true[worst]))
    errors = numbers.y - numbers.estimator.oof_prediction_
    table = numbers.page.table("The worst mistakes")
    assert [values[2] for values in table.values()] == pytest.approx(
        list(errors.iloc[np.argsort(-errors.abs(), kind="stable")[:10]])
    )
    column = numbers.page.heads["The worst mistakes"].index("same")
    row, values = next(iter(table.items()))
    assert values[column - 1] == pytest.approx(numbers.X["same"][int(row)], rel=1e-5)


def test_what_moved_the_worst_predictions(numbers):
    """The folds that held a row out explain its prediction."""
    page, X, model = numbers.page, numbers.X, numbers.estimator
    column = page.heads["The worst mistakes"].index("moved most by")
    for row, values in page.table("The worst mistakes").items():
        folds = [fold for fold, rows in enumerate(model.held_out_) if int(row) in rows]
        found = model.explain(X[int(row) :][:1], X, folds=folds, random_state=0)
        parts = pd.Series(found.contributions[0], map(plain, found.names))
        largest = parts[parts.abs().nlargest(3).index]
        assert values[column - 1] == ", ".join(
            f"{name} {'+' if part > 0 else '-'}{significant(abs(part))}"
            for name, part in largest.items()
        )


def n_by_group(column, fitted):
    return {name: inside.sum() for name, inside in uncertainty._groups_by(column, fitted)}


def fitted_column(values):
    return TabularEncoder().fit(values.to_frame("x"))._columns["x"]


def test_prediction_sets(classes):
    """The sets of each fold come from the errors on the others, in the way of predict_set."""
    P, held_out = classes.estimator.oof_proba_, classes.estimator.held_out_
    codes = np.searchsorted(classes.estimator.classes_, classes.y)
    errors = 1 - P[np.arange(len(P)), codes]
    sets = np.zeros(P.shape, bool)
    for rows in held_out:
        others = np.sort(np.delete(errors, rows))
        sets[rows] = 1 - P[rows] <= others[int(np.ceil(0.9 * (len(others) + 1))) - 1]
    sets[np.arange(len(P)), P.argmax(axis=1)] = True
    found = classes.page.table("Prediction sets of 90 rows")["90%"]
    covered = sets[np.arange(len(P)), codes].mean()
    assert found == pytest.approx(
        [covered, sets.sum(axis=1).mean(), (sets.sum(axis=1) == 1).mean()]
    )
    evaluated = evaluate(classes.estimator, classes.X, classes.y, "fit", 0)
    regions = uncertainty.regions_of(evaluated, [0.9])[0.9]
    np.testing.assert_array_equal(regions.covered, sets[np.arange(len(P)), codes])
    np.testing.assert_array_equal(regions.size, sets.sum(axis=1))
    groups = classes.page.table("Coverage in groups")
    assert sum(n for n, *_ in groups.values()) == len(P)
    columns, text = classes.estimator.encoder_._columns, "a & <b>"
    assert n_by_group(classes.X[ATTACK], columns[ATTACK])["missing value"] == 10
    many = pd.Series([*"aabbccddeeffgghhijk"], dtype="category")
    counts = pd.Series([0] * 40 + [1] * 20 + [2] * 12 + [3, 4] * 9)
    numeric, category = fitted_column(counts), fitted_column(many)
    assert n_by_group(counts, numeric) == {"0 to 1": 60, "2": 12, "3 to 4": 18}
    assert len(n_by_group(pd.Series([1.0] * 9), numeric)) == 1
    expected = classes.X[text].map(plain, na_action="ignore").fillna("missing value")
    assert n_by_group(classes.X[text], columns[text]) == expected.value_counts().to_dict()
    assert n_by_group(many, category)["all other values"] == 3


def test_the_errors_of_a_fold_do_not_decide_its_intervals(numbers):
    """A fold with huge errors is not covered, although its own quantile would cover it."""
    evaluated = evaluate(numbers.estimator, numbers.X, numbers.y, "fit", 0)
    rows, sizes, _ = uncertainty._held_out(evaluated)
    scores = evaluated.errors[rows] / sizes[:, 0]
    kept = evaluated.blend.uncertainty.scores.scores[:, 0]
    np.testing.assert_allclose(np.sort(scores), kept, rtol=1e-4)  # targets are kept as float32
    found = uncertainty.regions_of(evaluated, [0.8])[0.8]
    covered, width = numbers.page.table("Prediction intervals of 90 rows")["80%"]
    assert covered == pytest.approx(found.covered.mean())
    assert 0.7 < covered < 0.9
    assert width == pytest.approx(np.median(found.size))
    for fold in numbers.estimator.held_out_:
        limit = np.sort(np.delete(scores, fold))[int(np.ceil(0.8 * (90 - len(fold) + 1))) - 1]
        np.testing.assert_array_equal(found.covered[fold], scores[fold] <= limit)
        y = evaluated.y.copy()
        y[fold] += 1e5
        far = uncertainty.regions_of(replace(evaluated, given=(numbers.X, y)), [0.5])[0.5]
        assert not far.covered[fold].any()
        assert np.delete(far.covered, fold).all()


def test_intervals_of_a_weighted_fit_are_those_that_it_predicts():
    rng, noisy = np.random.default_rng(0), np.arange(200) % 2 > 0
    X = pd.DataFrame({"x": rng.normal(size=200)})
    y = X["x"] + rng.normal(size=200) * np.where(noisy, 10.0, 0.3)
    model = TabularMLPRegressor(**SMALL).fit(X, y, np.where(noisy, 1e-3, 1.0))
    low, high = model.predict_interval(X, 0.9).T
    evaluated = evaluate(model, X, y, "fit", 0)
    found = uncertainty.regions_of(evaluated, [0.9])[0.9]
    assert np.median(found.size) == pytest.approx(np.median(high - low), rel=0.3)
    assert found.covered[~noisy].mean() == pytest.approx(0.9, abs=0.05)
    *_, folded = uncertainty.uncertainty_section(evaluated, ["x"]).parts
    assert "The rows of fit had weights." in folded.parts[1]


WEIGHTED = [
    (TabularEnsembleClassifier, LogisticRegression(), lambda y: y > 0, "accuracy"),
    (TabularEnsembleRegressor, LinearRegression(), lambda y: y, "R2"),
]


@pytest.mark.parametrize(("ensemble", "part", "target", "metric"), WEIGHTED)
def test_scores_of_a_weighted_fit_are_those_of_fit(ensemble, part, target, metric):
    """Half of the rows contradict the others, and have hardly any weight."""
    X, matters = np.random.default_rng(0).normal(size=(200, 1)), np.arange(200) % 2 > 0
    y = target(np.where(matters, 1, -1) * X[:, 0])
    model = ensemble([("only", part)], cv=2, random_state=0)
    model.fit(X, y, np.where(matters, 1.0, 1e-3))
    evaluated = evaluate(model, X, y, "fit", 0)
    scores = scores_of(evaluated)
    assert scores[metric].value == pytest.approx(model.oof_score_)
    assert scores[metric].value == pytest.approx(model.oof_scores_["only"])
    found = importances.importances_of(evaluated)
    summary = summary_section(evaluated, scores, found).parts[0]
    assert "The scores use the weights that the rows had in fit." in summary
    weighted = {"sample_weight": np.where(matters, 1.0, 1e-3), "n_repeats": importances.N_REPEATS}
    expected = model.oof_importances(X, y, **weighted, random_state=0).importances_mean
    assert found.means == pytest.approx(expected)
    *_, folded = quality.quality_section(evaluated, scores).parts
    assert "use the weights" in folded.parts[1]
    assert scores_of(evaluate(model, X, y, "new", 0))[metric].value < 0.6


def test_the_worst_mistakes_of_a_weighted_fit_count_by_weight():
    rng = np.random.default_rng(0)
    X, weight = rng.normal(size=(60, 1)), rng.integers(0, 3, 60).astype(float)
    y = X[:, 0] + rng.normal(size=60)
    model = TabularEnsembleRegressor([("only", LinearRegression())], cv=2, random_state=0)
    model.fit(X, y, weight)
    text, table = mistakes_section(evaluate(model, X, y, "fit", 0), []).parts
    assert "in proportion to the weight that the row had in fit" in text
    worst = np.argsort(-weight * np.abs(y - model.oof_prediction_))[:10]
    assert [row[0] for row in table.rows] == [str(i) for i in worst]


@pytest.mark.parametrize("name", ["classes", "numbers"])
def test_sets_and_intervals_of_new_rows(name, request):
    case = request.getfixturevalue(name)
    X, y = case.X[::2], case.y[::2]
    evaluated = evaluate(case.estimator, X, y, "new", 0)
    of_levels = uncertainty.regions_of(evaluated, [0.8, 0.999])
    assert [*of_levels] == [0.8]  # 0.999 needs more rows
    found = of_levels[0.8]
    if name == "classes":
        sets = case.estimator.predict_set(X, 0.8)
        covered = sets[np.arange(len(y)), np.searchsorted(case.estimator.classes_, y)]
        sizes = sets.sum(axis=1)
    else:
        low, high = case.estimator.predict_interval(X, 0.8).T
        covered, sizes = (low <= y) & (y <= high), high - low
    np.testing.assert_array_equal(found.covered, covered)
    np.testing.assert_allclose(found.size, sizes)


def test_an_ensemble_of_counts_names_what_it_dropped_and_its_intervals_begin_at_0():
    X = pd.DataFrame({"x": np.random.default_rng(0).normal(size=80)})
    y = np.random.default_rng(1).poisson(np.exp(X["x"]))
    far_off = DummyRegressor(strategy="constant", constant=9.0)
    parts = [("mlp", TabularMLPRegressor(loss="poisson", **SMALL)), ("constant", far_off)]
    ensemble = TabularEnsembleRegressor(parts, cv=3, random_state=0).fit(X, y)
    section = training_section(evaluate(ensemble, X, y, "fit", 0))
    table, curves = section.parts
    assert curves.title == "Training of the networks"
    assert [row[0] for row in table.rows] == ["mlp", "constant (left out)"]
    assert table.header[2] == "R² alone, out of fold"
    score = ensemble.oof_scores_["mlp"]
    assert table.rows[0][1:] == (number(1.0, 2), number(score))
    assert table.rows[1][1] == "Its weight is 0: it does not lower the loss of the others."
    low, high = ensemble.predict_interval(X, 0.8).T
    assert (low == 0).any()
    found = uncertainty.regions_of(evaluate(ensemble, X, y, "new", 0), [0.8])[0.8]
    np.testing.assert_allclose(found.size, high - low)


def test_origin(classes, others):
    table = classes.page.table("Origin")
    assert table["Call"][0].startswith("scratchmlp.report(TabularMLPClassifier(cv=3,")
    assert table["Table"] == ["90 rows, 7 columns"]
    assert table["Random state of the report"] == ["0"]
    assert "rows='new'" in others.page.table("Origin")["Call"][0]
    assert "Training of the networks" in classes.page.text
    assert "Training of the networks" not in others.page.text


DRAWN = [
    (90, 0, "all rows"),
    (40, 0, "40 random rows out of 90"),
    (90, 1, "all rows but 1 with extreme values, which would hide the others"),
]


@pytest.mark.parametrize(("n_rows", "n_extreme", "which"), DRAWN)
def test_numbers_are_drawn_and_the_text_says_of_which_rows(
    numbers, n_rows, n_extreme, which, monkeypatch
):
    monkeypatch.setattr(quality, "MOST_POINTS", n_rows)
    evaluated = evaluate(numbers.estimator, numbers.X, numbers.y, "fit", 0)
    evaluated.y[:n_extreme] = 999_999
    y, predicted = evaluated.y, evaluated.prediction
    picture = quality.how_right(evaluated)
    assert f"({which})" in picture.text
    points = drawn(picture).collections[0].get_offsets()
    assert len(points) == n_rows - n_extreme
    assert {*map(tuple, points)} <= {*zip(predicted, y, strict=True)}
    assert points.max() < 99_999


NAMED = [("a", "a"), ("ab", "a and b"), ("abc", "a, b and c"), ("abcde", "a, b and c")]


@pytest.mark.parametrize(("columns", "which"), NAMED)
def test_the_most_important_columns_are_named(columns, which):
    X, repeats = np.arange(9.0)[:, None], np.ones((len(columns), 5))
    found = importances.Importances([*columns], repeats, "R²", 9, [])
    evaluated = evaluate(one_part(LinearRegression(), X, X[:, 0]), X, X[:, 0], "new", 0)
    for each, is_named in ((found, True), (found._replace(repeats=-repeats), False)):
        *_, text = summary_section(evaluated, scores_of(evaluated), each).parts
        assert text.startswith(f"The predictions depend most on {which}. What") == is_named
        assert ("depend most" in text) == is_named


def test_columns_that_make_a_single_group_are_passed_over(classes):
    evaluated = evaluate(classes.estimator, classes.X, classes.y, "fit", 0)
    evaluated = replace(evaluated, given=(classes.X.assign(flag=True), classes.y))
    by_same = ["key", "flag", "same", ATTACK]
    *_, folded = uncertainty.uncertainty_section(evaluated, by_same).parts
    assert "in groups of rows, by same" in folded.parts[-1].caption
    *_, folded = uncertainty.uncertainty_section(evaluated, ["flag"]).parts
    assert "in groups" not in str(folded)
