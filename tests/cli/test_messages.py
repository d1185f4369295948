"""Values and lists in messages, and progress."""

import sys
from contextlib import suppress

import pytest
from cli_output import BASELINE, ENSEMBLES, LINEAR, TREES, without_times

from scratchmlp.cli import main as command_line
from scratchmlp.cli.messages import count, quote, steps
from scratchmlp.io import load
from scratchmlp.tabular.reading.findings import listed


def test_long_values_are_cut():
    assert quote("a 'b'") == "\"a 'b'\""
    assert quote(1.5) == "'1.5'"
    assert quote("x" * 40) == f"'{'x' * 40}'"
    assert quote("x" * 41) == f"'{'x' * 40}…'"


def test_nouns_are_plural_unless_there_is_one():
    assert [count(n, "row") for n in (0, 1, 2, 1234)] == ["0 rows", "1 row", "2 rows", "1,234 rows"]


def test_long_lists_are_cut():
    names = [f"c{i}" for i in range(21)]
    assert listed(["a", "b"]) == "a, b"
    assert listed(names[:20]).endswith(", c19")
    assert listed(names).endswith(", c19 and 1 more")


# Progress on stderr.


def test_a_line_for_each_name_and_a_dot_for_each_step(capsys):
    with steps(3) as begin:
        for name in ("a", "a", "b"):
            begin(name)
    assert capsys.readouterr().err == "scratchmlp: a ..\nscratchmlp: b .\n"


def test_what_follows_an_interrupt_begins_on_a_new_line(capsys):
    with suppress(KeyboardInterrupt), steps(3) as begin:
        begin("a")
        raise KeyboardInterrupt
    assert capsys.readouterr().err == "scratchmlp: a .\n"


@pytest.mark.usefixtures("brief")
def test_bars_in_a_terminal_and_dots_elsewhere(table, csv, capsys, monkeypatch, tmp_path):
    table = table[["signal", "colour", "y"]]
    command = [csv(table), "--target", "y", "--save", str(tmp_path / "y.model")]
    assert command_line.main(command) == 0
    out, err = capsys.readouterr()
    names = (ENSEMBLES[0], TREES, LINEAR[0], BASELINE)
    dots = "".join(f"scratchmlp: {name} .....\n" for name in names)
    assert err == f"{dots}scratchmlp: training the ensemble on all rows\n"
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    assert command_line.main(command) == 0
    with_bars, err = capsys.readouterr()
    assert "TabularEnsembleClassifier - member" in err
    assert ".." not in err
    assert without_times(with_bars) == without_times(out)
    model = load(tmp_path / "y.model")
    assert not getattr(model, "_skl_callbacks", [])
