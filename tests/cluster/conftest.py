"""A cluster of two processes, which the tests of a process share."""

import pytest

pytest.importorskip("distributed", reason="dask and distributed are not installed")
pytest.importorskip("dask.dataframe", reason="dask[dataframe] is not installed")


@pytest.fixture(scope="session")
def cluster(tmp_path_factory):
    from distributed import LocalCluster

    with LocalCluster(
        n_workers=2,
        threads_per_worker=1,
        dashboard_address=":0",
        local_directory=tmp_path_factory.mktemp("cluster"),
    ) as cluster:
        yield cluster


@pytest.fixture(scope="session")
def client(cluster):
    from distributed import Client

    with Client(cluster) as client:
        yield client
