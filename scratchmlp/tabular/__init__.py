"""Tables as people have them in, calibrated predictions out.

`TabularMLPClassifier` and `TabularMLPRegressor` are ensembles of networks that need no tuning.
`TabularEncoder` turns numbers on any scale, missing values, categories, strings, booleans and dates
into their inputs. `PiecewiseLinearEncoder` spreads numbers over bins, so that a network can bend
between them.
"""

from scratchmlp.tabular._classifier import TabularMLPClassifier
from scratchmlp.tabular._encoder import TabularEncoder
from scratchmlp.tabular._piecewise import PiecewiseLinearEncoder
from scratchmlp.tabular._regressor import TabularMLPRegressor

__all__ = [
    "PiecewiseLinearEncoder",
    "TabularEncoder",
    "TabularMLPClassifier",
    "TabularMLPRegressor",
]
