"""Columns that name what rows belong to: predictions for known persons and for new ones."""

import pickle

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import (
    GroupKFold,
    KFold,
    PredefinedSplit,
    TimeSeriesSplit,
    train_test_split,
)

from scratchmlp.evaluation.evaluated import evaluate, explain
from scratchmlp.evaluation.numbers import number
from scratchmlp.io import load, save
from scratchmlp.reporting import summary
from scratchmlp.reporting.page import training_section
from scratchmlp.tabular import (
    TabularEncoder,
    TabularEnsembleClassifier,
    TabularEnsembleRegressor,
    TabularMLPClassifier,
    TabularMLPRegressor,
    preparation,
)
from scratchmlp.tabular.columns.encoder import encode_with, fitted_columns
from scratchmlp.tabular.fitted_table import fitted_table
from scratchmlp.tabular.inputs.inputs import HidingRows, InputsPlan, drawn_rows
from scratchmlp.tabular.new_entities import with_alike, with_new_entities
from scratchmlp.tabular.preparation import encoding_hidden, problem_of
from scratchmlp.tabular.uncertainty import fit_difficulty
from tests.configurations.columns import table_of
from tests.helpers.onnx_runs import check_exported

pytestmark = [
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.DataConversionWarning"),
    pytest.mark.filterwarnings("ignore::scratchmlp.tabular.MisleadingDataWarning"),
]
CODES = 3 * np.arange(400) + np.random.default_rng(0).integers(0, 3, 400)


FEW = {"max_iter": 40, "learning_rate": 0.2}


def panel(seed=0, n_persons=60, n_rows=8, effect=1.0):
    """Return rows of persons in random order, the targets, and the number of each row's person."""
    rng = np.random.default_rng(seed)
    person = rng.permutation(np.repeat(np.arange(n_persons), n_rows))
    own = rng.normal(size=(2, n_persons))
    X = pd.DataFrame({"nr": CODES[person], "x": rng.normal(size=len(person))})
    X["size"] = own[0, person]
    y = X["x"] + own[0, person] + effect * own[1, person] + 0.3 * rng.normal(size=len(person))
    return X, y.to_numpy(), person


def ensemble(**parameters):
    """Return an ensemble of one of each kind, which takes a second to fit."""
    parts = [
        ("networks", TabularMLPRegressor(max_iter=24)),
        ("trees", HistGradientBoostingRegressor(**FEW)),
        ("linear", Ridge()),
    ]
    return TabularEnsembleRegressor(parts, cv=4, random_state=0, **parameters)


@pytest.fixture(scope="module")
def split():
    """Return a panel, and which of its rows are those of new persons."""
    X, y, person = panel(seed=3, n_persons=160)
    return X, y, person >= 100


@pytest.fixture(scope="module")
def fitted(split):
    X, y, new = split
    return ensemble().fit(X[~new], y[~new])


def error(model, X, y):
    return float(np.mean((model.predict(X) - y) ** 2) ** 0.5)


def test_new_persons_are_predicted_better_than_without_hiding(split, fitted, monkeypatch):
    X, y, new = split
    monkeypatch.setattr("scratchmlp.tabular.inputs.inputs._SHARE_HIDDEN", 0.0)
    shown = ensemble().fit(X[~new], y[~new])
    assert error(fitted, X[new], y[new]) < 0.97 * error(shown, X[new], y[new])
    assert fitted.oof_score_ > shown.oof_score_ - 0.02


def test_trees_learn_to_predict_new_persons(split, monkeypatch):
    X, y, new = split
    trees = ensemble().set_params(estimators=[("trees", HistGradientBoostingRegressor(**FEW))])
    hiding = clone(trees).fit(X[~new], y[~new])
    monkeypatch.setattr("scratchmlp.tabular.inputs.inputs._SHARE_HIDDEN", 0.0)
    assert error(hiding, X[new], y[new]) < 0.97 * error(trees.fit(X[~new], y[~new]), X[new], y[new])


def test_each_seed_hides_other_rows():
    X, y, _ = panel()
    problem = problem_of(TabularMLPRegressor(cv=2), X, y)
    plan = InputsPlan(0, None, None, {})
    inputs, supervised = plan.fit(problem.data)
    hidden = [
        inputs.hiding_some(problem.data.X, supervised, seed)[0].is_unknown for seed in (0, 0, 1)
    ]
    assert hidden[0].any()
    np.testing.assert_array_equal(hidden[0], hidden[1])
    assert (hidden[0] != hidden[2]).any()


def test_the_score_of_new_persons_is_told(split, fitted):
    X, y, new = split
    error_of_new = np.mean((fitted.predict(X[new]) - y[new]) ** 2) / y[new].var()
    assert fitted.oof_score_unseen_ < fitted.oof_score_ - 0.1
    assert fitted.oof_score_unseen_ == pytest.approx(1 - error_of_new, abs=0.15)
    assert not hasattr(fitted.only("trees"), "oof_score_unseen_")


@pytest.fixture(scope="module")
def told():
    """Return rows of persons whom other columns tell too, and which of them are new ones."""
    X, y, person = panel(seed=1, n_persons=300, n_rows=6, effect=2.0)
    rng = np.random.default_rng(2)
    X["email"] = "user" + pd.Series(person).map(dict(enumerate(rng.permutation(300)))).astype(str)
    X["birth"] = pd.Timestamp("1960-01-01") + pd.to_timedelta(
        20 * rng.permutation(300)[person], "D"
    )
    for name in ("iron", "sugar", "salt"):
        X[name] = rng.normal(size=300)[person].round(2)
    return X, y, person >= 150


@pytest.mark.parametrize("estimator", [ensemble(), TabularMLPRegressor(cv=4, max_iter=24)])
def test_promises_for_new_persons_hold_where_other_columns_tell_who_they_are(told, estimator):
    X, y, new = told
    model = clone(estimator).set_params(random_state=0).fit(X[~new], y[~new])
    error_of_new = np.mean((model.predict(X[new]) - y[new]) ** 2) / y[new].var()
    assert model.oof_score_ > 0.75
    assert model.oof_score_unseen_ == pytest.approx(1 - error_of_new, abs=0.1)
    low, high = model.predict_interval(X[new]).T
    assert 0.85 < np.mean((low <= y[new]) & (y[new] <= high)) < 0.95
    assert fitted_table(model).how_sure_unseen.startswith(", plus or minus 0.0")


def test_a_third_of_the_rows_is_of_persons_who_are_new_to_one_fold():
    X, y, person = panel(n_persons=80)
    X["school"] = "S" + pd.Series(person // 8).astype(str)
    y = np.where(y > 0, "high", "low")
    problem = problem_of(TabularMLPClassifier(cv=4, n_repeats=2), X, y)
    problem = with_alike(problem, ["school"], X)
    split = with_new_entities(problem)
    new = np.concatenate(split.new_to)
    assert len(np.unique(new)) == len(new)
    assert 0.3 < len(new) / len(X) <= 1 / 3
    for (training, held_out), rows in zip(split.splits, split.new_to, strict=True):
        assert not np.isin(person[rows], person[training]).any()
        assert sorted([*training, *held_out, *rows]) == [*range(len(X))]
        assert not np.isin(person[held_out], person[new]).any()
    for before, after in zip(problem.held_out, split.held_out, strict=True):
        assert np.isin(after, before).all()


@pytest.mark.parametrize(
    ("n_persons", "cv"), [(24, 3), (60, KFold(3, shuffle=True, random_state=0))], ids=["few", "cv"]
)
def test_without_new_persons_in_folds_the_score_says_what_it_assumes(n_persons, cv):
    X, y, _ = panel(n_persons=n_persons, n_rows=4)
    model = TabularMLPRegressor(cv=cv, max_iter=2, random_state=0).fit(X, y)
    assumption = fitted_table(model).how_sure_unseen
    assert assumption == ", if no other column tells its value"
    assert len(np.concatenate(model.held_out_)) == len(X)
    assert f"{assumption}, where" in summary._of_new(evaluate(model, X, y, "fit", 0))
    assert fitted_table(pickle.loads(pickle.dumps(model))).how_sure_unseen == assumption


@pytest.mark.parametrize("n_folds", [2, 3, 8])
def test_the_error_of_an_accuracy_is_that_of_the_mean_of_its_folds(n_folds):
    X, y, _ = panel(n_persons=80)
    problem = problem_of(TabularMLPClassifier(cv=n_folds), X, np.where(y > 0, "high", "low"))
    size = len(X) // n_folds
    held_out = np.split(np.arange(size * n_folds), n_folds)
    problem = problem._replace(splits=[(np.array([], int), rows) for rows in held_out])
    right = np.random.default_rng(0).random(len(X)) < 0.7
    proba = np.eye(2)[np.where(right, problem.data.Y, 1 - problem.data.Y)]
    means = [right[rows].mean() for rows in held_out]
    expected = np.nan if n_folds < 3 else np.std(means, ddof=1) / np.sqrt(n_folds)
    assert problem.standard_error(proba) == pytest.approx(expected, nan_ok=True)


def test_intervals_of_new_persons_are_wider_and_cover_them(split, fitted):
    X, y, new = split
    low, high = fitted.predict_interval(X[new]).T
    assert 0.82 < np.mean((low <= y[new]) & (y[new] <= high)) < 0.97
    known = np.diff(fitted.predict_interval(X[~new])).mean()
    assert known < 0.7 * (high - low).mean()
    for parts in (["trees"], ["trees", "networks"]):
        smaller = fitted.only(*parts)
        assert known < np.diff(smaller.predict_interval(X[new])).mean()


def test_errors_are_modelled_without_each_of_three_sets_of_folds(monkeypatch):
    n_sets = []

    def recorded(X, errors, unit, folds, weight):
        n_sets.append(len(np.unique(folds)))
        return fit_difficulty(X, errors, unit, folds, weight)

    monkeypatch.setattr("scratchmlp.tabular.targets.fit_difficulty", recorded)
    X, y, _ = panel()
    TabularEnsembleRegressor([("linear", Ridge())], cv=5).fit(X, y)
    TabularMLPRegressor(cv=5, max_iter=2).fit(X, y)
    assert n_sets == [3] * 4  # for known persons and for new ones


def test_sets_of_new_persons_contain_their_classes():
    X, y, person = panel(n_persons=150, effect=2.0)
    y, new = np.where(y > 0.5, "high", "low"), person >= 100
    model = TabularMLPClassifier(cv=4, max_iter=24, random_state=0).fit(X[~new], y[~new])
    sets = model.predict_set(X[new])
    covered = sets[np.arange(len(sets)), np.searchsorted(model.classes_, y[new])]
    assert covered.mean() > 0.84
    assert sets.sum() > 1.1 * model.predict_set(X[~new])[: len(sets)].sum()


@pytest.mark.filterwarnings("error")
def test_new_persons_alone_are_no_surprise(split, fitted):
    X, _, new = split
    assert np.isfinite(fitted.predict(X[new])).all()


@pytest.fixture(scope="module")
def two_weights():
    """Return an ensemble whose parts have other weights for rows of new persons, and a panel."""
    X, y, _ = panel(effect=3.0)
    parts = [
        ("trees", HistGradientBoostingRegressor(max_iter=40, learning_rate=0.2)),
        ("linear", Ridge()),
    ]
    return TabularEnsembleRegressor(parts, cv=3, random_state=0).fit(X, y), X, y


def test_rows_of_new_persons_have_weights_of_their_own(two_weights):
    model, X, _ = two_weights
    known, unseen = model.weights_, model.weights_unseen_
    assert known["linear"] > 0.8
    assert unseen["trees"] > 2 * known["trees"]
    assert sum(unseen.values()) == pytest.approx(1)
    assert [*known] == [*unseen] == [*model.named_estimators_]
    board = model.leaderboard()
    assert board["weight_unseen"].tolist() == [1.0, *unseen.values()]
    rows = X[:6].assign(nr=[*X["nr"][:3], -1, None, -1])
    parts = np.stack([model.only(name).member_predictions(rows) for name in known])
    weights = np.array([[*known.values()]] * 3 + [[*unseen.values()]] * 3)
    expected = np.einsum("rp,pfr->fr", weights, parts)
    np.testing.assert_allclose(model.member_predictions(rows), expected)
    one_by_one = [model.predict(rows[i : i + 1])[0] for i in range(6)]
    np.testing.assert_allclose(model.predict(rows), one_by_one, rtol=1e-6)


def test_only_keeps_both_weights(two_weights):
    model, X, _ = two_weights
    alone = model.only("trees")
    assert alone.weights_ == alone.weights_unseen_ == {"trees": 1.0}
    both = model.only("trees", "linear")
    assert both.weights_ == pytest.approx(model.weights_)
    assert both.weights_unseen_ == pytest.approx(model.weights_unseen_)
    parts = [("trees", HistGradientBoostingRegressor(max_iter=40)), ("linear", Ridge())]
    plain = TabularEnsembleRegressor(parts, cv=3, random_state=0).fit(X[["x", "size"]], X["x"])
    assert "weight_unseen" not in plain.leaderboard()
    assert not hasattr(plain, "weights_unseen_")


def test_known_persons_are_predicted_by_folds_that_know_them(two_weights):
    model, X, _ = two_weights
    members, predicted, person = model.member_predictions(X), model.predict(X), X["nr"]
    known = person.isin(person.iloc[np.concatenate(model.held_out_)])
    np.testing.assert_allclose(predicted[known], members.mean(axis=0)[known])
    without = np.stack([np.delete(members, fold, axis=0).mean(axis=0) for fold in range(3)])
    matches = np.isclose(without, predicted)[:, ~known]
    assert (matches.sum(axis=0) == 1).all()
    assert (matches.mean(axis=1) > 0.2).all()
    rows = X[~known][:3]
    for fold in range(3):  # alone, each fold predicts all persons
        alone = model.explain(rows, X, folds=[fold], max_samples=10, random_state=0)
        np.testing.assert_allclose(alone.predictions, model.member_predictions(rows)[fold])


def test_persons_who_tell_nearly_all_are_predicted_as_well_as_other_categories():
    X, y, place = panel(n_persons=40, n_rows=30, effect=8.0)
    X["nr"] = "place " + pd.Series(place).astype(str)
    X, known, y, y_known = train_test_split(X.rename(columns={"nr": "place"}), y, random_state=0)
    models = [ensemble(inspect_table=inspect).fit(X, y) for inspect in (True, False)]
    assert [hasattr(model, "oof_score_unseen_") for model in models] == [True, False]
    hidden, plain = (np.mean((model.predict(known) - y_known) ** 2) for model in models)
    assert hidden < 1.5 * plain  # 18 times if all folds predict


@pytest.mark.parametrize(
    "estimator",
    [
        TabularMLPClassifier(cv=4, max_iter=4, random_state=0),
        TabularEnsembleClassifier(
            [("trees", HistGradientBoostingClassifier(**FEW)), ("linear", LogisticRegression())],
            cv=4,
            random_state=0,
        ),
    ],
)
def test_all_formats_predict_known_persons_by_folds_that_know_them(estimator, tmp_path):
    X, y, person = panel(n_persons=80, effect=3.0)
    X["nr"] = "P" + pd.Series(person).astype(str)
    model = clone(estimator).fit(X, pd.cut(y, [-np.inf, -1, 1, np.inf], labels=["a", "b", "c"]))
    rows = X[:60].assign(nr=np.where(np.arange(60) % 3, X["nr"][:60], "new"))
    assert fitted_table(model).blend.new_entities
    check_exported(model, rows)
    save(model, tmp_path / "panel.model")
    proba = model.predict_proba(rows)
    np.testing.assert_array_equal(load(tmp_path / "panel.model").predict_proba(rows), proba)
    np.testing.assert_allclose(proba.sum(axis=1), 1)


def test_other_formats_and_reasons_know_both_weights(two_weights, tmp_path):
    model, X, y = two_weights
    rows = X[:40].assign(nr=np.where(np.arange(40) % 2, X["nr"][:40], -1))
    check_exported(model, rows)
    save(model, tmp_path / "panel.model")
    np.testing.assert_array_equal(load(tmp_path / "panel.model").predict(rows), model.predict(rows))
    result = model.explain(rows[:4], X, random_state=0)
    np.testing.assert_allclose(result.predictions, model.predict(rows[:4]))
    table = training_section(evaluate(model, X, y, "fit", 0)).parts[0]
    assert table.header[1:3] == ("weight", "weight if nr is unknown")
    assert [row[2] for row in table.rows] == [number(w, 2) for w in model.weights_unseen_.values()]


def test_unseen_and_missing_persons_are_the_same(split, fitted):
    X, _, new = split
    rows = X[new].astype({"nr": "Int64"})
    np.testing.assert_array_equal(fitted.predict(rows), fitted.predict(rows.assign(nr=pd.NA)))
    np.testing.assert_array_equal(
        fitted.predict_interval(rows), fitted.predict_interval(rows.assign(nr=-1))
    )


def test_pickles_and_files_keep_all_of_it(split, fitted, tmp_path):
    X, _, _ = split
    save(fitted, tmp_path / "panel.model")
    for copy in (pickle.loads(pickle.dumps(fitted)), load(tmp_path / "panel.model")):
        np.testing.assert_array_equal(fitted.predict(X), copy.predict(X))
        np.testing.assert_array_equal(fitted.predict_interval(X), copy.predict_interval(X))
        assert copy.oof_score_unseen_ == fitted.oof_score_unseen_
        assert copy.findings_ == fitted.findings_


def test_onnx_knows_no_new_person(split, fitted):
    X, y, new = split
    check_exported(fitted, X[new][:40], X[~new][:40])
    text = X.assign(person=("P" + X.pop("nr").astype(str)).where(X["x"] < 1))
    model = TabularMLPRegressor(cv=2, max_iter=4, random_state=0).fit(text[~new], y[~new])
    assert model.encoder_.columns_["person"]["indicator"]
    check_exported(model, text[new][:40], text[~new][:40])


def test_the_note_says_what_is_done(fitted):
    codes, entity, hidden = fitted.findings_
    assert (codes.case, entity.case) == ("codes", "entity")
    assert str(hidden) == (
        "The column nr names what rows belong to, such as persons, so training hid it in some "
        "rows. The model thus learns to predict rows of new ones without it. If its values are "
        "quantities, name it in numeric_features."
    )


def test_numbers_by_choice_are_not_hidden():
    X, y, _ = panel()
    model = TabularMLPRegressor(cv=2, max_iter=4, numeric_features=["nr"], random_state=0)
    assert not fitted_columns(model.fit(X, y).encoder_)["nr"].names_entity
    assert not hasattr(model, "oof_score_unseen_")


def test_a_column_of_categories_whose_rows_are_alike_is_hidden_too():
    X, y, _ = panel(effect=3.0)
    X["who"] = "P" + X.pop("nr").astype(str)
    hidden, shown = (
        TabularMLPRegressor(cv=2, max_iter=4, random_state=0, inspect_table=inspect).fit(X, y)
        for inspect in (True, False)
    )
    assert [note.case for note in hidden.findings_] == ["entity", "hidden"]
    assert shown.findings_ == []


@pytest.mark.parametrize("by", ["groups", "splitter"])
def test_folds_of_whole_groups_hide_them_where_they_are_held_out(by):
    X, y, person = panel(n_persons=80)
    X["nr"] = "P" + X["nr"].astype(str)
    folds = GroupKFold(4).split(X, groups=person)
    model = ensemble(inspect_table=False)
    if by == "groups":
        model.fit(X, y, groups=person)
    else:
        model.set_params(cv=list(folds)).fit(X, y)
    assert model.encoder_.columns_["nr"]["is_held_out"]
    assert not hasattr(model, "oof_score_unseen_")  # oof_score_ is that of new persons
    result = model.oof_importances(X, y, columns=["nr", "x"], n_repeats=1, random_state=0)
    assert result.importances_mean[0] == pytest.approx(0, abs=1e-6)
    assert result.importances_mean[1] > 0.1
    known = model.predict_interval(X[:9])
    assert (np.diff(model.predict_interval(X[:9].assign(nr="new"))) > 0.3 * np.diff(known)).all()


def test_a_column_that_folds_hold_out_by_value_names_no_person():
    X, y, person = panel()
    X["wave"] = np.array(["first", "second", "third"])[person % 3]
    folds = PredefinedSplit(person % 3)
    model = TabularMLPRegressor(cv=folds, max_iter=4, random_state=0).fit(X[["x", "wave"]], y)
    told = model.encoder_.columns_["wave"]
    assert told["is_held_out"]
    assert "names_entity" not in told
    words = "Folds hold out whole values of wave, so training hid it in some rows. "
    assert str(model.findings_[-1]).startswith(words)


PARTS = [TabularMLPRegressor(max_iter=4), HistGradientBoostingRegressor(**FEW), Ridge()]


@pytest.mark.parametrize("part", PARTS, ids=lambda each: type(each).__name__)
def test_out_of_fold_predictions_know_no_held_out_person(part):
    X, y, person = panel()
    X["nr"] = "P" + X["nr"].astype(str)
    model = TabularEnsembleRegressor([("part", part)], cv=3, inspect_table=False, random_state=0)
    unknown = model.fit(X, y, groups=person).member_predictions(X.assign(nr=None))
    for predicted, rows in zip(unknown, model.held_out_, strict=True):
        np.testing.assert_allclose(model.oof_prediction_[rows], predicted[rows], rtol=1e-5)


@pytest.fixture(scope="module")
def grouped():
    """Return a model of whole persons, some of whose targets are noisier, and its table."""
    X, y, person = panel(n_persons=80)
    X["nr"] = "P" + X["nr"].astype(str)
    noise = np.random.default_rng(1).normal(size=len(X))
    y = y + 3 * noise * (X["nr"] < "P2").to_numpy()
    return ensemble(inspect_table=False).fit(X, y, groups=person), X, y


def test_held_out_persons_are_no_reason_for_a_prediction(grouped):
    model, X, _ = grouped
    row = int(model.held_out_[1][0])
    reason = explain(model, X[row : row + 1], X, of_fit=row).parts["nr"]
    assert reason == pytest.approx(0, abs=1e-6)
    assert abs(explain(model, X[row : row + 1], X).parts["nr"]) > 1e-3  # all folds know the person


def test_held_out_persons_tell_no_size_of_errors(grouped):
    model, X, y = grouped
    fitted = fitted_table(model)
    blend, table = fitted.blend, fitted.encode(X)
    sizes, unknown = (
        blend.uncertainty.expected_errors(each, fitted.oof)
        for each in (table, table.without_entities())
    )
    np.testing.assert_array_equal(sizes, unknown)
    rows = np.arange(9)
    for rows_of, is_hidden in ("fit", True), ("new", False):
        table = evaluate(model, X, y, rows_of, 0).encode(rows)
        assert ((table.codes_of(table.layout.entities) < 0) == is_hidden).all()


def test_importances_permute_persons():
    X, y, _ = panel(effect=3.0)
    model = TabularMLPRegressor(cv=3, max_iter=24, random_state=0).fit(X, y)
    result = model.oof_importances(X, y, n_repeats=1, random_state=0)
    assert result.importances_mean.argmax() == 0


@settings(max_examples=10)
@given(st.integers(0, 10**6), st.integers(1, 3))
def test_a_seventh_of_the_rows_is_hidden(seed, n_entities):
    hidden = drawn_rows(20_000, n_entities, np.random.RandomState(seed))
    assert 0.14 < hidden.any(axis=1).mean() < 0.16
    in_all = hidden.all(axis=1).sum() / hidden.any(axis=1).sum()
    assert in_all == pytest.approx(0.5 + 0.5**n_entities, abs=0.05)


@settings(max_examples=6)
@given(st.integers(0, 10**6), st.booleans(), st.booleans())
def test_hidden_rows_are_those_of_a_missing_value(seed, with_text, with_products):
    X, y, person = panel(seed % 1000, n_persons=100, n_rows=4)
    X["who"] = person.astype(str)
    if with_products:
        X["product"] = [f"article {i % 100}" for i in range(len(X))]
    if with_text:
        X["review"] = table_of(["text"], len(X), seed)
        y = y + 2 * X["review"].str.contains("good")
    problem = problem_of(TabularMLPRegressor(cv=2, random_state=seed), X, y)
    problem = with_alike(problem, ["who"], X)
    data = problem.data
    inputs, supervised = InputsPlan(seed, None, None, {}).fit(data)
    rows = HidingRows(inputs, data.X, supervised, seed)
    shown, epochs = inputs.array(data.X, supervised), []
    for _ in range(6):
        rows.epoch_begin()
        epochs.append(rows.X.copy())
    first, second, *_, last = epochs
    assert len(inputs.supervised) == 1 + with_text
    missing, _ = encode_with(problem.encoder, X.assign(nr=np.nan, who=None))
    n_entities = len(data.X.layout.entities)
    every = np.ones((len(X), n_entities), dtype=bool)
    hidden = inputs.array(missing, inputs.hiding(data.X, supervised, every)[1])
    for entity in np.eye(n_entities, dtype=bool):
        alone = inputs.array(*inputs.hiding(data.X, supervised, every & entity))
        own = (alone != shown).any(axis=0)
        same = [(second[:, own] == each[:, own]).all(axis=1) for each in (shown, hidden)]
        assert (same[0] | same[1]).all()
    if with_text:  # words name no person
        words = inputs.supervised[1].transform(data.X)
        assert words.any()
        np.testing.assert_array_equal(hidden[:, -words.shape[1] :], words)
    differs = (first != shown).any(axis=1)
    assert 0.05 < differs.mean() < 0.3
    assert 0.05 < (last != shown).any(axis=1).mean() < 0.3  # what was hidden is shown again
    assert (differs != (second != shown).any(axis=1)).any()  # other rows in the next epoch


def test_values_of_one_row_are_held_out_by_no_folds():
    X, y, _ = panel()
    X["remark"] = pd.Series([f"only {i}" if i % 60 == 0 else None for i in range(len(X))])
    model = TabularMLPRegressor(cv=KFold(2), max_iter=4, inspect_table=False, random_state=0)
    model.set_params(categorical_features=["from_dtype", "remark"]).fit(X, y)
    assert not model.encoder_.columns_["remark"].get("is_held_out")


def test_known_persons_get_their_intervals_beside_a_column_that_folds_hold_out():
    X, y, _ = panel(effect=3.0)
    X["wave"] = [f"wave {i % 3}" for i in range(len(X))]
    settings = {"max_iter": 40, "inspect_table": False, "random_state": 0}
    model = TabularMLPRegressor(cv=PredefinedSplit(np.arange(len(X)) % 3), **settings).fit(X, y)
    assert model.encoder_.columns_["wave"]["is_held_out"]
    widths = [
        np.ptp(model.predict_interval(X.assign(wave=wave)), axis=1) for wave in ("wave 0", "next")
    ]
    np.testing.assert_allclose(*[each.mean() for each in widths], rtol=0.2)
    new = np.ptp(model.predict_interval(X.assign(nr=-1)), axis=1)
    assert new.mean() > 1.2 * widths[1].mean()


def test_facts_of_persons_name_no_person():
    X, _, person = panel(n_persons=100)
    X["income"] = np.random.default_rng(1).choice(90_000, 100, replace=False)[person]
    X["firm"] = CODES[person // 4]
    encoder = TabularEncoder().fit(X[["income", "firm", "nr"]])
    named = {name for name, each in encoder.columns_.items() if each.get("names_entity")}
    assert named == {"nr", "firm"}
    assert encoder.columns_["income"]["kind"] == "number"


def test_a_person_with_one_row_is_known():
    X, y, _ = panel(effect=3.0)
    X.loc[0, "nr"] = 5000
    model = TabularMLPRegressor(cv=3, max_iter=24, random_state=0).fit(X, y)
    once, new = (model.predict_interval(X[:1].assign(nr=nr)) for nr in (5000, 5001))
    assert np.diff(once) < np.diff(new)


@pytest.mark.parametrize("entities", [[], ["nr"], ["v"], ["nr", "v", "group"]])
def test_a_table_of_the_comparison_is_encoded_once(monkeypatch, entities):
    X, *_ = panel()
    X = X.assign(group=X["nr"] % 7, v=CODES[X["nr"] % 90])[["nr", "v", "group"]].astype("Int64")
    X.loc[:5, "nr"] = X.loc[3:9, "v"] = pd.NA
    X.loc[9, "nr"] = 5000  # once
    X, calls = X.astype("category"), []
    monkeypatch.setattr(preparation, "encode_with", lambda *g: calls.append(0) or encode_with(*g))
    encoder, encoded = encoding_hidden(entities)(TabularEncoder(), X, np.arange(len(X)))
    assert len(calls) == 1
    again, _ = encode_with(encoder, X)
    hidden = [name for name, each in encoded.layout.columns.items() if each.hidden is not None]
    assert hidden == entities
    np.testing.assert_array_equal(encoded.numbers, again.numbers)
    np.testing.assert_array_equal(encoded.codes, again.codes)


def test_a_fit_without_persons_has_no_score_for_new_ones():
    X, y, _ = panel()
    model = TabularMLPRegressor(cv=2, max_iter=2, random_state=0).fit(X, y)
    assert model.oof_score_unseen_
    assert not hasattr(model.fit(X[["x", "size"]], y), "oof_score_unseen_")


def test_a_column_that_is_known_in_training_rows_alone_names_nothing():
    X = pd.DataFrame({"x": np.arange(200.0), "campaign": [*"abc" * 20, *[None] * 140]})
    X["x"] = np.random.default_rng(0).permutation(X["x"])
    model = TabularMLPRegressor(cv=TimeSeriesSplit(2), max_iter=2, random_state=0)
    model.fit(X, X["x"])
    assert "hidden" not in {note.case for note in model.findings_}


@pytest.fixture(scope="module")
def unnamed():
    """Return a model of persons whose numbers have no telling name, its table and new rows."""
    X, y, person = panel(effect=3.0, n_persons=80)
    X = X.rename(columns={"nr": "v7"})
    kept = np.random.default_rng(1).random(len(X)) < (person % 4 + 1) / 4
    new = person >= 60
    known = kept & ~new
    model = ensemble().fit(X[known], y[known])
    return model, X[known], y[known], X[new]


def test_whole_numbers_whose_rows_are_alike_are_codes(unnamed):
    model, X, y, _ = unnamed
    told = model.encoder_.columns_["v7"]
    assert (told["kind"], told["why"], told["names_entity"]) == ("category", "code", True)
    assert told["reason"] == "rows of the same number are alike"
    words = "The column v7 may name what rows belong to, such as persons, so training hid it in"
    assert str(model.findings_[-1]).startswith(words)
    as_number = ensemble(numeric_features=["v7"]).fit(X, y)
    assert as_number.encoder_.columns_["v7"]["kind"] == "number"
    assert model.oof_score_ > as_number.oof_score_ + 0.2


@pytest.mark.parametrize("settings", [{"categorical_features": []}, {"inspect_table": False}])
def test_numbers_are_no_codes_where_nothing_is_guessed(unnamed, settings):
    _, X, y, _ = unnamed
    model = TabularMLPRegressor(cv=2, max_iter=2, random_state=0, **settings).fit(X, y)
    assert model.encoder_.columns_["v7"]["kind"] == "number"
    assert (
        model.set_params(inspect_table=True).fit(X.to_numpy(), y).encoder_.columns_["x0"]["kind"]
        == "number"
    )


def test_training_hides_the_categories_of_codes_alone(unnamed):
    model, _, _, new = unnamed
    table, _ = encode_with(model.encoder_, new)
    hidden, number = table.without_entities(), table.layout.columns["v7"].numbers
    assert len(np.unique(table.numbers[:, number[""]])) == 20
    np.testing.assert_array_equal(hidden.numbers[:, number[""]], table.numbers[:, number[""]])
    assert (hidden.numbers[:, number["_frequency"]] == 0).all()
    assert (hidden.codes == -1).all()


def test_files_and_onnx_keep_the_number_of_new_codes(unnamed, tmp_path):
    model, X, _, new = unnamed
    save(model, tmp_path / "codes.model")
    for copy in (pickle.loads(pickle.dumps(model)), load(tmp_path / "codes.model")):
        np.testing.assert_array_equal(copy.predict(new), model.predict(new))
    check_exported(model, new[:40], X[:40])
    assert len(np.unique(model.predict(new.assign(x=0.0, size=0.0)))) > 9


def test_quantities_that_repeat_evenly_cost_nothing():
    rng = np.random.default_rng(0)
    value = rng.permutation(np.repeat(np.arange(36), 4))
    X = pd.DataFrame({"distance": CODES[value], "x": rng.normal(size=len(value))})
    y, new = (X["distance"] / 20 + X["x"]).to_numpy(), value % 3 == 1
    guessed, by_choice = (
        error(ensemble(**reading).fit(X[~new], y[~new]), X[new], y[new])
        for reading in ({}, {"numeric_features": ["distance"]})
    )
    assert guessed == pytest.approx(by_choice, rel=0.05)


def test_few_zip_codes_are_numbers_too():
    """New places are like their neighbours."""
    zips = 10_000 + 977 * np.arange(30)
    encoder = TabularEncoder().fit(pd.DataFrame({"zip": np.repeat(zips, 4)}))
    encoded, _ = encode_with(encoder, pd.DataFrame({"zip": zips + 1}))
    assert (np.diff(encoded.numbers[:, encoded.layout.columns["zip"].numbers[""]]) > 0).all()
    assert {"zip", "zip_10000", "zip_frequency"} <= {*encoder.get_feature_names_out()}
