"""The terms of text that tell most about the targets, by the training rows of a fold."""

from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.stats import false_discovery_control
from sklearn.feature_selection import f_regression

from scratchmlp.arrays import FloatArray
from scratchmlp.batches import Data
from scratchmlp.tabular.columns.encoded_table import EncodedTable
from scratchmlp.tabular.inputs.target_encoding import target_columns, used_rows

_MOST_TERMS = 64  # words of a column, and as many n-grams
_FALSE_SHARE = 0.1  # expected share of selected terms that tell nothing


class TermSelection(NamedTuple):
    """Indicators of the terms whose presence is correlated with the targets.

    Attributes
    ----------
    selected : list of ndarray of int
        Column numbers of the selected terms, for each array of terms of an `EncodedTable`.
    """

    selected: list[NDArray[np.intp]]

    @classmethod
    def fit(cls, data: Data) -> Self:
        """Select terms by training rows.

        Parameters
        ----------
        data : Data
            Training rows; X is an `EncodedTable`. Rows with weight 0 are not learned from. Other
            weights are ignored.

        Returns
        -------
        TermSelection
            The selection.
        """
        used = used_rows(data)
        targets = target_columns(data)[used]
        return cls([_select(terms[used], targets) for terms in data.X.terms])

    def without_hidden(self, encoded: FloatArray, table: EncodedTable) -> FloatArray:
        """Return encoded training rows as they are: a text names no entity, so it is not hidden."""
        return encoded

    def transform(self, table: EncodedTable) -> FloatArray:
        """Encode rows.

        Parameters
        ----------
        table : EncodedTable
            The rows.

        Returns
        -------
        ndarray of shape (n_samples, n_selected), float32
            The encoded rows.
        """
        pairs = zip(table.terms, self.selected, strict=True)
        return np.hstack([terms[:, chosen].toarray() for terms, chosen in pairs], dtype=np.float32)


def _select(terms: csr_array, targets: FloatArray) -> NDArray[np.intp]:
    """Select the terms with the largest F-statistics, if these are significant.

    Terms that are present in all rows, or in none, are not tested.

    Parameters
    ----------
    terms : csr_array of shape (n_samples, n_terms)
        Indicators of terms.
    targets : ndarray of shape (n_samples, n_targets)
        Result of `target_columns`.

    Returns
    -------
    ndarray of int
        Numbers of the selected terms, in ascending order.
    """
    n_rows = np.bincount(terms.indices, minlength=terms.shape[1])
    tested = np.flatnonzero((n_rows > 0) & (n_rows < terms.shape[0]))
    if not len(tested):
        return tested
    tests = np.array([f_regression(terms[:, tested], y) for y in targets.T])
    statistics, p_values = tests[:, 0], tests[:, 1]
    p_values[statistics < 0] = 0.0  # rounding errors make a perfect correlation larger than 1
    statistic, p_value = abs(statistics).max(axis=0), p_values.min(axis=0) * len(tests)
    q_value = false_discovery_control(np.nan_to_num(p_value, nan=1.0).clip(max=1.0))  # of two rows
    best = np.argsort(-statistic, kind="stable")[:_MOST_TERMS]
    return np.sort(tested[best[q_value[best] < _FALSE_SHARE]])
