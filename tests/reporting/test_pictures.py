"""What pictures show: points and curves, their names, and the limits of the axes."""

import numpy as np
import pandas as pd
import pytest
from sklearn import metrics
from sklearn.linear_model import LinearRegression, LogisticRegression

from scratchmlp.evaluation.evaluated import evaluate
from scratchmlp.evaluation.numbers import plain
from scratchmlp.reporting import importances, quality
from scratchmlp.reporting.content import Picture
from scratchmlp.reporting.dependence import dependence_section
from scratchmlp.reporting.importances import Importances, what_matters
from scratchmlp.reporting.quality import scores_of
from scratchmlp.tabular import TabularMLPClassifier
from tests.helpers.one_part import one_part
from tests.helpers.pictures import dependence_on, drawn, legend_of

X = np.random.default_rng(0).normal(size=(60, 2))
Y = (X[:, 0] > 0).astype(int) + (X[:, 1] > 0.5)
WORDS = np.array(["none", "one", "two"])[Y]
LOGISTIC = one_part(LogisticRegression(), X, WORDS)


def labels_of(ax):
    return ax.get_xlabel(), ax.get_ylabel()


def of_fit(case):
    return evaluate(case.estimator, case.X, case.y, "fit", 0)


def quality_of(evaluated):
    """Pictures of the quality of predictions by their titles."""
    *parts, folded = quality.quality_section(evaluated, scores_of(evaluated)).parts
    return {part.title: part for part in [*folded.parts, *parts] if isinstance(part, Picture)}


# Curves and calibration.


def test_curves_of_two_classes(classes):
    evaluated = of_fit(classes)
    picture, positive = quality_of(evaluated)["Precision and recall"], 1
    assert f"for class {plain(evaluated.classes[positive], 20)}, at each" in picture.text
    ax, happened, proba = (
        drawn(picture),
        evaluated.truth == positive,
        evaluated.outputs[:, positive],
    )
    precision, recall, _ = metrics.precision_recall_curve(happened, proba, drop_intermediate=True)
    np.testing.assert_array_equal(ax.lines[0].get_xydata(), np.c_[recall, precision])
    assert labels_of(ax) == ("recall", "precision")
    name, chance = legend_of(ax)
    assert name.endswith(f"(AP = {metrics.average_precision_score(happened, proba):.2f})")
    assert chance == "chance"


@pytest.mark.parametrize("most", [2, 3])
def test_curves_of_several_classes(most, monkeypatch):
    monkeypatch.setattr(quality, "MOST_CURVES", most)
    evaluated = evaluate(LOGISTIC, X, WORDS, "new", 0)
    curves = quality_of(evaluated)["Precision and recall"]
    whose = "each class" if most == 3 else "each of the 2 most frequent classes"
    assert f"for {whose} against all others" in curves.text
    ax = drawn(curves)
    frequent = pd.Series(WORDS).value_counts().index[:most]
    assert [name.split(" ")[0] for name in legend_of(ax)] == [*frequent, "chance"]
    assert len({line.get_color() for line in ax.lines}) == most + 1
    assert ax.get_legend().get_bbox_to_anchor().max == pytest.approx(ax.bbox.max)


def test_there_is_no_curve_of_rows_of_one_class():
    assert [*quality_of(evaluate(LOGISTIC, X[Y == 1], WORDS[Y == 1], "new", 0))] == ["Calibration"]


def test_calibration_of_several_classes():
    evaluated = evaluate(LOGISTIC, X, WORDS, "new", 0)
    ax = drawn(quality.how_right(evaluated))
    assert ax.get_xlabel() == "predicted probability of the predicted class"
    assert ax.get_ylabel() == "fraction of rows predicted correctly"
    right = np.mean(evaluated.prediction == WORDS)
    assert np.mean(ax.lines[-1].get_ydata()) == pytest.approx(right)


# Partial dependence.


def test_pictures_of_partial_dependence_have_one_scale(numbers):
    evaluated = of_fit(numbers)
    pictures = dependence_on(evaluated, "cost in $", "a & <b>", 'day" onload="x', "flag")
    assert [picture.title for picture in pictures] == [
        plain(name, 40) for name in ("cost in $", "a & <b>", 'day" onload="x', "flag")
    ]
    assert "by values of cost in $." in pictures[0].text
    assert "Mean predicted price by the 2 most frequent values of flag" in pictures[3].text
    assert "most frequent classes" not in pictures[0].text
    cost, words, day, flag = map(drawn, pictures)
    assert [labels_of(ax) for ax in (cost, flag)] == [
        ("cost in $", "predicted price"),
        ("predicted price", ""),
    ]
    limits = {cost.get_ylim(), words.get_xlim(), day.get_ylim(), flag.get_xlim()}
    assert len(limits) == 1
    means = [ax.lines[0].get_ydata() for ax in (cost, day)]
    means = np.hstack([*means, *(ax.lines[0].get_xdata() for ax in (words, flag))])
    low, high = limits.pop()
    assert low < means.min() < means.max() < high
    assert high - low < 1.5 * np.ptp(means)
    assert cost.yaxis.get_major_formatter()(23000.0) == "23,000"
    assert cost.get_legend() is None
    assert [text.get_text() for text in flag.get_yticklabels()] == [
        str(value) for value in numbers.X["flag"].value_counts().index
    ]


MOST = [(3, "Mean probability by"), (2, "Mean probability for the 2 most frequent classes by")]


@pytest.mark.parametrize(("most", "what"), MOST)
def test_partial_dependence_of_several_classes(most, what, monkeypatch):
    monkeypatch.setattr("scratchmlp.reporting.dependence.MOST_CURVES", most)
    (picture,) = dependence_on(evaluate(LOGISTIC, X, WORDS, "new", 0), "x0")
    assert picture.text == f"{what} values of x0."
    assert legend_of(drawn(picture)) == [*pd.Series(WORDS).value_counts().index[:most]]


def test_partial_dependence_of_rows_of_one_of_several_classes():
    (picture,) = dependence_on(evaluate(LOGISTIC, X[Y == 1], WORDS[Y == 1], "new", 0), "x0")
    assert picture.text == "Mean probability of one by values of x0."


def test_partial_dependence_of_classes_by_numbers_and_by_categories():
    rng = np.random.default_rng(0)
    table = pd.DataFrame({"a": 1e4 * rng.normal(size=60).round(2), "b": rng.choice([*"uvw"], 60)})
    y = np.where(table["a"] > 3000, "x", np.where(table["b"] == "u", "y", "z"))
    model = TabularMLPClassifier(cv=2, hidden_layer_sizes=8, max_iter=12, random_state=0)
    pictures = dependence_on(evaluate(model.fit(table, y), table, y, "new", 0), "a", "b")
    assert [picture.text for picture in pictures] == [
        "Mean probability by values of a.",
        "Mean probability by the 3 most frequent values of b.",
    ]
    line, dots = map(drawn, pictures)
    assert line.get_ylim() == dots.get_xlim()

    levels = [tick.get_text() for tick in dots.get_yticklabels()]
    assert levels == [*table["b"].value_counts().index]
    assert [labels_of(ax) for ax in (line, dots)] == [("a", "probability"), ("probability", "")]
    assert legend_of(line) == legend_of(dots) == [*pd.Series(y).value_counts().index]
    for label, curve, points in zip(legend_of(line), line.lines, dots.lines, strict=True):
        k = [*model.classes_].index(label)
        for name, values, means in (("a", *curve.get_data()), ("b", levels, points.get_xdata())):
            predicted = [model.predict_proba(table.assign(**{name: v}))[:, k] for v in values]
            np.testing.assert_allclose(means, np.mean(predicted, axis=1), rtol=1e-5)


def test_constant_predictions_are_drawn_in_the_middle():
    model = one_part(LinearRegression(), X, np.full(60, 7.0))
    (picture,) = dependence_on(evaluate(model, X, np.full(60, 7.0), "new", 0), "x0")
    low, high = drawn(picture).get_ylim()
    assert (low + high) / 2 == pytest.approx(7)
    assert high - low > 0.1


def test_a_number_that_was_constant_has_no_values_to_show():
    table = pd.DataFrame({"x0": [1.0, None] * 20})
    found = Importances(["x0"], np.ones((1, 5)), "R²", 9, [])
    model = one_part(LinearRegression(), table, np.arange(40.0))
    assert dependence_section(evaluate(model, table, np.arange(40.0), "new", 0), found) is None


# Importances.


def test_bars_of_the_most_important_columns(classes, monkeypatch):
    found = importances.importances_of(of_fit(classes))
    text = "How much worse the log-loss gets if the values of one column are exchanged at random"
    picture = what_matters(found)
    assert picture.text.startswith(text)
    assert "a bar for all columns, a dot for each repeat. Columns that are strongly" in picture.text
    ax = drawn(picture)
    assert ax.get_xlabel() == "log-loss gets worse by"
    assert len(ax.patches) == len(found.names)
    monkeypatch.setattr(importances, "MOST_BARS", 2)
    few = what_matters(found._replace(correlated=[]))
    assert few.text.endswith("a bar for the most important columns, a dot for each repeat.")
    assert len(drawn(few).patches) == 2
    assert few.size[1] < picture.size[1]


def test_the_twenty_most_correlated_pairs_are_listed(classes):
    pairs = [(f"a{i}", f"b{i}", 1 - i / 100) for i in range(21)]
    evaluated = of_fit(classes)
    found = importances.importances_of(evaluated)._replace(correlated=pairs)
    *_, folded = importances.importance_section(evaluated, found).parts
    assert [row[0] for row in folded.parts[-1].rows] == [plain(a) for a, _, _ in pairs[:20]]


def test_columns_of_a_wide_table_are_chosen_for_all_classes(monkeypatch):
    monkeypatch.setattr(importances, "MEASURED_COLUMNS", 2)
    wide = np.c_[np.random.default_rng(1).normal(size=(60, 3)), X]
    model = one_part(LogisticRegression(C=100), wide, WORDS)
    found = importances.importances_of(evaluate(model, wide, WORDS, "new", 0))
    assert {*found.names} == {"x3", "x4"}
