"""Networks trained on a cluster are the networks that the local estimators train."""

import time

import dask.array as da
import dask.dataframe as dd
import numpy as np
import pandas as pd
import pytest
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from scratchmlp import ScratchMLPClassifier, ScratchMLPRegressor
from scratchmlp.dask import DaskScratchMLPClassifier, DaskScratchMLPRegressor

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

LBFGS = {"solver": "lbfgs", "max_iter": 8, "activation": "tanh"}
ADAM = {"batch_size": 64, "max_iter": 3}


@pytest.fixture(scope="module")
def rows():
    """Rows, three classes and two numbers; the third class is missing in the first rows."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(300, 5))
    y = (X[:, 0] * X[:, 1] > 0) + 1 * ((X[:, 2] > 0) & (np.arange(300) > 99))
    return X, y, X[:, :2] * X[:, 1:3], rng.integers(0, 3, 300).astype(float)


def on_cluster(array, chunks=((120, 1, 0, 99, 80),)):
    return (
        da.from_array(array, chunks=chunks[0])
        if array.ndim == 1
        else da.from_array(array, chunks=(chunks[0], -1))
    )


def compare(found, expected, atol=1e-9):
    np.testing.assert_allclose(found.theta_, expected.theta_, rtol=0, atol=atol)
    np.testing.assert_allclose(found.loss_curve_, expected.loss_curve_, rtol=0, atol=atol)
    assert found.theta_.dtype == expected.theta_.dtype
    assert found.stop_reason_ == expected.stop_reason_
    assert found.t_ == expected.t_


def test_the_number_of_workers_changes_no_bit(cluster, processes, rows):
    X, y, _, _ = rows
    found = []
    for n_workers in (2, 4, 1):
        cluster.scale(n_workers)
        while len(processes.scheduler_info(n_workers=-1)["workers"]) != n_workers:
            time.sleep(0.01)
        for parameters in (LBFGS, ADAM):
            network = DaskScratchMLPClassifier(client=processes, random_state=0, **parameters)
            found.append(network.fit(on_cluster(X), on_cluster(y)).theta_)
    cluster.scale(2)
    processes.wait_for_workers(2)
    for first, *others in (found[::2], found[1::2]):
        for each in others:
            np.testing.assert_array_equal(each, first)


@pytest.mark.parametrize(
    "chunks", [(300,), (30,) * 10, (1, 0, 0, 298, 1)], ids=["one", "many", "odd"]
)
@pytest.mark.parametrize("parameters", [LBFGS, ADAM], ids=["lbfgs", "adam"])
def test_partitions_do_not_matter(client, rows, chunks, parameters):
    X, y, Y, _ = rows
    for cluster, local, targets in (
        (DaskScratchMLPClassifier, ScratchMLPClassifier, y),
        (DaskScratchMLPRegressor, ScratchMLPRegressor, Y),
    ):
        network = cluster(random_state=0, **parameters)
        network.fit(on_cluster(X, (chunks,)), on_cluster(targets, (chunks,)))
        compare(network, local(random_state=0, **parameters).fit(X, targets))


VARIANTS = {
    "sgd": {"solver": "sgd", "batch_size": 50, "learning_rate": "adaptive", "max_iter": 3},
    "rmsprop": {"solver": "rmsprop", "batch_size": 100, "max_iter": 3},
    "unshuffled": {"batch_size": 70, "shuffle": False, "max_iter": 3, "learning_rate": "one_cycle"},
    "full": {"batch_size": "full", "max_iter": 10, "hidden_layer_sizes": (7, 5)},
    "linear": {"hidden_layer_sizes": (), "solver": "lbfgs", "alpha": 1.0, "tol": 1e-3},
}


@pytest.mark.parametrize("parameters", VARIANTS.values(), ids=VARIANTS)
def test_solvers_and_shapes(client, rows, parameters):
    X, y, _, weight = rows
    network = DaskScratchMLPClassifier(random_state=0, **parameters)
    network.fit(on_cluster(X), on_cluster(y), on_cluster(weight))
    compare(network, ScratchMLPClassifier(random_state=0, **parameters).fit(X, y, weight))


def test_float32_stays_float32(client, rows):
    X, y, _, _ = rows
    X = X.astype(np.float32)
    for parameters in (LBFGS, ADAM):
        network = DaskScratchMLPClassifier(random_state=0, **parameters)
        network.fit(on_cluster(X), on_cluster(y))
        local = ScratchMLPClassifier(random_state=0, **parameters).fit(X, y)
        compare(network, local, atol=1e-4)


@pytest.mark.parametrize(
    ("weights", "class_weight"),
    [(True, None), (True, {0: 3.0, 2: 0.0}), (False, "balanced"), (True, "balanced")],
)
def test_weights(client, rows, weights, class_weight):
    X, y, _, weight = rows
    weight = 1e-200 * weight if weights else None
    parameters = LBFGS | {"class_weight": class_weight, "random_state": 0, "alpha": 1e-201}
    network = DaskScratchMLPClassifier(**parameters)
    network.fit(on_cluster(X), on_cluster(y), None if weight is None else on_cluster(weight))
    compare(network, ScratchMLPClassifier(**parameters).fit(X, y, weight))


@pytest.mark.parametrize("class_weight", [None, [{1: 2.0}, {0: 0.5}], "balanced"])
def test_indicator_matrices(client, rows, class_weight):
    X, _, _, weight = rows
    labels = (X[:, :2] > 0.3).astype(int)
    parameters = LBFGS | {"class_weight": class_weight, "random_state": 0}
    network = DaskScratchMLPClassifier(**parameters)
    network.fit(on_cluster(X), on_cluster(labels), on_cluster(weight))
    local = ScratchMLPClassifier(**parameters).fit(X, labels, weight)
    compare(network, local)
    found = network.predict(on_cluster(X)).compute()
    np.testing.assert_array_equal(found, local.predict(X))
    assert network.score(on_cluster(X), on_cluster(labels)) == local.score(X, labels)


def test_frames(client, rows):
    """Names of features and labels are kept, and an index and unknown divisions do not matter."""
    X, y, _, weight = rows
    frame = pd.DataFrame(X, columns=list("abcde")).assign(
        y=np.array(["no", "yes", "?"])[y], w=weight
    )
    table = dd.from_pandas(frame, npartitions=4, sort=False)
    network = DaskScratchMLPClassifier(random_state=0, **ADAM)
    network.fit(table[list("abcde")], table["y"], table["w"])
    local = ScratchMLPClassifier(random_state=0, **ADAM)
    local.fit(frame[list("abcde")], frame["y"], weight)
    compare(network, local)
    assert network.feature_names_in_.tolist() == list("abcde")
    assert network.classes_.tolist() == ["?", "no", "yes"]
    found = network.predict(table[list("abcde")]).compute()
    np.testing.assert_array_equal(found, local.predict(frame[list("abcde")]))
    with pytest.raises(ValueError, match="feature names should match"):
        DaskScratchMLPClassifier(warm_start=True, **ADAM).fit(table[["a"]], table["y"]).fit(
            table[["b"]], table["y"]
        )


def test_inputs_are_standardized_over_the_cluster(client, rows):
    X, y, _, _ = rows
    X = np.column_stack([1e4 + X[:, 0], 1e3 * X[:, 1:4], np.full(300, 0.1)])
    network = DaskScratchMLPClassifier(random_state=0, standardize=True, **LBFGS)
    network.fit(on_cluster(X), on_cluster(y))
    local = make_pipeline(StandardScaler(), ScratchMLPClassifier(random_state=0, **LBFGS))
    local.fit(X, y)
    for name in ("mean_", "var_", "scale_"):
        np.testing.assert_allclose(
            getattr(network.scaler_, name), getattr(local[0], name), rtol=1e-11, atol=1e-25
        )
    pipeline = network.to_local()
    assert [type(step) for step in pipeline] == [StandardScaler, ScratchMLPClassifier]
    assert pipeline[0].n_samples_seen_ == 300
    proba = network.predict_proba(on_cluster(X)).compute()
    for each in (network, pipeline):
        np.testing.assert_allclose(each.predict_proba(X), proba, rtol=1e-12)
    np.testing.assert_allclose(local.predict_proba(X), proba, atol=1e-7)


def test_training_resumes(client, rows):
    X, y, _, _ = rows
    first, second = (
        [da.from_array(a[part], chunks=(60, 5)[: a.ndim]) for a in (X, y)]
        for part in (slice(0, 150), slice(150, 300))
    )
    network, local = (
        each(random_state=0, batch_size=40)
        for each in (DaskScratchMLPClassifier, ScratchMLPClassifier)
    )
    network.partial_fit(*first, classes=[0, 1, 2]).partial_fit(*second)
    local.partial_fit(X[:150], y[:150], classes=[0, 1, 2]).partial_fit(X[150:], y[150:])
    compare(network, local)

    network, local = (
        each(random_state=0, warm_start=True, **ADAM)
        for each in (DaskScratchMLPClassifier, ScratchMLPClassifier)
    )
    for _ in range(2):
        network.fit(on_cluster(X), on_cluster(y))
        local.fit(X, y)
    compare(network, local)
    compare(network.to_local().fit(X, y), local.fit(X, y))
