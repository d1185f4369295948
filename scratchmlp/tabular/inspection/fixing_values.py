"""Values that fix the target: the participants in a plan, for instance, are all eligible for it."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from scratchmlp.arrays import FloatArray
from scratchmlp.batches import Data
from scratchmlp.tabular.columns.encoded_table import Place

#: Fewest rows of such a value, and their smallest share of all. In fewer, all targets are often the
#: same where nothing leaks, such as the species of all penguins of an island.
_FEWEST_ROWS, _LEAST_SHARE = 200, 0.05
#: Largest share of the other rows that have the same target.
_MOST_OTHERS = 0.5


def find_fixing_values(data: Data, places: Mapping[str, Place]) -> dict[str, int]:
    """Find values in whose rows all targets are the same, although those of most others differ.

    Looked at are categories, and the smallest and the largest number of each column, which tell
    also whether it is missing. A target is a class, or the most frequent number.

    Parameters
    ----------
    data : Data
        The rows to look at; X is an `EncodedTable`.
    places : mapping of str to Place
        Where the parts of each column are.

    Returns
    -------
    dict of str to int
        A row with such a value, by the name of its column. One value suffices to tell that the
        column may leak: if both the smallest and the largest do, it is the largest.
    """
    targets, numbers = _same_targets(data), data.X.numbers
    column_of = {i: name for name, place in places.items() for i in place.numbers}
    found = {}
    for extreme in (np.fmin, np.fmax):  # they ignore nan
        has_value = (numbers == extreme.reduce(numbers, axis=0)).T
        for i in np.flatnonzero(_fixes(has_value, targets)).tolist():
            found[column_of[i]] = int(has_value[i].argmax())
    for name, place in places.items():
        for codes in data.X.codes[:, place.codes].T:
            has_code = csr_array((np.ones(len(codes)), (codes + 1, np.arange(len(codes)))))
            for code in np.flatnonzero(_fixes(has_code, targets)[1:]):  # others are missing or rare
                found[name] = int((codes == code).argmax())
    return found


def _same_targets(data: Data) -> FloatArray:
    """Return indicators of the classes, or of the most frequent number."""
    if data.class_targets is not None:
        return np.eye(data.n_targets, dtype=np.float32)[data.Y]
    values, counts = np.unique(data.Y, axis=0, return_counts=True)
    return (values[counts.argmax()] == data.Y).all(axis=1, keepdims=True).astype(np.float32)


def _fixes(has_value: Any, targets: FloatArray) -> NDArray[np.bool_]:
    """Return which values fix the target, by indicators of shape (n_values, n_samples)."""
    n_rows = has_value.sum(axis=1)
    counts = has_value @ targets
    others = targets.sum(axis=0) - counts
    n_others = len(targets) - n_rows[:, np.newaxis]
    fixed = (counts == n_rows[:, np.newaxis]) & (others < _MOST_OTHERS * n_others)
    is_frequent = n_rows >= max(_FEWEST_ROWS, _LEAST_SHARE * len(targets))
    return is_frequent & fixed.any(axis=1)
