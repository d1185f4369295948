"""Categorical columns: the choice of levels, and the columns that encode them."""

from itertools import repeat
from numbers import Real
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

FEW_LEVELS = 10  # if there are more, levels that occur once get no column

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
    informative = _informative(counts)
    found, counts = found[informative], counts[informative]
    levels = [level.item() if isinstance(level, np.generic) else level for level in found]
    order = sorted(range(len(levels)), key=lambda i: _rank(levels[i]))
    # The sort is stable: equally frequent levels are kept in the order of `_rank`.
    chosen = set(sorted(order, key=lambda i: -counts[i])[:max_categories])
    levels = [levels[i] for i in order if i in chosen]
    encoding = _encoding(len(levels), n_levels, codes.min() < 0)
    return {"levels": levels, "encoding": encoding, "n_levels": n_levels}


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
    return [str(name) for name in names[fitted["encoding"]]]


def encode_levels(labels: Labels, fitted: dict[str, Any], out: NDArray[np.float32]) -> None:
    """Write the columns that encode a categorical column.

    Parameters
    ----------
    labels : ndarray of shape (n_samples,), object
        Labels, which may be missing or unseen.
    fitted : dict
        Result of `fit_levels`.
    out : ndarray of shape (n_samples, n_columns), float32
        Array to write to.

    Raises
    ------
    TypeError
        If a label cannot be hashed.
    """
    if fitted["encoding"] == "missing":
        out[:, 0] = pd.isna(labels)
        return
    code_of = {level: code for code, level in enumerate(fitted["levels"])}
    codes = np.fromiter(map(code_of.get, labels, repeat(-1)), np.intp, len(labels))
    # The code of missing and unseen labels is -1, which selects the last row.
    if fitted["encoding"] == "sign":
        rows = np.array([[-1], [1], [0]], np.float32)
    else:
        rows = np.eye(len(code_of) + 1, len(code_of), dtype=np.float32)
    out[:] = rows[codes]


def _informative(counts: NDArray[np.intp]) -> NDArray[np.bool_]:
    """Return which levels are frequent enough to say something about other rows."""
    if len(counts) <= FEW_LEVELS:
        return np.ones(len(counts), bool)
    names_or_keys = 2 * len(counts) > counts.sum()
    return (counts > 1) & (not names_or_keys)


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
