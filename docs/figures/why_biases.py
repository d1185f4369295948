"""Decision regions of the article's network on two Iris features, without and with biases."""

import warnings

import matplotlib.pyplot as plt
from matplotlib.colors import ListedColormap
from sklearn.datasets import load_iris
from sklearn.exceptions import ConvergenceWarning
from sklearn.inspection import DecisionBoundaryDisplay

from scratchmlp.cli.article import article_network, article_split

COLOURS = ListedColormap(["#3b6fb6", "#e0902f", "#4c9a57"])

iris = load_iris()
(X_train, y_train), (X_test, y_test) = article_split()
X_train, X_test = X_train[:, 2:], X_test[:, 2:]  # petal length and width

figure, axes = plt.subplots(2, 1, figsize=(5.2, 8.4), sharex=True, layout="constrained")
for fit_intercept, ax in zip((False, True), axes, strict=True):
    network = article_network(fit_intercept=fit_intercept, random_state=0)
    with warnings.catch_warnings(action="ignore", category=ConvergenceWarning):
        network.fit(X_train, y_train)
    DecisionBoundaryDisplay.from_estimator(
        network,
        X_train,
        response_method="predict",
        plot_method="pcolormesh",
        grid_resolution=400,
        multiclass_colors=COLOURS.colors,
        alpha=0.3,
        ax=ax,
    )
    for X, y, marker in ((X_train, y_train, "o"), (X_test, y_test, "^")):
        ax.scatter(*X.T, c=y, cmap=COLOURS, marker=marker, s=26, edgecolors="black", linewidths=0.5)
    ax.plot(0, 0, "k+", markersize=16, markeredgewidth=2)
    ax.set(
        title=f"{'With' if fit_intercept else 'Without'} biases: "
        f"test accuracy {network.score(X_test, y_test):.2f}",
        xlabel="petal length, standardized" if fit_intercept else "",
        ylabel="petal width, standardized",
    )

handles = [
    plt.Line2D([], [], ls="", marker="o", color=colour, markeredgecolor="black", label=name)
    for colour, name in zip(COLOURS.colors, iris.target_names, strict=True)
]
handles += [
    plt.Line2D([], [], ls="", marker="^", color="white", markeredgecolor="black", label="test row"),
    plt.Line2D([], [], ls="", marker="+", color="black", markersize=10, label="origin"),
]
figure.legend(handles=handles, loc="outside lower center", ncols=3, frameon=False)
