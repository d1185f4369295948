"""Which values of a row moved its prediction: of the page, and of the command line."""

from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from sklearn.base import is_classifier

from scratchmlp.tabular.base import BaseTabular
from scratchmlp.tabular.scoring import MOST_PROBABLE, Decision


class Explained(NamedTuple):
    """The prediction of a row, and by how much each column moved it.

    Attributes
    ----------
    label : object
        The predicted class, of whose probability this is an explanation; None for a number.
    prediction, baseline : float
        The prediction of the row, and the mean of those of the rows that it is compared with.
    parts : Series of shape (n_columns,)
        Contribution of each column to the difference, by name, the largest first.
    n_rows : int
        Number of rows that it is compared with.
    """

    label: Any
    prediction: float
    baseline: float
    parts: "pd.Series[float]"
    n_rows: int


def explain(
    model: BaseTabular,
    row: Any,
    others: Any,
    *,
    of_fit: int | None = None,
    decision: Decision = MOST_PROBABLE,
    random_state: int = 0,
) -> Explained:
    """Explain the prediction of a row: see `explain` of the model.

    Parameters
    ----------
    model : TabularEnsemble* or TabularMLP*
        Fitted model.
    row : {DataFrame, array-like} of shape (1, n_features)
        The row.
    others : {DataFrame, array-like} of shape (n_others, n_features)
        Rows to compare it with.
    of_fit : int or None, default=None
        Number of the row in the table of `fit`, if it is one of these. Then only the folds that
        held it out predict.
    decision : Decision, optional
        How classes follow from probabilities. By default, the most probable one is predicted.
    random_state : int, default=0
        Random state.

    Returns
    -------
    Explained
        The explanation.
    """
    folds = None
    if of_fit is not None:
        folds = [fold for fold, rows in enumerate(model.held_out_) if of_fit in rows]
    found = model.explain(row, others, folds=folds, random_state=random_state)
    predictions, baseline = np.ravel(found.predictions[0]), np.ravel(found.baseline)
    output, label = 0, None
    if is_classifier(model):
        output = int(decision.predicted(found.predictions)[0])
        label = model.classes_[output]
    parts = pd.Series(found.contributions[0].reshape(len(found.names), -1)[:, output], found.names)
    parts = parts.iloc[np.argsort(-np.abs(parts.to_numpy()), kind="stable")]
    return Explained(label, predictions[output], baseline[output], parts, found.n_rows)
