"""Columns that name what rows belong to, such as persons, firms or schools.

Values by chance and values by design differ in how evenly they repeat. Of values that chance
draws, the variance of the numbers of rows is at least their mean. Of a study with equally many rows
of each person it is 0, and of a random part of its rows the share that is not drawn, times the
mean.

Training hides a column whose name or whose values are clearly those of an entity: see `hidden`.
Of others, a fit asks whether the rows of a value are alike: see `find_alike_rows`.
"""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from scratchmlp.tabular.reading.codes import (
    YEARS,
    are_sparse,
    is_grid,
    names_entity,
    names_identifier,
    names_time,
    words,
    words_of_entity,
)
from scratchmlp.tabular.reading.values import Floats

FEWEST_VALUES = 20  # of an entity
ROWS_OF_EACH = (2, 50)  # fewest and most rows of a value, on average; more are those of a group
EVEN, BY_CHANCE = 0.5, 1.5  # largest variance of the rows of a value, divided by their mean
_NUMBERS_OF_ANYTHING = {"number", "num"}  # unlike "nr"
FULL = 0.95  # share of the range from which on whole numbers have no gaps
SKEWED = 0.15  # part of the range below which half of the numbers are those of quantities


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
    numbers : ndarray of shape (n_values,) or None
        The different values, sorted, if they are whole numbers that are not read as codes.
    """

    column: str
    codes: NDArray[np.integer]
    counts: NDArray[np.integer]
    numbers: Floats | None = None

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
        return names_entity(self.column)

    @property
    def is_clearly_named(self) -> bool:
        """Whether the name leaves no doubt. A "number", or classes 1 to 40, may be a quantity."""
        *_, last = words(self.column) or [""]
        is_code = self.has_gaps and len(words_of_entity(self.column)) <= 1 and self.is_sparse
        may_be = self.repeats(EVEN) or is_code
        named = may_be and self.is_named and self.column.lower() not in _NUMBERS_OF_ANYTHING
        return named or names_identifier(last)

    @property
    def is_sparse(self) -> bool:
        """Whether the values are whole numbers that use little of their range."""
        return self.numbers is not None and are_sparse(self.numbers)

    @property
    def has_gaps(self) -> bool:
        """Whether the values are whole numbers with gaps, and neither years nor quantities.

        Quantities of an experiment, such as doses, repeat evenly too. Most of them are small.
        """
        if self.numbers is None:
            return False
        low, high = self.numbers[[0, -1]]
        if low < 0 or (YEARS[0] <= low and high <= YEARS[1]) or is_grid(self.numbers):
            return False
        is_skewed = np.median(self.numbers) - low < SKEWED * (high - low)
        return bool(not is_skewed and self.n_values < FULL * (high - low + 1))

    def repeats(self, unevenness: float = np.inf) -> bool:
        """Return whether values have several rows each, whose numbers vary at most so much."""
        mean = self.counts.mean()
        return bool(mean >= ROWS_OF_EACH[0] and self.counts.var() <= unevenness * mean)

    def is_told_by(self, other: "Entity") -> bool:
        """Return whether all rows of a value of another column have the same value of this one."""
        known = (self.codes >= 0) & (other.codes >= 0)
        pairs = other.codes[known].astype(np.int64) * (self.codes.max() + 1) + self.codes[known]
        return len(np.unique(pairs)) == len(np.unique(other.codes[known]))

    def is_fact_of(self, other: "Entity") -> bool:
        """Return whether each value of another column has one of these numbers, mostly its own.

        Such as the income of a person, which is no name of this person.
        """
        return other.n_values / 2 <= self.n_values <= other.n_values and self.is_told_by(other)


def entity(column: str, codes: NDArray[np.integer], numbers: Floats | None = None) -> Entity | None:
    """Return a column of labels or whole numbers, if its values may be those of an entity.

    There are many values, and not many rows of each. Times are no entities.
    """
    counts = np.bincount(codes[codes >= 0])
    counts = counts[counts > 0]
    n_most = ROWS_OF_EACH[1] * len(counts)
    if len(counts) < FEWEST_VALUES or counts.sum() > n_most or names_time(column):
        return None
    return Entity(column, codes, counts, None if numbers is None else np.unique(numbers))


def hidden(candidates: Iterable[Entity]) -> list[Entity]:
    """Return the columns that clearly name an entity, which training hides in some rows.

    The name may tell, such as "patient_id". Otherwise, they are whole numbers that are repeated
    evenly and leave gaps in their range: among 1, 2, 3, ... there are also times and ranks.
    Numbers that another such column tells are facts of what it names.

    Parameters
    ----------
    candidates : iterable of Entity
        The columns whose values may be those of an entity, in the order of the table.

    Returns
    -------
    list of Entity
        Those that name one.
    """
    repeated = (each for each in candidates if each.repeats())
    even = [each for each in repeated if each.is_clearly_named or each.repeats(EVEN)]
    even.sort(key=lambda x: (not x.is_clearly_named, x.numbers is not None, -x.n_values))
    return [
        each
        for i, each in enumerate(even)
        if each.is_clearly_named or (each.has_gaps and not any(map(each.is_fact_of, even[:i])))
    ]
