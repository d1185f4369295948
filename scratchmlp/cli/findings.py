"""What would mislead the user of a table, and which options help."""

import warnings
from typing import Any

import pandas as pd
from numpy.typing import NDArray
from sklearn.base import clone

from scratchmlp.cli.folds import Folds
from scratchmlp.cli.messages import quote
from scratchmlp.tabular.base import BaseTabular
from scratchmlp.tabular.inspection.findings import find_misleading
from scratchmlp.tabular.reading.findings import REMEDIES, Note


def misleading(model: BaseTabular, X: pd.DataFrame, y: NDArray[Any], folds: Folds) -> list[str]:
    """Write what would mislead the user, with the options that help.

    Parameters
    ----------
    model : TabularEnsemble* or TabularMLP*
        An estimator that is not fitted.
    X : DataFrame of shape (n_samples, n_used)
        The columns of the table, as `read_columns` returns them.
    y : ndarray of shape (n_samples,)
        Target.
    folds : Folds
        The folds of the comparison, in which a column is looked at too.

    Returns
    -------
    list of str
        Sentences.
    """
    which_are_alike = folds.groups is None and not folds.by_time
    model = clone(model).set_params(cv=folds.splits)
    with warnings.catch_warnings(action="ignore"):  # the encoder's warnings are said elsewhere
        problem = model.prepare(X, y, None, None)
        notes = find_misleading(problem, X, which_are_alike=which_are_alike)
    return [with_option(note) for note in notes]


def with_option(note: Note) -> str:
    """Write a note with the option that helps.

    Parameters
    ----------
    note : Note
        What would mislead the user.

    Returns
    -------
    str
        Two or three sentences.
    """
    cell = quote(f"{note.column}={note.values.get('value')}")
    remedy = REMEDIES[note.case]
    words = remedy.fit if remedy.command is None else remedy.command
    return f"{note.clause}. {words.format(column=quote(note.column), cell=cell)}"
