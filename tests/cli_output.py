"""Read what the command line prints and draws."""

import re
import struct

ENSEMBLES = ("TabularEnsembleClassifier", "TabularEnsembleRegressor")
NETWORKS = ("TabularMLPClassifier", "TabularMLPRegressor")
LINEAR = ("LogisticRegression", "Ridge")
TREES = "HistGradientBoosting"
BASELINE = "constant baseline"
MODELS = ("tuned ScratchMLPClassifier", *ENSEMBLES, *NETWORKS, *LINEAR, TREES, BASELINE)


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
