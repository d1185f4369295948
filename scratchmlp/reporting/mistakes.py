"""The section on the worst mistakes: rows with their values."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from scratchmlp.reporting.content import Section
from scratchmlp.reporting.evaluated import Evaluated
from scratchmlp.reporting.rows import row_table

MOST_MISTAKES = 10
MOST_COLUMNS = 12


def mistakes_section(evaluated: Evaluated, important: Sequence[str]) -> Section:
    """Show the rows with the worst predictions.

    Parameters
    ----------
    evaluated : Evaluated
        The rows with predictions.
    important : sequence of str
        Columns, the most important first.

    Returns
    -------
    Section
        A table: the true and the predicted value, and the values of up to 12 columns.
    """
    worst = _worst(evaluated)
    if not len(worst):
        return Section("mistakes", "The worst mistakes", ["There is no wrong prediction."])
    if evaluated.proba is None:
        text = "The rows whose prediction is farthest from the true value."
    else:
        text = (
            "The wrong predictions that gave the true class the lowest probability. Look at these "
            "rows first: their class may be recorded wrongly, or the table may lack what explains "
            "it."
        )
    shown = list(important[:MOST_COLUMNS])
    if len(shown) < len(evaluated.columns):
        text += f" The table shows the {len(shown)} most important columns."
    table = row_table(evaluated, worst, shown, "The worst mistakes")
    return Section("mistakes", "The worst mistakes", [text, table])


def _worst(evaluated: Evaluated) -> NDArray[np.intp]:
    """Return the numbers of the rows with the worst predictions, the worst first."""
    if evaluated.proba is None:
        badness = np.abs(evaluated.y - evaluated.prediction)
        wrong = badness > 0
    else:
        badness = -evaluated.proba[np.arange(len(evaluated.y)), evaluated.codes]
        wrong = evaluated.prediction != evaluated.y
    return np.array([i for i in np.argsort(-badness, kind="stable") if wrong[i]])[:MOST_MISTAKES]
