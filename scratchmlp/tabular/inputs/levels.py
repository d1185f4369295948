"""The inputs of linear models: numbers as they are, a column for each level, and terms."""

from collections.abc import Sequence
from itertools import accumulate, pairwise
from typing import NamedTuple

import numpy as np
from scipy.sparse import csr_array, hstack

from scratchmlp.arrays import FloatArray
from scratchmlp.batches import Data
from scratchmlp.tabular.columns.encoded_table import EncodedTable, Layout
from scratchmlp.tabular.columns.numeric import undo_clip
from scratchmlp.tabular.inputs.target_encoding import used_rows
from scratchmlp.tabular.inputs.term_selection import TermSelection

#: Least deviation of numbers that differ: that of equal ones may be above 0 by rounding.
_LEAST_DEVIATION = 1e-9
#: Least share of inputs other than 0, without terms, of an array that is not sparse.
_LEAST_SHARE = 1 / 3


class Levels(NamedTuple):
    """How a linear model that was fitted without one fold computes its inputs.

    Numbers are not limited, so that a line goes on beyond what was seen. Each level of each
    category has a column, however many there are: with a penalty, the coefficient of a level with
    few rows is near 0. Unknown values count as missing. This is the mixed model of statisticians.

    How often a level occurs is a number, too. Where the level is unknown, it is replaced by the
    mean: if all levels have between 16 and 24 rows, a line would go on to one without rows.

    Attributes
    ----------
    means, deviations : ndarray of shape (n_numbers,)
        What is subtracted from the numbers of an encoded table, and what they are divided by.
    terms : TermSelection or None
        The terms of text. None without text.

    References
    ----------
    Robinson, "That BLUP is a good thing: the estimation of random effects", Statistical Science 6,
    1991.
    """

    means: FloatArray
    deviations: FloatArray
    terms: TermSelection | None

    def array(
        self, table: EncodedTable, supervised: Sequence[FloatArray] = ()
    ) -> FloatArray | csr_array:
        """Return the inputs of rows: numbers, levels of one column after the other, and terms.

        The last level of each column stands for missing and unknown values. The array is sparse
        where most inputs are 0: linear models take longer for it where few are.

        Parameters
        ----------
        table : EncodedTable
            The rows.
        supervised : sequence of ndarray, default=()
            Ignored. Exists for compatibility with `Inputs`.

        Returns
        -------
        ndarray or csr_array of shape (n_samples, n_inputs), float64
            The inputs.
        """
        widths = _widths(table.layout)
        ends = np.cumsum(widths)
        positions = np.where(table.codes < 0, ends - 1, table.codes + ends - widths)
        shown = np.ones(positions.size), positions.ravel(), np.arange(len(table) + 1) * len(widths)
        levels = csr_array(shown, shape=(len(table), sum(widths)))
        parts = [csr_array(self._numbers(table)), levels, *self._terms(table)]
        X = csr_array(hstack(parts, format="csr"))
        is_dense = _LEAST_SHARE * X.shape[1] <= len(self.means) + len(widths)
        return X.toarray() if is_dense else X

    def hiding_some(
        self, table: EncodedTable, supervised: Sequence[FloatArray], seed: int
    ) -> tuple[EncodedTable, Sequence[FloatArray]]:
        """Return training rows as they are: see `Inputs.hiding_some`.

        A row of an unknown entity lacks the effect of its level and has all others.
        """
        return table, supervised

    def product(self, table: EncodedTable, W: FloatArray) -> FloatArray:
        """Return ``array(table) @ W`` without this array, where W has a row for each input."""
        bounds = pairwise([0, *self.starts(table.layout), len(W)])  # np.split takes long for a row
        of_numbers, *of_levels = (W[slice(*each)] for each in bounds)
        result: FloatArray = self._numbers(table) @ of_numbers
        of_terms = [of_levels.pop()] if self.terms else []
        for codes, coefficients in zip(table.codes.T, of_levels, strict=True):
            result += coefficients[codes]
        for terms, coefficients in zip(self._terms(table), of_terms, strict=True):
            result += terms @ coefficients
        return result

    def starts(self, layout: Layout) -> list[int]:
        """Return where the inputs of the levels of each column begin, and those of terms."""
        starts = [*accumulate(_widths(layout), initial=len(self.means))]
        return starts if self.terms else starts[:-1]

    def _numbers(self, table: EncodedTable) -> FloatArray:
        z: FloatArray = (_numbers(table) - self.means) / self.deviations
        for number, code in frequency_places(table.layout):
            z[table.codes[:, code] < 0, number] = 0
        return z

    def _terms(self, table: EncodedTable) -> list[FloatArray]:
        return [self.terms.transform(table)] if self.terms else []


def _numbers(table: EncodedTable) -> FloatArray:
    """Return the numbers of a table as they are, scaled but not limited; the median if missing."""
    numbers: FloatArray = undo_clip(table.imputed().astype(np.float64))
    return numbers


def frequency_places(layout: Layout) -> list[tuple[int, int]]:
    """Return which numbers are the frequencies of levels, each with the column of their codes."""
    columns = layout.columns.values()
    return [
        (each.numbers["_frequency"], each.place.codes[0])
        for each in columns
        if "_frequency" in each.numbers
    ]


def _widths(layout: Layout) -> list[int]:
    """Return the number of inputs for the levels of each column, with one for unknown values."""
    return [each.n_levels + 1 for each in layout.columns.values() if each.place.codes]


class LevelsPlan(NamedTuple):
    """What the inputs of a fold are fitted with: see `InputsPlan`.

    Attributes
    ----------
    terms : TermSelection or None
        The terms of text that the same rows have selected before. None selects them.
    """

    terms: TermSelection | None

    def fit(self, data: Data) -> tuple[Levels, Sequence[FloatArray]]:
        """Fit the inputs to training rows. No supervised encodings belong to them."""
        numbers = _numbers(data.X)[used_rows(data)]
        deviations = numbers.std(axis=0)
        terms = self.terms or TermSelection.fit(data) if data.X.terms else None
        scales = np.where(deviations > _LEAST_DEVIATION, deviations, 1.0)
        return Levels(numbers.mean(axis=0), scales, terms), ()
