"""The section on the worst mistakes: rows with their values."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scratchmlp.evaluation.evaluated import ROW_NUMBER, Evaluated, EvaluatedClasses, explain
from scratchmlp.evaluation.numbers import Cell, cells_of, number, plain, share, significant
from scratchmlp.reporting.content import Section, Table

TITLE = "Which rows is it wrong about?"
MOST_MISTAKES = 10
SHOWN_COLUMNS = 8
MOST_REASONS = 3  # values that moved a prediction
BACKGROUND_ROWS = 300  # to draw those from that a prediction is compared with


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
        A table: the true and the predicted value, what moved the prediction, and the values of up
        to 8 columns.
    """
    worst = _worst(evaluated)
    if not len(worst):
        return Section("mistakes", TITLE, ["There is no wrong prediction."])
    text, what = "The rows whose prediction is farthest from the true value.", "prediction"
    if isinstance(evaluated, EvaluatedClasses):
        what = "probability of the predicted class"
        text = (
            "The model was most sure of these wrong predictions. Check whether the class is "
            "recorded wrongly, or whether the table lacks what explains it."
        )
    if evaluated.sample_weight is not None:
        text += " Each counts in proportion to the weight that the row had in fit."
    shown = list(important[:SHOWN_COLUMNS])
    if len(shown) < len(evaluated.columns):
        text += f" The table shows the {len(shown)} most important columns."
    text += (
        f' "moved most by" tells which values raised (+) or lowered (-) the {what} most, compared '
        "with other rows."
    )
    return Section("mistakes", TITLE, [text, _table(evaluated, worst, shown)])


def _worst(evaluated: Evaluated) -> NDArray[np.intp]:
    """Return the numbers of the rows with the worst predictions, the worst first."""
    errors = np.where(evaluated.prediction == evaluated.y, 0, evaluated.errors)
    if evaluated.sample_weight is not None:
        errors = errors * evaluated.sample_weight
    worst = np.argsort(-errors, kind="stable")[:MOST_MISTAKES]
    return worst[errors[worst] > 0]


def _table(evaluated: Evaluated, rows: NDArray[np.intp], columns: Sequence[str]) -> Table:
    """List rows: their label, their true and predicted value, and columns."""
    fitted = evaluated.fitted_columns
    background = evaluated.some(evaluated.sample(BACKGROUND_ROWS))
    cells = [cells_of(evaluated.table[name].iloc[rows], fitted.get(name)) for name in columns]
    body: list[Sequence[Cell]] = [
        (
            plain(evaluated.table.index[i]),
            *_predicted(evaluated, int(i)),
            _reasons(evaluated, int(i), background),
            *(each[k] for each in cells),
        )
        for k, i in enumerate(rows)
    ]
    header = ["true value", "predicted", "true minus predicted"]
    if isinstance(evaluated, EvaluatedClasses):
        header = ["true class", "predicted class", "probability of the true class"]
    labels = _name_of_labels(evaluated.given[0])
    names = [labels, *header, "moved most by", *(plain(name) for name in columns)]
    return Table("The worst mistakes", names, body)


def _reasons(evaluated: Evaluated, i: int, background: Any) -> str:
    """Name the columns whose values moved a prediction most, and by how much."""
    found = explain(
        evaluated.estimator,
        evaluated.some(np.array([i])),
        background,
        of_fit=evaluated.positions[i] if evaluated.is_of_fit else None,
        decision=evaluated.decision,
        random_state=evaluated.random_state,
    )
    largest = found.parts.iloc[:MOST_REASONS].items()
    return ", ".join(
        f"{plain(name)} {'-' if part < 0 else '+'}{significant(abs(part))}"
        for name, part in largest
    )


def _name_of_labels(X: Any) -> str:
    """Say what the labels of the rows are: the name of the index, or numbers of rows."""
    index = X.index if isinstance(X, pd.DataFrame) else pd.RangeIndex(len(X))
    if index.name is not None:
        return plain(index.name)
    return ROW_NUMBER if index.equals(pd.RangeIndex(len(X))) else "index"


def _predicted(evaluated: Evaluated, i: int) -> tuple[Cell, ...]:
    """Return the cells of the true and the predicted value of a row."""
    y, predicted = evaluated.y[i], evaluated.prediction[i]
    if isinstance(evaluated, EvaluatedClasses):
        return plain(y), plain(predicted), share(float(evaluated.outputs[i, evaluated.truth[i]]))
    return number(y, 5), number(predicted, 5), number(y - predicted, 3)
