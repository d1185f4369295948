"""Networks trained on a cluster are the networks that the local estimators train."""

import pickle
from copy import copy, deepcopy
from functools import cache, partial
from typing import Any, NamedTuple

import dask
import dask.array as da
import numpy as np
import pandas as pd
import pytest
from cluster_examples import CHUNKS, arrays, on_cluster
from sklearn import config_context
from sklearn.base import clone
from sklearn.metrics import r2_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from scratchmlp import ScratchMLPClassifier, ScratchMLPRegressor
from scratchmlp.callbacks import ModelCheckpoint, TimeLimit
from scratchmlp.dask import DaskScratchMLPClassifier, DaskScratchMLPRegressor, preparation
from scratchmlp.dask.pieces import split
from scratchmlp.dask.scoring import RSquared
from scratchmlp.io import load

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

X, TARGETS, WEIGHT = arrays()
Y = TARGETS["classes"]
X_VAL, VAL_TARGETS, VAL_WEIGHT = arrays(50, seed=1)
VAL_CHUNKS = (49, 1)
NAMES = list("abcd")
CLASSIFIERS = DaskScratchMLPClassifier, ScratchMLPClassifier
REGRESSORS = DaskScratchMLPRegressor, ScratchMLPRegressor
LBFGS = {"solver": "lbfgs", "max_iter": 4, "activation": "tanh"}
ADAM = {"batch_size": 90, "max_iter": 2}
FAST = {"batch_size": "full", "max_iter": 2, "random_state": 0}


class Case(NamedTuple):
    """A configuration of a fit. `scores` says whether there are validation data."""

    targets: str
    parameters: dict[str, Any]
    weight: Any = None
    chunks: tuple[int, ...] = CHUNKS
    dtype: Any = np.float64
    scores: bool = False
    in_frames: bool = False

    def estimators(self):
        """Return the estimator on a cluster and the local one."""
        pair = REGRESSORS if self.targets.startswith("number") else CLASSIFIERS
        return [each(random_state=0, **self.parameters) for each in pair]

    def rows(self):
        """Return the training rows in memory."""
        rows = X.astype(self.dtype), TARGETS[self.targets], self.weight
        if self.in_frames:
            index = np.arange(len(X))[::-1] * 2
            rows = pd.DataFrame(X, index, NAMES), *(pd.Series(each, index) for each in rows[1:])
        return rows

    def validation(self):
        """Return the validation rows in memory, by the names of the arguments."""
        if not self.scores:
            return {}
        weight = None if self.weight is None else VAL_WEIGHT
        return {"X_val": X_VAL, "y_val": VAL_TARGETS[self.targets], "sample_weight_val": weight}


def scored(scoring, **parameters):
    return ADAM | {"early_stopping": True, "scoring": scoring} | parameters


TINY, TINY_PENALTY = 1e-200 * WEIGHT, {"alpha": 1e-201}
OF_CLASSES, OF_LABELS = {"class_weight": {0: 3.0, 2: 0.0}}, {"class_weight": [{1: 2.0}, {0: 0.5}]}
BALANCED, NO_LAYER = {"class_weight": "balanced"}, {"hidden_layer_sizes": (), "alpha": 1.0}
SQUARES = scored("neg_mean_squared_error", batch_size="full", hidden_layer_sizes=(7, 5))
ABSOLUTE = scored("neg_mean_absolute_error", solver="sgd", learning_rate="adaptive")
CASES = {
    "lbfgs, one partition": Case("numbers", LBFGS, chunks=(240,)),
    "lbfgs, float32": Case("classes", LBFGS, dtype=np.float32),
    "float32": Case("number", ADAM, dtype=np.float32, chunks=(1, 0, 0, 238, 1)),
    "frames": Case("words", ADAM, WEIGHT, in_frames=True),
    "no hidden layer": Case("classes", LBFGS | NO_LAYER, WEIGHT),
    "accuracy": Case("binary", scored("accuracy", shuffle=False), WEIGHT, scores=True),
    "log-loss": Case("classes", scored("neg_log_loss", solver="rmsprop"), WEIGHT, scores=True),
    "loss": Case("classes", scored("loss", learning_rate="one_cycle"), WEIGHT, scores=True),
    "R² by default": Case("numbers", scored(None), WEIGHT, chunks=(60,) * 4, scores=True),
    "squares": Case("number", SQUARES, WEIGHT, scores=True),
    "absolute errors": Case("numbers", ABSOLUTE, scores=True),
    "weights of classes": Case("classes", LBFGS | OF_CLASSES | TINY_PENALTY, TINY),
    "balanced, weights": Case("words", LBFGS | BALANCED | TINY_PENALTY, TINY),
    "labels": Case("labels", scored(None), WEIGHT, scores=True),
    "weights of labels": Case("labels", LBFGS | OF_LABELS, WEIGHT),
    "balanced labels": Case("labels", LBFGS | BALANCED),
}


@pytest.fixture(scope="module")
def trained(client):
    """Return a function that trains networks of a case, each once, on the cluster and locally."""

    @cache
    def train(name):
        case = CASES[name]
        network, local = case.estimators()
        validation = {k: on_cluster(each, VAL_CHUNKS) for k, each in case.validation().items()}
        network.fit(*(on_cluster(each, case.chunks) for each in case.rows()), **validation)
        return case, network, local.fit(*case.rows(), **case.validation())

    return train


def compare(found, expected, atol=1e-9):
    np.testing.assert_allclose(found.theta_, expected.theta_, rtol=0, atol=atol)
    np.testing.assert_allclose(found.loss_curve_, expected.loss_curve_, rtol=0, atol=atol)
    assert found.theta_.dtype == expected.theta_.dtype
    assert found.stop_reason_ == expected.stop_reason_
    assert found.t_ == expected.t_


@pytest.mark.parametrize("name", CASES)
def test_training_is_that_of_the_local_estimator(trained, name):
    case, network, local = trained(name)
    compare(network, local, atol=1e-9 if case.dtype == np.float64 else 1e-4)
    if hasattr(local, "classes_"):
        np.testing.assert_array_equal(network.classes_, local.classes_)
    if case.in_frames:
        assert network.feature_names_in_.tolist() == NAMES
    if case.scores:
        for key in ("validation_loss", "score"):
            np.testing.assert_allclose(network.history_[key], local.history_[key], rtol=1e-10)
        assert network.best_epoch_ == local.best_epoch_


METHODS = (
    *("predict", "decision_function", "predict_proba", "predict_log_proba"),
    "hidden_activations",
)
predictors = pytest.mark.parametrize(
    "name", ["accuracy", "labels", "R² by default", "float32", "frames"]
)


@predictors
def test_the_score_is_that_of_the_local_copy(trained, name):
    case, network, _ = trained(name)
    x, y, weight = case.rows()
    expected = network.to_local().score(x, y, weight)
    assert network.score(x, y, weight) == expected
    found = network.score(*(on_cluster(each, case.chunks) for each in (x, y, weight)))
    assert found == pytest.approx(expected, rel=1e-10 if case.dtype == np.float64 else 1e-6)


def lazy_predictions(network, x):
    """Return lazy predictions of all methods, and predictions. They need no client."""
    methods = [name for name in METHODS if hasattr(network, name)]
    lazy = {name: getattr(network, name)(x) for name in methods}
    with dask.config.set(scheduler="synchronous"):
        return lazy, *dask.compute(lazy)


def assert_same(found, expected):
    """The rows of a block decide on the last bits."""
    if expected.dtype.kind == "f":
        tolerance = {8: {"rtol": 1e-10}, 4: {"rtol": 1e-5, "atol": 1e-7}}[expected.itemsize]
        np.testing.assert_allclose(found, expected, **tolerance)
    else:
        np.testing.assert_array_equal(found, expected)


@pytest.mark.filterwarnings("ignore:X does not have valid feature names")
@predictors
@pytest.mark.parametrize("column_chunks", [(4,), (3, 1)])
def test_arrays_give_lazy_arrays(trained, name, column_chunks):
    case, network, _ = trained(name)
    x, local = X.astype(case.dtype), network.to_local()
    lazy, found = lazy_predictions(network, da.from_array(x, chunks=(CHUNKS, column_chunks)))
    for method, predictions in found.items():
        expected = getattr(local, method)(x)
        assert isinstance(lazy[method], da.Array)
        assert lazy[method].shape == expected.shape
        assert lazy[method].dtype == predictions.dtype == expected.dtype
        assert lazy[method].chunks[0] == CHUNKS
        assert_same(predictions, expected)
        np.testing.assert_array_equal(getattr(network, method)(x), expected)


@pytest.mark.filterwarnings("ignore:X has feature names")
@pytest.mark.filterwarnings("ignore:X does not have valid feature names")
@predictors
def test_frames_give_lazy_frames_with_their_index(trained, name):
    case, network, _ = trained(name)
    index = np.arange(240)[::-1] * 2
    lazy, found = lazy_predictions(network, on_cluster(pd.DataFrame(X, index, NAMES)))
    for method, predictions in found.items():
        expected = getattr(network, method)(X.astype(case.dtype))
        np.testing.assert_array_equal(predictions.index, index)
        assert_same(predictions.to_numpy(), expected)
        if expected.ndim == 1:
            assert lazy[method].dtype == predictions.dtype
            continue
        assert lazy[method].dtypes.tolist() == predictions.dtypes.tolist()
        classes = None if method == "hidden_activations" else getattr(network, "classes_", None)
        names = range(expected.shape[1]) if classes is None else classes
        assert lazy[method].columns.tolist() == predictions.columns.tolist() == list(names)


def test_rows_may_be_selected_by_their_values(trained):
    """Dask then does not know how many rows a partition has."""
    _, network, _ = trained("accuracy")
    x = on_cluster(X)
    selected = X[:, 0] > 0
    lazy = network.predict(x[x[:, 0] > 0])
    np.testing.assert_array_equal(lazy.compute(), network.predict(X[selected]))
    unknown = x[x[:, 0] > 0], on_cluster(Y)[x[:, 0] > 0]
    compare(
        DaskScratchMLPClassifier(**FAST).fit(*unknown),
        ScratchMLPClassifier(**FAST).fit(X[selected], Y[selected]),
    )


def test_arrays_may_have_other_chunks_and_weights_may_be_a_number(client):
    network = DaskScratchMLPClassifier(**FAST)
    network.fit(da.from_array(X, chunks=(90, 2)), da.from_array(Y[:, np.newaxis], chunks=100), 2.0)
    compare(network, ScratchMLPClassifier(**FAST).fit(X, Y, np.full(240, 2.0)))


@pytest.mark.parametrize("kind", [np.array, partial(pd.DataFrame, columns=NAMES)])
def test_inputs_are_standardized_over_the_cluster(client, kind):
    wide = kind(X * [1.0, 1e3, 1e3, 0.0] + [1e4, 0.0, 0.0, 0.1])
    network = DaskScratchMLPClassifier(random_state=0, standardize=True, **LBFGS)
    network.fit(on_cluster(wide), on_cluster(Y))
    local = make_pipeline(StandardScaler(), ScratchMLPClassifier(random_state=0, **LBFGS))
    local.fit(wide, Y)
    for name in ("mean_", "var_", "scale_"):
        found, expected = (getattr(each, name) for each in (network.scaler_, local[0]))
        np.testing.assert_allclose(found, expected, rtol=1e-11, atol=1e-25)
    copy_of_it = network.to_local()
    assert [type(step) for step in copy_of_it] == [StandardScaler, ScratchMLPClassifier]
    assert copy_of_it[0].n_samples_seen_ == 240
    proba = network.predict_proba(on_cluster(wide)).compute()
    for output in ("default", "pandas"):  # no warnings of names, which would be errors
        with config_context(transform_output=output):
            for each in (network, copy_of_it):
                np.testing.assert_allclose(each.predict_proba(wide), proba, rtol=1e-12)
    np.testing.assert_allclose(local.predict_proba(wide), proba, atol=1e-7)


@pytest.mark.parametrize(
    ("targets", "known"), [("classes", {"classes": [0, 1, 2]}), ("number", {})]
)
def test_partial_fit_goes_on(client, targets, known):
    network, local = Case(targets, {"batch_size": 40}).estimators()
    for rows in (slice(0, 120), slice(120, 240)):
        x, y = X[rows], TARGETS[targets][rows]
        network.partial_fit(on_cluster(x, (60, 60)), on_cluster(y, (60, 60)), **known)
        local.partial_fit(x, y, **known)
    compare(network, local)


def test_warm_starts_go_on(client):
    network, local = Case("classes", ADAM | {"warm_start": True}).estimators()
    for _ in range(2):
        network.fit(on_cluster(X), on_cluster(Y))
        local.fit(X, Y)
    compare(network, local)
    compare(network.to_local().fit(X, Y), local.fit(X, Y))


# Rows that are held out.

#: For each piece, the rows that a fit has held out. The workers are threads of this process.
HELD_OUT = {}


def recording_split(targets, seed, quota, held_out, piece):
    part = split(targets, seed, quota, held_out, piece)
    if held_out:
        HELD_OUT[seed[1]] = part.kept
    return part


@pytest.mark.parametrize("targets", ["binary", "numbers"])
def test_early_stopping_holds_out_a_share_of_each_partition(client, monkeypatch, targets):
    monkeypatch.setattr(preparation, "split", recording_split)
    more = {"early_stopping": True, "warm_start": True, "shuffle": False}
    network, local = Case(targets, ADAM | more | {"validation_fraction": 0.2}).estimators()
    y = TARGETS[targets]
    for _ in range(2):
        network.fit(on_cluster(X), on_cluster(y))
        held_out = np.concatenate([HELD_OUT[0], 70 + HELD_OUT[1], 71 + HELD_OUT[2]])
        train = np.setdiff1d(np.arange(240), held_out)
        local.fit(X[train], y[train], X_val=X[held_out], y_val=y[held_out])
    assert len(train) == 240 - 48
    assert len(HELD_OUT[0]) in (14, 15)
    if targets == "binary":
        assert y[held_out].sum() == pytest.approx(0.2 * y.sum(), abs=1)
    np.testing.assert_allclose(network.theta_, local.theta_, rtol=0, atol=1e-10)
    np.testing.assert_allclose(network.validation_scores_, local.validation_scores_, rtol=1e-10)
    assert network.best_epoch_ == local.best_epoch_


def test_many_small_pieces_hold_out_as_many_rows_as_one():
    quotas = preparation._quotas([{"": 1}] * 100, 0.1)
    assert sum(quota[""] for quota in quotas) == 10
    assert max(quota[""] for quota in quotas) == 1


FEW_ROWS = [([1, 1.0], [1, 1.0]), ([1, 1.0], [1, 2.0]), ([1, 2.0], [1, 1.0])]


@pytest.mark.parametrize(("y", "p"), FEW_ROWS)
def test_r_squared_of_few_rows_is_that_of_scikit_learn(y, p):
    y, p = np.array(y), np.array(p)
    assert RSquared.of(y, p, None).value() == r2_score(y, p)


# Parameters, copies and callbacks.


@pytest.mark.parametrize(("cluster", "local"), [CLASSIFIERS, REGRESSORS])
def test_parameters_are_those_of_the_local_estimators(cluster, local):
    own = {"client": None, "standardize": False, "timeout": 300.0}
    assert cluster().get_params() == local().get_params() | own
    given = {name: object() for name in own | local().get_params()}
    assert cluster(**given).get_params(deep=False) == given


def test_clones_share_the_client_and_copies_have_none(threads):
    network = DaskScratchMLPClassifier(client=threads, **FAST)
    assert clone(network).client is threads
    network.fit(on_cluster(X), on_cluster(Y))
    for each in (copy(network), deepcopy(network), pickle.loads(pickle.dumps(network))):
        assert each.client is None
        np.testing.assert_array_equal(each.theta_, network.theta_)


def test_methods_are_available_as_for_the_local_estimators():
    identity = DaskScratchMLPClassifier(loss="squared_error", output_activation="identity")
    assert not hasattr(identity, "predict_proba")
    assert not hasattr(DaskScratchMLPRegressor(solver="lbfgs"), "partial_fit")


def test_callbacks_and_warnings_are_the_local_ones(client, tmp_path):
    network = DaskScratchMLPClassifier((8,), max_iter=10**6, tol=0, n_iter_no_change=10**6)
    network.set_callbacks(TimeLimit(0.05)).fit(on_cluster(X), on_cluster(Y))
    assert network.stop_reason_ == "the time limit of 0.05 s was reached"
    network.set_params(max_iter=1).set_callbacks(ModelCheckpoint(tmp_path / "network.skops"))
    network.fit(on_cluster(X), on_cluster(Y))
    saved = load(tmp_path / "network.skops")
    assert type(saved) is ScratchMLPClassifier
    np.testing.assert_array_equal(saved.theta_, network.theta_)
    assert clone(network)._skl_callbacks == network._skl_callbacks
    wide = X * [1.0, 1e3, 1.0, 1.0]
    with pytest.warns(UserWarning, match="Maximum iterations.*differ in scale.*standardize=") as w:
        DaskScratchMLPClassifier(**FAST).fit(on_cluster(wide), on_cluster(Y))
    assert w[0].filename == __file__
    wide[-1, 2] = 1e6  # in the last partition
    with pytest.warns(UserWarning, match=r"_init\. Column 2 of X has outliers"):
        DaskScratchMLPClassifier(**FAST, standardize=True).fit(on_cluster(wide), on_cluster(Y))
