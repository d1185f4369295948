"""Restore an estimator when its fit fails."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def unchanged_on_failure(estimator: Any) -> Iterator[None]:
    """Restore the attributes of an estimator if the block raises.

    Parameters
    ----------
    estimator : estimator
        The estimator. The block may set and delete attributes. It must not change their old values
        in place, because these values are not copied.
    """
    before = dict(vars(estimator))
    try:
        yield
    except BaseException:
        estimator.__dict__ = before
        raise
