"""
Intervals around predictions
============================

A prediction is more useful if it says how far off it may be. This example predicts the progression
of diabetes with an interval for each patient, counts how many intervals contain the true value, and
looks at rows whose error is larger for some than for others. The page :doc:`/trust` says what
the coverage means, and what breaks it.
"""

# %%
# Nine of ten
# -----------
# ``predict_interval`` returns two numbers for each row. They are made from the errors of
# out-of-fold predictions: those of the members that were not trained on the row.

import numpy as np
import pandas as pd
from matplotlib import pyplot as plt
from sklearn.datasets import load_diabetes
from sklearn.model_selection import train_test_split

from scratchmlp.tabular import TabularMLPRegressor

X, y = load_diabetes(return_X_y=True, as_frame=True)
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
regressor = TabularMLPRegressor(cv=5, max_iter=48, random_state=0).fit(X_train, y_train)

low, high = regressor.predict_interval(X_test, coverage=0.9).T
covered = (low <= y_test) & (y_test <= high)
print(f"{covered.mean():.0%} of {len(y_test)} patients, mean width {(high - low).mean():.0f}")

# %%
# The picture shows the patients in the order of their predictions.

order = regressor.predict(X_test).argsort()
places = np.arange(len(order))
plt.vlines(places, low[order], high[order], color="#c6dbef", linewidth=2, label="interval")
for inside, color, label in ((True, "#08519c", "inside"), (False, "#d94801", "outside")):
    shown = covered.to_numpy()[order] == inside
    shown_y = y_test.iloc[order][shown]
    plt.scatter(places[shown], shown_y, s=12, color=color, label=label, zorder=2.5)
plt.xlabel("patients, by prediction")
plt.ylabel("progression after a year")
plt.legend()
plt.show()

# %%
# Wide where it must be
# ---------------------
# Here the noise grows with x. A small model of the out-of-fold errors finds that out, so intervals
# are narrow on the left and wide on the right.

rng = np.random.default_rng(0)
x = np.sort(rng.uniform(0, 1, 800))
target = np.sin(6 * x) + (0.05 + x**2) * rng.normal(size=len(x))
table = pd.DataFrame({"x": x})
curve = TabularMLPRegressor(cv=4, max_iter=48, random_state=0).fit(table, target)
for coverage, color in ((0.9, "#deebf7"), (0.5, "#9ecae1")):
    low, high = curve.predict_interval(table, coverage).T
    plt.fill_between(x, low, high, color=color, label=f"{coverage:.0%}")
plt.plot(x, curve.predict(table), color="#08519c", label="prediction")
plt.scatter(x, target, s=4, color="0.4")
plt.xlabel("x")
plt.legend()
plt.show()
