"""Workers that die, hang, leave or have little memory, and fits that are interrupted.

Each test starts real processes. The results are those of a fit without failures, bit for bit.
"""

import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import dask
import dask.array as da
import numpy as np
import pytest
from dask.sizeof import sizeof
from distributed import Client, LocalCluster

from scratchmlp import ScratchMLPRegressor
from scratchmlp.dask import DaskScratchMLPClassifier, DaskScratchMLPRegressor
from scratchmlp.dask.rounds import Rounds

pytestmark = [
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
    pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="there are no such signals"),
]

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(400, 5)), RNG.integers(0, 3, 400)
DATA = da.from_array(X, chunks=(60, 5)), da.from_array(Y, chunks=60)
PARAMETERS = {"hidden_layer_sizes": (8,), "max_iter": 8, "random_state": 0}
SOLVERS = [{"solver": "lbfgs"}, {"batch_size": 100, "max_iter": 3}]


class After:
    """A callback that calls a function after an epoch, and counts the rounds from then on."""

    def __init__(self, epoch, do):
        self.epoch, self.do = epoch, do

    def setup(self, estimator, context): ...
    def teardown(self, estimator, context): ...
    def on_fit_task_begin(self, estimator, context):
        self.seen = getattr(self, "seen", 0)

    def on_fit_task_end(self, estimator, context):
        self.seen += 1
        if self.seen == self.epoch:
            self.do()


@pytest.fixture(scope="module")
def workers(tmp_path_factory):
    """Return a client of three worker processes that tests may kill."""
    with (
        dask.config.set({"distributed.deploy.lost-worker-timeout": "60s"}),
        suppress(KeyError),  # distributed may raise it at the end if workers have died
        LocalCluster(
            n_workers=3,
            threads_per_worker=1,
            dashboard_address=":0",
            local_directory=tmp_path_factory.mktemp("workers"),
        ) as cluster,
        Client(cluster) as client,
    ):
        yield client


@pytest.fixture(scope="module")
def expected(workers):
    return [DaskScratchMLPClassifier(**PARAMETERS | s).fit(*DATA).theta_ for s in SOLVERS]


def send(client, number):
    """Send a signal to the process of a worker that has data."""
    keys = client.has_what()
    address = max(keys, key=lambda worker: len(keys[worker]))
    os.kill(client.run(os.getpid, workers=[address])[address], number)


def test_a_worker_that_is_killed_changes_no_bit(workers, expected, monkeypatch):
    n_rounds = []
    get = Rounds.get
    monkeypatch.setattr(Rounds, "get", lambda *args: (n_rounds.append(1), get(*args))[1])
    for solver, theta in zip(SOLVERS, expected, strict=True):
        n_rounds.clear()
        DaskScratchMLPClassifier(**PARAMETERS | solver).fit(*DATA)
        usual = len(n_rounds)
        n_rounds.clear()
        network = DaskScratchMLPClassifier(**PARAMETERS | solver)
        network.set_callbacks(After(2, lambda: send(workers, signal.SIGKILL))).fit(*DATA)
        np.testing.assert_array_equal(network.theta_, theta)
        assert len(n_rounds) == usual  # the scheduler repeats tasks, and no round is repeated
        workers.wait_for_workers(3)


def test_a_worker_that_hangs_is_restarted_by_the_scheduler(expected, tmp_path):
    with (
        dask.config.set({"distributed.scheduler.worker-ttl": "5s"}),  # the shortest one
        LocalCluster(
            n_workers=2, threads_per_worker=1, dashboard_address=":0", local_directory=tmp_path
        ) as cluster,
        Client(cluster, set_as_default=False) as client,
    ):
        network = DaskScratchMLPClassifier(**PARAMETERS | SOLVERS[0], client=client)
        network.set_callbacks(After(2, lambda: send(client, signal.SIGSTOP))).fit(*DATA)
        np.testing.assert_array_equal(network.theta_, expected[0])


def test_workers_that_always_die_are_an_error(workers):
    def die(block):
        os._exit(1)

    def allow(dask_scheduler, n_failures):
        dask_scheduler.allowed_failures = n_failures

    network = DaskScratchMLPClassifier(**PARAMETERS)
    lazy = DATA[0].map_blocks(die, meta=DATA[0]._meta)
    workers.run_on_scheduler(allow, n_failures=0)
    with pytest.raises(RuntimeError, match="Workers died again and again in the same round"):
        network.fit(lazy[:60], DATA[1][:60])
    workers.run_on_scheduler(allow, n_failures=3)
    assert not hasattr(network, "classes_")
    workers.wait_for_workers(3)


def test_two_fits_at_once(workers, expected):
    networks = [DaskScratchMLPClassifier(**PARAMETERS | solver) for solver in SOLVERS]
    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(lambda network: network.fit(*DATA).theta_, networks))
    for each, theta in zip(found, expected, strict=True):
        np.testing.assert_array_equal(each, theta)


@pytest.fixture
def interruptible():
    """Let SIGINT interrupt this process. In a background job of a shell, it is ignored."""
    handler = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, handler)


@pytest.mark.usefixtures("interruptible")
def test_ctrl_c_keeps_what_was_learned_and_cancels_the_round(workers):
    def interrupt():
        threading.Timer(0.01, os.kill, (os.getpid(), signal.SIGINT)).start()

    network = DaskScratchMLPClassifier(**PARAMETERS | {"max_iter": 10**5, "tol": 0.0})
    network.n_iter_no_change = np.inf
    network.set_callbacks(After(3, interrupt))
    with pytest.raises(KeyboardInterrupt):
        network.fit(*DATA)
    assert network.n_iter_ >= 3
    assert network.stop_reason_ == f"interrupted by the user after {network.n_iter_} epochs"
    while workers.run_on_scheduler(lambda dask_scheduler: len(dask_scheduler.tasks)):
        time.sleep(0.01)


def test_without_workers_a_fit_waits_for_some_until_the_timeout(workers, expected):
    """Workers that leave after training lose nothing: the result is in this process."""
    network = DaskScratchMLPClassifier(**PARAMETERS | SOLVERS[0]).fit(*DATA)
    workers.cluster.scale(0)
    while workers.nthreads():
        time.sleep(0.01)
    np.testing.assert_array_equal(network.theta_, expected[0])
    assert network.predict(X).shape == (400,)
    network.timeout = 0.5
    with pytest.raises(TimeoutError, match=r"no workers for timeout=0\.5 seconds"):
        network.fit(*DATA)
    network.timeout = 30
    threading.Timer(0.5, workers.cluster.scale, (1,)).start()
    np.testing.assert_array_equal(network.fit(*DATA).theta_, expected[0])


def test_an_adaptive_cluster_starts_workers_for_a_fit(expected, tmp_path):
    with (
        LocalCluster(
            n_workers=0,
            threads_per_worker=1,
            processes=False,
            dashboard_address=":0",
            local_directory=tmp_path,
        ) as cluster,
        Client(cluster, set_as_default=False) as client,
    ):
        cluster.adapt(minimum=0, maximum=1, interval="100ms")
        network = DaskScratchMLPClassifier(**PARAMETERS | SOLVERS[0], client=client, timeout=60)
        np.testing.assert_array_equal(network.fit(*DATA).theta_, expected[0])


def memory_of_libraries():
    """Return the bytes of a process that has imported what a worker imports."""
    code = "import psutil, scratchmlp.dask; print(psutil.Process().memory_info().rss)"
    return int(subprocess.check_output([sys.executable, "-c", code]))


def repeated(block):
    """Return a partition of 12 MB. All partitions have the same rows."""
    return np.random.default_rng(0).random((15_000, 100))


def test_data_of_four_times_the_memory_of_a_worker(tmp_path, monkeypatch):
    """They are moved to disk. The driver never holds as much as a partition."""
    partition = repeated(None)
    limit = memory_of_libraries() + 9 * partition.nbytes
    n_partitions = -(-4 * limit // partition.nbytes)
    sizes = []
    get = Rounds.get
    monkeypatch.setattr(Rounds, "get", lambda *args: (sizes.append(get(*args)), sizes[-1])[1])
    settings = {"memory.target": 0.2, "memory.spill": 0.7, "memory.pause": 0.9}
    settings["multiprocessing-method"] = "spawn"  # processes that share no memory
    with (
        dask.config.set({f"distributed.worker.{k}": v for k, v in settings.items()}),
        LocalCluster(
            n_workers=2,
            threads_per_worker=1,
            memory_limit=limit,
            dashboard_address=":0",
            local_directory=tmp_path,
        ) as cluster,
        Client(cluster),
    ):
        lazy = da.zeros((n_partitions * 15_000, 100), chunks=(15_000, 100)).map_blocks(repeated)
        fit = {"solver": "sgd", "batch_size": "full", "learning_rate_init": 1.0, "max_iter": 1}
        fit |= {"hidden_layer_sizes": (), "random_state": 0}
        network = DaskScratchMLPRegressor(alpha=n_partitions, **fit).fit(lazy, lazy[:, 0])
        assert {worker.memory_limit for worker in cluster.scheduler.workers.values()} == {limit}
    assert max(map(sizeof, sizes)) < partition.nbytes
    local = ScratchMLPRegressor(alpha=1, **fit).fit(partition, partition[:, 0])
    np.testing.assert_allclose(network.theta_, local.theta_, rtol=0, atol=1e-9)
