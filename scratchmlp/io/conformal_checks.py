"""Checks of what prediction intervals and sets are made from."""

from typing import Any

import numpy as np
from sklearn.ensemble import HistGradientBoostingRegressor

from scratchmlp.io.array_headers import is_number
from scratchmlp.io.errors import require
from scratchmlp.tabular.conformal import HeldOutScores
from scratchmlp.tabular.difficulty import Difficulty, inputs
from scratchmlp.tabular.encoded_table import EncodedTable


def check_scores(known: Any, n_outputs: int) -> None:
    """Check the errors on held-out rows.

    Parameters
    ----------
    known : object
        What should be `HeldOutScores`.
    n_outputs : int
        Number of scores of each row.

    Raises
    ------
    ContentError
        If it is something else.
    """
    require(isinstance(known, HeldOutScores), "an estimator has no errors on held-out rows.")
    scores, weight = known
    valid = isinstance(scores, np.ndarray) and scores.ndim == 2 and scores.dtype.kind == "f"
    valid = valid and scores.shape[1] == n_outputs and len(scores) > 0
    valid = valid and bool(np.isfinite(scores).all() and (scores >= 0).all())
    require(valid, "the errors on held-out rows are not numbers.")
    require((np.diff(scores, axis=0) >= 0).all(), "the errors on held-out rows are not in order.")
    if weight is not None:
        valid = isinstance(weight, np.ndarray) and weight.shape == scores.shape
        valid = valid and weight.dtype.kind == "f" and bool(np.isfinite(weight).all())
        require(valid and (weight > 0).all(), "held-out rows have no weights.")


def check_difficulty(found: Any, n_outputs: int, example: EncodedTable) -> None:
    """Check the model of errors.

    Parameters
    ----------
    found : object
        What should be a `Difficulty`.
    n_outputs : int
        Number of targets.
    example : EncodedTable
        A row.

    Raises
    ------
    ContentError
        If it is something else.
    """
    require(isinstance(found, Difficulty), "an estimator has no expected errors.")
    model, least, unit = found
    valid = model is None or type(model) is HistGradientBoostingRegressor
    valid = valid and is_number(least) and least > 0
    valid = valid and isinstance(unit, np.ndarray) and unit.shape == (n_outputs,)
    valid = valid and unit.dtype == np.float64 and bool(np.isfinite(unit).all())
    require(valid and (unit > 0).all(), "an estimator has no expected errors.")
    X = inputs(example, np.zeros((1, n_outputs)))
    valid = model is None or model.n_features_in_ == X.shape[1]
    require(valid, "a model of errors has other inputs.")
    require(found.predict(X).shape == (1, n_outputs), "a model of errors has other outputs.")
