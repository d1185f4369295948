"""What questions about a table share: values of columns; targets and losses of quick models."""

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
import pandas as pd

from scratchmlp.arrays import FloatArray
from scratchmlp.batches import Data
from scratchmlp.tabular.scoring import log_probabilities

#: Folds in which quick models predict.
N_FOLDS = 3
#: Returns the values of a column as they are read, by its name.
ValuesOf: TypeAlias = Callable[[str], "pd.Series[Any]"]


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
    """Return the log-loss of probabilities, or the squared error of numbers, of each row."""
    if data.class_targets is None:
        return ((predicted - data.Y) ** 2).mean(axis=1)
    return -log_probabilities(predicted[np.arange(len(predicted)), data.Y])
