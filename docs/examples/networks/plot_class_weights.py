"""
Class weights for a rare class
==============================

If one class is rare, a classifier can have a high accuracy and still miss most rows of this class.
Class weights make a missed rare row cost more. This example uses them for a network and for
logistic regression.
"""

# %%
# Two moons, one with few rows
# ----------------------------

import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.colors import ListedColormap
from sklearn.datasets import make_moons
from sklearn.inspection import DecisionBoundaryDisplay
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, balanced_accuracy_score, precision_score, recall_score
from sklearn.model_selection import train_test_split

from scratchmlp import ScratchMLPClassifier

X, y = make_moons((3800, 200), noise=0.3, random_state=0)
X_train, X_test, y_train, y_test = train_test_split(X, y, stratify=y, random_state=0)
print(f"rare: {y_train.sum()} of {len(y_train)} training rows")

# %%
# Four models
# -----------
# ``class_weight="balanced"`` gives both classes the same total weight in the loss.

linear = LogisticRegression()
network = ScratchMLPClassifier(
    (8,), activation="tanh", solver="lbfgs", alpha=1.0, max_iter=1000, random_state=0
)
models, table = {}, {}
for name, model in {"logistic regression": linear, "network": network}.items():
    for ending, weight in {"": None, ", balanced": "balanced"}.items():
        fitted = type(model)(**model.get_params() | {"class_weight": weight}).fit(X_train, y_train)
        predicted = fitted.predict(X_test)
        models[name + ending] = fitted
        table[name + ending] = {
            "recall": recall_score(y_test, predicted),
            "precision": precision_score(y_test, predicted),
            "accuracy": accuracy_score(y_test, predicted),
            "balanced": balanced_accuracy_score(y_test, predicted),
        }
print(pd.DataFrame.from_dict(table, orient="index").round(2))

# %%
# *Recall* is the share of rare rows that are predicted as rare. *Precision* is the share of rare
# rows among the rows predicted as rare. Class weights trade precision for recall: balanced models
# find more rare rows and raise more false alarms. *Accuracy* decreases, because most rows are
# common. *Balanced* accuracy, the mean recall of both classes, increases. Which of these scores
# matters depends on the task.

# %%
# How the decision boundary moves
# -------------------------------
# With class weights, the decision boundary moves into the common class. The boundary of the network
# can bend, so it cuts off fewer common rows than that of logistic regression.

colours = ListedColormap(["#56B4E9", "#D55E00"])
figure, axes = plt.subplots(2, 2, figsize=(6, 5.8), sharex=True, sharey=True, layout="constrained")
settings = {"plot_method": "pcolormesh", "grid_resolution": 300, "cmap": colours, "alpha": 0.25}
for (name, model), ax in zip(models.items(), axes.flat, strict=True):
    DecisionBoundaryDisplay.from_estimator(model, X, response_method="predict", ax=ax, **settings)
    for label, text in enumerate(("common", "rare")):
        style = {"color": colours.colors[label], "s": 14, "edgecolors": "black", "linewidths": 0.3}
        ax.scatter(*X_test[y_test == label].T, label=text, **style)
    ax.set(title=f"{name}\nrecall {table[name]['recall']:.2f}", xlabel="", ylabel="")
axes[0, 0].legend(title="test rows", loc="lower left")
figure.supxlabel("first feature", fontsize="medium")
figure.supylabel("second feature", fontsize="medium")
