"""Summaries of partitions, which combine to a summary of all rows."""

from dataclasses import dataclass
from functools import reduce
from typing import Any, NamedTuple, Self

import numpy as np
from sklearn.preprocessing import StandardScaler
from sklearn.preprocessing._data import _handle_zeros_in_scale, _is_constant_feature
from sklearn.utils import gen_batches
from sklearn.utils.multiclass import unique_labels

from scratchmlp.arrays import FloatArray

#: Rows of which moments are computed at a time.
_ROWS = 2**14


@dataclass(frozen=True)
class Moments:
    """Count, mean and sum of squared deviations of each column.

    Those of two sets of rows combine without loss of precision, unlike sums of squares.

    Attributes
    ----------
    count : float
        Number of rows, or sum of their weights.
    mean : ndarray of shape (n_columns,)
        Means.
    m2 : ndarray of shape (n_columns,)
        Sums of squared deviations from the means.

    References
    ----------
    Chan, Golub and LeVeque, "Updating formulae and a pairwise algorithm for computing sample
    variances", 1979.

    Examples
    --------
    >>> import numpy as np
    >>> from scratchmlp.dask.summaries import Moments
    >>> X = np.array([[1.0], [2.0], [6.0]])
    >>> Moments.of(X[:1]) + Moments.of(X[1:])
    Moments(count=3.0, mean=array([3.]), m2=array([14.]))
    """

    count: float
    mean: FloatArray
    m2: FloatArray

    @classmethod
    def of(cls, X: FloatArray, weight: FloatArray | None = None) -> Self:
        """Compute the moments of some rows, whose weights are above 0."""
        parts = [
            cls._of_few(X[rows].astype(np.float64), None if weight is None else weight[rows])
            for rows in gen_batches(len(X), _ROWS)
        ]
        return reduce(cls.__add__, parts)

    @classmethod
    def _of_few(cls, X: FloatArray, weight: FloatArray | None) -> Self:
        count = float(len(X) if weight is None else weight.sum(dtype=np.float64))
        mean = np.average(X, axis=0, weights=weight)
        squares = (X - mean) ** 2
        m2 = squares.sum(axis=0) if weight is None else weight.astype(np.float64) @ squares
        return cls(count, mean, m2)

    def __add__(self, other: Self) -> Self:
        """Return the moments of two sets of rows together."""
        count = self.count + other.count
        difference, share = other.mean - self.mean, other.count / count
        return type(self)(
            count,
            self.mean + share * difference,
            self.m2 + other.m2 + difference**2 * (self.count * share),
        )

    def scaler(self) -> StandardScaler:
        """Return the StandardScaler that is fitted to these rows."""
        scaler, var = StandardScaler(), self.m2 / self.count
        constant = _is_constant_feature(var, self.mean, self.count)
        scaler.mean_, scaler.var_ = self.mean, var
        scaler.scale_ = _handle_zeros_in_scale(np.sqrt(var), copy=False, constant_mask=constant)
        scaler.n_samples_seen_ = np.int64(self.count)
        scaler.n_features_in_ = len(self.mean)
        return scaler


class RowsSummary(NamedTuple):
    """What a partition says about its rows before training.

    Attributes
    ----------
    n_rows : int
        Number of rows. If it is 0, the other attributes are None.
    n_features : int
        Number of columns of X.
    dtype : dtype
        Type of X, float32 or float64.
    labels : ndarray or None
        Of a classifier: see `labels_of`.
    n_targets : int
        Number of columns of y.
    largest_weight : float or None
        The largest weight. None without weights.
    moments : Moments or None
        Moments of the columns of X, if they were asked for.
    """

    n_rows: int
    n_features: Any = None
    dtype: Any = None
    labels: Any = None
    n_targets: Any = None
    largest_weight: float | None = None
    moments: Any = None


class PieceSummary(NamedTuple):
    """What a partition says about the rows that are ready to train or validate on.

    Attributes
    ----------
    strata : dict of str to int
        Number of rows in each stratum of a validation split.
    weight : float
        Sum of the weights.
    """

    strata: dict[Any, int]
    weight: float

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return sum(self.strata.values())


def labels_of(y: Any, classes: Any) -> Any:
    """Return a few targets that have the same classes as `y`.

    Parameters
    ----------
    y : ndarray of shape (n_samples,) or (n_samples, n_labels)
        Labels.
    classes : ndarray of shape (n_classes,)
        The classes in y.

    Returns
    -------
    ndarray of shape (n_classes,) or (n_values, n_labels)
        The classes. Of an indicator matrix, one row for each value in it.
    """
    if y.ndim == 1:
        return classes
    values = np.unique(y)
    return np.repeat(values[:, np.newaxis], y.shape[1], axis=1)


def joined_labels(labels: list[Any]) -> Any:
    """Join the results of `labels_of` of several partitions."""
    if labels[0].ndim == 1:
        unique_labels(*labels)  # refuses numbers beside strings
    return np.unique(np.concatenate(labels), axis=0)
