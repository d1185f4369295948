"""Estimators and pages that the tests of reports share."""

from collections import namedtuple

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import Ridge

from scratchmlp import report
from scratchmlp.tabular import TabularMLPClassifier, TabularMLPRegressor
from tests.helpers.one_part import one_part
from tests.helpers.report_pages import Page

pytest.importorskip("jinja2")
pytest.importorskip("matplotlib")

Case = namedtuple("Case", "estimator X y html page")
SMALL = {
    "cv": 3,
    "hidden_layer_sizes": 32,
    "max_iter": 12,
    "random_state": 0,
    "inspect_table": False,
}
NOTHING = "data:image/svg+xml;base64,"
ATTACK = "<script>alert('x')</script>"


def make_table(n=90):
    """Columns of all kinds, whose names and values try to be HTML."""
    rng = np.random.default_rng(0)
    signal = rng.normal(size=n)
    table = pd.DataFrame(
        {
            ATTACK: signal.round(3),
            "cost in $": [f"${1000 * abs(v):,.2f}" for v in rng.normal(size=n)],
            'day" onload="x': pd.date_range("2023-01-01", periods=n).astype(str),
            "a & <b>": rng.choice(["<img src=x onerror=alert(1)>", "b\x00\x0b\u202ec", None], n),
            "flag": rng.choice([True, False], n),
            "key": [f"key {i}" for i in range(n)],
            "same": signal.round(3) * 2,
        }
    )
    table.loc[::9, ATTACK] = np.nan
    return table, signal


def case(estimator, X, y, **options):
    html = report(estimator, X, y, **options)
    return Case(estimator, X, y, html, Page(html))


@pytest.fixture(scope="session")
def classes():
    """A report on out-of-fold predictions of two classes."""
    X, signal = make_table()
    y = pd.Series(np.where(signal > 0.2, "</script><i>yes", "no"), name="<u>t</u>")
    with pytest.warns(UserWarning, match="identifiers"):
        classifier = TabularMLPClassifier(**SMALL).fit(X, y)
    return case(classifier, X, y)


@pytest.fixture(scope="session")
def numbers():
    """A report on out-of-fold predictions of numbers."""
    X, signal = make_table()
    y = pd.Series(100 * signal + np.arange(len(X)) / 10, name="price")
    with pytest.warns(UserWarning, match="identifiers"):
        regressor = TabularMLPRegressor(**SMALL).fit(X, y)
    return case(regressor, X, y)


@pytest.fixture(scope="session")
def others():
    """A report on the predictions of new rows, by an ensemble of one part."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(80, 3))
    y = X[:, 0] + X[:, 1] ** 2
    return case(one_part(Ridge(), X[:40], y[:40]), X[40:], y[40:], rows="new")


@pytest.fixture
def undrawn(monkeypatch):
    """Draw no pictures, which takes most of the time of a report."""
    monkeypatch.setattr("scratchmlp.reporting.page.image", lambda picture: NOTHING)


@pytest.fixture(params=["classes", "numbers", "others"])
def any_case(request):
    return request.getfixturevalue(request.param)
