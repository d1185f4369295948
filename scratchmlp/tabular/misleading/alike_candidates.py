"""Columns that may tell which rows are alike: those of entities, such as persons, and times.

The ages beside an age tell as much of a target as the age itself. The schools with the next numbers
tell nothing of a school: only its own rows do. So whole numbers of schools are found without any
word in the name of the column.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from sklearn.linear_model import Ridge
from sklearn.model_selection import KFold, cross_val_predict

from scratchmlp.arrays import FloatArray
from scratchmlp.batches import Data
from scratchmlp.tabular.columns.any_column import Columns
from scratchmlp.tabular.columns.encoded_table import EncodedTable
from scratchmlp.tabular.columns.numeric import DateColumn, NumberColumn
from scratchmlp.tabular.misleading.quick_models import (
    N_FOLDS,
    ValuesOf,
    constant_prediction,
    targets_of,
)
from scratchmlp.tabular.reading.codes import FEWEST_VALUES, Entity, entity
from scratchmlp.tabular.reading.names import are_times, names_birth
from scratchmlp.tabular.reading.values import EXACT

#: Fewest different times that folds of earlier and later rows can be made of.
FEWEST_TIMES = 9
#: By how much of the variance own rows must be nearer. Where a curve bends, they are a little.
_LEAST_SHARE = 0.08
#: By how many standard errors. Of 130 columns that are made, quantities with a larger share have at
#: most 1.6, and codes 2.3 to 4.4.
_CLEARLY_NEARER = 2.0


def entities(table: EncodedTable, columns: Columns, values_of: ValuesOf) -> list[Entity]:
    """Return the columns that may say to whom the rows belong, and whose values repeat.

    These are whole numbers and categories whose name says so, or of which few values do not have
    most rows. Where they have, as in education, new rows are hardly of other values. Columns whose
    name says so come first, then those of many values.
    """
    found = (_entity_in(table, name, column, values_of) for name, column in columns.items())
    return sorted(filter(None, found), key=lambda each: (not each.is_named, -each.n_values))


def _entity_in(table: EncodedTable, name: str, column: Any, values_of: ValuesOf) -> Entity | None:
    """Return a column of categories, or of whole numbers that may be those of an entity."""
    where = table.layout.columns[name]
    if where.coded_as:
        found = entity(name, table.codes_of([where])[:, 0])
    elif isinstance(column, NumberColumn) and "" in where.numbers:
        found = entity(name, pd.factorize(table.numbers[:, where.numbers[""]], sort=True)[0])
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
    """Yield the columns of dates, and then those of years or days: their names and the times.

    A birth date is no time of a row.
    """
    for kind in (DateColumn, NumberColumn):
        for name, column in columns.items():
            numbers = table.layout.columns[name].numbers
            if not isinstance(column, kind) or "" not in numbers or names_birth(name):
                continue
            values = values_of(name).dropna()
            is_time = kind is DateColumn or are_times(name, values.to_numpy())
            if is_time and values.nunique() >= FEWEST_TIMES:
                yield name, table.numbers[:, numbers[""]]


def beyond_a_line(data: Data) -> FloatArray:
    """Return the part of the targets that no straight line of the numbers tells.

    These are the errors of ridge regression, which has not learned from the row. Rows of an animal
    that grows are alike only beyond time, which tells most of its weight.
    """
    targets = targets_of(data) - constant_prediction(data)
    if not data.X.numbers.shape[1]:
        return targets
    folds = KFold(N_FOLDS, shuffle=True, random_state=0)
    X = np.nan_to_num(data.X.numbers)  # the median of a column is 0
    predicted: FloatArray = cross_val_predict(Ridge(), X, targets, cv=folds)
    return targets - predicted.reshape(targets.shape)


def own_rows_tell_more(targets: FloatArray, weight: FloatArray, entity: Entity) -> bool:
    """Return whether rows of the same value clearly tell more than the rows beside them.

    A target is predicted by the mean of the other rows of its value, and by the mean of the rows
    beside these: of m rows, the m before and the m after them in the order of the values. Those may
    be only some rows of the next value, so the rows must be in random order. A row with the target
    0 is added to each mean.

    The difference of the squared errors must be large and clear. Values count for the standard
    error, not rows.

    Parameters
    ----------
    targets : ndarray of shape (n_samples, n_targets)
        Targets, with a mean of about 0.
    weight : ndarray of shape (n_samples,)
        Weights of the rows.
    entity : Entity
        A column, whose codes are in the order of its values.

    Returns
    -------
    bool
        Whether the first prediction is clearly nearer.
    """
    rows = np.flatnonzero(entity.codes >= 0)
    rows = rows[np.argsort(entity.codes[rows], kind="stable")]
    values, weight, targets = entity.codes[rows], weight[rows, np.newaxis], targets[rows]
    sums, n_rows = _running(weight * targets), _running(weight)
    first, end = (np.searchsorted(values, values, side) for side in ("left", "right"))
    before, after = np.maximum(2 * first - end, 0), np.minimum(2 * end - first, len(rows))
    of_value, n_value = sums[end] - sums[first], n_rows[end] - n_rows[first]
    own = (of_value - weight * targets) / (n_value - weight + 1)
    beside = (sums[after] - sums[before] - of_value) / (
        n_rows[after] - n_rows[before] - n_value + 1
    )
    nearer = (weight * ((targets - beside) ** 2 - (targets - own) ** 2)).sum(axis=1)
    error = np.sqrt((np.bincount(values, nearer) ** 2).sum())
    variance = (weight * targets**2).sum()
    tiny = np.finfo(np.float64).tiny
    share, deviations = nearer.sum() / max(variance, tiny), nearer.sum() / max(error, tiny)
    return bool(share > _LEAST_SHARE and deviations > _CLEARLY_NEARER)


def _running(numbers: FloatArray) -> FloatArray:
    """Return the sums of the first 0, 1, 2, ... rows."""
    return np.pad(numbers.cumsum(axis=0), ((1, 0), (0, 0)))
