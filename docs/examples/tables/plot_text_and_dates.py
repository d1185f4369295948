"""
Text and dates
==============

A help desk wants to know which tickets will take long. Each ticket has a text, a time at which it
was opened, and a product. This example shows what the encoder makes of such columns, how much the
text tells, and what to do if a column is misread.
"""

# %%
# Tickets
# -------
# Long tickets are about crashes and invoices, and those that are opened at the weekend.

import textwrap

import numpy as np
import pandas as pd
from matplotlib import pyplot as plt

rng = np.random.default_rng(2)
n = 700
topics = {
    "the app crashes when I open a report": 1.6,
    "please send the invoice again": 1.0,
    "how can I change my password": -1.5,
    "where do I find the export": -1.0,
    "the page is slow today": 0.0,
}
openings = ("Hello,", "Good morning,", "Dear team,", "Hi there,")
endings = ("thanks", "kind regards", "this is urgent", "no hurry", "best wishes")
topic = rng.choice(list(topics), n)
texts = [
    f"{rng.choice(openings)} {text}, order {rng.integers(1000, 9999)}, {rng.choice(endings)}"
    for text in topic
]
opened = pd.Timestamp("2025-01-01") + pd.to_timedelta(rng.integers(0, 60 * 24 * 180, n), "min")
weekend = opened.day_of_week >= 5
score = pd.Series(topic).map(topics) + 1.5 * weekend + rng.logistic(0, 0.6, n)
slow = np.where(score > 0.5, "slow", "fast")
tickets = pd.DataFrame(
    {
        "message": texts,
        "opened": opened.strftime("%m/%d/%Y %I:%M %p"),
        "product": rng.choice(["desktop", "web", "phone"], n),
    }
)
print(tickets.head(4).to_string(max_colwidth=50))

# %%
# What the columns become
# -----------------------
# The text becomes numbers that summarize its words, and the words that tell most about the target.
# The date becomes days, the part of the day and, as here, an indicator for each day of the week.

from scratchmlp.tabular import TabularEncoder, TabularMLPClassifier

encoder = TabularEncoder().fit(tickets)
for name, column in encoder.columns_.items():
    print(f"{name}: {column['kind']} ({column['reason']})")
names = pd.Series(encoder.get_feature_names_out())
print(textwrap.fill(" ".join(names[names.str.startswith("opened")]), 90))

# %%
# How much the text tells
# -----------------------
# Fit with all columns, without the text, and without the date. ``oof_proba_`` contains predictions
# of rows that a network was not trained on.

from sklearn.metrics import roc_auc_score

scores = {}
for name, left_out in {"all": [], "no text": ["message"], "no date": ["opened"]}.items():
    model = TabularMLPClassifier(cv=4, max_iter=40, random_state=0)
    model.fit(tickets.drop(columns=left_out), slow)
    scores[name] = roc_auc_score(slow == "slow", model.oof_proba_[:, 1])
    print(f"{name}: AUC {scores[name]:.3f}")

plt.figure(figsize=(6, 2.2))
bars = plt.barh(list(scores), list(scores.values()), color=["#08519c", "#9ecae1", "#9ecae1"])
plt.bar_label(bars, fmt="%.2f", padding=4)
plt.gca().invert_yaxis()
plt.xlim(0.5, 1)
plt.xlabel("AUC of out-of-fold predictions")
plt.tight_layout()
plt.show()

# %%
# If a column is misread
# ----------------------
# Say what a column is: ``text_features``, ``date_features``, ``numeric_features`` and
# ``categorical_features`` take names of columns. Here, half of the tickets have the same short
# remark, so that the remarks look like categories.

remarks = np.where(rng.random(n) < 0.5, "none", topic)
short = tickets.assign(remark=remarks)
for text_features in (None, ["remark"]):
    columns = TabularEncoder(text_features=text_features).fit(short).columns_
    print(f"text_features={text_features}: remark is {columns['remark']['kind']}")

# %%
# A date whose day and month could be exchanged is best converted before ``fit``.

exact = tickets.assign(opened=pd.to_datetime(tickets["opened"], format="%m/%d/%Y %I:%M %p"))
print(TabularEncoder().fit(exact).columns_["opened"]["kind"])
