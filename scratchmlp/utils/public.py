"""What users see: paths of public names, and the lines of warnings."""

import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any, TypeVar

Class = TypeVar("Class", bound=type)

#: Packages that call our code for the user: warnings point to the code that calls them.
_LIBRARIES = ("scratchmlp", "sklearn", "joblib", "abc")


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
    >>> from scratchmlp.utils.public import public
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


def on_first_use(package: str, modules: Mapping[str, str]) -> Callable[[str], Any]:
    """Return the `__getattr__` of a package that imports its public names on first use.

    Parameters
    ----------
    package : str
        Name of the package.
    modules : mapping of str to str
        The module of each name, relative to the package.

    Returns
    -------
    callable
        Imports a name.
    """

    def import_name(name: str) -> Any:
        if name not in modules:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        return getattr(import_module(f"{package}.{modules[name]}"), name)

    return import_name


def stacklevel() -> int:
    """Return the level, seen from the caller, of the first frame that is not of a library."""
    frame, level = sys._getframe(1), 1
    while frame.f_back and frame.f_globals.get("__name__", "").split(".")[0] in _LIBRARIES:
        frame, level = frame.f_back, level + 1
    return level
