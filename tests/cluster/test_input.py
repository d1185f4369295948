"""What may be passed to fits on a cluster, and messages about what may not."""

import pickle
import subprocess
import sys
from contextlib import nullcontext
from copy import copy, deepcopy

import dask
import dask.array as da
import dask.dataframe as dd
import numpy as np
import pandas as pd
import pytest
import scipy.sparse
from dask.delayed import delayed
from distributed import Client, get_client, worker_client
from sklearn.base import clone

from scratchmlp import ScratchMLPClassifier, ScratchMLPRegressor
from scratchmlp.callbacks import ModelCheckpoint, TimeLimit
from scratchmlp.dask import (
    DaskScratchMLPClassifier,
    DaskScratchMLPRegressor,
    DaskTabularMLPClassifier,
)
from scratchmlp.io import load

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(60, 3)), RNG.integers(0, 3, 60)
CHUNKS = (20, 0, 1, 39)
FAST = {"batch_size": "full", "max_iter": 2, "random_state": 0}


def on_cluster(array, chunks=CHUNKS):
    return da.from_array(array, chunks=(chunks, *(-1 for _ in array.shape[1:])))


def changed(array, index, value):
    array = array.copy()
    array[index] = value
    return array


MISTAKES = {
    "nan": ((changed(X, (30, 1), np.nan), Y), 3),
    "infinity": ((changed(X, (20, 1), np.inf), Y), 2),
    "strings": ((X.astype(str).astype(object) + "a", Y), 0),
    "labels": ((X, changed(Y.astype(float), 40, 0.5)), 3),
    "y with nan": ((X, changed(Y.astype(float), 5, np.nan)), 0),
    "weights": ((X, Y, changed(np.ones(60), 59, -1.0)), 3),
    "infinite weights": ((X, Y, changed(np.ones(60), 20, np.inf)), 2),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_errors_are_the_local_ones_and_name_the_partition(client, mistake):
    given, partition = MISTAKES[mistake]
    start = sum(CHUNKS[:partition])
    rows = slice(start, start + CHUNKS[partition])
    local = ScratchMLPClassifier(**FAST)
    with pytest.raises(ValueError) as expected:  # noqa: PT011
        local.fit(*(each[rows] for each in given))
    network = DaskScratchMLPClassifier(**FAST)
    with pytest.raises(ValueError, match=rf"\(in partition {partition} of X;") as found:
        network.fit(*map(on_cluster, given))
    message = str(found.value).replace("Dask", "").partition(" (in partition")[0]
    assert message == str(expected.value)
    assert vars(network).keys() == vars(DaskScratchMLPClassifier()).keys()


def test_errors_about_all_rows(client):
    for given, local in (
        ((X[:0], Y[:0]), ScratchMLPClassifier()),
        ((X, Y, np.zeros(60)), ScratchMLPClassifier()),
        ((X, Y), ScratchMLPClassifier(class_weight={7: 1.0})),
        ((X, Y), ScratchMLPClassifier(class_weight=dict.fromkeys(range(3), 0.0))),
        ((X, Y - 1.0), ScratchMLPRegressor(loss="poisson")),
    ):
        with pytest.raises(ValueError) as expected:  # noqa: PT011
            local.fit(*given)
        kind = (
            DaskScratchMLPClassifier
            if isinstance(local, ScratchMLPClassifier)
            else DaskScratchMLPRegressor
        )
        network = kind(**local.get_params())
        chunks = CHUNKS if len(given[0]) else (0, 0)
        with pytest.raises(ValueError) as found:  # noqa: PT011
            network.fit(*(on_cluster(each, chunks) for each in given))
        message = str(found.value).replace("Dask", "").partition(" (in partition")[0]
        assert message[:40] == str(expected.value)[:40]


def test_what_is_no_dask_collection_is_refused(client):
    network = DaskScratchMLPClassifier(**FAST)
    for given, name in (
        ((X, Y), "X must be a dask array, DataFrame or Series; got ndarray"),
        ((on_cluster(X), Y), "y must be a dask array"),
        ((on_cluster(X), on_cluster(Y), list(Y)), "sample_weight must be a dask array"),
        ((delayed(X), on_cluster(Y)), "X must be a dask array, .* got Delayed"),
        ((on_cluster(X).map_blocks(scipy.sparse.csr_array), on_cluster(Y)), "X is sparse"),
    ):
        with pytest.raises(TypeError, match=name):
            network.fit(*given)


def test_partitions_must_fit_together(client):
    frame = dd.from_pandas(pd.DataFrame(X, columns=list("abc")), npartitions=3)
    network = DaskScratchMLPClassifier(**FAST)
    with pytest.raises(ValueError, match=r"their numbers are \{'X': 3, 'y': 4\}"):
        network.fit(frame, on_cluster(Y))
    with pytest.raises(ValueError, match=r"inconsistent numbers of samples: \[60, 59\]"):
        network.fit(on_cluster(X), da.from_array(Y[1:], chunks=10))
    with pytest.raises(ValueError, match=r"samples: \[20, 15\] \(in partition 0"):
        network.fit(frame, da.from_array(Y, chunks=((15, 25, 20),)))
    unknown = on_cluster(X)[on_cluster(Y) >= 0]
    network.fit(unknown, on_cluster(Y)[on_cluster(Y) >= 0])
    expected = ScratchMLPClassifier(**FAST).fit(X, Y)
    np.testing.assert_allclose(network.theta_, expected.theta_, rtol=0, atol=1e-12)


def test_partitions_must_have_the_columns_of_their_collection(client):
    frame, targets = (
        pd.DataFrame(X, columns=list("abc")),
        pd.DataFrame(X[:, :2], columns=["u", "v"]),
    )
    for name, x, y in (
        ("X", [frame[:30], frame[30:][["b", "a", "c"]]], [targets[:30], targets[30:]]),
        ("X", [frame[:30], frame[30:].rename(columns={"c": "z"})], [targets[:30], targets[30:]]),
        ("y", [frame[:30], frame[30:]], [targets[:30], targets[30:][["v", "u"]]]),
    ):
        given = [
            dd.from_delayed(list(map(delayed, parts)), meta=parts[0][:0], verify_meta=False)
            for parts in (x, y)
        ]
        network = DaskScratchMLPRegressor(**FAST)
        with pytest.raises(
            ValueError, match=rf"partition of {name} has the columns .*\(in partition 1 of X;"
        ):
            network.fit(*given)
        reordered = [
            each.map_partitions(lambda part, names: part.set_axis(names, axis=1), each.columns)
            for each in given
        ]
        network.fit(*reordered)


def test_blocks_must_have_equally_many_columns(client):
    blocks = [da.from_delayed(delayed(rows), (30, 3), float) for rows in (X[:30], X[30:, :2])]
    with pytest.raises(ValueError, match=r"partitions of X must .*, \[0, 1\], have \[3, 2\]"):
        DaskScratchMLPClassifier(**FAST).fit(da.concatenate(blocks), on_cluster(Y, (30, 30)))


def test_arrays_may_have_other_chunks_and_weights_may_be_a_number(client):
    network = DaskScratchMLPClassifier(**FAST)
    network.fit(da.from_array(X, chunks=(17, 2)), da.from_array(Y[:, np.newaxis], chunks=7), 2.0)
    expected = ScratchMLPClassifier(**FAST).fit(X, Y, np.full(60, 2.0))
    np.testing.assert_allclose(network.theta_, expected.theta_, rtol=0, atol=1e-12)


def test_parameters_that_make_no_sense_are_refused(client):
    for parameters, message in (
        ({"dropout": 0.5}, "dropout is not supported on a cluster"),
        ({"dropout": (0.0, 0.1)}, "dropout is not supported on a cluster"),
        ({"timeout": 0}, "'timeout' parameter"),
        ({"client": "tcp://somewhere"}, "'client' parameter"),
    ):
        with pytest.raises(ValueError, match=message):
            DaskScratchMLPClassifier(**parameters).fit(on_cluster(X), on_cluster(Y))
    network = DaskScratchMLPClassifier(class_weight="balanced")
    with pytest.raises(ValueError, match="'balanced' is not supported for partial_fit"):
        network.partial_fit(on_cluster(X), on_cluster(Y), classes=[0, 1, 2])


def test_parameters_are_those_of_the_local_estimators():
    for cluster, local in (
        (DaskScratchMLPClassifier, ScratchMLPClassifier),
        (DaskScratchMLPRegressor, ScratchMLPRegressor),
    ):
        own = {"client": None, "standardize": False, "timeout": 300.0}
        assert cluster().get_params() == local().get_params() | own
        given = {name: object() for name in own | local().get_params()}
        assert cluster(**given).get_params(deep=False) == given


def test_a_client_is_found_or_asked_for(client):
    network = DaskScratchMLPClassifier(client=client, **FAST)
    assert clone(network).client is client
    network.fit(on_cluster(X), on_cluster(Y))
    for each in (copy(network), deepcopy(network), pickle.loads(pickle.dumps(network))):
        assert each.client is None
        np.testing.assert_array_equal(each.theta_, network.theta_)
    code = (
        "import dask.array as da; from scratchmlp.dask import DaskScratchMLPClassifier\n"
        "DaskScratchMLPClassifier().fit(da.ones((2, 2)), da.ones(2))"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert "A client of a Dask cluster is needed" in ended.stderr.splitlines()[-1]


def test_a_closed_client_is_refused(client):
    other = Client(client.cluster, set_as_default=False)
    other.close()
    with pytest.raises(ValueError, match=r"The client is closed\. Make a new one"):
        DaskScratchMLPClassifier(client=other, **FAST).fit(on_cluster(X), on_cluster(Y))


@pytest.mark.parametrize("current", [True, False])
def test_a_task_must_free_its_thread_before_it_fits(client, current):
    """The task is on a worker with one thread, which its own tasks may need, too."""

    def fit(free):
        with worker_client() if free else nullcontext(get_client()) as inner:
            network = DaskScratchMLPClassifier(client=None if current else inner, **FAST)
            return network.fit(on_cluster(X), on_cluster(Y)).theta_

    expected = DaskScratchMLPClassifier(**FAST).fit(on_cluster(X), on_cluster(Y)).theta_
    error = client.submit(fit, False, pure=False).exception()
    assert type(error) is RuntimeError
    assert "worker_client" in str(error)
    tasks = [client.submit(fit, True, pure=False) for _ in range(2)]
    for theta in client.gather(tasks):
        np.testing.assert_array_equal(theta, expected)


def test_callbacks_and_warnings_are_the_local_ones(client, tmp_path):
    network = DaskScratchMLPClassifier(max_iter=10**6, tol=0, n_iter_no_change=10**6)
    network.set_callbacks(TimeLimit(0.2)).fit(on_cluster(X), on_cluster(Y))
    assert network.stop_reason_ == "the time limit of 0.2 s was reached"
    network.set_params(max_iter=2).set_callbacks(ModelCheckpoint(tmp_path / "network.skops"))
    network.fit(on_cluster(X), on_cluster(Y))
    saved = load(tmp_path / "network.skops")
    assert type(saved) is ScratchMLPClassifier
    np.testing.assert_array_equal(saved.theta_, network.theta_)
    assert clone(network)._skl_callbacks == network._skl_callbacks
    wide = X * [1.0, 1e3, 1.0]
    with pytest.warns(UserWarning, match="Maximum iterations.*differ in scale") as record:
        DaskScratchMLPClassifier(**FAST).fit(on_cluster(wide), on_cluster(Y))
    assert record[0].filename == __file__


#: Partitions that were read: the workers are threads of this process.
READ = []


def read(block):
    READ.append(len(block))
    return block


def test_partitions_are_read_once(client):
    """X, y and weights are often columns of the same DataFrame."""
    table = pd.DataFrame(X, columns=list("abc")).assign(y=Y, weight=1.0)
    files = [table[i : i + 12] for i in range(0, 60, 12)]
    frame = dd.from_map(lambda i: read(files[i]), range(5), meta=table[:0])
    network = DaskScratchMLPClassifier(standardize=True, **FAST)
    tabular = DaskTabularMLPClassifier(cv=2, max_iter=1, random_state=0)
    for x, y, weight in (
        (frame[["a", "b"]], frame["y"], frame["weight"]),
        (frame[["a", "b"]] * 2.0, frame["y"].astype(str), None),
    ):
        for estimator in (network, tabular):
            READ.clear()
            estimator.fit(x, y, weight)
            assert READ == [12] * 5
            READ.clear()
            estimator.score(x, y, weight)
            assert READ == [12] * 5


def test_large_parameters_and_batches_give_no_warning(client):
    """Warnings are errors here. Dask's is about graphs that users make."""
    setting = "distributed.admin.large-graph-warning-threshold"
    x, y = on_cluster(X), on_cluster(Y)
    with dask.config.set({setting: 10_000}):
        network = DaskScratchMLPClassifier((1_000,), batch_size=30, max_iter=1, random_state=0)
        network.fit(x, y).score(x, y)
        assert dask.config.get(setting) == 10_000
        with pytest.warns(UserWarning, match="Sending large graph"):
            client.compute(delayed(np.zeros(10_000))).result()


def test_nothing_stays_on_the_cluster(client):
    network = DaskScratchMLPClassifier(standardize=True, early_stopping=True, **FAST)
    network.fit(on_cluster(X), on_cluster(Y)).score(on_cluster(X), on_cluster(Y))
    with pytest.raises(ValueError, match="partition"):
        network.fit(on_cluster(changed(X, (30, 1), np.nan)), on_cluster(Y))
    client.run_on_scheduler(wait_until_empty)


async def wait_until_empty(dask_scheduler):
    import asyncio

    while dask_scheduler.tasks:
        await asyncio.sleep(0.01)


def test_importing_the_package_imports_no_dask():
    code = """
import sys, scratchmlp, scratchmlp.tabular, scratchmlp.model_selection, scratchmlp.callbacks
assert "dask" not in sys.modules
sys.modules["dask"] = None
try:
    import scratchmlp.dask
except ImportError as error:
    assert 'pip install "scratchmlp[dask]"' in str(error), error
"""
    subprocess.run([sys.executable, "-c", code], check=True)
