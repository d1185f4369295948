"""Dates and times that are written as text, in the forms that people use.

`find_date_format` decides for a whole column in which order day, month and year are written.
`read_dates` then reads each value in this order.
"""

import re
from collections.abc import Collection, Iterable, Sequence
from datetime import date
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

ISO, COMPACT = "ISO8601", "%Y%m%d"

#: Formats in the order of trial, after spaces, points and slashes were replaced by hyphens. Of two
#: formats that read equally many values, the first is chosen.
FORMATS = {
    ISO: "year-month-day",
    "%Y-%m-%d": "year-month-day",
    "%d-%m-%Y": "day-month-year",
    "%m-%d-%Y": "month-day-year",
    "%d-%m-%y": "day-month-year",
    "%m-%d-%y": "month-day-year",
    "%d-%b-%Y": "day month year",
    "%d-%b-%y": "day month year",
    "%b-%d-%Y": "month day year",
    "%Y-%b-%d": "year month day",
    COMPACT: "yearmonthday",
    "%Y-%m": "year-month",
    "%m-%Y": "month-year",
    "%b-%Y": "month year",
    "%Y-%b": "year month",
}
_SWAPPED = {"%d-%m-%Y": "%m-%d-%Y", "%d-%m-%y": "%m-%d-%y"}
_ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
#: What a date looks like: two or three parts, of which one is a year, or eight digits.
_DATE = re.compile(
    r"\d{1,2}-\d{1,2}-(?:\d{4}|\d{2})|\d{4}-\d{1,2}(?:-\d{1,2})?|\d{1,2}-\d{4}|(?:19|20)\d{6}"
    r"|\d{1,2}-[a-z]{3}-(?:\d{4}|\d{2})|[a-z]{3}-(?:\d{1,2}-)?\d{4}|\d{4}-[a-z]{3}(?:-\d{1,2})?",
    re.ASCII,
)
_MINUTES = (
    r":(?P<minute>[0-5]\d)(?::(?P<second>[0-5]\d(?:[.,]\d+)?))?"
    r" ?(?P<half>[ap]\.?m\.?)? ?(?:z|utc|gmt|(?P<zone>[+-]\d{2}:?\d{2}))?"
)
_DURATION = re.compile(rf"(?P<hour>\d{{1,3}}){_MINUTES}", re.ASCII)
_DAY_AND_TIME = re.compile(
    rf"(?P<day>.*?\d(?:[\s./,-]+[a-z]{{3,9}}\.?)?)"  # "2020 March" ends with a word
    rf"(?:(?:t|,? +)(?P<hour>[01]?\d|2[0-3]){_MINUTES})?",
    re.ASCII,
)
_COMPACT_DATE = re.compile(r"(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])", re.ASCII)
#: Up to "wednesday". Without a limit, the time grows with the square of a long word's length.
_WEEKDAY = re.compile(r"(?:mon|tue|wed|thu|fri|sat|sun)[a-z]{0,6}\.?,? +")
_MONTH = re.compile(
    r"(?<![a-z])(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?"
    r"|aug(?:ust)?|sep(?:t(?:ember)?)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\b\.?"
)
_QUARTER = re.compile(r"(?P<y>\d{4})-?q(?P<q>[1-4])|q(?P<q2>[1-4])-(?P<y2>\d{4})", re.ASCII)
_ORDINAL = re.compile(r"(?<=\d)(?:st|nd|rd|th)\b")
#: What follows the first number of a date if this is a day or a month.
_MARK = re.compile(r"\D*\d{1,2}(?!\d)\s*([./,-]?)", re.ASCII)
#: The zone at the end of a time of the day.
_ZONE = re.compile(r":\d\d.{0,24}?(z|utc|gmt|[+-]\d\d(?::?\d\d)?)\s*$", re.ASCII | re.IGNORECASE)
_UTC = {"z", "utc", "gmt", "etc/utc", "+00:00", "-00:00", "+0000", "-0000", "+00", "utc+00:00"}
_MARKS = re.compile(r"[\s./,-]+")


class DateFormat(NamedTuple):
    """How the dates of a column are written.

    Attributes
    ----------
    pattern : str
        A key of `FORMATS`.
    mark : {"/", ".", "-"}
        What stands between the parts.
    ambiguous : bool
        Whether day and month could be swapped, because no day is above 12.
    """

    pattern: str
    mark: str
    ambiguous: bool = False

    @property
    def order(self) -> str:
        """The order in words, such as "day/month/year"."""
        return FORMATS[self.pattern].replace("-", self.mark)

    def with_any_order(self) -> "list[DateFormat]":
        """Return what an ambiguous format may be: the day or the month comes first."""
        pair = next(pair for pair in _SWAPPED.items() if self.pattern in pair)
        return [DateFormat(pattern, self.mark) for pattern in pair]


def find_date_format(values: Sequence[str]) -> DateFormat | None:
    """Decide how the dates of a column are written.

    A day above 12 tells the order of day and month. Without one, the day is taken to come first in
    dates with points or hyphens, and the month in dates with slashes.

    Parameters
    ----------
    values : sequence of str
        Different values of a column.

    Returns
    -------
    DateFormat or None
        The format that reads the most values, or None if no format reads any.
    """
    days, _ = _days_and_times(values)
    counts = {ISO: read_dates(values, ISO).dropna().size}
    if days.notna().any() and counts[ISO] < len(values):
        others = (pattern for pattern in FORMATS if pattern != ISO)
        counts |= {pattern: _parse(days, pattern).dropna().size for pattern in others}
    best = max(counts, key=lambda pattern: counts[pattern])
    if not counts[best]:
        return None
    dates = [value for value, day in zip(values, days, strict=True) if isinstance(day, str)]
    if best == "%Y-%m" and all(map(_is_season, dates)):
        return None
    mark = next((mark for mark in "/." if best != ISO and any(mark in v for v in dates)), "-")
    swapped = _SWAPPED.get(best)
    ambiguous = swapped is not None and counts[swapped] == counts[best]
    if swapped and ambiguous and mark == "/":
        best = swapped
    return DateFormat(best, mark, ambiguous)


def read_dates(values: Sequence[str], pattern: str) -> pd.DatetimeIndex:
    """Read dates, with or without a time of the day and a time zone.

    `pattern` is that of a `DateFormat`. Dates are in UTC. Values that are not dates are NaT.
    """
    if pattern == ISO:
        text = pd.Index([v if _ISO_DATE.match(v) else None for v in values], dtype=object)
        return pd.to_datetime(text, format=ISO, utc=True, errors="coerce").tz_localize(None)
    days, times = _days_and_times(values)
    return _parse(days, pattern) + times


def read_clear_dates(values: Sequence[str]) -> pd.DatetimeIndex:
    """Read dates, each in its own format; NaT if day and month could be swapped."""
    dates = pd.Series(read_dates(values, ISO))
    if dates.isna().any():
        (days, times), unclear = _days_and_times(values), {*dates_without_order(values)}
        for pattern in FORMATS:
            dates = dates.fillna(pd.Series(_parse(days, pattern) + times))
        dates = dates.mask(pd.Series(values, dtype=object).isin(unclear))
    return pd.DatetimeIndex(dates)


def read_times(values: Sequence[str]) -> NDArray[np.float64]:
    """Read times and durations, such as "14:05", "2:05:30 PM" or "100:15", as days.

    Other values are NaN.
    """
    found = [_DURATION.fullmatch(value.strip().lower()) for value in values]
    return np.array([np.nan if time is None else _seconds(time) for time in found]) / 86_400


def zone_of(column: "pd.Series[Any]") -> str | None:
    """Return the time zone of a column of dates, however they are written; None if no date has one.

    Of several zones, "UTC" is returned only if there is no other.
    """
    if column.dtype.kind == "M" and column.dtype.type is not date:  # days of Arrow have no zone
        zone = column.dt.tz
        return None if zone is None else _utc_or(str(zone))
    zones = [zone for value in column.dropna().unique() if (zone := _zone_of_one(value))]
    return max(zones, key=lambda zone: zone != "UTC", default=None)


def _zone_of_one(value: Any) -> str | None:
    if not isinstance(value, str):
        zone = getattr(value, "tzinfo", None)
        return None if zone is None else _utc_or(str(zone))
    found = _ZONE.search(value)
    return found and _utc_or(found[1])


def _utc_or(zone: str) -> str:
    """Return "UTC" for its other names, and any other zone unchanged."""
    return "UTC" if zone.lower() in _UTC else zone


def marks_of(values: Sequence[str], pattern: str) -> tuple[str, ...]:
    """Return what stands between the numbers of dates, if these could be day-first or month-first.

    The marks, such as "/", are in sorted order; "" stands for blanks. Other patterns have none.
    """
    if pattern not in {*_SWAPPED, *_SWAPPED.values()}:
        return ()
    return tuple(sorted({mark for value in values if (mark := _mark_of(value)) is not None}))


def are_written_alike(values: Sequence[str], marks: Collection[str]) -> NDArray[np.bool_]:
    """Return which dates the order of day and month of a column holds for, by its `marks_of`.

    It does not hold for dates with another mark whose day and month could be swapped. Without
    marks, it holds for all.
    """
    others = [value for value in values if _mark_of(value) not in (None, *marks)] if marks else []
    unclear = {*dates_without_order(others)} if others else ()
    return np.array([value not in unclear for value in values], bool)


def _mark_of(value: str) -> str | None:
    """Return what follows the first number of a date, or None if this is no day or month."""
    found = _MARK.match(value)
    return found and found[1]


def are_compact_dates(values: Sequence[str]) -> bool:
    """Return whether all values are dates without marks, such as 20200317."""
    return all(map(_COMPACT_DATE.fullmatch, values))


def dates_without_order(values: Iterable[str]) -> list[str]:
    """Return the different dates whose day and month could be swapped, such as "03/04/2021"."""
    different = list(dict.fromkeys(values))
    days, _ = _days_and_times(different)
    swappable: set[str] = set()
    for pair in _SWAPPED.items():
        first, other = (days[_parse(days, pattern).notna()] for pattern in pair)
        swappable |= {*first} & {*other}
    return [value for value, day in zip(different, days, strict=True) if day in swappable]


def _is_season(value: str) -> bool:
    """Return whether a value such as "2008-09" names a year and the next one."""
    year, _, next_year = value.strip().partition("-")
    return len(next_year) == 2 and int(next_year) == (int(year) + 1) % 100


def _days_and_times(values: Sequence[str]) -> tuple["pd.Series[str]", pd.TimedeltaIndex]:
    """Split dates into days, with hyphens between their parts, and times since midnight.

    The day is None for values that do not look like dates.
    """
    parts = [_day_and_seconds(value.strip().lower()) for value in values]
    days = pd.Series([day for day, _ in parts], dtype=object)
    return days, pd.to_timedelta(np.array([seconds for _, seconds in parts]), unit="s")


def _day_and_seconds(value: str) -> tuple[str | None, float]:
    found = _DAY_AND_TIME.fullmatch(_ORDINAL.sub("", _WEEKDAY.sub("", value, count=1)))
    if found is None:
        return None, 0.0
    day = _MARKS.sub("-", _MONTH.sub(lambda month: month[0][:3], found["day"]))
    if quarter := _QUARTER.fullmatch(day):
        year, number = quarter["y"] or quarter["y2"], int(quarter["q"] or quarter["q2"])
        day = f"{year}-{3 * number - 2}"
    return (day, _seconds(found)) if _DATE.fullmatch(day) else (None, 0.0)


def _seconds(time: re.Match[str]) -> float:
    """Return the seconds since midnight in UTC, or 0 without a time."""
    if time["hour"] is None:
        return 0.0
    hour = int(time["hour"])
    if time["half"]:  # 12:05 am is 0:05
        hour = hour % 12 + 12 * time["half"].startswith("p")
    second = float((time["second"] or "0").replace(",", "."))
    zone = time["zone"] or "+0000"
    offset = (60 * int(zone[1:3]) + int(zone[-2:])) * (-1 if zone[0] == "-" else 1)
    return 60 * (60 * hour + int(time["minute"]) - offset) + second


def _parse(days: "pd.Series[str]", pattern: str) -> pd.DatetimeIndex:
    return pd.DatetimeIndex(pd.to_datetime(days, format=pattern, errors="coerce"))
