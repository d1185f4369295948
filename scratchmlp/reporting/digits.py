"""Numbers written with the digits that matter."""

import numpy as np
import pandas as pd

LARGE, SMALL = 1e6, 1e-2  # a column of larger or smaller means is divided by a power of ten
MOST_DECIMALS = 6
ROUNDING = 1e-12  # of a mean; a smaller deviation is a rounding error
SHORTEST = 0.01  # seconds; shorter times are not told apart


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


def seconds(duration: float) -> str:
    """Write a time in seconds, such as "0.25", or "<0.01" for any shorter one."""
    return f"<{SHORTEST}" if duration < SHORTEST else significant(duration)


def exponent(value: float) -> int:
    """Return the exponent of the leading digit of a number other than 0: 2 for 123."""
    return int(f"{value:e}".partition("e")[2])


def means_and_deviations(scores: pd.DataFrame, n_digits: int = 2) -> "pd.Series[str]":
    """Write the mean ± the standard deviation of each column, all with the same decimals.

    Without a deviation, three digits of the mean are shown. If all means are huge or tiny, the name
    of the result says by which power of ten they were divided.

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
    means, deviations = scores.mean(), scores.std(ddof=0)
    deviations = deviations.mask(deviations < ROUNDING * means.abs(), 0.0)
    power = _common_power(means.abs())
    means, deviations = means / 10.0**power, deviations / 10.0**power
    n_decimals = _decimals(deviations, n_digits)
    texts = [_write(*pair, n_decimals) for pair in zip(means, deviations, strict=True)]
    return pd.Series(texts, scores.columns, name=f" / 1e{power}" if power else "")


def _common_power(sizes: "pd.Series[float]") -> int:
    """Return the power of ten, a multiple of three, to divide by: 0 unless all are huge or tiny."""
    if sizes.min() >= LARGE:
        return 3 * (exponent(sizes.min()) // 3)
    if 0 < sizes.max() < SMALL:
        return 3 * (exponent(sizes.max()) // 3)
    return 0


def _decimals(deviations: "pd.Series[float]", n_digits: int) -> int:
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
        return f"{mean:.1e} ± {deviation:.0e}"
    n_decimals = n_decimals if deviation else _three_digits(mean)
    pair = (np.round(value, n_decimals) for value in (mean, deviation))
    return " ± ".join(f"{value:,.{max(0, n_decimals)}f}" for value in pair)


def _three_digits(mean: float) -> int:
    """Return three decimals, or those of three significant digits of large and tiny means."""
    if mean == 0 or SMALL <= abs(mean) < 10:
        return 3
    return min(2 - exponent(mean), MOST_DECIMALS)
