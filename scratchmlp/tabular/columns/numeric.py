"""Numeric columns: scaling by quartiles and the smooth clip."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from scratchmlp.tabular.reading.values import Floats

#: Limit of scaled numbers. Their squares stay finite, and the smooth clip is constant beyond it.
ALMOST_INFINITE = 1e100


def fit_numbers(values: Floats) -> dict[str, Any]:
    """Find the center and the scale of a numeric column.

    Parameters
    ----------
    values : ndarray of shape (n_samples,), float64
        Numbers, of which at least one is not NaN.

    Returns
    -------
    dict
        "centre", "scale" and "indicator", as in `TabularEncoder.columns_`.
    """
    known = values[~np.isnan(values)]
    low, quarter, median, three_quarters, high = np.quantile(known, [0, 0.25, 0.5, 0.75, 1])
    scale = three_quarters - quarter or (high - low) / 2
    return {
        "centre": float(median),
        "scale": float(scale),
        "indicator": len(known) < len(values),
    }


def encode_numbers(values: Floats, fitted: dict[str, Any], out: NDArray[np.float32]) -> None:
    """Write the scaled and clipped numbers and the indicator of missing values.

    Parameters
    ----------
    values : ndarray of shape (n_samples,), float64
        Numbers, NaN where they are missing.
    fitted : dict
        Result of `fit_numbers`.
    out : ndarray of shape (n_samples, n_columns), float32
        Array to write to. It has a column for the numbers if their scale is above 0, and a last
        one for the indicator if there is one.
    """
    if fitted["indicator"]:
        out[:, -1] = np.isnan(values)
    if fitted["scale"] > 0:
        with np.errstate(over="ignore"):  # the scale may be tiny
            z = (values - fitted["centre"]) / fitted["scale"]
        clip_smoothly(z)
        out[:, 0] = np.nan_to_num(z, copy=False)


def clip_smoothly(z: Floats) -> None:
    """Limit numbers to (-3, 3) in place: z ← z / sqrt(1 + (z / 3)²)."""
    np.clip(z, -ALMOST_INFINITE, ALMOST_INFINITE, out=z)
    z /= np.sqrt(1 + (z / 3) ** 2)
