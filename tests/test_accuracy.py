"""The benchmark of predictions: its tables, contestants, bars and picture; the one of memory."""

import itertools
import re
import subprocess
import sys
from functools import partial

import memory
import numpy as np
import pandas as pd
import pytest
import r_tables
import tradeoff
from accuracy import small_sets
from bars import (
    BEFORE,
    OVER_10_000,
    check_all,
    check_change,
    check_ensemble,
    check_ensemble_seconds,
)
from matplotlib.figure import Figure
from rivals import CLASSIFIERS, RIVALS, SEEDS
from runs import summarize
from tabular_data import GROUPS, NAMES, Places, has_numbers, load, n_folds

rng = np.random.default_rng(0)


@pytest.fixture
def real(tmp_path):
    """A folder with two of the real tables, each with rows to leave out."""
    X = pd.DataFrame({"word": ["a", "b", None] * 40, "number": np.arange(120) / 2})
    labels = np.repeat(["yes", "no", "rare", None], [60, 39, 19, 2])
    X.assign(deny=labels).to_csv(tmp_path / "hmda.csv.gz", index=False)
    X.assign(math3=np.where(X["number"] < 5, np.nan, X["number"])).to_csv(
        tmp_path / "star.csv.gz", index=False
    )
    return Places(real=tmp_path)


def test_real_tables_have_one_stratified_split(real):
    table = load("hmda", real)
    ((train, test),) = table.splits
    assert table.X.index.equals(pd.RangeIndex(99))  # without rare and unknown classes
    assert pd.api.types.infer_dtype(table.X["word"], skipna=True) == "string"
    assert np.bincount(table.y).tolist() == [39, 60]
    assert np.bincount(table.y[test]).tolist() == [13, 20]
    assert sorted([*train, *test]) == list(range(99))


def test_real_tables_may_have_numbers_to_predict(real):
    table = load("star", real)
    assert table.y.min() == 5
    assert [len(part) for part in table.splits[0]] == [73, 37]


def test_a_real_table_that_is_not_there_is_an_oserror_that_names_it(tmp_path):
    with pytest.raises(OSError, match=r"there is no .*ames\.csv\.gz"):
        load("ames", Places(real=tmp_path))


def test_every_real_table_has_a_value_of_before():
    assert set(BEFORE) == {*r_tables.CLASSES, *r_tables.NUMBERS}


@pytest.mark.parametrize("name", [n for n in RIVALS if "MLP" not in n and "Ensemble" not in n])
def test_contestants_take_tables_with_text_and_many_categories(name):
    rival = RIVALS[name]
    if not rival.find():
        pytest.skip(f"{rival.library} is not installed")
    n_levels = 300 if rival.regressor else 30
    X = pd.DataFrame(
        {
            "few": ["a", "b", None] * 200,
            "many": [f"m{i % n_levels}" for i in range(600)],
            "flag": [True, False] * 300,
            "number": np.where(np.arange(600) % 7, rng.normal(size=600), np.nan),
        }
    )
    y = rng.normal(size=600) if rival.regressor else np.arange(600) % 3
    model = rival.make(X, 0).fit(X[:500], y[:500])
    assert np.isfinite(model.predict(X[500:])).all()


# Averages and bars.


def made_up_runs(measure):
    """Return a run for each contestant, table, fold and seed, with measures by their names."""
    rows = []
    for name, rival in RIVALS.items():
        for table in NAMES:
            if has_numbers(table) == rival.regressor:
                key = {"contestant": name, "table": table, "cpu": "a"} | measure(name, table)
                folds_and_seeds = itertools.product(range(n_folds(table)), SEEDS)
                rows += [key | {"fold": f, "seed": s} for f, s in folds_and_seeds]
    return pd.DataFrame(rows)


def measures(name, table, *, ours=1.0, networks=1.0, seconds=1.0):
    """Return a contestant's measures of a table: ensembles' and networks' are multiples."""
    share = ours if "Ensemble" in name else 1.0
    rest = {"seconds": seconds if "Ensemble" in name else 1.0}
    base = BEFORE.get(table, 0.1) * (networks if name.startswith("TabularMLP") else 1.0)
    if has_numbers(table):
        return rest | {"rmse": base * share}
    return rest | {"error": 0.1 * share, "log_loss": base * share, "auc": 1 - 0.1 * share}


def verdicts(checks, words):
    """Return the verdicts of the bars whose names have these words."""
    found = {check.verdict for check in checks if words in check.what}
    assert found
    return found


ENSEMBLE_BARS = "log-loss, ensemble /", "1 - AUC, ensemble /", "RMSE, ensemble /"


@pytest.mark.parametrize(("share", "verdict"), [(0.97, "PASS"), (0.99, "FAIL")])
@pytest.mark.parametrize("bar", ENSEMBLE_BARS)
def test_ensembles_are_compared_with_catboost(bar, share, verdict):
    runs = made_up_runs(partial(measures, ours=share))
    assert verdicts(check_ensemble(runs), bar) == {verdict}


@pytest.mark.parametrize(("share", "verdict"), [(0.97, "PASS"), (0.99, "FAIL")])
def test_networks_are_compared_with_those_of_before(share, verdict):
    runs = made_up_runs(partial(measures, networks=share))
    checks = list(check_change(runs))
    assert verdicts(checks, ", networks / before") == {verdict}
    assert verdicts(checks, ": networks / before, at worst") == {"PASS"}


def test_networks_that_lose_on_one_table_fail():
    runs = made_up_runs(partial(measures, networks=0.9))
    runs.loc[runs["table"] == "thyroid", "log_loss"] = 1.02 * BEFORE["thyroid"]
    checks = list(check_change(runs))
    assert verdicts(checks, ", networks / before") == {"PASS"}
    assert verdicts(checks, ": networks / before, at worst (thyroid)") == {"FAIL"}


def test_seconds_are_compared_with_networks_or_catboost():
    runs = made_up_runs(partial(measures, seconds=2.0))
    slow = (runs["table"] == "german") & runs["contestant"].str.contains("Ensemble")
    runs.loc[slow, "seconds"] = 4.1
    checks = list(check_ensemble_seconds(runs))
    assert verdicts(checks, "small: CPU s, ensemble / networks, at worst (german)") == {"FAIL"}
    for group in ("large", "regression", "real", "real-regression"):
        assert verdicts(checks, f"{group}: CPU s, ensemble / networks") == {"PASS"}
    for table in OVER_10_000:
        assert verdicts(checks, f"{table}: CPU s, ensemble / CatBoost") == {"FAIL"}


def test_our_estimators_need_all_random_states():
    runs = made_up_runs(partial(measures, ours=0.9))
    runs = runs[(runs["seed"] < 2) | ~runs["contestant"].str.startswith("Tabular")]
    assert {check.verdict for check in check_all(runs)} == {"NOT MEASURED"}


def test_seconds_of_other_processors_are_not_compared():
    runs = made_up_runs(partial(measures, ours=0.9))
    runs.loc[runs["contestant"].str.contains("Ensemble"), "cpu"] = "b"
    assert verdicts(check_ensemble(runs), "1 - AUC") == {"PASS"}
    assert {check.verdict for check in check_ensemble_seconds(runs)} == {"NOT MEASURED"}


def test_real_tables_are_averaged_with_a_small_offset():
    runs = made_up_runs(measures)
    real = summarize(runs, "CatBoost", GROUPS["real"])
    assert real["one_minus_auc"] == pytest.approx(0.101)
    assert summarize(runs, "CatBoost", GROUPS["small"])["one_minus_auc"] == pytest.approx(0.11)
    before = [BEFORE[table] + 0.001 for table in r_tables.CLASSES]
    assert real["log_loss"] == pytest.approx(np.prod(before) ** (1 / 7))


def test_the_picture_shows_all_contestants_and_points_out_ours():
    figure = Figure()
    tradeoff.draw(figure, *small_sets(made_up_runs(measures)))
    for ax in figure.axes:
        colors = {text.get_text(): text.get_color() for text in ax.texts}
        assert set(colors) == set(CLASSIFIERS)
        ours = {name for name, color in colors.items() if color == tradeoff.OURS}
        assert ours == {"TabularMLPClassifier", "TabularEnsembleClassifier"}


# Memory.


def test_memory_is_measured_on_mixed_columns():
    X, y = memory.make_table(3_000, 1_000)
    assert len(np.unique(y)) > 900
    n_levels = X.select_dtypes("category").nunique()
    assert (n_levels.iloc[0], n_levels.iloc[-1], len(n_levels)) == (2, 40, 15)
    numbers = X.select_dtypes("float")
    assert numbers.shape[1] == 15
    assert numbers.isna().any().sum() == 5


@pytest.mark.parametrize("task", [(), ("--predict",)])
def test_a_task_takes_more_memory_than_its_table(task):
    command = [sys.executable, memory.__file__, "--rows", "500", "--classes", "3", *task]
    last = subprocess.check_output(command, text=True).splitlines()[-1]
    megabytes = re.fullmatch(r"(?:fit|predict), 500 rows, 3 classes: (\d+) MB", last)[1]
    assert 1 <= int(megabytes) < 200
