"""The state of an encoder as plain data, without records and objects of pandas."""

import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple, get_args

import numpy as np
import pandas as pd

from scratchmlp.estimators.mixins import PickledWithVersion
from scratchmlp.tabular.columns.any_column import Column
from scratchmlp.tabular.columns.calendar import Calendar
from scratchmlp.tabular.columns.fitted_column import FittedColumn, set_fields
from scratchmlp.tabular.reading.found import Reading

#: Names of time zones, such as "Europe/Rome", and offsets, such as "UTC+02:00". Others, such as
#: "dateutil//path", would let pandas open any file.
_ZONE = re.compile(
    r"(?!dateutil)[A-Z][\w+-]{0,40}(/[A-Z][\w+-]{0,40}){0,2}|(UTC)?[+-]\d\d:\d\d(:\d\d)?",
    re.ASCII | re.IGNORECASE,
)


class PlainState(PickledWithVersion):
    """An encoder whose pickles and files contain the fields of its columns, not the records.

    The classes of the records may thus move. Dates among the levels are plain data too.
    """

    def __getstate__(self) -> dict[str, Any]:
        """Return the attributes, with the columns as plain data."""
        state: dict[str, Any] = {**super().__getstate__()}  # type: ignore[dict-item]
        if columns := state.get("_columns"):
            state["_columns"] = {name: to_plain(each) for name, each in columns.items()}
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Set the attributes, with the columns from plain data."""
        if columns := state.get("_columns"):
            made = {name: from_plain(each) for name, each in columns.items()}
            state = state | {"_columns": made}
        super().__setstate__(state)  # type: ignore[misc]


def unstorable_levels(encoder: PlainState) -> dict[str, Any]:
    """Return a level that a pickle can contain, but no file, for each column that has some."""
    return {
        name: level
        for name, column in vars(encoder).get("_columns", {}).items()
        for level in column.coded_levels
        if not isinstance(plain_level(level), str | int | float | dict | None)
    }


def to_plain(value: Any) -> Any:
    """Return a record, or a value of its fields, as plain data.

    A record becomes a dict of its type, "record", and its fields, without those that have their
    default. Tuples become lists, and levels what `plain_level` returns. Encoders of text stay.
    """
    if isinstance(value, FittedColumn | Reading | Calendar):
        given = {name: to_plain(each) for name, each in set_fields(value).items()}
        return {"record": type(value).__name__, **given}
    return [*map(plain_level, value)] if isinstance(value, tuple) else value


def from_plain(plain: Any) -> Any:
    """Return the record or the value that `to_plain` has written.

    Raises
    ------
    KeyError
        If there is no such type.
    TypeError
        If a field is missing.
    """
    match plain:
        case list():
            return tuple(map(from_plain, plain))
        case {"record": name, **given}:
            return _RECORDS[name](**{str(key): from_plain(each) for key, each in given.items()})
        case dict():
            [(name, level)] = plain.items()
            return _LEVELS[name].read(level)
        case _:
            return plain


def plain_level(level: Any) -> Any:
    """Return a level as plain data: text, numbers and None as they are, others as a dict.

    A level of another type is returned as it is. Then a pickle can contain it, but no file.
    """
    name = type(level).__name__
    known = _LEVELS.get(name)
    if known is None or type(level) is not known.type:
        return level
    try:
        plain = known.write(level)
        again = known.read(plain)
    except (ValueError, KeyError):  # a time zone that only this machine knows
        return level
    return {name: plain} if (again, str(again)) == (level, str(level)) else level


def _write_timestamp(level: pd.Timestamp) -> list[Any]:
    return [*_write_duration(level), None if level.tz is None else str(level.tz)]


def _read_timestamp(plain: list[Any]) -> Any:
    *duration, zone = plain
    moment = pd.Timestamp(np.datetime64(*duration))
    if zone is not None and not _ZONE.fullmatch(zone):
        raise ValueError(f"{zone!r:.80} is no time zone.")
    return moment if zone is None else moment.tz_localize("UTC").tz_convert(zone)


def _write_duration(level: Any) -> list[Any]:
    """Return a number and its unit."""
    return [int(level.asm8.astype(np.int64)), level.unit]


class _Level(NamedTuple):
    """How levels of a type are written and read."""

    type: type
    write: Callable[[Any], Any]
    read: Callable[[Any], Any]


_LEVELS = {
    "Timestamp": _Level(pd.Timestamp, _write_timestamp, _read_timestamp),
    "Timedelta": _Level(
        pd.Timedelta, _write_duration, lambda plain: pd.Timedelta(np.timedelta64(*plain))
    ),
    "date": _Level(date, date.isoformat, date.fromisoformat),
    "Decimal": _Level(Decimal, str, Decimal),
}
_RECORDS: dict[str, Any] = {each.__name__: each for each in (*get_args(Column), Reading, Calendar)}
