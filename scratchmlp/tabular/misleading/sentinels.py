"""Numbers unlike all others that repeat: they may stand for missing values."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from scratchmlp.arrays import FloatArray
from scratchmlp.tabular.columns.any_column import Columns
from scratchmlp.tabular.columns.encoded_table import EncodedTable
from scratchmlp.tabular.columns.numeric import NumberColumn, undo_clip
from scratchmlp.tabular.misleading.quick_models import ValuesOf
from scratchmlp.tabular.notes import Note
from scratchmlp.tabular.reading.values import to_python

#: Smallest distance of a sentinel from the other numbers, in units of their span.
_SPANS = 2.0
#: The same for encoded numbers, which are rounded.
_NEARLY = 0.9 * _SPANS
_FEWEST_REPEATS = 2
_FEWEST_OTHERS = 3  # different numbers
#: Negative numbers that stand for missing values, also near to others, if no other is negative.
_CODES = (-1.0, -9.0, -99.0, -999.0, -9999.0)
#: Different numbers besides such a code: a scale of fewer may begin below 0.
_FEWEST_QUANTITIES = 6
#: Separates the codes from numbers of at least 0.
BELOW_ZERO = -0.5


def find_sentinels(table: EncodedTable, columns: Columns, values_of: ValuesOf) -> Iterator[Note]:
    """Yield notes, of the case "sentinel", on columns of numbers with such a number."""
    for name, column in columns.items():
        if not (isinstance(column, NumberColumn) and column.scale > 0):
            continue
        encoded = table.numbers[:, table.layout.columns[name].numbers[""]]
        below_zero = column.encode(pd.Series([BELOW_ZERO])).numbers[""].astype(encoded.dtype)
        if not may_have_sentinel(encoded, below_zero[0]):
            continue
        numbers = values_of(name).to_numpy()
        if (value := find_sentinel(numbers)) is not None:
            others = numbers[(numbers != value) & ~np.isnan(numbers)]
            ends = {"low": float(others.min()), "high": float(others.max())}
            n_rows = int((numbers == value).sum())
            yield Note("sentinel", name, {"value": to_python(value), "n_rows": n_rows, **ends})


def may_have_sentinel(encoded: FloatArray, below_zero: float) -> bool:
    """Return whether the smallest or the largest of several numbers may be unlike the others.

    The numbers, which may be nan, and `BELOW_ZERO` are encoded by `TabularEncoder`. Clipped numbers
    are rounded, so that `find_sentinel` must look at those of the table. If the result is False,
    there is none.
    """
    low, high = np.fmin.reduce(encoded), np.fmax.reduce(encoded)
    others = encoded[(encoded > low) & (encoded < high)]
    if not len(others):  # two numbers, or one so far away that rounding makes the others one
        return bool(low < high)
    if low <= below_zero <= others.min():
        return True
    with np.errstate(divide="ignore", invalid="ignore"):  # the largest become infinite
        clipped = np.array([low, others.min(), others.max(), high], np.float64)
        low, first, last, high = undo_clip(clipped, least_left=0.0)
        return bool(
            high - last >= _NEARLY * (last - low) or first - low >= _NEARLY * (high - first)
        )


def find_sentinel(numbers: FloatArray) -> float | None:
    """Return the smallest or largest of several numbers if it may stand for a missing value.

    It must repeat, and lie at least twice the span of all others away from them: of 6,735 columns
    of tables of R packages, 20 have such a number. Or it is -1, -9, -99 or the like, the only
    negative number of a column of quantities.

    Parameters
    ----------
    numbers : ndarray of shape (n_samples,)
        Numbers, which may be nan.

    Returns
    -------
    float or None
        The number, if there is one.
    """
    values, counts = np.unique(numbers[~np.isnan(numbers)], return_counts=True)
    if len(values) <= _FEWEST_OTHERS:
        return None
    for at, others in ((0, values[1:]), (-1, values[:-1])):
        distance = np.abs(values[at] - others).min()
        if counts[at] >= _FEWEST_REPEATS and distance >= _SPANS * np.ptp(others):
            return float(values[at])
    is_lone = values[0] in _CODES and counts[0] >= _FEWEST_REPEATS and values[1] >= 0
    return float(values[0]) if is_lone and len(values) > _FEWEST_QUANTITIES else None
