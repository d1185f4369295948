"""From dask collections to pieces that are ready to train on: what the driver does.

The first round checks the rows of each partition and returns a summary of each. The driver combines
the summaries in the order of the partitions. Then the partitions are converted to pieces.
"""

import math
from collections.abc import Sequence
from dataclasses import replace
from operator import itemgetter
from typing import Any, NamedTuple

import numpy as np
from dask.delayed import Delayed
from distributed import Future
from sklearn.preprocessing import StandardScaler

from scratchmlp.dask.collections import Given, column_names, divided
from scratchmlp.dask.data import ClusterData
from scratchmlp.dask.pieces import (
    Conversion,
    Failure,
    check_rows,
    convert,
    joined_labels,
    joined_scaler,
    reporting_failures,
    split,
    summary_of,
    sums_of_classes,
)
from scratchmlp.dask.rounds import Rounds, task
from scratchmlp.estimators.targets import ClassLabels
from scratchmlp.estimators.validation import validate_rows
from scratchmlp.estimators.weights import check_largest_weight, check_total_weight, check_weights


class Stored(NamedTuple):
    """Rows that are stored on the cluster, in parts: those of partitions that have any rows.

    Attributes
    ----------
    inputs : list of Future
        Their inputs.
    rows : list of Future
        What belongs to them: `CheckedRows` or a `Piece` of `scratchmlp.dask.pieces`.
    summaries : list of RowsSummary or of PieceSummary
        Their summaries.
    numbers : list of int
        Numbers of their partitions, for messages.
    """

    inputs: list[Future]
    rows: list[Future]
    summaries: list[Any]
    numbers: list[int]


class Checked(Stored):
    """Stored rows that have been checked."""

    @property
    def n_features(self) -> int:
        """Number of columns of X."""
        return int(self.summaries[0].n_features)

    @property
    def n_targets(self) -> int:
        """Number of columns of y."""
        return int(self.summaries[0].n_targets)

    @property
    def dtype(self) -> Any:
        """Type of X: float32 if all partitions have this type."""
        return np.result_type(*(summary.dtype for summary in self.summaries))

    @property
    def labels(self) -> Any:
        """A few labels that have the same classes as y. None for a regressor."""
        labels = [summary.labels for summary in self.summaries]
        return None if labels[0] is None else joined_labels(labels)

    @property
    def scaler(self) -> StandardScaler | None:
        """A scaler that is fitted to all rows, if that was asked for."""
        scalers = [summary.scaler for summary in self.summaries]
        return None if scalers[0] is None else joined_scaler(scalers)


def check(
    estimator: Any,
    rounds: Rounds,
    given: Given,
    dtype: Any,
    *,
    with_scaler: bool = False,
) -> Checked:
    """Check the rows of dask collections as the estimator checks those in memory.

    Parameters
    ----------
    estimator : BaseMLP
        The estimator.
    rounds : Rounds
        The rounds of the fit.
    given : Given
        X, y and the weights.
    dtype : dtype or tuple of dtypes
        Data types that X may have.
    with_scaler : bool, default=False
        Whether to fit a scaler to the rows of each partition.

    Returns
    -------
    Checked
        The checked rows of partitions that are not empty.

    Raises
    ------
    TypeError, ValueError
        The error of the estimator for the first partition that has a mistake.
    """
    plain = type(estimator)()
    names = tuple(map(column_names, given.values()))[:2]
    tasks = [
        task(reporting_failures, check_rows, plain, dtype, with_scaler, names, *partition)
        for partition in divided(given)
    ]
    checked = Checked(*_stored(rounds, tasks, range(len(tasks))))
    if not checked.rows:
        validate_rows(plain, np.empty((0, 1)), np.empty(0), None, dtype, reset=True)  # raises
    _check_columns(checked)
    largest = np.array([summary.largest_weight for summary in checked.summaries])
    if None not in largest:
        check_largest_weight(check_weights(largest, largest).max())
    return checked


def with_classes(rounds: Rounds, conversion: Conversion, checked: Checked) -> Conversion:
    """Add the weights of the classes of the training rows to a conversion.

    Parameters
    ----------
    rounds : Rounds
        The rounds of the fit.
    conversion : Conversion
        A conversion without them.
    checked : Checked
        The training rows.

    Returns
    -------
    Conversion
        The conversion, with `factors` if there are weights of classes.
    """
    targets = conversion.targets
    if not isinstance(targets, ClassLabels) or targets.class_weight is None:
        return conversion
    tasks = [task(reporting_failures, sums_of_classes, conversion, rows) for rows in checked.rows]
    sums = np.sum(results_of(rounds, tasks, checked.numbers), axis=0)
    return replace(conversion, factors=targets.factors(sums))


def converted(rounds: Rounds, conversion: Conversion, checked: Checked) -> ClusterData:
    """Convert checked rows, which are then released."""
    partitions = zip(checked.inputs, checked.rows, strict=True)
    tasks = [task(reporting_failures, convert, conversion, *each) for each in partitions]
    data = _as_data(rounds, _stored(rounds, tasks, checked.numbers))
    if conversion.factors is not None:
        targets: Any = conversion.targets
        check_total_weight(data.total_weight, targets.class_weight)
    rounds.release([*checked.rows, *checked.inputs])
    return data


def split_off(
    data: ClusterData, targets: Any, fraction: float, seed: int
) -> tuple[ClusterData, ClusterData]:
    """Split off validation rows for early stopping, in each piece.

    Parameters
    ----------
    data : ClusterData
        All rows, whose pieces have their targets as the user passed them.
    targets : ClassLabels or RegressionTargets
        They define the strata.
    fraction : float
        Fraction of the rows to hold out, in each stratum.
    seed : int
        Seed of the split.

    Returns
    -------
    tuple of two ClusterData
        Training rows and validation rows.

    Raises
    ------
    ValueError
        If there are too few rows.
    """
    quotas = _quotas([summary.strata for summary in data.summaries], fraction)
    n_held_out = sum(sum(quota.values()) for quota in quotas)
    if n_held_out < 2 or n_held_out == data.n_rows:
        raise ValueError(
            f"Early stopping cannot hold out validation_fraction={fraction} of "
            f"n_samples={data.n_rows}. The validation set needs at least 2 rows, and the training "
            "set at least 1. Change 'validation_fraction' or increase the size of your dataset"
            f"{' (of each class)' if isinstance(targets, ClassLabels) else ''}."
        )
    parts = []
    for held_out in (False, True):
        pieces = zip(quotas, data.inputs, data.pieces, strict=True)
        tasks = [
            task(split, targets, (seed, i), quota, held_out, X, piece)
            for i, (quota, X, piece) in enumerate(pieces)
        ]
        parts.append(_as_data(data.rounds, _stored(data.rounds, tasks, range(len(tasks)))))
    data.rounds.release([*data.pieces, *data.inputs])
    return parts[0], parts[1]


def results_of(rounds: Rounds, tasks: Sequence[Delayed], numbers: Sequence[int] = ()) -> list[Any]:
    """Run a round of tasks that report failures, and raise the error of the first one, if any.

    Parameters
    ----------
    rounds : Rounds
        The rounds of the fit.
    tasks : sequence of Delayed
        Tasks of `reporting_failures`, one for a partition.
    numbers : sequence of int, default=()
        Numbers of the partitions. Without them, these are all partitions.

    Returns
    -------
    list of object
        The results.
    """
    results = rounds.get_all(tasks)
    for number, result in zip(numbers or range(len(results)), results, strict=True):
        if isinstance(result, Failure):
            error = result.error
            error.args = (f"{error} (in partition {number} of X; the first one is 0)",)
            raise error
    return results


def _stored(rounds: Rounds, tasks: Sequence[Delayed], numbers: Sequence[int]) -> Stored:
    """Store rows on the cluster: tasks of partitions return inputs, and what belongs to them."""
    # The tasks' results are not kept, so that the inputs are stored once. Both parts are asked for
    # at once. Otherwise, the scheduler could forget a task before the second part needs it.
    parts = rounds.keep(
        task(reporting_failures, itemgetter(i), both) for i in (0, 1) for both in tasks
    )
    inputs, rows = parts[: len(tasks)], parts[len(tasks) :]
    both_stored = zip(inputs, rows, strict=True)
    asked = [task(reporting_failures, summary_of, *each) for each in both_stored]
    summaries = results_of(rounds, asked, numbers)
    kept = [i for i, summary in enumerate(summaries) if summary.n_rows]
    return Stored(*([of[i] for i in kept] for of in (inputs, rows, summaries, numbers)))


def _as_data(rounds: Rounds, stored: Stored) -> ClusterData:
    return ClusterData(rounds, stored.inputs, stored.rows, stored.summaries)


def _quotas(strata: Sequence[dict[Any, int]], fraction: float) -> list[dict[Any, int]]:
    """Return how many rows of each stratum each piece holds out.

    The rows are counted stratum by stratum, and piece by piece in each stratum. At each point, the
    fraction of the rows so far has been held out, rounded up. So small pieces do not hold out too
    many.

    Examples
    --------
    >>> from scratchmlp.dask.preparation import _quotas
    >>> [quota["yes"] for quota in _quotas([{"yes": 1}] * 12, 0.25)]
    [1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0]
    """
    quotas: list[dict[Any, int]] = [{} for _ in strata]
    n_rows = n_held_out = 0
    for name in sorted({name for counts in strata for name in counts}):
        for quota, counts in zip(quotas, strata, strict=True):
            n_rows += counts.get(name, 0)
            quota[name] = math.ceil(fraction * n_rows) - n_held_out
            n_held_out += quota[name]
    return quotas


def _check_columns(checked: Checked) -> None:
    """Check that all partitions have the same columns of X and y."""
    for name, column_counts in (
        ("X", [summary.n_features for summary in checked.summaries]),
        ("y", [summary.n_targets for summary in checked.summaries]),
    ):
        if len(set(column_counts)) > 1:
            raise ValueError(
                f"All partitions of {name} must have the same number of columns; those with rows, "
                f"{checked.numbers}, have {column_counts}."
            )
