"""A plugin of pytest that chooses the tests of every run or of the night, and their order."""

from itertools import filterfalse

import pytest
from hypothesis import HealthCheck, settings

# The suite draws the same examples in every run. `pytest --nightly` draws new ones, and fifty times
# as many.
settings.register_profile("suite", max_examples=50, derandomize=True, deadline=None)
settings.register_profile(
    "nightly", max_examples=2500, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("suite")

#: The files that take longest, in the order in which processes of xdist get them. A file that came
#: last would leave the other processes without work.
SLOWEST = [
    "docs/tables.md",  # saves the model that other pages load
    "tests/tabular/test_estimators.py",
    "tests/cluster/test_networks.py",
    "tests/cluster/test_ensembles.py",
    "tests/cli/test_faults.py",
    "tests/cli/test_compare.py",
    "tests/cluster/test_failures.py",
    "tests/test_common.py",
    "docs/cluster.md",
    "tests/test_parity.py",
    "tests/tabular/test_ensemble.py",
    "tests/cli/test_save_and_predict.py",
]


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
    config.option.loadscopereorder = False


@pytest.fixture(scope="session")
def rounds(request):
    """How many times a test of random moments or damage repeats what it does."""
    return 100 if request.config.getoption("--nightly") else 1


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
