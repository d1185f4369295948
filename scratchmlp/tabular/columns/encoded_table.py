"""An encoded table in compact form: numbers, codes of categories, and indicators of words."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from scratchmlp.arrays import FloatArray
from scratchmlp.tabular.columns.categories import FewLevels, ManyLevels
from scratchmlp.tabular.columns.column import Column
from scratchmlp.tabular.columns.numeric import ScaledColumn

#: Share of known values, by weight, up to which a column is empty for trees. Of more than 200,000
#: rows, scikit-learn's boosting looks at a sample of 200,000, which must contain a known value.
_EMPTY = 1e-4
#: Outputs of the codes 0, 1 and -1 of a column of two levels.
SIGNS = np.array([-1, 1, 0], np.float32)


class Layout(NamedTuple):
    """Where the outputs of an encoded table are.

    A categorical column has a code for each level. The first codes belong to levels with an output
    of their own, which is 1 for this level and 0 for others. A column of two levels has one output
    instead, which is -1 or 1.

    Attributes
    ----------
    n_outputs : int
        Number of outputs.
    numbers : ndarray of int
        Positions of the outputs that are numbers or indicators of missing values.
    starts : ndarray of shape (n_categorical,), int
        Position of the first output of each categorical column.
    n_shown : ndarray of shape (n_categorical,), int
        Number of levels with an output of their own; 0 for columns of two levels.
    signs : ndarray of shape (n_categorical,), bool
        Which columns have two levels.
    many : ndarray of int
        Which categorical columns have many categories, by number.
    n_levels : tuple of int
        Number of levels with a code in each of these columns.
    replaced : ndarray of int
        Which of the numbers are the median where the value is missing. Each is followed by its
        indicator.
    """

    n_outputs: int
    numbers: NDArray[np.intp]
    starts: NDArray[np.intp]
    n_shown: NDArray[np.intp]
    signs: NDArray[np.bool_]
    many: NDArray[np.intp]
    n_levels: tuple[int, ...]
    replaced: NDArray[np.intp]


def layout_of(columns: Mapping[str, Column]) -> Layout:
    """Return the layout of the outputs of a table.

    Parameters
    ----------
    columns : mapping of str to Column
        The columns of a table.

    Returns
    -------
    Layout
        The layout.
    """
    widths = np.array([each.n_outputs for each in columns.values()], np.intp)
    n_outputs = np.array([each.n_coded_outputs for each in columns.values()], np.intp)
    starts = np.cumsum(widths) - widths
    is_number = np.ones(widths.sum(), bool)
    for start, n in zip(starts, n_outputs, strict=True):
        is_number[start : start + n] = False
    has_codes = np.array([each.has_codes for each in columns.values()], bool)
    coded = [each for each in columns.values() if each.has_codes]
    signs = np.array([isinstance(e, FewLevels) and e.encoding == "sign" for e in coded], bool)
    numbers = np.flatnonzero(is_number)
    replaced = [
        start
        for start, each in zip(starts, columns.values(), strict=True)
        if isinstance(each, ScaledColumn) and each.scale > 0 and each.indicator
    ]
    return Layout(
        n_outputs=max(1, len(is_number)),  # without any output, a column of zeros
        numbers=numbers,
        starts=starts[has_codes],
        n_shown=np.where(signs, 0, n_outputs[has_codes]),
        signs=signs,
        many=np.flatnonzero([isinstance(each, ManyLevels) for each in coded]),
        n_levels=tuple(len(each.counts) for each in coded if isinstance(each, ManyLevels)),
        replaced=np.searchsorted(numbers, replaced),
    )


@dataclass(frozen=True)
class EncodedTable:
    """An encoded table. It is indexed like an array of its rows.

    It takes much less memory than its outputs, of which most are outputs of categories.

    Attributes
    ----------
    numbers : ndarray of shape (n_samples, n_numbers), float32
        The outputs that are numbers or indicators of missing values.
    codes : ndarray of shape (n_samples, n_categorical), int32
        Codes of the levels of categorical columns, as `CategoricalColumn.codes_of` returns them.
    terms : tuple of csr_array of shape (n_samples, n_terms), int8
        Indicators of the words, and of the n-grams, of each column of text.
    layout : Layout
        Where the outputs are.
    """

    numbers: FloatArray
    codes: NDArray[np.int32]
    terms: tuple[csr_array, ...]
    layout: Layout

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.numbers)

    def __getitem__(self, rows: Any) -> "EncodedTable":
        """Select rows with a slice, a mask or an array of row numbers."""
        terms = tuple(each[rows] for each in self.terms)
        return EncodedTable(self.numbers[rows], self.codes[rows], terms, self.layout)

    def to_array(self) -> FloatArray:
        """Return all outputs, as `TabularEncoder.transform` does.

        Returns
        -------
        ndarray of shape (n_samples, n_outputs), float32
            The outputs.
        """
        layout = self.layout
        X = np.zeros((len(self), layout.n_outputs), np.float32)
        X[:, layout.numbers] = self.numbers
        rows, columns = np.nonzero((self.codes >= 0) & (self.codes < layout.n_shown))
        X[rows, layout.starts[columns] + self.codes[rows, columns]] = 1
        X[:, layout.starts[layout.signs]] = SIGNS[self.codes[:, layout.signs]]
        return X

    def numbers_and_codes(self) -> FloatArray:
        """Return numbers, in which missing values are nan, and the codes of categories.

        This is what trees need: they choose a side for missing values, and they split the levels
        of a category by their codes.

        Returns
        -------
        ndarray of shape (n_samples, n_numbers + n_categorical), float32
            The numbers and the codes.
        """
        values = np.hstack([self.numbers, self.codes.astype(np.float32)])
        if not values.shape[1]:  # as in `to_array`
            return np.zeros((len(self), 1), np.float32)
        for number in self.layout.replaced:
            values[self.numbers[:, number + 1] == 1, number] = np.nan
        return values

    def many_codes(self) -> NDArray[np.int32]:
        """Return the codes of the columns of many categories."""
        return self.codes[:, self.layout.many]


def fill_empty_columns(X: FloatArray, weight: FloatArray | None) -> FloatArray:
    """Replace missing values by 0 in columns of which no or almost no value is known.

    Boosting of scikit-learn cannot be fitted to a column without any known value. Trees that were
    fitted to a column of zeros do not split it, so it does not matter which values they predict.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_inputs)
        Training rows. Missing values are nan.
    weight : ndarray of shape (n_samples,) or None
        Weights of the rows.

    Returns
    -------
    ndarray of shape (n_samples, n_inputs)
        The rows. They are copied if a column is empty.
    """
    missing = np.isnan(X)
    empty = 1 - np.average(missing, axis=0, weights=weight) <= _EMPTY
    return np.where(missing & empty, X.dtype.type(0), X) if empty.any() else X
