"""
Learning rate and width by grid search
======================================

The learning rate and the number of hidden units are the two parameters to tune first. This example
tunes both in a pipeline, with scikit-learn's grid search. A heat map shows how they interact.
"""

# %%
# The search
# ----------
# The scaler is part of the pipeline, so in each fold it is fitted only on the training rows. Each
# network trains for 40 epochs. The one-cycle schedule is planned for these 40 epochs and ends with
# small steps, so the warning that ``max_iter`` was reached can be ignored.

import warnings

import numpy as np
import pandas as pd
from matplotlib import pyplot as plt
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV, StratifiedKFold, train_test_split
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from scratchmlp import ScratchMLPClassifier

X, y = load_digits(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X, y, stratify=y, random_state=0)
network = ScratchMLPClassifier(
    learning_rate="one_cycle", max_iter=40, n_iter_no_change=np.inf, random_state=0
)
search = GridSearchCV(
    Pipeline([("scale", StandardScaler()), ("network", network)]),
    {
        "network__learning_rate_init": [0.0003, 0.001, 0.003, 0.01, 0.03, 0.1],
        "network__hidden_layer_sizes": [(2,), (4,), (8,), (16,), (32,), (64,)],
    },
    cv=StratifiedKFold(3, shuffle=True, random_state=0),
)
with warnings.catch_warnings(action="ignore", category=ConvergenceWarning):
    search.fit(X_train, y_train)

# %%
# The best parameters, and the accuracy on rows that the search has not seen:

print(search.best_params_)
print(f"accuracy in cross-validation: {search.best_score_:.3f}")
print(f"accuracy on the test rows: {search.score(X_test, y_test):.3f}")

# %%
# The heat map
# ------------
# Each cell shows the mean accuracy over the folds. Networks with very few units cannot separate ten
# digits at any learning rate. With enough units, a broad range of rates works about equally well.
# At the smallest rates, 40 epochs are too few.

results = pd.DataFrame(search.cv_results_)
table = results.assign(
    rate=results["param_network__learning_rate_init"],
    units=[sizes[0] for sizes in results["param_network__hidden_layer_sizes"]],
).pivot_table("mean_test_score", "units", "rate")

figure, ax = plt.subplots(figsize=(5.6, 4.4), layout="constrained")
picture = ax.imshow(table, cmap="viridis", origin="lower", aspect="auto")
ax.set_xticks(range(table.shape[1]), [f"{rate:g}" for rate in table.columns])
ax.set_yticks(range(table.shape[0]), table.index)
for (row, column), score in np.ndenumerate(table):
    dark = picture.norm(score) < 0.6
    ax.text(column, row, f"{score:.2f}", ha="center", va="center", color="w" if dark else "k")
ax.set(xlabel="initial learning rate", ylabel="hidden units", title="Digits, 40 epochs")
figure.colorbar(picture, label="mean accuracy over three folds")
