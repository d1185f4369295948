"""Run the command line: `scratchmlp`, or ``python -m scratchmlp``."""

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NoReturn


def run() -> NoReturn:
    """Run the command line, and end the process with its exit status."""
    _on_interrupt(_leave)
    sys.unraisablehook = _leave_if_interrupted
    from scratchmlp.cli.main import main

    try:
        _on_interrupt(_interrupt)
        status = main(imports=_leave_imports())
        _on_interrupt(_leave)  # while Python shuts down
    except BaseException:
        if signal.getsignal(signal.SIGINT) is _leave:
            _leave(signal.SIGINT, None)  # an import may turn a KeyboardInterrupt into another error
        _on_interrupt(_leave)  # main ends with SystemExit after --help and after an error
        raise
    sys.exit(status)


def _leave(*_: Any) -> NoReturn:
    """End the process at once, where a KeyboardInterrupt would be lost or print a traceback."""
    try:
        os.write(2, b"scratchmlp: interrupted\n")
    finally:
        os._exit(130)


def _interrupt(*_: Any) -> NoReturn:
    """Let the main job end in order. Another Ctrl-C ends it at once."""
    signal.signal(signal.SIGINT, _leave)
    raise KeyboardInterrupt


@contextmanager
def _leave_imports() -> Iterator[None]:
    """End the process at once on Ctrl-C: an import may turn a KeyboardInterrupt into anything."""
    _on_interrupt(_leave)
    try:
        yield
    finally:
        _on_interrupt(_interrupt)


def _leave_if_interrupted(lost: Any) -> None:
    """End the process where Python would lose an interrupt, as while it removes an object."""
    if lost.exc_type is KeyboardInterrupt:
        _leave()
    sys.__unraisablehook__(lost)


def _on_interrupt(handler: Callable[..., NoReturn]) -> None:
    """Choose what Ctrl-C does, unless it is ignored, as in a background job of a shell."""
    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
        signal.signal(signal.SIGINT, handler)


if __name__ == "__main__":
    run()
