"""The arguments: their values, and what belongs together."""

import sys
from pathlib import Path

import pytest

from scratchmlp.cli.options import command, parse
from scratchmlp.cli.reading import FileFormat, read_file


def test_several_names_and_repeated_options():
    arguments = ["--ignore", "a", "b", "--ignore", "c", "--text", "t", "--date", "u", "v"]
    options = parse(["d.csv", "--target", "y", *arguments])
    assert options.roles.ignore == ["a", "b", "c"]
    assert (options.roles.text, options.roles.date, options.roles.categorical) == (
        ["t"],
        ["u", "v"],
        [],
    )
    assert options.data == "d.csv"


@pytest.mark.parametrize("option", ["--ignore", "--numeric", "--categorical", "--text", "--date"])
def test_an_option_that_has_taken_the_table(option, refused):
    line = refused(option, "a", "b", "d.csv", "--target", "y")
    assert (
        f"there is no table: {option} takes all names that follow it, here 'a', 'b', 'd.csv'. "
        "Put DATA.csv first, before the options."
    ) in line
    assert parse([option, "a", "--target", "y", "--", "d.csv"]).data == "d.csv"


@pytest.mark.parametrize(
    ("option", "values"),
    [
        ("--seed", ["-1", "1.5", "4294967296", "x"]),
        ("--jobs", ["0", "-2", "2.0", "all"]),
        ("--max-time", ["0", "-1", "nan", "inf", "soon"]),
    ],
)
def test_numbers_that_cannot_be_used(option, values, refused):
    for value in values:
        line = refused("d.csv", "--target", "y", f"{option}={value}")
        assert f"argument {option}: {value!r} is not a " in line


def test_numbers():
    options = parse(["d.csv", "--target", "y", "--seed", "0", "--jobs", "-1", "--max-time", "1.5"])
    assert (options.seed, options.jobs, options.max_time) == (0, -1, 1.5)
    assert type(options.seed) is int


def test_the_model(refused):
    assert parse(["d.csv", "--target", "y", "--model", "networks"]).model == "networks"
    line = refused("d.csv", "--target", "y", "--model", "trees")
    assert "argument --model: invalid choice: 'trees'" in line
    assert "Remove --model." in refused("d.csv", "--load", "m", "--model", "ensemble")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--traget", "y", "d.csv"], "there is no option '--traget'. Did you mean --target? "),
        (["d.csv", "--catgorical=a"], "'--catgorical'. Did you mean --categorical? "),
        (["d.csv", "--target", "y", "--bogus"], "'--bogus'. python -m scratchmlp --help lists all"),
        (["my", "table.csv", "--target", "y"], "it is not clear what 'table.csv' is"),
    ],
)
def test_unknown_arguments(arguments, message, refused):
    line = refused(*arguments)
    assert message in line
    assert "d.csv" not in line


def test_options_that_do_not_belong_together(refused):
    line = refused("d.csv", "--target", "y", "--groups", "g", "--time", "t")
    assert "--groups and --time split the rows in different ways" in line
    line = refused("d.csv", "--load", "m", "--seed", "0", "--text", "t", "--max-time", "2")
    assert "--load predicts without training. Remove --text, --seed, --max-time." in line
    assert parse(["d.csv", "--load", "m", "--id", "key"]).load == Path("m")
    line = refused("d.csv", "--target", "y", "--coverage", "0.8")
    assert "--coverage is about the predictions of --load. Add --load MODEL." in line
    assert "'1' is not a number above 0 and below 1" in refused("d.csv", "--coverage", "1")
    assert "--id needs a table. Add DATA.csv." in refused("--id", "key")
    assert "--seed needs a table. Add DATA.csv." in refused("--seed", "0")


@pytest.mark.parametrize("name", ["scratchmlp", "scratchmlp.exe", "__main__.py"])
def test_messages_name_the_command_that_the_user_typed(name, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", [f"/usr/bin/{name}"])
    typed = "python -m scratchmlp" if name == "__main__.py" else "scratchmlp"
    assert command() == typed
    with pytest.raises(SystemExit, match="0"):
        parse(["--help"])
    out = capsys.readouterr().out
    assert out.startswith(f"usage: {typed} [")
    assert f"\n    {typed} customers.csv --target churned\n" in out
    assert ("python -m" in out) == (typed != "scratchmlp")
    for option in ("ignore", "numeric", "categorical", "text", "date", "id", "groups", "time"):
        assert f"--{option} COLUMN" in out


# The options that say how a table is read.


def test_options_choose_how_a_file_is_read(csv):
    path = csv("a:b\n1,234:ж\n5:x\n".encode("cp1251"))
    table, notes, *_ = read_file(path, FileFormat(sep=":", decimal=",", encoding="cp1251"))
    assert table.to_dict("list") == {"a": ["1.234", "5"], "b": ["ж", "x"]}
    assert notes == [
        f"{path}: columns separated by ':', encoding cp1251",
        f"{path}: decimal commas",
    ]
    path = csv(b"a,b\n1,2\n")
    assert list(read_file(path, FileFormat(sep=";")).frame) == ["a,b"]
    assert read_file(csv(b"a  b\n1    2\n"), FileFormat(sep=" ")).frame.to_dict("list") == {
        "a": ["1"],
        "b": ["2"],
    }
    path = csv(b'a;b\n"12,5";1\n')
    assert read_file(path, FileFormat(decimal=".")).frame["a"][0] == "12,5"


@pytest.mark.parametrize(
    ("option", "value", "message"),
    [
        ("--sep", "::", "--sep is '::', which cannot separate columns. Choose comma, "),
        ("--sep", "x", "--sep is 'x', which cannot"),
        ("--sep", "", "--sep is '', which cannot"),
        ("--decimal", ";", "--decimal is ';'. Choose comma or point."),
        ("--encoding", "utf-9", "--encoding is 'utf-9', which is no encoding of text. Choose one"),
        ("--encoding", "base64", "--encoding is 'base64', which is no encoding"),
    ],
)
def test_wrong_values_of_options_are_refused(option, value, message, csv, refused):
    assert message in refused(csv(b"a,b\n1,2\n"), "--target", "b", option, value)


def test_options_on_the_command_line(csv, refused):
    path = csv("a;b\n1,5;é\n".encode("latin-1"))
    for sep in ("semicolon", ";"):
        line = refused(path, "--target", "c", "--sep", sep, "--encoding", "latin-1")
        assert "Its columns: 'a', 'b'." in line
    tabs = csv(b"a\tb\n1\t2\n", "tabs.csv")
    line = refused(tabs, "--target", "c", "--sep", r"\t", "--decimal", "comma")
    assert "Its columns: 'a', 'b'." in line
    line = refused(path, "--target", "a", "--keep-na", "B")
    assert "has no column 'B', which --keep-na names. Did you mean 'b'?" in line
    assert "--keep-na need a table. Put DATA.csv first." in refused(
        "--keep-na", path, "--target", "a"
    )
    line = refused(path, "--target", "a", "--encoding", "utf-8")
    assert "it is not the text of a table in utf-8. " in line
