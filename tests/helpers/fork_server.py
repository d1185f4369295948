"""Processes that start fast: a server forks them after it has imported the package."""

import os
import sys
from multiprocessing import get_all_start_methods, get_context

#: Whether the system can fork. Otherwise, each process imports everything itself.
AVAILABLE = "forkserver" in get_all_start_methods()
PROCESSES = get_context("forkserver" if AVAILABLE else "spawn")

#: What processes of tests use. The server skips what is not installed.
_MODULES = [
    "scratchmlp.cli.main",
    "scratchmlp.cli.predictions",
    "scratchmlp.cli.training",
    "scratchmlp.callbacks",
    "skops.io",
    "matplotlib.figure",
    "matplotlib.backends.backend_pdf",
    "dask.array",
    "dask.dataframe",
    "scratchmlp.dask",
]


def prepare():
    """Tell the server what to import when it starts, also for workers of Dask."""
    if not AVAILABLE:
        return
    if "distributed" in sys.modules:
        from distributed.utils import get_mp_context

        get_mp_context()  # its first call chooses modules, too
    PROCESSES.set_forkserver_preload(_MODULES)


def execute(code, err):
    """Run code as the main module of a process does. What it writes to stderr is in a file."""
    os.dup2(os.open(err, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), 2)
    exec(code, {"__name__": "__main__"})
