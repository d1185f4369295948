"""Tables as people have them in, calibrated predictions out.

`TabularMLPClassifier` and `TabularMLPRegressor` are ensembles of networks that need no tuning.
`TabularEncoder` turns numbers on any scale, missing values, categories, strings, booleans and dates
into their inputs. `PiecewiseLinearEncoder` spreads numbers over bins, so that a network can bend
between them.
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
