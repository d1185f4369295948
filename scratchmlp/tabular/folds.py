"""The folds of an ensemble: the rows to train on, and those that are held out."""

import warnings
from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.model_selection import (
    GroupKFold,
    KFold,
    StratifiedGroupKFold,
    StratifiedKFold,
    check_cv,
)
from sklearn.preprocessing import LabelEncoder
from sklearn.utils.validation import column_or_1d

from scratchmlp.arrays import FloatArray
from scratchmlp.estimators.scaling import exponents
from scratchmlp.utils.names import listed
from scratchmlp.utils.public import stacklevel

Rows = NDArray[np.intp]
#: What the held-out rows are for a model that has seen the training rows: what a score is of.
Scored = Literal[
    "random rows",
    "rows of new groups",
    "rows of known groups",
    "later rows",
    "rows like those held out",
]


def given_splits(
    cv: Any, X: Any, Y: NDArray[Any], groups: Any, present: Rows
) -> list[tuple[Rows, Rows]]:
    """Return the splits that the user passes, without rows of weight 0.

    Parameters
    ----------
    cv : splitter, iterable or None
        The parameter `cv` of the estimator.
    X : {DataFrame, array-like} of shape (n_samples, n_features)
        The table.
    Y : ndarray of shape (n_samples,) or (n_samples, n_outputs)
        Class numbers, or encoded targets of a regressor.
    groups : array-like of shape (n_samples,) or None
        Group of each row.
    present : ndarray of int
        Numbers of the rows with a weight above 0.

    Returns
    -------
    list of tuple of two ndarrays
        For each split, the row numbers for training and the row numbers of the fold.

    Raises
    ------
    ValueError
        If a split is not one of rows.
    """
    splits = check_cv(cv, Y, classifier=Y.ndim == 1).split(X, Y, groups)
    # A splitter may return boolean masks or negative row numbers. Indexing `rows` with them makes
    # ordinary row numbers.
    rows = np.arange(len(Y))
    try:
        return [
            (_common(rows[np.asarray(a)], present), _common(rows[np.asarray(b)], present))
            for a, b in splits
        ]
    except IndexError as error:
        raise ValueError(
            "cv must give the numbers of training rows and of held-out rows, or boolean masks, for "
            f"{len(Y)} rows: {error}. Change cv."
        ) from error


def shuffled_splits(
    n_folds: int,
    n_repeats: int,
    Y: NDArray[Any],
    groups: Any,
    random_state: np.random.RandomState,
) -> list[tuple[Rows, Rows]]:
    """Split rows into shuffled folds, stratified by class for class numbers.

    Parameters
    ----------
    n_folds : int
        Number of folds. There are fewer if there are too few rows, classes or groups.
    n_repeats : int
        Number of times that the rows are split into folds.
    Y : ndarray of shape (n_samples,) or (n_samples, n_outputs)
        Class numbers, or encoded targets of a regressor.
    groups : array-like of shape (n_samples,) or None
        Group of each row. All rows of a group are in the same fold.
    random_state : RandomState
        Shuffles the rows.

    Returns
    -------
    list of tuple of two ndarrays
        For each split, the row numbers for training and the row numbers of the fold.

    Raises
    ------
    ValueError
        If there are too few rows of each class, or too few groups.
    """
    groups = None if groups is None else LabelEncoder().fit_transform(groups)
    folds = _folds(n_folds, Y, groups, random_state)
    with warnings.catch_warnings():  # a class may have too few rows
        warnings.filterwarnings("ignore", message="The least populated class")
        # The random state gives other folds each time.
        splits = [split for _ in range(n_repeats) for split in folds.split(Y, Y, groups)]
    return [split for split in splits if len(split[1])]  # with few groups, folds may be empty


def _folds(
    n_folds: int,
    Y: NDArray[Any],
    groups: NDArray[Any] | None,
    random_state: np.random.RandomState,
) -> Any:
    """Make shuffled folds, fewer than `n_folds` if there are too few rows, classes or groups."""
    n_folds = min(n_folds, len(Y))
    Folds, GroupFolds = KFold, GroupKFold
    if Y.ndim == 1:
        most = int(np.bincount(Y).max())
        if most < 2:
            raise ValueError(
                "Some class needs 2 rows of a weight above 0, one to train on and one to hold "
                f"out; got {len(Y)} rows of as many classes. Add rows."
            )
        n_folds = min(n_folds, most)  # some class must have a row for each fold
        Folds, GroupFolds = StratifiedKFold, StratifiedGroupKFold
    if groups is None:
        return Folds(n_folds, shuffle=True, random_state=random_state)
    n_groups = int(groups.max()) + 1
    if n_groups < 2:
        raise ValueError(
            "Rows of a group stay in one fold, so at least 2 groups are needed; got "
            f"{n_groups}. Leave groups out, or pass the groups that rows belong to."
        )
    return GroupFolds(min(n_folds, n_groups), shuffle=True, random_state=random_state)


def check_splits(splits: list[tuple[Rows, Rows]], weight: FloatArray) -> None:
    """Check that there are folds, and that each has rows to train on and rows to hold out.

    Parameters
    ----------
    splits : list of tuple of two ndarrays
        For each fold, the row numbers for training and those that are held out.
    weight : ndarray of shape (n_samples,)
        Weights to train with, class weights included.

    Raises
    ------
    ValueError
        If there are no folds, or if all weights of a part of a split are 0.
    """
    if not splits:
        raise ValueError("cv has no splits, but an ensemble needs a fold at least. Change cv.")
    for number, rows in enumerate(splits):
        n_training, n_held_out = (np.count_nonzero(weight[part]) for part in rows)
        if n_training == 0 or n_held_out == 0:
            raise ValueError(
                "Each fold needs a row of a weight above 0 to train on and one to hold out; "
                f"split {number} of cv has {n_training} and {n_held_out}. Change cv, or the "
                "weights."
            )


def what_is_scored(splits: Sequence[tuple[Rows, Rows]], groups: Any) -> Scored:
    """Return for which rows scores of the held-out rows hold.

    Parameters
    ----------
    splits : sequence of tuple of two ndarrays
        For each fold, the row numbers for training and those that are held out.
    groups : array-like of shape (n_samples,) or None
        Group of each row.

    Returns
    -------
    str
        "later rows" if the rows of training come first in the table in all folds, and more of them
        from fold to fold, as in `TimeSeriesSplit`. With groups, the rows are of new or known ones;
        else they are random. If the same rows come first in all folds, only the user knows whether
        the table is in the order of time: the scores hold for "rows like those held out".
    """
    come_first = all(training.max() < held_out.min() for training, held_out in splits)
    if come_first and len({training.max() for training, _ in splits}) > 1:
        return "later rows"
    if groups is None:
        return "rows like those held out" if come_first else "random rows"
    group, _ = pd.factorize(column_or_1d(groups, input_name="groups"))
    common = (np.intersect1d(group[training], group[held_out]) for training, held_out in splits)
    return "rows of known groups" if any(map(len, common)) else "rows of new groups"


def of_known_values(scored: str, columns: Sequence[str]) -> str:
    """Say of scored rows that they have known values of columns, if there are any columns."""
    return f"{scored} of known values of {listed(columns)}" if columns else scored


def warn_of_one_row(splits: list[tuple[Rows, Rows]]) -> None:
    """Warn that R² is not defined, if all folds together hold out a single row."""
    if len(rows_in([held_out for _, held_out in splits])) == 1:
        warnings.warn(
            "cv holds out a single row, so oof_score_ is nan: R² compares the errors with the "
            "spread of the targets of several rows. Hold out at least two.",
            UndefinedMetricWarning,
            stacklevel=stacklevel(),
        )


def _common(rows: Rows, present: Rows) -> Rows:
    """Return the rows that are among `present`, in their order."""
    return rows[np.isin(rows, present)]


def check_groups(groups: Any) -> None:
    """Check that groups are values, not the name of a column, and that none is missing."""
    if isinstance(groups, str):
        raise ValueError(
            f"groups is {groups!r}, but it must hold the group of each row, not the name of a "
            f"column. Pass groups=X[{groups!r}]."
        )
    if groups is not None:
        check_no_missing(groups, "group", "groups")


def check_no_missing(values: Any, what: str, name: str) -> None:
    """Check that no target or group is missing."""
    missing = np.asarray(pd.isna(np.asarray(values, dtype=object)))
    if missing.any():
        n_missing = int(missing.reshape(len(missing), -1).any(axis=1).sum())
        raise ValueError(
            f"Each row needs a {what}, but {n_missing} of the {len(missing)} values of {name} are "
            f"missing. Leave these rows out: known = {name}.notna(), and fit on X[known] and "
            "y[known]."
        )


def by_row(held_out: list[NDArray[np.intp]], scores: list[FloatArray], n_rows: int) -> FloatArray:
    """Arrange scores of held-out rows by row number.

    Parameters
    ----------
    held_out : list of ndarray of int
        Row numbers that each fold holds out.
    scores : list of ndarray of shape (n_held_out, n_outputs)
        Scores of these rows.
    n_rows : int
        Number of rows.

    Returns
    -------
    ndarray of shape (n_rows, n_outputs)
        Scores. If several folds hold out a row, their mean. If no fold does, nan.
    """
    n_outputs = scores[0].shape[1]
    total, times = np.zeros((n_rows, n_outputs)), np.zeros((n_rows, 1))
    for rows, score in zip(held_out, scores, strict=True):
        total[rows] += score
        times[rows] += 1
    return np.divide(total, times, out=np.full_like(total, np.nan), where=times > 0)


def rows_in(held_out: Sequence[Rows]) -> Rows:
    """Return the numbers of the rows that some folds hold out, in order: those with predictions."""
    return np.unique(np.concatenate(held_out))


def present_rows(splits: Sequence[tuple[Rows, Rows]]) -> Rows:
    """Return the numbers of the rows that some folds train on or hold out, in order."""
    return np.unique(np.concatenate([*map(np.concatenate, splits)]))


def relative_weights(weight: FloatArray) -> FloatArray:
    """Divide weights by the mean of those above 0.

    A part of an ensemble that balances errors against a penalty, such as ridge regression, would
    otherwise depend on the scale of the weights.

    Parameters
    ----------
    weight : ndarray of shape (n_samples,), float64
        Weights, finite, at least 0 and not all 0.

    Returns
    -------
    ndarray of shape (n_samples,), float32
        The quotients, and 0 instead of those that are too small to divide by. Equal weights
        become 1.
    """
    weight = np.ldexp(weight, -exponents(weight))  # of which the sum is finite
    quotients = (weight / weight[weight > 0].mean()).astype(np.float32)
    limits = np.finfo(np.float32)
    return np.where(quotients < limits.tiny / limits.eps, np.float32(0), quotients)


def effective_number(weight: FloatArray) -> float:
    """Return how many rows of equal weight would tell as much as rows with these weights."""
    weight = weight.astype(np.float64)  # in which no square vanishes
    return float(weight.sum() ** 2 / (weight**2).sum())
