"""Processes that are killed, interrupted, or left without disk or memory.

The moments are random, from a fixed seed. SCRATCHMLP_FAULT_ROUNDS=100 repeats each test of random
moments a hundred times.
"""

import os
import pickle
import random
import signal
import subprocess
import sys
import time
from contextlib import suppress

import numpy as np
import pandas as pd
import pytest

from scratchmlp.cli.main import main
from scratchmlp.io import load
from scratchmlp.tabular import TabularMLPClassifier

if sys.platform == "win32":
    pytest.skip("signals and limits differ", allow_module_level=True)

import fault_jobs as jobs
from fork_server import PROCESSES

ROUNDS = int(os.environ.get("SCRATCHMLP_FAULT_ROUNDS", "1"))


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
    table["y"] = np.where(table["a"] > 0, "big", "small")
    table.to_csv(folder / "new.csv", index=False)
    table[:100].to_csv(folder / "data.csv", index=False)
    model = TabularMLPClassifier(cv=2, max_iter=2).fit(table[["a", "b"]][:100], table["y"][:100])
    jobs.saves(folder / "model", model, times=1)
    return folder


@pytest.fixture(scope="module")
def model(folder):
    return load(folder / "model")


# SIGKILL.

WRITERS = ["checkpoints", "saves"]


def writer(kind, path, model):
    """Return a job that writes a file without an end, and one that writes it once."""
    if kind == "checkpoints":
        return (jobs.checkpoints, path), (jobs.checkpoints, path, 1)
    return (jobs.saves, path, model), (jobs.saves, path, model, 1)


def wait_for_a_write(path, before, *processes):
    while os.path.samestat(before, path.stat()):
        assert all(process.is_alive() for process in processes)
        time.sleep(0.001)


@pytest.mark.parametrize("kind", WRITERS)
def test_a_write_removes_what_killed_ones_have_left(kind, model, tmp_path):
    path = tmp_path / "a.model"
    _, once = writer(kind, path, model)
    for _ in range(2):
        assert end_of(jobs.killed_before_replacing, *once) == -signal.SIGKILL
        assert len(os.listdir(tmp_path)) == 1  # the next killed one has removed it
    assert end_of(*once) == 0
    assert os.listdir(tmp_path) == ["a.model"]
    assert jobs.is_whole(path)


@pytest.mark.parametrize("kind", WRITERS)
def test_a_kill_at_any_moment_leaves_a_whole_file(kind, model, tmp_path):
    moments, path, n_leftovers = random.Random(0), tmp_path / "a.model", 0
    forever, once = writer(kind, path, model)
    assert end_of(*once) == 0
    for _ in range(4 * ROUNDS):
        before, process = path.stat(), start(jobs.on_a_slow_disk, *forever)
        wait_for_a_write(path, before, process)
        time.sleep(moments.uniform(0, 0.05))
        process.kill()
        process.join()
        assert jobs.is_whole(path)
        assert len(os.listdir(tmp_path)) <= 2
        n_leftovers += len(os.listdir(tmp_path)) - 1
    assert end_of(*once) == 0
    assert os.listdir(tmp_path) == ["a.model"]
    print(f"{kind}: {4 * ROUNDS} kills, of which {n_leftovers} during a write")


@pytest.mark.parametrize("kind", WRITERS)
def test_two_processes_write_the_same_file(kind, model, tmp_path):
    path = tmp_path / "a.model"
    forever, once = writer(kind, path, model)
    assert end_of(*once) == 0
    processes = [start(jobs.on_a_slow_disk, *forever) for _ in range(2)]
    for _ in range(8 * ROUNDS):
        wait_for_a_write(path, path.stat(), *processes)  # neither removes the other's file
        assert jobs.is_whole(path)
    for process in processes:
        process.kill()
        process.join()
    assert end_of(*once) == 0
    assert os.listdir(tmp_path) == ["a.model"]


# SIGINT.


def test_an_interrupt_during_the_imports():
    # A background job of a shell ignores SIGINT, and so would its children.
    code = (
        "import runpy, os, signal, sys\n"
        "def hook(event, arguments):\n"
        "    if event == 'import' and arguments[0] == 'numpy':\n"
        "        os.write(1, b'ready\\n')\n"
        "sys.addaudithook(hook)\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "runpy.run_module('scratchmlp', run_name='__main__')"
    )
    moments = random.Random(0)
    for _ in range(2 * ROUNDS):
        with subprocess.Popen(
            [sys.executable, "-c", code],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            assert process.stdout.readline() == "ready\n"
            time.sleep(moments.uniform(0, 0.5))
            process.send_signal(signal.SIGINT)
            err = process.communicate()[1]
        assert process.returncode == 130
        assert err.endswith("scratchmlp: interrupted\n")
        assert all(line.startswith("scratchmlp: ") for line in err.splitlines())


@pytest.mark.parametrize("option", ["--help", "--version", "--none"])
def test_an_interrupt_while_python_shuts_down(option):
    code = (
        "import atexit, runpy, signal, sys\n"
        f"sys.argv[1:] = ['{option}']\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "atexit.register(lambda: signal.raise_signal(signal.SIGINT))\n"
        "runpy.run_module('scratchmlp', run_name='__main__')"
    )
    process = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert process.returncode == 130
    assert "Traceback" not in process.stderr
    assert process.stderr.endswith("scratchmlp: interrupted\n")


def test_an_interrupt_that_python_loses():
    """Python prints and drops what a callback of a weak reference raises."""
    code = (
        "import runpy, signal, sys, weakref\n"
        "from scratchmlp.cli import main\n"
        "sys.argv[1:] = []\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "def run_iris(_):\n"
        "    weakref.finalize(main.InputError(), signal.raise_signal, signal.SIGINT)\n"
        "main.run_iris = run_iris\n"
        "runpy.run_module('scratchmlp', run_name='__main__')"
    )
    process = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert process.returncode == 130
    assert process.stderr == "scratchmlp: interrupted\n"


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


@pytest.mark.parametrize(
    ("option", "source"), [("--save", "data"), ("--plot", "data"), ("--out", "new")]
)
def test_an_interrupt_at_any_moment(option, source, folder, tmp_path):
    """The moments lie in any step, from reading the table to writing the file."""
    moments, saved = random.Random(0), tmp_path / ("a.csv" if option == "--out" else "a.png")
    logs = [tmp_path / "out", tmp_path / "err"]
    rest = ["--load", folder / "model"] if source == "new" else ["--target", "y"]
    job = (jobs.run, [folder / f"{source}.csv", *rest, option, saved], *logs)
    # The first run is slower than those to interrupt: it draws and imports for the first time.
    whole_runs = [interrupted(None, *job) for _ in range(2)]
    assert [status for status, _ in whole_runs] == [0, 0]
    duration = min(seconds for _, seconds in whole_runs)
    whole, statuses = saved.read_bytes(), []
    for _ in range(2 * ROUNDS):
        status, _ = interrupted(moments.uniform(0, duration), *job)
        statuses.append(status)
        err = logs[1].read_text()
        assert err.endswith("scratchmlp: interrupted\n") == (status == 130)
        assert [line for line in err.splitlines() if not line.startswith("scratchmlp: ")] == []
        assert sorted(os.listdir(tmp_path)) == [saved.name, "err", "out"]
        assert jobs.is_whole(saved) if option == "--save" else saved.read_bytes() == whole
    assert set(statuses) <= {0, 130}  # it may have been quicker
    assert 130 in statuses or ROUNDS < 10  # few may all have been quicker
    print(f"{option}: {statuses.count(130)} of {len(statuses)} runs were interrupted")


# A full disk: a limit to the size of files makes writes end early, too.


@pytest.mark.parametrize("kind", WRITERS)
def test_a_full_disk_behind_a_model(kind, model, tmp_path):
    path = tmp_path / "a.model"
    _, once = writer(kind, path, model)
    assert end_of(*once) == 0
    before = path.read_bytes()
    assert end_of(jobs.limited, 1_000, *once) == 1  # an error
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["a.model"]


@pytest.mark.parametrize(
    "option",
    [
        "--save model",
        "--plot p.png",
        "--plot p.pdf",
        "--out p.csv",
        "--out p.csv.gz",
        "--out p.parquet",
    ],
)
def test_a_full_disk_behind_a_file(option, folder, tmp_path):
    name, path = option.split()[0], tmp_path / option.split()[1]
    path.write_text("old")
    arguments = [folder / "data.csv", "--target", "y"]
    if name == "--out":
        arguments = [folder / "new.csv", "--load", folder / "model"]
    logs = [tmp_path / "out", tmp_path / "err"]
    job = (jobs.run, [*arguments, name, path], *logs)
    assert end_of(jobs.limited, 2_000, *job) == 2
    last = logs[1].read_text().splitlines()[-1]
    assert last == f"scratchmlp: error: cannot save {path}: File too large"
    assert path.read_text() == "old"
    assert sorted(os.listdir(tmp_path)) == sorted(["err", "out", path.name])


@pytest.mark.parametrize("unbuffered", [False, True])
@pytest.mark.parametrize("task", ["train", "predict", "help"])
def test_a_full_disk_behind_stdout(task, unbuffered, folder, tmp_path):
    arguments = {
        "train": [folder / "data.csv", "--target", "y"],
        "predict": [folder / "new.csv", "--load", folder / "model"],
        "help": ["--help"],
    }[task]
    logs = [tmp_path / "out", tmp_path / "err"]
    assert end_of(jobs.limited, 300, jobs.run, arguments, *logs, unbuffered) == 2
    last = logs[1].read_text().splitlines()[-1]
    assert last == "scratchmlp: error: cannot write: File too large"


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no /dev/full")
@pytest.mark.parametrize("full", ["out", "err"])
@pytest.mark.parametrize("unbuffered", [False, True])
def test_a_full_device(full, unbuffered, folder, tmp_path):
    logs = {"out": tmp_path / "out", "err": tmp_path / "err"} | {full: "/dev/full"}
    arguments = [folder / "data.csv", "--target", "y"]
    assert end_of(jobs.run, arguments, *logs.values(), unbuffered) == 2
    if full == "out":
        error = "scratchmlp: error: cannot write: No space left on device\n"
        assert logs["err"].read_text() == error
    else:
        assert logs["out"].read_text().startswith("Predicting 'y'")


# Pipes, and streams that are closed.


@pytest.mark.parametrize("unbuffered", [False, True])
@pytest.mark.parametrize("n_lines", [1, None])
def test_a_reader_that_is_slow_or_leaves(n_lines, unbuffered, folder, tmp_path):
    """The predictions are longer than what a pipe holds."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    arguments = [folder / "new.csv", "--load", folder / "model"]
    process = start(jobs.run, arguments, pipe, tmp_path / "err", unbuffered)
    with open(pipe) as out:
        time.sleep(0.3)  # the pipe is full
        lines = [next(out)] if n_lines else out.readlines()
    process.join()
    assert lines[0] == "prediction,probability of big,probability of small\n"
    if n_lines is None:
        assert len(lines) == 9_001
    assert process.exitcode == (1 if n_lines else 0)
    assert (tmp_path / "err").read_text() == ""


def test_an_interrupt_while_the_reader_has_stopped(folder, tmp_path):
    pipe, ready = tmp_path / "pipe", PROCESSES.Event()
    os.mkfifo(pipe)
    arguments = [folder / "new.csv", "--load", folder / "model"]
    process = start(jobs.run, arguments, pipe, tmp_path / "err", True, ready)
    with open(pipe) as out:
        ready.wait()
        next(out)
        time.sleep(0.1)  # the pipe is full
        os.kill(process.pid, signal.SIGINT)
        process.join(60)
        assert process.exitcode == 130
    assert (tmp_path / "err").read_text() == "scratchmlp: interrupted\n"


def test_python_without_buffers(folder):
    """What other tests imitate: `python -u`, and a reader that leaves."""
    command = [sys.executable, "-u", "-m", "scratchmlp"]
    arguments = [str(folder / "new.csv"), "--load", str(folder / "model")]
    with subprocess.Popen(
        [*command, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == ""
    assert process.returncode == 1


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


# Memory.


@pytest.mark.skipif(sys.platform != "linux", reason="the limit differs")
def test_a_model_that_does_not_fit_into_memory(folder, model, tmp_path):
    fat, logs = tmp_path / "fat", [tmp_path / "out", tmp_path / "err"]
    fat.write_bytes(pickle.dumps([model, np.zeros(2**25)]))
    arguments = [folder / "new.csv", "--load", fat, "--allow-pickle"]
    assert end_of(jobs.short_of_memory, 2**26, arguments, *logs) == 2
    assert logs[1].read_text().startswith("scratchmlp: error: there is not enough memory")
