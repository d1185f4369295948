"""Predictions of ridge regression and of a network against true values, as in networks.md."""

import matplotlib.pyplot as plt
from sklearn.datasets import make_friedman1
from sklearn.linear_model import Ridge
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from scratchmlp import ScratchMLPRegressor

A, b = make_friedman1(n_samples=500, noise=1.0, random_state=0)
A_train, A_test, b_train, b_test = train_test_split(A, b, random_state=0)
models = {
    "ridge regression": (Ridge(), "#b5480f"),
    "network": (
        ScratchMLPRegressor(
            hidden_layer_sizes=(20,), solver="lbfgs", alpha=30.0, max_iter=2000, random_state=0
        ),
        "#1f5fa8",
    ),
}

figure, axes = plt.subplots(
    1, 2, figsize=(5.2, 2.9), layout="constrained", sharex=True, sharey=True
)
for ax, (name, (model, color)) in zip(axes, models.items(), strict=True):
    fitted = make_pipeline(StandardScaler(), model).fit(A_train, b_train)
    ax.plot([0, 28], [0, 28], color="0.5", linewidth=1)
    ax.scatter(b_test, fitted.predict(A_test), s=14, color=color, alpha=0.7, linewidths=0)
    ax.set(title=f"{name}, R² {fitted.score(A_test, b_test):.2f}", xlabel="true value")
    ax.set(xlim=(0, 28), ylim=(0, 28), aspect="equal")
axes[0].set_ylabel("prediction")
