"""Advice about the columns of X, for users whose training has not converged."""

from typing import Any

import numpy as np
from scipy.sparse import issparse
from sklearn.utils.sparsefuncs import mean_variance_axis

from scratchmlp.arrays import FloatArray
from scratchmlp.estimators.prepared import Prepared

#: Sizes that differ by a larger factor are advised on.
_FACTOR = 100


@np.errstate(over="ignore", invalid="ignore", divide="ignore")
def column_advice(prepared: Prepared, names: Any) -> str:
    """Say whether columns of X differ in scale, and which one has the largest outliers.

    An outlier is far outside of the range of nine of ten values. Columns without outliers differ in
    scale if both their ranges and their standard deviations differ. One of the two is not enough:
    the ranges of standardized columns differ, and so do the standard deviations of indicators.

    Parameters
    ----------
    prepared : Prepared
        What training needed.
    names : ndarray of shape (n_features,) or None
        Names of the columns. None means their numbers.

    Returns
    -------
    str
        Sentences, each after a space. An empty string if there is nothing to say.
    """
    low, high = _extremes(prepared)
    width = high - low
    if not width.any():
        return ""
    scaler, some = "a StandardScaler", prepared.data.sample(200).X
    if issparse(some):  # most values are 0: others are no outliers
        scaler = "a MaxAbsScaler"
        spread, usual = np.sqrt(mean_variance_axis(some, axis=0)[1]), width
    else:
        spread, usual = some.std(axis=0), np.ptp(np.percentile(some, [5, 95], axis=0), axis=0)
    names = np.arange(len(low)) if names is None else names
    outside = np.where(usual > 0, width / usual, 0.0)
    # Constant columns do not count; rounding may give them a standard deviation.
    scaled = np.flatnonzero((outside <= _FACTOR) & (width > 0) & (spread > 0))
    advice = ""
    if len(scaled):
        factor = min(size[scaled].max() / size[scaled].min() for size in (width, spread))
        narrow, wide = scaled[width[scaled].argmin()], scaled[width[scaled].argmax()]
        if factor > _FACTOR:
            advice += (
                f" The columns of X differ in scale by a factor of {factor:.0f}: the values of "
                f"column {names.tolist()[narrow]!r} differ by at most {width[narrow]:.3g}, those "
                f"of column {names.tolist()[wide]!r} by {width[wide]:.3g}. Put {scaler} "
                "before the network."
            )
    if outside[i := outside.argmax()] > _FACTOR:
        advice += (
            f" Column {names.tolist()[i]!r} of X has outliers: its values go from {low[i]:.3g} to "
            f"{high[i]:.3g}, but nine of ten are within a range of {usual[i]:.3g}. Clip them, or "
            "take logarithms before scaling."
        )
    return advice


def _extremes(prepared: Prepared) -> tuple[FloatArray, FloatArray]:
    """Return the smallest and the largest value of each column of X, with the held-out rows."""
    parts = [prepared.data]
    if prepared.held_out is not None and prepared.run.split is not None:
        parts.append(prepared.held_out)
    low, high = zip(*(part.extremes() for part in parts), strict=True)
    return np.min(low, axis=0), np.max(high, axis=0)
