"""Numbers and booleans that are written as text, as people write them.

`find_decimal` decides for a whole column whether its decimal mark is a point or a comma.
`read_numbers` then reads each value by itself.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from decimal import Decimal

import numpy as np
import pandas as pd

from scratchmlp.tabular.reading.values import Floats

UNIT_SHARE = 0.95  # of the different values have the unit of a column
_CURRENCY = (
    r"(?:[$€£¥₹₽₩₺₫₪₴₱฿]|(?:US|R|A|C|HK|NZ|S)\$|kr\.?|zł|Kč|Ft|Fr\.|"
    r"USD|EUR|GBP|CHF|JPY|CNY|INR|CAD|AUD|NZD|SEK|NOK|DKK|PLN|CZK|HUF|BRL|MXN|ZAR|TRY|SGD|HKD)"
)
_PLAIN = frozenset("0123456789+-.,")
_UNITS = re.compile(rf"{_CURRENCY}|[%‰]")
#: A number with groups of thousands, a decimal mark, an exponent, and a unit before or after it.
_NUMBER = (
    r"(?:[-+]?\s*(?:{currency}\s*)?|{currency}\s*[-+])"
    r"(?:\d{{1,3}}(?:[{groups}]\d{{2,3}})*[{groups}]\d{{3}}(?:{mark}\d*)?|\d+(?:{mark}\d*)?|{mark}\d+)"
    r"(?:[eE][-+]?\d+)?\s*(?:{currency}|[%‰])?"
)
_SPACES = "\\s'\N{RIGHT SINGLE QUOTATION MARK}"  # they separate groups of thousands too
_NUMBERS = {
    mark: re.compile(
        _NUMBER.format(currency=_CURRENCY, groups=_SPACES + other, mark=re.escape(mark)), re.ASCII
    )
    for mark, other in ((".", ","), (",", "."))
}
_MARKS = re.compile(r"(?<!\d)(?:\d*(?:[.,]\d+)+|\d+[.,])")
#: Numbers with other digits tell the same mark, but for a single zero before it.
_NINES = str.maketrans("12345678", "99999999")
_OTHER_ZERO = re.compile(r"0(?=\d)|(?<=[\d.,])0")
_ADDRESS = re.compile(r"(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.|$)){4}")  # of a computer
_DASHES = str.maketrans({"\N{MINUS SIGN}": "-", "\N{EN DASH}": "-"})  # minus signs of typographers
PADDED = re.compile(r"0\d+", re.ASCII)  # a code rather than a number
_LONG = re.compile(r"[-+]?\d{16,308}", re.ASCII)  # float64 holds all of 15, and none of 309
_WORD_AFTER = re.compile(r".*\d\s*((?:[^\W\d_]|°)\D*)")
_WITH_UNITS = re.compile(r"(\D{0,4}?)([.,]?\d(?:.*\d)?)(\D{0,4})")  # before and after a number
_FLAGS = {"true": True, "false": False}


def find_decimal(values: Iterable[str]) -> str | None:
    """Find out which decimal mark the numbers of a column have.

    A mark that follows the other one is the decimal mark ("1.234,5"), and so is one that cannot
    separate thousands ("12,5"). A mark that occurs twice in a number separates thousands.

    Parameters
    ----------
    values : iterable of str
        Values of a column.

    Returns
    -------
    {'.', ','} or None
        The decimal mark that most values have. None if no value tells, as in "1,234".
    """
    alike = _OTHER_ZERO.sub("9", "\n".join(values).translate(_NINES))
    votes = dict.fromkeys(".,", 0)
    for number, n in Counter(_MARKS.findall(alike)).items():
        if mark := _decimal_of(number):
            votes[mark] += n
    return max(votes, key=lambda mark: votes[mark]) if any(votes.values()) else None


def read_numbers(values: Sequence[str], decimal: str) -> Floats:
    """Read numbers, such as "1,234.50", "€ 12", "12 %" or "(3)".

    The signs of currencies and percent are dropped. Parentheses mean minus, as in accounts.

    Parameters
    ----------
    values : sequence of str
        Values of a column.
    decimal : {'.', ','}
        Decimal mark. The other one separates thousands.

    Returns
    -------
    ndarray of shape (n_values,), float64
        Numbers. Values that are not finite numbers are NaN.
    """
    column = pd.Series(values, dtype=object)
    if decimal == ",":  # pandas would read points as decimal marks
        column = column.where(~column.str.contains(".", regex=False))
        column = column.str.replace(",", ".", regex=False)
    numbers = pd.to_numeric(column, errors="coerce").to_numpy(np.float64, copy=True)
    for i in np.flatnonzero(np.isnan(numbers)):
        numbers[i] = _read_number(values[int(i)], decimal)
    return np.where(np.isinf(numbers), np.nan, numbers)


def is_rounded(value: str) -> bool:
    """Return whether float64 rounds a whole number, such as "9007199254740993" or "1" * 20."""
    return _LONG.fullmatch(value) is not None and Decimal(float(value)) != Decimal(value)


def without_units(value: str) -> str:
    """Return a number without the few characters before its first digit and after its last one."""
    parts = _WITH_UNITS.fullmatch(value)
    return parts[2] if parts else value


def are_plain(values: Iterable[str]) -> bool:
    """Return whether values consist of digits, signs and marks alone, and so have no units."""
    return _PLAIN.issuperset("".join(values))


def units_of(values: Iterable[str]) -> list[str]:
    """Return the signs of currencies and percent that values contain, in sorted order."""
    return sorted({*_UNITS.findall("\n".join(values))})


def common_unit(values: Sequence[str]) -> str:
    """Return the word that follows the number in nearly all values, such as "kg" in "5 kg", or "".

    A single capital letter is no unit, because values such as "12A" are seats or codes.
    """
    followed = (value for value in values if not value[-1:].isdecimal())
    words = Counter(found[1] for found in map(_WORD_AFTER.fullmatch, followed) if found)
    word, n = words.most_common(1)[0] if words else ("", 0)
    is_letter = len(word) == 1 and word.isupper()
    return "" if is_letter or n < UNIT_SHARE * len(values) else word


def read_flags(values: Iterable[str]) -> list[bool | None]:
    """Read "true" and "false" in any case. Other values become None."""
    return [_FLAGS.get(value.strip().lower()) for value in values]


def _decimal_of(number: str) -> str:
    """Return the decimal mark of a number such as "1.234,5", or "" if it does not tell."""
    marks = re.findall("[.,]", number)
    if len(set(marks)) == 2:
        return marks[-1]
    before, *_, after = re.split("[.,]", number)
    if len(marks) > 1:
        return "." if marks[0] == "," else ","
    groups = len(after) == 3 and 1 <= len(before) <= 3 and before != "0"
    return "" if groups else marks[0]


def _read_number(value: str, decimal: str) -> float:
    """Read one number. Another value becomes NaN."""
    text = value.strip().translate(_DASHES)
    if text.startswith("(") and text.endswith(")"):
        text = f"-{text[1:-1]}"
    if _ADDRESS.fullmatch(text) or not _NUMBERS[decimal].fullmatch(re.sub(r"\s", " ", text)):
        return np.nan
    text = re.sub(rf"[{_SPACES},]" if decimal == "." else rf"[{_SPACES}.]", "", text)
    return float(_UNITS.sub("", text).replace(",", "."))
