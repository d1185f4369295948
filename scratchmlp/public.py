"""The paths by which users, pickles and model files refer to classes."""

from collections.abc import Callable
from typing import TypeVar

Class = TypeVar("Class", bound=type)


def public(path: str) -> Callable[[Class], Class]:
    """Set the module that a class says it is from, so that its file may move.

    Parameters
    ----------
    path : str
        Module from which users import the class.

    Returns
    -------
    callable
        Decorator of a class, which returns the class.

    Examples
    --------
    >>> from scratchmlp.public import public
    >>> @public("scratchmlp.losses")
    ... class ZeroOneLoss: ...
    >>> ZeroOneLoss
    <class 'scratchmlp.losses.ZeroOneLoss'>
    """

    def set_path(cls: Class) -> Class:
        cls.__module__ = path
        if "__firstlineno__" in vars(cls):
            # Python 3.13 and later would show this line of the module `path` as the class's source.
            del cls.__firstlineno__  # type: ignore[attr-defined]
        return cls

    return set_path
