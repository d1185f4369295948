"""Searches over hyper-parameters that train many networks together.

`StackedGridSearchCV`, `StackedRandomizedSearchCV` and `StackedHalvingGridSearchCV` have the
parameters, the attributes and the results of scikit-learn's searches. Small networks of one shape
train in one stack, which is several times as fast as one by one: see `scratchmlp.stacked`.
`fit_together` fits several networks to the same rows.

In a search, each module asks the next one::

    search         makes tasks: a candidate and a split each
    tasks          gives the estimator of each task what is fitted for it
    stacked_fits   finds the network of each task and what it is fitted to
    inputs         fits the steps before a network, once for each split
    together       prepares the training of each network, and sorts the networks into stacks
    scratchmlp.stacked.train_together   trains a stack

scikit-learn's own search does the rest: its loop over the tasks calls `fit` of each estimator. A
network takes over the result of its stack there, and a pipeline has a `memory` that returns the
steps that are fitted already.
"""

from scratchmlp.model_selection.search import (
    StackedGridSearchCV,
    StackedHalvingGridSearchCV,
    StackedRandomizedSearchCV,
)
from scratchmlp.model_selection.together import fit_together

__all__ = [
    "StackedGridSearchCV",
    "StackedHalvingGridSearchCV",
    "StackedRandomizedSearchCV",
    "fit_together",
]
