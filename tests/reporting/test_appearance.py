"""How names, numbers and pictures of a page look."""

import re

import matplotlib
import numpy as np
import pandas as pd
import pytest

from scratchmlp import report
from scratchmlp.evaluation.evaluated import evaluate
from scratchmlp.evaluation.numbers import significant
from scratchmlp.reporting import columns, content, uncertainty
from scratchmlp.reporting.content import Picture
from scratchmlp.tabular import TabularMLPClassifier
from tests.helpers.cli_output import png_size
from tests.helpers.report_pages import Page

SMALL = {"cv": 2, "hidden_layer_sizes": 8, "max_iter": 12, "random_state": 0}


def lengths(letter, text):
    """Return how long the names of a single letter are that are cut."""
    return {len(cut) for cut in re.findall(f"({letter}+)…", text)}


def test_long_names_are_cut():
    """Names in pictures are shorter than in tables."""
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
    assert {max(lengths(letter, page.text)) for letter in "qyonuw"} == {60}
    pictures = " ".join(page.pictures.values())
    assert {max(lengths(letter, pictures)) for letter in "yln"} == {30, 22, 40}


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
    assert "have paler bars" not in others.page.text
    for case, what, how in ((classes, "a set", "_set"), (numbers, "an interval", "_interval")):
        assert f", the model can predict {what}" in case.page.text
        assert case.page.text.count(f"predict{how}") == 1  # for readers who know Python, folded
        made = "They are made from the out-of-fold predictions"
        assert made in case.page.text
        new = evaluate(case.estimator, case.X, case.y, "new", 0)
        assert made not in str(uncertainty.uncertainty_section(new, []))
    table = numbers.page.table("Scores")
    half, of_mean = (significant(each, 3) for each in table["median absolute error"][:2])
    mean = "If the prediction were always the mean, half would be off by less than"
    assert f"are off by less than {half}. {mean} {of_mean}." in numbers.page.text
    loss, of_shares = (
        significant(each, 3) for each in classes.page.table("Scores")["log-loss"][:2]
    )
    shares = "If the probabilities were always the shares of the classes, it would be"
    assert f"0 is perfect. It is {loss}. {shares} {of_shares}." in classes.page.text
    assert "no better than" not in classes.page.text + numbers.page.text
    assert "The model predicts price, a number, from 6 columns (left out: key). It was" in (
        numbers.page.text
    )
    assert "The table shows the" not in classes.page.text
    assert "has found nothing in the columns" not in classes.page.text
    assert "Are other models better?" not in classes.page.texts


def test_ranges_of_dates_and_durations():
    times = pd.Series(pd.to_datetime(["2024-01-02", "2024-01-01 10:20:30.5"], format="ISO8601"))
    assert columns.range_of(times) == "2024-01-01 10:20:30 to 2024-01-02"
    spans = pd.Series(pd.to_timedelta([2, 1], unit="h"))
    assert columns.range_of(spans) == "0 days 01:00:00 to 0 days 02:00:00"
    assert columns.range_of(pd.Series([7.0, 7.0])) == "7"


def test_pictures_side_by_side(tmp_path):
    seen = []

    def plot(ax):
        seen.append(matplotlib.rcParams.copy())
        ax.plot([1, 2])

    shown = [Picture(title, "", plot) for title in ("one", "two")]
    path = tmp_path / "two.png"
    path.write_bytes(content.side_by_side(shown, "png"))
    assert png_size(path) == (1800, 675)
    svg = content.side_by_side(shown[:1], "svg").decode()
    assert ">one<" in svg
    for name in ("axes.spines.top", "axes.spines.right", "legend.frameon", "text.parse_math"):
        assert seen[0][name] is False
