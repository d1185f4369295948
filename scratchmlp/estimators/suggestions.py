"""Suggest the name that a user may have meant."""

from collections.abc import Iterable
from difflib import get_close_matches
from itertools import chain

from sklearn.base import BaseEstimator
from sklearn.utils._param_validation import InvalidParameterError, StrOptions


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
