"""What the main job is doing, on stderr: bars in a terminal where rich is installed, or dots."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Any

import pandas as pd
from numpy.typing import NDArray


def say(message: str, end: str = "\n") -> None:
    """Tell the user."""
    print(f"scratchmlp: {message}", end=end, file=sys.stderr, flush=True)


@contextmanager
def steps(total: int) -> Iterator[Callable[[str], None]]:
    """Show how many of so many steps are over; what is yielded is told of each that begins."""
    if not _bars():
        yield _dots()
        print(file=sys.stderr)
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task, n_over = bar.add_task("", total=total), iter(range(total))
        yield lambda name: bar.update(task, description=name, completed=next(n_over))


def fit(model: Any, X: pd.DataFrame, y: NDArray[Any]) -> Any:
    """Fit a model that takes callbacks, with a bar for each of its tasks."""
    if not _bars():
        return model.fit(X, y)
    import rich
    from sklearn.callback import ProgressBar

    rich.reconfigure(stderr=True)
    try:
        return model.set_callbacks(ProgressBar()).fit(X, y).set_callbacks()
    finally:
        rich.reconfigure()


def _bars() -> bool:
    return sys.stderr.isatty() and find_spec("rich") is not None


def _dots() -> Callable[[str], None]:
    """Begin a line for every name, with a dot for every step."""
    last = ""

    def begin(name: str) -> None:
        nonlocal last
        if name != last:
            if last:
                print(file=sys.stderr)
            say(f"{name} ", end="")
        print(".", end="", file=sys.stderr, flush=True)
        last = name

    return begin
