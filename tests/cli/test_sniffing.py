"""Separators that are hard to recognize."""

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
        ("x\n1,5\n2,5\n", (2, 1), "a single column, decimal commas"),
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
