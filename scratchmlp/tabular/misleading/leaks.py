"""Columns that tell the target alone, and may not be known when a row is predicted."""

from collections.abc import Iterator, Sequence
from functools import reduce
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.stats import rankdata
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from sklearn.tree import DecisionTreeRegressor

from scratchmlp.arrays import FloatArray
from scratchmlp.batches import Data
from scratchmlp.tabular.columns.encoded_table import EncodedTable, Place
from scratchmlp.tabular.folds import Rows, present_rows
from scratchmlp.tabular.inputs.target_encoding import target_columns
from scratchmlp.tabular.misleading.quick_models import (
    N_FOLDS,
    constant_prediction,
    losses_of,
    targets_of,
    weights_of,
)
from scratchmlp.tabular.notes import Note

#: Largest share of the baseline's loss that a column alone leaves if it leaks. On 45 tables, all
#: six known leaks leave less, and no other column does.
MOST_LEFT = 1 / 8
#: Largest share of the variance that bins of a column leave if a tree looks at it.
_MAY_LEAVE = 0.5
_N_BINS = 32  # and leaves of a tree
_MOST_COLUMNS, _MOST_TREE_ROWS = 8, 5000  # that trees look at
#: Values that bins look at, and the fewest and most rows.
_BINNED, _BINNED_ROWS = 2**20, (500, 2000)
#: Fewest rows that are held out: with fewer, nothing is concluded.
FEWEST_HELD_OUT = 30
#: Smallest rank correlation of a number with targets that it tells in another unit or scale.
_COPY = 0.9999


def find_leaks(
    data: Data, splits: Sequence[tuple[Rows, Rows]], random: np.random.RandomState
) -> list[Note]:
    """Find columns that predict the target alone.

    A column is a leak if it leaves at most `MOST_LEFT` of the loss of a constant prediction in
    held-out rows: of the log-loss, or of the squared error. A tree predicts from its numbers, or a
    straight line, which needs fewer rows; or the mean of each level from its categories. Trees take
    time, so they look only at those columns, at most eight, in whose bins the targets hardly vary.
    Numbers in the order of the targets are a leak in any case. With fewer than `FEWEST_HELD_OUT`
    rows, nothing is concluded.

    Parameters
    ----------
    data : Data
        All rows; X is an `EncodedTable`.
    splits : sequence of tuple of two ndarrays
        The folds of the fit.
    random : RandomState
        Draws the rows that are looked at.

    Returns
    -------
    list of Note
        Notes of the case "leak".
    """
    folds = _three_folds(splits, random)
    if sum(len(held_out) for _, held_out in folds) < FEWEST_HELD_OUT:
        return []
    places = data.X.layout.places
    left = _left_in_bins(_binned_rows(data, folds, random), places.values(), random)
    order = np.argsort(left, kind="stable")[:_MOST_COLUMNS]
    candidates = [list(places.items())[i] for i in order if left[i] <= _MAY_LEAVE]
    notes = (Note("leak", name, _how_well_alone(data, place, folds)) for name, place in candidates)
    return [note for note in notes if note.values["left"] <= MOST_LEFT or "copy" in note.values]


def _three_folds(
    splits: Sequence[tuple[Rows, Rows]], random: np.random.RandomState
) -> list[tuple[Rows, Rows]]:
    """Join the folds of a fit to three, or fewer, and draw some of the rows.

    A fold holds out what each third of `splits` held out, and trains on what all of these have
    trained on. Only splits of the first repetition count.
    """
    present = present_rows(splits)
    drawn = np.sort(random.permutation(present)[:_MOST_TREE_ROWS])
    n_held_out = np.cumsum([len(held_out) for _, held_out in splits])
    first = splits[: max(1, int((n_held_out <= len(present)).sum()))]
    thirds = (first[i::N_FOLDS] for i in range(N_FOLDS))
    folds = [
        (
            reduce(np.intersect1d, [training for training, _ in third], drawn),
            np.intersect1d(drawn, np.concatenate([held_out for _, held_out in third])),
        )
        for third in thirds
        if third
    ]
    return [fold for fold in folds if len(fold[0]) and len(fold[1])]


def _binned_rows(data: Data, folds: list[tuple[Rows, Rows]], random: Any) -> Data:
    """Return the rows that bins look at, in random order: fewer if there are many columns."""
    rows = random.permutation(np.union1d(*folds[0]))
    n_values = max(1, data.X.numbers.shape[1])
    return data.rows(rows[: int(np.clip(_BINNED // n_values, *_BINNED_ROWS))])


def _left_in_bins(data: Data, places: Any, random: np.random.RandomState) -> FloatArray:
    """Return the share of the targets' variance within bins of each column, or within levels."""
    targets = _binned_targets(data, random)
    numbers = _left_by_numbers(data.X.numbers, targets)
    codes = [_left_by_codes(codes, targets) for codes in data.X.codes.T]
    return np.array(
        [
            min([*(numbers[i] for i in place.numbers), *(codes[i] for i in place.codes)], default=1)
            for place in places
        ]
    )


def _binned_targets(data: Data, random: np.random.RandomState) -> FloatArray:
    """Return up to two standardized targets: ranks of numbers, or random sums of classes."""
    targets = rankdata(data.Y, axis=0) if data.class_targets is None else target_columns(data)
    if targets.shape[1] > 2:
        targets = targets @ random.standard_normal((targets.shape[1], 2))
    targets -= targets.mean(axis=0)
    deviation = targets.std(axis=0)
    return (targets / np.where(deviation > 0, deviation, 1)).astype(np.float32)


def _left_by_numbers(numbers: FloatArray, targets: FloatArray) -> FloatArray:
    """Return the share of the variance within bins of as many rows, for each column of numbers."""
    order = np.argsort(np.ascontiguousarray(numbers.T), axis=1)
    starts = np.linspace(0, len(numbers), min(_N_BINS, len(numbers) // 2), endpoint=False).astype(
        int
    )
    sizes = np.diff([*starts, len(numbers)])
    between = sum(
        (np.add.reduceat(target[order], starts, axis=1) ** 2 / sizes).sum(axis=1)
        for target in targets.T
    )
    return _within(between, targets, len(starts))


def _left_by_codes(codes: NDArray[np.int32], targets: FloatArray) -> float:
    """Return the same for the levels of a column."""
    sizes = np.bincount(codes + 1)
    kept = sizes > 0
    between = sum(
        (np.bincount(codes + 1, target)[kept] ** 2 / sizes[kept]).sum() for target in targets.T
    )
    return float(_within(between, targets, kept.sum()))


def _within(between: Any, targets: FloatArray, n_bins: int) -> Any:
    """Return the share of the variance that is not between bins, adjusted for their number."""
    n_rows, n_targets = targets.shape
    if n_rows <= n_bins:
        return np.ones_like(between)
    return (1 - between / (n_rows * n_targets)) * (n_rows - 1) / (n_rows - n_bins)


def _how_well_alone(
    data: Data, place: Place, folds: Sequence[tuple[Rows, Rows]]
) -> dict[str, float | bool]:
    """Measure how well a column predicts alone: see `find_leaks`.

    "left" is the share of the loss. Of classes, "right" is the share of rows that are predicted
    right, and "usual" the same for the most frequent class. "copy" says that numbers have the order
    of the targets.
    """
    of_folds = [_losses_in_fold(data, place, *each) for each in folds]
    loss, constant, right, usual = np.mean(of_folds, axis=0)
    left = {"left": float(loss / constant) if constant > 0 else 1.0}
    if data.class_targets is not None:
        return left | {"right": float(right), "usual": float(usual)}
    is_copy = place.numbers and _is_copy(data.rows(np.union1d(*folds[0])), place)
    return left | {"copy": True} if is_copy else left


def _is_copy(data: Data, place: Place) -> bool:
    """Return whether numbers of a column have the order of the only target."""
    columns = data.X.numbers[:, place.numbers].T
    return data.Y.shape[1] == 1 and any(_have_order(each, data.Y[:, 0]) for each in columns)


def _have_order(numbers: FloatArray, target: FloatArray) -> bool:
    """Return whether the known numbers have the order of the target, or its reverse."""
    known = ~np.isnan(numbers)
    if known.sum() < FEWEST_HELD_OUT:
        return False
    ranks = rankdata([numbers[known], target[known]], axis=1)
    with np.errstate(invalid="ignore"):  # a constant
        return bool(abs(np.corrcoef(ranks)[0, 1]) >= _COPY)


def _losses_in_fold(data: Data, place: Place, training: Rows, held_out: Rows) -> FloatArray:
    """Return the losses of a column and of a constant, and the shares of rows that are right."""
    known, new = data.rows(training), data.rows(held_out)
    truth, weight = targets_of(new).argmax(axis=1), weights_of(new)

    def measured(predicted: FloatArray) -> FloatArray:
        right = predicted.argmax(axis=1) == truth
        return np.average([losses_of(new, predicted), right], axis=1, weights=weight)

    of_column = min(map(measured, _predictions(known, new.X, place)), key=lambda each: each[0])
    of_constant = measured(np.tile(constant_prediction(known), (len(held_out), 1)))
    return np.column_stack([of_column, of_constant]).ravel()


def _predictions(known: Data, new: EncodedTable, place: Place) -> Iterator[FloatArray]:
    """Yield the predictions of means of leaves or levels and, of a number, of a straight line."""
    targets, weight, constant = targets_of(known), weights_of(known), constant_prediction(known)
    of_known, of_new = _leaves(known, new, place)
    n_leaves = 1 + max(of_known.max(), of_new.max())
    in_leaf = csr_array((weight, (of_known, np.arange(len(weight)))), (n_leaves, len(weight)))
    means = (in_leaf @ targets + constant) / (in_leaf.sum(axis=1)[:, np.newaxis] + 1)
    yield means[of_new]
    if known.class_targets is None and place.numbers:
        line = make_pipeline(SimpleImputer(keep_empty_features=True), LinearRegression())
        line.fit(known.X.numbers[:, place.numbers], targets, linearregression__sample_weight=weight)
        yield line.predict(new.numbers[:, place.numbers])


def _leaves(
    known: Data, new: EncodedTable, place: Place
) -> tuple[NDArray[np.integer], NDArray[np.integer]]:
    """Return the leaf of each training row and each new row, or its level: numbers from 0."""
    if place.codes:
        at = place.codes[0]
        return known.X.codes[:, at] + 1, new.codes[:, at] + 1
    tree = DecisionTreeRegressor(max_leaf_nodes=_N_BINS, min_samples_leaf=5, random_state=0)
    tree.fit(known.X.numbers[:, place.numbers], target_columns(known), weights_of(known))
    return tree.apply(known.X.numbers[:, place.numbers]), tree.apply(new.numbers[:, place.numbers])
