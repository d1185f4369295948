"""From dask collections to pieces that are ready to train on: what the driver does.

The first round checks the rows of each partition and returns a summary of each. The driver combines
the summaries in the order of the partitions. Then the partitions are converted to pieces.
"""

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from dask.delayed import Delayed
from distributed import Future

from scratchmlp.dask.collections import Given, column_names, divided
from scratchmlp.dask.data import ClusterData
from scratchmlp.dask.pieces import (
    Conversion,
    Failure,
    check_rows,
    convert,
    joined_labels,
    reporting_failures,
    split,
    summary_of,
    sums_of_classes,
)
from scratchmlp.dask.rounds import Rounds, task
from scratchmlp.estimators.prepared import Checked
from scratchmlp.estimators.targets import ClassLabels
from scratchmlp.estimators.validation import validate_rows
from scratchmlp.estimators.weights import check_largest_weight, check_total_weight, check_weights


class Stored(NamedTuple):
    """Rows that are stored on the cluster: those of partitions that have any rows.

    Attributes
    ----------
    futures : list of Future
        The rows of each partition: `CheckedRows` or a `Piece` of `scratchmlp.dask.pieces`.
    summaries : list of RowsSummary or of PieceSummary
        Their summaries.
    numbers : list of int
        Numbers of their partitions, for messages.
    """

    futures: list[Future]
    summaries: list[Any]
    numbers: list[int]


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
        The checked rows, a `Stored`.

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
    rows = _stored(rounds, tasks, range(len(tasks)))
    if not rows.futures:
        validate_rows(plain, np.empty((0, 1)), np.empty(0), None, dtype, reset=True)  # raises
    _, n_features, dtypes, labels, n_targets, weights, _ = zip(*rows.summaries, strict=True)
    for name, n_columns in {"X": n_features, "y": n_targets}.items():
        if len(set(n_columns)) > 1:
            raise ValueError(
                f"All partitions of {name} must have the same number of columns; those with rows, "
                f"{rows.numbers}, have {[*n_columns]}."
            )
    if None not in weights:
        check_largest_weight(check_weights(weights, weights).max())
    return Checked(
        rows, n_features[0], n_targets[0], np.result_type(*dtypes), joined_labels(labels)
    )


def with_classes(rounds: Rounds, conversion: Conversion, rows: Stored) -> Conversion:
    """Add the weights of the classes of the training rows to a conversion.

    Parameters
    ----------
    rounds : Rounds
        The rounds of the fit.
    conversion : Conversion
        A conversion without them.
    rows : Stored
        The checked training rows.

    Returns
    -------
    Conversion
        The conversion, with `factors` if there are weights of classes.
    """
    targets = conversion.targets
    if not isinstance(targets, ClassLabels) or targets.class_weight is None:
        return conversion
    tasks = [task(reporting_failures, sums_of_classes, conversion, each) for each in rows.futures]
    sums = np.sum(results_of(rounds, tasks, rows.numbers), axis=0)
    return replace(conversion, factors=targets.factors(sums))


def converted(rounds: Rounds, conversion: Conversion, rows: Stored) -> ClusterData:
    """Convert checked rows, which are then released."""
    tasks = [task(reporting_failures, convert, conversion, each) for each in rows.futures]
    data = _data(rounds, tasks, rows.numbers)
    if conversion.factors is not None:
        targets: Any = conversion.targets
        check_total_weight(data.total_weight, targets.class_weight)
    rounds.release(rows.futures)
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
        tasks = [
            task(split, targets, (seed, i), quota, held_out, piece)
            for i, (quota, piece) in enumerate(zip(quotas, data.pieces, strict=True))
        ]
        parts.append(_data(data.rounds, tasks, range(len(tasks))))
    data.rounds.release(data.pieces)
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
    """Store the results of tasks of partitions on the cluster."""
    rows = rounds.keep(tasks)
    asked = [task(reporting_failures, summary_of, each) for each in rows]
    summaries = results_of(rounds, asked, numbers)
    kept = [i for i, summary in enumerate(summaries) if summary.n_rows]
    return Stored(*([of[i] for i in kept] for of in (rows, summaries, numbers)))


def _data(rounds: Rounds, tasks: Sequence[Delayed], numbers: Sequence[int]) -> ClusterData:
    """Store pieces, the results of tasks."""
    stored = _stored(rounds, tasks, numbers)
    return ClusterData(rounds, stored.futures, stored.summaries)


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
