"""From dask collections to pieces that are ready to train on: what the driver does.

The first round checks the rows of each partition and returns a summary of each. The driver combines
the summaries in the order of the partitions. Then the partitions are converted to pieces.
"""

import math
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from scratchmlp.dask.collections import Given, column_names, divided
from scratchmlp.dask.data import ClusterData
from scratchmlp.dask.parts import Parts, reporting_failures
from scratchmlp.dask.pieces import (
    Conversion,
    check_rows,
    convert,
    joined_labels,
    split,
    sums_of_classes,
)
from scratchmlp.dask.rounds import Rounds, task
from scratchmlp.estimators.prepared import Checked
from scratchmlp.estimators.targets import ClassLabels
from scratchmlp.estimators.validation import (
    check_largest_weight,
    check_total_weight,
    check_weights,
    validate_rows,
)


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
        The checked rows: `Parts` that are `CheckedRows`.

    Raises
    ------
    TypeError, ValueError
        The error of the estimator for the first partition that has a mistake.
    """
    plain = type(estimator)()
    names = tuple(map(column_names, given.values()))[:2]
    check_part = partial(check_rows, plain, dtype, with_scaler, names)
    rows = Parts.stored(
        rounds, (task(reporting_failures, check_part, *each) for each in divided(given))
    )
    if not len(rows):
        validate_rows(plain, np.empty((0, 1)), np.empty(0), None, dtype, reset=True)  # raises
    return _combined(rows)


def _combined(rows: Parts) -> Checked:
    """Combine what is known of checked partitions, which must have the same columns."""
    known = rows.summaries
    columns = {"X": [each.n_features for each in known], "y": [each.n_targets for each in known]}
    for name, n_columns in columns.items():
        if len(set(n_columns)) > 1:
            raise ValueError(
                f"All partitions of {name} must have the same number of columns; those with rows, "
                f"{rows.numbers}, have {n_columns}."
            )
    largest = [each.largest_weight for each in known]
    if None not in largest:
        check_largest_weight(check_weights(largest, largest).max())
    dtype = np.result_type(*(each.dtype for each in known))
    labels = joined_labels([each.labels for each in known])
    return Checked(rows, known[0].n_features, known[0].n_targets, dtype, labels)


def with_classes(conversion: Conversion, rows: Parts) -> Conversion:
    """Add the weights of the classes of the training rows to a conversion, if there are any.

    They are its `factors`. `rows` are the checked training rows.
    """
    targets = conversion.targets
    if not isinstance(targets, ClassLabels) or targets.class_weight is None:
        return conversion
    sums = np.sum(rows.results(sums_of_classes, conversion), axis=0)
    return replace(conversion, factors=targets.factors(sums))


def converted(conversion: Conversion, rows: Parts) -> ClusterData:
    """Convert checked rows, which are then released."""
    data = ClusterData.stored(rows.rounds, rows.tasks(convert, conversion), rows.numbers)
    if conversion.factors is not None:
        targets: Any = conversion.targets
        check_total_weight(data.total_weight, targets.class_weight)
    rows.rounds.release(rows.futures)
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
            for i, (quota, piece) in enumerate(zip(quotas, data.futures, strict=True))
        ]
        parts.append(ClusterData.stored(data.rounds, tasks, data.numbers))
    data.rounds.release(data.futures)
    return parts[0], parts[1]


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
