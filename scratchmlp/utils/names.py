"""Names in messages: a list of them, and the name that may have been meant."""

from collections.abc import Iterable, Sequence
from difflib import get_close_matches


def listed(names: Sequence[str]) -> str:
    """Join names with commas; after the first 20, give only the number of the others."""
    shown = ", ".join(names[:20])
    return shown if len(names) <= 20 else f"{shown} and {len(names) - 20} more"


def most_similar(name: str, names: Iterable[str]) -> str | None:
    """Return the most similar of several names, or None if none is similar."""
    by_lower = {known.lower(): known for known in names}
    close = get_close_matches(name.lower(), by_lower, n=1)
    return by_lower[close[0]] if close else None
