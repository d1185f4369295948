"""The user's table, for the main job: from a CSV file to features and targets.

Every cell is read as text. A column holds numbers if all of its values are such, dates if all are
(2024-05-17, with or without a time), booleans if all are true or false, and otherwise text.
"""

import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scratchmlp.tabular.columns import WORDS, written_dates

MAX_CLASSES = 50  # a column with more different numbers is not taken for classes
MIN_ROWS = 3  # of a class, so that every fold of the nested cross-validation has one
MIN_NUMBERS = 10  # rows to predict numbers from
COMMAS = "Are its columns separated by commas?"

Column = pd.Series  # one column of a table


class InputError(Exception):
    """What the user gave cannot be used; the message says why."""


class Table(NamedTuple):
    """A table to learn from.

    Attributes
    ----------
    X : DataFrame of shape (n_samples, n_features)
        Numbers, dates, booleans and categories of text.
    y : ndarray of shape (n_samples,)
        Classes, as text or numbers, or numbers as targets.
    is_class : bool
        Whether the targets are classes.
    left_out : list of str
        What was left out, in words.
    """

    X: pd.DataFrame
    y: NDArray[Any]
    is_class: bool
    left_out: list[str]


def load(path: str, target: str, task: str | None = None, ignore: Sequence[str] = ()) -> Table:
    """Read a table to learn from.

    Parameters
    ----------
    path : str
        The file.
    target : str
        The column to predict.
    task : {'classification', 'regression'} or None, default=None
        What the target holds. None: what its values look like.
    ignore : sequence of str, default=()
        Columns to leave out.

    Returns
    -------
    Table
        Features and targets.
    """
    table = _read(path)
    for name in (target, *ignore):
        if name not in table:
            hint = f" {COMMAS}" if table.shape[1] == 1 else ""
            raise InputError(
                f"{path} has no column {quote(name)}; it has {listed([*map(quote, table)])}.{hint}"
            )
    if table.empty:
        raise InputError(f"{path} has no rows below its header")
    known = table[target].dropna()
    left_out = []
    if missing := len(table) - len(known):
        left_out.append(f"left out {missing} rows without a value of {quote(target)}")
    is_class = _holds_classes(known, task)
    y = _labels(known) if is_class else _targets(known)
    if others := len(known) - len(y):
        why = f"of classes with fewer than {MIN_ROWS} rows" if is_class else "of infinite targets"
        left_out.append(f"left out {others} rows {why}")
    X = table.loc[y.index].drop(columns=[target, *ignore]).dropna(axis="columns", how="all")
    X = X.apply(_guess).dropna(axis="columns", how="all")
    if X.shape[1] == 0:
        raise InputError("no column is left to predict from")
    return Table(X, y.to_numpy(), is_class, left_out)


def load_new(path: str, columns: Mapping[str, Mapping[str, Any]]) -> pd.DataFrame:
    """Read a table to predict on.

    Parameters
    ----------
    path : str
        The file.
    columns : dict of str to dict
        What the columns held in training: `TabularEncoder.columns_`.

    Returns
    -------
    DataFrame of shape (n_samples, n_features)
        These columns, in this order.
    """
    table = _read(path)
    if missing := [name for name in columns if name not in table]:
        raise InputError(
            f"{path} lacks what the model was trained on: {listed([*map(quote, missing)])}. "
            "Add such columns, without values if these are unknown"
        )
    if table.empty:
        raise InputError(f"{path} has no rows below its header")
    return pd.DataFrame({name: _convert(table[name], columns[name]) for name in columns})


def _read(path: str) -> pd.DataFrame:
    """Read every cell as text."""
    if not Path(path).exists():  # pandas would go and fetch a URL
        raise InputError(f"there is no file {quote(path)}")
    try:
        with warnings.catch_warnings(action="error", category=pd.errors.ParserWarning):
            names = pd.read_csv(path, header=None, nrows=1, dtype=str, skipinitialspace=True)
            table = pd.read_csv(
                path, skipinitialspace=True, na_values="?", dtype=str, index_col=False
            )
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise InputError(f"cannot read {path}: it is not UTF-8 text") from error
    except pd.errors.EmptyDataError as error:
        raise InputError(f"{path} is empty") from error
    except pd.errors.ParserWarning as error:
        raise InputError(f"rows of {path} have more fields than its header. {COMMAS}") from error
    except Exception as error:  # pandas and the decompressors have a dozen ways to fail
        raise InputError(f"cannot read {path} as CSV: {error}") from error
    header = names.iloc[0].dropna().str.strip()
    twice = header[header.duplicated()]
    if len(twice):
        raise InputError(f"{path} has two columns named {quote(twice.iloc[0])}")
    table = table.rename(columns=str.strip).astype(object)
    return table.apply(lambda column: column.str.strip()).replace({"": np.nan, "?": np.nan})


# Features.


def _guess(column: "Column[Any]") -> "Column[Any]":
    """Take the values for numbers, dates or booleans if all of them are, otherwise for text."""
    for convert in CONVERSIONS.values():
        converted = convert(column)
        if converted.notna().sum() == column.notna().sum():
            return _finite(converted)
    return column.astype("category")


def _convert(column: "Column[Any]", fitted: Mapping[str, Any]) -> "Column[Any]":
    """Take the values for what they were in training."""
    kind = fitted.get("labels", fitted["kind"])
    if kind not in CONVERSIONS:
        return column
    converted = CONVERSIONS[kind](column)
    wrong = column[converted.isna() & column.notna()]
    if len(wrong):
        raise InputError(
            f"column {quote(column.name)} held {WORDS[kind]} in training, and now "
            f"{quote(wrong.iloc[0])}"
        )
    return _finite(converted)


def _numbers(column: "Column[Any]") -> "Column[Any]":
    """Convert text to numbers, missing where it is none."""
    return pd.to_numeric(column, errors="coerce").astype(float)


def _booleans(column: "Column[Any]") -> "Column[Any]":
    """Convert text to booleans, missing where it is none; without missing ones, to plain ones."""
    flags = column.str.lower().map({"true": True, "false": False})
    return flags.astype(bool) if flags.notna().all() else flags.astype(object)


#: How text becomes what a column holds, by the encoder's names, in the order of trial.
CONVERSIONS = {"number": _numbers, "date": written_dates, "flag": _booleans}


def _finite(column: "Column[Any]") -> "Column[Any]":
    """Take infinite numbers for missing ones."""
    return column.replace([np.inf, -np.inf], np.nan) if column.dtype.kind == "f" else column


# Targets.


def _holds_classes(known: "Column[Any]", task: str | None) -> bool:
    """Tell classes from numbers, unless the user does."""
    name, n_values = quote(known.name), known.nunique()
    if n_values == 0:
        raise InputError(f"column {name} has no values")
    if n_values == 1:
        raise InputError(f"column {name} is constant: every value is {quote(known.iloc[0])}")
    text = known[_numbers(known).isna()]
    if task == "regression" and len(text):
        raise InputError(f"column {name} does not hold numbers: one value is {quote(text.iloc[0])}")
    if task or len(text):
        return task != "regression"
    return n_values <= min(MAX_CLASSES, max(2, len(known) // MIN_ROWS))


def _labels(known: "Column[Any]") -> "Column[Any]":
    """Turn the target into labels of rows that can be used, or say why it cannot be."""
    numbers: Column[Any] = _numbers(known)
    labels = known
    if (numbers.abs() < 2**53).all():  # and all are numbers, exactly
        labels = numbers.astype(np.int64) if (numbers % 1 == 0).all() else numbers
    labels = labels[labels.map(labels.value_counts()) >= MIN_ROWS]
    if labels.nunique() < 2 or len(labels) < len(known) / 2:
        raise InputError(
            f"column {quote(known.name)} does not hold classes: its {len(known):,} rows have "
            f"{known.nunique():,} different values, and {len(labels):,} rows have one that occurs "
            f"{MIN_ROWS} times"
        )
    return labels


def _targets(known: "Column[Any]") -> "Column[Any]":
    """Turn the target into numbers of rows that can be used, or say why it cannot be."""
    targets = _finite(_numbers(known)).dropna()
    if len(targets) < MIN_NUMBERS or targets.nunique() == 1:
        raise InputError(
            f"column {quote(known.name)} has {len(targets)} rows with {targets.nunique()} "
            f"different finite numbers; predicting numbers needs {MIN_NUMBERS} rows and two numbers"
        )
    return targets


# Words.


def quote(value: object) -> str:
    """Quote a value, or the beginning of it."""
    return repr(str(value)[:40])


def listed(names: Sequence[str]) -> str:
    """List names, or the first of them."""
    shown = ", ".join(names[:20])
    return shown if len(names) <= 20 else f"{shown} and {len(names) - 20} more"
