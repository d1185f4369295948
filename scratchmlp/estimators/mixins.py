"""What all estimators inherit: pickles that name their version, and suggestions of names."""

import sys
import warnings
from functools import cache
from inspect import signature
from itertools import chain
from typing import Any, Self

from sklearn.base import BaseEstimator
from sklearn.exceptions import InconsistentVersionWarning
from sklearn.utils._param_validation import (
    InvalidParameterError,
    StrOptions,
    validate_parameter_constraints,
)

from scratchmlp.utils.names import ELSEWHERE, most_similar


class OtherVersionWarning(InconsistentVersionWarning):
    """Another version of this package has written a pickle. The versions name their package."""

    def __str__(self) -> str:
        return (
            f"A {self.estimator_name} pickled with {self.original_sklearn_version} is loaded with "
            f"{self.current_sklearn_version}, where it may fail or predict other numbers. To keep "
            "a model for other versions, save it with scratchmlp.io.save."
        )


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
        """Return an object without attributes, and warn if another version wrote its pickle."""
        if version != _version():
            warnings.warn(
                OtherVersionWarning(
                    estimator_name=cls.__name__,
                    current_sklearn_version=f"scratchmlp {_version()}",
                    original_sklearn_version=f"scratchmlp {version}",
                ),
                stacklevel=2,
            )
        return cls.__new__(cls)


def _version() -> str:
    """Return the version of the package, which has been imported before this module."""
    version: str = sys.modules["scratchmlp"].__version__
    return version


class SuggestsNames(BaseEstimator):
    """An estimator whose errors about parameters suggest the name that may have been meant."""

    @classmethod
    @cache
    def _defaults(cls) -> dict[str, Any]:
        """Return the parameters with their default values."""
        parameters = signature(cls).parameters
        return {name: parameters[name].default for name in cls._get_param_names()}

    def _validate_params(self) -> None:
        """Check the parameters that differ from their defaults, which is faster than all."""
        for name, default in self._defaults().items():
            if (value := getattr(self, name)) is not default:
                self._validate_param(name, value)

    def _validate_param(self, name: str, value: Any, constraints: Any = None) -> None:
        """Validate one parameter, and suggest the name that may have been meant."""
        caller, constraints = type(self).__name__, constraints or self._parameter_constraints
        try:
            validate_parameter_constraints(constraints, {name: value}, caller)
        except InvalidParameterError as error:
            raise InvalidParameterError(f"{error}{self._suggestion(name, value)}") from None

    def _suggestion(self, parameter: str, value: Any) -> str:
        """Return the name that may have been meant by another one or by a function."""
        constraints = self._parameter_constraints[parameter]
        options = [sorted(each.options) for each in constraints if isinstance(each, StrOptions)]
        known, name = [*chain(*options)], getattr(value, "__name__", value)
        if not isinstance(name, str):
            return ""
        meant = ELSEWHERE.get(name.lower().replace("-", "_"))
        similar = meant if meant in known else most_similar(name, known)
        return "" if similar is None else f" Did you mean {similar!r}?"


def check_parameters(estimator: SuggestsNames) -> None:
    """Check the parameters of an estimator as its `fit` does."""
    estimator._validate_params()
