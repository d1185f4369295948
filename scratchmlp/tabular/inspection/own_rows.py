"""Whether rows of the same value are alike, beyond what the values beside it tell.

The ages beside an age tell as much of a target as the age itself. The schools that are beside a
school by their numbers tell nothing: only the own rows do. So whole numbers of schools are found
without any word in the name of the column.
"""

from typing import NamedTuple

import numpy as np

from scratchmlp.arrays import FloatArray
from scratchmlp.batches import Data
from scratchmlp.tabular.inspection.quick_models import (
    constant_prediction,
    targets_of,
    weights_of,
)
from scratchmlp.tabular.reading.entities import Entity

#: Least share of the variance of the targets. Where a curve bends, own rows tell a little more.
_LEAST_SHARE = 0.08
#: Least number of standard errors. Of 270 columns of whole numbers, quantities with a larger share
#: have at most 1.6, and codes 2.0 to 4.6.
_CLEAR = 1.8


class OwnRows(NamedTuple):
    """How much more the own rows of a value tell of the targets than those beside it.

    Attributes
    ----------
    share : float
        By how much the mean of the own rows is nearer to a target that it has not seen: difference
        of mean squared errors, as a share of the variance of the targets.
    deviations : float
        The same in standard errors. The values count, not the rows.
    """

    share: float
    deviations: float

    @property
    def are_alike(self) -> bool:
        """Whether the own rows clearly tell more."""
        return self.share > _LEAST_SHARE and self.deviations > _CLEAR


def told_by_own_rows(data: Data, entity: Entity) -> OwnRows:
    """Compare the mean target of the other rows of a value with that of the rows beside them.

    Beside a value with m rows are the m rows before and the m rows after them, in the order of the
    values. A row with the mean of all targets is added to each mean.

    Parameters
    ----------
    data : Data
        The rows.
    entity : Entity
        A column, whose codes are in the order of its values.

    Returns
    -------
    OwnRows
        What the own rows tell.
    """
    rows = np.flatnonzero(entity.codes >= 0)
    rows = rows[np.argsort(entity.codes[rows], kind="stable")]
    values, weight = entity.codes[rows], weights_of(data)[rows, np.newaxis]
    targets = (targets_of(data) - constant_prediction(data))[rows]
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
    return OwnRows(nearer.sum() / max(variance, tiny), nearer.sum() / max(error, tiny))


def _running(numbers: FloatArray) -> FloatArray:
    """Return the sums of the first 0, 1, 2, ... rows."""
    return np.pad(numbers.cumsum(axis=0), ((1, 0), (0, 0)))
