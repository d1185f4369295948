"""Archives, stdin, and files that are no tables."""

import bz2
import gzip
import io
import json
import lzma
import pickle
import re
import sys

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from table_files import TABLE, csv_text, excel, tarred, zipped

from scratchmlp.cli import main as command_line
from scratchmlp.cli.messages import InputError
from scratchmlp.cli.reading import read_file

ARCHIVES = {
    "gz": gzip.compress,
    "bz2": bz2.compress,
    "xz": lzma.compress,
    "zip": lambda data: zipped(data, "data.csv"),
    "mac.zip": lambda data: zipped(data, "data.csv", "__MACOSX/._data.csv"),
    "tar": lambda data: tarred(data, "data.csv"),
    "tar.gz": lambda data: tarred(data, "data.csv", mode="w:gz"),
}


@pytest.mark.parametrize("archive", ARCHIVES)
@pytest.mark.parametrize("name", ["{}", "data.csv.{}", "data.csv"])
def test_archives_are_recognized_by_content(archive, name, csv):
    path = csv(ARCHIVES[archive](csv_text(sep=";").encode("utf-16")), name.format(archive))
    pd.testing.assert_frame_equal(read_file(path).frame, TABLE)


def test_a_zstandard_archive(csv):
    zstandard = pytest.importorskip("zstandard")
    start, end = csv_text().encode()[:50], csv_text().encode()[50:]
    data = zstandard.compress(start) + zstandard.compress(end)
    pd.testing.assert_frame_equal(read_file(csv(data)).frame, TABLE)
    with pytest.raises(InputError, match=r"decompressed \(the file ends early\). Copy or download"):
        read_file(csv(data[:-9]))


def test_a_zstandard_archive_without_the_package_says_what_to_install(csv, monkeypatch):
    monkeypatch.setitem(sys.modules, "zstandard", None)
    with pytest.raises(InputError, match="Install it with pip install zstandard"):
        read_file(csv(b"\x28\xb5\x2f\xfd" + b"rest"))


# Standard input.


def send(monkeypatch, data):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))


def test_stdin(monkeypatch):
    send(monkeypatch, gzip.compress(csv_text(sep=";", decimal=",").encode("utf-16")))
    table, notes, *_ = read_file("-")
    pd.testing.assert_frame_equal(table, TABLE)
    assert notes == ["stdin: columns separated by semicolons, decimal commas, encoding utf-16"]
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


class Model:
    pass


def model_bytes():
    return pickle.dumps({"scratchmlp": 1})


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
        "line 2 of {} has 3 cells, but the header has 1. If the first line is a title, delete it",
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
    "NUL bytes": (b"a,b\n1,\x00\n" * 99, "it is not text, because it contains NUL bytes"),
    "random bytes": (bytes(range(255, -1, -1)) * 9, "it is not text"),
    "control characters": (
        b"a,b\n1,\x01\xe9\n",
        "or other control characters. Export the table again",
    ),
    "Shift JIS": (
        "名、,b\nデ,2\n".encode("shift_jis"),
        "the encoding of {} is neither UTF-8 nor UTF-16 nor cp1252. Name it with --encoding",
    ),
    "half a character": (b"\xff\xfea\x00,", "it is not text"),
    "PDF": (
        b"%PDF-1.7\n...",
        "cannot read {}: it is a PDF document, not a table. Give a CSV, Excel",
    ),
    "PNG": (b"\x89PNG\r\n\x1a\n...", "it is a PNG image"),
    "JPEG": (b"\xff\xd8\xff\xe0...", "it is a JPEG image"),
    "GIF": (b"GIF89a...", "it is a GIF image"),
    "pickle": (pickle.dumps({"a": 1}), "it is a pickle file"),
    "a model": (model_bytes(), "it is a model saved with --save, not a table. Use it with --load."),
    "HTML": (b"\n<!DOCTYPE html>\n<html>...", "it is an HTML page, not a table. Export the table"),
    "HTML without a type": (b"<html><body>", "it is an HTML page"),
    "XML": (b'\xef\xbb\xbf<?xml version="1.0"?>\n<a/>', "it is an XML file"),
    "JSON": (json.dumps([{"a": 1}, {"a": 2}], indent=1).encode(), "it is a JSON file, not a table"),
    "JSON lines": (b'{"a": 1, "b": 2}\n{"a": 3, "b": 4}\n', "it is a JSON file"),
    "RTF": (b"{\\rtf1 ...", "it is an RTF document"),
    "NumPy": (b"\x93NUMPY\x01\x00...", "it is a NumPy array"),
    "NumPy archive": (zipped(b"", "a.npy"), "it is a NumPy archive"),
    "HDF5": (b"\x89HDF\r\n...", "it is an HDF5 file"),
    "SQLite": (b"SQLite format 3\x00...", "it is an SQLite database"),
    "Feather": (b"ARROW1\x00\x00...", "it is a Feather file"),
    "7z": (b"7z\xbc\xaf\x27\x1c...", "it is a 7z archive"),
    "RAR": (b"Rar!\x1a\x07...", "it is a RAR archive"),
    "SPSS": (b"$FL2@(#) SPSS...", "it is an SPSS file"),
    "Stata": (b"<stata_dta><header>...", "it is a Stata file"),
    "Word": (zipped(b"", "[Content_Types].xml", "word/document.xml"), "it is a Word document"),
    "PowerPoint": (zipped(b"", "ppt/presentation.xml"), "it is a PowerPoint presentation"),
    "damaged Excel": (zipped(b"", "xl/workbook.xml"), "it is an Excel file that cannot be read"),
    "damaged Parquet": (b"PAR1....PAR1", "it is a Parquet file that cannot be read"),
    "empty Excel": (excel(pd.DataFrame()), "has an empty first sheet, 'Sheet1'. Move the table"),
    "Excel header": (excel(TABLE[:0]), "has no rows below its header"),
    "damaged gz": (
        gzip.compress(csv_text().encode())[:-20],
        "a gzip archive that cannot be decomp",
    ),
    "damaged bz2": (bz2.compress(csv_text().encode())[:-20], "a bzip2 archive that cannot be"),
    "damaged xz": (lzma.compress(csv_text().encode())[:-20], "an xz archive that cannot be"),
    "damaged zip": (
        zipped(b"a,b\n1,2\n", "a.csv")[:-9],
        "a zip archive that cannot be decompressed",
    ),
    "zip of two files": (
        zipped(b"a,b\n", "a.csv", "b.csv"),
        "it is an archive of 2 files: 'a.csv', 'b.csv'. Extract the file with the table",
    ),
    "zip of no file": (zipped(b""), "it is an archive of 0 files. Extract"),
    "tar of two files": (tarred(b"a,b\n", "a", "b", mode="w:xz"), "it is an archive of 2 files"),
    "zip of a zip of a zip": (
        zipped(zipped(zipped(b"a,b\n", "a"), "b"), "c"),
        "it is a zip archive, not a table",
    ),
    "zip of a picture": (zipped(b"\x89PNG\r\n", "data.csv"), "it is a PNG image"),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_files_that_are_refused(kind, csv):
    """Each is named for what it is, with what to do."""
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
    assert "there is no file" in refused(f"{tmp_path}/none.csv", "--target", "y")
    line = refused(str(tmp_path), "--target", "y")
    assert f"cannot read {tmp_path}: it is a folder. Give a CSV, Excel or Parquet file." in line
    assert "there is no file" in refused("https://example.org/data.csv", "--target", "y")
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
