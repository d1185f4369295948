"""The user's table, for the main job: from a CSV file to features and classes."""

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

MAX_CLASSES = 50  # a column with more different numbers is not taken for classes
MAX_NUMBER = float(np.finfo(np.float32).max)  # larger ones overflow when they are squared
MIN_ROWS = 3  # of a class, so that every fold of the nested cross-validation has one


class InputError(Exception):
    """What the user gave cannot be used; the message says why."""


def load(path: str, target: str) -> tuple[pd.DataFrame, NDArray[Any], list[str]]:
    """Read a table; return its features, its classes as text, and what was left out."""
    table = _read(path)
    if target not in table:
        hint = " Are its columns separated by commas?" if table.shape[1] == 1 else ""
        raise InputError(
            f"{path} has no column {_quote(target)}; it has {_list(list(table.columns))}.{hint}"
        )
    if table.empty:
        raise InputError(f"{path} has no rows below its header")
    labels = _labels(table[target])
    X = _features(table.loc[labels.index].drop(columns=target))
    left_out = []
    if missing := int(table[target].isna().sum()):
        left_out.append(f"left out {missing} rows without a value of {_quote(target)}")
    if rare := len(table) - missing - len(labels):
        left_out.append(f"left out {rare} rows of classes with fewer than {MIN_ROWS} rows")
    return X, labels.to_numpy(dtype=str), left_out


def _read(path: str) -> pd.DataFrame:
    if not Path(path).exists():  # pandas would go and fetch a URL
        raise InputError(f"there is no file {_quote(path)}")
    try:
        with warnings.catch_warnings(action="error", category=pd.errors.ParserWarning):
            names = pd.read_csv(path, header=None, nrows=1, dtype=str, skipinitialspace=True)
            table = pd.read_csv(
                path, skipinitialspace=True, na_values="?", low_memory=False, index_col=False
            )
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise InputError(f"cannot read {path}: it is not UTF-8 text") from error
    except pd.errors.EmptyDataError as error:
        raise InputError(f"{path} is empty") from error
    except pd.errors.ParserWarning as error:
        raise InputError(f"rows of {path} have more fields than its header") from error
    except Exception as error:  # pandas and the decompressors have a dozen ways to fail
        raise InputError(f"cannot read {path} as CSV: {error}") from error
    header = names.iloc[0].dropna().str.strip()
    twice = header[header.duplicated()]
    if len(twice):
        raise InputError(f"{path} has two columns named {_quote(twice.iloc[0])}")
    return table.rename(columns=str.strip)


def _labels(column: "pd.Series[Any]") -> "pd.Series[str]":
    """Turn the target into class labels of rows that can be used, or say why it cannot be."""
    known, name = column.dropna(), _quote(column.name)
    n_values = known.nunique()
    if n_values == 0:
        raise InputError(f"column {name} has no values")
    if n_values == 1:
        raise InputError(f"column {name} is constant: every value is {_quote(known.iloc[0])}")
    if pd.api.types.is_numeric_dtype(known) and n_values > _max_classes(len(known)):
        raise InputError(
            f"column {name} has {n_values:,} different numbers in {len(known):,} rows, too many to "
            "be classes: predict numbers with scratchmlp.ScratchMLPRegressor"
        )
    # Converted, an integer beside missing values is 1 and not 1.0.
    labels = known.convert_dtypes().astype(str).str.strip()
    labels = labels[labels.map(labels.value_counts()) >= MIN_ROWS]
    if labels.nunique() < 2 or len(labels) < len(known) / 2:
        raise InputError(
            f"column {name} does not hold classes: its {len(known):,} rows have {n_values:,} "
            f"different values, and {len(labels):,} rows have one that occurs {MIN_ROWS} times"
        )
    return labels


def _max_classes(n_rows: int) -> int:
    return min(MAX_CLASSES, max(2, n_rows // MIN_ROWS))


def _features(table: pd.DataFrame) -> pd.DataFrame:
    """Keep columns with values: numbers, where infinite is missing, and all else as text."""
    table = table.replace([np.inf, -np.inf], np.nan).dropna(axis="columns", how="all")
    if table.shape[1] == 0:
        raise InputError("no column is left to predict from")
    largest = table.select_dtypes("number").abs().max()
    if (largest > MAX_NUMBER).any():
        raise InputError(
            f"column {_quote(largest.idxmax())} holds numbers as large as {largest.max():.2g}, and "
            f"the largest that can be scaled is {MAX_NUMBER:.2g}. Take logarithms, or leave it out"
        )
    text = table.select_dtypes(exclude="number")
    table[text.columns] = text.astype(str).apply(lambda x: x.str.strip()).where(text.notna())
    return table


def make_preprocessor() -> BaseEstimator:
    """Make the transformer of raw columns: numbers scaled, all others one-hot encoded."""
    numbers = make_pipeline(
        # A column may have no value in a fold.
        SimpleImputer(strategy="median", add_indicator=True, keep_empty_features=True),
        StandardScaler(),
    )
    # A missing value is a category of its own; those of a column of names or keys are all rare.
    categories = OneHotEncoder(
        min_frequency=5,
        max_categories=30,
        handle_unknown="infrequent_if_exist",
        sparse_output=False,
    )
    return make_column_transformer(
        (numbers, make_column_selector(dtype_include="number")),
        (categories, make_column_selector(dtype_exclude="number")),
    )


def _quote(value: object) -> str:
    return repr(str(value)[:40])


def _list(names: Sequence[object]) -> str:
    listed = ", ".join(map(_quote, names[:20]))
    return listed if len(names) <= 20 else f"{listed} and {len(names) - 20} more"
