"""TabularEnsemble estimators: parts, weights, `only`, the leaderboard and what is dropped."""

import inspect
import pickle
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn import metrics
from sklearn.base import BaseEstimator, ClassifierMixin, clone, is_classifier
from sklearn.callback import ProgressBar
from sklearn.cluster import KMeans
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.exceptions import FitFailedWarning
from sklearn.linear_model import LogisticRegression, PoissonRegressor, Ridge
from sklearn.model_selection import GridSearchCV, PredefinedSplit
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    MinMaxScaler,
    QuantileTransformer,
    StandardScaler,
)
from sklearn.tree import DecisionTreeClassifier
from sklearn.utils import get_tags
from sklearn.utils.validation import check_is_fitted, has_fit_parameter

from scratchmlp.io.objects import objects_in
from scratchmlp.tabular import (
    TabularEnsembleClassifier,
    TabularEnsembleRegressor,
    TabularMLPClassifier,
    TabularMLPRegressor,
)
from scratchmlp.tabular.columns.encoded_table import EncodedTable, fill_empty_columns
from scratchmlp.tabular.columns.encoder import encode_with
from scratchmlp.tabular.ensemble import (
    blending,
    default_estimators,
    fit,
    fold_model,
)
from scratchmlp.tabular.ensemble.blending import select_weights, without_negligible
from scratchmlp.tabular.fitted_table import fitted_table
from scratchmlp.tabular.preparation import problem_of
from scratchmlp.tabular.scoring import Difference, negative_score, squared_error
from tests.configurations import tables
from tests.helpers import model_files
from tests.helpers.all_parts import all_parts
from tests.helpers.tabular_estimators import FOLDS, SMALL, defaults, predictions, table, targets_for

NETWORKS = ("networks", TabularMLPClassifier(**SMALL))
TREES = ("trees", ExtraTreesClassifier(10, max_depth=6))
TREE = ("tree", DecisionTreeClassifier(min_samples_leaf=5, random_state=0))
BOOSTING = ("boosting", HistGradientBoostingClassifier(max_iter=10, learning_rate=0.01))
CLASSIFIERS = [NETWORKS, TREES, BOOSTING]
REGRESSORS = [
    ("networks", TabularMLPRegressor(**SMALL)),
    ("trees", ExtraTreesRegressor(10)),
    ("boosting", HistGradientBoostingRegressor(max_iter=10)),
]
N = 150
X, NUMBERS = table(N)
LABELS = targets_for(TabularEnsembleClassifier(), NUMBERS)


def fitted_classifier(*estimators, y=LABELS, **settings):
    """Fit an ensemble of classifiers to the table."""
    return TabularEnsembleClassifier([*estimators], **FOLDS | settings).fit(X, y)


@pytest.fixture(scope="module")
def classifier():
    return fitted_classifier(*CLASSIFIERS)


@pytest.fixture(scope="module")
def regressor():
    return TabularEnsembleRegressor(REGRESSORS, **FOLDS).fit(X, NUMBERS)


@pytest.fixture(scope="module")
def whole():
    """An ensemble in which all estimators have a weight."""
    with all_parts():
        return fitted_classifier(*CLASSIFIERS)


@pytest.fixture(scope="module")
def alone():
    """The networks of `classifier`, without the ensemble."""
    return TabularMLPClassifier(**SMALL, **FOLDS).fit(X, LABELS)


# The parts.


@pytest.mark.parametrize("name", ["classifier", "regressor"])
def test_fitted_attributes(name, request):
    model = request.getfixturevalue(name)
    assert list(model.oof_scores_) == ["networks", "trees", "boosting"]
    assert sum(model.weights_.values()) == pytest.approx(1)
    assert list(model.weights_) == list(model.named_estimators_)
    assert {*model.oof_scores_} == {*model.weights_} | {*model.dropped_}
    networks = model.named_estimators_.networks
    assert networks.encoder_ is model.encoder_
    assert networks.oof_score_ == model.oof_scores_["networks"]
    assert fitted_table(networks).oof is None  # they are kept once
    assert model.errors_ == {}


def test_what_a_fit_learns_is_one_record_without_the_table(classifier):
    for model in (classifier, classifier.named_estimators_.networks):
        assert vars(model).keys() - model.get_params(deep=False).keys() == {"_fitted"}
    assert not [each for each in objects_in(classifier) if isinstance(each, EncodedTable)]


def test_networks_are_those_of_the_estimator_of_networks(classifier, alone):
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
    networks, settings = TabularMLPRegressor(max_iter=16, loss=loss), FOLDS | {"text_features": [0]}
    parts = [("networks", networks), REGRESSORS[2]]
    model = TabularEnsembleRegressor(parts, **settings).fit(X, y)
    alone = clone(networks).set_params(**settings).fit(X, y)
    found = model.named_estimators_.networks
    np.testing.assert_array_equal(found.predict(X), alone.predict(X))
    boosting = fitted_table(model).parts["boosting"].models_
    for member, fold in zip(found.members_, boosting, strict=True):
        [terms], [others] = member.inputs.supervised, fold.inputs.supervised
        assert terms.selected[0].size
        assert (terms.selected is others.selected) == (loss == "squared_error")


FORESTS = [
    (TabularEnsembleClassifier, RandomForestClassifier),
    (TabularEnsembleRegressor, ExtraTreesRegressor),
]


@pytest.mark.parametrize(("Ensemble", "Forest"), FORESTS)
def test_forests_predict_few_rows_as_they_predict_many(Ensemble, Forest, monkeypatch):
    model = Ensemble([("forest", Forest(7))], cv=2, random_state=0)
    model.fit(X, targets_for(model, NUMBERS))
    many = predictions(model, X)
    np.testing.assert_array_equal(many[:63], predictions(model, X[:63]))
    np.testing.assert_array_equal(many[:1], predictions(model, X[:1]))
    monkeypatch.setattr(fold_model, "_ROWS", 70)  # so the table is predicted in parts
    np.testing.assert_array_equal(many, predictions(model, X))


def test_the_first_of_two_columns_is_a_class_that_is_alone():
    """Gradient boosting has a second column for a class that does not exist."""
    alone = HistGradientBoostingClassifier(max_iter=1).fit(np.zeros((30, 1)), np.ones(30, int))
    model = fold_model.FoldModel(alone, inputs=None, n_outputs=3, least=1e-3)
    scores = model.scores_of(alone.predict_proba(np.zeros((2, 1))))
    np.testing.assert_allclose(np.exp(scores) * 1.002, [[1e-3, 1, 1e-3]] * 2)


class ByItself(LogisticRegression):
    """It predicts by its own method, as a class that is not known does."""


class RidgeByItself(Ridge):
    """It likewise predicts by its own method."""


LINEAR_TARGETS = [
    (TabularEnsembleClassifier, LogisticRegression, ByItself, LABELS),
    (TabularEnsembleClassifier, LogisticRegression, ByItself, np.digitize(NUMBERS, [-1, 1])),
    (TabularEnsembleRegressor, Ridge, RidgeByItself, NUMBERS),
    (TabularEnsembleRegressor, Ridge, RidgeByItself, np.column_stack([NUMBERS, -(NUMBERS**2)])),
]


@pytest.mark.parametrize(("Ensemble", "Linear", "Own", "y"), LINEAR_TARGETS)
def test_linear_models_predict_as_scikit_learn_does(Ensemble, Linear, Own, y):
    found, expected = (
        predictions(Ensemble([("linear", each())], **FOLDS).fit(X, y), X) for each in (Linear, Own)
    )
    np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_estimators_without_missing_values_get_the_encoded_table_and_trees_see_them():
    pipeline = make_pipeline(StandardScaler(), LogisticRegression())
    with all_parts():
        model = fitted_classifier(("linear", pipeline), TREES)
    linear, trees = model.named_estimators_.linear[0], model.named_estimators_.trees[0]
    assert linear.n_features_in_ == len(model.encoder_.get_feature_names_out())
    assert trees.n_features_in_ == 4  # one code instead of indicators of cities
    values = encode_with(model.encoder_, X)[0].numbers_and_codes()
    assert (np.isnan(values[:, 0]) == X["age"].isna()).all()
    assert model.score(X, LABELS) > 0.8


class Writes:
    """It overwrites whatever it is given, once it has used it."""

    early_stopping = True

    def fit(self, X, y, sample_weight=None, X_val=None, y_val=None, sample_weight_val=None):
        super().fit(X, y, sample_weight)
        for given in (X, y, sample_weight, X_val, y_val, sample_weight_val):
            given[...] = 1
        return self

    def predict_proba(self, X, *arguments, **named):
        proba = super().predict_proba(X, *arguments, **named)
        X[...] = 1
        return proba


class WritingLinear(Writes, LogisticRegression):
    pass


class WritingTree(Writes, DecisionTreeClassifier):
    pass


def half(X, copy):
    return np.divide(X, 2, out=None if copy else X)


#: Estimators that change their input in place, and others that do the same with a copy.
IN_PLACE = [
    (WritingLinear(), ByItself()),
    (WritingTree(), DecisionTreeClassifier()),
    *(
        tuple(make_pipeline(step(copy), ByItself()) for copy in (False, True))
        for step in (
            lambda copy: StandardScaler(copy=copy),
            lambda copy: MinMaxScaler(copy=copy),
            lambda copy: QuantileTransformer(n_quantiles=20, copy=copy),
            lambda copy: FunctionTransformer(partial(half, copy=copy)),
        )
    ),
]


@pytest.mark.parametrize("others", [[], [NETWORKS, TREES]], ids=["alone", "beside others"])
@pytest.mark.parametrize(("in_place", "on_copy"), IN_PLACE)
def test_what_a_part_writes_into_its_input_reaches_no_other_model(in_place, on_copy, others):
    table, weight = X.copy(), np.linspace(1, 2, N)
    with all_parts():
        found, expected = (
            TabularEnsembleClassifier([("part", part), *others], **FOLDS).fit(X, LABELS, weight)
            for part in (in_place, on_copy)
        )
    np.testing.assert_array_equal(found.oof_proba_, expected.oof_proba_)
    np.testing.assert_array_equal(found.predict_proba(X), expected.predict_proba(X))
    np.testing.assert_array_equal(weight, np.linspace(1, 2, N))
    pd.testing.assert_frame_equal(X, table)


def test_trees_do_not_depend_on_a_column_that_had_no_value_in_their_rows():
    table = X.assign(age=X["age"].where(np.arange(N) % 2 == 0))
    folds = PredefinedSplit(np.arange(N) % 2)
    model = TabularEnsembleClassifier([BOOSTING, TREES], cv=folds, random_state=0)
    model.fit(table, LABELS)
    known, unknown = model.member_predictions(X.assign(age=1.0)), model.member_predictions(table)
    np.testing.assert_array_equal(known[0], unknown[0])  # this member held out the even rows
    assert (known[1] != unknown[1]).any()


FILLED = [
    (0, None, True),
    (1, None, True),  # of 20,000 rows
    (3, None, False),
    (3, (0.0, 1.0), True),  # of rows where it is known, and of others
    (3, (1.0, 0.0), False),
]


@pytest.mark.parametrize(("n_known", "weights", "filled"), FILLED)
def test_columns_that_are_filled_for_trees(n_known, weights, filled):
    X = np.full((20_000, 2), np.nan, np.float32)
    X[:10_000, 0] = X[:n_known, 1] = 5
    found = fill_empty_columns(X, weights and np.repeat(weights, [n_known, len(X) - n_known]))
    assert (found[n_known:, 1] == 0).all() == filled
    assert np.isnan(found[n_known:, 1]).all() != filled
    np.testing.assert_array_equal(found[~np.isnan(X)], X[~np.isnan(X)])
    if weights != (1.0, 0.0):
        np.testing.assert_array_equal(found[:, 0], X[:, 0])


def test_two_of_a_kind_differ_and_an_estimator_keeps_its_own_seed():
    trees, networks = ExtraTreesClassifier(5), TabularMLPClassifier(**SMALL)
    own = ExtraTreesClassifier(5, random_state=7)
    twins = [("a", trees), ("b", trees), ("c", networks), ("d", networks), ("e", own)]
    with all_parts():
        model = fitted_classifier(*twins, cv=2)
    for one, other in (("a", "b"), ("c", "d")):
        same = model.only(one).predict_proba(X) == model.only(other).predict_proba(X)
        assert not same.all()
    assert model.named_estimators_["e"][0].random_state == 7


def test_rows_of_weight_0_choose_no_estimators(monkeypatch):
    monkeypatch.setattr(default_estimators, "_MANY", 150)
    weight = np.r_[np.ones(N - 10), np.zeros(10)]
    ensemble = TabularEnsembleRegressor(cv=2, random_state=0)
    few, all_rows = (
        fit.part_estimators(ensemble, problem_of(ensemble, X, NUMBERS, given))
        for given in (weight, None)
    )
    assert "extra trees" in few
    assert "extra trees" not in all_rows


# Classes of a fold, and weights.


def test_classes_that_a_fold_lacks_have_the_least_probability():
    y = np.r_[["a"], LABELS[1:]]
    with all_parts():
        model = fitted_classifier(TREES, NETWORKS, y=y, cv=PredefinedSplit(np.arange(N) % 3))
    without = model.named_estimators_.trees[0]
    assert without.classes_.tolist() == [1, 2]
    members = model.only("trees").member_predictions(X)
    assert 0 < members[0, :, 0].max() < 0.05 < members[1:, :, 0].max()
    fitted = fitted_table(model)
    proba = np.exp(fitted.parts["trees"].models_[0].scores(fitted.encode(X)))
    assert proba.min() == pytest.approx(1 / (100 * 3), rel=0.05)  # by 100 rows and 3 classes


SINGLE_CLASSES = [
    (0, {}, None),
    (1, {}, None),  # one fold trains without it, and boosting stops early by rows of it
    (75, {"class_weight": {"yes": 1, "no": 0}}, None),
    (75, {}, [0.0] * 75 + [1.0] * 75),
]


@pytest.mark.filterwarnings("ignore:y has one class")
@pytest.mark.parametrize(("n_others", "settings", "weight"), SINGLE_CLASSES)
def test_no_estimator_is_left_out_if_only_one_class_is_learned_from(n_others, settings, weight):
    y = np.array(["no"] * n_others + ["yes"] * (N - n_others))
    early = HistGradientBoostingClassifier(max_iter=10, early_stopping=True)
    model = TabularEnsembleClassifier([BOOSTING, ("early", early), TREES], **FOLDS, **settings)
    model.fit(X, y, sample_weight=weight)  # FitFailedWarning would be an error
    assert model.errors_ == {}
    for name in model.weights_:
        proba = model.only(name).predict_proba(X)
        np.testing.assert_allclose(proba.sum(axis=1), 1)
        assert (proba[:, -1] > 0.5).all() or n_others == 1


@pytest.mark.parametrize("early_stopping", ["auto", True])
def test_boosting_is_fitted_if_no_class_of_its_fold_is_known(early_stopping):
    boosting = HistGradientBoostingClassifier(max_iter=3, early_stopping=early_stopping)
    groups = PredefinedSplit(np.arange(N) % 3)
    model = fitted_classifier(("boosting", boosting), y=np.arange(N) % 3, cv=groups)
    assert model.predict_proba(X).shape == (N, 3)


#: Regressors that take no negative targets.
NONNEGATIVE = [
    HistGradientBoostingRegressor(loss="poisson"),
    RandomForestRegressor(5, criterion="poisson"),
    PoissonRegressor(),
    make_pipeline(StandardScaler(), PoissonRegressor()),
]


@pytest.mark.parametrize("estimator", NONNEGATIVE, ids=lambda each: type(each).__name__)
def test_a_loss_that_takes_no_negative_targets_gets_none(estimator):
    counts = np.random.default_rng(0).poisson(1000 * np.exp(NUMBERS))
    model = TabularEnsembleRegressor(
        [("counts", estimator), ("constant", DummyRegressor())], **FOLDS
    )
    alone = model.fit(X, counts).only("counts")
    assert model.errors_ == {}
    assert alone.oof_score_ > 0.2
    large = clone(model).fit(X, 64.0 * counts).only("counts")
    np.testing.assert_array_equal(large.predict(X), 64 * alone.predict(X))
    with pytest.warns(FitFailedWarning, match="counts is left out .* y"):
        model.fit(X, counts - 5000.0)


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
    row = np.random.default_rng(0).permutation(N) + 1.0
    model = TabularEnsembleClassifier([("recorder", Recorder())], **FOLDS)
    model.fit(X.assign(row=row), LABELS, sample_weight=row)
    for each, held_out in zip(model.named_estimators_["recorder"], model.held_out_, strict=True):
        training = np.delete(np.arange(N), held_out)
        for found, rows in ((each.training_, training), (each.validation_, held_out)):
            _, labels, weight = found
            np.testing.assert_array_equal(model.classes_[labels], LABELS[rows])
            np.testing.assert_allclose(weight / weight[0], row[rows] / row[rows[0]], rtol=1e-6)


LINEAR = [(TabularEnsembleClassifier, LogisticRegression()), (TabularEnsembleRegressor, Ridge())]


@pytest.mark.parametrize(("Ensemble", "linear"), LINEAR)
def test_a_penalty_does_not_depend_on_the_scale_of_weights(Ensemble, linear):
    model, weight = Ensemble([("linear", linear)], **FOLDS), np.random.default_rng(0).random(N)
    y = targets_for(model, NUMBERS)
    expected = predictions(model.fit(X, y, weight), X)
    for factor, share in ((4, 0), (3.7, 1e-6)):
        found = predictions(model.fit(X, y, factor * weight), X)
        np.testing.assert_allclose(found, expected, rtol=0, atol=share * np.ptp(expected))


def test_a_penalty_does_not_depend_on_the_scale_of_class_weights():
    linear = ("linear", LogisticRegression())
    one, other = (
        fitted_classifier(linear, class_weight={"yes": scale, "no": 3 * scale}).predict_proba(X)
        for scale in (1, 3.7)
    )
    np.testing.assert_allclose(one, other, rtol=0, atol=1e-6)


def test_weights_reach_the_last_step_of_a_pipeline():
    pipeline = make_pipeline(StandardScaler(), LogisticRegression())
    plain = fitted_classifier(("linear", pipeline))
    weighted = fitted_classifier(("linear", pipeline), class_weight={"yes": 9, "no": 1})
    assert weighted.predict_proba(X)[:, 1].mean() > plain.predict_proba(X)[:, 1].mean() + 0.05


def test_weights_need_an_estimator_that_takes_them():
    model = TabularEnsembleClassifier([TREE, ("neighbours", KNeighborsClassifier())], **FOLDS)
    assert not model.fit(X, LABELS, sample_weight=np.full(N, 3.0)).errors_
    with pytest.warns(FitFailedWarning, match="neighbours is left .* takes no sample_weight"):
        model.fit(X, LABELS, sample_weight=np.arange(N))


# Parameters.

WATCHED = TabularMLPClassifier().set_callbacks(ProgressBar())
PAIRS = "list of pairs of a name and an estimator, with at least one pair; got"
REFUSED = [
    ({"estimators": []}, PAIRS),
    ({"estimators": [ExtraTreesClassifier()]}, PAIRS),
    ({"estimators": [("ridge", Ridge())]}, "needs a classifier as 'ridge'; got Ridge"),
    ({"estimators": [TREES, ("b", "dorp")]}, "needs a classifier as 'b'; got 'dorp'"),
    ({"estimators": [("b", ExtraTreesClassifier)]}, "needs a classifier as 'b'; got <class"),
    ({"estimators": [("a", WATCHED)]}, "callbacks of its own. Pass them to set_callbacks of Ta"),
    ({"estimators": [("trees", "drop")]}, "All estimators are 'drop'"),
    ({"estimators": [("a", TabularMLPClassifier(max_iter=0))]}, "'max_iter' parameter"),
    ({"estimators": [TREES, TREES]}, "Names provided are not unique"),
    ({"effort": "low"}, "'effort' parameter"),
    ({"scoring": "f1"}, "cannot score predictions for these targets"),
    ({"scoring": lambda model, X, y: "high"}, "cannot score predictions for these targets"),
    ({"scoring": "auc"}, r"Got 'auc' instead\. Did you mean 'roc_auc'\?$"),
    ({"scoring": "x"}, r"Got 'x' instead\.$"),
]


@pytest.mark.parametrize(("parameters", "message"), REFUSED)
def test_parameters_that_are_refused_before_training(parameters, message):
    fails = "odd", DecisionTreeClassifier(max_depth=-1)
    given = {"estimators": [fails]} | parameters
    with pytest.raises(ValueError, match=message):
        TabularEnsembleClassifier(**given).fit(X, LABELS)


def test_regressors_must_be_regressors():
    with pytest.raises(ValueError, match="needs a regressor as 'clusters'; got KMeans"):
        TabularEnsembleRegressor([("clusters", KMeans(3))]).fit(X, NUMBERS)


def test_parameters_of_named_estimators_can_be_searched_and_set():
    model = TabularEnsembleClassifier([TREE, BOOSTING], cv=2, random_state=0)
    model.set_params(boosting="drop")
    search = GridSearchCV(model, {"tree__max_depth": [1, 2]}, cv=2).fit(X, LABELS)
    assert list(search.best_estimator_.weights_) == ["tree"]
    depth = search.best_params_["tree__max_depth"]
    assert search.best_estimator_.named_estimators_.tree[0].max_depth == depth
    assert model.get_params()["tree__max_depth"] is None
    assert model.set_params(tree=BOOSTING[1]).estimators[0] == ("tree", BOOSTING[1])
    assert TabularEnsembleClassifier().get_params()["estimators"] is None


DEFAULTS = [
    # rows, targets, classes, names
    (3, 2, True, "networks, extra trees, full trees"),  # a fold has no row of the second class
    (10, 2, True, "networks, linear, extra trees, full trees"),
    (900, 2, True, "networks, linear, boosting, extra trees, full trees"),
    (900, 60, True, "networks, linear, boosting"),
    (5000, 2, True, "networks, linear, boosting, deep boosting, forest"),
    (5000, 500, True, "networks, linear"),
    (20_000, 2, True, "networks, linear, boosting, deep boosting"),
    (20_000, 4000, True, "networks"),
    (20_001, 2, True, "networks, boosting, deep boosting"),
    (900, 1, False, "networks, linear, boosting, extra trees"),
    (900, 2, False, "networks, linear, extra trees"),
    (5000, 1, False, "networks, linear, boosting"),
]


@pytest.mark.parametrize(("n_rows", "n_targets", "classifier", "names"), DEFAULTS)
def test_default_estimators_are_bounded_take_weights_and_are_described_and_fuzzed(
    n_rows, n_targets, classifier, names
):
    found = defaults(n_rows, n_targets, classifier=classifier)
    assert ", ".join(found) == names
    docs = Path(__file__).parents[2] / "docs" / "how_it_works.md"
    page = docs.read_text(encoding="utf-8").partition("The default estimators")[2]
    Ensemble = TabularEnsembleClassifier if classifier else TabularEnsembleRegressor
    networks = TabularMLPClassifier() if classifier else TabularMLPRegressor()
    drawn = tables.ensemble("classes" if classifier else "number", networks).estimators
    damaged = model_files.CLASSIFIERS if classifier else model_files.REGRESSORS
    for name, estimator in found.items():
        assert has_fit_parameter(estimator, "sample_weight")
        tags = get_tags(estimator)
        several = tags.classifier_tags.multi_class if classifier else tags.target_tags.multi_output
        assert several or n_targets == (2 if classifier else 1)
        assert f'"{name}"' in inspect.getdoc(Ensemble)
        assert name in page.partition("\n## ")[0]
        for parts in (drawn, damaged):
            assert type(estimator) in [type(part) for _, part in parts]


@pytest.mark.parametrize(
    ("n_rows", "n_targets", "classifier", "names"),
    [
        # rows, targets, classes, names
        (3, 2, True, "networks, extra trees, full trees"),  # too few for boosting
        (900, 2, True, "linear, boosting"),
        (5000, 2, True, "linear, boosting"),
        (5000, 500, True, "networks, linear"),  # too many for boosting
        (20_001, 2, True, "boosting"),
        (900, 2, False, "networks, linear, extra trees"),  # several targets
        (5000, 1, False, "linear, boosting"),
    ],
)
def test_fast_estimators_are_those_that_take_little_time_if_boosting_is_one(
    n_rows, n_targets, classifier, names
):
    found = defaults(n_rows, n_targets, classifier=classifier, effort="fast")
    assert ", ".join(found) == names


@pytest.mark.parametrize("Ensemble", [TabularEnsembleClassifier, TabularEnsembleRegressor])
def test_effort_chooses_estimators_and_changes_nothing_that_the_user_sets(Ensemble):
    y = targets_for(Ensemble(), NUMBERS)
    fast = clone(Ensemble(effort="fast", cv=2, random_state=0)).fit(X, y)
    assert {*fast.oof_scores_} == {"linear", "boosting"}
    assert len(fast.held_out_) == 2
    named = CLASSIFIERS if is_classifier(fast) else REGRESSORS
    assert [*Ensemble(named, effort="fast", **FOLDS).fit(X, y).oof_scores_] == [*dict(named)]


def test_an_ensemble_of_an_older_file_has_the_default_effort(classifier):
    state = {name: value for name, value in vars(classifier).items() if name != "effort"}
    older = TabularEnsembleClassifier.__new__(TabularEnsembleClassifier)
    older.__setstate__(state)
    assert older.get_params()["effort"] == "thorough"
    assert clone(older).get_params().keys() == classifier.get_params().keys()


def test_default_boosting_takes_fewer_but_larger_steps_for_many_classes():
    few, many = (defaults(900, n, classifier=True)["boosting"] for n in (2, 100))
    ratio = few.max_iter / many.max_iter
    assert ratio > 1
    assert many.learning_rate == pytest.approx(few.learning_rate * ratio**0.5)


# Weights of the estimators.


def test_the_prior_is_for_networks_and_otherwise_for_none(monkeypatch):
    monkeypatch.setattr(fit, "without_negligible", lambda weights, *arguments: weights)
    extra = ("extra", ExtraTreesClassifier(10, random_state=0))
    first, last = (
        fitted_classifier(*estimators).weights_ for estimators in ([extra, TREE], [TREE, extra])
    )
    assert first["extra"] == pytest.approx(last["extra"])
    with_networks = fitted_classifier(("dummy", DummyClassifier()), NETWORKS)
    assert with_networks.weights_["networks"] > 0.7


def test_few_rows_keep_the_prior_and_many_do_not():
    y = np.full(100_000, 10.0)
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
    (TabularEnsembleClassifier, DummyClassifier, (0, 1), None),
    (TabularEnsembleClassifier, DummyClassifier, (1, 0), "neg_log_loss"),
    (TabularEnsembleRegressor, DummyRegressor, (1e3, -1e3), None),
    (TabularEnsembleRegressor, DummyRegressor, (-1e3, 1e3), "neg_mean_absolute_error"),
]


@pytest.mark.parametrize(("Ensemble", "Dummy", "values", "scoring"), CONSTANTS)
def test_an_estimator_that_predicts_rows_of_large_weight_better_has_more_weight(
    Ensemble, Dummy, values, scoring
):
    better, worse = (Dummy(strategy="constant", constant=value) for value in values)
    model = Ensemble([("better", better), ("worse", worse)], scoring=scoring, cv=2, random_state=0)
    X, y = np.random.default_rng(0).normal(size=(60, 1)), np.arange(60) % 2
    model.fit(X, y, sample_weight=np.where(y == (values[0] > 0), 9.0, 1.0))
    assert model.weights_["better"] > 0.55


# Scorers and losses.

RNG = np.random.default_rng(0)
CODES, PROBA = RNG.integers(3, size=50), RNG.dirichlet([1, 1, 1], size=50)
WEIGHT, TARGETS, PREDICTED = RNG.random(50), RNG.normal(size=50), RNG.normal(size=50)


@pytest.mark.parametrize("weight", [None, WEIGHT], ids=["equal", "weights"])
def test_a_scorer_judges_predictions(weight):
    classes, proba = np.array(["a", "b"]), PROBA[:, :2]
    y = classes[CODES % 2]
    predicted = classes[proba.argmax(axis=1)]
    expected = {
        "roc_auc": metrics.roc_auc_score(y, proba[:, 1] / proba[:, 0], sample_weight=weight),
        "accuracy": metrics.accuracy_score(y, predicted, sample_weight=weight),
        "f1_macro": metrics.f1_score(y, predicted, average="macro", sample_weight=weight),
    }
    for scoring, score in expected.items():
        loss = negative_score(scoring, y, weight, classes)
        assert loss(proba / proba.sum(axis=1, keepdims=True)) == pytest.approx(-score), scoring
    r2 = negative_score("r2", TARGETS, weight, None)(PREDICTED)
    assert r2 == -metrics.r2_score(TARGETS, PREDICTED, sample_weight=weight)


@pytest.mark.parametrize("classes", [None, np.array(["a", "b"])])
def test_a_scorer_may_check_that_its_model_is_fitted(classes):
    def scorer(model, X, y):
        check_is_fitted(model)
        return 2.0

    assert negative_score(scorer, np.zeros(3), None, classes)(np.zeros((3, 2))) == -2


# Dropped estimators, `only` and the leaderboard.


def test_an_estimator_of_weight_0_is_dropped_and_nothing_else_changes(classifier):
    reason = {"boosting": "Its weight is 0: it does not lower the loss of the others."}
    assert classifier.dropped_ == reason
    without = fitted_classifier(NETWORKS, TREES)
    assert without.weights_ == classifier.weights_
    for name in ("oof_proba_", "oof_score_", "temperature_", "floor_"):
        np.testing.assert_array_equal(getattr(classifier, name), getattr(without, name))
    np.testing.assert_array_equal(classifier.predict_proba(X), without.predict_proba(X))
    np.testing.assert_array_equal(classifier.predict_set(X), without.predict_set(X))


def test_an_estimator_that_is_hardly_needed_is_dropped(monkeypatch):
    monkeypatch.setattr(blending, "NEGLIGIBLE", np.inf)
    model = fitted_classifier(TREE, NETWORKS)
    assert model.weights_ == {"networks": 1}
    assert model.dropped_["tree"].startswith("Its weight was 0.")


def test_a_dropped_estimator_can_be_what_was_hardly_needed():
    y = np.arange(1000.0)
    good, like_it, bad = y + 1, y + 1.0001, y - 2
    weights = np.array([0.6, 0.1, 0.3])
    for scale in (1.0, 1000.0):  # of the loss
        scaled = squared_error(y, None, scale)
        found = without_negligible(weights, [good, like_it, bad], scaled)
        np.testing.assert_allclose(found, [6 / 9, 0, 3 / 9])
    loss = squared_error(y, None)
    found = without_negligible(weights, [good, good, good], loss)  # the largest is kept
    np.testing.assert_array_equal(found, [1, 0, 0])
    found = without_negligible(np.full(2, 0.5), [y, y], loss)  # of loss 0
    np.testing.assert_array_equal(found, [0, 1])
    negative = negative_score("r2", y, None, None)
    found = without_negligible(np.full(2, 0.5), [good, like_it], negative)
    np.testing.assert_array_equal(found, [0, 1])


def test_only_names_an_estimator(classifier):
    with pytest.raises(ValueError, match=r"must be one of 'networks', 'trees'; got 'forest'\.$"):
        classifier.only("forest")
    with pytest.raises(ValueError, match=r"got 'boosting'\. Its weight is 0"):
        classifier.only("trees", "boosting")
    trees = classifier.only("trees")
    assert trees.dropped_ == {}  # what it says of others was said of the whole
    assert (trees.temperature_, trees.floor_) == (1, 0)
    assert trees.oof_score_ == classifier.oof_scores_["trees"]
    assert not hasattr(trees, "oof_proba_")
    assert classifier.weights_["networks"] > 0  # unchanged
    fitted = fitted_table(classifier)
    for name, proba in fitted.blend.predict_parts(fitted.encode(X)).items():
        np.testing.assert_array_equal(proba, classifier.only(name).predict_proba(X))


ONE_ESTIMATOR = {
    "the only one": ([NETWORKS], 0.0),
    "others are dropped": ([NETWORKS, TREE], np.inf),
}


@pytest.mark.parametrize(("estimators", "limit"), ONE_ESTIMATOR.values(), ids=ONE_ESTIMATOR)
def test_an_ensemble_of_one_estimator_predicts_what_it_does_alone(
    estimators, limit, alone, monkeypatch
):
    monkeypatch.setattr(blending, "NEGLIGIBLE", limit)
    model = fitted_classifier(*estimators)
    for other in (model.only("networks"), alone):
        np.testing.assert_array_equal(model.predict_proba(X), other.predict_proba(X))
        np.testing.assert_array_equal(model.predict_set(X), other.predict_set(X))
        assert model.oof_score_ == other.oof_score_
    np.testing.assert_array_equal(model.oof_proba_, alone.oof_proba_)
    assert (model.temperature_, model.floor_) == (1, 0)
    assert model.leaderboard()["as_good"]["networks"]


def test_several_estimators_of_an_ensemble(whole):
    two = whole.only("trees", "networks")
    assert two.weights_ == {"networks": 0.5, "trees": 0.5}
    assert list(two.named_estimators_) == list(two.oof_scores_) == ["networks", "trees"]
    parts = [whole.only(name).member_predictions(X) for name in two.weights_]
    blend = np.log(np.mean(parts, axis=0))
    members = [fitted_table(whole).calibration.probabilities(each) for each in blend]
    np.testing.assert_allclose(two.member_predictions(X), members)
    assert np.isnan([two.oof_score_, two.oof_loss_]).all()
    assert not hasattr(two, "oof_proba_")
    size = len(pickle.dumps(whole.named_estimators_.boosting))
    assert len(pickle.dumps(two)) < len(pickle.dumps(whole)) - size
    assert two.oof_importances(X, LABELS, n_repeats=1).importances_mean.shape == (3,)
    of_parts = [fitted_table(whole).parts[name].uncertainty.scores.scores for name in two.weights_]
    worst = max(of_parts, key=np.mean)
    assert fitted_table(two).blend.uncertainty.scores.scores.tolist() == worst.tolist()
    every = whole.only(*whole.weights_)
    np.testing.assert_array_equal(every.predict_proba(X), whole.predict_proba(X))
    np.testing.assert_array_equal(every.predict_set(X), whole.predict_set(X))
    assert every.oof_proba_ is whole.oof_proba_


@pytest.mark.parametrize("weight", [None, np.arange(1.0, N + 1)], ids=["equal", "weights"])
def test_intervals_of_several_estimators_are_the_widest_for_each_target(weight):
    constants = {"low": [0.0, 5.0], "high": [5.0, 0.0], "mean": [1.0, 1.0]}
    parts = [
        (name, DummyRegressor(strategy="constant", constant=each))
        for name, each in constants.items()
    ]
    with all_parts():
        model = TabularEnsembleRegressor(parts, **FOLDS).fit(X, np.c_[NUMBERS, NUMBERS], weight)
    widths = {
        names: np.ptp(model.only(*names).predict_interval(X[:1], 0.5), axis=-1)[0]
        for names in [("low",), ("high",), ("low", "high")]
    }
    expected = np.maximum(widths["low",], widths["high",])
    np.testing.assert_array_equal(widths["low", "high"], expected)
    assert not any(np.array_equal(widths[name,], expected) for name in ("low", "high"))


@pytest.mark.parametrize("scoring", [None, "roc_auc"])
def test_leaderboard(scoring, alone, classifier):
    model = fitted_classifier(*CLASSIFIERS, scoring=scoring) if scoring else classifier
    board = model.leaderboard()
    whole, parts = board.iloc[0], board.iloc[1:]
    assert board.index.tolist() == ["TabularEnsembleClassifier", "networks", "trees", "boosting"]
    dropped = dict.fromkeys(model.dropped_, 0)
    assert parts["weight"].to_dict() == dropped | model.weights_
    assert parts["score"].to_dict() == model.oof_scores_
    assert whole["score"] == model.oof_score_
    loss = metrics.log_loss if scoring is None else lambda y, p: -metrics.roc_auc_score(y, p[:, 1])
    assert whole["loss"] == model.oof_loss_ == pytest.approx(loss(LABELS, model.oof_proba_))
    assert parts["loss"]["networks"] == pytest.approx(loss(LABELS, alone.oof_proba_))
    losses = [
        [metrics.log_loss(LABELS[rows], each.oof_proba_[rows]) for rows in model.held_out_]
        for each in (alone, model)
    ]
    gain = np.subtract(*losses)
    error = gain.std(ddof=1) * np.sqrt(
        1 / 3 + 1 / 2
    )  # a fold holds out half as many as it trains on
    assert parts["difference"]["networks"] == pytest.approx(gain.mean())
    assert parts["standard_error"]["networks"] == pytest.approx(error)
    assert parts["as_good"]["networks"] == (gain.mean() <= error)
    assert (parts["seconds"] > 0).all()
    assert whole["seconds"] == pytest.approx(parts["seconds"].sum())


def test_a_leaderboard_pickles_no_estimator(classifier, monkeypatch):
    def refuse(*args):
        raise AssertionError("pickled")

    monkeypatch.setattr(type(classifier.named_estimators_["networks"]), "__reduce_ex__", refuse)
    assert classifier.leaderboard().columns.tolist() == [
        *("weight", "score", "loss", "difference", "standard_error", "as_good", "folds", "seconds")
    ]


@pytest.mark.parametrize(
    ("gain", "error", "expected"),
    [
        ([1.0, 3.0, 5.0], (16 / 3) ** 0.5, False),  # the variance is 4, times 1/3 + 1/1
        ([-1.0, 3.0, 1.0, np.nan], (16 / 3) ** 0.5, True),
        ([-1.0, 3.0, np.nan], np.nan, False),  # of two folds
        ([0.1], np.nan, False),
        ([0.0], np.nan, True),
        ([1.0, 1.0, 1.0], 0.0, False),
    ],
)
def test_a_difference_is_within_its_corrected_error(gain, error, expected):
    halves = [(np.arange(5), np.arange(5, 10))] * len(gain)
    difference = Difference.of(pd.Series(gain), halves)
    assert difference.mean == np.nanmean(gain)
    assert difference.standard_error == pytest.approx(error, nan_ok=True)
    assert difference.is_within_error == expected


def test_the_loss_of_a_leaderboard_is_in_units_of_the_target(regressor):
    model = clone(regressor).fit(X, 100 * NUMBERS)
    expected = metrics.root_mean_squared_error(100 * NUMBERS, model.oof_prediction_)
    assert model.oof_loss_ == pytest.approx(expected, rel=1e-5)
    with pytest.warns(FitFailedWarning, match="boosting is left out of the ensemble: ValueError"):
        model.fit(X, np.c_[100 * NUMBERS, NUMBERS])
    assert model.errors_.keys() == {"boosting"}  # which predicts a single target
    assert model.predict(X).shape == (N, 2)
    scaled = model.oof_prediction_ / [100, 1], np.c_[NUMBERS, NUMBERS]
    expected = metrics.mean_squared_error(*scaled) ** 0.5 / NUMBERS.std()
    assert model.oof_loss_ == pytest.approx(expected, rel=1e-5)
    board = model.only("networks").leaderboard()
    assert board.iloc[0]["loss"] == board.iloc[1]["loss"]
    alone = TabularEnsembleRegressor(REGRESSORS[1:2], **FOLDS).fit(X, NUMBERS)
    assert alone.leaderboard()["as_good"].all()
