"""Rows that are alike because they belong together, or are of the same time.

New rows may be of other persons, or later. In random folds, a model looks better than it will be
for these. A quick model tells by how much: it predicts the same rows in random folds, and in folds
that hold out whole values of a column, or later rows.
"""

from collections.abc import Callable, Iterable
from itertools import islice
from typing import Literal, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.ensemble import ExtraTreesRegressor
from sklearn.model_selection import GroupKFold, KFold

from scratchmlp.arrays import FloatArray
from scratchmlp.batches import Data
from scratchmlp.tabular.columns.any_column import Columns
from scratchmlp.tabular.columns.numeric import DateColumn
from scratchmlp.tabular.folds import Rows
from scratchmlp.tabular.inputs.target_encoding import MOST_TARGETS
from scratchmlp.tabular.inspection.quick_models import (
    constant_prediction,
    losses_of,
    targets_of,
    weights_of,
)
from scratchmlp.tabular.reading.findings import Note

#: Fewest values of an entity, and most rows of each on average: others are groups of many rows.
_FEWEST_VALUES, _MOST_PER_VALUE = 20, 50
_MOST_CANDIDATES = 3
_MOST_ROWS, _FEWEST_ROWS = 2000, 100
_N_FOLDS, _N_TREES, _MOST_FEATURES = 3, 10, 16
#: Least increase of the loss, as a share of the loss of a constant prediction, and the least number
#: of deviations by which more values than half of them are predicted worse.
_LEAST_INCREASE, _LEAST_DEVIATIONS = 0.1, 3.0
#: Parts of the later rows, which count as the values of a time.
_N_PERIODS = 20


class _Question(NamedTuple):
    """Whether rows that are held out together are harder to predict.

    Attributes
    ----------
    case : {'entity', 'time'}
        What the rows have in common.
    column : str
        Name of the column that tells it.
    rows : ndarray of int
        The rows to look at.
    together : ndarray of shape (n_rows,), int
        Number of the value, or of the period, of each of them.
    folds : list of tuple of two ndarrays
        Training rows and held-out rows, as positions in `rows`.
    """

    case: Literal["entity", "time"]
    column: str
    rows: Rows
    together: NDArray[np.integer]
    folds: list[tuple[Rows, Rows]]


def find_alike_rows(
    data: Data,
    columns: Columns,
    readable_loss: Callable[[float], float],
    random: np.random.RandomState,
) -> list[Note]:
    """Find columns whose values, or times, tell which rows are alike.

    At most three columns are asked: one of dates, and those of many categories that repeat, with
    the most categories first. Nothing is asked about more than 32 classes.

    Parameters
    ----------
    data : Data
        The rows with a weight above 0; X is an `EncodedTable`.
    columns : dict of str to Column
        The fitted columns.
    readable_loss : callable
        Maps a loss to the one that the user reads.
    random : RandomState
        Draws the rows that are looked at, the folds, and the trees.

    Returns
    -------
    list of Note
        Notes of the cases "entity" and "time", with the losses in "random" folds and "apart".
    """
    if data.n_targets > MOST_TARGETS:  # which would take too long
        return []
    return [
        note
        for question in _questions(data, columns, random)
        if (note := _ask(question, data.rows(question.rows), readable_loss, random))
    ]


def _questions(data: Data, columns: Columns, random: np.random.RandomState) -> list[_Question]:
    """Return what to ask."""
    layout = data.X.layout.columns
    dates = (
        _of_time(name, data.X.numbers[:, layout[name].numbers[""]], random)
        for name, column in columns.items()
        if isinstance(column, DateColumn) and column.scale > 0
    )
    entities = (
        _of_entity(name, data.X.codes_of([laid])[:, 0], random)
        for name, laid in sorted(layout.items(), key=lambda each: -each[1].n_levels)
        if laid.n_levels >= _FEWEST_VALUES
    )
    questions = [*islice(filter(None, dates), 1), *filter(None, entities)]
    return questions[:_MOST_CANDIDATES]


def _of_entity(
    name: str, codes: NDArray[np.int32], random: np.random.RandomState
) -> _Question | None:
    """Ask about rows of the same value, if there are few of each but most values repeat."""
    rows = np.flatnonzero(codes >= 0)
    n_values = len(np.unique(codes[rows]))
    is_entity = n_values >= _FEWEST_VALUES and len(rows) <= _MOST_PER_VALUE * n_values
    if not is_entity or len(rows) < max(_FEWEST_ROWS, len(codes) / 2):
        return None
    order = random.permutation(codes.max() + 1)  # of the values, so that all rows of some are drawn
    rows = rows[np.argsort(order[codes[rows]], kind="stable")[:_MOST_ROWS]]
    folds = GroupKFold(_N_FOLDS, shuffle=True, random_state=random).split(rows, groups=codes[rows])
    return _Question("entity", name, rows, codes[rows], list(folds))


def _of_time(name: str, time: FloatArray, random: np.random.RandomState) -> _Question | None:
    """Ask about the last third of the rows, which the others are to predict."""
    known = np.flatnonzero(~np.isnan(time))
    if len(known) < _FEWEST_ROWS:
        return None
    rows = random.permutation(known)[:_MOST_ROWS]
    rows = rows[np.argsort(time[rows], kind="stable")]
    positions = np.arange(len(rows))
    earlier, later = np.split(positions, [len(rows) - len(rows) // _N_FOLDS])
    period = (positions - len(earlier)) * _N_PERIODS // len(later)
    return _Question("time", name, rows, period, [(earlier, later)])


def _ask(
    question: _Question,
    data: Data,
    readable_loss: Callable[[float], float],
    random: np.random.RandomState,
) -> Note | None:
    """Predict the rows in both kinds of folds; return a note if the losses differ clearly."""
    seed = random.randint(np.iinfo(np.int32).max)
    shuffled = KFold(_N_FOLDS, shuffle=True, random_state=seed).split(question.rows)
    both = np.stack([_losses(data, folds, seed) for folds in (shuffled, question.folds)])
    held_out = ~np.isnan(both[1])
    weight = weights_of(data)
    mixed, apart = np.average(both[:, held_out], axis=1, weights=weight[held_out])
    gain = (both[1] - both[0])[held_out] * weight[held_out]
    by_value = pd.Series(gain).groupby(question.together[held_out]).sum()
    n_worse = (by_value > 0).sum() - len(by_value) / 2
    is_frequent = n_worse >= _LEAST_DEVIATIONS * (len(by_value) / 4) ** 0.5  # as in a sign test
    constant = losses_of(data, np.tile(constant_prediction(data), (len(data.Y), 1)))
    least = _LEAST_INCREASE * np.average(constant, weights=weight)
    if not is_frequent or apart - mixed < least:
        return None
    name = "a root mean squared error" if data.class_targets is None else "a log-loss"
    losses = {"random": readable_loss(float(mixed)), "apart": readable_loss(float(apart))}
    return Note(question.case, question.column, losses | {"loss": name})


def _losses(data: Data, folds: Iterable[tuple[Rows, Rows]], seed: int) -> FloatArray:
    """Return the loss of each row that is held out, by randomized trees; nan for others."""
    X, targets, weight = data.X.numbers_and_codes(), targets_of(data), weights_of(data)
    constant, targets = constant_prediction(data), targets.squeeze()  # as trees want one target
    losses = np.full(len(X), np.nan)
    for training, held_out in folds:
        trees = ExtraTreesRegressor(
            _N_TREES, max_features=min(X.shape[1], _MOST_FEATURES), random_state=seed
        )
        trees.fit(X[training], targets[training], weight[training])
        means = trees.predict(X[held_out]).reshape(len(held_out), -1)
        predicted = (_N_TREES * means + constant) / (_N_TREES + 1)  # no probability is 0
        losses[held_out] = losses_of(data.rows(held_out), predicted)
    return losses
