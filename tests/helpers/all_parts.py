"""Ensembles that hold all their estimators, also those that `fit` would drop."""

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from scratchmlp.tabular.ensemble import fit
from tests.helpers.patches import Patches


@contextmanager
def all_parts() -> Iterator[None]:
    """Give the estimators of an ensemble equal weights during `fit`."""

    def equal_weights(predictions, loss, prior):
        return np.full(len(predictions), 1 / len(predictions))

    def unchanged(weights, *arguments):
        return weights

    with Patches.context() as patches:
        patches.setattr(fit, "select_weights", equal_weights)
        patches.setattr(fit, "without_negligible", unchanged)
        yield
