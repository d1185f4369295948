"""Whole numbers that are no quantities: row numbers, identifiers and codes such as zip codes.

Numbers by chance and numbers by design differ in how often they repeat. Among n whole numbers that
are spread over a range of R, about n² / 2R pairs are equal by chance. If there are no such pairs,
each number was given to a row on purpose: they are identifiers. If numbers repeat although only a
few of the range occur, they are codes.
"""

import re
from typing import Any

import numpy as np
import pandas as pd

from scratchmlp.tabular.reading.values import Floats

SMALL = 10  # rows; in smaller tables, nothing is concluded from differences between numbers
PAIRS = 5  # equal pairs that chance would make; without any, numbers are identifiers
SPARSE = 0.1  # largest share of the range that codes take
LONG = 9  # digits of numbers that are identifiers if each occurs once
SHORTEST_CODE = 5  # digits of codes whose name does not tell that they are codes
UNIX_SECONDS = (9e8, 2.1e9)
YEARS, SHORT_YEARS, DAYS = (1800, 2100), (50, 99), 31
_INDEX = re.compile(r"(?:Unnamed: \d+|index|idx|rownames|row_?names|)$", re.IGNORECASE)
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_ID_WORDS = {"id", "ids", "uuid", "guid", "key", "uid", "pk"}
_NUMBER_WORDS = {"number", "nr", "no", "num"}  # "customer_no", but also "invoice_total_no"
_TIME_WORDS = {"time", "timestamp", "datetime", "date", "epoch", "ts"}
_PERIODS = {"year", "yr", "quarter", "month", "week", "day", "hour", "minute", "period", "wave"}
_BIRTH_WORDS = {"birth", "birthdate", "birthday", "birthyear", "born", "dob"}
_CODE_WORDS = {"zip", "zipcode", "postal", "postcode", "plz", "code", "fips", "naics", "sic", "sku"}
_PHONE_WORDS = {"phone", "telephone", "tel", "fax"}
#: Last words of names of columns that say to whom, or to what, the rows belong.
_ENTITY_WORDS = {"person", "subject", "individual", "participant", "respondent", "patient", "child"}
_ENTITY_WORDS |= {"student", "pupil", "teacher", "worker", "employee", "user", "customer", "client"}
_ENTITY_WORDS |= {"player", "animal", "tree", "litter", "family", "household", "school"}
_ENTITY_WORDS |= {"firm", "company", "store", "hospital", "clinic", "site", "station"}
_ENTITY_WORDS |= {"county", "district", "village", "indiv", "subj", "pat", "hh"}


def is_index(name: str, numbers: Floats) -> bool:
    """Return whether a column is a nameless one of row numbers, as pandas saves it."""
    return (
        _INDEX.match(name) is not None
        and _all_different(numbers)
        and bool(np.ptp(numbers) < len(numbers))
    )


def is_identifier(name: str, numbers: Floats) -> bool:
    """Return whether whole numbers identify rows.

    Parameters
    ----------
    name : str
        Name of the column.
    numbers : ndarray of shape (n_known,)
        Whole numbers without missing values.

    Returns
    -------
    bool
        Whether each number occurs once, and either the name or the numbers are those of
        identifiers. Numbers at equal distances, such as 1, 2, 3 or years, may be times or ranks:
        only the name tells then.
    """
    n = len(numbers)
    if n <= SMALL or not _all_different(numbers):
        return False
    if names_identifier(name):
        return True
    if is_grid(numbers):
        return not _NUMBER_WORDS.isdisjoint(words(name)[-1:])
    low, high = numbers.min(), numbers.max()
    times = any(first <= low and high <= last for first, last in (YEARS, UNIX_SECONDS))
    if times or not _TIME_WORDS.isdisjoint(words(name)):
        return False
    by_design = bool(n**2 / 2 / (high - low + 1) > PAIRS)
    return by_design or (n > 5 * SMALL and _n_digits(numbers) >= LONG)


def may_identify(column: "pd.Series[Any]") -> bool:
    """Return whether a column, of numbers or text, has a whole number in each row, none twice."""
    return column.is_unique and bool(column.astype(str).str.fullmatch(r"\d+").all())


def is_grid(numbers: Floats) -> bool:
    """Return whether more than ten numbers are different and at equal distances."""
    steps = np.diff(np.sort(numbers))
    return len(numbers) > SMALL and bool((steps == steps[0]).all() and steps[0] > 0)


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
    if len(different) <= SMALL or different[0] < 0 or _n_digits(different) < SHORTEST_CODE:
        return False
    repeat = len(numbers) >= 2 * len(different)
    is_sparse = bool(len(different) < SPARSE * np.ptp(different))
    return repeat and is_sparse and len(np.unique(different % 10)) > 5


def names_code(name: str) -> bool:
    """Return whether the name of a column says that its numbers are codes, whatever they are.

    A word such as "zip" says so anywhere in the name. Words such as "id" and "phone" must be the
    last one, as in "customer_id" and "phone number 2": "phone_calls" are counts.
    """
    named = [word for word in words(name) if word not in _NUMBER_WORDS and not word.isdigit()]
    return bool({*named} & _CODE_WORDS or {*named[-1:]} & (_ID_WORDS | _PHONE_WORDS))


def names_identifier(name: str) -> bool:
    """Return whether the name of a column says that it identifies rows."""
    return bool({*words(name)} & _ID_WORDS)


def names_time(name: str) -> bool:
    """Return whether the name of a column says that it is a time, or the number of a period."""
    return not (_TIME_WORDS | _PERIODS).isdisjoint(words(name))


def names_birth(name: str) -> bool:
    """Return whether the name of a column says that it is a time of birth: a trait of a person."""
    return not _BIRTH_WORDS.isdisjoint(words(name))


def is_entity_name(name: str) -> bool:
    """Return whether the name of a column says to whom, or to what, the rows belong.

    A word such as "patient" must be the last one, but for a number, as in "patient_no". A word such
    as "nr" says so if it is the whole name.
    """
    named = [word for word in words(name) if word not in _NUMBER_WORDS and not word.isdigit()]
    is_number = not _NUMBER_WORDS.isdisjoint(words(name)) and not named
    return is_number or names_code(name) or not _ENTITY_WORDS.isdisjoint(named[-1:])


def are_times(name: str, numbers: Floats) -> bool:
    """Return whether numbers are times, in whose order rows can be: years, or days of a study.

    The name must say so. Hours, weekdays and days of a month repeat: no row of them is later.
    """
    last, low, high = words(name)[-1:], numbers.min(), numbers.max()
    if not {"year", "yr"}.isdisjoint(last):
        return any(first <= low and high <= end for first, end in (YEARS, SHORT_YEARS))
    return not {"day", "time", "date"}.isdisjoint(last) and bool(high - low > DAYS)


def words(name: str) -> list[str]:
    """Return the words of a name, such as "customer" and "id" of "CustomerID" or "customer_id"."""
    return [word.lower() for word in _WORD.findall(name)]


def _all_different(numbers: Floats) -> bool:
    return len(numbers) > 1 and len(np.unique(numbers)) == len(numbers)


def _n_digits(numbers: Floats) -> int:
    """Return the number of digits if it is the same for all numbers, else 0."""
    shortest, longest = len(f"{abs(numbers).min():.0f}"), len(f"{abs(numbers).max():.0f}")
    return shortest if shortest == longest else 0
