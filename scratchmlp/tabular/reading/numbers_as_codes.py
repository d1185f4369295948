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
"""

from collections.abc import Mapping

import numpy as np

from scratchmlp.tabular.notes import Note
from scratchmlp.tabular.reading.entities import entity
from scratchmlp.tabular.reading.found import Found
from scratchmlp.tabular.reading.from_text import are_codes
from scratchmlp.tabular.reading.names import names_code, names_identifier
from scratchmlp.tabular.reading.values import (
    EXACT,
    Floats,
    different_values,
    naming_column,
    to_numbers,
)
from scratchmlp.tabular.vocabulary import Why

SMALL = 10  # rows; in smaller tables, nothing is concluded from differences between numbers
SPARSE = 0.1  # largest share of the range that codes take
SHORTEST_CODE = 5  # digits of codes whose name does not tell that they are codes


def find_long_code(name: str, found: Found) -> Found | None:
    """Return whole numbers that float64 rounds as categories, or None if a column has others."""
    column = found.values
    if found.kind != "number" or column.dtype.kind not in "iuO":
        return None
    known = to_numbers(column.dropna(), "number")
    if len(known) <= SMALL or abs(known).max() < EXACT:
        return None
    if not are_codes(name, different_values(column)):
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
    n_digits = len(f"{numbers[0]:.0f}")
    by_values = f"whole numbers of {n_digits} digits that repeat"
    reason = "named like a code" if names_code(name) else by_values
    return as_codes(name, found, reason, "identifier" if names_identifier(name) else "code")


def find_entities(found: Mapping[str, Found], *, guess: bool) -> dict[str, Found]:
    """Return the columns that name what rows belong to. With `guess`, they may be numbers."""
    named = {}
    for name, each in found.items():
        may_be_codes = guess and each.kind == "number" and each.why != "choice"
        if each.kind == "category" or (may_be_codes and whole_numbers(each) is not None):
            with naming_column(name):
                values = entity(name, different_values(each.values).codes)
            if values and values.is_clearly_named:
                named[name] = _as_entity(name, each)
    return named


def _as_entity(name: str, found: Found) -> Found:
    """Return a column as one of categories that name an entity."""
    if found.kind == "number":
        found = as_codes(name, found, "named like a code", "identifier")
    return found._replace(names_entity=True)


def as_codes(name: str, found: Found, reason: str, why: Why) -> Found:
    """Return a column of whole numbers as one of codes.

    Parameters
    ----------
    name : str
        Name of the column.
    found : Found
        The column, of the kind "number".
    reason : str
        Why the numbers are codes, such as "named like a code".
    why : {'code', 'identifier'}
        The same in a word.

    Returns
    -------
    Found
        The column as categories, with a note.
    """
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
    different last digits.

    Parameters
    ----------
    name : str
        Name of the column.
    numbers : ndarray of shape (n_known,)
        Whole numbers without missing values.

    Returns
    -------
    bool
        Whether the numbers are codes.
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
