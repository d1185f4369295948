"""The environment of the tests. Plugins read the pages, choose the tests and patch names."""

import gc
import os
from importlib.util import find_spec

import pytest

from tests.helpers import fork_server

pytest_plugins = ["tests.helpers.pages", "tests.helpers.patches", "tests.helpers.selection"]

os.environ["MPLBACKEND"] = "agg"  # pictures open no windows
# Tests run side by side, and their matrices are small: threads of BLAS and OpenMP would only wait
# for each other. NumPy reads the number when it is imported; tests of threads set their own.
os.environ.setdefault("OMP_NUM_THREADS", "1")
if fork_server.AVAILABLE:  # workers of Dask start in a tenth of the time
    os.environ.setdefault("DASK_DISTRIBUTED__WORKER__MULTIPROCESSING_METHOD", "forkserver")

collect_ignore_glob = ["docs/*.py"]  # the site's configuration and figures: no module of ours
# The examples of these modules need optional packages.
collect_ignore = [
    f"scratchmlp/{module}.py"
    for module, package in (
        ("io/onnx/export", "onnx"),
        ("io/onnx/skl2onnx_converters", "skl2onnx"),
        ("reporting/page", "jinja2"),
    )
    if not find_spec(package)
]
if not find_spec("distributed"):
    collect_ignore_glob += ["benchmarks/cluster*.py", "docs/cluster.md", "scratchmlp/dask/*.py"]


@pytest.hookimpl(wrapper=True)
def pytest_collection():
    """Collect tests without searching for garbage, which would take as long as the rest."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()


def pytest_collection_finish():
    """Prepare the processes that tests start, now that it is known whether they use Dask."""
    fork_server.prepare()
