"""The target of a table: classes or numbers, its rows, and how classes are predicted."""

from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scratchmlp.cli.columns import sentences
from scratchmlp.cli.messages import InputError, count, did_you_mean, quote, quoted
from scratchmlp.cli.reading import as_text
from scratchmlp.tabular.notes import Note, describe
from scratchmlp.tabular.reading.codes import is_code
from scratchmlp.tabular.reading.kinds import find_kind
from scratchmlp.tabular.reading.values import different_values
from scratchmlp.tabular.scoring import MOST_PROBABLE, Decision
from scratchmlp.tabular.targets import NumericTargets

MAX_CLASSES = 50  # numbers with more different values are a regression target
MAX_NUMBERS = 10  # the same for numbers that are no codes: there are ten digits
MIN_ROWS = 3  # of a class, so that every fold of the nested cross-validation has one
NEARLY_ALL = 0.9  # of the rows: a column with more different values has no classes
MIN_NUMBERS = 10  # rows with a finite target, for regression
FEW_NUMBERS = 3  # a numeric target with more classes may hold counts
_WHOLE = r"0|-?[1-9][0-9]{0,14}"  # as Python writes it, so that the class 7 is written as "7"
SHOWN_CLASSES = 8  # that are named with their rows, the largest ones


class Target(NamedTuple):
    """The values of a target, read once.

    Attributes
    ----------
    known : Series
        Text, without missing values.
    numbers : Series or None
        The numbers. A few may be missing because they are none. None if the target is not numeric.
    kind : str
        What a column of such values is: numbers may be dates or codes such as "007".
    units : str or None
        Signs of the numbers.
    notes : list of Note
        What is not clear about the signs.
    """

    known: "pd.Series[Any]"
    numbers: "pd.Series[Any] | None"
    kind: str
    units: str | None
    notes: list[Note]

    @property
    def may_be_quantities(self) -> bool:
        """Whether the values are numbers, and neither dates nor codes such as "007"."""
        return self.kind == "number"

    @property
    def may_be_classes(self) -> bool:
        """Whether the values repeat as those of classes do."""
        most = min(MAX_CLASSES, max(2, len(self.known) // MIN_ROWS))
        return bool(self.known.nunique() <= most)

    @property
    def are_codes(self) -> bool:
        """Whether the values are whole numbers that would be categories in another column."""
        if self.numbers is None or (self.numbers % 1 != 0).any():
            return False
        return is_code(str(self.known.name), self.numbers.to_numpy())


def read_target(known: "pd.Series[Any]") -> Target:
    """Read a target, with numbers such as "7", "1,234.50", "€12", "12 %" or "inf".

    Parameters
    ----------
    known : Series
        Text of the target, without missing values.

    Returns
    -------
    Target
        Its values.
    """
    different = different_values(known)
    numbers_of = pd.to_numeric(pd.Series(different.unique, dtype=object), errors="coerce")
    plain = pd.Series(numbers_of.to_numpy(float)[different.codes], known.index)
    found, numbers = find_kind(str(known.name), known, guess=False), None
    if plain.notna().all():
        numbers = plain
    elif found.kind == "number":
        numbers = found.values.astype(float).mask(np.isinf(plain), plain)
    notes = [note for note in found.notes if note.case == "units"]
    return Target(known, numbers, found.kind, found.reading.units, notes)


def choose_target(
    column: "pd.Series[Any]", written: "pd.Series[Any]", task: str | None, words: str = ""
) -> "tuple[pd.Series[Any], bool, list[str]]":
    """Decide whether a target holds classes, and choose the rows that can be used.

    Parameters
    ----------
    column : Series
        The target without missing values, as it can be read.
    written : Series
        The same rows of the column as it was read.
    task : {'classification', 'regression'} or None
        What the user chose. None decides from the values.
    words : str, default=""
        What is said about words of the target that count as missing values.

    Returns
    -------
    y : Series
        Classes or numbers.
    is_class : bool
        Whether they are classes.
    notes : list of str
        Sentences about rows that were left out and about what may be taken wrongly.

    Raises
    ------
    InputError
        If the target cannot be learned.
    """
    target = read_target(as_text(column))
    if _is_classification(target, task, words):
        y, notes = _classes(target, as_text(written), task)
        return y, True, notes
    numbers, notes = _numbers(target, task)
    return numbers, False, notes


def _is_classification(target: Target, task: str | None, words: str) -> bool:
    """Decide whether the target holds classes, and refuse one that cannot be predicted."""
    known = target.known
    name, n_values = quote(known.name), known.nunique()
    if n_values == 1:
        raise InputError(
            f"target column {name} is constant: every value is {quote(known.iloc[0])}. "
            f"A target needs at least two different values.{words and f' {words}.'}"
        )
    if task == "regression" and target.numbers is None:
        text = known[pd.to_numeric(known, errors="coerce").isna()]
        raise InputError(
            f"target column {name} is not numeric: it contains {quote(text.iloc[0])}. Correct the "
            "value, or choose --task classification."
        )
    if task or not target.may_be_quantities:
        return task != "regression"
    return target.may_be_classes and (n_values <= MAX_NUMBERS or target.are_codes)


def _classes(
    target: Target, written: "pd.Series[Any]", task: str | None
) -> "tuple[pd.Series[Any], list[str]]":
    """Return the classes of the rows that can be used, with notes.

    Classes are numbers if they are then written as in the file. Otherwise, they are text: 7 and 07
    are two classes.
    """
    labels = (
        written.astype(np.int64)
        if written.drop_duplicates().str.fullmatch(_WHOLE).all()
        else written
    )
    y, notes = labels[labels.map(labels.value_counts()) >= MIN_ROWS], []
    _check_classes(target, y)
    others = written.drop(y.index)
    if len(others):
        names = quoted(others.unique())
        what = f"{count(len(others), 'row')} of classes with fewer than {MIN_ROWS} rows"
        notes.append(f"left out {what}: {names}")
    if task is None and y.nunique() > FEW_NUMBERS and target.may_be_quantities:
        notes.append(
            f"the numbers of {quote(written.name)} are taken as classes. If they are counts or "
            "amounts, add --task regression"
        )
    return y, notes


def _check_classes(target: Target, y: "pd.Series[Any]") -> None:
    """Raise an error if there are too few rows for classes."""
    known = target.known
    name, n_rows, n_values = quote(known.name), count(len(known), "row"), known.nunique()
    if n_values > NEARLY_ALL * len(known):
        raise InputError(
            f"target column {name} has {count(n_values, 'different value')} in {n_rows}, too many "
            "for classes."
            f"{_remedy(target) or ' It seems to identify rows. Choose another --target.'}"
        )
    if y.nunique() < 2 or len(y) < len(known) / 2:
        raise InputError(
            f"target column {name} has too few rows per class. Classification needs at least two "
            f"classes of at least {MIN_ROWS} rows, with at least half of all rows. Classes of that "
            f"size: {y.nunique()}, with {len(y):,} of {n_rows}."
            f"{_remedy(target) or ' Add rows of the rare classes, or merge such classes.'}"
        )


def _remedy(target: Target) -> str:
    """Say how numbers and dates with too few rows per class can be predicted, or "" for text."""
    known = target.known
    if len(known) >= MIN_NUMBERS and known.nunique() > 2 and target.may_be_quantities:
        return " Choose --task regression."
    if target.kind in ("date", "duration"):
        return " To predict dates or times, convert them to numbers, such as days."
    return ""


def _numbers(target: Target, task: str | None) -> "tuple[pd.Series[float], list[str]]":
    """Return the finite numbers of a target that is numeric, with notes."""
    known, numbers = target.known, target.numbers
    assert numbers is not None
    name, unreadable, notes = quote(known.name), known[numbers.isna()], []
    if len(unreadable):
        words = quoted(unreadable.unique())
        rows = count(len(unreadable), "row")
        notes.append(f"left out {rows} where {name} is not a number: {words}")
    if infinite := int(np.isinf(numbers).sum()):
        notes.append(f"left out {count(infinite, 'row')} with infinite targets")
    if target.units:
        notes.append(f"{name} is read as numbers, and predicted without {target.units}")
        notes += sentences(describe(target.notes))
    if task is None and target.may_be_classes:
        notes.append(
            f"the numbers of {name} are predicted as quantities. If they are classes, add --task "
            "classification"
        )
    y = numbers.replace([np.inf, -np.inf], np.nan).dropna()
    if len(y) < MIN_NUMBERS or y.nunique() == 1:
        raise InputError(
            f"target column {name} has {count(len(y), 'finite number')} and "
            f"{count(y.nunique(), 'different value')}. Regression needs at least "
            f"{MIN_NUMBERS} finite numbers and two different values. Add rows."
        )
    try:
        NumericTargets.check(y, None)
    except ValueError as error:
        raise InputError(f"target column {name} cannot be learned. {error}") from error
    return y, notes


def describe_target(
    name: str, y: NDArray[Any], is_class: bool, n_columns: int, decision: Decision
) -> str:
    """Say what is predicted, from how many rows and columns, and how many rows a class has.

    Parameters
    ----------
    name : str
        Name of the target.
    y : ndarray of shape (n_samples,)
        Its classes or numbers.
    is_class : bool
        Whether it holds classes.
    n_columns : int
        Number of columns beside the target.
    decision : Decision
        How classes follow from probabilities.

    Returns
    -------
    str
        A line, and for classes another one or two.
    """
    size = f"{count(len(y), 'row')}, {count(n_columns, 'column')}"
    if not is_class:
        return f"Predicting {name!r} (regression): {size}"
    classes = np.unique(y)
    lines = [f"Predicting {name!r} (classification, {len(classes)} classes): {size}"]
    lines += filter(None, [describe_classes(y), describe_decision(decision, classes)])
    return "\n  ".join(lines)


def describe_classes(y: NDArray[Any]) -> str:
    """Write how many rows each class has, the largest classes first."""
    counts = pd.Series(y).value_counts()
    shown = [
        f"{label!s:.40} {n:,} ({n / len(y):.1%})" for label, n in counts[:SHOWN_CLASSES].items()
    ]
    others = len(counts) - len(shown)
    rest = f" and {count(others, 'other')}" if others else ""
    return f"classes: {', '.join(shown)}{rest}"


# How classes follow from probabilities, as --positive and --threshold say.


def decide(positive: str | None, threshold: float | None, classes: NDArray[Any] | None) -> Decision:
    """Return how the class of a row follows from probabilities.

    Parameters
    ----------
    positive : str or None
        The class of ``--positive``, as the file shows it.
    threshold : float or None
        The probability of ``--threshold``.
    classes : ndarray of shape (n_classes,) or None
        Classes of the target, sorted; None for regression.

    Returns
    -------
    Decision
        The number of the positive class, and the threshold.

    Raises
    ------
    InputError
        If the target is numeric, there is no such class, or there are more than two with a
        threshold.
    """
    if classes is None:
        for option, given in (("--positive", positive), ("--threshold", threshold)):
            if given is not None:
                raise InputError(
                    f"{option} is about classes, but the target is numeric. Remove {option}, or "
                    "train with --task classification."
                )
        return MOST_PROBABLE
    names = [*map(str, classes)]
    if positive is not None and positive not in names:
        raise InputError(
            f"--positive is {quote(positive)}, which is not a class of the target."
            f"{did_you_mean(positive, names)} Its classes: {quoted(names)}."
        )
    if threshold is not None and len(names) != 2:
        raise InputError(
            f"--threshold decides between two classes, but the target has {len(names)}. Remove "
            "--threshold, or choose from the probabilities in the predictions."
        )
    return Decision(None if positive is None else names.index(positive), threshold)


def describe_decision(decision: Decision, classes: NDArray[Any] | None) -> str:
    """Say which class is the positive one, and when it is predicted; "" if the user chose neither.

    Parameters
    ----------
    decision : Decision
        How classes follow from probabilities.
    classes : ndarray of shape (n_classes,) or None
        Classes of the target, sorted; None for regression.

    Returns
    -------
    str
        A clause.
    """
    if classes is None or decision == MOST_PROBABLE:
        return ""
    positive = decision.positive_of(len(classes))
    clause = f"the positive class is {quote(str(classes[positive]))}"
    if decision.threshold is None:
        return clause
    return f"{clause}, which is predicted where its probability is at least {decision.threshold:g}"
