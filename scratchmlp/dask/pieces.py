"""What workers do with a partition before training: check its rows, and convert them.

The functions run in tasks. They do what `estimators.in_memory.RowsInMemory` does with all
rows at once. What all partitions must agree on, such as class weights, is in a `Conversion`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.base import is_classifier
from sklearn.preprocessing import StandardScaler
from sklearn.utils import check_consistent_length
from sklearn.utils.multiclass import unique_labels

from scratchmlp.arrays import FloatArray
from scratchmlp.batches import Data
from scratchmlp.estimators.targets import ClassLabels, RegressionTargets, classes_of
from scratchmlp.estimators.validation import check_weights, validate_rows
from scratchmlp.losses import Loss


class RowsSummary(NamedTuple):
    """What the driver knows of the checked rows of a partition.

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
    scaler : StandardScaler or None
        A scaler that is fitted to X, if it was asked for.
    """

    n_rows: int
    n_features: Any = None
    dtype: Any = None
    labels: Any = None
    n_targets: Any = None
    largest_weight: float | None = None
    scaler: StandardScaler | None = None


class CheckedRows(NamedTuple):
    """The checked rows of a partition.

    Attributes
    ----------
    X : ndarray of shape (n_samples, n_features)
        Inputs, of float32 or float64.
    y : ndarray of shape (n_samples,) or (n_samples, n_targets)
        Targets as the user passed them.
    sample_weight : ndarray of shape (n_samples,) or None
        Weights as the user passed them.
    summary : RowsSummary
        What the driver needs to know.
    """

    X: Any
    y: Any
    sample_weight: FloatArray | None
    summary: RowsSummary


class PieceSummary(NamedTuple):
    """What the driver knows of rows that are ready to train or validate on.

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


class Piece(NamedTuple):
    """Rows that are ready to train or validate on.

    Attributes
    ----------
    data : Data
        The rows.
    y : ndarray or None
        Their targets as the user passed them, if they are needed.
    summary : PieceSummary
        What the driver needs to know.
    """

    data: Data
    y: Any
    summary: PieceSummary

    def take(self, rows: Any) -> Data:
        """Return some of the rows, or all if `rows` is None."""
        return self.data if rows is None else self.data.rows(rows)


@dataclass(frozen=True)
class Conversion:
    """How checked rows become pieces.

    Attributes
    ----------
    targets : ClassLabels or RegressionTargets
        The kind of targets, and their classes.
    loss : Loss
        The loss.
    dtype : dtype
        Type of the inputs, targets and weights.
    scaler : StandardScaler or None
        Standardizes the inputs.
    factors : list of ndarray or None
        Weights of the classes: see `ClassLabels.factors`.
    validation : bool
        Whether the rows are the user's validation data.
    keep_y : bool
        Whether the targets that the user passed are kept as well.
    """

    targets: ClassLabels | RegressionTargets
    loss: Loss
    dtype: Any
    scaler: StandardScaler | None
    factors: Sequence[FloatArray] | None = None
    validation: bool = False
    keep_y: bool = False


def check_rows(
    estimator: Any,
    dtype: Any,
    with_scaler: bool,
    names: tuple[Any, Any],
    X: Any,
    y: Any,
    sample_weight: Any,
) -> CheckedRows:
    """Check the rows of a partition as the local estimator does.

    Parameters
    ----------
    estimator : BaseMLP
        An unfitted estimator, which messages name.
    dtype : dtype or tuple of dtypes
        Data types that X may have.
    with_scaler : bool
        Whether to fit a scaler to X.
    names : tuple of two Index or None
        Names of the columns of X and y in the collections. None means that they have no names.
    X, y, sample_weight : object
        The partition.

    Returns
    -------
    CheckedRows
        The rows.
    """
    check_consistent_length(X, y, None if np.isscalar(sample_weight) else sample_weight)
    if not len(X):
        return CheckedRows(None, None, None, RowsSummary(0))
    for name, part, expected in zip("Xy", (X, y), names, strict=True):
        _check_names(name, part, expected)
    if np.ndim(y) == 2 and y.shape[1] == 1:
        y = np.asarray(y)[:, 0]
    X, y, _ = validate_rows(estimator, X, y, None, dtype, reset=True)
    largest_weight = None
    if sample_weight is not None:
        sample_weight = check_weights(sample_weight, X, all_zero=True)
        largest_weight = float(sample_weight.max())
    labels = labels_of(y, classes_of(y)) if is_classifier(estimator) else None
    X = np.ascontiguousarray(X)  # training selects rows
    scaler = StandardScaler().fit(X) if with_scaler else None
    n_targets = 1 if y.ndim == 1 else y.shape[1]
    summary = RowsSummary(len(X), X.shape[1], X.dtype, labels, n_targets, largest_weight, scaler)
    return CheckedRows(X, y, sample_weight, summary)


def sums_of_classes(conversion: Conversion, rows: CheckedRows) -> NDArray[Any]:
    """Add up the weights of the rows of each class: see `ClassLabels.sums`."""
    assert isinstance(conversion.targets, ClassLabels)
    return conversion.targets.sums(rows.y, _user_weight(conversion, rows))


def convert(conversion: Conversion, rows: CheckedRows) -> Piece:
    """Convert checked rows to what training needs. Rows of weight 0 are left out."""
    targets, dtype, loss = conversion.targets, conversion.dtype, conversion.loss
    encode = targets.encode_validation if conversion.validation else targets.encode
    X, y, Y = rows.X, rows.y, encode(rows.y, loss, dtype)
    weight = _user_weight(conversion, rows)
    if conversion.factors is not None:
        assert isinstance(targets, ClassLabels)
        weight = targets.weigh(conversion.factors, rows.y, weight, dtype)
    if weight is not None and not weight.all():
        kept = np.flatnonzero(weight)
        X, Y, y, weight = X[kept], Y[kept], y[kept], weight[kept]
    X = X.astype(dtype, copy=False)
    if conversion.scaler is not None and len(X):
        X = conversion.scaler.transform(X)
    data = Data(X, Y, weight, targets.targets_of_classes(loss, dtype))
    return Piece(data, y if conversion.keep_y else None, _summary_of(targets, data))


def split(
    targets: Any,
    seed: tuple[int, int],
    quota: dict[Any, int],
    held_out: bool,
    piece: Piece,
) -> Piece:
    """Return the rows that early stopping holds out, or the others.

    Parameters
    ----------
    targets : ClassLabels or RegressionTargets
        They define the strata.
    seed : tuple of two int
        Seed of the fit, and number of the partition.
    quota : dict of str to int
        Number of rows to hold out in each stratum.
    held_out : bool
        Which rows to return.
    piece : Piece
        All rows.

    Returns
    -------
    Piece
        The selected rows, in their order.
    """
    random_state, n_rows = np.random.RandomState(seed), piece.data.n_rows
    of_rows, chosen = targets.strata(piece.data.Y), np.zeros(n_rows, bool)
    for stratum, n_held_out in sorted(quota.items()):
        rows = np.arange(n_rows) if of_rows is None else np.flatnonzero(of_rows == stratum)
        chosen[random_state.permutation(rows)[:n_held_out]] = True
    kept = np.flatnonzero(chosen == held_out)
    data = piece.data.rows(kept)
    return Piece(data, piece.y[kept] if held_out else None, _summary_of(targets, data))


def joined_scaler(scalers: Sequence[StandardScaler]) -> StandardScaler:
    """Return the StandardScaler of all rows, given those of their parts.

    Two rows with half the weight of a part each, one standard deviation below and above its mean,
    have the mean and the variance of the part.

    Examples
    --------
    >>> from sklearn.preprocessing import StandardScaler
    >>> from scratchmlp.dask.pieces import joined_scaler
    >>> scaler = joined_scaler([StandardScaler().fit(rows) for rows in ([[1.0]], [[2.0], [6.0]])])
    >>> scaler.mean_.round(9), scaler.var_.round(9)
    (array([3.]), array([4.66666667]))
    """
    rows = [each.mean_ + side * np.sqrt(each.var_) for each in scalers for side in (-1, 1)]
    n_rows = [each.n_samples_seen_ for each in scalers]
    scaler = StandardScaler().fit(rows, sample_weight=np.repeat(n_rows, 2) / 2)
    scaler.n_samples_seen_ = sum(n_rows)
    return scaler


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


def joined_labels(labels: Sequence[Any]) -> Any:
    """Join the results of `labels_of` of several partitions. None, of a regressor, stays None."""
    if labels[0] is None:
        return None
    if labels[0].ndim == 1:
        unique_labels(*labels)  # refuses numbers beside strings
    return np.unique(np.concatenate(labels), axis=0)


def _check_names(name: str, part: Any, expected: Any) -> None:
    """Check that a partition has the columns of its collection, in the same order."""
    found = getattr(part, "columns", None)
    if expected is None or found is None or found.equals(expected):
        return
    raise ValueError(
        f"A partition of {name} has the columns {list(found)}, but the collection has "
        f"{list(expected)}. All partitions must have the same columns in the same order: select "
        f"them, for instance with {name}.map_partitions(lambda part: part[list({name}.columns)])."
    )


def _user_weight(conversion: Conversion, rows: CheckedRows) -> FloatArray | None:
    """Return the weights that the user passed, of the type of the inputs."""
    if rows.sample_weight is None:
        return None
    return rows.sample_weight.astype(conversion.dtype, copy=False)


def _summary_of(targets: Any, data: Data) -> PieceSummary:
    """Count the rows of each stratum, and add up the weights, which are 1 if they are None."""
    strata, weight, counts = targets.strata(data.Y), data.sample_weight, {"": data.n_rows}
    if strata is not None:
        names, numbers = np.unique(strata, return_counts=True)
        counts = dict(zip(names.tolist(), numbers.tolist(), strict=True))
    total = data.n_rows if weight is None else weight.sum(dtype=np.float64)
    return PieceSummary(counts, float(total))
