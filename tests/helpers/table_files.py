"""A table with hard cells, and the files that it can be written to."""

import io
import zipfile

import numpy as np
import pandas as pd

HEADER = ["name", "größe in m", "note, short", "🙂 mood", "n"]
ROWS = [
    ["Zoë", "1.75", "a, b; c|d", "good", "1"],
    ["Øre", "12.5", 'says "hi"', "très 😀", "22"],
    ["Ann", "0.125", "two\nlines", "", "333"],
    ["Bob", "", "tab\there", "good", "4"],
    ["Eve", "-3.5", "x", "bad", "5"],
]
TABLE = pd.DataFrame(ROWS, columns=HEADER, dtype=object).replace("", np.nan)


def csv_text(table=TABLE, sep=",", decimal=".", end="\n", quoting=0):
    table = table.map(lambda cell: cell.replace(".", decimal) if is_number(cell) else cell)
    return table.to_csv(index=False, sep=sep, lineterminator=end, quoting=quoting)


def is_number(cell):
    return isinstance(cell, str) and cell.replace(".", "").replace("-", "").isdigit()


def zipped(data, *names):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in names:
            archive.writestr(name, data)
    return buffer.getvalue()


def without_emojis(text):
    return text.replace("🙂 ", "").replace(" 😀", "")


def excel(table, **options):
    buffer = io.BytesIO()
    table.to_excel(buffer, index=False, **options)
    return buffer.getvalue()


def parquet(table):
    buffer = io.BytesIO()
    table.to_parquet(buffer)
    return buffer.getvalue()
