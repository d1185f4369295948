"""What the package is for: the same numbers, a table explained, spirals learned.

The three pictures of README and of the cards of the front page, each for light and for dark pages.
The spirals are those of front.py. To draw them again, run in the root of the source:
python docs/figures/doors.py docs/_static
"""

import sys
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import StandardScaler
from tutorial import moved_most

from scratchmlp import ScratchMLPClassifier
from scratchmlp.plotting.network import POSITIVE

FOLDER = Path(sys.argv[1])
PERSON = 8
#: By the end of a file's name: the colors of text, of our line and of what is beside it.
MODES = {"": ("#24292f", "#1f5fa8", "#a3a3a3"), "-dark": ("#e6edf3", "#79b8ff", "#6e7681")}

digits, labels = load_digits(return_X_y=True)
digits = StandardScaler().fit_transform(digits)
losses = [
    kind(hidden_layer_sizes=(64,), max_iter=40, tol=0, random_state=0)
    .fit(digits, labels)
    .loss_curve_
    for kind in (MLPClassifier, ScratchMLPClassifier)
]
moved, probability = moved_most(PERSON)
spirals = np.split(plt.imread(FOLDER / "spirals.png"), 4, axis=1)


def draw_losses(figure, text, ours, beside):
    """Draw the loss curves of both networks."""
    ax = figure.subplots()
    ax.plot(losses[0], color=beside, linewidth=8, label="scikit-learn")
    ax.plot(losses[1], color=ours, linewidth=2, label="scratchmlp")
    ax.set(yscale="log", xlabel="epoch", ylabel="loss")
    ax.legend(frameon=False, loc="upper right", borderpad=0)


def draw_reasons(figure, text, ours, beside):
    """Draw what moved the prediction for a person."""
    ax = figure.subplots()
    colors = [beside, *[POSITIVE] * (len(moved) - 1)]  # for this person, all are positive
    bars = ax.barh(moved.index, moved, color=colors)
    ax.bar_label(bars, [f"{value:+.2f}" for value in moved], padding=3)
    ax.axvline(0, color=text, linewidth=1)
    ax.set_xticks([])
    ax.margins(x=0.35)
    ax.spines[["bottom", "left"]].set_visible(False)
    ax.tick_params(left=False)


def draw_spirals(figure, text, ours, beside):
    """Draw the regions that a network predicts, early and late."""
    for ax, picture, epochs in zip(figure.subplots(1, 2), spirals[1::2], (10, 200), strict=True):
        ax.imshow(picture)
        ax.set_title(f"{epochs} epochs", y=-0.22, size=12)
        ax.axis("off")


DOORS = {
    "losses": (draw_losses, "Same losses as scikit-learn"),
    "reasons": (draw_reasons, f"Why P(over 50K) = {probability:.2f}"),
    "learning": (draw_spirals, "Regions that a network predicts"),
}
for mode, colors in MODES.items():
    names = ("text.color", "axes.labelcolor", "axes.edgecolor", "xtick.color", "ytick.color")
    plt.rcParams.update(dict.fromkeys(names, colors[0]))
    plt.rcParams.update({"font.size": 12, "axes.spines.top": False, "axes.spines.right": False})
    for name, (draw, title) in DOORS.items():
        figure = plt.figure(figsize=(3.6, 2.8), layout="constrained")
        figure.get_layout_engine().set(rect=(0, 0.06, 1, 0.94))  # space between pictures
        figure.suptitle(title, x=0.02, ha="left", size=13, weight="bold")
        draw(figure, *colors)
        path = FOLDER / f"door-{name}{mode}.png"
        figure.savefig(path, dpi=150, transparent=True, pil_kwargs={"optimize": True})
