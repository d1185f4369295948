"""The order of day and month in a column that does not tell it, from other columns of its table."""

from collections.abc import Mapping
from typing import Any

from scratchmlp.tabular.columns import Column
from scratchmlp.tabular.date_parsing import DateFormat
from scratchmlp.tabular.found import Found
from scratchmlp.tabular.text_reading import read_text_as

WRITTEN = "dates written as "  # in the reason of a column of dates


def order_as_in_others(
    name: str, column: "Column[Any]", found: Mapping[str, Found]
) -> Found | None:
    """Read dates in the order of the other columns of dates, if these tell the order.

    Parameters
    ----------
    name : str
        Name of the column.
    column : Series of shape (n_samples,)
        The column.
    found : mapping of str to Found
        What each column of the table is, by its name.

    Returns
    -------
    Found or None
        What the column is. None if its own values tell the order, or if no other column written
        with the same marks tells it, or if these differ.
    """
    if not _is_ambiguous(found[name]):
        return None
    orders = {
        other.written["date_format"]: (other.reason, example)
        for example, other in found.items()
        if _in_any_order(other) == _in_any_order(found[name]) and not _is_ambiguous(other)
    }
    if len(orders) != 1:
        return None
    ((pattern, (reason, example)),) = orders.items()
    form = DateFormat(pattern, f"{reason.removeprefix(WRITTEN)}, as in {example}", ambiguous=False)
    return read_text_as("date", name, column, form)


def _is_ambiguous(found: Found) -> bool:
    return any(note.case == "order" for note in found.notes)


def _in_any_order(found: Found) -> list[str]:
    """Return the same for dates with the same marks and years, in any order of day and month."""
    return sorted(found.reason + found.written.get("date_format", ""))
