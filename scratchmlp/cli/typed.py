"""Tables in files that keep the types of their columns: Excel and Parquet."""

import io
import warnings
from typing import Any

import pandas as pd

from scratchmlp.cli.cells import RawTable
from scratchmlp.cli.messages import InputError, quote

ROWS_ABOVE = 20  # of another sheet, of which one must be the header
Column = pd.Series  # one column of a table


def read_excel(data: bytes, name: str) -> RawTable:
    """Read the first sheet of an Excel file.

    Parameters
    ----------
    data : bytes
        Content of the file.
    name : str
        Name of the file, for messages.

    Returns
    -------
    RawTable
        The table below the first row that is not empty, which names the columns; a note and the
        header of the others if there are several sheets. Empty rows are left out.
    """
    ignored = warnings.catch_warnings(action="ignore")  # about styles and the like
    with ignored, pd.ExcelFile(io.BytesIO(data)) as file:
        sheets = [str(sheet) for sheet in file.sheet_names]
        cells = file.parse(0, header=None, dtype=object, keep_default_na=False, na_values=[""])
        others = {sheet: _first_row(file, sheet) for sheet in sheets[1:]}
    rows = cells.dropna(how="all")
    if rows.empty:
        raise InputError(
            f"{name} has an empty first sheet, {quote(sheets[0])}. Move the table there."
        )
    names = ["" if pd.isna(cell) else str(cell) for cell in rows.iloc[0]]
    frame = rows.iloc[1:].reset_index(drop=True).set_axis(names, axis="columns")
    note = f"{name}: only the first of {len(sheets)} sheets is read, {quote(sheets[0])}"
    return RawTable(_with_text(frame), [note] if others else [], other_sheets=others)


def _first_row(file: pd.ExcelFile, sheet: str) -> list[str]:
    """Return the cells of the first row of a sheet that is not empty, as text."""
    try:
        rows = file.parse(sheet, header=None, dtype=object, nrows=ROWS_ABOVE).dropna(how="all")
    except Exception:  # the readers raise many types, for instance if the sheet is a chart
        return []
    return [str(cell).strip() for cell in rows.iloc[0]] if len(rows) else []


def read_parquet(data: bytes, name: str) -> RawTable:
    """Read a Parquet file; a named index becomes a column."""
    frame = pd.read_parquet(io.BytesIO(data))
    frame = frame.reset_index(drop=frame.index.names == [None])
    return RawTable(_with_text(frame.set_axis([str(each) for each in frame], axis="columns")), [])


def _with_text(frame: pd.DataFrame) -> pd.DataFrame:
    """Convert the cells of each column of objects to one type."""
    columns = [_with_one_type(frame.iloc[:, i]) for i in range(frame.shape[1])]
    return pd.concat(columns, axis="columns") if columns else frame


def _with_one_type(column: "Column[Any]") -> "Column[Any]":
    """Convert a column of objects to numbers, booleans or dates if all are, otherwise to text."""
    if not column.notna().any():
        return column
    column = column.infer_objects()
    if column.dtype != object and not isinstance(column.dtype, pd.StringDtype):
        return column
    kind = pd.api.types.infer_dtype(column, skipna=True)
    if kind in ("date", "datetime"):
        return column.astype("datetime64[us]")
    if kind == "decimal":
        return column.astype(float)
    return column.astype(object).map(str, na_action="ignore").astype(object)
