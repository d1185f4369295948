"""Which columns of a table tell the same: permuting one alone shows too little."""

from collections.abc import Iterable, Mapping

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from scratchmlp.arrays import FloatArray
from scratchmlp.tabular.columns.encoded_table import EncodedTable, Place

#: Correlation from which columns count as strongly correlated: they share half of the variance.
_STRONG = 0.7
_COMPARED_ROWS = 2000
#: Numbers of a column or group, such as components of text, and most frequent levels of each
#: category, that are compared. With more of them, few rows would seem correlated by chance.
_MOST = 16
#: Largest part of the variance of a direction, relative to the first, that counts as none.
_TINY = 1e-6


def correlated_pairs(
    table: EncodedTable, places: Mapping[str, Place], random: np.random.RandomState
) -> list[tuple[str, str, float]]:
    """Return pairs of strongly correlated columns, or groups of columns.

    Parameters
    ----------
    table : EncodedTable
        The rows to compare. If there are more than 2,000, as many are drawn at random.
    places : mapping of str to Place
        Where the parts of each column are, or of each group of columns, by its name.
    random : RandomState
        Draws the rows.

    Returns
    -------
    list of tuple of (str, str, float)
        Names of two columns, and their correlation as measured by `associations`, if it is at least
        0.7: the highest first.
    """
    if len(table) > _COMPARED_ROWS:
        table = table[random.choice(len(table), _COMPARED_ROWS, replace=False)]
    found = associations(table, places.values())
    names = list(places)
    pairs = [
        (names[i], names[j], float(found[i, j]))
        for i, j in np.argwhere(np.triu(found, 1) >= _STRONG)
    ]
    return sorted(pairs, key=lambda pair: -pair[2])


def associations(table: EncodedTable, places: Iterable[Place]) -> FloatArray:
    """Return how strongly columns of a table, or groups of columns, are correlated.

    The measure is the root mean square of the canonical correlations, of which there are as many as
    the smaller of two columns has dimensions. Numbers are replaced by their ranks, and categories
    by indicators. The measure is therefore the absolute rank correlation of Spearman for two
    numbers, the correlation ratio for a number and a category, and the V of Cramér for two
    categories. Missing numbers have the rank of the median.

    Of a column or group, the first 16 numbers are compared, and of each category the indicators of
    the 16 most frequent levels. The correlation of larger ones can be too low.

    Parameters
    ----------
    table : EncodedTable
        The rows to compare.
    places : iterable of Place
        Where the parts of each column are, or of each group of columns.

    Returns
    -------
    ndarray of shape (n_columns, n_columns)
        Correlations between 0 and 1; 0 for columns that are constant or have no outputs.

    References
    ----------
    Cramer and Nicewander, "Some symmetric, invariant measures of multivariate association",
    Psychometrika 44, 1979.

    Examples
    --------
    >>> import pandas as pd
    >>> from scratchmlp.tabular import TabularEncoder
    >>> from scratchmlp.tabular.columns.encoder import encode_with
    >>> from scratchmlp.tabular.inspection.associations import associations
    >>> table = pd.DataFrame({"a": [1, 2, 3, 4], "b": [1, 4, 9, 16], "c": [0.1, 0.7, 0.5, 0.2]})
    >>> encoder = TabularEncoder().fit(table)
    >>> encoded, _ = encode_with(encoder, table)
    >>> associations(encoded, encoded.layout.places.values()).round(2)
    array([[1. , 1. , 0.2],
           [1. , 1. , 0.2],
           [0.2, 0.2, 1. ]])
    """
    bases = [_basis(_outputs(table, place)) for place in places]
    widths = np.array([basis.shape[1] for basis in bases])
    found = np.zeros((len(bases), len(bases)))
    some = np.flatnonzero(widths)
    if not len(some):
        return found
    everything = np.hstack([bases[i] for i in some])
    starts = np.cumsum(widths[some]) - widths[some]
    for i in some:
        squares = (bases[i].T @ everything) ** 2
        sums = np.add.reduceat(squares.sum(axis=0), starts)
        found[i, some] = np.sqrt(sums / np.minimum(widths[i], widths[some]))
    return np.minimum(found, 1.0)


def associations_with(
    table: EncodedTable, places: Iterable[Place], values: FloatArray
) -> FloatArray:
    """Return how strongly columns, or groups of columns, are correlated with numbers of the rows.

    The numbers, such as predictions, have the shape (n_samples, n_values). The measure is that of
    `associations`.
    """
    target, found = _basis(rankdata(values, axis=0)), []
    for place in places:
        basis = _basis(_outputs(table, place))
        n_canonical = min(basis.shape[1], target.shape[1])
        found.append(np.sum((basis.T @ target) ** 2) / max(1, n_canonical))
    return np.sqrt(found)


def _outputs(table: EncodedTable, place: Place) -> FloatArray:
    """Return ranks of numbers, and indicators of the most frequent levels."""
    columns = table.layout.columns.values()
    indicators = {each.numbers["_missing"] for each in columns if each.may_miss}
    numbers = table.imputed([n for n in place.numbers if n not in indicators][:_MOST])
    parts = [rankdata(numbers, axis=0)] if numbers.size else [np.empty((len(table), 0))]
    for codes in table.codes[:, place.codes].T:
        levels, counts = np.unique(codes, return_counts=True)
        shown = levels[np.argsort(-counts, kind="stable")[:_MOST]]
        parts.append((codes[:, None] == shown).astype(np.float64))
    return np.hstack(parts)


def _basis(outputs: FloatArray) -> NDArray[np.float64]:
    """Return orthonormal directions that span the centered outputs, as columns."""
    centered = outputs - outputs.mean(axis=0)
    scales = np.linalg.norm(centered, axis=0)
    kept = scales > _TINY * len(outputs) ** 0.5  # others are constant
    scaled = centered[:, kept] / scales[kept]
    if scaled.shape[1] < 2:
        return scaled
    directions, sizes, _ = np.linalg.svd(scaled, full_matrices=False)
    return directions[:, sizes**2 > _TINY * sizes[0] ** 2]
