"""Columns that name what rows belong to, such as persons, firms or schools.

A name alone may tell, such as "patient_id". Other names, such as "patient", may be those of a
quantity too, and must be confirmed by values that repeat evenly. Of values that chance draws, the
variance of the numbers of rows is at least their mean. Of a study with equally many rows of each
person it is 0, and of a random part of its rows the share that is not drawn, times the mean.

Training hides a column that is clearly named: see `Entity.is_clearly_named`. What is asked about
others is in `numbers_as_codes`.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from scratchmlp.tabular.reading.names import is_entity_name, names_identifier, names_time, words

FEWEST_VALUES = 11  # of an entity; the levels of a column of fewer are few (`FEW_LEVELS`)
FEWEST_ROWS_OF_VALUE = 2  # of a value, on average: values of one row say nothing of other rows
EVEN = 0.5  # largest variance of the rows of a value, divided by their mean: half of chance
_NUMBERS_OF_ANYTHING = {"number", "num"}  # unlike "nr"


class Entity(NamedTuple):
    """A column whose values repeat as those of an entity may do.

    Attributes
    ----------
    column : str
        Name of the column.
    codes : ndarray of shape (n_samples,), int
        Number of the value of each row; -1 if it is missing.
    counts : ndarray of shape (n_values,), int
        Rows of each value.
    """

    column: str
    codes: NDArray[np.integer]
    counts: NDArray[np.integer]

    @property
    def n_values(self) -> int:
        """Number of values."""
        return len(self.counts)

    @property
    def n_frequent(self) -> float:
        """Effective number of values: 1 / the probability that two random rows have the same."""
        return float(self.counts.sum() ** 2 / (self.counts**2).sum())

    @property
    def is_named(self) -> bool:
        """Whether the name says that the values name something."""
        return is_entity_name(self.column)

    @property
    def is_clearly_named(self) -> bool:
        """Whether there is no doubt: a "number", or an uneven column "children", may be another."""
        is_even = self.counts.var() <= EVEN * self.counts.mean()
        named = is_even and self.is_named and self.column.lower() not in _NUMBERS_OF_ANYTHING
        return bool(named) or names_identifier("".join(words(self.column)[-1:]))

    def is_told_by(self, other: "Entity") -> bool:
        """Return whether all rows of a value of another column have the same value of this one."""
        known = (self.codes >= 0) & (other.codes >= 0)
        pairs = other.codes[known].astype(np.int64) * (self.codes.max() + 1) + self.codes[known]
        return len(np.unique(pairs)) == len(np.unique(other.codes[known]))


def entity(column: str, codes: NDArray[np.integer]) -> Entity | None:
    """Return a column of labels or whole numbers, if its values may be those of an entity.

    There are many values, which repeat. Times are no entities.
    """
    counts = np.bincount(codes[codes >= 0])
    counts = counts[counts > 0]
    repeats = counts.sum() >= FEWEST_ROWS_OF_VALUE * len(counts)
    if len(counts) < FEWEST_VALUES or not repeats or names_time(column):
        return None
    return Entity(column, codes, counts)
