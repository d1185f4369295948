"""Clusters that the tests of a process share."""

import pytest

pytest.importorskip("distributed", reason="dask and distributed are not installed")
pytest.importorskip("dask.dataframe", reason="dask[dataframe] is not installed")

from tests.helpers.cluster_examples import cluster_of


@pytest.fixture(scope="session")
def threads(tmp_path_factory):
    """Return a client of two workers in this process, which start and answer fast."""
    with cluster_of(2, tmp_path_factory.mktemp("threads"), processes=False) as client:
        yield client


@pytest.fixture(scope="module")
def client(threads):
    """Make the client of two workers in this process the current one."""
    with threads.as_current():
        yield threads
