"""Ensembles of networks and other estimators."""

import pickle
import time
import warnings
from copy import copy

import numpy as np
import pandas as pd
import pytest
import sklearn.ensemble
from all_parts import all_parts
from sklearn.base import BaseEstimator, ClassifierMixin, clone, is_classifier
from sklearn.callback import ProgressBar
from sklearn.cluster import KMeans
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
)
from sklearn.exceptions import DataConversionWarning, FitFailedWarning, NotFittedError
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import (
    accuracy_score,
    log_loss,
    mean_squared_error,
    r2_score,
    roc_auc_score,
    root_mean_squared_error,
)
from sklearn.model_selection import (
    GridSearchCV,
    GroupKFold,
    KFold,
    PredefinedSplit,
    TimeSeriesSplit,
)
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks
from sklearn.utils.validation import check_is_fitted

from scratchmlp.batches import Data
from scratchmlp.tabular import (
    TabularEncoder,
    TabularEnsembleClassifier,
    TabularEnsembleRegressor,
    TabularMLPClassifier,
    TabularMLPRegressor,
)
from scratchmlp.tabular.columns.encoded_table import fill_empty_columns
from scratchmlp.tabular.ensemble import blending, ensemble
from scratchmlp.tabular.ensemble.blending import select_weights, without_negligible
from scratchmlp.tabular.ensemble.default_estimators import default_estimators
from scratchmlp.tabular.scoring import log_loss as blend_log_loss
from scratchmlp.tabular.scoring import negative_score, squared_error

ROWS = "numbers are scaled by quantiles of rows, and repeated rows change what trees draw at random"
NETWORKS = ("networks", TabularMLPClassifier(max_iter=16))
TREES = ("trees", ExtraTreesClassifier(10))
BOOSTING = ("boosting", HistGradientBoostingClassifier(max_iter=10))
SHORT = [NETWORKS, BOOSTING, TREES]
SHORT_NUMBERS = [
    ("networks", TabularMLPRegressor(max_iter=16)),
    ("boosting", HistGradientBoostingRegressor(max_iter=10)),
    ("trees", ExtraTreesRegressor(10)),
]


@pytest.mark.filterwarnings("ignore:y has one class")
@parametrize_with_checks(
    [
        TabularEnsembleClassifier([NETWORKS, TREES], cv=3),
        TabularEnsembleRegressor([SHORT_NUMBERS[0], SHORT_NUMBERS[2]], cv=3),
    ],
    expected_failed_checks=lambda estimator: {
        "check_sample_weight_equivalence_on_dense_data": ROWS
    },
    xfail_strict=False,  # rounding is not the same everywhere
)
def test_scikit_learn_check(estimator, check):
    check(estimator)


def table(n=150, seed=0):
    """Numbers with missing values, a category, a class and a number that depend on them."""
    rng = np.random.default_rng(seed)
    age, city = rng.uniform(20, 60, n), rng.choice(["Rome", "Oslo", "Paris"], n)
    X = pd.DataFrame({"age": age, "city": city, "noise": rng.normal(size=n)})
    number = (age - 40) / 10 + 2 * (city == "Oslo")
    X.loc[::9, "age"] = np.nan
    return X, np.where(number > 0.5, "yes", "no"), number


@pytest.fixture(scope="module")
def classifier():
    X, y, _ = table()
    return TabularEnsembleClassifier(SHORT, cv=3, random_state=0).fit(X, y)


@pytest.fixture(scope="module")
def regressor():
    X, _, y = table()
    return TabularEnsembleRegressor(SHORT_NUMBERS, cv=3, random_state=0).fit(X, y)


def test_it_learns_from_a_raw_table(classifier, regressor):
    X, y, number = table(seed=1)
    assert classifier.score(X, y) > 0.8
    assert regressor.score(X, number) > 0.8


def test_fitted_attributes(classifier, regressor):
    _, y, number = table()
    for model in (classifier, regressor):
        assert list(model.oof_scores_) == ["networks", "boosting", "trees"]
        assert sum(model.weights_.values()) == pytest.approx(1)
        assert list(model.weights_) == list(model.named_estimators_) == ["networks", "trees"]
        assert model.named_estimators_.networks.encoder_ is model.encoder_
        assert len(model.named_estimators_.trees) == 3
        assert model.feature_names_in_.tolist() == ["age", "city", "noise"]
    predicted = classifier.classes_[classifier.oof_proba_.argmax(axis=1)]
    assert classifier.oof_score_ == accuracy_score(y, predicted)
    assert regressor.oof_score_ == pytest.approx(r2_score(number, regressor.oof_prediction_))


@pytest.mark.parametrize("name", ["classes_", "temperature_", "floor_"])
@pytest.mark.parametrize("estimator", [TabularMLPClassifier(), TabularEnsembleClassifier()])
def test_attributes_of_an_estimator_that_is_not_fitted(estimator, name):
    assert not hasattr(estimator, name)
    with pytest.raises(NotFittedError, match="is not fitted yet"):
        getattr(estimator, name)


def test_the_weighted_loss_is_not_above_that_of_any_estimator_but_for_the_prior(monkeypatch):
    monkeypatch.setattr(blending, "_PRIOR", 0)
    X, y, _ = table()
    model = TabularEnsembleClassifier(SHORT, cv=3, random_state=0).fit(X, y)
    blend = log_loss(y, model.oof_proba_)
    networks = TabularMLPClassifier(cv=3, max_iter=16, random_state=0).fit(X, y)
    assert model.weights_["networks"] < 1
    assert blend <= log_loss(y, networks.oof_proba_) + 1e-6


def test_networks_are_those_of_the_estimator_of_networks(classifier):
    X, y, _ = table()
    alone = TabularMLPClassifier(cv=3, max_iter=16, random_state=0).fit(X, y)
    networks = classifier.named_estimators_.networks
    np.testing.assert_array_equal(networks.predict_proba(X), alone.predict_proba(X))
    assert networks.get_params() == alone.get_params()
    assert classifier.oof_scores_["networks"] == alone.oof_score_
    np.testing.assert_allclose(classifier.only("networks").predict_proba(X), alone.predict_proba(X))


@pytest.mark.parametrize("loss", ["squared_error", "poisson"])
def test_terms_of_text_are_selected_once_for_the_same_targets(loss):
    rng = np.random.default_rng(0)
    words = rng.choice([f"word{i}" for i in range(40)], (120, 6))
    X, y = pd.DataFrame({"t": [" ".join(row) for row in words]}), 1 + (words == "word0").sum(axis=1)
    settings = {"cv": 3, "random_state": 0, "text_features": ["t"]}
    networks = TabularMLPRegressor(max_iter=2, loss=loss)
    both = [("networks", networks), SHORT_NUMBERS[1]]
    ensemble = TabularEnsembleRegressor(both, **settings).fit(X, y)
    alone = clone(networks).set_params(**settings).fit(X, y)
    predicted = ensemble.named_estimators_["networks"].predict(X)
    np.testing.assert_array_equal(predicted, alone.predict(X))
    fitted, boosting = (ensemble._parts[name].fitted for name, _ in both)
    for member, model in zip(fitted.members_, boosting, strict=True):
        [terms], [others] = member.inputs.supervised, model.inputs.supervised
        assert terms.selected[0].size
        assert (terms.selected is others.selected) == (loss == "squared_error")


def test_folds_are_the_same_for_all_estimators():
    X, y, _ = table()
    fold = np.arange(len(y)) % 3
    model = TabularEnsembleClassifier(SHORT, cv=PredefinedSplit(fold), random_state=0).fit(X, y)
    members = model.member_predictions(X)
    assert members.shape == (3, 150, 2)
    product = members.prod(axis=0) ** (1 / 3)
    geometric_mean = product / product.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(model.predict_proba(X), geometric_mean)
    trees = model.only("trees")
    members = trees.member_predictions(X)
    np.testing.assert_allclose(trees.predict_proba(X), members.mean(axis=0))
    alone = members[fold, np.arange(len(y))]
    predicted = model.classes_[alone.argmax(axis=1)]
    assert model.oof_scores_["trees"] == accuracy_score(y, predicted)


def test_the_prediction_of_numbers_is_the_mean_of_the_members(regressor):
    X, _, _ = table(seed=1)
    members = regressor.member_predictions(X)
    np.testing.assert_allclose(members.mean(axis=0), regressor.predict(X))


@pytest.mark.parametrize("is_class", [True, False])
@pytest.mark.parametrize("kind", ["ExtraTrees", "RandomForest"])
def test_forests_predict_few_rows_as_they_predict_many(kind, is_class):
    X, y, number = table()
    forest = getattr(sklearn.ensemble, f"{kind}{'Classifier' if is_class else 'Regressor'}")(7)
    Ensemble = TabularEnsembleClassifier if is_class else TabularEnsembleRegressor
    model = Ensemble([("forest", forest)], cv=2, random_state=0).fit(X, y if is_class else number)
    predict = model.predict_proba if is_class else model.predict
    many = predict(pd.concat([X] * 2))
    np.testing.assert_array_equal(many[:63], predict(X[:63]))
    np.testing.assert_array_equal(many[:1], predict(X[:1]))


def test_estimators_of_weight_0_have_no_mean():
    X, y, _ = table()
    named = [NETWORKS, BOOSTING, ("trees", ExtraTreesClassifier(5))]
    with all_parts():
        model = TabularEnsembleClassifier(named, cv=2, random_state=0).fit(X, y)
    model.weights_ = {"networks": 1.0, "boosting": 0.0, "trees": 0.0}  # as in files of version 0
    with pytest.raises(ValueError, match=r"'boosting', 'trees' are 0, so they have no mean"):
        model.only("boosting", "trees")
    assert model.only("trees").weights_ == {"trees": 1.0}


def test_one_split_tells_whether_an_estimator_alone_is_as_good():
    X, y, _ = table()
    split = [(np.arange(100), np.arange(100, 150))]
    model = TabularEnsembleClassifier([TREES], cv=split, random_state=0).fit(X, y)
    assert set(model.leaderboard()["as_good"]) <= {True, False}


def test_only_names_an_estimator(classifier):
    with pytest.raises(ValueError, match=r"must be one of 'networks', 'trees'; got 'forest'\.$"):
        classifier.only("forest")
    with pytest.raises(ValueError, match=r"got 'boosting'\. Its weight is 0"):
        classifier.only("trees", "boosting")
    trees = classifier.only("trees")
    assert (trees.temperature_, trees.floor_) == (1, 0)
    assert trees.oof_score_ == classifier.oof_scores_["trees"]
    assert not hasattr(trees, "oof_proba_")
    assert classifier.weights_["networks"] > 0  # unchanged


@pytest.fixture(scope="module")
def whole():
    """An ensemble in which all estimators have a weight."""
    X, y, _ = table()
    with all_parts():
        return TabularEnsembleClassifier(SHORT, cv=3, random_state=0).fit(X, y)


def test_several_estimators_of_an_ensemble(whole):
    X, _, _ = table(seed=1)
    two = whole.only("trees", "networks")
    assert two.weights_ == {"networks": 0.5, "trees": 0.5}
    assert list(two.named_estimators_) == list(two.oof_scores_) == ["networks", "trees"]
    parts = [whole.only(name).member_predictions(X) for name in two.weights_]
    blend = np.log(np.mean(parts, axis=0))
    members = [whole._calibration.probabilities(each) for each in blend]
    np.testing.assert_allclose(two.member_predictions(X), members)
    assert np.isnan([two.oof_score_, two.oof_loss_]).all()
    assert not hasattr(two, "oof_proba_")
    size = len(pickle.dumps(whole.named_estimators_.boosting))
    assert len(pickle.dumps(two)) < len(pickle.dumps(whole)) - size
    y = table()[1]
    assert two.oof_importances(table()[0], y, n_repeats=1).importances_mean.shape == (3,)


def test_sets_of_several_estimators_are_those_of_the_worst(whole):
    two = whole.only("networks", "boosting")
    worst = max(two.weights_, key=lambda name: whole._parts[name].scores.scores.mean())
    assert two._held_out_scores is whole._parts[worst].scores


def test_all_estimators_of_an_ensemble_are_the_ensemble(whole):
    X, _, _ = table()
    found = whole.only(*whole.weights_)
    np.testing.assert_array_equal(found.predict_proba(X), whole.predict_proba(X))
    np.testing.assert_array_equal(found.predict_set(X), whole.predict_set(X))
    assert found.oof_proba_ is whole.oof_proba_
    old = copy(whole)  # earlier versions kept estimators of weight 0
    old.weights_ = {"networks": 0.5, "boosting": 0.0, "trees": 0.5}
    found = old.only("networks", "trees")
    np.testing.assert_array_equal(found.predict_proba(X), old.predict_proba(X))
    assert found.oof_score_ == old.oof_score_
    assert old.only("boosting").weights_ == {"boosting": 1}


def test_an_estimator_of_weight_0_is_dropped_and_nothing_else_changes(classifier):
    X, y, _ = table()
    assert classifier.dropped_ == {
        "boosting": "Its weight is 0: it does not lower the loss of the others."
    }
    without = [TREES, NETWORKS]  # the estimators before it have the same random states
    without = TabularEnsembleClassifier(without, cv=3, random_state=0).fit(X, y)
    with_it = TabularEnsembleClassifier([TREES, NETWORKS, BOOSTING], cv=3, random_state=0).fit(X, y)
    assert with_it.dropped_.keys() == {"boosting"}
    assert without.weights_ == with_it.weights_
    for name in ("oof_proba_", "oof_score_", "temperature_", "floor_"):
        np.testing.assert_array_equal(getattr(with_it, name), getattr(without, name))
    np.testing.assert_array_equal(with_it.predict_proba(X), without.predict_proba(X))
    np.testing.assert_array_equal(with_it.predict_set(X), without.predict_set(X))


def test_out_of_fold_predictions_are_kept_once(classifier):
    assert not hasattr(classifier.named_estimators_.networks, "oof_proba_")
    assert classifier.named_estimators_.networks.oof_score_ == classifier.oof_scores_["networks"]


def test_a_dropped_estimator_can_be_what_was_hardly_needed():
    y = np.arange(1000.0)
    loss, none = squared_error(y, None), np.zeros(3, bool)
    good, like_it, bad = y + 1, y + 1.0001, y - 2
    weights = np.array([0.6, 0.1, 0.3])
    found = without_negligible(weights, [good, like_it, bad], loss, none)
    np.testing.assert_allclose(found, [6 / 9, 0, 3 / 9])
    needed = np.array([False, True, False])
    found = without_negligible(weights, [good, like_it, bad], loss, needed)
    np.testing.assert_array_equal(found, weights)
    found = without_negligible(weights, [good, good, good], loss, none)  # the largest is kept
    np.testing.assert_array_equal(found, [1, 0, 0])


@pytest.mark.parametrize("scoring", [None, "roc_auc"])
def test_leaderboard(scoring):
    X, y, _ = table()
    model = TabularEnsembleClassifier(SHORT, cv=3, scoring=scoring, random_state=0).fit(X, y)
    board = model.leaderboard()
    whole, parts = board.iloc[0], board.iloc[1:]
    assert board.index.tolist() == ["TabularEnsembleClassifier", "networks", "boosting", "trees"]
    assert parts["weight"].to_dict() == {"boosting": 0, "trees": 0} | model.weights_
    assert parts["score"].to_dict() == model.oof_scores_
    assert whole["score"] == model.oof_score_
    metric = log_loss if scoring is None else lambda y, proba: -roc_auc_score(y, proba[:, 1])
    assert whole["loss"] == model.oof_loss_ == pytest.approx(metric(y, model.oof_proba_))
    alone = TabularMLPClassifier(cv=3, max_iter=16, random_state=0).fit(X, y)
    assert parts["loss"]["networks"] == pytest.approx(metric(y, alone.oof_proba_))
    losses = [
        [log_loss(y[rows], each.oof_proba_[rows]) for rows in model.held_out_]
        for each in (alone, model)
    ]
    gain = np.subtract(*losses)
    assert parts["as_good"]["networks"] == (gain.mean() <= gain.std(ddof=1) / np.sqrt(3))
    assert (parts["seconds"] > 0).all()
    assert whole["seconds"] == pytest.approx(parts["seconds"].sum())
    assert ((parts["bytes"] == 0) == (parts["weight"] == 0)).all()
    assert whole["bytes"] == parts["bytes"].sum()


def test_the_loss_of_a_leaderboard_is_in_units_of_the_target():
    X, _, y = table()
    model = TabularEnsembleRegressor(SHORT_NUMBERS[::2], cv=3, random_state=0).fit(X, 100 * y)
    expected = root_mean_squared_error(100 * y, model.oof_prediction_)
    assert model.oof_loss_ == pytest.approx(expected, rel=1e-5)
    model.fit(X, np.c_[100 * y, y])
    scaled = model.oof_prediction_ / [100, 1] / y.std(), np.c_[y, y] / y.std()
    expected = mean_squared_error(*scaled) ** 0.5
    assert model.oof_loss_ == pytest.approx(expected, rel=1e-5)
    board = model.only("networks").leaderboard()
    assert board.iloc[0]["loss"] == board.iloc[1]["loss"]


def test_the_same_for_any_number_of_jobs_and_in_another_process(classifier):
    X, y, _ = table()
    two = TabularEnsembleClassifier(SHORT, cv=3, n_jobs=2, random_state=0).fit(X, y)
    expected = classifier.predict_proba(X)
    np.testing.assert_array_equal(two.predict_proba(X), expected)
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(classifier)).predict_proba(X), expected)


@pytest.mark.parametrize(
    ("X", "y", "cv", "arguments"),
    [
        pytest.param(*table()[:2], GroupKFold(3), {"groups": np.arange(150) // 5}, id="groups"),
        pytest.param(*table()[:2], 3, {"groups": np.arange(150) // 5}, id="groups, int"),
        pytest.param(*table()[:2], TimeSeriesSplit(3), {}, id="time"),
        pytest.param(*table()[:2], 3, {"sample_weight": np.arange(150) % 3}, id="weights"),
    ],
)
def test_folds_and_weights(X, y, cv, arguments):
    model = TabularEnsembleClassifier(SHORT, cv=cv, random_state=0).fit(X, y, **arguments)
    seen = np.isfinite(model.oof_proba_[:, 0])
    assert seen.any()
    assert np.isfinite(model.predict_proba(X)).all()
    if "sample_weight" in arguments:
        assert (seen == (arguments["sample_weight"] > 0)).all()
        assert model.oof_scores_.keys() == {"networks", "boosting", "trees"}


def test_class_weights_raise_the_probability_of_a_class():
    X, y, _ = table()
    plain, weighted = (
        TabularEnsembleClassifier(SHORT, cv=3, class_weight=weight, random_state=0).fit(X, y)
        for weight in (None, {"yes": 10, "no": 1})
    )
    assert weighted.predict_proba(X)[:, 1].mean() > plain.predict_proba(X)[:, 1].mean() + 0.05


def test_several_targets_leave_out_what_predicts_one():
    X, _, y = table()
    model = TabularEnsembleRegressor(SHORT_NUMBERS, cv=3, random_state=0)
    with pytest.warns(FitFailedWarning, match="boosting is left out of the ensemble: ValueError"):
        model.fit(X, np.c_[y, -y])
    assert list(model.weights_) == ["networks", "trees"]
    assert model.errors_["boosting"].startswith("ValueError: ")
    assert model.predict(X).shape == (150, 2)


class Fails(ClassifierMixin, BaseEstimator):
    """An estimator that cannot be fitted."""

    def fit(self, X, y):
        raise ZeroDivisionError("no wonder")


class Infinite(ClassifierMixin, BaseEstimator):
    """An estimator whose probabilities are nan."""

    def fit(self, X, y, sample_weight=None):
        self.classes_ = np.unique(y)
        return self

    def predict_proba(self, X):
        return np.full((len(X), len(self.classes_)), np.nan)


@pytest.mark.parametrize(
    ("estimator", "match"),
    [(Fails(), "odd is left out of the ensemble: ZeroDivisionError: no wonder"),
     (Infinite(), "odd is left out .* not finite")],
)  # fmt: skip
def test_an_estimator_that_fails_is_left_out(estimator, match):
    X, y, _ = table()
    model = TabularEnsembleClassifier([TREES, ("odd", estimator)], cv=3, random_state=0)
    with pytest.warns(FitFailedWarning, match=match):
        model.fit(X, y)
    assert list(model.named_estimators_) == ["trees"]
    assert model.weights_ == {"trees": 1}


def test_if_all_fail_the_first_error_is_raised_and_nothing_changes():
    X, y, _ = table()
    model = TabularEnsembleClassifier([TREES], cv=3, random_state=0).fit(X, y)
    before = vars(model).copy()
    model.set_params(estimators=[("odd", Fails())])
    with pytest.warns(FitFailedWarning), pytest.raises(ZeroDivisionError):
        model.fit(X, y)
    assert {**vars(model), "estimators": before["estimators"]} == before


def test_weights_need_an_estimator_that_takes_them():
    X, y, _ = table()
    estimators = [TREES, ("neighbours", KNeighborsClassifier())]
    model = TabularEnsembleClassifier(estimators, cv=3, random_state=0)
    assert "neighbours" in model.fit(X, y, sample_weight=np.full(150, 3.0)).weights_
    with pytest.warns(FitFailedWarning, match="neighbours is left .* takes no sample_weight"):
        model.fit(X, y, sample_weight=np.arange(150))


def test_classes_that_a_fold_lacks_have_the_least_probability():
    X, y, _ = table()
    y[0] = "a"
    model = TabularEnsembleClassifier([TREES, NETWORKS], cv=PredefinedSplit(np.arange(150) % 3))
    model.set_params(random_state=0).fit(X, y)
    without = model.named_estimators_.trees[0]
    assert without.classes_.tolist() == [1, 2]
    members = model.only("trees").member_predictions(X)
    assert 0 < members[0, :, 0].max() < 0.05 < members[1:, :, 0].max()
    proba = model._parts["trees"].fitted[0].predict(model._encode(X))
    assert proba.min() == pytest.approx(1 / (100 * 3), rel=0.05)  # by 100 rows and 3 classes


@pytest.mark.filterwarnings("ignore:y has one class")
@pytest.mark.parametrize(
    ("n_others", "settings", "weight"),
    [
        (0, {}, None),
        (1, {}, None),  # one fold trains without it
        (75, {"class_weight": {"yes": 1, "no": 0}}, None),
        (75, {}, [0.0] * 75 + [1.0] * 75),
    ],
)
def test_no_estimator_is_left_out_if_only_one_class_is_learned_from(n_others, settings, weight):
    X, _, _ = table()
    y = np.array(["no"] * n_others + ["yes"] * (150 - n_others))
    model = TabularEnsembleClassifier([BOOSTING, TREES], cv=3, random_state=0, **settings)
    model.fit(X, y, sample_weight=weight)  # FitFailedWarning would be an error
    assert model.errors_ == {}
    for name in model.weights_:
        proba = model.only(name).predict_proba(X)
        np.testing.assert_allclose(proba.sum(axis=1), 1)
        assert (proba[:, -1] > 0.5).all() or n_others == 1


def test_estimators_without_missing_values_get_the_encoded_table():
    X, y, _ = table()
    pipeline = make_pipeline(StandardScaler(), LogisticRegression())
    model = TabularEnsembleClassifier([("linear", pipeline), TREES], cv=3, random_state=0)
    model.fit(X, y)
    n_outputs = len(model.encoder_.get_feature_names_out())
    linear, trees = model.named_estimators_.linear[0], model.named_estimators_.trees[0]
    assert linear.n_features_in_ == n_outputs == 6  # age, missing, 3 cities, noise
    assert trees.n_features_in_ == 4  # one code instead of three cities
    assert model.score(X, y) > 0.8


def test_trees_see_missing_values():
    X, y, _ = table()
    model = TabularEnsembleClassifier([TREES], cv=3, random_state=0).fit(X, y)
    values = model.encoder_._encode(X)[0].numbers_and_codes()
    assert (np.isnan(values[:, 0]) == X["age"].isna()).all()
    assert set(values[:, -1]) == {0, 1, 2}


def four_estimators():
    return [
        TabularMLPClassifier(max_iter=8, cv=2, random_state=0),
        TabularMLPRegressor(max_iter=8, cv=2, random_state=0),
        TabularEnsembleClassifier(SHORT, cv=2, random_state=0),
        TabularEnsembleRegressor(SHORT_NUMBERS, cv=2, random_state=0),
    ]


def targets_of(estimator, numbers):
    return (
        np.where(numbers > np.median(numbers), "yes", "no") if is_classifier(estimator) else numbers
    )


@pytest.mark.parametrize("cv", [KFold(5), TimeSeriesSplit(3)], ids=str)
@pytest.mark.parametrize("estimator", four_estimators(), ids=lambda each: type(each).__name__)
def test_a_column_may_have_no_value_in_the_training_rows_of_a_fold(estimator, cv):
    rng = np.random.default_rng(0)
    late = np.where(np.arange(60) >= 50, rng.normal(size=60), np.nan)
    X, numbers = pd.DataFrame({"x": rng.normal(size=60), "late": late}), rng.normal(size=60)
    y = targets_of(estimator, numbers + X["x"])
    estimator = clone(estimator).set_params(cv=cv).fit(X, y)
    assert getattr(estimator, "errors_", {}) == {}
    uncertainty = estimator.predict_set if is_classifier(estimator) else estimator.predict_interval
    assert np.isfinite(uncertainty(X, 0.5)).all()


def test_trees_do_not_depend_on_a_column_that_had_no_value_in_their_rows():
    X, y, _ = table()
    X["age"] = X["age"].where(np.arange(len(X)) % 2 == 0)
    folds = PredefinedSplit(np.arange(len(X)) % 2)
    model = TabularEnsembleClassifier([BOOSTING, TREES], cv=folds, random_state=0).fit(X, y)
    known, unknown = model.member_predictions(X.assign(age=1.0)), model.member_predictions(X)
    np.testing.assert_array_equal(known[0], unknown[0])  # this member held out the even rows
    assert (known[1] != unknown[1]).any()


@pytest.mark.parametrize(
    ("n_known", "weight", "filled"),
    [
        (0, None, True),
        (1, None, True),  # of 20,000 rows
        (3, None, False),
        (3, "zero where known", True),
        (3, "one where known", False),
    ],
)
def test_columns_that_are_filled_for_trees(n_known, weight, filled):
    X = np.full((20_000, 2), np.nan, np.float32)
    X[:10_000, 0] = X[:n_known, 1] = 5
    is_known = np.arange(len(X)) < n_known
    given = {"zero where known": 1.0 - is_known, "one where known": 1.0 * is_known}.get(weight)
    found = fill_empty_columns(X, given)
    assert np.isnan(found[n_known:, 1]).all() != filled
    assert (found[n_known:, 1] == 0).all() == filled
    if weight != "one where known":
        np.testing.assert_array_equal(found[:, 0], X[:, 0])
    np.testing.assert_array_equal(found[~np.isnan(X)], X[~np.isnan(X)])


@pytest.mark.parametrize("estimator", four_estimators(), ids=lambda each: type(each).__name__)
def test_a_second_fit_in_another_thread_does_not_mix_with_predictions(estimator, monkeypatch):
    X, _, numbers = table()
    first, second = (targets_of(estimator, each) for each in (numbers, 5 - numbers))
    estimator = clone(estimator).fit(X, second)
    method = "predict_proba" if is_classifier(estimator) else "predict"
    of_second = getattr(estimator, method)(X)
    of_first = getattr(estimator.fit(X, first), method)(X)
    assert (of_first != of_second).any()
    during_fit, Estimator = [], type(estimator)
    predict_one, keep_scores = Estimator._member_prediction, Estimator._keep_uncertainty

    def fit_meanwhile(self, number, encoded):
        monkeypatch.undo()
        monkeypatch.setattr(Estimator, "_keep_uncertainty", predict_meanwhile)
        estimator.fit(X, second)
        return predict_one(self, number, encoded)

    def predict_meanwhile(self, *arguments):
        during_fit.append(getattr(estimator, method)(X))
        keep_scores(self, *arguments)

    monkeypatch.setattr(Estimator, "_member_prediction", fit_meanwhile)
    np.testing.assert_array_equal(getattr(estimator, method)(X), of_first)
    np.testing.assert_array_equal(during_fit[0], of_first)
    np.testing.assert_array_equal(getattr(estimator, method)(X), of_second)


@pytest.mark.parametrize("scoring", ["roc_auc", "accuracy", "neg_log_loss", "f1_macro"])
def test_weights_for_a_metric(scoring):
    X, y, _ = table()
    model = TabularEnsembleClassifier(SHORT, cv=3, scoring=scoring, random_state=0).fit(X, y)
    assert sum(model.weights_.values()) == pytest.approx(1)
    regressor = TabularEnsembleRegressor(
        SHORT_NUMBERS, cv=3, scoring="neg_mean_absolute_error", random_state=0
    )
    assert sum(regressor.fit(X, table()[2]).weights_.values()) == pytest.approx(1)


def test_a_scorer_judges_predictions():
    rng = np.random.default_rng(0)
    y, classes = np.array(["a", "b"])[rng.integers(2, size=50)], np.array(["a", "b"])
    proba = rng.dirichlet([1, 1], size=50)
    auc = negative_score("roc_auc", y, None, classes)
    assert auc(proba) == -roc_auc_score(y, proba[:, 1])
    number = rng.normal(size=50)
    r2 = negative_score("r2", number, np.arange(50.0), None)
    assert r2(number + 1) == -r2_score(number, number + 1, sample_weight=np.arange(50))


@pytest.mark.parametrize("classes", [None, np.array(["a", "b"])])
def test_a_scorer_may_check_that_its_model_is_fitted(classes):
    def scorer(model, X, y):
        check_is_fitted(model)
        return 2.0

    assert negative_score(scorer, np.zeros(3), None, classes)(np.zeros((3, 2))) == -2


def test_losses_of_weights_are_scikit_learn_s():
    rng = np.random.default_rng(0)
    y, proba, weight = rng.integers(3, size=50), rng.dirichlet([1, 1, 1], size=50), rng.random(50)
    expected = log_loss(y, proba, sample_weight=weight)
    assert blend_log_loss(y, weight)(proba) == pytest.approx(expected)
    Y = rng.normal(size=(50, 2))
    prediction = rng.normal(size=(50, 2))
    expected = mean_squared_error(Y, prediction, sample_weight=weight)
    assert squared_error(Y, weight)(prediction) == pytest.approx(expected)
    assert squared_error(Y, weight, 2.0)(prediction) == pytest.approx(expected / 4)


def test_few_rows_keep_the_prior_and_many_do_not():
    y = np.zeros(100_000)
    bad, good, prior = y + 1, y, np.array([1.0, 0.0])
    for n, least in ((40, 0.9), (400, 0.5), (100_000, 0.0)):
        weights = select_weights([bad[:n], good[:n]], squared_error(y[:n], None), prior)
        assert weights[0] == pytest.approx(least, abs=0.01)


def test_a_score_that_is_nan_rules_out_an_estimator():
    good, bad = np.zeros(1000), np.full(1000, 1e9)
    prior = np.array([1.0, 0.0])

    def loss(prediction):
        return np.nan if prediction.max() > 0 else 1.0

    for order in (slice(None), slice(None, None, -1)):
        weights = select_weights([good, bad][order], loss, prior[order])
        np.testing.assert_array_equal(weights, prior[order])
    with pytest.raises(ValueError, match="score of predictions must be a number; got nan"):
        select_weights([bad, bad], loss, prior)


CONSTANTS = [
    ("low", DummyClassifier(strategy="constant", constant=0)),
    ("high", DummyClassifier(strategy="constant", constant=1)),
]
LOWEST_AND_HIGHEST = [
    ("low", DummyRegressor(strategy="constant", constant=-1e3)),
    ("high", DummyRegressor(strategy="constant", constant=1e3)),
]


@pytest.mark.parametrize(
    "model",
    [
        TabularEnsembleClassifier(CONSTANTS),
        TabularEnsembleClassifier(CONSTANTS, scoring="neg_log_loss"),
        TabularEnsembleRegressor(LOWEST_AND_HIGHEST),
        TabularEnsembleRegressor(LOWEST_AND_HIGHEST, scoring="neg_mean_absolute_error"),
    ],
)
@pytest.mark.parametrize("better", ["low", "high"])
def test_an_estimator_that_predicts_rows_of_large_weight_better_has_more_weight(model, better):
    X, y = np.random.default_rng(0).normal(size=(60, 1)), np.arange(60) % 2
    weight = np.where(y == (better == "high"), 9.0, 1.0)
    model = clone(model).set_params(cv=2, random_state=0).fit(X, y, sample_weight=weight)
    assert model.weights_[better] > 0.55


class Recorder(ClassifierMixin, BaseEstimator):
    """An estimator that stops early, and keeps what it is fitted with."""

    early_stopping = True

    def fit(self, X, y, sample_weight=None, X_val=None, y_val=None, sample_weight_val=None):
        self.classes_ = np.unique(y)
        self.training_, self.validation_ = (X, y, sample_weight), (X_val, y_val, sample_weight_val)
        return self

    def predict_proba(self, X):
        return np.full((len(X), len(self.classes_)), 1 / len(self.classes_))


def test_weights_reach_training_and_validation_rows():
    X, y, _ = table()
    row = np.random.default_rng(0).permutation(150) + 1.0
    model = TabularEnsembleClassifier([("recorder", Recorder())], cv=3, random_state=0)
    model.fit(X.assign(row=row), y, sample_weight=row)
    for each, held_out in zip(model.named_estimators_["recorder"], model.held_out_, strict=True):
        training = np.delete(np.arange(150), held_out)
        for found, rows in ((each.training_, training), (each.validation_, held_out)):
            _, labels, weight = found
            np.testing.assert_array_equal(model.classes_[labels], y[rows])
            np.testing.assert_allclose(weight / weight[0], row[rows] / row[rows[0]], rtol=1e-6)


def test_estimators_share_the_time_that_is_left_and_one_that_takes_longer_is_left_out(monkeypatch):
    now = [0.0]

    class TakesTwoSeconds(ExtraTreesClassifier):
        def fit(self, X, y, sample_weight=None):
            now[0] += 2.0
            return super().fit(X, y)

    monkeypatch.setattr(time, "time", lambda: now[0])
    X, y, _ = table()
    trees, networks = TakesTwoSeconds(2), TabularMLPClassifier(max_iter=1)
    estimators = [("first", networks), ("trees", trees), ("second", networks)]
    model = TabularEnsembleClassifier(estimators, cv=3, max_time=30.0, random_state=0)
    found = model.fit(X, y).named_estimators_
    # The trees take 3 fits of 2 s of their 10 s. The times count from the start of `fit`.
    assert (found["first"].max_time, found["second"].max_time) == (6 + 24 / 2, 30)
    now[0] = 0.0
    message = r"trees is left out .* take 4 s, but 3 s are left .* Increase max_time"
    with pytest.warns(FitFailedWarning, match=message):
        found = clone(model).set_params(max_time=15.0).fit(X, y).named_estimators_
    assert (found["first"].max_time, found["second"].max_time) == (2 + 13 / 2, 15)


@pytest.mark.parametrize(
    ("estimators", "match"),
    [
        ([], "list of pairs of a name and an estimator, with at least one pair; got"),
        ([ExtraTreesClassifier()], "list of pairs of a name and an estimator"),
        ([("ridge", Ridge())], "needs a classifier as 'ridge'; got Ridge"),
        ([("none", None)], "needs a classifier as 'none'; got None"),
        ([TREES, ("b", "dorp")], "needs a classifier as 'b'; got 'dorp'"),
        (
            [("mine", TabularMLPClassifier().set_callbacks(ProgressBar()))],
            "'mine' has callbacks of its own. Pass them to set_callbacks of TabularEnsembleClass",
        ),
        ([("class", ExtraTreesClassifier)], "needs a classifier as 'class'; got <class"),
        ([("trees", "drop")], "All estimators are 'drop'"),
        ([("networks", TabularMLPClassifier(max_iter=0))], "'max_iter' parameter"),
        ([TREES, TREES], "Names provided are not unique"),
        ([("a__b", TREES[1])], "must not contain __"),
        ([("cv", TREES[1])], "conflict with constructor arguments"),
    ],
)
def test_estimators_must_be_named_classifiers(estimators, match):
    X, y, _ = table()
    with pytest.raises(ValueError, match=match):
        TabularEnsembleClassifier(estimators).fit(X, y)


def test_parameters_of_named_estimators_can_be_searched():
    X, y, _ = table()
    model = TabularEnsembleClassifier([TREES, ("dummy", DummyClassifier())], cv=2, random_state=0)
    search = GridSearchCV(model, {"trees__n_estimators": [2, 4]}, cv=2).fit(X, y)
    assert search.best_params_["trees__n_estimators"] in (2, 4)
    assert model.get_params()["trees__n_estimators"] == 10
    assert model.set_params(trees=BOOSTING[1]).estimators[0] == ("trees", BOOSTING[1])


def test_the_default_estimators():
    X, y, number = table(n=60)
    names = ["networks", "linear", "boosting", "extra trees"]
    assert TabularEnsembleClassifier().get_params()["estimators"] is None
    for model, target in (
        (TabularEnsembleClassifier(cv=2, random_state=0), y),
        (TabularEnsembleRegressor(cv=2, random_state=0), number),
    ):
        with all_parts():
            assert list(model.fit(X, target).oof_scores_) == names
        features = model.named_estimators_["extra trees"][0].max_features
        assert features == ("sqrt" if is_classifier(model) else 0.5)


def test_callbacks_hear_of_all_fits(classifier, capsys):
    X, y, _ = table()
    clone(classifier).set_callbacks(ProgressBar()).fit(X, y)
    assert "100%" in capsys.readouterr().out


def test_clusterers_are_no_regressors():
    X, _, number = table()
    with pytest.raises(ValueError, match="needs a regressor as 'clusters'; got KMeans"):
        TabularEnsembleRegressor([("clusters", KMeans(3))]).fit(X, number)


def test_a_dropped_estimator_is_not_used():
    X, y, _ = table()
    model = TabularEnsembleClassifier([TREES, BOOSTING], cv=2, random_state=0)
    model.set_params(boosting="drop").fit(X, y)
    assert list(model.weights_) == ["trees"]


def test_boosting_stops_early_though_its_fold_has_another_class():
    X, y, _ = table()
    y[0] = "rare"
    boosting = HistGradientBoostingClassifier(max_iter=10, early_stopping=True)
    model = TabularEnsembleClassifier([("boosting", boosting)], cv=3, random_state=0).fit(X, y)
    assert list(model.weights_) == ["boosting"]


def test_the_prior_is_for_networks_and_otherwise_for_none(monkeypatch):
    monkeypatch.setattr(ensemble, "without_negligible", lambda weights, *arguments: weights)
    X, y, _ = table()
    dummy = ("dummy", DummyClassifier())
    extra = ("extra", ExtraTreesClassifier(30))
    first, last = (
        TabularEnsembleClassifier(estimators, cv=3, random_state=0).fit(X, y).weights_
        for estimators in ([extra, BOOSTING], [BOOSTING, extra])
    )
    assert first["extra"] == pytest.approx(last["extra"])
    with_networks = TabularEnsembleClassifier([dummy, NETWORKS], cv=3, random_state=0).fit(X, y)
    assert with_networks.weights_["networks"] > 0.7


def test_two_of_a_kind_differ_and_an_estimator_keeps_its_own_seed():
    X, y, _ = table()
    twins = [("a", ExtraTreesClassifier(5)), ("b", ExtraTreesClassifier(5)),
             ("c", TabularMLPClassifier(max_iter=2)), ("d", TabularMLPClassifier(max_iter=2)),
             ("e", ExtraTreesClassifier(5, random_state=7))]  # fmt: skip
    model = TabularEnsembleClassifier(twins, cv=2, random_state=0)
    with all_parts():
        model.fit(X, y)
    for one, other in (("a", "b"), ("c", "d")):
        same = model.only(one).predict_proba(X) == model.only(other).predict_proba(X)
        assert not same.all()
    assert model.named_estimators_["e"][0].random_state == 7


@pytest.mark.parametrize("scoring", ["f1", "r2", lambda model, X, y: "high"])
def test_a_scorer_that_does_not_fit_is_refused_before_training(scoring):
    X, y, _ = table()
    model = TabularEnsembleClassifier([("odd", Fails())], scoring=scoring)
    with pytest.raises(ValueError, match="cannot score predictions for these targets"):
        model.fit(X, y)


def test_the_name_of_a_scorer_is_suggested():
    X, y, _ = table()
    with pytest.raises(ValueError, match=r"Got 'auc' instead\. Did you mean 'roc_auc'\?$"):
        TabularEnsembleClassifier(scoring="auc").fit(X, y)
    with pytest.raises(ValueError, match=r"Got 'x' instead\.$"):
        TabularEnsembleClassifier(scoring="x").fit(X, y)


def test_weights_reach_the_last_step_of_a_pipeline():
    X, y, _ = table()
    pipeline = make_pipeline(StandardScaler(), LogisticRegression())
    model = TabularEnsembleClassifier([("linear", pipeline)], cv=2, class_weight="balanced")
    assert model.fit(X, y).weights_ == {"linear": 1}


def test_an_error_of_a_callback_ends_the_fit():
    class Stops(ProgressBar):
        def on_fit_task_end(self, *_, **__):
            raise RuntimeError("stop")

    X, y, _ = table()
    model = TabularEnsembleClassifier([NETWORKS], cv=2, random_state=0).set_callbacks(Stops())
    with pytest.raises(RuntimeError):
        model.fit(X, y)


def test_a_table_without_usable_columns():
    X, y = pd.DataFrame({"a": [1.0] * 40}), np.arange(40) % 2
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataConversionWarning)  # of the column that is left out
        model = TabularEnsembleClassifier([TREES, NETWORKS], cv=2, random_state=0).fit(X, y)
        assert model.predict_proba(X) == pytest.approx(0.5, abs=0.1)


@pytest.mark.parametrize(
    ("n_rows", "n_classes", "names"),
    [
        (3, 2, ["networks", "extra trees"]),  # one fold has no row of the second class
        (10, 2, ["networks", "linear", "extra trees"]),
        (900, 2, ["networks", "linear", "boosting", "extra trees"]),
        (900, 60, ["networks", "linear", "boosting"]),
        (5000, 2, ["networks", "linear", "boosting", "forest"]),
        (5000, 500, ["networks", "linear"]),
        (20_000, 2, ["networks", "linear", "boosting"]),
        (20_000, 2000, ["networks", "linear"]),
        (20_000, 4000, ["networks"]),
        (20_001, 2, ["networks", "boosting"]),
    ],
)
def test_default_estimators_are_bounded(n_rows, n_classes, names):
    encoded = TabularEncoder().fit(pd.DataFrame({"a": np.arange(10.0) ** 2}))
    X = encoded._encode(pd.DataFrame({"a": np.zeros(n_rows)}))[0]
    data = Data(X, np.arange(n_rows) % n_classes, None, np.eye(n_classes))
    folds = KFold(3).split(data.Y)
    assert [name for name, _ in default_estimators(data, list(folds), classifier=True)] == names


def test_a_fold_of_one_class_has_no_linear_model():
    X, _, _ = table(n=60)
    groups = np.repeat(np.arange(6), 10)
    model = TabularEnsembleClassifier(cv=3, random_state=0)
    model.fit(X, np.where(groups == 0, "a", "b"), groups=groups)
    assert not model.errors_
    assert "linear" not in model.oof_scores_


def test_the_range_of_targets_is_kept():
    X, _, _ = table()
    model = TabularEnsembleRegressor(SHORT_NUMBERS, cv=2, random_state=0)
    assert set(model.fit(X, np.full(150, 0.1)).predict(X)) == {0.1}
