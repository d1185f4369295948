"""Values and lists in messages."""

from scratchmlp.cli.messages import count, quote
from scratchmlp.tabular.notes import listed


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
