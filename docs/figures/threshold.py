"""What mistakes cost by threshold, from out-of-fold probabilities: the table of imbalance.md."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from scratchmlp.tabular import TabularMLPClassifier

rng = np.random.default_rng(0)
payments = pd.DataFrame(
    {
        "amount": rng.gamma(2, 50, 1600).round(2),
        "country": rng.choice(["DE", "FR", "IT", "PL"], 1600),
        "hour": rng.integers(0, 24, 1600).astype(float),
        "new customer": rng.random(1600) < 0.3,
    }
)
risk = 0.012 * payments["amount"] + 1.6 * payments["new customer"] + 1.2 * (payments["hour"] < 6)
fraud = rng.random(1600) < 1 / (1 + np.exp(5 - risk))

model = TabularMLPClassifier(cv=4, max_iter=32, random_state=0).fit(payments, fraud)
proba = model.oof_proba_[:, 1]
thresholds = np.linspace(0.005, 0.6, 300)
missed = np.array([20 * np.sum(fraud & (proba < each)) for each in thresholds])
checked = np.array([np.sum(~fraud & (proba >= each)) for each in thresholds])

figure, ax = plt.subplots(figsize=(7, 3.6), layout="constrained")
ax.plot(thresholds, missed, color="#b5480f", linestyle="--", label="missed frauds, 20 each")
ax.plot(thresholds, checked, color="#1f5fa8", linestyle=":", label="checks for nothing, 1 each")
ax.plot(thresholds, missed + checked, color="black", label="both")
for place, text in ((1 / 21, "1 / 21"), (0.5, "1 / 2")):
    ax.axvline(place, color="0.6", linewidth=1)
    ax.text(place + 0.006, 40, text, color="0.3")
ax.set(xlabel="threshold", ylabel="cost", ylim=(0, None), xlim=(0, 0.6))
ax.legend(loc=(0.5, 0.28))
