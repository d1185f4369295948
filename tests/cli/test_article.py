"""The run without arguments: the article's network and the comparison on Iris."""

import re
from collections import namedtuple
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO

import numpy as np
import pandas as pd
import pytest
from cli_output import lines_of_models, png_size, scores

from scratchmlp.cli import article
from scratchmlp.cli import main as command_line

Run = namedtuple("Run", "out err picture")


@pytest.fixture(scope="module")
def iris(tmp_path_factory):
    picture = tmp_path_factory.mktemp("iris") / "iris.png"
    with redirect_stdout(StringIO()) as out, redirect_stderr(StringIO()) as err:
        assert command_line.main(["--plot", str(picture)]) == 0
    return Run(out.getvalue(), err.getvalue(), picture)


def test_the_article_s_network_learns(iris):
    assert iris.out.startswith("The article's network")
    assert re.search(r"without biases +with biases", iris.out)
    rows = re.findall(r"^(10*)((?: +\d\.\d{3}){8})$", iris.out, flags=re.M)
    assert [epoch for epoch, _ in rows] == ["1", "10", "100", "1000", "10000"]
    first, *_, last = (np.array(values.split(), float).reshape(2, 2, 2) for _, values in rows)
    accuracy, loss = last[..., 0], last[..., 1]
    assert (accuracy > first[..., 0]).all()
    assert (loss < first[..., 1]).all()
    assert (accuracy[1] > accuracy[0]).all()  # with biases, without
    assert (accuracy[1] >= 0.9).all()


def test_tables_are_aligned(iris):
    header = next(line for line in iris.out.splitlines() if "fit (s)" in line)
    curve = re.findall(r"^(?:epoch|10*) .*$", iris.out, flags=re.M)
    assert {len(line) for line in (header, *lines_of_models(iris.out))} == {len(header)}
    assert {len(line) for line in curve} == {len(curve[0])}


def test_network_is_within_a_standard_deviation_of_logistic_regression(iris):
    network, linear = map(scores, lines_of_models(iris.out))
    assert network[0] >= linear[0] - linear[1]
    assert network[2] <= linear[2] + linear[3]
    assert "over 5 stratified folds, repeated 3 times" in iris.out
    assert re.search(
        r"Chosen most often: learning rate 0\.\d+ and \d+ hidden units, in \d+ of 15", iris.out
    )


def test_progress_goes_to_stderr(iris):
    lines = iris.err.splitlines()
    assert all(line.startswith("scratchmlp: ") for line in lines)
    dots = [f"scratchmlp: {name} {'.' * 15}" for name in (article.TUNED, "LogisticRegression")]
    assert [line for line in lines if ".." in line] == dots
    assert lines[-1] == f"scratchmlp: drawing {iris.picture}"


def test_picture(iris):
    assert png_size(iris.picture) == (2700, 675)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_measuring_during_training_changes_nothing(monkeypatch):
    monkeypatch.setattr(article, "EPOCHS", np.array([1, 10, 500]))
    measured = article._train_article("with biases")
    monkeypatch.setattr(article, "EPOCHS", np.array([500]))
    pd.testing.assert_frame_equal(measured.loc[[500]], article._train_article("with biases"))
    assert measured["train loss"].is_monotonic_decreasing
