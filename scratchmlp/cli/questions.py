"""What would mislead the user about a table, with the option that helps."""

import warnings
from typing import Any

import numpy as np

from scratchmlp.cli.columns import sentences
from scratchmlp.cli.evaluation import Folds
from scratchmlp.cli.messages import quote, say
from scratchmlp.cli.table import Table
from scratchmlp.tabular import TabularMLPClassifier, TabularMLPRegressor
from scratchmlp.tabular.misleading.findings import find_misleading, not_looked_for
from scratchmlp.tabular.notes import WORDINGS, Note, codes_in, describe, questions
from scratchmlp.tabular.preparation import encoding_with, folds_decide, problem_of


def misleading(table: Table, folds: Folds, seed: int) -> list[Note]:
    """Find what would mislead the user, and say it.

    Parameters
    ----------
    table : Table
        The table.
    folds : Folds
        The folds of the comparison.
    seed : int
        Random state.

    Returns
    -------
    list of Note
        What is found.
    """
    network = TabularMLPClassifier if table.is_class else TabularMLPRegressor
    model, arguments = folds.for_rows(network(random_state=seed), np.arange(len(table.y)))
    if folds.times is not None:  # the fit itself holds out few rows, the latest
        model.set_params(cv=folds.splits)
    with warnings.catch_warnings(action="ignore"):  # the encoder's warnings are said elsewhere
        encode = encoding_with(table.encoder)
        problem = problem_of(model, table.X, table.y, **arguments, encode=encode)
        may_be_alike = not folds_decide(model, arguments.get("groups"))
        found = find_misleading(problem, table.X, which_are_alike=may_be_alike)
    say(*map(with_option, questions(found)), *sentences(describe(codes_in(found))))
    if missed := not_looked_for(problem, which_are_alike=may_be_alike):
        say(missed)
    return found


def with_option(note: Note) -> str:
    """Write what was found, with the option that helps."""
    return f"{note.clause}. {option_for(note)}"


def option_for(note: Note) -> str:
    """Say which option helps.

    Parameters
    ----------
    note : Note
        What would mislead the user.

    Returns
    -------
    str
        One or two sentences.
    """
    value: Any = note.values.get("value")
    cell = quote(f"{note.column}={value}")
    if note.case == "leaks":
        cell = " ".join(map(quote, note.values["columns"]))
    if note.case == "sentinels":
        cell = " ".join(f"--na {quote(f'{name}={each}')}" for name, each in value.items())
    remedy = WORDINGS[note.case]
    words = remedy.fit if remedy.command is None else remedy.command
    return words.format(column=quote(note.column), cell=cell)
