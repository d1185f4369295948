"""Which values of a row moved its prediction: Shapley values by antithetic permutations."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from numbers import Integral
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import vstack
from sklearn.utils import Bunch, check_random_state
from sklearn.utils._param_validation import Interval, StrOptions

from scratchmlp.arrays import FloatArray
from scratchmlp.tabular.columns.encoded_table import EncodedTable, Place
from scratchmlp.tabular.prediction import Blend

_ROWS = 2**13  # that are predicted at the same time
#: Rows to predict for each row that is explained, in about a second, and fewest background rows.
_PREDICTIONS, _LEAST_ROWS = 5_000, 25

#: Values of the parameters.
CONSTRAINTS = {
    "max_samples": [Interval(Integral, 1, None, closed="left"), StrOptions({"auto"})],
    "random_state": ["random_state"],
}


def explain(
    blend: Blend,
    rows: EncodedTable,
    background: EncodedTable,
    places: Mapping[str, Place],
    *,
    folds: Sequence[int] | None,
    max_samples: int | str,
    random_state: Any,
) -> Bunch:
    """Measure by how much each value moves a prediction: see `BaseTabular.explain`.

    Parameters
    ----------
    blend : Blend
        What predicts.
    rows : EncodedTable
        The rows to explain.
    background : EncodedTable
        Rows to compare with.
    places : mapping of str to Place
        The columns.
    folds, max_samples, random_state : object
        The arguments of the method.

    Returns
    -------
    Bunch
        The explanation.
    """
    known_folds = range(blend.n_folds)
    if folds is not None and not (
        len(folds) and all(isinstance(fold, Integral) and fold in known_folds for fold in folds)
    ):
        raise ValueError(
            f"folds must list at least one whole number from 0 to {blend.n_folds - 1}, or be None; "
            f"got {folds!r}."
        )
    predict = partial(blend.predict, folds=folds)
    automatic = max(_LEAST_ROWS, _PREDICTIONS // (2 * len(places)))
    most = automatic if max_samples == "auto" else int(max_samples)
    random = check_random_state(random_state)
    drawn = random.permutation(len(background))[:most]
    known = background[np.resize(drawn, len(drawn) * math.ceil(most / len(drawn)))]
    ranks = random.rand(len(known), len(places)).argsort(axis=1)
    contributions = [
        contributions_of(predict, rows[[i]], known, list(places.values()), ranks)
        for i in range(len(rows))
    ]
    return Bunch(
        contributions=np.stack(contributions),
        predictions=predict(rows),
        baseline=predict(known).mean(axis=0),
        names=list(places),
        n_rows=len(drawn),
    )


def contributions_of(
    predict: Callable[[EncodedTable], FloatArray],
    row: EncodedTable,
    background: EncodedTable,
    places: Sequence[Place],
    ranks: NDArray[np.intp],
) -> FloatArray:
    """Return by how much each column of a row moves its prediction.

    Parameters
    ----------
    predict : callable
        Maps rows to predictions of shape (n_samples,) or (n_samples, n_outputs).
    row : EncodedTable of one row
        The row.
    background : EncodedTable of n_background rows
        Rows to begin with.
    places : sequence of Place
        The columns, in the order of the table.
    ranks : ndarray of shape (n_background, n_columns)
        When each column of a background row gets the value of the row: a permutation of 0, 1, ...

    Returns
    -------
    ndarray of shape (n_columns,) or (n_columns, n_outputs)
        The contributions.
    """
    n, n_columns = ranks.shape
    n_batches = math.ceil(2 * n * (n_columns + 1) / _ROWS)
    steps = []
    for batch in np.array_split(np.arange(n), min(n, n_batches)):
        rank = ranks[batch]
        changed = rank[:, None] < np.arange(n_columns + 1)[:, None]  # after 0, 1, ... steps
        both = np.stack([changed, ~changed])  # what is changed last is changed first
        sources = np.broadcast_to(batch[:, None], both.shape[:-1]).ravel()
        mixed = _with_values_of(row, background[sources], places, both.reshape(-1, n_columns))
        predicted = predict(mixed)
        first, second = predicted.reshape(*both.shape[:-1], *predicted.shape[1:])
        added = np.diff(first - second, axis=1) / 2
        order = rank.reshape(*rank.shape, *[1] * (added.ndim - 2))
        steps.append(np.take_along_axis(added, order, axis=1))
    return np.concatenate(steps).mean(axis=0)


def _with_values_of(
    row: EncodedTable, table: EncodedTable, places: Sequence[Place], changed: NDArray[np.bool_]
) -> EncodedTable:
    """Return a table with the values of one row in the columns of each row that are changed."""
    columns = np.arange(len(places))
    numbers, codes, terms = (
        np.repeat(columns, [*map(len, parts)]) for parts in zip(*places, strict=True)
    )
    return replace(
        table,
        numbers=np.where(changed[:, numbers], row.numbers, table.numbers),
        codes=np.where(changed[:, codes], row.codes, table.codes),
        terms=tuple(
            vstack([own, others], format="csr")[np.where(is_own, 0, np.arange(len(table)) + 1)]
            for own, others, is_own in zip(row.terms, table.terms, changed[:, terms].T, strict=True)
        ),
    )
