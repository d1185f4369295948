"""The state of an encoder as plain data, without objects of pandas."""

import re
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd

from scratchmlp.estimators.mixins import PickledWithVersion
from scratchmlp.tabular.columns.base import LeftOutColumn
from scratchmlp.tabular.columns.calendar import Calendar
from scratchmlp.tabular.columns.categories import FewLevels, ManyLevels
from scratchmlp.tabular.columns.column import Column, Columns
from scratchmlp.tabular.columns.numeric import DateColumn, DurationColumn, NumberColumn
from scratchmlp.tabular.columns.text import TextColumn, TextEncoder
from scratchmlp.tabular.reading.findings import Reading

Plain = dict[str, dict[str, Any]]  # as in `TabularEncoder.columns_`

#: Names of time zones, such as "Europe/Rome", and offsets, such as "UTC+02:00". Others, such as
#: "dateutil//path", would let pandas open any file.
_ZONE = re.compile(
    r"(?!dateutil)[A-Z][\w+-]{0,40}(/[A-Z][\w+-]{0,40}){0,2}|(UTC)?[+-]\d\d:\d\d(:\d\d)?",
    re.ASCII | re.IGNORECASE,
)


class PlainState(PickledWithVersion):
    """An encoder whose pickles and files contain `columns_` and `text_encoders_`, not records.

    The classes of the records may thus change. Dates among the levels are plain data too.
    """

    def __getstate__(self) -> dict[str, Any]:
        """Return the attributes as plain data."""
        state: dict[str, Any] = {**super().__getstate__()}  # type: ignore[dict-item]
        if columns := state.pop("_columns", None):
            plain = {name: each.plain() for name, each in columns.items()}
            state["columns_"] = _with_levels(plain, plain_level)
            state["text_encoders_"] = text_encoders(columns)
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Set the attributes from plain data."""
        state = {**state}
        if plain := state.pop("columns_", None):
            encoders = state.pop("text_encoders_")
            columns = _with_levels(plain, level_of_plain).items()
            state["_columns"] = {
                name: from_plain(each, encoders.get(name)) for name, each in columns
            }
        super().__setstate__(state)  # type: ignore[misc]


def from_plain(plain: Mapping[str, Any], encoder: TextEncoder | None = None) -> Column:
    """Make the column that an entry of `TabularEncoder.columns_` describes.

    Parameters
    ----------
    plain : mapping of str to object
        The description.
    encoder : TextEncoder or None, default=None
        Encoder of a column of text.

    Returns
    -------
    Column
        The column.

    Raises
    ------
    ValueError
        If there is no such kind of columns, or a column of text has no encoder.
    KeyError
        If an entry is missing.
    """
    common = {
        "reason": plain["reason"],
        "reading": Reading.from_plain(plain),
        "share_missing": plain.get("share_missing", 0.0),
    }
    match plain["kind"]:
        case "number":
            return NumberColumn(**_scaling(plain), **common)
        case "duration":
            return DurationColumn(**_scaling(plain), **common)
        case "date":
            calendar = Calendar(tuple(plain["cycles"]), tuple(plain["weekdays"]))
            return DateColumn(calendar=calendar, **_scaling(plain), **common)
        case "category":
            return _categories_from_plain(plain, expected=plain["labels"], **common)
        case "text" if encoder is not None:
            common |= {"expected": plain["labels"], "indicator": plain["indicator"]}
            return TextColumn(encoder=encoder, **common)
        case "identifier" | "constant" | "missing" as kind:
            return LeftOutColumn(kind=kind, indicator=plain["indicator"], **common)
    raise ValueError(
        f"{plain!r:.200} describes no kind of column that `from_plain` knows. Load a file that is "
        "not damaged, or add the kind."
    )


def _scaling(plain: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of a `ScaledColumn`."""
    keys = {"center": "centre", "scale": "scale", "indicator": "indicator"}
    return {field: plain[key] for field, key in keys.items()}


def _categories_from_plain(plain: Mapping[str, Any], **common: Any) -> FewLevels | ManyLevels:
    """Make the categorical column that an entry of `TabularEncoder.columns_` describes."""
    common |= {"levels": tuple(plain["levels"]), "n_levels": plain["n_levels"]}
    if plain["encoding"] != "many":
        return FewLevels(encoding=plain["encoding"], **common)
    return ManyLevels(
        other_levels=tuple(plain["other_levels"]),
        counts=tuple(plain["counts"]),
        indicator=plain["indicator"],
        **common,
    )


def text_encoders(columns: Columns) -> dict[str, TextEncoder]:
    """Return the encoders of the columns of text, by name."""
    return {name: each.encoder for name, each in columns.items() if isinstance(each, TextColumn)}


def plain_level(level: Any) -> Any:
    """Return a level as plain data: text, numbers and None as they are, others as a dict.

    A level of another type is returned as it is. Then a pickle can contain it, but no file.
    """
    written = next((name for name, (kind, *_) in _KINDS.items() if type(level) is kind), None)
    if written is None:
        return level
    _, write, read = _KINDS[written]
    try:
        plain = write(level)
        again = read(plain)
    except (ValueError, KeyError):  # a time zone that only this machine knows
        return level
    return {written: plain} if (again, str(again)) == (level, str(level)) else level


def level_of_plain(plain: Any) -> Any:
    """Return the level that `plain_level` has written."""
    if not isinstance(plain, dict):
        return plain
    [(written, value)] = plain.items()
    return _KINDS[written][2](value)


def _with_levels(columns: Plain, convert: Callable[[Any], Any]) -> Plain:
    """Return descriptions of columns in which the levels are converted."""
    levels = ("levels", "other_levels")
    return {
        name: plain | {key: [*map(convert, plain[key])] for key in plain.keys() & levels}
        for name, plain in columns.items()
    }


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


#: How levels of a type are written and read, by the name of the type.
_KINDS: dict[str, tuple[type, Callable[[Any], Any], Callable[[Any], Any]]] = {
    "Timestamp": (pd.Timestamp, _write_timestamp, _read_timestamp),
    "Timedelta": (pd.Timedelta, _write_duration, lambda p: pd.Timedelta(np.timedelta64(*p))),
    "date": (date, date.isoformat, date.fromisoformat),
    "Decimal": (Decimal, str, Decimal),
}
