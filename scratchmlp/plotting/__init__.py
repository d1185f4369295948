"""Pictures of fitted networks, as displays in the manner of scikit-learn.

`TrainingCurveDisplay` shows how training went, `NetworkDisplay` the units and their connections,
`WeightsDisplay` the weights of the first layer as images. Each is made with ``from_estimator``,
and what was drawn stands in its attributes. They need matplotlib (``pip install matplotlib``),
which is imported when something is drawn.

An estimator is one of this package, fitted, or a Pipeline that ends in one.
"""

from scratchmlp.plotting.curves import TrainingCurveDisplay
from scratchmlp.plotting.network import NetworkDisplay
from scratchmlp.plotting.weights import WeightsDisplay

__all__ = ["NetworkDisplay", "TrainingCurveDisplay", "WeightsDisplay"]
