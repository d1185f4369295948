"""Models of other packages in the comparison."""

import sys
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from cli_output import BASELINE, LINEAR, TREES, lines_of_models
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

from scratchmlp.cli import main as command_line
from scratchmlp.cli.options import parse
from scratchmlp.cli.rivals import RIVALS, numbers_and_categories, numbers_and_text
from scratchmlp.io import load
from scratchmlp.tabular import TabularMLPClassifier


class StandIn(BaseEstimator):
    """Boosted trees that accept what the packages accept: numbers, and categories or text."""

    error = None

    def fit(self, X, y):
        if self.error is not None:
            raise self.error
        names = getattr(self, "cat_features", None)
        categories = X.columns[list(names)] if names else X.select_dtypes("category").columns
        assert X[categories].map(lambda value: isinstance(value, str | float)).all(axis=None)
        assert (X.drop(columns=categories).dtypes == np.float64).all()
        assert X.columns.str.fullmatch(r"x\d+").all()
        self.model_ = self._trees(categorical_features=list(categories), max_iter=9).fit(X, y)
        self.classes_ = getattr(self.model_, "classes_", None)
        return self

    def predict(self, X):
        return self.model_.predict(X)


class LGBMRegressor(RegressorMixin, StandIn):
    _trees = HistGradientBoostingRegressor

    def __init__(self, n_jobs=None, random_state=None, verbose=1):
        self.n_jobs = n_jobs
        self.random_state = random_state
        self.verbose = verbose


class LGBMClassifier(ClassifierMixin, LGBMRegressor):
    _trees = HistGradientBoostingClassifier

    def predict_proba(self, X):
        return self.model_.predict_proba(X)


class CatBoostRegressor(RegressorMixin, StandIn):
    _trees = HistGradientBoostingRegressor

    def __init__(
        self,
        cat_features=None,
        thread_count=None,
        random_state=None,
        verbose=True,
        allow_writing_files=True,
    ):
        self.cat_features = cat_features
        self.thread_count = thread_count
        self.random_state = random_state
        self.verbose = verbose
        self.allow_writing_files = allow_writing_files


class CatBoostClassifier(ClassifierMixin, CatBoostRegressor):
    _trees = HistGradientBoostingClassifier

    def predict_proba(self, X):
        return self.model_.predict_proba(X)


@pytest.fixture(params=["stand-ins", "packages"])
def packages(request, monkeypatch):
    """Stand-ins of both packages, and the packages if they are installed."""
    if request.param == "packages":
        for name in RIVALS:
            pytest.importorskip(name)
        return
    add_stand_ins(monkeypatch)


def add_stand_ins(monkeypatch):
    catboost = SimpleNamespace(
        CatBoostClassifier=CatBoostClassifier, CatBoostRegressor=CatBoostRegressor
    )
    lightgbm = SimpleNamespace(LGBMClassifier=LGBMClassifier, LGBMRegressor=LGBMRegressor)
    monkeypatch.setitem(sys.modules, "catboost", catboost)
    monkeypatch.setitem(sys.modules, "lightgbm", lightgbm)


@pytest.fixture
def training(saved):
    """A table with columns of all kinds, and names that LightGBM does not accept."""
    rng, n = np.random.default_rng(0), len(saved.table)
    times = [f"{i % 24:02}:{i % 60:02}" for i in range(n)]
    return saved.table.assign(
        **{'a, "{1}"': rng.normal(size=n), "time": times, "code": saved.table["code"]}
    )


@pytest.mark.usefixtures("brief", "packages")
@pytest.mark.parametrize("target", ["class", "number"])
def test_models_of_other_packages_are_compared_on_the_same_folds(target, training, csv, capsys):
    table = training.drop(columns={"class": "number", "number": "class"}[target])
    command = [csv(table), "--target", target, "--with", "lightgbm", "--model", "networks"]
    assert command_line.main([*command, "--with", "catboost", "lightgbm", "--jobs", "1"]) == 0
    out, err = capsys.readouterr()
    names = [line.split("  ")[0] for line in out.partition("fit (s)\n")[2].splitlines()]
    linear = LINEAR[target == "number"]
    assert names[1:6] == [TREES, "LightGBM", "CatBoost", linear, BASELINE]
    assert len(lines_of_models(out)) == 4
    assert "scratchmlp: CatBoost .....\n" in err


@pytest.mark.usefixtures("brief")
@pytest.mark.parametrize("keep", ["model", "best"])
def test_models_of_other_packages_are_not_kept(keep, training, csv, capsys, tmp_path, monkeypatch):
    add_stand_ins(monkeypatch)
    order = ["CatBoost", "TabularMLPClassifier", TREES]
    monkeypatch.setattr(
        command_line, "best_model", lambda results, plan: next(n for n in order if n in results)
    )
    model = tmp_path / "class.model"
    command = [csv(training.drop(columns="number")), "--target", "class", "--model", "networks"]
    command += ["--with", "catboost", "--keep", keep, "--save", str(model)]
    assert command_line.main(command) == 0
    out, err = capsys.readouterr()
    note = "scratchmlp: --keep best chooses among the other models. Those "
    assert err.startswith(note) == (keep == "best")
    assert f"Saved the networks in {model}, although CatBoost has the lower log-loss. To" in out
    assert isinstance(load(model), TabularMLPClassifier)


def test_columns_are_converted_to_what_the_packages_accept():
    table = pd.DataFrame(
        {
            "size": [1.5, None],
            "code": ["01", None],
            "day": pd.to_datetime(["1970-01-03", None]),
            "flag": [True, False],
            "wait": pd.to_timedelta(["12:00:00", None]),
        }
    )
    converted = numbers_and_categories(table, ["code", "flag"])
    assert list(converted) == ["x0", "x1", "x2", "x3", "x4"]
    assert converted["x0"].cat.categories.to_list() == ["01"]
    assert converted["x0"].isna().to_list() == [False, True]
    assert converted["x1"].to_list() == ["True", "False"]
    assert converted.iloc[0, 2:].to_list() == [1.5, 2.0, 0.5]
    assert converted.iloc[1, 2:].isna().all()
    text = numbers_and_text(table, ["code", "flag"])
    assert text["x0"].to_list() == ["01", "missing"]
    pd.testing.assert_frame_equal(text.iloc[:, 2:], converted.iloc[:, 2:])
    assert numbers_and_text(table[["size"]], []).to_numpy()[0] == [1.5]


@pytest.mark.parametrize("error", [ImportError("no module"), OSError("libgomp.so.1 is missing")])
def test_a_missing_package_is_named_before_the_work(error, saved, csv, refused, monkeypatch):
    def fail(name):
        raise error

    monkeypatch.setattr("scratchmlp.cli.rivals.import_module", fail)
    line = refused(csv(saved.table), "--target", "class", "--with", "lightgbm")
    assert f"--with lightgbm needs the package lightgbm, which cannot be imported: {error}." in line
    assert "To install it, run pip install lightgbm." in line


@pytest.mark.usefixtures("brief")
def test_an_error_of_a_package_is_reported(saved, csv, capsys, monkeypatch):
    """The packages have types of errors of their own."""
    add_stand_ins(monkeypatch)
    monkeypatch.setattr(LGBMRegressor, "error", type("LightGBMError", (Exception,), {})("no rows"))
    with pytest.raises(SystemExit, match="2"):
        command_line.main([csv(saved.table), "--target", "number", "--with", "lightgbm"])
    assert "error: LightGBM cannot use the table: no rows\n" in capsys.readouterr().err


def test_the_option(refused):
    options = parse(["d.csv", "--target", "y", "--with", "catboost", "--with", "lightgbm"])
    assert options.with_ == ["catboost", "lightgbm"]
    assert "argument --with: invalid choice: 'boost'" in refused("d.csv", "--with", "boost")
    assert "Remove --with." in refused("d.csv", "--load", "m", "--with", "catboost")
    assert "--with needs a table" in refused("--with", "catboost")
