"""What the package is for, one picture each: the same numbers, a table explained, spirals learned.

The picture of README and of the front page. The spirals are those of front.py. To draw it again,
run in the root of the source: python docs/figures/doors.py docs/_static/doors.png
"""

import sys
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import StandardScaler
from tutorial import X, model, new

from scratchmlp import ScratchMLPClassifier
from scratchmlp.plotting.network import NEGATIVE, POSITIVE

BLUE, GREY = "#1f5fa8", "#9a9a9a"
plt.rcParams.update({"font.size": 12, "axes.spines.top": False, "axes.spines.right": False})
figure, (same, reasons, spirals) = plt.subplots(
    1, 3, figsize=(11, 3.2), width_ratios=(1, 0.7, 1), layout="constrained"
)
figure.get_layout_engine().set(wspace=0.06)

digits, labels = load_digits(return_X_y=True)
digits = StandardScaler().fit_transform(digits)
for kind, style in (
    (MLPClassifier, {"color": GREY, "linewidth": 7, "label": "scikit-learn"}),
    (ScratchMLPClassifier, {"color": BLUE, "linewidth": 2, "label": "scratchmlp"}),
):
    network = kind(hidden_layer_sizes=(64,), max_iter=40, tol=0, random_state=0)
    same.plot(network.fit(digits, labels).loss_curve_, **style)
same.set(yscale="log", xlabel="epoch", ylabel="loss", title="Same losses as scikit-learn")
same.legend(frameon=False, loc="upper right", borderpad=0)

person = new.drop(columns="income").iloc[[8]]
moved = model.explain(person, background=X, random_state=0).contributions[0, :, 1]
largest = np.argsort(np.abs(moved))[-4:]
names = [f"{X.columns[column]} = {person.iloc[0, column]}" for column in largest]
colors = np.where(moved[largest] > 0, POSITIVE, NEGATIVE)
bars = reasons.barh(names, moved[largest], color=colors)
reasons.bar_label(bars, [f"{value:+.2f}" for value in moved[largest]], padding=3)
reasons.axvline(0, color="0.3", linewidth=1)
probability = model.predict_proba(person)[0, 1]
reasons.set(title=f"P(over 50K) = {probability:.2f}, because", xticks=[])
reasons.margins(x=0.3)
reasons.spines[["bottom", "left"]].set_visible(False)

learned = plt.imread(Path(__file__).parents[1] / "_static" / "spirals.png")
spirals.imshow(learned[:, -learned.shape[0] :])
spirals.set_title("How a network learns")
spirals.axis("off")
figure.savefig(sys.argv[1], dpi=120)
