"""Files of many kinds that are read as the same table."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from table_files import TABLE, csv_text, excel, parquet, without_emojis, zipped

from scratchmlp.cli.messages import InputError
from scratchmlp.cli.reading import read_file

# Files that are read as the same table.

SEPARATORS = {",": "", ";": "semicolons", "\t": "tabs", "|": "bars"}
ENCODINGS = {
    "utf-8": "",
    "utf-8-sig": "",
    "utf-16": "utf-16",
    "utf-16-le": "utf-16-le",
    "utf-16-be": "utf-16-be",
    "utf-32": "utf-32",
    "cp1252": "cp1252",
    "latin-1": "cp1252",
}


@pytest.mark.parametrize("decimal", [".", ","])
@pytest.mark.parametrize("sep", SEPARATORS)
@pytest.mark.parametrize("encoding", ENCODINGS)
def test_separator_decimal_mark_and_encoding_are_recognized(encoding, sep, decimal, csv):
    """The file is named for what it is in one line, and in none if all three are the usual ones."""
    change = without_emojis if encoding in ("cp1252", "latin-1") else str
    path = csv(change(csv_text(sep=sep, decimal=decimal)).encode(encoding))
    table, notes, *_ = read_file(path)
    expected = TABLE.rename(columns=change).map(change, na_action="ignore").astype(object)
    pd.testing.assert_frame_equal(table, expected)
    facts = [
        f"columns separated by {SEPARATORS[sep]}" if sep != "," else "",
        "decimal commas" if decimal == "," else "",
        f"encoding {ENCODINGS[encoding]}" if ENCODINGS[encoding] else "",
    ]
    facts = ", ".join(filter(None, facts))
    assert notes == ([f"{path}: {facts}"] if facts else [])


TEXT_FORMS = {
    "quoted": lambda: csv_text(quoting=1),
    "quoted, decimal commas": lambda: csv_text(quoting=1, decimal=","),
    "Windows lines": lambda: csv_text(end="\r\n"),
    "old Mac lines": lambda: csv_text(end="\r", quoting=1),
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
    assert "are numbers" in read_file(csv(b"5,1;3\n4,9;3\n")).notes[-1]
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
