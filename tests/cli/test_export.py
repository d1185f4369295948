"""Models that the command line exports to ONNX."""

import numpy as np
import pandas as pd
import pytest
from onnx_runs import check_classes, check_numbers, run, table_inputs

from scratchmlp.cli import main as command_line
from scratchmlp.cli.saved_model import load_model


@pytest.mark.usefixtures("brief")
@pytest.mark.parametrize("target", ["class", "number"])
@pytest.mark.parametrize("model", ["ensemble", "networks"])
def test_an_exported_model_predicts_what_the_saved_one_does(
    target, model, saved, csv, capsys, tmp_path
):
    onnx = pytest.importorskip("onnx")
    table = saved.table.drop(columns={"class": "number", "number": "class"}[target])
    path, exported = tmp_path / "y.model", tmp_path / "y.onnx"
    command = [csv(table), "--target", target, "--model", model, "--save", str(path)]
    assert command_line.main([*command, "--export", str(exported)]) == 0
    assert f"Exported the {model} to {exported}\n" in capsys.readouterr().out
    assert sorted(each.name for each in tmp_path.iterdir()) == ["data.csv", "y.model", "y.onnx"]
    network, estimator = onnx.load(exported), load_model(path).model
    X = table.drop(columns=target)
    outputs = run("reference", network, table_inputs(network, X))
    (check_classes if target == "class" else check_numbers)(outputs, estimator, X)


@pytest.mark.usefixtures("brief")
def test_an_export_alone_trains_the_model(saved, csv, capsys, tmp_path):
    pytest.importorskip("onnx")
    exported = tmp_path / "y.onnx"
    table = saved.table[["size", "class"]]
    assert command_line.main([csv(table), "--target", "class", "--export", str(exported)]) == 0
    assert exported.exists()
    assert "Saved" not in capsys.readouterr().out


def test_text_is_refused_before_the_comparison(csv, refused, tmp_path):
    pytest.importorskip("onnx")
    words, rng = ["big", "red", "dog", "cat", "sun", "sky", "fog", "sea"], np.random.default_rng(0)
    review = [" ".join(rng.choice(words, 6)) for _ in range(99)]
    table = pd.DataFrame({"review": review, "y": np.arange(99) % 2})
    exported = tmp_path / "y.onnx"
    line = refused(csv(table), "--target", "y", "--export", str(exported))
    assert f"cannot save {exported}: Column 'review' is free text" in line
    assert "--ignore leaves a column out" in line
    assert not exported.exists()


def test_names_of_files_are_checked_before_the_work(saved, csv, refused, tmp_path):
    pytest.importorskip("onnx")
    path = csv(saved.table, "data.onnx")
    command = [path, "--target", "class", "--export"]
    assert "y.pkl as an ONNX model. Its name must end in .onnx" in refused(*command, "y.pkl")
    assert "another argument names the same file" in refused(*command, path)
    same = str(tmp_path / "same.onnx")
    assert "another argument names the same" in refused(*command, same, "--save", same)
    load = [path, "--load", str(saved.class_model), "--export", same]
    assert "Remove --export" in refused(*load)
    assert "--export needs a table" in refused("--export", same)


def test_a_missing_package_is_named_before_the_work(saved, csv, refused, tmp_path, monkeypatch):
    monkeypatch.setattr("scratchmlp.extras.find_spec", lambda name: None)
    line = refused(csv(saved.table), "--target", "class", "--export", str(tmp_path / "y.onnx"))
    assert "--export needs onnx" in line
    assert 'pip install "scratchmlp[onnx]"' in line
