"""Plots of fitted networks, as scikit-learn displays.

`TrainingCurveDisplay` plots the loss, the score and the learning rate by epoch, `NetworkDisplay`
the units and their connections, and `WeightsDisplay` the weights of the first layer as images.
Create a display with ``from_estimator``; its attributes hold what was drawn. The displays require
matplotlib (``pip install matplotlib``), which is imported when they draw.

The estimator must be a fitted `ScratchMLPClassifier` or `ScratchMLPRegressor`, or a fitted Pipeline
whose last step is one.
"""

from scratchmlp.plotting.curves import TrainingCurveDisplay
from scratchmlp.plotting.network import NetworkDisplay
from scratchmlp.plotting.weights import WeightsDisplay

__all__ = ["NetworkDisplay", "TrainingCurveDisplay", "WeightsDisplay"]
