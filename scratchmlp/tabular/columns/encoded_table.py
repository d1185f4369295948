"""An encoded table in compact form: numbers, codes of categories, and indicators of words."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate, chain, pairwise
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array

from scratchmlp.arrays import FloatArray
from scratchmlp.tabular.columns.any_column import Column, Columns, encode_column
from scratchmlp.tabular.columns.fitted_column import LevelEncoding
from scratchmlp.tabular.notes import Note

#: Share of known values, by weight, up to which a column is empty for trees. Of more than 200,000
#: rows, scikit-learn's boosting looks at a sample of 200,000, which must contain a known value.
_EMPTY = 1e-4
#: Outputs of the codes 0, 1 and -1 of a column of two levels.
SIGNS = np.array([-1, 1, 0], np.float32)


class Place(NamedTuple):
    """Where an `EncodedTable` has the parts of a column, or of several.

    Attributes
    ----------
    numbers : sequence of int
        Columns of `numbers`.
    codes : sequence of int
        Columns of `codes`.
    terms : sequence of int
        Positions in `terms`.
    """

    numbers: Sequence[int]
    codes: Sequence[int]
    terms: Sequence[int]

    @property
    def is_empty(self) -> bool:
        """Whether the table has nothing of these columns."""
        return not any(self)


class ColumnLayout(NamedTuple):
    """Where the parts and the outputs of a column are.

    A categorical column has a code for each level. The first codes belong to levels with an output
    of their own, which is 1 for this level and 0 for others. A column of two levels has one output
    instead, which is -1 or 1.

    Attributes
    ----------
    numbers : dict of str to int
        The column of `EncodedTable.numbers` of each output that is a number or an indicator, by the
        suffix of the output, such as "" for the value itself, or "_missing".
    place : Place
        All parts of the column.
    outputs : range
        Positions of its outputs: those that the code of the level tells, then its numbers.
    coded_as : LevelEncoding or None
        How the codes of levels are encoded. None for columns without codes.
    n_levels : int
        Number of levels with a code.
    may_miss : bool
        Whether the number "" is NaN if it is missing. Then "_missing" is its indicator.
    hidden : dict of str to float or None
        What `numbers` become where training hides the column, by suffix, if it names what rows
        belong to, such as persons.
    is_held_out : bool
        Whether each fold holds out all rows of some of these values.
    """

    numbers: dict[str, int]
    place: Place
    outputs: range
    coded_as: LevelEncoding | None
    n_levels: int
    may_miss: bool
    hidden: dict[str, float] | None
    is_held_out: bool

    @property
    def n_shown(self) -> int:
        """Number of outputs that the code of the level tells."""
        return len(self.outputs) - len(self.numbers)


class Layout(NamedTuple):
    """Where the columns and the outputs of an encoded table are.

    Attributes
    ----------
    columns : dict of str to ColumnLayout
        The columns of the table, by name.
    n_outputs : int
        Number of outputs.
    numbers : ndarray of int
        Positions of the outputs that are numbers or indicators of missing values.
    """

    columns: dict[str, ColumnLayout]
    n_outputs: int
    numbers: NDArray[np.intp]

    @property
    def entities(self) -> list[ColumnLayout]:
        """The columns that training hides in some rows."""
        return [each for each in self.columns.values() if each.hidden is not None]

    @property
    def known_entities(self) -> dict[str, ColumnLayout]:
        """Those of which held-out rows of folds have known values, by name."""
        columns = self.columns.items()
        return {n: each for n, each in columns if each.hidden is not None and not each.is_held_out}

    def coded_as(self, *encodings: LevelEncoding) -> list[ColumnLayout]:
        """Return the columns whose codes are encoded in one of some ways."""
        return [each for each in self.columns.values() if each.coded_as in encodings]

    @property
    def places(self) -> dict[str, Place]:
        """The parts of each column, by its name. Columns without outputs have none."""
        return {name: each.place for name, each in self.columns.items()}


def layout_of(columns: Columns) -> Layout:
    """Return the layout of an encoded table.

    Parameters
    ----------
    columns : dict of str to Column
        The columns of the table.

    Returns
    -------
    Layout
        The layout.
    """
    fitted = columns.values()
    outputs = _consecutive(each.n_outputs for each in fitted)
    numbers = _consecutive(len(each.number_suffixes()) for each in fitted)
    codes = _consecutive(each.coded_as is not None for each in fitted)
    terms = _consecutive(each.n_terms for each in fitted)
    places = map(Place, numbers, codes, terms)
    placed = {
        name: _layout_of_column(each, place, own)
        for (name, each), place, own in zip(columns.items(), places, outputs, strict=True)
    }
    positions = [i for each in placed.values() for i in each.outputs[each.n_shown :]]
    n_outputs = max(1, sum(map(len, outputs)))  # without any output, a column of zeros
    return Layout(placed, n_outputs, np.array(positions, np.intp))


def _layout_of_column(column: Column, place: Place, outputs: range) -> ColumnLayout:
    """Return the layout of a column whose parts and outputs are at these places."""
    numbers = dict(zip(column.number_suffixes(), place.numbers, strict=True))
    return ColumnLayout(
        numbers,
        place,
        outputs,
        column.coded_as,
        len(column.coded_levels),
        column.may_miss,
        column.hidden_numbers,
        column.is_held_out,
    )


def _consecutive(lengths: Iterable[int]) -> list[range]:
    """Return ranges of these lengths, each of which begins where the one before it ends."""
    return [range(*pair) for pair in pairwise(accumulate(lengths, initial=0))]


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
    return Place(*([*chain.from_iterable(parts)] for parts in zip(*places, strict=True)))


@dataclass(frozen=True)
class EncodedTable:
    """An encoded table. It is indexed like an array of its rows.

    It takes much less memory than its outputs, of which most are outputs of categories.

    Attributes
    ----------
    numbers : ndarray of shape (n_samples, n_numbers), float32
        The outputs that are numbers or indicators of missing values. A number that is missing is
        NaN if its column has an indicator, else 0, the median.
    codes : ndarray of shape (n_samples, n_categorical), int32
        Codes of the levels of categorical columns, as `CategoricalColumn.codes_of` returns them.
    terms : tuple of csr_array of shape (n_samples, n_terms), int8
        Indicators of the words, and of the n-grams, of each column of text.
    layout : Layout
        Where the outputs are.
    """

    numbers: FloatArray
    codes: NDArray[np.int32]
    terms: tuple[csr_array, ...]
    layout: Layout

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.numbers)

    def __getitem__(self, rows: Any) -> "EncodedTable":
        """Select rows with a slice, a mask or an array of row numbers."""
        terms = tuple(each[rows] for each in self.terms)
        return EncodedTable(self.numbers[rows], self.codes[rows], terms, self.layout)

    def to_array(self) -> FloatArray:
        """Return all outputs, as `TabularEncoder.transform` does.

        Returns
        -------
        ndarray of shape (n_samples, n_outputs), float32
            The outputs.
        """
        layout = self.layout
        X = np.zeros((len(self), layout.n_outputs), np.float32)
        X[:, layout.numbers] = self.imputed()
        signs, shown = layout.coded_as("sign"), layout.coded_as("one-hot", "many")
        X[:, _starts(signs)] = SIGNS[self.codes_of(signs)]
        codes = self.codes_of(shown)
        rows, columns = np.nonzero((codes >= 0) & (codes < [each.n_shown for each in shown]))
        X[rows, _starts(shown)[columns] + codes[rows, columns]] = 1
        return X

    def imputed(self, columns: Any = slice(None)) -> FloatArray:
        """Return columns of `numbers`, in which 0, the median, replaces missing numbers."""
        numbers = self.numbers[:, columns]
        return np.where(np.isnan(numbers), np.float32(0), numbers)

    @property
    def is_unknown(self) -> NDArray[np.bool_]:
        """Whether a value of at least one column of `Layout.known_entities` is missing or new."""
        codes = self.codes_of([*self.layout.known_entities.values()])
        return np.asarray((codes < 0).any(axis=1))

    def hiding(self, hidden: NDArray[np.bool_]) -> "EncodedTable":
        """Return the table with columns that training hides missing in some rows.

        `hidden`, of shape (n_samples, n_entities), tells which columns in which rows. The number of
        a code stays, unless it is that of an identifier.
        """
        numbers, codes = self.numbers.copy(), self.codes.copy()
        for each, rows in zip(self.layout.entities, hidden.T, strict=True):
            for suffix, number in (each.hidden or {}).items():
                numbers[rows, each.numbers[suffix]] = number
            codes[np.ix_(rows, each.place.codes)] = -1
        return EncodedTable(numbers, codes, self.terms, self.layout)

    def without_entities(self) -> "EncodedTable":
        """Return the table with all columns that training hides missing."""
        return self.hiding(np.ones((len(self), len(self.layout.entities)), dtype=bool))

    def held_out(self) -> "EncodedTable":
        """Return rows of a fold as models without it see them: values that it holds out are new."""
        new = [each.is_held_out for each in self.layout.entities]
        return self.hiding(np.tile(new, (len(self), 1))) if any(new) else self

    def with_columns(self, columns: Columns) -> "EncodedTable":
        """Return the table for columns of which training hides more."""
        table = EncodedTable(self.numbers, self.codes, self.terms, layout_of(columns))
        return table.hiding(table.codes_of(table.layout.entities) < 0)

    def codes_of(self, columns: Iterable[ColumnLayout]) -> NDArray[np.int32]:
        """Return the codes of some columns."""
        return self.codes[:, [each.place.codes[0] for each in columns]]

    def numbers_and_codes(self) -> FloatArray:
        """Return numbers and the codes of categories.

        This is what trees need: they choose a side for missing values, and they split the levels
        of a category by their codes.

        Returns
        -------
        ndarray of shape (n_samples, n_numbers + n_categorical), float32
            The numbers and the codes.
        """
        values = np.hstack([self.numbers, self.codes.astype(np.float32)])
        return values if values.shape[1] else self.to_array()


class SharedTable(EncodedTable):
    """Rows that several models read. What all of them need is computed once, and is read-only."""

    @classmethod
    def of(cls, table: EncodedTable) -> "SharedTable":
        """Return the same rows."""
        return cls(table.numbers, table.codes, table.terms, table.layout)

    def to_array(self) -> FloatArray:
        """See `EncodedTable.to_array`."""
        return self._array

    def numbers_and_codes(self) -> FloatArray:
        """See `EncodedTable.numbers_and_codes`."""
        return self._numbers_and_codes

    @cached_property
    def _array(self) -> FloatArray:
        return _read_only(super().to_array())

    @cached_property
    def _numbers_and_codes(self) -> FloatArray:
        return _read_only(super().numbers_and_codes())


def _read_only(values: FloatArray) -> FloatArray:
    """Return the same array, which is not writable from now on."""
    values.flags.writeable = False
    return values


def _starts(columns: Iterable[ColumnLayout]) -> NDArray[np.intp]:
    """Return the position of the first output of each column."""
    return np.array([each.outputs.start for each in columns], np.intp)


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
    numbers = np.empty((len(table), len(layout.numbers)), np.float32)
    n_codes = sum(len(each.place.codes) for each in layout.columns.values())
    codes = np.empty((len(table), n_codes), np.int32)
    terms: list[csr_array] = []
    notes: list[Note] = []
    for (name, column), (_, given) in zip(columns.items(), table.items(), strict=True):
        where = layout.columns[name]
        if where.outputs:  # columns without outputs are not read
            encoded, found = encode_column(name, given, column)
            for suffix, number in where.numbers.items():
                numbers[:, number] = encoded.numbers[suffix]
            if encoded.codes is not None:
                codes[:, where.place.codes] = encoded.codes[:, np.newaxis]
            terms += encoded.terms
            notes += found
    return EncodedTable(numbers, codes, tuple(terms), layout), notes


def fill_empty_columns(X: FloatArray, weight: FloatArray | None) -> FloatArray:
    """Replace missing values by 0 in columns of which no or almost no value is known.

    Boosting of scikit-learn cannot be fitted to a column without any known value. Trees that were
    fitted to a column of zeros do not split it, so it does not matter which values they predict.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_inputs)
        Training rows. Missing values are nan.
    weight : ndarray of shape (n_samples,) or None
        Weights of the rows.

    Returns
    -------
    ndarray of shape (n_samples, n_inputs)
        The rows. They are copied if a column is empty.
    """
    missing = np.isnan(X)
    empty = 1 - np.average(missing, axis=0, weights=weight) <= _EMPTY
    return np.where(missing & empty, X.dtype.type(0), X) if empty.any() else X
