"""Advice about the columns of X, for users whose training has not converged."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import issparse
from sklearn.utils.sparsefuncs import mean_variance_axis

from scratchmlp.arrays import FloatArray
from scratchmlp.estimators.prepared import Prepared

#: Sizes that differ by a larger factor are advised on.
_FACTOR = 100


class _Columns(NamedTuple):
    """Columns of X.

    Attributes
    ----------
    names : ndarray of shape (n_columns,)
        Names or numbers.
    low, high : ndarray of shape (n_columns,)
        Smallest and largest values of all rows.
    spread : ndarray of shape (n_columns,)
        Standard deviations of some rows.
    middle : ndarray of shape (n_columns,)
        Distances between the quantiles 0.05 and 0.95 of some rows. 0 for sparse columns, most of
        whose values are 0.
    """

    names: NDArray[Any]
    low: FloatArray
    high: FloatArray
    spread: FloatArray
    middle: FloatArray

    @property
    def width(self) -> FloatArray:
        """Distances between the smallest and the largest values."""
        return self.high - self.low

    def only(self, which: NDArray[np.bool_]) -> "_Columns":
        """Select columns."""
        return _Columns(*(each[which] for each in self))


@np.errstate(over="ignore", invalid="ignore", divide="ignore")
def column_advice(prepared: Prepared, names: Any, remedy: str) -> str:
    """Say which columns of X have outliers, and whether the others differ in scale.

    Parameters
    ----------
    prepared : Prepared
        What training needed.
    names : ndarray of shape (n_features,) or None
        Names of the columns. None means their numbers.
    remedy : str
        What to do about dense columns that differ in scale.

    Returns
    -------
    str
        Sentences, each after a space. An empty string if there is nothing to say.
    """
    low, high = _extremes(prepared)
    some = prepared.data.sample(200).X
    names = np.arange(len(low)) if names is None else names
    if issparse(some):
        remedy = "Put a MaxAbsScaler before the network"
        spread, middle = np.sqrt(mean_variance_axis(some, axis=0)[1]), np.zeros(len(low))
    else:
        spread, middle = some.std(axis=0), np.ptp(np.percentile(some, [5, 95], axis=0), axis=0)
    columns = _Columns(names, low, high, spread, middle)
    outlying = (middle > 0) & (columns.width > _FACTOR * middle)
    return _on_scales(columns.only(~outlying), remedy) + _on_outliers(columns.only(outlying))


def _extremes(prepared: Prepared) -> tuple[FloatArray, FloatArray]:
    """Return the smallest and the largest value of each column of X, with the held-out rows."""
    parts = [prepared.data]
    if prepared.held_out and prepared.run.split is not None:
        parts.append(prepared.held_out[0])
    low, high = zip(*(each.extremes() for each in parts), strict=True)
    return np.min(low, axis=0), np.max(high, axis=0)


def _on_scales(columns: _Columns, remedy: str) -> str:
    """Advise on columns of which both the widths and the standard deviations differ.

    Standardized columns may differ in width, and the 0 and 1 of categories in their standard
    deviations.
    """
    # Constant columns do not count; rounding may give them a standard deviation.
    columns = columns.only((columns.low < columns.high) & (columns.spread > 0))
    if not len(columns.names):
        return ""
    names, width = columns.names.tolist(), columns.width
    factor = min(each.max() / each.min() for each in (width, columns.spread))
    if factor <= _FACTOR:
        return ""
    narrow, wide = width.argmin(), width.argmax()
    return (
        f" The columns of X differ in scale by a factor of {factor:.0f}: the values of column "
        f"{names[narrow]!r} differ by at most {width[narrow]:.3g}, those of column "
        f"{names[wide]!r} by {width[wide]:.3g}. {remedy}."
    )


def _on_outliers(columns: _Columns) -> str:
    """Advise on the column with the largest outliers."""
    if not len(columns.names):
        return ""
    i = (columns.width / columns.middle).argmax()
    return (
        f" Column {columns.names.tolist()[i]!r} of X has outliers: its values go from "
        f"{columns.low[i]:.3g} to {columns.high[i]:.3g}, but nine of ten are within a range of "
        f"{columns.middle[i]:.3g}. Clip them or take logarithms, and use a scaler that ignores "
        "them, such as RobustScaler."
    )
