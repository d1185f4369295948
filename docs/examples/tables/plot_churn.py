"""
Customer churn from a raw table
===============================

A company wants to call customers who are about to leave. Its table has categories, a date, amounts
written with a currency sign, a number of the customer and missing values. This example goes from
the raw table to a list of whom to call, and to the reasons.
"""

# %%
# The raw table
# -------------
# The table is generated, with the flaws of real ones. In your work, it comes from
# ``pandas.read_csv``.

import textwrap
import warnings

import numpy as np
import pandas as pd
from matplotlib import pyplot as plt

rng = np.random.default_rng(0)
n = 1400
joined = pd.Timestamp("2025-06-30") - pd.to_timedelta(rng.integers(20, 2000, n), "D")
contract = rng.choice(["monthly", "yearly", "two years"], n, p=[0.55, 0.3, 0.15])
fee = rng.gamma(9, 6, n).round(2)
calls = rng.poisson(1.2, n)
months = (pd.Timestamp("2025-06-30") - joined).days / 30.4
risk = (
    1.6 * (contract == "monthly")
    + 0.55 * calls
    + 0.03 * (fee - 54) * (contract == "monthly")
    - 1.1 * np.log1p(months / 6)
)
left = np.where(rng.random(n) < 1 / (1 + np.exp(1 - risk)), "left", "stayed")
customers = pd.DataFrame(
    {
        "customer": [f"C-{number:05d}" for number in rng.permutation(n)],
        "joined": joined.strftime("%d.%m.%Y"),
        "contract": contract,
        "monthly fee": [f"{each:.2f} €" for each in fee],
        "service calls": calls,
        "region": rng.choice(["north", "south", "east", "west"], n),
        "paperless": rng.random(n) < 0.6,
    }
)
customers.loc[rng.random(n) < 0.08, "region"] = None
customers.loc[rng.random(n) < 0.05, "monthly fee"] = "n.a."
print(customers.head().to_string())
print(f"{(left == 'left').mean():.0%} left")

# %%
# Fit it as it is
# ---------------
# The table needs no preparation. ``fit`` warns of the column that it leaves out.

from sklearn.model_selection import train_test_split

from scratchmlp.tabular import TabularEnsembleClassifier

train, new, left_train, left_new = train_test_split(
    customers, left, test_size=450, stratify=left, random_state=0
)
model = TabularEnsembleClassifier(cv=5, random_state=0)
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    model.fit(train, left_train)
print(textwrap.fill(str(caught[0].message), 90))

# %%
# The encoder says what it took each column for.

for name, column in model.encoder_.columns_.items():
    print(f"{name}: {column['kind']} ({column['reason']})")

# %%
# How good it is
# --------------
# Out-of-fold predictions show how good predictions of new customers will be, before there are any.
# Here are 450 new customers to compare with.

from sklearn.metrics import log_loss, roc_auc_score

rows = {
    "out of fold": (left_train, model.oof_proba_),
    "new customers": (left_new, model.predict_proba(new)),
}
for name, (truth, proba) in rows.items():
    auc = roc_auc_score(truth == "left", proba[:, 0])  # classes_ is ["left", "stayed"]
    print(f"{name}: AUC {auc:.3f}, log-loss {log_loss(truth, proba):.3f}")

# %%
# Are the probabilities right?
# ----------------------------
# If they are, 70% of the customers with a probability of 70% leave. The squares are near the
# diagonal.

from sklearn.calibration import CalibrationDisplay

CalibrationDisplay.from_predictions(
    left_train == "left", model.oof_proba_[:, 0], n_bins=6, strategy="quantile", name="out of fold"
)
plt.show()

# %%
# Why do customers leave?
# -----------------------
# The importance of a column is how much worse the log-loss gets if its values are permuted.

from scratchmlp.plotting import ImportancesDisplay

# sphinx_gallery_thumbnail_number = 2
ImportancesDisplay.from_importances(model.oof_importances(train, left_train, random_state=0))
plt.show()

# %%
# Partial dependence shows the direction: customers who call the service often are less likely to
# stay.

from sklearn.inspection import PartialDependenceDisplay

_, axes = plt.subplots(1, 2, figsize=(6, 3.4), layout="constrained")
PartialDependenceDisplay.from_estimator(
    model,
    train.astype({"service calls": float}),
    ["service calls", "contract"],
    categorical_features=["contract"],
    response_method="predict_proba",
    grid_resolution=8,
    ax=axes,
)
for ax in axes:
    ax.set_ylabel("probability of staying")
    ax.tick_params("x", rotation=0)
plt.show()

# %%
# Whom to call
# ------------
# The customers with the highest probabilities of leaving come first.

order = model.predict_proba(new)[:, 0].argsort()[::-1]
found = (left_new[order] == "left").cumsum()
at_random = 50 * (left_new == "left").mean()
print(f"{found[49]} of the first 50 customers left; {at_random:.0f} of 50 do at random")

plt.plot(np.arange(1, 451), found / found[-1], label="by probability")
plt.plot([0, 450], [0, 1], color="0.5", linestyle=":", label="at random")
plt.xlabel("customers called")
plt.ylabel("share of those who leave")
plt.legend()
plt.show()
