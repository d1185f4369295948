"""Processes that are killed, interrupted, or left without disk, memory or a reader.

`pytest --nightly` repeats the random moments a hundred times.
"""

import os
import random
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from scratchmlp.cli.main import main
from scratchmlp.io import load
from scratchmlp.tabular import TabularMLPClassifier
from tests.helpers.fork_server import PROCESSES, execute

if sys.platform == "win32":
    pytest.skip("signals and limits differ", allow_module_level=True)

from tests.helpers import fault_jobs as jobs

nightly = pytest.mark.nightly
INTERRUPTED = "scratchmlp: interrupted\n"
#: A background job of a shell ignores Ctrl-C, and so would its children.
CTRL_C = "import signal\nsignal.signal(signal.SIGINT, signal.default_int_handler)\n"
#: How `python -m scratchmlp` and the console script start.
STARTS = {
    "module": "import runpy\nrunpy.run_module('scratchmlp', run_name='__main__')",
    "script": "from scratchmlp.__main__ import run\nrun()",
}


def start(job, *arguments):
    process = PROCESSES.Process(target=job, args=arguments)
    process.start()
    return process


def end_of(job, *arguments):
    """Run a job; return its exit status."""
    process = start(job, *arguments)
    process.join()
    return process.exitcode


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A table of 9,000 rows to predict, the first of which to train on, and a saved model."""
    folder, rng = tmp_path_factory.mktemp("faults"), np.random.default_rng(0)
    table = pd.DataFrame({"a": rng.normal(size=9_000), "b": rng.choice([*"uvw"], 9_000)})
    table["y"] = np.where(table["a"] + rng.normal(size=9_000) > 0, "big", "small")
    table.to_csv(folder / "new.csv", index=False)
    table[:100].to_csv(folder / "data.csv", index=False)
    model = TabularMLPClassifier(cv=2, max_iter=2).fit(table[["a", "b"]][:100], table["y"][:100])
    jobs.saves(folder / "model", model, times=1)
    return folder


@pytest.fixture
def command(folder):
    """Arguments that train or predict."""
    return {
        "train": [folder / "data.csv", "--target", "y"],
        "predict": [folder / "new.csv", "--load", folder / "model"],
    }


@pytest.fixture
def logs(tmp_path):
    """The files that stdout and stderr of a job are written to."""
    return [tmp_path / "out", tmp_path / "err"]


# Kills.


@pytest.fixture
def writer(folder, tmp_path):
    """A file, a job that writes it without an end, and one that writes it once."""
    path = tmp_path / "a.model"
    model = load(folder / "model")
    return path, (jobs.saves, path, model), (jobs.saves, path, model, 1)


def wait_for_a_write(path, before, *processes):
    while os.path.samestat(before, path.stat()):
        assert all(process.is_alive() for process in processes)
        time.sleep(0.001)


@pytest.mark.nightly  # starts processes
def test_a_write_removes_what_killed_ones_have_left(writer, tmp_path):
    path, _, once = writer
    for _ in range(2):
        assert end_of(jobs.killed_before_replacing, *once) == -signal.SIGKILL
        assert len(os.listdir(tmp_path)) == 1  # the next killed one has removed it
    assert end_of(*once) == 0
    assert os.listdir(tmp_path) == ["a.model"]
    assert jobs.is_whole(path)


@pytest.mark.nightly
def test_a_kill_at_any_moment_leaves_a_whole_file(writer, rounds, tmp_path):
    path, forever, once = writer
    assert end_of(*once) == 0
    for _ in range(rounds):
        before, process = path.stat(), start(jobs.on_a_slow_disk, *forever)
        wait_for_a_write(path, before, process)
        time.sleep(random.uniform(0, 0.05))
        process.kill()
        process.join()
        assert jobs.is_whole(path)
        assert len(os.listdir(tmp_path)) <= 2
    assert end_of(*once) == 0
    assert os.listdir(tmp_path) == ["a.model"]


# Ctrl-C.


@pytest.mark.random
def test_an_interrupt_during_the_imports(rounds):
    code = (
        "import os, sys\n"
        "def hook(event, arguments):\n"
        "    if event == 'import' and arguments[0] == 'numpy':\n"
        "        os.write(1, b'ready\\n')\n"
        f"sys.addaudithook(hook)\n{CTRL_C}{STARTS['module']}"
    )
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    for _ in range(rounds):
        with subprocess.Popen([sys.executable, "-c", code], text=True, **pipes) as process:
            assert process.stdout.readline() == "ready\n"
            time.sleep(random.uniform(0, 0.5))
            process.send_signal(signal.SIGINT)
            err = process.communicate()[1]
        assert process.returncode == 130
        assert err.endswith(INTERRUPTED)
        assert all(line.startswith("scratchmlp: ") for line in err.splitlines())


@pytest.mark.parametrize("option", ["--none", pytest.param("--version", marks=nightly)])
def test_an_interrupt_while_python_shuts_down(option):
    code = (
        f"import atexit, sys\nsys.argv[1:] = ['{option}']\n{CTRL_C}"
        f"atexit.register(lambda: signal.raise_signal(signal.SIGINT))\n{STARTS['module']}"
    )
    process = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert process.returncode == 130
    assert "Traceback" not in process.stderr
    assert process.stderr.endswith(INTERRUPTED)


def status_and_errors(code, folder):
    """Run code in a process where Ctrl-C is handled; return its status and stderr."""
    status = end_of(execute, f"{CTRL_C}{code}", folder / "err")
    return status, (folder / "err").read_text()


def test_an_interrupt_that_python_loses(tmp_path):
    """Python prints and drops what a callback of a weak reference raises."""
    code = (
        "import sys, weakref\n"
        "from scratchmlp.cli import article, messages\n"
        "sys.argv[1:] = []\n"
        "def run_iris(_):\n"
        "    weakref.finalize(messages.InputError(), signal.raise_signal, signal.SIGINT)\n"
        f"article.run_iris = run_iris\n{STARTS['module']}"
    )
    assert status_and_errors(code, tmp_path) == (130, INTERRUPTED)


@pytest.mark.parametrize("start", STARTS)
def test_an_interrupt_that_comes_out_as_another_error(start, tmp_path):
    """Python 3.11 makes a RuntimeError of one that comes while a class is created."""
    code = (
        "from scratchmlp.cli import main\n"
        "def fail(imports):\n"
        "    try:\n"
        "        INTERRUPT\n"
        "    finally:\n"
        "        raise RuntimeError('another error')\n"
        f"main.main = fail\n{STARTS[start]}"
    )
    interrupted = code.replace("INTERRUPT", "signal.raise_signal(signal.SIGINT)")
    assert status_and_errors(interrupted, tmp_path) == (130, INTERRUPTED)
    status, errors = status_and_errors(code.replace("INTERRUPT", "pass"), tmp_path)
    assert status == 1
    assert "another error" in errors
    assert INTERRUPTED not in errors


def interrupted(moment, job, *arguments):
    """Start a job, send SIGINT some seconds after it is ready; return its status and duration."""
    ready = PROCESSES.Event()
    process = start(job, *arguments, False, ready)
    ready.wait()
    started = time.perf_counter()
    process.join(moment)
    with suppress(ProcessLookupError):  # it was quicker
        os.kill(process.pid, signal.SIGINT)
    process.join()
    return process.exitcode, time.perf_counter() - started


INTERRUPTIBLE = [
    ("predict", "--out", "p.csv"),
    ("train", "--save", "y.model"),
    pytest.param("train", "--plot", "y.png", marks=nightly),
]


@pytest.mark.random
@pytest.mark.parametrize(("task", "option", "name"), INTERRUPTIBLE)
def test_an_interrupt_at_any_moment(task, option, name, command, logs, rounds, tmp_path):
    """The moments lie in any step, from reading the table to writing the file."""
    job = jobs.run, [*command[task], option, tmp_path / name], *logs
    status, duration = interrupted(None, *job)
    assert status == 0
    whole, statuses = (tmp_path / name).read_bytes(), []
    for _ in range(rounds):
        status, _ = interrupted(random.uniform(0, duration), *job)
        statuses.append(status)
        err = logs[1].read_text()
        assert err.endswith(INTERRUPTED) == (status == 130)
        assert [line for line in err.splitlines() if not line.startswith("scratchmlp: ")] == []
        assert sorted(os.listdir(tmp_path)) == sorted([name, "err", "out"])
        written = tmp_path / name
        assert jobs.is_whole(written) if option == "--save" else written.read_bytes() == whole
    assert set(statuses) <= {0, 130}  # it may have been quicker
    assert 130 in statuses or rounds == 1


def test_an_interrupt_while_the_reader_has_stopped(command, logs):
    ready = PROCESSES.Event()
    os.mkfifo(logs[0])
    process = start(jobs.run, command["predict"], *logs, True, ready)
    with open(logs[0]) as out:
        ready.wait()
        next(out)
        time.sleep(0.1)  # the pipe is full
        os.kill(process.pid, signal.SIGINT)
        process.join(60)
        assert process.exitcode == 130
    assert logs[1].read_text() == INTERRUPTED


# A full disk: a limit to the size of files makes writes end early, too.


FILES = [
    ("predict", "--out", "p.csv"),
    ("predict", "--out", "p.csv.gz"),
    ("predict", "--out", "p.parquet"),
    ("train", "--save", "model"),
    pytest.param("train", "--plot", "p.png", marks=nightly),
]


@pytest.mark.parametrize(("task", "option", "name"), FILES)
def test_a_full_disk_behind_a_file(task, option, name, command, logs, tmp_path):
    path = tmp_path / name
    path.write_text("old")
    assert end_of(jobs.limited, 2_000, jobs.run, [*command[task], option, path], *logs) == 2
    last = logs[1].read_text().splitlines()[-1]
    assert last == f"scratchmlp: error: cannot save {path}: File too large"
    assert path.read_text() == "old"
    assert sorted(os.listdir(tmp_path)) == sorted(["err", "out", name])


@pytest.mark.parametrize(("task", "unbuffered"), [("train", True), ("predict", False)])
def test_a_full_disk_behind_stdout(task, unbuffered, command, logs):
    assert end_of(jobs.limited, 450, jobs.run, command[task], *logs, unbuffered) == 2
    last = logs[1].read_text().splitlines()[-1]
    assert last == "scratchmlp: error: cannot write: File too large"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
def test_a_full_device_behind_stderr(command, logs):
    assert end_of(jobs.run, command["train"], logs[0], "/dev/full") == 2
    assert logs[0].read_text().startswith("Predicting 'y'")


# Pipes, and streams that are closed.


@pytest.mark.parametrize(("n_lines", "unbuffered"), [(0, False), (1, True), (None, True)])
def test_a_reader_that_is_slow_or_leaves(n_lines, unbuffered, command, logs):
    """The predictions are longer than what a pipe holds."""
    os.mkfifo(logs[0])
    process = start(jobs.run, command["predict"], *logs, unbuffered)
    with open(logs[0]) as out:
        if n_lines != 0:
            time.sleep(0.3)  # the pipe is full
        lines = out.readlines() if n_lines is None else [next(out) for _ in range(n_lines)]
    process.join()
    assert process.exitcode == (0 if n_lines is None else 1)
    assert logs[1].read_text() == ""
    if n_lines is None:
        assert lines[0] == "prediction,probability of big,probability of small\n"
        assert len(lines) == 9_001


def test_a_reader_that_leaves_before_a_model_is_saved(command, logs, tmp_path):
    os.mkfifo(logs[0])
    process = start(jobs.run, [*command["train"], "--save", tmp_path / "y.model"], *logs)
    with open(logs[0]):
        pass
    process.join()
    assert process.exitcode == 1
    note = f"scratchmlp: stdout is closed, so {tmp_path / 'y.model'} is not saved\n"
    assert logs[1].read_text().endswith(note)
    assert not (tmp_path / "y.model").exists()


def test_closed_streams(folder, tmp_path, monkeypatch, capsys):
    """Notes must not be printed among the predictions, and these must not be lost."""
    new = tmp_path / "new.csv"
    new.write_text("a,b\n1,unseen\n")
    arguments = [str(new), "--load", str(folder / "model")]
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stderr", None)
        assert main(arguments) == 0
        sys.stderr.close()
    assert capsys.readouterr().out.count("\n") == 2
    with monkeypatch.context() as patch, pytest.raises(SystemExit, match="2"):  # noqa: PT012
        patch.setattr(sys, "stdout", None)
        main(arguments)
    assert "error: stdout is closed. Redirect it" in capsys.readouterr().err
