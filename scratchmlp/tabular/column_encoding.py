"""How one column of a table is encoded.

`fit_column` describes the encoding of a column as a dict of plain data, which is an entry of
`TabularEncoder.columns_`. The other functions name and write the outputs that it describes.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scratchmlp.tabular.columns import WORDS, Column, kind_of, to_numbers, written_dates
from scratchmlp.tabular.levels import encode_levels, fit_levels, level_names
from scratchmlp.tabular.numeric import encode_numbers, fit_numbers

#: Kinds of columns that are encoded as numbers.
NUMERIC = ("number", "date", "duration")

#: How to convert a column to what it held in `fit`.
REMEDIES = {
    "number": "Convert it with pandas.to_numeric",
    "date": "Convert it with pandas.to_datetime",
    "duration": "Convert it with pandas.to_timedelta",
    "flag": "Convert it to booleans",
    "text": "Convert it with astype(str)",
}


def fit_column(
    name: str, column: "Column[Any]", is_category: bool, max_categories: int
) -> dict[str, Any]:
    """Learn the encoding of a column.

    Parameters
    ----------
    name : str
        Name of the column, for messages.
    column : Series of shape (n_samples,)
        The column.
    is_category : bool
        Whether the column is categorical.
    max_categories : int
        Largest number of levels with a column of their own.

    Returns
    -------
    dict
        Description of the encoding, as in `TabularEncoder.columns_`.

    Raises
    ------
    ValueError
        If a number is infinite, or the column is neither categorical nor numeric.
    TypeError
        If a label cannot be hashed.
    """
    if not column.notna().any():
        return {"kind": "missing"}
    kind = kind_of(column)
    with _naming_column(name):
        if is_category and kind != "complex":
            labels = column.to_numpy(dtype=object)
            return {"kind": "category", "labels": kind} | fit_levels(labels, max_categories)
        _check_numeric(name, kind)
        kind = "number" if kind == "flag" else kind
        return {"kind": kind} | fit_numbers(to_numbers(column, kind))


def output_suffixes(fitted: dict[str, Any]) -> list[str]:
    """Return a suffix for each output of a column, which is appended to the column's name.

    Parameters
    ----------
    fitted : dict
        Result of `fit_column`.

    Returns
    -------
    list of str
        Suffixes; the suffix of scaled numbers is "".
    """
    if fitted["kind"] in NUMERIC:
        return [""] * (fitted["scale"] > 0) + ["_missing"] * fitted["indicator"]
    if fitted["kind"] == "category":
        return [f"_{name}" for name in level_names(fitted)]
    return []


def encode_column(
    name: str, column: "Column[Any]", fitted: dict[str, Any], out: NDArray[np.float32]
) -> None:
    """Write the outputs of a column.

    Parameters
    ----------
    name : str
        Name of the column, for messages.
    column : Series of shape (n_samples,)
        The column.
    fitted : dict
        Result of `fit_column`.
    out : ndarray of shape (n_samples, n_outputs), float32
        Array of zeros to write to, with a column for each suffix of `output_suffixes`.

    Raises
    ------
    ValueError
        If a number is infinite, or the column holds another kind of values than in `fit`.
    TypeError
        If a label cannot be hashed.
    """
    column = _convert_to_fitted_kind(name, column, fitted)
    with _naming_column(name):
        if fitted["kind"] == "category":
            encode_levels(column.to_numpy(dtype=object), fitted, out)
        else:
            encode_numbers(to_numbers(column, fitted["kind"]), fitted, out)


def _check_numeric(name: str, kind: str) -> None:
    """Check that a column that is not categorical holds numbers, dates or durations."""
    if kind == "complex":
        raise ValueError(
            f"Column {name!r} holds complex numbers, which are not supported. Take their real part "
            "or their absolute value."
        )
    if kind in ("text", "mixed"):
        raise ValueError(
            f"Column {name!r} holds {WORDS[kind]}, but a column that is not categorical must hold "
            "numbers, dates or durations. Name it in categorical_features, which must name all "
            "categorical columns unless it is 'from_dtype', or convert it."
        )


def _convert_to_fitted_kind(
    name: str, column: "Column[Any]", fitted: dict[str, Any]
) -> "Column[Any]":
    """Return a column as values of the kind that it held in `fit`, or raise an error."""
    expected, received = fitted.get("labels", fitted["kind"]), kind_of(column)
    kinds = {expected, received}
    # True equals 1, both as a number and as a label.
    if len(kinds) == 1 or kinds == {"number", "flag"}:
        return column
    if fitted["kind"] == "date" and received == "text":
        dates = written_dates(column)
        if dates.notna().sum() > column.notna().sum() / 2:
            return dates  # the other values count as missing
    # Labels of several kinds may come as labels of one kind, and the other way round.
    if "mixed" in kinds and fitted["kind"] == "category":
        return column
    if not column.notna().any():
        return pd.Series(np.full(len(column), np.nan))
    role = "categories made of " if "labels" in fitted else ""
    raise ValueError(
        f"Column {name!r} held {role}{WORDS[expected]} in fit and holds {WORDS[received]} now. "
        f"{REMEDIES[expected]}, or fit again on values of the new kind."
    )


@contextmanager
def _naming_column(name: str) -> Iterator[None]:
    """Turn errors about values into errors that name the column."""
    try:
        yield
    except OverflowError as error:
        raise ValueError(
            f"Column {name!r} holds infinity, but numbers must be finite or missing. Replace it by "
            "NaN or by a finite number."
        ) from error
    except TypeError as error:
        # scikit-learn's check_dtype_object looks for "argument must be a string ... number".
        raise TypeError(
            f"Column {name!r} holds a value that cannot be a category ({error}): an argument must "
            "be a string, a number or another hashable value. Convert the column with astype(str), "
            "or leave it out."
        ) from error
