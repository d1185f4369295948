"""Permutation importance on rows that the members held out."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import spearmanr
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import log_loss, make_scorer, r2_score, roc_auc_score
from sklearn.model_selection import ShuffleSplit, TimeSeriesSplit

from scratchmlp import io
from scratchmlp.tabular import (
    TabularEncoder,
    TabularEnsembleClassifier,
    TabularMLPClassifier,
    TabularMLPRegressor,
)
from scratchmlp.tabular.columns.encoded_table import join_places, layout_of
from scratchmlp.tabular.columns.encoder import encode_with
from scratchmlp.tabular.fitted_table import fitted_table
from scratchmlp.tabular.inspection import importances
from scratchmlp.tabular.inspection.associations import associations, correlated_pairs
from scratchmlp.tabular.inspection.held_out import OutOfFold, exchange

pytestmark = [
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.DataConversionWarning"),
    pytest.mark.filterwarnings("ignore::scratchmlp.tabular.MisleadingDataWarning"),
]
N = 240


def table():
    """Columns of all kinds; `a` matters most, then `city`, then `b`, and the others do not."""
    rng = np.random.default_rng(0)
    words = np.array(["red", "green", "blue", "fast", "slow", "cold", "warm"])
    columns = {
        "a": rng.normal(size=N),
        "city": rng.choice(["Rome", "Oslo", "Paris"], N),
        "constant": 1.0,
        "b": rng.normal(size=N),
        "flag": rng.choice(["yes", "no"], N),
        "note": [" ".join(rng.choice(words, 5)) for _ in range(N)],
        "many": np.char.add("c", rng.integers(70, size=N).astype(str)),
        "since": pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(900, size=N), "D"),
        "key": [f"K{i:04}" if i % 9 else None for i in range(N)],
    }
    X = pd.DataFrame(columns)
    number = 2 * X["a"] + 1.5 * (X["city"] == "Oslo") + 0.4 * X["b"]
    X.loc[::8, "b"] = np.nan
    return X, number.to_numpy()


X, NUMBER = table()
CLASS = np.where(NUMBER > 0.5, "high", "low")
USED = ["a", "city", "b"]
SMALL = {"cv": 3, "hidden_layer_sizes": 32, "max_iter": 24, "random_state": 0}
QUICK = SMALL | {"cv": 2, "hidden_layer_sizes": 16, "max_iter": 8}


@pytest.fixture(scope="module")
def regressor():
    return TabularMLPRegressor(text_features=["note"], **SMALL).fit(X, NUMBER)


@pytest.fixture(scope="module")
def classifier():
    networks = TabularMLPClassifier(hidden_layer_sizes=32, max_iter=24)
    parts = [("networks", networks), ("boosting", HistGradientBoostingClassifier(max_iter=10))]
    return TabularEnsembleClassifier(parts, cv=3, random_state=0).fit(X[USED], CLASS)


# What is permuted.


def encode(encoder, table):
    return encode_with(encoder, table)[0]


def assert_same(one, other):
    np.testing.assert_array_equal(one.numbers, other.numbers)
    np.testing.assert_array_equal(one.codes, other.codes)
    for terms, others in zip(one.terms, other.terms, strict=True):
        assert (terms != others).nnz == 0


def test_to_permute_an_encoded_column_is_to_permute_the_raw_column(regressor):
    encoder, order = regressor.encoder_, np.random.default_rng(1).permutation(N)
    encoded = encode(encoder, X)
    places = layout_of(encoder._columns).places
    assert list(places) == list(X)
    assert encoded.terms
    assert [name for name, place in places.items() if place.is_empty] == ["constant"]
    for names in (*([name] for name in places), ["a", "note"]):
        permuted = X.assign(**{name: X[name].to_numpy()[order] for name in names})
        place = join_places([places[name] for name in names])
        assert_same(exchange(encoded, np.arange(N), [(place, order)]), encode(encoder, permuted))


def test_several_changes_give_what_each_gives_alone(regressor):
    encoded, random = encode(regressor.encoder_, X), np.random.default_rng(0)
    oof = OutOfFold(fitted_table(regressor).blend, encoded, regressor.held_out_)
    places = layout_of(regressor.encoder_._columns).places
    changes = [(places[name], random.permutation(N)) for name in ("a", "note", "many", "a")]
    together = list(oof.permuted(changes))
    alone = [next(oof.permuted([change])) for change in changes]
    np.testing.assert_allclose(together, alone, atol=1e-4)
    assert (np.ptp(together, axis=0) > 1e-3).mean() > 0.9


# The importances.


def test_importances_rank_the_columns(regressor):
    result = regressor.oof_importances(X, NUMBER, n_repeats=3, random_state=0)
    assert result.names == list(X)
    assert result.importances.shape == (len(X.columns), 3)
    np.testing.assert_array_equal(result.importances_mean, result.importances.mean(axis=1))
    np.testing.assert_array_equal(result.importances_std, result.importances.std(axis=1))
    by_name = dict(zip(result.names, result.importances_mean, strict=True))
    assert by_name["a"] > by_name["city"] > by_name["b"] > 0
    assert by_name["constant"] == 0
    assert by_name["b"] > max(by_name[name] for name in ("flag", "note", "many", "since", "key"))
    assert result.scoring == "r2"
    assert result.n_rows == N
    again = regressor.oof_importances(X, NUMBER, n_repeats=3, random_state=0)
    np.testing.assert_array_equal(again.importances, result.importances)
    members = regressor.member_predictions(X)
    own = np.empty(N)
    for number, rows in enumerate(regressor.held_out_):
        own[rows] = members[number][rows]
    assert result.score == pytest.approx(r2_score(NUMBER, own))


def test_ensembles_and_scorers(classifier):
    result = classifier.oof_importances(X[USED], CLASS, n_repeats=2, random_state=0)
    assert result.scoring == "neg_log_loss"
    assert -result.score == pytest.approx(log_loss(CLASS, classifier.oof_proba_), rel=0.2)
    assert result.importances_mean.argmax() == 0
    auc = classifier.oof_importances(X[USED], CLASS, scoring="roc_auc", n_repeats=2, random_state=0)
    assert auc.scoring == "roc_auc"
    assert auc.score == pytest.approx(roc_auc_score(CLASS, -classifier.oof_proba_[:, 0]), abs=0.03)
    assert auc.importances_mean.argmax() == 0
    own = classifier.only("networks").set_params(scoring="accuracy")
    assert own.oof_importances(X[USED], CLASS, n_repeats=1).scoring == "accuracy"


def test_some_rows_of_a_weight_are_used(regressor, monkeypatch):
    weight, own = np.r_[np.zeros(40), np.ones(200)], make_scorer(lambda y, *_, **__: len(set(y)))
    kwargs = {"columns": USED, "n_repeats": 2, "sample_weight": weight, "scoring": own}
    kwargs |= {"random_state": 0}
    # By default, as many as take so many predictions, but at least some.
    monkeypatch.setattr(importances, "_PREDICTIONS", 60 * len(USED) * 2)
    for least, n_rows in ((50, 60), (70, 70)):
        monkeypatch.setattr(importances, "_LEAST_ROWS", least)
        assert regressor.oof_importances(X, NUMBER, **kwargs).n_rows == n_rows
    for max_samples, n_rows in ((1.0, 200), (0.5, 100), (120, 120), (500, 200), (1e-6, 2)):
        found = regressor.oof_importances(X, NUMBER, max_samples=max_samples, **kwargs)
        assert found.n_rows == found.score == n_rows  # none of them twice
    assert "<lambda>" in found.scoring


@pytest.mark.parametrize(
    "settings", [{"cv": TimeSeriesSplit(3)}, {"cv": ShuffleSplit(3)}, {"cv": 2, "n_repeats": 2}]
)
def test_rows_may_be_in_no_fold_or_in_several(settings):
    model = TabularMLPRegressor(**QUICK | settings).fit(X[["a", "b"]], NUMBER)
    result = model.oof_importances(X[["a", "b"]], NUMBER, n_repeats=1, random_state=0)
    assert result.n_rows == len(np.unique(np.concatenate(model.held_out_)))
    assert result.importances_mean[0] > result.importances_mean[1]


def test_columns_may_be_positions_of_arrays_for_several_targets():
    A = np.random.default_rng(0).normal(size=(90, 3))
    model, Y = TabularMLPRegressor(**QUICK).fit(A, A[:, [1, 1]] * [1, 2]), A[:, [1, 1]] * [1, 2]
    result = model.oof_importances(A, Y, random_state=0)
    assert result.names == ["x0", "x1", "x2"]
    assert result.importances_mean.argmax() == 1
    turned = model.oof_importances(A, Y, columns=np.array([1, -3]), random_state=0)
    assert turned.names == ["x1", "x0"]
    assert turned.importances_mean.argmax() == 0
    groups = {1: [0, "x1"], 2: (2,)}
    assert model.oof_importances(A, Y, columns=groups, random_state=0).names == ["1", "2"]


def test_a_class_may_have_no_row():
    y = np.arange(N) % 3
    model = TabularMLPClassifier(**QUICK).fit(X[["a"]], y)
    weight = (y < 2).astype(float)
    result = model.oof_importances(X[["a"]], y, sample_weight=weight, random_state=0)
    assert np.isfinite(result.score)


# Correlated columns.


def test_a_group_has_the_importance_that_its_columns_share():
    rng = np.random.default_rng(0)
    z, other = rng.normal(size=(2, N))
    T = pd.DataFrame({"z1": z, "z2": z + 0.1 * rng.normal(size=N), "other": other})
    model = TabularMLPRegressor(**SMALL).fit(T, z + 0.5 * other)
    single = model.oof_importances(T, z + 0.5 * other, random_state=0)
    ((one, two, correlation),) = single.correlated
    assert (one, two) == ("z1", "z2")
    assert correlation == pytest.approx(spearmanr(T["z1"], T["z2"])[0], abs=1e-3)
    groups = {"z": ["z1", "z2"], "other": ["other"]}
    grouped = model.oof_importances(T, z + 0.5 * other, columns=groups, random_state=0)
    assert grouped.names == ["z", "other"]
    assert grouped.correlated == []
    assert grouped.importances_mean[0] > 1.3 * single.importances_mean[:2].sum()


def test_correlations_of_numbers_and_categories(monkeypatch):
    rng = np.random.default_rng(0)
    city = rng.choice(["Rome", "Milan", "Oslo", "Bergen"], 400)
    T = pd.DataFrame({"city": city, "noise": rng.normal(size=400), "constant": 1})
    T["country"] = np.where(np.isin(city, ["Rome", "Milan"]), "Italy", "Norway")
    T["sun"] = rng.normal(size=400) + 10 * (city == "Rome")
    T["missing"] = T["sun"].where(rng.random(400) > 0.05)
    encoder = TabularEncoder().fit(T)
    places = layout_of(encoder._columns).places
    found = pd.DataFrame(associations(encode(encoder, T), places.values()), list(T), list(T))
    np.testing.assert_allclose(found, found.T)
    assert found.loc["city", "country"] == pytest.approx(1)
    assert found.loc["city", "sun"] == pytest.approx(0.75, abs=0.05)
    assert found.loc["sun", "missing"] > 0.9
    assert (found["noise"].drop("noise") < 0.2).all()
    assert (found["constant"] == 0).all()
    pairs = correlated_pairs(encode(encoder, T), places, np.random.RandomState(0))
    found = found.where(np.triu(np.ones(found.shape), 1) == 1).stack()
    strong = found[found > 0.7].sort_values()[::-1].index
    assert [(one, two) for one, two, _ in pairs] == list(strong)
    assert len(pairs) == 4
    monkeypatch.setattr("scratchmlp.tabular.inspection.associations._COMPARED_ROWS", 200)
    of_some_rows = correlated_pairs(encode(encoder, T), places, np.random.RandomState(0))
    assert {pair[:2] for pair in of_some_rows} == {pair[:2] for pair in pairs}
    assert of_some_rows != pairs


def test_neither_copies_in_a_group_nor_rare_levels_change_a_correlation():
    x, noise = np.random.default_rng(0).normal(size=(2, 420))
    level = np.r_[np.arange(300) % 10, np.arange(10, 50).repeat(3)]
    names = np.char.add("level ", level.astype(str))
    T = pd.DataFrame({"x": x, "copy": x, "sum": x + noise, "names": names})
    T["number"] = np.where(level < 10, level, 4.5)
    encoder = TabularEncoder().fit(T)
    places = layout_of(encoder._columns).places
    places["both"] = join_places([places["x"], places["copy"]])
    found = pd.DataFrame(associations(encode(encoder, T), places.values()), places, places)
    assert found.loc["both", "sum"] == pytest.approx(found.loc["x", "sum"])
    assert found.loc["names", "number"] > 0.9


# Errors.

BOUNDED = "'max_samples' parameter of TabularMLPRegressor"
REFUSED = [
    ({"X": X[:-1], "y": NUMBER[:-1]}, ValueError, "must have the 240 rows of fit"),
    ({"n_repeats": 0}, ValueError, r"'n_repeats' parameter of TabularMLPRegressor\.oof_impor"),
    ({"sample_weight": -np.ones(N)}, ValueError, "Negative values in data passed to `sample_weigh"),
    ({"scoring": make_scorer(lambda *_: np.nan)}, ValueError, r"must be finite; got nan\. Choose"),
    *[({"max_samples": wrong}, ValueError, BOUNDED) for wrong in (1, True, 0, 0.0, 1.5)],
    ({"columns": []}, ValueError, "columns must name at least one"),
    ({"columns": {}}, ValueError, "columns must name at least one"),
    ({"columns": ["a", "age"]}, ValueError, "'age', which is no column of the table"),
    ({"columns": [9]}, ValueError, "position 9, but the table has 9 columns"),
    ({"columns": [-10]}, ValueError, "position -10, but the table has 9 columns"),
    ({"columns": [True]}, TypeError, "of type bool"),
    ({"columns": "city"}, TypeError, r"list of names or positions; got 'city'\. Pass \['city'\]"),
    ({"columns": {"place": 1}}, TypeError, r"group 'place' of columns must be a list .* got 1"),
    ({"columns": {"place": []}}, ValueError, "group 'place' of columns must name at least one"),
    ({"columns": [["a", "b"]]}, TypeError, r'pass \{"name": \["first", "second"\]\}'),
    ({"columns": {1: ["a"], "1": ["b"]}}, ValueError, "'1' twice"),
    ({"columns": ["a", 0]}, ValueError, "'a' twice"),
]


@pytest.mark.parametrize(("arguments", "error", "message"), REFUSED)
def test_arguments_that_are_refused(regressor, arguments, error, message):
    with pytest.raises(error, match=message):
        regressor.oof_importances(**{"X": X, "y": NUMBER} | arguments)


def test_rows_that_were_held_out_need_a_weight():
    model = TabularMLPRegressor(**QUICK | {"cv": TimeSeriesSplit(2)}).fit(X[["a"]], NUMBER)
    weight = np.r_[1.0, np.zeros(N - 1)]  # the first row is in no fold
    with pytest.raises(ValueError, match=r"a weight above 0; got 0\. Change sample_weight"):
        model.oof_importances(X[["a"]], NUMBER, sample_weight=weight)


def test_classes_and_rows_of_an_ensemble_that_are_refused(classifier):
    with pytest.raises(ValueError, match="must have at least the 240 rows of fit"):
        classifier.only("networks").oof_importances(X[USED][:-40], CLASS[:-40])
    with pytest.raises(ValueError, match="the class 'other', not seen in fit"):
        classifier.oof_importances(X[USED], np.r_[["other"], CLASS[1:]])


# The rows of `fit`.

ORDER = np.random.default_rng(3).permutation(N)


def test_rows_in_another_order_are_an_error(regressor, classifier):
    with pytest.raises(ValueError, match=r"in the same order\. The loss of its predictions is"):
        regressor.oof_importances(X.iloc[ORDER], NUMBER, max_samples=100, random_state=0)
    with pytest.raises(ValueError, match=r"that of a constant, 0\.\d+.* Pass the table of fit"):
        classifier.oof_importances(X[USED].iloc[ORDER], CLASS)


def test_targets_in_another_order_are_an_error(regressor, classifier):
    with pytest.raises(ValueError, match=r"With this y, .* a score of -.* but oof_score_ is 0"):
        regressor.oof_importances(X, NUMBER[ORDER])
    with pytest.raises(
        ValueError, match=r"must have the rows of fit.*Pass the table and the targets"
    ):
        classifier.oof_importances(X[USED].iloc[ORDER], CLASS[ORDER])


def test_neither_weights_nor_predictions_of_noise_seem_to_be_another_order():
    weight, kwargs = np.where(X["city"] == "Oslo", 5.0, 0.1), {"columns": ["a"], "n_repeats": 1}
    model = TabularMLPRegressor(**SMALL).fit(X[USED], NUMBER, weight)
    for sample_weight in (None, weight, (NUMBER > 2).astype(float)):
        model.oof_importances(X[USED], NUMBER, sample_weight=sample_weight, **kwargs)
    noise = np.random.default_rng(1).normal(size=N)
    model = TabularMLPRegressor(**QUICK).fit(X[["a", "b"]], noise)
    assert model.oof_score_ < 0.1
    model.oof_importances(X[["a", "b"]], noise, random_state=0)


def test_a_file_without_training_state_lacks_the_folds(regressor, tmp_path):
    io.save(regressor, tmp_path / "model.smlp", training_state=False)
    loaded = io.load(tmp_path / "model.smlp")
    with pytest.raises(ValueError, match=r"saved with training_state=False\. Save it with"):
        loaded.oof_importances(X, NUMBER)
    io.save(regressor, tmp_path / "whole.smlp")
    loaded = io.load(tmp_path / "whole.smlp")
    assert loaded.oof_importances(X, NUMBER, columns=["a"], n_repeats=1).score
