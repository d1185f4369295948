"""The objects that a model consists of."""

import copy
from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np
from sklearn.tree import BaseDecisionTree

from scratchmlp.estimators.base import BaseMLP
from scratchmlp.estimators.state import forget_training
from scratchmlp.tabular.base import BaseTabular
from scratchmlp.tabular.fitted_table import fitted_table, set_fitted

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
        yielded. The attribute `tree_` of a decision tree is not, unless something else holds it.
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
        elif isinstance(each, partial):
            todo += [each.func, each.args, each.keywords]
        held = dict(getattr(each, "__dict__", {}))
        if isinstance(each, BaseDecisionTree):
            held.pop("tree_", None)
        todo += held.values()


def without_training_state(model: Any) -> Any:
    """Return a copy of a model that predicts the same, but from which training cannot continue.

    Parameters
    ----------
    model : estimator
        An estimator, or a Pipeline or a search that contains some.

    Returns
    -------
    estimator
        The copy.
    """
    model = copy.deepcopy(model)
    for each in objects_in(model):
        if isinstance(each, BaseMLP) and "theta_" in vars(each):
            forget_training(each)
        elif isinstance(each, BaseTabular) and hasattr(each, "encoder_"):
            set_fitted(each, fitted_table(each).without_training())
    return model
