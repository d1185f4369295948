"""The section on how sure the predictions are."""

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from scratchmlp.arrays import FloatArray
from scratchmlp.reporting.columns import Columns
from scratchmlp.reporting.content import Number, Section, Table, count, number, share
from scratchmlp.reporting.coverage import coverage_parts
from scratchmlp.reporting.evaluated import Evaluated
from scratchmlp.tabular.base import BaseTabular

MOST_ROWS = 2000  # that the members predict
N_PARTS = 5  # of the rows, by how much the members disagree
#: Limits of the confidence of the groups of rows.
BANDS = (0.0, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 1.0)


def uncertainty_section(
    evaluated: Evaluated, columns: Columns, important: Sequence[str]
) -> Section | None:
    """Show how sure the predictions are, and whether this is right.

    Parameters
    ----------
    evaluated : Evaluated
        The rows with predictions.
    columns : dict of str to dict
        What the columns are.
    important : sequence of str
        Columns, the most important first.

    Returns
    -------
    Section or None
        Tables. None for an estimator that does not say how sure it is.
    """
    parts: list[Any] = []
    if evaluated.proba is not None:
        parts.append(_confidence(evaluated))
    parts += coverage_parts(evaluated, columns, important)
    if isinstance(evaluated.estimator, BaseTabular):
        parts += _disagreement(evaluated)
    return Section("uncertainty", "How sure the predictions are", parts) if parts else None


def _confidence(evaluated: Evaluated) -> Table:
    """Compare the probability of the predicted class with how often it is right."""
    assert evaluated.proba is not None
    confidence, right = evaluated.proba.max(axis=1), evaluated.prediction == evaluated.y
    rows = []
    for low, high in pairwise(BANDS):
        inside = (confidence >= low) & ((confidence < high) | (high == 1))
        if inside.any():
            rows.append(
                (
                    f"{low:.0%} to {high:.0%}" if low else f"below {high:.0%}",
                    count(int(inside.sum())),
                    share(float(inside.mean())),
                    share(float(confidence[inside].mean())),
                    share(float(right[inside].mean())),
                )
            )
    return Table(
        "Rows by the probability of their predicted class. If probabilities are right, the last "
        "two columns are the same up to chance",
        ("probability", "rows", "share of rows", "mean probability", "predicted correctly"),
        rows,
    )


def _disagreement(evaluated: Evaluated) -> list[Table | str]:
    """Compare how much the members disagree with the errors."""
    rows = evaluated.sample(MOST_ROWS)
    members = evaluated.estimator.member_predictions(evaluated.some(rows))
    spread = _spread(members)
    if evaluated.proba is None:
        errors = np.abs(evaluated.y - evaluated.prediction)[rows]
        error = "mean absolute error"
    else:
        errors = (evaluated.y != evaluated.prediction)[rows].astype(float)
        error = "predicted wrongly"
    # Ties, such as among rows of which all members are sure, are ordered by row number.
    parts = np.array_split(np.argsort(spread, kind="stable"), min(N_PARTS, len(rows)))
    write: Callable[[float], Number] = number if evaluated.proba is None else share
    lines = [
        (
            f"part {i} of {len(parts)}",
            count(len(part)),
            number(float(spread[part].mean()), 2),
            write(float(errors[part].mean())),
        )
        for i, part in enumerate(parts, start=1)
    ]
    what = "prediction" if evaluated.proba is None else "probability of the predicted class"
    members_ = f"{len(members)} members"
    text = (
        f"The estimator is a mean of {members_}, each trained on other rows. Where they disagree, "
        f"the prediction depends on which rows it has learned from. The table orders {len(rows):,} "
        f"rows by the standard deviation of the members' {what}."
    )
    if evaluated.rows == "fit":
        text += (
            " Each of these rows was held out by some members only, so members disagree more about "
            "new rows."
        )
    header = ("rows", "number", "mean standard deviation", error)
    return [text, Table("Disagreement of the members, from low to high", header, lines)]


def _spread(members: FloatArray) -> FloatArray:
    """Return the standard deviation over the members, of the class that their mean predicts."""
    if members.ndim == 3:
        best = members.mean(axis=0).argmax(axis=1)
        members = members[:, np.arange(members.shape[1]), best]
    return np.asarray(members.std(axis=0))
