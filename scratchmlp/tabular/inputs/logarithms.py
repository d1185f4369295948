"""Logarithms of positive numbers, with which a network can learn ratios and products."""

from collections.abc import Mapping
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from scratchmlp.arrays import FloatArray
from scratchmlp.tabular.columns.any_column import Columns
from scratchmlp.tabular.columns.encoded_table import EncodedTable, layout_of
from scratchmlp.tabular.columns.numeric import undo_clip
from scratchmlp.tabular.reading.values import Floats

#: Ratio of the ninth decile to the first from which a number has a logarithm. In a narrower range,
#: the logarithm is almost a linear function.
_WIDE = 4.0
#: Numbers below the median times this are taken for it, because zero has no logarithm.
_LEAST = 1e-3
#: Scale of numbers, divided by their median, from which outputs are too coarse for logarithms.
_STEEP = 1e3


class Logarithms(NamedTuple):
    """Logarithms of numbers that are never negative, have a wide range and are skewed.

    They are computed from the outputs of `TabularEncoder`. They are 0 at the median, and half the
    distance between the first and the ninth decile is 1. There is no clip: it would bend what the
    logarithms make linear.

    Attributes
    ----------
    columns : ndarray of int
        Which numbers of an encoded table these are.
    scales : ndarray of float
        The scale of each number, divided by its median.
    widths : ndarray of float
        What the logarithms are divided by.
    """

    columns: NDArray[np.intp]
    scales: Floats
    widths: Floats

    @classmethod
    def fit(cls, table: EncodedTable, candidates: Mapping[int, float]) -> Self:
        """Choose among `candidates` by training rows, and find the widths."""
        columns, scales = np.array([*candidates], np.intp), np.array([*candidates.values()])
        relative = _relative(_scaled(table, columns), scales)
        low, high = np.maximum(np.quantile(relative, [0.1, 0.9], axis=0), _LEAST)
        # The median, 1, is nearer to the deciles' geometric mean than to the arithmetic one.
        skewed = (low + high) / 2 + np.sqrt(low * high) > 2
        chosen = (relative.min(axis=0) > -_LEAST) & (high >= _WIDE * low) & skewed
        widths = np.log(high / low)[chosen] / 2
        return cls(columns[chosen], scales[chosen], widths)

    def transform(self, table: EncodedTable) -> FloatArray:
        """Return the scaled logarithms."""
        z = _scaled(table, self.columns)
        logarithms: Floats = scaled_logarithms(z, self.scales, self.widths)
        return logarithms.astype(np.float32)


def positive_numbers(columns: Columns) -> dict[int, float]:
    """Return which numbers of an encoded table may have logarithms.

    Parameters
    ----------
    columns : dict of str to Column
        The columns of the table.

    Returns
    -------
    dict of int to float
        The scale of each of these numbers, divided by its median.
    """
    layout = layout_of(columns).columns
    return {
        layout[name].numbers[""]: each.relative_scale
        for name, each in columns.items()
        if 0 < each.relative_scale < _STEEP
    }


def _scaled(table: EncodedTable, columns: NDArray[np.intp]) -> Floats:
    """Return the scaled numbers."""
    return table.imputed(columns).astype(np.float64)


def scaled_logarithms(z: Any, scales: Any, widths: Any) -> Any:
    """Return the scaled logarithms of scaled numbers, which may be values of an ONNX graph."""
    return np.log(np.maximum(_relative(z, scales), _LEAST)) / widths


def _relative(z: Any, scales: Any) -> Any:
    """Return the numbers, divided by their medians: undo the smooth clip, and the scaling."""
    return 1 + scales * undo_clip(z)
