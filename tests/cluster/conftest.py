"""Clusters that the tests of a process share."""

import pytest

pytest.importorskip("distributed", reason="dask and distributed are not installed")
pytest.importorskip("dask.dataframe", reason="dask[dataframe] is not installed")

from distributed import Client, LocalCluster


@pytest.fixture(scope="session")
def cluster(tmp_path_factory):
    """Two worker processes with nannies."""
    with LocalCluster(
        n_workers=2,
        threads_per_worker=1,
        dashboard_address=":0",
        local_directory=tmp_path_factory.mktemp("cluster"),
    ) as cluster:
        yield cluster


@pytest.fixture(scope="session")
def processes(cluster):
    """Return a client of two worker processes."""
    with Client(cluster, set_as_default=False) as client:
        yield client


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    """Return a client of two workers in this process, which start and answer faster."""
    with (
        LocalCluster(
            n_workers=2,
            threads_per_worker=1,
            processes=False,
            dashboard_address=":0",
            local_directory=tmp_path_factory.mktemp("threads"),
        ) as cluster,
        Client(cluster) as client,
    ):
        yield client
