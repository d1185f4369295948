"""How numbers and values of a table are written, on the command line and in reports."""

import unicodedata
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from scratchmlp.tabular.columns.any_column import Column
from scratchmlp.utils.names import shortened

LONGEST = 60  # characters of a name or a value
#: Marks that change the direction of the text after them, and what XML cannot contain.
_REPLACED = {
    *"\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufffe\uffff"
}
LARGE, SMALL = 1e6, 1e-2  # a column of larger or smaller means is divided by a power of ten
MOST_DECIMALS = 6
ROUNDING = 1e-12  # of a mean; a smaller deviation is a rounding error
SHORTEST = 0.01  # seconds; shorter times are not told apart


class Number(NamedTuple):
    """A cell with a number.

    Attributes
    ----------
    value : float
        The number with all its digits, which the page contains too.
    text : str
        The number as it is shown.
    shade : float or None
        Strength of the background, from 0 to 1; None for no background.
    """

    value: float
    text: str
    shade: float | None = None

    def __str__(self) -> str:
        return self.text


Cell = str | Number


def plain(value: object, longest: int = LONGEST) -> str:
    """Write a name or a value of the table on one line, without control characters."""
    return "".join(map(_on_one_line, shortened(value, longest)))


def _on_one_line(character: str) -> str:
    """Write white space as a space, and mark control characters."""
    if character.isspace():
        return " "
    is_control = unicodedata.category(character) in ("Cc", "Cs") or character in _REPLACED
    return "\N{REPLACEMENT CHARACTER}" if is_control else character


def significant(value: float, n_digits: int = 2) -> str:
    """Write a number with few significant digits, such as "0.012", "4.5" or "1,200"."""
    if np.isnan(value):
        return "undefined"
    if value == 0:
        return "0"
    if np.isinf(value) or exponent(value) < -5:
        return f"{value:.{n_digits - 1}e}"
    n_decimals = n_digits - 1 - exponent(float(f"{value:.{n_digits - 1}e}"))
    return f"{np.round(value, n_decimals):,.{max(0, n_decimals)}f}"


def exponent(value: float) -> int:
    """Return the exponent of the leading digit of a number other than 0: 2 for 123.

    That of an infinite number is the largest one of a float, 308.
    """
    return int(f"{np.nan_to_num(value):e}".partition("e")[2])


def number(value: float, n_digits: int = 3) -> Number:
    """Make a cell with a number of few significant digits."""
    return Number(float(value), significant(float(value), n_digits))


def decimals(value: float, n_decimals: int) -> Number:
    """Make a cell with a number of the same decimals as others; 0 has no sign."""
    return Number(float(value), f"{value:z.{n_decimals}f}")


def share(value: float) -> Number:
    """Make a cell with a share in percent."""
    return Number(float(value), "undefined" if np.isnan(value) else f"{value:z.1%}")


def count(value: int, shade: float | None = None) -> Number:
    """Make a cell with a number of rows or the like."""
    return Number(int(value), f"{value:,}", shade)


def cell(value: Any) -> Cell:
    """Make a cell of a value of the user's table."""
    if not isinstance(value, str | bytes) and np.ndim(value) == 0 and pd.isna(value):
        return "missing"
    if isinstance(value, int | np.integer) and not isinstance(value, bool):
        return Number(float(value), str(value))
    if isinstance(value, float | np.floating):
        value = float(value)
        return Number(value, f"{value:.0f}" if 1e6 <= abs(value) < 1e15 else f"{value:.6g}")
    return plain(value)


def cells_of(values: "pd.Series[Any]", fitted: Column | None) -> list[Cell]:
    """Write values of a column: numbers in text as the model reads them, without many digits."""
    read = fitted.values_of(values) if fitted and fitted.kind == "number" else values
    return [
        cell(known if isinstance(value, str) and pd.notna(known) else value)
        for value, known in zip(values, read, strict=True)
    ]


# Means over folds, and times.


def seconds(duration: float) -> str:
    """Write a time in seconds, such as "0.25", or "<0.01" for any shorter one."""
    return f"<{SHORTEST}" if duration < SHORTEST else significant(duration)


def means_and_deviations(scores: pd.DataFrame, n_digits: int = 2) -> "pd.Series[str]":
    """Write the mean ± the standard deviation of each column, all with the same decimals.

    The deviation of a single fold is unknown. Without one, three digits of the mean are shown. If
    all means are huge or tiny, the name of the result says by which power of ten they were divided.

    Parameters
    ----------
    scores : DataFrame of shape (n_folds, n_models)
        Scores. nan is left out.
    n_digits : int, default=2
        Number of digits that the decimals show of most standard deviations.

    Returns
    -------
    Series of str
        Text for each column. Its name is "" or, for example, " / 1e9".
    """
    with np.errstate(invalid="ignore"):  # scores may be infinite
        means, deviations = scores.mean(), scores.std(ddof=0)
    deviations = deviations.mask(deviations < ROUNDING * means.abs(), 0.0)
    return with_deviations(means, deviations.mask(scores.count() < 2), n_digits)


def with_deviations(
    means: "pd.Series[float]", deviations: "pd.Series[float]", n_digits: int = 2
) -> "pd.Series[str]":
    """Write means ± deviations: see `means_and_deviations`. Deviations of nan are left out."""
    power = _common_power(means.abs())
    means, deviations = means / 10.0**power, deviations / 10.0**power
    n_decimals = _n_decimals(deviations, n_digits)
    texts = [_write(*pair, n_decimals) for pair in zip(means, deviations, strict=True)]
    return pd.Series(texts, means.index, name=f" / 1e{power}" if power else "")


def _common_power(sizes: "pd.Series[float]") -> int:
    """Return the power of ten, a multiple of three, to divide by: 0 unless all are huge or tiny.

    Infinite sizes do not count.
    """
    sizes = sizes[np.isfinite(sizes)]
    if sizes.min() >= LARGE:
        return 3 * (exponent(sizes.min()) // 3)
    if 0 < sizes.max() < SMALL:
        return 3 * (exponent(sizes.max()) // 3)
    return 0


def _n_decimals(deviations: "pd.Series[float]", n_digits: int) -> int:
    """Return the decimals that show some digits of a deviation, the lower median of all.

    The largest one would hide the digits of the others if one model is far off.
    """
    positive = np.sort(deviations[deviations > 0])
    if len(positive) == 0:
        return 3
    median = float(positive[(len(positive) - 1) // 2])
    return min(n_digits - 1 - exponent(median), MOST_DECIMALS)


def _write(mean: float, deviation: float, n_decimals: int) -> str:
    """Write mean ± standard deviation; a mean that is far off gets few digits."""
    if np.isnan(mean):
        return "undefined"
    if abs(mean) >= 10 * LARGE:
        return f"{mean:.1e}" + ("" if np.isnan(deviation) else f" ± {deviation:.0e}")
    n_decimals = n_decimals if deviation > 0 else _three_digits(mean)
    pair = [np.round(value, n_decimals) for value in (mean, deviation) if not np.isnan(value)]
    return " ± ".join(f"{value:z,.{max(0, n_decimals)}f}" for value in pair)


def _three_digits(mean: float) -> int:
    """Return three decimals, or those of three significant digits of large and tiny means."""
    if mean == 0 or SMALL <= abs(mean) < 10:
        return 3
    return min(2 - exponent(mean), MOST_DECIMALS)
