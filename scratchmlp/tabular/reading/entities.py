"""Columns that name what rows belong to, such as persons, firms or schools.

Values by chance and values by design differ in how evenly they repeat. Of values that chance
draws, the variance of the numbers of rows is at least their mean. Of a study with equally many rows
of each person it is 0, and of a random part of its rows the share that is not drawn, times the
mean.
"""

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from scratchmlp.tabular.reading.codes import (
    YEARS,
    is_grid,
    names_entity,
    names_identifier,
    names_time,
    words,
)
from scratchmlp.tabular.reading.values import Floats, different_values

FEWEST_VALUES = 20  # of an entity
ROWS_OF_EACH = (2, 50)  # fewest and most rows of a value, on average; more are those of a group
EVEN = 0.5  # largest variance of the rows of a value, divided by their mean
_NUMBERS_OF_ANYTHING = {"number", "num"}  # unlike "nr"
FULL = 0.95  # share of the range from which on whole numbers have no gaps
SKEWED = 0.15  # part of the range below which half of the numbers are those of quantities


class Candidate(NamedTuple):
    """A column whose values repeat as those of an entity may do.

    Attributes
    ----------
    name : str
        Name of the column.
    codes : ndarray of shape (n_samples,), int
        Number of the value of each row; -1 if it is missing.
    n_values : int
        Number of values.
    numbers : ndarray of shape (n_values,) or None
        The different values, sorted, if they are whole numbers that are not read as codes.
    is_even : bool
        Whether all values have about equally many rows.
    """

    name: str
    codes: Any
    n_values: int
    numbers: Floats | None
    is_even: bool

    @property
    def is_named(self) -> bool:
        """Whether the name says that the values name something."""
        *_, last = words(self.name) or [""]
        may_be = self.is_even and self.name.lower() not in _NUMBERS_OF_ANYTHING
        return names_identifier(last) or (may_be and names_entity(self.name))

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

    def is_fact_of(self, other: "Candidate") -> bool:
        """Return whether each value of another column has one of these numbers, mostly its own.

        Such as the income of a person, which is no name of this person.
        """
        if not other.n_values / 2 <= self.n_values <= other.n_values:
            return False
        known = (self.codes >= 0) & (other.codes >= 0)
        pairs = other.codes[known].astype(np.int64) * self.n_values + self.codes[known]
        return len(np.unique(pairs)) <= other.n_values


def candidate(name: str, values: "pd.Series[Any]", numbers: Floats | None) -> Candidate | None:
    """Return a column of labels or whole numbers, if its values repeat as those of an entity."""
    codes, unique, counts = different_values(values)
    least, most = (n_rows * len(unique) for n_rows in ROWS_OF_EACH)
    if len(unique) < FEWEST_VALUES or not least <= counts.sum() <= most or names_time(name):
        return None
    is_even = bool(counts.var() <= EVEN * counts.mean())
    different = None if numbers is None else np.unique(numbers)
    return Candidate(name, codes, len(unique), different, is_even)


def entities(candidates: Iterable[Candidate]) -> list[Candidate]:
    """Return the columns that name an entity.

    The name may tell, such as "patient_id". Otherwise, they are whole numbers that are repeated
    evenly and leave gaps in their range: among 1, 2, 3, ... there are also times and ranks.
    Numbers that another such column tells are facts of what it names.

    Parameters
    ----------
    candidates : iterable of Candidate
        The columns whose values repeat as those of an entity may do, in the order of the table.

    Returns
    -------
    list of Candidate
        Those that name an entity.
    """
    even = [each for each in candidates if each.is_even or each.is_named]
    even.sort(key=lambda each: (not each.is_named, each.numbers is not None, -each.n_values))
    return [
        each
        for i, each in enumerate(even)
        if each.is_named or (each.has_gaps and not any(map(each.is_fact_of, even[:i])))
    ]
