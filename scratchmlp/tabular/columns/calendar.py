"""Dates: where they are in the year, in the day and in the week."""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from scratchmlp.tabular.reading.values import Floats

#: Suffixes of the outputs that are numbers in a range, as the days themselves are.
POSITIONS = ("_month", "_hour")

#: Decimal places of waves. Mathematical libraries differ in the last bits, and compute different
#: numbers close to 0 for sin(0) and sin(π). Trees must not split between these.
WAVE_DECIMALS = 6

#: Suffixes of the outputs of a cycle, after its name.
FORMS = ("", "_sin", "_cos")
SECONDS = 86_400  # in a day
FIRST_WEEKDAY = 3  # of 1970-01-01, a Thursday; Monday is 0
_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


@dataclass(frozen=True, eq=False)
class Calendar:
    """The cycles in which the dates of a column differ.

    Attributes
    ----------
    cycles : tuple of {'month', 'hour'}
        Cycles in which dates get a position.
    weekdays : tuple of int
        Days of the week, from 0 for Monday, unless there is only one.
    """

    cycles: tuple[str, ...]
    weekdays: tuple[int, ...]

    @classmethod
    def fit(cls, days: Floats) -> Self:
        """Find out whether dates differ in month, day of the week and hour.

        Parameters
        ----------
        days : ndarray of shape (n_samples,), float64
            Days since 1970-01-01, of which at least one is not NaN.

        Returns
        -------
        Calendar
            The calendar.
        """
        dates = _dates(days[~np.isnan(days)])
        units = {"month": dates.astype("datetime64[M]").astype(int) % 12, "hour": _hour(dates) // 1}
        weekdays = np.unique(_weekday(dates)).tolist()
        return cls(
            tuple(name for name, values in units.items() if len(np.unique(values)) > 1),
            tuple(weekdays) if len(weekdays) > 1 else (),
        )

    def suffixes(self) -> list[str]:
        """Return a suffix for each output, such as "_hour", "_hour_sin" and "_weekday_Mon"."""
        cycles = [f"_{name}{form}" for name in self.cycles for form in FORMS]
        return cycles + [weekday_suffix(number) for number in self.weekdays]

    def encode(self, days: Floats) -> dict[str, Floats]:
        """Return where dates are in the year, in the day and in the week, by suffix.

        A position in the year or in the day is a number in [-1, 1), whose bins can find a month or
        opening hours, and a wave of six decimal places, which does not jump at midnight. A day of
        the week is one column of 0 and 1 for each day.

        Parameters
        ----------
        days : ndarray of shape (n_samples,), float64
            Days since 1970-01-01, NaN where they are missing.

        Returns
        -------
        dict of str to ndarray of shape (n_samples,)
            The outputs. Missing dates are 0 in all of them.
        """
        dates = _dates(np.nan_to_num(days))
        positions = {"month": _year_fraction(dates), "hour": _hour(dates) / 24}
        outputs = [output for name in self.cycles for output in in_cycle(positions[name])]
        outputs += [_weekday(dates) == number for number in self.weekdays]
        known = [np.where(np.isnan(days), 0, values) for values in outputs]
        return dict(zip(self.suffixes(), known, strict=True))


def in_cycle(position: Any) -> list[Any]:
    """Return a position in [0, 1), which may be a value of an ONNX graph, as `FORMS` says.

    These are a number in [-1, 1), and a wave: a sine and a cosine.
    """
    angle, unit = 2 * np.pi * position, 10**WAVE_DECIMALS
    waves = [np.rint(wave(angle) * unit) / unit for wave in (np.sin, np.cos)]
    return [2 * position - 1, *waves]


def weekday_suffix(number: int) -> str:
    """Return the suffix of the output of a day of the week, from 0 for Monday."""
    return f"_weekday_{_WEEKDAYS[number]}"


def _dates(days: Floats) -> NDArray[np.datetime64]:
    """Convert days since 1970-01-01 to dates, to the nearest second."""
    return np.round(days * SECONDS).astype("datetime64[s]")


def _hour(dates: NDArray[np.datetime64]) -> Floats:
    """Return the hours since midnight, with fractions."""
    return (dates - dates.astype("datetime64[D]")) / np.timedelta64(1, "h")


def _weekday(dates: NDArray[np.datetime64]) -> NDArray[np.intp]:
    """Return the day of the week, from 0 for Monday to 6."""
    return (dates.astype("datetime64[D]").astype(int) + FIRST_WEEKDAY) % 7


def _year_fraction(dates: NDArray[np.datetime64]) -> Floats:
    """Return the part of the year that has passed."""
    year = dates.astype("datetime64[Y]")
    start = year.astype("datetime64[s]")
    return (dates - start) / ((year + np.timedelta64(1, "Y")).astype("datetime64[s]") - start)
