"""The folds of a comparison: stratified, of whole groups, or in the order of time."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import (
    GroupKFold,
    KFold,
    RepeatedStratifiedKFold,
    StratifiedGroupKFold,
    StratifiedKFold,
    TimeSeriesSplit,
)

from scratchmlp.cli.messages import InputError, count, quote
from scratchmlp.tabular.notes import listed

SMALL = 2_000  # rows; larger tables get fewer folds
MIN_GROUPS = 3  # so that two are left to train on, one for each fold of an ensemble
MIN_TIMES = 9  # so that the first of two splits has three times to train on

Rows = NDArray[np.intp]
Split = tuple[Rows, Rows]


class Folds(NamedTuple):
    """Splits of the rows, the same for every model.

    Attributes
    ----------
    splits : list of tuple of two ndarrays
        Row numbers to train on and row numbers to evaluate on.
    description : str
        The splits in words.
    left_out : list of str
        A sentence about rows that no model is evaluated on, if there are any.
    """

    splits: list[Split]
    description: str
    left_out: list[str]


def make_folds(
    y: NDArray[Any],
    is_class: bool,
    *,
    n_repeats: int = 1,
    seed: int = 0,
    groups: NDArray[np.intp] | None = None,
    times: NDArray[np.intp] | None = None,
) -> Folds:
    """Split the rows for a comparison.

    Tables of more than 2,000 rows get three folds, smaller ones five. There are fewer if there are
    too few rows of a class, groups or times.

    Parameters
    ----------
    y : ndarray of shape (n_samples,)
        Target.
    is_class : bool
        Whether the target holds classes.
    n_repeats : int, default=1
        How often the table is split again, for classes without groups and times only.
    seed : int, default=0
        Random state of the folds.
    groups : ndarray of shape (n_samples,) or None, default=None
        Numbers of the groups, of which all rows are in one fold.
    times : ndarray of shape (n_samples,) or None, default=None
        Numbers of the times, in ascending order. Later rows are predicted from earlier ones, and
        rows of the same time are not separated.

    Returns
    -------
    Folds
        The splits.

    Raises
    ------
    InputError
        If there are too few groups or times, or every split trains on a single class.
    """
    n_splits = 5 if len(y) <= SMALL else 3
    if times is not None:
        splits, description = _by_time(times, n_splits), "splits by time"
    elif groups is not None:
        splits = _by_group(y, groups, is_class, n_splits, seed)
        description = "folds of whole groups"
    elif is_class:
        folds = RepeatedStratifiedKFold(
            n_splits=min(n_splits, rarest(y)), n_repeats=n_repeats, random_state=seed
        )
        splits, description = list(folds.split(y, y)), "stratified folds"
    else:
        splits = list(KFold(n_splits, shuffle=True, random_state=seed).split(y))
        description = "folds"
    repeated = f", repeated {n_repeats} times" if n_repeats > 1 else ""
    splits, left_out = _without_unseen_classes(splits, y) if is_class else (splits, [])
    return Folds(splits, f"{len(splits) // n_repeats} {description}{repeated}", left_out)


def inner_folds(y: NDArray[Any]) -> StratifiedKFold:
    """Return the folds of a hyper-parameter search within the training rows of an outer fold.

    Parameters
    ----------
    y : ndarray of shape (n_samples,)
        Classes of all rows.

    Returns
    -------
    StratifiedKFold
        At most three folds; each has a row of every class.
    """
    return StratifiedKFold(min(3, rarest(y) - 1), shuffle=True, random_state=0)


def rarest(y: NDArray[Any]) -> int:
    """Count the rows of the rarest class."""
    return int(np.unique(y, return_counts=True)[1].min())


def _by_group(
    y: NDArray[Any], groups: NDArray[np.intp], is_class: bool, n_splits: int, seed: int
) -> list[Split]:
    """Split the rows so that all rows of a group are in one fold."""
    n_groups = len(np.unique(groups))
    if n_groups < MIN_GROUPS:
        raise InputError(
            f"the column of --groups has {count(n_groups, 'different value')} in the rows that can "
            f"be used, but at least {MIN_GROUPS} groups are needed. Choose another column, or "
            "remove --groups."
        )
    n_splits = min(n_splits, n_groups)
    if not is_class:
        folds = GroupKFold(n_splits, shuffle=True, random_state=seed)
        return list(folds.split(y, groups=groups))
    n_splits = max(2, min(n_splits, rarest(y)))
    stratified = StratifiedGroupKFold(n_splits, shuffle=True, random_state=seed)
    return [split for split in stratified.split(y, y, groups) if len(split[1])]


def _by_time(times: NDArray[np.intp], n_splits: int) -> list[Split]:
    """Split the rows so that training rows are earlier than the others."""
    n_times = int(times.max()) + 1
    if n_times < MIN_TIMES:
        raise InputError(
            f"the column of --time has {count(n_times, 'different value')} in the rows that can be "
            f"used, but at least {MIN_TIMES} are needed. Choose another column, or remove --time."
        )
    folds = TimeSeriesSplit(min(n_splits, n_times // 3 - 1)).split(np.arange(n_times))
    return [(_of(times, earlier), _of(times, later)) for earlier, later in folds]


def _of(times: NDArray[np.intp], part: NDArray[np.intp]) -> Rows:
    """Return the numbers of the rows of some times."""
    return np.flatnonzero(np.isin(times, part))


def _without_unseen_classes(splits: list[Split], y: NDArray[Any]) -> tuple[list[Split], list[str]]:
    """Leave out held-out rows of classes without a training row, which no model can predict.

    Splits that train on a single class are left out as a whole.
    """
    kept: list[Split] = []
    unseen: list[Any] = []
    for training, held_out in splits:
        known = np.isin(y[held_out], y[training])
        unseen.extend(y[held_out][~known])
        if known.any() and len(np.unique(y[training])) > 1:
            kept.append((training, held_out[known]))
    if not kept:
        raise InputError(
            "models need rows of two classes to train on, but with these groups or times every "
            "split has training rows of a single class. Choose another column, or remove it."
        )
    notes = []
    if unseen:
        classes = listed([quote(label) for label in np.unique(unseen)])
        notes.append(
            f"models are not evaluated on {count(len(unseen), 'row')} of classes without a row to "
            f"train on in the same split: {classes}"
        )
    if dropped := len(splits) - len(kept):
        what = "without rows of two classes to train on, and others of them to evaluate on"
        notes.append(f"left out {count(dropped, 'split')} {what}")
    return kept, notes
