"""Tables, saved models and fast runs that the tests of the command line share."""

from collections import namedtuple

import numpy as np
import pandas as pd
import pytest
from all_parts import all_parts
from cli_output import BASELINE, run
from sklearn.base import is_classifier
from sklearn.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
)

from scratchmlp.cli import comparison
from scratchmlp.cli import main as command_line
from scratchmlp.cli.comparison import compare, models_for
from scratchmlp.tabular import TabularMLPClassifier, TabularMLPRegressor

Saved = namedtuple("Saved", "table class_model number_model")
Trained = namedtuple("Trained", "table path folder out err")
OUTPUTS = {
    "--save": "y.model",
    "--plot": "y.PNG",
    "--report": "a report.html",
    "--export": "y.onnx",
}


@pytest.fixture
def table():
    """Columns of every type, with missing values; `signal` separates the classes."""
    rng, n = np.random.default_rng(0), 60
    signal = rng.normal(size=n)
    frame = pd.DataFrame(
        {
            "signal": signal.round(3),
            "cost in $, with a $": rng.normal(scale=1e4, size=n),
            "colour": rng.choice(["red", "green", None], n),
            "flag": rng.choice([True, False], n),
            "flag with holes": rng.choice(np.array([True, False, None]), n),
            "key": [f"key {i}" for i in range(n)],
            "day": pd.date_range("2020-01-01", periods=n),
            "infinite": np.where(np.arange(n) % 9, np.arange(n), np.inf),
            "constant": 5,
            "empty": np.nan,
            "nearly empty": [*[np.nan] * (n - 1), 3.0],
        }
    )
    frame.loc[::7, "signal"] = np.nan
    return frame.assign(y=np.where(signal > 0.3, "$yes$", "no"))


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


@pytest.fixture
def refused(capsys):
    """Run into an error: status 2 and, after notes, one line on stderr, which is returned."""

    def run(*arguments):
        with pytest.raises(SystemExit) as stop:
            command_line.main(arguments)
        out, err = capsys.readouterr()
        assert stop.value.code == 2
        assert out == ""
        *notes, line = err.splitlines(keepends=True)
        assert all(note.startswith("scratchmlp: ") and "error" not in note for note in notes)
        assert line.startswith("scratchmlp: error: ")
        assert line.endswith("\n")
        return line

    return run


def brief_estimators(is_class):
    """Estimators that are fitted fast, under the names of the default ones."""
    if is_class:
        return [
            ("networks", TabularMLPClassifier(max_iter=20)),
            ("boosting", HistGradientBoostingClassifier(max_iter=3)),
            ("extra trees", ExtraTreesClassifier(3)),
        ]
    return [
        ("networks", TabularMLPRegressor(max_iter=20)),
        ("boosting", HistGradientBoostingRegressor(max_iter=3)),
        ("extra trees", ExtraTreesRegressor(3)),
    ]


def train_briefly(monkeypatch):
    def brief_models(*arguments, **settings):
        models = models_for(*arguments, **settings)
        own = next(iter(models.values()))
        if hasattr(own, "estimators"):
            own.set_params(cv=2, n_jobs=1, estimators=brief_estimators(is_classifier(own)))
        else:
            own.set_params(cv=2, n_jobs=1, max_iter=20)
        return models

    monkeypatch.setattr(command_line, "models_for", brief_models)
    monkeypatch.setattr(comparison, "SMALL", 0)  # three folds instead of five


@pytest.fixture
def brief(monkeypatch):
    """Compare on three folds. Train ensembles on two, for 20 epochs and with few small trees."""
    train_briefly(monkeypatch)


@pytest.fixture(scope="session")
def saved(tmp_path_factory):
    """A table, and saved models of its column of classes and of its column of numbers."""
    folder, rng, n = tmp_path_factory.mktemp("saved"), np.random.default_rng(0), 80
    size = rng.normal(size=n)
    table = pd.DataFrame(
        {
            "size": size.round(3),
            "code": rng.choice(["01", "1", "x"], n),
            "day": pd.date_range("2020-01-01", periods=n),
            "flag": rng.choice([True, False], n),
            "class": np.where(size > 0, "big", "small"),
            "number": 100 * size,
        }
    )
    table.loc[::7, "size"] = np.nan
    path = folder / "data.csv"
    with pytest.MonkeyPatch.context() as monkeypatch:
        train_briefly(monkeypatch)
        for target, other in (("class", "number"), ("number", "class")):
            table.drop(columns=other).to_csv(path, index=False)
            command = [str(path), "--target", target, "--save", str(folder / target)]
            assert command_line.main(command) == 0
    return Saved(table, folder / "class", folder / "number")


def people(n=80):
    """Columns of several types, with missing values, and two targets that `size` explains."""
    rng = np.random.default_rng(0)
    size = rng.normal(size=n)
    table = pd.DataFrame(
        {
            "size": size.round(3),
            "code": rng.choice(["01", "1", "x"], n),
            "cost in $, with a $": rng.normal(scale=1e4, size=n),
            "day": pd.date_range("2020-01-01", periods=n),
            "flag": rng.choice([True, False], n),
            "key": [f"0{i}" for i in range(n)],
            "class": np.where(size > 0, "big", "small"),
            "number": 100 * size,
        }
    )
    table.loc[::7, "size"] = np.nan
    return table


@pytest.fixture(scope="session")
def trained(tmp_path_factory):
    """What a comparison prints and writes, for a target of classes and one of numbers."""

    def train(target, other):
        folder = tmp_path_factory.mktemp(target)
        table, path = people().drop(columns=other), folder / "data.csv"
        table.to_csv(path, index=False)
        outputs = [part for option, name in OUTPUTS.items() for part in (option, folder / name)]
        out, err = run(path, "--target", target, "--id", "key", "--seed", 3, *outputs)
        return Trained(table, path, folder, out, err)

    with pytest.MonkeyPatch.context() as monkeypatch, all_parts():
        train_briefly(monkeypatch)
        measure_few_rows(monkeypatch)
        return {"class": train("class", "number"), "number": train("number", "class")}


def measure_few_rows(monkeypatch):
    for name in ("importances", "dependence", "uncertainty"):
        monkeypatch.setattr(f"scratchmlp.reporting.{name}.MOST_ROWS", 20)


@pytest.fixture
def few_rows(monkeypatch):
    """Measure what a report and a picture show with few rows."""
    measure_few_rows(monkeypatch)


@pytest.fixture
def uncompared(monkeypatch):
    """Compare the constant baseline with no other model."""

    def compare_baseline(models, X, y, plan):
        return compare({BASELINE: models[BASELINE]}, X, y, plan)

    monkeypatch.setattr(command_line, "compare", compare_baseline)
