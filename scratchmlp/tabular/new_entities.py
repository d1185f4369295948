"""Columns that name entities, such as persons, and folds to which some entities are new.

Training hides what names an entity in some rows, so that a model learns to predict new ones. How
good it is for them shows in rows of entities that no other row of the training has.
"""

from collections.abc import Collection
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scratchmlp.batches import Data
from scratchmlp.tabular.columns.encoder import encode_with, fitted_columns, with_codes, with_marks
from scratchmlp.tabular.folds import Rows, present_rows
from scratchmlp.tabular.inputs.target_encoding import used_rows
from scratchmlp.tabular.prediction import NewEntities
from scratchmlp.tabular.problem import TrainingProblem
from scratchmlp.tabular.reading.codes import FEWEST_ROWS_OF_VALUE
from scratchmlp.tabular.uncertainty import scored_rows

#: Fewest rows of a table of which folds leave out whole entities, such as persons.
_FEWEST_ROWS_OF_TABLE = 100
#: Fewest entities that folds leave out: errors of fewer say little of others.
_FEWEST_NEW_ENTITIES = 5
#: Most rows of the entities that are left out. They are all looked at: `scored_rows` draws some of
#: more.
_MOST_ROWS_OF_NEW = 10_000


def with_alike(problem: TrainingProblem, alike: Collection[str], X: Any) -> TrainingProblem:
    """Return the problem with columns of which rows with the same value are alike.

    Whole numbers become codes, which are numbers and categories: see `with_codes`. Training hides
    all of them in some rows: new rows may be of new values.
    """
    encoder = with_codes(problem.encoder, alike, X, used_rows(problem.data))
    if encoder is not problem.encoder:
        encoded, _ = encode_with(encoder, X)
        problem = problem._replace(encoder=encoder, data=problem.data._replace(X=encoded))
    return _marking(problem, alike, names_entity=True)


def with_held_out_columns(problem: TrainingProblem) -> TrainingProblem:
    """Return the problem with columns marked whose values folds hold out as a whole.

    These are columns of categories of which no fold holds out a value that it trains on.
    """
    table = problem.data.X
    held_out = [
        name
        for name, each in table.layout.columns.items()
        if each.coded_as and _is_held_out(problem, table.codes_of([each]))
    ]
    return _marking(problem, held_out, is_held_out=True)


def _marking(problem: TrainingProblem, names: Collection[str], **marks: bool) -> TrainingProblem:
    """Return the problem with fields of some columns of categories changed."""
    encoder = with_marks(problem.encoder, names, **marks)
    if encoder is problem.encoder:
        return problem
    data = problem.data._replace(X=problem.data.X.with_columns(fitted_columns(encoder)))
    return problem._replace(encoder=encoder, data=data)


def _is_held_out(problem: TrainingProblem, codes: NDArray[np.int32]) -> bool:
    """Return whether folds hold out all rows of a value, for all values with a code.

    Values of one row are held out as a whole by any folds.
    """
    if (codes >= 0).sum() < FEWEST_ROWS_OF_VALUE * len(np.unique(codes[codes >= 0])):
        return False
    known = [
        (codes[training][codes[training] >= 0], codes[held_out][codes[held_out] >= 0])
        for training, held_out in problem.splits
    ]
    if not any(len(training) and len(held_out) for training, held_out in known):
        return False
    return not any(np.isin(held_out, training).any() for training, held_out in known)


def with_new_entities(problem: TrainingProblem) -> TrainingProblem:
    """Return the problem with folds to which some entities are new, such as persons.

    Other columns may tell who a person is. So only rows of which a fold has not seen the person
    at all show how good it is for new ones. These persons have at most a third of the rows.
    Each is new to one fold, and the others train on all its rows; `held_out` has the other
    rows. Of several columns, the one with the most values counts.

    Nothing changes if no column names entities, or there are too few rows, entities or classes.
    """
    table, present = problem.data.X, present_rows(problem.splits)
    entities = table.layout.known_entities
    if not entities or len(present) < _FEWEST_ROWS_OF_TABLE:
        return problem
    of_column = dict(zip(entities, table.codes_of(entities.values())[present].T, strict=True))
    column = max(of_column, key=lambda name: len(np.unique(of_column[name])))
    codes, random = of_column[column], np.random.RandomState(problem.seeds[0])
    n_rows = np.bincount(codes[codes >= 0], minlength=entities[column].n_levels)
    folds = _folds_of_new(n_rows, len(problem.splits), random)
    fold = folds[codes]
    new_to, known = [present[fold == i] for i in range(len(problem.splits))], present[fold < 0]
    held_out = [np.intersect1d(rows, known) for rows in problem.held_out]
    if not len(present[fold >= 0]) or not all(map(len, held_out)):
        return problem
    if not _have_same_classes(problem, known, present[fold >= 0]):
        return problem
    left_out = map(np.concatenate, zip(held_out, new_to, strict=True))
    training = [np.setdiff1d(present, rows) for rows in left_out]
    return problem._replace(
        splits=[*zip(training, held_out, strict=True)],
        new_to=new_to,
        new_entities=NewEntities(column, folds),
    )


def _have_same_classes(problem: TrainingProblem, *parts: Rows) -> bool:
    """Return whether each part of the rows has all classes, or targets are numbers."""
    n_classes = 0 if problem.data.class_targets is None else problem.data.n_targets
    return all(len(np.unique(problem.data.Y[rows])) >= n_classes for rows in parts)


def without_entities(problem: TrainingProblem) -> TrainingProblem | None:
    """Return rows as if they were of new entities; None if folds hold out whole ones.

    These are the rows of `new_to`, or else all scored rows. Its folds have no training rows.
    """
    entities = problem.data.X.layout.entities
    if all(each.is_held_out for each in entities):
        return None
    of_folds = problem.new_to or problem.held_out
    rows, *_ = scored_rows(of_folds, None)
    places = [np.flatnonzero(np.isin(rows, held_out)) for held_out in of_folds]
    table, Y = problem.data.X[rows].without_entities(), problem.data.Y[rows]
    return problem._replace(
        data=Data(table, Y, None, problem.data.class_targets),
        sample_weight=problem.sample_weight[rows],
        splits=[(np.empty(0, np.intp), each) for each in places],
    )


def _folds_of_new(
    n_rows: NDArray[np.intp], n_folds: int, random: np.random.RandomState
) -> NDArray[np.intp]:
    """Return the fold to which each entity is new, by its number of rows: see `NewEntities`."""
    drawn = random.permutation(np.flatnonzero(n_rows))
    drawn = drawn[np.cumsum(n_rows[drawn]) <= min(n_rows.sum() / 3, _MOST_ROWS_OF_NEW)]
    folds = np.full(len(n_rows) + 1, -1)
    if len(drawn) >= _FEWEST_NEW_ENTITIES:
        folds[drawn] = np.arange(len(drawn)) % n_folds
    return folds
