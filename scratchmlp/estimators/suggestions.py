"""Suggest the name that a user may have meant."""

from collections.abc import Iterable
from difflib import get_close_matches

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
        for parameter, constraints in self._parameter_constraints.items():
            value = getattr(self, parameter)
            if isinstance(value, str) and error.startswith(f"The {parameter!r} parameter"):
                options = [each.options for each in constraints if isinstance(each, StrOptions)]
                # Sorted, because of equally similar names any could be first.
                similar = most_similar(value, sorted(set().union(*options)))
                return "" if similar is None else f" Did you mean {similar!r}?"
        return ""
