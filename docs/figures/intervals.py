"""Intervals of the hours that people of the Adult table work: the picture of trust.md."""

import matplotlib.pyplot as plt
import numpy as np
from tutorial import adult, new

from scratchmlp.tabular import TabularEnsembleRegressor

TARGET, SHOWN = "hours_per_week", 50

model = TabularEnsembleRegressor(random_state=0)
model.fit(adult.drop(columns=TARGET), adult[TARGET])
shown = new[:SHOWN]
X, hours = shown.drop(columns=TARGET), shown[TARGET].to_numpy()
low, high = model.predict_interval(X, coverage=0.9).T
order = np.argsort(high - low)
low, high, hours = low[order], high[order], hours[order]
is_inside = (low <= hours) & (hours <= high)

figure, ax = plt.subplots(figsize=(5.2, 3.6), layout="constrained")
places = np.arange(SHOWN)
ax.vlines(places, low, high, color="#9cc9e3", linewidth=4, label="interval")
for inside, color, marker in ((True, "#0072B2", "o"), (False, "#D55E00", "D")):
    at = is_inside == inside
    label = f"true value {'inside' if inside else 'outside'} ({at.sum()})"
    ax.scatter(places[at], hours[at], 18, color, marker, label=label, zorder=3)
ax.set(xlabel="people, from the narrowest interval to the widest", ylabel="hours per week")
ax.set_xticks([])
ax.set_ylim(None, 112)  # above the intervals: the legend
ax.legend(loc="upper left", ncols=2, frameon=False)
