"""Columns that may tell which rows are alike: those of entities, such as persons, and times."""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scratchmlp.arrays import FloatArray
from scratchmlp.tabular.columns.any_column import Columns
from scratchmlp.tabular.columns.encoded_table import EncodedTable
from scratchmlp.tabular.columns.numeric import DateColumn, NumberColumn
from scratchmlp.tabular.reading.codes import are_times, names_entity, names_time
from scratchmlp.tabular.reading.entities import FEWEST_VALUES, ROWS_OF_EACH

#: Largest variance of the number of rows of a value, in multiples of its mean, if the values are
#: numbers whose name says nothing. It is about 1 if each row has a random value.
_MOST_UNEVEN = 1.5

ValuesOf = Callable[[str], "pd.Series[Any]"]


class Entity(NamedTuple):
    """A column that may say to whom, or to what, the rows belong.

    Attributes
    ----------
    column : str
        Its name.
    codes : ndarray of shape (n_samples,), int
        Number of the value of each row, -1 if it is missing.
    is_named : bool
        Whether the name says so.
    """

    column: str
    codes: NDArray[np.integer]
    is_named: bool

    @property
    def n_values(self) -> int:
        """Number of values."""
        return len(np.unique(self.codes[self.codes >= 0]))

    def tells(self, other: "Entity") -> bool:
        """Return whether the values of one of both columns tell those of the other."""
        pairs = pd.factorize(self.codes.astype(np.int64) * len(self.codes) + other.codes)[1]
        return len(pairs) == max(len(np.unique(each.codes)) for each in (self, other))


def entities(table: EncodedTable, columns: Columns, values_of: ValuesOf) -> list[Entity]:
    """Return the columns that may say to whom the rows belong.

    These are categories, and whole numbers whose name says so, or whose values have about as many
    rows each.

    Parameters
    ----------
    table : EncodedTable
        The rows.
    columns : dict of str to Column
        The fitted columns.
    values_of : callable
        Returns the values of a column, by its name.

    Returns
    -------
    list of Entity
        Columns whose values repeat: those whose name says so first, then those of many values.
    """
    found = (_entity(table, name, column, values_of) for name, column in columns.items())
    repeated = [each for each in found if each and _repeat(each)]
    return sorted(repeated, key=lambda each: (not each.is_named, -each.n_values))


def _entity(table: EncodedTable, name: str, column: Any, values_of: ValuesOf) -> Entity | None:
    """Return a column of categories, or of whole numbers that may be those of an entity."""
    laid, is_named = table.layout.columns[name], names_entity(name)
    if laid.n_levels:
        return Entity(name, table.codes_of([laid])[:, 0], is_named)
    if not isinstance(column, NumberColumn) or "" not in laid.numbers or names_time(name):
        return None
    codes, _ = pd.factorize(table.numbers[:, laid.numbers[""]])
    may_be = is_named or _are_even(codes)
    return Entity(name, codes, is_named) if may_be and _are_whole(values_of(name)) else None


def _repeat(entity: Entity) -> bool:
    """Return whether there are few rows of each value, but not of few values."""
    n_known = int((entity.codes >= 0).sum())
    return entity.n_values >= FEWEST_VALUES and n_known <= ROWS_OF_EACH[1] * entity.n_values


def _are_even(codes: NDArray[np.integer]) -> bool:
    """Return whether values have about as many rows each, at least two on average."""
    counts = np.bincount(codes + 1)[1:]
    mean = counts.mean() if len(counts) else 0
    return bool(mean >= ROWS_OF_EACH[0] and counts.var() <= _MOST_UNEVEN * mean)


def _are_whole(numbers: "pd.Series[Any]") -> bool:
    return bool((numbers.dropna() % 1 == 0).all())


def times(
    table: EncodedTable, columns: Columns, values_of: ValuesOf
) -> Iterator[tuple[str, FloatArray]]:
    """Yield the columns of dates, and then those of years or days: their names and the times."""
    for kind in (DateColumn, NumberColumn):
        for name, column in columns.items():
            laid = table.layout.columns[name].numbers
            if not isinstance(column, kind) or "" not in laid:
                continue
            if kind is DateColumn or are_times(name, values_of(name).dropna().to_numpy()):
                yield name, table.numbers[:, laid[""]]
