"""When numbers are codes, and when a column names an entity, such as persons: one chain of steps.

1. Reading takes whole numbers for codes if float64 rounds them (`find_long_code`), or if the name
   of the column, or their digits, say so (`find_code`). `is_code` decides.
2. Reading marks columns that name an entity without doubt, and takes their numbers for codes
   (`find_entities`). `Entity.is_clearly_named` decides.
3. With the targets, a fit looks at the other columns of categories and of whole numbers that
   repeat (`misleading.alike_candidates.entities`). It finds those of which rows of a value tell
   more than the rows beside it (`own_rows_tell_more`).
4. It asks whether new values of these, or of columns with the name of an entity, would be harder
   to predict (`misleading.alike_rows`). If so, the column names an entity: a note "entity".
5. Of the others, whole numbers that the encoder may take for codes (`may_take_for_codes`) are
   codes, unless an entity tells them: a note "codes" (`misleading.findings`).
6. The encoder is changed as the notes of 4 and 5 say (`with_codes`, `with_marks`).

Numbers become codes in steps 1, 2 and 6, always by `as_codes`. `fit_column` then learns
`ManyCodes`, which are categories and numbers. Training hides the categories of steps 2, 4 and 5
in some rows, so that new values are predicted without them.

A name alone may tell an entity, such as "patient_id". Other names, such as "patient", may be those
of a quantity too, and must be confirmed by values that repeat evenly. Of values that chance draws,
the variance of the numbers of rows is at least their mean. Of a study with equally many rows of
each person it is 0, and of a random part of its rows the share that is not drawn, times the mean.
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from scratchmlp.tabular.notes import Note
from scratchmlp.tabular.reading.found import Found
from scratchmlp.tabular.reading.names import (
    is_entity_name,
    names_code,
    names_identifier,
    names_time,
    words,
)
from scratchmlp.tabular.reading.numbers import PADDED, is_rounded
from scratchmlp.tabular.reading.values import (
    EXACT,
    Different,
    Floats,
    different_values,
    naming_column,
    to_numbers,
)
from scratchmlp.tabular.vocabulary import Why

SMALL = 10  # rows; in smaller tables, nothing is concluded from differences between numbers
SPARSE = 0.1  # largest share of the range that codes take
SHORTEST_CODE = 5  # digits of codes whose name does not tell that they are codes
LOST = 0.05  # share of the values whose digits may be lost in numbers
FEWEST_VALUES = 11  # of an entity; the levels of a column of fewer are few (`FEW_LEVELS`)
FEWEST_ROWS_OF_VALUE = 2  # of a value, on average: values of one row say nothing of other rows
EVEN = 0.5  # largest variance of the rows of a value, divided by their mean: half of chance
_NUMBERS_OF_ANYTHING = {"number", "num"}  # unlike "nr"


# Codes.


def lose_digits(name: str, values: Different) -> bool:
    """Return whether digits of a column's values, text or numbers, would be lost in numbers.

    More than a few values begin with 0, such as "007", or more than a few different ones are whole
    numbers that float64 rounds and may merge. Rounded times stay times.
    """
    padded = [text[:1] == "0" and PADDED.fullmatch(text) is not None for text in values.text]
    if values.counts[padded].sum() > LOST * values.counts.sum():
        return True
    n_rounded = sum(map(is_rounded, values.text))
    return n_rounded > LOST * len(values.unique) and not names_time(name)


def find_long_code(name: str, found: Found) -> Found | None:
    """Return whole numbers that float64 rounds as categories, or None if a column has others."""
    column = found.values
    if found.kind != "number" or column.dtype.kind not in "iuO":
        return None
    known = to_numbers(column.dropna(), "number")
    if len(known) <= SMALL or abs(known).max() < EXACT:
        return None
    if not lose_digits(name, different_values(column)):
        return None
    reason = "whole numbers with more digits than float64 holds"
    return found._replace(
        kind="category", reason=reason, notes=[*found.notes, Note("codes", name)], why="code"
    )


def find_code(name: str, found: Found) -> Found | None:
    """Return a column of codes as categories, or None if it has other numbers."""
    numbers = whole_numbers(found) if found.kind == "number" else None
    if numbers is None or not is_code(name, numbers):
        return None
    by_values = f"whole numbers of {n_digits(numbers)} digits that repeat"
    reason = "named like a code" if names_code(name) else by_values
    return as_codes(name, found, reason, "identifier" if names_identifier(name) else "code")


def as_codes(name: str, found: Found, reason: str, why: Why) -> Found:
    """Return a column of whole numbers as one of codes, which are categories, with a note."""
    codes = found.values.astype("Int64")
    notes = [*found.notes, Note("codes", name)]
    return Found("category", reason, codes, found.reading, notes, why=why)


def whole_numbers(found: Found) -> Floats | None:
    """Return the numbers of a column if all are whole, without a unit and not floats on purpose."""
    column = found.values
    was_text = found.reading.decimal is not None
    on_purpose = column.dtype.kind == "f" and not was_text and column.notna().all()
    if on_purpose or found.reading.units:
        return None
    known = to_numbers(column.dropna(), "number")
    # Larger ones have no integer type.
    are_whole = (known == np.floor(known)) & (abs(known) < 2**63)
    return known if are_whole.all() else None


def is_code(name: str, numbers: Floats) -> bool:
    """Return whether whole numbers are codes, such as zip codes.

    The name may tell. Otherwise, codes have the same number of digits, at least five, and repeat
    although they take only a small part of their range. Rounded numbers do so too, but have few
    different last digits. None of the numbers may be missing.
    """
    if names_code(name):
        return True
    different = np.unique(numbers)
    if len(different) <= SMALL or different[0] < 0 or n_digits(different) < SHORTEST_CODE:
        return False
    repeat = len(numbers) >= 2 * len(different)
    is_sparse = bool(len(different) < SPARSE * np.ptp(different))
    return repeat and is_sparse and len(np.unique(different % 10)) > 5


def n_digits(numbers: Floats) -> int:
    """Return the number of digits if it is the same for all numbers, else 0."""
    shortest, longest = len(f"{abs(numbers).min():.0f}"), len(f"{abs(numbers).max():.0f}")
    return shortest if shortest == longest else 0


# Entities.


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


def find_entities(found: Mapping[str, Found], *, guess: bool) -> dict[str, Found]:
    """Return the columns that name what rows belong to. With `guess`, they may be numbers."""
    named = {}
    for name, each in found.items():
        may_be_codes = guess and each.kind == "number" and each.why != "choice"
        if each.kind == "category" or (may_be_codes and whole_numbers(each) is not None):
            with naming_column(name):
                values = entity(name, different_values(each.values).codes)
            if values and values.is_clearly_named:
                if each.kind == "number":
                    each = as_codes(name, each, "named like a code", "identifier")
                named[name] = each._replace(names_entity=True)
    return named
