"""Run the command line in this process, and read what it prints and draws."""

import re
import struct
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO

import pandas as pd
import pytest

from scratchmlp.cli.main import main

ENSEMBLES = ("TabularEnsembleClassifier", "TabularEnsembleRegressor")
NETWORKS = ("TabularMLPClassifier", "TabularMLPRegressor")
LINEAR = ("LogisticRegression", "Ridge")
TREES = "HistGradientBoosting"
BASELINE = "constant baseline"
MODELS = ("tuned ScratchMLPClassifier", *ENSEMBLES, *NETWORKS, *LINEAR, TREES, BASELINE)


def run(*arguments):
    """Run without an error; return stdout and stderr."""
    with redirect_stdout(StringIO()) as out, redirect_stderr(StringIO()) as err:
        assert main([*map(str, arguments)]) == 0
    return out.getvalue(), err.getvalue()


def refused(*arguments):
    """Run into an error: status 2 and, after notes, one line on stderr, which is returned."""
    with (
        redirect_stdout(StringIO()) as out,
        redirect_stderr(StringIO()) as err,
        pytest.raises(SystemExit) as stop,
    ):
        main([*map(str, arguments)])
    assert stop.value.code == 2
    assert out.getvalue() == ""
    *notes, line = err.getvalue().splitlines(keepends=True)
    assert all(note.startswith("scratchmlp: ") and "error" not in note for note in notes)
    assert line.startswith("scratchmlp: error: ")
    assert line.endswith("\n")
    return line


def predictions(*arguments):
    """Run a prediction; return the table that it prints."""
    return pd.read_csv(StringIO(run(*arguments)[0]), dtype={"key": str})


def lines_of_models(out):
    return [line for line in out.splitlines() if line.startswith(MODELS)]


def scores(line):
    """Mean and standard deviation of accuracy and of log-loss, and the fit time."""
    return [float(number) for number in re.findall(r"\d+\.\d+", line)]


def without_times(out):
    return re.sub(r" +(<?[\d.,]+|fit \(s\))$", "", out, flags=re.MULTILINE)


def png_size(path):
    header = path.read_bytes()[:24]
    assert header.startswith(b"\x89PNG\r\n\x1a\n")
    return struct.unpack(">II", header[16:])
