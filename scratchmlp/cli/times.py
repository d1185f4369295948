"""The order of rows in time."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scratchmlp.cli.cells import drop_infinite
from scratchmlp.cli.messages import InputError, count, quote
from scratchmlp.tabular.column_kinds import find_kind
from scratchmlp.tabular.columns import to_numbers

ORDERED = {"number": "a number", "date": "a date", "duration": "a time"}


def in_order(table: pd.DataFrame, name: str) -> tuple[pd.DataFrame, NDArray[np.intp], list[str]]:
    """Sort the rows of a table by a column of numbers, dates or times of the day.

    Rows of the same time stay in the order of the file.

    Parameters
    ----------
    table : DataFrame of shape (n_samples, n_columns)
        Table. No value of the column is missing.
    name : str
        Name of the column.

    Returns
    -------
    table : DataFrame of shape (n_sorted, n_columns)
        The rows in the order of time, without those whose time cannot be read.
    times : ndarray of shape (n_sorted,)
        Number of the time of each row; equal times have the same number.
    notes : list of str
        A sentence about rows of the same time and about rows that were left out, if there are any.

    Raises
    ------
    InputError
        If the column contains something else.
    """
    found = find_kind(name, drop_infinite(table[[name]])[0][name], guess=False)
    if found.kind not in ORDERED:
        example = quote(table[name].iloc[0])
        raise InputError(
            f"column {quote(name)} cannot order the rows: it contains {example}. --time needs a "
            "column of numbers or of dates such as 2024-05-17."
        )
    times = (
        pd.Series(to_numbers(found.values, found.kind), table.index)
        .dropna()
        .sort_values(kind="stable")
    )
    notes = []
    if lost := len(table) - len(times):
        notes.append(
            f"left out {count(lost, 'row')} where {quote(name)} is not {ORDERED[found.kind]}"
        )
    numbers = np.unique(times, return_inverse=True)[1]
    if repeated := int(times.duplicated(keep=False).sum()):
        notes.append(
            f"{count(repeated, 'row')} have the same {quote(name)} as another row. They are on the "
            "same side of each split"
        )
    return table.loc[times.index], numbers, notes
