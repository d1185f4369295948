"""
Iris, as in the article
=======================

This package started from a beginner's article that derives a network with one hidden layer and
trains it on Iris. This example trains that network, and then the same network with biases, which
the article omits.
"""

# %%
# The article's network
# ---------------------
# The network is one configuration of the classifier: four relu units, logistic outputs, the squared
# error and plain gradient descent on full batches. It trains for 10,000 epochs. The warning that
# ``max_iter`` was reached is expected here, so it is ignored.

import warnings

import numpy as np
import pandas as pd
from matplotlib import pyplot as plt
from sklearn.datasets import load_iris
from sklearn.decomposition import PCA
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

from scratchmlp import ScratchMLPClassifier
from scratchmlp.plotting import TrainingCurveDisplay

iris = load_iris()
X_train, X_test, y_train, y_test = train_test_split(
    iris.data, iris.target, test_size=0.2, random_state=0
)
scaler = StandardScaler().fit(X_train)  # on the training rows only
X_train, X_test = scaler.transform(X_train), scaler.transform(X_test)
network = {"hidden_layer_sizes": (4,), "output_activation": "logistic", "loss": "squared_error"}
network |= {"weight_init": "standard_normal", "alpha": 0.0}
descent = {"solver": "sgd", "momentum": 0.0, "learning_rate_init": 0.5, "batch_size": "full"}
descent |= {"max_iter": 10_000, "tol": 0.0, "n_iter_no_change": np.inf}

# %%
# With and without biases
# -----------------------
# Train five networks of each kind, with different seeds. This is their accuracy on the test rows:

networks = {"without biases": [], "with biases": []}
for seed in range(5):
    for name, trained in networks.items():
        model = ScratchMLPClassifier(
            **network, **descent, fit_intercept=name == "with biases", random_state=seed
        )
        with warnings.catch_warnings(action="ignore", category=ConvergenceWarning):
            trained.append(model.fit(X_train, y_train))
accuracy = pd.DataFrame(
    {name: [model.score(X_test, y_test) for model in trained] for name, trained in networks.items()}
).rename_axis("seed")
print(accuracy.round(2), accuracy.median().rename("median").round(2), sep="\n\n")

# %%
# The training loss for the first seed:

first = {name: trained[0] for name, trained in networks.items()}
display = TrainingCurveDisplay.from_estimator(first)
display.axes_[-1].set(xscale="log", xlabel="epoch (logarithmic)")
display.ax_.set_title("The article's network")

# %%
# Misclassified flowers
# ---------------------
# The plot shows the test rows, projected onto the first two principal components. Without biases,
# every border between classes consists of rays from the mean of the training rows. But *versicolor*
# lies around this mean, between the two other species. :doc:`/backpropagation/article` explains
# why.

# sphinx_gallery_thumbnail_number = 2
plane = PCA(2).fit(X_train)
figure, axes = plt.subplots(1, 2, figsize=(6, 3.6), sharey=True, layout="constrained")
for (name, model), ax in zip(first.items(), axes, strict=True):
    for species, colour in enumerate(("#0072B2", "#E69F00", "#009E73")):
        rows = plane.transform(X_test[y_test == species])
        ax.scatter(*rows.T, color=colour, s=45, label=iris.target_names[species])
    wrong = plane.transform(X_test)[model.predict(X_test) != y_test]
    ax.scatter(*wrong.T, marker="x", color="black", s=80, label="wrong")
    ax.plot(0, 0, "+", color="#D55E00", markersize=14, markeredgewidth=2, label="mean")
    ax.set(title=f"{name}: {len(wrong)} of {len(X_test)} wrong", xlabel="first component")
axes[0].set_ylabel("second component")
figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=5)
