"""Which columns of a raw table matter: permutation importance on the rows that were held out."""

import math
from collections import Counter
from collections.abc import Mapping
from numbers import Integral
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import Bunch, check_random_state
from sklearn.utils._param_validation import Interval, RealNotInt, StrOptions
from sklearn.utils.validation import _check_sample_weight

from scratchmlp.arrays import FloatArray
from scratchmlp.batches import Data
from scratchmlp.tabular.columns.encoded_table import EncodedTable, Place, join_places, layout_of
from scratchmlp.tabular.columns.encoder import TabularEncoder, encode_with, fitted_columns
from scratchmlp.tabular.fitted_table import FittedTable
from scratchmlp.tabular.folds import Rows, rows_in
from scratchmlp.tabular.inspection.associations import correlated_pairs
from scratchmlp.tabular.inspection.held_out import (
    OutOfFold,
    check_predictions,
    check_targets,
    folds_of,
)
from scratchmlp.tabular.prediction import Blend
from scratchmlp.tabular.scoring import SCORING, BlendLoss, log_loss, negative_score
from scratchmlp.tabular.targets import Targets
from scratchmlp.utils.names import listed

#: Rows to predict in all columns and repeats, which takes less CPU time than `fit` on the tables
#: that were measured; and rows to use at least: with fewer, importances are noisy.
_PREDICTIONS, _LEAST_ROWS = 400_000, 500

#: Values of the parameters.
CONSTRAINTS = {
    "scoring": SCORING,
    "n_repeats": [Interval(Integral, 1, None, closed="left")],
    "max_samples": [
        Interval(Integral, 2, None, closed="left"),  # one row cannot be permuted
        Interval(RealNotInt, 0, 1, closed="right"),
        StrOptions({"auto"}),
    ],
    "random_state": ["random_state"],
}


def importances(
    fitted: FittedTable,
    X: Any,
    y: Any,
    *,
    columns: Any,
    scoring: Any,
    n_repeats: int,
    max_samples: int | float | str,
    sample_weight: Any,
    random_state: Any,
) -> Bunch:
    """Measure how much worse predictions get: see `BaseTabular.oof_importances`.

    Parameters
    ----------
    fitted : FittedTable
        What the estimator has learned.
    X, y, columns, scoring, n_repeats, max_samples, sample_weight, random_state : object
        The arguments of the method.

    Returns
    -------
    Bunch
        The importances.
    """
    blend, encoder, held_out = fitted.blend, fitted.encoder, folds_of(fitted, X, y)
    targets, y = blend.targets, check_targets(fitted, held_out, y)
    weight = _check_sample_weight(sample_weight, np.empty(len(y)), ensure_non_negative=True)
    random = check_random_state(random_state)
    places = _places(encoder, columns)
    if max_samples == "auto":
        max_samples = max(_LEAST_ROWS, _PREDICTIONS // (n_repeats * len(places)))
    rows = _rows_to_use(held_out, weight, max_samples, random)
    encoded = encode_with(encoder, X)[0][rows]  # `fit` has warned
    used_weight = None if sample_weight is None else weight[rows]
    oof = OutOfFold(blend, encoded, [np.flatnonzero(np.isin(rows, fold)) for fold in held_out])
    known = Data(encoded, targets.encode(y[rows]), None, targets.class_targets)
    check_predictions(fitted, targets.blend_loss(known, None), rows, oof.predictions)
    scored = _loss_of(targets, scoring, y[rows], used_weight)
    return _measure_importances(oof, places, *scored, n_repeats, random)


def importances_of_new(
    blend: Blend,
    table: EncodedTable,
    y: NDArray[Any],
    places: Mapping[str, Place],
    n_repeats: int,
    random: np.random.RandomState,
) -> Bunch:
    """Measure the same on rows that were not in `fit`, which all folds predict.

    The score is the log-loss or R² or, if the numbers in `y` are equal, the root mean squared
    error: R² is then undefined.
    """
    is_constant = blend.targets.classes is None and np.ptp(y) == 0
    scored = _loss_of(blend.targets, "neg_root_mean_squared_error" if is_constant else None, y)
    return _measure_importances(OutOfFold(blend, table, None), places, *scored, n_repeats, random)


def _measure_importances(
    rows: OutOfFold,
    places: Mapping[str, Place],
    scoring: str,
    loss: BlendLoss,
    n_repeats: int,
    random: np.random.RandomState,
) -> Bunch:
    """Permute columns or groups, and compare the scores. `loss` is the negative score."""
    score, n_rows = _finite(-loss(rows.predictions), scoring), len(rows.table)
    used = [number for number, place in enumerate(places.values()) if not place.is_empty]
    changes = (
        (place, random.permutation(n_rows))
        for place in places.values()
        for _ in range(n_repeats)
        if not place.is_empty
    )
    found = np.zeros((len(places), n_repeats))
    losses = [loss(each) for each in rows.permuted(changes)]
    found[used] = score + np.reshape(losses, (len(used), n_repeats))
    return Bunch(
        importances_mean=found.mean(axis=1),
        importances_std=found.std(axis=1),
        importances=found,
        names=list(places),
        score=score,
        scoring=scoring,
        n_rows=n_rows,
        correlated=correlated_pairs(rows.table, places, random),
    )


def _finite(score: float, scoring: str) -> float:
    """Check that a score is a finite number."""
    if not np.isfinite(score):
        raise ValueError(
            f"The score of the predictions ({scoring}) must be finite; got {score}. Choose another "
            "scoring, or use more rows: the score of some needs rows of all classes."
        )
    return score


def _rows_to_use(
    held_out: list[Rows], weight: FloatArray, max_samples: Any, random: np.random.RandomState
) -> Rows:
    """Choose rows at random that were held out and have a weight."""
    rows = rows_in(held_out)
    rows = rows[weight[rows] > 0]
    if len(rows) < 2:
        raise ValueError(
            "At least 2 of the rows that were held out must have a weight above 0; got "
            f"{len(rows)}. Change sample_weight, or fit with a cv that holds out more rows."
        )
    is_number = isinstance(max_samples, Integral)
    n = int(max_samples) if is_number else max(2, math.ceil(max_samples * len(rows)))
    return rows if n >= len(rows) else np.sort(random.choice(rows, n, replace=False))


def _places(encoder: TabularEncoder, columns: Any) -> dict[str, Place]:
    """Return where the parts of each column or group are in an encoded table."""
    known = layout_of(fitted_columns(encoder)).places
    if columns is None:
        return known
    if isinstance(columns, Mapping) and columns:
        groups = [
            (str(group), _column_names(known, names, group)) for group, names in columns.items()
        ]
    else:
        groups = [(name, [name]) for name in _column_names(known, columns, None)]
    counts = Counter(name for name, _ in groups)
    if repeated := [name for name, count in counts.items() if count > 1]:
        raise ValueError(
            f"The names of the columns and groups must differ as text; got {repeated[0]!r} twice "
            f"in columns={columns!r}. Remove one, or give the groups other names."
        )
    return {group: join_places(known[name] for name in names) for group, names in groups}


def _column_names(known: Mapping[str, Place], columns: Any, group: Any) -> list[str]:
    """Return the names of columns that are given by name or by position."""
    what = "columns" if group is None else f"The group {group!r} of columns"
    if isinstance(columns, str | bytes) or not hasattr(columns, "__len__"):
        raise TypeError(
            f"{what} must be a list of names or positions; got {columns!r}. Pass [{columns!r}]."
        )
    if not len(columns):
        raise ValueError(f"{what} must name at least one column; got {columns!r}.")
    return [_column_name(list(known), column) for column in columns]


def _column_name(known: list[str], column: Any) -> str:
    """Return the name of one column."""
    if isinstance(column, Integral) and not isinstance(column, bool):
        if not -len(known) <= int(column) < len(known):
            raise ValueError(
                f"columns has the position {column}, but the table has {len(known)} columns. Pass "
                f"numbers below {len(known)}, or names."
            )
        return known[int(column)]
    if not isinstance(column, str):
        raise TypeError(
            "columns must list names (str) or positions (int), or be a dict of such lists to "
            f"permute groups; got {column!r} of type {type(column).__name__}. For a group, pass "
            '{"name": ["first", "second"]}.'
        )
    if column not in known:
        raise ValueError(
            f"columns names {column!r}, which is no column of the table. Its columns are "
            f"{listed(list(map(repr, known)))}."
        )
    return str(column)


def _loss_of(
    targets: Targets, scoring: Any, y: NDArray[Any], weight: FloatArray | None = None
) -> tuple[str, BlendLoss]:
    """Return the name of the scorer, and the function from predictions to the negative score.

    `scoring` is a scorer of scikit-learn; None means the log-loss or R².
    """
    classes = targets.classes
    if scoring is None:
        scoring = "r2" if classes is None else "neg_log_loss"
    name = scoring if isinstance(scoring, str) else getattr(scoring, "__name__", repr(scoring))
    if classes is not None and scoring == "neg_log_loss":
        return name, log_loss(np.searchsorted(classes, y), weight)  # also if rows lack a class
    return name, negative_score(scoring, y, weight, classes)
