"""Workers that die, hang, leave or have little memory, and fits that are interrupted.

The results are those of a fit without failures, bit for bit.
"""

import os
import signal
import subprocess
import sys
import threading
import time
import warnings
from contextlib import suppress

import dask
import dask.array as da
import numpy as np
import pytest
from distributed import Status

from scratchmlp import ScratchMLPClassifier, ScratchMLPRegressor
from scratchmlp.dask import fit
from scratchmlp.dask import rounds as module
from scratchmlp.dask.rounds import Rounds
from scratchmlp.dask.tables.members import ClusterExecutor
from scratchmlp.tabular import TabularMLPClassifier
from tests.helpers.cluster_examples import (
    AfterEpoch,
    arrays,
    check_nothing_stays,
    cluster_of,
    compare_ensembles,
    on_cluster,
    table,
)

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

#: Tests that stop processes.
SIGNALS = pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="there are no such signals")

X, TARGETS, _ = arrays()
TABLE, CLASSES, _ = table()
TABLE = TABLE[["number", "city", "review"]]
SMALL = {"cv": 2, "max_iter": 4, "hidden_layer_sizes": 16, "random_state": 0}


def network(**parameters):
    return ScratchMLPClassifier((8,), max_iter=5, random_state=0, **parameters)


def fit_network(model, **settings):
    return fit(model, on_cluster(X), on_cluster(TARGETS["classes"]), **settings).theta_


def ensemble(**parameters):
    return TabularMLPClassifier(**SMALL | parameters)


def fit_ensemble(model, **settings):
    return fit(model, on_cluster(TABLE), on_cluster(CLASSES), **settings)


def local_ensemble():
    return ensemble().fit(TABLE, CLASSES)


def after(epoch, do):
    """Make a callback that calls a function after an epoch."""
    return AfterEpoch(lambda n_epochs: do() if n_epochs == epoch else None)


# Workers that are killed.


@pytest.fixture(scope="module")
def workers(tmp_path_factory):
    """Return a client of two worker processes that tests may kill."""
    with (
        # The cluster drops a worker that is down at this time after any of its deaths.
        dask.config.set({"distributed.deploy.lost-worker-timeout": "1h"}),
        suppress(KeyError),  # distributed may raise it at the end if workers have died
        cluster_of(2, tmp_path_factory.mktemp("workers")) as client,
    ):
        yield client


@pytest.fixture(scope="module")
def expected(client):
    """Return the parameters of networks that two workers in this process have trained."""
    return {solver: fit_network(network(solver=solver)) for solver in ("lbfgs", "adam")}


def processes(client):
    """Return the processes of the workers, when there are two."""
    client.wait_for_workers(2)
    return list(client.run(os.getpid).values())


def send(client, number):
    """Send a signal to the process of a worker that has data."""
    keys = client.has_what()
    address = max(keys, key=lambda worker: len(keys[worker]))
    os.kill(client.run(os.getpid, workers=[address])[address], number)


@SIGNALS
def test_a_worker_that_is_killed_changes_no_bit(workers, expected, monkeypatch):
    n_rounds, get = [], Rounds.get
    monkeypatch.setattr(Rounds, "get", lambda *args: (n_rounds.append(1), get(*args))[1])
    model = network(solver="lbfgs")
    np.testing.assert_array_equal(fit_network(model, client=workers), expected["lbfgs"])
    usual = len(n_rounds)
    before = processes(workers)
    model.set_callbacks(after(2, lambda: send(workers, signal.SIGKILL)))
    np.testing.assert_array_equal(fit_network(model, client=workers), expected["lbfgs"])
    assert len(n_rounds) == 2 * usual  # the scheduler repeats tasks, and no round is repeated
    assert len({*processes(workers)} & {*before}) == 1


@SIGNALS
def test_members_that_are_lost_with_a_worker_are_trained_again(workers, monkeypatch):
    killed, original = [], ClusterExecutor.finish

    def after_a_kill(*args):
        killed.append(processes(workers)[0])
        os.kill(killed[0], signal.SIGKILL)
        return original(*args)

    monkeypatch.setattr(ClusterExecutor, "finish", after_a_kill)
    found = fit_ensemble(ensemble(), client=workers)
    compare_ensembles(found, local_ensemble())
    assert killed[0] not in processes(workers)


@SIGNALS
def test_workers_that_always_die_are_an_error(workers):
    def die(block):
        os._exit(1)

    def allow(dask_scheduler, n_failures):
        dask_scheduler.allowed_failures = n_failures

    model, x = network(), on_cluster(X)
    y = on_cluster(TARGETS["classes"])
    workers.run_on_scheduler(allow, n_failures=0)
    with pytest.raises(RuntimeError, match="Workers died again and again in the same round"):
        fit(model, x[:70].map_blocks(die, meta=x._meta), y[:70], client=workers)
    workers.run_on_scheduler(allow, n_failures=3)
    assert not hasattr(model, "classes_")
    processes(workers)


@SIGNALS
@pytest.mark.nightly
def test_a_worker_that_hangs_is_restarted_by_the_scheduler(expected, tmp_path):
    with (
        dask.config.set({"distributed.scheduler.worker-ttl": "5s"}),  # the shortest one
        cluster_of(2, tmp_path) as client,
    ):
        model = network(solver="lbfgs")
        model.set_callbacks(after(2, lambda: send(client, signal.SIGSTOP)))
        np.testing.assert_array_equal(fit_network(model, client=client), expected["lbfgs"])


def test_a_fit_waits_for_workers_until_its_timeout(expected, tmp_path):
    with cluster_of(0, tmp_path, processes=False) as client:
        for fit_one, model in ((fit_network, network()), (fit_ensemble, ensemble())):
            with pytest.raises(TimeoutError, match=r"no workers for timeout=0\.2 seconds"):
                fit_one(model, client=client, timeout=0.2)
        client.cluster.adapt(minimum=0, maximum=1, interval="100ms")  # starts workers for tasks
        model = network(solver="adam")
        theta = fit_network(model, client=client, timeout=60)
        np.testing.assert_array_equal(theta, expected["adam"])
        client.cluster.scale(0)
        assert model.predict(X).shape == (240,)  # the result is in this process


def test_a_fit_warns_while_no_worker_takes_tasks(expected, tmp_path, monkeypatch):
    """The only worker pauses, as if its memory were full, until the fit has warned."""
    warned = set()

    def become(status):
        client.run(lambda dask_worker: setattr(dask_worker, "status", status))

    def warn(message, stacklevel):
        warned.add(message)
        become(Status.running)

    monkeypatch.setattr(module, "_PATIENCE", 0.1)
    monkeypatch.setattr_in(module, warnings, warn=warn)
    with cluster_of(1, tmp_path, processes=False, memory_limit=0) as client:
        model = network(solver="adam").set_callbacks(after(2, lambda: become(Status.paused)))
        np.testing.assert_array_equal(fit_network(model, client=client), expected["adam"])
    (message,) = warned
    assert "because the cluster has no worker that takes tasks, of 1 in all. A worker" in message


@pytest.mark.nightly  # waits
def test_a_fit_waits_for_a_worker_that_has_paused_until_its_timeout(tmp_path):
    def pause():
        client.run(lambda dask_worker: setattr(dask_worker, "status", Status.paused))

    with cluster_of(1, tmp_path, processes=False, memory_limit=0) as client:
        model = network(solver="adam").set_callbacks(after(2, pause))
        with pytest.raises(TimeoutError, match=r"for timeout=2 seconds, or only some that have p"):
            fit_network(model, client=client, timeout=2)
    assert not hasattr(model, "theta_")


# Fits that are interrupted.


@pytest.fixture
def interruptible():
    """Let SIGINT interrupt this process. In a background job of a shell, it is ignored."""
    handler = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, handler)


@SIGNALS
@pytest.mark.usefixtures("interruptible")
def test_ctrl_c_keeps_what_was_learned_and_cancels_the_round(client):
    def interrupt():
        threading.Timer(0.01, os.kill, (os.getpid(), signal.SIGINT)).start()

    model = network(tol=0.0, n_iter_no_change=np.inf).set_params(max_iter=10**5)
    model.set_callbacks(after(3, interrupt))
    with pytest.raises(KeyboardInterrupt):
        fit_network(model)
    assert model.n_iter_ >= 3
    assert model.stop_reason_ == f"interrupted by the user after {model.n_iter_} epochs"
    check_nothing_stays(client)


def test_after_an_interrupted_fit_of_an_ensemble_the_workers_are_free(client, monkeypatch):
    def executing(dask_worker):
        return any("train_on_worker" in str(key) for key in dask_worker.active_keys)

    def interrupt(rounds, tasks):
        tasks = list(tasks)
        if not tasks[0].key.startswith("without_arrays"):  # members do not train yet
            return original(rounds, tasks)
        while not all(client.run(executing).values()):
            time.sleep(0.01)
        raise KeyboardInterrupt

    original = Rounds.get_all
    endless = ensemble(max_iter=10**7)
    with monkeypatch.context() as patch:
        patch.setattr(Rounds, "get_all", interrupt)
        with pytest.raises(KeyboardInterrupt):
            fit_ensemble(endless)
    assert not hasattr(endless, "members_")
    found = fit_ensemble(ensemble(), timeout=20.0)
    compare_ensembles(found, local_ensemble())
    assert not any(client.run(executing).values())
    check_nothing_stays(client)


# Workers that have little memory.


def repeated(block):
    """Return a partition of 12 MB. All partitions have the same rows."""
    return np.random.default_rng(0).random((15_000, 100))


@pytest.mark.nightly
def test_data_of_four_times_the_memory_of_a_worker(tmp_path):
    """They are moved to disk."""
    code = "import psutil, scratchmlp.dask; print(psutil.Process().memory_info().rss)"
    memory_of_libraries = int(subprocess.check_output([sys.executable, "-c", code]))
    partition = repeated(None)
    limit = memory_of_libraries + 9 * partition.nbytes
    n_partitions = -(-4 * limit // partition.nbytes)
    settings = {"memory.target": 0.2, "memory.spill": 0.7, "memory.pause": 0.9}
    settings["multiprocessing-method"] = "spawn"  # processes that share no memory
    once = {"solver": "sgd", "batch_size": "full", "learning_rate_init": 1.0, "max_iter": 1}
    once |= {"hidden_layer_sizes": (), "random_state": 0}
    with (
        dask.config.set({f"distributed.worker.{k}": v for k, v in settings.items()}),
        cluster_of(2, tmp_path, memory_limit=limit) as client,
    ):
        lazy = da.zeros((n_partitions * 15_000, 100), chunks=(15_000, 100)).map_blocks(repeated)
        network = ScratchMLPRegressor(alpha=n_partitions, **once)
        fit(network, lazy, lazy[:, 0], client=client)
        workers = client.cluster.scheduler.workers.values()
        assert {worker.memory_limit for worker in workers} == {limit}
    local = ScratchMLPRegressor(alpha=1, **once).fit(partition, partition[:, 0])
    np.testing.assert_allclose(network.theta_, local.theta_, rtol=0, atol=1e-9)
