"""Tables, saved models and fast runs that the tests of the command line share."""

from collections import namedtuple
from importlib.util import find_spec

import numpy as np
import pandas as pd
import pytest
from sklearn import ensemble
from sklearn.base import is_classifier

from scratchmlp.cli import comparison
from scratchmlp.cli.comparison import compare
from scratchmlp.cli.models import models_for
from scratchmlp.tabular import TabularMLPClassifier, TabularMLPRegressor
from tests.helpers.all_parts import all_parts
from tests.helpers.cli_output import BASELINE, TREES, run
from tests.helpers.patches import Patches

Trained = namedtuple("Trained", "table path folder out err")
CLASSIFIERS = ensemble.HistGradientBoostingClassifier, ensemble.ExtraTreesClassifier
REGRESSORS = ensemble.HistGradientBoostingRegressor, ensemble.ExtraTreesRegressor
#: The files that `trained` writes, and the packages that they need.
OUTPUTS = {
    "--save": ("y.model", "skops"),
    "--plot": ("y.PNG", "matplotlib"),
    "--report": ("a report.html", "jinja2"),
    "--export": ("y.onnx", "onnx"),
}


@pytest.fixture
def csv(tmp_path):
    """Write a table or bytes to a file; return its path."""

    def write(content, name="data.csv"):
        path = tmp_path / name
        if isinstance(content, pd.DataFrame):
            content.to_csv(path, index=False)
        else:
            path.write_bytes(content)
        return str(path)

    return write


def brief_models(*arguments, **settings):
    """Models of a comparison that are fitted fast, under the names of the default ones."""
    models = models_for(*arguments, **settings)
    own = next(iter(models.values())).set_params(cv=2, n_jobs=1)
    models[TREES][-1].set_params(estimator__max_iter=5, param_grid={"learning_rate": [0.1, 0.2]})
    if not hasattr(own, "estimators"):
        own.set_params(max_iter=20)
        return models
    networks, (boosting, trees) = TabularMLPRegressor, REGRESSORS
    if is_classifier(own):
        networks, (boosting, trees) = TabularMLPClassifier, CLASSIFIERS
    parts = {"networks": networks(max_iter=20), "boosting": boosting(max_iter=3)}
    own.set_params(estimators=[*parts.items(), ("extra trees", trees(3))])
    return models


def train_briefly(monkeypatch):
    monkeypatch.setattr(comparison, "models_for", brief_models)
    for name in ("importances.MEASURED", "dependence.AVERAGED", "uncertainty.MOST"):
        monkeypatch.setattr(f"scratchmlp.reporting.{name}_ROWS", 20)


def draw_no_pages(monkeypatch):
    monkeypatch.setattr("scratchmlp.reporting.page.image", lambda _: "data:image/svg+xml;base64,")


@pytest.fixture
def undrawn(monkeypatch):
    """Draw no pictures of a page, which takes most of its time."""
    draw_no_pages(monkeypatch)


@pytest.fixture
def brief(monkeypatch):
    """Compare on three folds. Train ensembles on two, for 20 epochs and with few small trees."""
    train_briefly(monkeypatch)


def people(n=80):
    """Columns of several types, and two targets that `size` explains.

    "size" has missing values, and another column has the name of an indicator of them.
    """
    rng = np.random.default_rng(0)
    size = rng.normal(size=n)
    columns = {
        "size": size.round(3),
        "code": rng.choice(["01", "1", "x"], n),
        "cost in $, with a $": rng.normal(scale=1e4, size=n),
        "day": pd.date_range("2020-01-01", periods=n),
        "size_missing": rng.choice([True, False], n),
        "key": [f"0{i}" for i in range(n)],
        "class": np.where(size > 0, "big", "small"),
        "number": 100 * size,
    }
    table = pd.DataFrame(columns)
    table.loc[::7, "size"] = np.nan
    return table


@pytest.fixture(scope="session")
def trained(tmp_path_factory):
    """What a comparison prints and writes, for a target of classes and one of numbers."""

    def train(target, other):
        folder = tmp_path_factory.mktemp(target)
        table, path = people().drop(columns=other), folder / "data.csv"
        table.to_csv(path, index=False)
        outputs = []
        for option, (name, package) in OUTPUTS.items():
            outputs += [option, folder / name] if find_spec(package) else []
        out, err = run(path, "--target", target, "--id", "key", "--seed", 3, *outputs)
        return Trained(table, path, folder, out, err)

    with Patches.context() as monkeypatch, all_parts():
        train_briefly(monkeypatch)
        draw_no_pages(monkeypatch)
        return {"class": train("class", "number"), "number": train("number", "class")}


@pytest.fixture
def uncompared(monkeypatch):
    """Compare the constant baseline with itself alone."""

    def compare_baseline(models, X, y, evaluation):
        results = compare({BASELINE: models[BASELINE]}, X, y, evaluation)
        return {**results, "the same": results[BASELINE]}

    monkeypatch.setattr(comparison, "compare", compare_baseline)
