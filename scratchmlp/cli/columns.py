"""The columns of a table: what the encoder decides, and what the user is told."""

import shlex
import warnings
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.exceptions import DataConversionWarning

from scratchmlp.cli.evaluation import Folds
from scratchmlp.cli.messages import InputError, count, quote, quoted, say, with_notes
from scratchmlp.cli.options import NO_ROLES, Roles
from scratchmlp.cli.reading import RawTable
from scratchmlp.cli.roles import missing_values, options_of
from scratchmlp.tabular import TabularEncoder, TabularMLPClassifier, TabularMLPRegressor
from scratchmlp.tabular.base import BaseTabular
from scratchmlp.tabular.columns.any_column import Column, Columns, read_new
from scratchmlp.tabular.columns.categories import CategoricalColumn
from scratchmlp.tabular.columns.encoder import fitted_columns
from scratchmlp.tabular.inspection.drift import compared_columns, find_drift
from scratchmlp.tabular.misleading.findings import find_misleading, not_looked_for
from scratchmlp.tabular.notes import WORDINGS, Note, NoteCase, codes_in, describe, questions
from scratchmlp.tabular.preparation import encoding_with, folds_decide, problem_of
from scratchmlp.tabular.reading.codes import may_identify
from scratchmlp.tabular.reading.from_text import MAY_BE_VALUES
from scratchmlp.tabular.reading.values import ColumnError
from scratchmlp.tabular.vocabulary import VALUES, Use
from scratchmlp.utils.names import listed

#: The option that names columns of a kind, and another remedy.
NAMED_BY = {"number": ("--numeric", ""), "date": ("--date", ", or write its dates as 2024-05-17")}
MOST_CHANGED = 5  # columns that are told apart
USE_ALL_DIFFERENT = (
    "To use a column whose values are all different, name it in --text or --numeric."
)


def decide_columns(X: pd.DataFrame, roles: Roles) -> tuple[TabularEncoder, list[str]]:
    """Decide what each column is.

    Parameters
    ----------
    X : DataFrame of shape (n_samples, n_features)
        Raw table.
    roles : Roles
        What the user says of the columns.

    Returns
    -------
    encoder : TabularEncoder
        The fitted encoder.
    notes : list of str
        Sentences about what is left out or guessed.

    Raises
    ------
    InputError
        If a column of `roles.numeric` or `roles.date` contains no numbers or dates, or all columns
        are left out.
    """
    with warnings.catch_warnings(action="ignore", category=DataConversionWarning):
        try:
            encoder = TabularEncoder(**_encoder_settings(roles, X.columns)).fit(X)
        except ColumnError as error:
            raise InputError(_wrong_role(error) if error.case == "role" else str(error)) from error
        except (ValueError, TypeError) as error:
            raise InputError(with_notes(error)) from error
    columns = fitted_columns(encoder)
    if not any(column.n_outputs for column in columns.values()):
        reasons = [_described(X[name], fitted) for name, fitted in columns.items()]
        raise InputError(
            f"no column can inform a prediction: {listed(reasons)}. The table needs a column of "
            "numbers, or one whose values repeat and differ."
        )
    return encoder, list(sentences(encoder.notes_))


def _encoder_settings(roles: Roles, features: Collection[str]) -> dict[str, Any]:
    """Return the parameters of an encoder that the user's choices set."""

    def known(names: Sequence[str]) -> list[str] | None:
        return [name for name in names if name in features] or None

    category = known(roles.categorical)
    return {
        "categorical_features": ["from_dtype", *category] if category else "from_dtype",
        "numeric_features": known(roles.numeric),
        "text_features": known(roles.text),
        "date_features": known(roles.date),
        "missing_values": missing_values(roles, features) or None,
    }


def _wrong_role(error: ColumnError) -> str:
    """Say that a column contains none of what the user calls it."""
    role, example = error.values["role"], error.values["example"]
    option, remedy = NAMED_BY[role]
    return (
        f"{option} names {quote(error.column)}, but none of its values is a {role}: one is "
        f"{quote(example)}. Remove it from {option}{remedy}."
    )


def without_infinite(table: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """Mark infinite numbers of typed columns as missing, as those of text columns are later.

    Parameters
    ----------
    table : DataFrame of shape (n_samples, n_columns)
        Raw table.

    Returns
    -------
    table : DataFrame of shape (n_samples, n_columns)
        Table without infinite numbers.
    notes : list of str
        A sentence about each column with infinite numbers.
    """
    notes = []
    for name, column in table.items():
        if column.dtype.kind != "f" or not (infinite := column.abs() == np.inf).any():
            continue
        table = table.assign(**{str(name): column.mask(infinite)})
        n_infinite = int(infinite.sum())
        are = "infinite number counts" if n_infinite == 1 else "infinite numbers count"
        notes.append(f"{n_infinite:,} {are} as missing in column {quote(name)}")
    return table, notes


def describe_columns(X: pd.DataFrame, columns: Columns, roles: Roles = NO_ROLES) -> str:
    """Describe what each column is, and which columns are left out.

    Parameters
    ----------
    X : DataFrame of shape (n_samples, n_features)
        Raw table.
    columns : dict of str to Column
        The fitted columns.
    roles : Roles, default=NO_ROLES
        What the user says of columns.

    Returns
    -------
    str
        A line for each kind of column, with the names of its columns, and what to do to use columns
        that are left out although they may inform. The last line has the columns of the table that
        are no features.
    """
    groups: dict[str, list[str]] = {use: [] for use in get_args(Use)}
    for name, column in columns.items():
        groups[column.use].append(_described(X[name], column))
    lines = [f"  {use}: {listed(names)}" for use, names in groups.items() if names]
    if any(column.all_different for column in columns.values()):
        lines[-1] += f". {USE_ALL_DIFFERENT}"
    if others := [f"{name} ({option})" for option, name in options_of(roles) if name not in X]:
        lines.append(f"  not used to predict: {listed(others)}")
    return "\n".join(lines)


def _described(column: "pd.Series[Any]", fitted: Column) -> str:
    """Return the name of a column with what is not plain about it."""
    reading = fitted.reading
    # Decimal commas are said once for a file, not of each column.
    only_commas = fitted.kind == "number" and reading.decimal == "," and not reading.units
    notes = [] if only_commas else fitted.remarks
    match fitted:
        case CategoricalColumn(use="categorical"):
            notes.insert(0, count(fitted.n_levels, "value"))
    if fitted.kind == "number" and may_identify(column):
        notes.append("different in each row: name it in --id if it identifies the rows")
    if (missing := int(column.isna().sum())) and fitted.use != "left out":
        notes.append(f"{missing:,} missing")
    return f"{column.name} ({', '.join(notes)})" if notes else str(column.name)


def unlike_training(X: pd.DataFrame, columns: Columns) -> Iterator[str]:
    """Name the columns that are unlike those of training.

    Parameters
    ----------
    X : DataFrame of shape (n_samples, n_features)
        Table to predict.
    columns : dict of str to Column
        The columns of the model's encoder.

    Yields
    ------
    str
        A sentence about a column that contains no value, unseen categories or values that cannot be
        read, or has clearly changed. Of many columns that have changed, most are only counted. If
        one has changed or is empty, the last sentence says what this means for scores.

    Raises
    ------
    InputError
        If a column contains values of another kind than in training.
    """
    used = compared_columns(columns)
    try:
        read = {name: read_new(name, X[name], column) for name, column in used.items()}
    except ColumnError as error:
        raise InputError(_other_kind(error)) from error
    drift = find_drift(columns, {name: values for name, (values, _) in read.items()})
    changed, is_different = [], False
    for name, (values, notes) in read.items():
        column, changes = used[name], drift[name].changes
        is_different |= bool(changes)
        if column.uses_values:
            yield from sentences(describe(notes), is_new=True)
            if any(note.case == "empty" for note in notes):
                yield (
                    f"column {quote(name)} has no values here, but the model learned from its "
                    "values in training. The predictions do without them."
                )
                changes, is_different = {}, True
        new = X[name][column.unseen(values)]
        if len(new):
            changes = {case: words for case, words in changes.items() if case != "unseen"}
            yield (
                f"column {quote(name)} contains categories not seen in training, in {len(new):,} "
                f"of {count(len(X), 'row')}: {quoted(new.unique())}"
            ) + "".join(f"; {words}" for words in changes.values())
        elif changes:
            words = "; ".join(changes.values())
            changed.append(f"column {quote(name)} has clearly changed: {words}")
    yield from _shortened(changed)
    if is_different:
        yield "scores and intervals from training may not hold for rows that are so different"


def _shortened(changed: list[str]) -> Iterator[str]:
    """Yield the first sentences about changed columns, and the number of the others."""
    yield from changed[:MOST_CHANGED]
    if (n_more := len(changed) - MOST_CHANGED) > 0:
        more = count(n_more, "more column")
        yield f"{more} clearly changed: drift(X) of the model, in Python, says how"


def _other_kind(error: ColumnError) -> str:
    """Say that a column contains values of another kind than in training."""
    found = error.values
    remedy = "Correct its values or leave the cells empty."
    if found["expected"] == "text":
        remedy = "Convert the column to text, or save the table as CSV."
    if found["expected"] == "date":
        remedy = "Write dates as in training, or as 2024-05-17."
    if found["any_order"]:
        remedy = "Such dates could be day-first or month-first. Write them as 2024-05-17."
    return (
        f"column {quote(error.column)} contains {VALUES[found['received']].words}, such as "
        f"{quote(found['example'])}, but contained {VALUES[found['expected']].words} in training. "
        f"{remedy}"
    )


def note_words(raw: RawTable, columns: Columns) -> list[str]:
    """Say which word is most of the missing values of a column of words, and how to keep it."""
    found: dict[str, dict[str, str]] = {}  # by word and column: how often it occurs
    for name, words in raw.words.items():
        word, n, n_missing = str(words.index[0]), words.iloc[0], int(raw.frame[name].isna().sum())
        may_be_value = word in MAY_BE_VALUES and 2 * n > n_missing
        if may_be_value and name in columns and _are_words(columns[name]):
            of_word = found.setdefault(word, {})
            of_word[name] = f"{quote(name)} ({n:,} of {n_missing:,} missing values)"
    return [
        f"{quote(word)} counts as a missing value in {listed([*of_word.values()])}; if it is a "
        f"value there, add --keep-na {shlex.join(of_word)}"
        for word, of_word in found.items()
    ]


def _are_words(column: Column) -> bool:
    """Return whether a column contains text or categories that are no numbers."""
    return column.kind == "text" or column.expected in ("text", "mixed", "flag")


def sentences(clauses: Iterable[tuple[NoteCase, str]], *, is_new: bool = False) -> Iterator[str]:
    """Write clauses on columns with what to do about them, once for all clauses of a case.

    Other cases are said in another way.
    """
    by_case: dict[NoteCase, list[str]] = {}
    for case, clause in clauses:
        by_case.setdefault(case, []).append(clause)
    for case, alike in by_case.items():
        remedy = WORDINGS[case]
        words = remedy.command_new if is_new else remedy.command
        if words is not None:
            yield ". ".join(filter(None, ["; ".join(alike), words]))


# What would mislead the user.


def misleading(
    encoder: TabularEncoder,
    X: pd.DataFrame,
    y: NDArray[Any],
    is_class: bool,
    folds: Folds,
    seed: int,
) -> list[Note]:
    """Find what would mislead the user, and say it.

    Parameters
    ----------
    encoder : TabularEncoder
        The fitted encoder of the table.
    X : DataFrame of shape (n_samples, n_features)
        Raw table.
    y : ndarray of shape (n_samples,)
        Target.
    is_class : bool
        Whether the target holds classes.
    folds : Folds
        The folds of the comparison.
    seed : int
        Random state.

    Returns
    -------
    list of Note
        What is found.
    """
    model: BaseTabular = (TabularMLPClassifier if is_class else TabularMLPRegressor)(
        random_state=seed
    )
    model, arguments = folds.for_rows(model, np.arange(len(y)))
    if folds.times is not None:  # the fit itself holds out few rows, the latest
        model.set_params(cv=folds.splits)
    with warnings.catch_warnings(action="ignore"):  # the encoder's warnings are said elsewhere
        problem = problem_of(model, X, y, **arguments, encode=encoding_with(encoder))
        may_be_alike = not folds_decide(model, arguments.get("groups"))
        found = find_misleading(problem, X, which_are_alike=may_be_alike)
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
