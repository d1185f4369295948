"""The target of a table: classes or numbers, and the rows that can be used."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scratchmlp.cli.messages import InputError, count, quote, quoted
from scratchmlp.tabular.reading.codes import is_code
from scratchmlp.tabular.reading.findings import Found
from scratchmlp.tabular.reading.kinds import find_kind
from scratchmlp.tabular.reading.values import VALUES

MAX_CLASSES = 50  # numbers with more different values are a regression target
MAX_NUMBERS = 10  # the same for numbers that are no codes: there are ten digits
MIN_ROWS = 3  # of a class, so that every fold of the nested cross-validation has one
NEARLY_ALL = 0.9  # of the rows: a column with more different values has no classes
MIN_NUMBERS = 10  # rows with a finite target, for regression
FEW_NUMBERS = 3  # a numeric target with more classes may hold counts
_WHOLE = r"0|-?[1-9][0-9]{0,14}"  # as Python writes it, so that the class 7 is written as "7"
COUNTED = 8  # classes whose rows are counted, the largest ones


def as_text(column: "pd.Series[Any]") -> "pd.Series[Any]":
    """Return a column as the file shows it; missing values stay missing.

    Whole numbers of Excel and Parquet files have no decimals, although missing values among them
    make them floats.
    """
    text = column.astype(str).astype(object).where(column.notna())
    if column.dtype.kind == "f" and all(each.endswith(".0") for each in text.dropna()):
        return text.map(lambda each: each.removesuffix(".0"), na_action="ignore")
    return text


def is_classification(known: "pd.Series[Any]", task: str | None, words: str = "") -> bool:
    """Decide whether the target holds classes.

    Parameters
    ----------
    known : Series
        Text of the target, without missing values.
    task : {'classification', 'regression'} or None
        What the user chose. None decides from the values.
    words : str, default=""
        What is said about words of the target that count as missing values.

    Returns
    -------
    bool
        Whether it does.

    Raises
    ------
    InputError
        If the target is constant, or is not numeric in regression.
    """
    name, n_values = quote(known.name), known.nunique()
    if n_values == 1:
        raise InputError(
            f"target column {name} is constant: every value is {quote(known.iloc[0])}. "
            f"A target needs at least two different values.{words and f' {words}.'}"
        )
    if task == "regression" and find_numbers(known) is None:
        text = known[plain_numbers(known).isna()]
        raise InputError(
            f"target column {name} is not numeric: it contains {quote(text.iloc[0])}. Correct the "
            "value, or choose --task classification."
        )
    if task or not _may_be_quantities(known):
        return task != "regression"
    return _may_be_classes(known) and (n_values <= MAX_NUMBERS or _are_codes(known))


def usable_target(
    known: "pd.Series[Any]", is_class: bool, task: str | None
) -> "tuple[pd.Series[Any], list[str]]":
    """Convert the target, and leave out the rows that cannot be used.

    Parameters
    ----------
    known : Series
        Text of the target, without missing values.
    is_class : bool
        Whether the target holds classes: see `is_classification`.
    task : {'classification', 'regression'} or None
        What the user chose.

    Returns
    -------
    y : Series
        Classes, as text or numbers, or the numbers of a regression target.
    notes : list of str
        Sentences about rows that were left out and about numbers that may be taken wrongly.

    Raises
    ------
    InputError
        If too few rows are left.
    """
    if not is_class:
        y, notes = _numbers_to_predict(known)
        if task is None and _may_be_classes(known):
            notes.append(
                f"the numbers of {quote(known.name)} are predicted as quantities. If they are "
                "classes, add --task classification"
            )
        return y, notes
    y, notes = _classes(known), []
    others = known.drop(y.index)
    if len(others):
        names = quoted(others.unique())
        what = f"{count(len(others), 'row')} of classes with fewer than {MIN_ROWS} rows"
        notes.append(f"left out {what}: {names}")
    if task is None and y.nunique() > FEW_NUMBERS and _may_be_quantities(known):
        notes.append(
            f"the numbers of {quote(known.name)} are taken as classes. If they are counts or "
            "amounts, add --task regression"
        )
    return y, notes


def find_numbers(known: "pd.Series[Any]") -> Found | None:
    """Read a target as numbers, such as "7", "1,234.50", "€12" or "12 %".

    Parameters
    ----------
    known : Series
        Text of the target, without missing values.

    Returns
    -------
    Found or None
        The numbers. A few values may be missing because they are not numbers. None if the target is
        not numeric.
    """
    plain = plain_numbers(known)
    if plain.notna().all():
        return Found("number", VALUES["number"].words, plain)
    found = find_kind(str(known.name), known, guess=False)
    if found.kind != "number":
        return None
    return found._replace(values=found.values.astype(float).mask(np.isinf(plain), plain))


def _may_be_quantities(known: "pd.Series[Any]") -> bool:
    """Return whether the numbers of a target are no dates and no codes such as "007"."""
    return find_kind(str(known.name), known, guess=False).kind == "number"


def _may_be_classes(known: "pd.Series[Any]") -> bool:
    """Return whether the values of a target repeat as those of classes do."""
    return known.nunique() <= min(MAX_CLASSES, max(2, len(known) // MIN_ROWS))


def _are_codes(known: "pd.Series[Any]") -> bool:
    """Return whether a target holds whole numbers that would be categories in another column."""
    numbers = plain_numbers(known)
    return bool((numbers % 1 == 0).all()) and is_code(str(known.name), numbers.to_numpy())


def plain_numbers(column: "pd.Series[Any]") -> "pd.Series[Any]":
    """Convert text such as "7" or "1e3" to numbers; other text becomes missing."""
    return pd.to_numeric(column, errors="coerce").astype(float)


def describe_classes(y: NDArray[Any]) -> str:
    """Write how many rows each class has, the largest classes first.

    Parameters
    ----------
    y : ndarray of shape (n_samples,)
        Classes.

    Returns
    -------
    str
        A line.
    """
    counts = pd.Series(y).value_counts()
    shown = [f"{label!s:.40} {n:,} ({n / len(y):.1%})" for label, n in counts[:COUNTED].items()]
    others = len(counts) - len(shown)
    rest = f" and {count(others, 'other')}" if others else ""
    return f"classes: {', '.join(shown)}{rest}"


def _classes(known: "pd.Series[Any]") -> "pd.Series[Any]":
    """Return the classes of the rows that can be used; raise an error if there are too few.

    Classes are numbers if they are then written as in the file. Otherwise, they are text: 7 and 07
    are two classes.
    """
    labels = known.astype(np.int64) if known.str.fullmatch(_WHOLE).all() else known
    labels = labels[labels.map(labels.value_counts()) >= MIN_ROWS]
    n_rows, n_values = count(len(known), "row"), known.nunique()
    if n_values > NEARLY_ALL * len(known):
        raise InputError(
            f"target column {quote(known.name)} has {count(n_values, 'different value')} in "
            f"{n_rows}, too many for classes."
            f"{_remedy(known) or ' It seems to identify rows. Choose another --target.'}"
        )
    if labels.nunique() < 2 or len(labels) < len(known) / 2:
        raise InputError(
            f"target column {quote(known.name)} has too few rows per class. Classification needs "
            f"at least two classes of at least {MIN_ROWS} rows, with at least half of all rows. "
            f"Classes of that size: {labels.nunique()}, with {len(labels):,} of "
            f"{n_rows}.{_remedy(known) or ' Add rows of the rare classes, or merge such classes.'}"
        )
    return labels


def _remedy(known: "pd.Series[Any]") -> str:
    """Say how numbers and dates with too few rows per class can be predicted, or "" for text."""
    if len(known) >= MIN_NUMBERS and known.nunique() > 2 and _may_be_quantities(known):
        return " Choose --task regression."
    if find_kind(str(known.name), known, guess=False).kind in ("date", "duration"):
        return " To predict dates or times, convert them to numbers, such as days."
    return ""


def _note_units(known: "pd.Series[Any]", found: Found) -> list[str]:
    """Say that the signs of numbers are dropped, and whether the numbers have different signs."""
    units, name = found.reading.units, quote(known.name)
    if not units:
        return []
    note = f"the values of {name} are read as numbers, and predicted without {units}"
    plain = known[~known.map(lambda value: any(unit in value for unit in units.split()))]
    if " " in units:
        note += ", although their signs differ. Convert the numbers to one unit"
    elif len(plain):
        some = f"{len(plain):,} of {count(len(known), 'value')}, such as {quote(plain.iloc[0])}"
        note += f", although there is no {units} in {some}"
        note += ". If they have another unit, convert the numbers to one unit"
    return [note]


def _numbers_to_predict(known: "pd.Series[Any]") -> "tuple[pd.Series[Any], list[str]]":
    """Return the finite numbers of a target and notes; raise an error if there are too few."""
    found = find_numbers(known)
    assert found is not None
    numbers, name = found.values, quote(known.name)
    unreadable, notes = known[numbers.isna()], []
    if len(unreadable):
        words = quoted(unreadable.unique())
        rows = count(len(unreadable), "row")
        notes.append(f"left out {rows} where {name} is not a number: {words}")
    if infinite := int(np.isinf(numbers).sum()):
        notes.append(f"left out {count(infinite, 'row')} with infinite targets")
    notes += _note_units(known[numbers.notna()], found)
    targets = numbers.replace([np.inf, -np.inf], np.nan).dropna()
    if len(targets) < MIN_NUMBERS or targets.nunique() == 1:
        raise InputError(
            f"target column {name} has {count(len(targets), 'finite number')} and "
            f"{count(targets.nunique(), 'different value')}. Regression needs at least "
            f"{MIN_NUMBERS} finite numbers and two different values. Add rows."
        )
    return targets, notes
