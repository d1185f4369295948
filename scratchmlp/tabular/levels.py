"""Categories: which levels get a column, and the columns they get."""

from itertools import repeat
from numbers import Real
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

FEW_LEVELS = 10  # in a column of more, levels seen once have no column

Labels = NDArray[np.object_]


def fit_levels(labels: Labels, max_categories: int) -> dict[str, Any]:
    """Choose the levels that get a column of their own.

    Parameters
    ----------
    labels : ndarray of shape (n_samples,), object
        Labels of which one or more is not missing.
    max_categories : int
        Largest number of levels with a column.

    Returns
    -------
    dict
        "levels", "encoding" and "n_levels", as in `TabularEncoder.columns_`.

    Raises
    ------
    TypeError
        If a label cannot be hashed.
    """
    codes, found = pd.factorize(labels)  # -1: missing
    counts, n_levels = np.bincount(codes[codes >= 0]), len(found)
    telling = _telling(counts)
    found, counts = found[telling], counts[telling]
    levels = [level.item() if isinstance(level, np.generic) else level for level in found]
    order = sorted(range(len(levels)), key=lambda i: _rank(levels[i]))
    # The sort is stable: of equally frequent levels, those that come first in order stay.
    chosen = set(sorted(order, key=lambda i: -counts[i])[:max_categories])
    levels = [levels[i] for i in order if i in chosen]
    encoding = _encoding(len(levels), n_levels, codes.min() < 0)
    return {"levels": levels, "encoding": encoding, "n_levels": n_levels}


def level_names(fitted: dict[str, Any]) -> list[str]:
    """Name the columns of a column of categories.

    Parameters
    ----------
    fitted : dict
        Result of `fit_levels`.

    Returns
    -------
    list of str
        A name for each column.
    """
    levels = fitted["levels"]
    names = {"one-hot": levels, "sign": levels[1:], "missing": ["missing"], "none": []}
    return [str(name) for name in names[fitted["encoding"]]]


def encode_levels(labels: Labels, fitted: dict[str, Any], out: NDArray[np.float32]) -> None:
    """Write the columns of a column of categories.

    Parameters
    ----------
    labels : ndarray of shape (n_samples,), object
        Labels, those of `fit_levels` or others.
    fitted : dict
        Result of `fit_levels`.
    out : ndarray of shape (n_samples, n_columns), float32
        Where to write.

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
    # The last row, which -1 points at, is for missing and unseen levels.
    if fitted["encoding"] == "sign":
        rows = np.array([[-1], [1], [0]], np.float32)
    else:
        rows = np.eye(len(code_of) + 1, len(code_of), dtype=np.float32)
    out[:] = rows[codes]


def _telling(counts: NDArray[np.intp]) -> NDArray[np.bool_]:
    """Tell which levels, seen so often, may say something about other rows."""
    if len(counts) <= FEW_LEVELS:
        return np.ones(len(counts), bool)
    names_or_keys = 2 * len(counts) > counts.sum()
    return (counts > 1) & (not names_or_keys)


def _rank(level: Any) -> tuple[Any, ...]:
    """Order levels, also of several types: numbers come first."""
    return (0, level) if isinstance(level, Real) else (1, type(level).__name__, str(level))


def _encoding(n_columns: int, n_levels: int, missing: bool) -> str:
    """Choose how to encode a column of categories, some of whose levels may have a column."""
    if n_columns == 0:
        return "missing" if missing else "none"
    if n_levels == 1 and not missing:
        return "none"
    return "sign" if n_columns == n_levels == 2 else "one-hot"
