"""The files of predictions: their names, and their types."""

import sys
from pathlib import Path

import pandas as pd
import pytest

from scratchmlp.cli import main as command_line
from scratchmlp.cli import writing
from scratchmlp.cli.writing import check_table_name

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
    monkeypatch.setattr(writing, "find_spec", lambda name: None)
    line = refused("none.csv", "--load", "none.model", "--out", "p.parquet")
    assert 'Install it with pip install "scratchmlp[files]", or choose a name that ends' in line


@pytest.mark.skipif(sys.platform == "win32", reason="there is no /dev/null")
def test_devices_and_stdout_need_no_suffix():
    assert check_table_name(Path("/dev/null")) == Path("/dev/null")
    assert check_table_name(Path("-")) is None
    assert check_table_name(None) is None
