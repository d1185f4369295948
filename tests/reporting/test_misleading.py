"""The first box of a page: what `fit` has found that would mislead its readers."""

import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import r2_score
from sklearn.tree import DecisionTreeClassifier

from scratchmlp import report
from scratchmlp.evaluation.numbers import number, plain
from scratchmlp.tabular import (
    TabularEnsembleClassifier,
    TabularMLPClassifier,
    TabularMLPRegressor,
)
from scratchmlp.tabular.notes import questions
from tests.helpers.report_pages import Page

pytestmark = pytest.mark.usefixtures("undrawn")
DECISION, PLAN = f"<i>{'n' * 80}\u202e", f"<b>{'p' * 80}"
ROW = np.arange(600)
Y = np.where(ROW % 2, "yes", "no")
X = pd.DataFrame(
    {
        "same": 1,
        DECISION: (Y == "yes") + ROW / 1000,
        "plan": np.where((ROW % 2 == 1) & (ROW < 450), PLAN, "other"),
        **{f"review {n}": np.where(ROW // 2 % 10, ROW % 7, 999) for n in range(5)},
    }
)


def fit(**parameters):
    model = TabularMLPClassifier(cv=2, hidden_layer_sizes=4, max_iter=4, random_state=0)
    with warnings.catch_warnings(action="ignore"):
        return model.set_params(**parameters).fit(X, Y)


@pytest.mark.parametrize("rows", ["fit", "new"])
def test_all_findings_that_mislead_are_questions_with_a_folded_remedy_below_the_summary(rows):
    model = fit()
    constant, *found = model.findings_
    assert [note.column for note in found] == [DECISION, "plan", *X.columns[3:]]
    page = Page(report(model, X, Y, rows=rows))
    assert [heading["id"] for heading in page.all("h2")][:2] == ["summary", "check"]
    box = page.text.partition("trust the scores. ")[2].partition(" How good is it? ")[0]
    asked = (
        ("Will you know these columns before you know the target?", "What to do if not"),
        ("Do these numbers mean that the values are missing?", "What to do if so"),
    )
    for (question, when), note in zip(asked, questions(found), strict=True):
        clause = plain(note.clause, 1000)
        told = f"{question} {clause[0].upper()}{clause[1:]}. {when} {plain(note.remedy, 1000)}"
        assert told in box
    assert "answer the questions below" in page.text
    assert str(constant) not in page.text


def test_a_page_without_such_findings_has_no_box(others):
    quiet = Page(report(fit(inspect_table=False), X, Y))
    for page in (quiet, others.page):
        assert "check" not in {heading["id"] for heading in page.all("h2")}
        assert "answer the questions" not in page.text


def test_columns_of_new_rows_that_clearly_changed_are_named_below_the_summary():
    model = fit(inspect_table=False)
    new = X.replace({"plan": {PLAN: "<b>"}})
    assert "drift" not in [heading["id"] for heading in Page(report(model, new, Y)).all("h2")]
    page = Page(report(model, new, Y, rows="new"))
    assert [heading["id"] for heading in page.all("h2")][:2] == ["summary", "drift"]
    box = page.text.partition("Otherwise, train on recent rows. ")[2].partition(" How good is")[0]
    assert box.endswith(" plan 37.5 % are unseen, such as '<b>'")


@pytest.fixture(scope="module")
def persons():
    """Return a model of a table of persons, the table, and the target."""
    rng = np.random.default_rng(0)
    person, own = np.arange(240) % 40, rng.normal(0, 3, 40)
    table = pd.DataFrame({"person": [f"P{n}" for n in person], "x": rng.normal(size=240)})
    y = own[person] + table["x"].to_numpy()
    model = TabularMLPRegressor(cv=2, max_iter=8, random_state=0, inspect_table=False).fit(table, y)
    return model, table, y


def test_the_summary_tells_the_score_of_new_persons(persons):
    model, table, y = persons
    page = Page(report(model, table, y))
    new, known = (number(score).text for score in (model.oof_score_unseen_, model.oof_score_))
    expected = f"expect R² {new}, where known values have {known}."
    assert f"For rows with a new value of person, {expected}" in page.text
    assert "of them have a new value" not in page.text


def test_the_summary_tells_the_scores_of_known_and_of_new_persons_among_new_rows(persons):
    model, table, y = persons
    is_new = table.index < 100
    mixed = table.assign(person=table["person"].mask(is_new, "new"))
    new, known = (
        number(r2_score(y[rows], model.predict(mixed[rows]))).text for rows in (is_new, ~is_new)
    )
    scores = f"their R² is {new}, that of the others {known}."
    told = f"100 of them have an unknown value of person: {scores}"
    for rows, sentence in (
        (mixed, told),
        (table, "None of them have an unknown value of person."),
        (table.assign(person="new"), "All of them have an unknown value of person."),
    ):
        assert sentence in Page(report(model, rows, y, rows="new")).text


def test_a_page_without_a_mistake_does_not_ask_to_look_at_any():
    tree = TabularEnsembleClassifier(
        [("tree", DecisionTreeClassifier())], cv=2, random_state=0, inspect_table=False
    )
    X = pd.DataFrame({"letter": ["a", "b"] * 40})
    text = Page(report(tree.fit(X, X["letter"]), X, X["letter"])).text
    assert "There is no wrong prediction." in text
    assert "What to do next" not in text
