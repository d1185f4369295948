"""Jobs that cli/test_faults.py starts in other processes, in order to disturb them."""

import io
import os
import resource
import runpy
import signal
import sys
import time
from pathlib import Path

from scratchmlp.cli import comparison, models
from scratchmlp.cli import main as command_line
from scratchmlp.cli.saved_model import SavedModel, save_model
from scratchmlp.io import load
from scratchmlp.tabular import TabularMLPClassifier


def saves(path, model, times=10**9):
    """Save a model again and again."""
    for _ in range(times):
        save_model(path, SavedModel(model))


def killed_before_replacing(write, *arguments):
    """Kill the process when the temporary file is complete."""
    os.replace = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
    write(*arguments)


def on_a_slow_disk(write, *arguments):
    """Write in pieces, so that many kills come during a write."""

    def write_slowly(path, content):
        with open(path, "wb", buffering=0) as file:
            for start in range(0, len(content), 10_000):
                file.write(content[start : start + 10_000])
                time.sleep(0.001)

    Path.write_bytes = write_slowly
    write(*arguments)


def limited(size, write, *arguments):
    """Limit the size of all files that the job writes, but not of what coverage writes later."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        write(*arguments)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def run(arguments, out, err, unbuffered=False, ready=None):
    """Run the command line with brief training; stdout and stderr are files.

    `unbuffered` makes stdout what it is under ``python -u``. The event `ready` is set when Ctrl-C
    is handled by the command line, no longer by Python.
    """
    for path, number in ((out, 1), (err, 2)):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
    out = io.FileIO(1, "w", closefd=False)
    sys.stdout = io.TextIOWrapper(
        out if unbuffered else io.BufferedWriter(out), write_through=unbuffered
    )
    sys.stderr = io.TextIOWrapper(
        io.BufferedWriter(io.FileIO(2, "w", closefd=False)), line_buffering=True
    )
    models_for = models.models_for

    def brief_models(*arguments, **settings):
        (name, ensemble), *_, baseline = models_for(*arguments, **settings).items()
        networks = [("networks", TabularMLPClassifier(max_iter=5))]
        ensemble.set_params(cv=2, n_jobs=1, estimators=networks)
        return dict([(name, ensemble), baseline])

    comparison.models_for = brief_models
    sys.argv = ["scratchmlp", *map(str, arguments)]
    signal.signal(signal.SIGINT, signal.default_int_handler)
    main = command_line.main

    def tell_and_run(imports):
        ready.set()
        return main(imports=imports)

    if ready is not None:
        command_line.main = tell_and_run
    runpy.run_module("scratchmlp", run_name="__main__")


def is_whole(path):
    """Return whether a file is a model."""
    return hasattr(load(path), "get_params")
