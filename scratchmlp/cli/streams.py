"""The standard streams of the process: nothing that goes to stdout is lost without an error."""

import io
import os
import sys
from contextlib import suppress
from typing import TextIO

from scratchmlp.cli.messages import InputError


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
