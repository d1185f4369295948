"""The command line as a whole: its runs, its arguments and its process."""

import os
import re
import signal
import subprocess
import sys
import tomllib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from all_parts import all_parts
from cli_output import (
    BASELINE,
    ENSEMBLES,
    LINEAR,
    NETWORKS,
    TREES,
    lines_of_models,
    scores,
)
from fork_server import PROCESSES, execute
from sklearn.dummy import DummyClassifier
from sklearn.neighbors import KNeighborsClassifier

from scratchmlp.cli import main as command_line
from scratchmlp.cli.comparison import models_for
from scratchmlp.io import load
from scratchmlp.tabular import TabularMLPClassifier

COMMAND = [sys.executable, "-W", "error", "-m", "scratchmlp"]


# Comparison on a table.


@pytest.mark.usefixtures("brief")
def test_table_of_every_type_of_column(table, csv, capsys):
    assert command_line.main([csv(table), "--target", "y"]) == 0
    out = capsys.readouterr().out
    ensemble, trees, linear, constant = map(scores, lines_of_models(out))
    assert ensemble[0] >= max(linear[0], trees[0]) - linear[1]
    assert ensemble[0] > 0.75 > constant[0]
    assert re.search(r" accuracy +log-loss +AUC +fit \(s\)\n", out)
    assert max(map(len, out.partition("Mean")[2].splitlines())) <= 90
    lowest = min(lines_of_models(out), key=lambda line: scores(line)[2])
    assert f"Lowest log-loss: {lowest.split('  ')[0]}." in out
    for line in (
        r"Predicting 'y' \(classification, 2 classes\): 60 rows, 11 columns\n",
        r"  numeric: signal \(9 missing\), cost in \$, with a \$, infinite\n",
        r"  dates: day \(written as year-month-day\)\n",
        r"  boolean: flag, flag with holes \(\d+ missing\)\n",
        r"  categorical: colour \(2 values, \d+ missing\)\n",
        r"  used only for whether the value is missing: nearly empty \(59 missing\)\n",
        r"  left out: key \(every value is different\), constant \(every value is '5.0'\), "
        r"empty \(no values\)\. To use a column whose values are all different, name it in ",
    ):
        assert re.search(line, out)
    assert "over 5 stratified folds" in out
    assert "article" not in out


@pytest.mark.usefixtures("brief")
def test_numeric_target(table, csv, capsys):
    table = table.assign(y=1e4 * table["signal"].fillna(0) + np.arange(len(table)))
    table.loc[3, "y"] = np.inf
    assert command_line.main([csv(table), "--target", "y"]) == 0
    out, err = capsys.readouterr()
    rows = lines_of_models(out)
    names = [ENSEMBLES[1], TREES, LINEAR[1], BASELINE]
    assert all(row.startswith(name) for row, name in zip(rows, names, strict=True))
    assert float(re.findall(r"[-\d.,]+", rows[0])[2]) > 0.8  # R²
    assert "Predicting 'y' (regression): 59 rows, 11 columns" in out
    assert "left out 1 row with infinite targets" in err


@pytest.mark.usefixtures("brief")
@pytest.mark.parametrize(("n_rare", "n_folds", "left_out"), [(2, 5, True), (3, 3, False)])
def test_rare_classes(n_rare, n_folds, left_out, table, csv, capsys):
    table.loc[: n_rare - 1, "y"] = "rare"
    assert command_line.main([csv(table), "--target", "y"]) == 0
    out, err = capsys.readouterr()
    assert f"over {n_folds} stratified folds" in out
    assert (f"left out {n_rare} rows of classes with fewer than 3 rows" in err) == left_out


@pytest.mark.usefixtures("brief")
def test_a_value_that_is_not_a_date_does_not_change_the_folds(csv, capsys):
    rng = np.random.default_rng(0)
    days = pd.date_range("2024-01-01", periods=60).astype(str).to_series(index=range(60))
    table = pd.DataFrame({"a": rng.normal(size=60), "day": days, "y": np.arange(60) % 2})
    table.loc[7, "day"] = "soon"
    assert command_line.main([csv(table), "--target", "y"]) == 0
    out, err = capsys.readouterr()
    assert "1 of 60 values of day is not a date: 'soon'. Such values count as missing." in err
    assert "dates: day (written as year-month-day)\n" in out
    assert "nan" not in out


@pytest.mark.usefixtures("brief")
def test_names_of_columns_do_not_matter(csv, capsys):
    """An indicator of missing values in `a` would get the name of the second column."""
    rng = np.random.default_rng(0)
    table = pd.DataFrame({"a": rng.normal(size=40), "a_missing": rng.choice(["u", "v"], 40)})
    table["y"] = table["a"] > 0
    table.loc[::5, "a"] = np.nan
    assert command_line.main([csv(table), "--target", "y"]) == 0
    assert len(lines_of_models(capsys.readouterr().out)) == 4


def rows_of_visits(n=90):
    """Three uneven classes, groups of three rows, and days in another order than the rows."""
    rng = np.random.default_rng(0)
    size = rng.normal(size=n)
    table = pd.DataFrame(
        {
            "patient": np.arange(n) // 3,
            "day": pd.date_range("2020-01-01", periods=n)[rng.permutation(n)],
            "size": size.round(3),
            "one": "x",
            "row": [f"row{i}" for i in range(n)],
            "zip": rng.choice([10_001, 10_002, 10_003], n),
            "class": np.where(size > 1.2, "big", np.where(size > -0.2, "middle", "small")),
        }
    )
    table.loc[:1, "class"] = "rare"
    return table


@pytest.mark.usefixtures("brief")
@pytest.mark.parametrize(
    ("options", "folds", "lines"),
    [
        (
            ["--groups", "patient", "--id", "day", "--metric", "f1_macro", "--max-time", "1"],
            "over 5 folds of whole groups",
            [
                "  numeric: size\n  categorical: zip (3 values, your choice)\n",
                "  not used to predict: day (--id), patient (--groups)\n",
                "\nHighest f1_macro: ",
                "f1_macro",
            ],
        ),
        (
            ["--time", "day", "--date", "day", "--ignore", "patient", "--metric", "macro AUC"],
            "over 5 splits by time",
            [
                "  dates: day (written as year-month-day)\n",
                "  not used to predict: patient (--ignore)\n",
                "\nHighest macro AUC: ",
            ],
        ),
        (
            ["--ignore", "patient", "day", "--seed", "7", "--jobs", "1"],
            "over 5 stratified folds",
            ["balanced acc.", "\nLowest log-loss: "],
        ),
    ],
    ids=["groups", "time", "seed"],
)
def test_what_a_comparison_says(options, folds, lines, csv, capsys, tmp_path):
    model, picture = str(tmp_path / "class.model"), str(tmp_path / "class.png")
    command = [csv(rows_of_visits()), "--target", "class", "--categorical", "zip", *options]
    assert command_line.main([*command, "--save", model, "--plot", picture]) == 0
    out, err = capsys.readouterr()
    assert "left out 2 rows of classes with fewer than 3 rows: 'rare'" in err
    assert re.search(r"\n  classes: \w+ \d\d \(\d\d.\d%\), \w+ \d\d ", out)
    assert "  left out: one (every value is 'x'), row (every value is different). To" in out
    assert "left out identifiers" not in err
    assert all(line in out for line in (folds, "accuracy", "macro AUC", *lines))
    assert max(map(len, out.partition("Mean")[2].partition("Saved")[0].splitlines())) <= 100
    assert f"\nSaved the ensemble in {model}" in out
    assert f". To predict: python -m scratchmlp NEW.csv --load {model}\n" in out
    assert f"\nSaved the picture {picture} of out-of-fold predictions, each by " in out
    assert "\nLeft: Mean predicted probability of the predicted class (horizontal)" in out
    command = [csv(rows_of_visits().drop(columns=["patient", "one", "row"])), "--load", model]
    assert command_line.main(command) == 0  # without the columns that the model has left out
    out = capsys.readouterr().out
    assert out.startswith("day,prediction" if "--id" in options else "prediction")


def test_seed_jobs_and_max_time_reach_models_and_folds(table, csv, monkeypatch):
    calls = []
    monkeypatch.setattr(command_line, "compare", lambda *arguments: calls.append(arguments) or {})
    monkeypatch.setattr(command_line, "score_table", lambda results, plan: "")
    monkeypatch.setattr(command_line, "best_model", lambda results, plan: BASELINE)
    command = [csv(table), "--target", "y", "--jobs", "2", "--max-time", "1.5", "--seed"]
    for seed in ("0", "7"):
        assert command_line.main([*command, seed]) == 0
    (_, *_, first), (models, *_, second) = calls
    ensemble, trees, *_ = models.values()
    assert (ensemble.random_state, ensemble.n_jobs, ensemble.max_time) == (7, 2, 1.5)
    assert trees[-1].random_state == 7
    assert first.folds.splits[0][1].tolist() != second.folds.splits[0][1].tolist()


@pytest.mark.usefixtures("brief")
@pytest.mark.parametrize(("seconds", "notes"), [("1e-9", 2), ("1e9", 0)])
def test_a_limit_of_time_that_ends_training_is_named(seconds, notes, table, csv, capsys, tmp_path):
    command = [csv(table[["signal", "y"]]), "--target", "y", "--max-time", seconds]
    assert command_line.main([*command, "--save", str(tmp_path / "y.model")]) == 0
    err = capsys.readouterr().err
    assert err.count("ended the training") == notes
    for fits in ("5 of 5 fits", "1 of 1 fit")[:notes]:
        assert (
            "\nscratchmlp: --max-time 1e-09 ended the training of the networks before all epochs, "
            f"in {fits}. Increase or remove --max-time: the predictions may then be better.\n"
            "scratchmlp: --max-time 1e-09 is too short for boosting, which the ensemble leaves out "
            f"in {fits}. Increase or remove it.\n"
            "scratchmlp: --max-time 1e-09 is too short for extra trees, "
        ) in err


# The parts of the ensemble.


@pytest.mark.usefixtures("brief")
def test_the_parts_of_the_ensemble_are_shown_below_it(table, csv, capsys):
    with all_parts():
        assert command_line.main([csv(table[["signal", "y"]]), "--target", "y"]) == 0
    lines = capsys.readouterr().out.splitlines()
    (first,) = [i for i, line in enumerate(lines) if line.startswith(ENSEMBLES[0])]
    names = ("networks", "boosting", "extra trees")
    weights = [
        float(re.match(rf"  {name}, weight (\d\.\d\d)  .*\d$", line)[1])
        for name, line in zip(names, lines[first + 1 :], strict=False)
    ]
    assert sum(weights) == pytest.approx(1, abs=0.02)
    assert lines[first + 4].startswith(TREES)


@pytest.mark.usefixtures("brief")
@pytest.mark.parametrize("suffice", [True, False])
@pytest.mark.parametrize("target", ["y", "signal"])
def test_networks_that_suffice_are_named(target, suffice, table, csv, capsys, monkeypatch):
    monkeypatch.setattr(command_line, "compare", lambda models, X, y, plan: {})
    monkeypatch.setattr(command_line, "score_table", lambda results, plan: "")
    monkeypatch.setattr(command_line, "best_model", lambda results, plan: BASELINE)
    monkeypatch.setattr(command_line, "networks_suffice", lambda results, plan: suffice)
    assert command_line.main([csv(table[["signal", "flag", "y"]]), "--target", target]) == 0
    out = capsys.readouterr().out
    sentence = (
        "Fit times are means over the folds.\n"
        "The networks alone predict about as well. To train only them, which is faster and makes "
        f"a\nsmaller model, use --model networks, or {NETWORKS[target == 'signal']} in Python.\n"
    )
    assert out.endswith(sentence) == suffice
    assert ("alone" in out) == suffice


@pytest.mark.usefixtures("brief")
def test_the_networks_alone(table, csv, capsys, tmp_path):
    model = tmp_path / "y.model"
    command = [csv(table[["signal", "y"]]), "--target", "y", "--model", "networks"]
    assert command_line.main([*command, "--save", str(model)]) == 0
    out, err = capsys.readouterr()
    names = [NETWORKS[0], TREES, LINEAR[0], BASELINE]
    rows = lines_of_models(out)
    assert all(row.startswith(name) for row, name in zip(rows, names, strict=True))
    assert f"\nSaved the networks in {model}" in out
    assert "weight" not in out
    assert "The networks alone" not in out
    assert "scratchmlp: training the networks on all rows\n" in err
    assert isinstance(load(model), TabularMLPClassifier)


def test_an_estimator_that_fails_is_named_in_a_note(table, csv, capsys, monkeypatch, tmp_path):
    def with_neighbours(*arguments, **settings):
        models = models_for(*arguments, **settings)
        parts = [("neighbours", KNeighborsClassifier(1000)), ("constant", DummyClassifier())]
        next(iter(models.values())).set_params(cv=2, estimators=parts)
        return models

    monkeypatch.setattr(command_line, "models_for", with_neighbours)
    picture = str(tmp_path / "y.png")
    command = [csv(table[["signal", "infinite", "y"]]), "--target", "y", "--plot", picture]
    assert command_line.main(command) == 0
    out, err = capsys.readouterr()
    assert "\n  constant, weight 1.00  " in out
    assert "neighbours" not in out
    for share in ("5 of 5 fits", "1 of 1 fit"):
        note = f"\nscratchmlp: neighbours is left out of the ensemble in {share}: ValueError: "
        assert err.count(note) == 1
    assert all(line.startswith("scratchmlp: ") for line in err.splitlines())


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
