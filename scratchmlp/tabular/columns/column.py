"""How one column of a table is encoded.

`fit_column` describes the encoding of a column as a dict of plain data, which is an entry of
`TabularEncoder.columns_`. The other functions name and write the outputs that it describes.
"""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array, vstack
from sklearn.utils import gen_batches

from scratchmlp.tabular.columns.calendar import (
    POSITIONS,
    calendar_suffixes,
    encode_calendar,
    fit_calendar,
)
from scratchmlp.tabular.columns.levels import encode_levels, fit_levels, has_codes, level_names
from scratchmlp.tabular.columns.numeric import encode_numbers, fit_numbers
from scratchmlp.tabular.columns.text import TextEncoder, indicators, to_texts
from scratchmlp.tabular.reading.dates import dates_without_order
from scratchmlp.tabular.reading.findings import SEVERAL, Found, Note, is_beyond_chance
from scratchmlp.tabular.reading.kinds import LEFT_OUT, read_column
from scratchmlp.tabular.reading.values import VALUES, kind_of, naming_column, to_numbers

#: Kinds of columns that are encoded as numbers.
NUMERIC = ("number", "date", "duration")
_TEXTS_AT_ONCE = 2000  # whose TF-IDF is in memory


class Encoded(NamedTuple):
    """What encoding a column returns besides its outputs.

    Attributes
    ----------
    notes : list of Note
        What the user should know.
    codes : ndarray of shape (n_samples,), int32, or None
        Codes of the levels of a categorical column; see `encode_levels`.
    terms : tuple of csr_array of shape (n_samples, n_terms), int8
        Indicators of the terms of a column of text.
    """

    notes: list[Note]
    codes: NDArray[np.int32] | None = None
    terms: tuple[csr_array, ...] = ()


def fit_column(
    name: str, found: Found, max_categories: int, text: TextEncoder | None = None
) -> dict[str, Any]:
    """Learn the encoding of a column.

    Parameters
    ----------
    name : str
        Name of the column, for messages.
    found : Found
        What the column is.
    max_categories : int
        Largest number of levels with a column of their own.
    text : TextEncoder or None, default=None
        Fitted encoder of a column of text.

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
    fitted = {"kind": found.kind, "reason": found.reason, **found.reading.plain()}
    share_missing = float(found.values.isna().mean())
    if found.kind in LEFT_OUT:
        return fitted | {"indicator": found.kind == "identifier" and share_missing > 0}
    if share_missing:
        fitted["share_missing"] = share_missing
    if found.kind in ("category", "text"):
        fitted["labels"] = kind_of(found.values)
    if text is not None:
        return fitted | {"n_components": text.n_components, "indicator": share_missing > 0}
    with naming_column(name):
        if found.kind == "category":
            return fitted | fit_levels(found.values.to_numpy(dtype=object), max_categories)
        fitted["kind"] = "number" if found.kind == "flag" else found.kind
        numbers = to_numbers(found.values, fitted["kind"])
        calendar = fit_calendar(numbers) if fitted["kind"] == "date" else {}
        return fitted | fit_numbers(numbers) | calendar


def note_unrepeated(columns: Mapping[str, dict[str, Any]]) -> list[Note]:
    """Note columns of categories and of text that have no outputs but an indicator.

    Parameters
    ----------
    columns : mapping of str to dict
        Result of `fit_column` for each column, by its name.

    Returns
    -------
    list of Note
        Notes of the cases "constant", "unrepeated" and "terms".
    """
    notes = []
    for name, fitted in columns.items():
        if fitted.get("encoding") in ("none", "missing"):
            notes.append(Note("constant" if fitted["n_levels"] == 1 else "unrepeated", name))
        elif fitted.get("n_components") == 0:
            notes.append(Note("terms", name))
    return notes


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
    if "levels" in fitted:
        return [f"_{name}" for name in level_names(fitted)]
    components = [f"_svd{number + 1}" for number in range(fitted.get("n_components", 0))]
    numbers = [""] * (fitted.get("scale", 0) > 0)
    calendar = calendar_suffixes(fitted) if "cycles" in fitted else []
    return components + numbers + ["_missing"] * fitted["indicator"] + calendar


def numeric_positions(columns: Mapping[str, dict[str, Any]]) -> NDArray[np.intp]:
    """Return the positions of the outputs that are numbers in a range.

    Parameters
    ----------
    columns : mapping of str to dict
        Result of `fit_column` for each column, by its name.

    Returns
    -------
    ndarray of int
        Positions among the outputs of all columns.
    """
    outputs = [
        fitted["kind"] in NUMERIC and suffix in ("", *POSITIONS)
        for fitted in columns.values()
        for suffix in output_suffixes(fitted)
    ]
    return np.flatnonzero(outputs)


def output_names(columns: Mapping[str, dict[str, Any]]) -> list[str]:
    """Return the names of the outputs of all columns, which are distinct.

    Parameters
    ----------
    columns : mapping of str to dict
        Result of `fit_column` for each column, by its name.

    Returns
    -------
    list of str
        Names. Lone surrogates are escaped, because Arrow and Polars reject them.
    """
    names = [f"{name}{suffix}" for name in columns for suffix in output_suffixes(columns[name])]
    return list(_distinct(name.encode(errors="backslashreplace").decode() for name in names))


def encode_column(
    name: str,
    column: "pd.Series[Any]",
    fitted: dict[str, Any],
    out: NDArray[np.float32],
    text: TextEncoder | None = None,
) -> Encoded:
    """Write the outputs of a column, except for those that codes of levels tell.

    Parameters
    ----------
    name : str
        Name of the column, for messages.
    column : Series of shape (n_samples,)
        The column.
    fitted : dict
        Result of `fit_column`.
    out : ndarray of shape (n_samples, n_outputs), float32
        Array of zeros to write to. It has a column for each suffix of `output_suffixes`, after the
        first `n_level_outputs`.
    text : TextEncoder or None, default=None
        Fitted encoder of a column of text.

    Returns
    -------
    Encoded
        What members encode themselves, and notes on values that cannot be read. With `SEVERAL` or
        more rows, further notes say that there are no values, or that none of them is known.

    Raises
    ------
    ValueError
        If a number is infinite, or the column holds another kind of values than in `fit`.
    TypeError
        If a label cannot be hashed.
    """
    if fitted["kind"] == "identifier":
        out[:, 0] = column.isna()
        return Encoded([])
    read, notes = read_column(name, column, fitted)
    empty = bool(read.array.isna().all())  # of a Series, isna() takes five times as long
    if not empty:
        _check_kind(name, read, fitted)
    elif is_beyond_chance(len(column), fitted.get("share_missing", 0.0)):
        notes.append(Note("empty", name))
    if text is not None:
        return Encoded(notes, terms=_encode_text(read, text, fitted, out))
    with naming_column(name):
        if "levels" in fitted:
            codes = encode_levels(read.to_numpy(dtype=object), fitted, out)
            if not has_codes(fitted):
                return Encoded(notes)
            return Encoded([*notes, *_note_unseen(name, read, codes, fitted)], codes)
        numbers = np.full(len(read), np.nan) if empty else to_numbers(read, fitted["kind"])
    n_numbers = (fitted["scale"] > 0) + fitted["indicator"]
    encode_numbers(numbers, fitted, out[:, :n_numbers])
    if fitted["kind"] == "date":
        encode_calendar(numbers, fitted, out[:, n_numbers:])
    return Encoded(notes)


def _encode_text(
    column: "pd.Series[Any]", text: TextEncoder, fitted: dict[str, Any], out: NDArray[np.float32]
) -> tuple[csr_array, ...]:
    """Write the outputs of a column of text, and return its terms."""
    missing = column.isna().to_numpy()
    if fitted["indicator"]:
        out[:, -1] = missing
    if not text.n_components:
        return ()
    texts, terms = to_texts(column), []
    for rows in gen_batches(len(texts), _TEXTS_AT_ONCE):
        tf_idf = text.tf_idf(texts[rows])
        components = text.components(tf_idf)
        out[rows, : text.n_components] = np.where(missing[rows, None], 0, components)
        terms.append(indicators(tf_idf))
    return tuple(csr_array(vstack(chunks)) for chunks in zip(*terms, strict=True))


def _note_unseen(
    name: str, column: "pd.Series[Any]", codes: NDArray[np.int32], fitted: dict[str, Any]
) -> list[Note]:
    """Note that no value of a column is a known category, unless this may be chance.

    Categories that occurred once in `fit` have no code. If most categories are such ones, several
    rows may have nothing else.
    """
    n_known = len(fitted["levels"]) + len(fitted.get("other_levels", ()))
    if codes.max() >= 0 or 2 * n_known < fitted["n_levels"]:
        return []
    values = column.dropna()
    if len(values) < SEVERAL:
        return []
    return [Note("unseen", f"{name} (such as {str(values.iloc[0])[:40]!r})")]


def kinds_unlike_fit(column: "pd.Series[Any]", fitted: dict[str, Any]) -> tuple[str, str] | None:
    """Return the kind of the values of a column in `fit` and now, unless both are alike."""
    expected, received = fitted.get("labels", fitted["kind"]), kind_of(column)
    kinds = {expected, received}
    # True equals 1, both as a number and as a label. Labels of several kinds may come as labels of
    # one kind, and the other way round.
    is_mixed = "mixed" in kinds and "labels" in fitted
    is_alike = len(kinds) == 1 or kinds == {"number", "flag"} or is_mixed
    return None if is_alike else (expected, received)


def _check_kind(name: str, column: "pd.Series[Any]", fitted: dict[str, Any]) -> None:
    """Raise an error if a column holds another kind of values than in `fit`."""
    kinds = kinds_unlike_fit(column, fitted)
    if kinds is None:
        return
    expected, received = kinds
    role = "categories made of " if "levels" in fitted else ""
    raise ValueError(
        f"Column {name!r} held {role}{VALUES[expected].words} in fit and holds "
        f"{VALUES[received].words} now. "
        f"{_remedy(name, column, expected, received)}, or fit again on values of the new kind."
    )


def _remedy(name: str, column: "pd.Series[Any]", expected: str, received: str) -> str:
    """Say how to convert a column to the kind that it had in `fit`."""
    if (expected, received) == ("text", "number"):
        return (
            f"If it comes from a file, read it with pandas.read_csv(..., dtype={{{name!r}: str}}), "
            "which keeps leading zeros. Otherwise, convert it with astype(str)"
        )
    texts = map(str, column.dropna()) if (expected, received) == ("date", "text") else ()
    if unclear := dates_without_order(texts):
        return (
            f"Dates such as {unclear[0]!r} could be day-first or month-first. Write them as "
            "2024-05-17, or convert them with pandas.to_datetime, which has the parameter dayfirst"
        )
    return VALUES[expected].conversion


def _distinct(names: Iterable[str]) -> Iterable[str]:
    """Append a number to repeated names, such as those of the levels 1 and "1"."""
    taken: set[str] = set()
    for name in names:
        number, distinct = 1, name
        while distinct in taken:
            number += 1
            distinct = f"{name}_{number}"
        taken.add(distinct)
        yield distinct
