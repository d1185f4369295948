"""Checks that rows are those of `fit`, in the same order."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import check_consistent_length
from sklearn.utils.validation import _num_samples

from scratchmlp.arrays import FloatArray
from scratchmlp.tabular.fitted_table import FittedTable
from scratchmlp.tabular.folds import Rows, rows_in
from scratchmlp.tabular.scoring import BlendLoss

#: Largest loss of out-of-fold predictions that tell rows apart, as a share of that of a constant,
#: and fewest rows.
_CLEAR, _FEWEST_ROWS = 0.95, 20
_OTHER_ROWS = "For other rows, call sklearn.inspection.permutation_importance."


def folds_of(fitted: FittedTable, X: Any, y: Any) -> list[Rows]:
    """Return the rows that each fold held out in `fit`, and check the number of rows.

    The number is that of the out-of-fold predictions. Without them, only the last row that was held
    out is known.
    """
    if fitted.held_out is None:
        raise ValueError(
            "oof_importances needs to know which rows each fold held out, but this estimator "
            "was saved with training_state=False. Save it with training_state=True, fit it "
            "again, or call sklearn.inspection.permutation_importance with rows that were not "
            "used in fit."
        )
    oof, n_rows = fitted.oof, _num_samples(X)
    least = 1 + int(rows_in(fitted.held_out)[-1]) if oof is None else len(oof)
    if n_rows < least or (oof is not None and n_rows > least):
        raise ValueError(
            f"X must have {'at least ' * (oof is None)}the {least} rows of fit, in the same "
            f"order; got {n_rows} rows. {_OTHER_ROWS}"
        )
    check_consistent_length(X, y)
    return fitted.held_out


def check_targets(fitted: FittedTable, y: NDArray[Any]) -> None:
    """Check that the out-of-fold predictions have the score that they had in `fit`."""
    if fitted.oof is None or fitted.held_out is None:
        return
    rows, targets = rows_in(fitted.held_out), fitted.blend.targets
    weight = None if fitted.row_weight is None else fitted.row_weight[rows]
    score = targets.score(targets.values(targets.encode(y))[rows], fitted.oof[rows], weight)
    if not np.isclose(score, fitted.oof_score, atol=1e-6, equal_nan=True):
        raise ValueError(
            "X and y must have the rows of fit, in the same order. With this y, the "
            f"out-of-fold predictions of fit have a score of {score:.3g}, but oof_score_ is "
            f"{fitted.oof_score:.3g}. Pass the table and the targets of fit. {_OTHER_ROWS}"
        )


def check_predictions(
    fitted: FittedTable, loss: BlendLoss, rows: Rows, predictions: FloatArray
) -> None:
    """Check that predictions of rows are better than a constant, if those of `fit` were."""
    if fitted.oof is None or len(rows) < _FEWEST_ROWS:
        return
    oof = fitted.oof[rows]
    constant = loss(np.broadcast_to(oof.mean(axis=0), oof.shape))
    if loss(oof) < _CLEAR * constant < constant < (now := loss(predictions)):
        raise ValueError(
            f"X must have the rows of fit, in the same order. The loss of its predictions is "
            f"{now:.3g}, above that of a constant, {constant:.3g}; that of the out-of-fold "
            f"predictions of fit is {loss(oof):.3g}. Pass the table of fit. {_OTHER_ROWS}"
        )
