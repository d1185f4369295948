"""Classifier, regressor and encoders for raw tables.

`TabularMLPClassifier` and `TabularMLPRegressor` are ensembles of neural networks that need no
tuning. `TabularEncoder` encodes numbers on any scale, missing values, categories, strings, booleans
and dates as inputs of a network. `PiecewiseLinearEncoder` encodes each number as several numbers,
one per bin, so that a network can change its slope at the edges of the bins.
"""

from scratchmlp.tabular.classifier import TabularMLPClassifier
from scratchmlp.tabular.encoder import TabularEncoder
from scratchmlp.tabular.piecewise import PiecewiseLinearEncoder
from scratchmlp.tabular.regressor import TabularMLPRegressor

__all__ = [
    "PiecewiseLinearEncoder",
    "TabularEncoder",
    "TabularMLPClassifier",
    "TabularMLPRegressor",
]

# Pickles contain the module of a class. This public name stays the same when files move.
for _public in (PiecewiseLinearEncoder, TabularEncoder, TabularMLPClassifier, TabularMLPRegressor):
    _public.__module__ = __name__
