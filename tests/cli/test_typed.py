"""Excel and Parquet files."""

import io
import sys
from datetime import date
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from openpyxl.chart import BarChart
from table_files import TABLE, excel, parquet

from scratchmlp.cli.kinds import read_columns
from scratchmlp.cli.messages import InputError
from scratchmlp.cli.reading import read_file
from scratchmlp.cli.roles import Roles
from scratchmlp.cli.table import load_new_table, load_table, select_features

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
    assert table["text"].to_list() == ["x", np.nan, np.nan]
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
    assert read["list"].to_list() == ["[1]", np.nan]
    assert read["flag"].to_list() == ["True", np.nan]


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


@pytest.fixture
def workbook(csv):
    """A file whose first sheet is a title, and whose third one is the table."""
    buffer = io.BytesIO()
    with pd.ExcelWriter(buffer) as writer:
        pd.DataFrame(columns=["About"]).assign(About=["x"]).to_excel(writer, index=False)
        pd.DataFrame().to_excel(writer, sheet_name="Empty")
        typed().to_excel(writer, sheet_name="Data", index=False, startrow=3)
        writer.book.create_chartsheet("Chart").add_chart(BarChart())
    return csv(buffer.getvalue(), "data.xlsx")


def test_the_sheet_that_has_a_column_is_named(workbook, csv):
    remedy = "The sheet 'Data' has it, but only the first sheet is read: move that sheet to the fro"
    for arguments in (("flag",), ("About", None, Roles(id="flag"))):
        with pytest.raises(InputError, match=f"no column 'flag', which --[a-z]+ names. {remedy}"):
            load_table(workbook, *arguments)
    used = {"kind": "number", "scale": 1.0, "indicator": False}
    with pytest.raises(
        InputError, match=r"'integer', 'float'\. The sheet 'Data' has them, but only"
    ):
        select_features(load_new_table(workbook, {}), workbook, {"integer": used, "float": used})


@pytest.mark.parametrize("write", [excel, parquet])
def test_only_text_files_have_separators(write, csv):
    with pytest.raises(InputError, match="has no column 'y'") as error:
        load_table(csv(write(pd.DataFrame({"a": [1]}))), "y")
    assert "--sep" not in str(error.value)


@pytest.mark.parametrize(
    ("write", "packages"), [(excel, ["openpyxl", "python_calamine"]), (parquet, ["pyarrow"])]
)
def test_a_missing_package_is_named(write, packages, csv, monkeypatch):
    path = csv(write(TABLE))
    for package in packages:
        monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(
        InputError, match=r'needs another package .* "scratchmlp\[files\]". Or save'
    ):
        read_file(path)
