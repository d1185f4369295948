"""Classifiers, regressors and encoders for raw tables. They need no tuning.

`TabularEnsembleClassifier` and `TabularEnsembleRegressor` combine neural networks with trees, and
predict best. `TabularMLPClassifier` and `TabularMLPRegressor` are the ensembles of networks alone.
`TabularEncoder` encodes numbers on any scale, missing values, categories, strings, booleans and
dates as inputs of a network. `PiecewiseLinearEncoder` encodes each number as several numbers, one
per bin, so that a network can change its slope at the edges of the bins.
"""

from scratchmlp.tabular.classifier import TabularMLPClassifier
from scratchmlp.tabular.encoder import TabularEncoder
from scratchmlp.tabular.ensemble_classifier import TabularEnsembleClassifier
from scratchmlp.tabular.ensemble_regressor import TabularEnsembleRegressor
from scratchmlp.tabular.piecewise import PiecewiseLinearEncoder
from scratchmlp.tabular.regressor import TabularMLPRegressor

__all__ = [
    "PiecewiseLinearEncoder",
    "TabularEncoder",
    "TabularEnsembleClassifier",
    "TabularEnsembleRegressor",
    "TabularMLPClassifier",
    "TabularMLPRegressor",
]

# Pickles contain the module of a class. This public name stays the same when files move.
for _public in (
    PiecewiseLinearEncoder,
    TabularEncoder,
    TabularEnsembleClassifier,
    TabularEnsembleRegressor,
    TabularMLPClassifier,
    TabularMLPRegressor,
):
    _public.__module__ = __name__
