"""The decimal marks of the columns of a text file, which the columns tell each other."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from scratchmlp.cli.messages import quote, quoted
from scratchmlp.cli.text_files import MOST, SAMPLE
from scratchmlp.tabular.reading.numbers import find_decimal, read_numbers, without_units


def find_decimal_marks(
    texts: "dict[str, pd.Series[Any]]",
    decimal: str | None,
    semicolons: bool,
    training: Mapping[str, str],
) -> tuple[dict[str, str], set[str], list[str]]:
    """Find the decimal marks of the columns of text.

    A number such as "12,5" or "1.234,5" has a decimal comma. If no number of a column tells, such
    as "1,234" or "8.000", the column has the mark that it had in training, unless all columns that
    tell have one mark, and had the other one in training. Otherwise, the other columns decide: the
    mark is a comma if some have decimal commas and none has decimal points. If no column tells,
    those of training decide. If these do not tell either, it is a comma if semicolons separate the
    columns and each number of the column has a comma.

    Parameters
    ----------
    texts : dict of str to Series
        The columns of text by name; missing values are nan.
    decimal : {",", "."} or None
        The decimal mark of columns that do not tell it; None decides as described.
    semicolons : bool
        Whether semicolons separate the columns.
    training : mapping of str to {",", "."}
        The marks of the columns in training.

    Returns
    -------
    marks : dict of str to {",", "."}
        The mark of the columns with points or commas, unless they contain no numbers. The other
        mark separates thousands.
    clear : set of str
        Columns whose numbers can have only this mark.
    notes : list of str
        Clauses that say which columns have decimal commas or another mark than in training, and in
        which the meaning of commas is not clear.
    """
    samples = {name: _sample(column) for name, column in texts.items()}
    samples = {name: s for name, s in samples.items() if any(re.search("[.,]", one) for one in s)}
    training = {} if decimal else training
    clear = {name: mark for name, sample in samples.items() if (mark := _clear_mark(sample))}
    usual = {decimal} if decimal else {*clear.values()} or {*training.values()}
    known = clear if _have_the_other_mark(clear, training) else {**training, **clear}
    likely = {n: _likely_mark(s, usual, semicolons) for n, s in samples.items() if n not in known}
    marks = {name: mark for name in samples if (mark := known.get(name) or likely[name])}
    notes = [*_notes_on_commas(samples, marks, training)]
    points = [name for name, mark in likely.items() if mark == "." and not usual]
    if unclear := [n for n in points if any("," in one for one in _numbers_among(samples[n], ","))]:
        notes.append(
            f"in {quoted(unclear)}, the comma of numbers such as 1,234 separates thousands; if it "
            "is the decimal mark, add --decimal comma"
        )
    return marks, {*clear}, notes


def _have_the_other_mark(clear: Mapping[str, str], training: Mapping[str, str]) -> bool:
    """Return whether all columns that tell have one mark, and had the other one in training."""
    both = [(mark, training[name]) for name, mark in clear.items() if name in training]
    return len({*clear.values()}) == 1 and len(both) > 0 and all(new != old for new, old in both)


def _likely_mark(values: list[str], usual: set[str], semicolons: bool) -> str | None:
    """Return the mark of a column that does not tell it; None if it is no column of numbers."""
    commas = _numbers_among(values, ",")
    only_commas = semicolons and not usual and all("," in one for one in commas)
    if commas and (usual == {","} or only_commas):
        return ","
    return "." if _numbers_among(values, ".") else None


def _notes_on_commas(
    samples: dict[str, list[str]], marks: Mapping[str, str], training: Mapping[str, str]
) -> Iterator[str]:
    """Yield clauses on columns with decimal commas, and on marks that differ from training."""
    changed = {name: mark for name, mark in marks.items() if training.get(name, mark) != mark}
    if with_commas := [n for n in samples if marks.get(n) == "," and n not in changed]:
        where = f" in {quoted(with_commas)}" if "." in marks.values() else ""
        yield f"decimal commas{where}"
    words = {",": "decimal commas", ".": "decimal points"}
    for mark, other in (",.", ".,"):
        if names := [name for name in changed if changed[name] == mark]:
            cells = [each for name in names for each in samples[name]]
            example = next((each for each in cells if find_decimal([each]) == mark), cells[0])
            found = f"{words[mark]} in {quoted(names)}, such as {quote(example)}"
            yield f"{found}, but {words[other]} in training"


def _sample(column: "pd.Series[Any]") -> list[str]:
    """Return the values of some rows, without units."""
    known = np.flatnonzero(column.notna())
    return [*map(without_units, column.iloc[known[:: len(known) // SAMPLE + 1]])]


def _clear_mark(values: list[str]) -> str | None:
    """Return the decimal mark that the numbers of a column tell, if it is a column of numbers."""
    mark = find_decimal(values)
    if mark and np.isfinite(read_numbers(values, mark)).sum() >= MOST * len(values):
        return mark
    return None


def _numbers_among(values: list[str], decimal: str) -> list[str]:
    """Return the numbers among values; [] if too few are numbers with this decimal mark."""
    are_numbers = np.isfinite(read_numbers(values, decimal))
    numbers = [value for value, is_number in zip(values, are_numbers, strict=True) if is_number]
    has_other = find_decimal(numbers) not in (decimal, None)
    return [] if has_other or len(numbers) < MOST * len(values) else numbers
