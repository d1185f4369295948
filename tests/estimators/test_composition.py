"""The estimators inside scikit-learn's meta-estimators, in threads and in pickles."""

import pickle
from concurrent.futures import ThreadPoolExecutor

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from scipy.stats import loguniform
from sklearn import config_context
from sklearn.base import clone, is_classifier, is_regressor
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import TransformedTargetRegressor
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits, load_iris
from sklearn.ensemble import (
    AdaBoostClassifier,
    AdaBoostRegressor,
    BaggingClassifier,
    BaggingRegressor,
    StackingClassifier,
    StackingRegressor,
    VotingClassifier,
    VotingRegressor,
)
from sklearn.exceptions import NotFittedError, UnsetMetadataPassedError
from sklearn.experimental import enable_halving_search_cv  # noqa: F401 - enables the import below
from sklearn.feature_selection import SelectFromModel, SequentialFeatureSelector
from sklearn.frozen import FrozenEstimator
from sklearn.inspection import (
    DecisionBoundaryDisplay,
    PartialDependenceDisplay,
    permutation_importance,
)
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import balanced_accuracy_score
from sklearn.model_selection import (
    GridSearchCV,
    HalvingGridSearchCV,
    KFold,
    RandomizedSearchCV,
    TunedThresholdClassifierCV,
    cross_val_predict,
    cross_val_score,
    learning_curve,
    validation_curve,
)
from sklearn.multiclass import OneVsRestClassifier
from sklearn.multioutput import MultiOutputClassifier, MultiOutputRegressor, RegressorChain
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler, scale
from sklearn.utils.validation import check_is_fitted

from scratchmlp import ScratchMLPClassifier, ScratchMLPRegressor
from scratchmlp.optimizers import Adam

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

X_IRIS, Y_IRIS = load_iris(return_X_y=True)
X_IRIS = scale(X_IRIS)
X_CANCER, Y_CANCER = (a[:300] for a in load_breast_cancer(return_X_y=True))
X_CANCER = scale(X_CANCER)[:, :10]
X_DIABETES, Y_DIABETES = (scale(a[:198]) for a in load_diabetes(return_X_y=True))
X_DIGITS, Y_DIGITS = load_digits(return_X_y=True)
X_DIGITS = X_DIGITS / 16
DATA = {
    ScratchMLPClassifier: (X_IRIS, Y_IRIS),
    ScratchMLPRegressor: (X_DIABETES, Y_DIABETES),
}
SMALL = {"hidden_layer_sizes": (6,), "learning_rate_init": 0.05, "random_state": 0}
CLASSIFIER = ScratchMLPClassifier(max_iter=60, **SMALL)
REGRESSOR = ScratchMLPRegressor(max_iter=60, **SMALL)


@pytest.fixture(params=[CLASSIFIER, REGRESSOR], ids=["classifier", "regressor"])
def estimator(request):
    return clone(request.param)


@pytest.fixture
def pictures():
    plt.switch_backend("agg")
    yield
    plt.close("all")


@pytest.fixture
def routing():
    with config_context(enable_metadata_routing=True):
        yield


def data_of(estimator):
    return DATA[type(estimator)]


# Copies.


def test_clone_copies_parameters_and_nothing_else(estimator):
    X, y = data_of(estimator)
    estimator.set_params(solver=Adam(beta_1=0.5)).fit(X, y)
    twin = clone(estimator)
    assert twin.get_params(deep=False).keys() == estimator.get_params(deep=False).keys()
    assert twin.solver is not estimator.solver
    with pytest.raises(NotFittedError):
        check_is_fitted(twin)
    np.testing.assert_array_equal(twin.fit(X, y).theta_, estimator.theta_)


def test_a_frozen_estimator_stays_as_it_is(estimator):
    X, y = data_of(estimator)
    frozen = FrozenEstimator(estimator.fit(X, y))
    before = pickle.dumps(estimator)
    np.testing.assert_array_equal(frozen.fit(X[::-1], y).predict(X), estimator.predict(X))
    assert clone(frozen).estimator is estimator
    assert pickle.dumps(estimator) == before


# Searches.


def test_grid_search_in_a_pipeline_in_two_processes_gives_the_scores_of_one():
    X, y = load_iris(return_X_y=True)
    name = "scratchmlpclassifier"
    grid = {
        f"{name}__learning_rate_init": [1e-5, 0.02],
        f"{name}__hidden_layer_sizes": [(4,), (8, 4)],
    }
    model = make_pipeline(StandardScaler(), CLASSIFIER)
    one, two = (GridSearchCV(model, grid, cv=3, n_jobs=n_jobs).fit(X, y) for n_jobs in (1, 2))
    scores = two.cv_results_["mean_test_score"]
    np.testing.assert_array_equal(scores, one.cv_results_["mean_test_score"])
    assert two.best_score_ > 0.9
    assert two.best_params_[f"{name}__learning_rate_init"] == 0.02
    sizes = two.best_params_[f"{name}__hidden_layer_sizes"]
    assert two.best_estimator_[-1].coefs_[0].shape == (4, sizes[0])


@pytest.mark.parametrize(
    ("resource", "limits"),
    [("n_samples", {"min_resources": 30}), ("max_iter", {"min_resources": 5, "max_resources": 20})],
)
def test_halving_search(resource, limits):
    search = HalvingGridSearchCV(
        CLASSIFIER,
        {"learning_rate_init": [1e-5, 1e-4, 1e-3, 0.05]},
        factor=2,
        cv=3,
        resource=resource,
        random_state=0,
        **limits,
    ).fit(X_IRIS, Y_IRIS)
    assert search.best_params_["learning_rate_init"] == 0.05
    assert len(search.n_resources_) >= 3
    if resource == "max_iter":
        assert search.best_estimator_.n_iter_ == search.n_resources_[-1] == 20


def test_randomized_search(estimator):
    X, y = data_of(estimator)
    search = RandomizedSearchCV(
        estimator, {"alpha": loguniform(1e-3, 1e5)}, n_iter=6, cv=3, random_state=0
    ).fit(X, y)
    alphas, scores = search.cv_results_["param_alpha"], search.cv_results_["mean_test_score"]
    assert len(set(alphas)) == 6
    assert scores.max() > scores[np.argmax(alphas)] + 0.1
    refit = clone(estimator).set_params(**search.best_params_).fit(X, y)
    np.testing.assert_array_equal(search.predict(X), refit.predict(X))


@pytest.mark.parametrize("Wrapper", [FrozenEstimator, make_pipeline, TunedThresholdClassifierCV])
def test_what_contains_a_classifier_is_one(Wrapper):
    assert is_classifier(Wrapper(CLASSIFIER))
    assert not is_regressor(Wrapper(CLASSIFIER))


# Ensembles.


def test_bagging_is_the_mean_of_its_members():
    for model, method, (X, y) in (
        (BaggingClassifier(CLASSIFIER, 4, random_state=0), "predict_proba", (X_IRIS, Y_IRIS)),
        (BaggingRegressor(REGRESSOR, 4, random_state=0), "predict", (X_DIABETES, Y_DIABETES)),
    ):
        model.fit(X, y)
        members = [getattr(member, method)(X) for member in model.estimators_]
        assert np.ptp(members, axis=0).max() > 0.01
        np.testing.assert_allclose(getattr(model, method)(X), np.mean(members, axis=0))


def test_voting_is_the_mean_of_its_members():
    X, y = X_IRIS, Y_IRIS
    nets = [("relu", CLASSIFIER), ("tanh", clone(CLASSIFIER).set_params(activation="tanh"))]
    voting = VotingClassifier(nets, voting="soft").fit(X, y)
    members = [clone(net).fit(X, y).predict_proba(X) for _, net in nets]
    np.testing.assert_allclose(voting.predict_proba(X), np.mean(members, axis=0), rtol=1e-12)
    X, y = X_DIABETES, Y_DIABETES
    members = [REGRESSOR, Ridge()]
    voting = VotingRegressor([("net", REGRESSOR), ("ridge", Ridge())]).fit(X, y)
    expected = np.mean([clone(member).fit(X, y).predict(X) for member in members], axis=0)
    np.testing.assert_allclose(voting.predict(X), expected, rtol=1e-12)


def test_stacking_fits_on_predictions_for_unseen_folds():
    for model, method, (X, y) in (
        (
            StackingClassifier([("net", CLASSIFIER)], LogisticRegression(), cv=3),
            "predict_proba",
            (X_CANCER, Y_CANCER),
        ),
        (StackingRegressor([("net", REGRESSOR)], Ridge(), cv=3), "predict", DATA[type(REGRESSOR)]),
    ):
        net = clone(model.estimators[0][1])
        folds, whole = cross_val_predict(net, X, y, cv=3, method=method), net.fit(X, y)
        folds, whole = (p.reshape(len(X), -1)[:, -1:] for p in (folds, getattr(whole, method)(X)))
        expected = clone(model.final_estimator).fit(folds, y).predict(whole)
        np.testing.assert_array_equal(model.fit(X, y).predict(X), expected)


def test_a_network_stacks_other_estimators():
    members = [("logistic", LogisticRegression()), ("net", CLASSIFIER)]
    stack = StackingClassifier(members, clone(CLASSIFIER), cv=3).fit(X_CANCER, Y_CANCER)
    assert stack.final_estimator_.n_features_in_ == 2
    assert stack.score(X_CANCER, Y_CANCER) > 0.93


def test_boosting_weighs_the_rows_that_were_wrong():
    weak = ScratchMLPClassifier((1,), learning_rate_init=0.1, max_iter=20, random_state=0)
    boosted = AdaBoostClassifier(weak, n_estimators=6, random_state=0).fit(X_IRIS, Y_IRIS)
    first, second = boosted.estimators_[:2]
    wrong = first.predict(X_IRIS) != Y_IRIS
    odds = (1 - wrong.mean()) / wrong.mean()
    weight = np.where(wrong, 2 * odds, 1.0)  # the 2 is the number of the other classes
    again = clone(second).fit(X_IRIS, Y_IRIS, weight / weight.sum())
    np.testing.assert_allclose(second.predict_proba(X_IRIS), again.predict_proba(X_IRIS), rtol=1e-6)
    assert boosted.score(X_IRIS, Y_IRIS) > first.score(X_IRIS, Y_IRIS)


def test_boosted_regressors():
    X, y = DATA[ScratchMLPRegressor]
    boosted = AdaBoostRegressor(REGRESSOR, n_estimators=4, random_state=0).fit(X, y)
    assert len(boosted.estimators_) == 4
    assert boosted.score(X, y) > 0.5


# One estimator for each target, and for each class.


def test_one_classifier_for_each_target():
    Y = np.column_stack([Y_IRIS, X_IRIS[:, 0] > 0])
    model = MultiOutputClassifier(CLASSIFIER).fit(X_IRIS, Y)
    expected = [clone(CLASSIFIER).fit(X_IRIS, y).predict(X_IRIS) for y in Y.T]
    np.testing.assert_array_equal(model.predict(X_IRIS), np.column_stack(expected))
    assert [p.shape for p in model.predict_proba(X_IRIS)] == [(150, 3), (150, 2)]


def test_multi_output_partial_fit_hands_classes_on():
    Y = np.column_stack([Y_IRIS, Y_IRIS == 1]).astype(int)
    model = MultiOutputClassifier(CLASSIFIER)
    for rows in (slice(0, 100), slice(50, 150)):
        model.partial_fit(X_IRIS[rows], Y[rows], classes=[[0, 1, 2], [0, 1]])
    assert [list(member.classes_) for member in model.estimators_] == [[0, 1, 2], [0, 1]]
    assert [member.t_ for member in model.estimators_] == [200, 200]


def test_one_regressor_for_each_target():
    X, y = DATA[ScratchMLPRegressor]
    Y = np.column_stack([y, X[:, 0] * X[:, 2]])
    predicted = MultiOutputRegressor(REGRESSOR).fit(X, Y).predict(X)
    expected = [clone(REGRESSOR).fit(X, y).predict(X) for y in Y.T]
    np.testing.assert_array_equal(predicted, np.column_stack(expected))
    chain = RegressorChain(REGRESSOR).fit(X, Y)
    assert [member.n_features_in_ for member in chain.estimators_] == [10, 11]


def test_one_against_the_rest():
    model = OneVsRestClassifier(CLASSIFIER).fit(X_IRIS, Y_IRIS)
    p = np.column_stack(
        [clone(CLASSIFIER).fit(X_IRIS, c == Y_IRIS).predict_proba(X_IRIS)[:, 1] for c in range(3)]
    )
    expected = p / p.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(model.predict_proba(X_IRIS), expected, rtol=1e-12)
    assert model.score(X_IRIS, Y_IRIS) > 0.95


def test_targets_are_transformed_on_the_way_in_and_back_on_the_way_out():
    X, y = X_DIABETES, 150 + 70 * Y_DIABETES
    model = TransformedTargetRegressor(REGRESSOR, transformer=StandardScaler()).fit(X, y)
    expected = 150 + 70 * clone(REGRESSOR).fit(X, Y_DIABETES).predict(X)
    np.testing.assert_allclose(model.predict(X), expected, rtol=1e-6)


# Probabilities and thresholds.


def test_calibration_is_a_function_of_the_decision():
    X, y = X_CANCER, Y_CANCER
    net = clone(CLASSIFIER).fit(X[:150], y[:150])
    model = CalibratedClassifierCV(FrozenEstimator(net), method="isotonic").fit(X[150:], y[150:])
    calibrator = model.calibrated_classifiers_[0].calibrators[0]
    expected = calibrator.predict(net.decision_function(X))
    np.testing.assert_allclose(model.predict_proba(X)[:, 1], expected, rtol=1e-12)


@pytest.mark.parametrize("method", ["sigmoid", "isotonic", "temperature"])
def test_cross_validated_calibration(method):
    model = CalibratedClassifierCV(CLASSIFIER, method=method, cv=3).fit(X_IRIS, Y_IRIS)
    assert model.score(X_IRIS, Y_IRIS) > 0.93
    np.testing.assert_allclose(model.predict_proba(X_IRIS).sum(axis=1), 1)


def test_a_tuned_threshold_helps_the_rare_class():
    rows = np.r_[np.flatnonzero(Y_CANCER == 1), np.flatnonzero(Y_CANCER == 0)[:15]]
    X, y = X_CANCER[rows, :3], Y_CANCER[rows]
    model = TunedThresholdClassifierCV(CLASSIFIER, cv=3, random_state=0).fit(X, y)
    plain = clone(CLASSIFIER).fit(X, y)
    above = model.estimator_.predict_proba(X)[:, 1] >= model.best_threshold_
    np.testing.assert_array_equal(model.predict(X), above)
    scores = [balanced_accuracy_score(y, fitted.predict(X)) for fitted in (model, plain)]
    assert scores[0] > scores[1] + 0.03


@pytest.mark.parametrize(
    "method", ["predict", "predict_proba", "predict_log_proba", "decision_function"]
)
def test_cross_val_predict(method):
    folds = KFold(3, shuffle=True, random_state=0)
    expected = [None] * len(X_IRIS)
    for train, test in folds.split(X_IRIS):
        net = clone(CLASSIFIER).fit(X_IRIS[train], Y_IRIS[train])
        for row, value in zip(test, getattr(net, method)(X_IRIS[test]), strict=True):
            expected[row] = value
    predicted = cross_val_predict(CLASSIFIER, X_IRIS, Y_IRIS, cv=folds, method=method)
    assert predicted.shape == ((150,) if method == "predict" else (150, 3))
    np.testing.assert_array_equal(predicted, expected)


# Inspection.


@pytest.mark.parametrize("direction", ["forward", "backward"])
def test_feature_selection_finds_the_features_that_matter(direction):
    X = np.random.default_rng(0).normal(size=(150, 4))
    y = 2 * (X[:, 1] > 0) + (X[:, 3] > 0)
    selector = SequentialFeatureSelector(
        CLASSIFIER, n_features_to_select=2, direction=direction, cv=3
    ).fit(X, y)
    np.testing.assert_array_equal(selector.get_support(), [False, True, False, True])


def test_permutation_importance_finds_the_feature_that_matters(estimator):
    X = np.random.default_rng(0).normal(size=(150, 3))
    y = X[:, 1] > 0 if is_classifier(estimator) else X[:, 1]
    result = permutation_importance(estimator.fit(X, y), X, y, n_repeats=3, random_state=0)
    importances = result.importances_mean
    assert importances[1] > 0.3
    assert np.abs(importances[[0, 2]]).max() < 0.1


@pytest.mark.usefixtures("pictures")
def test_partial_dependence_is_a_mean_of_predictions(estimator):
    X, y = data_of(estimator)
    options = {"target": 2} if is_classifier(estimator) else {}
    display = PartialDependenceDisplay.from_estimator(
        estimator.fit(X, y), X, [2], grid_resolution=5, **options
    )
    line = display.pd_results[0]
    for value, average in zip(line["grid_values"][0], line["average"][-1], strict=True):
        changed = np.where(np.arange(X.shape[1]) == 2, value, X)
        output = getattr(estimator, "predict_proba" if options else "predict")(changed)
        assert average == pytest.approx(output.reshape(len(X), -1)[:, -1].mean())


@pytest.mark.usefixtures("pictures")
def test_decision_boundaries():
    net = clone(CLASSIFIER).fit(X_IRIS[:, 2:], Y_IRIS)
    display = DecisionBoundaryDisplay.from_estimator(
        net, X_IRIS[:, 2:], grid_resolution=20, response_method="predict"
    )
    grid = np.column_stack([display.xx0.ravel(), display.xx1.ravel()])
    np.testing.assert_array_equal(display.response.ravel(), net.predict(grid))
    assert set(display.response.ravel()) == {0, 1, 2}


# Curves.


def test_learning_curve_ends_with_the_cross_validated_score(estimator):
    X, y = data_of(estimator)
    sizes, _, scores = learning_curve(estimator, X, y, train_sizes=[0.1, 1.0], cv=3)
    assert sizes[1] == len(X) * 2 // 3
    np.testing.assert_array_equal(scores[1], cross_val_score(estimator, X, y, cv=3))
    assert scores[1].mean() > scores[0].mean()


def test_learning_curve_by_partial_fit():
    net = clone(CLASSIFIER)
    sizes, train, _ = learning_curve(
        net,
        X_IRIS,
        Y_IRIS,
        train_sizes=[30, 60, 100],
        cv=KFold(3, shuffle=True, random_state=0),
        exploit_incremental_learning=True,
    )
    rows = next(KFold(3, shuffle=True, random_state=0).split(X_IRIS))[0]
    for size, part, scores in zip(sizes, np.split(rows[:100], sizes[:-1]), train, strict=True):
        net.partial_fit(X_IRIS[part], Y_IRIS[part], classes=[0, 1, 2])
        assert scores[0] == net.score(X_IRIS[rows[:size]], Y_IRIS[rows[:size]])


def test_validation_curve_falls_where_the_penalty_is_too_strong(estimator):
    X, y = data_of(estimator)
    train, test = validation_curve(
        estimator, X, y, param_name="alpha", param_range=[0.1, 1.0, 1e4], cv=3
    )
    assert train.shape == test.shape == (3, 3)
    assert train.mean(axis=1)[0] > train.mean(axis=1)[-1] + 0.2
    expected = cross_val_score(clone(estimator).set_params(alpha=1.0), X, y, cv=3)
    np.testing.assert_array_equal(test[1], expected)


# Pandas, and metadata.


def test_pandas_output_of_a_transformer_names_the_network_s_features(estimator):
    X, y = data_of(estimator)
    frame = pd.DataFrame(X).rename(columns="x{}".format)
    model = make_pipeline(StandardScaler(), estimator).set_output(transform="pandas")
    model.fit(frame, y)
    assert list(estimator.feature_names_in_) == list(frame.columns)
    plain = make_pipeline(StandardScaler(), clone(estimator)).fit(X, y)
    np.testing.assert_allclose(model.predict(frame), plain.predict(X), rtol=1e-6)
    scaled = model[0].transform(frame)
    with pytest.raises(ValueError, match="feature names should match"):
        estimator.predict(scaled[scaled.columns[::-1]])


def pipeline(net):
    return make_pipeline(StandardScaler().set_fit_request(sample_weight=False), net)


def search(net):
    grid = {f"{type(net).__name__.lower()}__alpha": [2.0]}
    return GridSearchCV(pipeline(net), grid, cv=3, error_score="raise")


@pytest.mark.usefixtures("routing")
@pytest.mark.parametrize("surround", [pipeline, search])
def test_weights_are_routed_to_the_network_that_requests_them(estimator, surround):
    X, y = data_of(estimator)
    weight = np.linspace(0.1, 3, len(X))
    requesting = clone(estimator).set_fit_request(sample_weight=True)
    model = surround(requesting.set_score_request(sample_weight=True))
    model.fit(X, y, sample_weight=weight)
    fitted = getattr(model, "best_estimator_", model)[-1]
    direct = clone(fitted).fit(StandardScaler().fit_transform(X), y, weight)
    np.testing.assert_array_equal(fitted.theta_, direct.theta_)
    with pytest.raises(UnsetMetadataPassedError, match=r"not requested for ScratchMLP\w+\.fit"):
        surround(estimator).fit(X, y, sample_weight=weight)


@pytest.mark.usefixtures("routing")
def test_partial_fit_gets_the_classes_and_weights_that_it_requests():
    def selector(net):
        return SelectFromModel(net, importance_getter=lambda net: net.coefs_[0].std(axis=1))

    X, y = X_IRIS[:100], Y_IRIS[:100]
    metadata = {"classes": [0, 1, 2], "sample_weight": np.linspace(0.1, 3, 100)}
    requesting = clone(CLASSIFIER).set_partial_fit_request(classes=True, sample_weight=True)
    model = selector(requesting).partial_fit(X, y, **metadata)
    direct = clone(CLASSIFIER).partial_fit(X, y, **metadata)
    np.testing.assert_array_equal(model.estimator_.theta_, direct.theta_)
    for name, value in metadata.items():
        with pytest.raises(UnsetMetadataPassedError, match=rf"\[{name}\] are passed but"):
            selector(CLASSIFIER).partial_fit(X, y, **{name: value})


# Threads.


@pytest.mark.parametrize("method", ["predict", "predict_proba"])
def test_threads_predict_what_one_thread_predicts(method):
    net = ScratchMLPClassifier((64, 32), max_iter=3, random_state=0).fit(X_DIGITS, Y_DIGITS)
    predict = getattr(net, method)
    rng = np.random.default_rng(0)
    inputs = [rng.permutation(X_DIGITS) for _ in range(8)]
    expected = [predict(X) for X in inputs]
    with ThreadPoolExecutor(max_workers=8) as pool:
        for results in [pool.map(predict, inputs) for _ in range(2)]:
            for result, reference in zip(results, expected, strict=True):
                np.testing.assert_array_equal(result, reference)


# Pickles.


@pytest.mark.parametrize("warm_start", [False, True])
@pytest.mark.parametrize("early_stopping", [False, True])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("solver", ["sgd", "adam", "lbfgs"])
def test_a_pickle_is_hardly_larger_than_what_training_goes_on_from(
    solver, dtype, early_stopping, warm_start
):
    """With early stopping, a pickle contains two vectors of parameters: the best and the latest."""
    settings = {"solver": solver, "early_stopping": early_stopping, "warm_start": warm_start}
    net = ScratchMLPClassifier((100,), max_iter=2, random_state=0, **settings)
    net.fit(X_DIGITS[:400].astype(dtype), Y_DIGITS[:400])
    row_numbers = [net._run["order"], net._run["split"]] if warm_start else []
    size = len(pickle.dumps(net)) - sum(len(pickle.dumps(numbers)) for numbers in row_numbers)
    n_vectors = {"lbfgs": 1, "sgd": 2, "adam": 3}[solver] + early_stopping
    assert net.n_parameters_ == 65 * 100 + 101 * 10
    assert size < 1.2 * n_vectors * net.n_parameters_ * np.dtype(dtype).itemsize
