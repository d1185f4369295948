"""The columns of a table: what the encoder decides, and what the user is told."""

import warnings
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any, get_args

import pandas as pd
from sklearn.exceptions import DataConversionWarning

from scratchmlp.cli.messages import InputError, count, quote, with_notes
from scratchmlp.cli.options import NO_ROLES, Roles
from scratchmlp.cli.roles import missing_values, options_of
from scratchmlp.tabular import TabularEncoder
from scratchmlp.tabular.columns.any_column import Column, Columns
from scratchmlp.tabular.columns.categories import CategoricalColumn
from scratchmlp.tabular.columns.encoder import fitted_columns
from scratchmlp.tabular.notes import WORDINGS, NoteCase
from scratchmlp.tabular.reading.left_out import may_identify
from scratchmlp.tabular.reading.values import ColumnError
from scratchmlp.tabular.vocabulary import Use
from scratchmlp.utils.names import listed

#: The option that names columns of a kind, and another remedy.
NAMED_BY = {"number": ("--numeric", ""), "date": ("--date", ", or write its dates as 2024-05-17")}
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
