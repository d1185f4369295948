"""Rows that are alike because they belong together, or are of the same time.

New rows may be of other persons, or later. In random folds, a model looks better than it will be
for these. A quick model tells by how much: it predicts the same rows in random folds, and in folds
that hold out whole values of a column, or later rows.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import chain, islice
from typing import Literal, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array
from sklearn.ensemble import ExtraTreesRegressor
from sklearn.model_selection import GroupKFold, KFold

from scratchmlp.arrays import FloatArray
from scratchmlp.batches import Data
from scratchmlp.tabular.folds import Rows
from scratchmlp.tabular.inputs.target_encoding import MOST_TARGETS
from scratchmlp.tabular.misleading.quick_models import (
    N_FOLDS,
    constant_prediction,
    losses_of,
    targets_of,
    weights_of,
)
from scratchmlp.tabular.notes import Note
from scratchmlp.tabular.reading.codes import Entity

_MOST_CANDIDATES = 3
_MOST_ASKED_ROWS = 2000
#: Fewest rows: with fewer, nothing is asked.
FEWEST_ROWS = 100
_N_TREES, _MOST_FEATURES = 10, 16
#: Parts of the later rows, which count as the values of a time.
_N_PERIODS = 20
#: Fewest rows of a leaf. Trees that tell persons apart need small leaves, others have less noise.
_LEAF = {"entity": 1, "time": 3}
#: Least increase of the loss, as a share. The quick model knows the mean target of each value, and
#: so shows more of an entity than other models do.
_LEAST_INCREASE = {"entity": 0.2, "time": 0.15}
#: Random draws of folds and trees that must all agree. A time has a single split, so that the loss
#: of a few rows may decide about one draw.
_N_DRAWS = {"entity": 1, "time": 2}
#: Least number of standard errors of the increase. If rows of an entity were not alike, they would
#: be independent. Later rows are not, so that periods count.
_CLEAR = 2.5


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
    entities: Iterable[Entity],
    times: Iterable[tuple[str, FloatArray]],
    readable_loss: Callable[[float], float],
    random: np.random.RandomState,
) -> list[Note]:
    """Find columns whose values, or times, tell which rows are alike.

    At most three columns are asked about: one of times, and entities.
    Nothing is asked about more than 32 classes.

    Parameters
    ----------
    data : Data
        The rows with a weight above 0; X is an `EncodedTable`.
    entities : iterable of Entity
        Columns that may say to whom the rows belong: the first ones are asked about.
    times : iterable of tuple of str and ndarray of shape (n_rows,)
        Names of columns of times, and the times.
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
    of_times = filter(None, (_of_time(*each, random) for each in times))
    of_entities = filter(None, (_of_entity(each, random) for each in entities))
    questions = islice(chain(islice(of_times, 1), of_entities), _MOST_CANDIDATES)
    notes = [_ask(each, data.rows(each.rows), readable_loss, random) for each in questions]
    return [*filter(None, notes)]


def one_for_each_subject(notes: Iterable[Note], known: Mapping[str, Entity]) -> Iterator[Note]:
    """Yield a note for each entity: on a column that is named so, or else explains the most.

    The values of one column may tell those of another, such as the number of a person and the name.
    """

    def priority(note: Note) -> tuple[bool, float]:
        entity, losses = known.get(note.column), note.values
        return entity is not None and entity.is_named, losses["apart"] / losses["random"]

    subjects: list[Entity] = []
    for note in sorted(notes, key=priority, reverse=True):
        if note.case == "time":
            yield note
            continue
        entity = known[note.column]
        if not any(entity.is_told_by(each) or each.is_told_by(entity) for each in subjects):
            subjects.append(entity)
            yield note


def _of_entity(entity: Entity, random: np.random.RandomState) -> _Question | None:
    """Ask about rows of the same value, if most rows have one."""
    codes = entity.codes
    rows = np.flatnonzero(codes >= 0)
    if len(rows) < max(FEWEST_ROWS, len(codes) / 2):
        return None
    order = random.permutation(codes.max() + 1)  # of the values, so that all rows of some are drawn
    rows = rows[np.argsort(order[codes[rows]], kind="stable")[:_MOST_ASKED_ROWS]]
    if len(np.unique(codes[rows])) < N_FOLDS:  # nearly all rows have the same value
        return None
    folds = GroupKFold(N_FOLDS, shuffle=True, random_state=random).split(rows, groups=codes[rows])
    return _Question("entity", entity.column, rows, codes[rows], list(folds))


def _of_time(name: str, time: FloatArray, random: np.random.RandomState) -> _Question | None:
    """Ask about the last third of the rows, which the others are to predict."""
    known = np.flatnonzero(~np.isnan(time))
    if len(known) < FEWEST_ROWS:
        return None
    rows = random.permutation(known)[:_MOST_ASKED_ROWS]
    rows = rows[np.argsort(time[rows], kind="stable")]
    positions = np.arange(len(rows))
    earlier, later = np.split(positions, [len(rows) - len(rows) // N_FOLDS])
    period = (positions - len(earlier)) * _N_PERIODS // len(later)
    return _Question("time", name, rows, period, [(earlier, later)])


def _ask(
    question: _Question,
    data: Data,
    readable_loss: Callable[[float], float],
    random: np.random.RandomState,
) -> Note | None:
    """Predict the rows in both kinds of folds; return a note if the losses differ clearly."""
    seed, least = random.randint(np.iinfo(np.int32).max), _LEAST_INCREASE[question.case]
    held_out = np.sort(np.concatenate([rows for _, rows in question.folds]))
    weight = weights_of(data)[held_out]
    draws = []
    for i in range(_N_DRAWS[question.case]):
        draws.append(_in_both_folds(question, data, seed + i)[:, held_out])
        known, new = np.average(draws[-1], axis=1, weights=weight)
        if new - known < least * known:
            return None
    losses = np.mean(draws, axis=0)
    increase = pd.Series((losses[1] - losses[0]) * weight)
    if question.case == "time":
        increase = increase.groupby(question.together[held_out]).sum()
    if _deviations(increase.to_numpy()) < _CLEAR:
        return None
    known, new = np.average(losses, axis=1, weights=weight)
    name = "a root mean squared error" if data.class_targets is None else "a log-loss"
    found = {"random": readable_loss(float(known)), "apart": readable_loss(float(new))}
    return Note(question.case, question.column, found | {"loss": name})


def _in_both_folds(question: _Question, data: Data, seed: int) -> FloatArray:
    """Return the loss of each row in random folds, and in those of the question."""
    shuffled = KFold(N_FOLDS, shuffle=True, random_state=seed).split(question.rows)
    known = question.together if question.case == "entity" else None
    trees = ExtraTreesRegressor(_N_TREES, min_samples_leaf=_LEAF[question.case], random_state=seed)
    of_both = (shuffled, known), (question.folds, None)
    return np.stack([_losses_of_trees(data, folds, trees, means) for folds, means in of_both])


def _deviations(increase: FloatArray) -> float:
    """Return by how many standard errors the mean is above 0, or more parts than half are.

    A few large parts hide the mean. Less than half of them may be worse, but much worse.
    """
    n = len(increase)
    error = max(increase.std(ddof=1) / n**0.5, np.finfo(increase.dtype).tiny)
    more_than_half = ((increase > 0).mean() - 0.5) * 2 * n**0.5  # as in a sign test
    return float(max(increase.mean() / error, more_than_half))


def _losses_of_trees(
    data: Data,
    folds: Iterable[tuple[Rows, Rows]],
    trees: ExtraTreesRegressor,
    known: NDArray[np.integer] | None,
) -> FloatArray:
    """Return the loss of each row that is held out, by randomized trees; nan for others.

    `known` are numbers of values whose mean target in the training rows the trees know.
    """
    X, targets, weight = data.X.numbers_and_codes(), targets_of(data), weights_of(data)
    constant, losses = constant_prediction(data), np.full(len(X), np.nan)
    for training, held_out in folds:
        old, new = X[training], X[held_out]
        if known is not None:
            means = _mean_targets(targets - constant, weight, known, training, held_out)
            old, new = np.hstack([old, means[0]]), np.hstack([new, means[1]])
        trees.set_params(max_features=min(old.shape[1], _MOST_FEATURES))
        trees.fit(old, targets[training].squeeze(), weight[training])  # trees want one target so
        predicted = trees.predict(new).reshape(len(held_out), -1)
        predicted = (_N_TREES * predicted + constant) / (_N_TREES + 1)  # no probability is 0
        losses[held_out] = losses_of(data.rows(held_out), predicted)
    return losses


def _mean_targets(
    targets: FloatArray,
    weight: FloatArray,
    values: NDArray[np.integer],
    training: Rows,
    held_out: Rows,
) -> tuple[FloatArray, FloatArray]:
    """Return the mean target of other training rows of the same value, for both kinds of rows.

    A row with the mean of all targets, which is 0, is added to those of each value.
    """
    known, own = values[training], weight[training, np.newaxis]
    in_value = csr_array(
        (np.ones(len(known)), (known, np.arange(len(known)))), (values.max() + 1, len(known))
    )
    total, n_rows = in_value @ (own * targets[training]), in_value @ own + 1
    of_training = (total[known] - own * targets[training]) / (n_rows[known] - own)
    return of_training, (total / n_rows)[values[held_out]]
