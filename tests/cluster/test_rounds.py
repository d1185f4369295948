"""What fits do on a cluster: they read rows once, bring few of them, and leave nothing."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import dask
import dask.dataframe as dd
import joblib
import numpy as np
import pandas as pd
import pytest
from dask.delayed import delayed
from dask.sizeof import sizeof
from sklearn.base import clone
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from scratchmlp import ScratchMLPClassifier
from scratchmlp.dask import fit
from scratchmlp.dask import rounds as module
from scratchmlp.dask.rounds import Rounds, reduced, task
from scratchmlp.tabular import TabularMLPClassifier
from tests.helpers.cluster_examples import arrays, check_nothing_stays, on_cluster, table

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

X, TARGETS, _ = arrays()
Y = TARGETS["classes"]
TABLE, CLASSES, _ = table()
TABLE = TABLE[["number", "city"]]
FAST = {"batch_size": "full", "max_iter": 2, "random_state": 0}
SMALL = {"cv": 2, "max_iter": 1, "hidden_layer_sizes": 4, "random_state": 0}
ESTIMATORS = {
    "network": make_pipeline(StandardScaler(), ScratchMLPClassifier(early_stopping=True, **FAST)),
    "ensemble": TabularMLPClassifier(**SMALL),
}

#: Partitions that were read: the workers are threads of this process.
READ = []


def read(block):
    READ.append(len(block))
    return block


@pytest.mark.parametrize("kind", ESTIMATORS)
def test_columns_of_one_table_are_read_once_and_do_not_stay_on_the_cluster(client, kind):
    rows = pd.DataFrame(X[:, :2], columns=["a", "b"]).assign(y=Y, weight=1.0)
    files = rows[:100], rows[100:]
    frame = dd.from_map(lambda i: read(files[i]), range(2), meta=rows[:0])
    columns = frame[["a", "b"]] * 2.0, frame["y"].astype(str), frame["weight"]
    READ.clear()
    fit(clone(ESTIMATORS[kind]), *columns)
    assert sorted(READ) == [100, 140]
    check_nothing_stays(client)


def test_the_driver_never_holds_as_much_as_a_partition(client, monkeypatch):
    sizes, get = [], Rounds.get
    monkeypatch.setattr(Rounds, "get", lambda *args: (sizes.append(get(*args)), sizes[-1])[1])
    rows = np.random.default_rng(0).random((2_000, 50))
    x, y = on_cluster(rows, (1_000, 1_000)), on_cluster(rows[:, 0] > 0.5, (1_000, 1_000))
    fit(ScratchMLPClassifier((2,), **FAST), x, y)
    assert 0 < max(map(sizeof, sizes)) < rows.nbytes / 2


def test_large_parameters_and_batches_give_no_warning(client):
    """Warnings are errors here. Dask's is about graphs that users make."""
    setting = "distributed.admin.large-graph-warning-threshold"
    x, y = on_cluster(X), on_cluster(Y)
    with dask.config.set({setting: 10_000}):
        fit(ScratchMLPClassifier((1_000,), batch_size=120, max_iter=1, random_state=0), x, y)
        assert dask.config.get(setting) == 10_000
        with pytest.warns(UserWarning, match="Sending large graph"):
            client.compute(delayed(np.zeros(10_000))).result()


def test_fits_of_a_client_may_run_at_once(client):
    x, y = on_cluster(TABLE[["number"]]), on_cluster(CLASSES)

    def proba(model):
        return fit(clone(model), x, y, client=client).predict_proba(TABLE[["number"]])

    expected = [proba(each) for each in ESTIMATORS.values()]
    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(proba, ESTIMATORS.values()))
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_array_equal(one, other)
    check_nothing_stays(client)


# Rounds of tasks, apart from networks.


@pytest.mark.parametrize("n_tasks", [1, 8, 9, 65])
def test_a_tree_combines_all_results_in_their_order(client, n_tasks):
    tasks = [task(str, i) for i in range(n_tasks)]
    with Rounds(client, 60.0) as rounds:
        found = rounds.get(reduced(lambda *parts: ",".join(parts), tasks))
    assert found == ",".join(map(str, range(n_tasks)))


def raise_error(error):
    raise error


@pytest.mark.parametrize("error", [ZeroDivisionError, TimeoutError])
def test_an_error_of_a_task_is_raised(client, error):
    with Rounds(client, 60.0) as rounds, pytest.raises(error):
        rounds.get(task(raise_error, error))


def test_a_long_round_gives_no_warning_while_workers_take_tasks(client, monkeypatch):
    monkeypatch.setattr(module, "_PATIENCE", 0.01)
    with Rounds(client, 60.0) as rounds:
        assert rounds.get(task(time.sleep, 0.1)) is None


class InterruptedClient:
    """A client with Ctrl-C right after it has sent tasks."""

    def __init__(self, client):
        self.client = client

    def compute(self, tasks):
        futures = self.client.compute(tasks)
        assert futures
        raise KeyboardInterrupt


SENDERS = {"get": Rounds.get, "keep": lambda rounds, last: rounds.keep([last])}


@pytest.mark.parametrize("send", SENDERS.values(), ids=SENDERS)
def test_tasks_that_were_just_sent_are_released_after_ctrl_c(client, send):
    interrupted = InterruptedClient(client)
    with pytest.raises(KeyboardInterrupt) as error, Rounds(interrupted, 60.0) as rounds:
        send(rounds, task(int))
    assert error.tb  # a notebook keeps it, too, until the next error
    check_nothing_stays(client)


def test_data_that_are_cancelled_are_an_error(client):
    with Rounds(client, 60.0) as rounds:
        kept = rounds.keep([task(time.sleep, 0.5)])
        threading.Timer(0.05, client.cancel, (kept,)).start()
        with pytest.raises(RuntimeError, match="was cancelled: the client was closed"):
            rounds.get(task(abs, *kept))


def test_local_ensembles_send_their_members_to_the_cluster(client):
    """As searches do: see docs/cluster.md."""
    local = TabularMLPClassifier(**SMALL).fit(TABLE, CLASSES)
    with joblib.parallel_config(backend="dask"):
        found = TabularMLPClassifier(**SMALL, n_jobs=2).fit(TABLE, CLASSES)
    np.testing.assert_array_equal(found.predict_proba(TABLE), local.predict_proba(TABLE))
