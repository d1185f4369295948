"""An encoded table, with what the members of an ensemble encode themselves."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array

from scratchmlp.arrays import FloatArray
from scratchmlp.tabular.column_encoding import (
    encode_column,
    fit_column,
    naming_column,
    output_suffixes,
)
from scratchmlp.tabular.column_kinds import find_kind
from scratchmlp.tabular.date_order import order_as_in_others
from scratchmlp.tabular.found import Found, Note
from scratchmlp.tabular.text import TextEncoder, to_texts

Columns = dict[str, dict[str, Any]]


@dataclass(frozen=True)
class EncodedTable:
    """An encoded table, and the columns whose best encoding depends on the targets.

    It is indexed like an array of its rows.

    Attributes
    ----------
    X : ndarray of shape (n_samples, n_features_out), float32
        The table as `TabularEncoder.transform` encodes it.
    codes : ndarray of shape (n_samples, n_columns), int32
        Codes of the levels of columns of many categories, as `levels.encode_levels` returns them.
    n_levels : tuple of int
        Number of levels with a code in each of these columns.
    terms : tuple of csr_array of shape (n_samples, n_terms), int8
        Indicators of the words, and of the n-grams, of each column of text.
    """

    X: FloatArray
    codes: NDArray[np.int32]
    n_levels: tuple[int, ...]
    terms: tuple[csr_array, ...]

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.X)

    def __getitem__(self, rows: Any) -> "EncodedTable":
        """Select rows with a slice, a mask or an array of row numbers."""
        terms = tuple(each[rows] for each in self.terms)
        return EncodedTable(self.X[rows], self.codes[rows], self.n_levels, terms)


def find_kinds(
    names: Sequence[str], table: pd.DataFrame, roles: Sequence[str | None], *, guess: bool
) -> dict[str, Found]:
    """Decide what each column is.

    Parameters
    ----------
    names : sequence of str
        Names of the columns.
    table : DataFrame of shape (n_samples, n_features)
        The table.
    roles : sequence of str or None
        Result of `column_roles`.
    guess : bool
        Whether columns may be left out, and numbers may be taken for codes, unless the user names
        all categorical columns.

    Returns
    -------
    dict of str to Found
        What each column is, by its name.
    """
    columns = [column for _, column in table.items()]
    guess = guess and "no category" not in roles
    found = {}
    for name, column, role in zip(names, columns, roles, strict=True):
        with naming_column(name):
            found[name] = find_kind(name, column, role, guess=guess)
    ordered = {
        name: each
        for name, column in zip(names, columns, strict=True)
        if (each := order_as_in_others(name, column, found))
    }
    return found | ordered


def fit_columns(
    found: Mapping[str, Found], max_categories: int
) -> tuple[Columns, dict[str, TextEncoder]]:
    """Learn the encoding of each column.

    Parameters
    ----------
    found : mapping of str to Found
        What each column is, by its name.
    max_categories : int
        Largest number of levels with a column of their own.

    Returns
    -------
    columns : dict of str to dict
        Description of each encoding, as in `TabularEncoder.columns_`.
    text_encoders : dict of str to TextEncoder
        Encoders of the columns of text.
    """
    text_encoders = {
        name: TextEncoder().fit(to_texts(each.values))
        for name, each in found.items()
        if each.kind == "text"
    }
    columns = {
        name: fit_column(name, each, max_categories, text_encoders.get(name))
        for name, each in found.items()
    }
    return columns, text_encoders


def encode_table(
    table: pd.DataFrame, columns: Columns, text_encoders: Mapping[str, TextEncoder]
) -> tuple[EncodedTable, list[Note]]:
    """Encode a table.

    Parameters
    ----------
    table : DataFrame of shape (n_samples, n_features)
        The table, with the columns of `fit` in their order.
    columns, text_encoders : dict
        Results of `fit_columns`.

    Returns
    -------
    encoded : EncodedTable
        The encoded table.
    notes : list of Note
        What the user should know about its columns.
    """
    widths = [len(output_suffixes(fitted)) for fitted in columns.values()]
    X = np.zeros((len(table), max(1, sum(widths))), np.float32)
    ends = np.cumsum(widths)
    encoded = {
        name: encode_column(
            name, column, columns[name], X[:, end - width : end], text_encoders.get(name)
        )
        for name, (_, column), end, width in zip(columns, table.items(), ends, widths, strict=True)
        if width  # columns without outputs are not read
    }
    many = [name for name in encoded if "counts" in columns[name]]
    codes = np.array([encoded[name].codes for name in many], np.int32).reshape(-1, len(table)).T
    n_levels = tuple(len(columns[name]["counts"]) for name in many)
    terms = tuple(terms for each in encoded.values() for terms in each.terms)
    notes = [note for each in encoded.values() for note in each.notes]
    return EncodedTable(X, codes, n_levels, terms), notes


def select_by_name(table: pd.DataFrame, columns: Columns) -> pd.DataFrame:
    """Select the columns of `fit` by name and ignore others, as ColumnTransformer does.

    Parameters
    ----------
    table : DataFrame
        The table.
    columns : dict
        Result of `fit_columns`.

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
    used = [name for name in names if output_suffixes(columns[name])]
    if missing := [name for name in used if name not in table]:
        raise ValueError(
            "X must have all columns that it had in fit, but these are missing: "
            f"{', '.join(map(repr, missing))}. Add them, with missing values if the values are "
            "unknown."
        )
    return table.reindex(columns=pd.Index(names, dtype=object))
