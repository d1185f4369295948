"""Pickles name the version that wrote them, and no other version loads them."""

import sys
from typing import Any, Self


class PickledWithVersion:
    """An object whose pickle begins with the version of this package.

    A pickle names classes by their modules, which may move, and contains attributes as they are.
    Another version could fail with any error, or predict other numbers. The version is read before
    any other class is imported.
    """

    def __reduce_ex__(self, protocol: Any) -> tuple[Any, ...]:
        """Return what a pickle or a copy is made of."""
        _, _, *state = tuple(super().__reduce_ex__(protocol))
        return type(self)._of_version, (_version(),), *state

    @classmethod
    def _of_version(cls, version: str) -> Self:
        """Return an object without attributes, if this version has written its pickle."""
        if version != _version():
            raise ValueError(
                f"This {cls.__name__} was pickled with scratchmlp {version}, and a pickle can only "
                f"be loaded with the version that wrote it; this is {_version()}. Install "
                f"scratchmlp {version}, load the pickle and save the model with "
                "scratchmlp.io.save: later versions can load such a file."
            )
        return cls.__new__(cls)


def _version() -> str:
    """Return the version of the package, which has been imported before this module."""
    version: str = sys.modules["scratchmlp"].__version__
    return version
