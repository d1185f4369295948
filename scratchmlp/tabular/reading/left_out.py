"""Columns that are left out: a single value, row numbers, and identifiers, which inform nothing.

Numbers by chance and numbers by design differ in how often they repeat. Among n whole numbers that
are spread over a range of R, about n² / 2R pairs are equal by chance. If there are no such pairs,
each number was given to a row on purpose: they are identifiers.
"""

import re
from typing import Any

import numpy as np
import pandas as pd

from scratchmlp.tabular.notes import Note, NoteCase
from scratchmlp.tabular.reading.codes import SMALL, n_digits, whole_numbers
from scratchmlp.tabular.reading.found import Found
from scratchmlp.tabular.reading.names import (
    NUMBER_WORDS,
    TIME_WORDS,
    YEARS,
    names_identifier,
    words,
)
from scratchmlp.tabular.reading.values import Different, Floats, different_values
from scratchmlp.utils.names import shortened

PAIRS = 5  # equal pairs that chance would make; without any, numbers are identifiers
LONG = 9  # digits of numbers that are identifiers if each occurs once
LONG_WORD = 10  # letters of a word in a script that may have no blanks
UNIX_SECONDS = (9e8, 2.1e9)
_INDEX = re.compile(r"(?:Unnamed: \d+|index|idx|rownames|row_?names|)$", re.IGNORECASE)
#: What separates the parts of text.
PARTS = re.compile(r"[\s@/\\]+")
_DIGITS = re.compile(r"\d+")


def find_left_out(
    name: str, column: "pd.Series[Any]", found: Found, different: Different | None
) -> Found | None:
    """Return why a column is left out, or None if it is not."""
    known = found.values.dropna()
    if len(known) == len(found.values) and _has_one_value(known, different):
        reason = f"every value is {shortened(column.iloc[0])!r}"
        notes = [Note("constant", name)]
        return found._replace(kind="constant", reason=reason, notes=notes, why="one value")
    case: NoteCase | None = None
    if found.kind == "number":
        numbers = whole_numbers(found)
        if numbers is not None and _are_row_numbers(name, numbers):
            case = "index"
        elif numbers is not None and _identify(name, numbers):
            # Identifiers are hardly ever missing: where they may be, the name must tell.
            all_known = len(known) == len(found.values)
            case = "identifier" if all_known or names_identifier(name) else None
    elif found.kind in ("category", "text") and _identify_as_text(name, known, different):
        case = "identifier"
    if case is None:
        return None
    left_out = found._replace(kind="identifier", notes=[Note(case, name)])
    if case == "index":
        return left_out._replace(reason="row numbers", why="row numbers")
    return left_out._replace(reason="every value is different", why="all different")


def _are_row_numbers(name: str, numbers: Floats) -> bool:
    """Return whether a column is a nameless one of row numbers, as pandas saves it."""
    return (
        _INDEX.match(name) is not None
        and _all_different(numbers)
        and bool(np.ptp(numbers) < len(numbers))
    )


def _identify(name: str, numbers: Floats) -> bool:
    """Return whether whole numbers, of which none is missing, identify rows.

    Each occurs once, and either the name or the numbers are those of identifiers. Numbers at equal
    distances, such as 1, 2, 3 or years, may be times or ranks: only the name tells then.
    """
    n = len(numbers)
    if n <= SMALL or not _all_different(numbers):
        return False
    if names_identifier(name):
        return True
    if _are_grid(numbers):
        return not NUMBER_WORDS.isdisjoint(words(name)[-1:])
    low, high = numbers.min(), numbers.max()
    times = any(first <= low and high <= last for first, last in (YEARS, UNIX_SECONDS))
    if times or not TIME_WORDS.isdisjoint(words(name)):
        return False
    by_design = bool(n**2 / 2 / (high - low + 1) > PAIRS)
    return by_design or (n > 5 * SMALL and n_digits(numbers) >= LONG)


def may_identify(column: "pd.Series[Any]") -> bool:
    """Return whether a column, of numbers or text, has a whole number in each row, none twice."""
    return column.is_unique and bool(column.astype(str).str.fullmatch(r"\d+").all())


def _are_grid(numbers: Floats) -> bool:
    """Return whether more than ten numbers are different and at equal distances."""
    steps = np.diff(np.sort(numbers))
    return len(numbers) > SMALL and bool((steps == steps[0]).all() and steps[0] > 0)


def _all_different(numbers: Floats) -> bool:
    return len(numbers) > 1 and len(np.unique(numbers)) == len(numbers)


def _identify_as_text(name: str, known: "pd.Series[Any]", values: Different | None) -> bool:
    """Return whether text is different in each row, without anything in it that could inform.

    This holds for numbered text, and for single words in which nothing repeats but digits. Codes
    such as "AB-17" are no identifiers if their letters repeat, and neither are e-mail addresses and
    paths. Text without blanks between its words, as in Chinese, is no single word.
    """
    if len(known) <= SMALL:
        return False
    values = different_values(known) if values is None else values
    if len(values.unique) < len(known):
        return False
    texts = values.text
    if names_identifier(name) or are_numbered(texts):
        return True
    if any(PARTS.search(text) or not (text.isascii() or len(text) <= LONG_WORD) for text in texts):
        return False
    return len({_DIGITS.sub("", text) for text in texts}) > len(texts) / 2


def are_numbered(texts: list[str]) -> bool:
    """Return whether all texts are the same except for a number, as in "row 17"."""
    pattern, *others = {_DIGITS.sub("9", text) for text in texts}
    return not others and pattern.count("9") == 1


def _has_one_value(known: "pd.Series[Any]", values: Different | None) -> bool:
    """Return whether there is a single value. Infinity is none: the encoder rejects it."""
    if known.dtype.kind in "iufb":
        return bool(known.min() == known.max()) and bool(np.isfinite(known.iloc[0]))
    values = different_values(known) if values is None else values
    return len(values.unique) == 1
