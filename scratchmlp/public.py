"""The names that users see: the paths of public classes, and classes in errors about arguments."""

from collections.abc import Callable
from functools import wraps
from inspect import signature
from typing import Any, TypeVar, cast

Class = TypeVar("Class", bound=type)
Method = TypeVar("Method", bound=Callable[..., Any])


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
    _, *names = known.parameters

    def check_arguments(instance: Any, args: Any, kwargs: Any) -> None:
        try:
            known.bind(instance, *args, **kwargs)
        except TypeError as error:
            raise TypeError(
                f"{type(instance).__name__}.{method.__name__}() {error}. Its parameters are "
                f"{', '.join(names)}."
            ) from None

    @wraps(method)
    def checked(instance: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            return method(instance, *args, **kwargs)
        except TypeError:
            check_arguments(instance, args, kwargs)  # only now, because this takes time
            raise

    return cast(Method, checked)
