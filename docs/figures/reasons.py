"""What moved the predictions of three new people of the Adult table: the picture of index.md."""

import matplotlib.pyplot as plt
import numpy as np
from tutorial import X, model, new

from scratchmlp.plotting.network import NEGATIVE, POSITIVE

FIRST, SHOWN = 7, 4

people = new.drop(columns="income")[FIRST : FIRST + 3]
explained = model.explain(people, background=X, random_state=0)
_, panels = plt.subplots(3, figsize=(5.2, 5.4), layout="constrained", sharex=True)
for i, ax in enumerate(panels):
    moved = explained.contributions[i, :, 1]
    largest = np.argsort(-np.abs(moved))[:SHOWN][::-1]
    names = [f"{X.columns[column]} = {people.iloc[i, column]}" for column in largest]
    ax.barh(names, moved[largest], color=np.where(moved[largest] > 0, POSITIVE, NEGATIVE))
    ax.axvline(0, color="0.4", linewidth=1)
    ax.set_title(f"row {FIRST + i}", loc="left", size=11)
    ax.spines[["top", "right", "left"]].set_visible(False)
    ax.tick_params(left=False)
panels[-1].set_xlabel("moved the probability by")
