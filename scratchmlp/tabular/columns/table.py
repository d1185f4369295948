"""How a whole table is encoded: what its columns are, their encodings, and their outputs."""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from scratchmlp.tabular.columns.column import Columns, encode_column
from scratchmlp.tabular.columns.encoded_table import EncodedTable, layout_of
from scratchmlp.tabular.columns.text import TextColumn
from scratchmlp.tabular.reading.findings import Note


class Place(NamedTuple):
    """Where an `EncodedTable` has the parts of some columns.

    Attributes
    ----------
    numbers : list of int
        Columns of `numbers`.
    codes : list of int
        Columns of `codes`.
    terms : list of int
        Positions in `terms`.
    """

    numbers: list[int]
    codes: list[int]
    terms: list[int]

    @property
    def is_empty(self) -> bool:
        """Whether the table has nothing of these columns."""
        return not any(self)


def encode_table(table: pd.DataFrame, columns: Columns) -> tuple[EncodedTable, list[Note]]:
    """Encode a table.

    Parameters
    ----------
    table : DataFrame of shape (n_samples, n_features)
        The table, with the columns of `fit` in their order.
    columns : dict of str to Column
        The columns of `fit`.

    Returns
    -------
    encoded : EncodedTable
        The encoded table.
    notes : list of Note
        What the user should know about its columns.
    """
    layout = layout_of(columns)
    numbers = np.zeros((len(table), len(layout.numbers)), np.float32)
    codes = np.empty((len(table), len(layout.starts)), np.int32)
    terms: list[csr_array] = []
    notes: list[Note] = []
    end, coded = 0, iter(codes.T)
    for (name, column), (_, given) in zip(columns.items(), table.items(), strict=True):
        if width := column.n_outputs:  # columns without outputs are not read
            start, end = end, end + width - column.n_coded_outputs
            encoded, found = encode_column(name, given, column, numbers[:, start:end])
            if encoded.codes is not None:
                next(coded)[:] = encoded.codes
            terms += encoded.terms
            notes += found
    return EncodedTable(numbers, codes, tuple(terms), layout), notes


def places_of(columns: Columns) -> dict[str, Place]:
    """Find the parts of each column in the result of `encode_table`.

    Parameters
    ----------
    columns : dict of str to Column
        The columns of `fit`.

    Returns
    -------
    dict of str to Place
        The parts of each column, by its name. Columns without outputs have none.
    """
    places, ends = {}, [0, 0, 0]
    for name, column in columns.items():
        n_terms = len(column.encoder.vectorizers) if isinstance(column, TextColumn) else 0
        n_numbers = column.n_outputs - column.n_coded_outputs
        lengths = n_numbers, int(column.has_codes), n_terms
        starts, ends = ends, [sum(pair) for pair in zip(ends, lengths, strict=True)]
        places[name] = Place(*(list(range(*pair)) for pair in zip(starts, ends, strict=True)))
    return places


def join_places(places: Iterable[Place]) -> Place:
    """Return the parts of several columns.

    Parameters
    ----------
    places : iterable of Place
        The parts of each column.

    Returns
    -------
    Place
        The parts of all.
    """
    joined = Place([], [], [])
    for place in places:
        joined = Place(*(a + b for a, b in zip(joined, place, strict=True)))
    return joined


def select_by_name(table: pd.DataFrame, columns: Columns) -> pd.DataFrame:
    """Select the columns of `fit` by name and ignore others, as ColumnTransformer does.

    Parameters
    ----------
    table : DataFrame
        The table.
    columns : dict of str to Column
        The columns of `fit`.

    Returns
    -------
    DataFrame of shape (n_samples, n_features)
        The columns of `fit` in their order. Columns without outputs may be missing, and are NaN.

    Raises
    ------
    ValueError
        If another column is missing.
    """
    names = list(columns)
    if list(table.columns) == names or not all(isinstance(name, str) for name in table):
        return table
    used = [name for name in names if columns[name].n_outputs]
    if missing := [name for name in used if name not in table]:
        raise ValueError(
            "X must have all columns that it had in fit, but these are missing: "
            f"{', '.join(map(repr, missing))}. Add them, with missing values if the values are "
            "unknown."
        )
    return table.reindex(columns=pd.Index(names, dtype=object))
