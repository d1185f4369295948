"""Stacked searches give the results of scikit-learn's searches."""

import pickle
import warnings

import numpy as np
import pytest
from scipy.stats import loguniform
from sklearn import config_context
from sklearn.base import clone
from sklearn.callback import ProgressBar
from sklearn.datasets import load_diabetes, load_iris
from sklearn.decomposition import PCA
from sklearn.exceptions import FitFailedWarning
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import get_scorer
from sklearn.model_selection import (
    GridSearchCV,
    GroupKFold,
    HalvingGridSearchCV,
    RandomizedSearchCV,
    ShuffleSplit,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from scratchmlp import ScratchMLPClassifier, ScratchMLPRegressor
from scratchmlp.model_selection import (
    StackedGridSearchCV,
    StackedHalvingGridSearchCV,
    StackedRandomizedSearchCV,
    stacked_fits,
    together,
)
from scratchmlp.optimizers import SGD

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

X, Y = load_iris(return_X_y=True)
X_NUMBERS, NUMBERS = load_diabetes(return_X_y=True)
X_NUMBERS, NUMBERS = X_NUMBERS[:120], NUMBERS[:120] / 100
NETWORK = ScratchMLPClassifier(hidden_layer_sizes=6, max_iter=8, random_state=0)
REGRESSOR = ScratchMLPRegressor(hidden_layer_sizes=6, max_iter=8, random_state=0)
PIPELINE = make_pipeline(StandardScaler(), PCA(), NETWORK)
GRID = {"learning_rate_init": [0.003, 0.01, 0.03], "hidden_layer_sizes": [(4,), (7,)]}
OF_PIPELINE = {f"scratchmlpclassifier__{name}": values for name, values in GRID.items()}


@pytest.fixture(autouse=True)
def counted(monkeypatch):
    """Count the networks that train together."""
    numbers = []

    def train_together(trainings):
        numbers.append(len(trainings))
        return original(trainings)

    original = together.train_together
    monkeypatch.setattr(together, "train_together", train_together)
    return numbers


def assert_same(ours, theirs):
    """Compare two fitted searches, except for times."""
    assert ours.cv_results_.keys() == theirs.cv_results_.keys()
    for name, values in theirs.cv_results_.items():
        values = np.asarray(values)
        if values.dtype.kind == "f" and "time" not in name:
            np.testing.assert_allclose(ours.cv_results_[name], values, 1e-9, 1e-9, err_msg=name)
        elif "time" not in name:
            assert str(ours.cv_results_[name]) == str(theirs.cv_results_[name]), name
    assert vars(ours).keys() == vars(theirs).keys()
    if theirs.refit:
        assert ours.best_index_ == theirs.best_index_
        assert ours.best_params_ == theirs.best_params_


def both(estimator, grid, *, X=X, y=Y, fit_params=None, **arguments):
    """Fit our search and scikit-learn's."""
    searches = [S(clone(estimator), grid, **arguments) for S in (StackedGridSearchCV, GridSearchCV)]
    for search in searches:
        search.fit(X, y, **fit_params or {})
    return searches


@pytest.mark.parametrize(
    ("estimator", "grid"), [(NETWORK, GRID), (PIPELINE, OF_PIPELINE)], ids=["network", "pipeline"]
)
def test_results_are_those_of_scikit_learn(estimator, grid, counted):
    ours, theirs = both(estimator, grid, cv=3, return_train_score=True)
    assert counted == [9, 9]
    assert_same(ours, theirs)
    np.testing.assert_allclose(ours.predict_proba(X), theirs.predict_proba(X), rtol=1e-9)
    assert (ours.cv_results_["mean_fit_time"] > 0).all()


def test_steps_before_the_network_are_fitted_once_for_each_split(monkeypatch):
    fitted = []

    class Counted(StandardScaler):
        def fit(self, X, y=None, sample_weight=None):
            fitted.append(len(X))
            return super().fit(X, y, sample_weight)

    pipeline = make_pipeline(Counted(), clone(NETWORK))
    StackedGridSearchCV(pipeline, OF_PIPELINE, cv=3, refit=False).fit(X, Y)
    assert fitted == [100] * 3
    pipeline.set_params(scratchmlpclassifier__solver="lbfgs")  # trains alone
    StackedGridSearchCV(pipeline, OF_PIPELINE, cv=3, refit=False).fit(X, Y)
    assert fitted == [100] * (3 + 18)


def test_candidates_may_differ_in_other_steps(counted):
    grid = [
        OF_PIPELINE | {"pca__n_components": [2, 3]},
        {"standardscaler": ["passthrough"], "scratchmlpclassifier__alpha": [0.1, 1.0]},
        {"scratchmlpclassifier": [LogisticRegression()], "pca__n_components": [1]},
    ]
    assert_same(*both(PIPELINE, grid, cv=3))
    assert sum(counted) == (12 + 2) * 3


@pytest.mark.parametrize("parameter", ["solver", "activation", "batch_size", "loss", "dropout"])
def test_candidates_of_several_shapes(parameter):
    values = {
        "solver": ["adam", "sgd", "lbfgs"],
        "activation": ["relu", "tanh", "silu"],
        "batch_size": [30, "full"],
        "loss": ["log_loss", "focal"],
        "dropout": [0.0, 0.3],
    }
    assert_same(*both(NETWORK, {parameter: values[parameter], "alpha": [0.0, 0.1, 1.0]}, cv=3))


def test_several_metrics_and_processes():
    arguments = {"scoring": ["accuracy", "neg_log_loss"], "refit": "neg_log_loss", "n_jobs": 2}
    ours, theirs = both(PIPELINE, OF_PIPELINE, cv=3, **arguments)
    assert_same(ours, theirs)
    assert (ours.cv_results_["mean_fit_time"] > 0).all()


def test_a_random_splitter_is_asked_once():
    splitters = [ShuffleSplit(3, random_state=np.random.RandomState(0)) for _ in range(2)]
    searches = [
        S(NETWORK, GRID, cv=cv).fit(X, Y)
        for S, cv in zip((StackedGridSearchCV, GridSearchCV), splitters, strict=True)
    ]
    assert_same(*searches)


def test_weights_and_groups():
    weight, groups = np.linspace(0.5, 2, 150), np.arange(150) % 7
    fit_params = {"groups": groups, "sample_weight": weight}
    assert_same(*both(NETWORK, GRID, cv=GroupKFold(3), fit_params=fit_params))
    routed = {"scratchmlpclassifier__sample_weight": weight}
    assert_same(*both(PIPELINE, OF_PIPELINE, cv=3, fit_params=routed))


def test_metadata_routing():
    with config_context(enable_metadata_routing=True):
        network = clone(NETWORK).set_fit_request(sample_weight=True)
        pipeline = make_pipeline(StandardScaler().set_fit_request(sample_weight=False), network)
        fit_params = {"sample_weight": np.linspace(0.5, 2, 150)}
        scoring = get_scorer("accuracy").set_score_request(sample_weight=False)
        assert_same(*both(pipeline, OF_PIPELINE, cv=3, fit_params=fit_params, scoring=scoring))


def test_numbers_and_random_candidates():
    distributions = {"alpha": loguniform(1e-5, 1), "solver": ["sgd", "adam", "nadam"]}
    searches = [
        S(REGRESSOR, distributions, n_iter=8, cv=3, random_state=0).fit(X_NUMBERS, NUMBERS)
        for S in (StackedRandomizedSearchCV, RandomizedSearchCV)
    ]
    assert_same(*searches)


def test_early_stopping_and_float32(counted):
    network = clone(NETWORK).set_params(early_stopping=True, max_iter=15, n_iter_no_change=2)
    assert_same(*both(network, GRID, X=X.astype(np.float32), cv=3))
    assert sum(counted) == 18


@pytest.mark.parametrize("rate", ["constant", "adaptive", "cosine"])
def test_halving_goes_on_where_the_last_round_ended(rate, counted):
    network = clone(NETWORK).set_params(learning_rate=rate, solver="sgd", n_iter_no_change=2)
    arguments = {"resource": "max_iter", "min_resources": 3, "max_resources": 12, "factor": 2}
    searches = [
        S(network, GRID, cv=3, random_state=0, **arguments).fit(X, Y)
        for S in (StackedHalvingGridSearchCV, HalvingGridSearchCV)
    ]
    assert_same(*searches)


def test_halving_trains_the_further_epochs_only(monkeypatch):
    trained = []
    original = together.train_together

    def train_together(trainings):
        before = [each.run.epoch for each in trainings]
        errors = original(trainings)
        trained.extend(each.run.epoch - n for each, n in zip(trainings, before, strict=True))
        return errors

    monkeypatch.setattr(together, "train_together", train_together)
    arguments = {"resource": "max_iter", "min_resources": 3, "max_resources": 9, "factor": 3}
    StackedHalvingGridSearchCV(NETWORK, GRID, cv=3, refit=False, **arguments).fit(X, Y)
    assert trained == [3] * 18 + [6] * 6


def halving(network, grid, *, X=X, y=Y, cv=3, **arguments):
    """Fit our search by halving and scikit-learn's."""
    return [
        S(clone(network), grid, cv=cv, random_state=0, **arguments).fit(X, y)
        for S in (StackedHalvingGridSearchCV, HalvingGridSearchCV)
    ]


@pytest.mark.parametrize("factor", [2, 1.3])
def test_rounds_of_halving_may_have_equal_numbers_of_epochs(factor):
    arguments = {"min_resources": 4, "max_resources": 5, "aggressive_elimination": True}
    arguments |= {"resource": "max_iter", "factor": factor, "scoring": "neg_log_loss"}
    assert_same(*halving(NETWORK, GRID, **arguments))


def test_halving_does_not_go_on_with_networks_that_diverged():
    network = clone(REGRESSOR).set_params(
        solver=SGD(momentum=0.0), early_stopping=True, batch_size=10, n_iter_no_change=50
    )
    grid = {"learning_rate_init": [0.7, 1.0, 1.3, 1.6], "random_state": list(range(6))}
    arguments = {"resource": "max_iter", "min_resources": 15, "max_resources": 40, "factor": 1.3}
    with warnings.catch_warnings(action="ignore"):  # of failed fits and scores that are nan
        X, y = 20 * X_NUMBERS, NUMBERS
        assert_same(*halving(network, grid, X=X, y=y, refit=False, **arguments))


class Repeats(StandardScaler):
    def __init__(self, max_iter=1):
        super().__init__()
        self.max_iter = max_iter


def test_halving_over_the_epochs_of_another_step():
    arguments = {"resource": "repeats__max_iter", "min_resources": 2, "max_resources": 4}
    arguments |= {"factor": 2, "aggressive_elimination": True}
    assert_same(*halving(make_pipeline(Repeats(), NETWORK), OF_PIPELINE, **arguments))


class Rotating:
    """A splitter with other splits in each call."""

    def __init__(self):
        self.calls = 0

    def get_n_splits(self, X=None, y=None, groups=None):
        return 3

    def split(self, X, y=None, groups=None):
        self.calls += 1
        folds = np.roll(np.arange(150) % 3, self.calls)
        return [(np.flatnonzero(folds != k), np.flatnonzero(folds == k)) for k in range(3)]


def test_halving_goes_on_with_a_network_on_its_own_rows_only():
    arguments = {"resource": "max_iter", "min_resources": 3, "max_resources": 9}
    results = []
    for S in (StackedHalvingGridSearchCV, HalvingGridSearchCV):
        results.append(S(NETWORK, GRID, cv=Rotating(), random_state=0, **arguments).fit(X, Y))
    assert_same(*results)


def failing(progress):
    return 1.0 if progress.epoch < 3 else np.nan


class ScoreThatFails:
    """Fail for networks with one penalty, and for no other."""

    def __call__(self, estimator, X, y):
        if estimator.alpha == 0.2:
            raise RuntimeError("no score")
        return estimator.score(X, y)


@pytest.mark.filterwarnings("ignore:One or more of the test scores are non-finite")
@pytest.mark.parametrize("n_jobs", [None, 2])
@pytest.mark.parametrize(
    "grid",
    [
        {"learning_rate": ["constant", failing], "alpha": [0.1, 0.2, 0.3]},
        {"early_stopping": [True], "scoring": [ScoreThatFails()], "alpha": [0.1, 0.2, 0.3, 0.4]},
    ],
)
def test_a_candidate_whose_training_fails_leaves_the_others_alone(grid, n_jobs):
    results = []
    for S in (StackedGridSearchCV, GridSearchCV):
        with pytest.warns(FitFailedWarning):
            results.append(S(NETWORK, grid, cv=3, n_jobs=n_jobs).fit(X, Y))
    assert_same(*results)


@pytest.mark.filterwarnings("default")
def test_users_are_warned_as_often_as_by_scikit_learn():
    network = clone(NETWORK).set_params(batch_size=500)
    numbers = []
    for S in (StackedGridSearchCV, GridSearchCV):
        with warnings.catch_warnings(record=True, action="always") as caught:
            S(network, {"dropout": [0.0, 0.3], "alpha": [0.0, 0.1]}, cv=3).fit(X, Y)
        numbers.append(sorted(str(each.message) for each in caught))
    assert numbers[0] == numbers[1]


@pytest.mark.filterwarnings("ignore:One or more of the test scores are non-finite")
def test_failing_candidates_have_the_error_score(counted):
    grid = {"learning_rate_init": [0.01, 1e9, 0.02], "solver": ["sgd"], "alpha": [0.0, 1e-3]}
    results = []
    for S in (StackedGridSearchCV, GridSearchCV):
        with pytest.warns(FitFailedWarning, match="DivergenceError") as warned:
            results.append((S(REGRESSOR, grid, cv=3).fit(X_NUMBERS, NUMBERS), len(warned)))
    assert np.isnan(results[0][0].cv_results_["mean_test_score"]).sum() == 2
    assert_same(results[0][0], results[1][0])
    with pytest.raises(ValueError, match="alpha"):
        StackedGridSearchCV(NETWORK, {"alpha": [-1.0]}, error_score="raise").fit(X, Y)


def test_an_interruption_leaves_the_search_unfitted(monkeypatch):
    def interrupt(trainings):
        raise KeyboardInterrupt

    monkeypatch.setattr(together, "train_together", interrupt)
    search = StackedGridSearchCV(NETWORK, GRID)
    with pytest.raises(KeyboardInterrupt):
        search.fit(X, Y)
    assert not hasattr(search, "cv_results_")
    assert not hasattr(search, "_given")


def test_tasks_are_fitted_when_they_are_needed(monkeypatch, counted):
    monkeypatch.setattr(stacked_fits, "_MOST_AT_ONCE", 6)
    ours, theirs = both(NETWORK, GRID | {"alpha": [0.0, 0.1]}, cv=3)
    assert_same(ours, theirs)
    assert max(counted) <= 6


def test_large_tables_are_left_to_scikit_learn(monkeypatch, counted):
    monkeypatch.setattr(stacked_fits, "_MOST_NUMBERS", 100)
    assert_same(*both(PIPELINE, OF_PIPELINE, cv=3))
    assert counted == []


def test_callbacks_of_the_search(capsys):
    search = StackedGridSearchCV(NETWORK, GRID, cv=3).set_callbacks(ProgressBar())
    search.fit(X, Y)
    assert hasattr(search, "cv_results_")


def test_a_fitted_search_can_be_pickled():
    search = StackedGridSearchCV(PIPELINE, OF_PIPELINE, cv=3).fit(X, Y)
    loaded = pickle.loads(pickle.dumps(search))
    np.testing.assert_array_equal(loaded.predict(X), search.predict(X))


def test_other_estimators_are_left_to_scikit_learn(counted):
    assert_same(*both(LogisticRegression(), {"C": [0.1, 1.0]}, cv=3))
    assert counted == []


@parametrize_with_checks(
    [
        StackedGridSearchCV(
            ScratchMLPClassifier(max_iter=16, random_state=0), {"alpha": [0.1, 1.0, 2.0]}, cv=2
        )
    ]
)
def test_scikit_learn_check(estimator, check):
    with warnings.catch_warnings(action="ignore"):
        check(estimator)
