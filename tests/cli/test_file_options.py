"""The options that say how a table is read."""

import pytest

from scratchmlp.cli.reading import FileFormat, read_file


def test_options_choose_how_a_file_is_read(csv):
    path = csv("a:b\n1,234:ж\n5:x\n".encode("cp1251"))
    table, notes, *_ = read_file(path, FileFormat(sep=":", decimal=",", encoding="cp1251"))
    assert table.to_dict("list") == {"a": ["1.234", "5"], "b": ["ж", "x"]}
    assert notes == [f"{path}: columns separated by ':', encoding cp1251, decimal commas"]
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
