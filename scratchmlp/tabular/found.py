"""What was found out about a column."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

from scratchmlp.tabular.columns import Column


class Note(NamedTuple):
    """What the user should know about a column.

    Attributes
    ----------
    case : str
        What the note is about. Of columns that are left out: "index", "identifier", "constant",
        "missing", "unrepeated" categories, or text without "terms". Of other columns: "unreadable"
        values, "mixed" numbers and text, "order" of day and month, "units" of numbers,
        "codes" that are numbers, "numbers" that are text, "long" text that is cut, or in
        `transform` "empty" if there are no values, and "unseen" if no category is known.
    text : str
        A clause that names the column, such as "2 of 90 values of age are not numbers: 'x', 'y'".
    """

    case: str
    text: str


class Found(NamedTuple):
    """What a column is.

    Attributes
    ----------
    kind : str
        "number", "date", "duration", "flag", "category", "text", or, if the column is left out,
        "identifier", "constant" or "missing".
    reason : str
        Why the column is of this kind, such as "every value is a number".
    values : Series of shape (n_samples,)
        The column. Numbers, dates and booleans that were text are converted.
    written : mapping
        How values were written, if they were text: "decimal" and "units" of numbers, "date_format",
        and "unreadable" values.
    notes : sequence of Note
        What the user should know.
    """

    kind: str
    reason: str
    values: "Column[Any]"
    written: Mapping[str, Any] = MappingProxyType({})
    notes: Sequence[Note] = ()
