"""The estimators inside scikit-learn's meta-estimators and in pickles."""

import pickle

import numpy as np
import pytest
from joblib import parallel_config
from sklearn import config_context
from sklearn.base import clone, is_classifier
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import TransformedTargetRegressor
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits
from sklearn.ensemble import AdaBoostClassifier, BaggingClassifier, StackingClassifier
from sklearn.exceptions import UnsetMetadataPassedError
from sklearn.experimental import enable_halving_search_cv  # noqa: F401 - enables the import below
from sklearn.feature_selection import SelectFromModel, SequentialFeatureSelector
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import GridSearchCV, HalvingGridSearchCV
from sklearn.multiclass import OneVsRestClassifier
from sklearn.multioutput import RegressorChain
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler, scale
from sklearn.utils import get_tags

from scratchmlp import ScratchMLPClassifier, ScratchMLPRegressor
from tests.helpers.estimator_examples import X_IRIS, Y_IRIS

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

IRIS = X_IRIS, Y_IRIS
CANCER = tuple(a[:200] for a in load_breast_cancer(return_X_y=True))
CANCER = scale(CANCER[0])[:, :10], CANCER[1]
DIABETES = tuple(scale(a[:198]) for a in load_diabetes(return_X_y=True))
TWO_TARGETS = DIABETES[0], np.column_stack([DIABETES[1], DIABETES[0][:, 0] * DIABETES[0][:, 2]])
X_DIGITS, Y_DIGITS = load_digits(return_X_y=True)
X_DIGITS = X_DIGITS / 16
SMALL = {"hidden_layer_sizes": (6,), "learning_rate_init": 0.05, "random_state": 0}
CLASSIFIER = ScratchMLPClassifier(max_iter=40, **SMALL)
REGRESSOR = ScratchMLPRegressor(max_iter=40, **SMALL)


@pytest.fixture(params=[CLASSIFIER, REGRESSOR], ids=["classifier", "regressor"])
def estimator(request):
    return clone(request.param)


@pytest.fixture
def routing():
    with config_context(enable_metadata_routing=True):
        yield


def data_of(estimator):
    return IRIS if isinstance(estimator, ScratchMLPClassifier) else DIABETES


def test_tags_name_the_data_that_networks_take(estimator):
    tags = get_tags(estimator)
    assert tags.input_tags.sparse
    assert tags.classifier_tags is None or tags.classifier_tags.multi_label


EPOCHS = {"resource": "max_iter", "min_resources": 20, "max_resources": 40, "factor": 2, "cv": 2}
SELECTOR = SequentialFeatureSelector(CLASSIFIER, n_features_to_select=1, cv=2)


META_ESTIMATORS = [
    (BaggingClassifier(CLASSIFIER, 3, random_state=0), IRIS),
    (StackingClassifier([("net", CLASSIFIER)], clone(CLASSIFIER), cv=2), CANCER),
    (AdaBoostClassifier(CLASSIFIER, n_estimators=3, random_state=0), IRIS),
    (RegressorChain(REGRESSOR), TWO_TARGETS),
    (TransformedTargetRegressor(REGRESSOR, transformer=StandardScaler()), DIABETES),
    (CalibratedClassifierCV(CLASSIFIER, cv=2), CANCER),
    (HalvingGridSearchCV(CLASSIFIER, {"alpha": [0.1, 10]}, **EPOCHS), IRIS),
    (make_pipeline(SELECTOR, CLASSIFIER), IRIS),
]


@pytest.mark.parametrize(("model", "data"), META_ESTIMATORS, ids=lambda value: type(value).__name__)
def test_meta_estimators_learn_from_networks(model, data):
    assert model.fit(*data).score(*data) > (0.9 if is_classifier(model) else 0.5)


def test_calibration_is_fitted_to_log_odds():
    X, y = CANCER
    net = clone(CLASSIFIER).fit(X[:100], y[:100])
    model = CalibratedClassifierCV(FrozenEstimator(net)).fit(X[100:], y[100:])
    calibrator = model.calibrated_classifiers_[0].calibrators[0]
    expected = calibrator.predict(net.decision_function(X))
    np.testing.assert_allclose(model.predict_proba(X)[:, 1], expected, rtol=1e-12)


def test_one_against_the_rest_is_the_same_for_log_odds_and_probabilities():
    X, y = IRIS
    model = OneVsRestClassifier(CLASSIFIER).fit(X, y)
    p = [clone(CLASSIFIER).fit(X, y == each).predict_proba(X)[:, 1] for each in model.classes_]
    np.testing.assert_array_equal(model.predict(X), np.argmax(p, axis=0))
    np.testing.assert_allclose(model.predict_proba(X), np.transpose(p / np.sum(p, axis=0)))


@pytest.mark.parametrize("backend", ["threading", pytest.param("loky", marks=pytest.mark.nightly)])
def test_a_grid_search_in_a_pipeline_has_the_same_scores_with_two_workers(backend):
    name = "scratchmlpclassifier"
    rates, sizes = [1e-5, 0.02], [(4,), (8, 4)]
    grid = {f"{name}__learning_rate_init": rates, f"{name}__hidden_layer_sizes": sizes}
    search = GridSearchCV(make_pipeline(StandardScaler(), CLASSIFIER), grid, cv=3)
    one = clone(search).fit(*IRIS)
    with parallel_config(backend):
        two = search.set_params(n_jobs=2).fit(*IRIS)
    for key in ("mean_test_score", "std_test_score"):
        np.testing.assert_array_equal(two.cv_results_[key], one.cv_results_[key])
    assert two.best_score_ > 0.9
    assert two.best_params_[f"{name}__learning_rate_init"] == 0.02
    best = two.best_params_[f"{name}__hidden_layer_sizes"]
    assert two.best_estimator_[-1].coefs_[0].shape == (4, best[0])


# Metadata.


def pipeline(net):
    return make_pipeline(StandardScaler().set_fit_request(sample_weight=False), net)


def search(net):
    grid = {f"{type(net).__name__.lower()}__alpha": [2.0]}
    return GridSearchCV(pipeline(net), grid, cv=2, error_score="raise")


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


# Pickles.

GOING_ON = [("sgd", np.float64, True, True), ("adam", np.float64, True, False)]
GOING_ON += [("lbfgs", np.float32, False, True)]


@pytest.mark.parametrize(("solver", "dtype", "early_stopping", "warm_start"), GOING_ON)
def test_a_pickle_is_hardly_larger_than_its_parameters(solver, dtype, early_stopping, warm_start):
    """With early stopping, a pickle contains two vectors of parameters: the best and the latest."""
    settings = {"solver": solver, "early_stopping": early_stopping, "warm_start": warm_start}
    net = ScratchMLPClassifier((100,), max_iter=1, random_state=0, **settings)
    net.fit(X_DIGITS.astype(dtype), Y_DIGITS)
    row_numbers = [net._run["order"], net._run["split"]] if warm_start else []
    size = len(pickle.dumps(net)) - sum(len(pickle.dumps(numbers)) for numbers in row_numbers)
    n_vectors = {"lbfgs": 1, "sgd": 2, "adam": 3}[solver] + early_stopping
    assert net.n_parameters_ == 65 * 100 + 101 * 10
    assert size < 1.2 * n_vectors * net.n_parameters_ * np.dtype(dtype).itemsize
