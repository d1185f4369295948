"""What the command line tells the user: errors, notes and progress on stderr; and its streams."""

import io
import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import TextIO

from scratchmlp.utils.names import listed, most_similar, shortened

_UNITS = {"hour": 3600, "minute": 60, "second": 1}
WIDTH = 99  # characters of a line of scores, or of what is said about a picture


class InputError(Exception):
    """An argument or a file cannot be used; the message says why, and what to change."""


def with_notes(error: Exception) -> str:
    """Return the message of an error with its notes, of which one may name a column."""
    notes = getattr(error, "__notes__", ())
    return ". ".join([str(error).removesuffix("."), *notes]) if notes else str(error)


def say(*messages: str, end: str = "\n") -> None:
    """Print notes on stderr."""
    for message in messages:
        print(f"scratchmlp: {message}", end=end, file=sys.stderr, flush=True)


def quote(value: object) -> str:
    """Quote a value; of a long one, the first 40 characters and "…"."""
    return repr(shortened(value))


def quoted(names: Iterable[object]) -> str:
    """List quoted values; of many, the first 20."""
    return listed([*map(quote, names)])


def count(number: int, noun: str) -> str:
    """Write a number and its noun, such as "1 row" or "1,234 rows"."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def did_you_mean(name: str, names: Iterable[str]) -> str:
    """Ask whether the most similar of several names was meant; return "" if none is similar."""
    similar = most_similar(name, names)
    return f" Did you mean {quote(similar)}?" if similar is not None else ""


# The standard streams: nothing that goes to stdout is lost without an error.


def open_streams() -> None:
    """Make sure that stdout is open and buffered, and that stderr exists.

    With ``python -u`` or PYTHONUNBUFFERED, stdout has no buffer. A write to a full disk, or to a
    pipe whose reader leaves, then stops early, and print does not notice. A buffer writes the rest
    or raises an error.

    Raises
    ------
    InputError
        If stdout is closed.
    """
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w")  # noqa: SIM115 - otherwise notes would go to stdout
    if sys.stdout is None:
        raise InputError("stdout is closed. Redirect it to a file or to /dev/null.")
    if isinstance(getattr(sys.stdout, "buffer", None), io.RawIOBase):
        sys.stdout = open(  # noqa: SIM115 - it stays open
            sys.stdout.fileno(),
            "w",
            encoding=sys.stdout.encoding,
            errors=sys.stdout.errors,
            closefd=False,
        )


def discard(stream: TextIO) -> None:
    """Send the rest of a stream nowhere; Python would try to write it once more at exit."""
    with suppress(OSError):  # the stream is not a file
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def say_before_exit(message: str) -> None:
    """Print a note before the process ends; stderr may be what has failed."""
    try:
        say(message)
    except OSError:
        discard(sys.stderr)


# Progress on stderr: a line for each round, with a dot for each step.


@contextmanager
def line_of_dots(text: str) -> Iterator[Callable[[], None]]:
    """Begin a line, to which each call adds a dot. What follows, also an error, is below it."""
    say(f"{text} ", end="")
    try:
        yield lambda: print(".", end="", file=sys.stderr, flush=True)
    finally:
        print(file=sys.stderr)


def time_left(started: float, n_done: int, n_rounds: int) -> str:
    """Say how much time the other rounds will take, if one is done since `started`."""
    if n_done == 0:
        return ""
    of_round = (time.perf_counter() - started) / n_done
    return f", about {duration(of_round * (n_rounds - n_done))} left"


class Clock:
    """Measures the steps of a run, one after the other, in wall time."""

    def __init__(self) -> None:
        self._started = time.perf_counter()
        self._seconds: dict[str, float] = {}

    def end(self, step: str) -> None:
        """End a step, which began when the last one ended."""
        now = time.perf_counter()
        self._seconds[step], self._started = now - self._started, now

    def __str__(self) -> str:
        steps = [f"{step} {seconds:.1f} s" for step, seconds in self._seconds.items()]
        return f"wall time: {', '.join(steps)}"


def duration(seconds: float) -> str:
    """Write a time in the unit that fits, such as "40 seconds" or "3 minutes"."""
    unit = next((unit for unit, size in _UNITS.items() if seconds >= 1.5 * size), "second")
    return count(max(1, round(seconds / _UNITS[unit])), unit)
