"""What the name of a column says about its values: times, codes, identifiers, or entities."""

import re

from scratchmlp.tabular.reading.values import Floats

YEARS, SHORT_YEARS, DAYS = (1800, 2100), (50, 99), 31
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_ID_WORDS = {"id", "ids", "uuid", "guid", "key", "uid", "pk"}
NUMBER_WORDS = {"number", "nr", "no", "num"}  # "customer_no", but also "invoice_total_no"
TIME_WORDS = {"time", "timestamp", "datetime", "date", "epoch", "ts"}
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


def words(name: str) -> list[str]:
    """Return the words of a name, such as "customer" and "id" of "CustomerID" or "customer_id"."""
    return [word.lower() for word in _WORD.findall(name)]


def _without_numbers(name: str) -> list[str]:
    """Return the words of a name but digits and words such as "nr"."""
    return [word for word in words(name) if word not in NUMBER_WORDS and not word.isdigit()]


def names_code(name: str) -> bool:
    """Return whether the name of a column says that its numbers are codes, whatever they are.

    A word such as "zip" says so anywhere in the name. Words such as "id" and "phone" must be the
    last one, as in "customer_id" and "phone number 2": "phone_calls" are counts.
    """
    named = _without_numbers(name)
    return bool({*named} & _CODE_WORDS or {*named[-1:]} & (_ID_WORDS | _PHONE_WORDS))


def names_identifier(name: str) -> bool:
    """Return whether the name of a column says that it identifies rows."""
    return bool({*words(name)} & _ID_WORDS)


def is_entity_name(name: str) -> bool:
    """Return whether the name of a column says to whom, or to what, the rows belong.

    A word such as "patient" must be the last one, but for a number, as in "patient_no". A word such
    as "nr" says so if it is the whole name.
    """
    named = _without_numbers(name)
    is_number = not NUMBER_WORDS.isdisjoint(words(name)) and not named
    return is_number or names_code(name) or not _ENTITY_WORDS.isdisjoint(named[-1:])


def names_time(name: str) -> bool:
    """Return whether the name of a column says that it is a time, or the number of a period."""
    return not (TIME_WORDS | _PERIODS).isdisjoint(words(name))


def names_birth(name: str) -> bool:
    """Return whether the name of a column says that it is a time of birth: a trait of a person."""
    return not _BIRTH_WORDS.isdisjoint(words(name))


def are_times(name: str, numbers: Floats) -> bool:
    """Return whether numbers are times, in whose order rows can be: years, or days of a study.

    The name must say so. Hours, weekdays and days of a month repeat: no row of them is later.
    """
    last, low, high = words(name)[-1:], numbers.min(), numbers.max()
    if not {"year", "yr"}.isdisjoint(last):
        return any(first <= low and high <= end for first, end in (YEARS, SHORT_YEARS))
    return not {"day", "time", "date"}.isdisjoint(last) and bool(high - low > DAYS)
