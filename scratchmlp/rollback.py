"""Estimators stay as they were if a fit fails."""

from collections.abc import Iterator
from contextlib import contextmanager

from sklearn.base import BaseEstimator


@contextmanager
def unchanged_on_failure(estimator: BaseEstimator) -> Iterator[None]:
    """Give an estimator back the attributes that it had, if the block raises."""
    before = dict(vars(estimator))
    history = before.get("_run", {}).get("history", {})
    lengths = {name: len(column) for name, column in history.items()}
    try:
        yield
    except BaseException:
        estimator.__dict__ = before
        for name, column in list(history.items()):
            del column[lengths.get(name, 0) :]
            if name not in lengths:
                del history[name]
        raise
