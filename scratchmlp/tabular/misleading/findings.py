"""What would mislead the user: questions that a fit asks about its table."""

import warnings
from collections.abc import Collection, Sequence
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from scratchmlp.batches import Data, sampled
from scratchmlp.tabular.columns.encoded_table import EncodedTable
from scratchmlp.tabular.columns.encoder import fitted_columns, may_take_for_codes, valid_table
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
from scratchmlp.tabular.misleading.fixing_values import find_fixing_values
from scratchmlp.tabular.misleading.leaks import FEWEST_HELD_OUT, find_leaks
from scratchmlp.tabular.misleading.quick_models import weights_of
from scratchmlp.tabular.misleading.sentinels import find_sentinels
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
    sentinels = find_sentinels(inspection.data.X, inspection.columns, inspection.values_of)
    return [*leaks, *sentinels, *asked, *codes]


def not_looked_for(problem: TrainingProblem, *, which_are_alike: bool) -> str | None:
    """Say what `find_misleading` has too few rows to look for; None if there is nothing."""
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
        others = self.columns.keys() - {note.column for note in leaks}
        rows, y = sampled(len(self.rows), _MOST_ROWS), self.problem.y[self.rows]
        return leaks + find_fixing_values(self.data, rows, y, others, self.values_of)

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
