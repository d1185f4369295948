"""The text of ``--explain``: which values of a row moved its prediction."""

from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import is_classifier
from sklearn.model_selection import check_cv

from scratchmlp.cli.evaluation import members_by_time
from scratchmlp.cli.messages import InputError, count, quote
from scratchmlp.cli.table import Table, labels_of
from scratchmlp.evaluation.evaluated import Explained, calmly, explain
from scratchmlp.evaluation.numbers import cells_of, exponent, plain
from scratchmlp.tabular.base import BaseTabular
from scratchmlp.tabular.fitted_table import fitted_table
from scratchmlp.tabular.scoring import Decision

LARGEST = 10  # contributions that are shown one by one
DIGITS, MOST_DECIMALS = 2, 6  # of the largest contribution


def row_of(value: str, X: pd.DataFrame, ids: "pd.Series[Any] | None") -> int:
    """Return the position of a row.

    Parameters
    ----------
    value : str
        What identifies it: the value of ``--id`` or, without this option, its number in the file.
    X : DataFrame of shape (n_samples, n_features)
        The table, whose labels are numbers of rows.
    ids : Series of shape (n_samples,) or None
        The column of ``--id``.

    Returns
    -------
    int
        Position of the first row like that.

    Raises
    ------
    InputError
        If there is none.
    """
    labels = labels_of(X, ids)
    found = np.flatnonzero(labels.astype(str) == value)
    if not len(found):
        what = f"the number of a {labels.name}" if ids is None else f"a value of {quote(ids.name)}"
        raise InputError(
            f"--explain is {quote(value)}, which is not {what}, in the rows that can be used. One "
            f"of these is {quote(labels[0])}."
        )
    return int(found[0])


def check_held_out(value: str, table: Table) -> None:
    """Check, before any work, that members which have not learned from a row will predict it.

    Parameters
    ----------
    value : str
        What identifies the row: see `row_of`.
    table : Table
        The table to learn from.

    Raises
    ------
    InputError
        If there is no such row, or if all members learn from it because it is too early.
    """
    row, n_rows = row_of(value, table.X, table.ids), len(table.X)
    if table.times is None:
        return
    splits = check_cv(members_by_time(table.times)).split(table.X)
    first = min(held_out.min() for _, held_out in splits)
    if row < first:
        raise InputError(
            f"--explain is {quote(value)}, a row from which all members learn: with --time, they "
            f"hold out only the latest rows, here {n_rows - first:,} of {n_rows:,}, from "
            f"{quote(labels_of(table.X, table.ids)[first])} on. Choose one of these, or remove "
            "--time. With --load, a saved model explains any row, by all of its members."
        )


def explain_row(
    model: BaseTabular,
    X: pd.DataFrame,
    ids: "pd.Series[Any] | None",
    value: str,
    *,
    is_of_fit: bool,
    decision: Decision,
) -> str:
    """Explain the prediction of a row in comparison with the other rows of its table.

    Parameters
    ----------
    model : TabularEnsemble* or TabularMLP*
        Fitted model.
    X : DataFrame of shape (n_samples, n_features)
        The table.
    ids : Series of shape (n_samples,) or None
        The column of ``--id``.
    value : str
        What identifies the row: see `row_of`.
    is_of_fit : bool
        Whether `fit` got this table. Then only the folds that held the row out predict.
    decision : Decision
        How classes follow from probabilities.

    Returns
    -------
    str
        The prediction, and the contributions of the values.

    Raises
    ------
    InputError
        If there is no such row or no other one.
    """
    if len(X) == 1:
        raise InputError(
            "--explain compares a row with the other rows of its table, but there is one row. Add "
            "rows, such as those of training."
        )
    row = row_of(value, X, ids)
    others = X.iloc[np.arange(len(X)) != row]
    with calmly():
        of_fit = row if is_of_fit else None
        found = explain(model, X.iloc[[row]], others, of_fit=of_fit, decision=decision)
    what = "the prediction"
    if is_classifier(model):
        what = f"the probability of {quote(found.label)}"
    largest = float(np.abs(found.parts).max() or 1)
    n_decimals = min(max(0, DIGITS - 1 - exponent(largest)), MOST_DECIMALS)
    predicted, mean = (f"{number:,.{n_decimals}f}" for number in (found.prediction, found.baseline))
    return (
        f"Row {quote(value)}: {what} is {predicted}. The mean of "
        f"{count(found.n_rows, 'other row')} is {mean}. The difference, by column:\n"
        f"{_lines(model, X.iloc[[row]], found, n_decimals)}"
    )


def _lines(model: BaseTabular, row: pd.DataFrame, found: Explained, n_decimals: int) -> str:
    """Write the values with the largest contributions, one in a line, and the sum of the others."""
    fitted, rows, others = fitted_table(model).columns, [], found.parts.iloc[LARGEST:]
    for name, part in found.parts.iloc[:LARGEST].items():
        (value,) = cells_of(row[name], fitted[str(name)]) if name in row else ("missing",)
        rows.append((plain(name), str(value), part))
    if len(others):
        rows.append((count(len(others), "other column"), "", others.sum()))
    table = pd.DataFrame(rows, columns=["column", "value", "part"]).set_index("column")
    table["part"] = table["part"].map(f"{{:+,.{n_decimals}f}}".format)
    return "\n".join(
        f"  {line}" for line in table.to_string(header=False, index_names=False).splitlines()
    )
