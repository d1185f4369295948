"""Files that are read, and files that are refused."""

import base64
import bz2
import gzip
import io
import json
import lzma
import pickle
import re
import sys
import zlib
from datetime import date
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl.chart import BarChart
from pandas._libs.parsers import STR_NA_VALUES
from table_files import TABLE, csv_text, excel, parquet, tarred, without_emojis, zipped

from scratchmlp.cli import main as command_line
from scratchmlp.cli.kinds import read_columns
from scratchmlp.cli.messages import InputError
from scratchmlp.cli.reading import FileFormat, read_file
from scratchmlp.cli.table import load_new_table, load_table, select_features
from scratchmlp.tabular import TabularEncoder
from scratchmlp.tabular.reading.from_text import MISSING_IN_FILES

#: A file of Excel 97, compressed: the table of `test_an_old_workbook`.
OLD_WORKBOOK = (
    "c-rk)J!lj`6#i!JF84!n*^3t;5yBBL#w3l{*d%KNO=UQ3lql%N+al!L3#Uy|Xf$3a2v&+sAdOAb#vioM&O(W3Aqc"
    "{qmZ<~<i{v(M-tNXblOhK(sLXfFH*em&xASi2&Fs#;TS}GZA9Ysn8-@@<)s3U6MklDmgN6a>cU>h0b&QIu@lPQhq"
    "ls*a;CaiNsG37H-xWwa48I}<zEC-fDU22zJF|m0!ZBDv#V|-LaE~-ebZ}H{%omt<F+X6-7tDuQbCY?HY|CN{OXg_"
    "bAwP>x%Wm#VLS6R>`+Q=}0kq?_%HpfHgl8MUaB;%Q|D7FO;bts==554w?4p$~BTW;yfFEuK_#Uj(ml>_!S-k-1f7"
    "a`xo9J)LFfa@EJSTXG67p@xTZCD=FqOAg&`VPdE@bIg7j3F8P0ZM2mb0db#|q2D!;X_sn=>zFqi!*`aFRC@=g`V>"
    "ic{U7?Rw?@xA(`#v*tP0%<=~AZS#9oWN>j!d609GdqV5n#~%I6*ZHb@Sngy_Q^ZvFWZQk=*c{v3;NBh@=OE*Qxvx"
    "g<CAqYG;%QgutGS=##gWQPdhw$<k8XPG<j7zB<}e@z#N9gz&&;3}{+95Wxnslj5R--<yX!y8TCs`*iz#NWrS6VcZ"
    "%O}NDR05;dT+tr>V902363s>Gt#q{o7hXX5Bv7sT&Qt|WE&o<PTIPDAps2y4Gj$q4Gj&AZHD(+>%G*6{iB9DHbnj"
    "JI;&Kw`ZLLYi<2nO?=l@skHVq4i0Ov%XE!1uxR%(WPw>4^;S`Nt#3aT!j>(4emyUg+_Wx|z(b&Ev)adxtM&kU#<F"
    "5fb%*V("
)

# Files that are read as the same table.

SEPARATORS = {",": "", ";": "semicolons", "\t": "tabs", "|": "bars"}
ENCODINGS = {
    "utf-8": "",
    "utf-8-sig": "",
    "utf-16": "utf-16",
    "cp1252": "cp1252",
    "latin-1": "cp1252",
}


@pytest.mark.parametrize("decimal", [".", ","])
@pytest.mark.parametrize("sep", SEPARATORS)
@pytest.mark.parametrize("encoding", ENCODINGS)
def test_separator_decimal_mark_and_encoding_are_recognized(encoding, sep, decimal, csv):
    """What is said of the file, and nothing if all three are the usual ones."""
    change = without_emojis if encoding in ("cp1252", "latin-1") else str
    path = csv(change(csv_text(sep=sep, decimal=decimal)).encode(encoding))
    table, notes, *_ = read_file(path)
    expected = TABLE.rename(columns=change).map(change, na_action="ignore").astype(object)
    pd.testing.assert_frame_equal(table, expected)
    facts = [
        f"columns separated by {SEPARATORS[sep]}" if sep != "," else "",
        f"encoding {ENCODINGS[encoding]}" if ENCODINGS[encoding] else "",
    ]
    expected = [", ".join(filter(None, facts)), "decimal commas" if decimal == "," else ""]
    assert notes == [f"{path}: {note}" for note in expected if note]


TEXT_FORMS = {
    "quoted": lambda: csv_text(quoting=1),
    "quoted, decimal commas": lambda: csv_text(quoting=1, decimal=","),
    "Windows lines": lambda: csv_text(end="\r\n"),
    "old Mac lines": lambda: csv_text(end="\r", quoting=1),
    "old Mac lines, blank ones": lambda: (
        "\r" + csv_text(end="\r", quoting=1).replace('\r"Bob', '\r\r"Bob') + "\r\r"
    ),
    "no last line end": lambda: csv_text().rstrip("\n"),
    "blank lines": lambda: "\n\n" + csv_text().replace("\nBob", "\n\n   \nBob") + "\n\n",
    "blanks after separators": lambda: csv_text().replace("Ann,", "  Ann  , "),
    "non-breaking spaces": lambda: (
        csv_text().replace("Ann", "\xa0Ann\u2009").replace("n\n", " n\n", 1)
    ),
    "trailing separators": lambda: "\n".join(
        line if line == 'Ann,0.125,"two' else line + "," for line in csv_text().splitlines()
    ),
    "trailing separators in rows": lambda: (
        csv_text().replace(",22\n", ",22,,\n").replace(",5\n", ",5,\n")
    ),
    "sep=;": lambda: "sep=;\r\n" + csv_text(sep=";", end="\r\n"),
    "separators above": lambda: ",,,,\n" + csv_text(),
    "NA words": lambda: csv_text().replace("Bob,,", "Bob,n/a,").replace(",,333", ",?,333"),
}


@pytest.mark.parametrize("form", TEXT_FORMS)
def test_forms_of_text_files(form, csv):
    table, notes, *_ = read_file(csv(TEXT_FORMS[form]().encode()))
    pd.testing.assert_frame_equal(table, TABLE)
    assert len(notes) <= 1


@pytest.mark.parametrize("name", ["data.xlsx", "data.csv", "data.XLSX.zip"])
def test_excel(name, csv):
    data = excel(TABLE)
    path = csv(zipped(data, "data.xlsx") if name.endswith("zip") else data, name)
    table, notes, *_ = read_file(path)
    pd.testing.assert_frame_equal(table, TABLE)
    assert notes == []


@pytest.mark.parametrize("name", ["data.parquet", "data.pq", "data.csv"])
def test_parquet(name, csv):
    table, notes, *_ = read_file(csv(parquet(TABLE), name))
    pd.testing.assert_frame_equal(table, TABLE)
    assert notes == []


cells = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zs", "Zl", "Zp"]), max_size=6
).filter(lambda text: not any(mark in text for mark in "\ufeff,;|"))


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(rows=st.lists(st.tuples(cells, cells, cells), min_size=1, max_size=6))
def test_the_same_table_in_all_formats_is_the_same_frame(rows, csv):
    rows = [tuple(f"{i}{cell}x" if cell else "" for cell in row) for i, row in enumerate(rows)]
    table = pd.DataFrame(rows, columns=["a", "b c", "d"], dtype=object)
    expected = table.where(table != "").dropna(how="all").reset_index(drop=True)
    expected = expected.astype(object)
    if expected.empty:
        return
    contents = [excel(expected), parquet(expected)]
    for sep in SEPARATORS:
        for encoding in ("utf-8", "utf-8-sig", "utf-16"):
            contents.append(expected.to_csv(index=False, sep=sep).encode(encoding))
    for content in contents:
        pd.testing.assert_frame_equal(read_file(csv(content)).frame, expected)


# Headers.


def test_columns_without_a_name(csv):
    assert list(read_file(csv(b",a,\n0,1,2\n1,2,3\n")).frame) == ["Unnamed: 0", "a", "Unnamed: 2"]
    assert list(read_file(csv(b",Unnamed: 0,a\n0,0,1\n")).frame) == [
        "Unnamed: 0.1",
        "Unnamed: 0",
        "a",
    ]
    assert list(read_file(csv(b"a,,b,\n1,,2,\n")).frame) == ["a", "b"]
    assert list(read_file(csv(excel(TABLE.rename(columns={"n": ""})))).frame)[-1] == "Unnamed: 4"


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


def test_a_long_table(csv):
    rng = np.random.default_rng(0)
    table = pd.DataFrame(
        {"a": rng.normal(size=50_000).round(6), "b": rng.choice(["x", "y, z"], 50_000)}
    )
    read = read_file(csv(table.to_csv(index=False, sep=";", decimal=",").encode())).frame
    np.testing.assert_array_equal(read["a"].astype(float), table["a"])
    np.testing.assert_array_equal(read["b"], table["b"])


def test_a_long_cell(csv):
    assert len(read_file(csv(b"a,b\n1," + b"x" * 200_000 + b"\n")).frame["b"][0]) == 200_000


def test_names_that_occur_twice(csv):
    for content in (b"y,a, y\n1,2,3\n", excel(TABLE.set_axis(list("abcad"), axis="columns"))):
        with pytest.raises(InputError, match=r"two columns named '[ya]'. Rename one of them."):
            read_file(csv(content))


# Missing values.


def test_missing_values_are_those_of_pandas_and_question_marks():
    assert STR_NA_VALUES | {"?"} == MISSING_IN_FILES


def test_words_for_missing_values(csv):
    words = [word for word in MISSING_IN_FILES if word]
    path = csv(pd.DataFrame({"a": [*words, " ", "x"], "b": "y"}))
    assert list(read_file(path).frame["a"].dropna()) == ["x"]
    assert list(read_file(path, FileFormat(keep_na=True)).frame["a"].dropna()) == [*words, "x"]
    assert list(read_file(path, FileFormat(keep_na=["a"])).frame["a"].dropna()) == [*words, "x"]
    assert list(read_file(path, FileFormat(keep_na=["b"])).frame["a"].dropna()) == ["x"]


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
    columns = TabularEncoder().fit(pd.DataFrame({"country": ["DE", "FR", "NA", "US"]}))._columns
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


# Excel and Parquet.


def typed():
    return pd.DataFrame(
        {
            "integer": [1, 2, 3],
            "float": [1.5, np.nan, 2],
            "date": pd.to_datetime(["2020-01-01", None, "2021-02-03"]),
            "flag": [True, False, True],
            "text": [" x ", "NA", "?"],
        }
    )


@pytest.mark.parametrize("write", [excel, parquet])
def test_types_are_kept(write, csv):
    table = read_file(csv(write(typed()))).frame
    assert [dtype.kind for dtype in table.dtypes] == list("ifMbO")
    assert table["text"].fillna("missing").to_list() == ["x", "missing", "missing"]
    pd.testing.assert_frame_equal(table.iloc[:, :4], typed().iloc[:, :4], check_dtype=False)


@pytest.mark.parametrize("write", [excel, parquet])
@pytest.mark.parametrize("target", list(typed()))
def test_typed_tables_reach_the_models_as_csv_files_do(write, target, csv):
    table = pd.concat(
        [typed().fillna({"float": 1, "date": pd.Timestamp(0)})] * 8, ignore_index=True
    )
    table["text"] = ["u", "v", "w"] * 8
    table["key"] = range(24)
    ours, theirs = (load_table(csv(content), target) for content in (write(table), table))
    (X, settings), (theirs_X, theirs_settings) = (
        read_columns(each.X, each.columns) for each in (ours, theirs)
    )
    pd.testing.assert_frame_equal(X, theirs_X, check_dtype=False)
    assert settings == theirs_settings
    assert list(ours.y) == list(theirs.y)
    assert ours.is_class == theirs.is_class


def test_a_typed_table_to_predict(csv):
    X = load_new_table(csv(parquet(typed())), {}).frame
    assert [dtype.kind for dtype in X[["flag", "date"]].dtypes] == ["b", "M"]


def test_objects_of_excel_and_parquet(csv):
    """Values of several types are text: they may be numbers with errors among them."""
    table = pd.DataFrame(
        {"mixed": [1, "err", 2.5], "late": [date(9999, 12, 31), None, date(2020, 1, 1)]}
    )
    read = read_file(csv(excel(table))).frame
    assert read["mixed"].to_list() == ["1", "err", "2.5"]
    assert read["late"].dt.year.to_list()[::2] == [9999, 2020]
    table = pd.DataFrame(
        {
            "price": [Decimal("1.5"), None],
            "list": [[1], None],
            "empty": [None, None],
            "flag": [True, None],
        }
    ).set_index(pd.Index([7, 9], name="key"))
    read = read_file(csv(parquet(table))).frame
    assert list(read) == ["key", "price", "list", "empty", "flag"]
    assert read["price"].dtype.kind == "f"
    assert read["list"].fillna("missing").to_list() == ["[1]", "missing"]
    assert read["flag"].fillna("missing").to_list() == ["True", "missing"]


def test_infinite_numbers_are_missing(csv, capsys):
    table = pd.DataFrame({"a": np.arange(20.0), "b": range(20), "y": ["u", "v"] * 10})
    table.loc[3, "a"] = np.inf
    table.loc[7, "a"] = -np.inf
    note = "2 infinite numbers count as missing in column 'a'"
    path = csv(parquet(table.astype({"a": "Float32"})))
    learned = load_table(path, "y")
    assert learned.X["a"].isna().sum() == 2
    assert learned.notes == [note]
    assert select_features(load_new_table(path, {}), path, learned.columns)["a"].isna().sum() == 2
    assert capsys.readouterr().err == f"scratchmlp: {note}\n"


def test_the_first_sheet_of_several_is_read(csv):
    buffer = io.BytesIO()
    with pd.ExcelWriter(buffer) as writer:
        TABLE.to_excel(writer, sheet_name="People", index=False, startrow=2)
        typed().to_excel(writer, sheet_name="Other")
    path = csv(buffer.getvalue(), "data.xlsx")
    table, notes, *_ = read_file(path)
    pd.testing.assert_frame_equal(table, TABLE)
    assert notes == [f"{path}: only the first of 2 sheets is read, 'People'"]


def test_a_chart_is_no_sheet_to_read(csv):
    buffer = io.BytesIO()
    with pd.ExcelWriter(buffer) as writer:
        TABLE.to_excel(writer, index=False)
        writer.book.create_chartsheet("Chart").add_chart(BarChart())
    pd.testing.assert_frame_equal(read_file(csv(buffer.getvalue())).frame, TABLE)


def test_an_old_workbook(csv):
    table, notes, *_ = read_file(csv(zlib.decompress(base64.b85decode(OLD_WORKBOOK)), "old.xls"))
    assert notes == []
    assert list(table) == ["name", "size", "day"]
    assert table["name"].to_list() == ["Zoë", "Ann"]
    assert table["size"].to_list() == [1.5, 2]
    assert table["day"].isna().all()


@pytest.mark.parametrize("write", [excel, parquet])
def test_only_text_files_have_separators(write, csv):
    with pytest.raises(InputError, match="has no column 'y'") as error:
        load_table(csv(write(pd.DataFrame({"a": [1]}))), "y")
    assert "--sep" not in str(error.value)


@pytest.mark.parametrize(("write", "package"), [(excel, "python_calamine"), (parquet, "pyarrow")])
def test_a_missing_package_is_named(write, package, csv, monkeypatch):
    path = csv(write(TABLE))
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(InputError, match=r"need pip install \"scratchmlp\[files\]\"\."):
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
@pytest.mark.parametrize("name", ["{}", "data.csv.{}", "data.csv"])
def test_archives_are_recognized_by_content(archive, name, csv):
    path = csv(ARCHIVES[archive](csv_text(sep=";").encode("utf-16")), name.format(archive))
    pd.testing.assert_frame_equal(read_file(path).frame, TABLE)


# Standard input.


def send(monkeypatch, data):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))


def test_stdin(monkeypatch):
    send(monkeypatch, gzip.compress(csv_text(sep=";", decimal=",").encode("utf-16")))
    table, notes, *_ = read_file("-")
    pd.testing.assert_frame_equal(table, TABLE)
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


def test_stdin_to_stdout(saved, monkeypatch, capsys):
    send(monkeypatch, saved.table.to_csv(index=False).encode())
    assert command_line.main(["-", "--load", str(saved.class_model), "--out", "-"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("prediction,probability of big,")
    assert out.count("\n") == 1 + len(saved.table)


# Files that are refused.


NO_TABLE = (
    "cannot read {}: it is not the text of a table in UTF-8, UTF-16 with a byte order mark, or "
    "cp1252. Extract"
)
REFUSED = {
    "empty": (b"", "is empty. It needs a header and rows"),
    "blank": (b"\n \n\n", "is empty"),
    "empty gz": (gzip.compress(b""), "is empty"),
    "only a byte order mark": (b"\xef\xbb\xbf", "is empty"),
    "only a header": (b"a,b\n", "has no rows below its header. Add rows"),
    "a longer row": (
        b'a,b\n"1\n",2\n1,2,3\n',
        "line 4 of {} has 3 cells, but the header has 2. If a cell contains commas, write the cell "
        "in double quotes. If commas do not separate the columns, name the separator with --sep.",
    ),
    "longer rows": (
        b"a,b\n" + b"1,u,7\n2,v,8\n" * 9,
        "line 2 of {} has 3 cells, but the header has 2",
    ),
    "longer rows, tabs": (b"a\tb\n1\t2\t3\n", "If a cell contains tabs, write"),
    "a title": (
        b"My report\na,b,c\n" + b"1,2,3\n" * 30,
        "line 2 of {} has 3 cells, but the header has 1. If a cell contains commas",
    ),
    "a comment": (b"# made by x\na;b\n" + b"1;2\n" * 30, "If the first line is a title, delete it"),
    "duplicated names": (b"y,a, y\n1,2,3\n", "has two columns named 'y'. Rename one of them."),
    "no header": (
        b"1,0,1\n2,0,1\n",
        "has two columns named '1'. Add a header.",
    ),
    "an open quote": (
        b'a,b\n1,2\n"3,4\n5,6\n',
        "a double quote in line 3 of {} is not closed. Close it",
    ),
    "an open quote in a long file": (
        b'a,b\n1,"2\n' + b"3,4\n" * 99_999,
        "a double quote in line 2 of {} is not closed",
    ),
    "NUL bytes": (b"a,b\n1,\x00\n" * 99, NO_TABLE),
    "random bytes": (bytes(range(255, -1, -1)) * 9, NO_TABLE),
    "control characters": (b"a,b\n1,\x01\xe9\n", NO_TABLE),
    "Shift JIS": ("名、,b\nデ,2\n".encode("shift_jis"), NO_TABLE),
    "UTF-16 without a mark": ("a,b\n1,2\n".encode("utf-16-le"), NO_TABLE),
    "half a character": (b"\xff\xfea\x00,", NO_TABLE),
    "PDF": (b"%PDF-1.7\n...", NO_TABLE),
    "PNG": (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", NO_TABLE),
    "pickle": (pickle.dumps({"a": 1}), NO_TABLE),
    "HTML": (b"\n<!DOCTYPE html>\n<html>...", NO_TABLE),
    "HTML without a type": (b"<html><body>", NO_TABLE),
    "XML": (b'\xef\xbb\xbf<?xml version="1.0"?>\n<a/>', NO_TABLE),
    "JSON": (json.dumps([{"a": 1}, {"a": 2}], indent=1).encode(), NO_TABLE),
    "JSON lines": (b'{"a": 1, "b": 2}\n{"a": 3, "b": 4}\n', NO_TABLE),
    "RTF": (b"{\\rtf1 ...", NO_TABLE),
    "tar": (tarred(b"a,b\n1,2\n", "a.csv"), NO_TABLE),
    "damaged zip": (zipped(b"a,b\n1,2\n", "a.csv")[:-9], NO_TABLE),
    "no Excel file": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1...", "Cannot detect file format. Save"),
    "damaged Excel": (zipped(b"", "xl/workbook.xml"), "cannot read {}: "),
    "damaged Parquet": (b"PAR1....PAR1", "cannot read {}: "),
    "empty Excel": (excel(pd.DataFrame()), "{} is empty. It needs a header and rows."),
    "Excel header": (excel(TABLE[:0]), "has no rows below its header"),
    "damaged gz": (gzip.compress(csv_text().encode())[:-20], "cannot read {}: Compressed file"),
    "damaged bz2": (bz2.compress(csv_text().encode())[:-20], "cannot read {}: Compressed data"),
    "damaged xz": (lzma.compress(csv_text().encode())[:-20], "cannot read {}: Compressed data"),
    "zip of two files": (
        zipped(b"a,b\n", "a.csv", "b.csv"),
        "it is an archive of 2 files: 'a.csv', 'b.csv'. Extract the file with the table",
    ),
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


def test_files_that_cannot_be_opened(tmp_path, csv, refused, monkeypatch):
    line = refused(str(tmp_path), "--target", "y")
    remedy = "Give the path of a local CSV, Excel or Parquet file."
    assert f"cannot read {tmp_path}: Is a directory. {remedy}" in line
    for path in (f"{tmp_path}/none.csv", "https://example.org/data.csv"):
        assert f"cannot read {path}: No such file or directory." in refused(path, "--target", "y")
    assert ": File name too long" in refused(300 * "x", "--target", "y")

    def forbid(*_, **__):
        raise PermissionError(13, "Permission denied")

    path = csv(b"a,y\n1,2\n")
    monkeypatch.setattr("pathlib.Path.read_bytes", forbid)
    assert f"cannot read {path}: Permission denied" in refused(path, "--target", "y")


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    content=st.binary(max_size=60)
    | st.text('ab1,;|\t"\n\r .', max_size=40).map(str.encode)
    | st.tuples(
        st.sampled_from([content for content, _ in REFUSED.values()]), st.binary(max_size=9)
    ).map(lambda pair: pair[0][:200] + pair[1])
)
def test_any_bytes_are_a_table_or_an_error(content, csv):
    try:
        table, *_ = read_file(csv(content))
    except InputError:
        return
    assert len(table)
    assert table.columns.is_unique
