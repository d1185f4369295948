"""Categorical columns: the choice of levels, and the columns that encode them."""

from itertools import repeat
from numbers import Real
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

FEW_LEVELS = 10  # if there are more, levels that occur once get no column
FREQUENT = 10  # rows of a level with a column of its own, among more than `max_categories` levels

Labels = NDArray[np.object_]


def fit_levels(labels: Labels, max_categories: int) -> dict[str, Any]:
    """Choose the levels that get a column of their own.

    Parameters
    ----------
    labels : ndarray of shape (n_samples,), object
        Labels, of which at least one is not missing.
    max_categories : int
        Largest number of levels with a column of their own.

    Returns
    -------
    dict
        "levels", "encoding" and "n_levels", as in `TabularEncoder.columns_`.

    Raises
    ------
    TypeError
        If a label cannot be hashed.
    """
    codes, found = pd.factorize(labels)  # the code of missing labels is -1
    counts, n_levels = np.bincount(codes[codes >= 0]), len(found)
    # In a small table every level counts. Otherwise, one row says nothing about other rows.
    informative = np.flatnonzero((counts > 1) | (n_levels <= FEW_LEVELS))
    levels = [_plain(found[i]) for i in informative]
    order = sorted(range(len(levels)), key=lambda i: _rank(levels[i]))
    # The sort is stable: equally frequent levels are kept in the order of `_rank`.
    by_count = sorted(order, key=lambda i: -counts[informative[i]])
    least = FREQUENT if n_levels > max(max_categories, FEW_LEVELS) else 1
    n_kept = sum(counts[informative[i]] >= least for i in by_count[:max_categories])
    chosen, others = set(by_count[:n_kept]), by_count[n_kept:]
    kept = [i for i in order if i in chosen]
    fitted = {"levels": [levels[i] for i in kept], "n_levels": n_levels}
    missing = bool(codes.min() < 0)
    if n_levels <= max_categories or not levels:
        return fitted | {"encoding": _encoding(len(levels), n_levels, missing)}
    return fitted | {
        "encoding": "many",
        "other_levels": [levels[i] for i in others],
        "counts": [int(counts[informative[i]]) for i in (*kept, *others)],
        "indicator": missing,
    }


def level_names(fitted: dict[str, Any]) -> list[str]:
    """Return the names of the columns that encode a categorical column.

    Parameters
    ----------
    fitted : dict
        Result of `fit_levels`.

    Returns
    -------
    list of str
        A name for each column, without the name of the categorical column.
    """
    levels = fitted["levels"]
    names = {"one-hot": levels, "sign": levels[1:], "missing": ["missing"], "none": []}
    if fitted["encoding"] == "many":
        return [*map(str, levels), "frequency", *["missing"] * fitted["indicator"]]
    return [str(name) for name in names[fitted["encoding"]]]


def n_level_outputs(fitted: dict[str, Any]) -> int:
    """Return how many outputs of a column depend on the code of the level alone.

    They are the first outputs of the column. Columns without codes have none.
    """
    if not has_codes(fitted):
        return 0
    return 1 if fitted["encoding"] == "sign" else len(fitted["levels"])


def has_codes(fitted: dict[str, Any]) -> bool:
    """Return whether a column is encoded by the codes of its levels."""
    return fitted.get("encoding") in ("one-hot", "sign", "many")


def encode_levels(
    labels: Labels, fitted: dict[str, Any], out: NDArray[np.float32]
) -> NDArray[np.int32]:
    """Write the outputs of a categorical column that its codes do not tell: the last ones.

    Parameters
    ----------
    labels : ndarray of shape (n_samples,), object
        Labels, which may be missing or unseen.
    fitted : dict
        Result of `fit_levels`.
    out : ndarray of shape (n_samples, n_columns), float32
        Array to write to.

    Returns
    -------
    ndarray of shape (n_samples,), int32
        Code of each label: its position in "levels", followed by "other_levels". All other labels
        have the code -1.

    Raises
    ------
    TypeError
        If a label cannot be hashed.
    """
    levels = fitted["levels"]
    code_of = {level: code for code, level in enumerate([*levels, *fitted.get("other_levels", ())])}
    codes = np.fromiter(map(code_of.get, labels, repeat(-1)), np.int32, len(labels))
    if fitted["encoding"] == "missing" or fitted.get("indicator"):
        out[:, -1] = pd.isna(labels)
    if fitted["encoding"] == "many":
        # The frequency of labels with the code -1, which selects the last number, is 0.
        log_counts = np.log([*fitted["counts"], 1])
        out[:, 0] = (log_counts / (log_counts.max() or 1.0))[codes]
    return codes


def _plain(level: Any) -> Any:
    """Return a level as a Python object."""
    return level.item() if isinstance(level, np.generic) else level


def _rank(level: Any) -> tuple[Any, ...]:
    """Return a sort key for levels of any type, which puts numbers first."""
    return (0, level) if isinstance(level, Real) else (1, type(level).__name__, str(level))


def _encoding(n_columns: int, n_levels: int, missing: bool) -> str:
    """Choose the encoding of a categorical column.

    Of its `n_levels` levels, `n_columns` get a column of their own.
    """
    if n_columns == 0:
        return "missing" if missing else "none"
    if n_levels == 1 and not missing:
        return "none"
    return "sign" if n_columns == n_levels == 2 else "one-hot"
