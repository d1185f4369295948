"""The columns of a table: what the user says of them, and what the encoder decides."""

import warnings
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any, NamedTuple, get_args

import pandas as pd
from sklearn.exceptions import DataConversionWarning

from scratchmlp.cli.messages import InputError, count, did_you_mean, quote, quoted, with_notes
from scratchmlp.cli.reading import RawTable
from scratchmlp.tabular import TabularEncoder
from scratchmlp.tabular.columns.any_column import Column, Columns, read_new
from scratchmlp.tabular.columns.categories import FewLevels, ManyLevels
from scratchmlp.tabular.reading.codes import may_identify
from scratchmlp.tabular.reading.findings import describe, listed
from scratchmlp.tabular.reading.values import ALL_DIFFERENT, VALUES, ColumnError, Use

# What the user says of the columns, and whether it can be followed.

SEPARATOR = "If another character separates its columns, name it with --sep."
TITLE = "The first line must name the columns: if it is a title, delete it."
#: Pairs of options that may name the same column.
COMPATIBLE = (
    {"--id", "--groups"},
    {"--id", "--time"},
    {"--id", "--date"},
    {"--time", "--date"},
)
#: Options whose column is no feature, unless --date names it too.
NO_FEATURE = ("--ignore", "--id", "--groups", "--time")


class Roles(NamedTuple):
    """What the user says of columns other than the target.

    Attributes
    ----------
    ignore : sequence of str
        Columns that no model uses.
    numeric, categorical, text, date : sequence of str
        Columns whose type the user knows.
    id : str or None
        Column that identifies the rows.
    groups : str or None
        Column with the group of each row.
    time : str or None
        Column by which the rows are ordered.
    """

    ignore: Sequence[str] = ()
    numeric: Sequence[str] = ()
    categorical: Sequence[str] = ()
    text: Sequence[str] = ()
    date: Sequence[str] = ()
    id: str | None = None
    groups: str | None = None
    time: str | None = None

    def named(self) -> Iterator[tuple[str, str]]:
        """Yield each option with each column that it names."""
        for field, names in self._asdict().items():
            for name in [names] if isinstance(names, str) else names or ():
                yield f"--{field}", name

    def not_features(self) -> list[str]:
        """Return the columns that are no features."""
        named = [name for option, name in self.named() if option in NO_FEATURE]
        return [name for name in named if name not in self.date]


NO_ROLES = Roles()


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
    first: dict[str, list[str]] = {}
    for option, name in [("--target", target), *roles.named()]:
        if name not in raw.frame:
            raise InputError(unknown_column(raw, path, option, name))
        for other in first.setdefault(name, []):
            if other != option and {other, option} not in COMPATIBLE:
                raise InputError(_contradiction(other, option, name))
        first[name].append(option)


def unknown_column(raw: RawTable, path: str, option: str, name: str) -> str:
    """Say that a table has no column of this name, and which ones it has.

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

    Returns
    -------
    str
        The message.
    """
    names = [*map(str, raw.frame)]
    hint = f" {SEPARATOR}" if raw.sep and len(names) == 1 else ""
    if sum(each.startswith("Unnamed: ") for each in names) > 1:
        hint = f" {TITLE}"
    return (
        f"{path} has no column {quote(name)}, which {option} names.{did_you_mean(name, names)} "
        f"Its columns: {quoted(names)}.{hint}"
    )


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


# What the columns are: the encoder decides, and the user is told.

#: What to do, by the case of a note. Notes of other cases are not printed: `describe_columns` says
#: what is left out.
REMEDIES = {
    "codes": "If they are quantities, name them in --numeric.",
    "unreadable": "Such values count as missing. For categories, name the column in --categorical.",
    "mixed": "The column is categorical. If the others are missing values, name it in --numeric.",
    "order": "If this is wrong, write the dates as 2024-05-17.",
    "units": "The signs are dropped. Convert the numbers to one unit.",
    "long": "To use all of the text, split it into several columns.",
}
#: The same for a table to predict: what a column is has been decided.
REMEDIES_AFTER_TRAINING = {
    "unreadable": "Such values count as missing.",
    "long": "",
    "zone": "Dates without a time zone count as UTC.",
}
#: The option that names columns of a kind, and another remedy.
NAMED_BY = {"number": ("--numeric", ""), "date": ("--date", ", or write its dates as 2024-05-17")}
#: Said once for a file, not of each column.
SAID_OF_FILES = "numbers with decimal commas"
USE_ALL_DIFFERENT = (
    "To use a column whose values are all different, name it in --text or --numeric."
)


def encoder_settings(roles: Roles, features: Collection[str]) -> dict[str, Any]:
    """Return the parameters of an encoder or an ensemble that the user's choices set.

    Parameters
    ----------
    roles : Roles
        What the user says of the columns.
    features : collection of str
        Columns of the table.

    Returns
    -------
    dict
        Parameters by name.
    """
    category, *others = (
        [name for name in names if name in features]
        for names in (roles.categorical, roles.numeric, roles.text, roles.date)
    )
    numeric, text, date = (names or None for names in others)
    return {
        "categorical_features": ["from_dtype", *category] if category else "from_dtype",
        "numeric_features": numeric,
        "text_features": text,
        "date_features": date,
    }


def decide_columns(X: pd.DataFrame, roles: Roles) -> tuple[Columns, list[str]]:
    """Decide what each column is.

    Parameters
    ----------
    X : DataFrame of shape (n_samples, n_features)
        Raw table.
    roles : Roles
        What the user says of the columns.

    Returns
    -------
    columns : dict of str to Column
        The fitted columns.
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
            encoder = TabularEncoder(**encoder_settings(roles, X.columns)).fit(X)
        except ColumnError as error:
            raise InputError(_wrong_role(error) if error.case == "role" else str(error)) from error
        except (ValueError, TypeError) as error:
            raise InputError(with_notes(error)) from error
    columns = encoder._columns
    if not any(column.n_outputs for column in columns.values()):
        reasons = [_described(X[name], fitted) for name, fitted in columns.items()]
        raise InputError(
            f"no column can inform a prediction: {listed(reasons)}. The table needs a column of "
            "numbers, or one whose values repeat and differ."
        )
    return columns, list(_sentences(encoder.notes_, REMEDIES))


def _wrong_role(error: ColumnError) -> str:
    """Say that a column contains none of what the user calls it."""
    role, example = error.values["role"], error.values["example"]
    option, remedy = NAMED_BY[role]
    return (
        f"{option} names {quote(error.column)}, but none of its values is a {role}: one is "
        f"{quote(example)}. Remove it from {option}{remedy}."
    )


def read_columns(X: pd.DataFrame, columns: Columns) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Read the columns of a raw table, so that parts of it need no decisions of their own.

    Parameters
    ----------
    X : DataFrame of shape (n_samples, n_features)
        Raw table.
    columns : dict of str to Column
        The fitted columns.

    Returns
    -------
    typed : DataFrame of shape (n_samples, n_used)
        Numbers, dates, booleans, categories and text, without the columns that are left out.
    settings : dict
        Parameters of an encoder or an ensemble that say which columns are categories and text.
    """
    used = {name: column for name, column in columns.items() if column.n_outputs}
    typed = {
        # Whether there is an identifier may inform.
        name: X[name].isna() if column.kind == "identifier" else column.read(name, X[name])[0]
        for name, column in used.items()
    }
    settings = {
        "categorical_features": [
            n for n, c in used.items() if c.kind in ("category", "identifier")
        ],
        "text_features": [name for name, column in used.items() if column.kind == "text"],
    }
    return pd.DataFrame(typed, index=X.index), settings


def describe_columns(X: pd.DataFrame, columns: Columns) -> str:
    """Describe what each column is, and which columns are left out.

    Parameters
    ----------
    X : DataFrame of shape (n_samples, n_features)
        Raw table.
    columns : dict of str to Column
        The fitted columns.

    Returns
    -------
    str
        A line for each kind of column, with the names of its columns, and what to do to use columns
        that are left out although they may inform.
    """
    groups: dict[str, list[str]] = {use: [] for use in get_args(Use)}
    for name, column in columns.items():
        groups[column.use].append(_described(X[name], column))
    lines = [f"  {use}: {listed(names)}" for use, names in groups.items() if names]
    if any(ALL_DIFFERENT in column.remarks for column in columns.values()):
        lines[-1] += f". {USE_ALL_DIFFERENT}"
    return "\n".join(lines)


def _described(column: "pd.Series[Any]", fitted: Column) -> str:
    """Return the name of a column with what is not plain about it."""
    notes = [remark for remark in fitted.remarks if remark != SAID_OF_FILES]
    if isinstance(fitted, FewLevels | ManyLevels) and fitted.use == "categorical":
        notes.insert(0, count(fitted.n_levels, "value"))
    if fitted.kind == "number" and may_identify(column):
        notes.append("different in each row: name it in --id if it identifies the rows")
    if (missing := int(column.isna().sum())) and fitted.use != "left out":
        notes.append(f"{missing:,} missing")
    return f"{column.name} ({', '.join(notes)})" if notes else str(column.name)


def unlike_training(X: pd.DataFrame, columns: Columns) -> Iterator[str]:
    """Name the columns that contain no value, or values that were not seen in training.

    Parameters
    ----------
    X : DataFrame of shape (n_samples, n_features)
        Table to predict.
    columns : dict of str to Column
        The columns of the model's encoder.

    Yields
    ------
    str
        A sentence about a column.

    Raises
    ------
    InputError
        If a column contains values of another kind than in training.
    """
    used = {
        name: column
        for name, column in columns.items()
        if column.n_outputs and column.kind != "identifier"
    }
    try:
        read = {name: read_new(name, X[name], column) for name, column in used.items()}
    except ColumnError as error:
        raise InputError(_other_kind(error)) from error
    for name, (values, notes) in read.items():
        column = used[name]
        if column.uses_values:
            yield from _sentences(describe(notes), REMEDIES_AFTER_TRAINING)
            if any(note.case == "empty" for note in notes):
                yield (
                    f"column {quote(name)} has no values here, but the model learned from its "
                    "values in training. The predictions do without them."
                )
        new = X[name][column.unseen(values)]
        if len(new):
            yield (
                f"column {quote(name)} contains categories not seen in training, in {len(new):,} "
                f"of {count(len(X), 'row')}: {quoted(new.unique())}"
            )


def _other_kind(error: ColumnError) -> str:
    """Say that a column contains values of another kind than in training."""
    found = error.values
    remedy = "Correct its values or leave the cells empty."
    if found["expected"] == "text":
        remedy = "Convert the column to text, or save the table as CSV."
    if found["any_order"]:
        remedy = "Such dates could be day-first or month-first. Write them as 2024-05-17."
    return (
        f"column {quote(error.column)} contains {VALUES[found['received']].words}, such as "
        f"{quote(found['example'])}, but contained {VALUES[found['expected']].words} in training. "
        f"{remedy}"
    )


def are_words(column: Column) -> bool:
    """Return whether a column contains text or categories that are no numbers."""
    return column.kind == "text" or column.expected in ("text", "mixed", "flag")


def _sentences(clauses: Iterable[tuple[str, str]], remedies: dict[str, str]) -> Iterator[str]:
    """Write clauses on columns with what to do about them; others are said in another way."""
    for case, clause in clauses:
        if case in remedies:
            yield ". ".join(filter(None, [clause, remedies[case]]))
