"""Columns that may tell which rows are alike: those of entities, such as persons, and times."""

from collections.abc import Callable, Iterator
from typing import Any

import pandas as pd

from scratchmlp.arrays import FloatArray
from scratchmlp.tabular.columns.any_column import Columns
from scratchmlp.tabular.columns.encoded_table import EncodedTable
from scratchmlp.tabular.columns.numeric import DateColumn, NumberColumn
from scratchmlp.tabular.reading.codes import are_times
from scratchmlp.tabular.reading.entities import FEWEST_VALUES, Entity, entity
from scratchmlp.tabular.reading.values import EXACT

ValuesOf = Callable[[str], "pd.Series[Any]"]


def entities(table: EncodedTable, columns: Columns, values_of: ValuesOf) -> list[Entity]:
    """Return the columns that may say to whom the rows belong.

    These are whole numbers and categories whose name says so, or of which few values do not have
    most rows. Where they have, as in education, new rows are hardly of other values.

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
    return sorted(filter(None, found), key=lambda each: (not each.is_named, -each.n_values))


def _entity(table: EncodedTable, name: str, column: Any, values_of: ValuesOf) -> Entity | None:
    """Return a column of categories, or of whole numbers that may be those of an entity."""
    laid = table.layout.columns[name]
    if laid.coded_as:
        found = entity(name, table.codes_of([laid])[:, 0])
    elif isinstance(column, NumberColumn) and "" in laid.numbers:
        found = entity(name, pd.factorize(table.numbers[:, laid.numbers[""]], sort=True)[0])
        found = found if found and _are_whole(values_of(name).dropna()) else None
    else:
        return None
    return found if found and (found.is_named or found.n_frequent >= FEWEST_VALUES) else None


def _are_whole(numbers: "pd.Series[Any]") -> bool:
    """Return whether all numbers are whole, and such that float64 tells them apart."""
    return bool(((numbers % 1 == 0) & (numbers.abs() < EXACT)).all())


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
