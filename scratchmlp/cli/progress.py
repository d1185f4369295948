"""Progress on stderr: bars in a terminal if rich is installed, otherwise a dot for each step."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Any

import pandas as pd
from numpy.typing import NDArray

from scratchmlp.cli.messages import say


@contextmanager
def steps(total: int) -> Iterator[Callable[[str], None]]:
    """Show progress through a number of steps.

    Parameters
    ----------
    total : int
        Number of steps.

    Yields
    ------
    callable
        Call it with the name of each step when the step begins.
    """
    if not _bars():
        try:
            yield _dots()
        finally:  # what follows, also an error, begins on a new line
            print(file=sys.stderr)
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task, n_completed = bar.add_task("", total=total), iter(range(total))
        yield lambda name: bar.update(task, description=name, completed=next(n_completed))


def fit(model: Any, X: pd.DataFrame, y: NDArray[Any], **arguments: Any) -> Any:
    """Fit a model, with a bar for each of its callback tasks.

    Parameters
    ----------
    model : estimator
        Model that supports scikit-learn's callbacks.
    X : DataFrame of shape (n_samples, n_features)
        Features.
    y : ndarray of shape (n_samples,)
        Target.
    **arguments : dict
        Other arguments of `fit`.

    Returns
    -------
    estimator
        The fitted model, without callbacks.
    """
    if not _bars():
        return model.fit(X, y, **arguments)
    import rich
    from sklearn.callback import ProgressBar

    rich.reconfigure(stderr=True)
    try:
        return model.set_callbacks(ProgressBar()).fit(X, y, **arguments).set_callbacks()
    finally:
        rich.reconfigure()


def _bars() -> bool:
    return sys.stderr.isatty() and find_spec("rich") is not None


def _dots() -> Callable[[str], None]:
    """Return a function that prints a line for each new name and a dot for each step."""
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
