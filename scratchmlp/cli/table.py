"""The user's table: from a CSV file to features and a target.

Every cell is read as text. A column is numeric, a date (2024-05-17, with or without a time) or
boolean if every value is; any other column is categorical.
"""

import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scratchmlp.cli.messages import InputError, count, listed, quote
from scratchmlp.tabular.columns import WORDS, written_dates

MAX_CLASSES = 50  # a numeric target with more different values is a regression target
MIN_ROWS = 3  # of a class, so that every fold of the nested cross-validation has one
MIN_NUMBERS = 10  # rows with a finite target, for regression
COMMAS = "Are its columns separated by commas?"

Column = pd.Series  # one column of a table


class Table(NamedTuple):
    """A table to learn from.

    Attributes
    ----------
    X : DataFrame of shape (n_samples, n_features)
        Numeric, date, boolean and categorical columns.
    y : ndarray of shape (n_samples,)
        Target: classes, as text or numbers, or the numbers of a regression target.
    is_class : bool
        Whether the target holds classes.
    left_out : list of str
        A sentence about each group of rows that was left out.
    """

    X: pd.DataFrame
    y: NDArray[Any]
    is_class: bool
    left_out: list[str]


def load_table(
    path: str, target: str, task: str | None = None, ignore: Sequence[str] = ()
) -> Table:
    """Read a table to learn from.

    Parameters
    ----------
    path : str
        Path of the CSV file.
    target : str
        Name of the column to predict.
    task : {'classification', 'regression'} or None, default=None
        Kind of the target. None decides from its values.
    ignore : sequence of str, default=()
        Names of the columns to leave out.

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
    table = _read(path)
    _check_column_names(table, path, target, ignore)
    if table.empty:
        raise InputError(f"{path} has no rows below its header.")
    known = table[target].dropna()
    left_out = []
    if missing := len(table) - len(known):
        left_out.append(f"left out {count(missing, 'row')} without a value of {quote(target)}")
    is_class = _is_classification(known, task)
    y = _classes(known) if is_class else _numbers_to_predict(known)
    if others := len(known) - len(y):
        why = f"of classes with fewer than {MIN_ROWS} rows" if is_class else "with infinite targets"
        left_out.append(f"left out {count(others, 'row')} {why}")
    X = table.loc[y.index].drop(columns=[target, *ignore]).dropna(axis="columns", how="all")
    X = X.apply(_infer_type).dropna(axis="columns", how="all")
    if X.shape[1] == 0:
        raise InputError(
            "no column is left to predict from. The table needs a column with values beside the "
            "target and the ignored columns."
        )
    return Table(X, y.to_numpy(), is_class, left_out)


def load_new_table(path: str, columns: Mapping[str, Mapping[str, Any]]) -> pd.DataFrame:
    """Read a table to predict.

    Parameters
    ----------
    path : str
        Path of the CSV file.
    columns : dict of str to dict
        What each column held in training: `TabularEncoder.columns_`.

    Returns
    -------
    DataFrame of shape (n_samples, n_features)
        The columns of training, in that order.

    Raises
    ------
    InputError
        If the file cannot be read, or a column is missing or of another type than in training.
    """
    table = _read(path)
    if missing := [name for name in columns if name not in table]:
        raise InputError(
            f"{path} lacks columns that the model was trained on: {listed([*map(quote, missing)])}."
            " Add them; their cells may be empty."
        )
    if table.empty:
        raise InputError(f"{path} has no rows below its header.")
    return pd.DataFrame({name: _convert(table[name], columns[name]) for name in columns})


def _check_column_names(table: pd.DataFrame, path: str, target: str, ignore: Sequence[str]) -> None:
    """Raise an error if the target or an ignored column is missing, or they are the same."""
    for option, name in [("--target", target), *(("--ignore", name) for name in ignore)]:
        if name not in table:
            hint = f" {COMMAS}" if table.shape[1] == 1 else ""
            raise InputError(
                f"{path} has no column {quote(name)}, which {option} names. "
                f"Its columns: {listed([*map(quote, table)])}.{hint}"
            )
    if target in ignore:
        raise InputError(
            f"--ignore names {quote(target)}, the column to predict. Models never see the target: "
            "remove this --ignore, or choose another --target."
        )


def _read(path: str) -> pd.DataFrame:
    """Read every cell as text."""
    if not Path(path).exists():  # pandas would download a URL
        raise InputError(f"there is no file {quote(path)}. Give the path of a local CSV file.")
    try:
        with warnings.catch_warnings(action="error", category=pd.errors.ParserWarning):
            names = pd.read_csv(path, header=None, nrows=1, dtype=str, skipinitialspace=True)
            table = pd.read_csv(
                path, skipinitialspace=True, na_values="?", dtype=str, index_col=False
            )
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise InputError(f"cannot read {path}: it is not UTF-8 text. Save it as UTF-8.") from error
    except pd.errors.EmptyDataError as error:
        raise InputError(f"{path} is empty. It needs a header and rows.") from error
    except pd.errors.ParserWarning as error:
        raise InputError(f"rows of {path} have more fields than its header. {COMMAS}") from error
    except MemoryError:
        raise
    except Exception as error:  # pandas and the decompressors raise many types
        raise InputError(f"cannot read {path} as CSV: {error}") from error
    header = names.iloc[0].dropna().str.strip()
    repeated = header[header.duplicated()]
    if len(repeated):
        raise InputError(f"{path} has two columns named {quote(repeated.iloc[0])}. Rename one.")
    table = table.rename(columns=str.strip).astype(object)
    return table.apply(lambda column: column.str.strip()).replace({"": np.nan, "?": np.nan})


# Features.


def _infer_type(column: "Column[Any]") -> "Column[Any]":
    """Convert text to numbers, dates or booleans if every value is one, else to categories."""
    for convert in CONVERSIONS.values():
        converted = convert(column)
        if converted.notna().sum() == column.notna().sum():
            return _without_infinity(converted)
    return column.astype("category")


def _convert(column: "Column[Any]", fitted: Mapping[str, Any]) -> "Column[Any]":
    """Convert text to the type that the column had in training."""
    kind = fitted.get("labels", fitted["kind"])
    if kind not in CONVERSIONS:
        return column
    converted = CONVERSIONS[kind](column)
    wrong = column[converted.isna() & column.notna()]
    if len(wrong):
        raise InputError(
            f"column {quote(column.name)} contains {quote(wrong.iloc[0])}, but held {WORDS[kind]} "
            "in training. Correct the value or leave its cell empty."
        )
    return _without_infinity(converted)


def _numbers(column: "Column[Any]") -> "Column[Any]":
    """Convert text to numbers; text that is not a number becomes missing."""
    return pd.to_numeric(column, errors="coerce").astype(float)


def _booleans(column: "Column[Any]") -> "Column[Any]":
    """Convert text to booleans; other text becomes missing.

    The dtype is bool if no value is missing, else object.
    """
    flags = column.str.lower().map({"true": True, "false": False})
    return flags.astype(bool) if flags.notna().all() else flags.astype(object)


#: Conversion of text to each type, by the encoder's name for it, in the order of trial.
CONVERSIONS = {"number": _numbers, "date": written_dates, "flag": _booleans}


def _without_infinity(column: "Column[Any]") -> "Column[Any]":
    """Replace infinite numbers with missing values."""
    return column.replace([np.inf, -np.inf], np.nan) if column.dtype.kind == "f" else column


# Target.


def _is_classification(known: "Column[Any]", task: str | None) -> bool:
    """Decide whether the target holds classes; `task` overrides what its values look like."""
    name, n_values = quote(known.name), known.nunique()
    if n_values == 0:
        raise InputError(f"target column {name} has no values. Choose another --target.")
    if n_values == 1:
        raise InputError(
            f"target column {name} is constant: every value is {quote(known.iloc[0])}. "
            "A target needs at least two different values."
        )
    text = known[_numbers(known).isna()]
    if task == "regression" and len(text):
        raise InputError(
            f"target column {name} is not numeric: it contains {quote(text.iloc[0])}. Correct the "
            "value, or choose --task classification."
        )
    if task or len(text):
        return task != "regression"
    return n_values <= min(MAX_CLASSES, max(2, len(known) // MIN_ROWS))


def _classes(known: "Column[Any]") -> "Column[Any]":
    """Return the classes of the rows that can be used; raise an error if there are too few."""
    numbers: Column[Any] = _numbers(known)
    labels = known
    if (numbers.abs() < 2**53).all():  # every value is a number that float64 represents exactly
        labels = numbers.astype(np.int64) if (numbers % 1 == 0).all() else numbers
    labels = labels[labels.map(labels.value_counts()) >= MIN_ROWS]
    if labels.nunique() < 2 or len(labels) < len(known) / 2:
        remedy = " Choose --task regression." if numbers.notna().all() else ""
        raise InputError(
            f"target column {quote(known.name)} has too few rows per class. Classification needs "
            f"at least two classes of at least {MIN_ROWS} rows, with at least half of all rows. "
            f"Classes of that size: {labels.nunique()}, with {len(labels):,} of "
            f"{count(len(known), 'row')}.{remedy}"
        )
    return labels


def _numbers_to_predict(known: "Column[Any]") -> "Column[Any]":
    """Return the numbers of the rows that can be used; raise an error if there are too few."""
    targets = _without_infinity(_numbers(known)).dropna()
    if len(targets) < MIN_NUMBERS or targets.nunique() == 1:
        raise InputError(
            f"target column {quote(known.name)} has {count(len(targets), 'finite number')} and "
            f"{count(targets.nunique(), 'different value')}. Regression needs at least "
            f"{MIN_NUMBERS} finite numbers and two different values."
        )
    return targets
