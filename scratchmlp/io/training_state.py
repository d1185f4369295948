"""Copies of estimators without what only training needs."""

import copy
from typing import Any

from sklearn.base import BaseEstimator

from scratchmlp.estimators.base import BaseMLP
from scratchmlp.estimators.state import forget_training
from scratchmlp.io.objects import objects_in

#: Attributes of ensembles that hold something of each training row, in the order of the rows. The
#: errors on held-out rows, which intervals and sets need, are sorted.
_OUT_OF_FOLD = ("oof_proba_", "oof_prediction_", "held_out_")


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
        elif isinstance(each, BaseEstimator):
            for name in _OUT_OF_FOLD:
                vars(each).pop(name, None)
    return model
