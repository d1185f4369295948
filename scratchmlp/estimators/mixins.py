"""What all estimators inherit: pickles that name their version, and suggestions of names."""

import sys
from collections.abc import Iterable
from difflib import get_close_matches
from itertools import chain
from typing import Any, Self

from sklearn.base import BaseEstimator
from sklearn.utils._param_validation import InvalidParameterError, StrOptions


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
                "scratchmlp.io.save: later versions are meant to load such a file."
            )
        return cls.__new__(cls)


def _version() -> str:
    """Return the version of the package, which has been imported before this module."""
    version: str = sys.modules["scratchmlp"].__version__
    return version


def most_similar(name: str, names: Iterable[str]) -> str | None:
    """Return the most similar of several names, or None if none is similar."""
    by_lower = {known.lower(): known for known in names}
    close = get_close_matches(name.lower(), by_lower, n=1)
    return by_lower[close[0]] if close else None


class SuggestsNames(BaseEstimator):
    """An estimator whose errors about parameters suggest the name that may have been meant."""

    def _validate_params(self) -> None:
        try:
            super()._validate_params()
        except InvalidParameterError as error:
            raise InvalidParameterError(f"{error}{self._suggestion(str(error))}") from None

    def _suggestion(self, error: str) -> str:
        """Return the name that is most similar to the one that an error rejects."""
        parameter = error.split("'")[1]  # "The 'solver' parameter of ..."
        value, constraints = getattr(self, parameter), self._parameter_constraints[parameter]
        options = [sorted(each.options) for each in constraints if isinstance(each, StrOptions)]
        similar = most_similar(value, chain(*options)) if isinstance(value, str) else None
        return "" if similar is None else f" Did you mean {similar!r}?"
