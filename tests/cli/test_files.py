"""Files that are written and models that are loaded."""

import os
import pickle
import sys
from pathlib import Path

import pandas as pd
import pytest

from scratchmlp.cli import files
from scratchmlp.cli import main as command_line
from scratchmlp.cli.files import check_files, check_table_name, write
from scratchmlp.cli.messages import InputError
from scratchmlp.cli.saved_model import SavedModel, load_model, save_model
from scratchmlp.io import load
from scratchmlp.tabular import TabularEnsembleClassifier, TabularMLPClassifier


def test_no_input_file_is_overwritten(saved, csv, refused, tmp_path):
    path, model = csv(saved.table), csv(saved.class_model.read_bytes(), "model.csv")
    before = (tmp_path / "data.csv").read_bytes(), (tmp_path / "model.csv").read_bytes()
    for command in (
        [path, "--target", "class", "--save", path],
        [path, "--load", model, "--out", f"{tmp_path}/../{tmp_path.name}/data.csv"],
        [path, "--load", model, "--out", model],
    ):
        assert "another argument names the same file" in refused(*command)
    picture = str(tmp_path / "one.png")
    command = [path, "--target", "class", "--save", picture, "--plot", picture]
    assert "another argument names the same file" in refused(*command)
    assert before == tuple((tmp_path / f"{name}.csv").read_bytes() for name in ("data", "model"))


def test_what_cannot_be_written_is_refused_before_the_work(saved, csv, refused, tmp_path):
    command = (csv(saved.table), "--load", str(saved.class_model), "--out")
    assert "there is no folder" in refused(*command, str(tmp_path / "none" / "p.csv"))
    assert "it is a folder" in refused(*command, str(tmp_path))


@pytest.mark.parametrize("denied", ["p.csv", ""])
def test_a_file_without_permission_is_refused(denied, saved, csv, refused, monkeypatch, tmp_path):
    path, old = csv(saved.table), tmp_path / "p.csv"
    old.write_text("old")
    monkeypatch.setattr(os, "access", lambda path, mode: path != tmp_path / denied)
    line = refused(path, "--load", str(saved.class_model), "--out", str(old))
    assert f"you have no permission to {'write to it' if denied else 'create files in'}" in line
    assert old.read_text() == "old"


@pytest.mark.skipif(sys.platform == "win32", reason="there is no /dev/null")
def test_a_device_needs_no_permission_in_its_folder(monkeypatch):
    monkeypatch.setattr(os, "access", lambda path, mode: path == Path(os.devnull))
    check_files([], [Path(os.devnull)])


def test_a_write_that_fails_leaves_the_existing_file(saved, csv, refused, monkeypatch, tmp_path):
    path, out = csv(saved.table), tmp_path / "p.csv"
    out.write_text("what was there")

    def fail(_, file, **__):
        file.write_text("half of it")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pd.DataFrame, "to_csv", fail)
    line = refused(path, "--load", str(saved.class_model), "--out", str(out))
    assert line.endswith("p.csv: No space left on device\n")
    assert out.read_text() == "what was there"
    assert sorted(file.name for file in tmp_path.iterdir()) == ["data.csv", "p.csv"]


@pytest.mark.skipif(sys.platform == "win32", reason="links and modes differ")
def test_links_modes_and_compression_of_a_file_are_kept(saved, csv, tmp_path):
    real, link = tmp_path / "real.csv", tmp_path / "link.csv"
    real.write_text("old")
    real.chmod(0o600)
    link.symlink_to(real)
    path, load = csv(saved.table), ["--load", str(saved.class_model)]
    assert command_line.main([path, *load, "--out", str(link)]) == 0
    assert link.is_symlink()
    assert real.stat().st_mode & 0o777 == 0o600
    assert command_line.main([path, *load, "--out", str(tmp_path / "p.csv.gz")]) == 0
    pd.testing.assert_frame_equal(pd.read_csv(tmp_path / "p.csv.gz"), pd.read_csv(real))


@pytest.mark.skipif(sys.platform == "win32", reason="there is no /dev/null")
def test_a_device_is_written_directly(tmp_path):
    link, written = tmp_path / "link", []
    link.symlink_to(os.devnull)
    write(link, written.append)
    assert written == [link]


def test_a_saved_model_is_loaded(saved, tmp_path):
    model, target, identifier = load_model(saved.class_model)
    assert isinstance(model, TabularEnsembleClassifier)
    assert (target, identifier) == ("class", None)
    save_model(tmp_path / "again", SavedModel(model, "class", "key"))
    X = saved.table.assign(code=saved.table["code"].astype(str))
    again, *names = load_model(tmp_path / "again")
    assert names == ["class", "key"]
    assert (again.predict_proba(X) == model.predict_proba(X)).all()


def test_a_file_that_is_no_model_is_refused(csv, refused, tmp_path):
    path = csv(b"a\n1\n")
    assert "No such file or directory. Train" in refused(path, "--load", str(tmp_path / "none"))
    assert "cannot read" in refused(path, "--load", str(tmp_path))
    broken = tmp_path / "broken.model"
    unfitted = pickle.dumps(TabularMLPClassifier())
    contents = (b"", b"no pickle", pickle.dumps({"a": 1}), pickle.dumps([1.0])[:9], unfitted)
    for content in contents:
        broken.write_bytes(content)
        line = refused(path, "--load", str(broken), "--allow-pickle")
        assert "is not a model saved with --save" in line
        assert "is not a model saved with --save" in refused(path, "--load", str(broken))


def test_a_table_is_no_model(csv, refused):
    path = csv(b"a\n1\n")
    rule = f"scratchmlp: error: {path} is not a model saved with --save. "
    assert refused(path, "--load", path) == (
        f"{rule}Train and save a model with --target COLUMN --save MODEL. If it is a pickle file "
        "that you trust, add --allow-pickle: loading it runs any code that it contains.\n"
    )


def test_a_pickle_is_loaded_only_on_demand(saved, csv, capsys, refused, tmp_path):
    path, old = csv(saved.table), tmp_path / "old.model"
    model, target, identifier = load_model(saved.class_model)
    for content in (model, {"model": model, "target": target, "id": identifier}):
        for protocol in range(6):
            old.write_bytes(pickle.dumps(content, protocol))
            assert "add --allow-pickle" in refused(path, "--load", str(old))
            assert command_line.main([path, "--load", str(old), "--allow-pickle"]) == 0
            assert capsys.readouterr().out.startswith("prediction,probability of big")
    with pytest.raises(InputError, match="add --allow-pickle"):
        load_model(old)


def test_a_damaged_model_is_refused(saved, csv, refused, tmp_path):
    content = bytearray(saved.class_model.read_bytes())
    content[len(content) // 2] ^= 4
    (tmp_path / "damaged").write_bytes(content)
    line = refused(csv(saved.table), "--load", str(tmp_path / "damaged"))
    assert line.startswith("scratchmlp: error: Cannot load ")
    assert "The file is damaged" in line
    assert line.endswith(" Copy the file or save the model again.\n")


def test_a_saved_model_is_a_file_of_the_package(saved):
    assert isinstance(load(saved.class_model), TabularEnsembleClassifier)


class Huge:
    def __reduce__(self):
        return bytearray, (2**60,)


def test_a_model_that_needs_more_memory_than_there_is(csv, refused, tmp_path):
    model = tmp_path / "huge.model"
    model.write_bytes(pickle.dumps(Huge()))
    line = refused(csv(b"a\n1\n"), "--load", str(model), "--allow-pickle")
    assert "there is not enough memory. Close other programs" in line


def test_a_table_that_needs_more_memory_than_there_is(saved, csv, refused, monkeypatch):
    def fail(*_, **__):
        raise MemoryError("Unable to allocate 1. EiB")

    path = csv(saved.table)
    monkeypatch.setattr(Path, "read_bytes", fail)
    line = refused(path, "--target", "class")
    assert "there is not enough memory: Unable to allocate 1. EiB. Close other programs" in line


# The files of predictions: their names, and their types.


READERS = {
    "p.csv": pd.read_csv,
    "p.CSV": pd.read_csv,
    "p.csv.gz": pd.read_csv,
    "p.parquet": pd.read_parquet,
    "p" + 80 * "x" + ".csv.gz": pd.read_csv,
}


@pytest.mark.parametrize("name", READERS)
def test_the_suffix_chooses_the_type(name, saved, csv, capsys, tmp_path):
    command = [csv(saved.table), "--load", str(saved.class_model)]
    assert command_line.main([*command, "--out", str(tmp_path / name)]) == 0
    assert capsys.readouterr().out == f"Saved {tmp_path / name}: 80 predictions\n"
    assert command_line.main([*command, "--out", "-"]) == 0
    Path(tmp_path / "stdout.csv").write_text(capsys.readouterr().out)
    found, printed = READERS[name](tmp_path / name), pd.read_csv(tmp_path / "stdout.csv")
    pd.testing.assert_frame_equal(found, printed, check_dtype=False)


@pytest.mark.parametrize("name", ["p.txt", "p", "p.xlsx", "p.gz", "p.csv.zip", "parquet"])
def test_other_names_are_refused_before_the_work(name, refused, tmp_path):
    line = refused("none.csv", "--load", "none.model", "--out", str(tmp_path / name))
    assert "Choose a name that ends in .csv, .csv.gz or .parquet, or - for stdout." in line


def test_parquet_without_its_package_is_refused_before_the_work(refused, monkeypatch):
    monkeypatch.setattr(files, "find_spec", lambda name: None)
    line = refused("none.csv", "--load", "none.model", "--out", "p.parquet")
    assert 'Install it with pip install "scratchmlp[files]", or choose a name that ends' in line


@pytest.mark.skipif(sys.platform == "win32", reason="there is no /dev/null")
def test_devices_and_stdout_need_no_suffix():
    assert check_table_name(Path("/dev/null")) == Path("/dev/null")
    assert check_table_name(Path("-")) is None
    assert check_table_name(None) is None
