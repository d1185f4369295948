"""Stacked searches give the results of scikit-learn's searches."""

import copy
import pickle
import warnings
from unittest.mock import Mock

import numpy as np
import pytest
from scipy.sparse import csr_array
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
    KFold,
    RandomizedSearchCV,
    ShuffleSplit,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from scratchmlp import ScratchMLPClassifier, ScratchMLPRegressor
from scratchmlp.activations import ACTIVATIONS
from scratchmlp.losses import LogLoss
from scratchmlp.model_selection import (
    StackedGridSearchCV,
    StackedHalvingGridSearchCV,
    StackedRandomizedSearchCV,
    stacked_fits,
    together,
)
from scratchmlp.optimizers import SGD, Adam

pytestmark = [
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
    pytest.mark.filterwarnings("ignore:One or more of the t"),
]

IRIS = load_iris(return_X_y=True)
IRIS_32 = IRIS[0].astype(np.float32), IRIS[1]
DIABETES = [each[:120] for each in load_diabetes(return_X_y=True)]
DIABETES[1] = DIABETES[1] / 100
NETWORK = ScratchMLPClassifier(hidden_layer_sizes=6, max_iter=8, random_state=0)
STOPPED = clone(NETWORK).set_params(early_stopping=True, max_iter=15, n_iter_no_change=2)
REGRESSOR = ScratchMLPRegressor(hidden_layer_sizes=6, max_iter=8, random_state=0)
PIPELINE = make_pipeline(StandardScaler(), PCA(), NETWORK)
GRID = {"learning_rate_init": [0.003, 0.01, 0.03], "hidden_layer_sizes": [(4,), (7,)]}
OF_PIPELINE = {f"scratchmlpclassifier__{name}": values for name, values in GRID.items()}
OTHER_STEPS = [
    OF_PIPELINE | {"pca__n_components": [2, 3]},
    {"standardscaler": ["passthrough"], "scratchmlpclassifier__alpha": [0.1, 1.0]},
    {"scratchmlpclassifier": [LogisticRegression()], "pca__n_components": [1]},
]
SHAPES = [
    {"alpha": [0.0, 1.0], "solver": ["adam", "sgd", "lbfgs"]},
    {"alpha": [0.0, 1.0], "activation": ["relu", "tanh", "silu"]},
    {"alpha": [0.0, 1.0], "batch_size": [30, "full"], "loss": ["log_loss", "focal"]},
    {"alpha": [0.0, 1.0], "dropout": [0.0, 0.3]},
]
DISTRIBUTIONS = {"alpha": loguniform(1e-5, 1), "solver": ["sgd", "adam", "nadam"]}
RANDOM = (StackedRandomizedSearchCV, RandomizedSearchCV)
RANDOM_SPLITS = ShuffleSplit(2, random_state=np.random.RandomState(0))  # asked once
RANDOMIZED = {"searches": RANDOM, "data": DIABETES, "n_iter": 8, "random_state": 0}
RANDOMIZED["cv"] = RANDOM_SPLITS
WEIGHTS = np.linspace(0.5, 2, 150)
WITH_GROUPS = {"groups": np.arange(150) % 7, "sample_weight": WEIGHTS}
STEP_WEIGHTS = {"scratchmlpclassifier__sample_weight": WEIGHTS}
METRICS = {"scoring": ["accuracy", "neg_log_loss"], "refit": "neg_log_loss"}

GRIDS = (StackedGridSearchCV, GridSearchCV)
HALVING = (StackedHalvingGridSearchCV, HalvingGridSearchCV)


@pytest.fixture(autouse=True)
def trained(monkeypatch):
    """List how many epochs each network trains, for all that train together."""
    stacks, original = [], together.train_together

    def train_together(trainings):
        before = [each.run.epoch for each in trainings]
        errors = original(trainings)
        stacks.append([each.run.epoch - n for each, n in zip(trainings, before, strict=True)])
        return errors

    monkeypatch.setattr(together, "train_together", train_together)
    return stacks


def both(estimator, grid, *, data=IRIS, searches=GRIDS, fit_params=None, **arguments):
    """Fit our search and scikit-learn's, each with a splitter of its own."""
    arguments = {"cv": 2} | arguments
    return [
        S(clone(estimator), grid, **copy.deepcopy(arguments)).fit(*data, **fit_params or {})
        for S in searches
    ]


def assert_same(ours, theirs):
    """Compare two fitted searches, except for times."""
    assert ours.cv_results_.keys() == theirs.cv_results_.keys()
    for name, values in theirs.cv_results_.items():
        values = np.asarray(values)
        if "time" in name:
            assert (ours.cv_results_[name] >= 0).all()
        elif values.dtype.kind == "f":
            np.testing.assert_allclose(ours.cv_results_[name], values, 1e-9, 1e-9, err_msg=name)
        else:
            assert str(ours.cv_results_[name]) == str(theirs.cv_results_[name]), name
    assert vars(ours).keys() == vars(theirs).keys()
    if theirs.refit:
        assert ours.best_index_ == theirs.best_index_
        assert ours.best_params_ == theirs.best_params_


#: An estimator, what is searched, how many networks train together, and other arguments.
SEARCHES = {
    "a network": (NETWORK, GRID, 12, {"return_train_score": True}),
    "a pipeline": (PIPELINE, OF_PIPELINE, 12, {"fit_params": STEP_WEIGHTS}),
    "other steps": (PIPELINE, OTHER_STEPS, 28, {}),
    "several shapes": (NETWORK, SHAPES, 40, {}),
    "early stopping in float32": (STOPPED, GRID, 12, {"data": IRIS_32}),
    "several processes": (PIPELINE, OF_PIPELINE, 0, METRICS | {"n_jobs": 2}),
    "weights and groups": (NETWORK, GRID, 12, {"cv": GroupKFold(2), "fit_params": WITH_GROUPS}),
    "random candidates": (REGRESSOR, DISTRIBUTIONS, 16, RANDOMIZED),
    "another estimator": (LogisticRegression(), {"C": [0.1, 1.0]}, 0, {}),
}


@pytest.mark.parametrize(
    ("estimator", "grid", "n_together", "arguments"), SEARCHES.values(), ids=SEARCHES
)
def test_results_are_those_of_scikit_learn(estimator, grid, n_together, arguments, trained):
    ours, theirs = both(estimator, grid, **arguments)
    assert sum(map(len, trained)) == n_together
    assert_same(ours, theirs)
    assert (ours.cv_results_["mean_fit_time"] > 0).all()
    X = arguments.get("data", IRIS)[0]
    np.testing.assert_allclose(ours.predict(X), theirs.predict(X), rtol=1e-9)


def test_metadata_routing():
    with config_context(enable_metadata_routing=True):
        network = clone(NETWORK).set_fit_request(sample_weight=True)
        pipeline = make_pipeline(StandardScaler().set_fit_request(sample_weight=False), network)
        scoring = get_scorer("accuracy").set_score_request(sample_weight=False)
        fit_params = {"sample_weight": WEIGHTS}
        assert_same(*both(pipeline, OF_PIPELINE, fit_params=fit_params, scoring=scoring))


LIMITS = [
    ("_MOST_AT_ONCE", 6, [6, 6]),
    ("_MOST_NUMBERS_AT_ONCE", 3700, [6, 6]),
    ("_MOST_NUMBERS", 100, [6]),  # of one of two splits
]


@pytest.mark.parametrize(("limit", "value", "n_at_once"), LIMITS)
def test_large_searches_train_fewer_networks_at_once(limit, value, n_at_once, monkeypatch, trained):
    monkeypatch.setattr(stacked_fits, limit, value)
    assert_same(*both(PIPELINE, {"scratchmlpclassifier__alpha": [0.0, 0.1, 0.2, 0.3, 0.4, 0.5]}))
    assert [len(stack) for stack in trained] == n_at_once


# The steps before a network.

FITTED = []


class Counted(StandardScaler):
    def fit(self, X, y=None, sample_weight=None):
        FITTED.append(len(X))
        return super().fit(X, y, sample_weight)


def score(pipeline, X, y):
    assert pipeline.memory is None  # as the user has set it
    return pipeline.score(X, y)


def search_after_steps(*steps, search=StackedGridSearchCV):
    """Search in two splits. Return the search, and how often the steps are fitted."""
    FITTED.clear()
    pipeline = make_pipeline(Counted(), *steps)
    grid = {f"{pipeline.steps[-1][0]}__alpha": [0.1, 0.2, 0.3]}
    fitted = search(pipeline, grid, cv=2, scoring=score, refit=False, error_score="raise").fit(
        *IRIS
    )
    return fitted, len(FITTED)


def test_steps_are_fitted_once_for_each_split(trained):
    assert search_after_steps(NETWORK)[1] == 2
    assert [len(stack) for stack in trained] == [6]


def test_networks_that_turn_out_to_train_alone_share_their_steps(trained, monkeypatch):
    for steps, n_bytes in (((FunctionTransformer(csr_array), NETWORK), 2**20), ((NETWORK,), 1)):
        monkeypatch.setattr("scratchmlp.stacked._CACHE", n_bytes)
        ours, n_times = search_after_steps(*steps)
        theirs, n_times_there = search_after_steps(*steps, search=GridSearchCV)
        assert (n_times, n_times_there, trained) == (2, 6, [])
        assert_same(ours, theirs)


ALONE = [{"solver": "lbfgs"}, {"dropout": 0.5}, {"verbose": True}, {"warm_start": True}]
ALONE += [{"activation": ["relu", type("Mine", (type(ACTIVATIONS["tanh"]),), {})()]}]
ALONE += [{"loss": type("Mine", (LogLoss,), {})()}, {"solver": type("Mine", (Adam,), {})()}]


@pytest.mark.parametrize("parameters", ALONE)
def test_what_must_train_alone_is_known_before_anything_is_fitted(parameters, trained):
    network = clone(NETWORK).set_params(hidden_layer_sizes=(6, 6), **parameters)
    assert search_after_steps(network)[1] == 6
    assert trained == []


# Halving.


class Repeats(StandardScaler):
    def __init__(self, max_iter=1):
        super().__init__()
        self.max_iter = max_iter


class Rotating(KFold):
    """A splitter with other splits in each call."""

    calls = 0

    def split(self, X, y=None, groups=None):
        self.calls += 1
        rows = np.arange(len(X)).reshape(-1, 3)
        return [
            (np.delete(rows, k, axis=1).ravel(), rows[:, k]) for k in np.roll([0, 1, 2], self.calls)
        ]


def epochs(least, most, factor=3, **arguments):
    """Return the arguments of a search by halving over epochs."""
    resources = {"min_resources": least, "max_resources": most, "factor": factor}
    return {"resource": "max_iter", "random_state": 0} | resources | arguments


STEPS = {"solver": "sgd", "n_iter_no_change": 2}
ADAPTIVE = clone(NETWORK).set_params(learning_rate="adaptive", **STEPS)
PLANNED = clone(NETWORK).set_params(learning_rate="cosine", **STEPS)
DIVERGING = clone(REGRESSOR).set_params(
    solver=SGD(momentum=0.0), early_stopping=True, batch_size=10, n_iter_no_change=50
)
RESTARTS = {"learning_rate_init": [1.0], "random_state": [0, 1, 2]}
HUGE = {"cv": 3, "data": (20 * DIABETES[0], DIABETES[1]), "refit": False}
EQUAL_ROUNDS = epochs(4, 5, 1.3, aggressive_elimination=True, scoring="neg_log_loss")
OTHER_EPOCHS = epochs(2, 4, 2, aggressive_elimination=True, resource="repeats__max_iter")
HALVINGS = {
    "adaptive rate": (ADAPTIVE, GRID, epochs(3, 12, 2)),
    "planned rate": (PLANNED, GRID, epochs(3, 12, 2)),
    "rounds of equally many epochs": (NETWORK, {"alpha": [0.0, 0.1, 1.0]}, EQUAL_ROUNDS),
    "epochs of another step": (make_pipeline(Repeats(), NETWORK), OF_PIPELINE, OTHER_EPOCHS),
    "other rows in each round": (NETWORK, GRID, epochs(3, 9, cv=Rotating(3))),
    "networks that diverge": (DIVERGING, RESTARTS, epochs(15, 40, 1.3, **HUGE)),
}


@pytest.mark.filterwarnings("ignore")  # some networks diverge
@pytest.mark.parametrize(("estimator", "grid", "arguments"), HALVINGS.values(), ids=HALVINGS)
def test_halving_has_the_results_of_scikit_learn(estimator, grid, arguments):
    assert_same(*both(estimator, grid, searches=HALVING, **arguments))


def test_halving_trains_the_further_epochs_only(trained):
    StackedHalvingGridSearchCV(NETWORK, GRID, cv=3, refit=False, **epochs(3, 9)).fit(*IRIS)
    assert [n for stack in trained for n in stack] == [3] * 18 + [6] * 6


# Failures and warnings.


def failing(progress):
    return 1.0 if progress.epoch < 3 else np.nan


class ScoreThatFails:
    """Fail for networks with one penalty, and for no other."""

    def __call__(self, estimator, X, y):
        if estimator.alpha == 0.2:
            raise RuntimeError("no score")
        return estimator.score(X, y)


RATES = {"learning_rate": ["constant", failing], "alpha": [0.1, 0.2, 0.3]}
SCORES = {"early_stopping": [True], "scoring": [ScoreThatFails()], "alpha": [0.1, 0.2, 0.3, 0.4]}
DIVERGES = {"learning_rate_init": [0.01, 1e9, 0.02], "solver": ["sgd"], "alpha": [0.0, 1e-3]}
FAILURES = {
    "rate in other processes": (NETWORK, RATES, 3, "ValueError", {"n_jobs": 2}),
    "score": (NETWORK, SCORES, 1, "no score", {}),
    "divergence": (REGRESSOR, DIVERGES, 2, "DivergenceError", {"data": DIABETES}),
}


@pytest.mark.parametrize(
    ("estimator", "grid", "n_failed", "message", "arguments"), FAILURES.values(), ids=FAILURES
)
def test_a_candidate_that_fails_leaves_others_alone(estimator, grid, n_failed, message, arguments):
    with pytest.warns(FitFailedWarning, match=message):
        ours, theirs = both(estimator, grid, **arguments)
    assert np.isnan(ours.cv_results_["mean_test_score"]).sum() == n_failed
    assert_same(ours, theirs)


def test_a_fit_after_a_search_fits_its_own_rows():
    network, expected = clone(NETWORK), clone(NETWORK).fit(*IRIS)
    with stacked_fits.Fitted(network=clone(NETWORK).fit(*IRIS_32)).given_to(network):
        pass  # its fit has not been reached
    np.testing.assert_array_equal(network.fit(*IRIS).theta_, expected.theta_)


def test_a_failing_candidate_can_raise_its_error():
    with pytest.raises(ValueError, match="alpha"):
        StackedGridSearchCV(NETWORK, {"alpha": [-1.0]}, error_score="raise").fit(*IRIS)


BATCHES = clone(NETWORK).set_params(batch_size=500)
DROPOUTS = {"dropout": [0.0, 0.3], "alpha": [0.0, 0.1]}


@pytest.mark.parametrize(("network", "grid"), [(BATCHES, DROPOUTS), (REGRESSOR, DIVERGES)])
def test_users_are_warned_as_often_as_by_scikit_learn(network, grid):
    messages = []
    for search in GRIDS:
        with warnings.catch_warnings(record=True, action="always") as caught:
            both(network, grid, searches=[search])
        messages.append(sorted(str(each.message) for each in caught))
    assert messages[0] == messages[1]


def test_an_interruption_leaves_the_search_unfitted(monkeypatch):
    monkeypatch.setattr(together, "train_together", Mock(side_effect=KeyboardInterrupt))
    search = StackedGridSearchCV(NETWORK, GRID)
    with pytest.raises(KeyboardInterrupt):
        search.fit(*IRIS)
    assert not hasattr(search, "cv_results_")
    assert not hasattr(search, "_given")


def test_a_search_with_callbacks_can_be_pickled(capsys):
    search = StackedGridSearchCV(NETWORK, GRID, cv=2).set_callbacks(ProgressBar())
    loaded = pickle.loads(pickle.dumps(search.fit(*IRIS)))
    np.testing.assert_array_equal(loaded.predict(IRIS[0]), search.predict(IRIS[0]))


CHECKED = ScratchMLPClassifier(32, max_iter=16, learning_rate_init=0.01, random_state=0)


@parametrize_with_checks([StackedGridSearchCV(CHECKED, {"alpha": [0.1, 1.0]}, cv=2)])
def test_scikit_learn_check(estimator, check):
    with warnings.catch_warnings(action="ignore"):
        check(estimator)
