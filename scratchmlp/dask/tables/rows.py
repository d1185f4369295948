"""What workers do with the rows of a table: read, sample, encode and select them.

The functions run in tasks. They do what `scratchmlp.tabular.preparation.problem_of` does with
all rows at once.
"""

import copy
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from dask.dataframe.dispatch import concat
from numpy.typing import NDArray
from scipy.sparse import csr_array, vstack
from sklearn.utils import _safe_indexing, check_consistent_length

from scratchmlp.dask.parts import by_part
from scratchmlp.tabular.columns.any_column import Columns
from scratchmlp.tabular.columns.encoded_table import ColumnLayout, EncodedTable
from scratchmlp.tabular.columns.encoder import TabularEncoder, encode_with, learn_columns
from scratchmlp.tabular.folds import Rows
from scratchmlp.tabular.notes import NoteCase


class RawSummary(NamedTuple):
    """What the driver knows of a partition.

    Attributes
    ----------
    n_rows : int
        Number of rows.
    others : dict of str to ndarray, Series or DataFrame
        Of each row, the targets, and weights and groups if there are any.
    """

    n_rows: int
    others: dict[str, Any]


class RawRows(NamedTuple):
    """A partition as the user passed it: rows of the table, and what the driver knows of them."""

    X: Any
    summary: RawSummary


class EncodedSummary(NamedTuple):
    """What the driver knows of encoded rows.

    Attributes
    ----------
    n_rows : int
        Number of rows.
    n_bytes : int
        Memory that they take.
    notes : list of tuple of two str
        What the user should know, as `encode_with` returns it.
    """

    n_rows: int
    n_bytes: int
    notes: list[tuple[NoteCase, str]]


class EncodedRows(NamedTuple):
    """The encoded rows of a partition, and what the driver knows of them."""

    table: EncodedTable
    summary: EncodedSummary


def read(names: Sequence[str], X: Any, *others: Any) -> RawRows:
    """Check that a partition has the same number of rows in all collections. Drop those of None."""
    check_consistent_length(X, *others)
    named = zip(names, others, strict=True)
    kept = {name: _without_index(rows) for name, rows in named if rows is not None}
    return RawRows(X, RawSummary(len(X), kept))


def _without_index(rows: Any) -> Any:
    """Keep the type of pandas, by which local estimators convert labels, but not the index."""
    return rows.reset_index(drop=True) if hasattr(rows, "reset_index") else np.asarray(rows)


def joined(rows: Sequence[Any]) -> Any:
    """Join rows of several partitions. Categories are united, if all partitions have them."""
    if isinstance(rows[0], pd.Series):
        return joined([column.to_frame() for column in rows]).iloc[:, 0]
    if isinstance(rows[0], pd.DataFrame):
        rows = _categories_as_values(rows)
        with warnings.catch_warnings():  # pandas 2 warns of columns that are missing in a partition
            warnings.filterwarnings("ignore", "The behavior of DataFrame concatenation")
            return concat(list(rows), ignore_index=True, ignore_order=True)
    return np.concatenate(rows)


def _categories_as_values(rows: Sequence[pd.DataFrame]) -> list[pd.DataFrame]:
    """Convert columns that are categories in some partitions only, as pandas.concat does."""
    kinds = zip(rows[0], *(part.dtypes == "category" for part in rows), strict=False)
    some = {name: object for name, *is_kind in kinds if any(is_kind) and not all(is_kind)}
    return [part.astype(some) for part in rows] if some else list(rows)


def sample(rows: Rows | None, raw: RawRows) -> Any:
    """Select rows of the table. None selects all."""
    return raw.X if rows is None else _safe_indexing(raw.X, rows)


def learn(encoder: TabularEncoder, *samples: Any) -> TabularEncoder:
    """Fit a copy of an encoder to rows of several partitions, without warnings."""
    fitted = copy.copy(encoder)
    learn_columns(fitted, joined(samples))
    return fitted


def encode(encoder: TabularEncoder, raw: RawRows) -> EncodedRows:
    """Encode the rows of a partition."""
    table, notes = encode_with(encoder, raw.X)
    return EncodedRows(table, EncodedSummary(len(table), bytes_of(table), notes))


def codes_of(columns: Sequence[ColumnLayout], encoded: EncodedRows) -> NDArray[np.int32]:
    """Return the codes of some columns."""
    return encoded.table.codes_of(columns)


def with_columns(columns: Columns, encoded: EncodedRows) -> EncodedRows:
    """Return the rows for columns of which more are hidden."""
    return encoded._replace(table=encoded.table.with_columns(columns))


def bytes_of(table: EncodedTable) -> int:
    """Return how many bytes encoded rows take."""
    arrays = [table.numbers, table.codes]
    for terms in table.terms:
        arrays += [terms.data, terms.indices, terms.indptr]
    return sum(array.nbytes for array in arrays)


def take(rows: Any, encoded: EncodedRows) -> EncodedTable:
    """Select encoded rows, whose numbers are packed."""
    return encoded.table[unpacked(rows)]


def select(tables: Sequence[EncodedTable], rows: Rows) -> EncodedTable:
    """Select rows of several encoded tables, which follow each other.

    The tables are not joined first, because that would take their memory once more.

    Parameters
    ----------
    tables : sequence of EncodedTable
        At least one table.
    rows : ndarray of int
        Row numbers, counted over all tables.

    Returns
    -------
    EncodedTable
        The rows, in the order given.

    Examples
    --------
    >>> import numpy as np
    >>> from scratchmlp.dask.tables.rows import select
    >>> from scratchmlp.tabular import TabularEncoder
    >>> from scratchmlp.tabular.columns.encoder import encode_with
    >>> X = np.array([[1.0], [2.0], [3.0], [4.0], [5.0]])
    >>> table, _ = encode_with(TabularEncoder().fit(X), X)
    >>> bool((select([table[:2], table[2:]], [4, 0, 2]).numbers == table.numbers[[4, 0, 2]]).all())
    True
    """
    rows = np.asarray(rows)
    order = np.argsort(rows, kind="stable")
    places = by_part(rows[order], np.cumsum([0, *map(len, tables)]))
    parts = [tables[0][:0], *(tables[i][own] for i, own in places)]
    selected = EncodedTable(
        np.concatenate([each.numbers for each in parts]),
        np.concatenate([each.codes for each in parts]),
        tuple(
            csr_array(vstack(each)) for each in zip(*(part.terms for part in parts), strict=True)
        ),
        parts[0].layout,
    )
    return selected if is_ascending(rows) else selected[np.argsort(order)]


def is_ascending(rows: Rows) -> bool:
    """Return whether row numbers are in ascending order, each of them once."""
    return bool((np.diff(rows) > 0).all())


@dataclass(frozen=True)
class PackedRows:
    """Row numbers in ascending order, as a bit for each row.

    Attributes
    ----------
    bits : ndarray of uint8
        The bits, eight in a number.
    """

    bits: NDArray[np.uint8]


def packed(rows: Rows) -> Any:
    """Pack row numbers, to be sent. They stay as they are if they are in another order, or few."""
    bits_of_each = 8 * rows.itemsize
    if not len(rows) or rows[-1] >= bits_of_each * len(rows) or not is_ascending(rows):
        return rows
    chosen = np.zeros(rows[-1] + 1, bool)
    chosen[rows] = True
    return PackedRows(np.packbits(chosen))


def unpacked(rows: Any) -> Any:
    """Return the row numbers that `packed` was called with."""
    return np.flatnonzero(np.unpackbits(rows.bits)) if isinstance(rows, PackedRows) else rows
