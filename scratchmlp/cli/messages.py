"""What the command line tells the user: errors, notes on stderr, and values quoted in them."""

import sys
from collections.abc import Sequence


class InputError(Exception):
    """An argument or a file cannot be used; the message says why, and what to change."""


def say(message: str, end: str = "\n") -> None:
    """Print a note on stderr."""
    print(f"scratchmlp: {message}", end=end, file=sys.stderr, flush=True)


def quote(value: object) -> str:
    """Quote the first 40 characters of a value."""
    return repr(str(value)[:40])


def count(number: int, noun: str) -> str:
    """Write a number and its noun, such as "1 row" or "1,234 rows"."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def listed(names: Sequence[str]) -> str:
    """Join names with commas; after the first 20, give only the number of the others."""
    shown = ", ".join(names[:20])
    return shown if len(names) <= 20 else f"{shown} and {len(names) - 20} more"
