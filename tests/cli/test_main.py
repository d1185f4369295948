"""The command line as a whole: its runs, its arguments and its process."""

import os
import signal
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from fork_server import PROCESSES, execute

COMMAND = [sys.executable, "-W", "error", "-m", "scratchmlp"]


# The process.


#: How `python -m scratchmlp` and the console script start.
STARTS = {
    "module": "import runpy\nrunpy.run_module('scratchmlp', run_name='__main__')",
    "script": "from scratchmlp.__main__ import run\nrun()",
}


def test_the_console_script():
    project = Path(__file__).parents[2] / "pyproject.toml"
    scripts = tomllib.loads(project.read_text(encoding="utf-8"))["project"]["scripts"]
    assert scripts == {"scratchmlp": "scratchmlp.__main__:run"}
    code = f"import sys\nsys.argv = ['/usr/bin/scratchmlp', '--help']\n{STARTS['script']}"
    run = subprocess.run(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, check=True
    )
    assert run.stdout.startswith("usage: scratchmlp [")


@pytest.mark.skipif(sys.platform == "win32", reason="signals differ")
@pytest.mark.parametrize("start", STARTS)
def test_interrupt(start):
    # A background job of a shell ignores SIGINT, and so would its children.
    code = (
        f"import signal\nsignal.signal(signal.SIGINT, signal.default_int_handler)\n{STARTS[start]}"
    )
    command = [sys.executable, "-c", code]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        process.stderr.readline()
        process.send_signal(signal.SIGINT)
        err = process.stderr.read()
    assert process.returncode == 130
    assert err.endswith("scratchmlp: interrupted\n")
    assert "Traceback" not in err


@pytest.mark.skipif(sys.platform == "win32", reason="signals differ")
@pytest.mark.parametrize("interrupted", [False, True])
@pytest.mark.parametrize("start", STARTS)
def test_an_interrupt_that_comes_out_as_another_error(interrupted, start, tmp_path):
    """Python 3.11 makes a RuntimeError of one that comes while a class is created."""
    code = (
        "import signal\n"
        "from scratchmlp.cli import main\n"
        "def fail():\n"
        "    try:\n"
        f"        signal.raise_signal(signal.SIGINT) if {interrupted} else None\n"
        "    finally:\n"
        "        raise RuntimeError('another error')\n"
        "main.main = fail\n"
        f"signal.signal(signal.SIGINT, signal.default_int_handler)\n{STARTS[start]}"
    )
    process = PROCESSES.Process(target=execute, args=(code, tmp_path / "err"))
    process.start()
    process.join()
    assert process.exitcode == (130 if interrupted else 1)
    err = (tmp_path / "err").read_text()
    assert (err == "scratchmlp: interrupted\n") == interrupted
    assert ("another error" in err) != interrupted


def without_unbuffered_output():
    return {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}


@pytest.mark.parametrize("run", ["Iris", "predictions"])
def test_a_reader_that_closes_stdout(run, saved, csv):
    """It may do so before the first line, or before the rest of a short output is flushed."""
    arguments = [] if run == "Iris" else [csv(saved.table), "--load", str(saved.class_model)]
    with subprocess.Popen(
        [*COMMAND, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=without_unbuffered_output(),
    ) as process:
        process.stdout.close()
        err = process.stderr.read()
    assert process.returncode == 1
    assert all(line.startswith("scratchmlp: ") for line in err.splitlines())


def test_a_reader_that_closes_stdout_before_a_model_is_saved(saved, csv, tmp_path):
    model = tmp_path / "y.model"
    arguments = [csv(saved.table), "--target", "class", "--save", str(model)]
    with subprocess.Popen(
        [*COMMAND, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        process.stdout.close()
        err = process.stderr.read()
    assert process.returncode == 1
    assert err.endswith(f"scratchmlp: stdout is closed, so {model} is not saved\n")
    assert not model.exists()


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no /dev/full")
def test_a_full_disk_behind_stdout(saved, csv):
    arguments = [csv(saved.table), "--load", str(saved.class_model)]
    with open("/dev/full", "w") as full:
        run = subprocess.run(
            [*COMMAND, *arguments],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            env=without_unbuffered_output(),
        )
    assert run.returncode == 2
    assert run.stderr == "scratchmlp: error: cannot write: No space left on device\n"
