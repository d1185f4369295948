"""Fits that are all or nothing: an estimator gets the attributes of a whole fit, or keeps its old.

A thread that begins to predict while another one fits the same estimator thus uses the old fit.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def all_at_once(estimator: Any) -> Iterator[Any]:
    """Yield a copy of an estimator to fit, and assign its attributes if the block succeeds.

    Parameters
    ----------
    estimator : estimator
        The estimator. If the block raises, it stays as it was. The block must not change the
        values of its attributes in place, because they are not copied.

    Yields
    ------
    estimator
        The copy.
    """
    fitted = object.__new__(type(estimator))  # copy.copy would make the state of a pickle
    fitted.__dict__ = dict(vars(estimator))
    yield fitted
    estimator.__dict__ = vars(fitted)
