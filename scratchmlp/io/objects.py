"""The objects that a model consists of."""

from collections.abc import Iterator
from typing import Any

import numpy as np

_LEAVES = (str, bytes, int, float, type(None), np.generic, type)


def objects_in(model: Any) -> Iterator[Any]:
    """Yield a model and all objects that it holds, each once: those within it later.

    Parameters
    ----------
    model : object
        The model.

    Yields
    ------
    object
        An object that is neither a number, text nor an array. The items of arrays of objects are
        yielded.
    """
    seen: dict[int, Any] = {}
    todo = [model]
    while todo:
        each = todo.pop()
        if isinstance(each, _LEAVES) or id(each) in seen:
            continue
        seen[id(each)] = each  # kept alive, so that no other object gets its number
        if isinstance(each, np.ndarray):
            if each.dtype.hasobject:
                todo += np.asarray(each).ravel().tolist()  # those that are masked, too
            continue
        yield each
        if isinstance(each, dict):
            todo += each.values()
        elif isinstance(each, list | tuple | set | frozenset):
            todo += each
        todo += getattr(each, "__dict__", {}).values()
