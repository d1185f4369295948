"""What would mislead the user: questions that a fit asks about its table."""

import warnings
from collections.abc import Collection, Iterator, Sequence
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from scratchmlp.batches import Data, sampled
from scratchmlp.tabular.columns.encoded_table import EncodedTable
from scratchmlp.tabular.columns.encoder import fitted_columns, may_take_for_codes, valid_table
from scratchmlp.tabular.columns.numeric import NumberColumn
from scratchmlp.tabular.folds import Rows
from scratchmlp.tabular.inputs.target_encoding import MOST_TARGETS, used_rows
from scratchmlp.tabular.misleading.alike_candidates import (
    beyond_a_line,
    entities,
    own_rows_tell_more,
    times,
)
from scratchmlp.tabular.misleading.alike_rows import (
    FEWEST_ROWS,
    find_alike_rows,
    one_for_each_subject,
)
from scratchmlp.tabular.misleading.fixing_values import Fixing, find_fixing_values
from scratchmlp.tabular.misleading.leaks import FEWEST_HELD_OUT, find_leaks
from scratchmlp.tabular.misleading.quick_models import weights_of
from scratchmlp.tabular.misleading.sentinels import BELOW_ZERO, find_sentinel, may_have_sentinel
from scratchmlp.tabular.notes import Note, codes_in, describe, questions, warn_of
from scratchmlp.tabular.problem import TrainingProblem
from scratchmlp.tabular.reading.codes import Entity
from scratchmlp.utils.public import public, stacklevel

_MOST_TOLD = 5  # findings in a warning
_MOST_ROWS = 20_000  # in which values that fix the target, and codes, are looked for


@public("scratchmlp.tabular")
class MisleadingDataWarning(UserWarning):
    """Warns of columns that would mislead you about a model, such as one that tells the target."""


def find_misleading(problem: TrainingProblem, X: Any, *, which_are_alike: bool) -> list[Note]:
    """Find columns that would mislead the user, and whole numbers that are codes.

    Parameters
    ----------
    problem : TrainingProblem
        What there is to train.
    X : {DataFrame, array-like} of shape (n_samples, n_features)
        The table.
    which_are_alike : bool
        Whether to look for columns that tell which rows are alike.

    Returns
    -------
    list of Note
        What is found: leaks first. A column that names what rows belong to, or tells which rows
        are alike, is no leak, although it may tell the target. Notes on codes are last.
    """
    inspection = _Inspection(problem, X)
    alike = inspection.alike_rows() if which_are_alike else []
    known = inspection.entities
    asked = [*one_for_each_subject(alike, known)]
    clear = {name for name, each in known.items() if each.is_clearly_named}
    no_leaks = clear.union(note.column for note in alike)
    leaks = [note for note in inspection.leaks() if note.column not in no_leaks]
    codes = inspection.codes(clear.union(note.column for note in asked)) if which_are_alike else []
    return [*leaks, *inspection.sentinels(), *asked, *codes]


def not_looked_for(problem: TrainingProblem, *, which_are_alike: bool) -> str | None:
    """Say what `find_misleading` has too few rows to look for, if there is something.

    Parameters
    ----------
    problem : TrainingProblem
        What there is to train.
    which_are_alike : bool
        Whether to look for columns that tell which rows are alike.

    Returns
    -------
    str or None
        A sentence.
    """
    n_held_out, n_rows, missed = len(problem.rows_in()), problem.n_rows, []
    if n_held_out < FEWEST_HELD_OUT:
        needed = f"{n_held_out} rows are held out, {FEWEST_HELD_OUT} are needed"
        missed.append(f"columns that tell the target ({needed})")
    if which_are_alike and n_rows < FEWEST_ROWS:
        needed = f"{n_rows} rows, {FEWEST_ROWS} are needed"
        missed.append(f"persons or times whose rows are alike ({needed})")
    return f"Not looked for: {', and '.join(missed)}." if missed else None


def warn_of_misleading(found: Sequence[Note]) -> None:
    """Warn of codes, ask the first questions, and tell the number of the others."""
    warn_of(describe(codes_in(found)))
    asked = questions(found)
    n_more = len(asked) - _MOST_TOLD
    more = [f"For {n_more} more, see findings_."] if n_more > 0 else []
    if asked:
        message = " ".join([*map(str, asked[:_MOST_TOLD]), *more])
        warnings.warn(message, MisleadingDataWarning, stacklevel=stacklevel())


class _Inspection:
    """The questions about a table: see `find_misleading`."""

    def __init__(self, problem: TrainingProblem, X: Any) -> None:
        self.problem, self.X = problem, X
        self.columns = fitted_columns(problem.encoder)
        encoded = problem.data.X
        without_terms = EncodedTable(encoded.numbers, encoded.codes, (), encoded.layout)
        self.all_rows = problem.data._replace(X=without_terms)  # terms take long to select
        self.rows: Rows = used_rows(problem.data)
        self.random = np.random.RandomState(problem.seeds[0])

    @cached_property
    def data(self) -> Data:
        """The rows with a weight above 0."""
        data: Data = self.all_rows
        return data if len(self.rows) == len(data.Y) else data.rows(self.rows)

    @cached_property
    def table(self) -> dict[str, "pd.Series[Any]"]:
        """The columns of these rows, by the names that the encoder gives them."""
        table = valid_table(self.problem.encoder, self.X).iloc[self.rows]
        return {name: column for name, (_, column) in zip(self.columns, table.items(), strict=True)}

    def values_of(self, name: str) -> "pd.Series[Any]":
        """Return the values of a column, as they are read."""
        return self.columns[name].values_of(self.table[name])

    def leaks(self) -> list[Note]:
        """Return columns that tell the target alone, and then those with a value that does."""
        leaks = find_leaks(self.all_rows, self.problem.splits, self.random)
        known = {note.column for note in leaks}
        rows = sampled(len(self.rows), _MOST_ROWS)
        most: dict[str, Note] = {}  # of each column, what is true of the most rows
        for found in find_fixing_values(self.data, rows):
            if found.column not in known and (note := self._fixing(found)):
                both = most.get(note.column, note), note
                most[note.column] = max(both, key=lambda each: each.values["n_rows"])
        return [*leaks, *most.values()]

    def _fixing(self, found: Fixing) -> Note | None:
        """Return a note if a value fixes the target in all rows, and there are words for it."""
        y = self.problem.y[self.rows]
        if (y[found.same] != y[found.row]).any():
            return None
        value = found.described(self.values_of(found.column))
        if value is None:
            return None
        fixed = {"value": _plain(value["value"]), "target": _plain(y[found.row])}
        return Note("leak", found.column, value | fixed | {"n_rows": int(found.same.sum())})

    def sentinels(self) -> Iterator[Note]:
        """Yield columns with a number that may stand for missing values."""
        for name, column in self.columns.items():
            if not (isinstance(column, NumberColumn) and self._may_have_sentinel(name, column)):
                continue
            numbers = self.values_of(name).to_numpy()
            if (value := find_sentinel(numbers)) is not None:
                others = numbers[(numbers != value) & ~np.isnan(numbers)]
                ends = {"low": float(others.min()), "high": float(others.max())}
                n_rows = int((numbers == value).sum())
                yield Note("sentinel", name, {"value": _plain(value), "n_rows": n_rows, **ends})

    def _may_have_sentinel(self, name: str, column: NumberColumn) -> bool:
        """Return whether the encoded numbers of a column leave room for a sentinel."""
        if not column.scale > 0:
            return False
        encoded = self.data.X.numbers[:, self.data.X.layout.columns[name].numbers[""]]
        below_zero = column.encode(pd.Series([BELOW_ZERO])).numbers[""].astype(encoded.dtype)
        return may_have_sentinel(encoded, below_zero[0])

    @cached_property
    def entities(self) -> dict[str, Entity]:
        """The columns that may say to whom the rows belong, by name: see `entities`."""
        found = entities(self.data.X, self.columns, self.values_of)
        return {each.column: each for each in found}

    @cached_property
    def entities_that_tell(self) -> list[str]:
        """Names of the `entities` of which rows of a value tell more than the rows beside it."""
        rows = sampled(len(self.rows), _MOST_ROWS)  # in random order
        data = self.data.rows(rows)
        if len(rows) < FEWEST_ROWS or data.n_targets > MOST_TARGETS or not self.entities:
            return []
        targets, weight = beyond_a_line(data), weights_of(data)
        drawn = [each._replace(codes=each.codes[rows]) for each in self.entities.values()]
        return [each.column for each in drawn if own_rows_tell_more(targets, weight, each)]

    def alike_rows(self) -> list[Note]:
        """Return columns that tell which rows are alike."""
        of_times = times(self.data.X, self.columns, self.values_of)
        readable_loss = self.problem.targets.readable_loss
        may_be_alike = [
            each
            for name, each in self.entities.items()
            if each.is_named or name in self.entities_that_tell
        ]
        return find_alike_rows(self.data, may_be_alike, of_times, readable_loss, self.random)

    def codes(self, named: Collection[str]) -> list[Note]:
        """Return the columns of whole numbers that tell the target as codes do.

        What a `named` column tells, such as the district of a school, is no code: it would tell new
        rows which school they are like.
        """
        if not self.entities_that_tell:
            return []
        known = self.entities
        numbers = may_take_for_codes(self.problem.encoder, self.X)
        guessed = numbers.keys() & {*self.entities_that_tell}
        subjects = [each for name, each in known.items() if name in named]
        return [
            Note("codes", name)
            for name, code in known.items()
            if name in guessed and not any(code.is_told_by(each) for each in subjects)
        ]


def _plain(value: Any) -> Any:
    """Return a value as a number or text of Python, and a whole number as an int if it is exact."""
    value = value.item() if isinstance(value, np.generic) else value
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return int(value)
    return value if isinstance(value, bool | int | float | str | None) else str(value)
