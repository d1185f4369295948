"""The columns of a table: what the user says of them, what the encoder decides, and its notes."""

import warnings
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any, get_args

import pandas as pd
from sklearn.exceptions import DataConversionWarning

from scratchmlp.cli.messages import InputError, count, did_you_mean, quote, quoted, with_notes
from scratchmlp.cli.options import NO_ROLES, Roles
from scratchmlp.cli.reading import RawTable
from scratchmlp.cli.text_files import TITLE
from scratchmlp.tabular import TabularEncoder
from scratchmlp.tabular.columns.any_column import Column, Columns
from scratchmlp.tabular.columns.categories import CategoricalColumn
from scratchmlp.tabular.columns.encoder import fitted_columns
from scratchmlp.tabular.notes import WORDINGS, NoteCase
from scratchmlp.tabular.reading.left_out import may_identify
from scratchmlp.tabular.reading.values import ColumnError
from scratchmlp.tabular.vocabulary import Use
from scratchmlp.utils.names import listed

SEPARATOR = "If another character separates its columns, name it with --sep."
TYPES = ("--numeric", "--categorical", "--text", "--date")
#: Options whose column is no feature, unless one of `KEPT_BY` names the column of --id or --time.
NO_FEATURE = ("--ignore", "--id", "--groups", "--time")
KEPT_BY = ("--date", "--numeric")
#: The option that names columns of a kind, and another remedy.
NAMED_BY = {"number": ("--numeric", ""), "date": ("--date", ", or write its dates as 2024-05-17")}
USE_ALL_DIFFERENT = (
    "To use a column whose values are all different, name it in --text or --numeric."
)


def check_roles(raw: RawTable, path: str, target: str, roles: Roles) -> None:
    """Check that the columns that the user names exist, and that no two options contradict.

    Parameters
    ----------
    raw : RawTable
        Table as it was read.
    path : str
        Name of its file, for messages.
    target : str
        Column to predict.
    roles : Roles
        What the user says of the other columns.

    Raises
    ------
    InputError
        If a column does not exist, or two options cannot name the same column.
    """
    options: dict[str, list[str]] = {}  # that name a column
    for option, name in [("--target", target), *options_of(roles)]:
        check_column(raw, path, option, name)
        of_column = options.setdefault(name, [])
        of_column += [] if option in of_column else [option]
        if two := _contradicting(of_column):
            raise InputError(_contradiction(two[0], two[1], name))


def _contradicting(options: Sequence[str]) -> Sequence[str]:
    """Return two of all options that name a column, if these cannot be true together; else none.

    A column has one type. Only an input has a type, or values that mean missing, and the column of
    --id or --time is one if --date or --numeric names it too.
    """
    if options[0] in ("--target", "--ignore"):  # these come first
        return options[:2] if len(options) > 1 else ()
    types = [each for each in options if each in TYPES]
    if len(types) > 1:
        return types
    is_input = not {*types}.isdisjoint(KEPT_BY)
    of_input = [each for each in options if each in (*TYPES, "--na")]
    of_none = [each for each in options if each in (["--groups"] if is_input else NO_FEATURE)]
    return sorted([of_input[0], of_none[0]], key=options.index) if of_input and of_none else ()


def check_column(raw: RawTable, path: str, option: str, name: str) -> None:
    """Check that a table has the column that an option names.

    Parameters
    ----------
    raw : RawTable
        The table.
    path : str
        Name of its file.
    option : str
        Option that names the column.
    name : str
        Name of the column.

    Raises
    ------
    InputError
        If it has no such column.
    """
    if name in raw.frame:
        return
    names = [*map(str, raw.frame)]
    raise InputError(
        f"{path} has no column {quote(name)}, which {option} names.{did_you_mean(name, names)} "
        f"Its columns: {quoted(names)}.{hint_on_names(raw)}"
    )


def hint_on_names(raw: RawTable, none_is_right: bool = False) -> str:
    """Say what may be wrong with the names of columns; "" if they look right.

    Parameters
    ----------
    raw : RawTable
        The table.
    none_is_right : bool, default=False
        Whether it is known that none of them is the name of a column.

    Returns
    -------
    str
        A blank and a sentence.
    """
    names = [*map(str, raw.frame)]
    if raw.sep and len(names) == 1:
        return f" {SEPARATOR}"
    n_nameless = sum(each.startswith("Unnamed: ") for each in names)
    return f" {TITLE}" if none_is_right or n_nameless > 1 else ""


def _contradiction(first: str, second: str, name: str) -> str:
    """Say why two options cannot name the same column, and what to change."""
    if first == "--target":
        return (
            f"{second} names {quote(name)}, the column to predict. Models never see the target: "
            f"remove it from {second}, or choose another --target."
        )
    without = [option for option in (first, second) if option in NO_FEATURE]
    rule = "A column has one type."
    if without:
        rule = f"No model uses the column of {' or '.join(without)}."
    return (
        f"{first} and {second} name the same column, {quote(name)}. {rule} "
        "Remove it from one of them."
    )


def options_of(roles: Roles) -> Iterator[tuple[str, str]]:
    """Yield each option with each column that it names."""
    in_one = [column for column, _ in roles.na if column]
    for field, names in (roles._asdict() | {"na": in_one}).items():
        for name in [names] if isinstance(names, str) else names or ():
            yield f"--{field}", name


def features_of(raw: RawTable, target: str, roles: Roles) -> list[str]:
    """Return the columns to predict from; raise an error if there are none."""
    kept = {name for option, name in options_of(roles) if option in KEPT_BY}
    named = {name for option, name in options_of(roles) if option in NO_FEATURE}
    features = [name for name in map(str, raw.frame) if name not in {target} | named - kept]
    if not features:
        raise InputError(
            "no column is left to predict from. The table needs a column beside the target and "
            "those that no model uses."
        )
    return features


def missing_values(roles: Roles, columns: Iterable[str]) -> dict[str, list[str]]:
    """Return the values that mean missing, by column; columns without any are left out."""
    values = {
        name: [value for column, value in roles.na if column in ("", name)] for name in columns
    }
    return {name: each for name, each in values.items() if each}


# What the encoder decides, and what the user is told of it.


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
