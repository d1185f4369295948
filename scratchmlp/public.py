"""What users see: paths of public classes, names in errors, and the lines of warnings."""

import sys
from collections.abc import Callable
from functools import wraps
from inspect import signature
from typing import Any, TypeVar, cast

Class = TypeVar("Class", bound=type)
Method = TypeVar("Method", bound=Callable[..., Any])

#: Packages that call our code for the user: warnings point to the code that calls them.
_LIBRARIES = ("scratchmlp", "sklearn", "joblib")


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


def names_class(method: Method) -> Method:
    """Let errors about the arguments of an inherited method name the class of the object.

    Python names the class that defines the method, which users may not know.

    Parameters
    ----------
    method : function
        The method.

    Returns
    -------
    function
        The method, which raises a TypeError with its parameters if the arguments do not fit them.

    Examples
    --------
    >>> from scratchmlp.public import names_class
    >>> class Base:
    ...     @names_class
    ...     def fit(self, X, y): ...
    >>> class Classifier(Base): ...
    >>> Classifier().fit(1, target=2)
    Traceback (most recent call last):
    TypeError: Classifier.fit() missing a required argument: 'y'. Its parameters are X, y.
    """
    known = signature(method)
    names = ", ".join([*known.parameters][1:])

    @wraps(method)
    def checked(instance: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            return method(instance, *args, **kwargs)
        except TypeError:
            try:
                known.bind(instance, *args, **kwargs)  # only now, because this takes time
            except TypeError as error:
                called = f"{type(instance).__name__}.{method.__name__}()"
                raise TypeError(f"{called} {error}. Its parameters are {names}.") from None
            raise

    return cast(Method, checked)


def stacklevel() -> int:
    """Return the level, seen from the caller, of the first frame that is not of a library."""
    frame, level = sys._getframe(1), 1
    while frame.f_back and frame.f_globals.get("__name__", "").split(".")[0] in _LIBRARIES:
        frame, level = frame.f_back, level + 1
    return level
