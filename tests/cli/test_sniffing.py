"""Separators and decimal marks that are hard to recognize."""

import pandas as pd
import pytest

from scratchmlp.cli.reading import read_file

# Separators that are hard to recognize.


@pytest.mark.parametrize(
    ("text", "shape", "fact"),
    [
        ("a;b\n1,5;2,5\n3,25;4\n", (2, 2), "semicolons"),
        ("price, EUR;weight, kg\n1,5;2,5\n2,5;3,5\n", (2, 2), "semicolons"),
        ("id\ttext, raw\n1\tHello, you, all\n2\tone, two\n", (2, 2), "tabs"),
        ("id\ttext\n" + "1\tone,two\n" * 20, (20, 2), "tabs"),
        ("id,genres\n1,Action|Comedy\n2,Drama|War\n", (2, 2), None),
        ("id,genres\n1,a;b\n2,c;d\n", (2, 2), None),
        ("a;b\n1;2;\n3;4;\n", (2, 2), "semicolons"),
        ('a;b\n"x;y";"two\nlines, three"\n1;2\n', (2, 2), "semicolons"),
        ('"a";"b"\n"1,2";"3,4"\n', (1, 2), "semicolons"),
        ("text\nI came, I saw\nHello\na, b, c, d\n", (3, 1), "a single column"),
        ("name\nDoe, John\nRoe, Jane\n", (2, 1), "a single column"),
        ("x\n1,5\n2,5\n", (2, 1), "a single column"),
        ("x\n1\n\n2\n", (2, 1), "a single column"),
        ("a, b, y\n1, ?, u\n", (1, 3), None),
        ("a b;c d\nx y;z\n", (1, 2), "semicolons"),
        ("a,b\n1,2\n", (1, 2), None),
        ('a,b\n5" pipe,2\n"6"" pipe",3\n', (2, 2), None),
        ("# a comment,b\n1,2\n", (1, 2), None),
        ("a,b\n#1,2\n", (1, 2), None),
        ("\ta\n1\t2\n", (1, 2), "tabs"),
    ],
)
def test_separators_that_are_hard_to_recognize(text, shape, fact, csv):
    table, notes, *_ = read_file(csv(text.encode()))
    assert table.shape == shape
    assert (fact is None and not notes) or fact in notes[0]


# Decimal commas.


@pytest.mark.parametrize(
    ("columns", "expected", "note"),
    [
        ({"a": ["12,5", "1.234,5", "3"]}, {"a": ["12.5", "1234.5", "3"]}, "decimal commas"),
        (
            {
                "a": ["12,5", "3"],
                "b": ["1,234", "2,345"],
                "c": ["1.234", "12"],
                "d": ["1.1.20", "x"],
            },
            {
                "a": ["12.5", "3"],
                "b": ["1.234", "2.345"],
                "c": ["1234", "12"],
                "d": ["1.1.20", "x"],
            },
            "decimal commas",
        ),
        (
            {"a": ["12,5", "3"], "b": ["0.5", "2"], "c": ["1,234", "5"]},
            {"a": ["12.5", "3"], "b": ["0.5", "2"], "c": ["1,234", "5"]},
            "decimal commas in 'a'",
        ),
        ({"a": ["0,123", "1,234"]}, {"a": ["0.123", "1.234"]}, "decimal commas"),
        ({"a": ["1 234,5", "1\u202f234,25"]}, {"a": ["1234.5", "1234.25"]}, "decimal commas"),
        ({"a": ["€12,50", "-1,5 %"]}, {"a": ["€12.50", "-1.5 %"]}, "decimal commas"),
        ({"a": ["1,5e-3", ",5"]}, {"a": ["1.5e-3", ".5"]}, "decimal commas"),
        (
            {"a": ["1,234", "5"]},
            {"a": ["1,234", "5"]},
            "in 'a', the comma of numbers such as 1,234",
        ),
        ({"a": ["1,234", "1,234,567"]}, {"a": ["1,234", "1,234,567"]}, None),
        ({"a": ["1,234", "1,234.5"]}, {"a": ["1,234", "1,234.5"]}, None),
        ({"a": ["1,234", "5"], "b": ["1.5", "2"]}, {"a": ["1,234", "5"], "b": ["1.5", "2"]}, None),
        ({"a": ["1,2", "3,4,5", "6"]}, {"a": ["1,2", "3,4,5", "6"]}, None),
        ({"a": ["Doe, J", "12,5"]}, {"a": ["Doe, J", "12,5"]}, None),
        (
            {"a": ["12,5"] * 20 + ["1.5", "err"]},
            {"a": ["12.5"] * 20 + ["1.5", "err"]},
            "decimal commas",
        ),
    ],
)
def test_decimal_commas_in_a_file_separated_by_commas(columns, expected, note, csv):
    """Cells change only if there is evidence, and what is not clear is said."""
    table, notes, *_ = read_file(csv(pd.DataFrame({"id": "x", **columns})))
    assert table.drop(columns="id").to_dict("list") == expected
    assert (note is None and not notes) or note in notes[0]
    assert all("--decimal comma" in each for each in notes if "1,234" in each)


def test_decimal_commas_in_a_file_separated_by_semicolons(csv):
    """A table to predict may have few rows: they are read like the many rows of training."""
    assert list(read_file(csv(b"a;b\n1,234;x\n")).frame["a"]) == ["1.234"]
    table, notes, *_ = read_file(csv(b"a;b\n1,234;x\n567;y\n"))
    assert list(table["a"]) == ["1,234", "567"]
    assert "add --decimal comma" in notes[1]
    assert list(read_file(csv(b"a;b\n1,234;0.5\n2,345;1.5\n")).frame["a"]) == ["1,234", "2,345"]
