"""The user's table: from a file to features and a target.

Cells of text files are read as text. The encoder of the table decides what a column is.
"""

import shlex
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scratchmlp.cli.columns import (
    check_column,
    check_roles,
    decide_columns,
    features_of,
    missing_values,
)
from scratchmlp.cli.messages import InputError, count, quote, say
from scratchmlp.cli.options import DEFAULT, NO_ROLES, FileFormat, Roles
from scratchmlp.cli.reading import RawTable, as_text, read_file, without_infinite
from scratchmlp.cli.target import choose_target
from scratchmlp.evaluation.evaluated import ROW_NUMBER
from scratchmlp.tabular.columns.any_column import Column, Columns
from scratchmlp.tabular.columns.encoder import TabularEncoder, fitted_columns
from scratchmlp.tabular.reading.kinds import find_kind
from scratchmlp.tabular.reading.missing import MAY_BE_VALUES, mark_missing
from scratchmlp.tabular.reading.values import to_numbers
from scratchmlp.tabular.vocabulary import VALUES, ValueKind
from scratchmlp.utils.names import listed

#: Kinds of values that can order rows.
ORDERED: tuple[ValueKind, ...] = ("number", "date", "duration")


class Table(NamedTuple):
    """A table to learn from.

    Attributes
    ----------
    X : DataFrame of shape (n_samples, n_features)
        Raw columns. If there are times, the rows are in their order.
    y : ndarray of shape (n_samples,)
        Target: classes, as text or numbers, or the numbers of a regression target.
    is_class : bool
        Whether the target holds classes.
    notes : list of str
        Sentences about what was left out or guessed.
    encoder : TabularEncoder
        The fitted encoder, which has decided what each column is.
    groups : ndarray of shape (n_samples,) or None
        Number of the group of each row.
    times : ndarray of shape (n_samples,) or None
        Number of the time of each row; equal times have the same number.
    ids : Series of shape (n_samples,) or None
        Text of the column that identifies the rows, if there is one.
    marks : dict of str to {",", "."}
        Decimal marks of the columns and of the target, where the file tells them.
    """

    X: pd.DataFrame
    y: NDArray[Any]
    is_class: bool
    notes: list[str]
    encoder: TabularEncoder
    groups: NDArray[np.intp] | None = None
    times: NDArray[np.intp] | None = None
    ids: "pd.Series[Any] | None" = None
    marks: Mapping[str, str] = MappingProxyType({})


def load_table(
    path: str,
    target: str,
    task: str | None = None,
    roles: Roles = NO_ROLES,
    file_format: FileFormat = DEFAULT,
) -> Table:
    """Read a table to learn from.

    Parameters
    ----------
    path : str
        Path of the file.
    target : str
        Name of the column to predict.
    task : {'classification', 'regression'} or None, default=None
        Kind of the target. None decides from its values.
    roles : Roles, default=NO_ROLES
        What the user says of the other columns.
    file_format : FileFormat, optional
        How to read the file.

    Returns
    -------
    Table
        Features and target, without the rows that cannot be used.

    Raises
    ------
    InputError
        If the file cannot be read, or a column does not exist, or nothing can be learned from the
        table.
    """
    raw = read_table(path, file_format)
    check_roles(raw, path, target, roles)
    features = features_of(raw, target, roles)
    splitting = [name for name in (roles.groups, roles.time) if name is not None]
    marked = missing_values(roles, [*features, *splitting])
    table = mark_missing(_readable(raw, roles), marked)
    table, notes = _with_values(table, raw, target, *splitting)
    written, words = raw.frame[target][table.index], _words_of(raw, target)
    y, is_class, target_notes = choose_target(table[target], written, task, words)
    table, groups, times = table.loc[y.index], None, None
    if roles.groups is not None:
        groups = table[roles.groups].factorize()[0]
    if roles.time is not None:
        table, times, time_notes = in_order(table, roles.time)
        notes += time_notes
    X, infinite_notes = without_infinite(table[features])
    encoder, column_notes = decide_columns(X, roles)
    columns = fitted_columns(encoder)
    notes += [*target_notes, *infinite_notes, *column_notes, *_notes_on_words(raw, columns)]
    ids = None
    if roles.id is not None:
        ids = as_text(raw.frame[roles.id][table.index])
        notes += note_repeated(ids)
    marks = {name: mark for name, mark in raw.marks.items() if name in {target, *columns}}
    return Table(X, y[X.index].to_numpy(), is_class, notes, encoder, groups, times, ids, marks)


def read_table(path: str, file_format: FileFormat, words: Sequence[str] = ()) -> RawTable:
    """Read a table, and say how; words such as NA are values in the columns `words`, too."""
    named = () if file_format.keep_na is True else file_format.keep_na
    if file_format.keep_na is not True:
        file_format = file_format._replace(keep_na=[*named, *words])
    raw = read_file(path, file_format)
    for name in named:
        check_column(raw, path, "--keep-na", name)
    say(*raw.notes)
    return raw


def _readable(raw: RawTable, roles: Roles) -> pd.DataFrame:
    """Return a table with decimal marks that the encoder takes for what they are."""
    words = {*roles.categorical, *roles.text}  # they are what the file shows
    return raw.frame.assign(**{n: raw.readable(n) for n in raw.marks if n not in words})


def _with_values(table: pd.DataFrame, raw: RawTable, *names: str) -> tuple[pd.DataFrame, list[str]]:
    """Leave out the rows without a value of one of several columns, and say so."""
    notes = []
    for name in names:
        known, words = table[table[name].notna()], _words_of(raw, name)
        if known.empty:
            detail = words and f": {words}"
            raise InputError(f"column {quote(name)} has no values{detail}. Choose another column.")
        if missing := len(table) - len(known):
            rows = f"left out {count(missing, 'row')} without a value of {quote(name)}"
            notes.append(f"{rows}{words and f': {words}'}")
        table = known
    return table, notes


def _words_of(raw: RawTable, name: str) -> str:
    """Say how many cells of a column are words for missing values, and how to keep them."""
    if (words := raw.words.get(name)) is None:
        return ""
    found = listed([f"{quote(word)} in {count(n, 'row')}" for word, n in words.items()])
    is_one = len(words) == 1
    counts = "counts as a missing value" if is_one else "count as missing values"
    them = "it is a value" if is_one else "they are values"
    return f"{found} {counts}; if {them}, add --keep-na {shlex.quote(name)}"


def _notes_on_words(raw: RawTable, columns: Columns) -> list[str]:
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


def in_order(table: pd.DataFrame, name: str) -> tuple[pd.DataFrame, NDArray[np.intp], list[str]]:
    """Sort the rows of a table by a column of numbers, dates or times of the day.

    Rows of the same time stay in the order of the file.

    Parameters
    ----------
    table : DataFrame of shape (n_samples, n_columns)
        Table. No value of the column is missing.
    name : str
        Name of the column.

    Returns
    -------
    table : DataFrame of shape (n_sorted, n_columns)
        The rows in the order of time, without those whose time cannot be read.
    times : ndarray of shape (n_sorted,)
        Number of the time of each row; equal times have the same number.
    notes : list of str
        A sentence about rows of the same time and about rows that were left out, if there are any.

    Raises
    ------
    InputError
        If the column contains something else.
    """
    found = find_kind(name, without_infinite(table[[name]])[0][name], guess=False)
    if found.kind not in ORDERED:
        example = quote(table[name].iloc[0])
        raise InputError(
            f"column {quote(name)} cannot order the rows: it contains {example}. --time needs a "
            "column of numbers or of dates such as 2024-05-17."
        )
    times = (
        pd.Series(to_numbers(found.values, found.kind), table.index)
        .dropna()
        .sort_values(kind="stable")
    )
    notes = []
    if lost := len(table) - len(times):
        notes.append(
            f"left out {count(lost, 'row')} where {quote(name)} is not a {VALUES[found.kind].one}"
        )
    numbers = np.unique(times, return_inverse=True)[1]
    if (n_times := times.nunique()) < len(times):
        notes.append(
            f"{quote(name)} has {n_times:,} different values in {count(len(times), 'row')}. Rows "
            "of the same value are on the same side of each split"
        )
    return table.loc[times.index], numbers, notes


def labels_of(X: pd.DataFrame, ids: "pd.Series[Any] | None") -> "pd.Index[Any]":
    """Return what identifies each row of a table: its value of ``--id`` as text, or its number."""
    if ids is None:
        return X.index.rename(ROW_NUMBER)
    return pd.Index(as_text(ids).fillna("missing"), name=ids.name)


def note_repeated(ids: "pd.Series[Any]") -> Iterator[str]:
    """Say that values of the column that identifies the rows repeat, if they do."""
    repeated = ids[ids.notna() & ids.duplicated(keep=False)]
    if len(repeated):
        yield (
            f"{quote(ids.name)} does not identify the rows: {count(len(repeated), 'row')} have the "
            f"value of another row, such as {quote(repeated.iloc[0])}. Name another column in --id"
        )
