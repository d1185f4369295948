"""
House prices with intervals
===========================

A price without a range is of little use to a seller. This example predicts prices of houses from
raw columns, gives an interval for each price, and checks whether nine of ten intervals contain the
true price. On average they do, with more of the cheap houses and fewer of the expensive ones.
"""

# %%
# Houses
# ------
# The table is generated. As in real markets, errors are in percent: expensive houses vary by more
# money than cheap ones.

import numpy as np
import pandas as pd
from matplotlib import pyplot as plt
from sklearn.model_selection import train_test_split

rng = np.random.default_rng(1)
n = 1000
district = rng.choice(["Old Town", "Harbour", "Hills", "Station", "Meadows"], n)
level = {"Old Town": 1.35, "Harbour": 1.2, "Hills": 1.5, "Station": 0.8, "Meadows": 1.0}
area = rng.gamma(12, 10, n).round()
built = rng.integers(1900, 2024, n)
condition = rng.choice(["poor", "fair", "good", "new"], n, p=[0.1, 0.3, 0.45, 0.15])
houses = pd.DataFrame(
    {
        "area": [f"{each:.0f} m²" for each in area],
        "rooms": (area / 28 + rng.normal(0, 0.6, n)).round().clip(1),
        "built": built.astype(float),
        "district": district,
        "condition": condition,
        "garden": rng.random(n) < 0.4,
    }
)
worth = {"poor": 0.8, "fair": 0.92, "good": 1.0, "new": 1.15}
price = 2.4 * area**0.95 * pd.Series(district).map(level) * pd.Series(condition).map(worth)
price *= 1 + 0.08 * houses["garden"] + 0.0012 * (built - 1960)
price = (price * np.exp(rng.normal(0, 0.12, n))).round(1)  # thousands
houses.loc[rng.random(n) < 0.1, "built"] = np.nan
train, test, price_train, price_test = train_test_split(
    houses, price, test_size=250, random_state=0
)
print(houses.head(3).assign(price=price[:3]).to_string())

# %%
# Prices
# ------
# The areas are text with a unit. The regressor reads them as numbers.

from sklearn.metrics import mean_absolute_percentage_error

from scratchmlp.tabular import TabularEnsembleRegressor

model = TabularEnsembleRegressor(cv=5, random_state=0).fit(train, price_train)
error = mean_absolute_percentage_error(price_test, model.predict(test))
print(f"R² of out-of-fold predictions: {model.oof_score_:.3f}")
print(f"new houses: R² {model.score(test, price_test):.3f}, mean error {error:.1%}")

# %%
# Intervals
# ---------
# ``predict_interval`` returns a low and a high price for each house. The picture shows 60 houses.

low, high = model.predict_interval(test, coverage=0.9).T
covered = (low <= price_test) & (price_test <= high)
print(f"{covered.mean():.0%} of the prices are in their intervals")

some = model.predict(test)[:60].argsort()
places = np.arange(60)
plt.vlines(places, low[some], high[some], color="#9ecae1", linewidth=4, label="interval")
for inside, color, label in ((True, "#08519c", "inside"), (False, "#d94801", "outside")):
    shown = covered.to_numpy()[some] == inside
    shown_price = price_test.iloc[some][shown]
    plt.scatter(places[shown], shown_price, s=14, color=color, label=label, zorder=2.5)
plt.xlabel("houses, by predicted price")
plt.ylabel("price (thousands)")
plt.legend()
plt.show()

# %%
# Wide where prices vary
# ----------------------
# A small model of the errors makes intervals of expensive houses wider. The intervals contain 95%
# of the prices of cheap houses, 92% in the middle, and 87% of the expensive ones: the coverage of
# 90% is an average over all houses. Intervals of one width would contain 100%, 92% and 77%.

thirds = pd.qcut(model.predict(test), 3, labels=["cheap", "middle", "expensive"])
table = pd.DataFrame({"width": high - low, "covered": covered.to_numpy()})
equal = np.quantile(np.abs(price_train - model.oof_prediction_), 0.9)  # half of one width for all
table["covered, one width"] = (np.abs(price_test - model.predict(test)) <= equal).to_numpy()
print(table.groupby(thirds, observed=True).mean().round(2).to_string())

# %%
# A range instead of a price
# --------------------------
# Half of the true prices are in the narrower interval, 90% in the wider one.

house = test.dropna().head(1)
print(house.to_string(index=False))
for coverage in (0.5, 0.9):
    low, high = model.predict_interval(house, coverage=coverage)[0]
    print(f"{coverage:.0%}: {low:.0f} to {high:.0f} thousand")
