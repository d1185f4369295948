"""Run the code blocks of the Markdown pages as tests, one namespace a page; choose examples."""

import gc
import os
import re
from contextlib import redirect_stdout
from doctest import ELLIPSIS, NORMALIZE_WHITESPACE, Example, OutputChecker
from importlib.util import find_spec
from io import StringIO
from itertools import filterfalse, pairwise
from pathlib import Path
from shutil import copytree
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, settings
from sybil import Region, Sybil
from sybil.evaluators.python import PythonEvaluator
from sybil.parsers.myst import CodeBlockParser, PythonCodeBlockParser, SkipParser

from tests.helpers import fork_server

os.environ["MPLBACKEND"] = "agg"  # pictures open no windows
# Tests run side by side, and their matrices are small: threads of BLAS and OpenMP would only wait
# for each other. NumPy reads the number when it is imported; tests of threads set their own.
os.environ.setdefault("OMP_NUM_THREADS", "1")
if fork_server.AVAILABLE:  # workers of Dask start in a tenth of the time
    os.environ.setdefault("DASK_DISTRIBUTED__WORKER__MULTIPROCESSING_METHOD", "forkserver")

# The suite draws the same examples in every run. `pytest --nightly` draws new ones, and fifty times
# as many.
settings.register_profile("suite", derandomize=True, deadline=None)
settings.register_profile(
    "nightly", max_examples=5000, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("suite")

#: The files that take longest, in the order in which processes of xdist get them. A file that came
#: last would leave the other processes without work.
SLOWEST = [
    "tests/tabular/test_estimators.py",
    "tests/cluster/test_networks.py",
    "tests/cluster/test_ensembles.py",
    "tests/cli/test_faults.py",
    "tests/cli/test_compare.py",
    "tests/cluster/test_failures.py",
    "tests/test_common.py",
    "docs/cluster.md",
    "tests/model_selection/test_search.py",
    "tests/test_parity.py",
    "tests/tabular/test_ensemble.py",
    "tests/cli/test_save_and_predict.py",
]

OPTIONS = ELLIPSIS | NORMALIZE_WHITESPACE
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.M | re.S)


class PrintingEvaluator(PythonEvaluator):
    """Run a block, and keep what it prints."""

    def __call__(self, example):
        """Run the block."""
        with redirect_stdout(StringIO()) as printed:
            super().__call__(example)
        example.document.printed = printed.getvalue()


def find_outputs(document):
    """Yield the blocks of text that follow a block of Python code: they are its output."""
    for block, following in pairwise(BLOCK.finditer(document.text)):
        if (block[1], following[1]) == ("python", "text") and not block[2].startswith(">>>"):
            yield Region(*following.span(2), following[2], check_output)


def check_output(example):
    """Return the difference between the output on the page and the one of the code above it."""
    shown, printed = Example("", example.parsed), example.document.printed
    checker = OutputChecker()
    if not checker.check_output(shown.want, printed, OPTIONS):
        return checker.output_difference(shown, printed, OPTIONS)
    return None


python_blocks = PythonCodeBlockParser(doctest_optionflags=OPTIONS)
python_blocks.codeblock_parser = CodeBlockParser("python", PrintingEvaluator())


def enter_folder(namespace):
    """Let a page run in a folder of its own, which has the tables of docs/data."""
    folder = TemporaryDirectory()
    copytree(Path(__file__).parent / "docs" / "data", Path(folder.name, "docs", "data"))
    namespace.update(find_spec=find_spec, page_folders=(folder, Path.cwd()))  # for skips; to leave
    os.chdir(folder.name)


def leave_folder(namespace):
    """Go back, and remove the folder with what the page has written."""
    folder, before = namespace["page_folders"]
    os.chdir(before)
    folder.cleanup()


pytest_collect_file = Sybil(
    parsers=[python_blocks, find_outputs, SkipParser()],
    setup=enter_folder,
    teardown=leave_folder,
    patterns=["README.md", "CONTRIBUTING.md", "docs/*.md", "docs/backpropagation/*.md"],
).pytest()

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


def pytest_addoption(parser):
    """Add `--nightly`."""
    parser.addoption(
        "--nightly",
        action="store_true",
        help="run what is too slow for every run, and tests of random cases with many more cases",
    )


def pytest_configure(config):
    """Choose the number of examples, and let xdist keep the order of files.

    By default, xdist begins with the files of most tests.
    """
    if config.getoption("--nightly"):
        settings.load_profile("nightly")
    if hasattr(config.option, "loadscopereorder"):
        config.option.loadscopereorder = False


@pytest.fixture(scope="session")
def rounds(request):
    """How many times a test of random moments or damage repeats what it does."""
    return 100 if request.config.getoption("--nightly") else 1


@pytest.hookimpl(wrapper=True)
def pytest_collection():
    """Collect tests without searching for garbage, which would take as long as the rest."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()


def _runs_always(item):
    return not item.get_closest_marker("nightly")


def _runs_at_night(item):
    return bool(item.get_closest_marker("nightly") or item.get_closest_marker("random"))


def pytest_collection_modifyitems(config, items):
    """Select the tests of every run or of the night; with xdist, begin with the slowest files."""
    runs = _runs_at_night if config.getoption("--nightly") else _runs_always
    config.hook.pytest_deselected(items=[*filterfalse(runs, items)])
    items[:] = filter(runs, items)
    if hasattr(config, "workerinput"):
        place = {file: i for i, file in enumerate(SLOWEST)}
        items.sort(key=lambda item: place.get(item.nodeid.partition("::")[0], len(place)))


def pytest_collection_finish():
    """Prepare the processes that tests start, now that it is known whether they use Dask."""
    fork_server.prepare()
