"""How names, numbers and pictures of a page look."""

import re

import matplotlib
import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from sklearn.linear_model import LogisticRegression

from scratchmlp import report
from scratchmlp.reporting import columns, dependence, mistakes, pictures, quality, uncertainty
from scratchmlp.reporting.content import Picture, significant
from scratchmlp.reporting.evaluated import evaluate
from scratchmlp.tabular import TabularMLPClassifier
from tests.helpers.cli_output import png_size
from tests.helpers.report_pages import Page

SMALL = {"cv": 2, "hidden_layer_sizes": 8, "max_iter": 12, "random_state": 0}


def lengths(letter, text):
    """Return how long the names of a single letter are that are cut."""
    return {len(cut) for cut in re.findall(f"({letter}+)…", text)}


def test_long_names_are_cut():
    """Each place has its own length: names in pictures are shorter than in tables."""
    rng = np.random.default_rng(0)
    signal = rng.normal(size=80)
    X = pd.DataFrame(
        {
            "n" * 300: signal,
            "k" * 300: rng.choice(["l" * 300, "v" * 300], 80),
            "u" * 300: [f"{'w' * 300}{i}" for i in range(80)],
        }
    )
    is_rare = signal + (X["k" * 300].str[0] == "l") > 0.9
    y = pd.Series(np.where(is_rare, "y" * 300, "o" * 300), name="q" * 300)
    with pytest.warns(UserWarning, match="identifiers"):
        model = TabularMLPClassifier(**SMALL).fit(X, y)
    page = Page(report(model, X, y, title="h" * 300))
    assert lengths("h", page.text) == {200}
    assert lengths("q", page.text) == {60}
    assert lengths("y", page.text) == {20, 30, 60}
    assert lengths("o", page.text) == {30, 60}
    assert lengths("n", page.text) == {40, 60}
    assert lengths("u", page.text) == {40, 60}
    assert lengths("w", page.text) == {30, 60}
    in_pictures = {title[:4]: svg for title, svg in page.pictures.items()}
    assert lengths("y", in_pictures["ROC "]) == lengths("y", in_pictures["Prec"]) == {20}
    assert lengths("y", in_pictures["Cali"]) == lengths("y", in_pictures["kkkk"]) == {30}
    assert lengths("l", in_pictures["kkkk"]) == {22}
    assert lengths("n", in_pictures["nnnn"]) == {40}


def written(html, caption):
    """Return the numbers of each row of a table: their values and how they are written."""
    (table,) = re.findall(f"{re.escape(caption)}.*?</table>", html, re.DOTALL)[-1:]
    rows = table.partition("<tbody>")[2].split("</tr>")[:-1]
    cells = [re.findall(r'<data value="([^"]*)">([^<]*)</data>', row) for row in rows]
    return [[(float(value), text) for value, text in row] for row in cells]


def test_digits(classes, numbers):
    for row in written(classes.html, ">Importance of each column<"):
        assert all(text == f"{value:z.4f}" for value, text in row)
    for row in written(classes.html, ">The most strongly correlated columns<"):
        assert all(text == f"{value:.2f}" for value, text in row)
    for value, text in written(classes.html, ">Scores of the predictions<")[0]:  # accuracy
        assert text == f"{value:.1%}"
    for row in written(numbers.html, ">Scores of the predictions<"):
        assert all(text == significant(value, 3) for value, text in row)
    for row in written(numbers.html, ">The worst mistakes<"):
        for (value, text), n_digits in zip(row[:3], (5, 5, 3), strict=True):
            assert text == significant(value, n_digits)
    target = written(numbers.html, ">Values of price, the column to predict<")
    y = numbers.y
    expected = [y.min(), *y.quantile([0.25, 0.5, 0.75]), y.max(), y.mean()]
    assert [row[0][1] for row in target] == [significant(value, 4) for value in expected]


def test_sentences(classes, numbers, others):
    """What a section says besides its tables."""
    strongly = "The following columns are strongly correlated. Each of them tells much of what the"
    assert strongly in classes.page.text
    assert strongly not in others.page.text
    paler = (
        "a bar for all columns, a dot for each repeat. Columns that are strongly correlated with"
    )
    assert paler in classes.page.text
    assert "have paler bars" not in others.page.text
    other = "The estimator may treat the columns in another way than this table says."
    assert other in others.page.text
    assert other not in classes.page.text
    for case, what in ((classes, "a set of classes"), (numbers, "an interval")):
        assert f" predicts {what} for each row. It is meant to contain the true" in case.page.text
        made = "Here, they are made from the out-of-fold predictions"
        assert made in case.page.text
        new = evaluate(case.estimator, case.X, case.y, "new", 0)
        assert made not in uncertainty._introduction(new)
    half = f"off by less than {significant(numbers.page.facts['median absolute error'], 3)}."
    assert half in numbers.page.text
    assert f"The model explains {numbers.page.facts['R²']:.1%} of the" in numbers.page.text
    assert "The predictions are no better than the mean" in others.page.text
    assert "no better than" not in classes.page.text + numbers.page.text
    assert "The model predicts price, a number, from 6 columns (left out: key). It is" in (
        numbers.page.text
    )
    assert "The table shows the" not in classes.page.text
    assert "has found nothing in the columns" not in classes.page.text
    assert "Other models" not in classes.page.texts


@pytest.mark.usefixtures("undrawn")
def test_a_table_with_more_columns_than_are_shown(monkeypatch, others):
    for module in (columns, mistakes):
        monkeypatch.setattr(module, "MOST_COLUMNS", 2)
    page = Page(report(others.estimator, others.X, others.y, rows="new"))
    assert [*page.table("Columns to predict from")] == ["x0", "x1"]
    shown = "The table shows the first"
    assert f"{shown} 2 of 3 columns." in page.text
    assert shown not in others.page.text
    assert "The table shows the 2 most important columns." in page.text
    assert len(page.heads["The worst mistakes"]) == 4 + 2


def test_ranges_of_dates_and_durations():
    times = pd.Series(pd.to_datetime(["2024-01-02", "2024-01-01 10:20:30.5"], format="ISO8601"))
    assert columns.range_of(times) == "2024-01-01 10:20:30 to 2024-01-02"
    spans = pd.Series(pd.to_timedelta([2, 1], unit="h"))
    assert columns.range_of(spans) == "0 days 01:00:00 to 0 days 02:00:00"
    assert columns.range_of(pd.Series([7.0, 7.0])) == "7"


def drawn(picture):
    ax = Figure().subplots()
    picture.plot(ax)
    return ax


def test_pictures_of_dependence_have_common_limits(monkeypatch):
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"a": 1e4 * rng.normal(size=60).round(2), "b": rng.choice([*"uvw"], 60)})
    y = np.where(X["a"] > 3000, "x", np.where(X["b"] == "u", "y", "z"))
    model = TabularMLPClassifier(**SMALL).fit(X, y)
    evaluated = evaluate(model, X, y, "new", 0)
    fitted = model.encoder_._columns
    curves = [
        dependence._curve(evaluated, X, "a", np.array([-2e4, 0.0, 2e4]), fitted["a"]),
        dependence._curve(evaluated, X, "b", np.array([*"uvw"], object), fitted["b"]),
    ]
    limits = dependence._limits(evaluated, curves)
    means = np.hstack([curve.means for curve in curves])
    assert limits[0] < means.min() < means.max() < limits[1]
    flat = curves[0]._replace(means=np.full((3, 3), 0.25))
    low, high = dependence._limits(evaluated, [flat])
    assert low < 0.25 < high
    line, dots = (drawn(dependence._picture(evaluated, curve, limits)) for curve in curves)
    np.testing.assert_allclose(line.get_ylim(), limits)
    np.testing.assert_allclose(dots.get_xlim(), limits)
    assert len(line.get_xticks()) <= 7
    assert len(dots.get_xticks()) <= 6
    assert line.yaxis.get_major_formatter()(12345.0) == "12,345"
    assert dots.xaxis.get_major_formatter()(12345.0) == "12,345"
    assert dots.get_ylim() == (2.5, -0.5)
    assert [each.get_visible() for each in dots.get_ygridlines()] == [True] * 3
    assert [tick.get_text() for tick in dots.get_yticklabels()] == [*"uvw"]
    assert (line.get_xlabel(), line.get_ylabel()) == ("a", "probability")
    assert (dots.get_xlabel(), dots.get_ylabel()) == ("probability", "")
    shown = quality.frequent_classes(evaluated, 4)
    for ax, curve in ((line, curves[0]), (dots, curves[1])):
        names = [text.get_text() for text in ax.get_legend().get_texts()]
        assert names == [*model.classes_[shown]]
        for k, each in zip(shown, ax.lines, strict=False):
            values = each.get_ydata() if ax is line else each.get_xdata()
            np.testing.assert_array_equal(values, curve.means[k])
    texts = [dependence._picture(evaluated, curve, limits).text for curve in curves]
    assert texts == [
        "Mean probability by values of a.",
        "Mean probability by the 3 most frequent values of b.",
    ]
    monkeypatch.setattr(dependence, "MOST_CURVES", 2)
    text = dependence._picture(evaluated, curves[0], limits).text
    assert text == "Mean probability for the 2 most frequent classes by values of a."


def test_curves_of_many_classes_are_those_of_the_most_frequent(monkeypatch):
    monkeypatch.setattr(quality, "MOST_CURVES", 2)
    X = np.random.default_rng(0).normal(size=(60, 2))
    y = np.repeat([0, 1, 2], [10, 30, 20])
    evaluated = evaluate(LogisticRegression().fit(X, y), X, y, "new", 0)
    roc, _ = quality._curves(evaluated)
    assert "for each of the 2 most frequent classes against all others, at" in roc.text
    ax = drawn(roc)
    names = [text.get_text().split()[0] for text in ax.get_legend().get_texts()]
    assert names == ["1", "2", "chance"]
    ax.figure.canvas.draw()
    legend, curves = ax.get_legend().get_window_extent(), ax.get_window_extent()
    assert legend.x0 >= curves.x1  # beside the curves
    assert curves.y0 < legend.y1 <= curves.y1
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("false positive rate", "true positive rate")
    monkeypatch.setattr(quality, "MOST_CURVES", 3)
    assert "for each class against all others, at" in quality._curves(evaluated)[0].text


def test_shades_of_the_confusion_matrix_are_shares_of_the_true_class(classes):
    matrix = np.array([*classes.page.table("Confusion matrix").values()])
    shades = re.findall(r'style="--shade: ([\d.]+)"', classes.html)
    shares = matrix / matrix.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(np.array(shades, float), shares.ravel(), atol=5e-4)


def test_pictures_side_by_side(tmp_path):
    seen = []

    def plot(ax):
        seen.append(matplotlib.rcParams.copy())
        ax.plot([1, 2])

    shown = [Picture(title, "", plot) for title in ("one", "two")]
    path = tmp_path / "two.png"
    path.write_bytes(pictures.side_by_side(shown, "png"))
    assert png_size(path) == (1800, 675)
    svg = pictures.side_by_side(shown[:1], "svg").decode()
    assert ">one<" in svg
    for name in ("axes.spines.top", "axes.spines.right", "legend.frameon", "text.parse_math"):
        assert seen[0][name] is False
