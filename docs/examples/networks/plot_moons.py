"""
How many hidden units two moons need
====================================

Each hidden unit divides the plane by one line, and the output layer combines these lines into a
decision boundary. This example trains networks with 1, 2, 4 and 32 units in one hidden layer.
"""

# %%
# Two classes that no straight line separates
# -------------------------------------------
# Both features have a similar scale, so no scaler is needed. On small data like these, L-BFGS needs
# few steps. A small L2 penalty, ``alpha``, lets it converge.

import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.colors import ListedColormap
from sklearn.datasets import make_moons
from sklearn.inspection import DecisionBoundaryDisplay
from sklearn.model_selection import train_test_split

from scratchmlp import ScratchMLPClassifier

X, y = make_moons(400, noise=0.2, random_state=0)
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
networks = {
    width: ScratchMLPClassifier(
        (width,), activation="tanh", solver="lbfgs", alpha=0.1, max_iter=1000, random_state=0
    ).fit(X_train, y_train)
    for width in (1, 2, 4, 32)
}

# %%
# Accuracy and the number of parameters
# -------------------------------------

rows = {
    width: {
        "parameters": network.n_parameters_,
        "training accuracy": network.score(X_train, y_train),
        "test accuracy": network.score(X_test, y_test),
    }
    for width, network in networks.items()
}
print(pd.DataFrame.from_dict(rows, orient="index").rename_axis("units").round(3))

# %%
# The decision boundary
# ---------------------
# Color shows the probability of the second class, the line shows where it is one half, and the dots
# are the test rows. With one unit, the boundary is a straight line, as in logistic regression.
# With a few units, it follows the moons. Many more units change little, because the penalty keeps
# the boundary smooth.

colours = ListedColormap(["#0072B2", "#D55E00"])
figure, axes = plt.subplots(2, 2, figsize=(6, 5.2), sharex=True, sharey=True, layout="constrained")
for (width, network), ax in zip(networks.items(), axes.flat, strict=True):
    settings = {"response_method": "predict_proba", "grid_resolution": 200, "ax": ax}
    shown = DecisionBoundaryDisplay.from_estimator(
        network, X, plot_method="pcolormesh", cmap="RdBu_r", vmin=0, vmax=1, alpha=0.6, **settings
    )
    DecisionBoundaryDisplay.from_estimator(
        network, X, plot_method="contour", levels=[0.5], colors="black", linewidths=1.5, **settings
    )
    ax.scatter(*X_test.T, c=y_test, cmap=colours, s=22, edgecolors="white", linewidths=0.5)
    ax.set(title=f"{width} unit{'s' * (width > 1)}", xlabel="", ylabel="")
figure.colorbar(shown.surface_, ax=axes, label="probability of the second class")
figure.supxlabel("first feature", fontsize="medium")
figure.supylabel("second feature", fontsize="medium")
