"""Run the code blocks of the Markdown pages as tests, one namespace a page; choose examples."""

import os
from doctest import ELLIPSIS
from importlib.util import find_spec

import fork_server
from hypothesis import HealthCheck, settings
from sybil import Sybil
from sybil.parsers.myst import PythonCodeBlockParser, SkipParser

os.environ["MPLBACKEND"] = "agg"  # pictures open no windows
# Tests run side by side, and their matrices are small: threads of BLAS and OpenMP would only wait
# for each other. NumPy reads the number when it is imported; tests of threads set their own.
os.environ.setdefault("OMP_NUM_THREADS", "1")
if fork_server.AVAILABLE:  # workers of Dask start in a tenth of the time
    os.environ.setdefault("DASK_DISTRIBUTED__WORKER__MULTIPROCESSING_METHOD", "forkserver")

# The suite draws the same examples in every run. `pytest --hypothesis-profile=long` draws new ones,
# and fifty times as many.
settings.register_profile("suite", derandomize=True, deadline=None)
settings.register_profile(
    "long", max_examples=5000, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("suite")

pytest_collect_file = Sybil(
    parsers=[PythonCodeBlockParser(doctest_optionflags=ELLIPSIS), SkipParser()],
    setup=lambda namespace: namespace.update(find_spec=find_spec),  # for conditions of skips
    patterns=["README.md", "CONTRIBUTING.md", "docs/*.md", "docs/backpropagation/*.md"],
).pytest()

collect_ignore_glob = ["docs/*.py"]  # the site's configuration and figures: no module of ours
# The examples of these modules need optional packages.
collect_ignore = [
    f"scratchmlp/{module}.py"
    for module, package in (
        ("io/onnx/export", "onnx"),
        ("io/onnx/skl2onnx_converters", "skl2onnx"),
        ("reporting/assembly", "jinja2"),
    )
    if not find_spec(package)
]
if not find_spec("distributed"):
    collect_ignore_glob += ["benchmarks/cluster.py", "docs/cluster.md", "scratchmlp/dask/*.py"]


def pytest_collection_finish():
    """Prepare the processes that tests start, now that it is known whether they use Dask."""
    fork_server.prepare()
