"""
Groups and time
===============

Folds of random rows are right if rows are independent. Visits of the same patient are not, and
neither are days that follow each other. Then random folds promise a quality that new patients, or
later days, do not get. This example shows by how much, and which folds tell the truth.
"""

# %%
# Visits of patients
# ------------------
# 60 patients come ten times each. Each patient has a level of pain of their own. It shows in their
# blood values, which are as good as a name.

import numpy as np
import pandas as pd
from matplotlib import pyplot as plt
from sklearn.metrics import r2_score

from scratchmlp.tabular import TabularMLPRegressor

rng = np.random.default_rng(0)


def visits(n_patients):
    """Generate ten visits of each patient."""
    patient = np.repeat(np.arange(n_patients), 10)
    fingerprint = rng.normal(size=(n_patients, 4))[patient]
    level = rng.normal(size=n_patients)[patient]
    dose = rng.uniform(0, 2, len(patient))
    table = pd.DataFrame(fingerprint + rng.normal(0, 0.05, fingerprint.shape), columns=list("abcd"))
    pain = 2 * level - 4 * dose + rng.normal(0, 1, len(patient))
    return table.assign(dose=dose), pain, patient


table, pain, patient = visits(60)
new_table, new_pain, _ = visits(60)

# %%
# Random folds put some visits of a patient into training and others into the held-out fold, so that
# the networks recognize the patient. With ``groups``, all visits of a patient are in the same fold.

settings = {"cv": 5, "max_iter": 40, "random_state": 0}
scores = {}
for name, groups in {"random folds": None, "groups": patient}.items():
    model = TabularMLPRegressor(**settings).fit(table, pain, groups=groups)
    truth = r2_score(new_pain, model.predict(new_table))
    scores[name] = (model.oof_score_, truth)
    print(f"{name}: R² {model.oof_score_:.2f} out of fold, {truth:.2f} for new patients")

# %%
# The same for time
# -----------------
# Sales have a season, and their level drifts at random. The last 100 days are the future.

days = pd.date_range("2024-01-01", periods=600)
season = np.sin(2 * np.pi * days.day_of_year.to_numpy() / 365.25)
walk = rng.normal(0, 1.5, 600).cumsum()
saturday = days.day_of_week.to_numpy() == 5
sold = 100 + 20 * season + walk + 10 * saturday + rng.normal(0, 3, 600)
sales = pd.DataFrame({"day": days, "price": rng.uniform(4, 6, 600)})
past, future = sales[:500], sales[500:]

# %%
# Random folds predict a day from the days around it, which no forecast can do. ``TimeSeriesSplit``
# trains each member on rows earlier than those that it holds out. Sort the rows by time first. With
# random folds, ``fit`` would warn that later rows are different; ``inspect_table=False`` is silent.

from sklearn.model_selection import TimeSeriesSplit

for name, cv in {"random folds, days": 5, "TimeSeriesSplit": TimeSeriesSplit(5)}.items():
    model = TabularMLPRegressor(cv=cv, max_iter=40, inspect_table=False, random_state=0)
    model.fit(past, sold[:500])
    held_out = ~np.isnan(model.oof_prediction_)  # the first rows are in no fold
    errors = np.abs(model.oof_prediction_ - sold[:500])[held_out]
    later = np.abs(model.predict(future) - sold[500:])
    scores[name] = (errors.mean(), later.mean())
    print(f"{name}: mean error {errors.mean():.1f} out of fold, {later.mean():.1f} for later days")

# %%
# What to take from this
# ----------------------
# The strong bars are what out-of-fold predictions promise, the faint ones what new patients and
# later days get. With groups and with time, the promise is closer to the truth. The forecasts
# themselves need not be better: with random folds, all members have seen the latest days. Here
# this helps: the mean error for later days is 17.5 instead of 27.3. So use ``TimeSeriesSplit`` for
# the estimate only.

figure, axes = plt.subplots(1, 2, figsize=(6, 3), width_ratios=(2, 3), layout="constrained")
names = list(scores)
for ax, pair, label in zip(axes, (names[:2], names[2:]), ("R²", "mean error"), strict=True):
    promise, got = zip(*(scores[name] for name in pair), strict=True)
    places = np.arange(2)
    ax.bar(places - 0.2, promise, 0.38, color="#08519c", label="out of fold")
    ax.bar(places + 0.2, got, 0.38, color="#9ecae1", label="new rows")
    ax.set_xticks(places, pair)
    ax.set_ylabel(label)
    ax.axhline(0, color="0.3", linewidth=1)
axes[0].legend()
plt.show()

# %%
# To cross-validate a whole search with groups, enable metadata routing, so that scikit-learn passes
# the groups to the splitter and to ``fit``. On the command line, ``--groups patient`` and
# ``--time day`` do both.
