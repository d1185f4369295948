"""Where dates are in the year, in the day and in the week, as nodes of ONNX.

Dates are whole seconds or days since 1970-01-01, in float64. See
`scratchmlp.tabular.columns.calendar`.
"""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from scratchmlp.io.onnx.graph import Value
from scratchmlp.tabular.columns.calendar import (
    FIRST_WEEKDAY,
    FORMS,
    SECONDS,
    in_cycle,
    weekday_suffix,
)

_DAYS_TO_1970 = 719_162  # since 0001-01-01
_MEAN_YEAR = 365.2425  # days


def add_calendar(
    days: Value, places: Sequence[Mapping[str, int]]
) -> Iterator[tuple[Value, list[int]]]:
    """Add the outputs of `Calendar.encode` for several columns at the same time.

    Parameters
    ----------
    days : Value
        Days since 1970-01-01, of shape (n_samples, n_columns), float64; NaN if missing.
    places : sequence of mapping of str to int
        The place of each output of a column, by its suffix.

    Yields
    ------
    value : Value
        Outputs, of shape (n_samples, n_outputs), float32.
    places : list of int
        Their places.
    """
    wanted = {suffix for own in places for suffix in own} - {"", "_missing"}
    if not wanted:
        return
    missing = np.isnan(days)
    seconds = np.rint(days.mask(missing, 0) * SECONDS)
    day = np.floor(seconds / SECONDS)
    outputs: dict[str, Value] = {}
    if "_hour" in wanted:
        outputs |= _cycle("_hour", (seconds - day * SECONDS) / 3600 / 24)
    if "_month" in wanted:
        outputs |= _cycle("_month", _year_fraction(seconds, day))
    weekday = day + FIRST_WEEKDAY
    weekday = weekday - np.floor(weekday / 7) * 7
    for number in range(7):
        if (suffix := weekday_suffix(number)) in wanted:
            outputs[suffix] = weekday == number
    for suffix, value in outputs.items():
        # In float32 at the end, as in `Calendar.encode`: trees may split between neighbors.
        value = value.astype(np.float32).mask(missing, 0)
        columns = [i for i, own in enumerate(places) if suffix in own]
        yield value.take(columns), [places[i][suffix] for i in columns]


def _cycle(suffix: str, position: Value) -> dict[str, Value]:
    """Return the outputs of a position in [0, 1), by suffix."""
    return {suffix + form: value for form, value in zip(FORMS, in_cycle(position), strict=True)}


def _year_fraction(seconds: Value, day: Value) -> Value:
    """Return the part of the year that has passed."""
    # The mean length of a year tells the year up to one.
    guess = np.floor(day / _MEAN_YEAR) + 1970
    too_small = (_year_start(guess + 1) <= day).astype(np.float64)
    too_large = (_year_start(guess) > day).astype(np.float64)
    year = guess + too_small - too_large
    start = _year_start(year)
    return (seconds - start * SECONDS) / ((_year_start(year + 1) - start) * SECONDS)


def _year_start(year: Value) -> Value:
    """Return the days from 1970-01-01 to the first day of a year in the Gregorian calendar."""
    y = year - 1
    return y * 365 + np.floor(y / 4) - np.floor(y / 100) + np.floor(y / 400) - _DAYS_TO_1970
