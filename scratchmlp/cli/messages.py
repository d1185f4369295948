"""What the command line tells the user: errors, notes on stderr, and values quoted in them."""

import sys
from collections.abc import Iterable

from scratchmlp.estimators.suggestions import most_similar


class InputError(Exception):
    """An argument or a file cannot be used; the message says why, and what to change."""


def say(message: str, end: str = "\n") -> None:
    """Print a note on stderr."""
    print(f"scratchmlp: {message}", end=end, file=sys.stderr, flush=True)


def quote(value: object) -> str:
    """Quote a value; of a long one, the first 40 characters and "…"."""
    text = str(value)
    return repr(text if len(text) <= 40 else f"{text[:40]}…")


def count(number: int, noun: str) -> str:
    """Write a number and its noun, such as "1 row" or "1,234 rows"."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def did_you_mean(name: str, names: Iterable[str]) -> str:
    """Ask whether the most similar of several names was meant; return "" if none is similar."""
    similar = most_similar(name, names)
    return f" Did you mean {quote(similar)}?" if similar is not None else ""
