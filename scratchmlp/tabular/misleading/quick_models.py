"""What the quick models that look for misleading columns share: folds, targets and losses."""

from collections.abc import Sequence
from functools import reduce

import numpy as np

from scratchmlp.arrays import FloatArray
from scratchmlp.batches import Data
from scratchmlp.tabular.folds import Rows
from scratchmlp.tabular.scoring import log_probabilities

_N_PARTS = 3


def three_folds(
    splits: Sequence[tuple[Rows, Rows]], n_rows: int, random: np.random.RandomState
) -> list[tuple[Rows, Rows]]:
    """Join the folds of a fit to three, and draw some of the rows.

    Parameters
    ----------
    splits : sequence of tuple of two ndarrays
        For each fold, the row numbers for training and those that are held out.
    n_rows : int
        Most rows.
    random : RandomState
        Draws them.

    Returns
    -------
    list of tuple of two ndarrays
        Three folds, or fewer. A fold holds out what each third of `splits` held out, and trains on
        what all of these have trained on. Only splits of the first repetition count.
    """
    present = np.unique(np.concatenate([*map(np.concatenate, splits)]))
    drawn = np.sort(random.permutation(present)[:n_rows])
    n_held_out = np.cumsum([len(held_out) for _, held_out in splits])
    first = splits[: max(1, int((n_held_out <= len(present)).sum()))]
    thirds = (first[i::_N_PARTS] for i in range(_N_PARTS))
    folds = [
        (
            reduce(np.intersect1d, [training for training, _ in third], drawn),
            np.intersect1d(drawn, np.concatenate([held_out for _, held_out in third])),
        )
        for third in thirds
        if third
    ]
    return [fold for fold in folds if len(fold[0]) and len(fold[1])]


def targets_of(data: Data) -> FloatArray:
    """Return numbers to predict, or indicators of all classes; of shape (n_samples, n_targets)."""
    return data.as_batch()[1].astype(np.float64)


def weights_of(data: Data) -> FloatArray:
    """Return the weight of each row."""
    return np.ones(len(data.Y)) if data.sample_weight is None else data.sample_weight


def constant_prediction(data: Data) -> FloatArray:
    """Return the mean of the targets, of shape (n_targets,)."""
    return np.average(targets_of(data), axis=0, weights=weights_of(data))


def losses_of(data: Data, predicted: FloatArray) -> FloatArray:
    """Return the log-loss or the squared error of each row.

    Parameters
    ----------
    data : Data
        The rows.
    predicted : ndarray of shape (n_samples, n_targets)
        Probabilities, or standardized numbers.

    Returns
    -------
    ndarray of shape (n_samples,)
        The losses.
    """
    if data.class_targets is None:
        return ((predicted - data.Y) ** 2).mean(axis=1)
    return -log_probabilities(predicted[np.arange(len(predicted)), data.Y])
