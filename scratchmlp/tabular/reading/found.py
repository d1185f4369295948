"""What was found out about a column: its kind, and how its values are written."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import pandas as pd

from scratchmlp.tabular.notes import Note
from scratchmlp.tabular.reading.dates import DateFormat
from scratchmlp.tabular.vocabulary import ColumnKind, Why


@dataclass(frozen=True)
class Reading:
    """How the values of a column are written, if they are text.

    Attributes
    ----------
    decimal : str or None
        Decimal mark of numbers.
    units : str or None
        Sign or unit of numbers, or several signs.
    some_without_units : bool
        Whether some of these numbers have none.
    date_format : str or None
        Pattern of dates: see `DateFormat`.
    date_marks : tuple of str
        What stands between the numbers of dates that could be day-first or month-first: see
        `marks_of`.
    unreadable : tuple of str
        Values that could not be read.
    zone : str or None
        Time zone of dates, also of those that are no text.
    """

    decimal: str | None = None
    units: str | None = None
    some_without_units: bool = False
    date_format: str | None = None
    date_marks: tuple[str, ...] = ()
    unreadable: tuple[str, ...] = ()
    zone: str | None = None


class Found(NamedTuple):
    """What a column is.

    Attributes
    ----------
    kind : ColumnKind
        The kind of the column.
    reason : str
        Why the column is of this kind, such as "every value is a number".
    values : Series of shape (n_samples,)
        The column. Numbers, dates and booleans that were text are converted.
    reading : Reading
        How the values were written, if they were text.
    notes : sequence of Note
        What the user should know.
    form : DateFormat or None
        How dates that were text are written.
    why : Why
        The reason in a word.
    names_entity : bool
        Whether values name what rows belong to, such as persons.
    """

    kind: ColumnKind
    reason: str
    values: "pd.Series[Any]"
    reading: Reading = Reading()
    notes: Sequence[Note] = ()
    form: DateFormat | None = None
    why: Why = "values"
    names_entity: bool = False
