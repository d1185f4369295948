"""Decimal commas and missing values."""

import pandas as pd
import pytest
from pandas._libs.parsers import STR_NA_VALUES

from scratchmlp.cli.cells import MISSING
from scratchmlp.cli.reading import FileFormat, read_file
from scratchmlp.cli.table import load_new_table, load_table

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


# Missing values.


def test_missing_values_are_those_of_pandas_and_question_marks():
    assert STR_NA_VALUES | {"?"} == MISSING


def test_words_for_missing_values(csv):
    words = [word for word in MISSING if word]
    path = csv(pd.DataFrame({"a": [*words, " ", "x"], "b": "y"}))
    assert list(read_file(path).frame["a"].dropna()) == ["x"]
    assert list(read_file(path, keep_na=True).frame["a"].dropna()) == [*words, "x"]
    assert list(read_file(path, keep_na=["a"]).frame["a"].dropna()) == [*words, "x"]
    assert list(read_file(path, keep_na=["b"]).frame["a"].dropna()) == ["x"]


def test_na_is_a_value_among_codes_of_countries(csv):
    path = csv(b"country,word,n\nDE,DE,1\nNA,NA,2\nFR,FR,NA\n,,4\nUS,none,5\nn/a,x,6\n")
    table, notes, *_ = read_file(path)
    assert table["country"].to_list()[:3] == ["DE", "NA", "FR"]
    assert table["country"].isna().sum() == 2
    assert table["word"].isna().sum() == 2
    assert table["n"].isna().sum() == 1
    assert (
        "NA is a value, not a missing one, among the codes of capital letters in 'country'"
        in notes[0]
    )
    assert "leave a cell empty" in notes[0]
    assert read_file(csv(b"a,b\nNA,1\nDE,2\nFR,3\n")).frame["a"].isna().sum() == 1


@pytest.mark.parametrize(
    ("others", "is_value"),
    [
        (["USA", "FRA", "ITA"], True),
        (["EMEA", "APAC", "LATAM"], True),
        (["USA", "FRA", "USA"], False),
        (["USA", "FRA", "Italy"], False),
        (["USA", "FRA", "CANADA"], False),
    ],
)
def test_codes_have_two_to_five_capital_letters(others, is_value, csv):
    table = read_file(csv(pd.DataFrame({"a": ["NA", *others], "b": 1}))).frame
    assert table["a"].notna()[0] == is_value


def test_a_word_that_is_most_of_the_missing_values_is_named(csv):
    columns = {
        "masonry": ["brick", "stone", "None", "None", "None", ""],
        "the fence": ["wood", "wire", "None", "None", "wood", "wire"],
        "size": [1.5, 2.5, "NA", "NA", 3.5, 4.5],  # among numbers, words are missing values
        "job": ["teacher", "nurse", "?", "?", "nurse", "teacher"],  # programs write it
        "few": ["teacher", "nurse", "None", "?", "", "teacher"],
    }
    table = pd.DataFrame({name: values * 5 for name, values in columns.items()})
    path = csv(table.assign(y=["u", "v"] * 15))
    assert load_table(path, "y").notes == [
        "'None' counts as a missing value in 'masonry' (15 of 20 missing values), 'the fence' (10 "
        "of 10 missing values); if it is a value there, add --keep-na masonry 'the fence'"
    ]
    kept = load_table(path, "y", file_format=FileFormat(keep_na=["masonry", "the fence"]))
    assert kept.notes == []
    assert (kept.X["masonry"] == "None").sum() == 15


@pytest.mark.parametrize("keep_na", [(), ["word"], True])
def test_a_word_that_was_a_category_is_one_in_a_table_to_predict(keep_na, csv):
    columns = {"country": {"kind": "category", "levels": ["DE", "FR", "NA", "US"]}}
    path = csv(b"word,country\nNA,NA\n")
    X = load_new_table(path, columns, FileFormat(keep_na=keep_na)).frame
    assert list(X["country"]) == ["NA"]


@pytest.mark.parametrize(
    ("options", "n_rows"), [([], 20), (["--keep-na"], 30), (["--keep-na", "y"], 30)]
)
def test_keep_na_on_the_command_line(options, n_rows, csv, refused):
    path = csv(b"a,y\n" + b"1,None\n2,one\n3,two\n" * 10)
    line = refused(path, "--target", "y", "--task", "regression", *options)
    assert ("it contains 'None'" in line) == (n_rows == 30)
