"""Values that fix the target: the participants in a plan, for instance, are all eligible for it."""

from collections.abc import Collection, Iterator
from typing import Any, Literal, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array

from scratchmlp.arrays import FloatArray
from scratchmlp.batches import Data
from scratchmlp.tabular.folds import Rows
from scratchmlp.tabular.misleading.quick_models import ValuesOf
from scratchmlp.tabular.notes import Note
from scratchmlp.tabular.reading.values import to_python

#: Fewest rows of such a value, and their smallest share of all. In fewer, all targets are often the
#: same where nothing leaks, such as the species of all penguins of an island.
_FEWEST_ROWS, _LEAST_SHARE = 200, 0.05
#: Largest share of the other rows that have the same target.
_MOST_OTHERS = 0.5


class _Fixing(NamedTuple):
    """A value of an encoded table that fixes the target.

    Attributes
    ----------
    column : str
        Name of the column.
    suffix : str
        Suffix of the output that has the value; "" for categories, and for numbers themselves.
    end : {"least", "most"} or None
        Whether it is the smallest or the largest value of the output; None for categories.
    row : int
        A row that has it.
    same : ndarray of shape (n_samples,), bool
        All rows that have it, and not only those that were looked at.
    """

    column: str
    suffix: str
    end: Literal["least", "most"] | None
    row: int
    same: NDArray[np.bool_]

    def note(self, y: NDArray[Any], values_of: ValuesOf) -> Note | None:
        """Return a note if the value fixes the target in all rows, and there are words for it."""
        if (y[self.same] != y[self.row]).any():
            return None
        value = self._described(values_of(self.column))
        if value is None:
            return None
        fixed = {"value": to_python(value["value"]), "target": to_python(y[self.row])}
        return Note("leak", self.column, value | fixed | {"n_rows": int(self.same.sum())})

    def _described(self, values: "pd.Series[Any]") -> dict[str, Any] | None:
        """Return the "value" of a column and, unless the column is equal to it, which "part".

        None if there are no words for it, as for the frequency of a category.
        """
        output, _, day = self.suffix[1:].partition("_")
        match output:
            case "":
                return self._described_values(values[self.same])
            case "missing":
                return {"value": None} | ({"part": "known"} if self.end == "least" else {})
            case "weekday":
                return {"value": f"not {day}" if self.end == "least" else day, "part": output}
            case "month" | "hour":
                names = values.dt.month_name() if output == "month" else values.dt.hour
                name = names.iloc[self.row]
                is_all = np.array_equal(names == name, self.same)  # and not one day of the month
                return {"value": name, "part": output} if is_all else None
        return None

    def _described_values(self, values: "pd.Series[Any]") -> dict[str, Any]:
        """Describe values that are the same, or where numbers begin that are clipped to one."""
        if self.end is None or values.nunique() == 1:
            return {"value": values.iloc[0]}
        if self.end == "least":
            return {"value": values.max(), "part": "at most"}
        return {"value": values.min(), "part": "at least"}


def find_fixing_values(
    data: Data, rows: Rows, y: NDArray[Any], columns: Collection[str], values_of: ValuesOf
) -> list[Note]:
    """Find values in whose rows all targets are the same, although those of most others differ.

    Looked at are categories, and the smallest and the largest value of each output that is a
    number: of the number itself, of whether it is missing, and of the place of a date in the
    calendar. A target is a class, or the most frequent number.

    Parameters
    ----------
    data : Data
        All rows; X is an `EncodedTable`.
    rows : ndarray of int
        Numbers of the rows to look at.
    y : ndarray of shape (n_samples,) or (n_samples, n_outputs)
        Labels or numbers of all rows, as the user passed them.
    columns : collection of str
        Names of the columns to look at.
    values_of : callable
        See `ValuesOf`.

    Returns
    -------
    list of Note
        Notes of the case "leak": of each column, what is true of the most rows.
    """
    most: dict[str, Note] = {}
    for found in _fixing_values(data, rows):
        if found.column in columns and (note := found.note(y, values_of)):
            both = most.get(note.column, note), note
            most[note.column] = max(both, key=lambda each: each.values["n_rows"])
    return [*most.values()]


def _fixing_values(data: Data, rows: Rows) -> Iterator[_Fixing]:
    """Yield the values that fix the target in some rows: see `find_fixing_values`."""
    targets, X = _same_targets(data.rows(rows)), data.X

    def fixing(name: str, suffix: str, end: Any, encoded: NDArray[Any], row: int) -> _Fixing:
        return _Fixing(name, suffix, end, row, encoded == encoded[row])

    numbers = X.numbers[rows]
    layout = X.layout.columns
    outputs = [(name, suffix) for name, each in layout.items() for suffix in each.numbers]
    for end, extreme in (("least", np.fmin), ("most", np.fmax)):  # they ignore nan
        has_value = (numbers == extreme.reduce(numbers, axis=0)).T
        for i in np.flatnonzero(_fixes(has_value, targets)):
            yield fixing(*outputs[i], end, X.numbers[:, i], rows[has_value[i].argmax()])
    coded = [name for name, each in layout.items() if each.coded_as]
    for name, all_codes in zip(coded, X.codes.T, strict=True):
        codes = all_codes[rows]
        has_code = csr_array((np.ones(len(codes)), (codes + 1, np.arange(len(codes)))))
        for code in np.flatnonzero(_fixes(has_code, targets)[1:]):  # others are missing or rare
            yield fixing(name, "", None, all_codes, rows[(codes == code).argmax()])


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
