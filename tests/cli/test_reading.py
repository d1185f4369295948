"""Reading messy files: separators, decimal marks, encodings, formats, and what is refused."""

import bz2
import gzip
import io
import json
import lzma
import re
import sys
from datetime import date
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl.chart import BarChart
from pandas._libs.parsers import STR_NA_VALUES

from scratchmlp.cli.columns import describe_columns
from scratchmlp.cli.messages import InputError
from scratchmlp.cli.models import read_columns, typed_settings
from scratchmlp.cli.new_table import load_new_table, select_features
from scratchmlp.cli.options import FileFormat, Roles
from scratchmlp.cli.reading import read_file
from scratchmlp.cli.table import load_table
from scratchmlp.cli.text_files import _if_equal, _measure
from scratchmlp.tabular import TabularEncoder
from scratchmlp.tabular.columns.encoder import fitted_columns
from scratchmlp.tabular.reading.missing import MISSING_IN_FILES
from tests.helpers.cli_output import refused, run
from tests.helpers.table_files import TABLE, csv_text, excel, parquet, without_emojis, zipped

FUZZ = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])

# Files that are read as the same table.

SEPARATORS = {",": "", ";": "semicolons", "\t": "tabs", "|": "bars"}
ENCODINGS = {"utf-8": "", "utf-8-sig": "", "utf-16": "utf-16", "latin-1": "cp1252"}
FORMS_OF_TEXT = [
    *[("utf-8", sep, decimal) for sep in SEPARATORS for decimal in ".,"],
    *[(encoding, ";", ",") for encoding in ENCODINGS],
    ("latin-1", ",", "."),
]


@pytest.mark.parametrize(("encoding", "sep", "decimal"), FORMS_OF_TEXT)
def test_separator_decimal_mark_and_encoding_are_recognized(encoding, sep, decimal, csv):
    """What is said of the file, and nothing if all three are the usual ones."""
    change = without_emojis if encoding == "latin-1" else str
    path = csv(change(csv_text(sep=sep, decimal=decimal)).encode(encoding))
    table, notes, *_ = read_file(path)
    expected = pd.read_csv(io.StringIO(change(csv_text(decimal=decimal))), dtype=object)
    pd.testing.assert_frame_equal(table, expected)
    facts = [
        f"columns separated by {SEPARATORS[sep]}" if sep != "," else "",
        f"encoding {ENCODINGS[encoding]}" if ENCODINGS[encoding] else "",
    ]
    expected = [", ".join(filter(None, facts)), "decimal commas" if decimal == "," else ""]
    assert notes == [f"{path}: {note}" for note in expected if note]


TEXT_FORMS = {
    "quoted": csv_text(quoting=1),
    "Windows lines": csv_text(end="\r\n"),
    "old Mac lines": csv_text(end="\r", quoting=1).replace('\r"Bob', '\r\r"Bob') + "\r\r",
    "no last line end": csv_text().rstrip("\n"),
    "blank lines": "\n\n" + csv_text().replace("\nBob", "\n\n   \nBob") + "\n\n",
    "blanks after separators": csv_text().replace("Ann,", "  Ann  , "),
    "non-breaking spaces": csv_text().replace("Ann", "\xa0Ann\u2009").replace("n\n", " n\n", 1),
    "trailing separators": csv_text().replace("n\n", "n,\n", 1).replace(",22\n", ",22,\n"),
    "trailing separators in rows": csv_text().replace(",22\n", ",22,,\n"),
    "sep=;": "sep=;\r\n" + csv_text(sep=";", end="\r\n"),
    "separators above": ",,,,\n" + csv_text(),
    "NA words": csv_text().replace("Bob,,", "Bob,n/a,").replace(",,333", ",?,333"),
}


@pytest.mark.parametrize("form", TEXT_FORMS)
def test_forms_of_text_files(form, csv):
    table, notes, *_ = read_file(csv(TEXT_FORMS[form].encode()))
    pd.testing.assert_frame_equal(table, TABLE)
    assert len(notes) <= 1


OTHER_FORMATS = [("x.csv", excel(TABLE)), ("x.csv", parquet(TABLE))]
OTHER_FORMATS.append(("x.XLSX.zip", zipped(excel(TABLE), "data.xlsx")))


@pytest.mark.parametrize(("name", "content"), OTHER_FORMATS)
def test_excel_and_parquet_are_recognized_by_content(name, content, csv):
    table, notes, *_ = read_file(csv(content, name))
    pd.testing.assert_frame_equal(table, TABLE)
    assert notes == []


cells = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zs", "Zl", "Zp"]), max_size=6
).filter(lambda text: not any(mark in text for mark in "\ufeff,;|"))


def as_text(sep, encoding):
    return lambda table: table.to_csv(index=False, sep=sep).encode(encoding)


FORMS = [(",", "utf-8"), (";", "utf-8-sig"), ("\t", "utf-16"), ("|", "utf-8")]
WRITERS = [excel, parquet, *(as_text(*form) for form in FORMS)]


@pytest.mark.random
@settings(FUZZ, max_examples=settings.default.max_examples // 5)
@given(st.lists(st.tuples(cells, cells, cells), min_size=1, max_size=6), st.sampled_from(WRITERS))
def test_any_table_in_any_format_is_the_same_frame(csv, rows, write):
    rows = [tuple(f"{i}{cell}x" if cell else "" for cell in row) for i, row in enumerate(rows)]
    table = pd.DataFrame(rows, columns=["a", "b c", "d"], dtype=object)
    expected = table.where(table != "").dropna(how="all").reset_index(drop=True).astype(object)
    if len(expected):
        read = read_file(csv(write(expected))).frame
        pd.testing.assert_frame_equal(read, expected)


# Separators that are hard to recognize.


HARD = [
    ("price, EUR;weight, kg\n1,5;2,5\n2,5;3,5\n", (2, 2), "semicolons"),
    ("id\ttext\n" + "1\tone,two\n" * 20, (20, 2), "tabs"),
    ("id,genres\n1,Action|Comedy\n2,Drama|War\n", (2, 2), None),
    ("a;b\n1;2;\n3;4;\n", (2, 2), "semicolons"),
    ('a;b\n"x;y";"two\nlines, three"\n1;2\n', (2, 2), "semicolons"),
    ('"a";"b"\n"1,2";"3,4"\n', (1, 2), "semicolons"),
    ("text\nI came, I saw\nHello\na, b, c, d\n", (3, 1), "a single column"),
    ("x\n1,5\n2,5\n", (2, 1), "a single column"),
    ("x\n12,5 €\n7,0 €\n", (2, 1), "a single column"),
    ("weight\n66,0 kg\n7,5 kg\n", (2, 1), "a single column"),
    ("a, b, y\n1, ?, u\n", (1, 3), None),
    ('a,b\n5" pipe,2\n"6"" pipe",3\n', (2, 2), None),
    ("# a comment,b\n1,2\n", (1, 2), None),
    ("\ta\n1\t2\n", (1, 2), "tabs"),
]


@pytest.mark.parametrize(("text", "shape", "fact"), HARD)
def test_separators_that_are_hard_to_recognize(text, shape, fact, csv):
    table, notes, *_ = read_file(csv(text.encode()))
    assert table.shape == shape
    assert (fact is None and not notes) or fact in notes[0]


# Decimal commas.


#: The cells of columns, what they become if they do not tell the mark, and what is said.
DECIMAL_COMMAS = """
    12,5 | 1.234,5 | 3          ->                           -> decimal commas
    0,123 | 1,234               ->                           -> decimal commas
    1 234,5 | 1\u202f234,25     ->                           -> decimal commas
    €12,50 | -1,5 %             ->                           -> decimal commas
    1,5e-3 | ,5                 ->                           -> decimal commas
    1,234 | 5                   ->                           -> the comma of numbers such as 1,234
    1,234 | 1,234,567           ->                           ->
    1,234 | 1,234.5             ->                           ->
    1,2 | 3,4,5 | 6             ->                           ->
    Doe, J | 12,5               ->                           ->
    12,5 | 3 ; 1,234 | 2,345    -> 12,5 | 3 ; 1.234 | 2.345  -> decimal commas
    12,5 | 3 ; 1.234 | 12       -> 12,5 | 3 ; 1234 | 12      -> decimal commas
    12,5 | 3 ; 1,234 kg | 5 kg  -> 12,5 | 3 ; 1.234 kg | 5 kg -> decimal commas
    12,5 | 3 ; 1.1.20 | x       ->                           -> decimal commas
    12,5 | 3 ; 0.5 | 2          ->                           -> decimal commas in '0'
    1,234 | 5 ; 1.5 | 2         ->                           ->
"""


def columns_of(cells):
    return {f"{i}": column.split(" | ") for i, column in enumerate(cells.split(" ; "))}


def readable(raw):
    """The cells as a reader of decimal points gets them, as text."""
    return {name: [*map(str, raw.readable(name))] for name in raw.frame}


@pytest.mark.parametrize("row", DECIMAL_COMMAS.strip().splitlines())
def test_decimal_commas_in_a_file_separated_by_commas(row, csv):
    """Cells are read here only if they do not tell the mark, and what is not clear is said."""
    cells, expected, note = (part.strip() for part in row.split("->"))
    raw = read_file(csv(pd.DataFrame({"id": "x", **columns_of(cells)})))
    assert raw.frame.drop(columns="id").to_dict("list") == columns_of(cells)
    found = readable(raw)
    assert found.pop("id")
    assert found == columns_of(expected or cells)
    assert note in raw.notes[0] if note else not raw.notes
    assert all("--decimal comma" in each for each in raw.notes if "1,234" in each)


def test_a_few_words_among_decimal_commas(csv):
    cells = [f"{i},5" for i in range(20)] + ["err"]
    table = load_table(csv(pd.DataFrame({"a": cells, "y": ["u", "v", "u"] * 7})), "y")
    typed = read_columns(table.X, fitted_columns(table.encoder))
    assert typed["a"].to_list()[:20] == [i + 0.5 for i in range(20)]
    assert typed["a"].isna().sum() == 1


def test_decimal_commas_in_a_file_separated_by_semicolons(csv):
    """A table to predict may have few rows: they are read like the many rows of training."""
    assert readable(read_file(csv(b"a;b\n1,234;x\n")))["a"] == ["1.234"]
    raw = read_file(csv(b"a;b\n1,234;x\n567;y\n"))
    assert readable(raw)["a"] == ["1,234", "567"]
    assert "add --decimal comma" in raw.notes[1]
    raw = read_file(csv(b"a;b\n1,234;0.5\n2,345;1.5\n"))
    assert readable(raw)["a"] == ["1,234", "2,345"]


def test_categories_are_as_in_the_file(csv):
    rows = "".join(f"{i},5;{8 + i % 3},34 €;{'uv'[i % 2]}\n" for i in range(30))
    path = csv(f"size;fee;y\n{rows}".encode())
    table = load_table(path, "y", roles=Roles(categorical=["fee"]))
    assert fitted_columns(table.encoder)["fee"].levels == ("10,34 €", "8,34 €", "9,34 €")
    assert describe_columns(table.X, fitted_columns(table.encoder)) == (
        "  numeric: size\n  categorical: fee (3 values, your choice)"
    )


#: The marks of the columns in training, a file, its columns as they are read, and what is said.
MARKS = [
    ({"a": ",", "b": ","}, b"a;b\n8.000;12\n", ["8000", "12"], "decimal commas"),
    # The columns that tell decide if all of them differ from training.
    ({"a": ",", "b": ","}, b"a;b\n8.000;12.5\n", ["8.000", "12.5"],
     "decimal points in 'a', 'b', such as '12.5', but decimal commas in training"),
    ({"a": ".", "b": "."}, b"a;b\n8.000;12,5\n", ["8000", "12,5"],
     "decimal commas in 'a', 'b', such as '12,5', but decimal points in training"),
    ({"a": ".", "b": ".", "c": "."}, b"a;b;c\n8.000;12,5;1.5\n", ["8.000", "12,5", "1.5"],
     "decimal commas in 'b', such as '12,5', but decimal points in training"),
    ({"a": ".", "c": "."}, b"a;b;c\n8.000;12,5;1.5\n", ["8.000", "12,5", "1.5"],
     "decimal commas in 'b'"),
    ({"a": ",", "b": "."}, b"a;b;c\n8.000;12,5;1.5\n", ["8000", "12,5", "1.5"],
     "decimal commas in 'b', such as '12,5', but decimal points in training"),
    ({"a": ".", "b": ","}, b"a;b\n8.000;1.500\n", ["8.000", "1500"], "decimal commas in 'b'"),
    ({"b": "."}, b"a;b\n8.000;12,5\n", ["8000", "12,5"],
     "decimal commas in 'b', such as '12,5', but decimal points in training"),
    ({"b": ","}, b"a;b\n8.000;x\n", ["8000", "x"], "decimal commas"),
    ({"a": "."}, b"a;b\n1,234;x\n", ["1,234", "x"], None),
    ({"y": ","}, b"a;b\n8.000;x\n", ["8000", "x"], "decimal commas"),
    ({}, b"a;b\n8.000;12,5\n", ["8000", "12,5"], "decimal commas"),  # such as of Parquet
]  # fmt: skip


@pytest.mark.parametrize(("marks", "content", "row", "note"), MARKS)
def test_numbers_that_do_not_tell_the_decimal_mark_are_read_as_in_training(
    marks, content, row, note, csv
):
    path = csv(content)
    raw = read_file(path, FileFormat(marks=marks))
    _, *notes = raw.notes
    assert [*readable(raw).values()] == [[cell] for cell in row]
    assert notes[-1:] == ([] if note is None else [f"{path}: {note}"])


@pytest.mark.parametrize("trained", ".,")
@pytest.mark.parametrize("new", ".,")
def test_a_file_may_have_other_decimal_marks_than_the_training_table(trained, new, csv):
    def written(rows, decimal):
        marks = str.maketrans(".,", ".," if decimal == "." else ",.")
        return "\n".join(["price;mass;share", *rows]).translate(marks).encode()

    rows = [f"{1000 + i / 8:,.2f};{1 + i / 8:.3f} kg;{i / 4} %" for i in range(30)]
    table = load_table(csv(written(rows, trained)), "price")
    path = csv(written(rows[1:3], new))
    raw = load_new_table(path, fitted_columns(table.encoder), FileFormat(marks=table.marks))
    read = read_columns(
        select_features(raw, path, fitted_columns(table.encoder)), fitted_columns(table.encoder)
    )
    assert read.to_dict("list") == {"mass": [1.125, 1.25], "share": [0.25, 0.5]}
    assert any("in 'price', 'mass'" in note for note in raw.notes) == (trained != new)


#: Files, and the marks that a model keeps of them.
KEPT_MARKS = [
    (b"a;b;c\n1.296;11;x.y\n", {"a": "."}),  # nothing tells, so the points are decimal points
    (b"a;b;c\n1.296;1,5;1,296\n", {"a": ",", "b": ",", "c": ","}),
    (b"a;b\n1.296;1.5\n", {"a": ".", "b": "."}),
    (b"a;b\n1,296;x\n", {"a": ","}),
]


@pytest.mark.parametrize(("content", "marks"), KEPT_MARKS)
def test_the_decimal_marks_of_a_file_are_kept_for_columns_with_points_or_commas(
    content, marks, csv
):
    assert read_file(csv(content)).marks == marks


@pytest.mark.parametrize(("decimal", "read"), [(",", "6000"), (".", "6.000")])
def test_a_decimal_mark_of_the_user_counts_more_than_that_of_training(decimal, read, csv):
    how = FileFormat(decimal=decimal, marks={"a": {",": ".", ".": ","}[decimal]})
    assert readable(read_file(csv(b"a;b\n6.000;12\n"), how))["a"] == [read]


# Headers.


NAMELESS = [
    (b",Unnamed: 0,a\n0,0,1\n", ["Unnamed: 0.1", "Unnamed: 0", "a"]),
    (b"a,,b,\n1,,2,\n", ["a", "b"]),
    (excel(TABLE.rename(columns={"n": ""})), [*TABLE.columns[:-1], "Unnamed: 4"]),
]


@pytest.mark.parametrize(("content", "names"), NAMELESS)
def test_columns_without_a_name(content, names, csv):
    assert list(read_file(csv(content)).frame) == names


def test_a_header_of_numbers_is_probably_missing(csv):
    path = csv(b"5.1,3.5,1\n4.9,3,0\n")
    note = f"{path}: all names in the header are numbers; if it is a row, add a header"
    assert read_file(path).notes == [note]
    assert any("are numbers" in each for each in read_file(csv(b"5,1;3\n4,9;3\n")).notes)
    assert read_file(csv(b"2020,name\n1,2\n")).notes == []
    assert read_file(csv(parquet(pd.DataFrame({"0": [1]})))).notes == []


def test_rows_with_fewer_cells_than_the_header(csv):
    path = csv(b'a,b,c\n"1\n1",2,3\n4,5\n6\n7,8,9\n')
    table, notes, *_ = read_file(path)
    assert table["c"].isna().to_list() == [False, True, True, False]
    assert notes == [
        f"{path}: 2 rows with fewer cells than the header, the first in line 4; the last cells are "
        "missing values there"
    ]


@pytest.mark.parametrize(
    ("text", "equal"),
    [
        ("x,y\n1,2\n3,4\n", True),
        ("x\n1\n2\n", True),
        ("x,y\r\n1,2\r\n", True),
        ("x,y\n1,2\n3\n", False),
        ("x,y\n1,2,3\n", False),
        ("x,y\n\n1,2\n", False),
        (",\nx,y\n1,2\n", False),
        ('x,y\n1,"2,3"\n', False),
    ],
)
def test_cells_need_no_count_if_no_cell_is_quoted_and_all_rows_are_equally_long(text, equal):
    counted = _if_equal(text, ",")
    assert (counted is not None) == equal
    if counted:
        assert counted == _measure(text, ",", "commas", "the file")


def test_a_long_cell(csv):
    assert len(read_file(csv(b"a,b\n1," + b"x" * 200_000 + b"\n")).frame["b"][0]) == 200_000


# Missing values.


def test_missing_values_are_those_of_pandas_question_marks_and_null_of_dumps():
    assert STR_NA_VALUES | {"?", r"\N"} == MISSING_IN_FILES


KEPT = [((), False), (True, True), (["a"], True), (["b"], False)]


@pytest.mark.parametrize(("keep_na", "kept"), KEPT)
def test_words_for_missing_values(keep_na, kept, csv):
    words = [word for word in MISSING_IN_FILES if word]
    path = csv(pd.DataFrame({"a": [*words, " ", "x"], "b": "y"}))
    values = list(read_file(path, FileFormat(keep_na=keep_na)).frame["a"].dropna())
    assert values == ([*words, "x"] if kept else ["x"])


def test_words_for_missing_values_are_counted_without_the_blanks_around_them(csv):
    words = read_file(csv(b"x,y\n1,?\n2, NA\n3,NA\n4,NA \n5,?\n6,\n7,b\n")).words
    assert words["y"].to_dict() == {"NA": 3, "?": 2}
    assert list(words) == ["y"]


def test_na_is_a_value_among_codes_of_countries(csv):
    path = csv(b"country,word,n\nDE,DE,1\nNA,NA,2\nFR,FR,NA\n,,4\nUS,none,5\nn/a,x,6\n")
    table, (note,), *_ = read_file(path)
    assert table["country"].to_list()[:3] == ["DE", "NA", "FR"]
    assert table.isna().sum().to_list() == [2, 2, 1]
    assert note == (
        f"{path}: NA is a value, not a missing one, among the codes of capital letters in "
        "'country'; leave a cell empty if its value is missing"
    )


CODES = ["EMEA APAC LATAM", "USA FRA USA", "USA FRA CANADA", "US FR It"]


@pytest.mark.parametrize("others", CODES)
def test_codes_are_three_of_two_to_five_capital_letters(others, csv):
    table = read_file(csv(pd.DataFrame({"a": ["NA", *others.split()], "b": 1}))).frame
    assert table["a"].notna()[0] == (others == CODES[0])


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


@pytest.mark.parametrize(("keep_na", "most"), [((), 64), (["word"], 64), (True, 64), ((), 2)])
def test_a_word_that_was_a_category_is_one_in_a_table_to_predict(keep_na, most, csv):
    countries = pd.DataFrame({"country": ["DE", "FR", "NA", "US"]})
    columns = TabularEncoder(max_categories=most).fit(countries)._columns
    path = csv(b"word,country\nNA,NA\n")
    X = load_new_table(path, columns, FileFormat(keep_na=keep_na)).frame
    assert list(X["country"]) == ["NA"]


# Excel and Parquet.


def typed():
    columns = {
        "integer": [1, 2, 3],
        "float": [1.5, np.nan, 2],
        "date": pd.to_datetime(["2020-01-01", None, "2021-02-03"]),
        "flag": [True, False, True],
        "text": [" x ", "NA", "?"],
    }
    return pd.DataFrame(columns)


@pytest.mark.parametrize("write", [excel, parquet])
def test_types_are_kept(write, csv):
    table = read_file(csv(write(typed()))).frame
    assert [dtype.kind for dtype in table.dtypes] == list("ifMbO")
    assert table["text"].fillna("missing").to_list() == ["x", "missing", "missing"]
    pd.testing.assert_frame_equal(table.iloc[:, :4], typed().iloc[:, :4], check_dtype=False)


@pytest.mark.parametrize(("write", "target"), [(excel, "integer"), (parquet, "float")])
def test_typed_tables_reach_the_models_as_csv_files_do(write, target, csv):
    known = typed().fillna({"float": 1, "date": pd.Timestamp(0)})
    table = pd.concat([known] * 8, ignore_index=True)
    table = table.assign(text=["u", "v", "w"] * 8, key=range(24))
    ours, theirs = (load_table(csv(content), target) for content in (write(table), table))
    X, theirs_X = (read_columns(each.X, fitted_columns(each.encoder)) for each in (ours, theirs))
    pd.testing.assert_frame_equal(X, theirs_X, check_dtype=False)
    assert typed_settings(fitted_columns(ours.encoder)) == typed_settings(
        fitted_columns(theirs.encoder)
    )
    assert list(ours.y) == list(theirs.y)
    assert ours.is_class == theirs.is_class


def test_objects_of_excel_and_parquet(csv):
    """Values of several types are text: they may be numbers with errors among them."""
    late = [date(9999, 12, 31), None, date(2020, 1, 1)]
    read = read_file(csv(excel(pd.DataFrame({"mixed": [1, "err", 2.5], "late": late})))).frame
    assert read["mixed"].to_list() == ["1", "err", "2.5"]
    assert read["late"].dt.year.to_list()[::2] == [9999, 2020]
    columns = {"price": Decimal("1.5"), "list": [1], "empty": None, "flag": True}
    table = pd.DataFrame({name: [value, None] for name, value in columns.items()})
    read = read_file(csv(parquet(table.set_index(pd.Index([7, 9], name="key"))))).frame
    assert list(read) == ["key", *columns]
    assert read["price"].dtype.kind == "f"
    assert read["list"].fillna("missing").to_list() == ["[1]", "missing"]
    assert read["flag"].fillna("missing").to_list() == ["True", "missing"]


def test_infinite_numbers_are_missing(csv, capsys):
    table = pd.DataFrame({"a": np.arange(20.0), "b": range(20), "y": ["u", "v"] * 10})
    table.loc[[3, 7], "a"] = [np.inf, -np.inf]
    note = "2 infinite numbers count as missing in column 'a'"
    path = csv(parquet(table.astype({"a": "Float32"})))
    learned = load_table(path, "y")
    assert learned.X["a"].isna().sum() == 2
    assert learned.notes == [note]
    assert (
        select_features(load_new_table(path, {}), path, fitted_columns(learned.encoder))["a"]
        .isna()
        .sum()
        == 2
    )
    assert capsys.readouterr().err == f"scratchmlp: {note}\n"


def workbook():
    """Sheets with a title above the header, and one whose name is a number."""
    buffer = io.BytesIO()
    with pd.ExcelWriter(buffer) as writer:
        titled = pd.DataFrame([["Report, 2024"], [None], ["in kg"]])
        for name, sheet in ("People", TABLE), ("Sales", typed()), ("0", TABLE[["name"]]):
            sheet.to_excel(writer, sheet_name=name, index=False, startrow=3)
            titled.to_excel(writer, sheet_name=name, index=False, header=False)
    return buffer.getvalue()


TITLES = 'Report, 2024;;\n\n  \n"in kg\n'
SHEETS = [(None, 0), ("People", "People"), ("Sales", "Sales"), ("1", 1), ("2", 2), ("0", "0")]


@pytest.mark.parametrize(("sheet", "in_pandas"), SHEETS)
def test_the_sheet_and_the_row_of_the_header_mean_what_they_do_in_pandas(sheet, in_pandas, csv):
    content = workbook()
    path = csv(content)
    read, notes, *_ = read_file(path, FileFormat(header=3, sheet=sheet))
    expected = pd.read_excel(io.BytesIO(content), in_pandas, header=3, engine="calamine")
    assert (list(read), len(read)) == (list(expected), len(expected))
    first = "only the first of 3 sheets is read, 'People'; for another one, add --sheet"
    assert notes == ([f"{path}: {first}"] if sheet is None else [])


@pytest.mark.parametrize("sep", SEPARATORS)
def test_lines_above_the_header_are_not_read(sep, csv):
    """Blank ones do not count, as in pandas."""
    text = csv_text(sep=sep)
    read, notes, *_ = read_file(csv((TITLES + text).encode()), FileFormat(header=2))
    pd.testing.assert_frame_equal(read, TABLE)
    assert any("columns separated" in note for note in notes) == (sep != ",")
    in_pandas = pd.read_csv(io.StringIO(TITLES.replace('"', "") + text), sep=sep, header=2)
    assert list(read) == list(in_pandas)


#: Files, and the titles that are left out: the first names of the header are day and shop.
ABOVE = [
    (b"Sales in 2024\n\nday;shop;sold\n2024-05-01;A;7\n2024-05-02;B;8\n", ["Sales in 2024"]),
    (b"Sales 2024;;\nNorth;;\n;;\nday;shop;sold\n1;A;7\n2;;8\n", ["Sales 2024", "North"]),
    (b'"Sales, 2024"\nday,shop\n1,A\n2,B\n', ["Sales, 2024"]),
    (excel(pd.DataFrame({0: ["S", None, "day", 1, 2], 1: [None, None, "shop", "A", "B"]}),
           header=False), ["S"]),
]  # fmt: skip


@pytest.mark.parametrize(("content", "titles"), ABOVE)
def test_titles_above_the_header_are_left_out_and_named(content, titles, csv):
    path = csv(content)
    read, notes, *_ = read_file(path)
    assert list(read)[:2] == ["day", "shop"]
    assert (read["shop"].iloc[0], len(read)) == ("A", 2)
    [note] = [note for note in notes if "not read" in note]
    assert f": {', '.join(map(repr, titles))}; if the first row is the header, add --hea" in note


DOUBTFUL = {
    "names without digits below": b"name,\nBob,Oslo\nAnn,Rome\n",
    "a row of values": b"name,\nBob,7\nAnn,8\n",
    "names that repeat": b"name,,\nx,x,y\nAnn,8,9\n",
    "a name is missing": b"name,,\nx,,y\nAnn,8,9\n",
    "longer rows": b"name,,\nx,y\nAnn,8,9\n",
    "one column": b"name\nx\n8\n",
    "a title beside an empty cell": b",name\nx,y\n8,9\n",
}


@pytest.mark.parametrize("why", DOUBTFUL)
def test_in_doubt_the_first_row_is_the_header(why, csv):
    read, notes, *_ = read_file(csv(DOUBTFUL[why]))
    assert "name" in read
    assert "not read" not in "".join(notes)


WITHOUT_HEADER = [
    (workbook(), {"sheet": "People", "header": 1}, "row 1 of the sheet 'People' of {}, counted"),
    (workbook(), {"header": 99}, "--header is 99, but row 99 of the sheet 'People' of {}, counted"),
    (workbook(), {"sheet": "sales"}, "'sales', which --sheet names. Did you mean 'Sales'? Its she"),
    (workbook(), {"sheet": "3"}, "{} has no sheet '3', which --sheet names. Its sheets: 'People',"),
    (b"a\n\nb\n", {"header": 2}, "--header is 2, but row 2 of {}, counted from 0, is empty. Give"),
    (b"a,b\n1,2\n3\n4,5,6\n", {"header": 1}, "line 4 of {} has 3 cells, but the header has 2"),
    (parquet(TABLE), {"header": 0}, "{} is a Parquet file, which names its columns without a head"),
    (parquet(TABLE), {"sheet": "0"}, "{} is no Excel file, so it has no sheets. Remove --sheet."),
]


@pytest.mark.parametrize(("content", "options", "message"), WITHOUT_HEADER)
def test_a_header_or_a_sheet_that_is_not_there(content, options, message, csv):
    path = csv(content)
    with pytest.raises(InputError) as error:
        read_file(path, FileFormat(**options))
    assert message.format(path) in str(error.value)


def test_a_chart_is_no_sheet_to_read(csv):
    buffer = io.BytesIO()
    with pd.ExcelWriter(buffer) as writer:
        TABLE.to_excel(writer, index=False, startrow=2)
        writer.book.create_chartsheet("Chart").add_chart(BarChart())
    pd.testing.assert_frame_equal(read_file(csv(buffer.getvalue())).frame, TABLE)


def test_an_old_workbook():
    """A file of Excel 97."""
    table, notes, *_ = read_file(str(Path(__file__).with_name("old_workbook.xls")))
    assert notes == []
    assert list(table) == ["name", "size", "day"]
    assert table["name"].to_list() == ["Zoë", "Ann"]
    assert table["size"].to_list() == [1.5, 2]
    assert table["day"].isna().all()


@pytest.mark.parametrize(("write", "package"), [(excel, "python_calamine"), (parquet, "pyarrow")])
def test_a_missing_package_is_named(write, package, csv, monkeypatch):
    path = csv(write(TABLE))
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(InputError, match=r"need pip install \"\.\[files\]\" in the folder"):
        read_file(path)


# Archives.

ARCHIVES = {
    "gz": gzip.compress,
    "bz2": bz2.compress,
    "xz": lzma.compress,
    "zip": lambda data: zipped(data, "data.csv"),
    "mac.zip": lambda data: zipped(data, "data.csv", "__MACOSX/._data.csv"),
}


@pytest.mark.parametrize("archive", ARCHIVES)
def test_archives_are_recognized_by_content(archive, csv):
    content = ARCHIVES[archive](csv_text(sep=";").encode("utf-16"))
    for name in (f"data.csv.{archive}", "data.csv"):
        pd.testing.assert_frame_equal(read_file(csv(content, name)).frame, TABLE)


# Standard input.


def send(monkeypatch, data):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))


def test_stdin(monkeypatch):
    send(monkeypatch, gzip.compress(csv_text(sep=";", decimal=",").encode("utf-16")))
    table, notes, *_ = read_file("-")
    assert table["größe in m"].to_list()[:2] == ["1,75", "12,5"]
    assert notes == [
        "stdin: columns separated by semicolons, encoding utf-16",
        "stdin: decimal commas",
    ]
    send(monkeypatch, b"")
    with pytest.raises(InputError, match="stdin is empty"):
        read_file("-")


def test_stdin_without_a_table(monkeypatch):
    message = "nothing is sent to stdin. Send a file with"
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(InputError, match=message):
        read_file("-")
    send(monkeypatch, b"")
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True)
    with pytest.raises(InputError, match=message):
        read_file("-")


def test_stdin_to_stdout(trained, monkeypatch):
    send(monkeypatch, trained["class"].path.read_bytes())
    out, _ = run("-", "--load", trained["class"].folder / "y.model", "--out", "-")
    assert out == run(trained["class"].path, "--load", trained["class"].folder / "y.model")[0]


# Files that are refused.


LONGER = (
    "line 4 of {} has 3 cells, but the header has 2. If a cell contains commas, write the cell in "
    "double quotes. If commas do not separate the columns, name the separator with --sep. If "
    "titles stand above the header, add --header with the number of its row, counted from 0."
)
BELOW_A_TITLE = "line 2 of {} has 2 cells, but the header has 1. If a cell contains semicolons"
NO_TABLE = (
    "cannot read {}: it is not the text of a table in UTF-8, UTF-16 with a byte order mark, or "
    "cp1252. Extract"
)
TWO_FILES = "it is an archive of 2 files: 'a.csv', 'b.csv'. Extract the file with the table"
WITHOUT_ROWS = "has no rows below its header"
REFUSED = {
    "empty": (b"", "is empty. It needs a header and rows"),
    "only a byte order mark": (b"\xef\xbb\xbf", "is empty"),
    "only a header": (b"a,b\n", f"{WITHOUT_ROWS}. Add rows"),
    "a longer row": (b'a,b\n"1\n",2\n1,2,3\n', LONGER),
    "a longer row below sep=": (b"sep=,\na,b\n3\n1,2,3\n", LONGER),
    "a longer row, tabs": (b"a\tb\n1\t2\t3\n", "If a cell contains tabs, write"),
    "a title": (b"# made by x\na;b\n" + b"x;y\n" * 30, BELOW_A_TITLE),
    "duplicated names": (b"y,a, y\n1,2,3\n", "has two columns named 'y'. Rename one of them."),
    "no header": (b"1,0,1\n2,0,1\n", "has two columns named '1'. Add a header."),
    "an open quote": (b'a,b\n1,2\n"3,4\n5,6\n', "a double quote in line 3 of {} is not closed."),
    "NUL bytes": (b"a,b\n1,\x00\n" * 99, NO_TABLE),
    "control characters": (b"a,b\n1,\x01\xe9\n", NO_TABLE),
    "Shift JIS": ("名、,b\nデ,2\n".encode("shift_jis"), NO_TABLE),
    "half a character": (b"\xff\xfea\x00,", NO_TABLE),
    "PDF": (b"%PDF-1.7\n...", NO_TABLE),
    "HTML": (b"\n<!DOCTYPE html>\n<html>...", NO_TABLE),
    "XML": (b'\xef\xbb\xbf<?xml version="1.0"?>\n<a/>', NO_TABLE),
    "JSON": (json.dumps([{"a": 1}, {"a": 2}], indent=1).encode(), NO_TABLE),
    "JSON lines": (b'{"a": 1, "b": 2}\n{"a": 3, "b": 4}\n', NO_TABLE),
    "RTF": (b"{\\rtf1 ...", NO_TABLE),
    "damaged zip": (zipped(b"a,b\n1,2\n", "a.csv")[:-9], NO_TABLE),
    "no Excel file": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1...", "Cannot detect file format. Save"),
    "damaged Excel": (zipped(b"", "xl/workbook.xml"), "cannot read {}: "),
    "damaged Parquet": (b"PAR1....PAR1", "cannot read {}: "),
    "empty Excel": (excel(pd.DataFrame()), "{} is empty. It needs a header and rows."),
    "Excel header": (excel(TABLE[:0]), WITHOUT_ROWS),
    "damaged gz": (gzip.compress(csv_text().encode())[:-20], "cannot read {}: Compressed file"),
    "zip of two files": (zipped(b"a,b\n", "a.csv", "b.csv"), TWO_FILES),
    "zip of no file": (zipped(b""), NO_TABLE),
    "zip of a zip": (zipped(zipped(b"a,b\n", "a"), "b"), NO_TABLE),
    "zip of a page": (zipped(b"<html>", "data.csv"), NO_TABLE),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_files_that_are_refused(kind, csv):
    """The error names the file, says what is wrong, and what to do."""
    content, message = REFUSED[kind]
    path = csv(content)
    with pytest.raises(InputError) as error:
        read_file(path)
    text = str(error.value)
    assert message.format(path) in text
    assert path in text
    remedy = r"\. (Add|Give|Export|Extract|Close|Name|If|Use|Save|Copy|Move|It needs|Rename)\b"
    assert re.search(remedy, text)


def test_files_that_cannot_be_opened(tmp_path):
    remedy = "Give the path of a local CSV, Excel or Parquet file."
    error = f"cannot read {tmp_path}: Is a directory. {remedy}"
    assert error in refused(tmp_path, "--target", "y")
    assert ": File name too long" in refused(300 * "x", "--target", "y")


STARTS = st.sampled_from([content[:200] for content, _ in REFUSED.values()])
BYTES = (
    st.binary(max_size=60)
    | st.text('ab1,;|\t"\n\r .', max_size=40).map(str.encode)
    | st.builds(bytes.__add__, STARTS, st.binary(max_size=9))
)


@pytest.mark.random
@FUZZ
@given(content=BYTES)
def test_any_bytes_are_a_table_or_an_error(content, csv):
    try:
        table, *_ = read_file(csv(content))
    except InputError:
        return
    assert len(table)
    assert table.columns.is_unique
