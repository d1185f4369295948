"""What a column of a table is: the one place that decides, for Python and the command line alike.

`find_kind` looks at the values of a column, and says what they are and why. `read_column`, of
`from_text`, reads the same column of another table in the same way.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np
import pandas as pd

from scratchmlp.tabular.notes import Note
from scratchmlp.tabular.reading.codes import (
    SMALL,
    find_code,
    find_entities,
    find_long_code,
)
from scratchmlp.tabular.reading.dates import are_compact_dates
from scratchmlp.tabular.reading.found import Found
from scratchmlp.tabular.reading.from_text import (
    is_readable,
    note_long,
    note_numbers_among_text,
    read_text,
    read_text_as,
)
from scratchmlp.tabular.reading.left_out import PARTS, are_numbered, find_left_out
from scratchmlp.tabular.reading.roles import Role
from scratchmlp.tabular.reading.values import (
    ColumnError,
    Different,
    different_values,
    kind_of,
    naming_column,
)
from scratchmlp.tabular.vocabulary import VALUES
from scratchmlp.utils.names import shortened

FIRST_DATE, LAST_DATE = 19_000_101, 20_991_231  # written without hyphens
MANY_TEXTS = 64  # different values; text has more
TEXT_SHARE = 0.3  # of the values; at least this share of text is different
TEXT_WORDS = 1.5  # mean number of words of text; categories have fewer


def find_kinds(
    names: Sequence[str], table: pd.DataFrame, roles: Sequence[Role | None], *, guess: bool
) -> dict[str, Found]:
    """Decide what each column is.

    Parameters
    ----------
    names : sequence of str
        Names of the columns.
    table : DataFrame of shape (n_samples, n_features)
        The table.
    roles : sequence of str or None
        Result of `column_roles`.
    guess : bool
        Whether columns may be left out, and numbers may be taken for codes, unless the user names
        all categorical columns.

    Returns
    -------
    dict of str to Found
        What each column is, by its name.
    """
    columns = dict(zip(names, (column for _, column in table.items()), strict=True))
    guess = guess and "no category" not in roles
    found = {}
    for (name, column), role in zip(columns.items(), roles, strict=True):
        with naming_column(name):
            found[name] = find_kind(name, column, role, guess=guess)
    ordered = {name: _order_as_in_others(name, column, found) for name, column in columns.items()}
    found |= {name: each for name, each in ordered.items() if each}
    found |= find_entities(found, guess=guess)
    known = [column for name, column in columns.items() if found[name].why != "no values"]
    are_text = [kind_of(column) == "text" for column in known]
    if len(are_text) > 1 and all(are_text):  # such as the cells of a CSV file: it says nothing
        return {name: _without_note_on_text(each) for name, each in found.items()}
    return found


def _order_as_in_others(
    name: str, column: "pd.Series[Any]", found: Mapping[str, Found]
) -> Found | None:
    """Read dates in the order of the other columns of dates, if these tell the order.

    None if its own values tell the order, or if no other column written with the same marks tells
    it, or if these differ.
    """
    forms = {other: each.form for other, each in found.items() if each.kind == "date" and each.form}
    form = forms.get(name)
    if form is None or not form.ambiguous:
        return None
    clear = {other: each for other, each in forms.items() if each in form.with_any_order()}
    if len({*clear.values()}) != 1:
        return None
    *_, (example, form) = clear.items()
    read = read_text_as("date", name, column, form)
    return read and read._replace(reason=f"{read.reason}, as in {example}")


def find_kind(
    name: str, column: "pd.Series[Any]", role: Role | None = None, *, guess: bool
) -> Found:
    """Decide what a column is.

    Parameters
    ----------
    name : str
        Name of the column.
    column : Series of shape (n_samples,)
        The column.
    role : {'category', 'number', 'text', 'date', 'no category'} or None, default=None
        What the user says that the column is. None decides from dtype and values.
    guess : bool
        Whether the column may be left out, and numbers may be taken for codes.

    Returns
    -------
    Found
        What the column is.

    Raises
    ------
    TypeError
        If a value cannot be hashed.
    """
    if not column.notna().any():
        notes = [Note("missing", name)] * guess
        return Found("missing", "no values", column, notes=notes, why="no values")
    if role in ("category", "text") and kind_of(column) != "complex":
        notes = note_long(name, column) if role == "text" else []
        return Found(role, "your choice", column, notes=notes, why="choice")
    if role in ("number", "date"):
        return _by_choice(name, column, role)
    found, different = _by_values(name, column, role)
    if role == "no category":
        found = _no_category(name, found)
    if not guess:
        return found
    found = find_long_code(name, found) or found
    return find_left_out(name, column, found, different) or find_code(name, found) or found


def _by_values(
    name: str, column: "pd.Series[Any]", role: Role | None
) -> tuple[Found, Different | None]:
    """Decide what a column is from its dtype and its values alone.

    The second result is the different values of text that remains text.
    """
    kind = kind_of(column)
    if isinstance(column.dtype, pd.CategoricalDtype):
        is_a = VALUES[kind].column if role == "no category" else "category"
        return Found(is_a, "dtype category", column), None
    text = _compact_dates_as_text(column)
    if not is_readable(text):
        if kind == "complex":
            raise ColumnError(
                f"Column {name!r} holds complex numbers, which are not supported. Take their real "
                "part or their absolute value.",
                "complex",
                name,
            )
        return Found(VALUES[kind].column, VALUES[kind].words, column), None
    different = different_values(text)
    if found := read_text(name, text, different):
        return found, None
    if text is not column:  # whole numbers such as 20200230, which are no dates
        different = different_values(column)
    return _text_or_category(name, column, different), different


def _no_category(name: str, found: Found) -> Found:
    """Check that a column is none of categories. Booleans become numbers."""
    if found.kind not in ("category", "text"):
        return found
    if (kind := kind_of(found.values)) == "flag":
        return found._replace(kind="number")
    raise ColumnError(
        f"Column {name!r} holds {VALUES[kind].words}, but a column that is not categorical must "
        "hold numbers, dates or durations. Name it in categorical_features, which must name all "
        "categorical columns unless it contains 'from_dtype', or convert it.",
        "excluded",
        name,
    )


def _by_choice(name: str, column: "pd.Series[Any]", role: Literal["number", "date"]) -> Found:
    """Read a column as numbers or dates, because the user says so."""
    text = _compact_dates_as_text(column) if role == "date" else column
    if kind_of(text) in (role, "flag" if role == "number" else role):
        return Found(role, "your choice", column, why="choice")
    found = read_text_as(role, name, text) if is_readable(text) else None
    if found is None:
        parameter = {"number": "numeric_features", "date": "date_features"}[role]
        example = column.dropna().iloc[0]
        raise ColumnError(
            f"{parameter} names column {name!r}, but none of its values is a {role}; one is "
            f"{shortened(example)!r}. {VALUES[role].conversion}, or do not name it.",
            "role",
            name,
            {"role": role, "example": example},
        )
    return _without_note_on_text(found)


def _without_note_on_text(found: Found) -> Found:
    """Return a column without the note that its numbers are text, which is no surprise."""
    return found._replace(notes=[note for note in found.notes if note.case != "numbers"])


def _text_or_category(name: str, column: "pd.Series[Any]", values: Different) -> Found:
    """Decide whether text is free text or categories."""
    n_different, n_known = len(values.unique), int(values.counts.sum())
    n_words = float(np.mean([len(PARTS.split(text)) for text in values.text]))
    all_different = n_different == n_known > SMALL  # no category would say anything of other rows
    many = n_different > max(MANY_TEXTS, TEXT_SHARE * n_known)
    words = many and n_words >= TEXT_WORDS and not are_numbered(values.text)
    if all_different or words:
        reason = f"{n_different:,} different texts of {n_words:.0f} words"
        return Found("text", reason, column, notes=note_long(name, column), why="words")
    return Found("category", "text", column, notes=note_numbers_among_text(name, values))


def _compact_dates_as_text(column: "pd.Series[Any]") -> "pd.Series[Any]":
    """Return whole numbers as text if all of them are dates such as 20200317."""
    if column.dtype.kind not in "iuf" or isinstance(column.dtype, pd.SparseDtype):
        return column
    if column.dtype.name in ("float16", "float32", "Float32"):  # they cannot hold eight digits
        return column
    known = column.dropna().to_numpy()  # numbers of Arrow have no remainder
    if not known.size or known.min() < FIRST_DATE or known.max() > LAST_DATE or (known % 1).any():
        return column
    text = column.astype("Int64").astype(object).map(str, na_action="ignore")
    return text if are_compact_dates(list(text.dropna().unique())) else column
