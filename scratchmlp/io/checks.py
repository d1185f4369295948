"""Check the values of a loaded model, so that a file that lies gets an error before it predicts."""

from collections.abc import Callable, Collection, Iterator
from typing import Any

from sklearn.base import BaseEstimator

from scratchmlp.io.errors import ContentError, ModelFileError, require
from scratchmlp.io.network_checks import CHECKS as NETWORK_CHECKS
from scratchmlp.io.objects import objects_in
from scratchmlp.io.sklearn_checks import CHECKS as SKLEARN_CHECKS
from scratchmlp.io.sparse_checks import CHECKS as SPARSE_CHECKS
from scratchmlp.network import Network

Checks = dict[type, Callable[[Any], None]]


def check_model(model: Any, types: Collection[str]) -> None:
    """Check the values of all objects of a model.

    Parameters
    ----------
    model : estimator
        The model.
    types : collection of str
        Names of the types that it contains.

    Raises
    ------
    ContentError
        If an attribute is missing, or has a value that no fit would give it.
    """
    checks = {**NETWORK_CHECKS, **SKLEARN_CHECKS, **SPARSE_CHECKS}
    if any(name.startswith("scratchmlp.tabular.") for name in types):
        from scratchmlp.io.tabular_checks import CHECKS as TABULAR_CHECKS  # needs pandas

        checks |= TABULAR_CHECKS
    by_type: dict[type, list[Callable[[Any], None]]] = {}
    objects = list(objects_in(model))
    for each in objects:
        # Before any other check uses a network, and it computes values that depend on these.
        if isinstance(each, Network):
            expected = set(Network.__dataclass_fields__)
            require(set(vars(each)) == expected, "a network has other attributes.")
    # The last ones first: what an object holds is checked before the object uses it.
    for each in reversed(objects):
        kind = type(each)
        if kind not in by_type:
            by_type[kind] = list(_checks_of(kind, checks))
        for check in by_type[kind]:
            _run(check, each)


def _checks_of(kind: type, checks: Checks) -> Iterator[Callable[[Any], None]]:
    """Yield the checks of a type and of its base classes."""
    if kind in (dict, list, tuple, set):
        return
    yield _check_attributes
    if issubclass(kind, BaseEstimator):
        yield _check_parameters
    for base in kind.__mro__:
        if base in checks:
            yield checks[base]


def _run(check: Callable[[Any], None], each: Any) -> None:
    """Run a check. Whatever it raises means that a value is wrong."""
    try:
        check(each)
    except (MemoryError, ModelFileError):
        raise
    except Exception as error:  # values of a wrong type can raise any type
        name = type(each).__name__
        raise ContentError(
            f"the values of {name} do not fit ({type(error).__name__}: {error!s:.300})."
        ) from error


def _check_attributes(each: Any) -> None:
    """Check that no attribute hides a method."""
    kind = type(each)
    for name in getattr(each, "__dict__", ()):
        hides = callable(getattr(kind, name, None))
        require(not hides, f"{kind.__name__} has the attribute {name!r:.80}.")


def _check_parameters(each: Any) -> None:
    """Check constructor parameters as the constructor, or a fit, does."""
    if hasattr(type(each), "_parameter_constraints"):
        each._validate_params()
    else:
        each.get_params(deep=False)
    # A fit would write pickles to this folder, and read them from there.
    memory = getattr(each, "memory", None)
    if memory is not None and type(each).__module__.startswith("sklearn."):
        raise ModelFileError(
            f"{type(each).__name__} has the parameter memory={memory!r:.80}, and a file cannot "
            "name a folder to write to. Set memory=None."
        )
