"""The three displays: training on digits, a small network on Iris, weights as images."""

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from sklearn.datasets import load_digits, load_iris
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from scratchmlp import ScratchMLPClassifier
from scratchmlp.plotting import NetworkDisplay, TrainingCurveDisplay, WeightsDisplay


def axes(height: float) -> Axes:
    """Make a figure whose text is readable on a phone."""
    return plt.subplots(figsize=(5.2, height), layout="constrained")[1]


X, y = load_digits(return_X_y=True)
networks = {
    f"learning rate {rate}": ScratchMLPClassifier(
        (32,), learning_rate_init=rate, alpha=0.1, early_stopping=True, random_state=0
    ).fit(X / 16, y)
    for rate in (0.005, 0.001)
}
TrainingCurveDisplay.from_estimator(networks, ax=axes(4.6))

iris = load_iris()
small = ScratchMLPClassifier((4,), solver="lbfgs", alpha=1.0, max_iter=500, random_state=0)
model = make_pipeline(StandardScaler(), small).fit(iris.data, iris.target_names[iris.target])
NetworkDisplay.from_estimator(model, feature_names=iris.feature_names, ax=axes(3.0))

WeightsDisplay.from_estimator(networks["learning rate 0.005"], ax=axes(2.6))
