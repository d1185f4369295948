"""Plots of fitted networks, as scikit-learn displays.

`TrainingCurveDisplay` plots the loss, the score and the learning rate by epoch, `NetworkDisplay`
the units and their connections, and `WeightsDisplay` the weights of the first layer as images.
`ImportancesDisplay` plots which columns of a table matter. Create a display with
``from_estimator``; its attributes hold what was drawn. The displays require matplotlib
(``pip install matplotlib``), which is imported when they draw.

`NetworkDisplay` and `WeightsDisplay` draw a fitted `ScratchMLPClassifier` or `ScratchMLPRegressor`,
or a fitted Pipeline whose last step is one. `ImportancesDisplay` takes the estimators of
`scratchmlp.tabular`, and `TrainingCurveDisplay` takes all of them.
"""

from scratchmlp.plotting.curves import TrainingCurveDisplay
from scratchmlp.plotting.importances import ImportancesDisplay
from scratchmlp.plotting.network import NetworkDisplay
from scratchmlp.plotting.weights import WeightsDisplay

__all__ = ["ImportancesDisplay", "NetworkDisplay", "TrainingCurveDisplay", "WeightsDisplay"]
