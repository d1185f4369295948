"""
Which columns matter
====================

An estimator for tables keeps which rows each of its networks held out. ``oof_importances`` uses
these rows to measure what each column of the raw table is worth, without a second fit. This example
asks which measurements tell how diabetes progresses within a year. The page :doc:`/trust` says what
to pass, and what the result contains.
"""

# %%
# Measure and draw
# ----------------
# A column is permuted: its values are exchanged at random among the rows. The importance is the
# loss of score, here of R². A dot is one permutation.

from matplotlib import pyplot as plt
from sklearn.datasets import load_diabetes

from scratchmlp.plotting import ImportancesDisplay
from scratchmlp.tabular import TabularMLPRegressor

X, y = load_diabetes(return_X_y=True, as_frame=True, scaled=False)
regressor = TabularMLPRegressor(cv=5, max_iter=48, random_state=0).fit(X, y)
result = regressor.oof_importances(X, y, n_repeats=10, random_state=0)
display = ImportancesDisplay.from_importances(result)

# %%
# The serum measurements ``s1`` to ``s6`` are correlated. If one of them is permuted, the others
# still tell most of what it told, so that they share their importance. Such bars are faint.

for one, other, correlation in result.correlated:
    print(f"{one} and {other}: {correlation:.2f}")

# %%
# Correlated columns as a group
# -----------------------------
# Columns of a group are permuted together. The cholesterols are now one bar.

groups = {
    "cholesterol (s1 to s4)": ["s1", "s2", "s3", "s4"],
    **{name: [name] for name in ("age", "sex", "bmi", "bp", "s5", "s6")},
}
grouped = regressor.oof_importances(X, y, columns=groups, n_repeats=10, random_state=0)
display = ImportancesDisplay.from_importances(grouped)
display.ax_.set_title(f"R² on rows that were held out: {grouped.score:.2f}")
plt.show()
