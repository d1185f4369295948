"""Columns of numbers, durations and dates: scaling by quartiles, the smooth clip, the calendar."""

from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scratchmlp.tabular.columns.calendar import POSITIONS, Calendar
from scratchmlp.tabular.columns.fitted_column import Encoded, FittedColumn
from scratchmlp.tabular.notes import Note
from scratchmlp.tabular.reading.dates import zone_of
from scratchmlp.tabular.reading.values import Floats, kind_of, to_dates, to_numbers
from scratchmlp.tabular.vocabulary import ColumnKind, ValueKind

#: Limit of scaled numbers. Their squares stay finite, and the smooth clip is constant beyond it.
_ALMOST_INFINITE = 1e100
#: The smooth clip limits numbers to (-CLIP, CLIP).
CLIP = 3.0
#: Least value of 1 - (z / CLIP)², by whose root the smooth clip is undone: rounding can make it 0.
_LEAST_LEFT = 1e-6


@dataclass(frozen=True, eq=False, kw_only=True)
class ScaledColumn(FittedColumn):
    """A column of numbers, which are scaled and clipped; the base of dates and durations.

    Attributes
    ----------
    center : float
        Median.
    scale : float
        Divisor: the interquartile range, or else half the range; 0.0 if there is a single number.
    indicator : bool
        Whether an output tells that the number is missing.
    deciles : tuple of float
        Different ones among the lowest number, the deciles and the highest number.
    decile_counts : tuple of int
        Rows whose number is at most the first of them; above it and at most the second; and so on.
    """

    ranges: ClassVar[tuple[str, ...]] = ("",)
    #: Whether 0 means nothing at all, so that ratios have a meaning.
    has_ratios: ClassVar[bool] = True

    center: float
    scale: float
    indicator: bool
    deciles: tuple[float, ...]
    decile_counts: tuple[int, ...]

    @classmethod
    def fit(cls, values: "pd.Series[Any]", **common: Any) -> Self:
        """Find the center and the scale of values, of which at least one is not missing.

        Parameters
        ----------
        values : Series of shape (n_samples,)
            The column.
        **common : object
            Fields of `FittedColumn`.

        Returns
        -------
        ScaledColumn
            The fitted column.
        """
        return cls(**quantiles(to_numbers(values, cls.expected)), **common)

    def number_suffixes(self) -> list[str]:
        """Return "" for the scaled numbers and "_missing" for the indicator."""
        return [""] * (self.scale > 0) + ["_missing"] * self.indicator

    @property
    def may_miss(self) -> bool:
        """Whether scaled numbers that are missing are NaN: an indicator follows them."""
        return self.scale > 0 and self.indicator

    @property
    def relative_scale(self) -> float:
        """Scale, divided by the median; 0 if this is not positive, or ratios mean nothing."""
        return self.scale / self.center if self.has_ratios and self.center > 0 else 0.0

    def encode(self, values: "pd.Series[Any]") -> Encoded:
        """Return the scaled and clipped numbers, and the indicator of missing values.

        Without an indicator, missing numbers become 0, the median.
        """
        return Encoded(self._encode_numbers(to_numbers(values, self.expected)))

    def _encode_numbers(self, numbers: Floats) -> dict[str, NDArray[Any]]:
        """Return the outputs of numbers that are NaN where they are missing."""
        outputs: dict[str, NDArray[Any]] = {}
        if self.scale > 0:
            with np.errstate(over="ignore"):  # the scale may be tiny
                z = (numbers - self.center) / self.scale
            z = clip_smoothly(z)
            outputs[""] = z if self.indicator else np.nan_to_num(z, copy=False)
        if self.indicator:
            outputs["_missing"] = np.isnan(numbers)
        return outputs


@dataclass(frozen=True, eq=False, kw_only=True)
class NumberColumn(ScaledColumn):
    """A column of numbers, or of booleans that are no categories."""

    kind: ColumnKind = "number"
    expected: ValueKind = "number"

    def values_of(self, column: "pd.Series[Any]") -> "pd.Series[Any]":
        """Return the values of the same column of another table as float64."""
        values = super().values_of(column)
        return pd.Series(values.to_numpy(np.float64, na_value=np.nan), values.index)


@dataclass(frozen=True, eq=False, kw_only=True)
class DurationColumn(ScaledColumn):
    """A column of durations, which are encoded as days."""

    kind: ColumnKind = "duration"
    expected: ValueKind = "duration"


@dataclass(frozen=True, eq=False, kw_only=True)
class DateColumn(ScaledColumn):
    """A column of dates, which are encoded as days and by their place in the calendar.

    Attributes
    ----------
    calendar : Calendar
        The cycles in which the dates differ.
    """

    ranges: ClassVar[tuple[str, ...]] = ("", *POSITIONS)
    has_ratios: ClassVar[bool] = False

    calendar: Calendar
    kind: ColumnKind = "date"
    expected: ValueKind = "date"

    @classmethod
    def fit(cls, values: "pd.Series[Any]", **common: Any) -> Self:
        """Find the center and the scale, and the cycles in which the dates differ."""
        days = to_numbers(values, cls.expected)
        return cls(**quantiles(days), calendar=Calendar.fit(days), **common)

    def read(self, name: str, column: "pd.Series[Any]") -> tuple["pd.Series[Any]", list[Note]]:
        """Read dates of another table, and note if these have a time zone and those not."""
        values, notes = super().read(name, column)
        if not (values.notna().any() and kind_of(values) == "date"):
            return values, notes
        fitted, given = self.reading.zone, zone_of(column)
        if (fitted is None) != (given is None) and (fitted or given) != "UTC":
            notes = [*notes, Note("zone", name, {"given": given, "fitted": fitted})]
        return values, notes

    def values_of(self, column: "pd.Series[Any]") -> "pd.Series[Any]":
        """Return the values of the same column of another table as dates."""
        return to_dates(super().values_of(column))

    def number_suffixes(self) -> list[str]:
        """Return the suffixes of numbers, followed by those of the calendar."""
        return super().number_suffixes() + self.calendar.suffixes()

    def encode(self, values: "pd.Series[Any]") -> Encoded:
        """Return the outputs of days as numbers, and those of the calendar."""
        days = to_numbers(values, self.expected)
        return Encoded(self._encode_numbers(days) | self.calendar.encode(days))


def quantiles(numbers: Floats) -> dict[str, Any]:
    """Return the fields of `ScaledColumn` for numbers, of which at least one is not NaN."""
    known = np.sort(numbers[~np.isnan(numbers)])
    low, quarter, median, three_quarters, high = np.quantile(known, [0, 0.25, 0.5, 0.75, 1])
    scale = three_quarters - quarter or (high - low) / 2
    tenths = np.arange(11) * (len(known) - 1) // 10
    deciles = np.unique(known[tenths])
    return {
        "center": float(median),
        "scale": float(scale),
        "indicator": len(known) < len(numbers),
        "deciles": tuple(deciles.tolist()),
        "decile_counts": tuple(np.diff(known.searchsorted(deciles, "right"), prepend=0).tolist()),
    }


def counts_between(numbers: Floats, deciles: tuple[float, ...]) -> NDArray[np.intp]:
    """Count the numbers up to the first decile, those up to the next, ..., and all others."""
    return np.bincount(np.searchsorted(deciles[:-1], numbers), minlength=len(deciles))


def clip_smoothly(z: Any) -> Any:
    """Limit numbers to (-3, 3): z / sqrt(1 + (z / 3)²). They may be values of an ONNX graph."""
    z = np.clip(z, -_ALMOST_INFINITE, _ALMOST_INFINITE)
    third = z / CLIP
    return z / np.sqrt(1 + third * third)


def undo_clip(z: Any, least_left: float = _LEAST_LEFT) -> Any:
    """Return the numbers that `clip_smoothly` has limited. They may be values of an ONNX graph.

    With `least_left=0.0`, those that rounding has made CLIP are infinite.
    """
    third = z / CLIP
    return z / np.sqrt(np.maximum(1 - third * third, least_left))
