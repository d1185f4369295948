"""The benchmarks of predictions: their tables, contestants and bars."""

import itertools

import numpy as np
import pandas as pd
import pytest
from bars import check_ensemble
from rivals import RIVALS, SEEDS
from tabular_data import NAMES, Places, has_numbers, load, n_folds


def test_real_tables_have_one_stratified_split_without_rare_and_unknown_classes(tmp_path):
    X = pd.DataFrame({"word": ["a", "b", None] * 40, "number": np.arange(120) / 2})
    labels = np.repeat(["yes", "no", "rare", None], [60, 39, 19, 2])
    X.assign(deny=labels).to_csv(tmp_path / "hmda.csv.gz", index=False)
    table = load("hmda", Places(real=tmp_path))
    ((train, test),) = table.splits
    assert table.X.index.equals(pd.RangeIndex(99))
    assert np.bincount(table.y[test]).tolist() == [13, 20]
    assert sorted([*train, *test]) == list(range(99))
    with pytest.raises(OSError, match=r"there is no .*ames\.csv\.gz"):
        load("ames", Places(real=tmp_path))


@pytest.mark.parametrize("name", [n for n in RIVALS if "MLP" not in n and "Ensemble" not in n])
def test_contestants_take_tables_with_text_and_many_categories(name):
    rival, rng = RIVALS[name], np.random.default_rng(0)
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


def made_up_runs(share=1.0):
    """Return a run for each contestant, table, fold and seed; `share` is of ensembles' errors."""
    rows = []
    for (name, rival), table in itertools.product(RIVALS.items(), NAMES):
        if has_numbers(table) != rival.regressor:
            continue
        value = 0.1 * share if "Ensemble" in name else 0.1
        measures = {"error": value, "log_loss": value, "auc": 1 - value}
        measures = {"rmse": value} if rival.regressor else measures
        key = {"contestant": name, "table": table, "cpu": "a", "seconds": 1.0}
        folds_and_seeds = itertools.product(range(n_folds(table)), SEEDS)
        rows += [key | measures | {"fold": f, "seed": s} for f, s in folds_and_seeds]
    return pd.DataFrame(rows)


@pytest.mark.parametrize(("share", "verdict"), [(0.97, "PASS"), (0.99, "FAIL")])
def test_ensembles_are_compared_with_catboost(share, verdict):
    checks = list(check_ensemble(made_up_runs(share)))
    for bar in ("log-loss, ensemble /", "1 - AUC, ensemble /", "RMSE, ensemble /"):
        assert {check.verdict for check in checks if bar in check.what} == {verdict}


def test_our_estimators_need_all_random_states():
    runs = made_up_runs(0.9)
    runs = runs[(runs["seed"] < 2) | ~runs["contestant"].str.startswith("Tabular")]
    assert {check.verdict for check in check_ensemble(runs)} == {"NOT MEASURED"}
