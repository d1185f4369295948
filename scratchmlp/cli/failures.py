"""Estimators that an ensemble leaves out because their fit fails."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sklearn.exceptions import FitFailedWarning

_LEFT_OUT = " is left out of the ensemble: "


@contextmanager
def collect_failures() -> Iterator[dict[str, str]]:
    """Collect what an ensemble warns of when it leaves an estimator out, instead of printing it.

    Yields
    ------
    dict of str to str
        The error of each estimator that was left out, by the name of the estimator. It is complete
        when the block ends.
    """
    failures: dict[str, str] = {}
    with warnings.catch_warnings():
        warnings.simplefilter("always", FitFailedWarning)
        show = warnings.showwarning

        def collect(message: Any, *arguments: Any, **options: Any) -> None:
            name, left_out, error = str(message).partition(_LEFT_OUT)
            if left_out:
                failures[name] = error
            else:
                show(message, *arguments, **options)

        warnings.showwarning = collect
        yield failures
