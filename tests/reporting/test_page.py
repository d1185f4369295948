"""The page as a document: one file, escaped, accessible."""

import re

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LinearRegression

from scratchmlp import report
from scratchmlp.evaluation.numbers import plain
from scratchmlp.reporting.content import Picture, image
from scratchmlp.tabular import TabularMLPClassifier
from tests.helpers.one_part import one_part
from tests.helpers.report_pages import Page

pytestmark = pytest.mark.filterwarnings(
    "ignore::scratchmlp.tabular.MisleadingDataWarning"
)  # few rows


def test_the_page_needs_no_other_file(any_case):
    page = any_case.page
    others = {"script", "link", "iframe", "object"}
    assert not others & {tag for tag, _ in page.elements}
    links = [a[k] for _, a in page.elements for k in ("href", "src", "xlink:href") if k in a]
    assert links
    assert all(link.startswith(("#", "data:")) for link in links)
    assert "http" not in any_case.html.replace("http-equiv", "")
    assert "@import" not in any_case.html
    assert all(target.startswith("#") for target in re.findall(r"url\(([^)]*)", any_case.html))


def test_names_and_values_stay_text(classes):
    attributes = {key for _, each in classes.page.elements for key in each}
    assert not {key for key in attributes if key.startswith("on")}
    text = "".join(classes.page.texts)
    for part in ("<script>alert('x')</script>", "</script><i>yes", "<u>t</u>", 'day" onload="x'):
        assert part in text
    assert "<img src=x onerror=alert" in text
    assert "b\ufffd \ufffdc" in text
    assert not re.search("[\x00-\x09\x0b-\x1f]", classes.html)


def test_the_same_call_makes_the_same_page(others):
    html, date = report(others.estimator, others.X, others.y, rows="new"), 'short">Date'
    assert html.partition(date)[0] == others.html.partition(date)[0]
    assert date in html


def test_columns_with_similar_long_names_have_their_own_marks():
    a, b = np.random.default_rng(0).normal(size=(2, 60))
    table = pd.DataFrame({f"{'a long name ' * 4}{i}": x for i, x in enumerate((a, 2 * a, b))})
    page = Page(report(one_part(LinearRegression(), table, a), table, a))
    assert sum(svg.count("shared with") for svg in page.pictures.values()) == 2


def test_pictures_of_several_classes_and_of_dates_say_what_is_what():
    table = pd.DataFrame({"day": pd.date_range("2024-01-01", periods=90)})
    y = np.repeat(["first", "second", "third"], 30)
    model = TabularMLPClassifier(cv=2, max_iter=4, hidden_layer_sizes=4, random_state=0)
    pictures = Page(report(model.fit(table, y), table, y)).pictures
    ticks_and_labels = re.findall("<text[^>]*>(.*?)</text>", pictures["day"])
    assert {"Feb", "2024-Apr", "first", "second", "third"} <= {*ticks_and_labels}
    assert all(f"{label} (AP = " in pictures["Precision and recall"] for label in y)


def test_white_space_and_joiners_are_no_control_characters():
    text = "a\n\tb\xa0c\u200cd\u200d\x07\u202e\ud800"
    assert plain(text) == "a  b c\u200cd\u200d\ufffd\ufffd\ufffd"
    assert plain("abc\n", 2) == "ab…"


def test_identifiers_are_unique_and_references_resolve(any_case):
    page = any_case.page
    identifiers = [each["id"] for _, each in page.elements if "id" in each]
    assert len(identifiers) == len({*identifiers})
    keys = ("href", "aria-labelledby")
    named = {each[key].lstrip("#") for _, each in page.elements for key in keys if key in each}
    assert named <= {*identifiers}


def test_screen_readers_can_read_it(any_case):
    page = any_case.page
    assert page.all("html") == [{"lang": "en"}]
    assert all(each["scope"] in ("row", "col") for each in page.all("th"))
    assert all(
        len({*map(len, [head, *rows])}) == 1
        for head, rows in zip(page.heads.values(), page.tables.values(), strict=True)
    )
    assert all(each["alt"] for each in page.all("img"))
    assert len(page.all("img")) == len(page.all("figcaption")) > 2
    assert len(page.all("table")) == len(page.all("caption")) > 4
    assert all(name for head in page.heads.values() for name in head)
    scrolled = ["tabindex" in each for each in page.all("div") if each.get("role") == "region"]
    assert scrolled == [len(head) > 3 for head in page.heads.values()]


def test_what_is_folded_has_a_line_to_open_it_and_is_open_on_paper(any_case):
    page = any_case.page
    assert len(page.all("details")) == len(page.all("summary")) > 3
    paper = any_case.html.partition("@media print")[2]
    assert "details::details-content { content-visibility: visible; block-size: auto; }" in paper


def test_pictures_are_transparent_and_turn_light_on_dark_screens(any_case):
    """Nothing in a picture has the color of paper, and no picture asks for another file."""
    for svg in any_case.page.pictures.values():
        assert "#ffffff" not in svg
        assert not re.search(r"""(href|src)=["'](?!#|data:)""", svg)
    dark = any_case.html.partition("prefers-color-scheme: dark")[2]
    assert "img { filter: invert(1) hue-rotate(180deg); }" in dark


@pytest.mark.parametrize("name", ["text.color", "axes.facecolor"])
def test_the_style_of_the_user_does_not_matter(name):
    import matplotlib

    picture = Picture("title", "text", lambda ax: ax.plot([1, 2], label="$a$"))
    plain_style = image(picture)
    with matplotlib.rc_context({name: "red"}):
        assert image(picture) == plain_style
