"""Fits that are all or nothing: an estimator gets the attributes of a whole fit, or keeps its old.

A thread that begins to predict while another one fits the same estimator thus uses the old fit.
`of_one_fit` keeps a prediction that is under way to the fit that it began with.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any, cast

from scratchmlp.public import Method, names_class


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
    fitted = _copy(estimator)
    yield fitted
    estimator.__dict__ = vars(fitted)


def of_one_fit(method: Method) -> Method:
    """Call a method on a copy of the estimator, whose attributes no other thread replaces."""

    @names_class
    @wraps(method)
    def on_a_copy(estimator: Any, *args: Any, **kwargs: Any) -> Any:
        return method(_copy(estimator), *args, **kwargs)

    return cast(Method, on_a_copy)


def _copy(estimator: Any) -> Any:
    """Return an estimator with the same attributes, as fast as possible."""
    new = object.__new__(type(estimator))
    new.__dict__ = dict(vars(estimator))
    return new
