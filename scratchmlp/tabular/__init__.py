"""Tables as people have them: what turns their columns into inputs of a network.

`TabularEncoder` takes numbers on any scale, missing values, categories, strings, booleans and
dates. `PiecewiseLinearEncoder` spreads numbers over bins, so that a network can bend between them.
"""

from scratchmlp.tabular._encoder import TabularEncoder
from scratchmlp.tabular._piecewise import PiecewiseLinearEncoder

__all__ = ["PiecewiseLinearEncoder", "TabularEncoder"]
