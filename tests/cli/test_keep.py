"""Models that ``--keep best`` saves: any of the comparison."""

import io

import numpy as np
import pandas as pd
import pytest
from cli_output import BASELINE, ENSEMBLES, LINEAR, TREES
from onnx_runs import check_classes, check_numbers, run, table_inputs

from scratchmlp.cli import main as command_line
from scratchmlp.cli.comparison import models_for
from scratchmlp.cli.kinds import Roles, read_columns
from scratchmlp.cli.options import parse
from scratchmlp.cli.table import load_table
from scratchmlp.io import load

TARGETS = ["class", "number"]
pytestmark = pytest.mark.usefixtures("brief")


@pytest.fixture
def training(saved):
    """A table for each target, with a column that identifies the rows and an identifier."""
    keys = [f"0{i}" for i in range(len(saved.table))]
    whole = saved.table.assign(key=keys, customer_id=[f"c{i:04}" for i in range(len(keys))])
    whole.loc[::3, "customer_id"] = None
    return {target: whole.drop(columns={*TARGETS} - {target}) for target in TARGETS}


@pytest.fixture
def keep(training, csv, tmp_path, monkeypatch):
    """Save a model as if it were the best of the comparison; return the path."""

    def run(target, best, *options):
        monkeypatch.setattr(command_line, "best_model", lambda results, plan: best)
        model = tmp_path / "kept.model"
        command = [csv(training[target]), "--target", target, "--keep", "best", *options]
        assert command_line.main([*command, "--id", "key", "--save", str(model)]) == 0
        return model

    return run


def names_of(target):
    number = TARGETS.index(target)
    return {"ensemble": ENSEMBLES[number], "linear": LINEAR[number]}


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("which", ["ensemble", "linear", TREES, BASELINE])
def test_the_best_model_is_saved_and_predicts_raw_tables(
    target, which, keep, csv, training, capsys
):
    best = names_of(target).get(which, which)
    path = keep(target, best)
    called = {"ensemble": "the ensemble", BASELINE: f"the {BASELINE}"}.get(which, best)
    out, err = capsys.readouterr()
    assert f"\nSaved {called} in {path}. To predict: " in out
    assert f"scratchmlp: training {called} on all rows\n" in err
    new = training[target]
    assert command_line.main([csv(new.drop(columns=target)), "--load", str(path)]) == 0
    out, err = capsys.readouterr()
    predicted = pd.read_csv(io.StringIO(out), dtype={"key": str})
    assert predicted.pop("key").tolist() == new["key"].tolist()
    X = new.drop(columns=target).assign(day=new["day"].astype(str))
    model = load(path)
    if target == "class":
        assert list(predicted) == ["prediction", "probability of big", "probability of small"]
        np.testing.assert_allclose(predicted.iloc[:, 1:], model.predict_proba(X), atol=1e-6)
    else:
        intervals = which == "ensemble"
        assert list(predicted) == ["prediction", *(["low", "high"] if intervals else [])]
        note = "have no columns 'low' and 'high': only the ensemble and the networks predict"
        assert (note in err) != intervals
        np.testing.assert_allclose(predicted["prediction"], model.predict(X), atol=1e-3)


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("which", ["linear", TREES])
def test_a_kept_model_is_that_of_the_comparison(target, which, keep, csv, training):
    """It was trained on a table that had been read, and is kept with a step that reads tables."""
    best = names_of(target).get(which, which)
    kept = load(keep(target, best))
    table = load_table(csv(training[target]), target, roles=Roles(id="key"))
    read, settings = read_columns(table.X, table.columns)
    compared = models_for(table, settings)[best].fit(read, table.y)
    pd.testing.assert_frame_equal(kept[0].transform(table.X.assign(unused="u")), read)
    predict = "predict_proba" if target == "class" else "predict"
    expected = getattr(compared, predict)(read)
    np.testing.assert_array_equal(getattr(kept, predict)(table.X), expected)


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("which", ["linear", TREES])
def test_known_targets_are_scored_and_missing_columns_are_named(
    target, which, keep, csv, training, capsys, refused
):
    path = keep(target, names_of(target).get(which, which))
    known = {"class": "accuracy 0.9", "number": "RMSE "}[target]
    capsys.readouterr()
    assert command_line.main([csv(training[target]), "--load", str(path)]) == 0
    assert f"scratchmlp: 80 rows with a value of '{target}': {known}" in capsys.readouterr().err
    one = training[target].drop(columns=target)[:1].assign(code=None, flag=None, day="2024-01-01")
    assert command_line.main([csv(one), "--load", str(path)]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 2
    line = refused(csv(one.drop(columns="size")), "--load", str(path))
    assert "lacks columns that the model was trained on: 'size'. Add them" in line


def test_the_decisive_metric_chooses_the_best(csv, capsys, tmp_path):
    """A line without noise is what Ridge predicts best."""
    x = np.random.default_rng(0).normal(size=(90, 2)).clip(-0.5, 0.5)
    table = pd.DataFrame(x, columns=["a", "b"]).assign(y=x @ [3.0, 1.0])
    model = tmp_path / "y.model"
    command = [csv(table), "--target", "y", "--save", str(model)]
    assert command_line.main([*command, "--keep", "best"]) == 0
    out = capsys.readouterr().out
    assert "\nLowest RMSE: Ridge. " in out
    assert f"\nSaved Ridge in {model}. To predict: " in out
    assert command_line.main([*command, "--keep", "model"]) == 0
    assert f"Saved the ensemble in {model}, although Ridge has the lower RMSE." in (
        capsys.readouterr().out
    )


@pytest.mark.parametrize("target", TARGETS)
def test_an_exported_linear_model_predicts_what_the_saved_one_does(
    target, keep, training, capsys, tmp_path
):
    onnx = pytest.importorskip("onnx")
    exported = tmp_path / "kept.onnx"
    best = names_of(target)["linear"]
    reader, model = load(keep(target, best, "--export", str(exported)))
    assert f"Exported {best} to {exported}\n" in capsys.readouterr().out
    X = training[target].drop(columns=[target, "key"])
    read = reader.transform(X.assign(day=X["day"].astype(str)))
    outputs = run("reference", onnx.load(exported), table_inputs(onnx.load(exported), read))
    (check_classes if target == "class" else check_numbers)(outputs, model, read)


@pytest.mark.parametrize(
    ("option", "suffix", "package"),
    [
        ("--export", ".onnx", "onnx"),
        ("--plot", ".png", "matplotlib"),
        ("--report", ".html", "jinja2"),
    ],
)
def test_what_cannot_be_made_of_the_best_model_is_refused_after_it_is_saved(
    option, suffix, package, training, csv, capsys, tmp_path, monkeypatch
):
    pytest.importorskip(package)
    monkeypatch.setattr(command_line, "best_model", lambda results, plan: TREES)
    model, file = tmp_path / "m", tmp_path / f"y{suffix}"
    command = [csv(training["class"]), "--target", "class", "--keep", "best", "--save", str(model)]
    with pytest.raises(SystemExit, match="2"):
        command_line.main([*command, option, str(file)])
    assert model.exists()
    assert not file.exists()
    assert f"error: cannot save {file}: " in (err := capsys.readouterr().err)
    assert "remove --keep" in err


def test_the_name_of_the_option_begins_that_of_another_one():
    arguments = ["--save", "m", "--keep-na", "a", "--keep", "best"]
    options = parse(["d.csv", "--target", "y", *arguments])
    assert (options.keep, options.file_format.keep_na) == ("best", ["a"])
    assert parse(["d.csv", "--target", "y", "--save", "m", "--keep=model"]).keep == "model"


def test_keep_needs_a_model_to_write(refused):
    line = refused("d.csv", "--target", "y", "--keep", "best")
    assert "--keep chooses the model of --save and --export. Add --save MODEL or" in line
    assert "Remove --keep." in refused("d.csv", "--load", "m", "--keep", "best")
    line = refused("d.csv", "--target", "y", "--save", "m", "--keep", "a")
    assert "argument --keep: invalid choice: 'a'" in line
