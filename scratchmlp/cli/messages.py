"""What the command line tells the user: errors, notes and progress on stderr; and its streams."""

import io
import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from importlib.util import find_spec
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


# Progress on stderr: bars in a terminal if rich is installed, otherwise a dot for each step.


@contextmanager
def steps(n_rounds: int, n_steps: int) -> Iterator[Callable[[str], None]]:
    """Show progress through rounds of the same steps, and how much time is left.

    Parameters
    ----------
    n_rounds : int
        Number of rounds.
    n_steps : int
        Number of steps in each round.

    Yields
    ------
    callable
        Call it with the name of each step when the step begins.
    """
    rounds = _rounds(n_rounds, n_steps)
    if not shows_bars():
        try:
            yield _dots(rounds)
        finally:  # what follows, also an error, begins on a new line
            print(file=sys.stderr)
        return
    from rich.console import Console
    from rich.progress import Progress

    columns = Progress.get_default_columns()[:-1]  # without the time left by its own estimate
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=n_rounds)

        def begin(name: str) -> None:
            n_completed, text = next(rounds)
            bar.update(task, description=f"{text}: {name}", completed=n_completed)

        yield begin


def _rounds(n_rounds: int, n_steps: int) -> Iterator[tuple[int, str]]:
    """Yield the number of completed rounds and a description of the round for each step."""
    started = time.perf_counter()
    for n_completed in range(n_rounds):
        text = f"split {n_completed + 1} of {n_rounds}"
        if n_completed:
            of_round = (time.perf_counter() - started) / n_completed
            text += f", about {duration(of_round * (n_rounds - n_completed))} left"
        for _ in range(n_steps):
            yield n_completed, text


def duration(seconds: float) -> str:
    """Write a time in the unit that fits, such as "40 seconds" or "3 minutes"."""
    unit = next((unit for unit, size in _UNITS.items() if seconds >= 1.5 * size), "second")
    return count(max(1, round(seconds / _UNITS[unit])), unit)


def shows_bars() -> bool:
    """Return whether progress is shown as bars."""
    return sys.stderr.isatty() and find_spec("rich") is not None


def _dots(rounds: Iterator[tuple[int, str]]) -> Callable[[str], None]:
    """Return a function that prints a line for each round and a dot for each step."""
    last = ""

    def begin(name: str) -> None:
        nonlocal last
        n_completed, text = next(rounds)
        if text != last:
            if n_completed:
                print(file=sys.stderr)
            say(f"{text} ", end="")
        print(".", end="", file=sys.stderr, flush=True)
        last = text

    return begin
